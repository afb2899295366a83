"""The daemon's own sound: the device that is opened when it is first needed, and again when it was lost."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NamedTuple

from numpy.typing import NDArray

from oscreorder.errors import AudioDeviceError
from oscreorder.live.layout import N_SOUNDS
from oscreorder.live.playback import START_S, Playback
from oscreorder.records import CorpusRecord

NONE, AUTO = "none", "auto"
REOPEN_S = 2.0


@dataclass(frozen=True, slots=True)
class AudioWish:
    """Which device plays: its name, `AUTO` for the default one, or `NONE`; how many frames a second and at once."""

    device: str = AUTO
    sr: int = 0
    block_length: int = 0
    n_voices: int = 512


class AudioChange(NamedTuple):
    """What has become of the device, in words, and whether it is lost."""

    text: str
    lost: bool


class AudioOut:
    """The audio device, shared by all streams.

    One thread opens it and looks after it; another loads, plays and forgets sounds.
    """

    def __init__(self, wish: AudioWish) -> None:
        self._wish = wish
        self._playback: Playback | None = None
        self._starting: Playback | None = None
        self._numbers: dict[str, int] = {}
        self._used: set[int] = set()
        self._fresh = itertools.cycle(range(N_SOUNDS))
        self._lost_at: float | None = None

    def open(self) -> None:
        """Open the device, and wait until it plays.

        Raises
        ------
        AudioDeviceError
            There is none, or the daemon shall not use it.
        """
        wish = self._wish
        if wish.device == NONE:
            raise AudioDeviceError("the daemon was started with --audio none, so it makes no sound; use tell, not play")
        if self._playback is None:
            device = "" if wish.device == AUTO else wish.device
            playback = Playback(device=device, sr=wish.sr, block_length=wish.block_length, n_voices=wish.n_voices)
            self._starting = playback
            try:
                playback.ready(START_S)
            except AudioDeviceError:
                playback.close()
                raise
            finally:
                self._starting = None
            self._playback = playback

    @property
    def playback(self) -> Playback | None:
        """The device, once it is open."""
        return self._playback

    def sounds(self, corpus: CorpusRecord) -> tuple[int, ...]:
        """Make the sounds of a corpus playable, and return the player's number for each."""
        return tuple(self._number(sound.samples, sound.channels, corpus.sr) for sound in corpus.sounds)

    def _number(self, path: str, channels: int, sr: int) -> int:
        if path not in self._numbers and self._playback is not None:
            number = next(number for number in itertools.islice(self._fresh, N_SOUNDS) if number not in self._used)
            self._numbers[path] = number
            self._used.add(number)
            self._playback.load_sound(number, path, channels=channels, sr=sr)
        return self._numbers[path]

    def forget(self, folders: Iterable[str]) -> None:
        """Let go of the sounds in folders that are removed."""
        gone = set(folders)
        for path in [path for path in self._numbers if str(PurePath(path).parent) in gone]:
            number = self._numbers.pop(path)
            self._used.discard(number)
            if self._playback is not None:
                self._playback.free_sound(number)

    def schedule(self, events: NDArray[Any]) -> None:
        """Have grains played."""
        if self._playback is not None:
            self._playback.schedule(events)

    def stop_stream(self, stream: int) -> None:
        """Fade out what sounds of a stream."""
        if self._playback is not None:
            self._playback.stop_stream(stream)

    def look_after(self, now: float) -> AudioChange | None:
        """See how the device is, and start it again where it is lost; return what has changed.

        It may wait a moment for a process to end.

        Raises
        ------
        OSError
            The system starts no process now.
        """
        if self._playback is None:
            return None
        state = self._playback.state(now)
        if state == "playing":
            back, self._lost_at = self._lost_at is not None, None
            self._playback.let_go()
            return AudioChange("the audio device plays again", lost=False) if back else None
        if state == "starting" or (self._lost_at is not None and now < self._lost_at + REOPEN_S):
            return None
        known, self._lost_at = self._lost_at is not None, now
        text = f"the audio device was lost ({self._playback.problem}); it is opened again each {REOPEN_S:g} s"
        self._playback.reopen()
        return None if known else AudioChange(text, lost=True)

    def give_up(self) -> None:
        """Wait no longer for a device that is being opened."""
        starting = self._starting
        if starting is not None:
            starting.close()

    def close(self) -> None:
        """Fade out and give the device back."""
        if self._playback is not None:
            self._playback.close()
