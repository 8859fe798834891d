"""Far heights against the city's own ground: another datum or unit lifts or sinks every horizon of a job.

A plain that stands 48 m too high is a ring of 9° around a cell without near terrain. So the far terrain is read at the
middle of each cell, where its rays begin, and held against the ground there. Reasons are guessed from the median
alone: the height of the geoid above the ellipsoid (GCG2016), feet, heights that count from a place's own ground.
Oracle: plains off by known amounts (tests/twin/test_twin_far_horizon_ground.py).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs, shift_by_grid, to_geographic
from twin.cells import Cell
from twin.far_horizon.words import far_warnings
from twin.open_land import OpenLand
from twin.package_data import geoid_grid

if TYPE_CHECKING:
    from twin.far_horizon.terrain import FarTerrain

log = logging.getLogger(__name__)

# Woods and houses of a surface model stay below, a geoid's height (36 to 50 m in Germany) above.
NOTICED_M = 20.0
# How near the median must come to what a reason would make of it.
GEOID_WITHIN_M, FEET_WITHIN = 8.0, 0.05
FEET_PER_M = 3.280_84
# Lower ground than this is that of a model which begins at 0, if the far terrain stands much higher.
OWN_ZERO_M = 5.0


def with_ground_check(far: FarTerrain, land: OpenLand, cells: list[Cell]) -> FarTerrain:
    """The same far terrain with ``ground`` in its facts: how its heights stand to the ground of a job's cells.

    What is worth a warning is logged too, before hours of tracing: `twin.far_horizon.words.far_warnings`.
    """
    box = np.array([cell.box for cell in cells])
    place = (box[:, :2] + box[:, 2:]) / 2.0
    checked = replace(far, facts={**far.facts, "ground": ground_facts(far, place, land.height(place))})
    for line in far_warnings(checked.facts):
        log.warning("%s", line)
    return checked


def ground_facts(far: FarTerrain, place: NDArray[np.float64], height_m: NDArray[np.float64]) -> dict[str, Any]:
    """Far heights minus ground heights (N,) [m] at places (N, 2): median, least, most, and likely reasons.

    ``cells`` counts the places where the far terrain has a height; where it has none anywhere, there is nothing else.
    """
    far_m = _heights(far, place)
    known = np.isfinite(far_m)
    if not known.any():
        return {"cells": 0}
    above = far_m[known] - height_m[known]
    middle = float(np.median(above))
    ground, hills = float(np.median(height_m[known])), float(np.median(far_m[known]))
    return {
        "cells": int(known.sum()),
        "median_m": round(middle, 1),
        "least_m": round(float(above.min()), 1),
        "most_m": round(float(above.max()), 1),
        "noticed_m": NOTICED_M,
        "likely": _reasons(middle, ground, hills, _geoid_m(far.crs, place)) if abs(middle) > NOTICED_M else [],
    }


def _heights(far: FarTerrain, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Heights (N,) [m] of the nearest samples; NaN where there is none."""
    raster = far.raster
    column, row = (np.rint(place / raster.step_m).astype(int) - [raster.column, raster.row]).T
    return np.asarray(raster.height[row, column], np.float64)


def _geoid_m(crs: Crs, place: NDArray[np.float64]) -> float:
    """Median height [m] of the geoid above the ellipsoid at places (N, 2); NaN outside Germany's grid."""
    latitude_deg, longitude_deg = to_geographic(crs, *place.T)
    with geoid_grid() as path:
        height_m = shift_by_grid(str(path), longitude_deg, latitude_deg, np.zeros(len(place)), 1)
    inside = np.isfinite(height_m)
    return float(np.median(height_m[inside])) if inside.any() else float("nan")


def _reasons(above: float, ground: float, hills: float, geoid: float) -> list[str]:
    """Names of what would explain a median difference [m]; comparisons with NaN are false on purpose."""
    found = {
        "far_ellipsoid": abs(above - geoid) <= GEOID_WITHIN_M,
        "city_ellipsoid": abs(above + geoid) <= GEOID_WITHIN_M,
        "far_feet": abs(hills - FEET_PER_M * ground) <= FEET_WITHIN * abs(hills),
        "city_feet": abs(ground - FEET_PER_M * hills) <= FEET_WITHIN * abs(ground),
        "city_own_zero": abs(ground) <= OWN_ZERO_M < hills,
    }
    return [name for name, fits in found.items() if fits]
