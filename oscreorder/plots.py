"""Pictures are drawn here, as PNG: a map of the grains, a mel spectrogram, an order.

The same input gives the same bytes.  matplotlib is an extra: ``pip install "oscreorder[plot]"``.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oscreorder.errors import FileProblemError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

# Inches and dots per inch: 1400 x 800
SIZE, DPI = (14, 8), 100

# A picture has no more columns to show than this
MAX_COLUMNS = 2000

# Decibels below the loudest cell; what is softer is the floor's colour
RANGE_DB = 80.0
# The brightest colour never stands for less than this, so that silence is dark
SILENCE_DB = -20.0

TICKS_HZ = (20, 50, 100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000, 20000, 40000, 80000)
TICK_DISTANCE = 1 / 40  # of the height

MINUTE_S = 60
TIME_STEPS_S = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MAX_TIME_TICKS = 10


def map_png(points: NDArray[np.floating], time_s: NDArray[np.floating], *, title: str) -> bytes:
    """Draw the grains where an embedding places them, coloured by time.

    Parameters
    ----------
    points : float ndarray [shape=(n_grains, 1) or (n_grains, 2)]
        An embedding.  In one dimension the grains are ticks on a line, and below it points with time downwards.
    time_s : float ndarray [shape=(n_grains,)]
        When each grain sounds originally, in seconds.
    title : str

    Returns
    -------
    bytes
        A PNG, 1400 x 800.

    Raises
    ------
    FileProblemError
        matplotlib is not installed.
    """
    with _figure(title) as (figure, png):
        if points.shape[1] == 1:
            line, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 4))
            _scatter(line, points[:, 0], np.zeros(len(points)), time_s, marker="|", size=2000)
            line.axis("off")
            drawn = _scatter(below, points[:, 0], time_s, time_s)
            below.invert_yaxis()
            _time_axis(below.yaxis, time_s, label="original time")
            below.set_xticks([])
            axes = [line, below]
        else:
            axes = [figure.subplots()]
            drawn = _scatter(axes[0], points[:, 0], points[:, 1], time_s)
            axes[0].set_aspect("equal", adjustable="datalim")
            axes[0].axis("off")
        bar = figure.colorbar(drawn, ax=axes, pad=0.02)
        _time_axis(bar.ax.yaxis, time_s, label="original time")
    return png.getvalue()


def order_png(
    order: NDArray[np.integer], time_s: NDArray[np.floating], sound: NDArray[np.integer], *, title: str
) -> bytes:
    """Draw from when each grain came against where it went.

    Parameters
    ----------
    order : int ndarray [shape=(n_out,)]
        Grains in sounding order.
    time_s : float ndarray [shape=(n_grains,)]
        When each grain sounds originally, in seconds, the sounds laid end to end.
    sound : int ndarray [shape=(n_grains,)]
        Number of each grain's sound.
    title : str

    Returns
    -------
    bytes
        A PNG, 1400 x 800.  Grey: the original order.  Of several sounds each has a colour.

    Raises
    ------
    FileProblemError
        matplotlib is not installed.
    """
    with _figure(title) as (figure, png):
        axes = figure.subplots()
        axes.plot((0, max(1, len(order) - 1)), (time_s.min(), time_s.max()), color="0.85", linewidth=1, zorder=0)
        several = sound.max() > sound.min()
        drawn = _scatter(axes, np.arange(len(order)), time_s[order], sound[order] % 10 if several else time_s[order])
        if several:
            drawn.set(cmap="tab10", clim=(0, 9))
        for first in np.flatnonzero(np.diff(sound)) + 1:
            axes.axhline(float(time_s[first]), color="0.85", linewidth=0.5, zorder=0)
        axes.set_xlabel("position in the order (grains)")
        axes.margins(x=0.01, y=0.02)
        _time_axis(axes.yaxis, time_s, label="original time")
    return png.getvalue()


def spectrogram_png(
    mel_db: NDArray[np.floating], sr: int, hop_length: int, *, fmin_hz: float, fmax_hz: float, title: str
) -> bytes:
    """Draw a mel spectrogram.

    Parameters
    ----------
    mel_db : float ndarray [shape=(n_frames, n_mels)]
        Level of each band, in dB; rows are frames.  Of long sounds, groups of frames are shown by their maximum.
    sr : int, Hz
    hop_length : int, samples
    fmin_hz, fmax_hz : float
        Edges of the lowest and highest band.
    title : str

    Returns
    -------
    bytes
        A PNG, 1400 x 800.

    Raises
    ------
    FileProblemError
        matplotlib is not installed.
    """
    n_frames, n_mels = mel_db.shape
    loudest = max(float(mel_db.max()), SILENCE_DB)
    seconds = n_frames * hop_length / sr
    with _figure(title) as (figure, png):
        axes = figure.subplots()
        drawn = axes.imshow(
            _columns(mel_db).T, origin="lower", aspect="auto", cmap="magma", vmin=loudest - RANGE_DB, vmax=loudest,
            extent=(0, seconds, -0.5, n_mels - 0.5),
        )  # fmt: skip
        ticks = _ticks(n_mels, fmin_hz, fmax_hz)
        axes.set_yticks(list(ticks), [f"{hz}" for hz in ticks.values()])
        axes.set_ylim(-0.5, n_mels - 0.5)
        axes.set_ylabel("frequency (Hz)")
        _time_axis(axes.xaxis, np.array([0, seconds]), label="time")
        figure.colorbar(drawn, ax=axes, pad=0.02, label="dB")
    return png.getvalue()


@contextmanager
def _figure(title: str) -> Iterator[tuple["Figure", io.BytesIO]]:
    """Give a figure to draw in, and the bytes of its picture once the body has ended."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415 - likewise
    except ImportError as problem:
        raise FileProblemError('pictures need matplotlib: pip install "oscreorder[plot]"') from problem
    png = io.BytesIO()
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()  # whatever the user's matplotlibrc says
        mpl.rcParams.update({"font.size": 12, "axes.spines.top": False, "axes.spines.right": False})
        warnings.filterwarnings("ignore", message=r".*Glyph .* missing")  # names in any script; a box stands there
        figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
        figure.suptitle(title[:80], parse_math=False)
        yield figure, png
        figure.savefig(png, format="png", metadata={"Software": None})


