"""`heliotwin report`: the city's solar energy, district by district, as a page, a PDF and a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.options import ReportLanguage, Suppress, language_named
from twin.cli.screen import Json, LogFile, Verbose, print_summary, progress, set_up_logging


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
    suppress: Suppress = None,
    language: ReportLanguage = "de",
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Write the Stadtbericht of a finished job: HTML, PDF, GeoPackage and CSV."""
    set_up_logging(verbose, log_file)
    spoken = language_named(language)
    from twin.cityreport.facts import Asked
    from twin.cityreport.run import city_report, lines

    with progress("nothing was written") as show:
        summary = city_report(out, Asked(districts, sites, title, name, suppress), spoken, folder, show)
    print_summary(summary, as_json, lines)
