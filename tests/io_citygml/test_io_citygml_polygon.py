"""Areas, normals and triangles against shapely and against themselves."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely

from io_citygml import polygon
from io_citygml.polygon import Rings, measure, surface_areas, triangulate
from io_citygml.read import read_city

UTM = np.array([445600.0, 5547800.0, 120.0])


def model_of(surfaces: list[list[np.ndarray]]) -> Any:
    """Just the arrays of a CityModel."""
    rings = [ring for surface in surfaces for ring in surface]
    return SimpleNamespace(
        coords=np.concatenate(rings),
        ring_start=np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]),
        surface_ring=np.concatenate([[0], np.cumsum([len(surface) for surface in surfaces])]),
    )


def star(rng: np.random.Generator, n: int, radius_m: float) -> np.ndarray:
    """(n, 2) a simple, mostly concave polygon."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, n))
    distance = radius_m * rng.uniform(0.5, 1.0, n)
    return np.column_stack([distance * np.cos(angle), distance * np.sin(angle)])


def frame(rng: np.random.Generator) -> np.ndarray:
    """(3, 3) random rotation."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, ::-1]


def random_surfaces(n: int, seed: int) -> tuple[list[list[np.ndarray]], list[float], np.ndarray]:
    """Rotated polygons with up to two holes at UTM magnitudes; their shapely areas and true normals."""
    rng = np.random.default_rng(seed)
    surfaces, areas, normals = [], [], []
    while len(surfaces) < n:
        shell = star(rng, int(rng.integers(3, 20)), 10.0)
        holes = [star(rng, 5, 1.0) + offset for offset in ([-1.5, 0.0], [1.5, 0.0])[: int(rng.integers(0, 3))]]
        flat = shapely.Polygon(shell, [hole[::-1] for hole in holes])
        if not flat.is_valid or flat.area < 1.0:
            continue
        turn = frame(rng)
        ccw = shapely.LinearRing(shell).is_ccw
        surfaces.append([ring @ turn[:2] + UTM for ring in (shell, *holes)])  # (x, y) along the rows of turn
        areas.append(flat.area)
        normals.append(turn[2] if ccw else -turn[2])
    return surfaces, areas, np.array(normals)


def test_areas_and_normals_against_shapely() -> None:
    surfaces, areas, normals = random_surfaces(200, 1)
    model = model_of(surfaces)
    shapes = measure(Rings(model.coords, model.ring_start, model.surface_ring))
    assert shapes.area == pytest.approx(areas, rel=1e-8)
    assert np.abs(shapes.normal - normals).max() < 1e-7
    assert shapes.off_plane.max() < 1e-7
    length = [sum(np.linalg.norm(np.roll(shell, -1, axis=0) - shell, axis=1)) for shell, *_ in surfaces]
    assert shapes.perimeter == pytest.approx(length, rel=1e-12)


def test_triangles_fill_the_polygon_and_wind_with_it() -> None:
    surfaces, areas, normals = random_surfaces(300, 2)
    model = model_of(surfaces)
    triangles = triangulate(model, np.arange(300))
    corner = model.coords[triangles.triangle]
    vector = 0.5 * np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    along = np.einsum("ij,ij->i", vector, normals[triangles.surface])
    assert along.min() > -1e-7
    assert np.bincount(triangles.surface, along, 300) == pytest.approx(areas, rel=1e-8)


def border(triangle: np.ndarray) -> set[tuple[int, int]]:
    """Directed edges that no other triangle uses the other way round."""
    edges = Counter((int(row[k]), int(row[(k + 1) % 3])) for row in triangle for k in range(3))
    assert max(edges.values()) == 1
    return {edge for edge in edges if edge[::-1] not in edges}


@pytest.mark.parametrize("seed", range(5))
def test_no_point_is_lost(seed: int) -> None:
    """The border of the triangles is the polygon's, point by point, also with points on straight edges."""
    rng = np.random.default_rng(seed)
    for _ in range(20):
        corners = star(rng, int(rng.integers(3, 8)), 10.0)
        between = [0.5 * (a + b) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
        ring = np.array([point for pair in zip(corners, between, strict=True) for point in pair])
        ring = np.roll(ring, int(rng.integers(0, len(ring))), axis=0)
        model = model_of([[np.column_stack([ring, np.zeros(len(ring))]) + UTM]])
        n = len(ring)
        triangle = triangulate(model, np.array([0])).triangle
        assert border(triangle) == {(k, (k + 1) % n) for k in range(n)} and len(triangle) == n - 2


def test_collinear_points_around_a_hole() -> None:
    outer = np.array([[0, 0, 0], [2, 0, 0], [4, 0, 0], [4, 4, 0], [2, 4, 0], [0, 4, 0.0]])
    inner = np.array([[1, 1, 0], [1, 2, 0], [1, 3, 0], [3, 3, 0], [3, 1, 0], [2, 1, 0.0]])
    triangle = triangulate(model_of([[outer, inner]]), np.array([0])).triangle
    ring = {(k, (k + 1) % 6) for k in range(6)} | {(6 + k, 6 + (k + 1) % 6) for k in range(6)}
    assert border(triangle) == ring


def test_quads_and_their_reflex_corner() -> None:
    dart = np.array([[0, 0, 0], [4, 0, 0], [1, 1, 0], [0, 4, 0.0]])
    for shift in range(4):
        model = model_of([[np.roll(dart, shift, axis=0)]])
        corner = model.coords[triangulate(model, np.array([0])).triangle]
        doubled = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])[:, 2]
        assert len(doubled) == 2 and doubled.min() > 0 and doubled.sum() == pytest.approx(8.0)


