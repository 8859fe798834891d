"""Daylight rules on gardens and squares: the share of each that has enough sun, before and after."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from shadow import judge
from shadow.instants import Instants
from shadow.rules import Criterion, Rule
from twin.study.areas import Areas
from twin.study.places import rows_of
from twin.study.storeys import compared
from twin.study.verdict import Traced, rule_instants, verdict

if TYPE_CHECKING:
    import pandas as pd


def judged_areas(traced: Traced, rule: Rule, criterion: Criterion, day: datetime.date | None) -> list[pd.DataFrame]:
    """Rows of gardens and squares with open land in them; none where the study was given none."""
    import pandas as pd

    areas = traced.areas
    if areas is None or day is None:
        return []
    instants, clock_h = rule_instants(traced.city, day)
    counts = judge.counted_anywhere(instants, rule, clock_h)
    weight = np.where(counts, instants.step_s / 3600.0, 0.0)[None, :]
    hours, open_land = _area_hours(traced, areas, instants, weight)
    kept = open_land[areas.pixel]
    pixel, area, count = areas.pixel[kept], areas.area[kept], len(areas.frame)
    share = [judge.area_share(value[pixel], area, count, criterion.least_h or 0.0) for value in hours]
    out = []
    for state, scenario in compared(traced.city.scenarios):
        out.append(
            pd.DataFrame(
                {
                    **verdict(rule, criterion, share[0], share[state], state > 0),
                    "date": day.isoformat(),
                    "subject": "area",
                    "subject_id": areas.frame["area"],
                    "building_id": "",
                    "surface_id": "",
                    "storey": None,
                    "azimuth_deg": np.nan,
                    "own": False,
                    "scenario": scenario.name,
                }
            )[np.isfinite(share[state])]
        )
    return out


def _area_hours(
    traced: Traced, areas: Areas, instants: Instants, weight: NDArray[np.float64]
) -> tuple[list[NDArray[np.float64]], NDArray[np.bool_]]:
    """Counted hours of every pixel (G,) in each scenario, where it lies in an area; which pixels all leave open."""
    land_rows = [rows_of(place.samples)[0] for place in traced.places]
    count = sum(int(rows.sum()) for rows in land_rows)
    asked = np.zeros(count, bool)
    asked[areas.pixel] = True
    hours = [np.zeros(count) for _ in traced.city.scenarios]
    open_land = np.ones(count, bool)
    start = 0
    for view, land in zip(traced.views, land_rows, strict=True):
        here = slice(start, start + int(land.sum()))
        start = here.stop
        rows = np.flatnonzero(land)[asked[here]]
        if not len(rows):
            continue
        wanted = np.zeros(len(land), bool)
        wanted[rows] = True
        for state, lit in enumerate(view.lit(instants.direction, wanted)):
            hours[state][here][asked[here]] = bits.dot(lit.bits[rows], weight, np.zeros(len(rows), np.int64))
            open_land[here][asked[here]] &= lit.there[rows]
    return hours, open_land
