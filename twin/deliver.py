"""A finished job's files: everything that people open, and the summary that `--json` prints."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solar.hours import hours_of
from solar.irradiance import PlaneSeries
from solar.weather import Weather
from twin import irradiation
from twin.config import SolarJob
from twin.export.cog import Frame, write_cog
from twin.export.geopackage import write_geopackage
from twin.export.geoparquet import write_geoparquet, write_parquet
from twin.export.hourly import require_zarr, write_cube
from twin.ground import windows
from twin.job import Outcome, cells_of, cells_with, optics_of, run_solar, site_sources
from twin.progress import OnProgress
from twin.provenance import as_text, origin_of
from twin.pv.hourly import Traced, power_series
from twin.pv.summary import lines as pv_lines
from twin.query import series_of, target_of
from twin.results import point_table
from twin.store import to_json, write_atomically
from twin.terrain.words import terrain_lines
from twin.vegetation.words import tree_lines
from twin.weather_choice import part_of_year

WEATHER_SHOWN = ("source", "distance_km", "ghi_kwh_m2", "free_level_kwh_m2", "first_utc", "last_utc", "warnings")
# Surfaces whose views are held at a time for hourly series: 4,096 × 1,400 directions × 8 bytes = 46 MB.
BLOCK = 4096


def solar_job(job: SolarJob, language: str, on_progress: OnProgress) -> dict[str, Any]:
    """Run a job, write its files and pictures, and say what came of it."""
    if job.hourly:
        require_zarr()
    outcome = run_solar(job, on_progress)
    with outcome.stopwatch.stage("write"):
        on_progress("write", 0, 1)
        files = write_files(outcome)
    with outcome.stopwatch.stage("pictures"):
        on_progress("pictures", 0, 1)
        from twin.report import write_pictures

        files += [path.name for path in write_pictures(outcome, job.out, language)]
    write_atomically(job.out / "timing.json", to_json(outcome.stopwatch.stages))
    outcome.store.finish(cells_of(outcome.prepared), files)
    return summary_of(outcome, files)


def write_files(outcome: Outcome) -> list[str]:
    """Tables, raster and report into the job's folder; names of what was written."""
    root, job = outcome.store.root, outcome.prepared.job
    origin = origin_of(outcome.store, outcome.prepared.weather)
    table = outcome.surfaces.drop(columns="surface_index")
    write_geopackage(table, root / "surfaces.gpkg", "surfaces", origin)
    write_geoparquet(outcome.surfaces, root / "surfaces.parquet", origin)
    write_geoparquet(outcome.buildings, root / "buildings.parquet", origin)
    files = ["surfaces.gpkg", "surfaces.parquet", "buildings.parquet", "report.json"]
    if write_ground(outcome):
        files.append("ground.tif")
    if outcome.prepared.points is not None:
        points = point_table(outcome.prepared.points, outcome.totals, len(outcome.prepared.model.kind))
        write_parquet(points, root / "receivers.parquet", origin)
        files.append("receivers.parquet")
    if job.hourly:
        write_hourly(outcome)
        files.append("hourly.zarr")
    write_atomically(root / "report.json", to_json(outcome.report))
    return files


def write_ground(outcome: Outcome) -> bool:
    """Open land as ground.tif; False where there is none."""
    if outcome.land is None:
        return False
    extent = outcome.land.extent
    cell_m = extent.cell_m
    frame = Frame(
        rows=extent.rows,
        columns=extent.columns,
        west=extent.west * cell_m,
        north=(extent.north + 1) * cell_m,
        cell_m=cell_m,
        crs=outcome.prepared.scene.crs.horizontal,
        description=ground_words(outcome.prepared.weather),
        unit="kWh/m2",
        origin=as_text(origin_of(outcome.store, outcome.prepared.weather)),
    )
    write_cog(frame, windows(outcome.store, outcome.bins, extent), outcome.store.root / "ground.tif")
    return True


def ground_words(weather: Weather) -> str:
    """What ground.tif holds; of weather that is no whole year nothing is called annual."""
    if part_of_year(weather) is None:
        return "annual irradiation of open land"
    first, last = (str(when)[:10] for when in (weather.start[0], weather.start[-1]))
    return f"irradiation of open land from {first} to {last} (UTC)"


