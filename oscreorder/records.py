"""Values that travel between the session and the workers: small, picklable, no arrays (those are files).

A worker, the command line and Python give each job a `Task`, which stays where it is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from oscreorder.limits import DEFAULTS, Limits
from oscreorder.parameters import Settings


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the daemon may read, where it may write, and where its own files are; all absolute."""

    roots: tuple[str, ...]
    out: str
    scratch: str


@dataclass(frozen=True, slots=True)
class SoundRecord:
    """A loaded sound.

    `sr` (Hz), `channels` and `length` (samples) are those of the file at `path`; `samples` is a raw float32 file,
    channels interleaved, of `decoded_length` samples a channel at the corpus's rate.  `plain` is a file with the same
    rate, channels and samples as that at `path`, which every program reads: that one itself, or a copy as WAV; empty
    where there is none yet.
    """

    path: str
    sr: int
    channels: int
    length: int
    samples: str
    decoded_length: int
    plain: str = ""


@dataclass(frozen=True, slots=True)
class MapRecord:
    """A 2-D map of the grains: the `settings` that made it, and the file that holds it."""

    settings: Settings
    path: str

    def fits(self, settings: Settings) -> bool:
        """Return whether `settings` would make the same map."""
        names = ("embedding",) if settings.embedding == "pca" else ("embedding", "perplexity", "seed")
        return all(getattr(self.settings, name) == getattr(settings, name) for name in names)


@dataclass(frozen=True, slots=True)
class AnalysisRecord:
    """An analysis: its `settings` (those of the group ``analysis`` count) and the folder that holds its arrays.

    `features` is the number of dimensions of the search space.
    """

    settings: Settings
    folder: str
    grains: int
    features: int
    maps: tuple[MapRecord, ...] = ()

    def map_for(self, settings: Settings) -> MapRecord | None:
        """Return the map that `settings` ask for, if it has been made."""
        return next((made for made in self.maps if made.fits(settings)), None)


@dataclass(frozen=True, slots=True)
class CorpusRecord:
    """A named set of sounds at one sample rate `sr` (Hz)."""

    name: str
    sr: int
    sounds: tuple[SoundRecord, ...]
    analysis: AnalysisRecord | None = None

    @property
    def seconds(self) -> float:
        """Sum of the sounds' lengths."""
        return sum(sound.decoded_length for sound in self.sounds) / self.sr if self.sr else 0.0

    def same_analysis(self, other: "CorpusRecord") -> bool:
        """Return whether both have the same grains, from one analysis."""
        ours, theirs = self.analysis, other.analysis
        return ours is not None and theirs is not None and ours.folder == theirs.folder


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job gives back: the arguments of its ``done``, notices in words, the corpus as it is now, and a report.

    The report has names and figures, for the command line.
    """

    values: tuple[int | float | str, ...]
    notices: tuple[str, ...] = ()
    corpus: CorpusRecord | None = None
    report: Mapping[str, int | float | str] = field(default_factory=dict)


class Context(Protocol):
    """What a job tells while it runs."""

    def progress(self, fraction: float, what: str) -> None:
        """Tell the fraction done, 0 to 1, and of what."""

    def creates(self, path: Path) -> None:
        """Name a file that must be removed if the job does not end well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What every job is given, whatever it does.

    `settings` are those that hold for this job, and `limits` what it must not exceed.  `folders` say where it may read
    and write; `folder` is its own, made before it starts, for what the corpus needs from then on.  `context` hears how
    far it is and what it makes.
    """

    settings: Settings
    folders: Folders
    folder: str
    limits: Limits = DEFAULTS
    context: Context
