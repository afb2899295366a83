"""The only room that touches the audio device."""

from oscreorder.errors import OscReorderError


class AudioDeviceError(OscReorderError):
    """The audio system cannot be used."""


def output_devices() -> list[str]:
    """Return the names of the devices that can play, the default one first.

    Raises
    ------
    AudioDeviceError
        The audio library is missing or does not start.
    """
    try:
        import sounddevice  # noqa: PLC0415 - it raises where PortAudio is missing; only who asks for sound needs it
    except OSError as problem:
        raise AudioDeviceError(f"PortAudio is missing ({problem}); on Debian: apt install libportaudio2") from problem
    try:
        devices = [(device["index"], device["name"]) for device in sounddevice.query_devices() if _plays(device)]
    except sounddevice.PortAudioError as problem:
        raise AudioDeviceError(f"the audio system does not start: {problem}") from problem
    default = sounddevice.default.device[1]
    return [name for index, name in sorted(devices, key=lambda device: device[0] != default)]


def _plays(device: dict[str, int]) -> bool:
    return device["max_output_channels"] > 0
