"""The city and its plans as one joined model, and scenarios as masks over its objects.

Surfaces and objects of the Bestand keep their indices; everything planned is appended. The sun, the ground and the
cells' origins are the Bestand's alone, so that no plan moves anything that was there before.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel, root_objects
from io_citygml.read import read_city
from twin.albedo import surface_albedo
from twin.cells import Cell
from twin.directions import Directions
from twin.errors import TwinError
from twin.grouping import rows_by_group
from twin.job import far_horizon, into_terrain, receiving_cells
from twin.open_land import OpenLand, footprints
from twin.optics import Optics, shares_of_year
from twin.package_data import geoid_grid
from twin.plan.join import joined
from twin.plan.plan import Plan, Surroundings
from twin.plan.read import read_plan
from twin.scene import BUILT, Bounds, Scene, build_scene, check_extent, surface_bounds
from twin.study.config import ShadowJob
from twin.study.landscape import Landscape, landscape_of
from twin.study.outcome import BESTAND, Scenario

WITHOUT = "ohne {}"


@dataclass(frozen=True)
class City:
    """Everything of a study that has a shape."""

    job: ShadowJob
    model: CityModel  # joined
    scene: Scene  # of the joined model, under the Bestand's sun
    bounds: Bounds  # of every surface
    land: OpenLand  # the Bestand's
    plans: tuple[Plan, ...]
    scenarios: tuple[Scenario, ...]
    bestand_objects: int  # objects below this index stand in the Bestand
    landscape: Landscape

    def horizon_deg(self, cell: Cell) -> NDArray[np.float64]:
        """Elevations (A,) [°] of the far horizon around a cell; (0,): not known."""
        near_m = None if self.scene.terrain is None else self.job.halo_m
        return far_horizon(self.landscape.far, self.land, cell, near_m)


class Bestand(NamedTuple):
    """The city as it stands, read once: any number of plans can be placed into it."""

    model: CityModel
    scene: Scene
    land: OpenLand
    landscape: Landscape
    albedo: NDArray[np.float32]  # (S,) of each surface


def build_city(job: ShadowJob) -> City:
    """Read the city and its plans, and say which objects stand in which scenario.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        Each naming the file and the remedy.
    """
    return city_with(job, read_bestand(job))


def read_bestand(job: ShadowJob) -> Bestand:
    """Read the city and its ground; no plan is looked at.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        Each naming the file and the remedy.
    """
    with geoid_grid() as grid_file:
        model = read_city(list(job.cities), crs=job.crs, grid_file=grid_file, examine=True)
    if not _built(model).any():
        raise TwinError(f"{', '.join(model.files)}: no building found", "look at `heliotwin inspect`")
    land = OpenLand(footprints(model), job.pixel_m, job.margin_m, job.ground_level_m)
    albedo = surface_albedo(model, job.surface_albedo)
    bounds, scene = surface_bounds(model), build_scene(model, albedo)
    check_extent(model, scene.receives, bounds)
    todo = receiving_cells(scene, bounds, land, None)
    if job.terrain:
        scene, land = into_terrain(job.city_job(), scene, land, todo)
    return Bestand(model, scene, land, landscape_of(job, model, scene, land, todo), albedo)


def optics_of(city: City, directions: Directions) -> Optics:
    """What turns the bits of a study's year into light."""
    grid, sky, albedo, grove = directions.grid, directions.sky, city.scene.albedo, city.landscape.grove
    if grove is None:
        return Optics(grid.direction, sky, city.job.albedo, albedo)
    seasons = grove.seasons
    extinction, share = seasons.k, shares_of_year(seasons)
    return Optics(grid.direction, sky, city.job.albedo, albedo, extinction=extinction, season_share=share)


def city_with(job: ShadowJob, bestand: Bestand) -> City:
    """The job's plans placed into what stands.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        Naming the plan's file and the remedy.
    """
    model, scene, land, landscape, albedo = bestand
    built, bounds = _built(model), surface_bounds(model)
    around = Surroundings(model.crs, bounds.low[built, :2].min(axis=0), bounds.high[built, :2].max(axis=0), land.height)
    plans = with_own_names([read_plan(options, around) for options in job.plans])
    if plans:
        model = joined([model, *(plan.model for plan in plans)], ["", *(plan.name for plan in plans)])
        albedo = np.concatenate([albedo, *(surface_albedo(plan.model) for plan in plans)])
        scene = replace(build_scene(model, albedo), site=scene.site, terrain=scene.terrain)
        bounds = surface_bounds(model)
        check_extent(model, scene.receives, bounds)
        planned = np.concatenate([footprints(plan.model).place for plan in plans])
        land = OpenLand(land.feet, job.pixel_m, job.margin_m, job.ground_level_m, land.ground, planned)
    count = len(bestand.model.objects)
    return City(
        job=job,
        model=model,
        scene=replace(scene, receives=scene.receives & _measured(model, count, plans)),
        bounds=bounds,
        land=land,
        plans=plans,
        scenarios=scenarios_of(job, model, count, plans),
        bestand_objects=count,
        landscape=landscape,
    )


