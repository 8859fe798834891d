"""Heights and profiles of the triangulated ground against brute force over all triangles."""

from __future__ import annotations

import numpy as np
import pytest

from twin.terrain.surface import Surface, surface_of
from twin.terrain.tin import delaunay, upward


@pytest.fixture(scope="module")
def ground() -> Surface:
    random = np.random.default_rng(1)
    point = np.column_stack([random.uniform(0, 200, (800, 2)) + [690000.0, 5336000.0], random.normal(510, 3, 800)])
    tin = delaunay("random", point)
    return surface_of(tin.vertex, tin.triangle)


def brute(ground: Surface, place: np.ndarray) -> float:
    corner = ground.vertex[ground.triangle] - [*place, 0.0]
    x, y = corner[..., 0], corner[..., 1]
    u, v, w = (x[:, i] * y[:, j] - x[:, j] * y[:, i] for i, j in ((1, 2), (2, 0), (0, 1)))
    inside = np.flatnonzero(np.minimum(np.minimum(u, v), w) >= 0)
    if not len(inside):
        return np.nan
    t = inside[0]
    return float((np.array([u[t], v[t], w[t]]) * corner[t, :, 2]).sum() / (u + v + w)[t])


def test_heights_and_normals(ground: Surface) -> None:
    random = np.random.default_rng(2)
    place = random.uniform(-5, 205, (500, 2)) + [690000.0, 5336000.0]
    height, normal = ground.at(place)
    np.testing.assert_allclose(height, [brute(ground, p) for p in place], atol=1e-6)
    known = np.isfinite(height)
    assert 400 < known.sum() < 500
    np.testing.assert_allclose(np.linalg.norm(normal[known], axis=1), 1.0)
    step = 1e-4
    rise = (ground.height(place + [step, 0.0]) - height) / step
    steady = known & np.isfinite(rise) & (np.abs(rise + normal[:, 0] / normal[:, 2]) < 1e-3)
    assert steady.sum() > 0.99 * known.sum()  # but for places beside an edge


def test_vertices_and_edges_belong_to_a_triangle(ground: Surface) -> None:
    corner = ground.vertex[ground.triangle]
    middle = (corner[:, 0] + corner[:, 1]) / 2
    np.testing.assert_allclose(ground.height(ground.vertex[:, :2]), ground.vertex[:, 2], atol=1e-6)
    np.testing.assert_allclose(ground.height(middle[:, :2]), middle[:, 2], atol=1e-4)


def test_profile_is_the_section(ground: Surface) -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        start, end = random.uniform(-20, 220, (2, 2)) + [690000.0, 5336000.0]
        share = np.linspace(0, 1, 400)
        expected = ground.height(start + share[:, None] * (end - start))
        found = np.full(400, np.nan)
        for run in ground.profile(start, end):
            assert (np.diff(run[:, 0]) > 0).all()
            inside = (share >= run[0, 0]) & (share <= run[-1, 0])
            found[inside] = np.interp(share[inside], run[:, 0], run[:, 1])
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_profile_leaves_holes_open() -> None:
    vertex = np.array(
        [[0, 0, 5], [10, 0, 5], [10, 10, 5], [0, 10, 5], [20, 0, 7], [30, 0, 7], [30, 10, 7], [20, 10, 7.0]]
    )
    triangle = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    runs = surface_of(vertex, triangle).profile(np.array([5.0, 5.0]), np.array([25.0, 5.0]))
    np.testing.assert_allclose([run[[0, -1]].ravel() for run in runs], [[0, 5, 0.25, 5], [0.75, 7, 1, 7]], atol=1e-9)
    # along a shared edge both triangles give the same piece once
    runs = surface_of(vertex, triangle).profile(np.array([0.0, 0.0]), np.array([10.0, 10.0]))
    assert len(runs) == 1 and len(runs[0]) == 2


def test_highest_is_never_too_low(ground: Surface) -> None:
    random = np.random.default_rng(4)
    for _ in range(50):
        low = random.uniform(0, 190, 2) + [690000.0, 5336000.0]
        high = low + random.uniform(0.1, 30, 2)
        x, y = np.meshgrid(np.linspace(low[0], high[0], 15), np.linspace(low[1], high[1], 15))
        met = ground.height(np.column_stack([x.ravel(), y.ravel()]))
        assert ground.highest(low, high) >= np.nanmax(met, initial=-np.inf)
    assert ground.highest(np.array([0.0, 0.0]), np.array([1.0, 1.0])) == -np.inf


def test_triangles_are_turned_upward() -> None:
    vertex = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
    turned = upward(vertex, np.array([[0, 2, 1], [0, 1, 2], [1, 1, 2], [0, 1, 3]]))
    np.testing.assert_array_equal(
        turned, [[1, 2, 0], [0, 1, 2], [0, 1, 3]]
    )  # the upright one stays, the empty one goes
