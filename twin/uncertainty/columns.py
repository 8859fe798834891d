"""Uncertainty in the tables that people open, and what the report says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.pv.config import Spread
from twin.results import FACADE
from twin.totals import Totals
from twin.uncertainty.evidence import Evidence
from twin.uncertainty.percent import Uncertainty, of_buildings, uncertainty_of

if TYPE_CHECKING:
    import geopandas

# Of surfaces, in percent of their year's irradiation: all causes together, then one by one.
WHOLE, PARTS = "irradiation_u_pct", ("u_spacing_pct", "u_sun_grid_pct", "u_sky_pct", "u_geometry_pct")
COLUMNS = (WHOLE, *PARTS)
# They stand before this column of the surfaces.
BEFORE = "flags"
# What gets less in a year has no percentage worth the name [kWh/m²].
LEAST_KWH_M2 = 1.0
# A mean by area hides a few surfaces far above it: of those larger than LARGE_M2, how many are above HIGH_PCT is said.
LARGE_M2, HIGH_PCT = 2.0, 10.0
LEAVES_OUT = "weather, sky model, the resolution of reflectors and trees"


def with_uncertainty(
    surfaces: geopandas.GeoDataFrame,
    buildings: geopandas.GeoDataFrame,
    found: Evidence,
    totals: Totals,
    spread: Spread,
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame, dict[str, Any]]:
    """Both tables with standard uncertainties of the year's irradiation [%], and what the report says of them.

    Parameters
    ----------
    surfaces, buildings
        As `twin.results` makes them.
    found, totals
        Of every surface of the model, all cells added.
    """
    rows = surfaces["surface_index"].to_numpy()
    energy = (totals.direct + totals.diffuse + totals.reflected)[rows].sum(axis=1)
    own = Evidence(*(column[rows] for column in found))
    area = totals.exposed_area_m2[rows]
    parts = uncertainty_of(own, energy, surfaces["confidence"].to_numpy(), spread)
    surfaces = surfaces.copy()
    place = surfaces.columns.get_loc(BEFORE)
    for number, (name, part) in enumerate(zip(COLUMNS, (parts.whole, *parts), strict=True)):
        surfaces.insert(place + number, name, _percent(part, energy, area))
    buildings = buildings.copy()
    building = buildings.set_index("building_id").index.get_indexer(surfaces["building_id"])
    for label, kinds in (("roof", ("RoofSurface",)), ("facade", FACADE)):
        mine = np.flatnonzero(surfaces["kind"].isin(kinds))
        chosen = Uncertainty(*(part[mine] for part in parts))
        whole = of_buildings(chosen, building[mine], len(buildings)).whole
        kwh, m2 = (np.bincount(building[mine], of[mine], len(buildings)).astype(np.float64) for of in (energy, area))
        after = buildings.columns.get_loc(f"{label}_irradiation_kwh") + 1
        buildings.insert(after, f"{label}_{WHOLE}", _percent(whole, kwh, m2))
    return surfaces, buildings, facts(parts, energy, area)


def facts(parts: Uncertainty, energy_kwh: NDArray[np.float64], area_m2: NDArray[np.float64]) -> dict[str, Any]:
    """What the report says: means over the area of all surfaces, in percent of the mean irradiation, and of surfaces
    that are large and have a percentage how many are far above."""
    total = float(energy_kwh.sum())
    means = {
        name: round(100.0 * float(part.sum()) / total, 2) if total > 0.0 else None
        for name, part in zip(COLUMNS, (parts.whole, *parts), strict=True)
    }
    percent = _percent(parts.whole, energy_kwh, area_m2)[area_m2 > LARGE_M2]
    tail = {
        "larger_than_m2": LARGE_M2,
        "surfaces": int(np.isfinite(percent).sum()),
        "above_pct": HIGH_PCT,
        "surfaces_above": int((percent > HIGH_PCT).sum()),
    }
    return {**means, "tail": tail, "geometry": "judged by confidence, not measured", "leaves_out": LEAVES_OUT}


def _percent(
    part_kwh: NDArray[np.float64], energy_kwh: NDArray[np.float64], area_m2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """In percent of the energy; NaN where there is next to none."""
    return 100.0 * part_kwh / np.where(energy_kwh > LEAST_KWH_M2 * area_m2, energy_kwh, np.nan)
