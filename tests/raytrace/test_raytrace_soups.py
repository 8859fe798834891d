"""Twenty random soups of degenerate, tiny, huge, duplicate and coplanar triangles against float64 brute force.

The oracle says of each ray how far its decision is from turning over, in units of what float32 may get wrong
(brute_force.EDGE_BOUND: 16·2⁻²⁴ of the distance); wherever that is more than one unit, the answers must be equal.
Nearer to an edge any answer may be given, but it must be the one of the exact test (every_triangle.py), bit for bit.
"""

from __future__ import annotations

import numpy as np
import pytest
from oracles import brute_force, every_triangle, soups

import raytrace
from raytrace import bits

SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_soup(seed: int) -> None:
    scene = soups.soup(seed)
    seen, hit = assert_as_every_triangle(scene, None)
    front = in_front(scene.normals, scene.directions)
    oracle = brute_force.fan(scene.vertices, scene.triangles, scene.points, scene.directions)
    free, sure = np.isinf(oracle.distance), oracle.clearance > 1.0
    assert sure.mean() > 0.95
    assert 0.1 < free.mean() < 0.9
    assert (oracle.edge_distance < 1.0e-3).mean() > 0.01, "the rays are to be awkward"
    assert np.array_equal(seen[sure], (front & free)[sure])
    assert (seen != (front & free)).mean() < 0.005
    check_hits(scene, hit, oracle)


@pytest.mark.parametrize("seed", SEEDS)
def test_marked_soup(seed: int) -> None:
    """Triangles marked at random as parts of closed surfaces, though they are not: the rule is all that counts."""
    scene = soups.soup(seed)
    assert_as_every_triangle(scene, np.random.default_rng(seed).random(len(scene.triangles)) < 0.6)


@pytest.mark.parametrize("length", [3.0, 100.0, 1000.0])
@pytest.mark.parametrize("width", [20.0, 1.0, 0.05, 0.002])
def test_points_close_to_the_planes_of_slim_triangles(length: float, width: float) -> None:
    """Packets so small that a fast kernel's bounds are tight, and the sign of a distance noise over millimetres."""
    blocked = 0
    for seed in range(6):
        scene = soups.slivers(seed, length, width)
        marked = np.random.default_rng(seed).random(len(scene.triangles)) < 0.5
        seen, _ = assert_as_every_triangle(scene, marked if seed % 2 else None)
        blocked += int((in_front(scene.normals, scene.directions) & ~seen).sum())
    assert blocked > 1000


def assert_as_every_triangle(scene: soups.Soup, closed: np.ndarray | None) -> tuple[np.ndarray, raytrace.ClosestHit]:
    """visible and closest give the answer of the exact test of every triangle, bit for bit; returns both answers."""
    n_points, n_directions = len(scene.points), len(scene.directions)
    bvh = raytrace.build(scene.vertices, scene.triangles, closed=closed)
    seen = bits.unpack(raytrace.visible(bvh, scene.points, scene.normals, scene.directions), n_directions)
    rays = np.repeat(scene.points, n_directions, axis=0), np.tile(scene.directions, (n_points, 1))
    hit = raytrace.closest(bvh, *rays)
    rule = every_triangle.fan(scene.vertices, scene.triangles, scene.points, scene.directions, closed)
    assert int((hit.distance.reshape(seen.shape) != rule.distance).sum()) == 0
    assert int((seen != (in_front(scene.normals, scene.directions) & rule.free)).sum()) == 0
    return seen, hit


def check_hits(scene: soups.Soup, hit: raytrace.ClosestHit, oracle: brute_force.FanAnswer) -> None:
    """Of rays that pass well clear of every edge: the nearest distance, on the plane of the triangle that is named."""
    n_points, n_directions = oracle.distance.shape
    rays = np.repeat(scene.points, n_directions, axis=0), np.tile(scene.directions, (n_points, 1))
    reach = np.abs(scene.vertices[scene.triangles]).sum(axis=2).max() + np.abs(rays[0]).sum(axis=1)
    clear = oracle.edge_distance.ravel() > 4.0 * brute_force.BOX_BOUND * reach
    assert clear.mean() > 0.4
    nearest, sure = oracle.distance.ravel(), oracle.clearance.ravel() > 1.0
    assert np.array_equal(np.isinf(hit.distance[sure]), np.isinf(nearest[sure]))
    # An origin in a triangle's plane meets it or not as rounding will.
    apart = np.minimum(nearest, hit.distance) > 0.05
    met = np.flatnonzero(clear & sure & apart & np.isfinite(nearest))
    assert len(met) > 1000
    corner = scene.vertices[scene.triangles[hit.triangle[met]]]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(normal, axis=1)
    slimness = np.linalg.norm(corner - np.roll(corner, 1, axis=1), axis=2).max(axis=1) ** 2 / area
    point, direction = rays[0][met], rays[1][met].astype(np.float64)
    steepness = np.abs(np.einsum("nk,nk->n", normal, direction)) / area
    to_plane = np.einsum("nk,nk->n", corner[:, 0] - point, normal) / np.einsum("nk,nk->n", direction, normal)
    bound = brute_force.EDGE_BOUND * np.abs(corner - point[:, None]).sum(axis=2).max(axis=1) * slimness / steepness
    assert (np.abs(hit.distance[met] - to_plane) <= bound).all()
    assert (np.abs(hit.distance[met] - nearest[met]) <= bound + 1.0e-6 * nearest[met]).all()
    assert np.array_equal(hit.back_face[met], np.einsum("nk,nk->n", normal, direction) > 0.0)


def in_front(normals: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """normal · direction > 0, summed in the kernel's order: both are float32 exactly."""
    product = normals[:, None] * directions[None]
    return product[..., 0] + product[..., 1] + product[..., 2] > 0.0
