"""What a plant on a surface would yield, roughly: irradiation × module efficiency × performance ratio.

For comparisons before and after, where the same factor stands on both sides. The plant covers the whole exposed
surface; layout, temperature, inverter and losses of a real one are not modelled here.

Sources: modules of 0.2 kW/m² (20 %); performance ratios of new German systems 0.80 to 0.87, taken 0.85.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

MODULE_EFFICIENCY = 0.20
PERFORMANCE_RATIO = 0.85


def pv_estimate_kwh(irradiation_kwh: ArrayLike) -> NDArray[np.float64]:
    """Yield [kWh] of modules on everything that the irradiation [kWh] falls on."""
    return np.asarray(irradiation_kwh, np.float64) * (MODULE_EFFICIENCY * PERFORMANCE_RATIO)
