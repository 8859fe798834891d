"""Rows of rectangles in polygons: inside, apart, and as many as there can be."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.module_packing import best_packing, random_shapes, small_shapes

from twin.pv.layout import Packed, Place, columns_in, edges_of, modules_in, rows_in
from twin.pv.planes import mended

# Positions are kept to a micrometre.
TOUCH_M = 1e-5
MODULES = (Place(1.0, 1.6, 0.0, 1.6), Place(1.6, 1.0, 0.0, 1.0))


def boxes(found: Packed, place: Place) -> np.ndarray:
    low = found.low
    return shapely.box(low[:, 0], low[:, 1], low[:, 0] + place.width_m, low[:, 1] + place.depth_m)


def check(found: Packed, place: Place, polygon: shapely.Geometry, across_m: float) -> None:
    """Inside, none closer to another than the gap, rows numbered upwards and at their distance."""
    laid = boxes(found, place)
    assert shapely.covers(polygon.buffer(TOUCH_M, join_style="mitre"), laid).all()
    grown = shapely.buffer(laid, place.gap_m / 2 - TOUCH_M, join_style="mitre", cap_style="square")
    assert shapely.union_all(grown).area == pytest.approx(shapely.area(grown).sum(), rel=1e-9)
    assert (np.diff(found.row) >= 0).all()
    assert found.row.max(initial=-1) == len(np.unique(found.row)) - 1
    start = [found.low[found.row == row, 1] for row in np.unique(found.row)]
    if across_m:
        assert all(np.ptp(row) == 0 for row in start)
        assert (np.diff([row[0] for row in start]) > across_m - TOUCH_M).all()


@pytest.mark.parametrize("name", [name for name in small_shapes() if name != "irregular"])
def test_small_roofs_hold_the_most_there_can_be(name: str) -> None:
    polygon = small_shapes()[name]
    best, proven = best_packing(polygon)
    assert proven and best > 0
    assert max(len(modules_in(polygon, place).low) for place in MODULES) >= 0.95 * best


def test_random_roofs_miss_one_module_at_most() -> None:
    ours, best = [], []
    for polygon in random_shapes(4).values():
        found, proven = best_packing(polygon)
        assert proven
        best.append(found)
        ours.append(max(len(modules_in(polygon, place).low) for place in MODULES))
    assert (np.array(ours) >= np.array(best) - 1).all()
    assert sum(ours) >= 0.98 * sum(best)


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Geometry:
    """Polygons of any kind: convex or not, with holes, self-touching, of several parts, thin, or none at all."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    corners = draw(st.integers(3, 12))
    size = draw(st.sampled_from([0.5, 3.0, 8.0, 30.0]))
    flattened = draw(st.sampled_from([1.0, 1.0, 0.3, 0.01]))
    place = random.uniform(-1, 1, (corners, 2)) * (size, size * flattened)
    if draw(st.booleans()):
        turn = np.argsort(np.arctan2(*place.T))
        place = place[turn]
    if draw(st.booleans()):
        place = np.round(place)
    shape = mended(np.array([shapely.Polygon(place)], dtype=object))[0]
    if draw(st.booleans()):
        hole = shapely.box(*(np.sort(random.uniform(-1, 1, (2, 2)) * size / 2, axis=0).ravel()))
        shape = mended(np.array([shape.difference(hole)], dtype=object))[0]
    return shape


@settings(derandomize=True, max_examples=150, deadline=None)
@given(polygons(), st.sampled_from([0.0, 0.02, 0.2]), st.sampled_from([0.0, 1.0, 3.0]), st.booleans())
def test_what_is_laid_is_inside_and_apart(polygon: shapely.Geometry, gap: float, aisle: float, portrait: bool) -> None:
    wide, deep = (1.134, 1.762) if portrait else (1.762, 1.134)
    place = Place(wide, deep, gap, deep + gap + aisle)
    if polygon.is_empty:
        return
    edges = edges_of(polygon)
    check(rows_in(edges, place), place, polygon, place.pitch_m)
    if not aisle:
        found = columns_in(edges, place)
        check(found, place, polygon, 0.0)
        most = max(len(rows_in(edges, place).low), len(found.low))
        assert len(modules_in(polygon, place).low) == most


def test_a_rectangle_is_filled_from_its_middle() -> None:
    place = Place(1.0, 1.6, 0.1, 1.7)
    found = modules_in(shapely.box(10, 20, 15.5, 25.3), place)
    assert len(found.low) == 15
    laid = shapely.total_bounds(boxes(found, place))
    assert laid == pytest.approx([10.05, 20.15, 15.45, 25.15])


def test_what_just_fits_fits() -> None:
    assert len(modules_in(shapely.box(0, 0, 3.0, 3.2), Place(1.0, 1.6, 0.0, 1.6)).low) == 6
    assert len(modules_in(shapely.box(0, 0, 3.0 - 1e-4, 3.2), Place(1.0, 1.6, 0.0, 1.6)).low) == 4


def test_rows_jump_over_an_obstacle_that_spans_the_roof() -> None:
    """Two rows below a ridge of 0.5 m and one above: no common pitch would do."""
    parts = shapely.MultiPolygon([shapely.box(0, 0, 4, 3.4), shapely.box(0, 3.9, 4, 5.6)])
    found = rows_in(edges_of(parts), Place(1.0, 1.6, 0.0, 1.6))
    assert len(found.low) == 12
    assert found.row.max() == 2


@pytest.mark.parametrize(
    "polygon",
    [
        shapely.box(0, 0, 50, 0.9),
        shapely.box(0, 0, 0.9, 50),
        shapely.Polygon([(0, 0), (40, 0.5), (40, 0.6)]),
        shapely.Polygon([(0, 0), (1, 0), (1, 1)]),
    ],
)
def test_nothing_fits_into_slivers(polygon: shapely.Geometry) -> None:
    assert all(len(modules_in(polygon, place).low) == 0 for place in MODULES)


def test_a_figure_of_eight_is_two_triangles() -> None:
    bow = mended(np.array([shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])], dtype=object))[0]
    assert bow.area == pytest.approx(50.0)
    for place in MODULES:
        found = modules_in(bow, place)
        assert len(found.low) > 10
        check(found, place, bow, 0.0)


def test_thousands_of_corners_take_no_time_and_stay_inside() -> None:
    turn = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    polygon = shapely.Polygon(np.column_stack([np.cos(turn), np.sin(turn)]) * (20 + np.sin(40 * turn))[:, None])
    place = MODULES[0]
    found = modules_in(polygon, place)
    check(found, place, polygon, 0.0)
    assert len(found.low) * 1.6 > 0.9 * polygon.area
