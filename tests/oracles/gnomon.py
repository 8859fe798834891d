"""The oldest oracle: the shadow of a thin upright mast on level ground is h / tan(elevation) long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tip_shadow(
    foot: NDArray[np.float64], height_m: float, direction: NDArray[np.float64], ground_z_m: float
) -> NDArray[np.float64]:
    """Where the tip throws its shadow; (..., 3) [m] for unit vectors (..., 3) to a sun above the horizon."""
    tip = np.asarray(foot, float) + [0.0, 0.0, height_m]
    direction = np.asarray(direction, float)
    return np.asarray(tip - (tip[2] - ground_z_m) / direction[..., 2:] * direction)
