"""``visible`` and ``closest`` against float64 brute force, against each other, and against geometry on paper."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from oracles import brute_force, soups

import raytrace
from benchmarks import relief_city
from benchmarks.synthetic_city import Mesh, house, receivers, sky_directions, sun_directions
from raytrace import bits
from raytrace.visible import visible_plain

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


# --- the fast kernel against the plain one, bit for bit ---------------------------------------------------------


def assert_fast_is_plain(
    scene: soups.Soup | tuple, closed: np.ndarray | None = None, least_free: float = 0.02
) -> np.ndarray:
    """Both kernels give the same bits, and neither all nor nothing is free of what lies in front; returns (P, D)."""
    vertices, triangles, points, normals, directions = scene
    bvh = raytrace.build(vertices, triangles, closed=closed)
    fast = raytrace.visible(bvh, points, normals, directions)
    plain = visible_plain(bvh, points, normals, directions)
    n = len(directions)
    seen = bits.unpack(fast, n)
    assert int((seen != bits.unpack(plain, n)).sum()) == 0
    assert np.array_equal(fast, plain)
    front = np.asarray(normals) @ np.asarray(directions).T > 0.0
    assert least_free < seen[front].mean() < 0.98
    return seen


@pytest.fixture(scope="module")
def relief() -> relief_city.City:
    """Eight blocks on rolling land: 340 houses with annexes and dormers, closed prisms on an open surface."""
    return relief_city.city(size_m=300.0, houses=200, seed=1)


@pytest.mark.parametrize("marked", [True, False], ids=["closed", "two-sided"])
@pytest.mark.parametrize("spacing_m", [1.0, 4.0])
def test_fast_is_plain_in_a_relief_city(relief: relief_city.City, spacing_m: float, marked: bool) -> None:
    """Roofs, walls and land around the middle; sun and sky of a year. At 1 m packets are small, at 4 m they are not."""
    sampled = receivers(Mesh(relief.vertices, relief.triangles), spacing_m)
    nearest = np.argsort(np.abs(sampled.points[:, :2]).max(axis=1))[:1800]
    directions = np.concatenate([sun_directions(240), sky_directions(120)])
    assert len(directions) >= 300
    scene = relief.vertices, relief.triangles, sampled.points[nearest], sampled.normals[nearest], directions
    assert_fast_is_plain(scene, relief.closed if marked else None)


def test_fast_is_plain_where_points_face_anywhere(relief: relief_city.City) -> None:
    """Packets whose normals straddle every direction, in the air and inside solids; directions all round."""
    rng = np.random.default_rng(5)
    points = rng.uniform([-130.0, -130.0, -20.0], [130.0, 130.0, 45.0], (700, 3))
    directions = np.concatenate([unit(rng, 250), np.eye(3), -np.eye(3)])
    assert_fast_is_plain((relief.vertices, relief.triangles, points, unit(rng, 700), directions), relief.closed)


@pytest.mark.parametrize("scale", [1.0e-4, 1.0, 1.0e4])
@pytest.mark.parametrize("offset_m", [0.0, 2.0e5])
def test_fast_is_plain_in_tiny_and_huge_scenes(scale: float, offset_m: float) -> None:
    """A soup of 8 mm and of 600 km; 200 km from the origin the tiny one is one point of float32."""
    mesh = soup(300, 5, (40.0, 40.0, 20.0))
    rng = np.random.default_rng(6)
    points, shift = rng.uniform(-40.0, 40.0, (400, 3)) * [1.0, 1.0, 0.5] * scale, np.array([offset_m, -offset_m, 0.0])
    scene = mesh.vertices * scale + shift, mesh.triangles, points + shift, unit(rng, 400), unit(rng, 110)
    marked = rng.random(300) < 0.5
    if scale * 40.0 > 1.0e-3 * offset_m:
        assert_fast_is_plain(scene, marked)
    else:
        bvh = raytrace.build(*scene[:2], closed=marked)
        assert np.array_equal(raytrace.visible(bvh, *scene[2:]), visible_plain(bvh, *scene[2:]))


class Panels(NamedTuple):
    """Panels that stand alone, triangles and quads by turns, with points at their rims and in them.

    Attributes:
        vertices, triangles: the mesh.
        rim, inner: (N, 3) where on a rim (a corner, by turns) and where inside; normal: (N, 3) of that panel.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    rim: np.ndarray
    inner: np.ndarray
    normal: np.ndarray


