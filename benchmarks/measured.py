"""Physics beside measured plants: daylight nRMSE and annual bias by year, before and after the clocks are put right.

    python benchmarks/measured.py                   all open plants, every year
    python benchmarks/measured.py --quick            one year of two plants, a smoke run
    python benchmarks/measured.py --json out.json    also write the figures with machine and commit

nRMSE: root of the mean square error over the mean measured power of the hours in which the sun is up and the
measurement is usable. Before: labels as the files have them, PVGIS' instants taken for hours, weather as it is. Lost
days (snow, outage: below 0.3 of physics) are inside, and left out in the last columns. Figures: docs/measured.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._open_plants import OpenPlant, open_plants
from benchmarks.machine import ROOT, machine
from solar.measured import sky_at_instants
from solar.measured.against_physics import check_hours, shaded_hours
from solar.measured.plant_hours import PlantHours, hours_from_weather
from solar.measured.record import span
from solar.pv.glass import GLASS, glass_of

QUICK = {"turin": (2019,), "foulum_tilted": (2023,)}
HEAD = (
    "plant",
    "year",
    "hours",
    "nRMSE",
    "bias",
    "shift",
    "weather",
    "nRMSE",
    "of kWp",
    "bias",
    "lost",
    "nRMSE",
    "bias",
)


def scores(measured: np.ndarray, value: np.ndarray, rows: np.ndarray) -> dict[str, float]:
    """nRMSE, RMSE of kWp and bias [%] over rows (H,)."""
    rows = rows & np.isfinite(measured) & np.isfinite(value)
    m, v = measured[rows], value[rows]
    rmse = float(np.sqrt(np.mean((v - m) ** 2)))
    return {"nrmse": 100 * rmse / float(m.mean()), "of_kwp": 100 * rmse, "bias": 100 * float(v.sum() / m.sum() - 1)}


def as_filed(plant: OpenPlant, year: int) -> tuple[np.ndarray, np.ndarray]:
    """Measured and physics (H,) of a year with no clock put right."""
    rows = plant.years() == year
    if plant.power is not None:
        return plant.as_filed[rows], plant.power[rows]
    record = span(plant.record, rows)
    assert plant.weather is not None
    hours = hours_from_weather(record, plant.weather, plant.model, 0.0, 0.0)
    return plant.as_filed[rows], hours.value_phys


def row_of(name: str, plant: OpenPlant, year: int) -> dict[str, Any]:
    """All figures of a plant's year."""
    hours = plant.hours(year)
    day = hours.usable & (hours.elevation_deg > 0.0)
    checked = check_hours(hours, name)
    kept = checked.usable & day
    shade = shaded_hours(checked)
    lost = [finding.number for finding in checked.findings if finding.kind == "lost day"]
    assert hours.alignment is not None
    return {
        "plant": name,
        "year": year,
        "hours": int(day.sum()),
        "before": scores(*as_filed(plant, year), day),
        "shift_min": hours.shift_min,
        "shift_error_min": hours.alignment.error_min,
        "weather_shift_min": hours.weather_shift_min,
        "after": scores(hours.measured, hours.value_phys, day),
        "lost_days": lost[0] if lost else 0,
        "without_lost_days": scores(hours.measured, hours.value_phys, kept),
        "shaded": shade.finding.done if shade.finding else "",
        "shaded_deficit": shade.deficit,
        "source": hours.source,
    }


def variants(plants: dict[str, OpenPlant]) -> list[dict[str, Any]]:
    """What else could have been: glass in the way of all light, Erbs for DIRINT, the data sheet's bifaciality."""
    out: list[dict[str, Any]] = []
    split = sky_at_instants.split_global

    def add(name: str, plant: OpenPlant, said: str) -> None:
        for year in sorted(set(plant.years().tolist())):
            hours: PlantHours = plant.hours(year)
            day = hours.usable & (hours.elevation_deg > 0.0)
            out.append({"plant": name, "year": year, "variant": said} | scores(hours.measured, hours.value_phys, day))

    for name in ("system50", "foulum_tilted", "foulum_vertical"):
        try:
            sky_at_instants.split_global = lambda *a: split(*a[:-1], "erbs")
            add(name, plants[name], "Erbs instead of DIRINT")
        finally:
            sky_at_instants.split_global = split
        for glass in GLASS[1:]:
            model = plants[name].model._replace(glass=glass_of(1.526, glass))
            add(name, plants[name]._replace(model=model), f'glass "{glass}" instead of "direct"')
    vertical = plants["foulum_vertical"]
    sheet = vertical._replace(model=vertical.model._replace(bifaciality=0.80))
    add("foulum_vertical", sheet, "bifaciality 0.80 (data sheet)")
    return out


def table(rows: list[dict[str, Any]]) -> str:
    """The figures as fixed-width text."""
    lines = [
        f"{'':29}|{'before':>15} |{'after: clocks put right':>40} |{'without lost days':>20}",
        "{:16}{:>5}{:>7} |{:>8}{:>7} |{:>8}{:>9}{:>8}{:>8}{:>7} |{:>5}{:>8}{:>7}".format(*HEAD),
    ]
    for row in rows:
        before, after, kept = row["before"], row["after"], row["without_lost_days"]
        lines.append(
            f"{row['plant']:16}{row['year']:5d}{row['hours']:7d} |{before['nrmse']:7.1f}%{before['bias']:+6.1f}% |"
            f"{row['shift_min']:+7.1f}'{row['weather_shift_min']:+8.1f}'{after['nrmse']:7.1f}%{after['of_kwp']:7.2f}%"
            f"{after['bias']:+6.1f}% |{row['lost_days']:5d}{kept['nrmse']:7.1f}%{kept['bias']:+6.1f}%"
        )
    return "\n".join(lines)


def main() -> None:
    """Compute, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "pv")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    plants = open_plants(given.data)
    years = {name: sorted(set(plant.years().tolist())) for name, plant in plants.items()}
    chosen = QUICK if given.quick else years
    rows = [row_of(name, plants[name], year) for name in chosen for year in chosen[name]]
    print(table(rows))
    for row in rows:
        if row["shaded"]:
            print(f"{row['plant']} {row['year']}: {row['shaded']}")
    other = [] if given.quick else variants(plants)
    for row in other:
        print(f"{row['plant']:16}{row['year']:5d} {row['variant']:32}{row['nrmse']:6.1f}%{row['bias']:+6.1f}%")
    if given.json:
        content = {"machine": machine(), "rows": rows, "variants": other}
        given.json.write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
