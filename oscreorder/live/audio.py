"""The only room that touches the audio device.

Use it in short-lived processes, or in one that may be lost: once PortAudio has been asked for the devices, it does not
notice new ones, and where a JACK server ends meanwhile it hangs, or aborts the process at its exit (its issue 820).
The daemon leaves it to a process of its own: `oscreorder.live.playback.Playback`.
"""

from typing import TYPE_CHECKING, Any

from oscreorder.errors import AudioDeviceError

if TYPE_CHECKING:  # the player brings the compiler, which nobody needs who only asks for the devices
    from oscreorder.live.player import Player

PATIENCE_S = 1.0
"""A device that asks for no block for so long is lost."""


def output_devices() -> list[str]:
    """Return the names of the devices that can play, the default one first.

    Raises
    ------
    AudioDeviceError
        The audio library is missing or does not start.
    """
    sounddevice = _sounddevice()
    try:
        devices = [(device["index"], device["name"]) for device in sounddevice.query_devices() if _plays(device)]
    except sounddevice.PortAudioError as problem:
        raise AudioDeviceError(f"the audio system does not start: {problem}") from problem
    default = sounddevice.default.device[1]
    return [name for index, name in sorted(devices, key=lambda device: device[0] != default)]


def device_rate(device: str = "") -> int:
    """Return the sample rate in Hz that a device prefers (some, as JACK's, know no other).

    Raises
    ------
    AudioDeviceError
        There is no such device.
    """
    rate: float = _find(device)["default_samplerate"]
    return round(rate)


class Output:
    """A device that plays what a `Player` mixes: it calls compiled code, which never meets the interpreter.

    While it is open, nothing else may pull the player.  A device that is lost must not be closed: that hangs with
    JACK.

    Parameters
    ----------
    player : Player
        Its ``sr`` is that of the device.
    device : str
        A name as in `output_devices`, or a part of one that no other has; empty: the default one.
    block_length : int >= 0
        Frames that the device asks for at once; 0: as it likes.

    Raises
    ------
    AudioDeviceError
        The audio system does not start, there is no such device, or it refuses rate or block.
    """

    def __init__(self, player: "Player", *, device: str = "", block_length: int = 0) -> None:
        self._player = player
        self._seen: tuple[int, float] | None = None
        self._stream = _open(player, device, block_length)

    def start(self) -> None:
        """Let the device ask for blocks.

        Raises
        ------
        AudioDeviceError
            It does not start.
        """
        self._seen = None
        try:
            self._stream.start()
        except _sounddevice().PortAudioError as problem:
            raise AudioDeviceError(f"the audio device does not start: {problem}") from problem

    def stop(self) -> None:
        """Hold: the player's clock stands until the next `start`."""
        self._stream.stop(ignore_errors=True)

    def close(self) -> None:
        """Give the device back; what sounds and waits is gone."""
        if not self._stream.closed:
            self._stream.close(ignore_errors=True)
            self._player.silence()

    def alive(self, now: float) -> bool:
        """Tell whether the device has asked for a block within the last second.

        Parameters
        ----------
        now : float
            A time in s that never goes back; ask several times a second.
        """
        if self._stream.closed:
            return False
        heartbeat = self._player.counts.heartbeat
        if self._seen is None or self._seen[0] != heartbeat:
            self._seen = heartbeat, now
        return now - self._seen[1] <= PATIENCE_S

    def heard_in(self, frame: int) -> float:
        """Return in how many seconds a frame of the player's clock will be heard; of use from the first block on."""
        return self._player.origin_s + frame / self._player.sr - float(self._stream.time)


def _open(player: "Player", device: str, block_length: int) -> Any:
    sounddevice = _sounddevice()
    found = _find(device)
    callback, user_data = player.callback()
    cast = sounddevice._ffi.cast  # noqa: SLF001 - the door for libraries that bring a C callback of their own
    try:
        return sounddevice._StreamBase(  # noqa: SLF001 - likewise
            "output",
            samplerate=player.sr,
            blocksize=block_length,
            device=found["index"],
            channels=2,
            dtype="float32",
            callback=cast("PaStreamCallback*", callback),
            userdata=cast("void*", user_data),
        )
    except sounddevice.PortAudioError as problem:
        wish = f"{player.sr} Hz" + (f", blocks of {block_length}" if block_length else "")
        raise AudioDeviceError(
            f'"{found["name"]}" does not open at {wish}: {problem}; it prefers {found["default_samplerate"]:.0f} Hz'
        ) from problem


def _find(device: str) -> dict[str, Any]:
    sounddevice = _sounddevice()
    try:
        found: dict[str, Any] = sounddevice.query_devices(device or None, "output")
    except (ValueError, sounddevice.PortAudioError) as problem:
        known = ", ".join(output_devices()) or "none"
        raise AudioDeviceError(f'"{device or "default"}" is not one output device; there are: {known}') from problem
    return found


def _sounddevice() -> Any:
    try:
        import sounddevice  # noqa: PLC0415 - it raises where PortAudio is missing; only who asks for sound needs it
    except OSError as problem:
        raise AudioDeviceError(f"PortAudio is missing ({problem}); on Debian: apt install libportaudio2") from problem
    return sounddevice


def _plays(device: dict[str, int]) -> bool:
    return device["max_output_channels"] > 0
