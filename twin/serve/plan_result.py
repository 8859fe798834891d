"""What a dropped plan changes, as the API says it: buildings, surfaces, open land, and the plan's own shape.

Whoever objected leaves no mark: what a plan takes there looks like what it takes from no one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from twin.serve.changes import building_year, is_told
from twin.serve.plan_land import Picture, change_of_land
from twin.serve.plan_shape import shape_of
from twin.store import plain_value
from twin.study.buildings import building_table
from twin.study.drop import Dropped
from twin.study.energy import building_energy, energy_table
from twin.study.outcome import Day

if TYPE_CHECKING:
    from twin.serve.worker import CityAsked

AFTER = 1  # the one scenario beside the Bestand
MOST_SURFACES = 2000
FACTS = ("format", "crs", "unit", "heights", "ground_m", "base_m", "top_m", "height_m", "footprint_m2", "volume_m3")


def result_of(dropped: Dropped, day: Day, date: str, asked: CityAsked) -> tuple[dict[str, Any], Picture]:
    """Everything that a plan changes on a day and in a year; what is hidden is told of as if nothing changed."""
    city = dropped.city
    after = city.scenarios[AFTER].name
    energy = energy_table(city, dropped.years(dropped.year_views()))
    energy = energy[energy["scenario"] == after]
    surfaces, left_out = _surfaces(dropped, day, energy, asked.hidden)
    buildings, unchanged = _buildings(dropped, day, date, energy, asked.hidden)
    shape, body = shape_of(city.plans, asked.crs, asked.geoid)
    facts: dict[str, Any] = {name: plain_value(city.plans[0].facts.get(name)) for name in FACTS} if city.plans else {}
    facts["own_irradiation_kwh"] = float(energy.loc[energy["own"], "irradiation_kwh"].sum())
    picture = change_of_land(dropped.layout.grid, day, after, city.scene.crs)
    result = {
        "name": city.plans[0].name if city.plans else "",
        "date": date,
        "weather": asked.weather.source,
        "shape": shape,
        "body": body,
        "facts": facts,
        "buildings": buildings,
        "surfaces": surfaces,
        "left_out": left_out,
        "unchanged": unchanged,
        "land": picture.facts,
    }
    return result, picture


def _surfaces(dropped: Dropped, day: Day, energy: Any, hidden: frozenset[str]) -> tuple[list[dict[str, Any]], int]:
    """Neighbours' surfaces that change, those that lose most energy first."""
    before, after = surface_hours(dropped, day)
    model = dropped.city.model
    row_of = {model.surface_id[s]: s for s in np.flatnonzero(dropped.city.scene.receives)}
    out = []
    for row in energy[~energy["own"].to_numpy(bool)].to_dict("records"):
        at = row_of[row["surface_id"]]
        delta_min = (after[at] - before[at]) * 60.0
        if {row["surface_id"], row["building_id"]} & hidden or not is_told(row["delta_kwh"], delta_min):
            continue
        values = {
            "hours_before": before[at],
            "hours": after[at],
            "delta_min": delta_min,
            "irradiation_kwh_before": row["irradiation_kwh_bestand"],
            "irradiation_kwh": row["irradiation_kwh"],
            "delta_kwh": row["delta_kwh"],
            "delta_pct": row["delta_pct"],
        }
        head = {name: row[name] for name in ("surface_id", "building_id", "kind")}
        out.append(head | {name: plain_value(value) for name, value in values.items()})
    out.sort(key=lambda entry: (entry["delta_kwh"] is None, entry["delta_kwh"] or 0.0, entry["surface_id"]))
    return out[:MOST_SURFACES], max(len(out) - MOST_SURFACES, 0)


def surface_hours(dropped: Dropped, day: Day) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hours of sun of a day before and after (S,) as area means; nan where no state leaves a surface open.

    A receiver that only one state leaves open to the air counts in the other with no sun.
    """
    receivers, count = dropped.layout.receivers, len(dropped.city.model.kind)
    each = np.full((1, len(day.instants.time)), day.instants.step_s / 3600.0)
    lits = [day.surface[scenario.name] for scenario in dropped.city.scenarios[: AFTER + 1]]
    stands = dropped.city.scenarios[AFTER].present[dropped.city.model.object[receivers.surface]]
    weight = np.where((lits[0].there | lits[AFTER].there) & stands, receivers.area_m2, 0.0)
    area = np.bincount(receivers.surface, weight, count)
    none = np.zeros(len(weight), np.int64)
    sums = [np.bincount(receivers.surface, weight * bits.dot(lit.bits, each, none), count) for lit in lits]
    before, after = (np.divide(total, area, out=np.full(count, np.nan), where=area > 0) for total in sums)
    return before, after


def _buildings(
    dropped: Dropped, day: Day, date: str, energy: Any, hidden: frozenset[str]
) -> tuple[list[dict[str, Any]], int]:
    """Neighbours that change, those that lose most energy first, and how many do not."""
    city = dropped.city
    table = building_table(city, dropped.layout.receivers, day, date)
    table = table[table["scenario"] == city.scenarios[AFTER].name]
    hours = {row["building_id"]: row for row in table.drop(columns="geometry").to_dict("records")}
    out, unchanged = [], 0
    for row in building_energy(energy).to_dict("records"):
        if row["own"]:
            continue
        of_day = hours.get(row["building_id"], {})
        worst = of_day.get("worst_delta_min", np.nan)
        # Who objected is counted with those that nothing changes for: left out of both, the sum would say how many.
        if row["building_id"] in hidden or not is_told(row["delta_kwh"], worst):
            unchanged += 1
            continue
        year = building_year(row)
        values = {
            "facade_hours_before": of_day.get("hours_bestand", np.nan),
            "facade_hours": of_day.get("hours", np.nan),
            "delta_min": of_day.get("delta_min", np.nan),
            "worst_delta_min": worst,
            "irradiation_kwh_before": year.before_kwh,
            "irradiation_kwh": year.after_kwh,
            "delta_kwh": year.delta_kwh,
            "delta_pct": year.delta_pct,
        }
        out.append({"building_id": row["building_id"]} | {name: plain_value(value) for name, value in values.items()})
    out.sort(key=lambda entry: (entry["delta_kwh"] is None, entry["delta_kwh"] or 0.0, entry["building_id"]))
    return out, unchanged
