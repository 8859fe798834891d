"""Everything the pictures and the page show, drawn from a job's outcome once, as plain arrays and text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.cog import NODATA, Raster
from twin.job import Outcome
from twin.report.colours import Scale, scale_of
from twin.report.pv_facts import PvFacts, pv_facts_of
from twin.results import FACADE
from twin.scene import Scene
from twin.totals import Totals

if TYPE_CHECKING:
    import geopandas

    from twin.open_land import OpenLand

# Side of the square that the 3D picture shows of a city larger than that: buildings stay large enough to read.
FOCUS_M = 400.0
# Its place is sought in steps of this size, on a grid of at most this many steps a side.
FOCUS_STEP_M = 25.0
FOCUS_STEPS = 2000
# Ground heights for the 3D picture need not be finer than this: it is lit as if level.
TERRAIN_STEP_M = 10.0
# A city larger than this many steps gets coarser ones, so that its ground stays below half a million triangles.
TERRAIN_STEPS = 500
# Squares whose roof area is at least this share of the largest count as equally good.
ALIKE = 0.97
QUARTERS = ("north", "east", "south", "west")
BEST_ROOFS = 10
# A station's year may lack its first or last hours.
WHOLE_YEAR_DAYS = 364.0


class Group(NamedTuple):
    """Surfaces of one sort, for a histogram."""

    name: str  # key of its word
    value: NDArray[np.float64]  # (N,) kWh/m²
    area_m2: NDArray[np.float64]  # (N,) exposed

    @property
    def mean(self) -> float:
        """Mean by area [kWh/m²]; NaN where there is no area."""
        area = float(self.area_m2.sum())
        return float((self.value * self.area_m2).sum()) / area if area > 0 else float("nan")


class Months(NamedTuple):
    """Mean irradiation by month, columns direct, diffuse, reflected [kWh/m²]."""

    roofs: NDArray[np.float64]  # (12, 3)
    facades: NDArray[np.float64]  # (12, 3)


class BestRoof(NamedTuple):
    """One row of the table of best roofs."""

    surface_id: str
    building_id: str
    exposed_area_m2: float
    tilt_deg: float
    azimuth_deg: float  # NaN on level roofs
    irradiation_kwh_m2: float
    irradiation_mwh: float


class Plan(NamedTuple):
    """What the map shows, in the CRS; lower things come first, so that higher ones lie on them."""

    roof: NDArray[np.object_]  # (N,) shapely polygons
    roof_value: NDArray[np.float64]  # (N,) kWh/m², NaN for none
    outline: NDArray[np.object_]  # (B,) shapely footprints
    ground: Raster | None  # kWh/m²
    focus: tuple[float, float, float, float] | None  # m, frame of the 3D picture
    bounds: tuple[float, float, float, float]  # m, west, south, east, north of everything built
    crs: str


@dataclass(frozen=True, eq=False)
class Facts:
    """See the module; ``surface_value`` (S,) [kWh/m²] is NaN where a surface has none."""

    scene: Scene
    surface_value: NDArray[np.float64]
    ground: Raster | None
    terrain: Raster
    scale: Scale
    plan: Plan
    groups: tuple[Group, ...]
    months: Months
    best: tuple[BestRoof, ...]
    buildings: int
    report: dict[str, Any]
    pv: PvFacts | None = None  # None where the job has no photovoltaics

    @property
    def focus(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north [m] of what the 3D picture shows; None for everything."""
        return self.plan.focus


