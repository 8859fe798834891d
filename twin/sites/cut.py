"""What is left of an area, and every piece that is cut off with its reason.

Pieces are cut one step after the other, so they never overlap: usable land and pieces together are the area. A step
that covers land which an earlier step has taken is said with what it covers and 0 m² of its own.

Oracle: tests/twin/test_twin_sites_cut.py, areas of shapely's differences in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from twin.sites.layers import Layer, polygons_of

if TYPE_CHECKING:
    import shapely

# Crumbs of arithmetic on coordinates of millions of metres: below a hundredth of a square centimetre.
CRUMB_M2 = 1e-6
MITRE = "mitre"


class Limits(NamedTuple):
    """What shape usable land must have."""

    edge_m: float  # kept free along its edge
    narrowest_m: float
    minimum_m2: float  # of each piece


class Barred(NamedTuple):
    """Land that is taken for a reason of its own, which no layer of the user's names."""

    reason: str  # "no_terrain", "building", "steep"
    distance_m: float
    shape: shapely.Geometry


class Piece(NamedTuple):
    """A piece that is cut off."""

    reason: str  # "layer", "no_terrain", "building", "steep", "edge", "narrow", "small"
    layer: Layer | None
    distance_m: float
    shape: shapely.Geometry  # empty where earlier pieces hold all of it
    covers_m2: float  # of the area, earlier pieces included


class Cut(NamedTuple):
    """An area after all cuts."""

    usable: shapely.Geometry
    pieces: tuple[Piece, ...]


def cut(area: shapely.Geometry, layers: Sequence[Layer], barred: Sequence[Barred], limits: Limits) -> Cut:
    """Cut an area: layers in their order, then what is barred, then edge, narrow and small pieces."""
    import shapely

    left, pieces = area, []
    masks: list[tuple[str, Layer | None, float, shapely.Geometry]] = [
        ("layer", layer, layer.distance_m, layer.shape) for layer in layers
    ]
    masks += [(one.reason, None, one.distance_m, one.shape) for one in barred]
    for reason, layer, distance, mask in masks:
        covered = polygons_of(shapely.intersection(area, mask))
        if covered.area <= CRUMB_M2:
            continue
        piece = polygons_of(shapely.intersection(left, mask))
        left = polygons_of(shapely.difference(left, mask))
        pieces.append(Piece(reason, layer, distance, piece, float(covered.area)))
    for reason, distance, kept in (
        ("edge", limits.edge_m, _without_edge),
        ("narrow", limits.narrowest_m, _without_narrow),
        ("small", limits.minimum_m2, _without_small),
    ):
        after = kept(left, distance)
        piece = polygons_of(shapely.difference(left, after))
        if piece.area > CRUMB_M2:
            kept_off = 0.0 if reason == "small" else distance  # an area is no distance
            pieces.append(Piece(reason, None, kept_off, piece, float(piece.area)))
        left = after
    return Cut(left, tuple(pieces))


def _without_edge(shape: shapely.Geometry, edge_m: float) -> shapely.Geometry:
    import shapely

    return shape if edge_m == 0 else _inside(shape, shapely.buffer(shape, -edge_m, quad_segs=16))


def _without_narrow(shape: shapely.Geometry, narrowest_m: float) -> shapely.Geometry:
    """The shape without what a square of this size finds no room in."""
    import shapely

    if narrowest_m == 0:
        return shape
    core = shapely.buffer(shape, -narrowest_m / 2, join_style=MITRE)
    return _inside(shape, shapely.buffer(core, narrowest_m / 2, join_style=MITRE))


def _without_small(shape: shapely.Geometry, minimum_m2: float) -> shapely.Geometry:
    import shapely

    parts = [part for part in shapely.get_parts(shape) if part.area >= max(minimum_m2, CRUMB_M2)]
    return shapely.multipolygons(parts) if parts else shapely.MultiPolygon()


def _inside(shape: shapely.Geometry, grown: shapely.Geometry) -> shapely.Geometry:
    """What of a grown shape lies inside the old one."""
    import shapely

    return polygons_of(shapely.intersection(shape, grown))
