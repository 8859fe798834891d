"""Refinement of a block: no sample farther off than the bound, no crack, no overlap, holes left open."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from twin.terrain.refine import Block, border_vertices, refine_block


def rough(seed: int, n: int = 65) -> np.ndarray:
    """A terrain with slopes, steps and noise."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(n), np.arange(n))
    wave = sum(
        random.uniform(0.2, 3) * np.sin(random.uniform(0.02, 0.4) * x + random.uniform(0.02, 0.4) * y) for _ in range(5)
    )
    return wave + random.normal(0, 0.05, (n, n)) + 4.0 * (x + y > n)


def areas(block: Block) -> np.ndarray:
    x, y = block.column[block.triangle], block.row[block.triangle]
    return ((x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])) / 2


def covering(block: Block, column: int, row: int) -> np.ndarray:
    """Weights (N, 3) in the triangles that hold a sample, edges included; by brute force."""
    x, y = block.column[block.triangle] - column, block.row[block.triangle] - row
    u, v, w = (x[:, i] * y[:, j] - x[:, j] * y[:, i] for i, j in ((1, 2), (2, 0), (0, 1)))
    weight = np.stack([u, v, w], axis=1) / (u + v + w)[:, None]
    return np.where((np.minimum(np.minimum(u, v), w) >= 0)[:, None], weight, np.nan)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bound", [0.05, 0.15, 1.0])
def test_every_sample_lies_within_the_bound(seed: int, bound: float) -> None:
    z = rough(seed, 33)
    block = refine_block(z, bound)
    assert (areas(block) > 0).all() and areas(block).sum() == 32 * 32
    corner = z[block.row, block.column][block.triangle]
    largest = 0.0
    for row in range(33):
        for column in range(33):
            weight = covering(block, column, row)
            held = np.isfinite(weight[:, 0])
            assert held.any()
            off = np.abs((weight[held] * corner[held]).sum(axis=1) - z[row, column])
            largest = max(largest, float(off.max()))
    assert largest <= bound + 1e-9
    assert largest <= block.error_m + 1e-9 <= bound + 2e-9


def test_a_plane_takes_two_triangles() -> None:
    x, y = np.meshgrid(np.arange(257.0), np.arange(257.0))
    assert len(refine_block(100 + 0.3 * x - 0.1 * y, 0.01).triangle) == 2


def test_a_finer_bound_takes_more_triangles() -> None:
    counts = [len(refine_block(rough(7), bound).triangle) for bound in (1.0, 0.5, 0.2, 0.1, 0.02)]
    assert counts == sorted(counts) and counts[0] < counts[-1] / 4


def test_neighbours_choose_the_same_vertices_on_their_border() -> None:
    z = rough(3, 129)
    west, east = refine_block(z[:65, :65].copy(), 0.15), refine_block(z[:65, 64:].copy(), 0.15)
    north = refine_block(z[64:, :65].copy(), 0.15)
    np.testing.assert_array_equal(np.sort(west.row[west.column == 64]), np.sort(east.row[east.column == 0]))
    np.testing.assert_array_equal(np.sort(west.column[west.row == 64]), np.sort(north.column[north.row == 0]))


def test_no_vertex_of_a_triangle_lies_inside_another_edge() -> None:
    """Every inner edge belongs to exactly two triangles, so no T-vertex opens a crack."""
    block = refine_block(rough(5), 0.1)
    edge = np.sort(block.triangle[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    pair, count = np.unique(edge, axis=0, return_counts=True)
    on_border = np.zeros(len(pair), bool)
    for axis in (block.column, block.row):
        for side in (0, 64):
            on_border |= (axis[pair] == side).all(axis=1)
    np.testing.assert_array_equal(count, np.where(on_border, 1, 2))


@pytest.mark.parametrize("seed", range(3))
def test_missing_samples_stay_holes(seed: int) -> None:
    z = rough(seed)
    random = np.random.default_rng(seed)
    z[20:31, 10:40] = np.nan
    z[random.integers(0, 65, 8), random.integers(0, 65, 8)] = np.nan
    z[:9, 50:] = np.nan  # a hole that reaches the border
    block = refine_block(z, 0.15)
    known = np.isfinite(z)
    assert known[block.row, block.column].all() and block.error_m <= 0.15
    for row in range(65):
        for column in range(65):
            held = np.isfinite(covering(block, column, row)[:, 0]).any()
            around = known[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            if not known[row, column]:
                assert not held
            elif around.all():
                assert held


def test_a_block_without_heights_has_no_triangles() -> None:
    assert len(refine_block(np.full((65, 65), np.nan), 0.1).triangle) == 0


def test_border_vertices_see_the_line_alone() -> None:
    line = np.array([0.0, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0])
    np.testing.assert_array_equal(np.flatnonzero(border_vertices(line, 0.1)), [0, 3, 6])
    line[4:6] = np.nan
    chosen = np.flatnonzero(border_vertices(line, 0.1))
    for first, last in pairwise(chosen):
        inside = np.isfinite(line[first + 1 : last])
        assert inside.all() if np.isfinite(line[[first, last]]).all() else not inside.any()
