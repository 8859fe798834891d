"""The batch job behind `heliotwin solar`: read, trace cell by cell, reduce, write what people open."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel
from io_citygml.read import read_city
from raytrace import cuda
from solar.irradiance import Sources, sources
from solar.sky_matrix import read_sky_matrix
from solar.weather import Weather, month_index
from twin import __version__, cells, irradiation, points, provenance, results, skylight
from twin.albedo import surface_albedo
from twin.cells import Cell
from twin.config import SolarJob
from twin.directions import Directions, directions_of
from twin.errors import TwinError
from twin.ground import Land, land_of
from twin.open_land import OpenLand, footprints
from twin.operators import Casters, CellData, Stand, casters_of, look, no_horizon, stand
from twin.optics import BY_PATCH, NO_TREES, WHOLE_YEAR, Optics, seasonal, shares_of_year
from twin.package_data import geoid_grid
from twin.progress import OnProgress
from twin.pv.config import read_pv
from twin.pv.run import PvYear, assumed_of, pv_year, with_pv
from twin.receivers import OFFSET_M, Samples, concatenate, sample_surfaces, take
from twin.reflection.bounces import reflect
from twin.reflection.trace import with_far_ground, with_reflectors
from twin.scene import Bounds, Scene, build_scene, check_extent, surface_bounds
from twin.stopwatch import Stopwatch
from twin.store import SCHEMA, Store
from twin.terrain import standing
from twin.terrain.ground import build_terrain
from twin.terrain.relief import relief_surfaces, terrain_beside
from twin.totals import Totals, total_energy
from twin.uncertainty.columns import with_uncertainty
from twin.uncertainty.evidence import Collector
from twin.vegetation.grove import Asked, Grove, grove_of
from twin.vegetation.trace import with_crowns
from twin.weather_choice import WeatherAsked, choose_weather, keep_weather

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

    from twin.far_horizon.terrain import FarTerrain

log = logging.getLogger(__name__)

# Receivers stand off their surface, so a wall on a cell's border has them in the next cell.
REACH_M = 2 * OFFSET_M

NO_TERRAIN = "no terrain: ground is level at the buildings' base heights"


@dataclass(frozen=True)
class Prepared:
    """Everything a cell needs to be traced."""

    job: SolarJob
    model: CityModel
    scene: Scene
    casters: Casters
    bounds: Bounds  # of every surface, in the CRS
    land: OpenLand
    points: pd.DataFrame | None
    directions: Directions
    weather: Weather
    matrix: NDArray[np.float64] | None  # (H, K) W/m²/sr, the user's own sky
    far: FarTerrain | None
    grove: Grove | None  # trees


@dataclass(frozen=True)
class Outcome:
    """What a job leaves in memory for pictures and the last line on the screen."""

    prepared: Prepared
    store: Store
    surfaces: geopandas.GeoDataFrame
    buildings: geopandas.GeoDataFrame
    land: Land | None
    bins: irradiation.Bins
    totals: Totals
    report: dict[str, Any]
    stopwatch: Stopwatch
    power: PvYear | None = None


def prepare(job: SolarJob, stopwatch: Stopwatch) -> Prepared:
    """Read every input and build the scene; nothing is traced yet."""
    with stopwatch.stage("read"), geoid_grid() as grid_file:
        model = read_city(list(job.cities), crs=job.crs, grid_file=grid_file, examine=True)
    with stopwatch.stage("scene"):
        scene = build_scene(model, surface_albedo(model, job.surface_albedo))
        land = OpenLand(footprints(model), job.ground_spacing_m, job.ground_margin_m, job.ground_level_m)
        bounds = surface_bounds(model)
        check_extent(model, scene.receives, bounds)
        table = points.read_points(job.receivers, scene.crs.horizontal, bounds) if job.receivers else None
    if job.terrain:
        with stopwatch.stage("terrain"):
            scene, land = into_terrain(job, scene, land, receiving_cells(scene, bounds, land, table))
    todo = receiving_cells(scene, bounds, land, table)
    each = np.array([cell.box for cell in todo])
    box = np.array([each[:, :2].min(axis=0), each[:, 2:].max(axis=0)])
    far = None
    if job.far_terrain:
        with stopwatch.stage("far terrain"):
            from twin.far_horizon.ground import with_ground_check
            from twin.far_horizon.terrain import build_far_terrain

            near_m = None if scene.terrain is None else job.halo_m
            far = build_far_terrain(list(job.far_terrain), scene.crs, box[0], box[1], near_m=near_m)
            far = with_ground_check(far, land, todo)
    grove = None
    if not job.no_trees:
        with stopwatch.stage("trees"):
            asked = Asked(list(job.trees), job.trees_crs or job.crs, job.leaves)
            grove = grove_of(asked, model, scene.crs, land, box, scene.site.latitude_deg)
    with stopwatch.stage("scene"):
        weather = choose_weather(WeatherAsked(job.weather, job.weather_shift_min, job.weather_place))
        matrix = None if job.sky_matrix is None else read_sky_matrix(job.sky_matrix, job.sky, len(weather.start))
        return Prepared(
            job=job,
            model=model,
            scene=scene,
            casters=casters_of(scene),
            bounds=bounds,
            land=land,
            points=table,
            directions=directions_of(scene.site, job.sky),
            weather=weather,
            matrix=matrix,
            far=far,
            grove=grove,
        )


def into_terrain(job: SolarJob, scene: Scene, land: OpenLand, todo: list[Cell]) -> tuple[Scene, OpenLand]:
    """Scene and open land on the terrain around the cells."""
    box = np.array([cell.box for cell in todo])
    terrain = build_terrain(
        list(job.terrain), scene.crs, box[:, :2] - job.halo_m, box[:, 2:] + job.halo_m, job.terrain_error_m
    )
    on_ground = OpenLand(land.feet, land.spacing_m, land.margin_m, land.level_m, terrain.surface)
    return replace(scene, terrain=terrain), on_ground


def cells_of(prepared: Prepared) -> list[Cell]:
    """Every cell that holds a receiver."""
    return receiving_cells(prepared.scene, prepared.bounds, prepared.land, prepared.points)


def receiving_cells(scene: Scene, bounds: Bounds, land: OpenLand, table: pd.DataFrame | None) -> list[Cell]:
    """Every cell that surfaces, open land or the user's points reach into."""
    receives = scene.receives
    low = [bounds.low[receives, :2] - REACH_M]
    high = [bounds.high[receives, :2] + REACH_M]
    land_low, land_high = land.bounds()
    low.append(land_low)
    high.append(land_high)
    if table is not None:
        place = table[["x", "y"]].to_numpy(float)
        low.append(place)
        high.append(place)
    return cells.cells_touched(np.concatenate(low), np.concatenate(high))


