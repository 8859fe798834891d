"""`heliotwin correct`: learn from a measured plant, apply a correction, write its model card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from twin.cli.options import place_named
from twin.cli.screen import Json, LogFile, Verbose, print_summary, set_up_logging

app = typer.Typer(
    help="The correction of PV yields: learnt from measured plants, bounded, and labelled.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Measured = Annotated[Path, typer.Option(help="CSV with times and power or energy.", show_default=False)]
Plant = Annotated[
    Path,
    typer.Option(help="TOML with place, tilt, azimuth, size, zone and unit (docs/measured.md).", show_default=False),
]
WeatherOf = Annotated[
    str | None, typer.Option("--weather", help="Weather of the same days: file or bundled year [the TOML's].")
]
Shift = Annotated[
    float | None,
    typer.Option("--shift", min=-1440, max=1440, help="Move the plant's labels by minutes [found by itself]."),
]
WeatherPlace = Annotated[
    str | None,
    typer.Option("--weather-place", metavar="LAT,LON", help="Of the weather where its file names none: the plant's."),
]
PvFile = Annotated[
    Path | None,
    typer.Option("--pv", help="Assumptions of photovoltaics over those of `heliotwin config --pv`: glass, losses …"),
]


@app.command()
def fit(
    measured: Annotated[
        list[Path], typer.Option(help="CSV with times and power or energy; repeatable.", show_default=False)
    ],
    plant: Annotated[
        list[Path],
        typer.Option(
            help="TOML of each: place, tilt, azimuth, size, zone, unit (docs/measured.md).", show_default=False
        ),
    ],
    to: Annotated[Path, typer.Option("-o", "--output", help="MODEL.skops; its card is written beside it as .json.")],
    weather: WeatherOf = None,
    weather_place: WeatherPlace = None,
    shift: Shift = None,
    pv: PvFile = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Learn a correction: from one plant for this plant alone, from plants of several places for others."""
    set_up_logging(verbose, log_file)
    if len(measured) != len(plant):
        raise typer.BadParameter(f"{len(measured)} × --measured and {len(plant)} × --plant: give them in pairs")
    from twin.correct import Asked, fit_plants

    place = place_named(weather_place)
    asked = [Asked(csv, toml, weather, shift, pv, place) for csv, toml in zip(measured, plant, strict=True)]
    _show(fit_plants(asked, to), as_json)


@app.command()
def apply(
    measured: Measured,
    plant: Plant,
    to: Annotated[Path, typer.Option("-o", "--output", help="OUT.csv or .parquet, one row an hour.")],
    model: Annotated[str, typer.Option(help="default, or a MODEL.skops of `correct fit`.")] = "default",
    weather: WeatherOf = None,
    weather_place: WeatherPlace = None,
    shift: Shift = None,
    pv: PvFile = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Physics and corrected power of a plant, hour by hour, side by side."""
    set_up_logging(verbose, log_file)
    from twin.correct import Asked, apply_model

    _show(apply_model(model, Asked(measured, plant, weather, shift, pv, place_named(weather_place)), to), as_json)


@app.command()
def card(
    model: Annotated[str, typer.Argument(help="default, or a MODEL.skops of `correct fit`.")],
    to: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for card.md, card.json, transparenzregister.json.")
    ],
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Write a model's card, and the fields of a German KI-Transparenzregister entry."""
    set_up_logging(verbose, log_file)
    from twin.correct import write_card

    _show(write_card(model, to), as_json)


def _show(summary: dict[str, Any], as_json: bool) -> None:
    from twin.correct import lines

    print_summary(summary, as_json, lines)
