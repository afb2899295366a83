"""From the grains of a stream to the events of a player, the same live and offline."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscreorder.live.grains import FileGrains, Grain
from oscreorder.live.layout import EVENT


def events(
    grains: Sequence[Grain], samples: FileGrains, *, sounds: Sequence[int], stream: int, sr: int, zero_frame: int
) -> NDArray[Any]:
    """Return the events that play grains.

    Parameters
    ----------
    grains : sequence of Grain
    samples : FileGrains
        The same grains as stretches of the sounds that the player holds.
    sounds : sequence of int
        The player's number for each sound of the corpus.
    stream : int
        By which they can be stopped.
    sr : int, Hz
        That of the player.
    zero_frame : int
        The player's frame in which the stream began.

    Returns
    -------
    EVENT ndarray [shape=(n_grains,)]
    """
    rows = np.zeros(len(grains), EVENT)
    for row, grain in zip(rows, grains, strict=True):
        row["start"] = zero_frame + round(grain.time_s * sr)
        row["position"] = samples.start[grain.grain]
        row["length"] = max(round(grain.dur_ms * sr / 1000), 1)
        row["stream"] = stream
        row["sound"] = sounds[grain.sound]
        row["attack"], row["release"] = round(grain.attack_ms * sr / 1000), round(grain.release_ms * sr / 1000)
        row["gain"], row["pan"] = grain.gain, grain.pan
    return rows
