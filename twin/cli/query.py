"""`heliotwin query`: hourly series of a surface or a place, or every surface under another weather year."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.options import SolarOut, place_named
from twin.cli.screen import Json, LogFile, Verbose, print_summary, set_up_logging


def query(
    out: SolarOut,
    surface: Annotated[str | None, typer.Option(help="surface_id as in surfaces.parquet.")] = None,
    point: Annotated[
        str | None, typer.Option(help="X,Y,Z in the city's CRS, or X,Y,Z,nx,ny,nz to say where it faces.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Annual and monthly irradiation of every surface.")] = False,
    first: Annotated[str | None, typer.Option("--from", help="First UTC day or time, e.g. 2015-06-21.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last UTC day (whole) or time (excluded).")] = None,
    weather: Annotated[
        str | None, typer.Option(help="Another weather file or bundled year [default: the job's].")
    ] = None,
    weather_shift: Annotated[
        float, typer.Option(min=-1440, max=1440, help="With --weather: move its labels by minutes.")
    ] = 0.0,
    weather_place: Annotated[
        str | None, typer.Option(help="With --weather: its LAT,LON where the file names none.", metavar="LAT,LON")
    ] = None,
    albedo: Annotated[
        float | None, typer.Option(min=0, max=1, help="Another ground albedo [default: the job's].")
    ] = None,
    to: Annotated[Path | None, typer.Option("-o", "--output", help="series.csv, .parquet or .png.")] = None,
    every_step: Annotated[
        bool, typer.Option("--every-step", help="Rows at the weather's own step instead of hourly means.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Ask a finished job; no ray is traced."""
    set_up_logging(verbose, log_file)
    if (surface is not None) + (point is not None) + every != 1:
        raise typer.BadParameter("give one of --surface, --point or --all")
    if every and (first or last or every_step):
        raise typer.BadParameter(
            "--all gives sums over the whole weather; --from, --to and --every-step are for series"
        )
    if first and last and last < first:
        raise typer.BadParameter(f"--to {last} lies before --from {first}")
    place = None
    if point is not None:
        try:
            place = [float(part) for part in point.split(",")]
        except ValueError:
            raise typer.BadParameter(f"--point {point}: give X,Y,Z or X,Y,Z,nx,ny,nz as numbers") from None
        if len(place) not in (3, 6) or not all(map(math.isfinite, place)) or (place[3:] and not any(place[3:])):
            raise typer.BadParameter(f"--point {point}: give X,Y,Z or X,Y,Z,nx,ny,nz")
    if (weather_shift or weather_place) and weather is None:
        raise typer.BadParameter("--weather-shift and --weather-place go with --weather")
    from twin import answers
    from twin.weather_choice import WeatherAsked

    asked = WeatherAsked(weather, weather_shift, place_named(weather_place)) if weather else None
    if every:
        summary = answers.answer_all(out, asked, to, albedo)
    else:
        summary = answers.answer_series(out, surface, place, asked, (first, last), to, albedo, every_step)
    print_summary(summary, as_json, answers.lines)
