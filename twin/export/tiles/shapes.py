"""Triangles of surfaces on Earth: from polygons of the table to vertices that a tile holds.

Every vertex belongs to one surface, because neighbours differ in normal, colour and identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.earth import into_frame
from io_citygml.polygon import Rings, measure, triangulate_rings

if TYPE_CHECKING:
    import geopandas


class Shapes(NamedTuple):
    """Polygons of surfaces as flat arrays; vertices of a surface lie together, in the order of the surfaces."""

    rings: Rings  # in the city's CRS [m]
    normal: NDArray[np.float64]  # (S, 3) unit, in the CRS; 0 where a surface has no area
    vertex_start: NDArray[np.int64]  # (S + 1,)
    triangle: NDArray[np.int64]  # (T, 3) vertices, winding about the outward normal
    triangle_start: NDArray[np.int64]  # (S + 1,) triangles of each surface lie together too


class Part(NamedTuple):
    """The mesh of some surfaces in a tile's frame: x east, y north, z up [m]."""

    position: NDArray[np.float32]  # (V, 3)
    normal: NDArray[np.float32]  # (V, 3) unit
    feature: NDArray[np.int64]  # (V,) 0 … surfaces − 1, in the order asked for
    triangle: NDArray[np.int64]  # (T, 3)


def shapes_of(surfaces: geopandas.GeoDataFrame) -> Shapes:
    """Polygons of a table of surfaces, one each; a surface without a polygon gets no triangle."""
    import shapely

    polygon = np.asarray(surfaces.geometry.values)
    ring, owner = shapely.get_rings(polygon, return_index=True)
    points = shapely.get_num_coordinates(ring) - 1  # the last repeats the first
    coords = shapely.get_coordinates(ring, include_z=True)
    last = np.cumsum(points + 1) - 1
    keep = np.ones(len(coords), bool)
    keep[last] = False
    ring_start = np.concatenate([[0], np.cumsum(points)]).astype(np.int64)
    surface_ring = np.searchsorted(owner, np.arange(len(polygon) + 1)).astype(np.int64)
    rings = Rings(np.ascontiguousarray(coords[keep]), ring_start, surface_ring)
    shown = np.flatnonzero(np.diff(surface_ring) > 0)
    # ``measure`` takes no empty polygon, so those without one are left out and put back by number.
    solid = Rings(rings.coords, ring_start, surface_ring[np.append(shown, -1)])
    found = triangulate_rings(solid, np.arange(len(shown)))
    counts = np.bincount(shown[found.surface], minlength=len(polygon))
    normal = np.zeros((len(polygon), 3))
    normal[shown] = measure(solid).normal
    start = np.concatenate([[0], np.cumsum(counts)])
    return Shapes(rings, normal, ring_start[surface_ring], found.triangle, start)


def part_of(shapes: Shapes, ecef: NDArray[np.float64], surfaces: NDArray[np.intp], frame: NDArray[np.float64]) -> Part:
    """The mesh of some surfaces in a frame (4, 4).

    Parameters
    ----------
    ecef
        (C, 3) [m] of ``shapes.rings.coords``.
    """
    count = np.diff(shapes.vertex_start)[surfaces]
    vertex = vertices_of(shapes, surfaces)
    local = into_frame(frame, ecef[vertex])
    first = np.concatenate([[0], np.cumsum(count)])
    triangles = np.diff(shapes.triangle_start)[surfaces]
    row = _ranges(shapes.triangle_start[surfaces], triangles)
    moved = np.repeat(first[:-1] - shapes.vertex_start[surfaces], triangles)
    return Part(
        position=local.astype(np.float32),
        normal=np.repeat(_normals(shapes, local, surfaces, first), count, axis=0).astype(np.float32),
        feature=np.repeat(np.arange(len(surfaces)), count),
        triangle=shapes.triangle[row] + moved[:, None],
    )


def vertices_of(shapes: Shapes, surfaces: NDArray[np.intp]) -> NDArray[np.int64]:
    """Rows of ``shapes.rings.coords`` that belong to some surfaces, one surface after the other."""
    return _ranges(shapes.vertex_start[surfaces], np.diff(shapes.vertex_start)[surfaces])


def _normals(
    shapes: Shapes, local: NDArray[np.float64], surfaces: NDArray[np.intp], first: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Unit normals (S, 3) in the frame; up where a surface has no area."""
    rings = np.diff(shapes.rings.surface_ring)[surfaces]
    ring = _ranges(shapes.rings.surface_ring[surfaces], rings)
    start = np.concatenate([[0], np.cumsum(np.diff(shapes.rings.ring_start)[ring])])
    shown = np.flatnonzero(rings > 0)
    ring_of = np.concatenate([[0], np.cumsum(rings)])
    normal = np.zeros((len(surfaces), 3))
    normal[shown] = measure(Rings(local, start, ring_of[np.append(shown, -1)])).normal
    normal[~normal.any(axis=1)] = 0.0, 0.0, 1.0
    return normal


def _ranges(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers first[i] … first[i] + count[i] − 1, one range after the other."""
    ends = np.cumsum(count)
    return np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(first - (ends - count), count)
