"""What a job's report says of PV: sums by kind, what is not built and why, and everything assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from solar.pv.chain import system_loss
from twin.pv.config import PvConfig

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

    from solar.correction_model import Model

KINDS = ("RoofSurface", "WallSurface")


def summary(
    surfaces: geopandas.GeoDataFrame,
    config: PvConfig,
    own: dict[str, str] | None,
    model: Model | None,
    notes: tuple[str, ...],
) -> dict[str, Any]:
    """PV in the report; ``own`` names the user's configuration."""
    planted = surfaces[surfaces["pv_kwp"] > 0]
    classes = surfaces.loc[surfaces["kind"] == KINDS[0], "pv_class"].value_counts()
    return {
        "kinds": [_kind(planted[planted["kind"] == kind], kind) for kind in KINDS],
        "not_built": _not_built(surfaces),
        "classes": {str(name): int(count) for name, count in classes.items()},
        "loss": round(system_loss(config.losses.model_dump()), 4),
        "quantiles": "p10, p50, p90: 10, 50, 90 % of outcomes lie below (a banker's P90 is p10 here)",
        "correction": None if model is None else correction_summary(planted, model.id),
        "notes": list(notes),
        "configuration": {"own": own, **config.model_dump(mode="json")},
    }


def lines(pv: dict[str, Any] | None) -> list[str]:
    """PV of a job in words, for the screen; the corrected value beside the physical one."""
    if pv is None:
        return []
    out = []
    for kind in pv["kinds"]:
        corrected = kind["value_ml_mwh"]
        beside = "" if corrected is None else f"  {corrected:>8,.0f} MWh/a KI-korrigiert"
        power = f"{kind['plants']:>7,}  {kind['kwp']:>12,.0f} kWp {kind['kwh_kwp'] or 0:>12,.0f} kWh/kWp"
        out.append(f"{'PV on ' + kind['kind']:<20}{power}  {kind['value_phys_mwh']:>17,.0f} MWh/a physical{beside}")
    correction = pv["correction"]
    if correction:
        out.append(
            f"correction  {correction['model_id']}: {correction['plants_corrected']:,} plants corrected, "
            f"{correction['plants_out_of_domain']:,} outside its domain, it answers "
            f"{100 * correction['answered_share_of_energy']:.0f} % of the energy; "
            + ("no annual value changes, " if correction["delta_pct"] == 0 else "")
            + "the map shows physics"
        )
    out += [f"PV          {note}" for note in pv["notes"]]
    return out


def _kind(rows: geopandas.GeoDataFrame, kind: str) -> dict[str, Any]:
    phys = rows["value_phys"].to_numpy(np.float64)
    kwp = float(rows["pv_kwp"].sum())
    unshaded = float((phys / (1.0 - rows["pv_shade_pct"].to_numpy(np.float64) / 100.0)).sum()) if len(rows) else 0.0
    ml = rows["value_ml"].to_numpy(np.float64)
    return {
        "kind": kind,
        "plants": len(rows),
        "modules": int(rows["pv_modules"].sum()),
        "module_area_m2": round(float(rows["pv_area_m2"].sum()), 1),
        "kwp": round(kwp, 1),
        "value_phys_mwh": round(float(phys.sum()) / 1000, 3),
        "value_ml_mwh": None if np.isnan(ml).all() else round(float(np.nansum(ml)) / 1000, 3),
        "p10_mwh": round(float(rows["p10"].sum()) / 1000, 3),
        "p90_mwh": round(float(rows["p90"].sum()) / 1000, 3),
        "kwh_kwp": round(float(phys.sum()) / kwp, 1) if kwp else None,
        "shade_pct": round(100.0 * (1.0 - float(phys.sum()) / unshaded), 2) if unshaded else None,
    }


def _not_built(surfaces: geopandas.GeoDataFrame) -> list[dict[str, Any]]:
    """Why surfaces have no plant: how many, and their exposed area."""
    rows = surfaces[(surfaces["pv_reason"] != "") & surfaces["kind"].isin(KINDS)]
    grouped = rows.groupby(["kind", "pv_reason"], sort=True)["exposed_area_m2"].agg(["size", "sum"])
    return [
        {"kind": kind, "reason": reason, "surfaces": int(row["size"]), "exposed_area_m2": round(float(row["sum"]), 1)}
        for (kind, reason), row in grouped.iterrows()
    ]


def correction_summary(planted: pd.DataFrame, model_id: str) -> dict[str, Any]:
    """How many plants a model corrected, what it answers for, and how far it moves their sum."""
    used, phys = planted["ml_applied"].to_numpy(bool), planted["value_phys"].to_numpy(np.float64)
    answered = planted["ml_answered_pct"].to_numpy(np.float64) / 100.0
    return {
        "model_id": model_id,
        "label": "KI-korrigiert",
        "plants_corrected": int(used.sum()),
        "plants_out_of_domain": int((~used).sum()),
        "answered_share_of_energy": round(float((answered * phys).sum() / phys.sum()), 4) if phys.sum() else 0.0,
        "delta_pct": round(float(100.0 * (planted["value_ml"].sum() / phys.sum() - 1.0)), 3) if phys.sum() else 0.0,
    }
