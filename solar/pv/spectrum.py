"""What the sun's spectrum does to a module, hour by hour: an option, off by default.

Pelland et al. 2022 (doi:10.1109/JPHOTOV.2021.3086438): a factor of air mass and clear-sky index, fitted to modules of
each technology; pvlib's ``spectral_factor_pvspec``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solar import clear_sky
from solar.pv.light import HOUR_S, Light

# Below this the air mass of the mean sun has no meaning, and there is next to no power.
LOWEST_DEG = 3.0
# The fit has no value for no light at all.
CLOUDIEST = 0.05


def clear_sky_index(light: Light, latitude_deg: float, longitude_deg: float, altitude_m: float) -> NDArray[np.float64]:
    """Clear-sky index of every hour with sun (N,), as `solar.clear_sky` defines it."""
    clear = clear_sky.clear_ghi_of(light.hour, light.length_h * HOUR_S, latitude_deg, longitude_deg, altitude_m)
    return clear_sky.clear_sky_index(light.ghi, clear)


def spectral_factor(
    light: Light, latitude_deg: float, longitude_deg: float, altitude_m: float, technology: str
) -> NDArray[np.float64]:
    """Factor on irradiance of every hour with sun (N,): `factor_of` at its mean sun."""
    index = clear_sky_index(light, latitude_deg, longitude_deg, altitude_m)
    return factor_of(light.elevation_deg, index, altitude_m, technology)


def factor_of(
    elevation_deg: NDArray[np.float64], index: NDArray[np.float64], altitude_m: float, technology: str
) -> NDArray[np.float64]:
    """Factor on irradiance under a sun's elevation and a clear-sky index of the same shape; 1 where the sun is too low
    to tell.

    ``technology`` as pvlib names it: monosi, multisi, cigs, asi, or fs4-1 and fs4-2 (CdTe).
    """
    from pvlib.atmosphere import alt2pres, get_absolute_airmass, get_relative_airmass
    from pvlib.spectrum import spectral_factor_pvspec

    zenith = 90.0 - np.maximum(elevation_deg, LOWEST_DEG)
    airmass = get_absolute_airmass(get_relative_airmass(zenith), alt2pres(altitude_m))
    known = np.maximum(np.nan_to_num(index, nan=1.0), CLOUDIEST)
    factor = spectral_factor_pvspec(airmass, known, module_type=technology)
    return np.where(elevation_deg > LOWEST_DEG, np.asarray(factor, np.float64), 1.0)
