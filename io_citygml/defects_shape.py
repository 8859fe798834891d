"""Rings that cross or touch themselves or each other: found exactly, and redrawn where their area was wrong.

Convex rings need no search. Every other polygon is laid into its own plane and asked of shapely (val3dity 104, 201,
202, 205 to 207). The vector area of a crossing ring cancels (a bow-tie of equal lobes has none), so such a polygon is
replaced by the valid polygons it covers: what its exterior winds around, less what its holes wind around. A ring that
only touches itself keeps its area and stays as drawn. Oracle: winding numbers of the faces that a ring cuts the plane
into.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.polygon import orient

from io_citygml.polygon import MIN_AREA_M2, Rings, Shapes, next_point
from io_citygml.rings import Piece, rings_of, spans, take_surfaces

# Two areas of a polygon that agree this closely are the same area (float64 over a hundred metres keeps 1e-9).
SAME_AREA = 1e-6
# Points closer than this to one line are on it: the millimetre the files are written in.
_THIN_M = 1e-3
# A polygon that fills less of its perimeter's square than this may be a bow-tie whose lobes nearly cancel; the rest of
# its vector area is then noise, and its plane is found by least squares.
_CANCELLED = 1e-3
# A thousand random points cross a quarter of a million times, which takes seconds and says nothing of a surface.
_MOST_POINTS = 1000
_MOST_CROSSINGS = 200
# The axes that stay when an axis is dropped, in the order that keeps the winding.
_KEPT_AXES = np.array([[1, 2], [2, 0], [0, 1]])


class Crossings(NamedTuple):
    """Surfaces with rings that cross or touch."""

    surface: NDArray[np.int64]
    """(N,) their indices."""
    redrawn: dict[int, list[Piece]]
    """Surface → the polygons that take its place, where its area was wrong."""
    tangled: NDArray[np.int64]
    """Surfaces that cross themselves so often that they stay as drawn."""


class Frame(NamedTuple):
    """Planes of surfaces, one a row."""

    origin: NDArray[np.float64]
    """(N, 3) [m] the first point."""
    u: NDArray[np.float64]
    """(N, 3) unit."""
    v: NDArray[np.float64]
    """(N, 3) unit; u × v is the normal."""


def not_convex(rings: Rings, normal: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(S,) surfaces with holes, or whose ring is not plainly convex; only these can cross themselves.

    A convex ring turns left at every point, goes straight on where it does not turn, and goes round once.
    """
    coords, ring_start, surface_ring = rings
    n_rings = np.diff(surface_ring)
    if not len(n_rings):
        return np.zeros(0, dtype=bool)
    dropped = np.argmax(np.abs(normal), axis=1)
    sense = np.sign(np.take_along_axis(normal, dropped[:, None], axis=1)[:, 0])
    points = np.diff(ring_start[surface_ring])
    at = 3 * np.arange(len(coords))
    flat = np.ascontiguousarray(coords).reshape(-1)
    x, y = (flat[at + np.repeat(_KEPT_AXES[dropped, k], points)] for k in (0, 1))
    following = next_point(ring_start)
    dx, dy = x[following] - x, y[following] - y
    ahead_x, ahead_y = dx[following], dy[following]
    turn = (dx * ahead_y - dy * ahead_x) * np.repeat(sense, points)
    bad = turn < 0
    bad |= (turn == 0) & (dx * ahead_x + dy * ahead_y <= 0)
    up = (dy > 0) | ((dy == 0) & (dx > 0))
    first = ring_start[surface_ring[:-1]]
    rounds = np.add.reduceat((up[following] & ~up).astype(np.int32), first)
    return (n_rings > 1) | np.logical_or.reduceat(bad, first) | (rounds != 1)


