"""`heliotwin inspect`: what is in the files, where they lie, what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.screen import Json, LogFile, Verbose, print_json, set_up_logging


def inspect(
    cities: Annotated[
        list[Path], typer.Argument(metavar="CITY…", help="CityGML or CityJSON files (.gz too) or folders.")
    ],
    crs: Annotated[str | None, typer.Option(help="CRS of files that name none, e.g. EPSG:25832.")] = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Counts, areas, extent, CRS, closedness and defects of a city model."""
    set_up_logging(verbose, log_file)
    from twin.inspection import inspect_city, lines

    found = inspect_city(cities, crs)
    if as_json:
        print_json(found)
    else:
        for line in lines(found):
            typer.echo(line)
