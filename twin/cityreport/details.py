"""What a report says beside the sums: classes, best objects, and what has no plant and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.cityreport.figures import Place, is_facade, is_roof, value_of
from twin.pv.cadastre import CLASSES
from twin.pv.summary import correction_summary

if TYPE_CHECKING:
    import pandas as pd

BEST = 10


def class_rows(surfaces: pd.DataFrame) -> pd.DataFrame:
    """Roofs by class: ``pv_class``, surfaces, exposed area [m²], plants, kWp, kWh; roofs without a class last."""
    import pandas as pd

    roofs = surfaces[is_roof(surfaces)]
    kwp = value_of(roofs, "pv_kwp")
    named = roofs["pv_class"].astype(object)
    named = named.where(named.isin(CLASSES), "")
    out = []
    for name in (*CLASSES, ""):
        chosen = np.asarray(named == name)
        if name or chosen.any():
            out.append(
                {
                    "pv_class": name,
                    "surfaces": int(chosen.sum()),
                    "area_m2": float(value_of(roofs, "exposed_area_m2")[chosen].sum()),
                    "plants": int((kwp[chosen] > 0).sum()),
                    "kwp": float(kwp[chosen].sum()),
                    "kwh": float(value_of(roofs, "value_phys")[chosen].sum()),
                }
            )
    return pd.DataFrame(out)


def best_buildings(buildings: pd.DataFrame, place: Place, names: list[str]) -> pd.DataFrame:
    """The buildings whose roofs yield most; of equal ones the first by id."""
    planted = value_of(buildings, "roof_pv_kwp") > 0
    return _best(
        buildings.drop(columns="geometry", errors="ignore"),
        planted,
        ("roof_pv_kwh", "building_id"),
        place.building,
        names,
    )


def best_facades(surfaces: pd.DataFrame, place: Place, names: list[str]) -> pd.DataFrame:
    """The façades that yield most; of equal ones the first by id."""
    planted = is_facade(surfaces) & (value_of(surfaces, "pv_kwp") > 0)
    return _best(surfaces, planted, ("value_phys", "surface_id"), place.surface, names)


def _best(
    table: pd.DataFrame, planted: NDArray[np.bool_], by: tuple[str, str], place: NDArray[np.int64], names: list[str]
) -> pd.DataFrame:
    """The rows with most of a column among the planted ones, each with its district."""
    first = table[planted].sort_values(list(by), ascending=[False, True]).head(BEST)
    return first.assign(district=[names[row] for row in place[table.index.get_indexer(first.index)]])


def reason_rows(surfaces: pd.DataFrame) -> pd.DataFrame:
    """Surfaces without a plant by part (roof, facade, other) and reason: number, area [m²], exposed area [m²]."""
    import pandas as pd

    part = np.where(is_roof(surfaces), "roof", np.where(is_facade(surfaces), "facade", "other"))
    without = value_of(surfaces, "pv_kwp") <= 0
    table = pd.DataFrame(
        {
            "part": pd.Categorical(part[without], ["roof", "facade", "other"], ordered=True),
            "reason": surfaces["pv_reason"][without].astype(object).fillna("").to_numpy(),
            "area_m2": value_of(surfaces, "area_m2")[without],
            "exposed_m2": value_of(surfaces, "exposed_area_m2")[without],
        }
    )
    grouped = table.groupby(["part", "reason"], observed=True, sort=True)
    out = grouped.agg(surfaces=("area_m2", "size"), area_m2=("area_m2", "sum"), exposed_m2=("exposed_m2", "sum"))
    return out.reset_index().sort_values(["part", "area_m2", "reason"], ascending=[True, False, True])


def correction_of(surfaces: pd.DataFrame, of_job: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a correction did to the plants of the report, as `correction_summary` says it; None where there is none.

    The job's own numbers would tell, beside the report's sums, what was left out of these.
    """
    if of_job is None:
        return None
    return correction_summary(surfaces[value_of(surfaces, "pv_kwp") > 0], of_job["model_id"])


def largest_delta_pct(surfaces: pd.DataFrame) -> float:
    """How far a correction moves any plant's year [%], without its sign; 0 where it moves none."""
    return float(np.abs(value_of(surfaces, "delta_pct")).max(initial=0.0))


def factor_years(surfaces: pd.DataFrame) -> list[int]:
    """Years of the CO₂ factors used."""
    return sorted(int(year) for year in surfaces["co2_year"].dropna().unique())
