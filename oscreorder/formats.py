"""Which formats of sound are read and which are written, and what each can hold; names are libsndfile's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oscreorder.errors import LimitError, NotAudioError, ParameterError
from oscreorder.folders import shown
from oscreorder.limits import Limits

# libsndfile's readers of ADPCM and of the rarer formats have a long record of faults
CONTAINERS = {"WAV", "WAVEX", "RF64", "AIFF", "FLAC", "OGG", "MP3"}
SUBTYPES = {
    "PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "VORBIS", "OPUS",
    "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III",
}  # fmt: skip

# What plain Pd reads too, and every program that knows WAV and AIFF (Pd 0.53 was asked)
PLAIN_CONTAINERS = {"WAV", "WAVEX", "AIFF"}
PLAIN_SUBTYPES = {"PCM_16", "PCM_24", "FLOAT"}

MIN_SR = 8000

# Of libsndfile, whatever the limit of a sound that is read
MAX_CHANNELS = 1024


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What a suffix stands for.

    `container` and `subtypes` (the first is "auto"; each with its bytes a sample, 0 where they vary) are libsndfile's
    names; `rates` in Hz, empty: all.
    """

    container: str
    subtypes: Mapping[str, int]
    max_channels: int = MAX_CHANNELS
    rates: tuple[int, ...] = ()
    sized: bool = False


_PCM = {"PCM_24": 3, "PCM_16": 2}
_WAV = SoundFormat("WAV", _PCM | {"FLOAT": 4}, sized=True)
_AIFF = SoundFormat("AIFF", _PCM | {"FLOAT": 4}, sized=True)
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)

FORMATS: Mapping[str, SoundFormat] = {
    ".wav": _WAV,
    ".flac": SoundFormat("FLAC", _PCM, max_channels=8),
    ".aiff": _AIFF,
    ".aif": _AIFF,
    ".ogg": SoundFormat("OGG", {"VORBIS": 0}, max_channels=255),
    ".mp3": SoundFormat("MP3", {"MPEG_LAYER_III": 0}, max_channels=2, rates=_MP3_RATES),
}

SOUND_SUFFIXES = tuple(FORMATS)


def check_readable(path: Path, *, container: str, subtype: str, sr: int, channels: int, limits: Limits) -> None:
    """Check that we read such a sound.

    Raises
    ------
    NotAudioError
        Not this format.
    LimitError
        Not this rate (Hz), or not so many channels.
    """
    if container not in CONTAINERS or subtype not in SUBTYPES:
        instead = "make it a WAV, AIFF or FLAC of 16 or 24 bit"
        raise NotAudioError(f"{shown(path)}: {container} with {subtype} is not read; {instead}")
    if sr < MIN_SR:
        raise LimitError(f"{shown(path)}: its rate is {sr} Hz; {MIN_SR} Hz and more are read")
    limits.check("rate_hz", sr, f"{shown(path)}: its rate")
    limits.check("channels", channels, f"{shown(path)}: its channels")


def is_plain(*, container: str, subtype: str) -> bool:
    """Return whether every program reads such a sound."""
    return container in PLAIN_CONTAINERS and subtype in PLAIN_SUBTYPES


def check_format(path: Path, *, sr: int, channels: int, subtype: str) -> str:
    """Check that the format of `path` can hold such a sound.

    Parameters
    ----------
    path : Path
        Its suffix, one of `SOUND_SUFFIXES`, names the format.
    sr : int, Hz
    channels : int
    subtype : str
        A value of the parameter ``subtype``; ``auto``: 24 bit where the format can.

    Returns
    -------
    str
        The subtype by libsndfile's name.

    Raises
    ------
    ParameterError
        The text says what the format can hold, or which formats can.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ParameterError(f"out: {shown(path)} does not end in one of {', '.join(SOUND_SUFFIXES)}")
    kind = FORMATS[suffix]
    if subtype not in ("auto", *kind.subtypes):
        others = [other for other, it in FORMATS.items() if subtype in it.subtypes]
        able = f"{', '.join(others)} can; " if others else ""
        raise ParameterError(f"subtype: {suffix} cannot hold {subtype}; {able}auto takes the best of {suffix}")
    if channels > kind.max_channels:
        raise ParameterError(f"out: {suffix} holds at most {kind.max_channels} channels, not {channels}; take .wav")
    if kind.rates and sr not in kind.rates:
        raise ParameterError(f"out: {suffix} cannot hold {sr} Hz; it takes {', '.join(map(str, kind.rates))} Hz")
    if kind.container == "FLAC" and sr > 2**16 - 1 and sr % 10:
        raise ParameterError(f"out: above 65535 Hz .flac takes multiples of 10 Hz, not {sr} Hz; take .wav")
    return next(iter(kind.subtypes)) if subtype == "auto" else subtype
