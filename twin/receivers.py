"""Where we measure: sample points on surfaces, each standing for a known piece of area.

A polygon is laid into its own plane, its bounding rectangle along the longest edge is divided into equal cells no
larger than the spacing, and each cell is clipped exactly. A receiver stands at the middle of its clipped piece, one
centimetre off the surface, and carries the piece's area; the areas of a surface sum to the polygon's area.

All arithmetic is relative to the whole metre below the polygon's first vertex, so a surface gets the same receivers
whatever other files a job holds.

Where there is terrain, a wall is first cut along it: receivers stand for a piece above ground or for one below, never
for both.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from io_citygml.model import CityModel
from io_citygml.polygon import triangulate
from twin.scene import Scene
from twin.terrain import walls
from twin.terrain.burial import rest_on_ground
from twin.terrain.ground import Terrain

# 0.1 mm already avoids a surface shading itself in float32; 1 cm leaves room for coordinates 2 km off the cell's
# origin and changes annual irradiation by less than 0.1 %.
OFFSET_M = 0.01
# Polygons flatter than this are sampled on their mean plane, others on their own triangles.
FLAT_M = 1e-3
# Pieces below this share of a full cell merge into the surface's other receivers: they would cost a ray bundle each
# and say nothing of their own.
CRUMB = 0.02
# Cells that are clipped at a time: few enough for a processor's cache, and memory does not grow with the city.
BOXES = 4096

# Values of ``surface`` for receivers that belong to no surface: open land, and the user's points from −2 downward.
OPEN_LAND = -1
FIRST_POINT = -2


class Samples(NamedTuple):
    """Receivers in the source CRS; one row each."""

    point: NDArray[np.float64]  # (P, 3) m, off the surface by OFFSET_M
    normal: NDArray[np.float64]  # (P, 3) unit
    area_m2: NDArray[np.float64]  # (P,)
    surface: NDArray[np.int32]  # (P,)


class Frame(NamedTuple):
    """A polygon's own plane."""

    base: NDArray[np.float64]  # (3,) m, whole metres
    centre: NDArray[np.float64]  # (3,) m about base
    u: NDArray[np.float64]  # (3,) unit, along the longest edge
    v: NDArray[np.float64]  # (3,) unit
    normal: NDArray[np.float64]  # (3,) unit


class Flat(NamedTuple):
    """A surface laid into its own plane."""

    frame: Frame
    rings: list[NDArray[np.float64]]  # (M, 2) m about the frame's centre, exterior first
    bent: bool  # not flat enough to be sampled on its mean plane


class Part(NamedTuple):
    """What is divided into cells on its own."""

    shape: shapely.Geometry
    owner: int  # row of the surface among those sampled
    plane: walls.WallPlane | None  # of an upright surface in terrain
    above: bool  # ground


