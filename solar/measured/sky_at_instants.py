"""What a weather record says of the sky at instants: steps of any length spread over the minutes they stand for.

Inside a step GHI follows the sine of the sun's elevation, DNI stays as it is: the step's means are kept.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from solar.clear_sky import clear_sky as cloudless
from solar.clock import fit_clock, moved
from solar.closure import close_dni, mean_sun
from solar.measured.instants import Instants
from solar.measured.plane import Sky
from solar.weather_record import Weather

# How a weather record says that its beam and diffuse were only derived from GHI.
GHI_ALONE = "dhi_from_ghi_erbs"
# A weather clock further off than this is not put right unasked.
FURTHEST_MIN = 40.0


def sky_of(weather: Weather, instants: Instants) -> Sky:
    """The sky at instants (N,), NaN where the record has nothing."""
    length = np.timedelta64(round(weather.step_s), "s")
    row = np.searchsorted(weather.start, instants.time, side="right") - 1
    inside = (row >= 0) & (instants.time < weather.start[np.maximum(row, 0)] + length)
    row = np.where(inside, row, 0)
    sine = np.maximum(np.sin(np.radians(instants.elevation_deg)), 0.0)
    n = len(weather.start)
    steps = np.bincount(row[inside], minlength=n)
    up = np.bincount(row[inside & (sine > 0.0)], minlength=n)
    mean_sine = np.bincount(row[inside], sine[inside], n) / np.maximum(steps, 1)
    beam_scale = np.where(up > 0, steps / np.maximum(up, 1), 0.0)[row]
    scale = np.divide(sine, mean_sine[row], out=np.zeros(len(row)), where=mean_sine[row] > 0.0)
    dni = np.where(sine > 0.0, weather.dni[row] * beam_scale, 0.0 * weather.dni[row])
    dhi = weather.dhi[row] * scale
    sky = Sky(dni, dhi, dni * sine + dhi, weather.temp_air[row], weather.wind_speed[row])
    return Sky(*(np.where(inside, values, np.nan) for values in sky))


def on_the_sun(weather: Weather, shift_min: float | None = None) -> tuple[Weather, float]:
    """The weather with its labels moved to where the sun agrees with them [min], beam and diffuse derived anew.

    ``shift_min`` [min] is used where it is given. Nothing is moved where the clock cannot be told or is too far off; a
    record of GHI alone is split by DIRINT, which fits measured plants better than Erbs (docs/measured.md).
    """
    minutes = _found_shift(weather) if shift_min is None else shift_min
    start = moved(weather.start, minutes * 60.0)
    place = (weather.latitude_deg, weather.longitude_deg)
    if GHI_ALONE in weather.flags:
        dni, dhi = split_global(weather.ghi, start, weather.step_s, *place, "dirint")
    else:
        closed = close_dni(weather.ghi, weather.dhi, mean_sun(start, weather.step_s, *place), weather.step_s)
        dni, dhi = closed.dni, closed.dhi
    return replace(weather, start=start, dni=dni, dhi=dhi), minutes


def _found_shift(weather: Weather) -> float:
    fit = weather.clock or fit_clock(
        weather.start, weather.step_s, np.nan_to_num(weather.ghi), weather.latitude_deg, weather.longitude_deg
    )
    return -fit.late_min if fit.known and abs(fit.late_min) <= FURTHEST_MIN else 0.0


def clear_sky(instants: Instants, latitude_deg: float, longitude_deg: float, altitude_m: float) -> Sky:
    """A cloudless sky at instants (N,), its temperature and wind unknown."""
    clear = cloudless(instants.time, instants.elevation_deg, latitude_deg, longitude_deg, altitude_m)
    unknown = np.full(len(instants.time), np.nan)
    return Sky(clear.dni, clear.dhi, clear.ghi, unknown, unknown)


def split_global(
    ghi: NDArray[np.float64],
    start: NDArray[np.datetime64],
    step_s: float,
    latitude_deg: float,
    longitude_deg: float,
    model: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """DNI and DHI (H,) [W/m²] of interval means GHI (H,), by ``model`` 'dirint' or 'erbs', closed to GHI.

    DIRINT (Perez et al. 1992, ASHRAE Trans. 98) also looks at the neighbouring intervals. NaN where GHI is.
    """
    import pandas as pd
    import pvlib

    known = np.isfinite(ghi)
    sun = mean_sun(start, step_s, latitude_deg, longitude_deg)
    zenith = np.degrees(np.arccos(np.clip(sun.sin_elevation, 0.0, 1.0)))
    filled = np.where(known, ghi, 0.0)
    middle = pd.DatetimeIndex((start + np.timedelta64(round(step_s / 2), "s")).astype("datetime64[ns]"), tz="UTC")
    if model == "dirint":
        dni = np.nan_to_num(np.asarray(pvlib.irradiance.dirint(filled, zenith, middle), np.float64))
        dhi = np.maximum(filled - dni * sun.sin_elevation, 0.0)
    else:
        dhi = np.asarray(pvlib.irradiance.erbs(filled, zenith, middle)["dhi"], np.float64)
    closed = close_dni(filled, dhi, sun, step_s)
    return np.where(known, closed.dni, np.nan), np.where(known, closed.dhi, np.nan)
