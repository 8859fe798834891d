"""A tower planned in the demo district: how long until its shadow is known, and beside it the full run.

    python benchmarks/shadow_study.py                 receivers at 1 m, a day every ten minutes; median of five turns
    python benchmarks/shadow_study.py --quick         a block of it at 16 m, one turn and one command, a smoke run
    python benchmarks/shadow_study.py --json out.json  also write the figures with machine and commit
    python benchmarks/shadow_study.py --ifc house.ifc --ifc-origin 364160,5650130,60   also this model, start to report

Dropped: the Bestand is read, sampled and traced once and kept in memory (twin/study/drop.py); then a plan's file comes
in and the clock runs from the file to the numbers. The full run reads the same files and traces every scenario through
everything that stands in it, covered receivers included. Both give the same bits, or the script stops.

Commands: each in a process of its own, kernels compiled before. The tower is tests/data/plans/tower.geojson.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import ROOT, machine
from raytrace import bits
from solar.irradiance import sources
from twin.directions import directions_of
from twin.operators import no_horizon
from twin.package_data import demo_city
from twin.plan.plan import PlanOptions
from twin.stopwatch import Stopwatch
from twin.study.config import ShadowJob, check_shadow_job
from twin.study.days import day_of
from twin.study.drop import Kept, drop, keep
from twin.study.energy import irradiation_kwh
from twin.study.opened import Opened, instants_of_day, open_study
from twin.study.outcome import Day, Lit
from twin.study.places import rows_of
from twin.study.sight import Looked, parts_of
from twin.study.year import node_hours
from twin.weather_choice import choose_weather

sys.path.insert(0, str(ROOT / "tests"))

from oracles.district import write_part
from oracles.light_from_nothing import years_from_nothing

TOWER = ROOT / "tests" / "data" / "plans" / "tower.geojson"
DATE = "2026-03-21"
# Houses about the tower, for a smoke run: west, south, east, north [m].
ABOUT = (364050.0, 5650050.0, 364250.0, 5650250.0)
SUN, DAY, ENERGY = "year of sun hours", "one exact day", "year with kWh"
# Seconds that a planner waits.
TARGET = {SUN: 2.0, DAY: 1.0, ENERGY: 10.0}


class Found(NamedTuple):
    """What is compared between the two ways, and the seconds each question took."""

    day: Day
    views: list[tuple[Looked, ...]]  # cells, scenarios
    sun_hours: np.ndarray  # (F,) of the scenario
    kwh: np.ndarray  # (S,)
    seconds: dict[str, float]


class Run(NamedTuple):
    """One command in a process of its own."""

    name: str
    target_s: float | None
    wall_s: list[float]
    cpu_s: list[float]
    stages: dict[str, float]  # wall seconds, of the last run


def dropped(kept: Kept) -> Found:
    """The tower into the kept city."""
    began = time.perf_counter()
    found = drop(kept, [PlanOptions(file=TOWER)])
    placed = time.perf_counter()
    day = found.day(0)
    shown = time.perf_counter()
    views = found.year_views()
    hours = found.sun_hours(views)[1]
    summed = time.perf_counter()
    kwh = irradiation_kwh(found.years(views)[1])
    done = time.perf_counter()
    drop_s, day_s = placed - began, shown - placed
    seconds = {SUN: drop_s + summed - shown, DAY: drop_s + day_s, ENERGY: drop_s + done - shown}
    return Found(day, views, hours, kwh, {**seconds, "drop": drop_s})


def from_nothing(job: ShadowJob) -> Found:
    """The same from the files, every scenario traced through everything."""
    began = time.perf_counter()
    opened = open_study(job, Stopwatch(), incremental=False)
    city, places = opened.city, opened.layout.places
    placed = time.perf_counter()
    instants = instants_of_day(city, 0)
    lits = full_lits(opened, instants.direction, land_too=True)
    day = day_of(job.dates[0], instants, places, lits, city.scenarios)
    shown = time.perf_counter()
    directions, weather = directions_of(city.scene.site, 577), choose_weather(job.weather)
    sent = sources(city.scene.site, directions.grid, weather)
    sun, sky = (full_lits(opened, part, land_too=False) for part in parts_of(directions))
    views = [tuple(Looked(*pair) for pair in zip(*cell, strict=True)) for cell in zip(sun, sky, strict=True)]
    hours = receiver_hours(opened, views, node_hours(sent, directions.n_sun, no_horizon()))
    summed = time.perf_counter()
    kwh = irradiation_kwh(years_from_nothing(opened)[1])
    done = time.perf_counter()
    open_s = placed - began
    seconds = {SUN: open_s + summed - shown, DAY: shown - began, ENERGY: open_s + done - summed}
    return Found(day, views, hours, kwh, {**seconds, "open": open_s})


def full_lits(opened: Opened, direction: np.ndarray, land_too: bool) -> list[list[Lit]]:
    """Surfaces, and open land too, of every cell (outer) in every scenario (inner), traced from nothing."""
    out = []
    for place, view in zip(opened.layout.places, opened.views, strict=True):
        land, on_surface, _ = rows_of(place.samples)
        rows = on_surface | land if land_too else on_surface
        some = view._replace(change=tuple(change._replace(there=change.there & rows) for change in view.change))
        out.append([some.full(direction, state) for state in range(len(view.change))])
    return out


def receiver_hours(opened: Opened, views: list[tuple[Looked, ...]], weight: np.ndarray) -> np.ndarray:
    """Possible sun (F,) [h] of a year at every receiver on a surface in the planned scenario."""
    out = []
    for place, cell in zip(opened.layout.places, views, strict=True):
        rows, sun = rows_of(place.samples)[1], cell[1].sun
        hours = bits.dot(sun.bits[rows], weight, np.zeros(int(rows.sum()), np.int64))
        out.append(np.where(sun.there[rows], hours, np.nan))
    return np.concatenate(out)


def check_equal(ours: Found, theirs: Found) -> int:
    """Stop unless both ways gave the same; words of 64 bits that were compared."""
    compared = 0
    pairs = [
        (mine[name], other[name])
        for mine, other in ((ours.day.ground, theirs.day.ground), (ours.day.surface, theirs.day.surface))
        for name in other
    ]
    for our_cell, their_cell in zip(ours.views, theirs.views, strict=True):
        for our_view, their_view in zip(our_cell, their_cell, strict=True):
            surfaces = len(our_view.sun.there), len(their_view.sun.there)
            # The full run's cells also hold the storeys' points, behind everything else.
            their = [Lit(lit.bits[: surfaces[0]], lit.there[: surfaces[0]]) for lit in their_view]
            pairs += zip(our_view, their, strict=True)
    for mine, other in pairs:
        if not (np.array_equal(mine.bits, other.bits) and np.array_equal(mine.there, other.there)):
            raise SystemExit("the dropped plan's bits are not those of the full run")
        compared += mine.bits.size
    for name, one, two in (("sun hours", ours.sun_hours, theirs.sun_hours), ("kWh", ours.kwh, theirs.kwh)):
        if not np.array_equal(one, two, equal_nan=True):
            raise SystemExit(f"the dropped plan's {name} are not those of the full run")
    return compared


def race(city: Path, spacing_m: float, turns: int) -> dict[str, Any]:
    """Both ways, in turns."""
    options = {"cities": [city], "out": "out", "dates": [DATE], "spacing_m": spacing_m, "pixel_m": spacing_m}
    job = check_shadow_job({**options, "plans": [{"file": TOWER}]})
    began = time.perf_counter()
    kept = keep(check_shadow_job(options))
    kept_s = time.perf_counter() - began
    compared = check_equal(dropped(kept), from_nothing(job))  # the kernels are compiled and loaded now
    seconds: dict[str, dict[str, list[float]]] = {"dropped": {}, "full": {}}
    for _ in range(turns):
        for way, found in (("dropped", dropped(kept)), ("full", from_nothing(job))):
            for name, value in found.seconds.items():
                seconds[way].setdefault(name, []).append(value)
    receivers = {
        "open_land": sum(int(rows_of(cell.place.samples)[0].sum()) for cell in kept.cells.values()),
        "surfaces": sum(int(rows_of(cell.place.samples)[1].sum()) for cell in kept.cells.values()),
    }
    return {"receivers": receivers, "keep_s": kept_s, "compared_words": compared, "seconds": seconds}


def race_table(figures: dict[str, Any]) -> list[str]:
    """The race in lines."""
    counted = figures["receivers"]
    lines = [
        f"{counted['open_land']:,} pixels, {counted['surfaces']:,} receivers on surfaces; "
        f"equal bits: {64 * figures['compared_words']:,}",
        f"{'a plan comes in':<20}{'dropped s':>10}{'full s':>9}{'ratio':>7}{'asked':>8}",
    ]
    for name, asked in TARGET.items():
        ours, full = (statistics.median(figures["seconds"][way][name]) for way in ("dropped", "full"))
        lines.append(f"{name:<20}{ours:>10.2f}{full:>9.2f}{full / ours:>7.1f}{f'< {asked:g}':>8}")
    drop_s, open_s = (statistics.median(figures["seconds"][w][n]) for w, n in (("dropped", "drop"), ("full", "open")))
    lines.append(
        f"of which reading, placing, standing: {drop_s:.2f} and {open_s:.2f}; keeping {figures['keep_s']:.1f} s"
    )
    return lines


def command(name: str, target_s: float | None, options: list[str], turns: int) -> Run:
    """`heliotwin shadow` with some options."""
    wall, cpu, stages = [], [], {}
    for _ in range(turns):
        with tempfile.TemporaryDirectory() as folder:
            call = [sys.executable, "-m", "twin.cli.main", "shadow", *options, "--json", "-o", f"{folder}/out"]
            report = ["--report", f"{folder}/study.pdf"] if "report" in name else []
            before, began = os.times(), time.perf_counter()
            done = subprocess.run([*call, *report], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
            wall.append(time.perf_counter() - began)
            after = os.times()
            if done.returncode:
                raise SystemExit(f"{name}: {done.stderr}")
        cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
        stages = {stage: spent["wall_s"] for stage, spent in json.loads(done.stdout)["timing"].items()}
    return Run(name, target_s, wall, cpu, stages)


def commands(city: Path, arguments: argparse.Namespace) -> list[Run]:
    """What a user types."""
    day, tower, turns = [str(city), "--date", DATE], ["--plan", str(TOWER)], arguments.turns
    if arguments.quick:
        coarse = ["--spacing", "16", "--pixel", "16", "--no-energy"]
        return [command("tower, coarse", None, [*day, *tower, *coarse], 1)]
    runs = [
        command("tower", 12.0, [*day, *tower], turns),
        command("tower, no energy", None, [*day, *tower, "--no-energy"], turns),
        command("tower, report", 60.0, [*day, *tower, "--rule", "en17037"], 1),
        command("EN 17037, no plan", 60.0, [*day, "--rule", "en17037", "--no-energy"], 1),
    ]
    if arguments.ifc:
        plan = ["--plan", str(arguments.ifc), "--plan-origin", arguments.ifc_origin]
        runs.append(command("IFC, report", 60.0, [*day, *plan, "--rule", "en17037"], 1))
    return runs


def command_table(runs: list[Run]) -> list[str]:
    """The commands in lines."""
    lines = [f"{'heliotwin shadow':<20}{'wall s':>8}{'cpu s':>8}{'asked':>8}  stages, wall s"]
    for run in runs:
        asked = "–" if run.target_s is None else f"< {run.target_s:g}"
        stages = ", ".join(f"{name} {spent:.1f}" for name, spent in run.stages.items())
        wall, cpu = statistics.median(run.wall_s), statistics.median(run.cpu_s)
        lines.append(f"{run.name:<20}{wall:>8.1f}{cpu:>8.1f}{asked:>8}  {stages}")
    return lines


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a block, coarse receivers, one turn, a smoke run")
    parser.add_argument("--turns", type=int, default=5, help="turns of which the median counts")
    parser.add_argument("--ifc", type=Path, help="an IFC model, with --ifc-origin")
    parser.add_argument("--ifc-origin", help="where its zero lies: E,N,H in EPSG:25832")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, demo_city() as whole:
        city = write_part(Path(folder) / "block.gml", ABOUT) if arguments.quick else whole
        raced = race(city, 16.0 if arguments.quick else 1.0, 1 if arguments.quick else arguments.turns)
        print("\n".join(race_table(raced)), end="\n\n", flush=True)
        runs = commands(city, arguments)
    print("\n".join(command_table(runs)))
    if arguments.json:
        load = os.getloadavg() if hasattr(os, "getloadavg") else None
        figures = {"machine": machine(), "load": load, "dropped": raced, "commands": [run._asdict() for run in runs]}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
