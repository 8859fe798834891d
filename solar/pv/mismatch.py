"""What partial shade takes from a string beyond the light it takes: modules in series share one current.

At an instant a module sees the sun or not, so a string has two levels of irradiance: ``hi`` on the lit share f of its
modules, ``lo`` on the others. Its maximum power is the better of two: the lit modules' current with the others
bypassed, f · P(hi), or the shaded modules' current through all of them, P(lo). Bypass diodes, their drops and shade
finer than a module are left out.

Oracle: the summed current–voltage curves of modules in series (tests/solar/test_solar_pv_mismatch.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def beam_used(lit: ArrayLike, diffuse_share: ArrayLike) -> NDArray[np.floating]:
    """Share of the beam that a string of modules turns into power, 0 … ``lit``; floats as given.

    max(f, r) = r + (1 − r) · used, with r = lo / hi: used = max(0, (f − r) / (1 − r)).

    Parameters
    ----------
    lit
        Share f of the string's modules that see the sun.
    diffuse_share
        Irradiance r of a shaded module by that of a lit one, below 1.
    """
    share = np.asarray(diffuse_share)
    return np.asarray(np.maximum((np.asarray(lit) - share) / (1 - share), 0))
