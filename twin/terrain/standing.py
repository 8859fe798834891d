"""How buildings stand in the terrain: how much wall is below it, how deep bases lie, and which float.

Official terrain is interpolated under buildings and official bases are drawn level, so a base a few decimetres off is
normal; a base that hangs above the ground by more than `FLOATING_M` anywhere along its edge is flagged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel, SurfaceKind, root_objects
from twin.receivers import is_land
from twin.terrain.burial import buried
from twin.terrain.ground import Terrain
from twin.terrain.surface import Surface

if TYPE_CHECKING:
    import geopandas

    from twin.operators import CellData

FLOATING_M = 0.5
# Buried deeper than this somewhere along its edge a base is worth a look.
DEEP_M = 1.0
# Footprint edges are looked at this often.
STEP_M = 1.0
# A wall's corners this close above its lowest one are its foot.
FOOT_M = 0.01
WALLS = (SurfaceKind.WALL, SurfaceKind.WINDOW, SurfaceKind.DOOR)
WORST = 20
COLUMNS = ("base_above_terrain_min_m", "base_above_terrain_max_m", "buried_wall_m2", "floating")


def buried_areas(
    surface: Surface, cells: Iterable[CellData], n_surfaces: int, offset_m: float
) -> tuple[NDArray[np.float64], float]:
    """Area (S,) [m²] of each surface that lies below the terrain, and area [m²] of open land that has no terrain."""
    out, bare_m2 = np.zeros(n_surfaces), 0.0
    for data in cells:
        land = np.flatnonzero(is_land(data.receivers.surface))
        place = np.asarray(data.receivers.point)[land, :2].astype(np.float64) + data.origin[:2]
        bare_m2 += float(np.asarray(data.receivers.area_m2)[land][np.isnan(surface.height(place))].sum())
        own = np.flatnonzero(np.asarray(data.receivers.surface) >= 0)
        normal = np.asarray(data.receivers.normal)[own].astype(np.float64)
        foot = np.asarray(data.receivers.point)[own].astype(np.float64) + data.origin - offset_m * normal
        under = own[buried(surface, foot)]
        area = np.asarray(data.receivers.area_m2)[under].astype(np.float64)
        np.add.at(out, np.asarray(data.receivers.surface)[under], area)
    return out, bare_m2


class Bases(NamedTuple):
    """Points along the feet of buildings."""

    building: NDArray[np.int32]  # (N,) index of the object
    point: NDArray[np.float64]  # (N, 3) m in the CRS
    corner: NDArray[np.bool_]  # (N,) a corner of the file, not a point between two


def bases(model: CityModel) -> Bases:
    """The edges of ground surfaces; of a building without any, the feet of its walls."""
    root = root_objects(model.objects)[model.object]
    has_ground = np.zeros(len(model.objects), bool)
    has_ground[root[model.kind == SurfaceKind.GROUND]] = True
    parts: list[tuple[int, NDArray[np.float64], NDArray[np.bool_]]] = []
    for surface in np.flatnonzero(np.isin(model.kind, (SurfaceKind.GROUND, SurfaceKind.WALL))):
        of_ground = model.kind[surface] == SurfaceKind.GROUND
        if not of_ground and has_ground[root[surface]]:
            continue
        for ring in range(model.surface_ring[surface], model.surface_ring[surface + 1]):
            corner = model.coords[model.ring_start[ring] : model.ring_start[ring + 1]]
            if of_ground:
                parts.append((int(root[surface]), *_along(corner)))
            elif len(corner):
                foot = corner[corner[:, 2] <= corner[:, 2].min() + FOOT_M]
                parts.append((int(root[surface]), foot, np.ones(len(foot), bool)))
    if not parts:
        return Bases(np.zeros(0, np.int32), np.zeros((0, 3)), np.zeros(0, bool))
    owner = np.repeat([p[0] for p in parts], [len(p[1]) for p in parts]).astype(np.int32)
    return Bases(owner, np.concatenate([p[1] for p in parts]), np.concatenate([p[2] for p in parts]))


def _along(corner: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Points of a closed ring at most STEP_M apart, and which of them are its corners."""
    edge = np.roll(corner, -1, axis=0) - corner
    count = np.maximum(1, np.ceil(np.linalg.norm(edge[:, :2], axis=1) / STEP_M)).astype(int)
    index = np.repeat(np.arange(len(corner)), count)
    share = np.concatenate([np.arange(n) / n for n in count]) if len(count) else np.zeros(0)
    return corner[index] + share[:, None] * edge[index], share == 0.0


