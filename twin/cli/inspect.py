"""`heliotwin inspect`: what is in the files, where they lie, what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.screen import Json, LogFile, Verbose, print_json, progress, set_up_logging


def inspect(
    cities: Annotated[
        list[Path],
        typer.Argument(
            metavar="CITY…",
            help="City models (CityGML, CityJSON; .gz, .zip), folders, weather files, terrain: told by content.",
        ),
    ],
    crs: Annotated[
        str | None, typer.Option(help="CRS of the result, and of files that name none, e.g. EPSG:25832.")
    ] = None,
    export: Annotated[
        list[Path] | None,
        typer.Option(help="Also write the city model as .glb, .obj, .ply or .stl (mesh) or .gpkg; repeatable."),
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Also draw it, or the weather, as this PNG.")] = None,
    weather_shift: Annotated[
        float, typer.Option(min=-1440, max=1440, help="Move the labels of weather by minutes.")
    ] = 0.0,
    weather_place: Annotated[
        str | None, typer.Option(help="LAT,LON of weather whose file names none.", metavar="LAT,LON")
    ] = None,
    language: Annotated[str, typer.Option("--lang", help="Language of the picture: de or en.")] = "de",
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Counts, areas, extent, CRS, attributes, closedness and defects of a city model; weather and terrain too."""
    set_up_logging(verbose, log_file)
    if language not in ("de", "en"):
        raise typer.BadParameter("--lang is de or en")
    if picture is not None and picture.suffix.lower() != ".png":
        raise typer.BadParameter("--picture is a .png file")
    from twin.inspection_run import EXPORTS, Wanted, inspect_all
    from twin.weather_choice import place_from

    for path in export or []:
        if path.suffix.lower() not in EXPORTS:
            raise typer.BadParameter(f"--export writes {', '.join(EXPORTS)}, not '{path.suffix}'")
    try:
        place = place_from(weather_place) if weather_place else None
    except ValueError:
        raise typer.BadParameter(f"--weather-place {weather_place}: give LAT,LON in degrees") from None
    with progress("run the same command again") as show:
        wanted = Wanted(tuple(export or ()), picture, language, show, weather_shift, place)
        outcome = inspect_all(cities, crs, wanted)
    if as_json:
        print_json(outcome.found)
    else:
        for line in outcome.lines:
            typer.echo(line)
    if outcome.failed:
        for message in outcome.failed:
            typer.echo(f"heliotwin: error: {message}", err=True)
        raise typer.Exit(1)
