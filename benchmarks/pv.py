"""Yields of free planes beside pvlib's ModelChain, and what PV adds to a run of the demo district.

    python benchmarks/pv.py                  free planes, then the demo at 1 m without and with PV, in pairs
    python benchmarks/pv.py --quick          free planes, then a block of the demo at 8 m with PV, once
    python benchmarks/pv.py --json out.json  also write the figures with machine and commit

The peer of the yields is pvlib's ModelChain with the same losses between DC and inverter, in the same run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import ROOT, machine
from solar.irradiance import far_ground, sources
from solar.pv.chain import Chain, Heat, ac_power, system_loss
from solar.pv.glass import GLASS, glass_of
from solar.pv.light import light_of
from solar.pv.power import Planes, Strings, plant_power
from solar.site import Site
from solar.sun_grid import sun_grid
from solar.weather import Weather, bundled
from twin.package_data import demo_city
from twin.pv.config import read_pv

sys.path.insert(0, str(ROOT / "tests"))

from oracles.district import write_part

PLANES = ((35.0, 180.0), (90.0, 180.0), (0.0, 180.0), (30.0, 90.0), (30.0, 270.0), (90.0, 90.0))
# Figures of the project's reference for the first two planes [kWh/kWp], by losses.
REFERENCE = {"-0.35 %/K, 11.42 %, 96 %": (1038, 743), "-0.40 %/K, 14 %, 97 %": (1016, 728)}
FREE = Heat("faiman", 25.0, 6.84)


def chains() -> dict[str, Chain]:
    """The two sets of losses that are asked for."""
    loss = system_loss(read_pv().losses.model_dump())
    return {
        "-0.35 %/K, 11.42 %, 96 %": Chain(-0.0035, 0.215, loss, 1.0, 0.96, 0.9637, FREE),
        "-0.40 %/K, 14 %, 97 %": Chain(-0.004, 0.215, 0.14, 1.0, 0.97, 0.9637, FREE),
    }


def model_chain(tilt_deg: float, azimuth_deg: float, chain: Chain, weather: Weather) -> float:
    """Annual AC [kWh/kWp] of pvlib's ModelChain, the sun at mid hour."""
    import pandas as pd
    from pvlib.location import Location
    from pvlib.modelchain import ModelChain
    from pvlib.pvsystem import Array, FixedMount, PVSystem

    middle = pd.DatetimeIndex(weather.start).tz_localize("UTC") + pd.Timedelta(minutes=30)
    names = ("ghi", "dni", "dhi", "temp_air", "wind_speed")
    year = pd.DataFrame({name: getattr(weather, name) for name in names}, index=middle)
    array = Array(
        FixedMount(tilt_deg, azimuth_deg),
        albedo=0.2,
        module_parameters={"pdc0": 1000.0, "gamma_pdc": chain.gamma_pdc},
        temperature_model_parameters={"u0": FREE.u0, "u1": FREE.u1},
    )
    run = ModelChain(
        PVSystem([array], inverter_parameters={"pdc0": 1000.0}),
        Location(weather.latitude_deg, weather.longitude_deg, altitude=100.0),
        aoi_model="physical",
        spectral_model="no_loss",
        temperature_model="faiman",
        losses_model="no_loss",
        transposition_model="perez",
        ac_model="pvwatts",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pvlib's own use of pandas
        run.run_model(year)
    return float(np.nansum(ac_power(run.results.dc.to_numpy() / 1000.0, chain)))


def free_planes(asked: Sequence[tuple[float, float]]) -> list[dict[str, Any]]:
    """Rows of the table of free planes, by tilt and azimuth [°]."""
    weather = bundled()
    site = Site(weather.latitude_deg, weather.longitude_deg, 100.0, 0.0)
    grid = sun_grid(site)
    light = light_of(sources(site, grid, weather), weather)
    tilt, azimuth = np.radians(np.array(asked)).T
    normal = np.stack([np.sin(azimuth) * np.sin(tilt), np.cos(azimuth) * np.sin(tilt), np.cos(tilt)], axis=1)
    each = np.arange(len(asked))
    planes = Planes(normal, (1 + normal[:, 2]) / 2, np.sin(tilt), None)
    seen = np.ones((len(asked), len(grid.direction)))
    views = planes.sky_view[:, None], planes.horizon_view[:, None]
    strings = Strings(each, each, np.ones(len(asked)), seen, *views, far_ground(planes.normal, 0.2, seen.shape[1]))
    out = []
    for name, chain in chains().items():
        ours = {
            glass: plant_power(light, planes, strings, chain, glass_of(1.526, glass), 0.2).ac.sum(axis=1)
            for glass in GLASS
        }
        for i, (tilt_deg, azimuth_deg) in enumerate(asked):
            row = {"losses": name, "tilt_deg": tilt_deg, "azimuth_deg": azimuth_deg}
            row |= {"model_chain": model_chain(tilt_deg, azimuth_deg, chain, weather)}
            row |= {glass: float(ours[glass][i]) for glass in GLASS}
            row |= {"reference": REFERENCE[name][i] if i < 2 else None}
            out.append(row)
    return out


def demo(spacing: float, with_pv: bool, part: bool) -> dict[str, Any]:
    """One process over the demo district, or over a block of it: wall seconds, and its stages."""
    with tempfile.TemporaryDirectory() as folder, demo_city() as whole:
        city = write_part(Path(folder) / "block.gml") if part else whole
        command = [sys.executable, "-m", "twin.cli.main", "solar", str(city), "-o", str(Path(folder) / "out"), "--json"]
        command += ["--weather", "duesseldorf-2024", "--spacing", str(spacing)]
        command += ["--correct", "default"] if with_pv else ["--no-pv"]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
        wall_s = time.perf_counter() - began
    summary = json.loads(done.stdout)
    peak = max(stage["peak_memory_mb"] or 0.0 for stage in summary["timing"].values())
    plants = sum(kind["plants"] for kind in summary["pv"]["kinds"]) if with_pv else 0
    return {"wall_s": wall_s, "peak_mb": peak, "plants": plants, "pv": summary["timing"].get("pv")}


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a block, coarse receivers, one run")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    rows = free_planes(PLANES[:2] if arguments.quick else PLANES)
    print("kWh/kWp of free planes, default year; ours by what passes the glass (docs/design/0014)")
    print(f"{'losses':<26}{'plane':>10}{'ModelChain':>12}{'direct':>9}{'sun':>8}{'all':>8}{'reference':>11}")
    for row in rows:
        plane = f"{row['tilt_deg']:.0f}° {row['azimuth_deg']:.0f}°"
        said = "" if row["reference"] is None else f"about {row['reference']}"
        ours = f"{row['direct']:>9.1f}{row['sun']:>8.1f}{row['all']:>8.1f}"
        print(f"{row['losses']:<26}{plane:>10}{row['model_chain']:>12.1f}{ours}{said:>11}")
    worst = max(abs(row["direct"] / row["model_chain"] - 1) for row in rows)
    print(f"largest difference of 'direct' from ModelChain: {100 * worst:.2f} %\n")
    spacing, ways, turns = (8.0, ("with",), 1) if arguments.quick else (1.0, ("without", "with"), 3)
    place = "block" if arguments.quick else "demo"
    pairs = []
    for _ in range(turns):
        pair = {way: demo(spacing, way == "with", arguments.quick) for way in ways}
        pairs.append(pair)
        for way, run in pair.items():
            print(f"{place} at {spacing:g} m {way} PV: {run['wall_s']:.1f} s, {run['peak_mb']:.0f} MB")
        run = pair["with"]
        print(
            f"  {run['plants']} plants and correction; "
            f"stage pv {run['pv']['wall_s']:.2f} s, {run['pv']['cpu_s']:.2f} s of CPU"
        )
    if arguments.json:
        figures = {"machine": machine(), "free_planes": rows, "pairs": pairs}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
