"""Perez' F1 and F2 at every in-interval sun position, or once an interval: which agrees with pvlib?

python docs/design/0002_perez_at_every_sun_position.py
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pvlib

from solar.irradiance import sources
from solar.site import Site
from solar.sun_grid import sun_grid
from solar.weather import bundled

PLANES = {
    "horizontal": (0, 0),
    "35° S": (35, 180),
    "90° S": (90, 180),
    "90° E": (90, 90),
    "90° W": (90, 270),
    "90° N": (90, 0),
}


def main() -> None:
    """Annual diffuse irradiation of free planes by both ways and by pvlib at the same instants [kWh/m²]."""
    weather = bundled()
    site = Site(weather.latitude_deg, weather.longitude_deg, 100.0, 0.0)
    sent = sources(site, sun_grid(site), weather)
    elevation, azimuth = sent.path.elevation_deg, sent.path.azimuth_deg
    up = elevation > 0
    share = up / np.maximum(up.sum(axis=1), 1)[:, None]
    zenith = 90 - elevation
    days = pd.DatetimeIndex(weather.start.astype("datetime64[ns]")).day_of_year.to_numpy()
    extra = np.asarray(pvlib.irradiance.get_extra_radiation(days))

    def perez(tilt: float, facing: float, sun_zenith: np.ndarray, sun_azimuth: np.ndarray, repeat: int) -> np.ndarray:
        def column(values: np.ndarray) -> np.ndarray:
            return np.repeat(values[:, None], repeat, axis=1)

        mass = pvlib.atmosphere.get_relative_airmass(sun_zenith)
        found = pvlib.irradiance.perez(
            tilt, facing, column(weather.dhi), column(weather.dni), column(extra), sun_zenith, sun_azimuth, mass
        )
        return np.nan_to_num(np.asarray(found))

    mean_zenith = (zenith * share).sum(axis=1, keepdims=True)
    middle = np.argmax(share > 0, axis=1) + (share > 0).sum(axis=1) // 2
    mean_azimuth = azimuth[np.arange(len(middle)), np.minimum(middle, azimuth.shape[1] - 1)][:, None]
    lit = up.any(axis=1)
    print(f"{'plane':<12}{'every position':>16}{'once an interval':>18}{'difference':>12}   diffuse, kWh/m²")
    for name, (tilt, facing) in PLANES.items():
        often = (perez(tilt, facing, zenith, azimuth, zenith.shape[1]) * share).sum(axis=1)[lit].sum() / 1000
        once = perez(tilt, facing, mean_zenith, mean_azimuth, 1)[lit, 0].sum() / 1000
        print(f"{name:<12}{often:>16.1f}{once:>18.1f}{100 * (once / often - 1):>11.2f} %")


if __name__ == "__main__":
    main()
