"""Numbers of each district, and of the city as their sum.

A district's row holds plain sums over its surfaces, added in the order of the table; the city is the sum of the rows,
so that districts and what lies outside of them always make up the whole. Sums of p10 and p90 are those of outcomes that
all deviate the same way: the band of a sum is no wider than that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cityreport.land import Land
from twin.cityreport.read import ROOF
from twin.pv.cadastre import CLASS_KEYS
from twin.results import FACADE

if TYPE_CHECKING:
    import pandas as pd

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

    names = surfaces["building_id"].astype("category").cat
    row = pd.Index(buildings["building_id"]).get_indexer(names.categories)[names.codes]
    return Place(of_building, of_building[row])


def is_roof(surfaces: pd.DataFrame) -> NDArray[np.bool_]:
    """Which surfaces are roofs (S,)."""
    return np.asarray(surfaces["kind"] == ROOF)


def is_facade(surfaces: pd.DataFrame) -> NDArray[np.bool_]:
    """Which surfaces are façades, openings included (S,)."""
    return np.asarray(surfaces["kind"].isin(FACADE))


def value_of(surfaces: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column as numbers (S,), 0 where it has none."""
    return np.nan_to_num(surfaces[column].astype("Float64").to_numpy(np.float64, na_value=0.0))


def said_of(surfaces: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """A column of yes and no (S,), no where it says nothing."""
    return np.asarray(surfaces[column].astype("boolean").fillna(False), bool)


class Sums:
    """Sums over the surfaces of a job, one for each row of the table."""

    def __init__(self, surfaces: pd.DataFrame, place: Place, count: int) -> None:
        self.surfaces, self.place, self.count = surfaces, place.surface, count
        self.exposed = value_of(surfaces, "exposed_area_m2")
        self.kwp, self.kwh = value_of(surfaces, "pv_kwp"), value_of(surfaces, "value_phys")

    def total(self, value: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Sum of values over chosen surfaces (D + 1,)."""
        return np.bincount(self.place[chosen], value[chosen], self.count).astype(np.float64)

    def number(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many surfaces are chosen (D + 1,)."""
        return np.bincount(self.place[chosen], minlength=self.count)

    def classes(self, roof: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
        """Exposed area of roofs by class."""
        found = self.surfaces["pv_class"]
        return {
            f"roof_{key}_m2": self.total(self.exposed, roof & np.asarray(found == name))
            for name, key in CLASS_KEYS.items()
        }

    def bands(self, facade: NDArray[np.bool_], bands: tuple[str, str]) -> dict[str, NDArray[np.float64]]:
        """Area, power and yield of façades by band."""
        out = {}
        for name, key in zip(bands, ("upper", "lower"), strict=True):
            chosen = facade & np.asarray(self.surfaces["facade_band"] == name)
            out[f"facade_{key}_m2"] = self.total(self.exposed, chosen)
            out[f"facade_{key}_kwp"] = self.total(self.kwp, chosen)
            out[f"facade_{key}_kwh"] = self.total(self.kwh, chosen)
        return out

    def part(self, name: str, chosen: NDArray[np.bool_], corrected: bool) -> dict[str, NDArray[np.generic]]:
        """Plants of roofs or façades: number, power, yield, its corrected value (NaN without one), band, CO₂."""
        of = {column: self.total(value_of(self.surfaces, column), chosen) for column in (*QUANTILES, "co2_kg")}
        ml = self.total(value_of(self.surfaces, "value_ml"), chosen) if corrected else np.full(self.count, np.nan)
        return {
            f"{name}_plants": self.number(chosen & (self.kwp > 0)),
            f"{name}_kwp": self.total(self.kwp, chosen),
            f"{name}_kwh": self.total(self.kwh, chosen),
            f"{name}_kwh_ml": ml,
            **{f"{name}_{quantile}_kwh": of[quantile] for quantile in QUANTILES},
            f"{name}_co2_kg": of["co2_kg"],
        }

    def remarks(self, measured: NDArray[np.bool_]) -> dict[str, NDArray[np.generic]]:
        """What a model answered for, what is doubtful, and what has no plant, of roofs and façades."""
        planted = self.kwp > 0
        doubtful = measured & (self.surfaces["confidence"].to_numpy() < DOUBTFUL_BELOW)
        without = measured & ~planted
        return {
            "corrected_plants": self.number(planted & said_of(self.surfaces, "ml_applied")),
            "out_of_domain_plants": self.number(planted & said_of(self.surfaces, "out_of_domain")),
            "doubtful_surfaces": self.number(doubtful),
            "doubtful_m2": self.total(self.exposed, doubtful),
            "doubtful_kwh": self.total(self.kwh, doubtful),
            "without_plant": self.number(without),
            "without_plant_m2": self.total(self.exposed, without),
        }


def district_rows(
    sums: Sums,
    buildings: pd.DataFrame,
    place: Place,
    land: Land,
    names: list[str],
    bands: tuple[str, str],
    corrected: bool,
) -> pd.DataFrame:
    """One row a district and a last one for what lies outside, by the ``names`` of all of them.

    Parameters
    ----------
    buildings
        Table of a finished job.
    bands
        Upper and lower band of façades as ``facade_band`` names them.
    corrected
        Whether a correction was asked for.

    Returns
    -------
    DataFrame
        Areas [m²], powers [kWp], energies [kWh in a year], CO₂ [kg in a year], money [€].
    """
    import pandas as pd

    roof, facade = is_roof(sums.surfaces), is_facade(sums.surfaces)
    frame = pd.DataFrame(
        {
            "district": names,
            "buildings": np.bincount(place.building, minlength=len(names)),
            "roof_m2": sums.total(sums.exposed, roof),
            **sums.classes(roof),
            "facade_m2": sums.total(sums.exposed, facade),
            **sums.bands(facade, bands),
            **sums.part("roof", roof, corrected),
            **sums.part("facade", facade, corrected),
            **sums.remarks(roof | facade),
            "roof_cost_eur": np.bincount(place.building, value_of(buildings, "cost_eur"), len(names)),
            "land_m2": land.area_m2,
            "land_kwh": land.energy_kwh,
        }
    )
    return with_ratios(with_sums(frame, ("kwp", "kwh", "kwh_ml", *(f"{name}_kwh" for name in QUANTILES), "co2_kg")))


def with_sums(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """The table with roofs and façades together."""
    return frame.assign(**{f"pv_{name}": frame[f"roof_{name}"] + frame[f"facade_{name}"] for name in columns})


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
