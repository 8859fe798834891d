"""Free planes of twelve orientations beside pvlib's Perez model, at the same sun instants.

The engine sums over sun grid, sky patches and the horizon band; pvlib transposes every instant by itself (Perez et al.
1990, doi:10.1016/0038-092X(90)90055-H, coefficients allsitescomposite1990). Oracle: pvlib.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solar.closure import extraterrestrial
from solar.weather import bundled
from twin.validate.engine import Year, free_planes, normal_of, year_at
from twin.validate.table import Asked, Seconds, Table, near

NAME = "planes"
SOURCE = "pvlib, Perez 1990"
# Tilt and azimuth [°].
PLANES = {
    "horizontal": (0.0, 180.0),
    "35° S": (35.0, 180.0),
    "30° E": (30.0, 90.0),
    "30° W": (30.0, 270.0),
    **{f"90° {name}": (90.0, 45.0 * k) for k, name in enumerate(("N", "NE", "E", "SE", "S", "SW", "W", "NW"))},
}
ALBEDO = 0.2
PATCHES = 577
BOUND = 0.003


def by_pvlib(year: Year, tilt_deg: float, azimuth_deg: float) -> NDArray[np.float64]:
    """Monthly irradiation (12,) [kWh/m²] of a free plane: pvlib at every in-interval sun, mean over those up."""
    import pvlib

    weather, path = year.weather, year.bins.sources.path
    n_sub = path.elevation_deg.shape[1]
    up = path.elevation_deg.ravel() > 0.0
    zenith, azimuth = 90.0 - path.elevation_deg.ravel()[up], path.azimuth_deg.ravel()[up]
    dni, dhi, extra = (np.repeat(x, n_sub)[up] for x in (weather.dni, weather.dhi, extraterrestrial(weather.start)))
    sky = pvlib.irradiance.perez(
        tilt_deg,
        azimuth_deg,
        dhi,
        dni,
        extra,
        zenith,
        azimuth,
        pvlib.atmosphere.get_relative_airmass(zenith),
        model="allsitescomposite1990",
    )
    beam = dni * np.maximum(pvlib.irradiance.aoi_projection(tilt_deg, azimuth_deg, zenith, azimuth), 0.0)
    each = np.zeros(len(up))
    each[up] = np.where(dhi > 0.0, sky, 0.0) + beam
    count = up.reshape(-1, n_sub).sum(axis=1)
    plane = each.reshape(-1, n_sub).sum(axis=1) / np.maximum(count, 1)
    plane += np.where(count == 0, pvlib.irradiance.isotropic(tilt_deg, weather.dhi), 0.0)
    plane += pvlib.irradiance.get_ground_diffuse(tilt_deg, weather.ghi, ALBEDO)
    return np.asarray(np.bincount(year.bins.month, plane, 12) * weather.step_s / 3.6e6)


def planes(asked: Asked) -> Table:
    """Twelve planes of the default year."""
    seconds = Seconds()
    with seconds.spent("heliotwin"):
        year = year_at(bundled(), PATCHES, ALBEDO)
        energy = free_planes(year, np.array([normal_of(*plane) for plane in PLANES.values()]))
        ours = energy.direct + energy.diffuse + energy.reflected
    rows, worst = [], 0.0
    with seconds.spent("pvlib"):
        for months, (name, plane) in zip(ours, PLANES.items(), strict=True):
            theirs = by_pvlib(year, *plane)
            worst = max(worst, float(np.abs(months / theirs - 1.0).max()))
            rows.append(near(name, float(months.sum()), float(theirs.sum()), BOUND, "kWh/m²", SOURCE))
    return Table(
        name=NAME,
        title="Free planes of twelve orientations against pvlib's Perez",
        rows=tuple(rows),
        notes=(
            "TRY 2015 region 12 at its own place, albedo 0.2, 577 patches, the same in-interval sun instants in both.",
            f"Worst month of any plane: {100 * worst:.3f} %.",
        ),
        seconds=seconds.of,
    )
