"""Shadow masks of the demo district against Embree rays from every pixel, and polygons against masks.

    python benchmarks/shadow_oracle.py                 pixels of 1 m, 20 instants on five days, without and with a tower
    python benchmarks/shadow_oracle.py --quick         pixels of 8 m, one day
    python benchmarks/shadow_oracle.py --json out.json  also write the figures with machine and commit

The tower is a footprint of 20 m × 20 m, 60 m high, in the middle of the district. The oracle is
tests/oracles/shadow_mask.py. A pixel may differ where the ray passes within rounding of an edge.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rasterio.features
from rasterio.transform import from_origin

from benchmarks.machine import ROOT, machine
from twin.export.shadow_names import stamps
from twin.export.shadow_polygons import Sky, shadows_of
from twin.package_data import demo_city
from twin.stopwatch import Stopwatch
from twin.study.config import check_shadow_job
from twin.study.days import day_of, trace_cells
from twin.study.masks import mask
from twin.study.opened import Opened, instants_of_day, open_study
from twin.study.outcome import BESTAND, NO_LAND, Day

sys.path.insert(0, str(ROOT / "tests"))
from oracles import shadow_mask

DATES = ("2026-01-17", "2026-03-21", "2026-06-21", "2026-09-23", "2026-12-21")
PER_DAY = 4
LOWEST_DEG = 1.0
TOWER = {"west": 364_480.0, "south": 5_650_480.0, "side": 20.0, "height": 60.0}


class Row(NamedTuple):
    """One instant of one scenario."""

    scenario: str
    instant: str
    elevation_deg: float
    pixels: int
    shaded: int
    differing: int
    polygons_equal: bool


def tower(folder: Path) -> dict[str, Any]:
    """A plan's options: the tower as WKT."""
    west, south, side = TOWER["west"], TOWER["south"], TOWER["side"]
    east, north = west + side, south + side
    path = folder / "tower.wkt"
    ring = f"{west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}"
    path.write_text(f"POLYGON (({ring}))\n", encoding="utf-8")
    return {"file": path, "crs": "EPSG:25832", "height_m": TOWER["height"]}


def opened(folder: Path, pixel_m: float, dates: tuple[str, ...]) -> Opened:
    """The demo district with the tower as its plan, ready to be traced; few receivers on surfaces."""
    with demo_city() as city:
        job = check_shadow_job(
            {
                "cities": [city],
                "out": folder / "out",
                "plans": [tower(folder)],
                "dates": list(dates),
                "step_min": 10,
                "pixel_m": pixel_m,
                "spacing_m": 50.0,
                "energy": False,
            }
        )
        return open_study(job, Stopwatch())


def chosen(day: Day) -> list[int]:
    """Some instants of a day, from the first to the last with the sun high enough."""
    high = np.flatnonzero(day.instants.elevation_deg >= LOWEST_DEG)
    return high[np.linspace(0, len(high) - 1, PER_DAY).round().astype(int)].tolist()


def rows(found: Opened) -> Iterator[Row]:
    """Every chosen instant of every day, of the Bestand alone and of the plan against it."""
    study, city = found.study, found.city
    place = shadow_mask.middles(study.grid)
    height = city.land.height(place)
    built = {s.name: shadow_mask.casters(study.scene, s.present) for s in study.scenarios}
    for index, date in enumerate(city.job.dates):
        instants = instants_of_day(city, index)
        cells = list(trace_cells(instants.direction, found.layout.places, found.views))
        day = day_of(date, instants, found.layout.places, cells, city.scenarios)
        for instant in chosen(day):
            moment = instants.time[instant]
            shade = {
                name: shadow_mask.shaded(scene, study.scene, place, height, moment) for name, scene in built.items()
            }
            for name in built:
                ours = mask(study, day, name, instant)
                value = ours.ravel()[study.grid.pixel]
                theirs = shade[BESTAND] + (2 * shade[name] if name != BESTAND else 0)
                land = value != NO_LAND
                yield Row(
                    scenario=name,
                    instant=str(moment),
                    elevation_deg=round(float(instants.elevation_deg[instant]), 2),
                    pixels=int(land.sum()),
                    shaded=int((value[land] > 0).sum()),
                    differing=int((value != theirs)[land].sum()),
                    polygons_equal=same_as_polygons(found, day, name, instant, ours),
                )


def same_as_polygons(found: Opened, day: Day, scenario: str, instant: int, ours: np.ndarray) -> bool:
    """Whether the polygons of a mask, made raster again by GDAL, are the mask."""
    grid, sun = found.study.grid, day.instants
    when = stamps(sun.time[instant : instant + 1], found.study.zone)[0]
    sky = Sky(day.date, when, float(sun.elevation_deg[instant]), float(sun.azimuth_deg[instant]))
    shapes = [(row.geometry, row.value) for row in shadows_of(ours, grid, scenario, sky)]
    if not shapes:
        return not ((ours > 0) & (ours != NO_LAND)).any()
    place = from_origin(grid.west, grid.north, grid.cell_m, grid.cell_m)
    again = rasterio.features.rasterize(shapes, ours.shape, fill=0, transform=place, dtype="uint8")
    return bool(np.array_equal(again, np.where(ours == NO_LAND, 0, ours)))


def table(found: list[Row]) -> list[str]:
    """Rows and their sum."""
    lines = [f"{'scenario':<10}{'UTC':<21}{'sun °':>7}{'pixels':>10}{'shaded':>9}{'differ':>8}  polygons"]
    for row in found:
        said = "equal" if row.polygons_equal else "DIFFER"
        lines.append(
            f"{row.scenario:<10}{row.instant:<21}{row.elevation_deg:>7.2f}{row.pixels:>10,}{row.shaded:>9,}"
            f"{row.differing:>8,}  {said}"
        )
    pixels, differing = sum(row.pixels for row in found), sum(row.differing for row in found)
    lines.append(f"equal pixels: {100 * (1 - differing / pixels):.5f} % of {pixels:,}")
    return lines


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="large pixels on one day, a smoke run")
    parser.add_argument("--pixel", type=float, default=1.0, help="side of a pixel [m]")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        pixel_m, dates = (8.0, DATES[1:2]) if arguments.quick else (arguments.pixel, DATES)
        found = list(rows(opened(Path(folder), pixel_m, dates)))
    print("\n".join(table(found)))
    print(f"{time.perf_counter() - began:.0f} s")
    if arguments.json:
        figures = {"machine": machine(), "figures": [row._asdict() for row in found]}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
