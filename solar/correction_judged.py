"""What held-out hours say of a model: errors before and after, and how far a plant's year may be off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solar.correction_features import evaluate, features
from solar.correction_folds import Rows
from solar.correction_model import LEAST_SCALE, Model, bounds

# Relative standard deviation of a plant's level in a later year against the one it learnt from: weather data 3 %,
# soiling 2 %, snow 1 %, availability 3 %, in square (docs/correction.md). At the five open plants the level of physics
# moved by 3.8 % (root mean square) from the years learnt from to the year asked.
LATER_YEAR_SPREAD = 0.05
# Of annual energy at a site nothing was learnt from, at least this.
LEAST_SPREAD = 0.03
DECIMALS = 5


def spread_between(held: NDArray[np.float64], raw: Rows, names: Sequence[str], fitted_sizes: Sequence[str]) -> float:
    """Root mean square over plants of the energy that power on held-out hours (N,) is off by [share of measured].

    Plants whose size was fitted to their own measurement take no part: they are right by construction. Where no other
    is left, nothing is known, and a later year's spread stands for it.
    """
    n = len(names)
    off = np.bincount(raw.plant, held, n) / np.bincount(raw.plant, raw.measured, n) - 1.0
    free = off[[name not in fitted_sizes for name in names]]
    if not len(free):
        return LATER_YEAR_SPREAD
    return round(max(float(np.sqrt(np.mean(free**2))), LEAST_SPREAD), DECIMALS)


def held_out(held: NDArray[np.float64], raw: Rows, names: Sequence[str], model: Model) -> list[dict[str, Any]]:
    """Before and after, on hours (N,) of each plant that were held out: shares of mean measured power."""
    wide = np.maximum(evaluate(model.scale, features(raw.conditions, model.scale.names)), LEAST_SCALE)
    below, above = bounds(held, wide, model.low, model.high, model.spread)
    within = (raw.measured >= below) & (raw.measured <= above)
    out = []
    for i, name in enumerate(names):
        mine = raw.plant == i
        measured, mean = raw.measured[mine], float(np.mean(raw.measured[mine]))
        row: dict[str, Any] = {"plant": name, "hours": int(mine.sum())}
        for which, value in (("physics", raw.conditions.value_phys[mine]), ("corrected", held[mine])):
            off = value - measured
            row[which] = {
                "nrmse": round(float(np.sqrt(np.mean(off**2))) / mean, 4),
                "mae": round(float(np.mean(np.abs(off))) / mean, 4),
                "bias": round(float(np.mean(off)) / mean, 4),
            }
        out.append({**row, "coverage_p10_p90": round(float(np.mean(within[mine])), 3)})
    return out
