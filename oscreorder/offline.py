"""A stream offline: the same grains as live, mixed by the same player, into a file."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oscreorder import work
from oscreorder.errors import FileProblemError, LimitError, ParameterError
from oscreorder.folders import output_path
from oscreorder.formats import SOUND_SUFFIXES, check_format
from oscreorder.live.grains import Grain
from oscreorder.live.player import Player
from oscreorder.live.playing import events
from oscreorder.live.score import LONGEST_S, Move, before_end, end_s, read_moves
from oscreorder.live.space import Space, read_index, read_space, target
from oscreorder.live.stream import Stream, StreamSettings, play_through
from oscreorder.parameters import Settings
from oscreorder.records import Context, CorpusRecord, Outcome, Task
from oscreorder.sound.frames import Signal
from oscreorder.writing import part_path, write_sound

BLOCK = 65536
LARGEST_SCORE = 2**24
MAX_GRAINS = 20_000_000
STREAM = 0


def render_stream(task: Task, *, corpus: CorpusRecord, score: Path, seconds: float, out: str) -> Outcome:
    """Write what a stream sounds like whose targets and settings are written down in a file.

    Parameters
    ----------
    task : Task
        Of its settings the groups ``stream``, ``neighbours`` and ``map`` and ``seed`` count.
    corpus : CorpusRecord
        It is analysed first where it is not.
    score : Path
        See `oscreorder.live.score`.
    seconds : float
        When no more grains begin; 0: where the score says ``stop``, or after the parameter ``count``.
    out : str
        The sound file to write, as for `oscreorder.work.render`.

    Returns
    -------
    Outcome
        ``values``: path, frames, sample rate and seconds it took.

    Raises
    ------
    ParameterError
        The score cannot be read, or nothing says when the stream ends.
    FileProblemError
        The score or the output cannot be read or written.
    """
    began, settings = time.perf_counter(), task.settings
    moves = read_moves(_text(score))
    path = output_path(out, task.folders.out, overwrite=bool(settings.overwrite), suffixes=SOUND_SUFFIXES)
    check_format(path, sr=corpus.sr, channels=2, subtype=settings.subtype)
    task.context.creates(part := part_path(path))
    mapped = any(move.place is not None and move.place.kind == "point" for move in moves)
    prepared = work.prepare(task, corpus=corpus, mapped=mapped)
    space = read_space(prepared.corpus or corpus)
    grains = stream_grains(space, moves, settings, until_s=_until_s(moves, seconds, settings))
    if not grains:
        raise ParameterError("no grain sounds: the score aims at nothing before its end, or radius leaves none")
    written = write_sound(
        path,
        _blocks(space, grains, task.context),
        sr=corpus.sr,
        channels=2,
        subtype=settings.subtype,
        part=part,
        overwrite=bool(settings.overwrite),
    )
    took_s = time.perf_counter() - began
    report: dict[str, int | float | str] = {
        "path": str(path), "seconds": round(written.frames / corpus.sr, 3), "sr": corpus.sr, "channels": 2,
        "grains": len(grains), "took_s": round(took_s, 3),
    }  # fmt: skip
    notices = (*prepared.notices, *written.notices)
    return Outcome((str(path), written.frames, corpus.sr, took_s), notices, prepared.corpus, report)


def stream_grains(space: Space, moves: Sequence[Move], settings: Settings, *, until_s: float) -> list[Grain]:
    """Return the grains of a stream as they sound live, in the order of their times.

    Parameters
    ----------
    space : Space
        Its record holds the map that `settings` ask for, where a move aims at a point.
    moves : sequence of Move
    settings : Settings
    until_s : float
        Nothing from here on sounds.

    Raises
    ------
    NotFoundError, ParameterError
        A place is not one of the corpus.
    LimitError
        There are more grains than a file should hold.
    """
    changed = [value for move in moves for name, value in move.changes if name == "rate"]
    rate = max(map(float, (settings.rate, *changed)))
    if rate * until_s > MAX_GRAINS:
        raise LimitError(f"{rate:g} grains a second for {until_s:g} s are more than {MAX_GRAINS}; take less")
    stream = Stream(space.grains, StreamSettings.of(settings), seed=settings.seed)
    return play_through(stream, _said(space, moves, settings), until_s=until_s)


def _said(space: Space, moves: Sequence[Move], settings: Settings) -> Iterator[tuple[float, Any]]:
    made = space.record.analysis.map_for(settings) if space.record.analysis else None
    map_index = read_index(made.path) if made else None
    for move in before_end(moves):
        if move.place is None:
            yield move.at_s, dict(move.changes)
        else:
            yield move.at_s, target(move.place, space, map_index)


def _until_s(moves: Sequence[Move], seconds: float, settings: Settings) -> float:
    stop_s = end_s(moves)
    if not 0 <= seconds <= LONGEST_S:
        raise ParameterError(f"seconds: {seconds:g} is not allowed; it takes 0 to {LONGEST_S:g}")
    if seconds:
        return min(seconds, stop_s) if stop_s is not None else seconds
    if stop_s is not None:
        return stop_s
    last = settings.changed(dict(change for move in moves for change in move.changes))
    if last.count and last.mode in {"bow", "chain"}:
        return moves[-1].at_s + last.count / last.rate + 1 if moves else 0.0
    raise ParameterError('when does the stream end? Give --seconds, a count, or a line "9.0 stop" in the score')


def _blocks(space: Space, grains: Sequence[Grain], context: Context) -> Iterator[Signal]:
    """Yield what the player mixes, from the stream's beginning to the end of its last grain."""
    sr, recorded = space.record.sr, space.record.sounds
    player = Player(sr, n_sounds=max(len(recorded), 1))
    for number, sound in enumerate(recorded):
        rows = np.memmap(sound.samples, np.float32, "r", shape=(sound.decoded_length, sound.channels))
        player.load_sound(number, np.asarray(rows).T, sr=sr)
    length = max((round(grain.time_s * sr) + round(grain.dur_ms * sr / 1000) for grain in grains), default=0)
    sounds, first = range(len(recorded)), 0
    for start in range(0, length, BLOCK):
        stop = min(start + BLOCK, length)
        last = first
        while last < len(grains) and grains[last].time_s * sr < stop + 1:
            last += 1
        for at in range(first, last, BLOCK // 2):
            part = grains[at : min(at + BLOCK // 2, last)]
            player.schedule(events(part, space.samples, sounds=sounds, stream=STREAM, sr=sr, zero_frame=0))
        first = last
        block = player.pull(stop - start)
        context.progress(stop / length, "render stream")
        yield block.T


def _text(score: Path) -> str:
    try:
        with score.open("rb") as file:
            data = file.read(LARGEST_SCORE + 1)
        if len(data) > LARGEST_SCORE:
            raise LimitError(f"{score}: longer than {LARGEST_SCORE} bytes; render it in parts")
        return data.decode()
    except OSError as problem:
        raise FileProblemError(f"{score}: the score cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise FileProblemError(f"{score}: the score is not UTF-8: {problem.reason}; save it as plain text") from problem
