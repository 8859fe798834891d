"""The far horizon as a profile of elevations around a place: which sun stands above it, what it leaves of the sky.

A profile is applied to the true position of the sun and to the patches of the sky, never baked into visibilities: it
changes with the files that the user gives, they do not. It is geometric, as the sun of this package is: neither is
lifted by refraction. Oracle: closed forms of walls and rings (tests/solar/test_solar_far_horizon.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Sources
from solar.sky import Sky

# Midpoints a patch is divided into by azimuth: a sky of 145 has patches of 12°, so 0.1°, finer than any profile here.
CUTS = 128


class FarHorizon(NamedTuple):
    """elevation_deg (A,) [°] of the horizon at azimuths a · 360°/A, clockwise from grid north, linear between, ≥ 0."""

    elevation_deg: NDArray[np.float64]


def elevation_at(horizon: FarHorizon, azimuth_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elevation (...) [°] of the horizon at azimuths (...) [°], clockwise from grid north, of any turn."""
    profile = horizon.elevation_deg
    place = np.mod(azimuth_deg, 360.0) * (len(profile) / 360.0)
    first = np.floor(place).astype(np.int64)
    share = place - first
    low, high = profile[first % len(profile)], profile[(first + 1) % len(profile)]
    # of two equal values exactly that value, whatever the share
    return np.asarray(low + share * (high - low))


def above(horizon: FarHorizon, direction: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether unit vectors (..., 3) to the sun's centre, grid axes, point strictly above the horizon (...)."""
    x, y, z = np.moveaxis(np.asarray(direction, np.float64), -1, 0)
    elevation_deg = np.degrees(np.arctan2(z, np.hypot(x, y)))
    return np.asarray(elevation_deg > elevation_at(horizon, np.degrees(np.arctan2(x, y))))


def behind(horizon: FarHorizon, sources: Sources) -> Sources:
    """The same sources with no light from suns that stand behind the horizon; what they would have sent is lost."""
    lit = above(horizon, sources.path.direction)
    return sources._replace(direct=sources.direct * lit, circumsolar=sources.circumsolar * lit)


def open_share(horizon: FarHorizon, sky: Sky) -> NDArray[np.float64]:
    """Share (K,) [1] of each patch's solid angle above the horizon: 1 exactly where nothing stands up.

    The factor of a patch in every sum over the sky, the horizon band too. That band has no height in Perez' model (a
    ring at elevation 0, which the smallest hill would hide) but stands for a brightening of the sky's lowest degrees;
    its visibility near by is that of the patches of the lowest row, and so is what a far horizon leaves of it.

    A horizon hides the lower part of a patch, where a level plane's cosine is least: a ring of 3° takes 0.57 % of a
    level plane's sky with 577 patches, 0.27 % in truth (0.29 % with 2305). Upright planes have no such error.
    """
    share = np.ones(len(sky.direction))
    low, high = np.sin(np.radians(sky.elevation_deg)).T
    met = np.flatnonzero(sky.elevation_deg[:, 0] < horizon.elevation_deg.max())
    left, right = sky.azimuth_deg[met].T
    azimuth_deg = left[:, None] + (np.arange(CUTS) + 0.5) / CUTS * (right - left)[:, None]
    # equal steps of the sine are equal solid angles
    skyline = np.sin(np.radians(elevation_at(horizon, azimuth_deg)))
    low, high = low[met, None], high[met, None]
    share[met] = ((high - np.clip(skyline, low, high)) / (high - low)).mean(axis=1)
    return share
