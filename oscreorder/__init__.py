"""oscreorder: an OSC daemon that turns recordings into an instrument.

From Python the same few functions need no daemon::

    import oscreorder

    y, sr = oscreorder.read_sound("violin.flac")
    z, ordering = oscreorder.reorder(y, sr, win_length=2000, hop_length=400, order="tour")
    oscreorder.save_sound("reordered.wav", z, sr)

Names are looked up in their rooms when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oscreorder.client import Client
    from oscreorder.corpus.corpus import Analysis, analyse, embed, order, render, reorder
    from oscreorder.corpus.descriptors import Descriptors, Step
    from oscreorder.corpus.neighbours import FlatIndex
    from oscreorder.corpus.ordering import Ordering
    from oscreorder.errors import OscReorderError
    from oscreorder.files import read_sound
    from oscreorder.live.stream import Stream, StreamSettings, Target, play_through
    from oscreorder.parameters import PARAMETERS, Settings
    from oscreorder.sound.frames import ArraySource, Signal, Source
    from oscreorder.writing import save_sound

__version__ = "0.1.0"

__all__ = [
    "PARAMETERS",
    "Analysis",
    "ArraySource",
    "Client",
    "Descriptors",
    "FlatIndex",
    "Ordering",
    "OscReorderError",
    "Settings",
    "Signal",
    "Source",
    "Step",
    "Stream",
    "StreamSettings",
    "Target",
    "analyse",
    "embed",
    "order",
    "play_through",
    "read_sound",
    "render",
    "reorder",
    "save_sound",
]

_ROOMS = {
    "PARAMETERS": "parameters",
    "Analysis": "corpus.corpus",
    "ArraySource": "sound.frames",
    "Client": "client",
    "Descriptors": "corpus.descriptors",
    "FlatIndex": "corpus.neighbours",
    "Ordering": "corpus.ordering",
    "OscReorderError": "errors",
    "Settings": "parameters",
    "Signal": "sound.frames",
    "Source": "sound.frames",
    "Step": "corpus.descriptors",
    "Stream": "live.stream",
    "StreamSettings": "live.stream",
    "Target": "live.stream",
    "analyse": "corpus.corpus",
    "embed": "corpus.corpus",
    "order": "corpus.corpus",
    "play_through": "live.stream",
    "read_sound": "files",
    "render": "corpus.corpus",
    "reorder": "corpus.corpus",
    "save_sound": "writing",
}


def __getattr__(name: str) -> object:
    """Import a public name from its room."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
