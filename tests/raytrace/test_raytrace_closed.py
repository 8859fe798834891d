"""Triangles marked as closed block only rays that leave through their backs, and no bit is lost by it.

A ray that enters a closed, outward-oriented surface leaves it again, so the entry need not be tested. The oracle
tests exits alone in float64; the answers with and without the mark agree wherever float32 can tell.
"""

from __future__ import annotations

import numpy as np
import pytest
from oracles import brute_force, soups

import raytrace
from benchmarks.synthetic_city import Mesh, city, house, merge, receivers, sky_directions, sun_directions
from raytrace import bits


def several_solids() -> tuple[Mesh, np.ndarray]:
    """Houses, a ball and a lattice cube above an open ground of two triangles: (mesh, closed (T,))."""
    ball, cube = soups.ball(1, 6.0, (20.0, 25.0, 11.0)), soups.boxed_lattice(3, (-22.0, 14.0, 0.5))
    ground = Mesh(
        np.array([[-60.0, -60.0, 0.0], [60.0, -60.0, 0.0], [60.0, 60.0, 0.0], [-60.0, 60.0, 0.0]]),
        np.array([[0, 1, 2], [0, 2, 3]]),
    )
    solids = [
        house(10.0, 8.0, 4.0, 8.0, "gable", 17.0),
        moved(house(9.0, 9.0, 6.0, 6.0, "flat"), (15.0, -12.0, 0.0)),
        moved(house(12.0, 7.0, 5.0, 9.0, "hip", 50.0), (-20.0, -9.0, 0.0)),
        Mesh(ball.vertices, ball.triangles),
        Mesh(cube.vertices, cube.triangles),
    ]
    mesh = merge([ground, *solids])
    mesh = Mesh(mesh.vertices.astype(np.float32).astype(np.float64), mesh.triangles)
    return mesh, np.arange(len(mesh.triangles)) >= 2


def moved(mesh: Mesh, shift: tuple[float, float, float]) -> Mesh:
    return Mesh(mesh.vertices + shift, mesh.triangles)


