"""What the sun's spectrum does to a module, hour by hour: an option, off by default.

Pelland et al. 2022 (doi:10.1109/JPHOTOV.2021.3086438): a factor of air mass and clear-sky index, fitted to modules of
each technology; pvlib's ``spectral_factor_pvspec``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solar.pv.light import Light

# Below this the air mass of the mean sun has no meaning, and there is next to no power.
LOWEST_DEG = 3.0
# The fit has no value for no light at all.
CLOUDIEST = 0.05
# A cloudless hour darker than this [W/m²] is twilight.
TWILIGHT = 20.0


def clear_sky_ghi(light: Light, latitude_deg: float, longitude_deg: float, altitude_m: float) -> NDArray[np.float64]:
    """GHI (N,) [W/m²] of cloudless hours: Ineichen and Perez 2002 with pvlib's monthly Linke turbidity."""
    import pandas as pd
    import pvlib

    index = pd.DatetimeIndex(light.hour.astype("datetime64[ns]"), tz="UTC")
    turbidity = pvlib.clearsky.lookup_linke_turbidity(index, latitude_deg, longitude_deg).to_numpy(np.float64)
    airmass = absolute_airmass(light, altitude_m)
    extra = pvlib.irradiance.get_extra_radiation(index).to_numpy(np.float64)
    zenith = 90.0 - light.elevation_deg
    parts = pvlib.clearsky.ineichen(zenith, airmass, turbidity, altitude_m, extra)
    return np.nan_to_num(np.asarray(parts["ghi"], np.float64))


def absolute_airmass(light: Light, altitude_m: float) -> NDArray[np.float64]:
    """Air mass (N,) of each hour's mean sun, by pressure at the altitude [m]."""
    from pvlib.atmosphere import alt2pres, get_absolute_airmass, get_relative_airmass

    zenith = 90.0 - np.maximum(light.elevation_deg, LOWEST_DEG)
    return np.asarray(get_absolute_airmass(get_relative_airmass(zenith), alt2pres(altitude_m)), np.float64)


def clear_sky_index(light: Light, latitude_deg: float, longitude_deg: float, altitude_m: float) -> NDArray[np.float64]:
    """GHI by that of a cloudless hour (N,), at most 2; NaN where a cloudless hour would be dark too."""
    clear = clear_sky_ghi(light, latitude_deg, longitude_deg, altitude_m)
    index = np.divide(light.ghi, clear, out=np.full(len(clear), np.nan), where=clear >= TWILIGHT)
    return np.minimum(index, 2.0)


def spectral_factor(
    light: Light, latitude_deg: float, longitude_deg: float, altitude_m: float, technology: str
) -> NDArray[np.float64]:
    """Factor (N,) on irradiance; 1 where the sun is too low to tell.

    ``technology`` as pvlib names it: monosi, multisi, cigs, asi, or fs4-1 and fs4-2 (CdTe).
    """
    from pvlib.spectrum import spectral_factor_pvspec

    index = np.nan_to_num(clear_sky_index(light, latitude_deg, longitude_deg, altitude_m), nan=1.0)
    airmass = absolute_airmass(light, altitude_m)
    factor = spectral_factor_pvspec(airmass, np.maximum(index, CLOUDIEST), module_type=technology)
    return np.where(light.elevation_deg > LOWEST_DEG, np.asarray(factor, np.float64), 1.0)
