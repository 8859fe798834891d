"""Five-minute instants under an hourly record, so that an hour can be moved by any number of minutes.

Physics is computed once at all instants; the mean of an hour that begins `shift_min` later is a difference of running
sums, linear between instants. That is what lets `align` look for a clock's error without computing anything twice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.sun import sun_position

STEP_S = 300
AN_HOUR = 3600 // STEP_S
# Room on either side of a record, in which its hours may be moved.
MARGIN_H = 2
# An hour is known where no more than this share of it is not.
MOST_UNKNOWN = 0.01


class Instants(NamedTuple):
    """N instants five minutes apart, with the sun at each.

    begin: datetime64[s] UTC at which the first five minutes begin; time (N,) datetime64[s], their middles;
    elevation_deg, azimuth_deg (N,) [°], unrefracted, from true north.
    """

    begin: np.datetime64
    time: NDArray[np.datetime64]
    elevation_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]


def instants_under(start: NDArray[np.datetime64], latitude_deg: float, longitude_deg: float) -> Instants:
    """Instants from two hours before the first to two hours after the last of contiguous hours (H,) UTC."""
    begin = start[0].astype("datetime64[s]") - np.timedelta64(MARGIN_H, "h")
    n = (len(start) + 2 * MARGIN_H) * AN_HOUR
    time = begin + np.arange(n) * np.timedelta64(STEP_S, "s") + np.timedelta64(STEP_S // 2, "s")
    elevation, azimuth = sun_position(time, latitude_deg, longitude_deg)
    return Instants(begin, time, elevation, azimuth)


class Running(NamedTuple):
    """Running sums of values at instants (N,), unknown ones apart: total, known (N + 1,)."""

    begin: np.datetime64
    total: NDArray[np.float64]
    known: NDArray[np.float64]


def running(values: NDArray[np.float64], instants: Instants) -> Running:
    """Running sums of values (N,), NaN where unknown."""
    valid = np.isfinite(values)
    return Running(
        instants.begin,
        np.concatenate([[0.0], np.cumsum(np.where(valid, values, 0.0))]),
        np.concatenate([[0.0], np.cumsum(valid, dtype=np.float64)]),
    )


def hour_means(sums: Running, start: NDArray[np.datetime64], shift_min: float = 0.0) -> NDArray[np.float64]:
    """Means (H,) over the hours that begin ``shift_min`` [min] after ``start`` (H,); NaN where unknown."""
    at = (start - sums.begin) / np.timedelta64(STEP_S, "s") + shift_min * 60.0 / STEP_S
    edge = np.arange(len(sums.total))

    def _between(cumulated: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(at + AN_HOUR, edge, cumulated) - np.interp(at, edge, cumulated)

    known = _between(sums.known)
    enough = known >= AN_HOUR * (1.0 - MOST_UNKNOWN)
    return np.where(enough, _between(sums.total) / np.maximum(known, 1.0), np.nan)
