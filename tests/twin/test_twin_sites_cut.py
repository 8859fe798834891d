"""Exclusions: usable land and pieces are the area, whatever the shapes; each piece is where its reason says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from twin.sites.cut import Barred, Limits, cut
from twin.sites.layers import Layer

NONE = Limits(0.0, 0.0, 0.0)
# Coordinates as a city's: the arithmetic must hold in millions of metres.
EAST, NORTH = 690_000.0, 5_336_000.0


def layer(shape: shapely.Geometry, kind: str = "nature_reserve", distance_m: float = 0.0) -> Layer:
    return Layer(kind, Path(f"{kind}.gpkg"), kind, None, distance_m, shape)


def blob(seed: int, centre: tuple[float, float], radius: float) -> shapely.Polygon:
    """A crooked star, often with a hole."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 17))
    reach = radius * rng.uniform(0.4, 1.0, 17)
    ring = np.stack([centre[0] + reach * np.cos(angle), centre[1] + reach * np.sin(angle)], axis=1)
    shape = shapely.make_valid(shapely.Polygon(ring))
    return shape.difference(shapely.Point(*centre).buffer(radius * 0.15))


@pytest.mark.parametrize("seed", range(12))
def test_usable_and_pieces_are_the_area(seed: int) -> None:
    area = blob(seed, (EAST, NORTH), 200.0)
    layers = [layer(blob(seed + 50 + k, (EAST + 60 * k, NORTH - 40 * k), 110.0), f"own{k}") for k in range(3)]
    barred = [Barred("building", 10.0, blob(seed + 99, (EAST - 80, NORTH + 30), 60.0))]
    done = cut(area, layers, barred, Limits(4.0, 10.0, 500.0))
    cut_off = sum(piece.shape.area for piece in done.pieces)
    assert done.usable.area + cut_off == pytest.approx(area.area, abs=0.1)
    # independently: one difference, another order, all masks at once
    masks = shapely.union_all([barred[0].shape, *(one.shape for one in reversed(layers))])
    layered = sum(piece.shape.area for piece in done.pieces if piece.reason in ("layer", "building"))
    assert layered == pytest.approx(area.area - area.difference(masks).area, abs=0.1)
    for piece, one in zip(
        [p for p in done.pieces if p.layer], [o for o in layers if o.shape.intersects(area)], strict=True
    ):
        assert piece.covers_m2 == pytest.approx(area.intersection(one.shape).area, abs=1e-3)
    # nothing overlaps, nothing leaves the area, the edge is kept
    parts = [done.usable, *(piece.shape for piece in done.pieces)]
    assert shapely.union_all(parts).area == pytest.approx(area.area, abs=0.1)
    assert done.usable.difference(area.buffer(1e-6)).area < 1e-3
    if not done.usable.is_empty:
        assert done.usable.distance(area.difference(masks).boundary) >= 4.0 - 0.02


def test_a_piece_taken_twice_is_said_twice_and_counted_once() -> None:
    area = shapely.box(0, 0, 100, 100)
    done = cut(area, [layer(shapely.box(0, 0, 50, 100), "a"), layer(shapely.box(20, 0, 60, 100), "b")], [], NONE)
    assert [(p.layer.kind, p.shape.area, p.covers_m2) for p in done.pieces if p.layer] == [
        ("a", 5000.0, 5000.0),
        ("b", 1000.0, 4000.0),
    ]
    inside = cut(area, [layer(shapely.box(0, 0, 50, 100), "a"), layer(shapely.box(10, 0, 40, 9), "b")], [], NONE)
    assert inside.pieces[1].shape.area == 0.0 and inside.pieces[1].covers_m2 == 270.0


def test_edge_narrow_and_small_pieces() -> None:
    dumbbell = shapely.union_all(
        [shapely.box(0, 0, 60, 60), shapely.box(60, 25, 160, 35), shapely.box(160, 0, 180, 60)]
    )
    done = cut(dumbbell, [], [], Limits(0.0, 15.0, 1500.0))
    assert {p.reason: round(p.shape.area, 6) for p in done.pieces} == {"narrow": 1000.0, "small": 1200.0}
    assert done.usable.area == pytest.approx(3600.0)
    edged = cut(shapely.box(0, 0, 60, 60), [], [], Limits(5.0, 0.0, 0.0))
    assert edged.usable.area == pytest.approx(2500.0)


def test_an_area_wholly_excluded_has_nothing_left() -> None:
    done = cut(shapely.box(0, 0, 10, 10), [layer(shapely.box(-1, -1, 11, 11))], [], Limits(3.0, 5.0, 10.0))
    assert done.usable.is_empty and [p.reason for p in done.pieces] == ["layer"]
