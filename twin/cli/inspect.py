"""`heliotwin inspect`: what is in the files, where they lie, what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.options import ResultCrs, language_named, place_named
from twin.cli.screen import Json, LogFile, Verbose, print_summary, progress, set_up_logging


def inspect(
    cities: Annotated[
        list[Path],
        typer.Argument(
            metavar="CITY…",
            help="City models (CityGML, CityJSON; .gz, .zip), folders, weather files, terrain: told by content.",
        ),
    ],
    crs: ResultCrs = None,
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
    spoken = language_named(language)
    if picture is not None and picture.suffix.lower() != ".png":
        raise typer.BadParameter("--picture is a .png file")
    from twin.inspection_run import EXPORTS, Wanted, inspect_all

    for path in export or []:
        if path.suffix.lower() not in EXPORTS:
            raise typer.BadParameter(f"--export writes {', '.join(EXPORTS)}, not '{path.suffix}'")
    place = place_named(weather_place)
    with progress("run the same command again") as show:
        wanted = Wanted(tuple(export or ()), picture, spoken, show, weather_shift, place)
        outcome = inspect_all(cities, crs, wanted)
    print_summary(outcome.found, as_json, lambda _: outcome.lines)
    if outcome.failed:
        for message in outcome.failed:
            typer.echo(f"heliotwin: error: {message}", err=True)
        raise typer.Exit(1)
