"""A cloudless sky, and how bright an hour is against it.

Ineichen and Perez 2002 (doi:10.1016/S0038-092X(02)00045-2) as pvlib has it, with its monthly Linke turbidity. The
clear-sky index of an hour is the mean GHI of the whole hour over the mean of a cloudless sky over the same hour, night
minutes of either as 0: one definition for what is learnt from measured plants and for what a city's plants are asked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.sun import in_interval_sun, in_interval_times

# A cloudless hour darker than this [W/m²] is twilight: an index would be noise over next to nothing.
TWILIGHT = 20.0
# No cloud's edge keeps an hour above this multiple of a clear sky.
BRIGHTEST = 2.0


class ClearSky(NamedTuple):
    """Irradiance at instants (N,) [W/m²], 0 while the sun is down."""

    ghi: NDArray[np.float64]
    dni: NDArray[np.float64]
    dhi: NDArray[np.float64]


def clear_sky(
    times: NDArray[np.datetime64],
    elevation_deg: NDArray[np.float64],
    latitude_deg: float,
    longitude_deg: float,
    altitude_m: float,
) -> ClearSky:
    """A cloudless sky at UTC instants (N,) with the sun at ``elevation_deg`` (N,)."""
    import pandas as pd
    import pvlib

    index = pd.DatetimeIndex(times.astype("datetime64[ns]"), tz="UTC")
    turbidity = pvlib.clearsky.lookup_linke_turbidity(index, latitude_deg, longitude_deg).to_numpy(np.float64)
    zenith = 90.0 - elevation_deg
    pressure = pvlib.atmosphere.alt2pres(altitude_m)
    airmass = pvlib.atmosphere.get_absolute_airmass(pvlib.atmosphere.get_relative_airmass(zenith), pressure)
    extra = pvlib.irradiance.get_extra_radiation(index).to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):  # pvlib divides by nothing where the sun is down
        parts = pvlib.clearsky.ineichen(zenith, airmass, turbidity, altitude_m, extra)
    return ClearSky(*(np.nan_to_num(np.asarray(parts[name], np.float64)) for name in ClearSky._fields))


def clear_ghi_of(
    start: NDArray[np.datetime64], step_s: float, latitude_deg: float, longitude_deg: float, altitude_m: float
) -> NDArray[np.float64]:
    """Mean GHI (H,) [W/m²] of a cloudless sky over whole intervals of ``step_s`` [s] from ``start`` (H,) UTC."""
    times = in_interval_times(start, step_s)
    elevation, _ = in_interval_sun(start, step_s, latitude_deg, longitude_deg)
    sky = clear_sky(times.ravel(), elevation.ravel(), latitude_deg, longitude_deg, altitude_m)
    return np.asarray(sky.ghi.reshape(times.shape).mean(axis=1))


def clear_sky_index(ghi: NDArray[np.float64], clear_ghi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Clear-sky index of means of GHI (H,) and of a cloudless sky's GHI (H,) over the same whole intervals; at most 2,
    NaN in twilight and where GHI is unknown.
    """
    index = np.divide(ghi, clear_ghi, out=np.full(len(clear_ghi), np.nan), where=clear_ghi >= TWILIGHT)
    return np.minimum(index, BRIGHTEST)
