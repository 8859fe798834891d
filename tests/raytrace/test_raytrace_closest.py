"""The vector walk of one ray against the plain one, bit for bit, and against float64 brute force."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import brute_force, ray_cases

import raytrace
from raytrace.closest import closest_plain

CASES = ray_cases.all_cases()


@pytest.mark.parametrize("name", list(CASES))
def test_equal_to_the_plain_loops_bit_for_bit(name: str) -> None:
    case = CASES[name]
    bvh = raytrace.build(*case.mesh)
    fast = raytrace.closest(bvh, case.points, case.directions)
    plain = closest_plain(bvh, case.points, case.directions)
    for ours, theirs in zip(fast, plain, strict=True):
        assert np.array_equal(ours, theirs)
    assert np.isfinite(plain.distance).any() and np.isinf(plain.distance).any()


def test_float64_brute_force_agrees_away_from_edges() -> None:
    case = CASES["soup"]
    points, directions = case.points[:500].astype(np.float32), case.directions[:500].astype(np.float32)
    oracle = brute_force.closest(case.mesh.vertices.astype(np.float32), case.mesh.triangles, points, directions)
    hit = raytrace.closest(raytrace.build(*case.mesh), points, directions)
    sure = oracle.margin > 1.0e-3
    assert sure.mean() > 0.9
    assert np.array_equal(hit.triangle[sure], oracle.triangle[sure])
    assert np.array_equal(hit.back_face[sure], oracle.back_face[sure])
    met = sure & (oracle.triangle >= 0)
    assert hit.distance[met] == pytest.approx(oracle.distance[met], rel=1.0e-5, abs=1.0e-3)


def test_which_surfaces_are_closed_makes_no_difference() -> None:
    case = CASES["receivers"]
    closed = np.ones(len(case.mesh.triangles), bool)
    one, other = raytrace.build(*case.mesh), raytrace.build(*case.mesh, closed)
    for a, b in zip(*(raytrace.closest(bvh, case.points, case.directions) for bvh in (one, other)), strict=True):
        assert np.array_equal(a, b)


def test_nothing_to_trace() -> None:
    bvh = raytrace.build(*CASES["one triangle"].mesh)
    assert raytrace.closest(bvh, np.empty((0, 3)), np.empty((0, 3))).triangle.shape == (0,)
