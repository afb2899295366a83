"""What the session wants done outside, as frozen values; the server carries them out in their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oscreorder.osc.places import Place
from oscreorder.osc.wire import Message
from oscreorder.parameters import Settings
from oscreorder.records import CorpusRecord


class Peer(NamedTuple):
    """An address that sends to us, or that we send to."""

    host: str
    port: int

    @property
    def local(self) -> bool:
        """Whether it is on this machine, reached over loopback."""
        return self.host == "::1" or self.host.startswith(("127.", "::ffff:127."))


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message."""

    peer: Peer
    message: Message


@dataclass(frozen=True, slots=True)
class SendRows:
    """Send a table that is asked for at the rate of a slider: its rows are encoded messages."""

    peer: Peer
    rows: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class StartJob:
    """Have a worker carry out the work command with these keyword arguments (see `oscreorder.work`)."""

    job: int
    command: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CancelJob:
    """End a job that was started; `Session.job_ended` is told when it has ended."""

    job: int


@dataclass(frozen=True, slots=True)
class RemoveFolders:
    """Remove scratch folders that nothing refers to any more."""

    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Find:
    """Find the neighbours of a place among the grains of a corpus; `Session.found` is told.

    `k` tells how many, `radius` how far (0: no limit); `map_path` is the file of the 2-D map where the place is a point
    of it.
    """

    query: int
    corpus: CorpusRecord
    place: Place
    k: int
    radius: float
    map_path: str = ""


@dataclass(frozen=True, slots=True)
class StartStream:
    """Begin a stream, whose peer knows it as `id`; `Session.stream_ended` is told when it ends, whatever ends it."""

    stream: int
    id: int
    to: Peer
    corpus: CorpusRecord
    settings: Settings


@dataclass(frozen=True, slots=True)
class AimStream:
    """Aim a stream at a place; `map_path` as in `Find`."""

    stream: int
    place: Place
    map_path: str = ""


@dataclass(frozen=True, slots=True)
class ChangeStream:
    """Let a stream go on with other settings, or send its grains elsewhere."""

    stream: int
    to: Peer
    settings: Settings


@dataclass(frozen=True, slots=True)
class StopStream:
    """End a stream at once; what sounds of it is faded out."""

    stream: int


@dataclass(frozen=True, slots=True)
class OpenAudio:
    """Open the audio device; `Session.audio_opened` is told."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the daemon with exit status 0."""


Effect = (
    Send
    | SendRows
    | StartJob
    | CancelJob
    | RemoveFolders
    | Find
    | StartStream
    | AimStream
    | ChangeStream
    | StopStream
    | OpenAudio
    | Quit
)
