"""Small cases with known answers. This file also runs with the JIT off (test_raytrace_jit.py)."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import brute_force

import raytrace
from benchmarks.synthetic_city import house
from raytrace import bits, packet, triangle

SQUARE = np.array([[-1.0, -1.0, 2.0], [1.0, -1.0, 2.0], [1.0, 1.0, 2.0], [-1.0, 1.0, 2.0]])
UP = np.array([[0.0, 0.0, 1.0]])


@pytest.fixture(scope="module")
def roof() -> raytrace.Bvh:
    """A square at z = 2 whose winding looks up."""
    return raytrace.build(SQUARE, np.array([[0, 1, 2], [0, 2, 3]]))


def test_square_above(roof: raytrace.Bvh) -> None:
    points = np.array([[0.5, 0.1, 0.0], [3.0, 0.0, 0.0], [0.5, 0.1, 2.5]])
    normals = np.repeat(UP, 3, axis=0)
    assert raytrace.visible(roof, points, normals, UP).tolist() == [[0], [1], [1]]
    assert raytrace.visible(roof, points, -normals, UP).tolist() == [[0], [0], [0]]
    hit = raytrace.closest(roof, points, normals)
    assert hit.distance.tolist() == [2.0, np.inf, np.inf]
    assert hit.triangle.tolist() == [0, -1, -1]
    assert hit.back_face.tolist() == [True, False, False]


def test_diagonal_and_corner_are_hit_and_front_is_told_from_back(roof: raytrace.Bvh) -> None:
    """The ray through the shared diagonal meets both triangles at the same distance: the lower index wins."""
    points = np.array([[0.5, 0.5, 4.0], [-1.0, -1.0, 4.0], [1.0, 0.0, 4.0]])
    hit = raytrace.closest(roof, points, np.repeat(-UP, 3, axis=0))
    assert hit.distance.tolist() == [2.0, 2.0, 2.0]
    assert hit.triangle[0] == 0
    assert not hit.back_face.any()


def test_tie_goes_to_the_lowest_original_index() -> None:
    for triangles in ([[0, 1, 2]] * 20, [[0, 1, 2]] * 20 + [[0, 0, 0]] * 9):
        hit = raytrace.closest(raytrace.build(SQUARE, np.array(triangles)), np.array([[0.5, 0.0, 0.0]]), UP)
        assert hit.triangle.tolist() == [0]


def test_degenerate_triangles_are_never_met() -> None:
    bvh = raytrace.build(SQUARE, np.array([[0, 0, 0], [0, 1, 1], [2, 3, 2]]))
    rng = np.random.default_rng(1)
    target = SQUARE[rng.integers(0, 4, 50)] + rng.normal(0.0, 0.1, (50, 3)) * (np.arange(50) % 2)[:, None]
    direction = target / np.linalg.norm(target, axis=1, keepdims=True)
    assert np.isinf(raytrace.closest(bvh, np.zeros((50, 3)), direction).distance).all()


def test_edge_on_is_not_met_and_no_zero_component_breaks_anything(roof: raytrace.Bvh) -> None:
    points = np.array([[-5.0, 0.0, 2.0], [-5.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    directions = np.array([[1.0, 0.0, 0.0], [1.0, -0.0, -0.0], [0.0, -0.0, 1.0]])
    assert raytrace.closest(roof, points, directions).triangle.tolist() == [-1, -1, 0]


def test_products_that_round_to_the_same_number_are_told_apart_in_float64() -> None:
    """(1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴, which float32 rounds to 1 + 2⁻¹¹."""
    root, square = np.float32(1.0 + 2.0**-12), np.float32(1.0 + 2.0**-11)
    corners = np.float32(0.0), np.float32(0.0), np.float32(1.0), root, root, square
    assert triangle.edge_functions(*corners)[0] == 0.0
    assert triangle.exact_edge_functions(*corners)[0] == 2.0**-24


def test_no_triangle_sees_everything_in_front() -> None:
    nothing = raytrace.build(np.empty((0, 3)), np.empty((0, 3), int))
    directions = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.6, -0.8]])
    assert raytrace.visible(nothing, np.zeros((1, 3)), UP, directions).tolist() == [[1]]
    assert np.isinf(raytrace.closest(nothing, np.zeros((1, 3)), UP).distance).all()


@pytest.mark.parametrize("n_points", [0, 1, 63, 64, 65])
@pytest.mark.parametrize("n_directions", [0, 1, 64, 65])
def test_shapes_and_padding_bits(roof: raytrace.Bvh, n_points: int, n_directions: int) -> None:
    points, normals = np.zeros((n_points, 3)), np.repeat(UP, n_points, axis=0)
    directions = np.tile([0.6, 0.0, 0.8], (n_directions, 1))
    seen = raytrace.visible(roof, points, normals, directions)
    assert seen.shape == (n_points, (n_directions + 63) // 64)
    assert bits.unpack(seen, n_directions).all()
    assert int(np.bitwise_count(seen).sum()) == n_points * n_directions


def test_house_against_brute_force() -> None:
    """Odd numbers of points and directions, some inside the house, against float64."""
    mesh = house(10.0, 8.0, 4.0, 8.0, rotation_deg=17.0)
    rng = np.random.default_rng(5)
    points = rng.uniform([-12.0, -12.0, 0.0], [12.0, 12.0, 6.0], (70, 3)).astype(np.float32)
    normals, directions = unit(rng, 70), unit(rng, 9)
    bvh = raytrace.build(mesh.vertices, mesh.triangles)
    rays = np.repeat(points, 9, axis=0), np.tile(directions, (70, 1))
    oracle = brute_force.closest(mesh.vertices.astype(np.float32), mesh.triangles, *rays)
    sure = oracle.margin > 1.0e-4
    assert sure.mean() > 0.98
    front = np.einsum("pi,di->pd", normals.astype(float), directions.astype(float)) > 0.0
    seen = bits.unpack(raytrace.visible(bvh, points, normals, directions), 9)
    assert np.array_equal(seen.ravel()[sure], (front.ravel() & np.isinf(oracle.distance))[sure])
    assert np.array_equal(raytrace.closest(bvh, *rays).triangle[sure], oracle.triangle[sure])


def test_transpose() -> None:
    rng = np.random.default_rng(3)
    matrix = rng.random((64, 64)) < 0.5
    block = bits.pack(matrix)[:, 0].copy()
    packet.transpose(block)
    assert np.array_equal(bits.unpack(block[:, None], 64), matrix.T)


def test_reductions_against_numpy() -> None:
    rng = np.random.default_rng(4)
    seen = rng.random((13, 70)) < 0.5
    weights, group, table = rng.random(13), rng.integers(-1, 3, 13), rng.random((3, 70))
    words = bits.pack(seen)
    sums = bits.weighted_sum(words, 70, weights, group, 3)
    assert sums == pytest.approx(np.array([(seen * weights[:, None])[group == g].sum(axis=0) for g in range(3)]))
    assert bits.dot(words, table, group) == pytest.approx(np.where(group >= 0, (seen * table[group]).sum(1), 0.0))
    assert bits.row_dot(sums, table[:, None]) == pytest.approx((sums * table).sum(axis=1, keepdims=True))


def unit(rng: np.random.Generator, n: int) -> np.ndarray:
    vector = rng.normal(size=(n, 3))
    return (vector / np.linalg.norm(vector, axis=1, keepdims=True)).astype(np.float32)
