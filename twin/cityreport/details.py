"""What a report says beside the sums: classes, best objects, and what has no plant and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.cityreport.figures import Place, is_facade, is_roof, value_of
from twin.pv.cadastre import CLASSES

if TYPE_CHECKING:
    import pandas as pd

BEST = 10


def class_rows(surfaces: pd.DataFrame) -> pd.DataFrame:
    """Roofs by class: ``pv_class``, surfaces, exposed area [m²], plants, kWp, kWh; roofs without a class last."""
    import pandas as pd

    roofs = surfaces[is_roof(surfaces)]
    kwp = value_of(roofs, "pv_kwp")
    named = roofs["pv_class"].where(roofs["pv_class"].isin(CLASSES), "")
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
    table = buildings.drop(columns="geometry", errors="ignore").assign(district=[names[d] for d in place.building])
    planted = table[value_of(table, "roof_pv_kwp") > 0]
    return planted.sort_values(["roof_pv_kwh", "building_id"], ascending=[False, True]).head(BEST)


def best_facades(surfaces: pd.DataFrame, place: Place, names: list[str]) -> pd.DataFrame:
    """The façades that yield most; of equal ones the first by id."""
    table = surfaces.drop(columns="geometry", errors="ignore").assign(district=[names[d] for d in place.surface])
    planted = table[is_facade(table) & (value_of(table, "pv_kwp") > 0)]
    return planted.sort_values(["value_phys", "surface_id"], ascending=[False, True]).head(BEST)


def reason_rows(surfaces: pd.DataFrame) -> pd.DataFrame:
    """Surfaces without a plant by part (roof, facade, other) and reason: number, area [m²], exposed area [m²]."""
    import pandas as pd

    part = np.where(is_roof(surfaces), "roof", np.where(is_facade(surfaces), "facade", "other"))
    table = pd.DataFrame(
        {
            "part": pd.Categorical(part, ["roof", "facade", "other"], ordered=True),
            "reason": surfaces["pv_reason"].fillna("").to_numpy(),
            "area_m2": value_of(surfaces, "area_m2"),
            "exposed_m2": value_of(surfaces, "exposed_area_m2"),
        }
    )[value_of(surfaces, "pv_kwp") <= 0]
    grouped = table.groupby(["part", "reason"], observed=True, sort=True)
    out = grouped.agg(surfaces=("area_m2", "size"), area_m2=("area_m2", "sum"), exposed_m2=("exposed_m2", "sum"))
    return out.reset_index().sort_values(["part", "area_m2", "reason"], ascending=[True, False, True])


def correction_models(surfaces: pd.DataFrame) -> list[str]:
    """Ids of the models that corrected a value or abstained from it, in order; none where none was asked."""
    return sorted(set(surfaces["ml_model_id"].dropna()) - {""})


def factor_years(surfaces: pd.DataFrame) -> list[int]:
    """Years of the CO₂ factors used."""
    return sorted({int(year) for year in surfaces["co2_year"].dropna()})