def cells_with(prepared: Prepared, rows: NDArray[np.int32]) -> set[Cell]:
    """The cells that receivers of some surfaces stand in."""
    low, high = prepared.bounds.low[rows, :2], prepared.bounds.high[rows, :2]
    return set(cells.cells_touched(low - REACH_M, high + REACH_M))


def receivers_of(prepared: Prepared, cell: Cell) -> Samples:
    """The receivers that stand in a cell, in their final order; the user's points last."""
    model, scene, job = prepared.model, prepared.scene, prepared.job
    here = np.flatnonzero(scene.receives & cells.touching(prepared.bounds, cell, margin_m=REACH_M))
    on_surfaces = sample_surfaces(model, scene, here, job.spacing_m)
    samples = cells.inside(concatenate([on_surfaces, prepared.land.sample(cell)]), cell)
    samples = take(samples, cells.order(samples, cell))
    if prepared.points is None:
        return samples
    return concatenate([samples, cells.inside(points.samples_of(prepared.points), cell)])


def trace(prepared: Prepared, store: Store, todo: list[Cell], on_progress: OnProgress, stopwatch: Stopwatch) -> None:
    """Trace the cells that the store does not hold yet."""
    job, directions = prepared.job, prepared.directions
    for index, cell in enumerate(todo):
        on_progress("trace", index, len(todo))
        if store.done(cell):
            log.info("cell %s stands already", cell.name)
            continue
        with stopwatch.stage("sample"):
            samples = receivers_of(prepared, cell)
        with stopwatch.stage("cover"):
            standing = stand(prepared.casters, cell, samples, job.halo_m, job.ground_level_m)
        with stopwatch.stage("trace"):
            data = look(standing, directions.direction, directions.n_sun, job.device)
        if prepared.grove is not None:
            with stopwatch.stage("trees"):
                near = prepared.grove.near(cell, standing.origin)
                data = with_crowns(data, near, directions.direction, directions.n_sun)
        with stopwatch.stage("reflect"):
            data = reflecting(prepared, standing, data)
        with stopwatch.stage("far horizon"):
            near_m = None if prepared.scene.terrain is None else job.halo_m
            data = data._replace(horizon_deg=far_horizon(prepared.far, prepared.land, cell, near_m))
        with stopwatch.stage("store"):
            store.write_cell(cell, data)
    on_progress("trace", len(todo), len(todo))


