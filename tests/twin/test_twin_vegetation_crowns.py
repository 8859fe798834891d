"""Crowns as bodies: closed, parted, joined, and met by rays as on paper."""

from __future__ import annotations

import numpy as np
import pytest

import raytrace
from twin.mesh import sealed, solidity
from twin.vegetation.bodies import DIRECTIONS, closed, convex, convex_of_few, prism, spheroid, volume_m3
from twin.vegetation.crowns import CITYGML, LAS, Body, Crowns, Tree, crown_trees, crowns_of, together
from twin.vegetation.parting import parted


def tree(name: str, source: str = LAS, diameter_m: float = 6.0) -> Tree:
    return Tree(name, "", source, 10.0, 2.0, diameter_m, 0.5)


def spheres(*places: tuple[float, float], source: str = LAS, diameter_m: float = 6.0) -> Crowns:
    bodies = [spheroid(np.array([x, y, 6.0]), diameter_m, 8.0) for x, y in places]
    return crowns_of(bodies, [tree(f"{source}{k}", source, diameter_m) for k in range(len(places))], {})


def test_directions_are_those_of_an_icosahedron_and_its_edges() -> None:
    assert DIRECTIONS.shape == (42, 3) and np.allclose(np.linalg.norm(DIRECTIONS, axis=1), 1)
    assert len(np.unique(DIRECTIONS.round(9), axis=0)) == 42
    for axis in np.vstack([np.eye(3), -np.eye(3)]):
        assert np.isclose(DIRECTIONS @ axis, 1).sum() == 1


