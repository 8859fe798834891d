"""The instants of a day at which the sun is looked at, and where it stands at each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.site import Site
from solar.sun import sun_direction, sun_position


class Instants(NamedTuple):
    """Instants at a fixed step with the sun above the horizon, in order of time.

    time (N,) datetime64[s] UTC; step_s [s]; elevation_deg, azimuth_deg (N,) [°] unrefracted, clockwise from true
    north; direction (N, 3) unit, to the sun, grid axes.
    """

    time: NDArray[np.datetime64]
    step_s: float
    elevation_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    direction: NDArray[np.float64]


def instants_of(site: Site, time: NDArray[np.datetime64], step_s: float, lowest_deg: float = 0.0) -> Instants:
    """Those of the instants ``time`` (N,) UTC, ``step_s`` [s] apart, at which the sun stands above ``lowest_deg`` [°].

    Source: solar.sun. Positions are exact, none is taken from a sun grid.
    """
    time = np.asarray(time).astype("datetime64[s]")
    elevation, azimuth = sun_position(time, site.latitude_deg, site.longitude_deg)
    up = elevation > lowest_deg
    direction = sun_direction(elevation[up], azimuth[up], site.convergence_deg)
    return Instants(time[up], float(step_s), elevation[up], azimuth[up], direction)
