"""Rasters of a day's open land: who shades a pixel at an instant, how long the sun reaches it, what a plan changes.

All of them lie on ``Study.grid``, north row first. A pixel says something only where it is open land in the states
compared: what a plan builds over, or a demolition lays open, has no before and after.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from twin.study.outcome import BESTAND, IN_BESTAND, IN_PLANUNG, NO_LAND, NOT_SHADED, Day, Grid, Lit, Study


def mask(study: Study, day: Day, scenario: str, instant: int) -> NDArray[np.uint8]:
    """Shadow mask (rows, columns) of one instant (index into ``day.instants``).

    NOT_SHADED (0); IN_BESTAND (1): shaded in the Bestand only (of a study's Bestand alone: shaded); IN_PLANUNG (2):
    shaded in the scenario only; IN_BOTH (3); NO_LAND (255): no open land in one of the two.
    """
    n_instants = len(day.instants.time)
    before = day.ground[BESTAND]
    value = np.where(bits.column(before.bits, n_instants, instant), NOT_SHADED, IN_BESTAND).astype(np.uint8)
    there = before.there
    if scenario != BESTAND:
        after = day.ground[scenario]
        value |= np.where(bits.column(after.bits, n_instants, instant), NOT_SHADED, IN_PLANUNG).astype(np.uint8)
        there = there & after.there
    out = np.full(study.grid.rows * study.grid.columns, NO_LAND, np.uint8)
    out[study.grid.pixel[there]] = value[there]
    return out.reshape(study.grid.rows, study.grid.columns)


def lit_minutes(lit: Lit, day: Day) -> NDArray[np.float64]:
    """Sun (P,) [min] of receivers on a day, each instant standing for one step; NaN where they are not there."""
    weights = np.full((1, len(day.instants.time)), day.instants.step_s / 60.0)
    total = bits.dot(lit.bits, weights, np.zeros(len(lit.bits), np.int64))
    return np.where(lit.there, total, np.nan)


def minutes(study: Study, day: Day, scenario: str) -> NDArray[np.float32]:
    """Sun (rows, columns) [min] on open land in one scenario; NaN elsewhere."""
    return on_grid(study.grid, lit_minutes(day.ground[scenario], day))


def difference(study: Study, day: Day, scenario: str) -> NDArray[np.float32]:
    """What a scenario changes (rows, columns) [min], negative where sun is lost; NaN where not open land in both."""
    after, before = (lit_minutes(day.ground[name], day) for name in (scenario, BESTAND))
    return on_grid(study.grid, after - before)


def on_grid(grid: Grid, value: NDArray[np.float64]) -> NDArray[np.float32]:
    """Values (G,) of pixels as a raster (rows, columns); NaN where there is none."""
    out = np.full(grid.rows * grid.columns, np.nan, np.float32)
    out[grid.pixel] = value
    return out.reshape(grid.rows, grid.columns)
