"""A sound read onwards, block by block, whatever its header says; only what came counts."""

import re
from collections.abc import Iterator

import numpy as np
import soundfile
from numpy.typing import NDArray

from oscreorder.limits import Limits

BLOCK = 65536

# Above it (240 dB over full scale) spectra leave what float32 can hold; no recording is so loud
LOUDEST = 1e12

# The length that libsndfile gives where the header does not know it, as in FLAC that was streamed
UNKNOWN_LENGTH = 2**63 - 1
NEARLY_ALL = 0.99

# How libsndfile tells that it corrected the length of a WAV or AIFF; who writes to a pipe, and cannot go back to the
# header (sox, ffmpeg), leaves one of the lengths in STREAMED there
CORRECTED = re.compile(r"^\s*(data|SSND) : (\d+) \(should be (\d+)\)", re.MULTILINE)
CORRECTED_RF64 = re.compile(r"frame count (\d+) does not match value from 'ds64' chunk of (\d+)")
STREAMED = (range(0x7F000000, 0x80000000), range(0xFFFFFFFF, 0x100000000))


class Stream(soundfile.SoundFile):  # type: ignore[misc]
    """A sound that is only read onwards.

    soundfile sets the position anew after each read of a sound in which it can: then MP3 starts a thousand samples
    afresh, audibly, and FLAC with a wrong length fails.
    """

    def seekable(self) -> bool:
        """Return False."""
        return False


class Blocks:
    """The blocks of an open sound, (n, channels) each, with what was counted on the way."""

    def __init__(self, sound: soundfile.SoundFile, name: str, limits: Limits) -> None:
        self._sound, self._name, self._limits = sound, name, limits
        self._promised = _promised(sound)
        self.length, self.repaired, self.fault = 0, 0, ""

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        buffer = np.empty((BLOCK, self._sound.channels), np.float32)
        while not self.fault:
            block = self._next(buffer)
            if not len(block):
                break
            self.length += len(block)
            self._limits.check("seconds", -(-self.length // self._sound.samplerate), f"{self._name}: its seconds")
            self._repair(block)
            yield block

    @property
    def fraction(self) -> float:
        """How much was read of what the header promises."""
        return min(1.0, self.length / max(1, self._promised))

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, once all was read."""
        told = []
        cut = self._promised != UNKNOWN_LENGTH and self.fraction < NEARLY_ALL
        if self.fault or cut:
            seconds = self.length / self._sound.samplerate
            reason = self.fault or f"its header promises {self._promised} samples"
            told.append(f"{self._name}: it breaks off after {seconds:.3f} s ({reason}); what was read is kept")
        if self.repaired:
            told.append(f"{self._name}: {self.repaired} samples that were not finite or absurdly loud are 0 now")
        return tuple(told)

    def _next(self, buffer: NDArray[np.float32]) -> NDArray[np.float32]:
        """Fill the buffer; after a fault of the decoder return what it had decoded until then."""
        buffer.fill(np.nan)
        try:
            rows: NDArray[np.float32] = self._sound.read(out=buffer)  # with `out` the header's length is not asked
        except soundfile.LibsndfileError as problem:
            self.fault = problem.error_string.rstrip(". ")
            written = np.flatnonzero(~np.isnan(buffer).all(axis=1))
            rows = buffer[: written[-1] + 1] if written.size else buffer[:0]
        return rows

    def _repair(self, block: NDArray[np.float32]) -> None:
        sane = np.abs(block) <= LOUDEST  # false for NaN, too
        insane = block.size - int(np.count_nonzero(sane))
        if insane:
            block[~sane] = 0
            self.repaired += insane


def _promised(sound: soundfile.SoundFile) -> int:
    """Return how many samples the header promises, before libsndfile corrected it."""
    frames: int = sound.frames
    if found := CORRECTED_RF64.search(sound.extra_info):
        return int(found[2])
    found = CORRECTED.search(sound.extra_info)
    if not found or any(int(found[2]) in lengths for lengths in STREAMED):
        return frames
    head = 8 if found[1] == "SSND" else 0  # that is part of the chunk, before the samples
    return frames * (int(found[2]) - head) // max(1, int(found[3]) - head)