def panels(rng: np.random.Generator, n: int) -> Panels:
    """Sixty panels of 1 to 9 m in a volume of 130 × 130 × 20 m, and n places on them."""
    size = rng.uniform(1.0, 9.0, (60, 2, 1))
    across, along = np.linalg.qr(rng.normal(size=(60, 3, 2)))[0].transpose(2, 0, 1)
    place = np.stack([np.arange(60) % 8 * 16.0, np.arange(60) // 8 * 16.0, np.zeros(60)], axis=1)
    place = place + rng.uniform(-5.0, 5.0, (60, 3))
    corner = [place, place + size[:, 0] * across, place + size[:, 0] * across + size[:, 1] * along]
    quad = np.stack([*corner, place + size[:, 1] * along], axis=1).astype(np.float32).astype(np.float64)
    first = 4 * np.arange(60)[:, None]
    triangles = np.concatenate([first + [0, 1, 2], (first + [0, 2, 3])[::2]])
    chosen, vertices = rng.integers(0, len(triangles), n), quad.reshape(-1, 3)
    a, b, c = vertices[triangles[chosen]].transpose(1, 0, 2)
    share = rng.choice([0.0, 1.0, 0.3, 0.7], (n, 1))
    inner = (rng.dirichlet(np.ones(3), n)[..., None] * np.stack([a, b, c], axis=1)).sum(axis=1)
    normal = np.cross(b - a, c - a)
    return Panels(
        vertices,
        triangles,
        (1.0 - share) * b + share * np.where((chosen < 60)[:, None], a, c),  # never on a diagonal
        inner,
        normal / np.linalg.norm(normal, axis=1, keepdims=True),
    )


@pytest.mark.parametrize("seed", range(4))
def test_fast_is_plain_where_rays_meet_edges_and_vertices(seed: int) -> None:
    """Points laid out so that a ray passes within 10 µm of a rim or a corner: there the stated error bounds let the
    fast kernel decide nothing, and either answer occurs."""
    rng = np.random.default_rng(seed)
    panel, directions, ray = panels(rng, 1500), unit(rng, 60).astype(np.float64), np.arange(1500)
    along_ray = directions[ray % 60]
    points = (panel.rim - rng.uniform(5.0, 150.0, (1500, 1)) * along_ray).astype(np.float32).astype(np.float64)
    near = np.linalg.norm(np.cross(points - panel.rim, along_ray), axis=1) < 1.0e-5
    assert near.sum() > 500
    facing = ray % 2 == 0
    normals = np.where(facing[:, None], along_ray, unit(rng, 1500)).astype(np.float32)
    scene = panel.vertices, panel.triangles, points, normals, directions
    seen = assert_fast_is_plain(scene, rng.random(len(panel.triangles)) < 0.4)[ray, ray % 60]
    assert 0.1 < seen[near & facing].mean() < 0.9


@pytest.mark.parametrize("start", ["before a rim", "in a panel"])
@pytest.mark.parametrize("seed", range(2))
def test_fast_is_plain_where_packets_and_bundles_are_single_rays(seed: int, start: str) -> None:
    """64 times the same point make a packet, and directions 63° apart are bundles of one: then nothing widens the
    bounds with which quads are passed over, and rays that only just meet a panel put them to the test."""
    rng = np.random.default_rng(20 + seed)
    golden = (1.0 + np.sqrt(5.0)) / 2.0
    corner = np.array([[0.0, s, t * golden] for s in (1.0, -1.0) for t in (1.0, -1.0)])
    ball = np.concatenate([corner, np.roll(corner, 1, axis=1), np.roll(corner, 2, axis=1)]) / np.hypot(1.0, golden)
    directions = ball @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    panel, along_ray = panels(rng, 360), directions[np.arange(360) % 12]
    if start == "in a panel":
        points, normals = panel.inner, np.sign((panel.normal * along_ray).sum(axis=1))[:, None] * panel.normal
    else:
        points, normals = panel.rim - rng.uniform(0.5, 150.0, (360, 1)) * along_ray, along_ray
    normals = np.where((np.arange(360) // 12 % 2 == 0)[:, None], normals, along_ray + 0.5 * unit(rng, 360))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    copies = np.repeat(points, 64, axis=0), np.repeat(normals, 64, axis=0)
    for closed in (None, np.ones(len(panel.triangles), bool)):
        seen = assert_fast_is_plain((panel.vertices, panel.triangles, *copies, directions), closed)
        assert 0.1 < seen[64 * np.arange(360), np.arange(360) % 12].mean() < 0.9


@pytest.mark.parametrize("tip", [1.0e-3, 2.0e-3, 5.0e-3])
def test_sliver_merged_with_a_wall(tip: float) -> None:
    """A quad of a large triangle and a sliver: the rule's noise near the plane is the sliver's, not the quad's."""
    rng = np.random.default_rng(4)
    different = pairs = merged = 0
    for _ in range(6):
        u, v, w = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        length, start = rng.uniform(12.0, 60.0), rng.uniform(-100.0, 100.0, 3)
        corner = start + np.array([0 * u, 0.5 * length * u - tip * v, length * u, 0.4 * length * u + 0.7 * length * v])
        bvh = raytrace.build(corner, np.array([[0, 1, 2], [0, 2, 3]]))
        merged += int((bvh.pair[0, :, 0] >= 0).all())
        directions = rng.normal(size=(24, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        for direction in directions:
            n = 512
            place = rng.uniform(0.35, 0.65, (n, 1)) * length * u - rng.uniform(0.2, 0.6, (n, 1)) * tip * v
            lift = rng.uniform(-0.05, 0.05, (n, 1)) / (direction @ w)
            asked = bvh, start + place + lift * direction, np.tile(direction, (n, 1)), direction[None]
            different += int((raytrace.visible(*asked) != visible_plain(*asked)).sum())
            pairs += n
    assert merged >= 3 and pairs == 6 * 24 * 512
    assert different == 0
