"""What `notebook_code` does, through oscreorder: the jobs of `oscreorder.work`, from file to file.

python -m benchmarks.ours experiment examples/sounds/violin.flac out.wav --order tsne
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measuring import Facts, Phases, Run, add_arguments, repeat
from oscreorder import loading, work
from oscreorder.corpus import corpus as room
from oscreorder.files import FileSource
from oscreorder.parameters import ORDERS, Settings
from oscreorder.records import CorpusRecord, Folders, Task

MODES = {
    "experiment": "load, analyse, order, render, write",
    "analysis": "load, analyse",
    "order": "order alone; the analysis comes before and is not measured",
    "overlap_add": "render alone: overlap-add of the ordered grains; --order-file keeps the order, as .npy",
}


class _Context:
    """A job's context: it notes when a render begins to write."""

    def __init__(self) -> None:
        self.render_began = 0.0

    def progress(self, _fraction: float, what: str) -> None:
        """Note the time of the first progress of the render."""
        if what == "render" and not self.render_began:
            self.render_began = time.perf_counter()

    def creates(self, path: Path) -> None:
        """Nothing is cancelled here."""


class _Work:
    """The jobs of a corpus, in a folder of its own."""

    def __init__(self, sound: str, folder: str, options: argparse.Namespace) -> None:
        self._sound, self._folder = Path(sound).resolve(), folder
        self.settings = Settings(
            win_length=options.win_length, hop_length=options.hop_length, order=options.order, overwrite=1
        )
        self._corpus: CorpusRecord | None = None

    def _task(self, context: _Context, *, out: str = "") -> Task:
        folders = Folders(roots=(self._sound.anchor,), out=out or self._folder, scratch=self._folder)
        return Task(settings=self.settings, folders=folders, folder=self._folder, context=context)

    @property
    def corpus(self) -> CorpusRecord:
        """The corpus as the last job left it."""
        if self._corpus is None:
            raise RuntimeError("nothing is loaded")
        return self._corpus

    def load(self) -> None:
        """Decode the sound."""
        task = self._task(_Context())
        self._corpus = loading.load(task, name="corpus", path=str(self._sound), corpus=None).corpus

    def analyse(self) -> int:
        """Analyse it; return the number of grains."""
        outcome = work.analyse(self._task(_Context()), corpus=self.corpus)
        self._corpus = outcome.corpus
        return int(outcome.values[0])

    def render(self, out: str, phases: Phases) -> None:
        """Order and render it."""
        context, began = _Context(), time.perf_counter()
        path = Path(out).resolve()
        work.render(self._task(context, out=str(path.parent)), corpus=self.corpus, out=str(path))
        phases.seconds["order"] = context.render_began - began
        phases.seconds["render"] = time.perf_counter() - context.render_began

    def sources(self) -> list[FileSource]:
        """Open its sounds."""
        return [
            FileSource(Path(sound.samples), channels=sound.channels, length=sound.decoded_length)
            for sound in self.corpus.sounds
        ]


def main() -> None:
    """Run one mode, warm, and print its times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=MODES, help="; ".join(f"{mode}: {what}" for mode, what in MODES.items()))
    parser.add_argument("sound")
    parser.add_argument("out", nargs="?", help="sound file to write, for experiment")
    parser.add_argument("--order", choices=ORDERS, default="similarity")
    parser.add_argument("--order-file", type=Path, help="where overlap_add keeps the order")
    add_arguments(parser)
    options = parser.parse_args()
    prepare = {"experiment": _experiment, "analysis": _analysis, "order": _order, "overlap_add": _overlap_add}
    with tempfile.TemporaryDirectory(prefix="oscreorder-bench-") as folder:
        options.folder = folder
        repeat(lambda sound: prepare[options.mode](sound, options), options)


def _analysis(sound: str, options: argparse.Namespace) -> Run:
    def run(phases: Phases) -> Facts:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            job = _Work(sound, folder, options)
            with phases("load"):
                job.load()
            with phases("analyse"):
                grains = job.analyse()
        return {"grains": grains}

    return run


def _experiment(sound: str, options: argparse.Namespace) -> Run:
    def run(phases: Phases) -> Facts:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            job = _Work(sound, folder, options)
            with phases("load"):
                job.load()
            with phases("analyse"):
                grains = job.analyse()
            job.render(options.out, phases)
        return {"grains": grains}

    return run


def _order(sound: str, options: argparse.Namespace) -> Run:
    analysis, job, _ = _analysed(sound, options)

    def run(phases: Phases) -> Facts:
        with phases("order"):
            ordering = room.order(analysis, job.corpus.sr, job.settings)
        return {"grains": len(ordering.order)}

    return run


def _overlap_add(sound: str, options: argparse.Namespace) -> Run:
    analysis, job, sources = _analysed(sound, options)
    ordering = room.order(analysis, job.corpus.sr, job.settings)
    if options.order_file:
        np.save(options.order_file, ordering.order)

    def run(phases: Phases) -> Facts:
        with phases("render"):
            samples = sum(block.shape[1] for block in room.render(sources, analysis.grains, ordering, job.settings))
        return {"grains": len(ordering.order), "samples": samples}

    return run


def _analysed(sound: str, options: argparse.Namespace) -> tuple[room.Analysis, _Work, list[FileSource]]:
    """Load and analyse a sound; its samples stay in the process's folder."""
    job = _Work(sound, tempfile.mkdtemp(dir=options.folder), options)
    job.load()
    sources = job.sources()
    return room.analyse(sources, job.corpus.sr, job.settings), job, sources


if __name__ == "__main__":
    main()
