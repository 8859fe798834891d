"""Plane geometry of polygons in space: vector areas, normals, planarity, triangles.

Vector area by Newell's sum ½ Σ pᵢ × pᵢ₊₁ (Sutherland, Sproull and Schumacker 1974, https://doi.org/10.1145/356625.356626),
taken about the ring's first point: UTM magnitudes would cost nine of float64's sixteen digits.
Oracles: shapely's area of rotated polygons, and the sum of the triangles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.earclip import clip_ears
from io_citygml.model import CityModel

# val3dity's default distance tolerance (Ledoux 2018, https://doi.org/10.1186/s40965-018-0043-x); also the distance of
# a receiver from its surface, so a larger deviation could bury a receiver.
PLANARITY_M = 0.01
# Lower Saxony's LoD2 study calls polygons narrower than 2 cm slivers.
SLIVER_WIDTH_M = 0.02
# A square of a tenth of a millimetre squared per metre of perimeter is below the millimetre the files are written in.
MIN_AREA_M2 = 1e-6


class Rings(NamedTuple):
    """Rings as flat arrays; none is empty."""

    coords: NDArray[np.float64]
    """(C, 3) [m]."""
    ring_start: NDArray[np.int64]
    """(R+1,)."""
    surface_ring: NDArray[np.int64]
    """(S+1,)."""


class Shapes(NamedTuple):
    """Measures of every surface."""

    normal: NDArray[np.float64]
    """(S, 3) unit, NaN-free: (0, 0, 0) where there is no area."""
    area: NDArray[np.float64]
    """(S,) |vector area| of the exterior minus that of the holes [m²]."""
    perimeter: NDArray[np.float64]
    """(S,) length of the exterior ring [m]."""
    off_plane: NDArray[np.float64]
    """(S,) largest distance of a point from the plane through the exterior's mean point [m]."""


class Triangles(NamedTuple):
    """Triangles over ``CityModel.coords``."""

    triangle: NDArray[np.int64]
    """(T, 3) indices into coords, winding about the surface's normal."""
    surface: NDArray[np.int32]
    """(T,) surface index."""


def next_point(ring_start: NDArray[np.int64]) -> NDArray[np.int64]:
    """(C,) index of each point's successor in its ring."""
    following = np.arange(1, ring_start[-1] + 1, dtype=np.int64)
    following[ring_start[1:] - 1] = ring_start[:-1]
    return following


def ring_vectors(coords: NDArray[np.float64], ring_start: NDArray[np.int64]) -> NDArray[np.float64]:
    """(R, 3) vector areas [m²] of rings: direction by the right-hand rule, length the area."""
    local = coords - np.repeat(coords[ring_start[:-1]], np.diff(ring_start), axis=0)
    x, y, z = np.ascontiguousarray(local.T)
    following = next_point(ring_start)
    ahead_x, ahead_y, ahead_z = x[following], y[following], z[following]
    # np.cross takes three times as long
    cross = (y * ahead_z - z * ahead_y, z * ahead_x - x * ahead_z, x * ahead_y - y * ahead_x)
    return 0.5 * np.column_stack([np.add.reduceat(part, ring_start[:-1]) for part in cross])


def measure(rings: Rings) -> Shapes:
    """Normal, area, perimeter and planarity of every surface."""
    coords, ring_start, surface_ring = rings
    if len(surface_ring) == 1:
        return Shapes(np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0))
    vector = ring_vectors(coords, ring_start)
    length = np.linalg.norm(vector, axis=1)
    exterior = surface_ring[:-1]
    area = 2.0 * length[exterior] - np.add.reduceat(length, exterior)
    scale = length[exterior]
    normal = np.divide(vector[exterior], scale[:, None], out=np.zeros((len(exterior), 3)), where=scale[:, None] > 0)
    edge = np.linalg.norm(coords[next_point(ring_start)] - coords, axis=1)
    perimeter = np.add.reduceat(edge, ring_start[:-1])[exterior]
    return Shapes(normal, area, perimeter, _off_plane(rings, normal))