def facts_of(outcome: Outcome) -> Facts:
    """Facts of a finished job."""
    prepared, table = outcome.prepared, outcome.surfaces
    value = np.full(len(prepared.model.kind), np.nan)
    value[table["surface_index"].to_numpy()] = table["irradiation_kwh_m2"].to_numpy()
    measured = None if outcome.land is None else outcome.land.raster
    ground = None if measured is None else without_gaps(measured)
    groups = groups_of(table, measured)
    roofs = table[table["kind"] == "RoofSurface"]
    drawn = upward(roofs)
    focus, bounds = focus_of(roofs), bounds_of(prepared.scene)
    return Facts(
        scene=prepared.scene,
        surface_value=value,
        ground=ground,
        terrain=terrain_of(prepared.land, bounds, ground),
        scale=scale_of([(group.value, group.area_m2) for group in groups]),
        plan=Plan(
            roof=drawn.geometry.to_numpy(),
            roof_value=drawn["irradiation_kwh_m2"].to_numpy(),
            outline=outcome.buildings.geometry.to_numpy(),
            ground=ground,
            focus=focus,
            bounds=bounds,
            crs=prepared.scene.crs.horizontal,
        ),
        groups=groups,
        months=months_of(table, outcome.totals),
        best=best_roofs(roofs),
        buildings=len(outcome.buildings),
        report=outcome.report,
        pv=pv_facts_of(table, drawn, outcome.report["pv"]),
    )


def groups_of(table: geopandas.GeoDataFrame, ground: Raster | None) -> tuple[Group, ...]:
    """Roofs, façades by quarter of the sky they face, and open land."""
    exposed = table["exposed_area_m2"].to_numpy() > 0
    value, area = table["irradiation_kwh_m2"].to_numpy(), table["exposed_area_m2"].to_numpy()
    kind, azimuth = table["kind"], table["azimuth_deg"].to_numpy()
    quarter = np.floor(((np.nan_to_num(azimuth) + 45.0) % 360.0) / 90.0)
    roof = exposed & (kind == "RoofSurface").to_numpy()
    facade = exposed & kind.isin(FACADE).to_numpy() & np.isfinite(azimuth)
    groups = [Group("roofs", value[roof], area[roof])]
    for index, name in enumerate(QUARTERS):
        chosen = facade & (quarter == index)
        groups.append(Group(f"facades_{name}", value[chosen], area[chosen]))
    if ground is not None:
        land = ground.value[ground.value != NODATA].astype(np.float64)
        groups.append(Group("open_land", land, np.full(len(land), ground.cell_m**2)))
    return tuple(groups)


def months_of(table: geopandas.GeoDataFrame, totals: Totals) -> Months:
    """Mean irradiation of roofs and of façades by month and origin."""
    means = []
    for kinds in (("RoofSurface",), FACADE):
        rows = table["surface_index"].to_numpy()[table["kind"].isin(kinds).to_numpy()]
        area = float(totals.exposed_area_m2[rows].sum())
        parts = (totals.direct, totals.diffuse, totals.reflected)
        energy = np.stack([part[rows].sum(axis=0) for part in parts], axis=1)
        means.append(energy / area if area > 0 else np.zeros_like(energy))
    return Months(*means)


def best_roofs(roofs: geopandas.GeoDataFrame) -> tuple[BestRoof, ...]:
    """The roofs that receive most energy in a year; of equal ones the first by surface_id."""
    known = roofs[roofs["exposed_area_m2"] > 0]
    energy = known["irradiation_kwh_m2"] * known["exposed_area_m2"] / 1000.0
    ranked = known.assign(mwh=energy).sort_values(["mwh", "surface_id"], ascending=[False, True]).head(BEST_ROOFS)
    columns = ["surface_id", "building_id", "exposed_area_m2", "tilt_deg", "azimuth_deg", "irradiation_kwh_m2", "mwh"]
    return tuple(BestRoof(*row) for row in ranked[columns].itertuples(index=False, name=None))


