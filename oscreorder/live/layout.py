"""What a player's memory looks like: plain numpy, so that who only hands events on need not load the compiler."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscreorder.errors import ParameterError

N_SOUNDS = 1 << 16

EVENT = np.dtype(
    [
        ("start", np.int64),
        ("position", np.float64),
        ("length", np.int64),
        ("stream", np.int64),
        ("sound", np.int32),
        ("attack", np.int32),
        ("release", np.int32),
        ("gain", np.float32),
        ("pan", np.float32),
    ],
    align=True,
)
"""A grain to be played; `oscreorder.live.player.Player.schedule` tells each field."""

_FAR = 1 << 53
_LIMITS = {
    "start": (-_FAR, _FAR),
    "position": (-_FAR, _FAR),
    "length": (1, (1 << 31) - 1),
    "stream": (0, _FAR),
    "attack": (0, 1 << 23),
    "release": (0, 1 << 23),
    "gain": (0, 1000),
    "pan": (-1, 1),
}

VOICE = np.dtype(
    [
        ("start", np.int64),
        ("length", np.int64),
        ("fade", np.int64),  # the frame in which its early end begins; NEVER for most
        ("stream", np.int64),
        ("position", np.float64),
        ("sound", np.int64),
        ("attack", np.int64),
        ("release", np.int64),
        ("left", np.float32),
        ("right", np.float32),
    ]
)
"""A grain that sounds; `left` and `right` are gains."""

SOUND = np.dtype(
    [
        ("address", np.int64),
        ("length", np.int64),
        ("channels", np.int64),
        ("frame_stride", np.int64),  # from one sample to the next, in float32s
        ("channel_stride", np.int64),
        ("step", np.float64),  # samples of the sound per frame of the output
        ("silent_at", np.int64),  # NEVER while it can be played; else the frame from which no voice reads it
    ]
)

STATUS = np.dtype(
    [
        ("sr", np.int64),
        ("fade", np.int64),  # frames of an early end
        ("now", np.int64),  # frames mixed
        ("written", np.int64),  # rows that went into the ring, and that left it
        ("read", np.int64),
        ("waiting", np.int64),  # rows of the queue
        ("active", np.int64),  # voices
        ("started", np.int64),
        ("late", np.int64),
        ("dropped", np.int64),
        ("stolen", np.int64),
        ("underflows", np.int64),
        ("heartbeat", np.int64),  # blocks mixed
        ("origin", np.float64),  # when frame 0 was heard, in s of the device's clock
    ]
)


class State(NamedTuple):
    """All that the kernel reads and writes.

    ring, queue : EVENT (n,)
        On their way from the writer; waiting for their start, a binary heap by start and `rank`.
    rank : int64 (n,)
        Which came first, of those that start together.
    voices : VOICE (2 * n_voices,)
        The first ``status.active`` sound, in the order in which they began; half of them may be fading out.
    sounds : SOUND (n_sounds,)
    ends : int64 (CHUNK + 1,)
        How many voices end at each frame of the stretch that is mixed.
    work : float32 (4, CHUNK)
        Left, right, a voice's envelope, a voice's samples.
    status : STATUS (1,)
    """

    ring: NDArray[Any]
    queue: NDArray[Any]
    rank: NDArray[np.int64]
    voices: NDArray[Any]
    sounds: NDArray[Any]
    ends: NDArray[np.int64]
    work: NDArray[np.float32]
    status: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a player has done so far.

    `now_frames` were mixed; `started` grains began, `late` ones came after their start, `dropped` ones never sounded
    (over before they came, no such sound, no room), `stolen` ones made way for others; `active` sound now, `waiting`
    ones are still to come; the device ran dry `underflows` times; `heartbeat` counts the blocks.
    """

    now_frames: int = 0
    started: int = 0
    late: int = 0
    dropped: int = 0
    stolen: int = 0
    active: int = 0
    waiting: int = 0
    underflows: int = 0
    heartbeat: int = 0


def check_events(events: NDArray[Any], *, n_sounds: int) -> None:
    """Accept events that a player can play.

    Raises
    ------
    ParameterError
        A row holds a value that is not allowed; the text names it.
    """
    for name, (low, high) in (_LIMITS | {"sound": (0, n_sounds - 1)}).items():
        allowed = (events[name] >= low) & (events[name] <= high)
        if not allowed.all():
            raise ParameterError(f"{name}: {events[name][~allowed][0]} is not allowed; it takes {low} to {high}")
