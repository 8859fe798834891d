"""`heliotwin sites`: which open land could carry a solar park, and what speaks against it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.options import Albedo, BundledWeather, Terrain, TerrainError, language_named
from twin.cli.screen import Json, LogFile, Verbose, print_summary, progress, set_up_logging

# A kind before a file and metres behind it, as in "motorway=a66.gpkg@60"; a drive letter is no kind.
LAYER = re.compile(r"(?:(?P<kind>[A-Za-z0-9_]{2,})=)?(?P<file>.+?)(?:@(?P<distance_m>\d+(?:\.\d+)?))?", re.DOTALL)


def sites(
    cities: Annotated[
        list[Path] | None,
        typer.Argument(metavar="CITY…", help="CityGML or CityJSON files (.gz too) or folders: what stands and shades."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Output folder.")] = None,
    terrain: Terrain = None,
    areas: Annotated[
        Path | None,
        typer.Option(help="Polygons that are looked at; columns name, use, spaces, new, state where they have them."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[KIND=]FILE[@METRES]",
            help="Layer that takes land away; repeatable. Kinds with a law behind them: motorway, federal_road, "
            "natura2000, nature_reserve, biotope, national_park, biosphere_core; any other is taken as it is. Metres: "
            "a distance of your own.",
        ),
    ] = None,
    boost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[KIND=]FILE[@METRES]",
            help="Layer that speaks for land; repeatable. Kinds: motorway, railway_main, railway, conversion, "
            "disadvantaged. Metres as with --exclude.",
        ),
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Solar duty of car parks: pvstellpv or none [none].")] = None,
    strips: Annotated[Path | None, typer.Option(help="Own table of legal strips (TOML).")] = None,
    pv: Annotated[Path | None, typer.Option(help="Own photovoltaic assumptions over the package's (TOML).")] = None,
    weather: BundledWeather = None,
    albedo: Albedo = None,
    halo: Annotated[
        float | None, typer.Option(help="Buildings and terrain shade up to this distance [m; 2000].")
    ] = None,
    terrain_error: TerrainError = None,
    crs: Annotated[
        str | None, typer.Option(help="CRS of the result, and of city files that name none, e.g. EPSG:25832.")
    ] = None,
    attribution: Annotated[
        str | None, typer.Option(help="Source and licence of city, terrain and layers, printed in every output.")
    ] = None,
    language: Annotated[str, typer.Option("--lang", help="Language of tables, map and page: de or en.")] = "de",
    config: Annotated[
        Path | None, typer.Option("--config", help="A search as TOML; see `heliotwin config --example --for sites`.")
    ] = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Open land ranked for solar parks: usable part, power, energy, cost, and every reason against it."""
    set_up_logging(verbose, log_file)
    from twin.sites.config import check_sites_job, read_sites_job

    options: dict[str, object] = read_sites_job(config) if config else {}
    given = {
        "cities": cities or None,
        "out": out,
        "terrain": terrain or None,
        "areas": areas,
        "exclude": [layer_of(text) for text in exclude or []] or None,
        "boost": [layer_of(text) for text in boost or []] or None,
        "rule": rule,
        "strips": strips,
        "pv": pv,
        "weather": weather,
        "albedo": albedo,
        "halo_m": halo,
        "terrain_error_m": terrain_error,
        "crs": crs,
        "attribution": attribution,
    }
    options |= {name: value for name, value in given.items() if value is not None}
    missing = [name for name in ("cities", "terrain", "areas", "out") if name not in options]
    if missing:
        raise typer.BadParameter("name at least one CITY, --terrain, --areas and an output folder with -o")
    spoken = language_named(language)
    job = check_sites_job(options)
    from twin.sites.deliver import lines, sites_job

    with progress("nothing was written") as show:
        summary = sites_job(job, spoken, show)
    print_summary(summary, as_json, lines)


def layer_of(text: str) -> dict[str, str]:
    """A layer's file, its kind where one is named before it, and its distance where one stands behind it."""
    found = LAYER.fullmatch(text)
    if found is None or Path(text).exists():
        return {"file": text}
    file = text[found.start("file") :]
    if Path(file).exists():  # a file whose own name ends in @ and a number
        return {"kind": found["kind"], "file": file}
    return {name: value for name, value in found.groupdict().items() if value is not None}
