"""Time of `heliotwin sites` by stage on made-up areas over a synthetic hill, and what each way of building yields; time
to lay large areas with many holes into squares.

    python benchmarks/sites.py                  40 areas of 4 ha on 2 × 2 km; single areas of 1, 4 and 9 km²
    python benchmarks/sites.py --quick          4 areas; 1 km²
    python benchmarks/sites.py --json out.json  also write the figures with machine and commit

No peer answers the same question from files; yields are compared with pvlib in benchmarks/park.py.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

WEST, SOUTH = 364_000.0, 5_650_000.0


def inputs(folder: Path, count: int) -> dict[str, object]:
    """A hill with a small town, and areas in rows on it; a reserve covers some, a motorway runs through."""
    import geopandas
    import shapely
    from oracles.hills import write_geotiff
    from oracles.houses import street, write_town

    x, y = np.meshgrid(np.arange(1000) * 2.0, np.arange(1000) * 2.0)
    write_geotiff(
        folder / "dgm.tif", 95.0 + 60.0 * np.exp(-(((x - 900) / 500) ** 2) - ((y - 900) / 400) ** 2), WEST, SOUTH, 2.0
    )
    write_town(folder / "town.city.json", street())
    side, columns = 200.0, 8
    places = [(WEST + 60 + 235.0 * (n % columns), SOUTH + 60 + 235.0 * (n // columns)) for n in range(count)]
    shapes = [shapely.box(e, n, e + side, n + side) for e, n in places]
    names = [f"area {n + 1}" for n in range(count)]
    geopandas.GeoDataFrame({"name": names}, geometry=shapes, crs="EPSG:25832").to_file(folder / "areas.gpkg")
    layers = {
        "motorway": shapely.LineString([(WEST, SOUTH + 280), (WEST + 2000, SOUTH + 300)]),
        "nature_reserve": shapely.Point(WEST + 700, SOUTH + 700).buffer(250),
    }
    for name, shape in layers.items():
        geopandas.GeoDataFrame(geometry=[shape], crs="EPSG:25832").to_file(folder / f"{name}.gpkg")
    return {
        "cities": [folder / "town.city.json"],
        "terrain": [folder / "dgm.tif"],
        "areas": folder / "areas.gpkg",
        "exclude": [{"kind": name, "file": folder / f"{name}.gpkg"} for name in layers],
        "boost": [{"kind": "motorway", "file": folder / "motorway.gpkg"}],
        "out": folder / "out",
    }


def measure(count: int) -> dict[str, Any]:
    """Summary of one search and mean yields by way of building."""
    import pandas as pd

    from twin.sites.config import check_sites_job
    from twin.sites.deliver import sites_job

    with tempfile.TemporaryDirectory() as name:
        job = check_sites_job(inputs(Path(name), count))
        summary = sites_job(job, "en", lambda stage, done, of: None)
        kinds = pd.read_csv(job.out / "kinds.csv")
    mean = kinds.groupby("kind")[["kwh_kwp", "shade_pct", "lcoe_ct"]].mean().round(2)
    return {"totals": summary["totals"], "timing": summary["timing"], "kinds": mean.to_dict("index")}


def large(side_m: float) -> float:
    """Seconds to cut one area with 60 holes a km² into squares."""
    import shapely

    from twin.sites.ground import pieces_of, squares_of
    from twin.terrain.surface import surface_of

    rng = np.random.default_rng(1)
    count = int(60 * (side_m / 1000) ** 2)
    holes = shapely.buffer(shapely.points(rng.uniform(0, side_m, (count, 2))), rng.uniform(10, 40, count))
    area = shapely.difference(shapely.box(0, 0, side_m, side_m), shapely.union_all(holes))
    corner = np.array([[0, 0, 100], [1, 0, 100], [1, 1, 100], [0, 1, 100]]) * (side_m, side_m, 1.0)
    surface = surface_of(corner, np.array([[0, 1, 2], [0, 2, 3]]))
    squares = squares_of(area, surface, 20.0)
    began = time.perf_counter()
    pieces_of(area, squares, surface)
    return time.perf_counter() - began


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    found = measure(4 if arguments.quick else 40)
    sides = (1,) if arguments.quick else (1, 2, 3)
    found["squares_s"] = {f"{km * km} km²": round(large(1000.0 * km), 3) for km in sides}
    total = found["totals"]
    usable, area = (total[name] / 1e4 for name in ("usable_m2", "area_m2"))
    print(f"{total['areas']} areas, {usable:,.1f} of {area:,.1f} ha usable, {total['mwp']:.1f} MWp")
    print(f"{'stage':<12}{'wall s':>8}{'cpu s':>8}")
    for stage, spent in found["timing"].items():
        print(f"{stage:<12}{spent['wall_s']:>8.2f}{spent['cpu_s']:>8.2f}")
    print(f"{'kind':<12}{'kWh/kWp':>9}{'shade %':>9}{'ct/kWh':>8}")
    for kind, figures in found["kinds"].items():
        print(f"{kind:<12}{figures['kwh_kwp']:>9.1f}{figures['shade_pct']:>9.2f}{figures['lcoe_ct']:>8.2f}")
    print("squares     " + ", ".join(f"{area} {seconds:.2f} s" for area, seconds in found["squares_s"].items()))
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), **found}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
