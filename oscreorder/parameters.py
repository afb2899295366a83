"""The table of parameters: one row each, from which OSC, command line, Python, docs and clients take them.

A row is a field of `Settings`; its metadata is a `Parameter` (kind, range, unit, help).  ``PARAMETERS`` maps each
name to its row in table order.  A value that passes `Parameter.read` has the exact type and lies in range; anything
else is a `ParameterError` that says what came and what is allowed.
"""

import copy
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from oscreorder.errors import ParameterError

Kind = Literal["int", "float", "switch", "choice", "names"]
Group = Literal["load", "analysis", "order", "render", "file", "map", "plot", "neighbours", "stream"]
Value = int | float | str

STEPS = ("none", "power_db", "amplitude_db", "volume", "low_weight", "notebook_volume", "notebook_log")
WINDOWS = ("hann", "hamming", "blackman", "boxcar")
ORDERS = ("similarity", "tour", "pca", "tsne", "cluster", "original", "random")
MAX_NAMES = 16
MAX_ECHO = 60
TRANSFORMS = ("none", "drop_phase", "unit_phase", "flip_frequency", "flip_time", "shuffle_bins", "mask_bins")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of the table.

    `minimum` and `maximum` bound a number (inclusive); with `zero`, 0 is allowed below `minimum` and stands for
    "automatic".  `choices` are the words of a ``choice`` or the names that a ``names`` value joins by ``+``.
    """

    name: str
    kind: Kind
    group: Group
    default: Value
    unit: str
    help: str
    minimum: float = 0
    maximum: float = 0
    zero: bool = False
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values in words, as an error or a reference page tells them."""
        match self.kind:
            case "switch":
                return "0 or 1"
            case "choice":
                return ", ".join(self.choices)
            case "names":
                return f"up to {MAX_NAMES} names joined by +, out of " + ", ".join(self.choices)
            case _:
                unit = f" {self.unit}" if self.unit else ""
                return f"{'0 or ' if self.zero else ''}{self.minimum:.10g} to {self.maximum:.10g}{unit}"

    def read(self, value: object) -> Value:
        """Return `value` with the exact type of this row.

        Numbers may come as int or float (a float stands for an int when it is whole), a switch as bool, 0 or 1.

        Raises
        ------
        ParameterError
            Wrong kind, not finite, or out of range.
        """
        match self.kind:
            case "switch":
                return int(self._number(value, low=0, high=1, whole=True))
            case "int":
                return int(self._number(value, low=self.minimum, high=self.maximum, whole=True))
            case "float":
                return float(self._number(value, low=self.minimum, high=self.maximum, whole=False))
            case "choice":
                return self._word(value)
            case "names":
                names = value.split("+", MAX_NAMES) if isinstance(value, str) else [value]
                return "+".join(self._word(name) for name in names)

    def _number(self, value: object, *, low: float, high: float, whole: bool) -> float:
        if isinstance(value, bool) and self.kind != "switch":
            raise self._refusal(value)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise self._refusal(value)
        if whole and value != int(value):
            raise self._refusal(value)
        if not (low <= value <= high or (self.zero and value == 0)):
            raise self._refusal(value)
        return value

    def _word(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise self._refusal(value)
        return value

    def _refusal(self, value: object) -> ParameterError:
        return ParameterError(f"{self.name}: {shown(value)} is not allowed; it takes {self.allowed}")


def number_or_word(text: str) -> int | float | str:
    """Read a whole number, a number, or else the text as it is."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def shown(value: object) -> str:
    """Return what a peer sent, fit for the text of an error."""
    return f'"{printable(value)}"' if isinstance(value, str) else f"{value!r:.60}"


def printable(text: str) -> str:
    """Return the beginning of a peer's text, fit for one line of a log."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:MAX_ECHO])


def _row(
    kind: Kind,
    group: Group,
    default: Value,
    help: str,  # noqa: A002 - the column's name
    *,
    low: float = 0,
    high: float = 0,
    unit: str = "",
    zero: bool = False,
    choices: tuple[str, ...] = (),
) -> Any:
    row = {"kind": kind, "group": group, "default": default, "unit": unit, "help": help}
    bounds = {"minimum": low, "maximum": high, "zero": zero, "choices": choices}
    return field(default=default, metadata=row | bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A value for each parameter; checked when made, so that whatever holds one can trust it.

    Raises
    ------
    ParameterError
        A value is refused by its row, ``hop_length`` is above ``win_length``, ``n_fft`` is below ``win_length``,
        or ``fmin_hz`` is not below ``fmax_hz``.
    """

    sample_rate: int = _row(
        "int", "load", 0, "the corpus's rate; 0: that of its first sound", low=8000, high=192000, unit="Hz", zero=True
    )
    win_length: int = _row("int", "analysis", 4096, "length of a frame's window", low=16, high=131072, unit="samples")
    hop_length: int = _row(
        "int", "analysis", 2048, "from frame to frame; at most win_length", low=1, high=131072, unit="samples"
    )
    n_fft: int = _row(
        "int",
        "analysis",
        0,
        "length of the transform; 0: win_length; odd values work too",
        low=16,
        high=262144,
        unit="samples",
        zero=True,
    )
    window: str = _row("choice", "analysis", "hann", "shape of the window", choices=WINDOWS)
    n_mels: int = _row("int", "analysis", 128, "mel bands", low=1, high=512)
    fmin_hz: float = _row("float", "analysis", 0.0, "lower edge of the bands", low=0, high=96000, unit="Hz")
    fmax_hz: float = _row(
        "float", "analysis", 0.0, "upper edge of the bands; 0: half the rate", low=0, high=96000, unit="Hz"
    )
    steps: str = _row(
        "names", "analysis", "power_db", "scaling steps, applied left to right; none: mel power as it is", choices=STEPS
    )
    features: int = _row(
        "int", "analysis", 16, "dimensions of the search space (PCA of the descriptors)", low=1, high=128
    )
    order: str = _row("choice", "order", "similarity", "how the grains are ordered", choices=ORDERS)
    reverse: int = _row("switch", "order", 0, "play the order backwards")
    amount: float = _row("float", "order", 1.0, "0: original order, 1: fully ordered", low=0, high=1)
    window_s: float = _row(
        "float",
        "order",
        0.0,
        "order inside each stretch of this length; 0: the whole corpus",
        low=0,
        high=3600,
        unit="s",
    )
    min_dt_s: float = _row(
        "float", "order", 0.0, "successive grains at least this far apart in their sound", low=0, high=60, unit="s"
    )
    clusters: int = _row("int", "order", 8, "number of clusters, for order cluster", low=1, high=512)
    perplexity: float = _row(
        "float", "order", 30.0, "for t-SNE; lowered, with a notice, where there are too few grains", low=2, high=500
    )
    seed: int = _row(
        "int", "order", 42, "same seed, settings, version and machine: the same file", low=0, high=16777215
    )
    joins: str = _row(
        "choice",
        "render",
        "smooth",
        "smooth: the level is kept and the identity is exact; notebook: plain overlap-add, as librosa.istft",
        choices=("smooth", "notebook"),
    )
    spacing: str = _row(
        "choice",
        "render",
        "even",
        "even: one grain each hop; distance: spaced by their distance along the order",
        choices=("even", "distance"),
    )
    transform: str = _row("choice", "render", "none", "spectral transform of each grain", choices=TRANSFORMS)
    mask_keep: float = _row("float", "render", 0.5, "share of the bins that mask_bins keeps", low=0, high=1)
    subtype: str = _row(
        "choice",
        "file",
        "auto",
        "sample format of the file; auto: 24 bit where the format can",
        choices=("auto", "PCM_16", "PCM_24", "FLOAT"),
    )
    overwrite: int = _row("switch", "file", 0, "replace the output where it exists")
    kind: str = _row("choice", "plot", "map", "which picture", choices=("map", "spectrogram", "order"))
    embedding: str = _row("choice", "map", "pca", "what places the grains of the 2-D map", choices=("pca", "tsne"))
    components: int = _row("int", "plot", 2, "dimensions of a map", low=1, high=2)
    k: int = _row(
        "int",
        "neighbours",
        8,
        "how many neighbours; a stream goes beyond them while all of them have just sounded, see repeat_s",
        low=1,
        high=256,
    )
    radius: float = _row("float", "neighbours", 0.0, "no neighbour is farther away; 0: no limit", low=0, high=1e10)
    rate: float = _row("float", "stream", 20.0, "grains a second, in bow and chain", low=0.1, high=2000, unit="1/s")
    mode: str = _row(
        "choice",
        "stream",
        "bow",
        "bow: follow the target at rate; beat: on each target; fence: only when the nearest grain changes; "
        "chain: each grain's neighbour follows it",
        choices=("bow", "beat", "fence", "chain"),
    )
    choose: str = _row(
        "choice",
        "stream",
        "nearest",
        "which of the k neighbours sounds; urn: each once before any returns; weighted: near ones more often",
        choices=("nearest", "random", "urn", "weighted"),
    )
    repeat_s: float = _row(
        "float",
        "stream",
        0.5,
        "a grain does not return sooner, even if another than the k nearest must sound; 0: it may",
        low=0,
        high=60,
        unit="s",
    )
    count: int = _row("int", "stream", 0, "stop after so many grains; 0: until told", low=0, high=16777215)
    lookahead_ms: float = _row("float", "stream", 100.0, "how far ahead grains are sent", low=5, high=2000, unit="ms")
    tags: int = _row("switch", "stream", 1, "grains in bundles with timetags; 0: plain messages with the stream's time")
    play: int = _row("switch", "stream", 0, "the daemon sounds the grains itself")
    tell: int = _row("switch", "stream", 1, "with play 1, send the grains as messages too")
    attack_ms: float = _row("float", "stream", 10.0, "fade in of a grain", low=0, high=5000, unit="ms")
    release_ms: float = _row("float", "stream", 10.0, "fade out of a grain", low=0, high=5000, unit="ms")
    gain_db: float = _row("float", "stream", 0.0, "level of the grains", low=-120, high=24, unit="dB")
    pan: float = _row("float", "stream", 0.0, "place between left, -1, and right, 1", low=-1, high=1)
    spread: float = _row("float", "stream", 0.0, "how far chance scatters the grains around pan", low=0, high=1)

    def __post_init__(self) -> None:
        for name, row in PARAMETERS.items():
            object.__setattr__(self, name, row.read(getattr(self, name)))
        self.check_together()

    def check_together(self) -> None:
        """Refuse values that are each allowed but not side by side."""
        if self.hop_length > self.win_length:
            raise ParameterError(
                f"hop_length: {self.hop_length} samples is above win_length, which is {self.win_length}: "
                "lower the one or raise the other"
            )
        if 0 < self.n_fft < self.win_length:
            raise ParameterError(
                f"n_fft: {self.n_fft} samples is below win_length, which is {self.win_length}: raise it, or give 0"
            )
        if 0 < self.fmax_hz <= self.fmin_hz:
            raise ParameterError(
                f"fmax_hz: {self.fmax_hz:g} Hz is not above fmin_hz, which is {self.fmin_hz:g}: raise it, or give 0"
            )

    def group(self, *groups: Group) -> dict[str, Value]:
        """Return the values of the parameters of these groups, in table order."""
        return {name: getattr(self, name) for name, row in PARAMETERS.items() if row.group in groups}

    def changed(self, options: Mapping[str, object]) -> "Settings":
        """Return a copy in which `options` (name to value, as they came) take the place of the present values.

        Raises
        ------
        ParameterError
            An option is unknown (the text names the nearest known one) or its value is refused.
        """
        changed = copy.copy(self)  # the values that stay were checked when they came: sliders send thousands a second
        for name, value in options.items():
            object.__setattr__(changed, name, parameter(name).read(value))
        changed.check_together()
        return changed


PARAMETERS: Mapping[str, Parameter] = {row.name: Parameter(name=row.name, **row.metadata) for row in fields(Settings)}


def parameter(name: str) -> Parameter:
    """Return the row of this name.

    Raises
    ------
    ParameterError
        There is none; the text names the nearest known one.
    """
    if name in PARAMETERS:
        return PARAMETERS[name]
    near = difflib.get_close_matches(name, PARAMETERS, n=1)
    hint = f"; did you mean {near[0]}?" if near else "; /oscreorder/params lists them"
    raise ParameterError(f'there is no parameter "{name[:60]}"{hint}')
