"""Rings that cross: found exactly, and redrawn as what they wind around, against winding numbers and shapely."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import shapely

from io_citygml.defects_shape import find_crossings, find_spikes, not_convex
from io_citygml.model import CityModel
from io_citygml.polygon import Rings, measure, surface_areas, triangulate
from io_citygml.repair import SurfaceFlag
from io_citygml.rings import order_rings, replace_surfaces

UTM = np.array([445600.0, 5547800.0, 120.0])
Read = Callable[..., CityModel]


def rings_from(surfaces: list[list[np.ndarray]]) -> Rings:
    rings = [ring for surface in surfaces for ring in surface]
    return Rings(
        np.concatenate(rings),
        np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]),
        np.concatenate([[0], np.cumsum([len(surface) for surface in surfaces])]),
    )


def in_space(rng: np.random.Generator, flat: np.ndarray) -> np.ndarray:
    """(n, 2) laid into a random plane at UTM magnitudes."""
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return flat @ q[:2] + UTM


def wound_around(ring: np.ndarray) -> float:
    """Area of the faces of a ring's own arrangement that it winds around, by winding numbers."""
    line = shapely.LineString(np.vstack([ring, ring[:1]]))
    total = 0.0
    for face in shapely.get_parts(shapely.polygonize([shapely.union_all([line])])):
        offset = ring - np.array(face.representative_point().coords[0])
        ahead = np.roll(offset, -1, axis=0)
        cross = offset[:, 0] * ahead[:, 1] - offset[:, 1] * ahead[:, 0]
        if round(np.arctan2(cross, (offset * ahead).sum(axis=1)).sum() / (2 * np.pi)):
            total += face.area
    return total


def repaired(rings: Rings) -> tuple[Rings, np.ndarray]:
    """Rings with their crossings redrawn, and the surface each came from."""
    shapes = measure(rings)
    suspects = np.flatnonzero(not_convex(rings, shapes.normal))
    found = find_crossings(rings, shapes, suspects, np.tile([0.0, 0.0, 1.0], (len(shapes.area), 1)))
    return replace_surfaces(rings, found.redrawn)


def test_random_crossing_rings_cover_what_they_wind_around() -> None:
    rng = np.random.default_rng(11)
    flat = [rng.uniform(0, 10, (int(rng.integers(4, 9)), 2)) for _ in range(250)]
    rings, origin = repaired(rings_from([[in_space(rng, ring)] for ring in flat]))
    shapes = measure(rings)
    covered = np.bincount(origin, shapes.area, len(flat))
    assert covered == pytest.approx([wound_around(ring) for ring in flat], rel=1e-6)
    corner_areas = triangle_areas(rings)
    assert corner_areas == pytest.approx(shapes.area, rel=1e-6)
    assert shapes.off_plane.max() < 1e-6 and len(origin) > len(flat)


def triangle_areas(rings: Rings) -> np.ndarray:
    class Model:
        coords, ring_start, surface_ring = rings

    triangles = triangulate(Model, np.arange(len(rings.surface_ring) - 1))  # type: ignore[arg-type]
    corner = rings.coords[triangles.triangle]
    area = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    return np.bincount(triangles.surface, area, len(rings.surface_ring) - 1)


def test_what_passes_for_convex_is_valid() -> None:
    """Soundness on random rings; and hulls, which need no search, are let through."""
    rng = np.random.default_rng(12)
    flat = [rng.uniform(0, 10, (int(rng.integers(3, 8)), 2)) for _ in range(800)]
    hulls = [np.array(shapely.MultiPoint(ring).convex_hull.exterior.coords)[:-1] for ring in flat[:200]]
    rings = rings_from([[in_space(rng, ring)] for ring in flat + hulls])
    suspect = not_convex(rings, measure(rings).normal)
    valid = shapely.is_valid([shapely.Polygon(ring) for ring in flat])
    assert valid[~suspect[:800]].all() and 0 < (~suspect[:800]).sum() < 800
    assert not suspect[800:].any()


def test_a_pentagram_goes_round_twice() -> None:
    """Every corner turns left, yet the ring crosses itself; its middle is covered."""
    angle = np.pi / 2 + 4 * np.pi * np.arange(5) / 5
    star = np.column_stack([np.cos(angle), np.sin(angle)])
    rings = rings_from([[np.column_stack([star, np.zeros(5)]) + UTM]])
    assert not_convex(rings, measure(rings).normal).all()
    full = 5 * np.sin(np.pi / 5) * np.cos(2 * np.pi / 5) / np.cos(np.pi / 5)
    assert measure(repaired(rings)[0]).area.sum() == pytest.approx(full)


def test_collinear_points_and_needles() -> None:
    """A point on a straight edge is no reason to search; a needle out and back is."""
    straight = np.array([[0, 0, 0], [2, 0, 0], [4, 0, 0], [4, 3, 0], [0, 3, 0.0]])
    needle = np.array([[0, 0, 0], [6, 0, 0], [4, 0, 0], [4, 3, 0], [0, 3, 0.0]])
    rings = rings_from([[straight], [needle]])
    assert not_convex(rings, measure(rings).normal).tolist() == [False, True]


