"""Where the correction has been taught: which hours are like those it learnt from, and which are not.

Training hours are counted in two grids, clear-sky index × sun height × power and incidence × power. An hour is inside
where both grids hold at least so many training hours in its cell and the cells around it, that number chosen so that
held-out hours of the training data are mostly inside. So a plane of another orientation, a shaded or a brighter one
leaves the domain wherever its power does not fit its sky as it did in training.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.correction_features import Conditions

CLEAR_SKY = np.arange(0.0, 1.45, 0.1)
ELEVATION = np.array([0.0, 3.0, 6.0, 10.0, 15.0, 20.0, 27.0, 35.0, 43.0, 51.0, 60.0, 70.0, 90.0])
INCIDENCE = np.arange(0.0, 1.05, 0.1)
POWER_STEP, POWER_CELLS = 0.05, 24
# Fewest training hours around an hour; the largest that leaves this share of held-out hours inside is taken.
LEAST = (40, 25, 15, 8, 4, 2)
HELD_INSIDE = 0.95
# Air temperatures [°C] beyond those of training that are still let in.
TEMPERATURE_MARGIN = 3.0


class Domain(NamedTuple):
    """sky (A, B, P), face (C, P): whether a cell is inside; coldest, warmest [°C], NaN where unknown."""

    sky: NDArray[np.bool_]
    face: NDArray[np.bool_]
    coldest: float
    warmest: float


class Counts(NamedTuple):
    """Training hours (A, B, P) and (C, P) in each cell and the cells around it."""

    sky: NDArray[np.int64]
    face: NDArray[np.int64]


def count(conditions: Conditions) -> Counts:
    """Count hours (N,)."""
    sky = np.zeros((len(CLEAR_SKY), len(ELEVATION), POWER_CELLS), np.int64)
    face = np.zeros((len(INCIDENCE), POWER_CELLS), np.int64)
    a, b, c, p = _cells(conditions)
    np.add.at(sky, (a, b, p), 1)
    np.add.at(face, (c, p), 1)
    return Counts(_around(sky), _around(face))


def domain_of(conditions: Conditions, least: int) -> Domain:
    """The domain of training hours (N,) with at least so many of them around an hour."""
    counts = count(conditions)
    known = conditions.temp_air[np.isfinite(conditions.temp_air)]
    coldest, warmest = (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)
    return Domain(counts.sky >= least, counts.face >= least, coldest, warmest)


def least_around(conditions: Conditions, fold: NDArray[np.intp]) -> int:
    """How many training hours there must be around an hour: the largest of LEAST with which held-out hours (fold by
    fold, N) are mostly inside.
    """
    folds = [fold == k for k in np.unique(fold)]
    for least in LEAST:
        held = 0
        for out in folds:
            taught = Conditions(*(part[~out] for part in conditions if part is not None))
            asked = Conditions(*(part[out] for part in conditions if part is not None))
            held += int(inside(domain_of(taught, least), asked).sum())
        if held >= HELD_INSIDE * len(fold):
            return least
    return LEAST[-1]


def inside(domain: Domain, conditions: Conditions) -> NDArray[np.bool_]:
    """Whether hours (S, H) are like those of training; false where sky or incidence is unknown."""
    a, b, c, p = _cells(conditions)
    sky = domain.sky.reshape(-1, POWER_CELLS)
    within = sky[a * len(ELEVATION) + b, p] & domain.face[c, p]
    within = within & np.isfinite(conditions.clear_sky_index) & np.isfinite(conditions.cos_incidence)
    air = conditions.temp_air
    cold, warm = air < domain.coldest - TEMPERATURE_MARGIN, air > domain.warmest + TEMPERATURE_MARGIN
    return np.asarray(within & ~(cold | warm))  # comparisons with an unknown temperature are false


def _cells(conditions: Conditions) -> tuple[NDArray[np.intp], ...]:
    def cell(value: NDArray[np.floating], edges: NDArray[np.float64]) -> NDArray[np.intp]:
        return np.clip(np.searchsorted(edges, np.nan_to_num(value), side="right") - 1, 0, len(edges) - 1)

    face = np.clip(np.nan_to_num(conditions.cos_incidence) * 10, 0, len(INCIDENCE) - 1).astype(np.intp)
    power = np.clip(np.nan_to_num(conditions.value_phys) / POWER_STEP, 0, POWER_CELLS - 1).astype(np.intp)
    return cell(conditions.clear_sky_index, CLEAR_SKY), cell(conditions.elevation_deg, ELEVATION), face, power


def _around(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums over each cell and its neighbours, along every axis."""
    for axis in range(counts.ndim):
        padded = np.concatenate(
            [np.zeros_like(counts.take([0], axis)), counts, np.zeros_like(counts.take([0], axis))], axis
        )
        n = counts.shape[axis]
        counts = sum((padded.take(np.arange(k, k + n), axis) for k in range(3)), np.zeros_like(counts))
    return counts
