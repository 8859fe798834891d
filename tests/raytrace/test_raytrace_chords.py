"""Chord lengths against convex bodies on paper: a ray's part inside all half-spaces, in float64."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.ray_cases import unit

import raytrace
from benchmarks.synthetic_city import Mesh, merge
from raytrace import simd
from raytrace.chords import chords_plain

CENTIMETRE = 0.01
UNIT = 2.0**-24
"""Half a unit in the last place of a float32."""
AXES = np.concatenate([np.eye(3), -np.eye(3)])


def sphere(rings: int, radius: float, centre: np.ndarray) -> Mesh:
    """Outward-oriented, with a fan of triangles at each pole."""
    polar, n = np.linspace(0.0, np.pi, rings + 1)[1:-1], 2 * rings
    round_ = np.arange(n) * 2.0 * np.pi / n
    body = np.stack(
        [np.outer(np.sin(polar), np.cos(round_)), np.outer(np.sin(polar), np.sin(round_))]
        + [np.outer(np.cos(polar), np.ones(n))],
        axis=-1,
    ).reshape(-1, 3)
    vertices = np.concatenate([[[0.0, 0.0, 1.0]], body, [[0.0, 0.0, -1.0]]])
    i, j = np.arange(n), (np.arange(n) + 1) % n
    triangles = [np.stack([0 * i, 1 + i, 1 + j], axis=1)]
    for row in range(rings - 2):
        a, b = 1 + row * n + i, 1 + row * n + j
        triangles += [np.stack([a, a + n, b + n], axis=1), np.stack([a, b + n, b], axis=1)]
    last = 1 + (rings - 2) * n
    triangles.append(np.stack([0 * i + len(vertices) - 1, last + j, last + i], axis=1))
    return Mesh((vertices * radius + centre).astype(np.float32), np.concatenate(triangles))


def convex_chords(mesh: Mesh, points: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """(P, D) float64 [m]: the ray's part inside every face's half-space."""
    corner = mesh.vertices.astype(np.float64)[mesh.triangles]
    normal = unit(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]))
    level = np.einsum("ti,ti->t", normal, corner[:, 0])
    points, directions = (a.astype(np.float32).astype(np.float64) for a in (points, directions))
    length = np.zeros((len(points), len(directions)))
    for d, direction in enumerate(directions):
        slope, room = normal @ direction, level - points @ normal.T
        with np.errstate(divide="ignore", invalid="ignore"):
            where = room / slope
        parallel = np.abs(slope) < 1.0e-12
        far = np.where(~parallel & (slope > 0.0), where, np.inf).min(axis=1)
        near = np.where(~parallel & (slope < 0.0), where, 0.0).max(axis=1, initial=0.0)
        outside = (parallel & (room < 0.0)).any(axis=1)
        length[:, d] = np.where(outside, 0.0, np.maximum(far - near, 0.0))
    return length


def rays(seed: int, n: int, reach: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)) * reach, np.concatenate([AXES, unit(rng.normal(size=(60, 3)))])


def test_sphere_from_inside_outside_and_through_its_vertices() -> None:
    mesh = sphere(16, 3.0, np.zeros(3))
    points, directions = rays(1, 300, 5.0)
    points[:7] = [[0, 0, 0], [0, 0, -9], [0, 0, 9], [-9, 0, 0], [9, 0, 0], [0, -9, 0], [0, 9, 0]]
    length = raytrace.chords(raytrace.build(*mesh), points, directions)
    expected = convex_chords(mesh, points, directions)
    assert expected.max() == pytest.approx(6.0, abs=1.0e-5)
    assert np.abs(length - expected).max() < CENTIMETRE
    assert length[0, :6] == pytest.approx(3.0) and length[1, 2] == pytest.approx(6.0)


def test_box_on_paper() -> None:
    """2 × 4 × 6 m about the origin: along its edges' directions, its diagonal, and beside it."""
    corner = np.array([[x, y, z] for x in (-1, 1) for y in (-2, 2) for z in (-3, 3)], float)
    faces = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    bvh = raytrace.build(corner, np.array([[f[0], f[i], f[i + 1]] for f in faces for i in (1, 2)]))
    diagonal = np.array([1.0, 2.0, 3.0]) / np.sqrt(14.0)
    directions = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], diagonal])
    length = raytrace.chords(bvh, np.array([[0, 0, 0], -diagonal * 20.0, [-5, 0.5, 0.5], [-5, 2.5, 0]]), directions)
    assert length[0] == pytest.approx([1.0, 2.0, 3.0, np.sqrt(14.0)], abs=1.0e-5)
    assert length[1, 3] == pytest.approx(2.0 * np.sqrt(14.0), abs=1.0e-4)
    assert length[2, :3] == pytest.approx([2.0, 0.0, 0.0], abs=1.0e-5)
    assert length[3].tolist() == [0.0] * 4


