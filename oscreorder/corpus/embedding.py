"""From descriptors to fewer dimensions: PCA and t-SNE, the same on every run, defined for any input.

Cells that are not finite count as the median of their column, and no cell counts as more than `LARGEST`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscreorder.corpus.blocks import blocks
from oscreorder.corpus.graphs import neighbour_graph
from oscreorder.corpus.space import Progress, Rows, extent, make_space

LARGEST = 1e15
"""Squares of this, summed over a row, still fit in float32."""
ALIKE = 1e-6
"""Rows whose spread is below this share of their largest cell differ by rounding only."""
TIED = 0.999
"""Loadings as large as this share of the largest one decide about the sign together with it: the first of them."""
FEWEST = 4
"""Fewer grains have no neighbourhoods that t-SNE could keep."""
FEWEST_FOR_GRID = 100
EXAGGERATED, PLAIN = 250, 500
"""Iterations of t-SNE: those with exaggerated attraction, then those without."""
EXAGGERATION = 12.0
ROUND = 25
"""Iterations between two looks at the outcome."""
START_SPREAD = 1e-4
COLLAPSED = 1e-12
CANDIDATE_DIMENSIONS = 16


@dataclass(frozen=True, slots=True, eq=False)
class PcaBasis:
    """Principal components.

    Attributes
    ----------
    mean : float32 ndarray [shape=(d,)]
    components : float32 ndarray [shape=(k, d)]
        Orthonormal rows, largest variance first.
    """

    mean: Rows
    components: Rows

    def project(self, rows: Rows) -> Rows:
        """Return the coordinates of `rows`, (n, d), in this basis: float32 ``(n, k)``, finite."""
        rows = repaired(rows)
        points = np.empty((len(rows), len(self.components)), np.float32)
        for block in blocks(len(rows), rows):
            np.matmul(rows[block] - self.mean, self.components.T, out=points[block])
        return points


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Places of grains.

    Attributes
    ----------
    points : float32 ndarray [shape=(n, k)]
    notices : tuple of str
        What was done differently from what was asked.
    """

    points: Rows
    notices: tuple[str, ...]


def repaired(rows: Rows) -> Rows:
    """Return `rows` themselves where all cells are within ±LARGEST; else a copy in which they are."""
    if not rows.size or all(_fine(rows[block]) for block in blocks(len(rows), rows)):
        return rows
    rows = np.clip(rows, -LARGEST, LARGEST)
    broken = np.isnan(rows)
    for column in np.flatnonzero(broken.any(axis=0)):
        sound = rows[~broken[:, column], column]
        rows[broken[:, column], column] = np.median(sound) if len(sound) else 0
    return rows


def _fine(rows: Rows) -> bool:
    return bool(rows.min() >= -LARGEST and rows.max() <= LARGEST)


def alike(rows: Rows) -> bool:
    """Tell whether all rows are the same but for rounding."""
    if len(rows) < 2 or not rows.size:  # noqa: PLR2004 - one row is like itself
        return True
    high, low = extent(rows)
    return float((high - low).max()) <= ALIKE * float(max(high.max(), -low.min()))


def fit_pca(rows: Rows, n_components: int) -> PcaBasis:
    """Find the principal components of `rows`, the same ones on every run.

    The covariance is summed in float64 and its eigenvectors are taken.  An eigenvector's sign is arbitrary; here its
    largest loading is positive, and where several are as large within 0.1 percent, the first of them.

    Parameters
    ----------
    rows : float32 ndarray [shape=(n, d)]
    n_components : int >= 1

    Returns
    -------
    PcaBasis
        With ``k = min(n_components, n, d)`` components.
    """
    rows = repaired(rows)
    n, d = rows.shape
    mean = np.zeros(d)
    for block in blocks(n, rows):
        mean += rows[block].sum(axis=0, dtype=np.float64) / n
    covariance = np.zeros((d, d))
    for block in blocks(n, rows):
        centred = rows[block] - mean
        covariance += centred.T @ centred
    vectors = np.linalg.eigh(covariance)[1].T[::-1][: min(n_components, n)]
    return PcaBasis(mean.astype(np.float32), np.ascontiguousarray(vectors * _signs(vectors), np.float32))


