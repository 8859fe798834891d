"""What could be built on each area: ways of building with their power, energy and cost, roofs over car parks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.pv.config import ParkKind, PvConfig
from twin.sites.car_parks import CarPark, car_park_of
from twin.sites.cost import lcoe_of
from twin.sites.cut import Cut
from twin.sites.ground import Pieces
from twin.sites.power import Slope, Year, yield_of
from twin.sites.rank import score
from twin.sites.scene import Inputs

KINDS = ("fixed", "tracker", "vertical")
CANOPY = "canopy"
# Figures of the best way of building that stand in the table of sites, and of every one under its name.
FIGURES = (
    "kwp",
    "mwh",
    "kwh_kwp",
    "p10_mwh",
    "p50_mwh",
    "p90_mwh",
    "shade_pct",
    "lcoe_ct_low",
    "lcoe_ct",
    "lcoe_ct_high",
)
SHORT = ("kwp", "mwh", "kwh_kwp", "lcoe_ct")


class Land(NamedTuple):
    """One area with what is left of it."""

    cut: Cut
    pieces: Pieces
    slopes: tuple[Slope, ...]


def parking(area: dict[str, Any], land: Land, inputs: Inputs) -> CarPark | None:
    """Spaces and power of a car park; None for any other area."""
    if not area["car_park"]:
        return None
    spaces = area["spaces"]
    return car_park_of(
        None if np.isnan(spaces) else float(spaces),
        float(area["geometry"].area),
        float(land.cut.usable.area),
        inputs.pv.park.car_park,
        inputs.pv.module.kwp_m2,
        inputs.job.rule == "pvstellpv",
        area["new"],
        area["state"],
    )


def built_rows(area: dict[str, Any], land: Land, inputs: Inputs, year: Year) -> list[dict[str, Any]]:
    """Every way of building on an area; the best by the chosen figure is marked."""
    if not land.slopes:
        return []
    park = parking(area, land, inputs)
    pv = inputs.pv
    ways: list[tuple[str, ParkKind, float | None]]
    if park is not None:
        ways = [(CANOPY, pv.park.canopy, park.possible_kw)] if park.possible_kw > 0 else []
    else:
        ways = [(name, getattr(pv.park, name), None) for name in KINDS]
    rows = [
        {"site_id": area["site_id"], "kind": name, **figures(kind, land, year, pv, kwp)} for name, kind, kwp in ways
    ]
    best = min(rows, key=lambda row: score(row, pv.park.rank_by), default=None)
    return [row | {"best": row is best} for row in rows]


def figures(kind: ParkKind, land: Land, year: Year, pv: PvConfig, kwp: float | None) -> dict[str, float]:
    """Power, energy, quantiles and cost of one way of building."""
    found = yield_of(kind, land.slopes, year, pv, kwp)
    cost = lcoe_of(kind, found.p10, found.p50, found.p90, pv.park.years, pv.degradation.per_year)
    return {
        "kwp": found.kwp,
        "mwh": found.kwp * found.kwh_kwp / 1000,
        "kwh_kwp": found.kwh_kwp,
        "p10_mwh": found.kwp * found.p10 / 1000,
        "p50_mwh": found.kwp * found.p50 / 1000,
        "p90_mwh": found.kwp * found.p90 / 1000,
        "shade_pct": found.shade_pct,
        "lcoe_ct_low": cost.low,
        "lcoe_ct": cost.middle,
        "lcoe_ct_high": cost.high,
        "free_kwh_kwp": found.free_kwh_kwp,
    }


def of_kinds(built: list[dict[str, Any]]) -> dict[str, float]:
    """The main figures of every way of building side by side."""
    by_kind = {row["kind"]: row for row in built}
    return {f"{kind}_{name}": by_kind[kind][name] if kind in by_kind else np.nan for kind in KINDS for name in SHORT}