def with_own_names(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """The plans, those of a name that is taken with a number behind it."""
    taken: set[str] = set()
    out = []
    for plan in plans:
        name, number = plan.name, 2
        while name in taken:
            name, number = f"{plan.name} {number}", number + 1
        taken.add(name)
        out.append(replace(plan, name=name))
    return tuple(out)


def _built(model: CityModel) -> NDArray[np.bool_]:
    """Surfaces (S,) of something built."""
    return np.array([item.type in BUILT for item in model.objects], bool)[model.object]


def _measured(model: CityModel, n_bestand: int, plans: Sequence[Plan]) -> NDArray[np.bool_]:
    """Surfaces (S,) of objects that are measured: all but those of plans whose outside is not known."""
    measured = np.ones(len(model.objects), bool)
    first = n_bestand
    for plan in plans:
        last = first + len(plan.model.objects)
        measured[first:last] = plan.receives
        first = last
    return measured[model.object]


def scenarios_of(job: ShadowJob, model: CityModel, n_bestand: int, plans: Sequence[Plan]) -> tuple[Scenario, ...]:
    """The Bestand, then every scenario that a plan or a removal names, then one without each object asked for."""
    bestand = np.arange(len(model.objects)) < n_bestand
    out = [Scenario(BESTAND, bestand, (), ())]
    for name in dict.fromkeys([*(plan.scenario for plan in plans), *(removal.scenario for removal in job.remove)]):
        if name == BESTAND:
            raise TwinError(
                f"a scenario cannot be called {BESTAND}: that is the city as it stands", "give another name"
            )
        present = bestand.copy()
        first = n_bestand
        for plan in plans:
            last = first + len(plan.model.objects)
            present[first:last] = plan.scenario == name
            first = last
        removed = tuple(dict.fromkeys(removal.id for removal in job.remove if removal.scenario == name))
        for identifier in removed:
            goes = _object_and_parts(model, identifier, len(model.objects))
            if not (present & goes).any():
                raise TwinError(f"{identifier} does not stand in the scenario {name}", "remove it where it stands")
            present &= ~goes
        out.append(Scenario(name, present, tuple(plan for plan in plans if plan.scenario == name), removed))
    for identifier in dict.fromkeys(job.objects):
        present = bestand & ~_object_and_parts(model, identifier, n_bestand)
        if WITHOUT.format(identifier) in [scenario.name for scenario in out]:
            raise TwinError(f"a scenario is called {WITHOUT.format(identifier)} already", "give it another name")
        out.append(Scenario(WITHOUT.format(identifier), present, (), (identifier,)))
    return tuple(out)


def _object_and_parts(model: CityModel, identifier: str, n_known: int) -> NDArray[np.bool_]:
    """Objects (O,) that go with one of the first ``n_known``: itself and everything below it."""
    names = [item.id for item in model.objects[:n_known]]
    if identifier not in names:
        near = difflib.get_close_matches(identifier, names, n=3, cutoff=0.4)
        raise TwinError(
            f"{identifier}: no such object in {', '.join(model.files[:3])}",
            f"nearest: {', '.join(near)}" if near else "`heliotwin inspect --export city.gpkg` lists the gml:ids",
        )
    goes = np.zeros(len(model.objects), bool)
    goes[names.index(identifier)] = True
    for index, item in enumerate(model.objects):  # parents precede their children
        if item.parent >= 0 and goes[item.parent]:
            goes[index] = True
    return goes


def changed_objects(scenario: Scenario, bestand: Scenario) -> NDArray[np.bool_]:
    """Objects (O,) that stand in one of the two alone."""
    return scenario.present != bestand.present


def buildings_of(model: CityModel) -> NDArray[np.int32]:
    """(O,) index of the building each object belongs to."""
    return root_objects(model.objects)


def within_radius(city: City, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Boxes (N, 2) [m] that come within the job's radius of a building that some scenario changes; all without one."""
    everything = np.ones(len(low), bool)
    if city.job.radius_m is None:
        return everything
    changed = np.zeros(len(city.model.objects), bool)
    for scenario in city.scenarios[1:]:
        changed |= changed_objects(scenario, city.scenarios[0])
    rows = np.flatnonzero(changed[city.model.object])
    if not len(rows):
        return everything
    within = ~everything
    building = buildings_of(city.model)[city.model.object[rows]]
    for _, member in rows_by_group(building):
        box_low = city.bounds.low[rows[member], :2].min(axis=0)
        box_high = city.bounds.high[rows[member], :2].max(axis=0)
        gap = np.maximum(np.maximum(box_low - high, low - box_high), 0.0)
        within |= np.hypot(gap[:, 0], gap[:, 1]) <= city.job.radius_m
    return within