def _scatter(
    axes: "Axes",
    x: NDArray[np.generic],
    y: NDArray[np.generic],
    colour: NDArray[np.generic],
    *,
    marker: str = "o",
    size: float | None = None,
) -> "PathCollection":
    """Draw points: the more, the smaller; in no order, so that the later ones do not hide the earlier."""
    mixed = np.random.default_rng(0).permutation(len(x))
    area = size or float(np.clip(40000 / max(1, len(x)), 2, 60))
    return axes.scatter(
        x[mixed], y[mixed], c=colour[mixed], s=area, marker=marker, linewidths=1 if marker == "|" else 0
    )


def _time_axis(axis: "Axis", time_s: NDArray[np.floating], *, label: str) -> None:
    """Mark round times, as seconds or, from a minute on, as minutes and seconds."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator  # noqa: PLC0415 - an extra, and slow to import

    if time_s.max() < MINUTE_S:
        axis.set_label_text(f"{label} (s)")
        return
    axis.set_label_text(f"{label} (min:s)")
    span = float(time_s.max() - time_s.min())
    step = next((step for step in TIME_STEPS_S if span / step <= MAX_TIME_TICKS), span / MAX_TIME_TICKS)
    axis.set_major_locator(MultipleLocator(step))
    axis.set_major_formatter(FuncFormatter(lambda at, _: f"{int(at) // 60}:{int(at) % 60:02d}"))


def _columns(mel_db: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return at most `MAX_COLUMNS` rows, each the maximum of as many frames."""
    group = -(-len(mel_db) // MAX_COLUMNS)
    rows: NDArray[np.floating] = np.maximum.reduceat(mel_db, np.arange(0, len(mel_db), group))
    return rows


def _ticks(n_mels: int, fmin_hz: float, fmax_hz: float) -> dict[float, int]:
    """Return round frequencies by where they lie among the bands, whose centres are 0 to n_mels - 1."""
    from librosa import hz_to_mel  # noqa: PLC0415 - slow to import

    low, high = hz_to_mel([fmin_hz, fmax_hz])
    ticks: dict[float, int] = {}
    for hz in reversed(TICKS_HZ):  # where they crowd, the higher ones stay
        band = float((hz_to_mel(hz) - low) / (high - low)) * (n_mels + 1) - 1
        if fmin_hz <= hz <= fmax_hz and all(other - band > n_mels * TICK_DISTANCE for other in ticks):
            ticks[band] = hz
    return ticks
