"""All points × all directions: the triangles of ``first`` are those of single rays, its distances within the bound."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from oracles import ray_cases

import raytrace
from benchmarks.synthetic_city import sky_directions, sun_directions
from raytrace import simd
from raytrace.closest import closest_plain
from raytrace.first import pairs_in_front
from raytrace.found import CLOSE_M

CASES = ray_cases.all_cases()

SEEN_M = 1.0e-4
"""No distance of these cases is farther off than this; the farthest, 4e-5 m, belong to rays that graze a plane."""


def single_rays(bvh: raytrace.Bvh, points: np.ndarray, directions: np.ndarray) -> raytrace.FirstHits:
    shape = len(points), len(directions)
    hit = closest_plain(bvh, np.repeat(points, shape[1], axis=0), np.tile(directions, (shape[0], 1)))
    return raytrace.FirstHits(hit.triangle.reshape(shape), hit.distance.reshape(shape))


def assert_equal(ours: raytrace.FirstHits, theirs: raytrace.FirstHits) -> None:
    """Triangles equal, distances within the promised bound; what is seen is a hundred times nearer."""
    assert np.array_equal(ours.triangle, theirs.triangle)
    met = theirs.triangle >= 0
    assert np.array_equal(np.isfinite(ours.distance), met)
    assert (ours.distance > 0.0).all()
    apart = np.abs(ours.distance[met].astype(np.float64) - theirs.distance[met])
    assert (apart <= CLOSE_M + 4.0e-6 * theirs.distance[met]).all()
    assert (apart <= SEEN_M + 4.0e-6 * theirs.distance[met]).all()


@pytest.mark.parametrize("name", list(CASES))
def test_same_triangles_as_single_rays(name: str) -> None:
    """Directions of the case itself, so that many run in planes or through vertices; an odd number of points."""
    case = CASES[name]
    bvh = raytrace.build(*case.mesh)
    points, directions = case.points[:: len(case.points) // 301], case.directions[:: len(case.directions) // 90]
    expected = single_rays(bvh, points, directions)
    assert (expected.triangle >= 0).any()
    assert_equal(raytrace.first(bvh, points, directions), expected)


def test_bundles_of_sun_and_sky_with_and_without_normals() -> None:
    """The directions of a job, where bundles are full; with normals the points' own planes serve as frames."""
    mesh = ray_cases.houses_and_needles()
    bvh = raytrace.build(*mesh)
    sampled = ray_cases.receivers(ray_cases.city(1, seed=3), 8.0)
    directions = np.concatenate([sun_directions(150), sky_directions(80)]).astype(np.float32)
    expected = single_rays(bvh, sampled.points, directions)
    assert_equal(raytrace.first(bvh, sampled.points, directions), expected)
    front = pairs_in_front(directions, sampled.normals.astype(np.float32))
    masked = raytrace.FirstHits(
        np.where(front, expected.triangle, -1), np.where(front, expected.distance, np.float32(np.inf))
    )
    assert_equal(raytrace.first(bvh, sampled.points, directions, normals=sampled.normals), masked)
    assert (masked.triangle >= 0).any()


def test_duplicate_and_coplanar_triangles_go_to_the_lowest_index() -> None:
    """A floor three times over, once cut the other way: of equal triangles the last is never met."""
    corners = np.array([[-9.0, -9.0, 0.0], [9.0, -9.0, 0.0], [9.0, 9.0, 0.0], [-9.0, 9.0, 0.0]])
    floor = np.array([[0, 1, 3], [1, 2, 3], [0, 1, 2], [0, 2, 3], [0, 1, 2], [0, 2, 3]])
    bvh = raytrace.build(corners, floor)
    rng = np.random.default_rng(7)
    points = rng.uniform(-6.0, 6.0, (100, 3)) * [1.0, 1.0, 0.0] + [0.0, 0.0, 5.0]
    directions = ray_cases.unit(rng.normal(size=(40, 3)) * [0.3, 0.3, 0.0] - [0.0, 0.0, 1.0])
    hits = raytrace.first(bvh, points, directions)
    assert_equal(hits, single_rays(bvh, points, directions))
    assert set(np.unique(hits.triangle)) <= {-1, 0, 1, 2, 3}


def test_threads_and_closed_flags_make_no_difference() -> None:
    case = CASES["receivers"]
    points, directions = case.points[::9], case.directions[::97]
    straight = raytrace.first(raytrace.build(*case.mesh), points, directions)
    closed = raytrace.build(*case.mesh, np.ones(len(case.mesh.triangles), bool))
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        assert_equal(raytrace.first(closed, points, directions), straight)
    finally:
        numba.set_num_threads(before)


def test_without_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES["soup"]
    bvh = raytrace.build(*case.mesh)
    points, directions = case.points[:70], case.directions[:10]
    normals = case.directions[100:170]
    fast = raytrace.first(bvh, points, directions, normals=normals)
    monkeypatch.setattr(simd, "AVAILABLE", False)
    assert_equal(raytrace.first(bvh, points, directions, normals=normals), fast)


@pytest.mark.parametrize(("n_points", "n_directions"), [(0, 5), (5, 0), (1, 1), (65, 2)])
def test_shapes(n_points: int, n_directions: int) -> None:
    nothing = raytrace.build(np.empty((0, 3)), np.empty((0, 3), int))
    for bvh in (nothing, raytrace.build(*CASES["one triangle"].mesh)):
        hits = raytrace.first(bvh, np.zeros((n_points, 3)), np.tile([0.0, 0.6, 0.8], (n_directions, 1)))
        assert hits.triangle.shape == hits.distance.shape == (n_points, n_directions)
        assert np.array_equal(hits.triangle < 0, np.isinf(hits.distance))