def stand(model: CityModel, terrain: Terrain, buried_m2: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Columns of `COLUMNS` for every object (O,), meaningful at the buildings; NaN where there is no terrain.

    Heights of the base are compared with the files' own samples, not with the triangles: at the corners of ground
    surfaces for least and largest difference, along their whole edge for what floats.
    """
    feet = bases(model)
    gap = feet.point[:, 2] - terrain.source_height(feet.point[:, :2])
    known = np.isfinite(gap)
    n = len(model.objects)
    low, high, widest = np.full(n, np.inf), np.full(n, -np.inf), np.full(n, -np.inf)
    at_corner = known & feet.corner
    np.minimum.at(low, feet.building[at_corner], gap[at_corner])
    np.maximum.at(high, feet.building[at_corner], gap[at_corner])
    np.maximum.at(widest, feet.building[known], gap[known])
    wall = np.isin(model.kind, WALLS)
    area = np.bincount(root_objects(model.objects)[model.object], weights=np.where(wall, buried_m2, 0.0), minlength=n)
    nothing = ~np.isfinite(low)
    values = (np.where(nothing, np.nan, low), np.where(nothing, np.nan, high), area, widest > FLOATING_M)
    return dict(zip(COLUMNS, values, strict=True))


def with_terrain(
    buildings: geopandas.GeoDataFrame, model: CityModel, standing: dict[str, NDArray[Any]]
) -> geopandas.GeoDataFrame:
    """The table of buildings with how each stands in the terrain, before its geometry."""
    by_id = {model.objects[o].id: o for o in set(root_objects(model.objects).tolist())}
    row = [by_id[name] for name in buildings["building_id"]]
    out = buildings.copy()
    for name in COLUMNS:
        out.insert(out.columns.get_loc(out.geometry.name), name, standing[name][row])
    return out


def summary(buildings: geopandas.GeoDataFrame, terrain: Terrain, bare_m2: float) -> dict[str, Any]:
    """What the report says of buildings in the terrain: counts, and the worst cases by name."""
    low, high, area, floating = (buildings[name].to_numpy() for name in COLUMNS)
    deep = np.nan_to_num(low, nan=0.0) < -DEEP_M
    return {
        **terrain.facts,
        "open_land_without_terrain_m2": round(bare_m2, 1),
        "buildings_without_terrain": int(np.isnan(low).sum()),
        "buildings_with_buried_walls": int((area > 0).sum()),
        "buried_wall_m2": round(float(area.sum()), 1),
        "buildings_deep": int(deep.sum()),
        "deep_m": DEEP_M,
        "buildings_floating": int(floating.sum()),
        "floating_m": FLOATING_M,
        "worst_buried": _worst(buildings, np.where(deep, low, np.nan)),
        "worst_floating": _worst(buildings, np.where(floating, -high, np.nan)),
    }


def _worst(buildings: geopandas.GeoDataFrame, rank: NDArray[np.float64]) -> list[dict[str, Any]]:
    """The buildings of least rank; NaN is none of them."""
    order = np.argsort(rank, kind="stable")
    rows = order[np.isfinite(rank[order])][:WORST]
    return [
        {
            "building_id": buildings["building_id"].iloc[row],
            **{name: round(float(buildings[name].iloc[row]), 2) for name in COLUMNS[:3]},
        }
        for row in rows
    ]