def _off_plane(rings: Rings, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    coords, ring_start, surface_ring = rings
    points = np.diff(ring_start[surface_ring])
    first = ring_start[surface_ring[:-1]]
    local = coords - np.repeat(coords[first], points, axis=0)
    height = np.einsum("ij,ij->i", local, np.repeat(normal, points, axis=0))
    exterior_end = ring_start[surface_ring[:-1] + 1]
    total = np.concatenate([[0.0], np.cumsum(height)])
    mean = (total[exterior_end] - total[first]) / (exterior_end - first)
    return np.maximum.reduceat(np.abs(height - np.repeat(mean, points)), first)


def surface_normals(model: CityModel) -> NDArray[np.float64]:
    """(S, 3) unit normals, outward where the file keeps the rule; (0, 0, 0) for a surface without area."""
    return measure(Rings(model.coords, model.ring_start, model.surface_ring)).normal


def surface_areas(model: CityModel) -> NDArray[np.float64]:
    """(S,) areas [m²], holes subtracted."""
    return measure(Rings(model.coords, model.ring_start, model.surface_ring)).area


def triangulate(model: CityModel, surfaces: NDArray[np.integer]) -> Triangles:
    """Triangles of the given surfaces (N,), in their order; holes are left open.

    No vertex is added and none is lost, so a closed solid stays closed. A surface without area (below
    ``MIN_AREA_M2``) yields no triangle.
    """
    return triangulate_rings(Rings(model.coords, model.ring_start, model.surface_ring), surfaces)


def triangulate_rings(rings: Rings, surfaces: NDArray[np.integer]) -> Triangles:
    """The same of polygons that stand in no model."""
    shapes = measure(rings)
    chosen = np.asarray(surfaces, dtype=np.int64)
    chosen = chosen[shapes.area[chosen] > MIN_AREA_M2]
    n_points = np.diff(rings.ring_start)[rings.surface_ring[chosen]]
    n_rings = np.diff(rings.surface_ring)[chosen]
    first = rings.ring_start[rings.surface_ring[chosen]]

    small = (n_rings == 1) & (n_points == 3)
    quad, quad_triangle = _quads(rings.coords, first, shapes.normal[chosen], (n_rings == 1) & (n_points == 4))
    done = small | quad
    hard = np.flatnonzero(~done)
    clipped, owner = clip_ears(rings.coords, rings.ring_start, rings.surface_ring, chosen[hard], shapes.normal)

    triangle = np.concatenate([first[small, None] + np.arange(3), quad_triangle, clipped])
    order = np.concatenate([np.flatnonzero(small), np.repeat(np.flatnonzero(quad), 2), hard[owner]])
    position = np.argsort(order, kind="stable")
    return Triangles(triangle[position], chosen[order[position]].astype(np.int32))


def _quads(
    coords: NDArray[np.float64], first: NDArray[np.int64], normal: NDArray[np.float64], quad: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Quadrangles that one diagonal splits into two triangles of the right sense, and those triangles."""
    index = np.flatnonzero(quad)
    corner = coords[first[index, None] + np.arange(4)]
    corner = corner - corner[:, :1]

    def turn(a: int, b: int, c: int) -> NDArray[np.float64]:
        cross = np.cross(corner[:, b] - corner[:, a], corner[:, c] - corner[:, a])
        return np.einsum("ij,ij->i", cross, normal[index])

    by_02 = np.minimum(turn(0, 1, 2), turn(0, 2, 3))
    by_13 = np.minimum(turn(0, 1, 3), turn(1, 2, 3))
    splits = np.maximum(by_02, by_13) > 0
    use_02 = (by_02 >= by_13)[splits, None, None]
    pattern = np.where(use_02, [[[0, 1, 2], [0, 2, 3]]], [[[0, 1, 3], [1, 2, 3]]])
    split_quad = np.zeros(len(quad), dtype=bool)
    split_quad[index[splits]] = True
    return split_quad, (first[index[splits], None, None] + pattern).reshape(-1, 3)
