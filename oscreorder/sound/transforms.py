"""The notebook's spectral transforms, on blocks of frames.

A transform takes spectra (n, n_bins), rows are frames, and gives spectra of the same shape; what it does to a frame
depends on nothing but that frame and the settings, so that blocks may be cut anywhere.  With librosa's ``D``, shape
(n_bins, n_frames):

===============  ======================================================================================
drop_phase       ``np.abs(D)``
unit_phase       ``D.real + 1j``: the real part with an imaginary part of one
flip_frequency   ``D[::-1]``
flip_time        ``D[:, ::-1]``: no change to a frame; whoever orders the grains reverses their order
shuffle_bins     ``D[rng.permutation(n_bins)]``, a true permutation, the same for all frames
mask_bins        ``D * mask[:, None]``, mask of zeros and ones, ``round(mask_keep * n_bins)`` of them ones
===============  ======================================================================================

with ``rng = np.random.default_rng(seed)``.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oscreorder.parameters import Settings

Spectra = NDArray[np.complex64]
Transform = Callable[[Spectra], Spectra]


def transform(settings: Settings, n_bins: int) -> Transform | None:
    """Return the transform of `settings` for spectra of `n_bins` bins.

    Parameters
    ----------
    settings : Settings
        `transform`, `mask_keep` and `seed` count.
    n_bins : int > 0
        Bins of each spectrum, ``1 + n_fft // 2``.

    Returns
    -------
    callable or None
        Maps complex64 (n, n_bins) to the same shape; None where frames stay as they are (``none``, ``flip_time``).
    """
    rng = np.random.default_rng(settings.seed)
    match settings.transform:
        case "drop_phase":
            return _drop_phase
        case "unit_phase":
            return _unit_phase
        case "flip_frequency":
            return _flip_frequency
        case "shuffle_bins":
            permutation = rng.permutation(n_bins)
            return lambda spectra: spectra[:, permutation]
        case "mask_bins":
            mask = bin_mask(n_bins, settings.mask_keep, rng)
            return lambda spectra: spectra * mask
        case _:
            return None


def flips_time(settings: Settings) -> bool:
    """Tell whether the transform plays the frames backwards."""
    return settings.transform == "flip_time"


def bin_mask(n_bins: int, keep: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return zeros and ``round(keep * n_bins)`` ones at random places, float32 (n_bins,)."""
    mask = np.zeros(n_bins, np.float32)
    mask[rng.permutation(n_bins)[: round(keep * n_bins)]] = 1
    return mask


def _drop_phase(spectra: Spectra) -> Spectra:
    return np.abs(spectra).astype(np.complex64)


def _unit_phase(spectra: Spectra) -> Spectra:
    return (spectra.real + np.complex64(1j)).astype(np.complex64, copy=False)


def _flip_frequency(spectra: Spectra) -> Spectra:
    return spectra[:, ::-1]
