"""``visible`` and ``closest`` against float64 brute force, against each other, and against geometry on paper."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import brute_force

import raytrace
from benchmarks.synthetic_city import Mesh, house
from raytrace import bits

EDGE_DISTANCE_M = 1.0e-3
"""Rays that pass nearer to an edge are left to Embree and to the watertightness test: float32 at 100 m."""


def soup(n: int, seed: int, extent: tuple[float, float, float]) -> Mesh:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-1.0, 1.0, (n, 1, 3)) * extent + rng.normal(0.0, 4.0, (n, 3, 3))
    return Mesh(corner.reshape(-1, 3).astype(np.float32), np.arange(3 * n).reshape(-1, 3))


def unit(rng: np.random.Generator, n: int) -> np.ndarray:
    vector = rng.normal(size=(n, 3))
    return (vector / np.linalg.norm(vector, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(("n", "extent"), [(1, (5, 5, 5)), (40, (20, 20, 20)), (400, (80, 80, 10)), (900, (90, 1, 90))])
def test_random_soup_ray_by_ray(n: int, extent: tuple[float, float, float]) -> None:
    mesh = soup(n, n, extent)
    rng = np.random.default_rng(n + 1)
    points = (rng.uniform(-1.0, 1.0, (150, 3)) * extent).astype(np.float32)
    normals, directions = unit(rng, 150), unit(rng, 20)
    directions[:6] = np.concatenate([np.eye(3), -np.eye(3)])
    bvh = raytrace.build(*mesh)
    rays = np.repeat(points, 20, axis=0), np.tile(directions, (150, 1))
    oracle = brute_force.closest(*mesh, *rays)
    sure = oracle.margin > EDGE_DISTANCE_M
    assert sure.mean() > 0.95
    hit = raytrace.closest(bvh, *rays)
    assert np.array_equal(hit.triangle[sure], oracle.triangle[sure])
    assert np.array_equal(hit.back_face[sure], oracle.back_face[sure])
    met = sure & (oracle.triangle >= 0)
    assert hit.distance[met] == pytest.approx(oracle.distance[met], rel=1.0e-5, abs=1.0e-3)
    assert np.isinf(hit.distance[sure & ~met]).all()
    front = np.einsum("pi,di->pd", normals.astype(float), directions.astype(float)) > 0.0
    seen = bits.unpack(raytrace.visible(bvh, points, normals, directions), 20).ravel()
    assert np.array_equal(seen[sure], (front.ravel() & np.isinf(oracle.distance))[sure])
    assert np.array_equal(seen, front.ravel() & np.isinf(hit.distance))


def test_tower_shadow_on_the_ground() -> None:
    """Tower 20 m high on 10 m × 10 m: a ground point is in shadow when walking h / tan(elevation) towards the
    sun's azimuth it crosses the footprint."""
    tower = house(10.0, 10.0, 20.0, 20.0, roof="flat")
    bvh = raytrace.build(*tower)
    x, y = np.meshgrid(np.arange(-60.0, 60.0, 0.83), np.arange(-60.0, 60.0, 0.79))
    points = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    for elevation_deg, azimuth_deg in ((45.0, 180.0), (20.0, 90.0), (33.0, 230.0), (70.0, 10.0)):
        elevation, azimuth = np.radians(elevation_deg), np.radians(azimuth_deg)
        flat = np.array([np.sin(azimuth), np.cos(azimuth)])
        direction = np.array([[*(flat * np.cos(elevation)), np.sin(elevation)]])
        seen = bits.unpack(raytrace.visible(bvh, points, np.tile([0.0, 0.0, 1.0], (len(points), 1)), direction), 1)
        length = 20.0 / np.tan(elevation)
        with np.errstate(divide="ignore"):
            crossings = (np.array([[-5.0], [5.0]]) - points[:, None, :2].swapaxes(1, 2).reshape(-1, 1, 2)) / flat
        near, far = np.sort(crossings, axis=1).transpose(1, 0, 2)
        enter, leave = near.max(axis=1).clip(0.0), far.min(axis=1).clip(max=length)
        outside = np.abs(points[:, :2]).max(axis=1) > 5.0
        sure = outside & (np.abs(leave - enter) > 1.0e-3)
        assert np.array_equal(~seen[sure, 0], (enter < leave)[sure])
        assert (enter < leave)[sure].sum() > 100


@pytest.mark.parametrize("height_to_width", [0.5, 1.0, 2.0])
def test_sky_view_of_an_infinite_canyon(height_to_width: float) -> None:
    """Floor centre: cos(atan(2 H / W)) (Oke 1981, doi:10.1002/joc.3370010304). Canyon 2,000 times longer than wide."""
    width, n = 10.0, 200
    half, length, height = width / 2.0, 2000.0 * width, height_to_width * width
    corners = [[s * half, t * length / 2.0, z] for s in (-1.0, 1.0) for t in (-1.0, 1.0) for z in (0.0, height)]
    triangles = [[0, 1, 3], [0, 3, 2], [4, 5, 7], [4, 7, 6]]
    bvh = raytrace.build(np.array(corners), np.array(triangles))
    share, angle = np.meshgrid((np.arange(n) + 0.5) / n, 2.0 * np.pi * (np.arange(2 * n) + 0.5) / (2 * n))
    directions = np.stack(  # each direction stands for the same cosine-weighted solid angle
        [np.sqrt(share) * np.cos(angle), np.sqrt(share) * np.sin(angle), np.sqrt(1.0 - share)], axis=-1
    ).reshape(-1, 3)
    seen = raytrace.visible(bvh, np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]]), directions)
    sky_view = np.bitwise_count(seen).sum() / len(directions)
    assert sky_view == pytest.approx(np.cos(np.arctan(2.0 * height_to_width)), rel=0.005)
