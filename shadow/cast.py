"""From lit or unlit instants to intervals and hours.

Instants stand at a fixed step; each stands for the interval of one step about it, so that the length of a lit run is
its number of instants times the step, and no run is longer than the day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Interval(NamedTuple):
    """A run of equal answers, by the instants at its ends."""

    first: np.datetime64
    last: np.datetime64
    hours: float


def hours(lit: NDArray[np.bool_], step_s: float) -> NDArray[np.float64]:
    """Summed length [h] of the lit instants along the last axis of ``lit`` (…, N)."""
    return np.asarray(lit.sum(axis=-1) * (step_s / 3600.0))


def intervals(lit: NDArray[np.bool_], times: NDArray[np.datetime64]) -> list[Interval]:
    """Lit runs of one receiver.

    Parameters
    ----------
    lit : (N,)
    times : (N,)
        Instants at a fixed step.
    """
    if len(times) < 2 or not lit.any():
        return []
    step = times[1] - times[0]
    edge = np.diff(np.concatenate([[False], lit, [False]]).astype(np.int8))
    begin, end = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1
    hour = np.timedelta64(3600, "s")
    return [
        Interval(times[b], times[e], float((times[e] - times[b] + step) / hour))
        for b, e in zip(begin, end, strict=True)
    ]


def tip_shadow(
    foot: NDArray[np.float64], height_m: float, direction: NDArray[np.float64], ground_z_m: float
) -> NDArray[np.float64]:
    """Where the tip of a thin upright mast throws its shadow on level ground; (..., 3) [m].

    Parameters
    ----------
    foot : (3,) [m]
    direction : (..., 3)
        Unit vectors to the sun, above the horizon; the shadow's length is h / tan(elevation).
    """
    tip = np.asarray(foot, float) + [0.0, 0.0, height_m]
    direction = np.asarray(direction, float)
    along = (tip[2] - ground_z_m) / direction[..., 2:]
    return np.asarray(tip - along * direction)
