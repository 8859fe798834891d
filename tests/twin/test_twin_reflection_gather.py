"""Pass two: every reflector against its receivers one by one, through leaves and behind hills; whatever else is asked
for, by however many threads."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from oracles.mean_views import kept_of_mean

from twin import planes
from twin.job import Outcome, optics_of
from twin.operators import CellData, Receivers, Reflectors
from twin.optics import Optics
from twin.reflection import gather
from twin.reflection.gather import STEPS, reflectors_of
from twin.reflection.keys import FAR
from twin.reflection.speakers import speakers_of

# Two genera in three seasons.
LEAVES = np.array([[0.4, 0.1], [0.05, 0.5], [0.2, 0.2]])


def rows_of(data: CellData, row: np.ndarray, rng: np.random.Generator, optics: Optics) -> CellData:
    """Some receivers of a cell, with hills around and crowns before one in three of them."""
    count = np.where(rng.random(len(row)) < 0.3, 40, 0)
    columns = optics.extinction.shape[1] * (optics.n_sun + optics.n_sky)
    operators = data.operators._replace(
        sun_bits=np.asarray(data.operators.sun_bits)[row],
        sky_bits=np.asarray(data.operators.sky_bits)[row],
        crown_indptr=np.concatenate([[0], np.cumsum(count)]),
        crown_index=np.concatenate(
            [np.zeros(0, np.int32), *(np.sort(rng.choice(columns, n, replace=False)) for n in count)]
        ).astype(np.int32),
        crown_length_m=rng.uniform(0.5, 9.0, count.sum()).astype(np.float32),
    )
    receivers = Receivers(*(np.asarray(column)[row] for column in data.receivers))
    return data._replace(receivers=receivers, operators=operators, horizon_deg=rng.uniform(0.0, 12.0, 72))


@pytest.fixture(scope="module")
def plain(outcome: Outcome) -> tuple[np.ndarray, list[CellData], Optics]:
    """Every ninth reflector of the street's fullest cell, and that cell without a tree or a hill."""
    cells = [outcome.store.read_cell(cell) for cell in outcome.store.cells()]
    data = max(cells, key=lambda data: len(data.receivers.surface))
    return np.asarray(data.reflectors.key)[::9], [data], optics_of(outcome.prepared)


@pytest.fixture(scope="module")
def wooded(plain: tuple[np.ndarray, list[CellData], Optics]) -> tuple[np.ndarray, list[CellData], Optics]:
    """The same as a window of three cells, each behind hills of its own, one without crowns, patches kept."""
    key, (data,), optics = plain
    optics = optics._replace(extinction=LEAVES, season_share=np.ones(3) / 3, by_patch=True)
    rng = np.random.default_rng(8)
    whose = rng.integers(0, 3, len(data.receivers.surface))
    window = [rows_of(data, np.flatnonzero(whose == cell), rng, optics) for cell in range(3)]
    nothing = np.zeros(len(window[1].receivers.surface) + 1, np.int64)
    bare = window[1].operators._replace(
        crown_indptr=nothing, crown_index=np.zeros(0, np.int32), crown_length_m=np.zeros(0, np.float32)
    )
    window[1] = window[1]._replace(operators=bare)
    return key, window, optics


def assert_same(one: Reflectors, two: Reflectors) -> None:
    for mine, theirs in zip(one, two, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("around", ["plain", "wooded"])
def test_each_reflector_sees_what_its_receivers_see(around: str, request: pytest.FixtureRequest) -> None:
    key, window, optics = request.getfixturevalue(around)
    found = speakers_of(key, window)
    ours = reflectors_of(key, window, optics)
    np.testing.assert_array_equal(ours.known, found.mean >= 0)
    assert ours.known.sum() > 40 and ours.seen.dtype == np.uint8
    assert all(len(shares.row) for shares in found.shares)
    for reflector in np.flatnonzero(ours.known)[:: 1 if around == "plain" else 3]:
        seen, sky = kept_of_mean(found, int(found.mean[reflector]), window, optics, STEPS)
        np.testing.assert_array_equal(ours.seen[reflector], seen)
        np.testing.assert_allclose(ours.sky[reflector], sky, rtol=2e-7, atol=1e-12)
    assert not ours.seen[~ours.known].any() and not ours.sky[~ours.known].any()
    hills = ours.sky[:, -optics.n_seasons :]
    assert (hills.max() > 0.01) == (around == "wooded")


def test_nothing_else_that_is_asked_for_counts(
    wooded: tuple[np.ndarray, list[CellData], Optics], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the other reflectors, nor the size of a block, nor the number of threads changes a bit."""
    key, window, optics = wooded
    whole = reflectors_of(key, window, optics)
    half = reflectors_of(key[1::2], window, optics)
    assert_same(Reflectors(*(column[1::2] for column in whole)), half)
    before = numba.get_num_threads()
    monkeypatch.setattr(gather, "BLOCK", 7)
    try:
        for threads in {1, min(2, numba.config.NUMBA_NUM_THREADS)}:
            numba.set_num_threads(threads)
            assert_same(reflectors_of(key, window, optics), whole)
    finally:
        numba.set_num_threads(before)


def test_where_nobody_speaks_nothing_is_known(plain: tuple[np.ndarray, list[CellData], Optics]) -> None:
    key, window, optics = plain
    for asked, around in ((key[:0], window), (np.array([FAR]), window), (key, [])):
        found = reflectors_of(asked, around, optics)
        assert len(found.key) == len(found.seen) == len(found.sky) == len(asked)
        assert not found.known.any() and not found.seen.any() and found.seen.shape[1] == optics.n_sun


def test_planes_are_told_apart_as_rows_are() -> None:
    normal = np.random.default_rng(2).integers(-1, 2, (60, 3)) * np.array([1.0, -1.0, 0.5])
    facing, which = planes.distinct(normal)
    expected, index = np.unique(normal + 0.0, axis=0, return_inverse=True)
    np.testing.assert_array_equal(facing, expected)
    np.testing.assert_array_equal(which, index.reshape(-1))
    assert not np.signbit(facing[facing == 0.0]).any() and np.signbit(normal[normal == 0.0]).any()
    assert [len(part) for part in planes.distinct(np.zeros((0, 3)))] == [0, 0]
