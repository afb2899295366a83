"""What the session wants done outside, as frozen values; the server carries them out in their order."""

from collections.abc import Mapping
from dataclasses import dataclass

from oscreorder.osc.wire import Message


@dataclass(frozen=True, slots=True)
class Peer:
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
class Quit:
    """End the daemon with exit status 0."""


Effect = Send | StartJob | CancelJob | RemoveFolders | Quit
