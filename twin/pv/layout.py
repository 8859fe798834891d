"""Rectangles in rows in a polygon: how many modules fit, and where.

For a row of given height the places along it are exact: every edge of the polygon inside the strip blocks its own
projection, and between two blocked intervals the strip lies wholly inside or wholly outside. Which rows to take is
then one dimension: the best set of strips of height ``depth_m``, ``pitch_m`` apart or more, by dynamic programming
over their lower edges. Lower edges stand on a grid of about 5 cm that divides the pitch, and wherever a row that begins
or ends at a corner of the polygon would put them.

Oracle: the largest packing with free positions, by integer programming (tests/oracles/module_packing.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.pv.rows_kernel import lay_rows, upright_rectangle

if TYPE_CHECKING:
    import shapely


class Place(NamedTuple):
    """What is laid as one: a module, or a tent of two."""

    width_m: float  # along the row
    depth_m: float  # across
    gap_m: float  # between two of a row
    pitch_m: float  # from the lower edge of one row to the next's, at least depth_m


class Packed(NamedTuple):
    """Places in rows, ascending by row, then along it."""

    low: NDArray[np.float64]  # (K, 2) lower left corners [m]
    row: NDArray[np.int32]  # (K,) counted from below


def edges_of(polygon: shapely.Geometry) -> NDArray[np.float64]:
    """(E, 4) x, y, x, y of the edges [m] of a valid polygon or of several."""
    import shapely

    rings = shapely.get_rings(shapely.get_parts(polygon))
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    follows = ring[1:] == ring[:-1]
    return np.column_stack([coords[:-1][follows], coords[1:][follows]])


def rows_in(edges: NDArray[np.float64], place: Place) -> Packed:
    """Most places in rows along x, inside the polygons that ``edges`` (E, 4) bound."""
    return Packed(*lay_rows(edges, place.width_m, place.depth_m, place.gap_m, place.pitch_m))


def columns_in(edges: NDArray[np.float64], place: Place) -> Packed:
    """The same with rows along y: ``width_m`` counts along x all the same, as the place stands upright."""
    turned = Place(place.depth_m, place.width_m, place.gap_m, place.width_m + place.gap_m)
    found = rows_in(np.ascontiguousarray(edges[:, [1, 0, 3, 2]]), turned)
    return Packed(np.ascontiguousarray(found.low[:, ::-1]), found.row)


def modules_in(polygon: shapely.Geometry, place: Place) -> Packed:
    """Most single modules of one position, in rows or in columns, inside a polygon or several."""
    edges = edges_of(polygon)
    rows = rows_in(edges, place)
    if upright_rectangle(edges) or (len(rows.low) + 1) * place.width_m * place.depth_m > polygon.area:
        return rows
    columns = columns_in(edges, place)
    return columns if len(columns.low) > len(rows.low) else rows
