"""A player of grains: events go in, a stereo block comes out, the same to the bit however time is cut into blocks.

The player knows no clock, device or thread.  Its clock is the frame: those that were mixed so far are
`Player.now_frames`.  An audio device pulls it through `oscreorder.live.audio.Output`; offline, `Player.pull` does.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscreorder.errors import BusyError, LimitError, ParameterError
from oscreorder.live import mixing
from oscreorder.live.layout import EVENT, N_SOUNDS, Counts, check_events

__all__ = ["EVENT", "Counts", "Player"]

FADE_S = 0.005
COMMANDS = 1024
"""Rows of the ring that grains leave to the commands which end them."""


class Player:
    """Mixes grains of sounds into stereo.

    Events, stops and sounds come from one thread; blocks are pulled by one other, or by the same.

    Parameters
    ----------
    sr : int > 0
        Frames a second of the output.
    n_voices : int > 0
        Grains that sound at once; a further one takes the place of the oldest, which fades out within 5 ms.
    ring : int > 0
        Events on their way to the mixer, and again as many that wait there for their start.
    n_sounds : int > 0
        Sounds are numbered from 0 to ``n_sounds - 1``.

    Raises
    ------
    ParameterError
        One of them is not positive.
    """

    def __init__(self, sr: int, n_voices: int = 512, ring: int = 65536, *, n_sounds: int = N_SOUNDS) -> None:
        if min(sr, n_voices, ring, n_sounds) < 1:
            raise ParameterError(f"sr {sr}, n_voices {n_voices}, ring {ring} and n_sounds {n_sounds} must be positive")
        self.sr = sr
        self.state = mixing.new_state(
            sr, n_voices=n_voices, n_events=ring + COMMANDS, n_sounds=n_sounds, fade=max(round(FADE_S * sr), 1)
        )
        self._addresses = mixing.addresses(self.state)
        self._sounds: dict[int, NDArray[np.float32]] = {}
        self._leaving: set[int] = set()

    def load_sound(self, index: int, y: NDArray[np.float32], *, sr: int = 0) -> None:
        """Make a sound playable.

        Parameters
        ----------
        index : int
            Its number from now on.
        y : np.ndarray [shape=(channels, n_samples), dtype=float32]
            The sound.  It is read where it is, in any layout, for as long as it is loaded: a transposed memory map of
            interleaved samples takes no memory of its own.  Mono is panned, stereo balanced; of more channels the
            first, third, … are heard left, the others right, at the power that they have together.
        sr : int >= 0
            Its samples a second; 0: those of the player.  Where they differ, a cubic runs between the samples.

        Raises
        ------
        ParameterError
            `y` has another shape, or there is no such number.
        BusyError
            The number is in use, or a sound that was freed still fades out.
        """
        self.release()
        if not 0 <= index < len(self.state.sounds):
            raise ParameterError(f"sound {index} is not among 0 to {len(self.state.sounds) - 1}")
        if index in self._sounds:
            raise BusyError(f"sound {index} is in use, or still fades out: take another number")
        y = np.asarray(y, dtype=np.float32)
        if y.ndim != 2 or len(y) == 0:  # noqa: PLR2004 - channels and samples
            raise ParameterError(f"a sound of shape {y.shape} is not allowed; it takes (channels, n_samples)")
        if min(y.strides) < 0 or any(stride % y.itemsize for stride in y.strides):
            y = np.ascontiguousarray(y)
        self._sounds[index] = y
        channel_stride, frame_stride = (stride // y.itemsize for stride in y.strides)
        step = (sr or self.sr) / self.sr
        self.state.sounds[index] = (
            y.ctypes.data,
            y.shape[1],
            y.shape[0],
            frame_stride,
            channel_stride,
            step,
            mixing.NEVER,
        )

    def free_sound(self, index: int) -> None:
        """Fade out the grains of a sound, forget those that wait, and let go of it once none reads it any more.

        Raises
        ------
        LimitError
            As for `stop_stream`.
        """
        if index in self._sounds and index not in self._leaving:
            self._stop(stream=mixing.ALL, sound=index)
            self._leaving.add(index)
        self.release()

    def schedule(self, events: NDArray[Any]) -> int:
        """Have grains played.

        Parameters
        ----------
        events : np.ndarray [shape=(n,), dtype=EVENT]
            A row for each grain, in any order: ``start``, the frame of the player's clock at which it begins (a late
            one begins at once, at the place where it would be now, behind an attack of at least 5 ms; with less than
            5 ms left it is dropped); ``sound``, ``position`` (the sample, of the sound's own rate, from which it is
            read; beyond both ends are zeros) and ``length`` in frames; ``attack`` and ``release``, frames of a raised
            cosine, both shortened in proportion where the grain is shorter; ``gain``, linear; ``pan``, -1 to 1, with
            equal power; ``stream``, a number by which it can be stopped.

        Returns
        -------
        int
            How many, from the first on, were taken; for the others there is no room now.

        Raises
        ------
        ParameterError
            A row holds a value that is not allowed; none was taken.
        """
        check_events(events, n_sounds=len(self.state.sounds))
        # A copy always has the layout for which `push` is compiled.
        return mixing.push(self.state, np.array(events, EVENT), COMMANDS)

    def stop_stream(self, stream: int) -> None:
        """Fade out the grains of a stream within 5 ms, from the next block on, and forget those that wait.

        Raises
        ------
        LimitError
            Nothing pulls the player, and more commands than it holds were given.
        """
        self._stop(stream=stream, sound=mixing.ALL)

    def stop_all(self) -> None:
        """Fade out all grains within 5 ms and forget those that wait; raises as `stop_stream`."""
        self._stop(stream=mixing.ALL, sound=mixing.ALL)

    def pull(self, n_frames: int) -> NDArray[np.float32]:
        """Mix the next frames; never while a device pulls.

        Returns
        -------
        np.ndarray [shape=(n_frames, 2), dtype=float32]
            Left and right; finite, not clipped.
        """
        out = np.empty((n_frames, 2), np.float32)
        mixing.mix(self.state, out)
        self.release()
        return out

    def silence(self) -> None:
        """Stop all, unheard, and let go of the sounds that were freed; never while a device pulls."""
        self.pull(0)
        self.stop_all()
        self.pull(int(self.state.status["fade"][0]))

    def callback(self) -> tuple[int, int]:
        """Return the addresses of a C function, PortAudio's ``PaStreamCallback``, that pulls, and of its user data.

        They are good for as long as the player is.
        """
        return mixing.callback().address, self._addresses.ctypes.data

    @property
    def now_frames(self) -> int:
        """Frames mixed so far: the next block begins at this one."""
        return mixing.now_frames(self.state)

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        status = self.state.status[0]
        return Counts(
            now_frames=int(status["now"]),
            started=int(status["started"]),
            late=int(status["late"]),
            dropped=int(status["dropped"]),
            stolen=int(status["stolen"]),
            active=int(status["active"]),
            waiting=int(status["waiting"] + status["written"] - status["read"]),
            underflows=int(status["underflows"]),
            heartbeat=int(status["heartbeat"]),
        )

    @property
    def origin_s(self) -> float:
        """When frame 0 was heard, in s of the clock of the device that pulls; 0 before its first block."""
        return float(self.state.status["origin"][0])

    def _stop(self, *, stream: int, sound: int) -> None:
        command = np.zeros(1, EVENT)
        command["length"], command["stream"], command["sound"] = mixing.STOP, stream, sound
        if mixing.push(self.state, command, 0) == 0:
            raise LimitError("the player takes no further command: nothing pulls it")

    def release(self) -> None:
        """Let go of the freed sounds that no voice reads any more."""
        if self._leaving:
            now = self.now_frames
            for index in [i for i in self._leaving if self.state.sounds["silent_at"][i] <= now]:
                self._leaving.remove(index)
                del self._sounds[index]