def write_hourly(outcome: Outcome) -> None:
    """The cube of every exposed surface's series, PV power with it."""
    shown = outcome.surfaces[outcome.surfaces["exposed_area_m2"] > 0]
    weather = outcome.prepared.weather
    hours = hours_of(weather.start, weather.step_s)
    said = origin_of(outcome.store, outcome.prepared.weather)
    attributes = {"title": "irradiance on surfaces and AC power of PV", **as_text(said)}
    rows = shown["surface_index"].to_numpy(np.int32)
    power = None
    if outcome.power is not None:
        traced = Traced(outcome.store, outcome.totals.receivers, partial(cells_with, outcome.prepared))
        power = power_series(outcome.power, traced, rows, hours)
    series, names = surface_series(outcome, rows), shown["surface_id"].tolist()
    write_cube(outcome.store.root / "hourly.zarr", names, hours, series, power, attributes)


def surface_series(outcome: Outcome, rows: NDArray[np.int32]) -> Iterator[PlaneSeries]:
    """Series of surfaces in the order asked for, a block of them in memory at a time."""
    prepared = outcome.prepared
    sent = site_sources(prepared)
    optics = optics_of(prepared)
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        cells = irradiation.cells_of(outcome.store, only=cells_with(prepared, block))
        for views in irradiation.views_of(cells, optics, block):
            yield series_of(target_of("", views, optics), sent)


def summary_of(outcome: Outcome, files: list[str]) -> dict[str, Any]:
    """What a job came to, for the screen and for machines."""
    report = outcome.report
    return {
        "out": str(outcome.store.root),
        "files": files,
        "receivers": report["receivers"],
        "scene": report["scene"],
        "kinds": report["kinds"],
        "open_land": report["open_land"],
        "pv": report["pv"],
        "terrain": report["terrain"],
        "far_horizon": report["far_horizon"],
        "trees": report["trees"],
        "weather": {key: report["weather"][key] for key in WEATHER_SHOWN},
        "defects": report["city_model"]["defect_counts"],
        "files_read": len(report["city_model"]["files"]),
        "failed": report["city_model"]["failed"],
        "timing": outcome.stopwatch.stages,
    }


def _far_lines(facts: dict[str, Any] | None) -> list[str]:
    from twin.far_horizon.words import far_lines, horizon_line

    return far_lines(facts) + ([] if facts is None else [horizon_line(facts["horizon"])])


def lines(summary: dict[str, Any]) -> list[str]:
    """The summary in words."""
    weather, counted = summary["weather"], summary["receivers"]
    out = [
        f"weather     {weather['source']}, {weather['distance_km']} km away, "
        f"{weather['ghi_kwh_m2']:.0f} kWh/m² on the horizontal",
        *(f"            {warning}" for warning in weather["warnings"]),
        f"receivers   {counted['on_surfaces']:,} on surfaces ({counted['covered']:,} covered), "
        f"{counted['open_land']:,} on open land, {counted['cells']} cells",
    ]
    for kind in summary["kinds"]:
        value = kind["irradiation_kwh_m2"]
        shown = "–" if value is None else f"{value:,.0f} kWh/m²"
        out.append(
            f"{kind['kind']:<20}{kind['surfaces']:>7,}  {kind['area_m2']:>12,.0f} m²  "
            f"{kind['exposed_area_m2']:>12,.0f} m² exposed  {shown:>12}  {kind['irradiation_mwh']:>12,.0f} MWh"
        )
    land = summary["open_land"]
    if land:
        mean = land["irradiation_kwh_m2"]
        out.append(f"{'open land':<20}{'':>7}  {land['area_m2']:>12,.0f} m²  {'':>23}  {mean:>5,.0f} kWh/m²")
    out += pv_lines(summary["pv"])
    out += [f"{'terrain' if i == 0 else '':<12}{line}" for i, line in enumerate(terrain_lines(summary["terrain"]))]
    out += [f"{'far horizon' if i == 0 else '':<12}{line}" for i, line in enumerate(_far_lines(summary["far_horizon"]))]
    out += [f"{'trees' if i == 0 else '':<12}{line}" for i, line in enumerate(tree_lines(summary["trees"]))]
    if summary["scene"]["left_out"]:
        out.append(
            "left out    " + ", ".join(f"{n} surfaces of {kind}" for kind, n in summary["scene"]["left_out"].items())
        )
    defects = summary["defects"]
    out.append("defects     " + (", ".join(f"{kind}: {n}" for kind, n in defects.items()) or "none") + " (report.json)")
    seconds = sum(stage["wall_s"] for stage in summary["timing"].values())
    out.append(
        f"time        {seconds:.0f} s: " + ", ".join(f"{k} {v['wall_s']:.1f}" for k, v in summary["timing"].items())
    )
    out.append(f"files       {summary['out']}: {', '.join(summary['files'])}")
    return out
