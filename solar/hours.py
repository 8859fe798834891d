"""Hourly means of series whose steps are shorter than an hour.

An interval counts to the UTC hour that holds its middle: records labelled at full quarters stand for the quarter
about the label, and halving an interval at the hour would invent values. At the ends of a record an hour may hold
fewer steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HOUR_S = 3600


class Hours(NamedTuple):
    """Where the hours of a series lie in it."""

    start: NDArray[np.datetime64]  # (N,) UTC
    first: NDArray[np.intp]  # (N,) first step of each hour
    steps: NDArray[np.int64]  # (N,) steps in each hour


def single_steps(start: NDArray[np.datetime64]) -> Hours:
    """Every step for itself."""
    return Hours(start, np.arange(len(start)), np.ones(len(start), np.int64))


def hours_of(start: NDArray[np.datetime64], step_s: float) -> Hours:
    """Hours of intervals of ``step_s`` [s] from ``start`` (H,) UTC; steps of an hour or more stay as they are."""
    if step_s >= HOUR_S:
        return single_steps(start)
    middle = start.astype("datetime64[ms]") + np.timedelta64(round(step_s * 500), "ms")
    hour, first, steps = np.unique(middle.astype("datetime64[h]"), return_index=True, return_counts=True)
    return Hours(hour.astype("datetime64[s]"), first, steps.astype(np.int64))


def hourly_mean(values: NDArray[np.floating], hours: Hours) -> NDArray[np.float64]:
    """Means (N,) or (N, K) over the hours of one series (H,) or K of them (H, K)."""
    steps = hours.steps if values.ndim == 1 else hours.steps[:, None]
    return np.asarray(np.add.reduceat(values, hours.first, axis=0) / steps)
