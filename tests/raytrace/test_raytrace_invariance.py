"""A bit depends on its point, its direction and the set of triangles, and on nothing else.

Half of the rays of the first scene are as awkward as they come: origins in the plane of a triangle, directions along
that plane, directions along the axes. Their float32 answers may be noise, but the noise must not depend on the tree.
The second is a slice of a city at real size, with sun and sky, where whole bundles of directions form.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import pytest

import raytrace
from benchmarks.synthetic_city import Mesh, city, merge, receivers, sky_directions, sun_directions
from raytrace import bits


class Scene(NamedTuple):
    mesh: Mesh
    points: np.ndarray
    normals: np.ndarray
    directions: np.ndarray


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def scene() -> Scene:
    rng = np.random.default_rng(11)
    houses = city(1, seed=3)
    needles = rng.uniform(0.0, 100.0, (300, 1, 3)) + rng.normal(0.0, 1.0, (300, 3, 3)) * [[[1.0], [20.0], [20.001]]]
    mesh = merge([houses, Mesh(needles.reshape(-1, 3), np.arange(900).reshape(-1, 3))])
    corner = mesh.vertices[mesh.triangles[rng.integers(0, len(mesh.triangles), 1000)]]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    corner, normal = corner[np.linalg.norm(normal, axis=1) > 1e-6], normal[np.linalg.norm(normal, axis=1) > 1e-6]
    weights = rng.normal(0.0, 1.5, (len(corner), 3, 1))
    weights[:, 2] = 1.0 - weights[:, 0] - weights[:, 1]
    in_plane = (weights * corner).sum(axis=1)
    along = unit((corner[:, 1] - corner[:, 0]) + rng.normal(0.0, 1.0, (len(corner), 1)) * (corner[:, 2] - corner[:, 0]))
    sampled = receivers(houses, 5.0)
    points = np.concatenate([in_plane, sampled.points])
    normals = np.concatenate([unit(normal), sampled.normals])
    directions = np.concatenate([sky_directions(80), along[:220], np.eye(3), -np.eye(3)])
    return Scene(mesh, points, normals, directions)


def seen(scene: Scene, mesh: Mesh | None = None) -> np.ndarray:
    bvh = raytrace.build(*(scene.mesh if mesh is None else mesh))
    return raytrace.visible(bvh, scene.points, scene.normals, scene.directions)


@pytest.fixture(scope="module")
def expected(scene: Scene) -> np.ndarray:
    return seen(scene)


def test_ray_by_ray_kernel_agrees_bit_by_bit(scene: Scene, expected: np.ndarray) -> None:
    n = len(scene.directions)
    rays = np.repeat(scene.points, n, axis=0), np.tile(scene.directions, (len(scene.points), 1))
    free = np.isinf(raytrace.closest(raytrace.build(*scene.mesh), *rays).distance).reshape(-1, n)
    normals, directions = (a.astype(np.float32).astype(np.float64) for a in (scene.normals, scene.directions))
    product = normals[:, None] * directions[None]
    front = product[..., 0] + product[..., 1] + product[..., 2] > 0.0
    assert np.array_equal(bits.unpack(expected, n), front & free)


def test_threads(scene: Scene, expected: np.ndarray) -> None:
    before = numba.get_num_threads()
    try:
        for threads in {1, min(2, numba.config.NUMBA_NUM_THREADS)}:
            numba.set_num_threads(threads)
            assert np.array_equal(seen(scene), expected)
    finally:
        numba.set_num_threads(before)


@pytest.mark.parametrize("seed", [0, 1])
def test_order_and_duplicates_of_triangles(scene: Scene, expected: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(scene.mesh.triangles))
    twice = np.concatenate([order, order[: 100 * seed]])
    assert np.array_equal(seen(scene, Mesh(scene.mesh.vertices, scene.mesh.triangles[twice])), expected)


@pytest.mark.parametrize("distance_m", [2.0e3, 9.0e5])
def test_far_triangles_that_shade_nothing(scene: Scene, expected: np.ndarray, distance_m: float) -> None:
    """A triangle so far away that none of these rays meets it still changes the root box and the padding."""
    where = np.array([-distance_m, distance_m, -distance_m])
    far = Mesh(where + np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.array([[0, 1, 2]]))
    assert np.array_equal(seen(scene, merge([far, scene.mesh])), expected)


def test_subsets_of_points_and_directions(scene: Scene, expected: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    whole = bits.unpack(expected, len(scene.directions))
    bvh = raytrace.build(*scene.mesh)
    for n_points, n_directions in ((1, 7), (65, 64), (300, 101)):
        p = rng.permutation(len(scene.points))[:n_points]
        d = rng.permutation(len(scene.directions))[:n_directions]
        part = raytrace.visible(bvh, scene.points[p], scene.normals[p], scene.directions[d])
        assert np.array_equal(bits.unpack(part, n_directions), whole[p][:, d])


@pytest.mark.parametrize("seed", range(4))
def test_everything_in_one_tilted_plane(seed: int) -> None:
    """Triangles, origins and directions share a plane: each float32 answer is noise, each tree must give the same."""
    rng = np.random.default_rng(seed)
    across, along = np.linalg.qr(rng.normal(size=(3, 2)))[0].T
    flat = rng.uniform(-60.0, 60.0, (400, 1, 2)) + rng.normal(0.0, 15.0, (400, 3, 2))
    corner = flat[..., :1] * across + flat[..., 1:] * along
    place, angle = rng.uniform(-80.0, 80.0, (500, 2, 1)), rng.uniform(-1.5, 1.5, (130, 1))
    points = place[:, 0] * across + place[:, 1] * along
    directions = np.cos(angle) * across + np.sin(angle) * along
    mesh = Mesh(corner.reshape(-1, 3), np.arange(1200).reshape(-1, 3))
    one = Scene(mesh, points, np.tile(across, (500, 1)), directions)
    expected = seen(one)
    order = rng.permutation(400)
    assert np.array_equal(seen(one, Mesh(mesh.vertices, mesh.triangles[order])), expected)
    split = [seen(one, Mesh(mesh.vertices, mesh.triangles[part])) for part in np.array_split(order, 40)]
    assert np.array_equal(np.bitwise_and.reduce(split), expected)
    rays = np.repeat(points, 130, axis=0), np.tile(directions, (500, 1))
    hit = raytrace.closest(raytrace.build(*mesh), *rays)
    again = raytrace.closest(raytrace.build(mesh.vertices, mesh.triangles[order]), *rays)
    assert np.array_equal(hit.distance, again.distance)
    assert np.array_equal(bits.unpack(expected, 130).ravel(), np.isinf(hit.distance))


def test_closest_hit_does_not_depend_on_the_tree(scene: Scene) -> None:
    rng = np.random.default_rng(6)
    points = scene.points[rng.integers(0, len(scene.points), 20000)]
    directions = scene.directions[rng.integers(0, len(scene.directions), 20000)]
    order = rng.permutation(len(scene.mesh.triangles))
    one = raytrace.closest(raytrace.build(*scene.mesh), points, directions)
    two = raytrace.closest(raytrace.build(scene.mesh.vertices, scene.mesh.triangles[order]), points, directions)
    assert np.array_equal(one.distance, two.distance)
    back = np.where(two.triangle >= 0, order[two.triangle], -1)
    alone = one.triangle == back  # the rest are ties between neighbours: lowest index in either numbering
    assert alone.mean() > 0.95
    assert np.array_equal(one.back_face[alone], two.back_face[alone])


@pytest.fixture(scope="module")
def quarter() -> Scene:
    """6 × 6 blocks; 2,500 receivers around the middle, in the air and covered ones among them; 310 directions."""
    mesh = city(6, seed=8)
    sampled = receivers(mesh, 2.0)
    middle = mesh.vertices.mean(axis=0)
    nearest = np.argsort(np.linalg.norm((sampled.points - middle)[:, :2], axis=1))[:2400]
    rng = np.random.default_rng(13)
    free = middle + rng.uniform(-50.0, 50.0, (100, 3)) * [1.0, 1.0, 0.3]
    points = np.concatenate([sampled.points[nearest], free])
    normals = np.concatenate([sampled.normals[nearest], unit(rng.normal(size=(100, 3)))])
    return Scene(mesh, points, normals, np.concatenate([sun_directions(180), sky_directions(130)]))


@pytest.fixture(scope="module")
def quarter_bits(quarter: Scene) -> np.ndarray:
    return seen(quarter)


def trace(scene: Scene, points: np.ndarray | slice, directions: np.ndarray | slice) -> np.ndarray:
    """(P, D) bool of chosen points and directions of a scene."""
    bvh = raytrace.build(*scene.mesh)
    chosen = scene.directions[directions]
    return bits.unpack(raytrace.visible(bvh, scene.points[points], scene.normals[points], chosen), len(chosen))


def test_quarter_is_worth_testing(quarter: Scene, quarter_bits: np.ndarray) -> None:
    n = len(quarter.directions)
    assert quarter_bits.shape == (2500, (n + 63) // 64) and n > 290
    front = quarter.normals @ quarter.directions.T > 0.0
    assert 0.3 < bits.unpack(quarter_bits, n)[front].mean() < 0.8


def test_quarter_on_other_numbers_of_threads(quarter: Scene, quarter_bits: np.ndarray) -> None:
    before = numba.get_num_threads()
    try:
        for threads in {1, min(2, numba.config.NUMBA_NUM_THREADS)}:
            numba.set_num_threads(threads)
            assert np.array_equal(seen(quarter), quarter_bits)
    finally:
        numba.set_num_threads(before)


def test_quarter_in_another_order(quarter: Scene, quarter_bits: np.ndarray) -> None:
    """Other packets and other bundles: points shuffled, directions shuffled, both, and some of either twice."""
    rng = np.random.default_rng(3)
    whole = bits.unpack(quarter_bits, len(quarter.directions))
    n_points, n_directions = whole.shape
    everything = slice(None)
    p, d = rng.permutation(n_points), rng.permutation(n_directions)
    assert np.array_equal(trace(quarter, p, everything), whole[p])
    assert np.array_equal(trace(quarter, everything, d), whole[:, d])
    p, d = rng.integers(0, n_points, n_points), np.concatenate([d, d[:90], d[:10]])
    assert np.array_equal(trace(quarter, p, d), whole[p][:, d])


def test_quarter_in_parts(quarter: Scene, quarter_bits: np.ndarray) -> None:
    """Cells of any grouping, down to one point or one direction: packets of less than 64, bundles of one."""
    rng = np.random.default_rng(4)
    whole = bits.unpack(quarter_bits, len(quarter.directions))
    for part in np.array_split(rng.permutation(len(whole)), [1, 3, 66, 500]):
        assert np.array_equal(trace(quarter, part, slice(None)), whole[part])
    for part in np.array_split(rng.permutation(whole.shape[1]), [1, 2, 40, 130]):
        assert np.array_equal(trace(quarter, slice(None), part), whole[:, part])


def test_quarter_with_its_triangles_shuffled_and_doubled(quarter: Scene, quarter_bits: np.ndarray) -> None:
    """Also what merges into a quad changes: a triangle's neighbour is found twice, or turned by a corner."""
    rng = np.random.default_rng(5)
    order = rng.permutation(len(quarter.mesh.triangles))
    triangles = quarter.mesh.triangles[np.concatenate([order, order[:3000]])]
    turned = np.where(rng.random((len(triangles), 1)) < 0.5, triangles, np.roll(triangles, 1, axis=1))
    assert np.array_equal(
        seen(quarter, Mesh(quarter.mesh.vertices, turned[rng.permutation(len(turned))])), quarter_bits
    )
    apart = quarter.mesh.vertices[quarter.mesh.triangles].reshape(-1, 3)  # no vertex is shared, so nothing merges
    assert np.array_equal(seen(quarter, Mesh(apart, np.arange(len(apart)).reshape(-1, 3))), quarter_bits)


def test_quarter_with_far_casters(quarter: Scene, quarter_bits: np.ndarray) -> None:
    """Another city 9 km away below the horizon of all directions, and a needle at the end of the world."""
    far = city(4, seed=21)
    far = Mesh(far.vertices + [9.0e3, -2.0e3, -600.0], far.triangles)
    needle = Mesh(
        np.array([[-8.0e5, 8.0e5, -9.0e5], [-8.0e5, 8.1e5, -9.0e5], [-8.0e5, 8.1e5, -9.0e5 + 1.0e-1]]),
        np.array([[0, 1, 2]]),
    )
    assert quarter.directions[:, 2].min() > 0.0
    assert np.array_equal(seen(quarter, merge([far, quarter.mesh, needle])), quarter_bits)