def _signs(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each row the sign, as a column, that makes its decisive loading positive."""
    if not vectors.size:
        return np.ones((len(vectors), 1))
    sizes = np.abs(vectors)
    decisive = (sizes >= TIED * sizes.max(axis=1, keepdims=True)).argmax(axis=1)
    return np.where(np.take_along_axis(vectors, decisive[:, np.newaxis], axis=1) < 0, -1.0, 1.0)


def pca(rows: Rows, n_components: int) -> Rows:
    """Return the first principal coordinates of `rows`, (n, d): float32 ``(n, min(n_components, n, d))``."""
    return fit_pca(rows, n_components).project(rows)


def tsne(rows: Rows, *, n_components: int, perplexity: float, seed: int, progress: Progress | None = None) -> Embedded:
    """Place rows by t-SNE: openTSNE with one thread where it can be imported, else scikit-learn.

    It starts from the first principal coordinates with a little noise by `seed`, which parts equal grains.  Fewer
    than four grains are placed by PCA; grains that are all alike are placed at 0.

    Parameters
    ----------
    rows : float32 ndarray [shape=(n, d)]
        The descriptors themselves keep an order smoother than their PCA does, in the same time.
    n_components : int, 1 or 2
    perplexity : float > 0
        About how many neighbours count; lowered to ``(n - 1) / 3``, with a notice.
    seed : int
    progress : callable, optional
        Called with the fraction done, 0 to 1.

    Returns
    -------
    Embedded
        `points`, float32 ``(n, n_components)``, and notices.
    """
    rows = repaired(rows)
    n = len(rows)
    if n < FEWEST:
        grains = "1 grain" if n == 1 else f"{n} grains"
        return Embedded(_widened(pca(rows, n_components), n_components), (f"{grains}: t-SNE replaced by pca",))
    if alike(rows):
        text = "all grains are alike: t-SNE has nothing to tell apart"
        return Embedded(np.zeros((n, n_components), np.float32), (text,))
    notices = []
    if perplexity > (n - 1) / 3:
        notices.append(f"{n} grains: perplexity lowered from {perplexity:g} to {(n - 1) / 3:.3g}")
        perplexity = (n - 1) / 3
    rows = rows / np.abs(rows).max()  # very large and very small values lose nothing in squares
    start = _start(rows, n_components, seed)
    try:
        places = _open_tsne(rows, start, perplexity, seed, progress)
    except ImportError:  # no wheel for this machine
        places = _scikit_tsne(rows, start, perplexity, seed, progress)
    points = places.astype(np.float32)
    if not np.ptp(points) > COLLAPSED:  # or NaN
        notices.append("t-SNE found no places: replaced by pca")
        points = _widened(pca(rows, n_components), n_components)
    return Embedded(points, tuple(notices))


def _widened(points: Rows, n_components: int) -> Rows:
    return np.pad(points, ((0, 0), (0, n_components - points.shape[1])))


def _start(rows: Rows, n_components: int, seed: int) -> NDArray[np.float64]:
    """Return the first principal coordinates, small as t-SNE wants them, with noise of a hundredth of that."""
    points = _widened(pca(rows, n_components), n_components).astype(np.float64)
    points *= START_SPREAD / max(points[:, 0].std(), 1e-30)
    return points + np.random.default_rng(seed).normal(scale=START_SPREAD / 100, size=points.shape)


def _open_tsne(
    rows: Rows, start: NDArray[np.float64], perplexity: float, seed: int, progress: Progress | None
) -> NDArray[np.float64]:
    # a second to import, and only here
    from openTSNE import TSNEEmbedding, affinity, nearest_neighbors  # noqa: PLC0415

    # Its grid in one dimension misses the maximum of places that only fall from row to row, as those of a sound that
    # fades do, and the process ends with a segmentation fault.  Shuffled, many rows rise somewhere; few take the tree.
    n = len(rows)
    shuffled = np.random.default_rng(seed).permutation(n)
    rows, start = rows[shuffled], start[shuffled]
    method = "fft" if start.shape[1] == 1 and n >= FEWEST_FOR_GRID else "auto"
    space = make_space(rows, np.zeros(n), np.zeros(n))
    graph = neighbour_graph(space, pca(rows, CANDIDATE_DIMENSIONS), count=min(n - 1, int(3 * perplexity)))
    known = nearest_neighbors.PrecomputedNeighbors(graph.neighbours, graph.lengths)
    likeness = affinity.PerplexityBasedNN(knn_index=known, perplexity=perplexity, n_jobs=1)
    embedding = TSNEEmbedding(start, likeness, negative_gradient_method=method, n_jobs=1, random_state=seed)
    # where nearly all grains are each other's neighbours, more attraction would draw them together into one point
    exaggeration = min(EXAGGERATION, max(1.0, n / perplexity - 2))
    for done in range(0, EXAGGERATED + PLAIN, ROUND):
        early = done < EXAGGERATED
        embedding.optimize(
            ROUND, inplace=True, exaggeration=exaggeration if early else 1, momentum=0.5 if early else 0.8
        )
        if not np.ptp(embedding) > COLLAPSED:  # a grid without width would end the process too
            break
        if progress:
            progress((done + ROUND) / (EXAGGERATED + PLAIN))
    return np.asarray(embedding)[np.argsort(shuffled)]


def _scikit_tsne(
    rows: Rows, start: NDArray[np.float64], perplexity: float, seed: int, progress: Progress | None
) -> NDArray[np.float64]:
    # a second to import, and only where openTSNE has no wheel
    from sklearn.manifold import TSNE  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with it

    if progress:
        progress(0.0)
    options = {"init": start.astype(np.float32), "perplexity": perplexity, "random_state": seed}
    with threadpool_limits(1):  # several threads would add up in another order on each run
        placed: NDArray[np.float64] = TSNE(n_components=start.shape[1], **options).fit_transform(rows)
    return placed
