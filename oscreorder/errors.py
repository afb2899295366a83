"""The tree of errors: each knows the code by which the OSC interface tells it (docs/reference.md).

::

    OscReorderError            21 internal fault, where no narrower class fits
    ├── WireError               -  a datagram that does not parse: counted, never answered
    ├── UnknownCommandError     1
    ├── ParameterError          2  (also a ValueError)
    ├── NotFoundError           3  no such corpus, grain or stream
    ├── BusyError               4
    ├── CancelledError          5
    ├── LimitError              6
    ├── FileProblemError       10  cannot read or write the file
    │   ├── NotAudioError      11  not audio that we read
    │   ├── OutsideError       12  outside the allowed folders
    │   └── OverwriteError     13  would overwrite
    ├── AudioDeviceError       14  the audio device cannot be used
    └── WorkerDiedError        20
"""

from typing import ClassVar


class OscReorderError(Exception):
    """Root of all errors that a user may see; its text says what came, what was expected and what to do."""

    code: ClassVar[int] = 21


class WireError(OscReorderError):
    """The bytes of a peer do not parse."""


class UnknownCommandError(OscReorderError):
    """No command has this address."""

    code = 1


class ParameterError(OscReorderError, ValueError):
    """A value is refused: the text names the argument, what came and what is allowed."""

    code = 2


class NotFoundError(OscReorderError):
    """There is no corpus, grain or stream of this name."""

    code = 3


class BusyError(OscReorderError):
    """It cannot be taken on now."""

    code = 4


class CancelledError(OscReorderError):
    """A request was ended by ``cancel``, ``free`` or ``quit``."""

    code = 5


class LimitError(OscReorderError):
    """A limit would be passed; the text names it."""

    code = 6


class FileProblemError(OscReorderError):
    """A file cannot be read or written."""

    code = 10


class NotAudioError(FileProblemError):
    """A file is not audio that we read."""

    code = 11


class OutsideError(FileProblemError):
    """A path lies outside the allowed folders."""

    code = 12


class OverwriteError(FileProblemError):
    """The output exists and ``overwrite`` is off."""

    code = 13


class AudioDeviceError(OscReorderError):
    """The audio device cannot be used."""

    code = 14


class WorkerDiedError(OscReorderError):
    """The process that did the work ended before it was done."""

    code = 20