def is_land(surface: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which receivers stand on open land."""
    return np.asarray(surface) == OPEN_LAND


def is_point(surface: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which receivers are the user's own points."""
    return np.asarray(surface) <= FIRST_POINT


def empty_samples() -> Samples:
    """No receiver at all."""
    return Samples(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros(0, np.int32))


def take(samples: Samples, rows: NDArray[np.generic] | slice) -> Samples:
    """Some receivers, by mask, index or slice."""
    return Samples(samples.point[rows], samples.normal[rows], samples.area_m2[rows], samples.surface[rows])


def concatenate(parts: list[Samples]) -> Samples:
    """All parts in their order."""
    if not parts:
        return empty_samples()
    return Samples(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def sample_surfaces(model: CityModel, scene: Scene, surfaces: NDArray[np.integer], spacing_m: float) -> Samples:
    """Receivers of surfaces, one surface after the other, at least one on each that has an area.

    Parameters
    ----------
    surfaces : (N,)
        Indices into the model's surfaces.
    spacing_m : [m]
        Largest side of the piece that a receiver stands for.
    """
    surfaces = np.asarray(surfaces)[scene.area_m2[surfaces] > 0.0]
    if not len(surfaces):
        return empty_samples()
    flats = [_flat(model, scene, surface) for surface in surfaces.tolist()]
    frames = [flat.frame for flat in flats]
    owner, place, piece = _pieces_of(scene.terrain, frames, _polygons([flat.rings for flat in flats]), spacing_m)
    first = np.searchsorted(owner, np.arange(len(surfaces) + 1))
    height, area = np.zeros(len(place)), np.empty(len(place))
    for k, (surface, flat) in enumerate(zip(surfaces.tolist(), flats, strict=True)):
        rows = slice(first[k], first[k + 1])
        area[rows] = piece[rows] * (scene.area_m2[surface] / piece[rows].sum())
        if flat.bent:
            height[rows] = _height_on_triangles(model, surface, flat.frame, place[rows])
    at = Frame(*(np.stack(column)[owner] for column in zip(*frames, strict=True)))
    local = at.centre + place[:, :1] * at.u + place[:, 1:] * at.v + (height + OFFSET_M)[:, None] * at.normal
    point = at.base + local
    if scene.terrain is not None:
        lying = at.normal[:, 2] >= walls.UPRIGHT
        point[lying] = rest_on_ground(scene.terrain.surface, point[lying], OFFSET_M, scene.terrain.bound_m)
    return Samples(point, at.normal, area, surfaces[owner].astype(np.int32))


def _flat(model: CityModel, scene: Scene, surface: int) -> Flat:
    rings = _rings(model, surface)
    frame = frame_of(rings[0], scene.normal[surface])
    axes = np.stack([frame.u, frame.v, frame.normal], axis=1)
    flat = [(ring - frame.base - frame.centre) @ axes for ring in rings]
    return Flat(frame, [ring[:, :2] for ring in flat], bool(np.abs(flat[0][:, 2]).max() > FLAT_M))


def _rings(model: CityModel, surface: int) -> list[NDArray[np.float64]]:
    first, last = model.surface_ring[surface], model.surface_ring[surface + 1]
    return [model.coords[model.ring_start[r] : model.ring_start[r + 1]] for r in range(first, last)]


def frame_of(exterior: NDArray[np.float64], normal: NDArray[np.float64]) -> Frame:
    """The plane of a polygon with this exterior ring (N, 3) [m] and unit normal (3,)."""
    base = np.floor(exterior[0])
    local = exterior - base
    edge = np.roll(local, -1, axis=0) - local
    edge = edge - (edge @ normal)[:, None] * normal
    u = edge[np.argmax((edge**2).sum(axis=1))]
    u = u / np.linalg.norm(u)
    (a, b, c), (x, y, z) = normal, u
    v = np.array([b * z - c * y, c * x - a * z, a * y - b * x])  # np.cross takes ten times as long for one pair
    return Frame(base, local.mean(axis=0), u, v, normal)


def _polygons(rings: list[list[NDArray[np.float64]]]) -> NDArray[np.object_]:
    """Valid polygons (N,) of rings (M, 2), exterior first."""
    every = [ring for part in rings for ring in part]
    line = shapely.linearrings(np.concatenate(every), indices=np.repeat(np.arange(len(every)), [len(r) for r in every]))
    polygon = shapely.polygons(line, indices=np.repeat(np.arange(len(rings)), [len(part) for part in rings]))
    broken = ~shapely.is_valid(polygon)
    polygon[broken] = shapely.make_valid(polygon[broken])
    return polygon


def _pieces_of(
    terrain: Terrain | None, frames: list[Frame], polygon: NDArray[np.object_], spacing_m: float
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Pieces of surfaces: whose each is (P,), ascending, its place (P, 2) in that plane and its area (P,).

    An upright surface in terrain has those above ground first, then those below.
    """
    if terrain is None:
        return _pieces(polygon, spacing_m)
    parts = [part for k, frame in enumerate(frames) for part in _parts(terrain, frame, polygon[k], k)]
    shape = np.array([part.shape for part in parts], object)
    of_part, place, piece = _pieces(shape, spacing_m)
    first = np.searchsorted(of_part, np.arange(len(parts) + 1))
    for k, part in enumerate(parts):
        rows = slice(first[k], first[k + 1])
        if part.plane is not None:
            piece[rows] *= shapely.area(part.shape) / piece[rows].sum()
        if part.plane is not None and part.above:
            place[rows] = walls.clear_of_noise(terrain.surface, part.plane, part.shape, place[rows], terrain.bound_m)
    return np.array([part.owner for part in parts])[of_part], place, piece


def _parts(terrain: Terrain, frame: Frame, polygon: shapely.Geometry, owner: int) -> list[Part]:
    """An upright polygon cut along the ground, any other as it is."""
    if not walls.is_upright(frame.normal):
        return [Part(polygon, owner, None, True)]
    plane = walls.WallPlane(frame.base + frame.centre, frame.u, frame.v, frame.normal)
    above, under = walls.split(terrain.surface, plane, polygon)
    cut = [Part(above, owner, plane, True), Part(under, owner, plane, False)]
    return [part for part in cut if part.shape is not None]


def _pieces(
    polygon: NDArray[np.object_], spacing_m: float
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Grid cells clipped to polygons (N,) in their planes: which polygon's (P,), places (P, 2) and areas (P,)."""
    left, low, right, high = shapely.bounds(polygon).T
    columns = np.maximum(1, np.ceil((right - left) / spacing_m - 1e-9)).astype(np.int64)
    rows = np.maximum(1, np.ceil((high - low) / spacing_m - 1e-9)).astype(np.int64)
    shapely.prepare(polygon)
    count = np.cumsum(columns * rows)
    starts = np.flatnonzero(np.diff(count // BOXES, prepend=-1))
    found = []
    for first, last in zip(starts, [*starts[1:], len(polygon)], strict=True):
        some = slice(first, last)
        owner, box = _boxes(shapely.bounds(polygon[some]), columns[some], rows[some])
        owner, place, piece = _clipped(polygon[some], owner, box)
        found.append((first + owner, place, piece))
    owner, place, piece = (np.concatenate(column) for column in zip(*found, strict=True))
    return owner, place, piece


def _boxes(
    bounds: NDArray[np.float64], columns: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Equal cells of rectangles (N, 4), row by row: which rectangle's each is (B,) and its box (B,)."""
    count = columns * rows
    owner = np.repeat(np.arange(len(count)), count)
    row, column = np.divmod(np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count), columns[owner])
    left, low, right, high = bounds[owner].T
    x = [_edge(left, right, columns[owner], column + k) for k in (0, 1)]
    y = [_edge(low, high, rows[owner], row + k) for k in (0, 1)]
    return owner, shapely.box(x[0], y[0], x[1], y[1])


def _edge(
    start: NDArray[np.float64], end: NDArray[np.float64], parts: NDArray[np.int64], index: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Where the index-th of the edges lies that cut lines into equal parts."""
    return np.where(index == parts, end, index * ((end - start) / parts) + start)


def _clipped(
    polygon: NDArray[np.object_], owner: NDArray[np.intp], box: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Boxes (B,) clipped to the polygon (N,) of each, without crumbs: owner, places and areas of what is left."""
    whole = shapely.contains(polygon[owner], box)
    cut = np.flatnonzero(~whole)
    cut = cut[shapely.intersects(polygon[owner[cut]], box[cut])]
    box[cut] = shapely.intersection(box[cut], polygon[owner[cut]])
    area = np.zeros(len(box))
    area[whole], area[cut] = shapely.area(box[whole]), shapely.area(box[cut])
    largest = np.maximum.reduceat(area, np.searchsorted(owner, np.arange(len(polygon))))
    keep = area > CRUMB * largest[owner]
    owner, box, area = owner[keep], box[keep], area[keep]
    centre = shapely.centroid(box)
    outside = ~shapely.covers(polygon[owner], centre)
    centre[outside] = shapely.point_on_surface(box[outside])
    return owner, shapely.get_coordinates(centre), area


def _height_on_triangles(
    model: CityModel, surface: int, frame: Frame, place: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Height [m] of a bent polygon's own triangles above its mean plane at places (N, 2)."""
    corner = model.coords[triangulate(model, np.array([surface])).triangle] - frame.base - frame.centre
    axes = np.stack([frame.u, frame.v, frame.normal], axis=1)
    a, b, c = (corner[:, k] @ axes for k in range(3))
    twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    keep = np.abs(twice) > 1e-12
    if not keep.any():
        return np.zeros(len(place))
    a, b, c, twice = a[keep], b[keep], c[keep], twice[keep]
    p = place[:, None, :]
    weight_b = ((p[..., 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (p[..., 1] - a[:, 1])) / twice
    weight_c = ((b[:, 0] - a[:, 0]) * (p[..., 1] - a[:, 1]) - (p[..., 0] - a[:, 0]) * (b[:, 1] - a[:, 1])) / twice
    weight_a = 1.0 - weight_b - weight_c
    # The triangle that holds the place, or is least outside it: rounding may leave a place on an edge outside both.
    inside = np.minimum(np.minimum(weight_a, weight_b), weight_c)
    best = np.argmax(inside, axis=1)
    row = np.arange(len(place))
    return weight_a[row, best] * a[best, 2] + weight_b[row, best] * b[best, 2] + weight_c[row, best] * c[best, 2]