def find_spikes(rings: Rings, suspects: NDArray[np.int64]) -> dict[int, list[Piece]]:
    """Surface → the one polygon that takes its place, where a ring runs out to a point and back the same way."""
    found: dict[int, list[Piece]] = {}
    some = take_surfaces(rings, suspects)
    points, start = some.coords, some.ring_start
    following = next_point(start)
    two_on = following[following]
    spiked = np.flatnonzero((points == points[two_on]).all(axis=1) & (two_on != np.arange(len(points))))
    ring_of_point = np.searchsorted(start, spiked, side="right") - 1
    surface_of_ring = np.repeat(suspects, np.diff(some.surface_ring))
    for surface in np.unique(surface_of_ring[ring_of_point]).tolist():
        drawn = rings_of(rings, surface)
        if len(drawn[0]) > 3:
            found[surface] = [[_without_spikes(ring) for ring in drawn]]
    return found


def find_crossings(
    rings: Rings, shapes: Shapes, suspects: NDArray[np.int64], outward: NDArray[np.float64]
) -> Crossings:
    """Which of the suspects (N,) cross or touch themselves, and what is drawn in their place.

    ``outward`` (S, 3) says roughly where surfaces face: where the lobes cancel there is no normal.
    """
    cancelled = shapes.area[suspects] <= MIN_AREA_M2 + _CANCELLED * shapes.perimeter[suspects] ** 2
    lost, lost_normal = _without_normal(rings, shapes, suspects[cancelled], outward)
    kept = suspects[(shapes.area[suspects] > MIN_AREA_M2) & ~np.isin(suspects, lost)]
    surface = np.concatenate([kept, lost])
    if not len(surface):
        return Crossings(surface, {}, surface)
    frame = frames_of(rings, surface, np.concatenate([shapes.normal[kept], lost_normal]))
    polygons = laid_flat(rings, surface, frame)
    crossing = np.flatnonzero(~shapely.is_valid(polygons))
    redrawn: dict[int, list[Piece]] = {}
    tangled: list[int] = []
    for row in crossing.tolist():
        if _is_tangled(polygons[row]):
            tangled.append(int(surface[row]))
            continue
        valid = _covered(polygons[row])
        before = float(shapes.area[surface[row]])
        if abs(valid.area - before) > SAME_AREA * max(valid.area, abs(before)) + MIN_AREA_M2:
            pieces = _in_space(valid, rings, int(surface[row]), frame, row)
            if pieces:
                redrawn[int(surface[row])] = pieces
    return Crossings(np.sort(surface[crossing]), redrawn, np.array(sorted(tangled), dtype=np.int64))


def _is_tangled(polygon: shapely.Polygon) -> bool:
    """Whether a polygon has more points or crossings than any slip of a draughtsman gives."""
    if shapely.get_num_coordinates(polygon) > _MOST_POINTS:
        return True
    edges = [
        shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
        for points in (shapely.get_coordinates(ring) for ring in (polygon.exterior, *polygon.interiors))
    ]
    lines = np.concatenate(edges)
    return shapely.STRtree(lines).query(lines, predicate="crosses").shape[1] > 2 * _MOST_CROSSINGS


def _covered(polygon: shapely.Polygon) -> shapely.Geometry:
    """What a polygon covers: all that its exterior winds around, without all that its holes wind around."""
    exterior, *holes = (
        shapely.make_valid(shapely.Polygon(ring), method="structure", keep_collapsed=False)
        for ring in (polygon.exterior, *polygon.interiors)
    )
    return shapely.difference(exterior, shapely.union_all(holes)) if holes else exterior


