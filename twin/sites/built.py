"""What could be built on each area: ways of building with their power, energy and cost, roofs over car parks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from twin.pv.config import ParkKind, PvConfig
from twin.sites.car_parks import CarPark, car_park_of
from twin.sites.cost import lcoe_of
from twin.sites.cut import Cut
from twin.sites.ground import Pieces
from twin.sites.power import Annual, Asked, Slope, yield_of
from twin.sites.rank import score
from twin.sites.scene import Inputs

KINDS = ("fixed", "tracker", "vertical")
CANOPY = "canopy"
# Columns of every way of building; the best one's stand in the table of sites.
KIND_COLUMNS = (
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
# Of these, what every site says of every kind of rows beside the best.
SIDE_BY_SIDE = ("kwp", "mwh", "kwh_kwp", "lcoe_ct")


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


class Way(NamedTuple):
    """One way of building on an area."""

    name: str
    kind: ParkKind
    kwp: float | None  # None: follows from land and pitch


def ways_of(area: dict[str, Any], land: Land, inputs: Inputs) -> list[Way]:
    """Every way of building on an area; none where nothing is left of it."""
    if not land.slopes:
        return []
    park, kinds = parking(area, land, inputs), inputs.pv.park
    if park is None:
        return [Way(name, getattr(kinds, name), None) for name in KINDS]
    return [Way(CANOPY, kinds.canopy, park.possible_kw)] if park.possible_kw > 0 else []


def asked_of(ways: Sequence[Way], land: Land) -> list[Asked]:
    """What of a year's hours the ways of building on an area need: each on every slope."""
    return [Asked(way.kind, slope) for way in ways for slope in land.slopes]


def built_rows(
    area: dict[str, Any], land: Land, ways: Sequence[Way], annual: Sequence[Annual], pv: PvConfig
) -> list[dict[str, Any]]:
    """Figures of every way of building on an area; the best by the chosen one is marked.

    Parameters
    ----------
    annual
        In the order of `asked_of`.
    """
    count = len(land.slopes)
    rows = [
        {"site_id": area["site_id"], "kind": way.name}
        | figures(way, land, annual[first * count : (first + 1) * count], pv)
        for first, way in enumerate(ways)
    ]
    best = min(rows, key=lambda row: score(row, pv.park.rank_by), default=None)
    return [row | {"best": row is best} for row in rows]


def figures(way: Way, land: Land, annual: Sequence[Annual], pv: PvConfig) -> dict[str, float]:
    """Power, energy, quantiles and cost of one way of building."""
    found = yield_of(way.kind, land.slopes, annual, pv, way.kwp)
    poor, good = found.life
    cost = lcoe_of(way.kind, poor, found.p50, good, pv.park.years, pv.degradation.per_year)
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
    return {
        f"{kind}_{name}": by_kind[kind][name] if kind in by_kind else np.nan for kind in KINDS for name in SIDE_BY_SIDE
    }
