"""Which grains of a stream sound next, and when exactly: pure choice, without clock, thread or message.

Time is the stream's own, in seconds since it began.  A scheduler asks `Stream.due` for the grains up to a horizon
ahead of the present; what comes from the musician (`Stream.target`, `Stream.set`) holds from its own time on, never
from before that horizon.  So the grains depend on the seed and on the times of what came, not on how often somebody
asked: `play_through` gives offline the grains that sounded live.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from oscreorder.corpus.neighbours import Index, checked_point
from oscreorder.errors import ParameterError
from oscreorder.live.choice import Choice, Chooser, Nearby
from oscreorder.live.grains import FileGrains, Grain
from oscreorder.parameters import Settings

Mode = Literal["bow", "beat", "fence", "chain"]

MIN_GAP_S = 1 / 2000
"""Targets that follow each other sooner than this are one beat, and one look over the fence: the last one counts."""
SCATTER = 1
"""Parts the chance that scatters grains in space from the one that chooses them."""
MAX_PENDING = 4096
"""How many targets and settings wait for `Stream.due`; beyond, the last ones win."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """The parameters of a stream, as the table of parameters has checked them.

    The choice of grains goes by `rate` (grains/s), `k`, `radius`, `choose`, `repeat_s`, `mode` and `count`; each
    grain carries `attack_ms`, `release_ms`, `gain_db` and `pan`, by chance scattered as far as `spread`, as they are
    when it sounds.  `lookahead_ms`, `tags`, `play` and `tell` are for those who send or sound the grains.
    """

    rate: float = 20.0
    k: int = 8
    radius: float = 0.0
    choose: Choice = "nearest"
    repeat_s: float = 0.5
    mode: Mode = "bow"
    count: int = 0
    lookahead_ms: float = 100.0
    tags: int = 1
    play: int = 0
    tell: int = 1
    attack_ms: float = 10.0
    release_ms: float = 10.0
    gain_db: float = 0.0
    pan: float = 0.0
    spread: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> "StreamSettings":
        """Return those of all parameters that are a stream's."""
        return cls(**{each.name: getattr(settings, each.name) for each in fields(cls)})


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A place in a space: the search space or the 2-D map, each with its own index over the same grains.

    Parameters
    ----------
    index : Index
        That of the space.
    point : array [shape=(d,)]
        A grain as target is the place of that grain (`neighbours.grain_point`).

    Raises
    ------
    ParameterError
        `point` holds NaN, lies beyond ±1e30 or has not `d` numbers.
    """

    index: Index
    point: ArrayLike

    def __post_init__(self) -> None:
        point = checked_point(self.point, self.index.points.shape[1], name="target")
        object.__setattr__(self, "point", point)


class Stream:
    """Grains in time.

    - ``bow``: at `rate`, around the target; the n-th since the first target exactly ``n / rate`` after it.
    - ``beat``: one on each target.
    - ``fence``: one when the grain nearest to the target is another than before.
    - ``chain``: at `rate`; the first around the target, each further one around the grain before it.

    Another `rate` begins a new count, one period after the last grain or, where that is past, at once.  Where no grain
    lies within `radius`, none sounds.

    Parameters
    ----------
    grains : FileGrains
        Those of the corpus, at least one.
    settings : StreamSettings
    seed : int >= 0
        The same seed and settings, and the same targets at the same times, give the same grains.
    target : Target, optional
        A target at time 0.  Nothing sounds before the first target.

    Raises
    ------
    ParameterError
        There are no grains, or `target` has an index over another number of them.
    """

    def __init__(
        self, grains: FileGrains, settings: StreamSettings, *, seed: int, target: Target | None = None
    ) -> None:
        if not len(grains.sound):
            raise ParameterError("there is nothing to stream: the corpus holds no grains; load a sound first")
        self._grains = grains
        self._settings = self._newest = settings
        self._pending: deque[tuple[float, Target | StreamSettings]] = deque()
        self._horizon_s = 0.0
        self._sounded = 0
        self._pace = _Pace()
        self._chooser = Chooser(seed)
        self._scatter = np.random.default_rng((seed, SCATTER))
        self._target: Target | None = None
        self._nearby: Nearby | None = None
        self._chained: int | None = None
        self._fenced: int | None = None
        if target is not None:
            self.target(target, at_s=0.0)

    @property
    def settings(self) -> StreamSettings:
        """The newest settings; they may still wait for their time."""
        return self._newest

    @property
    def sounded(self) -> int:
        """How many grains `due` has given."""
        return self._sounded

    @property
    def ended(self) -> bool:
        """Whether `count` grains have sounded."""
        return 0 < self._settings.count <= self._sounded

    def target(self, target: Target, *, at_s: float) -> float:
        """Aim at `target` from the time `at_s` on.

        Returns
        -------
        float
            The time from which it holds: `at_s`, or where that is later, the horizon of the last `due` or the time
            of what came before.  Given to `play_through`, these times give the same grains again.

        Raises
        ------
        ParameterError
            The target's index is over another number of grains.
        """
        known, came = len(self._grains.sound), len(target.index.points)
        if came != known:
            raise ParameterError(f"target: its index holds {came} grains, the stream {known}; take that of its corpus")
        return self._put(target, at_s)

    def set(self, *, at_s: float, **changes: Any) -> float:
        """Change settings, by name, from the time `at_s` on; return the time from which they hold, as `target`."""
        self._newest = replace(self._newest, **changes)
        return self._put(self._newest, at_s)

    def due(self, until_s: float) -> list[Grain]:
        """Return the grains that sound before `until_s` and were not given yet, in the order of their times."""
        grains = []
        while not self.ended:
            came_s = self._pending[0][0] if self._pending else math.inf
            if min(came_s, self._pace.next_s) >= until_s:
                break
            if came_s <= self._pace.next_s:
                self._take(*self._pending.popleft())
            elif grain := self._next():
                grains.append(grain)
        self._horizon_s = max(self._horizon_s, until_s)
        return grains

    def _put(self, event: Target | StreamSettings, at_s: float) -> float:
        at_s = max(at_s, self._horizon_s, self._pending[-1][0] if self._pending else 0.0)
        if len(self._pending) >= MAX_PENDING:
            last = {type(waiting): (time_s, waiting) for time_s, waiting in self._pending}
            self._pending = deque(sorted(last.values(), key=lambda each: each[0]))
        self._pending.append((at_s, event))
        return at_s

    def _take(self, at_s: float, event: Target | StreamSettings) -> None:
        if isinstance(event, Target):
            self._target, self._nearby, self._chained = event, None, None
            self._pace.targeted(at_s, _rate(self._settings))
            return
        before, self._settings = self._settings, event
        if (event.mode, event.radius) != (before.mode, before.radius):
            self._nearby = None
        if event.mode != before.mode:
            self._chained = self._fenced = None
        if self._target and _rate(event) != _rate(before):
            self._pace.changed(at_s, _rate(event))

    def _next(self) -> Grain | None:
        """Return the grain whose time has come, if one sounds."""
        settings = self._settings
        at_s = self._pace.passed(_rate(settings))
        nearby = self._around()
        if settings.mode == "fence" and not self._crosses(nearby):
            return None
        if not nearby.grains:
            return None
        rank = self._chooser.choose(
            nearby,
            at_s,
            k=settings.k,
            choose=settings.choose,
            repeat_s=settings.repeat_s,
            apart_from=self._chained,
        )
        grain = nearby.grains[rank]
        self._sounded += 1
        if settings.mode == "chain":
            self._chained, self._nearby = grain, None
        return self._sounding(at_s, grain, nearby.distances[rank])

    def _around(self) -> Nearby:
        """Return the grains around the target or, in a chain, around the grain before."""
        settings, chained = self._settings, self._chained
        if self._nearby is None:
            target = cast("Target", self._target)  # nothing is due before the first target
            point = target.point if chained is None else target.index.points[chained]
            self._nearby = Nearby(target.index, point, radius=settings.radius)
        self._nearby.reach(settings.k + (chained is not None))
        return self._nearby

    def _crosses(self, nearby: Nearby) -> bool:
        """Return whether the nearest grain is another than when the fence was looked at last."""
        before, self._fenced = self._fenced, nearby.grains[0] if nearby.grains else None
        return self._fenced != before

    def _sounding(self, at_s: float, grain: int, distance: float) -> Grain:
        grains, settings = self._grains, self._settings
        return Grain(
            time_s=at_s,
            grain=grain,
            sound=int(grains.sound[grain]),
            start=int(grains.start[grain]),
            length=int(grains.length[grain]),
            dur_ms=float(grains.dur_ms[grain]),
            gain=10 ** (settings.gain_db / 20),
            pan=self._panned(float(grains.pan[grain])),
            distance=distance,
            attack_ms=settings.attack_ms,
            release_ms=settings.release_ms,
        )

    def _panned(self, pan: float) -> float:
        """Return where a grain sounds that would itself sound at `pan`."""
        settings = self._settings
        scattered = settings.spread * self._scatter.uniform(-1, 1) if settings.spread else 0.0
        return min(max(pan + settings.pan + scattered, -1.0), 1.0)


def _rate(settings: StreamSettings) -> float | None:
    """Return the grains a second, or None where they come with the targets."""
    return settings.rate if settings.mode in {"bow", "chain"} else None


@dataclass(slots=True)
class _Pace:
    """When the next grain is due; rate None stands for grains that come with the targets."""

    next_s: float = math.inf
    last_s: float = -math.inf
    anchor_s: float = 0.0
    number: int = 0

    def targeted(self, at_s: float, rate: float | None) -> None:
        """Take a target."""
        if self.next_s == math.inf:
            self._begin(at_s, MIN_GAP_S if rate is None else 1 / rate)

    def changed(self, at_s: float, rate: float | None) -> None:
        """Take another rate, while there is a target."""
        self.next_s = math.inf
        if rate is not None:
            self._begin(at_s, 1 / rate)

    def passed(self, rate: float | None) -> float:
        """Go on from the grain that is due; return its time."""
        self.last_s = self.next_s
        self.number += 1
        # From the beginning each time: sums of periods would drift.
        self.next_s = math.inf if rate is None else self.anchor_s + self.number / rate
        return self.last_s

    def _begin(self, at_s: float, gap_s: float) -> None:
        self.anchor_s = self.next_s = max(at_s, self.last_s + gap_s)
        self.number = 0


def play_through(
    stream: Stream, moves: Iterable[tuple[float, Target | Mapping[str, Any]]], *, until_s: float
) -> list[Grain]:
    """Return the grains of a whole stream, as they sound live.

    Parameters
    ----------
    stream : Stream
        A fresh one.
    moves : iterable of (time_s, target or settings by name)
        In the order of their times, which are those that `Stream.target` and `Stream.set` returned.
    until_s : float
        Nothing from here on sounds.
    """
    grains = []
    for at_s, move in moves:
        grains += stream.due(min(at_s, until_s))
        if isinstance(move, Target):
            stream.target(move, at_s=at_s)
        else:
            stream.set(at_s=at_s, **move)
    return grains + stream.due(until_s)
