"""Tables that people open: one row a surface, one row a building, one row a sensor point.

Per-area values refer to the exposed part of a surface; a surface that is wholly covered has none (null), not zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CLASS_NAME, CityModel, SurfaceKind, root_objects
from io_citygml.repair import SurfaceFlag
from twin.grouping import rows_by_group
from twin.irradiation import MONTHS
from twin.scene import Scene
from twin.totals import Totals

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    import shapely

# Flatter than this a surface has no azimuth worth the name.
LEVEL_DEG = 0.5
PARTS = ("direct", "diffuse", "reflected")
# Columns of every table of results, in their order.
RESULT_COLUMNS = (
    "sky_view",
    "irradiation_kwh_m2",
    *(f"{part}_kwh_m2" for part in PARTS),
    *(f"irradiation_kwh_m2_{month:02d}" for month in range(1, MONTHS + 1)),
)
# Further columns of the user's points.
POINT_COLUMNS = (*RESULT_COLUMNS, "inside_solid")
FACADE = ("WallSurface", "Window", "Door")


def energy_columns(totals: Totals, rows: NDArray[np.intp]) -> dict[str, NDArray[np.float64]]:
    """Irradiation columns [kWh/m² exposed] of some rows of the totals."""
    area = totals.exposed_area_m2[rows]
    exposed = np.where(area > 0, area, np.nan)
    parts = [part[rows] / exposed[:, None] for part in (totals.direct, totals.diffuse, totals.reflected)]
    month = parts[0] + parts[1] + parts[2]
    values = (totals.sky_area[rows] / exposed, month.sum(axis=1), *(part.sum(axis=1) for part in parts), *month.T)
    return dict(zip(RESULT_COLUMNS, values, strict=True))


def orientation_deg(
    normal: NDArray[np.float64], convergence_deg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tilt from the horizontal and azimuth clockwise from TRUE north [deg]; azimuth NaN on level surfaces."""
    tilt = np.degrees(np.arctan2(np.hypot(normal[:, 0], normal[:, 1]), normal[:, 2]))
    azimuth = (np.degrees(np.arctan2(normal[:, 0], normal[:, 1])) + convergence_deg) % 360
    level = (tilt < LEVEL_DEG) | (tilt > 180 - LEVEL_DEG)
    return tilt, np.where(level, np.nan, azimuth)


def polygons_of(model: CityModel, rows: NDArray[np.intp]) -> NDArray[np.object_]:
    """Three-dimensional polygons of surfaces in the source CRS; empty for fewer than three points."""
    import shapely

    out: list[shapely.Polygon] = []
    for surface in rows:
        first, last = model.surface_ring[surface], model.surface_ring[surface + 1]
        rings = [model.coords[model.ring_start[r] : model.ring_start[r + 1]] for r in range(first, last)]
        holes = [ring for ring in rings[1:] if len(ring) >= 3]
        out.append(shapely.Polygon(rings[0], holes) if len(rings[0]) >= 3 else shapely.Polygon())
    return np.array(out, dtype=object)


def surface_table(model: CityModel, scene: Scene, totals: Totals) -> geopandas.GeoDataFrame:
    """One row for every receiving surface, in the order of the model."""
    import geopandas

    rows = np.flatnonzero(scene.receives)
    root = root_objects(model.objects)
    tilt, azimuth = orientation_deg(scene.normal[rows], scene.site.convergence_deg)
    objects = model.object[rows]
    columns: dict[str, object] = {
        "surface_id": [model.surface_id[s] for s in rows],
        "object_id": [model.objects[o].id for o in objects],
        "building_id": [model.objects[root[o]].id for o in objects],
        "kind": [CLASS_NAME[SurfaceKind(int(k))] for k in model.kind[rows]],
        "area_m2": scene.area_m2[rows],
        # Receivers carry their area in float32, whose rounding must not show as more than the whole.
        "exposed_area_m2": np.minimum(totals.exposed_area_m2[rows], scene.area_m2[rows]),
        "tilt_deg": tilt,
        "azimuth_deg": azimuth,
        **energy_columns(totals, rows),
        "flags": flag_text(model, totals, rows),
        "confidence": model.confidence[rows],
        "boundary_id": [model.boundary_id[s] for s in rows],
        "receivers": totals.receivers[rows],
        "surface_index": rows.astype(np.int32),
    }
    return geopandas.GeoDataFrame(columns, geometry=polygons_of(model, rows), crs=scene.crs.horizontal)


