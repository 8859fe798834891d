"""The benchmarks' city is what its description says: closed, outward prisms on an open land, points on its faces."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import _rays_points, relief_city
from benchmarks.relief_city import FACADE, FLOOR, GROUND, ROOF, City


@pytest.fixture(scope="module")
def town() -> City:
    return relief_city.city(400.0, 400)


def test_default_city_is_the_measured_one() -> None:
    mesh = relief_city.city()
    assert len(mesh.triangles) == relief_city.TRIANGLES
    assert (mesh.kind == GROUND).sum() == 80_000
    land = mesh.vertices[mesh.triangles[mesh.kind == GROUND]]
    assert np.allclose(land.min(axis=(0, 1))[:2], -1000.0) and np.allclose(land.max(axis=(0, 1))[:2], 1000.0)


def test_closed_triangles_pair_along_every_edge(town: City) -> None:
    """Each directed edge of a closed triangle occurs once, and once in the opposite sense."""
    corner = town.triangles[town.closed]
    edges = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [2, 0]]])
    forward, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 1).all()
    assert np.array_equal(forward, np.unique(edges[:, ::-1], axis=0))
    assert not town.closed[town.kind == GROUND].any() and town.closed[town.kind != GROUND].all()


def test_solids_are_outward(town: City) -> None:
    """Roofs look up, floors down, and the enclosed volume is positive."""
    a, b, c = (town.vertices[town.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    assert (normal[town.kind == ROOF, 2] > 0).all() and (normal[town.kind == FLOOR, 2] < 0).all()
    assert np.abs(normal[town.kind == FACADE, 2]).max() < 1e-9
    assert np.einsum("ij,ij->", a[town.closed], normal[town.closed]) / 6.0 > 100_000.0


def test_a_larger_city_is_as_dense() -> None:
    small, large = relief_city.city_of(0.05), relief_city.city_of(0.1)
    assert len(large.triangles) == pytest.approx(100_000, rel=0.1)
    density = [mesh.closed.sum() / mesh.size_m**2 for mesh in (small, large)]
    assert density[0] == pytest.approx(density[1], rel=0.15)


def test_points_lie_off_their_faces(town: City) -> None:
    """One a spacing² of roof, façade and land on average; none below the land or on a floor."""
    everywhere = np.ones(len(town.triangles), bool)
    sensors = _rays_points.sample(town, everywhere, 2.0, seed=5)
    a, b, c = (town.vertices[town.triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2.0
    for kind in (ROOF, FACADE, GROUND):
        assert (sensors.kind == kind).sum() == pytest.approx(area[town.kind == kind].sum() / 4.0, rel=0.01)
    assert not (sensors.kind == FLOOR).any()
    kept = _rays_points.above_land(town, sensors)
    x, y = (kept.points[:, k] + town.size_m / 2.0 for k in range(2))
    above = kept.points[:, 2] - relief_city.height(x, y)
    assert (above[kept.kind == FACADE] > 0.0).all()
    land = above[kept.kind == GROUND]
    assert np.abs(land).max() < 0.2  # 10 m cells chord the hills
    assert len(kept.points) < len(sensors.points)


def test_pieces_hold_every_point_once(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rays_points, "MOST_POINTS", 1000)
    pieces = _rays_points.whole(town, 4.0)
    assert len(pieces) > 4 and max(len(piece.points) for piece in pieces) <= 1000
    everywhere = _rays_points.sample(town, np.ones(len(town.triangles), bool), 4.0, seed=2)
    expected = _rays_points.above_land(town, everywhere).points
    found = np.concatenate([piece.points for piece in pieces])
    assert np.array_equal(np.unique(found, axis=0), np.unique(expected, axis=0)) and len(found) == len(expected)
