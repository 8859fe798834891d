"""Hours to learn from, how they are held out, and what is made of the errors on hours that were held out.

Never random rows: hours of one week are alike, and a random half would be known from its neighbours. A plant's record
is cut into fortnights that go in turn to the folds; plants of several sites are held out site by site.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.correction_features import LEAST_POWER, Conditions, conditions_of, take
from solar.errors import PlantError
from solar.measured.align import WRONG_MIN, check_even
from solar.measured.plant_hours import PlantHours

FOLDS, FORTNIGHT = 5, np.timedelta64(14, "D")
LEAST_HOURS, LEAST_DAYS = 1000, 180
P10, P90 = 0.10, 0.90
# Of sums of shares.
ROUNDING = 1e-9


class Rows(NamedTuple):
    """N hours to learn from: conditions (N,); measured (N,) [kW/kWp]; plant (N,) index; fold (N,); weight
    (N,); fortnight (N,) fold by fortnights, whatever the folds are;
    days: how many there are in all.
    """

    conditions: Conditions
    measured: NDArray[np.float64]
    plant: NDArray[np.intp]
    fold: NDArray[np.intp]
    weight: NDArray[np.float64]
    fortnight: NDArray[np.intp]
    days: int


def usable_rows(hours: PlantHours) -> NDArray[np.bool_]:
    """Hours (H,) of daylight that are measured, not flagged, and in which physics gives something."""
    known = hours.usable & np.isfinite(hours.measured) & np.isfinite(hours.value_phys)
    return np.asarray(known & (hours.elevation_deg > 0.0) & (np.nan_to_num(hours.value_phys) >= LEAST_POWER))


def check_hours(hours: PlantHours) -> None:
    """Raises PlantError where a plant's clock is wrong or its record too short to learn from."""
    found = hours.alignment
    if found is not None:
        check_even(found, hours.name)
    off_min = found.shift_min - hours.shift_min if found is not None and found.known else hours.shift_min
    if abs(off_min) >= WRONG_MIN:
        raise PlantError(
            f"its clock is {off_min:+.0f} min off the sun; nothing is learnt from a wrong clock",
            hours.name,
            remedy="Correct zone or label in the plant's TOML",
        )
    start = hours.start[usable_rows(hours)]
    days = int((start[-1] - start[0]) / np.timedelta64(1, "D")) + 1 if len(start) else 0
    if len(start) < LEAST_HOURS or days < LEAST_DAYS:
        raise PlantError(
            f"{len(start)} usable daylight hours over {days} days are too few to learn from",
            hours.name,
            remedy=f"Give {LEAST_HOURS} hours over half a year at least, or use --model default",
        )


def stack(plants: Sequence[PlantHours], sites: Sequence[str], level: bool) -> Rows:
    """The usable hours of all plants, one after another.

    Each plant has the same weight in all, shared by the square of physics. `level`: measured power is scaled to the
    plant's physics in sum, so that only the shape remains. Folds are the sites where there are two or more, else
    fortnights.
    """
    chosen = [usable_rows(hours) for hours in plants]
    names = list(dict.fromkeys(sites))
    parts, measured, weight, fortnight, days = [], [], [], [], 0
    for hours, rows in zip(plants, chosen, strict=True):
        value, physics = hours.measured[rows], hours.value_phys[rows]
        measured.append(value * (physics.sum() / value.sum()) if level else value)
        parts.append(take(conditions_of(hours), rows))
        weight.append(physics**2 / np.sum(physics**2))
        turn = ((hours.start[rows] - hours.start[0]) // FORTNIGHT).astype(np.intp)
        fortnight.append(turn % FOLDS)
        days += len(np.unique(hours.start[rows].astype("datetime64[D]")))
    plant = np.concatenate([np.full(len(value), i) for i, value in enumerate(measured)])
    conditions = Conditions(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    turns = np.concatenate(fortnight)
    fold = np.array([names.index(site) for site in sites])[plant] if len(names) > 1 else turns
    return Rows(conditions, np.concatenate(measured), plant, fold, np.concatenate(weight), turns, days)


def error_ratios(value: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
    """Root mean square error of values (N,) in each plant's hours, over that of physics."""
    n = int(rows.plant.max()) + 1
    ours = np.bincount(rows.plant, (value - rows.measured) ** 2, n)
    physics = np.bincount(rows.plant, (rows.conditions.value_phys - rows.measured) ** 2, n)
    return np.sqrt(ours / np.maximum(physics, 1e-30))


def conformal(score: NDArray[np.float64], group: NDArray[np.intp], days: int) -> tuple[float, float]:
    """P10 and P90 of scaled errors (N,) of held-out hours, each group of the same weight.

    The ranks are those of split conformal prediction: one more unit is taken to lie beyond either end. Hours of a day
    are alike, so the unit is the day: as if there were `days` scores, not N.
    """
    order = np.argsort(score, kind="stable")
    share = 1.0 / np.bincount(group)[group]
    share /= np.sum(share) * (1.0 + 1.0 / days)
    below = np.cumsum(share[order])
    low = int(np.searchsorted(below, P10 - 1.0 / (days + 1) + ROUNDING, side="right"))
    high = int(np.searchsorted(below, P90 - ROUNDING, side="left"))
    return float(score[order[low]]), float(score[order[min(high, len(order) - 1)]])
