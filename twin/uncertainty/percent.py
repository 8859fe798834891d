"""What evidence is worth: standard uncertainties of the year's irradiation, by cause.

Spacing, sun grid and sky are measured: their scales are fitted to the errors of the demo's surfaces against a fine
reference, at 1 m with 577 patches and at 2 m with 145, so that two standard uncertainties of all causes together hold
95 % of the surfaces at each, and judged at districts that they were not fitted on (twin/validate/uncertainty.py,
docs/uncertainty.md).
Errors of spacing grow more slowly than what differs between receivers, hence the exponent. Geometry is a judgement, by
the confidence of the reader: the share that photovoltaics takes (twin.pv.spread). Causes are independent and add as
squares (JCGM 100:2008, 5.1.2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.pv.config import Spread
from twin.pv.spread import geometry_spread
from twin.uncertainty.evidence import Evidence

# Standard uncertainty by evidence: measured, see above.
SPACING, SPACING_EXPONENT = 0.17, 0.75
SUN_GRID = 0.8
SKY, LOW_SKY = 0.73, 0.5
# What no evidence tells, of what a free plane would get.
FLOOR = 3e-4
# A receiver beside a covered one may gain or lose this share of what is free: where the cover ends is not known.
BESIDE_COVERED = 0.3
# Receivers with no other beside them: this share of the root of what they get times what they lack. One that gets
# nothing counts as if it got a tenth.
ALONE, LEAST_SEEN = 0.3, 0.1


class Uncertainty(NamedTuple):
    """Standard uncertainties of the year's energy on surfaces (S,) [kWh], by cause."""

    spacing: NDArray[np.float64]
    sun_grid: NDArray[np.float64]
    sky: NDArray[np.float64]
    geometry: NDArray[np.float64]

    @property
    def whole(self) -> NDArray[np.float64]:
        """All causes together, (S,) kWh."""
        return np.sqrt(np.sum([part**2 for part in self], axis=0))


def uncertainty_of(
    found: Evidence, energy_kwh: NDArray[np.float64], confidence: NDArray[np.floating], spread: Spread
) -> Uncertainty:
    """Standard uncertainties of surfaces (S,).

    Parameters
    ----------
    found
        Evidence of every surface, all cells added.
    energy_kwh
        (S,) of the year, reflected light included.
    confidence
        (S,) of their geometry, 0 … 1.
    """
    floor = FLOOR * found.free
    geometry = geometry_spread(confidence, spread) * energy_kwh
    sky = np.sqrt((SKY * found.sky) ** 2 + (LOW_SKY * found.low) ** 2 + floor**2)
    return Uncertainty(_of_spacing(found), np.hypot(SUN_GRID * found.sun, floor), sky, geometry)


def _of_spacing(found: Evidence) -> NDArray[np.float64]:
    """Standard uncertainty (S,) [kWh] for the spacing of receivers."""
    whole = np.where(found.free > 0.0, found.free, 1.0)
    lacking = np.clip(found.free - found.seen, 0.0, None)
    lone = np.where(found.alone == found.exposed, ALONE**2, 0.0) / np.maximum(found.exposed, 1)
    square = found.uneven + found.tilted**2 + lone * (found.seen + LEAST_SEEN * found.free) * lacking
    square += (BESIDE_COVERED * found.beside_covered) ** 2
    return SPACING * found.free * (square / whole**2 + FLOOR**2) ** (SPACING_EXPONENT / 2)


def of_buildings(parts: Uncertainty, building: NDArray[np.integer], n_buildings: int) -> Uncertainty:
    """The same of whole buildings (B,): of each the surfaces that name it (S,).

    Receivers stand by chance, so spacing adds as squares; surfaces of a building share suns, skyline and survey, so the
    others add as they are.
    """

    def summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(building, values, n_buildings).astype(np.float64)

    return Uncertainty(np.sqrt(summed(parts.spacing**2)), *(summed(part) for part in parts[1:]))
