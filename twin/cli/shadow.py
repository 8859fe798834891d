"""`heliotwin shadow`: what any object, standing or planned, does to everyone around it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.cli.options import (
    Albedo,
    Attribution,
    BundledWeather,
    Cities,
    FarTerrain,
    GroundLevel,
    Halo,
    Leaves,
    NoTrees,
    Pv,
    Reflections,
    ResultCrs,
    SurfaceAlbedo,
    Terrain,
    TerrainError,
    Trees,
    TreesCrs,
    Zone,
    language_named,
)
from twin.cli.screen import Json, LogFile, Verbose, print_summary, progress, set_up_logging

# A scenario before a file or an id, as in "Nullfall=envelope.gpkg"; a drive letter is no scenario.
SCENARIO = re.compile(r"(?P<name>[^=/\\:]{2,})=(?P<rest>.+)", re.DOTALL)


def shadow(
    cities: Cities = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Output folder.")] = None,
    plan: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[SCENARIO=]FILE",
            help="Planned building: footprint with height (GeoJSON, GeoPackage, Shapefile, WKT), CityGML, CityJSON, "
            "OBJ, glTF, PLY, STL, IFC, DXF; repeatable. Its scenario is called Planung unless you name one.",
        ),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="[SCENARIO=]ID", help="gml:id of a building that goes in that scenario; repeatable."),
    ] = None,
    object_id: Annotated[
        list[str] | None,
        typer.Option(
            "--object", metavar="ID", help="gml:id of a standing object whose shadow is asked for; repeatable."
        ),
    ] = None,
    date: Annotated[
        list[str] | None, typer.Option(help="Day, as 2026-03-21; repeatable.", metavar="YYYY-MM-DD")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First legal clock time of a day.", metavar="HH:MM")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last legal clock time of a day.", metavar="HH:MM")] = None,
    step: Annotated[int | None, typer.Option(help="Minutes between instants [10].")] = None,
    zone: Zone = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="Daylight rule: en17037, din5034, bre209, zuerich, wien or a TOML file; repeatable."),
    ] = None,
    rule_date: Annotated[
        str | None, typer.Option(help="The day of rules that leave it free (en17037: 1 Feb to 21 Mar).")
    ] = None,
    areas: Annotated[
        Path | None, typer.Option(help="Gardens, squares: polygons whose sun hours are asked for.")
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(help="Point whose sun path is drawn; repeatable.", metavar="NAME=E,N[,H]"),
    ] = None,
    radius: Annotated[float | None, typer.Option(help="Measure only this far around plans and objects [m].")] = None,
    spacing: Annotated[float | None, typer.Option(help="Receivers on surfaces, at most this far apart [m; 1].")] = None,
    pixel: Annotated[float | None, typer.Option(help="Pixels of open land [m; 1].")] = None,
    margin: Annotated[
        float | None, typer.Option(help="Open land reaches this far from buildings and plans [m; 50].")
    ] = None,
    ground_level: GroundLevel = None,
    halo: Halo = None,
    terrain: Terrain = None,
    terrain_error: TerrainError = None,
    far_terrain: FarTerrain = None,
    trees: Trees = None,
    trees_crs: TreesCrs = None,
    no_trees: NoTrees = None,
    leaves: Leaves = None,
    albedo: Albedo = None,
    surface_albedo: SurfaceAlbedo = None,
    reflections: Reflections = None,
    plan_crs: Annotated[str | None, typer.Option(help="CRS of plans whose file names none.")] = None,
    plan_unit: Annotated[
        str | None, typer.Option(help="Unit of plans whose file names none: m, cm, mm, ft, in.")
    ] = None,
    plan_heights: Annotated[
        str | None, typer.Option(help="What a plan's heights count from: ground (at its place) or sea (as the city's).")
    ] = None,
    plan_height: Annotated[
        float | None, typer.Option(help="Height of footprints without one [m above ground].")
    ] = None,
    plan_height_field: Annotated[str | None, typer.Option(help="Column with the height of a footprint [m].")] = None,
    plan_origin: Annotated[
        str | None, typer.Option(help="Where a plan's own zero lies, in the city's CRS.", metavar="E,N[,H]")
    ] = None,
    plan_up: Annotated[str | None, typer.Option(help="Axis of a mesh that points up: z or y.")] = None,
    plan_rotation: Annotated[
        float | None, typer.Option(help="Turn of a plan about its origin, clockwise from above [°].")
    ] = None,
    storey_height: Annotated[float | None, typer.Option(help="Height of a storey [m; 3].")] = None,
    casters: Annotated[
        str | None,
        typer.Option(
            help="Who shades whom: changed (what a scenario can change), all (takes longer) or none [changed]."
        ),
    ] = None,
    energy: Annotated[
        bool | None, typer.Option("--energy/--no-energy", help="Also kWh and PV yield of a year [yes].")
    ] = None,
    weather: BundledWeather = None,
    pv: Pv = None,
    crs: ResultCrs = None,
    attribution: Attribution = None,
    report: Annotated[Path | None, typer.Option(help="Report as tagged PDF.")] = None,
    title: Annotated[str | None, typer.Option(help="Title of the report.")] = None,
    occasion: Annotated[str | None, typer.Option(help="Why the study is made, printed in the report.")] = None,
    pictures: Annotated[
        bool | None, typer.Option("--pictures", help="Draw maps and façades as PNG too; --report always does.")
    ] = None,
    animation: Annotated[list[str] | None, typer.Option(help="Animation of each day: gif or mp4; repeatable.")] = None,
    sheets: Annotated[bool | None, typer.Option("--sheets", help="Also a plan sheet of every instant as PNG.")] = None,
    geojson: Annotated[bool | None, typer.Option("--geojson", help="Also shadow polygons as GeoJSON.")] = None,
    language: Annotated[str, typer.Option("--lang", help="Language of report and pictures: de or en.")] = "de",
    config: Annotated[
        Path | None, typer.Option("--config", help="A study as TOML; see `heliotwin config --example --for shadow`.")
    ] = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Shadow and sun hours of days, before and after a plan: maps, tables, report."""
    set_up_logging(verbose, log_file)
    from twin.study.config import check_shadow_job, read_shadow_job

    options: dict[str, object] = read_shadow_job(config) if config else {}
    given = {
        "cities": cities or None,
        "out": out,
        "remove": [scenario_and(text, "id") for text in remove or []] or None,
        "objects": object_id or None,
        "dates": date or None,
        "first": first,
        "last": last,
        "step_min": step,
        "zone": zone,
        "rules": rule or None,
        "rule_date": rule_date,
        "areas": areas,
        "points": [spot_of(text) for text in point or []] or None,
        "radius_m": radius,
        "spacing_m": spacing,
        "pixel_m": pixel,
        "margin_m": margin,
        "ground_level_m": ground_level,
        "halo_m": halo,
        "terrain": terrain or None,
        "terrain_error_m": terrain_error,
        "far_terrain": far_terrain or None,
        "trees": trees or None,
        "trees_crs": trees_crs,
        "no_trees": no_trees,
        "leaves": leaves,
        "albedo": albedo,
        "surface_albedo": surface_albedo,
        "reflections": reflections,
        "storey_height_m": storey_height,
        "casters": casters,
        "energy": energy,
        "weather": weather,
        "pv": pv,
        "crs": crs,
        "attribution": attribution,
        "report": report,
        "title": title,
        "occasion": occasion,
        "pictures": pictures,
        "animation": animation or None,
        "sheets": sheets,
        "geojson": geojson,
    }
    of_plans = {
        "crs": plan_crs,
        "unit": plan_unit,
        "heights": plan_heights,
        "height_m": plan_height,
        "height_field": plan_height_field,
        "origin": numbers_of(plan_origin, "--plan-origin") if plan_origin else None,
        "up": plan_up,
        "rotation_deg": plan_rotation,
    }
    said = {name: value for name, value in of_plans.items() if value is not None}
    if plan:
        given["plans"] = [scenario_and(text, "file") | said for text in plan]
    elif said and "plans" not in options:
        raise typer.BadParameter("--plan-… options say something of a plan, and there is no --plan")
    options |= {name: value for name, value in given.items() if value is not None}
    if "cities" not in options or "out" not in options or "dates" not in options:
        raise typer.BadParameter("name at least one CITY, a --date and an output folder with -o (or all in --config)")
    spoken = language_named(language)
    job = check_shadow_job(options)
    from twin.study.deliver import lines, shadow_job

    with progress("nothing was written") as show:
        summary = shadow_job(job, spoken, show)
    print_summary(summary, as_json, lines)


def scenario_and(text: str, what: str) -> dict[str, Any]:
    """A file or an id, and its scenario where one is named before it."""
    found = SCENARIO.fullmatch(text)
    if found and not Path(text).exists():
        return {what: found["rest"], "scenario": found["name"]}
    return {what: text}


def spot_of(text: str) -> dict[str, object]:
    """A named point: "NAME=E,N" or "NAME=E,N,H"."""
    name, _, place = text.rpartition("=")
    if not name:
        raise typer.BadParameter(f"--point {text}: write it as NAME=E,N or NAME=E,N,H")
    return {"name": name, "place": numbers_of(place, "--point")}


def numbers_of(text: str, option: str) -> list[float]:
    """Two or three numbers between commas."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (2, 3):
        raise typer.BadParameter(f"{option} {text}: two or three numbers, as E,N or E,N,H in the city's CRS")
    return values
