"""From descriptors to an order: which grain sounds after which."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.embedding import alike, pca, repaired, tsne
from oscreorder.corpus.graphs import neighbour_graph
from oscreorder.corpus.moves import improve
from oscreorder.corpus.paths import greedy_path, keep_apart, near_steps, path_steps, refined
from oscreorder.corpus.som import cluster_labels, map_places
from oscreorder.corpus.space import Path, Progress, Rows, Space, make_space, part_of
from oscreorder.parameters import Settings

LOCAL = 50
"""Places that a move may span where an order keeps its gradient: each grain stays near where the map put it."""
GLOBAL = 50_000
"""Places that a move may span in a tour; more would only cost time."""
KICKS, MOST_KICKS = 4, 20_000
"""Kicks that a tour gets for each grain, and in all: where grains are many, they would take long and help little."""
LEANING = 1e-3
"""A correlation below this tells no direction."""

UNLIKE = ("original", "random")
"""Orders that do not go by likeness: they have a direction of their own."""

Coordinate = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ordering:
    """The grains of a corpus in sounding order.

    Attributes
    ----------
    order : intp ndarray [shape=(n_grains,)]
        Each grain once.
    steps : float32 ndarray [shape=(n_grains - 1,)]
        Distance of successive grains: along the reduced axis for ``pca`` and ``tsne``, else Euclidean in the search
        space.
    notices : tuple of str
        What was done differently from what was asked.
    """

    order: Path
    steps: Rows
    notices: tuple[str, ...]


def order_grains(
    descriptors: Rows,
    search: Rows,
    *,
    sound: NDArray[np.intp],
    time_s: NDArray[np.float64],
    settings: Settings,
    progress: Progress | None = None,
) -> Ordering:
    """Order grains as ``settings.order`` says; the result is a permutation for any input.

    ``similarity`` places the grains on a one-dimensional self-organising map of the search space, then moves each by
    some 50 places at most where that shortens the path through all descriptors.  ``tour`` is a short path through all
    descriptors.  ``pca`` and ``tsne`` sort by one reduced dimension of the descriptors.  ``cluster`` plays cluster by
    cluster, similar ones side by side, each by similarity.  ``random`` shuffles by the seed, ``original`` keeps the
    order that came.

    Then, one after the other: ``window_s`` keeps each grain in its stretch of the original order; ``amount`` ranks
    the grains between their original (0) and their new (1) ranks; ``min_dt_s`` lets grains wait that are too near to
    the one before them (not in ``original``, nor at ``amount`` 0); ``reverse`` plays the whole backwards.

    **Direction.**  An order by likeness may be read from either end.  It is turned so that rank correlates positively
    with the first principal coordinate: in dB, from quiet to loud.  Where the correlation is below 0.001, it begins
    with that one of its ends that comes first in the corpus.  With ``window_s`` this holds for each stretch.

    Parameters
    ----------
    descriptors : float32 ndarray [shape=(n_grains, n_features)]
        Cells that are not finite count as the median of their column.
    search : float32 ndarray [shape=(n_grains, k)]
        The principal coordinates of `descriptors`.
    sound : intp ndarray [shape=(n_grains,)]
        Which sound each grain comes from.
    time_s : float64 ndarray [shape=(n_grains,)], seconds
        Where in that sound.
    settings : Settings
        The group ``order``.
    progress : callable, optional
        Called with the fraction done, 0 to 1.
    """
    if len(descriptors) < 2:  # noqa: PLR2004 - one grain has one order
        return Ordering(np.arange(len(descriptors)), np.zeros(0, np.float32), ())
    space = make_space(repaired(descriptors), sound, time_s, min_dt_s=settings.min_dt_s)
    corpus = _corpus(space, repaired(search), settings, progress)
    coordinate = _coordinate(corpus)
    parts = _stretches(sound, time_s, settings.window_s)
    order = np.arange(len(search))
    for part in parts:
        order[part] = part.start + _sorted(corpus, coordinate, part)
        if progress:
            progress(part.stop / len(search))
    order = _apart(corpus, _mixed(order, settings.amount), parts)
    order = order[::-1].copy() if settings.reverse else order
    along = coordinate if settings.order in ("pca", "tsne") else None
    return Ordering(order, _steps(corpus.search, order, along), tuple(dict.fromkeys(corpus.notices)))


@dataclass(frozen=True, slots=True, eq=False)
class _Corpus:
    """What an order is made of; `notices` grows while it is made.

    `kind` is ``settings.order``, or ``original`` where an order by likeness has nothing to go by.
    """

    space: Space
    search: Rows
    settings: Settings
    kind: str
    progress: Progress | None
    notices: list[str] = field(default_factory=list)


def _corpus(space: Space, search: Rows, settings: Settings, progress: Progress | None) -> _Corpus:
    if settings.order in UNLIKE or not alike(space.points):
        return _Corpus(space, search, settings, settings.order, progress)
    told = ["all grains are alike: they stay in their original order"]
    return _Corpus(space, search, settings, "original", progress, told)


def _coordinate(corpus: _Corpus) -> Coordinate | None:
    """Return for each grain the number to sort by, where the order is one that sorts."""
    rows, settings = corpus.space.points, corpus.settings
    match corpus.kind:
        case "random":
            # the rank of each grain in a permutation: sorting by it gives the permutation
            return np.argsort(np.random.default_rng(settings.seed).permutation(len(rows))).astype(np.float64)
        case "original":
            return np.zeros(len(rows))
        case "pca":
            return pca(rows, 1)[:, 0].astype(np.float64)
        case "tsne":
            embedded = tsne(
                rows, n_components=1, perplexity=settings.perplexity, seed=settings.seed, progress=corpus.progress
            )
            corpus.notices.extend(embedded.notices)
            return embedded.points[:, 0].astype(np.float64)
        case _:
            return None


def _stretches(sound: NDArray[np.intp], time_s: NDArray[np.float64], window_s: float) -> list[slice]:
    """Return the stretches of the original order inside which grains may move."""
    starts = np.zeros(0, np.intp)
    if window_s:
        window = np.floor(time_s / window_s + 1e-9)
        starts = 1 + np.flatnonzero((np.diff(sound) != 0) | (np.diff(window) != 0))
    return [slice(int(first), int(last)) for first, last in pairwise([0, *starts, len(sound)])]


def _sorted(corpus: _Corpus, coordinate: Coordinate | None, part: slice) -> Path:
    """Return the order of the grains of one stretch, counted from its beginning."""
    if coordinate is None:
        return _turned(_path(corpus, part), corpus.search[part])
    path = np.argsort(coordinate[part], kind="stable")
    return _turned(path, corpus.search[part]) if corpus.kind not in UNLIKE else path


def _path(corpus: _Corpus, part: slice) -> Path:
    space, search = part_of(corpus.space, part), corpus.search[part]
    if len(search) < 2:  # noqa: PLR2004 - one grain has one order
        return np.arange(len(search))
    match corpus.kind:
        case "tour":
            whole = len(search) == len(corpus.search)
            return _tour(space, search, corpus.progress if whole else None)
        case "cluster":
            return _cluster_by_cluster(corpus, space, search)
        case _:
            return _similarity(space, search)


def _similarity(space: Space, search: Rows) -> Path:
    return refined(space, np.argsort(map_places(search), kind="stable"), limit=LOCAL)


def _tour(space: Space, search: Rows, progress: Progress | None = None) -> Path:
    graph = neighbour_graph(space, search, progress=progress)
    kicks = min(KICKS * len(search), MOST_KICKS)
    return improve(space, graph, greedy_path(space, search, graph), limit=GLOBAL, kicks=kicks)


def _cluster_by_cluster(corpus: _Corpus, space: Space, search: Rows) -> Path:
    settings = corpus.settings
    labels = cluster_labels(search, settings.clusters, settings.seed)
    found = int(labels.max()) + 1
    if found < settings.clusters:
        corpus.notices.append(f"{found} clusters instead of {settings.clusters}: there are no more unlike grains")
    members = [np.flatnonzero(labels == cluster) for cluster in range(found)]
    centres = np.stack([search[grains].mean(axis=0) for grains in members])
    chain = _tour(make_space(centres, np.arange(found), np.zeros(found)), centres) if found > 1 else np.arange(1)
    return _joined(space.points, [_inside(space, search, members[cluster]) for cluster in chain])


def _inside(space: Space, search: Rows, members: Path) -> Path:
    if len(members) < 2:  # noqa: PLR2004 - one grain has one order
        return members
    return members[_similarity(part_of(space, members), search[members])]


def _joined(points: Rows, paths: Sequence[Path]) -> Path:
    """Return the paths one after the other, each turned so that the joins together are as short as they can be."""
    cost = np.zeros(2)
    choices = []
    for before, after in pairwise(paths):
        exits, entries = points[before[[-1, 0]]], points[after[[0, -1]]]
        joins = np.linalg.norm(exits[:, np.newaxis] - entries, axis=2) + cost[:, np.newaxis]
        choices.append(joins.argmin(axis=0))
        cost = joins.min(axis=0)
    turned = int(cost.argmin())
    parts = [paths[-1][:: -1 if turned else 1]]
    for path, choice in zip(reversed(paths[:-1]), reversed(choices), strict=True):
        turned = int(choice[turned])
        parts.append(path[:: -1 if turned else 1])
    return np.concatenate(parts[::-1])


def _turned(path: Path, search: Rows) -> Path:
    """Return `path` or its reverse: see Direction in `order_grains`."""
    rank = np.arange(len(path)) - (len(path) - 1) / 2
    along = search[path, 0].astype(np.float64)
    along -= along.mean()
    scale = float(np.linalg.norm(rank) * np.linalg.norm(along))
    leaning = float(rank @ along) / scale if scale else 0.0
    backwards = leaning < 0 if abs(leaning) >= LEANING else path[0] > path[-1]
    return path[::-1] if backwards else path


def _mixed(order: Path, amount: float) -> Path:
    """Return the grains by a mean of their original and their new rank; `amount` weighs the new one."""
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order))
    return np.argsort((1 - amount) * np.arange(len(order)) + amount * rank, kind="stable")


def _apart(corpus: _Corpus, order: Path, parts: Sequence[slice]) -> Path:
    """Return `order` with successive grains kept apart, each inside its stretch; say how many could not be."""
    settings = corpus.settings
    if not (settings.min_dt_s and settings.amount) or settings.order == "original":
        return order
    order = order.copy()
    for part in parts:
        order[part] = keep_apart(corpus.space, order[part], after=order[part.start - 1 : part.start])
    near = near_steps(corpus.space, order)
    if near:
        told = f"min_dt_s: {near} of {len(order) - 1} steps are nearer than {settings.min_dt_s:g} s"
        corpus.notices.append(f"{told}; no other place was found for them")
    return order


def _steps(search: Rows, order: Path, along: Coordinate | None) -> Rows:
    if along is None:
        return path_steps(search, order)
    return np.abs(np.diff(along[order])).astype(np.float32)
