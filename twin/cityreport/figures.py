"""Numbers of each district, and of the city as their sum.

A district's row holds plain sums over its surfaces, added in the order of the table; the city is the sum of the rows,
so that districts and what lies outside of them always make up the whole. Sums of p10 and p90 are those of outcomes that
all deviate the same way: the band of a sum is no wider than that.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cityreport.districts import Land
from twin.pv.cadastre import CLASSES
from twin.results import FACADE

if TYPE_CHECKING:
    import pandas as pd

ROOF = ("RoofSurface",)
# Classes of roofs as the cadastre names them, and their columns here.
CLASS_KEYS = dict(zip(CLASSES, ("very_good", "good", "limited", "unsuitable"), strict=True))
# Below this the geometry of a surface is doubtful (docs/defects.md).
DOUBTFUL_BELOW = 0.9
QUANTILES = ("p10", "p50", "p90")
# Shares and names are no sums.
RATIOS = ("roof_kwh_kwp", "facade_kwh_kwp", "pv_kwh_kwp", "land_kwh_m2")


class Place(NamedTuple):
    """Which row of the table a building or a surface belongs to."""

    building: NDArray[np.int64]  # (B,)
    surface: NDArray[np.int64]  # (S,)


def place_of(surfaces: pd.DataFrame, buildings: pd.DataFrame, of_building: NDArray[np.int64]) -> Place:
    """Districts of surfaces by their building."""
    import pandas as pd

    row = pd.Index(buildings["building_id"]).get_indexer(surfaces["building_id"])
    return Place(of_building, of_building[row])


def is_roof(surfaces: pd.DataFrame) -> NDArray[np.bool_]:
    """Which surfaces are roofs (S,)."""
    return np.asarray(surfaces["kind"].isin(ROOF))


def is_facade(surfaces: pd.DataFrame) -> NDArray[np.bool_]:
    """Which surfaces are façades, openings included (S,)."""
    return np.asarray(surfaces["kind"].isin(FACADE))


def value_of(surfaces: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column as numbers (S,), 0 where it has none."""
    return np.nan_to_num(surfaces[column].astype("Float64").to_numpy(np.float64, na_value=0.0))


def district_rows(
    surfaces: pd.DataFrame,
    buildings: pd.DataFrame,
    place: Place,
    land: Land,
    names: list[str],
    bands: tuple[str, str],
) -> pd.DataFrame:
    """One row a district and a last one for what lies outside, by the ``names`` of all of them.

    Parameters
    ----------
    surfaces, buildings
        Tables of a finished job.
    bands
        Upper and lower band of façades as ``facade_band`` names them.

    Returns
    -------
    DataFrame
        Areas [m²], powers [kWp], energies [kWh in a year], CO₂ [kg in a year], money [€].
    """
    import pandas as pd

    roof, facade = is_roof(surfaces), is_facade(surfaces)
    exposed = value_of(surfaces, "exposed_area_m2")

    def total(value: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(place.surface[chosen], value[chosen], len(names)).astype(np.float64)

    def number(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(place.surface[chosen], minlength=len(names))

    columns: dict[str, object] = {
        "district": names,
        "buildings": np.bincount(place.building, minlength=len(names)),
        "roof_m2": total(exposed, roof),
    }
    pv_class = surfaces["pv_class"].to_numpy()
    for name, key in CLASS_KEYS.items():
        columns[f"roof_{key}_m2"] = total(exposed, roof & (pv_class == name))
    columns["facade_m2"] = total(exposed, facade)
    band = surfaces["facade_band"].to_numpy()
    kwp, kwh = value_of(surfaces, "pv_kwp"), value_of(surfaces, "value_phys")
    for name, key in zip(bands, ("upper", "lower"), strict=True):
        chosen = facade & (band == name)
        columns[f"facade_{key}_m2"] = total(exposed, chosen)
        columns[f"facade_{key}_kwp"] = total(kwp, chosen)
        columns[f"facade_{key}_kwh"] = total(kwh, chosen)
    for part, chosen in (("roof", roof), ("facade", facade)):
        columns[f"{part}_plants"] = number(chosen & (kwp > 0))
        columns[f"{part}_kwp"] = total(kwp, chosen)
        columns[f"{part}_kwh"] = total(kwh, chosen)
        columns[f"{part}_kwh_ml"] = total(value_of(surfaces, "value_ml"), chosen)
        for quantile in QUANTILES:
            columns[f"{part}_{quantile}_kwh"] = total(value_of(surfaces, quantile), chosen)
        columns[f"{part}_co2_kg"] = total(value_of(surfaces, "co2_kg"), chosen)
    planted = kwp > 0
    columns["corrected_plants"] = number(planted & (surfaces["ml_applied"].fillna(False).to_numpy(bool)))
    columns["out_of_domain_plants"] = number(planted & (surfaces["out_of_domain"].fillna(False).to_numpy(bool)))
    doubtful = (roof | facade) & (surfaces["confidence"].to_numpy() < DOUBTFUL_BELOW)
    columns["doubtful_surfaces"], columns["doubtful_m2"] = number(doubtful), total(exposed, doubtful)
    columns["doubtful_kwh"] = total(kwh, doubtful)
    without = (roof | facade) & ~planted
    columns["without_plant"], columns["without_plant_m2"] = number(without), total(exposed, without)
    columns["roof_cost_eur"] = np.bincount(place.building, value_of(buildings, "cost_eur"), len(names))
    columns["land_m2"], columns["land_kwh"] = land.area_m2, land.energy_kwh
    frame = pd.DataFrame(columns)
    for name in ("kwp", "kwh", "kwh_ml", *(f"{quantile}_kwh" for quantile in QUANTILES), "co2_kg"):
        frame[f"pv_{name}"] = frame[f"roof_{name}"] + frame[f"facade_{name}"]
    return with_ratios(frame)


def with_ratios(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with its shares: kWh/kWp, and kWh/m² of open land; NaN where there is nothing to divide by."""
    out = frame.copy()
    for part in ("roof", "facade", "pv"):
        out[f"{part}_kwh_kwp"] = (out[f"{part}_kwh"] / out[f"{part}_kwp"]).where(out[f"{part}_kwp"] > 0)
    out["land_kwh_m2"] = (out["land_kwh"] / out["land_m2"]).where(out["land_m2"] > 0)
    return out


def city_row(rows: pd.DataFrame, name: str) -> pd.Series:
    """The whole city: the sum of all rows, each column rounded once, and its shares."""
    import pandas as pd

    summed = {
        column: math.fsum(rows[column]) if rows[column].dtype.kind == "f" else int(rows[column].sum())
        for column in rows.columns
        if column not in (*RATIOS, "district")
    }
    return with_ratios(pd.DataFrame([{"district": name, **summed}])).iloc[0]
