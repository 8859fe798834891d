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


def sample_surface(model: CityModel, scene: Scene, surface: int, spacing_m: float) -> Samples:
    """Receivers of one surface, at least one wherever it has an area.

    Parameters
    ----------
    surface
        Index into the model's surfaces.
    spacing_m : [m]
        Largest side of the piece that a receiver stands for.
    """
    area = float(scene.area_m2[surface])
    if area <= 0.0:
        return empty_samples()
    rings = _rings(model, surface)
    frame = frame_of(rings[0], scene.normal[surface])
    flat = [(ring - frame.base - frame.centre) @ np.stack([frame.u, frame.v, frame.normal], axis=1) for ring in rings]
    polygon = shapely.Polygon(flat[0][:, :2], [hole[:, :2] for hole in flat[1:]])
    if not polygon.is_valid:
        polygon = shapely.make_valid(polygon)
    if scene.terrain is not None and walls.is_upright(frame.normal):
        place, piece = _pieces_about_ground(scene.terrain, frame, polygon, spacing_m)
    else:
        place, piece = _pieces(polygon, spacing_m)
    height = np.zeros(len(place))
    if np.abs(flat[0][:, 2]).max() > FLAT_M:
        height = _height_on_triangles(model, surface, frame, place)
    local = frame.centre + place[:, :1] * frame.u + place[:, 1:] * frame.v + (height + OFFSET_M)[:, None] * frame.normal
    point = frame.base + local
    if scene.terrain is not None and not walls.is_upright(frame.normal) and frame.normal[2] > 0:
        point = rest_on_ground(scene.terrain.surface, point, OFFSET_M, scene.terrain.bound_m)
    return Samples(
        point=point,
        normal=np.repeat(frame.normal[None], len(place), axis=0),
        area_m2=piece * (area / piece.sum()),
        surface=np.full(len(place), surface, np.int32),
    )


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
    return Frame(base, local.mean(axis=0), u, np.cross(normal, u), normal)


def _pieces(polygon: shapely.Geometry, spacing_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places (N, 2) and areas (N,) of the grid cells clipped to a polygon in its plane."""
    left, low, right, high = polygon.bounds
    columns = max(1, int(np.ceil((right - left) / spacing_m - 1e-9)))
    rows = max(1, int(np.ceil((high - low) / spacing_m - 1e-9)))
    x = np.linspace(left, right, columns + 1)
    y = np.linspace(low, high, rows + 1)
    column, row = (index.ravel() for index in np.meshgrid(np.arange(columns), np.arange(rows)))
    boxes = shapely.box(x[column], y[row], x[column + 1], y[row + 1])
    shapely.prepare(polygon)
    whole = shapely.contains(polygon, boxes)
    cut = shapely.intersects(polygon, boxes) & ~whole
    pieces = boxes.copy()
    pieces[cut] = shapely.intersection(boxes[cut], polygon)
    area = np.where(whole | cut, shapely.area(pieces), 0.0)
    crumb = CRUMB * area.max()
    keep = area > crumb
    centre = shapely.centroid(pieces[keep])
    inside = shapely.covers(polygon, centre)
    if not inside.all():
        centre[~inside] = shapely.point_on_surface(pieces[keep][~inside])
    return shapely.get_coordinates(centre), area[keep]


def _pieces_about_ground(
    terrain: Terrain, frame: Frame, polygon: shapely.Geometry, spacing_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places and areas of an upright polygon's pieces, those above ground first, then those below."""
    plane = walls.WallPlane(frame.base + frame.centre, frame.u, frame.v, frame.normal)
    above, under = walls.split(terrain.surface, plane, polygon)
    places, areas = [], []
    for part, is_above in ((above, True), (under, False)):
        if part is None:
            continue
        place, piece = _pieces(part, spacing_m)
        if is_above:
            place = walls.clear_of_noise(terrain.surface, plane, part, place, terrain.bound_m)
        places.append(place)
        areas.append(piece * (shapely.area(part) / piece.sum()))
    return np.concatenate(places), np.concatenate(areas)


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
