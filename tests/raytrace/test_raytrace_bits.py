"""Packed bits against numpy on unpacked ones, and one fixed order of summation."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from raytrace import bits


@pytest.mark.parametrize("n_directions", [0, 1, 63, 64, 65, 577, 1377])
def test_pack_unpack(n_directions: int) -> None:
    seen = np.random.default_rng(n_directions).random((37, n_directions)) < 0.4
    words = bits.pack(seen)
    assert words.dtype == np.uint64
    assert words.shape == (37, (n_directions + 63) // 64)
    assert np.array_equal(bits.unpack(words, n_directions), seen)
    assert int(np.bitwise_count(words).sum()) == int(seen.sum())


def test_least_significant_bit_first() -> None:
    seen = np.zeros((1, 70), bool)
    seen[0, [0, 5, 69]] = True
    assert bits.pack(seen).tolist() == [[(1 << 0) | (1 << 5), 1 << 5]]


@pytest.mark.parametrize("n_directions", [1, 63, 64, 65, 130])
def test_column_and_count(n_directions: int) -> None:
    seen = np.random.default_rng(n_directions).random((41, n_directions)) < 0.4
    words = bits.pack(seen)
    for d in range(n_directions):
        assert np.array_equal(bits.column(words, n_directions, d), seen[:, d])
    assert np.array_equal(bits.count(words), seen.sum(axis=1))
    for outside in (-1, n_directions):
        with pytest.raises(IndexError):
            bits.column(words, n_directions, outside)


def example(seed: int, n_groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    seen = (rng.random((3000, 577)) < 0.5) & (rng.random((3000, 1)) < 0.8)
    return seen, bits.pack(seen), rng.lognormal(0.0, 2.0, 3000), rng.integers(-1, n_groups, 3000)


@pytest.mark.parametrize("n_groups", [1, 7, 4000])
def test_weighted_sum(n_groups: int) -> None:
    seen, words, weights, group = example(1, n_groups)
    sums = bits.weighted_sum(words, 577, weights, group, n_groups)
    expected = np.zeros((n_groups, 577))  # np.add.at adds in row order: the very same sums
    member = group >= 0
    np.add.at(expected, group[member], (seen * weights[:, None])[member])
    assert np.array_equal(sums, expected)


def test_dot_and_row_dot() -> None:
    seen, words, weights, group = example(2, 50)
    table = np.random.default_rng(3).normal(size=(50, 577))
    expected = np.where(group >= 0, (seen * table[group]).sum(axis=1), 0.0)
    assert bits.dot(words, table, group) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    sums = bits.weighted_sum(words, 577, weights, group, 50)
    monthly = np.random.default_rng(4).normal(size=(50, 12, 577))
    expected = np.einsum("gd,gmd->gm", sums, monthly)
    assert bits.row_dot(sums, monthly) == pytest.approx(expected, rel=1e-10, abs=1e-9)


def test_dot_and_weighted_sum_are_adjoint() -> None:
    """Σ_p a_p Σ_d b_pd w_gd = Σ_d w_gd Σ_p a_p b_pd."""
    _, words, weights, group = example(5, 9)
    table = np.random.default_rng(6).random((9, 577))
    left = np.array([(weights * bits.dot(words, table, group))[group == g].sum() for g in range(9)])
    right = bits.row_dot(bits.weighted_sum(words, 577, weights, group, 9), table[:, None])[:, 0]
    assert left == pytest.approx(right, rel=1e-12)


def test_threads_change_no_bit() -> None:
    _, words, weights, group = example(7, 30)
    table = np.random.default_rng(8).normal(size=(30, 577))
    before = numba.get_num_threads()
    results = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            sums = bits.weighted_sum(words, 577, weights, group, 30)
            results.append((sums, bits.dot(words, table, group), bits.row_dot(sums, table[:, None])))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*results, strict=True):
        assert np.array_equal(one, two)


def test_empty() -> None:
    none = np.empty((0, 2), np.uint64)
    assert bits.weighted_sum(none, 65, np.empty(0), np.empty(0, int), 3).tolist() == [[0.0] * 65] * 3
    assert bits.weighted_sum(none, 65, np.empty(0), np.empty(0, int), 0).shape == (0, 65)
    assert bits.dot(none, np.ones((2, 65)), np.empty(0, int)).shape == (0,)
    assert bits.row_dot(np.ones((2, 0)), np.ones((2, 3, 0))).tolist() == [[0.0] * 3] * 2
