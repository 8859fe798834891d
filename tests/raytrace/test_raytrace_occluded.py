"""``occluded`` says exactly where the plain closest hit is finite."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import ray_cases

import raytrace
from raytrace.closest import closest_plain

CASES = ray_cases.all_cases()


@pytest.mark.parametrize("name", list(CASES))
def test_equal_to_a_finite_closest_distance(name: str) -> None:
    case = CASES[name]
    bvh = raytrace.build(*case.mesh)
    expected = np.isfinite(closest_plain(bvh, case.points, case.directions).distance)
    assert np.array_equal(raytrace.occluded(bvh, case.points, case.directions), expected)
    assert expected.any() and not expected.all()


def test_the_order_of_rays_and_triangles_makes_no_difference() -> None:
    case = CASES["edges"]
    rng = np.random.default_rng(6)
    rays, shuffled = rng.permutation(len(case.points)), rng.permutation(case.mesh.triangles)
    straight = raytrace.occluded(raytrace.build(*case.mesh), case.points, case.directions)
    other = raytrace.build(case.mesh.vertices, shuffled)
    assert np.array_equal(raytrace.occluded(other, case.points[rays], case.directions[rays]), straight[rays])


def test_without_triangles_or_rays() -> None:
    nothing = raytrace.build(np.empty((0, 3)), np.empty((0, 3), int))
    up = np.tile([0.0, 0.0, 1.0], (3, 1))
    assert raytrace.occluded(nothing, np.zeros((3, 3)), up).tolist() == [False] * 3
    square = raytrace.build(*CASES["one triangle"].mesh)
    assert raytrace.occluded(square, np.empty((0, 3)), np.empty((0, 3))).shape == (0,)
    with pytest.raises(ValueError, match="rows"):
        raytrace.occluded(square, np.zeros((2, 3)), up)
