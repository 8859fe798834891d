"""The CUDA kernel, line by line in Numba's simulator. test_raytrace_cuda.py runs this file: the simulator has to be
chosen (NUMBA_ENABLE_CUDASIM=1) before Numba is imported.

Oracles: the single-ray test of triangle.py for every ray and every triangle, without a tree; float64 brute force away
from edges.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from numba import njit
from oracles import brute_force

import raytrace
from benchmarks.synthetic_city import Mesh, city, house, receivers, sky_directions
from raytrace import bits, cuda, slab, triangle


@pytest.fixture(autouse=True)
def _few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator's threads wait for each other's locks: 128 a block may take minutes on a quiet machine."""
    monkeypatch.setattr(cuda, "BLOCK", 2)


def test_this_is_the_simulator() -> None:
    assert cuda.SIMULATED
    assert cuda.choose("cuda") == "cuda"
    assert cuda.choose("auto") == "cpu"
    assert cuda.device_name("cuda") == "cuda (simulator)"


@pytest.mark.parametrize("closed", [False, True])
def test_city(closed: bool) -> None:
    mesh = city(1, seed=3)
    rng = np.random.default_rng(0)
    sensors, toward = receivers(mesh, 9.0), sky_directions(90)[rng.permutation(90)[:70]]
    pick = rng.permutation(len(sensors.points))[:24]
    check(mesh, sensors.points[pick], sensors.normals[pick], toward, rng.random(len(mesh.triangles)) < 0.5 * closed)


def test_the_public_function_on_both_devices() -> None:
    """The same bits and the same count of rays from the CPU's own kernels."""
    mesh = city(1, seed=4)
    rng = np.random.default_rng(1)
    sensors, toward = receivers(mesh, 9.0), sky_directions(20)
    pick = rng.permutation(len(sensors.points))[:40]
    bvh = raytrace.build(mesh.vertices, mesh.triangles, rng.random(len(mesh.triangles)) < 0.3)
    before = raytrace.rays_traced()
    on_cpu = raytrace.visible(bvh, sensors.points[pick], sensors.normals[pick], toward)
    on_gpu = raytrace.visible(bvh, sensors.points[pick], sensors.normals[pick], toward, device="cuda")
    assert raytrace.rays_traced() - before == 2 * 40 * 20
    assert 0.1 < bits.unpack(on_cpu, 20).mean() < 0.9
    assert np.array_equal(on_cpu, on_gpu)


@pytest.mark.parametrize("seed", range(3))
def test_soup_and_awkward_rays(seed: int) -> None:
    """Needles, duplicates and points as triangles; rays from a triangle's plane, through vertices, along edges and
    along the axes; a tree of several levels."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-20.0, 20.0, (420, 1, 3)) + rng.normal(0.0, 2.0, (420, 3, 3))
    corner[:60, 2] = corner[:60, 0] + 1.0001 * (corner[:60, 1] - corner[:60, 0])
    corner[60:80] = corner[60:80, :1]
    corner[80:120] = corner[120:160]
    corner = corner.astype(np.float32).astype(np.float64)
    mesh = Mesh(corner.reshape(-1, 3), np.arange(1260).reshape(-1, 3))
    assert len(raytrace.build(*mesh).child) > 1
    weights = rng.normal(0.0, 1.5, (8, 2, 1))
    a, b, c = corner[rng.integers(120, 420, 8)].transpose(1, 0, 2)
    points = a + weights[:, 0] * (b - a) + weights[:, 1] * (c - a)
    aim = corner[rng.integers(0, 420, 12), rng.integers(0, 3, 12)] - points[rng.integers(0, 8, 12)]
    toward = unit(np.concatenate([aim, (b - a)[:4], (c - b)[:4], np.eye(3), -np.eye(3)]))
    check(mesh, points, unit(rng.normal(size=(8, 3))), toward, rng.random(420) < 0.3)


def test_many_equal_triangles_make_a_deep_tree() -> None:
    square = np.array([[-1.0, -1.0, 2.0], [1.0, -1.0, 2.0], [1.0, 1.0, 2.0], [-1.0, 1.0, 2.0]])
    mesh = Mesh(square, np.tile([[0, 1, 2], [0, 2, 3]], (300, 1)))
    up = np.array([[0.0, 0.0, 1.0]])
    points = np.array([[0.5, 0.5, 0.0], [3.0, 0.0, 0.0], [0.5, 0.1, 2.5]])
    assert check(mesh, points, np.repeat(up, 3, axis=0), up).tolist() == [[False], [True], [True]]


def test_rays_along_a_closed_house_and_from_inside() -> None:
    """What enters a closed house leaves it: testing its backs alone gives the answer of both sides. A point inside is
    shut in either way."""
    mesh = house(10.0, 8.0, 4.0, 8.0, rotation_deg=17.0)
    rng = np.random.default_rng(5)
    points = np.concatenate([rng.uniform([-12.0, -12.0, 0.0], [12.0, 12.0, 6.0], (20, 3)), [[0.0, 0.0, 1.0]]])
    normals, toward = unit(rng.normal(size=(21, 3))), unit(rng.normal(size=(12, 3)))
    both = check(mesh, points, normals, toward)
    assert np.array_equal(both, check(mesh, points, normals, toward, np.ones(len(mesh.triangles), bool)))
    rays = np.repeat(points, 12, axis=0).astype(np.float32), np.tile(toward, (21, 1)).astype(np.float32)
    oracle = brute_force.closest(mesh.vertices.astype(np.float32), mesh.triangles, *rays)
    sure = oracle.margin > 1.0e-4
    assert sure.mean() > 0.98
    front = np.einsum("pi,di->pd", normals, toward).ravel() > 0.0
    assert np.array_equal(both.ravel()[sure], (front & np.isinf(oracle.distance))[sure])


@pytest.mark.parametrize("n_points, n_directions", [(0, 3), (3, 0), (1, 1), (2, 64), (2, 65)])
def test_nothing_in_the_way(n_points: int, n_directions: int) -> None:
    """Every bit of a direction in front is set and no padding bit is."""
    nothing = Mesh(np.empty((0, 3)), np.empty((0, 3), int))
    points, normals = np.zeros((n_points, 3)), np.tile([0.0, 0.0, 1.0], (n_points, 1))
    seen = answer(nothing, points, normals, np.tile([0.6, 0.0, 0.8], (n_directions, 1)), None)
    assert bits.unpack(seen, n_directions).all()
    assert int(np.bitwise_count(seen).sum()) == n_points * n_directions


def test_several_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of points, the last one short, come back in the caller's order; and chunks of directions."""
    mesh = house(10.0, 8.0, 4.0, 8.0)
    rng = np.random.default_rng(7)
    points, normals = rng.uniform([-12.0, -12.0, 0.0], [12.0, 12.0, 6.0], (30, 3)), unit(rng.normal(size=(30, 3)))
    monkeypatch.setattr(cuda, "BLOCK", 8)
    monkeypatch.setattr(cuda, "PAIRS_A_LAUNCH", 1)
    check(mesh, points, normals, unit(rng.normal(size=(5, 3))))
    check(mesh, points[:9], normals[:9], unit(rng.normal(size=(150, 3))))  # three words, one a launch


