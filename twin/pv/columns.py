"""PV in the table of surfaces: what is built, what it yields, and, beside it, what a correction makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.pv.choice import REASON_WORDS, Reason
from twin.pv.config import PvConfig
from twin.pv.plants import Plants
from twin.pv.racks import Mounting
from twin.pv.spread import quantiles, relative_spread
from twin.pv.yields import Yields

if TYPE_CHECKING:
    import pandas as pd

MOUNTING_TEXT = {
    Mounting.ROOF: "roof-parallel",
    Mounting.EAST_WEST: "east-west rows",
    Mounting.SOUTH: "south rows",
    Mounting.FACADE: "façade",
}
# A model that answers less than half of a plant's energy has not answered for its year.
ANSWERED = 0.5
CORRECTED = ("value_phys", "value_ml", "delta_pct", "p10", "p50", "p90", "ml_model_id", "ml_applied", "out_of_domain")


class Applied(NamedTuple):
    """The correction that a job applied."""

    model_id: str
    annual_spread: float  # relative standard deviation of annual yields that it leaves


def plant_columns(
    table: pd.DataFrame, plants: Plants, yields: Yields, config: PvConfig, applied: Applied | None
) -> pd.DataFrame:
    """The table of surfaces with columns pv_modules … out_of_domain added; null where a surface has no plant.

    Parameters
    ----------
    table
        With surface_index and confidence.
    """
    import pandas as pd

    surface = table["surface_index"].to_numpy()
    place = np.minimum(np.searchsorted(plants.surface, surface), max(len(plants.surface) - 1, 0))
    built = np.zeros(len(surface), bool)
    if len(plants.surface):
        built = (plants.surface[place] == surface) & (yields.kwp[place] > 0)

    def of_plant(values: NDArray[np.generic]) -> NDArray[np.float64]:
        found = np.full(len(surface), np.nan)
        found[built] = values[place[built]]
        return found

    module_m2 = config.module.length_m * config.module.width_m
    phys = of_plant(yields.month_kwh.sum(axis=1))
    unshaded, uneven = of_plant(yields.unshaded_kwh), of_plant(yields.without_mismatch_kwh)
    out = table.copy()
    out["pv_modules"] = pd.Series(of_plant(yields.modules), table.index).astype("Int64")
    out["pv_mounting"] = np.where(built, _mounting(plants, place), np.array(None, object))
    out["pv_area_m2"] = of_plant(yields.modules) * module_m2
    out["pv_kwp"] = of_plant(yields.kwp)
    out["pv_kwh_kwp"] = phys / out["pv_kwp"]
    out["pv_shade_pct"] = _lost_pct(phys, unshaded)
    out["pv_mismatch_pct"] = _lost_pct(phys, uneven)
    out["pv_reason"] = _reasons(plants, surface, built)
    for month, values in enumerate(yields.month_kwh.T, start=1):
        out[f"pv_kwh_{month:02d}"] = of_plant(values)
    if applied is not None:
        for month, values in enumerate(yields.month_ml_kwh.T, start=1):
            out[f"pv_kwh_ml_{month:02d}"] = of_plant(values)
    columns = corrected_columns(
        phys,
        of_plant(yields.month_ml_kwh.sum(axis=1)) if applied else None,
        of_plant(yields.answered_kwh),
        table["confidence"].to_numpy(np.float64),
        config,
        applied,
    )
    for name, values in columns.items():
        out[name] = values
    return out


def corrected_columns(
    phys: NDArray[np.float64],
    value_ml: NDArray[np.float64] | None,
    answered_kwh: NDArray[np.float64],
    confidence: NDArray[np.float64],
    config: PvConfig,
    applied: Applied | None,
) -> dict[str, NDArray[Any]]:
    """Columns of values that may be corrected (STANDARDS §6), rows without a plant null.

    Off: value_ml, delta_pct, ml_model_id null, ml_applied false. Out of domain: value_ml is value_phys, delta_pct 0,
    ml_applied false, out_of_domain true. The quantiles are of the corrected value where it is applied, else of physics.
    """
    planted = np.isfinite(phys)
    spread = relative_spread(confidence, config.spread)
    if applied is None or value_ml is None:
        p10, p50, p90 = quantiles(phys, spread)
        none = np.full(len(phys), np.nan)
        empty, no = np.full(len(phys), None, object), np.zeros(len(phys), bool)
        return dict(
            zip((*CORRECTED, "ml_answered_pct"), (phys, none, none, p10, p50, p90, empty, no, no, none), strict=True)
        )
    share = np.divide(answered_kwh, phys, out=np.zeros(len(phys)), where=phys > 0)
    used = planted & (share >= ANSWERED)
    value = np.where(used, value_ml, phys)
    after = relative_spread(confidence, config.spread, applied.annual_spread)
    p10, p50, p90 = quantiles(value, np.where(used, after, spread))
    delta = np.where(planted, 0.0, np.nan)
    np.divide(100.0 * (value - phys), phys, out=delta, where=used & (phys > 0))
    delta = np.round(delta, 6)  # a model that adds no energy over the year leaves 1e-14
    out = (
        phys,
        value,
        delta,
        p10,
        p50,
        p90,
        np.where(planted, np.array(applied.model_id, object), np.array(None, object)),
        used,
        planted & ~used,
        np.where(planted, 100.0 * share, np.nan),
    )
    return dict(zip((*CORRECTED, "ml_answered_pct"), out, strict=True))


def _lost_pct(value: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    lost = np.full(len(value), np.nan)
    return np.divide(100.0 * (before - value), before, out=lost, where=before > 0)


def _mounting(plants: Plants, place: NDArray[np.intp]) -> NDArray[np.object_]:
    names = np.array([MOUNTING_TEXT[kind] for kind in Mounting], object)
    return names[plants.mounting[place]] if len(plants.surface) else np.full(len(place), None, object)


def _reasons(plants: Plants, surface: NDArray[np.int32], built: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Why a surface has no plant; "" where it has one."""
    reason = plants.reason[surface].copy()
    # laid out, but every module lies against a neighbour
    reason[~built & (reason == Reason.NONE)] = Reason.COVERED
    names = np.array([REASON_WORDS[kind] for kind in Reason], object)
    return np.where(built, "", names[reason])
