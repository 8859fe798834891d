"""Points that rules ask about: one row along each façade and storey, one a window, and those that a user chooses.

A storey's row lies `SILL_M` above its floor, z = base + storey · height + 1.2 m, along the section of the wall polygon
at that height; the base is the building's lowest point, or the terrain's lowest at its walls where that is higher.
Every piece of the row no longer than the spacing has one point at its middle, one centimetre off the wall.

A window's point stands in the middle of its width, 0.3 m above its sill (DIN EN 17037: 1.20 m above the floor and
0.30 m above the sill; without a floor height a sill of 0.9 m is assumed).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from io_citygml.model import CityModel, SurfaceKind
from twin.errors import TwinError
from twin.receivers import OFFSET_M
from twin.study.openings import windows_of
from twin.study.scenarios import City, buildings_of, within_radius
from twin.terrain.walls import is_upright

SILL_M = 1.2
ABOVE_SILL_M = 0.3
# Shorter sections are corners of gables and offsets of walls, not a place for a window.
SHORTEST_M = 0.5
# A chosen point without a height stands at eye level.
EYE_M = 1.5
OPENING, CHOSEN = -1, -2


class Spots(NamedTuple):
    """Points of a study, in their final order."""

    point: NDArray[np.float64]  # (Q, 3) [m] in the CRS, off the surface
    normal: NDArray[np.float64]  # (Q, 3)
    surface: NDArray[np.int32]  # (Q,) −1: chosen
    storey: NDArray[np.int32]  # (Q,) 0 = ground floor; OPENING; CHOSEN
    length_m: NDArray[np.float64]  # (Q,) piece of the façade that it stands for; a window's width
    height_m: NDArray[np.float64]  # (Q,) a window's height, else nan
    start: NDArray[np.float64]  # (Q, 3) where the piece begins, on the wall
    end: NDArray[np.float64]  # (Q, 3)


def spots_of(city: City) -> Spots:
    """All points of a study: storeys, openings, chosen ones."""
    parts = [storey_spots(city), opening_spots(city), chosen_spots(city)]
    return Spots(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def storey_spots(city: City) -> Spots:
    """One row of points along every wall and storey."""
    model, scene, job = city.model, city.scene, city.job
    walls = np.flatnonzero(_near(city) & (model.kind == SurfaceKind.WALL))
    walls = walls[[is_upright(scene.normal[wall]) for wall in walls]]
    if not len(walls):
        return no_spots()
    base = building_bases(city)[buildings_of(model)[model.object[walls]]]
    top, foot = city.bounds.high[walls, 2], city.bounds.low[walls, 2]
    count = np.maximum(0, np.ceil((top - base - SILL_M) / job.storey_height_m)).astype(np.int64)
    row = np.repeat(np.arange(len(walls)), count)
    storey = np.concatenate([np.arange(n) for n in count]) if len(row) else np.zeros(0, np.int64)
    level = base[row] + storey * job.storey_height_m + SILL_M
    kept = level > foot[row]
    row, storey, level = row[kept], storey[kept], level[kept]
    across, rise, anchor = _frames(city, walls)
    flat = _in_plane(model, walls, across, anchor)
    reach = 1e5
    lines = shapely.linestrings(
        np.stack([np.tile([-reach, reach], (len(row), 1)), np.repeat(level[:, None], 2, axis=1)], axis=2)
    )
    sections = shapely.get_parts(shapely.intersection(flat[row], lines), return_index=True)
    is_line = shapely.get_type_id(sections[0]) == shapely.GeometryType.LINESTRING
    part, owner = sections[0][is_line], sections[1][is_line]
    ends = np.sort(shapely.get_coordinates(part).reshape(-1, 2, 2)[:, :, 0], axis=1)  # a section is straight
    long = ends[:, 1] - ends[:, 0] >= SHORTEST_M
    ends, owner = ends[long], owner[long]
    pieces = np.ceil((ends[:, 1] - ends[:, 0]) / job.spacing_m - 1e-9).astype(np.int64)
    which = np.repeat(np.arange(len(owner)), pieces)
    step = (ends[:, 1] - ends[:, 0]) / pieces
    number = np.concatenate([np.arange(n) for n in pieces]) if len(pieces) else np.zeros(0, np.int64)
    wall, z = row[owner[which]], level[owner[which]]

    def place(u: NDArray[np.float64]) -> NDArray[np.float64]:
        up = (z - anchor[wall, 2]) / rise[wall, 2]
        return np.asarray(anchor[wall] + u[:, None] * across[wall] + up[:, None] * rise[wall])

    u = ends[which, 0] + number * step[which]
    normal = scene.normal[walls[wall]]
    return Spots(
        point=place(u + step[which] / 2) + OFFSET_M * normal,
        normal=normal,
        surface=walls[wall].astype(np.int32),
        storey=storey[owner[which]].astype(np.int32),
        length_m=step[which],
        height_m=np.full(len(wall), np.nan),
        start=place(u),
        end=place(u + step[which]),
    )


def opening_spots(city: City) -> Spots:
    """One point a window, in front of the outermost of its faces."""
    model, scene = city.model, city.scene
    faces = np.flatnonzero(_near(city) & (model.kind == SurfaceKind.WINDOW))
    faces = faces[[is_upright(scene.normal[face]) for face in faces]] if len(faces) else faces
    if not len(faces):
        return no_spots()
    walls = np.flatnonzero(model.kind == SurfaceKind.WALL)
    found = windows_of(model, city.bounds, scene.normal, faces, walls, buildings_of(model)[model.object])
    if not found:
        return no_spots()
    rows = np.array([window.surface for window in found], np.intp)
    across, rise, anchor = _frames(city, rows)
    low, high = np.empty((len(rows), 2)), np.empty((len(rows), 2))  # along the surface and height
    out = np.empty(len(rows))
    for number, window in enumerate(found):
        corner = _corners(model, window.faces)
        flat = np.column_stack([(corner[:, :2] - anchor[number, :2]) @ across[number, :2], corner[:, 2]])
        low[number], high[number] = flat.min(axis=0), flat.max(axis=0)
        out[number] = ((corner - anchor[number]) @ scene.normal[rows[number]]).max()
    normal = scene.normal[rows]
    z = np.minimum(low[:, 1] + ABOVE_SILL_M, (low[:, 1] + high[:, 1]) / 2)

    def place(u: NDArray[np.float64]) -> NDArray[np.float64]:
        up = (z - anchor[:, 2]) / rise[:, 2]
        return np.asarray(anchor + u[:, None] * across + up[:, None] * rise + out[:, None] * normal)

    return Spots(
        point=place((low[:, 0] + high[:, 0]) / 2) + OFFSET_M * normal,
        normal=normal,
        surface=rows.astype(np.int32),
        storey=np.full(len(rows), OPENING, np.int32),
        length_m=high[:, 0] - low[:, 0],
        height_m=high[:, 1] - low[:, 1],
        start=place(low[:, 0]),
        end=place(high[:, 0]),
    )


def chosen_spots(city: City) -> Spots:
    """The user's own points, which face straight up.

    Raises
    ------
    TwinError
        Where one lies farther from the city than anything shades.
    """
    chosen = city.job.points
    if not chosen:
        return no_spots()
    place = np.array([spot.place[:2] for spot in chosen], float)
    low, high = city.bounds.low[:, :2].min(axis=0), city.bounds.high[:, :2].max(axis=0)
    away = np.hypot(*np.maximum(np.maximum(low - place, place - high), 0.0).T)
    for spot, distance in zip(chosen, away, strict=True):
        if distance > city.job.halo_m:
            crs = city.scene.crs.horizontal
            raise TwinError(
                f"--point {spot.name}: {distance / 1000.0:.1f} km from the city", f"give easting and northing in {crs}"
            )
    ground = city.land.height(place)
    z = np.array([spot.place[2] if len(spot.place) == 3 else np.nan for spot in chosen])
    point = np.column_stack([place, np.where(np.isnan(z), ground + EYE_M, z)])
    count = len(chosen)
    return Spots(
        point=point,
        normal=np.tile([0.0, 0.0, 1.0], (count, 1)),
        surface=np.full(count, -1, np.int32),
        storey=np.full(count, CHOSEN, np.int32),
        length_m=np.ones(count),
        height_m=np.full(count, np.nan),
        start=point,
        end=point,
    )


def _near(city: City) -> NDArray[np.bool_]:
    """Surfaces (S,) that are measured and within the job's radius."""
    return city.scene.receives & within_radius(city, city.bounds.low[:, :2], city.bounds.high[:, :2])