def outside(mesh: Mesh, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Receivers on every face and points in the air."""
    sampled = receivers(mesh, 3.0)
    air = rng.uniform([-50.0, -50.0, 20.0], [50.0, 50.0, 40.0], (120, 3))
    points, normals = (
        np.concatenate([sampled.points, air]),
        np.concatenate([sampled.normals, soups.unit(rng.normal(size=(120, 3)))]),
    )
    chosen = rng.permutation(len(points))[:700]
    return points[chosen].astype(np.float32).astype(np.float64), normals[chosen]


def test_exits_against_brute_force() -> None:
    mesh, closed = several_solids()
    rng = np.random.default_rng(2)
    points, normals = outside(mesh, rng)
    directions = np.concatenate([sun_directions(90), sky_directions(70), -sky_directions(30), np.eye(3), -np.eye(3)])
    directions = directions.astype(np.float32).astype(np.float64)
    normals = normals.astype(np.float32).astype(np.float64)
    n = len(directions)
    flagged = bits.unpack(raytrace.visible(raytrace.build(*mesh, closed=closed), points, normals, directions), n)
    plain = bits.unpack(raytrace.visible(raytrace.build(*mesh), points, normals, directions), n)
    front = normals @ directions.T
    exits = brute_force.fan(*mesh, points, directions, closed=closed)
    whole = brute_force.fan(*mesh, points, directions)
    sure = (np.minimum(exits.clearance, whole.clearance) > 1.0) & (np.abs(front) > 1.0e-9)
    assert sure.mean() > 0.97
    assert 0.2 < flagged.mean() < 0.8
    assert np.array_equal(flagged[sure], ((front > 0.0) & np.isinf(exits.distance))[sure])
    assert np.array_equal(flagged[sure], plain[sure])
    assert (flagged != plain).mean() < 1.0e-3


def test_a_closed_triangle_blocks_one_way_and_closest_meets_both() -> None:
    """A single square marked closed: only the ray out through its back is stopped. closest ignores the mark."""
    square = np.array([[-1.0, -1.0, 2.0], [1.0, -1.0, 2.0], [1.0, 1.0, 2.0], [-1.0, 1.0, 2.0]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    points, along = np.array([[0.3, 0.1, 0.0], [0.3, 0.1, 4.0]]), np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    marked = raytrace.build(square, triangles, closed=np.array([True, True]))
    seen = bits.unpack(raytrace.visible(marked, points, along, along), 2)
    assert seen.tolist() == [[False, False], [False, True]]
    open_half = raytrace.build(square, triangles, closed=np.array([True, False]))
    beside = np.array([[0.3, 0.1, 4.0], [-0.3, 0.1, 4.0]])  # over the marked half, over the other one
    assert bits.unpack(raytrace.visible(open_half, beside, along[[1, 1]], along[1:]), 1).ravel().tolist() == [
        True,
        False,
    ]
    for bvh in (marked, open_half):
        hit = raytrace.closest(bvh, points, along)
        assert hit.distance.tolist() == [2.0, 2.0]
        assert hit.back_face.tolist() == [True, False]


@pytest.mark.parametrize("name", ["lattice", "ball", "cavern"])
def test_no_light_gets_into_a_marked_solid(name: str) -> None:
    solid = {"lattice": soups.boxed_lattice(), "ball": soups.ball(), "cavern": soups.cavern(3)}[name]
    rng = np.random.default_rng(1)
    aimed = (
        solid.vertices[rng.integers(0, len(solid.vertices), 150)]
        - solid.inside[rng.integers(0, len(solid.inside), 150)]
    )
    directions = np.concatenate([np.eye(3), -np.eye(3), soups.unit(aimed), sky_directions(60)])
    points = solid.inside[rng.permutation(len(solid.inside))[:300]]
    bvh = raytrace.build(solid.vertices, solid.triangles, closed=np.ones(len(solid.triangles), bool))
    for normal in ([0.6, 0.0, 0.8], [-0.6, 0.0, -0.8]):
        assert not raytrace.visible(bvh, points, np.tile(normal, (len(points), 1)), directions).any()


def test_marked_city_differs_in_no_more_than_grazing_rays() -> None:
    """Every house of the synthetic city is closed; its ground is not."""
    mesh = city(2, seed=9)
    grounds = (mesh.vertices[mesh.triangles][..., 2] == 0.0).all(axis=1)
    sampled = receivers(mesh, 4.0)
    directions = np.concatenate([sun_directions(80), sky_directions(60)])
    one = raytrace.visible(raytrace.build(*mesh), sampled.points, sampled.normals, directions)
    two = raytrace.visible(raytrace.build(*mesh, closed=~grounds), sampled.points, sampled.normals, directions)
    differing = int(np.bitwise_count(one ^ two).sum())
    assert len(sampled.points) * len(directions) > 300_000
    assert differing <= len(sampled.points) * len(directions) * 1.0e-5


def test_marks_travel_with_their_triangles() -> None:
    mesh, closed = several_solids()
    rng = np.random.default_rng(6)
    points, normals = outside(mesh, rng)
    directions = np.concatenate([sky_directions(90), -sky_directions(40)])
    expected = raytrace.visible(raytrace.build(*mesh, closed=closed), points, normals, directions)
    order = rng.permutation(len(mesh.triangles))
    shuffled = raytrace.build(mesh.vertices, mesh.triangles[order], closed=closed[order])
    assert np.array_equal(raytrace.visible(shuffled, points, normals, directions), expected)


def test_marks_are_checked() -> None:
    mesh, closed = several_solids()
    with pytest.raises(ValueError, match="closed"):
        raytrace.build(*mesh, closed=closed[:-1])
    with pytest.raises(TypeError, match="closed"):
        raytrace.build(*mesh, closed=closed.astype(float))