def _without_spikes(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ring (n, 3) without its spikes; at least one point stays."""
    stay: list[tuple[float, ...]] = []
    for point in map(tuple, ring.tolist()):
        stay.append(point)
        while len(stay) > 2 and stay[-1] == stay[-3]:
            del stay[-2:]
    while len(stay) > 2 and stay[0] == stay[-2]:
        del stay[-2:]
    while len(stay) > 2 and stay[1] == stay[-1]:
        del stay[0], stay[-1]
    return np.array(stay)


def _without_normal(
    rings: Rings, shapes: Shapes, surfaces: NDArray[np.int64], outward: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Those of the surfaces that are no thin line, and the normals (N, 3) of their best planes.

    The normal points where the vector area points, as far as there is one; else roughly outward.
    """
    first = rings.ring_start[rings.surface_ring[surfaces]]
    length = rings.ring_start[rings.surface_ring[surfaces] + 1] - first
    surfaces, first, length = (values[length > 3] for values in (surfaces, first, length))
    if not len(surfaces):
        return surfaces, np.zeros((0, 3))
    start = np.cumsum(length) - length
    points = rings.coords[spans(first, length)]
    points = points - np.repeat(points[start], length, axis=0)
    points -= np.repeat(np.add.reduceat(points, start) / length[:, None], length, axis=0)
    spread = np.add.reduceat(points[:, :, None] * points[:, None, :], start) / length[:, None, None]
    variance, axis = np.linalg.eigh(spread)
    wide = variance[:, 1] > _THIN_M**2
    surfaces, normal = surfaces[wide], axis[wide][:, :, 0]
    drawn = np.einsum("ij,ij->i", normal, shapes.normal[surfaces])
    sense = np.where(np.abs(drawn) > 0.5, drawn, np.einsum("ij,ij->i", normal, outward[surfaces]))
    return surfaces, normal * np.where(sense < 0, -1.0, 1.0)[:, None]


def frames_of(rings: Rings, surfaces: NDArray[np.int64], normal: NDArray[np.float64]) -> Frame:
    away = np.zeros_like(normal)
    np.put_along_axis(away, np.argmin(np.abs(normal), axis=1)[:, None], 1.0, axis=1)
    u = np.cross(away, normal)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    return Frame(rings.coords[rings.ring_start[rings.surface_ring[surfaces]]], u, np.cross(normal, u))


def laid_flat(rings: Rings, surfaces: NDArray[np.int64], frame: Frame) -> NDArray[np.object_]:
    """(N,) polygons in their planes; a hole of fewer than three points has no area and is left away."""
    some = take_surfaces(rings, surfaces)
    length = np.diff(some.ring_start)
    row = np.repeat(np.arange(len(surfaces)), np.diff(some.surface_ring))
    of_point = np.repeat(row, length)
    local = some.coords - frame.origin[of_point]
    plane = np.column_stack([np.einsum("ij,ij->i", local, axis[of_point]) for axis in (frame.u, frame.v)])
    whole = length >= 3
    number = np.cumsum(whole) - 1
    inside = np.repeat(whole, length)
    outline = shapely.linearrings(plane[inside], indices=np.repeat(number, length)[inside])
    return np.asarray(shapely.polygons(outline, indices=row[whole]))


def _in_space(valid: shapely.Geometry, rings: Rings, surface: int, frame: Frame, row: int) -> list[Piece]:
    """The polygons of a valid geometry in the surface's plane; points of the file keep their coordinates exactly."""
    axes = np.stack([frame.u[row], frame.v[row]])
    known: dict[tuple[float, float], NDArray[np.float64]] = {}
    for point in np.concatenate(rings_of(rings, surface)):
        x, y = (float((point - frame.origin[row]) @ axis) for axis in axes)
        known[round(x, 6), round(y, 6)] = point

    def lifted(ring: shapely.LinearRing) -> NDArray[np.float64]:
        flat = shapely.get_coordinates(ring)[:-1]
        return np.array([known.get((round(x, 6), round(y, 6)), frame.origin[row] + (x, y) @ axes) for x, y in flat])

    parts = [part for part in shapely.get_parts(valid) if part.geom_type == "Polygon" and part.area > MIN_AREA_M2]
    turned = [orient(part, 1.0) for part in parts]
    return [[lifted(part.exterior), *(lifted(hole) for hole in part.interiors)] for part in turned]
