"""Gardens and squares: how much of each has at least two hours of sun, and how much sun it has on average.

A polygon is measured at the middles of the pixels of open land inside it that every scenario leaves open; an area that
holds none is said to have none (nan), never zero hours.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from raytrace import bits
from shadow.judge import area_share
from twin.named_polygons import read_polygons
from twin.study.outcome import Day, Grid, Scenario
from twin.study.storeys import compared

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas

LEAST_H = 2.0

log = logging.getLogger(__name__)


class Areas(NamedTuple):
    """Named polygons in the city's CRS and the pixels inside each."""

    frame: geopandas.GeoDataFrame  # area, geometry
    pixel: NDArray[np.int64]  # (M,) pixel of the study
    area: NDArray[np.int64]  # (M,) row of the frame it lies in; polygons may overlap


def read_areas(path: Path, crs: Crs) -> geopandas.GeoDataFrame:
    """Named polygons in the city's CRS: columns area, geometry; what is left out or numbered is said in the log.

    Raises
    ------
    TwinError
        As `read_polygons`.
    """
    read = read_polygons(path, crs, "--areas")
    if read.other_layers:
        left = ", ".join(read.other_layers)
        log.warning("%s: read layer '%s', not %s; put another into a file of its own", path, read.layer, left)
    if read.unnamed and read.column is not None:
        log.warning("%s: %d polygons without a name in '%s'", path, len(read.unnamed), read.column)
    return read.frame


def areas_of(frame: geopandas.GeoDataFrame, grid: Grid) -> Areas:
    """Which pixels of open land lie in which polygon."""
    import shapely

    row, column = np.divmod(grid.pixel, max(grid.columns, 1))
    middle = shapely.points(grid.west + (column + 0.5) * grid.cell_m, grid.north - (row + 0.5) * grid.cell_m)
    area, pixel = shapely.STRtree(middle).query(frame.geometry.to_numpy(), predicate="intersects")
    return Areas(frame, pixel.astype(np.int64), area.astype(np.int64))


def area_table(areas: Areas, day: Day, scenarios: Sequence[Scenario], grid: Grid, date: str) -> geopandas.GeoDataFrame:
    """Share of each area with two hours of sun and its mean hours, before and after."""
    import geopandas
    import pandas as pd

    kept = np.ones(len(areas.pixel), bool)
    for lit in day.ground.values():
        kept &= lit.there[areas.pixel]
    pixel, area = areas.pixel[kept], areas.area[kept]
    count = len(areas.frame)
    number = np.bincount(area, minlength=count)
    weight = np.full((1, len(day.instants.time)), day.instants.step_s / 3600.0)

    def measured(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        hours = bits.dot(day.ground[name].bits[pixel], weight, np.zeros(len(pixel), np.int64))
        total = np.bincount(area, hours, count)
        mean = np.divide(total, number, out=np.full(count, np.nan), where=number > 0)
        return mean, area_share(hours, area, count, LEAST_H)

    bestand = measured(scenarios[0].name)
    frames = []
    for _, scenario in compared(scenarios):
        mean, share = measured(scenario.name)
        frames.append(
            pd.DataFrame(
                {
                    "area": areas.frame["area"],
                    "area_m2": areas.frame.geometry.area,
                    "measured_m2": number * grid.cell_m**2,
                    "scenario": scenario.name,
                    "date": date,
                    "hours_bestand": bestand[0],
                    "hours": mean,
                    "share_2h_bestand": bestand[1],
                    "share_2h": share,
                    "delta_min": np.round((mean - bestand[0]) * 60.0, 3),
                    "geometry": areas.frame.geometry,
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    return geopandas.GeoDataFrame(table, geometry="geometry", crs=areas.frame.crs)
