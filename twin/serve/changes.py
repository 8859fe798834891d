"""What of a change is told of, and a building's energy of a year: for a study and for a dropped plan alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

# What changes less is not listed.
LEAST_MIN, LEAST_KWH = 0.5, 0.05


class BuildingYear(NamedTuple):
    """Irradiation of all surfaces of a building in a year."""

    before_kwh: float
    after_kwh: float
    delta_kwh: float
    delta_pct: float  # nan where there was none before


def is_told(delta_kwh: float, delta_min: float) -> bool:
    """Whether a change of energy [kWh] or of sun [min] is large enough to be listed; nan is none."""
    return bool(abs(delta_kwh) >= LEAST_KWH or abs(delta_min) >= LEAST_MIN)


def building_year(row: Mapping[Any, Any]) -> BuildingYear:
    """Of a row of `twin.study.energy.building_energy`."""
    before, after = (float(row[f"roof_kwh{when}"] + row[f"facade_kwh{when}"]) for when in ("_bestand", ""))
    delta = float(row["delta_kwh"])
    return BuildingYear(before, after, delta, 100.0 * delta / before if before > 0 else np.nan)