def test_many_crowns_overlap_add_and_agree_with_plain_loops() -> None:
    rng = np.random.default_rng(2)
    crowns = [sphere(8, rng.uniform(1.0, 5.0), rng.uniform(-40.0, 40.0, 3) * [1.0, 1.0, 0.2]) for _ in range(60)]
    bvh = raytrace.build(*merge(crowns))
    points, directions = rays(3, 200, 30.0)
    expected = sum(convex_chords(crown, points, directions) for crown in crowns)
    length = raytrace.chords(bvh, points, directions)
    assert np.abs(length - expected).max() < CENTIMETRE
    assert (expected > 0.0).mean() > 0.05
    assert np.abs(length - chords_plain(bvh, points, directions)).max() < 1.0e-3
    normals = unit(np.random.default_rng(4).normal(size=(200, 3)))
    masked = raytrace.chords(bvh, points, directions, normals=normals)
    front = np.einsum("pi,di->pd", normals, directions) > 0.0
    assert masked == pytest.approx(np.where(front, length, 0.0), abs=1.0e-3)
    assert masked == pytest.approx(chords_plain(bvh, points, directions, normals=normals), abs=1.0e-3)


def rounding_bound(mesh: Mesh, points: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """(P, D) [m] what chords_plain promises, from all triangles of a body in float64."""
    point, direction = points.astype(np.float32).astype(np.float64), directions.astype(np.float32).astype(np.float64)
    bound = np.zeros((len(point), len(direction)))
    for d, along in enumerate(direction):
        kz = np.abs(along).argmax()
        kx, ky = (kz + 1) % 3, (kz + 2) % 3
        corner = mesh.vertices.astype(np.float64)[mesh.triangles][None] - point[:, None, None]
        z = corner[..., kz]
        x, y = corner[..., kx] - along[kx] / along[kz] * z, corner[..., ky] - along[ky] / along[kz] * z
        u = np.roll(x, -2, axis=-1) * np.roll(y, -1, axis=-1) - np.roll(y, -2, axis=-1) * np.roll(x, -1, axis=-1)
        near = 1.0e-4 * np.abs(u).max()  # what may be crossed: more triangles than are
        crossed = ((u > -near).all(axis=-1) | (u < near).all(axis=-1)) & (z / along[kz] > -1.0e-3).any(axis=-1)
        far, extent = np.abs(z / along[kz]).max(axis=-1), np.ptp(z / along[kz], axis=-1)
        square = np.maximum(np.abs(x), np.abs(y)).max(axis=-1) ** 2
        doubt = np.minimum(1.0, 12.0 * UNIT * square / np.maximum(np.abs(u.sum(axis=-1)), 1.0e-30))
        count = crossed.sum(axis=-1, keepdims=True)
        bound[:, d] = np.where(crossed, extent * doubt + (8 + 2 * count) * UNIT * far, 0.0).sum(axis=-1)
    return bound


@pytest.mark.skipif(not simd.AVAILABLE, reason="there are only plain loops")
def test_vectors_and_plain_loops_differ_by_their_rounding() -> None:
    mesh = sphere(12, 3.0, np.array([20.0, -10.0, 5.0]))
    points, directions = rays(6, 200, 5.0)
    points += [20.0, -10.0, 5.0]
    bvh = raytrace.build(*mesh)
    apart = np.abs(raytrace.chords(bvh, points, directions).astype(float) - chords_plain(bvh, points, directions))
    bound = rounding_bound(mesh, points, directions)
    assert (apart > 0.0).any() and (apart <= bound).all()
    assert np.median(bound[apart > 0.0]) < 1.0e-4


def test_an_open_surface_is_never_negative() -> None:
    mesh = sphere(8, 3.0, np.zeros(3))
    open_ = raytrace.build(mesh.vertices, mesh.triangles[::2])
    points, directions = rays(5, 100, 5.0)
    assert (raytrace.chords(open_, points, directions) >= 0.0).all()


@pytest.mark.parametrize(("n_points", "n_directions"), [(0, 4), (4, 0), (3, 2)])
def test_shapes(n_points: int, n_directions: int) -> None:
    up = np.tile([0.0, 0.0, 1.0], (max(n_points, n_directions), 1))
    for body in (Mesh(np.empty((0, 3), np.float32), np.empty((0, 3), int)), sphere(4, 1.0, np.array([9.0, 0.0, 0.0]))):
        for normals in (None, up[:n_points]):
            where = raytrace.build(*body), np.zeros((n_points, 3)), up[:n_directions]
            for length in (raytrace.chords(*where, normals=normals), chords_plain(*where, normals=normals)):
                assert length.shape == (n_points, n_directions) and length.dtype == np.float32 and not length.any()
