"""Circumsolar share of Hay and Davies (1980): as much of the DHI as the beam keeps of its strength above the air.

The rest is isotropic and there is no horizon band, so that F1, 0 take the place of Perez's F1, F2
(solar.perez). Source: Hay & Davies 1980, Proc. First Canadian Solar Radiation Data Workshop, 59 – 72. Oracle:
pvlib.irradiance.haydavies, which divides by no less than cos 89°; `solar.irradiance` does by no less than
cos 85°, as for Perez, so that a low sun's circumsolar part is smaller here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def hay_davies(
    dni: NDArray[np.float64],
    dhi: NDArray[np.float64],
    dni_extra: NDArray[np.float64],
    elevation_deg: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """F1 (N,) [1], 0 … 1, and F2 = 0 (N,) for irradiances (N,) [W/m²] and unrefracted sun elevations (N,) [°].

    Both are 0 where the sun is down or DHI is 0. A beam beyond the extraterrestrial one counts as that: more would take
    a negative isotropic part.
    """
    lit = (elevation_deg > 0.0) & (dhi > 0.0)
    share = np.divide(dni, dni_extra, out=np.zeros(len(dhi)), where=lit & (dni_extra > 0.0))
    return np.minimum(share, 1.0), np.zeros(len(dhi))