def far_horizon(far: FarTerrain | None, land: OpenLand, cell: Cell, near_m: float | None) -> NDArray[np.float64]:
    """Elevations (A,) [°] of the far horizon around a cell, seen from the ground in its middle; (0,): not known.

    ``near_m`` is how far around the cell terrain is traced by rays [m]; None where none is.
    """
    if far is None:
        return no_horizon()
    from twin.far_horizon.terrain import far_horizon_of

    west, south, east, north = cell.box
    height_m = land.height(np.array([[(west + east) / 2, (south + north) / 2]]))
    return far_horizon_of(far, cell, float(height_m[0]), near_m).elevation_deg


def reflecting(prepared: Prepared, standing: Stand, data: CellData) -> CellData:
    """A traced cell with what its receivers see light come back from."""
    if prepared.job.reflections == "far":
        return with_far_ground(data)
    level = None if prepared.scene.terrain is not None else prepared.land.level
    return with_reflectors(standing, data, prepared.directions.sky, level)


def run_solar(job: SolarJob, on_progress: OnProgress) -> Outcome:
    """Run a job from files to tables; a killed job goes on at its cell when run again.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError, solar.errors.WeatherError
        Each naming the file and the remedy.
    """
    stopwatch = Stopwatch()
    job = on_one_device(job)
    on_progress("read", 0, 1)
    assumed = assumed_of(job)
    prepared = prepare(job, stopwatch)
    sent = site_sources(prepared)
    manifest = provenance.manifest(
        job, prepared.scene, prepared.model, prepared.weather, prepared.directions, sent, prepared.far, prepared.grove
    )
    # Whatever is wrong with the weather is said before an earlier run's results are removed or a ray is traced.
    bins = irradiation.bins_of(sent, month_index(prepared.weather), optics_of(prepared))
    store = Store.create(job.out, {"schema": SCHEMA, "software": f"heliotwin {__version__}", **manifest})
    store.write_direction(prepared.directions.direction)
    store.write_albedo(prepared.scene.albedo)
    if prepared.matrix is not None:
        store.write_sky_matrix(prepared.matrix.astype(np.float32))
    keep_weather(store.root, prepared.weather)
    trace(prepared, store, cells_of(prepared), on_progress, stopwatch)
    with stopwatch.stage("reflect"):
        reflect(store, cells_of(prepared), optics_of(prepared), job.bounces, on_progress)
    with stopwatch.stage("irradiate"):
        on_progress("irradiate", 0, 1)
        evidence = Collector(len(prepared.model.kind))
        totals = total_energy(
            irradiation.cells_of(store),
            bins,
            len(prepared.model.kind),
            0 if prepared.points is None else len(prepared.points),
            evidence.add,
        )
        land = land_of(store, bins, job.ground_spacing_m)
    power = None
    if assumed is not None:
        with stopwatch.stage("pv"):
            traced = (store, optics_of(prepared), sent, prepared.weather)
            power = pv_year(assumed, prepared.model, prepared.scene, totals, traced, on_progress)
    with stopwatch.stage("tables"):
        on_progress("tables", 0, 1)
        surfaces = results.surface_table(prepared.model, prepared.scene, totals)
        buildings = results.building_table(surfaces, prepared.model, prepared.scene)
        report = provenance.report(manifest, prepared.model, prepared.scene, surfaces, land, store)
        surfaces, buildings, report["uncertainty"] = with_uncertainty(
            surfaces, buildings, evidence.found, totals, read_pv(job.pv).spread
        )
        report["pv"] = None
        if power is not None:
            surfaces, buildings, report["pv"] = with_pv(surfaces, buildings, power)
        buildings, report["terrain"] = stand_in_terrain(prepared, store, buildings)
        report["far_horizon"] = far_facts(prepared, store)
        report["trees"] = None if prepared.grove is None else prepared.grove.facts()
    return Outcome(prepared, store, surfaces, buildings, land, bins, totals, report, stopwatch, power)


