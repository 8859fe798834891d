"""What a day takes from each building's façades, as area means over its receivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from io_citygml.model import SurfaceKind
from raytrace import bits
from twin.results import footprints_of
from twin.study.outcome import Day, Receivers
from twin.study.scenarios import City, buildings_of
from twin.study.storeys import compared

if TYPE_CHECKING:
    import geopandas

FACADE = (SurfaceKind.WALL, SurfaceKind.WINDOW, SurfaceKind.DOOR)


def building_table(city: City, receivers: Receivers, day: Day, date: str) -> geopandas.GeoDataFrame:
    """Mean sun hours of every building's façades, before and after.

    A receiver that only one state leaves open to the air counts in the other with no sun.
    """
    import geopandas
    import pandas as pd

    model = city.model
    facade = np.isin(model.kind[receivers.surface], FACADE)
    owner = model.object[receivers.surface[facade]]
    building = buildings_of(model)[owner].astype(np.int64)
    area = receivers.area_m2[facade]
    number, index = np.unique(building, return_inverse=True)
    each = np.full((1, len(day.instants.time)), day.instants.step_s / 3600.0)
    lits = [day.surface[scenario.name] for scenario in city.scenarios]
    hours = [bits.dot(lit.bits[facade], each, np.zeros(len(area), np.int64)) for lit in lits]
    shape = footprints_of(model, buildings_of(model))
    own = number >= city.bestand_objects
    frames = []
    for state, scenario in compared(city.scenarios):
        counted = lits[0].there[facade] | lits[state].there[facade]
        counted &= scenario.present[owner]  # what is pulled down has no façades
        weight = np.where(counted, area, 0.0)
        total = np.bincount(index, weight, len(number))
        sums = [np.bincount(index, weight * hours[s], len(number)) for s in (0, state)]
        mean = [np.divide(summed, total, out=np.full(len(number), np.nan), where=total > 0) for summed in sums]
        before = np.where(own, np.nan, mean[0])
        after = mean[1]
        change = np.where(counted, hours[state] - hours[0], 0.0)
        worst = np.zeros(len(number))
        np.minimum.at(worst, index, change)
        frame = pd.DataFrame(
            {
                "building_id": [model.objects[b].id for b in number],
                "own": own,
                "scenario": scenario.name,
                "date": date,
                "facade_m2": total,
                "hours_bestand": before,
                "hours": after,
                "delta_min": np.round((after - before) * 60.0, 3),
                "worst_delta_min": np.where(own, np.nan, np.round(worst * 60.0, 3)),
                "geometry": [shape.get(int(b)) for b in number],
            }
        )
        frames.append(frame[total > 0])
    table = pd.concat(frames, ignore_index=True)
    return geopandas.GeoDataFrame(table, geometry="geometry", crs=city.scene.crs.horizontal)
