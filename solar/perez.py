"""Perez's brightness coefficients F1 (circumsolar) and F2 (horizon band), read out of pvlib's public model.

pvlib gives the three parts on a tilted plane; on a plane tilted by 6° towards the sun they solve for F1 and
F2: isotropic = DHI (1 − F1)(1 + cos β)/2, horizon = DHI F2 sin β. pvlib sets all parts to zero where their
sum is negative, and F1 may exceed 1 at a low sun. More than 5° of tilt keep cos of incidence above Perez's
max(cos z, cos 85°), so that F1 never lowers the sum; little more keeps F2 (down to −1.8) small. The sum
then stays above 0.8 DHI over all conditions (tested). Source: Perez et al. 1990,
doi:10.1016/0038-092X(90)90055-H, coefficient set allsitescomposite1990.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TILT_DEG = 6.0


def brightness(
    dni: NDArray[np.float64],
    dhi: NDArray[np.float64],
    dni_extra: NDArray[np.float64],
    elevation_deg: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """F1, F2 (N,) [1] for irradiances (N,) [W/m²] and unrefracted sun elevations (N,) [°].

    Both are 0 where the sun is down or DHI is 0.
    """
    import pvlib

    f1, f2 = np.zeros(len(dhi)), np.zeros(len(dhi))
    lit = (elevation_deg > 0.0) & (dhi > 0.0)
    zenith = 90.0 - elevation_deg[lit]
    parts = pvlib.irradiance.perez(
        np.full(zenith.shape, TILT_DEG),
        np.full(zenith.shape, 180.0),
        dhi[lit],
        dni[lit],
        dni_extra[lit],
        zenith,
        np.full(zenith.shape, 180.0),
        pvlib.atmosphere.get_relative_airmass(zenith),
        model="allsitescomposite1990",
        return_components=True,
    )
    beta = np.radians(TILT_DEG)
    f1[lit] = 1.0 - parts["poa_isotropic"] / (dhi[lit] * 0.5 * (1.0 + np.cos(beta)))
    f2[lit] = parts["poa_horizon"] / (dhi[lit] * np.sin(beta))
    return f1, f2
