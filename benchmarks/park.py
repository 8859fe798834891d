"""Yield of solar parks against pvlib's infinite sheds, and what slope, shade and pitch do to it.

    python benchmarks/park.py                    all tables, default weather, 50.08° N 8.24° E
    python benchmarks/park.py --quick            the first table
    python benchmarks/park.py --json out.json    also write the figures with machine and commit

On level free land pvlib computes the same fields at the same instants (Perez' sky with circumsolar light in the beam,
without the band along the horizon, which infinite sheds does not know). Gains are what a decision turns on: a tracker's
and a vertical field's yield by that of fixed rows, and the rear's by modules with one face.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pvlib

from benchmarks.machine import machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from oracles.infinite_sheds import ac_of_year, sun_of_year, year_of_rows

from solar.irradiance import Sources, sources
from solar.pv.chain import Chain, Heat
from solar.pv.park import Rows, park_yield
from solar.site import Site
from solar.sun_grid import sun_grid
from solar.weather import Weather, bundled

SITE = Site(50.08, 8.24)
ALBEDO = 0.2
HEAT = Heat("faiman", 25.0, 6.84)
CHAIN = Chain(-0.0035, 0.2152, 0.1142, 1.0, 0.96, 0.9637, HEAT)
FIELDS = {
    "fixed 20° S": Rows("fixed", 20.0, 180.0, 0.45, 1.7, 4.5, bifaciality=0.8, glass="sun"),
    "tracker N–S": Rows("tracker", 0.0, 180.0, 0.35, 1.5, 2.3, bifaciality=0.8, glass="sun"),
    "vertical E–W": Rows("vertical", 90.0, 270.0, 0.22, 1.7, 2.3, bifaciality=0.8, glass="sun"),
}
SLOPES = {"level": (0, 180), "10° S": (10, 180), "10° N": (10, 0), "10° E": (10, 90), "10° W": (10, 270)}


class Year(NamedTuple):
    """Weather and sun of the site."""

    weather: Weather
    sources: Sources
    all_seen: np.ndarray


def ours(rows: Rows, year: Year) -> dict[str, float]:
    """Annual figures of one field on free land."""
    both = park_yield(rows, year.sources, year.all_seen, 1.0, 1.0, year.weather, CHAIN, ALBEDO)
    one = park_yield(rows._replace(bifaciality=0.0), year.sources, year.all_seen, 1.0, 1.0, year.weather, CHAIN, ALBEDO)
    return figures(both.poa_front, both.poa_rear, both.ac, one.ac)


def by_pvlib(rows: Rows, year: Year) -> dict[str, float]:
    """The same by pvlib alone."""
    sun = sun_of_year(year.weather, SITE.latitude_deg, SITE.longitude_deg)
    tilt, azimuth = rows.tilt_deg, rows.azimuth_deg
    if rows.kind == "tracker":
        turned = pvlib.tracking.singleaxis(
            sun.zenith, sun.azimuth, 0.0, rows.azimuth_deg, rows.max_angle_deg, rows.backtrack, rows.gcr
        )
        tilt, azimuth = turned["surface_tilt"], turned["surface_azimuth"]
    pitch = rows.slant_m / rows.gcr
    faces = year_of_rows(
        sun, year.weather, tilt, azimuth, rows.gcr, rows.height_m, pitch, ALBEDO, rows.refraction_index
    )

    def ac(weight: float) -> np.ndarray:
        used, warms = faces.front_used + weight * faces.rear_used, faces.front + weight * faces.rear
        return ac_of_year(
            used, warms, year.weather, CHAIN.gamma_pdc, CHAIN.loss, CHAIN.eta_nom, CHAIN.eta_ref, HEAT.u0, HEAT.u1
        )

    return figures(faces.front, faces.rear, ac(rows.bifaciality * (1.0 - rows.rear_shade)), ac(0.0))


def figures(front: np.ndarray, rear: np.ndarray, ac: np.ndarray, ac_front: np.ndarray) -> dict[str, float]:
    """Sums of hourly values."""
    return {
        "front_kwh_m2": float(front.sum()) / 1000,
        "rear_kwh_m2": float(rear.sum()) / 1000,
        "kwh_kwp": float(ac.sum()),
        "rear_gain": float(ac.sum() / ac_front.sum() - 1.0),
    }


def against_pvlib(year: Year) -> dict[str, Any]:
    """First table: the three fields with and without the band, and by pvlib."""
    dark = year._replace(sources=year.sources._replace(horizon=np.zeros_like(year.sources.horizon)))
    out: dict[str, Any] = {}
    print(f"{'field':14}{'by':16}{'front':>9}{'rear':>9}{'kWh/kWp':>9}{'rear gain':>11}{'by fixed':>10}{'off':>9}")
    first: dict[str, float] = {}
    for name, rows in FIELDS.items():
        by = {"pvlib": by_pvlib(rows, year), "ours, no band": ours(rows, dark), "ours": ours(rows, year)}
        for who, row in by.items():
            first.setdefault(who, row["kwh_kwp"])
            row["by_fixed"] = row["kwh_kwp"] / first[who]
            off = row["by_fixed"] / by["pvlib"]["by_fixed"] - 1.0
            print(
                f"{name:14}{who:16}{row['front_kwh_m2']:9.1f}{row['rear_kwh_m2']:9.1f}{row['kwh_kwp']:9.1f}"
                f"{100 * row['rear_gain']:10.2f}%{row['by_fixed']:10.4f}{100 * off:+8.2f}%"
            )
        out[name] = by
    return out


def on_slopes(year: Year) -> dict[str, dict[str, float]]:
    """Second table: yield on slopes [kWh/kWp]."""
    print(f"\n{'kWh/kWp':14}" + "".join(f"{slope:>9}" for slope in SLOPES))
    out: dict[str, dict[str, float]] = {}
    for name, rows in FIELDS.items():
        turned = {s: rows._replace(slope_tilt_deg=float(t), slope_azimuth_deg=float(a)) for s, (t, a) in SLOPES.items()}
        out[name] = {slope: ours(field, year)["kwh_kwp"] for slope, field in turned.items()}
        print(f"{name:14}" + "".join(f"{value:9.1f}" for value in out[name].values()))
    return out


def of_shade(year: Year) -> dict[str, dict[str, float]]:
    """Third table: fixed rows by pitch, shade in proportion or by blocks [kWh/kWp]."""
    blocks = (0, 4, 2, 1)
    print(f"\n{'fixed, gcr':14}" + "".join(f"{'linear' if not n else f'{n} blocks':>10}" for n in blocks))
    out: dict[str, dict[str, float]] = {}
    for gcr in (0.3, 0.45, 0.6, 0.8):
        rows = FIELDS["fixed 20° S"]._replace(gcr=gcr)
        out[f"{gcr:g}"] = {str(n): ours(rows._replace(blocks=n), year)["kwh_kwp"] for n in blocks}
        print(f"{gcr:<14g}" + "".join(f"{value:10.1f}" for value in out[f"{gcr:g}"].values()))
    return out


def seconds(year: Year) -> dict[str, float]:
    """Fourth table: seconds of a year at 20 places that differ in what they see."""
    seen = np.random.default_rng(0).random((20, len(year.all_seen)))
    out = {}
    for name, rows in FIELDS.items():
        begin = time.perf_counter()
        park_yield(rows, year.sources, seen, 0.9, 0.9, year.weather, CHAIN, ALBEDO)
        out[name] = time.perf_counter() - begin
    print("\nseconds for 20 places: " + ", ".join(f"{name} {value:.2f}" for name, value in out.items()))
    return out


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only the comparison with pvlib")
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()
    weather, grid = bundled(), sun_grid(SITE)
    year = Year(weather, sources(SITE, grid, weather), np.ones(len(grid.direction)))
    result: dict[str, Any] = {"machine": machine(), "weather": weather.source, "pvlib": against_pvlib(year)}
    if not arguments.quick:
        result |= {"slopes": on_slopes(year), "shade": of_shade(year), "seconds": seconds(year)}
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