def flag_text(model: CityModel, totals: Totals, rows: NDArray[np.intp]) -> list[str]:
    """Flags of surfaces as text, ``;`` between them; empty where nothing is remarkable."""
    out = []
    for surface in rows:
        names = [flag.name.lower() for flag in SurfaceFlag if flag.name and int(model.flags[surface]) & flag.value]
        if totals.receivers[surface] and totals.exposed_area_m2[surface] == 0:
            names.append("covered")
        out.append(";".join(names))
    return out


def building_table(surfaces: geopandas.GeoDataFrame, model: CityModel, scene: Scene) -> geopandas.GeoDataFrame:
    """One row for every building: areas, energy and what the file says of it."""
    import geopandas
    import pandas as pd

    root = root_objects(model.objects)
    wide = pd.DataFrame({"building_id": surfaces["building_id"]})
    for label, kinds in (("roof", ("RoofSurface",)), ("facade", FACADE)):
        chosen = surfaces["kind"].isin(kinds).to_numpy()
        wide[f"{label}_area_m2"] = np.where(chosen, surfaces["area_m2"], 0.0)
        wide[f"{label}_exposed_area_m2"] = np.where(chosen, surfaces["exposed_area_m2"], 0.0)
        energy = (surfaces["irradiation_kwh_m2"] * surfaces["exposed_area_m2"]).fillna(0.0)
        wide[f"{label}_irradiation_kwh"] = np.where(chosen, energy, 0.0)
    table = wide.groupby("building_id", sort=True).sum()
    by_id = {model.objects[o].id: o for o in set(root.tolist())}
    index = [by_id[name] for name in table.index]
    table["type"] = [model.objects[o].type for o in index]
    table["function"] = [model.objects[o].function for o in index]
    table["roof_type"] = [model.objects[o].roof_type for o in index]
    table["measured_height_m"] = [model.objects[o].measured_height_m for o in index]
    table["volume_m3"] = np.bincount(root, weights=scene.solidity.volume_m3, minlength=len(root))[index]
    table["closed"] = closed_buildings(model, scene, root)[index]
    shape = footprints_of(model, root)
    return geopandas.GeoDataFrame(table.reset_index(), geometry=[shape[o] for o in index], crs=scene.crs.horizontal)


def closed_buildings(model: CityModel, scene: Scene, root: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether every object of a building that has surfaces is closed; (O,), meaningful at the buildings."""
    own = np.unique(model.object)
    closed = np.ones(len(model.objects), bool)
    np.logical_and.at(closed, root[own], scene.solidity.closed[own])
    return closed


def footprints_of(model: CityModel, root: NDArray[np.int32]) -> dict[int, shapely.Geometry]:
    """Footprint of every building: its ground surfaces on the map, or its roofs where it has none."""
    import shapely

    out: dict[int, shapely.Geometry] = {}
    for kinds in ((SurfaceKind.GROUND,), (SurfaceKind.ROOF,), tuple(SurfaceKind)):
        rows = np.flatnonzero(np.isin(model.kind, kinds))
        rows = rows[~np.isin(root[model.object[rows]], np.array(sorted(out), np.int32))]
        flat = shapely.force_2d(polygons_of(model, rows))
        flat = np.where(shapely.is_valid(flat), flat, shapely.buffer(flat, 0.0))
        owner = root[model.object[rows]]
        for building, members in rows_by_group(owner):
            out[building] = shapely.union_all(flat[members], grid_size=0.001)
    return out


def point_table(table: pd.DataFrame, totals: Totals, n_surfaces: int) -> pd.DataFrame:
    """The user's points with their results beside their own columns."""
    rows = n_surfaces + np.arange(len(table), dtype=np.intp)
    out = table.reset_index(drop=True).copy()
    for name, values in energy_columns(totals, rows).items():
        out[name] = values
    out["inside_solid"] = totals.covered[rows] > 0
    return out
