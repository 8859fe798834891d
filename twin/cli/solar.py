"""`heliotwin solar`: the batch job over a city model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.options import (
    Albedo,
    Attribution,
    Cities,
    FarTerrain,
    GroundLevel,
    Halo,
    Leaves,
    NoTrees,
    Pv,
    Reflections,
    ReportLanguage,
    ResultCrs,
    SurfaceAlbedo,
    Terrain,
    TerrainError,
    Trees,
    TreesCrs,
    language_named,
)
from twin.cli.screen import Json, LogFile, Verbose, print_summary, progress, set_up_logging
from twin.errors import TwinError


def solar(
    cities: Cities = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Output folder; a killed job goes on there.")] = None,
    weather: Annotated[
        str | None, typer.Option(help="TRY, EPW or CSV file, or a bundled year [default: try2015-region12].")
    ] = None,
    weather_shift: Annotated[
        float | None, typer.Option(help="Move the weather file's labels by minutes, e.g. -60 for one in MESZ.")
    ] = None,
    weather_place: Annotated[
        str | None, typer.Option(help="LAT,LON of the weather where its file names none.", metavar="LAT,LON")
    ] = None,
    spacing: Annotated[
        float | None, typer.Option(help="Receivers on surfaces, at most this far apart [m; 1.0].")
    ] = None,
    ground_spacing: Annotated[float | None, typer.Option(help="Receivers on open land [m; 2.0].")] = None,
    ground_margin: Annotated[
        float | None, typer.Option(help="Open land reaches this far from buildings [m; 50].")
    ] = None,
    ground_level: GroundLevel = None,
    sky: Annotated[int | None, typer.Option(help="Sky patches: 145, 577 or 2305 [577].")] = None,
    sky_model: Annotated[
        str | None, typer.Option(help="perez1990, perez1993, haydavies, isotropic or matrix [perez1990].")
    ] = None,
    sky_matrix: Annotated[
        Path | None,
        typer.Option(help="Your own sky for --sky-model matrix: patch × interval [W/m²/sr], .npy, .csv, .mtx."),
    ] = None,
    albedo: Albedo = None,
    surface_albedo: SurfaceAlbedo = None,
    reflections: Reflections = None,
    bounces: Annotated[
        int | None, typer.Option(help="How often light is followed from wall to ground to wall, 1 to 8 [1].")
    ] = None,
    halo: Halo = None,
    terrain: Terrain = None,
    terrain_error: TerrainError = None,
    far_terrain: FarTerrain = None,
    trees: Trees = None,
    trees_crs: TreesCrs = None,
    no_trees: NoTrees = None,
    leaves: Leaves = None,
    receivers: Annotated[
        Path | None, typer.Option(help="Your own sensor points: CSV or GeoPackage with x,y,z,nx,ny,nz.")
    ] = None,
    crs: ResultCrs = None,
    attribution: Attribution = None,
    device: Annotated[
        str | None, typer.Option(help="What traces: cpu, cuda (an NVIDIA GPU), or auto: a GPU that can be used [auto].")
    ] = None,
    hourly: Annotated[bool | None, typer.Option("--hourly", help="Also write hourly.zarr (surface × time).")] = None,
    pv: Pv = None,
    no_pv: Annotated[bool | None, typer.Option("--no-pv", help="Irradiance only, no photovoltaics.")] = None,
    correct: Annotated[
        str | None,
        typer.Option(help="Correction beside the physical PV yield: default, or a model for other plants."),
    ] = None,
    language: ReportLanguage = "de",
    config: Annotated[Path | None, typer.Option("--config", help="A job as TOML; see `heliotwin config`.")] = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Irradiance on every roof, façade and piece of open land of a city model, and the PV yield of its surfaces."""
    set_up_logging(verbose, log_file)
    from twin.config import check_job, read_job

    options = read_job(config) if config else {}
    given = {
        "cities": cities or None,
        "out": out,
        "weather": weather,
        "weather_shift_min": weather_shift,
        "weather_place": weather_place.split(",") if weather_place else None,
        "spacing_m": spacing,
        "ground_spacing_m": ground_spacing,
        "ground_margin_m": ground_margin,
        "ground_level_m": ground_level,
        "sky": sky,
        "sky_model": sky_model,
        "sky_matrix": sky_matrix,
        "albedo": albedo,
        "surface_albedo": surface_albedo,
        "reflections": reflections,
        "bounces": bounces,
        "halo_m": halo,
        "terrain": terrain or None,
        "terrain_error_m": terrain_error,
        "far_terrain": far_terrain or None,
        "trees": trees or None,
        "trees_crs": trees_crs,
        "no_trees": no_trees,
        "leaves": leaves,
        "receivers": receivers,
        "crs": crs,
        "attribution": attribution,
        "device": device,
        "hourly": hourly,
        "pv": pv,
        "no_pv": no_pv,
        "correct": correct,
    }
    options |= {name: value for name, value in given.items() if value is not None}
    if "cities" not in options or "out" not in options:
        raise typer.BadParameter("name at least one CITY and an output folder with -o (or both in --config)")
    spoken = language_named(language)
    job = check_job(options)
    from twin.deliver import lines, solar_job

    with progress() as show:
        summary = solar_job(job, spoken, show)
    print_summary(summary, as_json, lines)
    failed, read = summary["failed"], summary["files_read"]
    if failed:
        names = ", ".join(Path(entry["file"]).name for entry in failed[:5]) + (" …" if len(failed) > 5 else "")
        raise TwinError(
            f"{len(failed)} of {len(failed) + read} files could not be read and are not in the results: {names}",
            "see the warnings above, or city_model.failed in report.json",
        )
