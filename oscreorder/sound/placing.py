"""Where grains go on the time line of the output."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscreorder.parameters import Settings
from oscreorder.sound.frames import fft_length, grain_start

Positions = NDArray[np.int64]

NARROWEST = 1 / 8
WIDEST = 8.0
TINY = 1e-9
HALVINGS = 100


@dataclass(frozen=True, slots=True)
class Placement:
    """Grains on the time line of the output, in sounding order.

    Attributes
    ----------
    sound : np.ndarray [shape=(n_out,), dtype=intp]
        Which source each grain is from.
    start : np.ndarray [shape=(n_out,), dtype=int64]
        The first sample under the grain's window, in its source; it may be below 0.
    position : np.ndarray [shape=(n_out,), dtype=int64]
        Where that sample goes in the output; it may be below 0 and never decreases.
    length : int
        Samples of the output.
    """

    sound: NDArray[np.intp]
    start: NDArray[np.int64]
    position: NDArray[np.int64]
    length: int


def even_positions(n_out: int, settings: Settings) -> Positions:
    """Return where `n_out` grains begin, int64 (n_out,), one each hop: where librosa.istft puts its frames."""
    first = grain_start(0, hop_length=0, win_length=settings.win_length, n_fft=fft_length(settings))
    return first + settings.hop_length * np.arange(n_out, dtype=np.int64)


def distance_positions(steps: ArrayLike, settings: Settings) -> Positions:
    """Return where grains begin that are spaced by their distance: clusters play densely, gaps stay open.

    The first and the last grain, and so the length of the output, are those of `even_positions`.  Between them the gap
    from a grain to the next is proportional to the distance between them, but kept within an eighth of a hop and eight
    hops; the factor of proportion is what makes the gaps fill the time.  Where too few grains have any distance for
    that, the wide gaps are eight hops and the others share the rest.

    Parameters
    ----------
    steps : np.ndarray [shape=(n_out - 1,)], non-negative
        Distance from each grain to the next, in any unit.
    settings : Settings
        `win_length`, `hop_length` and `n_fft` count.

    Returns
    -------
    np.ndarray [shape=(n_out,), dtype=int64]
        Non-decreasing; equal to `even_positions` where all steps are equal.
    """
    distances = np.maximum(np.asarray(steps, dtype=np.float64), 0)
    even = even_positions(distances.size + 1, settings)
    if distances.size == 0 or not distances.any():
        return even
    placed: Positions = even.copy()
    placed[1:] = even[0] + np.rint(np.cumsum(_gaps(distances / distances.max())) * settings.hop_length)
    return placed


def _gaps(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return gaps in hops, 1 on average: `distances` (largest 1) times a factor, found by bisection, within bounds."""
    apart = distances > TINY
    n, n_apart = distances.size, int(np.count_nonzero(apart))
    if WIDEST * n_apart + NARROWEST * (n - n_apart) < n:
        return np.where(apart, WIDEST, (n - WIDEST * n_apart) / max(n - n_apart, 1))
    low, high = 0.0, WIDEST / float(distances[apart].min())
    for _ in range(HALVINGS):
        factor = (low + high) / 2
        if np.clip(factor * distances, NARROWEST, WIDEST).mean() < 1:
            low = factor
        else:
            high = factor
    gaps: NDArray[np.float64] = np.clip(high * distances, NARROWEST, WIDEST)
    gaps /= gaps.mean()
    return gaps
