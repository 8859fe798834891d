"""A year of a field of rows by pvlib alone: Perez' sky, infinite_sheds, PVWatts, at the same instants.

Circumsolar light goes with the beam, as pvlib does it for its own anisotropic model; the band along the horizon, which
infinite sheds does not know, is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pvlib

from solar.closure import extraterrestrial


class Sun(NamedTuple):
    """Instants with sun (J,) of a weather record: interval, share of it, zenith and azimuth, irradiance."""

    row: np.ndarray
    share: np.ndarray
    zenith: np.ndarray
    azimuth: np.ndarray
    dni: np.ndarray
    dhi: np.ndarray
    extra: np.ndarray


def sun_of_year(weather, latitude_deg, longitude_deg, step_min=10):
    """Instants in the middle of every ten minutes, by pvlib's own solar position."""
    import pandas as pd

    n_sub = round(weather.step_s / 60 / step_min)
    offset = ((np.arange(n_sub) + 0.5) * step_min * 60).astype("timedelta64[s]")
    times = pd.DatetimeIndex((weather.start[:, None] + offset).ravel(), tz="UTC")
    where = pvlib.solarposition.get_solarposition(times, latitude_deg, longitude_deg)
    zenith = where["zenith"].to_numpy()
    up = zenith < 90.0
    row = np.repeat(np.arange(len(weather.start)), n_sub)[up]
    share = 1.0 / np.bincount(row, minlength=len(weather.start))[row]
    extra = extraterrestrial(weather.start)[row]
    return Sun(row, share, zenith[up], where["azimuth"].to_numpy()[up], weather.dni[row], weather.dhi[row], extra)


class Faces(NamedTuple):
    """Means over the intervals (H,) [W/m²]: on both faces, and behind their glass."""

    front: np.ndarray
    rear: np.ndarray
    front_used: np.ndarray
    rear_used: np.ndarray


def year_of_rows(sun, weather, tilt, azimuth, gcr, height, pitch, albedo, refraction_index):
    """Irradiance of a year; ``tilt``, ``azimuth`` of the front: numbers or (J,)."""
    zenith, dhi = sun.zenith, sun.dhi
    towards = pvlib.irradiance.perez(
        zenith, sun.azimuth, dhi, sun.dni, sun.extra, zenith, sun.azimuth,
        pvlib.atmosphere.get_relative_airmass(zenith), return_components=True,
    )  # fmt: skip
    ring = np.where(dhi > 0, towards["poa_circumsolar"], 0.0)
    cosine = np.cos(np.radians(zenith))
    around = np.where(dhi > 0, dhi - ring * np.maximum(cosine, np.cos(np.radians(85.0))), 0.0)
    beam = sun.dni + ring
    got = pvlib.bifacial.infinite_sheds.get_irradiance(
        tilt, azimuth, zenith, sun.azimuth, gcr, height, pitch, beam * cosine + around, around, beam, albedo
    )

    def mean(values):
        return np.bincount(sun.row, values * sun.share, len(weather.start))

    out = []
    for side, t, a in (("front", tilt, azimuth), ("back", 180.0 - tilt, (azimuth + 180.0) % 360.0)):
        glass = pvlib.iam.physical(pvlib.irradiance.aoi(t, a, zenith, sun.azimuth), n=refraction_index)
        lost = got[f"poa_{side}_direct"] * (1.0 - glass)
        out.append((mean(got[f"poa_{side}"]), mean(got[f"poa_{side}"] - lost)))
    return Faces(out[0][0], out[1][0], out[0][1], out[1][1])


def ac_of_year(effective, warms, weather, gamma_pdc, loss, eta_nom, eta_ref, u0, u1):
    """AC power [kW/kWp] of an inverter as large as the modules."""
    temp_cell = pvlib.temperature.faiman(warms, weather.temp_air, weather.wind_speed, u0, u1)
    dc = pvlib.pvsystem.pvwatts_dc(effective, temp_cell, 1.0, gamma_pdc) * (1.0 - loss)
    return pvlib.inverter.pvwatts(dc, 1.0, eta_inv_nom=eta_nom, eta_inv_ref=eta_ref)