def on_one_device(job: SolarJob) -> SolarJob:
    """The job with its device settled, before anything is read.

    Raises
    ------
    TwinError
        Where the job asks for a GPU that cannot be used.
    """
    try:
        return job.model_copy(update={"device": cuda.choose(job.device)})
    except RuntimeError as error:
        raise TwinError(str(error)) from error


def stand_in_terrain(
    prepared: Prepared, store: Store, buildings: geopandas.GeoDataFrame
) -> tuple[geopandas.GeoDataFrame, dict[str, Any]]:
    """The table of buildings with how each stands in the terrain, and what the report says of it."""
    terrain, model = prepared.scene.terrain, prepared.model
    if terrain is None:
        return buildings, {
            "none": NO_TERRAIN,
            "relief_in_city_files": len(relief_surfaces(model)),
            "beside_city_files": terrain_beside(prepared.job.cities),
        }
    traced = (data for _, data in irradiation.cells_of(store))
    buried_m2, bare_m2 = standing.buried_areas(terrain.surface, traced, len(model.kind), OFFSET_M)
    table = standing.with_terrain(buildings, model, standing.stand(model, terrain, buried_m2))
    return table, standing.summary(table, terrain, bare_m2)


def optics_of(prepared: Prepared) -> Optics:
    """What turns a job's bits into light."""
    directions = prepared.directions
    return Optics(
        sun=directions.grid.direction,
        sky=directions.sky,
        albedo=prepared.job.albedo,
        surface_albedo=prepared.scene.albedo,
        by_patch=prepared.job.sky_model in BY_PATCH,
        extinction=NO_TREES if prepared.grove is None else prepared.grove.seasons.k,
        season_share=WHOLE_YEAR if prepared.grove is None else shares_of_year(prepared.grove.seasons),
    )


def far_facts(prepared: Prepared, store: Store) -> dict[str, Any] | None:
    """What the report says of the far terrain and how high it stands; None where there is none."""
    if prepared.far is None:
        return None
    from twin.far_horizon.words import horizon_facts

    found = [skylight.far_horizon(data) for _, data in irradiation.cells_of(store)]
    facts = {name: value for name, value in prepared.far.facts.items() if name != "seconds"}
    return {**facts, "horizon": horizon_facts([horizon for horizon in found if horizon is not None])}


def site_sources(prepared: Prepared) -> Sources:
    """What sun and sky send over the job's weather at its site."""
    directions, model = prepared.directions, prepared.job.sky_model
    weather = prepared.weather
    sent = sources(prepared.scene.site, directions.grid, weather, model, directions.sky, prepared.matrix)
    return seasonal(sent, weather, None if prepared.grove is None else prepared.grove.seasons)