def check(
    mesh: Mesh, points: npt.NDArray, normals: npt.NDArray, toward: npt.NDArray, closed: npt.NDArray | None = None
) -> npt.NDArray[np.bool_]:
    """Asserts that the kernel gives the bits of ``ray_by_ray``; returns them (P, D)."""
    seen = bits.unpack(answer(mesh, points, normals, toward, closed), len(toward))
    expected = ray_by_ray(mesh, *single(points, normals, toward), closed)
    assert 0.01 < expected.mean() < 0.99
    assert np.array_equal(seen, expected)
    return seen


def answer(
    mesh: Mesh, points: npt.NDArray, normals: npt.NDArray, toward: npt.NDArray, closed: npt.NDArray | None
) -> npt.NDArray[np.uint64]:
    words = np.full((len(points), (len(toward) + 63) // 64), 2**64 - 1, np.uint64)
    cuda.visible(raytrace.build(*mesh, closed), *single(points, normals, toward), words)
    return words


def ray_by_ray(
    mesh: Mesh, points: npt.NDArray, normals: npt.NDArray, toward: npt.NDArray, closed: npt.NDArray | None
) -> npt.NDArray[np.bool_]:
    """Every ray against every triangle by triangle.hit_distance (P, D)."""
    corners = np.ascontiguousarray(mesh.vertices.astype(np.float32)[mesh.triangles].reshape(-1, 9))
    seen = normals.astype(np.float64) @ toward.astype(np.float64).T > 0.0
    clear_what_is_blocked(seen, points, toward, corners, np.zeros(len(corners), bool) if closed is None else closed)
    return seen


@njit  # compiled as a whole: between compiled functions float32 stays float32
def clear_what_is_blocked(seen, points, toward, corners, closed):  # type: ignore[no-untyped-def]
    box, shaft = np.empty((1, 6), np.float32), np.empty(6, np.float32)
    for d in range(len(toward)):
        frame = triangle.frame_of(toward[d])
        for p in range(len(points)):
            for t in range(len(corners)):
                distance, back = triangle.hit_distance(points[p], corners, t, frame, box, shaft)
                seen[p, d] &= not (distance != slab.MISS and (back or not closed[t]))


def single(*rows: npt.NDArray) -> list[npt.NDArray[np.float32]]:
    return [np.ascontiguousarray(row, np.float32).reshape(-1, 3) for row in rows]


def unit(vector: npt.NDArray) -> npt.NDArray:
    return vector / np.linalg.norm(vector, axis=1, keepdims=True)
