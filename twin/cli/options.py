"""Options that mean the same in several verbs, each with its one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

SolarOut = Annotated[Path, typer.Argument(metavar="OUT", help="Folder that `heliotwin solar` wrote.")]
Cities = Annotated[
    list[Path] | None, typer.Argument(metavar="CITY…", help="CityGML or CityJSON files (.gz too) or folders.")
]
Terrain = Annotated[
    list[Path] | None,
    typer.Option(help="Terrain: GeoTIFF, ASC, XYZ, LandXML, CityGML TIN, .zip or folder; repeatable."),
]
TerrainError = Annotated[float | None, typer.Option(help="Largest height error of the terrain's triangles [m; 0.15].")]
GroundLevel = Annotated[
    float | None, typer.Option(help="One flat ground at this height instead of the buildings' base heights [m].")
]
Halo = Annotated[float | None, typer.Option(help="Buildings shade up to this distance [m; 2000].")]
Albedo = Annotated[float | None, typer.Option(help="Ground albedo [0.2].")]
SurfaceAlbedo = Annotated[
    Path | None, typer.Option(help="Albedo of surfaces: CSV of name,albedo; names are gml:ids or WallSurface ….")
]
Reflections = Annotated[
    str | None, typer.Option(help="Light off walls and ground: traced, or off far flat ground alone [traced].")
]
FarTerrain = Annotated[
    list[Path] | None,
    typer.Option(help="Coarse terrain out to 40 km, for the far horizon: files, .zip or folder; repeatable."),
]
Trees = Annotated[
    list[Path] | None, typer.Option(help="Laser scans that trees are found in: LAS, LAZ or folder; repeatable.")
]
TreesCrs = Annotated[str | None, typer.Option(help="CRS of laser scans that name none.")]
NoTrees = Annotated[bool | None, typer.Option("--no-trees", help="Leave out the trees of the city model too.")]
Leaves = Annotated[
    Path | None, typer.Option(help="TOML of leaf dates and extinctions by genus, over the package's table.")
]
BundledWeather = Annotated[str | None, typer.Option(help="Weather file or bundled year [try2015-region12].")]
Pv = Annotated[Path | None, typer.Option(help="What is assumed of photovoltaics: TOML over `heliotwin config --pv`.")]
ResultCrs = Annotated[str | None, typer.Option(help="CRS of the result, and of files that name none, e.g. EPSG:25832.")]
Attribution = Annotated[str | None, typer.Option(help="Source and licence of the city model, printed in every output.")]
Heights = Annotated[
    str | None,
    typer.Option(metavar="EPSG:N", help="Heights of the city where its files do not say, e.g. EPSG:7837."),
]
Geoid = Annotated[Path | None, typer.Option(help="Geoid grid of the city's heights, where they are not DHHN2016.")]
Suppress = Annotated[Path | None, typer.Option(metavar="IDS.csv", help="Buildings or surfaces whose owners objected.")]
# Europe/Berlin where it is left out.
Zone = Annotated[str | None, typer.Option("--tz", help="IANA time zone of the legal clock [Europe/Berlin].")]
ReportLanguage = Annotated[str, typer.Option("--lang", help="Language of the report: de or en.")]


def language_named(text: str) -> Literal["de", "en"]:
    """The language of ``--lang``."""
    if text not in ("de", "en"):
        raise typer.BadParameter("--lang is de or en")
    return cast(Literal["de", "en"], text)


def place_named(text: str | None) -> tuple[float, float] | None:
    """Latitude and longitude [°] of ``--weather-place``; None where it was left out."""
    from twin.weather_choice import place_from

    if text is None:
        return None
    try:
        return place_from(text)
    except ValueError:
        raise typer.BadParameter(f"--weather-place {text}: give LAT,LON in degrees") from None
