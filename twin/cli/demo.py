"""`heliotwin demo`: the bundled real district, start to pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.options import ReportLanguage, language_named
from twin.cli.screen import Json, LogFile, Verbose, print_summary, progress, set_up_logging


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder.")] = Path("heliotwin-demo"),
    spacing: Annotated[float, typer.Option(help="Receivers on surfaces, at most this far apart [m].")] = 1.0,
    ground_spacing: Annotated[float, typer.Option(help="Receivers on open land [m].")] = 2.0,
    language: ReportLanguage = "de",
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Compute a square kilometre of Köln / Bergisch Gladbach (Geobasis NRW) under the weather of Düsseldorf 2024."""
    set_up_logging(verbose, log_file)
    spoken = language_named(language)
    from twin.config import check_job
    from twin.deliver import lines, solar_job
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
            summary = solar_job(job, spoken, show)
    print_summary(summary, as_json, lines)
