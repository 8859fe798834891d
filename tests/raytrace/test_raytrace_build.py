"""The hierarchy is sound for every kind of mesh: boxes contain, leaves partition, depth is bounded."""

from __future__ import annotations

import numpy as np
import pytest

import raytrace
from raytrace.bvh import MAX_LEAF_TRIANGLES, STACK_SIZE


def soup(n: int, seed: int = 0, size: float = 100.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-size, size, (n, 1, 3)) + rng.normal(0.0, 3.0, (n, 3, 3))
    return corner.reshape(-1, 3), np.arange(3 * n).reshape(-1, 3)


def assert_sound(bvh: raytrace.Bvh, vertices: np.ndarray, triangles: np.ndarray) -> None:
    assert sorted(bvh.original) == list(range(len(triangles)))
    corner = vertices.astype(np.float32)[triangles].reshape(-1, 9)
    assert np.array_equal(bvh.triangle, corner[bvh.original])
    owned = np.zeros(len(triangles), int)
    stack = [(0, 1)]
    deepest = 0
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        first, size = bvh.first[node], bvh.size[node]
        box = bvh.box[node]
        if size == 0:
            for child in (first, first + 1):
                assert (bvh.box[child, :3] >= box[:3]).all() and (bvh.box[child, 3:] <= box[3:]).all()
                stack.append((child, depth + 1))
            continue
        assert size <= MAX_LEAF_TRIANGLES
        owned[first : first + size] += 1
        corners = bvh.triangle[first : first + size].reshape(-1, 3)
        assert np.array_equal(box, np.concatenate([corners.min(axis=0), corners.max(axis=0)]))
    assert (owned == 1).all()
    assert deepest < STACK_SIZE


@pytest.mark.parametrize("n", [1, 2, 4, 5, 17, 1000])
def test_random_soup(n: int) -> None:
    vertices, triangles = soup(n, seed=n)
    assert_sound(raytrace.build(vertices, triangles), vertices, triangles)


def test_same_input_same_arrays() -> None:
    vertices, triangles = soup(500)
    for one, two in zip(raytrace.build(vertices, triangles), raytrace.build(vertices, triangles), strict=True):
        assert np.array_equal(one, two)


def test_duplicates_and_degenerate_triangles() -> None:
    vertices, triangles = soup(10)
    triangles = np.concatenate([np.repeat(triangles, 50, axis=0), np.repeat(triangles[:, :1], 3, axis=1)])
    assert_sound(raytrace.build(vertices, triangles), vertices, triangles)


def test_identical_centroids_are_halved() -> None:
    vertices = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [0.0, 1.0, 0.0]])
    triangles = np.tile([0, 1, 2], (1025, 1))
    assert_sound(raytrace.build(vertices, triangles), vertices, triangles)


def test_geometric_spacing_cannot_overflow_the_stack() -> None:
    """Each SAH split of 2^-k positions peels off a few triangles: the worst case for depth."""
    position = 2.0 ** -np.arange(0, 120, 0.25)
    corner = position[:, None, None] * np.array([[1.0, 0.0, 0.0], [1.01, 0.0, 0.0], [1.0, 0.01, 0.0]])
    vertices, triangles = corner.reshape(-1, 3), np.arange(3 * len(position)).reshape(-1, 3)
    assert_sound(raytrace.build(vertices, triangles), vertices, triangles)


def test_no_triangle() -> None:
    bvh = raytrace.build(np.empty((0, 3)), np.empty((0, 3), int))
    assert len(bvh.box) == len(bvh.triangle) == len(bvh.original) == 0
