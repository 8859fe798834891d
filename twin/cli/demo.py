"""`heliotwin demo`: the bundled real district, start to pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.screen import Json, LogFile, Verbose, print_json, progress, set_up_logging


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder.")] = Path("heliotwin-demo"),
    spacing: Annotated[float, typer.Option(help="Receivers on surfaces, at most this far apart [m].")] = 1.0,
    ground_spacing: Annotated[float, typer.Option(help="Receivers on open land [m].")] = 2.0,
    language: Annotated[str, typer.Option("--lang", help="Language of the report: de or en.")] = "de",
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Compute a square kilometre of Köln / Bergisch Gladbach (Geobasis NRW) under the weather of Düsseldorf 2024."""
    set_up_logging(verbose, log_file)
    if language not in ("de", "en"):
        raise typer.BadParameter("--lang is de or en")
    from twin.cli.solar import tell
    from twin.config import check_job
    from twin.deliver import solar_job
    from twin.package_data import demo_city

    with demo_city() as city:
        job = check_job(
            {
                "cities": [city],
                "out": out,
                "weather": "duesseldorf-2024",
                "attribution": "Geobasis NRW, 3D-Gebäudemodell LoD2, dl-de/zero-2-0",
                "spacing_m": spacing,
                "ground_spacing_m": ground_spacing,
                "correct": "default",
            }
        )
        with progress() as show:
            summary = solar_job(job, language, show)
    if as_json:
        print_json(summary)
    else:
        tell(summary)
