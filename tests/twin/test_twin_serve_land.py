"""Open land and surfaces by the sun: where pixels look, many nodes at once, and quarters far apart."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from twin.export.source import open_source
from twin.job import Outcome
from twin.serve.daylight import daylight_of
from twin.serve.limits import Limits
from twin.serve.served import open_served
from twin.serve.shadows import Shadows, rows_at

MEGABYTE = 1 << 20


def test_squares_are_found_as_on_a_grid() -> None:
    rng = np.random.default_rng(7)
    square = np.unique(rng.integers(-20, 20, (300, 2)), axis=0)
    rng.shuffle(square)
    asked = rng.integers(-40, 40, (50, 70, 2))
    known = {tuple(one): row for row, one in enumerate(square.tolist())}
    expected = np.array([known.get(tuple(one), -1) for one in asked.reshape(-1, 2).tolist()]).reshape(50, 70)
    np.testing.assert_array_equal(rows_at(square, asked), expected)
    assert (expected >= 0).any() and (expected < 0).any()


def test_two_quarters_100_km_apart_take_no_gigabytes() -> None:
    """At 2 m their box has 2.5 thousand million squares."""
    quarter = np.stack(np.meshgrid(np.arange(100), np.arange(100)), axis=-1).reshape(-1, 2)
    square = np.concatenate([quarter, quarter + 50_000]).astype(np.int64)
    tracemalloc.start()
    try:
        row = rows_at(square, np.array([[[50_000, 50_000], [25_000, 25_000], [0, 0]]]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert row.tolist() == [[10_000, -1, 0]] and peak < 10 * MEGABYTE


def test_many_nodes_at_once_are_each_by_itself(outcome: Outcome) -> None:
    shadows = Shadows(open_served(open_source(outcome.store.root), "Europe/Berlin"), Limits())
    nodes = [0, 5, 63, 64, 100, 5]
    light = daylight_of(shadows, nodes)
    for number, node in enumerate(nodes):
        ids, share = shadows.shares(node, None)
        assert light.share.shape == (len(nodes), len(ids))
        np.testing.assert_array_equal(light.share[number], share)
        ours, theirs = (np.array(Image.open(io.BytesIO(one))) for one in (light.land[number], shadows.picture(node)))
        np.testing.assert_array_equal(ours, theirs)
    assert len(set(light.land)) >= 4


def test_a_day_reads_every_cell_once(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    shadows = Shadows(open_served(open_source(outcome.store.root), "Europe/Berlin"), Limits())
    shadows.land()
    store, read = shadows.served.source.store, []
    real = type(store).read_cell

    def counted(self: object, cell: tuple[int, int]) -> object:
        read.append(cell)
        return real(self, cell)

    monkeypatch.setattr(type(store), "read_cell", counted)
    daylight_of(shadows, range(20))
    assert sorted(read) == sorted(set(read)) and read