@pytest.mark.parametrize("seed", range(5))
def test_convex_bodies_are_closed_outward_and_hold_what_their_points_do(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.normal(size=(4000, 3)) * [2, 3, 4] + [5e5, 5.7e6, 100]
    whole, few = convex(points), convex_of_few(points)
    assert whole is not None and few is not None
    assert closed(whole.triangles) and closed(few.triangles) and len(few.triangles) <= 80
    assert volume_m3(few) == pytest.approx(volume_m3(whole), rel=1e-6)
    assert few.vertices[:, 2].max() == pytest.approx(points[:, 2].max(), abs=1e-6)
    local = few.vertices - few.vertices.min(axis=0)
    said = solidity(local, few.triangles, np.zeros(len(few.triangles), int), 1)
    assert said.closed_as_read.all() and said.oriented.all()


def test_a_cube_of_many_coplanar_points_is_closed() -> None:
    side = np.linspace(0, 2, 9)
    points = np.stack(np.meshgrid(side, side, side), axis=-1).reshape(-1, 3)
    body = convex(points)
    assert body is not None and closed(body.triangles) and volume_m3(body) == pytest.approx(8)


def test_what_is_flat_is_no_body() -> None:
    plan = np.random.default_rng(0).uniform(0, 3, (50, 2))
    assert convex(np.column_stack([plan, np.full(50, 2.0)])) is None
    assert convex_of_few(plan[:2].repeat(3).reshape(4, 3)) is None
    assert convex(np.zeros((3, 3))) is None


def test_a_prism_stands_on_its_polygon_whichever_way_that_faces() -> None:
    foot = np.array([[[0, 0, 1], [4, 0, 1], [4, 3, 2]], [[0, 0, 1], [0, 3, 2], [4, 3, 2]]], float)
    body = prism(foot, 5.0)
    assert closed(body.triangles) and volume_m3(body) == pytest.approx(4 * 3 * 5)
    assert not len(prism(foot[:, :, [0, 2, 0]] * [0, 0, 1], 5.0).triangles)


def test_crowns_that_overlap_are_parted_and_others_are_not() -> None:
    bodies = [spheroid(np.array([x, 0.0, 5.0]), 6.0, 8.0) for x in (0.0, 5.0, 20.0)]
    bodies.append(spheroid(np.array([20.0, 0.0, 15.0]), 6.0, 8.0))  # above the third
    cut = parted(bodies)
    assert cut.pairs == 1 and cut.before_m3 > cut.after_m3
    one, other = cut.bodies[:2]
    assert one is not None and other is not None
    assert one.vertices[:, 0].max() == pytest.approx(2.5) and other.vertices[:, 0].min() == pytest.approx(2.5)
    assert volume_m3(one) == pytest.approx(volume_m3(other), rel=0.02)
    assert closed(one.triangles) and cut.bodies[2] is bodies[2] and cut.bodies[3] is bodies[3]
    # a cap of a spheroid, on paper: scaled to a sphere it is π h² (3 r − h) / 3
    cap = np.pi * 0.5**2 * (3 * 3.0 - 0.5) / 3 * (8 / 6)
    assert (cut.before_m3 - cut.after_m3) / 2 == pytest.approx(cap, rel=0.1)


def test_the_order_of_crowns_makes_no_difference_to_where_they_are_parted() -> None:
    random = np.random.default_rng(4)
    bodies = [spheroid(np.array([*random.uniform(0, 15, 2), 5.0]), 6.0, 8.0) for _ in range(12)]
    there, back = parted(bodies), parted(bodies[::-1])
    assert there.after_m3 == pytest.approx(back.after_m3, rel=1e-9) and there.pairs == back.pairs


def test_a_ray_through_a_spheroid_is_as_long_as_on_paper() -> None:
    """Semi-axes 3, 3, 4; rays from all sides through places up to nine tenths of its outline."""
    crowns = spheres((100.0, 200.0))
    ((kind, bvh),) = crown_trees(crowns, np.array([7]), np.array([90, 190]), np.array([110, 210]), np.zeros(3))
    assert kind == 7
    random = np.random.default_rng(1)
    axes, middle = np.array([3.0, 3.0, 4.0]), np.array([100.0, 200.0, 6.0])
    direction, aim = random.normal(size=(2, 300, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    aim *= axes * np.sqrt(random.uniform(0, 0.9, (300, 1))) / np.linalg.norm(aim, axis=1)[:, None]
    start = aim - 30 * direction
    got = raytrace.chords(bvh, start + middle, direction).diagonal()
    # |start + t direction| = 1 in units of the axes: the difference of both solutions
    d, s = direction / axes, start / axes
    a, b, c = (d * d).sum(axis=1), (d * s).sum(axis=1), (s * s).sum(axis=1) - 1
    expected = 2 * np.sqrt(b * b - a * c) / a
    assert np.mean(got) == pytest.approx(np.mean(expected), rel=0.01)
    assert np.abs(got - expected).max() < 0.3


def test_a_start_inside_a_crown_counts_from_there() -> None:
    ((_, bvh),) = crown_trees(spheres((0.0, 0.0)), np.array([0]), -np.ones(2), np.ones(2), np.zeros(3))
    up = raytrace.chords(bvh, [[0.0, 0.0, 6.0]], [[0.0, 0.0, 1.0]])
    assert up[0, 0] == pytest.approx(4.0, rel=0.02)


def test_crowns_of_a_box_by_class() -> None:
    crowns = spheres((0, 0), (20, 0), (40, 0), (60, 0))
    low, high, origin = np.array([17.5, -1]), np.array([57.5, 1]), np.zeros(3)
    found = crown_trees(crowns, np.array([2, 1, 2, 1]), low, high, origin)
    assert [kind for kind, _ in found] == [1, 2]
    assert [len(bvh.triangle) for _, bvh in found] == [640, 320]
    assert not crown_trees(crowns, np.zeros(4, int), low + [0, 100], high + [0, 100], origin)
    assert crown_trees(crowns, np.zeros(4, int), np.array([0, 0, 20]), np.array([9, 9, 30]), origin) == []


def test_a_tree_of_both_sources_counts_once() -> None:
    city, points = spheres((0, 0), (20, 0), source=CITYGML), spheres((1, 1), (24, 0), (40, 0))
    both = together(city, points)
    assert both.id == ("citygml0", "citygml1", "las1", "las2")
    assert both.report["scanned trees that the model has"] == 1
    made = sealed(both.vertices, both.triangles, both.tree, both.tree)
    assert (made.shell >= 0).all() and np.array_equal(np.unique(both.tree), np.arange(4))
    none = crowns_of([], [], {})
    assert together(none, points).id == points.id and together(city, none).id == city.id
    assert len(together(none, none)) == 0


def test_a_wood_knows_the_trees_that_stand_in_it() -> None:
    """An L of 40 m: trees in its arms are its own, however far from its middle; one between the arms is not."""
    arms = np.array([[(0, 0, 0), (40, 0, 0), (40, 10, 0)], [(0, 0, 0), (40, 10, 0), (0, 10, 0)]], float)
    arms = np.concatenate([arms, [[(0, 10, 0), (10, 10, 0), (10, 40, 0)], [(0, 10, 0), (10, 40, 0), (0, 40, 0)]]])
    wood = crowns_of([prism(arms, 12.0)], [Tree("wood", "", CITYGML, 12.0, 0.0, 29.9, 0.4)], {})
    both = together(wood, spheres((37, 5), (5, 37), (24, 24), (60, 5)))
    assert both.id == ("wood", "las2", "las3") and both.report["scanned trees that the model has"] == 2


def test_bodies_keep_their_places_far_from_zero() -> None:
    body = spheroid(np.array([5e5, 5.7e6, 100.0]), 6.0, 8.0)
    assert isinstance(body, Body) and np.allclose(
        (body.vertices.min(axis=0) + body.vertices.max(axis=0)) / 2, [5e5, 5.7e6, 100]
    )
