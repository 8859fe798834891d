"""A study read and placed, ready to be traced: everything that no day and no weather changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shadow.instants import Instants, instants_of
from twin.errors import TwinError
from twin.operators import Casters, casters_of
from twin.stopwatch import Stopwatch
from twin.study.clock import day_times, zone_named
from twin.study.config import ShadowJob
from twin.study.outcome import Study
from twin.study.places import Layout, layout_of
from twin.study.scenarios import City, build_city
from twin.study.spots import Spots, spots_of
from twin.study.views import Views, views_of


@dataclass(frozen=True)
class Opened:
    """A study ready to be traced: everything that no day and no weather changes."""

    city: City
    spots: Spots
    layout: Layout
    casters: Casters
    owner: NDArray[np.int32]  # (T,) object of each caster
    views: tuple[Views, ...]
    study: Study


def open_study(job: ShadowJob, stopwatch: Stopwatch, incremental: bool = True) -> Opened:
    """Read the city and its plans, lay out the receivers and stand them in every scenario.

    ``incremental`` False finds covered receivers of every scenario from nothing; the answer is the same.
    """
    with stopwatch.stage("read"):
        city = build_city(job)
    return opened_of(city, stopwatch, incremental)


def opened_of(city: City, stopwatch: Stopwatch, incremental: bool = True) -> Opened:
    """The same of a city that has been read."""
    with stopwatch.stage("sample"):
        spots = spots_of(city)
        layout = layout_of(city, spots)
    with stopwatch.stage("stand"):
        casters, owner = casters_of(city.scene), owner_of_casters(city)
        views = tuple(
            views_of(city, casters, owner, place.cell, place.origin, place.samples, incremental)
            for place in layout.places
        )
    study = Study(city.model, city.scene, city.scenarios, layout.grid, layout.receivers, zone_named(city.job.zone))
    return Opened(city, spots, layout, casters, owner, views, study)


def owner_of_casters(city: City) -> NDArray[np.int32]:
    """Object (T,) of each of the scene's casters, the slivers that seal them included."""
    scene = city.scene
    return np.concatenate([scene.object, scene.object[scene.sealed.source]])


def instants_of_day(city: City, index: int) -> Instants:
    """The instants of one of the job's dates at which the sun is up.

    Raises
    ------
    TwinError
        Where the sun does not rise between the asked clock times.
    """
    job = city.job
    times = day_times(job.dates[index], zone_named(job.zone), job.step_min, job.first, job.last)
    instants = instants_of(city.scene.site, times, job.step_min * 60.0)
    if not len(instants.time):
        between = "" if job.first is None and job.last is None else " between the asked clock times"
        raise TwinError(
            f"{job.dates[index]}: the sun does not rise above the horizon here{between}", "take another date or time"
        )
    return instants
