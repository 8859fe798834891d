"""Sun hours receiver by receiver on façades and roofs: the points of a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raytrace import bits
from twin.study.outcome import Day, Receivers
from twin.study.scenarios import City, buildings_of
from twin.study.storeys import compared

if TYPE_CHECKING:
    import geopandas


def receiver_table(city: City, receivers: Receivers, day: Day, date: str) -> geopandas.GeoDataFrame:
    """One row a receiver that some state leaves open to the air, and scenario; what a state covers has no sun there."""
    import geopandas
    import pandas as pd
    import shapely

    model = city.model
    owner = model.object[receivers.surface]
    building = np.array([item.id for item in model.objects], object)[buildings_of(model)[owner]]
    surface = np.array(model.surface_id, object)[receivers.surface]
    own = owner >= city.bestand_objects
    hours = {
        scenario.name: bits.count(day.surface[scenario.name].bits) * (day.instants.step_s / 3600.0)
        for scenario in city.scenarios
    }
    before = hours[city.scenarios[0].name]
    bestand = day.surface[city.scenarios[0].name].there
    frames = []
    for _, scenario in compared(city.scenarios):
        rows = np.flatnonzero((bestand | day.surface[scenario.name].there) & scenario.present[owner])
        after = hours[scenario.name][rows]
        frames.append(
            pd.DataFrame(
                {
                    "building_id": building[rows],
                    "surface_id": surface[rows],
                    "own": own[rows],
                    "area_m2": receivers.area_m2[rows],
                    "scenario": scenario.name,
                    "date": date,
                    "hours_bestand": np.where(own[rows], np.nan, before[rows]),
                    "hours": after,
                    "delta_min": np.where(own[rows], np.nan, np.round((after - before[rows]) * 60.0, 3)),
                    "geometry": shapely.points(receivers.point[rows]),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    return geopandas.GeoDataFrame(table, geometry="geometry", crs=city.scene.crs.horizontal)
