"""Days and times at which a store knows the shadow exactly: when the true sun passes a node of its grid.

The bits of a node are those of one direction. Over a year the sun passes close to every row of nodes twice; on such a
day it stands on a node every few minutes. A viewer without a server offers these days, and what it shows then is traced
for that sun, not for one near it.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.site import Site
from solar.sun import sun_direction, sun_position
from solar.sun_grid import SunGrid, nearest_and_off

# Farther from its node than the sun's own disc is wide, a step is not offered.
NEAR_DEG = 0.5
# The sun moves 15° an hour; a step each half hour is what a slider needs.
EVERY_MIN = 30
# Rows crowd at the solstices, where the sun hardly moves; days closer than this look alike.
APART_DAYS = 10
MINUTE = np.timedelta64(60, "s")


class Step(NamedTuple):
    """One instant."""

    time_utc: datetime.datetime
    azimuth_deg: float  # true north
    elevation_deg: float
    node: int
    off_deg: float  # between the true sun and the node


class Day(NamedTuple):
    """One day with its instants, in order."""

    date: datetime.date
    steps: tuple[Step, ...]


def days_of(site: Site, grid: SunGrid, year: int) -> list[Day]:
    """One day for every row of the grid between the solstices of a year, in the order of the dates."""
    first = np.datetime64(f"{year - 1}-12-21")
    dates = first + np.arange(184)
    noon_off = np.array([_around_noon(site, grid, date) for date in dates])
    rows = _rows(noon_off)
    return [day for day in (_day(site, grid, dates[row]) for row in rows) if day.steps]


def _around_noon(site: Site, grid: SunGrid, date: np.datetime64) -> float:
    """Least angle [deg] between sun and node in the two hours around noon."""
    middle = date.astype("datetime64[s]") + np.timedelta64(round((12 - site.longitude_deg / 15.0) * 3600), "s")
    times = middle + np.arange(-60, 61, 3) * MINUTE
    return float(_sun(site, grid, times)[3].min())


def _rows(off: NDArray[np.float64]) -> list[int]:
    """Days nearer to their row than the days before and after, and the solstices."""
    inner = [i for i in range(1, len(off) - 1) if off[i] <= off[i - 1] and off[i] < off[i + 1] and off[i] <= NEAR_DEG]
    last = len(off) - 1
    kept = [0, last]
    for row in sorted(inner, key=lambda i: (off[i], i)):
        if all(abs(row - other) >= APART_DAYS for other in kept):
            kept.append(row)
    return sorted(kept)


def _sun(
    site: Site, grid: SunGrid, times: NDArray[np.datetime64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]:
    """Azimuth, elevation [deg], nearest node and the angle to it [deg] at instants (N,)."""
    elevation, azimuth = sun_position(times, site.latitude_deg, site.longitude_deg)
    direction = sun_direction(elevation, azimuth, site.convergence_deg)
    return azimuth, elevation, *nearest_and_off(grid, direction)


def _day(site: Site, grid: SunGrid, date: np.datetime64) -> Day:
    times = date.astype("datetime64[s]") + np.arange(0, 24 * 60) * MINUTE
    azimuth, elevation, node, off = _sun(site, grid, times)
    steps: list[Step] = []
    for begin in range(0, len(times), EVERY_MIN):
        part = np.arange(begin, begin + EVERY_MIN)
        part = part[(elevation[part] > 0.0) & (off[part] <= NEAR_DEG)]
        if len(part):
            best = int(part[np.argmin(off[part])])
            when = times[best].astype(datetime.datetime).replace(tzinfo=datetime.UTC)
            steps.append(Step(when, float(azimuth[best]), float(elevation[best]), int(node[best]), float(off[best])))
    return Day(date.astype(datetime.date), tuple(steps))
