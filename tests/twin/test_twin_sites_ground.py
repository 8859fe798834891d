"""Slope of squares against a plane of known slope, steep land against its own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from twin.sites.ground import barred_ground, fall_of, grouped, pieces_of, plane_through, slope_class, squares_of
from twin.sites.run import buildings_near
from twin.terrain.surface import Surface, surface_of


def plane(tilt_deg: float, towards_deg: float, size: float = 200.0, hole: bool = False) -> Surface:
    """Ground that falls towards a grid azimuth."""
    fall = np.tan(np.radians(tilt_deg))
    east, north = -fall * np.sin(np.radians(towards_deg)), -fall * np.cos(np.radians(towards_deg))
    x, y = np.meshgrid(np.linspace(0, size, 21), np.linspace(0, size, 21))
    vertex = np.stack([x.ravel(), y.ravel(), (500.0 + east * x + north * y).ravel()], axis=1)
    index = np.arange(21 * 21).reshape(21, 21)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    keep = np.ones(len(a), bool)
    if hole:
        keep &= vertex[a, 0] < 100.0
    triangle = np.concatenate([np.stack([a, b, c], axis=1)[keep], np.stack([a, c, d], axis=1)[keep]])
    return surface_of(vertex, triangle)


@pytest.mark.parametrize(("tilt", "towards"), [(0.0, 180.0), (7.0, 180.0), (12.0, 45.0), (25.0, 300.0)])
def test_slope_of_a_plane(tilt: float, towards: float) -> None:
    surface = plane(tilt, towards)
    area = shapely.box(33, 41, 158, 149)
    squares = squares_of(area, surface, 20.0)
    assert np.allclose(squares.tilt_deg, tilt, atol=1e-6)
    pieces = pieces_of(area, squares, surface)
    assert pieces.area_m2.sum() == pytest.approx(area.area)
    assert np.allclose(pieces.height_m, surface.height(pieces.place))
    found, azimuth = fall_of(pieces.gradient, pieces.area_m2, 1.5)
    assert found == pytest.approx(tilt, abs=1e-6)
    assert azimuth == pytest.approx(towards + 1.5 if tilt else 180.0, abs=1e-6)


def test_planes_of_least_squares_with_gaps() -> None:
    rng = np.random.default_rng(3)
    off = rng.uniform(-10, 10, (25, 2))
    height = rng.normal(100, 3, (40, 25))
    height[rng.uniform(size=height.shape) < 0.3] = np.nan
    middle, gradient = plane_through(off, height)
    for row in range(40):
        known = np.isfinite(height[row])
        system = np.column_stack([np.ones(known.sum()), off[known]])
        solved = np.linalg.lstsq(system, height[row][known], rcond=None)[0]
        assert np.allclose([middle[row], *gradient[row]], solved)
    few = np.full((1, 25), np.nan)
    few[0, :5] = 1.0
    assert np.isnan(plane_through(off, few)[0]).all()


@pytest.mark.parametrize(
    ("tilt", "towards", "steep"),
    [(14.0, 0.0, False), (16.0, 0.0, True), (16.0, 180.0, False), (16.0, 90.0, False), (21.0, 180.0, True)],
)
def test_steep_land(tilt: float, towards: float, steep: bool) -> None:
    squares = squares_of(shapely.box(40, 40, 80, 80), plane(tilt, towards), 20.0)
    assert [one.reason for one in barred_ground(squares, 20.0, 15.0)] == (["steep"] if steep else [])


def test_land_without_terrain_is_cut_sample_by_sample() -> None:
    squares = squares_of(shapely.box(50, 50, 150, 90), plane(5.0, 180.0, hole=True), 20.0)
    (gone,) = barred_ground(squares, 20.0, 15.0)
    assert gone.reason == "no_terrain"
    assert shapely.box(100, 50, 150, 90).difference(gone.shape).area < 1e-6
    assert gone.shape.intersection(shapely.box(50, 50, 100, 90)).area < 1e-6


def test_classes_of_slope() -> None:
    gradient = np.array([[0.0, 0.01], [0.0, -0.1], [0.0, 0.1], [-0.1, 0.0], [0.0, -0.2]])
    level, south, north, east, steeper = slope_class(gradient)
    assert level == 0 and len({level, south, north, east, steeper}) == 5


def test_small_classes_join_the_largest() -> None:
    kind = np.array([0, 0, 5, 7, 7])
    assert grouped(kind, np.array([50.0, 20.0, 1.0, 15.0, 14.0])).tolist() == [0, 0, 0, 7, 7]


def test_land_cut_row_by_row_is_land_cut_whole() -> None:
    """Against every square cut with the whole shape, on a shape with holes in several parts."""
    rng = np.random.default_rng(5)
    holes = [shapely.Point(*rng.uniform(0, 200, 2)).buffer(rng.uniform(3, 12)) for _ in range(40)]
    usable = shapely.difference(shapely.box(7, 11, 189, 193), shapely.union_all(holes))
    surface = plane(6.0, 200.0)
    squares = squares_of(shapely.box(0, 0, 200, 200), surface, 20.0)
    corner = squares.low + 20.0
    whole = shapely.area(shapely.intersection(shapely.box(*squares.low.T, *corner.T), usable))
    pieces = pieces_of(usable, squares, surface)
    assert np.abs(pieces.area_m2 - whole[whole > 0]).max() < 1e-9
    assert pieces.area_m2.sum() == pytest.approx(usable.area, abs=1e-6)
    assert shapely.contains_xy(usable, *pieces.place.T).all()
    assert len(pieces_of(shapely.MultiPolygon(), squares, surface).area_m2) == 0


def test_buildings_near_are_those_within_the_distance() -> None:
    rng = np.random.default_rng(7)
    low = rng.uniform(0, 400, (300, 2))
    feet = shapely.box(*low.T, *(low + rng.uniform(2, 9, low.shape)).T)
    area = shapely.Point(200, 200).buffer(60).difference(shapely.Point(200, 200).buffer(30))
    near = feet[shapely.distance(feet, area) <= 7.5]
    found = buildings_near(shapely.STRtree(feet), area, 7.5)
    assert found is not None and found.distance_m == 7.5
    assert found.shape.equals(shapely.union_all(shapely.buffer(near, 7.5, quad_segs=16)))
    assert buildings_near(shapely.STRtree(feet), shapely.box(900, 900, 910, 910), 7.5) is None
    assert buildings_near(shapely.STRtree(np.array([], object)), area, 7.5) is None