def test_nothing_comes_of_nothing() -> None:
    line = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0.0]])
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
    triangles = triangulate(model_of([[line], [square], [line[:1]]]), np.array([0, 1, 2, 1]))
    assert triangles.surface.tolist() == [1, 1, 1, 1]
    assert len(triangulate(model_of([[square]]), np.array([], dtype=int)).triangle) == 0


def test_area_at_utm_magnitude_is_exact() -> None:
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]]) * 0.25
    assert surface_areas(model_of([[square + [445600.5, 5547800.25, 0]]])).tolist() == [0.0625]


def test_house_is_closed(city_data: Path) -> None:
    """Each object of the house: every edge is used once in each direction."""
    model = read_city([city_data / "house_and_garage.gml"])
    _, point = np.unique(model.coords, axis=0, return_inverse=True)
    for index in range(2):
        triangles = triangulate(model, np.flatnonzero(model.object == index))
        assert border(point.reshape(-1)[triangles.triangle]) == set()


def test_limits_are_ordered() -> None:
    assert polygon.MIN_AREA_M2 < polygon.PLANARITY_M**2 < polygon.SLIVER_WIDTH_M


def test_no_point_is_lost_around_holes() -> None:
    """Rectangles and a hole with many points on their edges: mapbox_earcut alone loses some in every third."""
    rng = np.random.default_rng(7)

    def dotted(corners: list[tuple[float, float]]) -> np.ndarray:
        points = []
        for a, b in zip(np.array(corners), np.roll(corners, -1, axis=0), strict=True):
            share = np.sort(rng.choice(8, int(rng.integers(0, 5)), replace=False))[:, None] / 8
            points.append(np.vstack([a, a + (b - a) * share[share[:, 0] > 0]]))
        ring = np.roll(np.vstack(points), int(rng.integers(0, 9)), axis=0)
        return np.column_stack([ring, np.zeros(len(ring))]) + UTM

    for _ in range(200):
        outer = dotted([(0, 0), (8, 0), (8, 6), (0, 6)])
        inner = dotted([(1, 1), (1, 4), (5, 4), (5, 1)])
        model = model_of([[outer, inner][: int(rng.integers(1, 3))]])
        start = model.ring_start
        edges = {(i, i + 1 if i + 1 < b else a) for a, b in pairwise(start.tolist()) for i in range(a, b)}
        triangle = triangulate(model, np.array([0])).triangle
        corner = model.coords[triangle]
        doubled = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])[:, 2]
        assert border(triangle) == edges and doubled.min() >= 0
        assert len(triangle) == len(model.coords) + 2 * (len(start) - 2) - 2
