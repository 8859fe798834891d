"""A search for sites from files to tables in memory.

Each area is cut (layers, terrain, buildings, slope, edge), what is left is laid into squares, the squares see sun and
sky through the ray core, and each way of building gets its power, energy and cost on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import sources
from twin.directions import Directions, directions_of
from twin.operators import casters_of
from twin.progress import OnProgress, silent
from twin.provenance import weather_origin
from twin.pv.config import PvConfig
from twin.pv.yields import chain_of
from twin.sites import sight
from twin.sites.built import Land
from twin.sites.config import SitesJob
from twin.sites.cut import Barred, Cut, Limits, cut
from twin.sites.facts import facts_of
from twin.sites.ground import Pieces, barred_ground, fall_of, grouped, pieces_of, slope_class, squares_of
from twin.sites.power import Slope, Year
from twin.sites.scene import Inputs, read_inputs
from twin.sites.tables import Tables, tables_of
from twin.stopwatch import Stopwatch

if TYPE_CHECKING:
    import shapely

PATCHES = 577


@dataclass(frozen=True)
class Outcome:
    """Everything that is written and drawn."""

    inputs: Inputs
    tables: Tables
    facts: dict[str, Any]


def run_sites(
    job: SitesJob, language: str = "de", on_progress: OnProgress = silent, stopwatch: Stopwatch | None = None
) -> Outcome:
    """Rank every area of a job.

    Parameters
    ----------
    language
        "de" or "en", of the reasons in the tables.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError, solar.errors.WeatherError
        Each naming the file and the remedy; nothing has been written then.
    """
    watch = stopwatch or Stopwatch()
    on_progress("read", 0, 1)
    inputs = read_inputs(job, language, watch)
    directions = directions_of(inputs.scene.site, PATCHES)
    sent = sources(inputs.scene.site, directions.grid, inputs.weather)
    origin = weather_origin(inputs.weather, inputs.scene, sent)
    year = Year(sent, inputs.weather, chain_of(inputs.pv, "free"), job.albedo)
    with watch.stage("cut"):
        cuts = cut_areas(inputs)
    with watch.stage("trace"):
        lands = look_around(inputs, cuts, directions, on_progress)
    with watch.stage("tables"):
        tables = tables_of(inputs, lands, year, language, on_progress)
    return Outcome(inputs, tables, facts_of(inputs, tables, origin, year, language))


def cut_areas(inputs: Inputs) -> list[tuple[Cut, Pieces]]:
    """Every area with its pieces cut off, and usable land in squares."""
    import shapely

    out = []
    feet = shapely.STRtree(inputs.feet.polygon)
    for area, car_park in zip(inputs.areas.geometry, inputs.areas["car_park"], strict=True):
        steepest, north, limits = limits_of(inputs.pv, bool(car_park))
        surface = inputs.terrain.surface
        squares = squares_of(area, surface, inputs.pv.park.cell_m)
        barred = barred_ground(squares, steepest, north)
        houses = buildings_near(feet, area, inputs.pv.park.building_m)
        if houses is not None:
            barred.insert(0, houses)
        barred.sort(key=lambda one: one.reason != "no_terrain")  # what is not known comes first
        done = cut(area, inputs.excluding, barred, limits)
        out.append((done, pieces_of(done.usable, squares, surface)))
    return out


def limits_of(pv: PvConfig, car_park: bool) -> tuple[float, float, Limits]:
    """Steepest ground, steepest ground facing north [deg], and the shape of usable land."""
    park = pv.park
    if car_park:  # roofs over spaces need neither fence nor a field's size
        return park.car_park.steepest_deg, park.car_park.steepest_deg, Limits(0.0, 0.0, 0.0)
    return park.steepest_deg, park.steepest_north_deg, Limits(park.edge_m, park.narrowest_m, park.minimum_m2)


def buildings_near(feet: shapely.STRtree, area: shapely.Geometry, building_m: float) -> Barred | None:
    """Footprints and the distance kept from them, where any reaches into an area."""
    import shapely

    near = np.sort(feet.query(area, predicate="dwithin", distance=building_m))
    if not len(near):
        return None
    kept = shapely.buffer(shapely.make_valid(feet.geometries[near]), building_m, quad_segs=16)
    return Barred("building", building_m, shapely.union_all(kept))


def look_around(
    inputs: Inputs, cuts: list[tuple[Cut, Pieces]], directions: Directions, on_progress: OnProgress
) -> list[Land]:
    """Trace the receivers of all areas together, then group each area's land by slope."""
    start = np.cumsum([0, *(len(pieces.area_m2) for _, pieces in cuts)])
    if start[-1] == 0:
        return [Land(done, pieces, ()) for done, pieces in cuts]
    place = np.concatenate([pieces.place for _, pieces in cuts])
    ground = np.concatenate([pieces.height_m for _, pieces in cuts])
    seen = sight.sight_of(
        casters_of(inputs.scene),
        place,
        ground + inputs.pv.park.receiver_height_m,
        directions,
        inputs.job.halo_m,
        on_progress,
    )
    lands = []
    for (done, pieces), first in zip(cuts, start[:-1], strict=True):
        rows = first + np.arange(len(pieces.area_m2))
        lands.append(Land(done, pieces, tuple(slopes_of(inputs, pieces, seen, rows, directions))))
    return lands


def slopes_of(
    inputs: Inputs, pieces: Pieces, seen: sight.Sight, rows: NDArray[np.intp], directions: Directions
) -> list[Slope]:
    """Land of like slope, in the order of its class."""
    out: list[Slope] = []
    if not len(rows):
        return out
    kind = grouped(slope_class(pieces.gradient), pieces.area_m2)
    for one in np.unique(kind):
        here = np.flatnonzero(kind == one)
        weight, which = pieces.area_m2[here], rows[here]
        share = sight.mean_share(seen.sky, which, weight, len(directions.sky.direction))
        sky, horizon = sight.sky_and_horizon(share, directions.sky)
        tilt, azimuth = fall_of(pieces.gradient[here], weight, inputs.scene.site.convergence_deg)
        out.append(
            Slope(
                area_m2=float(weight.sum()),
                tilt_deg=tilt,
                azimuth_deg=azimuth,
                sun=sight.mean_share(seen.sun, which, weight, directions.n_sun),
                sky=sky,
                horizon=horizon,
            )
        )
    return out
