"""Degenerate signals through every step and every order: a permutation each time, and a finite signal of its length."""

from pathlib import Path

import degenerate
import numpy as np
import pytest

from oscreorder import ArraySource, Settings
from oscreorder.corpus import corpus as room
from oscreorder.corpus.ordering import Ordering
from oscreorder.parameters import ORDERS, STEPS, TRANSFORMS

# The slowest order by far; after all steps, in chains, and so on: python -m reliability.signals
STEPS_BEFORE_TSNE = ("power_db", "notebook_volume")


@pytest.mark.parametrize("name", degenerate.SIGNALS)
def test_every_order_after_every_step_is_a_permutation_and_sounds(tmp_path: Path, name: str) -> None:
    sources = [ArraySource(y) for y in degenerate.SIGNALS[name](tmp_path)]
    for steps in STEPS:
        settings = Settings(**degenerate.GRAINS, steps=steps)  # type: ignore[arg-type]
        analysis = room.analyse(sources, degenerate.RATE, settings)
        assert np.isfinite(analysis.descriptors).all(), steps
        assert np.isfinite(analysis.search).all(), steps
        for order in ORDERS if steps in STEPS_BEFORE_TSNE else set(ORDERS) - {"tsne"}:
            told = settings.changed({"order": order})
            ordering = room.order(analysis, degenerate.RATE, told)
            assert sorted(ordering.order) == list(range(analysis.grains.n_grains)), (steps, order)
            assert np.isfinite(ordering.steps).all(), (steps, order)
            for spacing in ("even", "distance") if steps == "power_db" else ("even",):
                check_sound(sources, analysis, ordering, told.changed({"spacing": spacing}))


def check_sound(sources: list[ArraySource], analysis: room.Analysis, ordering: Ordering, settings: Settings) -> None:
    """Render, and see that all is finite and of the right length."""
    y = np.concatenate(list(room.render(sources, analysis.grains, ordering, settings)), axis=1)
    assert y.shape == (
        max(source.channels for source in sources),
        room.place(analysis.grains, ordering, settings).length,
    )
    assert np.isfinite(y).all(), settings


@pytest.mark.parametrize("name", degenerate.SIGNALS)
def test_every_transform_and_every_map_is_finite(tmp_path: Path, name: str) -> None:
    sources = [ArraySource(y) for y in degenerate.SIGNALS[name](tmp_path)]
    settings = Settings(**degenerate.GRAINS)  # type: ignore[arg-type]
    analysis = room.analyse(sources, degenerate.RATE, settings)
    ordering = room.order(analysis, degenerate.RATE, settings)
    for transform in TRANSFORMS:
        for joins in ("smooth", "notebook"):
            check_sound(sources, analysis, ordering, settings.changed({"transform": transform, "joins": joins}))
    for embedding in ("pca", "tsne"):
        points = room.embed(analysis, settings.changed({"embedding": embedding})).points
        assert points.shape == (analysis.grains.n_grains, 2)
        assert np.isfinite(points).all()
