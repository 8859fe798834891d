"""Irradiance on a free plane at instants: beam, circumsolar, isotropic sky, horizon band (Perez 1990) and ground,
before and behind the module's glass.

The same sky as in `irradiance`, for one plane and nothing in its way. Oracle: pvlib's Perez (tests/solar).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.closure import extraterrestrial
from solar.irradiance import MIN_COS_ZENITH
from solar.measured.instants import Instants
from solar.perez import brightness
from solar.pv.glass import Glass, passed_beam


class Sky(NamedTuple):
    """Irradiance at instants (N,) [W/m²], NaN where unknown: dni, dhi, ghi; temp_air [°C], wind_speed [m/s]."""

    dni: NDArray[np.float64]
    dhi: NDArray[np.float64]
    ghi: NDArray[np.float64]
    temp_air: NDArray[np.float64]
    wind_speed: NDArray[np.float64]


class OnPlane(NamedTuple):
    """One plane at instants (N,): beam (with circumsolar), diffuse (sky and ground) [W/m²] in front of the glass;
    effective [W/m²] behind it; cos_incidence 0 … 1.
    """

    beam: NDArray[np.float64]
    diffuse: NDArray[np.float64]
    effective: NDArray[np.float64]
    cos_incidence: NDArray[np.float64]


def cos_incidence_of(instants: Instants, tilt_deg: float, azimuth_deg: float) -> NDArray[np.float64]:
    """Cosine of incidence on a plane (N,), 0 where the sun is behind it or down."""
    elevation = np.radians(instants.elevation_deg)
    tilt = np.radians(tilt_deg)
    turned = np.radians(instants.azimuth_deg - azimuth_deg)
    cosine = np.sin(elevation) * np.cos(tilt) + np.cos(elevation) * np.sin(tilt) * np.cos(turned)
    return np.where(elevation > 0.0, np.maximum(cosine, 0.0), 0.0)


def on_plane(
    sky: Sky,
    instants: Instants,
    tilt_deg: float,
    azimuth_deg: float,
    albedo: float,
    glass: Glass,
    shaded: NDArray[np.float64] | None = None,
) -> OnPlane:
    """Irradiance on one plane, its beam reduced where a share ``shaded`` (N,) of it lies in shade.

    The glass takes what it takes on the city's planes (`solar.pv.power`): the horizon band is sky.
    """
    up = instants.elevation_deg > 0.0
    f1, f2 = np.zeros(len(up)), np.zeros(len(up))
    known = up & np.isfinite(sky.dni) & np.isfinite(sky.dhi)
    f1[known], f2[known] = brightness(
        sky.dni[known],
        sky.dhi[known],
        extraterrestrial(instants.time[known]),
        instants.elevation_deg[known],
    )
    tilt = np.radians(tilt_deg)
    cosine = cos_incidence_of(instants, tilt_deg, azimuth_deg)
    low = np.maximum(np.sin(np.radians(instants.elevation_deg)), MIN_COS_ZENITH)
    direct = np.where(up, sky.dni * cosine, 0.0 * sky.dni)
    around_sun = np.where(up, sky.dhi * f1 * cosine / low, 0.0 * sky.dhi)
    if shaded is not None:
        direct, around_sun = direct * (1.0 - shaded), around_sun * (1.0 - shaded)
    dome = sky.dhi * (1.0 - f1) * 0.5 * (1.0 + np.cos(tilt))
    band = sky.dhi * f2 * np.sin(tilt)
    ground = sky.ghi * albedo * 0.5 * (1.0 - np.cos(tilt))
    passes = passed_beam(glass, cosine)
    whole = round(tilt_deg)
    effective = direct * passes + around_sun * (passes if glass.circumsolar else 1.0)
    effective = effective + np.maximum((dome + band) * glass.sky[whole] + ground * glass.ground[whole], 0.0)
    return OnPlane(direct + around_sun, np.maximum(dome + band + ground, 0.0), effective, cosine)