@pytest.mark.parametrize("shift", range(7))
def test_spikes_are_cut_off(shift: int) -> None:
    """Out to a point and back, twice over, wherever the ring begins."""
    spiked = [(0, 0), (4, 0), (6, 1), (7, 7), (6, 1), (4, 0), (4, 3), (0, 3)]
    ring = np.roll(np.array([(*point, 0.0) for point in spiked]), shift, axis=0) + UTM
    rings = rings_from([[ring]])
    found = find_spikes(rings, np.array([0]))
    (piece,) = found[0]
    assert {tuple(point) for point in (piece[0] - UTM)[:, :2].tolist()} == {(0, 0), (4, 0), (4, 3), (0, 3)}
    assert len(piece[0]) == 4 and measure(rings_from([piece])).area[0] == pytest.approx(12.0)


def test_holes_that_cross_or_leave_their_exterior() -> None:
    square = np.array([[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0.0]])
    across = np.array([[-1, 1, 0], [5, 1, 0], [5, 2, 0], [-1, 2, 0.0]])
    outside = square * 0.25 + [8, 0, 0]
    nested = [square * 0.5 + [1, 1, 0], square * 0.25 + [1.5, 1.5, 0]]
    rings, _, turned = order_rings(rings_from([[square, across], [square, outside], [square, *nested]]))
    assert turned.tolist() == [0, 1, 2]
    drawn, origin = repaired(rings)
    assert np.bincount(origin, measure(drawn).area) == pytest.approx([12.0, 16.0, 12.0])
    assert origin.tolist() == [0, 0, 1, 2]  # the first hole cuts its polygon in two


def roof(points: list[tuple[float, float]], z: float = 3.0) -> str:
    text = " ".join(f"{500000 + x} {5700000 + y} {z}" for x, y in [*points, points[0]])
    return (
        '<bldg:boundedBy><bldg:RoofSurface gml:id="R"><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>'
        f"<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing></gml:exterior>"
        "</gml:Polygon></gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface>"
        "</bldg:boundedBy>"
    )


def test_a_bow_tie_is_read_with_its_area(read_building: Read) -> None:
    """Equal lobes: no vector area at all. They become two polygons that face up, as a roof does."""
    model = read_building(roof([(0, 0), (4, 3), (4, 0), (0, 3)]))
    assert surface_areas(model) == pytest.approx([3.0, 3.0])
    assert model.surface_id == ("R#1", "R#2") and set(model.boundary_id) == {"R"}
    assert np.all(model.flags == SurfaceFlag.SELF_INTERSECTING) and np.all(measure_normals(model)[:, 2] == 1)
    report = model.report
    assert report.defect_counts() == {"self-intersecting": 1} and report.area_read_m2 == pytest.approx(0.0)
    assert report.area_repaired_m2 == {"self-intersecting": pytest.approx(6.0)}


def measure_normals(model: CityModel) -> np.ndarray:
    return measure(Rings(model.coords, model.ring_start, model.surface_ring)).normal


def test_a_ring_that_only_touches_itself_stays_as_drawn(read_building: Read) -> None:
    points = [(0, 0), (4, 0), (2, 2), (4, 4), (0, 4), (2, 2)]
    model = read_building(roof(points))
    assert model.n_surfaces == 1 and model.flags.tolist() == [SurfaceFlag.SELF_INTERSECTING]
    assert model.report.area_repaired_m2 == {} and surface_areas(model) == pytest.approx([8.0])


def test_a_tangle_stays_as_drawn_and_is_said(read_building: Read) -> None:
    """Eighty random points cross some seven hundred times."""
    points = [tuple(point) for point in np.random.default_rng(5).uniform(0, 50, (80, 2)).round(3).tolist()]
    model = read_building(roof(points))
    assert model.n_surfaces == 1 and model.report.area_repaired_m2 == {}
    (entry,) = [entry for entry in model.report.defects if entry.kind == "self-intersecting"]
    assert "too often" in entry.action and model.flags[0] & SurfaceFlag.SELF_INTERSECTING


def test_points_of_the_file_keep_their_coordinates(read_building: Read) -> None:
    points = [(0.123, 0.457), (4.001, 3.333), (4.25, 0.019), (0.007, 3.003)]
    model = read_building(roof(points))
    known = {(500000 + x, 5700000 + y) for x, y in points}
    drawn = {tuple(point) for point in model.coords[:, :2].tolist()}
    assert known < drawn and len(drawn) == 5


def test_what_is_kept_of_a_spiked_ring(read_building: Read) -> None:
    model = read_building(roof([(0, 0), (4, 0), (9, 0), (4, 0), (4, 3), (0, 3)]))
    assert len(model.coords) == 4 and model.flags.tolist() == [SurfaceFlag.DUPLICATE_POINTS]
    assert model.report.defect_counts() == {"spike": 1}
    assert all(tuple(a) != tuple(b) for a, b in pairwise(model.coords.tolist()))
