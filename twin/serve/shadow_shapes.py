"""Shadows on open land as polygons in longitude and latitude, before and after a plan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.errors import TwinError
from twin.export.shadow_names import stamps
from twin.export.shadow_polygons import Sky, shadow_geojson, shadows_of
from twin.study.clock import zone_named
from twin.study.drop import Dropped
from twin.study.masks import mask
from twin.study.outcome import Day, Study


def shadow_shapes(dropped: Dropped, day: Day, times: Sequence[str]) -> dict[str, Any]:
    """A FeatureCollection of the shadows at legal clock times of the day, those of the last scenario.

    ``kind`` tells what a plan adds, takes away and leaves (`twin.export.shadow_polygons`); the sun is the true one.

    Parameters
    ----------
    times
        "HH:MM" on the legal clock of the job's zone.

    Raises
    ------
    TwinError
        Where the sun is down at one of them, or none of the day's instants stands there.
    """
    city = dropped.city
    study = Study(
        model=city.model,
        scene=city.scene,
        scenarios=city.scenarios,
        receivers=dropped.layout.receivers,
        grid=dropped.layout.grid,
        zone=zone_named(city.job.zone),
    )
    clocks = stamps(day.instants.time, study.zone)
    at = {f"{stamp.legal:%H:%M}": number for number, stamp in reversed(list(enumerate(clocks)))}
    missing = [time for time in times if time not in at]
    if missing:
        first, last = f"{clocks[0].legal:%H:%M}", f"{clocks[-1].legal:%H:%M}"
        raise TwinError(
            f"times: {', '.join(missing)} is no instant of the day",
            f"take every {city.job.step_min}th minute from {first} to {last}, while the sun is up",
        )
    scenario, shadows = city.scenarios[-1].name, []
    for time in dict.fromkeys(times):
        number = at[time]
        instants = day.instants
        sky = Sky(day.date, clocks[number], float(instants.elevation_deg[number]), float(instants.azimuth_deg[number]))
        shadows += shadows_of(np.asarray(mask(study, day, scenario, number)), study.grid, scenario, sky)
    collection: dict[str, Any] = json.loads(shadow_geojson(shadows, city.scene.crs, {"times": list(times)}))
    return collection