def building_bases(city: City) -> NDArray[np.float64]:
    """Height (O,) [m] of the lowest floor of each building, at the building's own index."""
    model = city.model
    building = buildings_of(model)[model.object]
    base = np.full(len(model.objects), np.inf)
    np.minimum.at(base, building, city.bounds.low[:, 2])
    if city.scene.terrain is not None:
        wall = np.flatnonzero(model.kind == SurfaceKind.WALL)
        middle = (city.bounds.low[wall, :2] + city.bounds.high[wall, :2]) / 2
        ground = np.full(len(model.objects), np.inf)
        np.minimum.at(ground, building[wall], city.land.height(middle))
        base = np.where(np.isfinite(ground), np.maximum(base, ground), base)
    first = city.bestand_objects
    for plan in city.plans:  # a plan reaches below the ground that it stands on
        last = first + len(plan.model.objects)
        base[first:last] = np.maximum(base[first:last], plan.facts["ground_m"])
        first = last
    return base


def _corners(model: CityModel, faces: NDArray[np.intp]) -> NDArray[np.float64]:
    """Corners (N, 3) [m] of some faces."""
    rings = [r for face in faces for r in range(model.surface_ring[face], model.surface_ring[face + 1])]
    return np.concatenate([model.coords[model.ring_start[r] : model.ring_start[r + 1]] for r in rings])


def _frames(city: City, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of each upright surface a level unit vector along it, one up it and a point on it; (N, 3) each."""
    normal = city.scene.normal[rows]
    across = np.stack([-normal[:, 1], normal[:, 0], np.zeros(len(rows))], axis=1)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    anchor = city.model.coords[city.model.ring_start[city.model.surface_ring[rows]]]
    return across, np.cross(normal, across), anchor


def _in_plane(
    model: CityModel, rows: NDArray[np.intp], across: NDArray[np.float64], anchor: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Polygons of upright surfaces with x along the surface [m from its anchor] and y the height [m]."""
    out = []
    for surface, u, foot in zip(rows, across, anchor, strict=True):
        rings = []
        for r in range(model.surface_ring[surface], model.surface_ring[surface + 1]):
            ring = model.coords[model.ring_start[r] : model.ring_start[r + 1]]
            if len(ring) >= 3:
                rings.append(np.column_stack([(ring[:, :2] - foot[:2]) @ u[:2], ring[:, 2]]))
        drawn = shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()
        out.append(drawn if drawn.is_valid else shapely.make_valid(drawn))
    return np.array(out, dtype=object)


def no_spots() -> Spots:
    """No point at all."""
    empty = np.zeros((0, 3))
    index, number = np.zeros(0, np.int32), np.zeros(0)
    return Spots(empty, empty, index, index, number, number, empty, empty)
