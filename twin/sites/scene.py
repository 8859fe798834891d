"""Everything a search for sites reads: city, terrain, areas and layers, in one CRS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from io_citygml.model import CityModel
from io_citygml.read import read_city
from solar.weather import Weather
from twin.cells import cells_touched
from twin.errors import TwinError
from twin.open_land import Footprints, footprints
from twin.package_data import geoid_grid
from twin.pv.config import PvConfig, read_pv
from twin.scene import Scene, build_scene, check_extent, surface_bounds
from twin.sites.config import SitesJob
from twin.sites.layers import Layer, layers_of, read_sites
from twin.sites.strips import Strips, read_strips
from twin.stopwatch import Stopwatch
from twin.terrain.ground import Terrain, build_terrain
from twin.weather_choice import choose_weather

if TYPE_CHECKING:
    import geopandas


@dataclass(frozen=True)
class Inputs:
    """Read and placed, nothing computed."""

    job: SitesJob
    pv: PvConfig
    strips: Strips
    model: CityModel
    scene: Scene
    terrain: Terrain
    feet: Footprints
    areas: geopandas.GeoDataFrame
    excluding: list[Layer]
    boosting: list[Layer]
    weather: Weather
    facts: dict[str, Any]  # of areas and layers


def read_inputs(job: SitesJob, language: str, watch: Stopwatch) -> Inputs:
    """Read every file of a job.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError, solar.errors.WeatherError
        Each naming the file and the remedy; where no area lies on the terrain.
    """
    pv, strips = read_pv(job.pv), read_strips(job.strips)
    with watch.stage("read"), geoid_grid() as grid_file:
        model = read_city(list(job.cities), crs=job.crs, grid_file=grid_file, examine=True)
        scene = build_scene(model, job.albedo)
        check_extent(model, scene.receives, surface_bounds(model))
        areas, of_areas = read_sites(job.areas, scene.crs, language)
        excluding, out_facts = layers_of(job.exclude, strips, scene.crs, "exclude", language)
        boosting, for_facts = layers_of(job.boost, strips, scene.crs, "boost", language)
        weather = choose_weather(job.weather)
    with watch.stage("terrain"):
        terrain = terrain_around(job, scene, areas)
    return Inputs(
        job=job,
        pv=pv,
        strips=strips,
        model=model,
        scene=replace(scene, terrain=terrain),
        terrain=terrain,
        feet=footprints(model),
        areas=areas,
        excluding=excluding,
        boosting=boosting,
        weather=weather,
        facts={"areas": of_areas, "layers": [*out_facts, *for_facts]},
    )


def terrain_around(job: SitesJob, scene: Scene, areas: geopandas.GeoDataFrame) -> Terrain:
    """Terrain in the cells of the areas and a halo around.

    Raises
    ------
    TwinError
        Where it reaches under no area.
    """
    bounds = areas.bounds.to_numpy(float)
    cell = np.array([cell.box for cell in cells_touched(bounds[:, :2], bounds[:, 2:])])
    terrain = build_terrain(
        list(job.terrain), scene.crs, cell[:, :2] - job.halo_m, cell[:, 2:] + job.halo_m, job.terrain_error_m
    )
    low, high = terrain.surface.vertex[:, :2].min(axis=0), terrain.surface.vertex[:, :2].max(axis=0)
    if not ((bounds[:, :2] < high) & (bounds[:, 2:] > low)).all(axis=1).any():
        raise TwinError(
            f"{job.areas}: no area lies on the terrain, which reaches from {low[0]:.0f}, {low[1]:.0f} to "
            f"{high[0]:.0f}, {high[1]:.0f} in {scene.crs.horizontal}",
            "give the terrain of these areas with --terrain, or check the areas' CRS",
        )
    return terrain
