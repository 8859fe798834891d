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


def intervals(lit: NDArray[np.bool_], times: NDArray[np.datetime64], step_s: float) -> list[Interval]:
    """Lit runs of one receiver.

    Parameters
    ----------
    lit : (N,)
    times : (N,)
        Instants at a fixed step.
    step_s : [s]
    """
    edge = np.diff(np.concatenate([[False], lit, [False]]).astype(np.int8))
    begin, end = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1
    return [Interval(times[b], times[e], float((e - b + 1) * step_s / 3600.0)) for b, e in zip(begin, end, strict=True)]