def upward(roofs: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Roofs in the order of their highest points."""
    import shapely

    shape = roofs.geometry.to_numpy()
    coords, owner = shapely.get_coordinates(shape, include_z=True, return_index=True)
    top = np.full(len(shape), -np.inf)
    np.maximum.at(top, owner, coords[:, 2])
    return roofs.iloc[np.argsort(top, kind="stable")]


def bounds_of(scene: Scene) -> tuple[float, float, float, float]:
    """West, south, east, north [m] of everything built."""
    place = scene.vertices[scene.triangles.ravel(), :2] + scene.origin[:2]
    (west, south), (east, north) = place.min(axis=0).tolist(), place.max(axis=0).tolist()
    return west, south, east, north


def part_of_year(weather: dict[str, Any]) -> float | None:
    """Days that a weather record covers where it is shorter than a year; None for a whole one."""
    first, last = np.datetime64(weather["first_utc"]), np.datetime64(weather["last_utc"])
    days = float((last - first) / np.timedelta64(1, "s") + weather["step_s"]) / 86400.0
    return days if days < WHOLE_YEAR_DAYS else None


def focus_of(roofs: geopandas.GeoDataFrame) -> tuple[float, float, float, float] | None:
    """The square of FOCUS_M with the largest roof area; None where everything fits into one."""
    if len(roofs) == 0:
        return None
    west, south, east, north = roofs.total_bounds
    if max(east - west, north - south) <= FOCUS_M:
        return None
    bounds = roofs.bounds.to_numpy()
    # Roofs far apart (a region, a stray house) make the steps longer, not the grid larger.
    step = max(FOCUS_STEP_M, max(east - west, north - south) / FOCUS_STEPS)
    column = np.floor(((bounds[:, 0] + bounds[:, 2]) / 2 - west) / step).astype(np.intp)
    row = np.floor(((bounds[:, 1] + bounds[:, 3]) / 2 - south) / step).astype(np.intp)
    wide = max(1, round(FOCUS_M / step))
    area = np.zeros((row.max() + 1 + 2 * wide, column.max() + 1 + 2 * wide))
    np.add.at(area, (row + wide, column + wide), roofs["area_m2"].to_numpy())
    total = np.pad(area.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = total[wide:, wide:] - total[:-wide, wide:] - total[wide:, :-wide] + total[:-wide, :-wide]
    # Of squares with almost the same roofs in them take the middle one, so that they do not stand at its edge.
    alike = np.argwhere(inside >= inside.max() * ALIKE)
    near = np.abs(alike - np.argwhere(inside == inside.max())[0]).max(axis=1) <= wide
    best = alike[near].mean(axis=0) - wide
    low_y, low_x = np.round(best) * step + (south, west)
    return float(low_x), float(low_y), float(low_x + FOCUS_M), float(low_y + FOCUS_M)


def without_gaps(raster: Raster) -> Raster:
    """Raster whose empty cells beside known ones have the mean of these: no gap shows along a wall.

    For pictures alone: the cells filled lie under buildings or one cell beyond the edge of the data.
    """
    known = raster.value != NODATA
    total, count = np.zeros(raster.value.shape), np.zeros(raster.value.shape)
    value = np.pad(np.where(known, raster.value, 0.0), 1)
    mask = np.pad(known, 1)
    rows, columns = raster.value.shape
    for down in range(3):
        for right in range(3):
            total += value[down : down + rows, right : right + columns]
            count += mask[down : down + rows, right : right + columns]
    filled = np.where(known, raster.value, np.where(count > 0, total / np.maximum(count, 1), NODATA))
    return raster._replace(value=filled.astype(np.float32))


def terrain_of(land: OpenLand, bounds: tuple[float, float, float, float], ground: Raster | None) -> Raster:
    """Heights of the ground [m] within bounds [m], under the open land around them, and beyond."""
    west, south, east, north = bounds
    if ground is not None:
        rows, columns = ground.value.shape
        west, north = min(west, ground.west), max(north, ground.north)
        east = max(east, ground.west + columns * ground.cell_m)
        south = min(south, ground.north - rows * ground.cell_m)
    beyond = min(FOCUS_M, max(east - west, north - south))
    west, south, east, north = west - beyond, south - beyond, east + beyond, north + beyond
    step = max(TERRAIN_STEP_M, max(east - west, north - south) / TERRAIN_STEPS)
    columns, rows = (int(np.ceil(size / step)) + 1 for size in (east - west, north - south))
    x, y = np.meshgrid(west + np.arange(columns) * step, north - np.arange(rows) * step)
    height = land.height(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(rows, columns)
    return Raster(height.astype(np.float32), west - step / 2, north + step / 2, step)
