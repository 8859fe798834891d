"""`heliotwin export`: a finished job or shadow study in the formats of portals, GIS and catalogues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from twin.cli.options import Geoid, Heights, Suppress, Zone
from twin.cli.screen import Json, LogFile, Verbose, print_summary, progress, set_up_logging
from twin.export.options import COLOURS, COMPRESSIONS, FORMATS, IMAGES, PROFILES, ExportOptions

Out = Annotated[Path, typer.Argument(metavar="OUT", help="Folder that `heliotwin solar` or `heliotwin shadow` wrote.")]
To = Annotated[str, typer.Option("--to", metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")]
Folder = Annotated[Path, typer.Option("-d", "--dir", help="Folder of the export.")]
ProfileName = Annotated[
    str | None, typer.Option(help="3dtiles: cesium (3D Tiles 1.1), vcmap or masterportal (1.0) [cesium].")
]
ColourName = Annotated[
    str | None,
    typer.Option(help="3dtiles: receivers, surface or none (white) [cesium: receivers, else none, with a style]."),
]
Compress = Annotated[str | None, typer.Option(help="3dtiles: none, or draco (pip install 'heliotwin[tiles]') [none].")]
Image = Annotated[str | None, typer.Option(help="xyz: png or webp [png].")]
Months = Annotated[bool, typer.Option("--months", help="xyz: each month of open land as a layer too.")]
City = Annotated[
    list[Path] | None,
    typer.Option(help="citygml, cityjson: the job's own files or their folder [where the job read them]."),
]
Study = Annotated[
    Path | None, typer.Option(metavar="STUDY", help="viewer: folder of `heliotwin shadow`, shown beside the job.")
]
Title = Annotated[str, typer.Option(help="Title for data, metadata and layer entries.")]
Publisher = Annotated[Path | None, typer.Option(metavar="FILE.toml", help="Who publishes it, under which licence.")]


def export(
    out: Out,
    to: To,
    folder: Folder,
    profile: ProfileName = None,
    colour: ColourName = None,
    compress: Compress = None,
    heights: Heights = None,
    geoid: Geoid = None,
    image: Image = None,
    months: Months = False,
    city: City = None,
    study: Study = None,
    zone: Zone = None,
    suppress: Suppress = None,
    title: Title = "",
    publisher: Publisher = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Write an export with styles, layer entries and metadata beside it."""
    set_up_logging(verbose, log_file)
    options = ExportOptions(
        source=out,
        to=_one_of("--to", to, FORMATS),
        out=folder,
        profile=_one_of("--profile", profile, PROFILES),
        colour=_one_of("--colour", colour, COLOURS),
        compress=_one_of("--compress", compress, COMPRESSIONS),
        heights=heights,
        geoid=geoid,
        image=_one_of("--image", image, IMAGES),
        months=months,
        cities=list(city or []),
        study=study,
        zone=zone,
        suppress=suppress,
        title=title,
        publisher=publisher,
    )
    from twin.export.run import lines, run_export
    from twin.serve.viewer_export import export_viewer

    with progress("nothing was written") as show:
        summary = run_export(options, show, export_viewer)
    print_summary(summary, as_json, lines)


def _one_of(option: str, value: str | None, allowed: tuple[str, ...]) -> Any:
    if value is not None and value not in allowed:
        raise typer.BadParameter(f"{option} {value}: take one of {', '.join(allowed)}")
    return value
