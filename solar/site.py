"""Where a job stands on the Earth: one `Site` per job, so that all of it sees one sun."""

from __future__ import annotations

from typing import NamedTuple


class Site(NamedTuple):
    """One place, and how its map grid is turned there.

    latitude_deg [°] north positive, longitude_deg [°] east positive (WGS 84 / ETRS89), altitude_m [m];
    convergence_deg [°] meridian convergence of the grid, positive where grid north lies clockwise (east) of
    true north: grid azimuth = true azimuth − convergence. Wiesbaden in UTM 32: −0.583°, so a grid bearing
    is the true one + 0.583°.
    """

    latitude_deg: float
    longitude_deg: float
    altitude_m: float = 0.0
    convergence_deg: float = 0.0
