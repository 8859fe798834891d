"""The worked example of NREL's solar position algorithm, to its printed digits.

Reda & Andreas 2004 (doi:10.1016/j.solener.2003.12.003; NREL/TP-560-34302, appendix A.5): 17 October 2003, 12:30:30 at
UTC−7, ΔT 67 s, 39.742476° N 105.1786° W, 1830.14 m, 820 mbar, 11 °C. The house's sun is unrefracted, the printed
zenith is refracted: the report's own refraction formula (its equation 42) stands between the two, here alone.
"""

from __future__ import annotations

import numpy as np

from solar.sun import sun_direction, sun_position
from twin.validate.engine import normal_of
from twin.validate.table import Asked, Seconds, Table, close, stated

NAME = "spa"
SOURCE = "NREL/TP-560-34302, example"
TIME_UTC = "2003-10-17T19:30:30"
LATITUDE_DEG, LONGITUDE_DEG = 39.742476, -105.1786
PRESSURE_MBAR, TEMPERATURE_C = 820.0, 11.0
TILT_DEG, PLANE_AZIMUTH_DEG = 30.0, 170.0
PRINTED = 5e-6  # half of the last digit printed


def refraction_deg(elevation_deg: float) -> float:
    """What the air lifts the sun by [°] at an unrefracted elevation [°], equation 42 of the report."""
    tangent = np.tan(np.radians(elevation_deg + 10.3 / (elevation_deg + 5.11)))
    return float(PRESSURE_MBAR / 1010.0 * 283.0 / (273.0 + TEMPERATURE_C) * 1.02 / (60.0 * tangent))


def spa(asked: Asked) -> Table:
    """Zenith, azimuth and incidence of the example."""
    seconds = Seconds()
    with seconds.spent("heliotwin"):
        times = np.array([np.datetime64(TIME_UTC, "s")])
        elevation, azimuth = (float(x[0]) for x in sun_position(times, LATITUDE_DEG, LONGITUDE_DEG))
        apparent = elevation + refraction_deg(elevation)
        to_sun = sun_direction(np.array([apparent]), np.array([azimuth]))[0]
        incidence = float(np.degrees(np.arccos(to_sun @ normal_of(TILT_DEG, PLANE_AZIMUTH_DEG))))
    return Table(
        name=NAME,
        title="Sun position: NREL's worked example",
        rows=(
            close("topocentric zenith", 90.0 - apparent, 50.11162, PRINTED, "°", SOURCE),
            close("topocentric azimuth", azimuth, 194.34024, PRINTED, "°", SOURCE),
            close("incidence on a plane of 30° towards 170°", incidence, 25.18700, PRINTED, "°", SOURCE),
            stated("zenith without refraction, as the engine uses it", 90.0 - elevation, "°", "solar.sun"),
        ),
        seconds=seconds.of,
    )
