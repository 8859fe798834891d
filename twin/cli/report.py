"""`heliotwin report`: the city's solar energy, district by district, as a page, a PDF and a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from twin.cli.screen import Json, LogFile, Verbose, print_json, progress, set_up_logging


def report(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that `heliotwin solar` wrote, with PV.")],
    districts: Annotated[
        Path,
        typer.Option(
            metavar="FILE[:LAYER]", help="Polygons of the districts: GeoPackage, GeoJSON, Shapefile, Geodatabase …"
        ),
    ],
    folder: Annotated[Path, typer.Option("-o", "--out", help="Folder of the report.")],
    name: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column that names the districts [the likeliest].")
    ] = None,
    sites: Annotated[Path | None, typer.Option(help="sites.gpkg that `heliotwin sites` wrote.")] = None,
    title: Annotated[str, typer.Option(help="Name of the city, for the head of the report.")] = "",
    language: Annotated[str, typer.Option("--lang", help="Language of the report: de or en.")] = "de",
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Write the Stadtbericht of a finished job: HTML, PDF, GeoPackage and CSV."""
    set_up_logging(verbose, log_file)
    if language not in ("de", "en"):
        raise typer.BadParameter("--lang is de or en")
    spoken: Literal["de", "en"] = "de" if language == "de" else "en"
    from twin.cityreport.run import city_report, lines

    with progress("nothing was written") as show:
        summary = city_report(out, districts, sites, title, spoken, folder, name, show)
    if as_json:
        print_json(summary)
        return
    for line in lines(summary):
        typer.echo(line)
