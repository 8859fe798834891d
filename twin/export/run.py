"""One export from a finished job or shadow study to a folder: data, styles, layer entries and metadata together.

::

    DIR/export.json        what this is, made of what, and every file; written last
    DIR/<data>             as the format has it
    DIR/layers/  metadata/  what portals and catalogues read (twin/export/beside)

Everything is written into a hidden folder inside DIR and moved into place when all of it stands.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from twin.errors import TwinError
from twin.export.beside.exported import Exported, exported_of
from twin.export.beside.facts import Facts, facts_of, facts_of_study
from twin.export.beside.publisher import Publisher, no_publisher, read_publisher
from twin.export.beside.write import write_beside
from twin.export.objections import no_objections, read_objections
from twin.export.options import Colour, ExportOptions, Profile, check_options
from twin.export.own_folder import Owner, check_out, folder_aside, settle
from twin.export.rasters.scale import irradiation_scale
from twin.export.source import Source, open_source
from twin.export.study_files import HEAD as STUDY_HEAD
from twin.progress import OnProgress

OWNER = Owner("export.json", "heliotwin export", 1, "an export")
ASIDE = ".export.part"
JobWriter = Callable[[Source, ExportOptions, Path, OnProgress], list[str]]
StudyWriter = Callable[[ExportOptions, Path, OnProgress], list[str]]


class Suppressed(NamedTuple):
    """How much an objection took out."""

    buildings: int
    surfaces: int


class Made(NamedTuple):
    """An export whose data are written."""

    facts: Facts
    exported: Exported
    suppressed: Suppressed


def run_export(options: ExportOptions, on_progress: OnProgress, viewer: JobWriter) -> dict[str, Any]:
    """Write an export and say what came of it.

    Parameters
    ----------
    viewer
        Writes ``--to viewer``: `twin.serve.viewer_export.export_viewer`, of a layer above this one.

    Raises
    ------
    TwinError, ConfigError, io_citygml.errors.CityModelError
        Each naming what is wrong and the remedy; nothing is half-written.
    """
    begun = time.perf_counter()
    of_study = (options.source / STUDY_HEAD).is_file()
    check_options(options, of_study)
    check_out(options.out, OWNER)
    publisher = read_publisher(options.publisher) if options.publisher else no_publisher()
    if options.title:  # what is asked for here stands before what a file says of every export
        publisher = publisher.model_copy(update={"place": ""})
    options = replace(options, base_url=publisher.base_url)
    with folder_aside(options.out, ASIDE) as aside:
        if of_study:
            facts, exported, suppressed = _study(options, publisher, aside, on_progress)
        else:
            write = JOB_WRITERS.get(options.to, viewer)
            facts, exported, suppressed = _job(options, publisher, aside, on_progress, write)
        on_progress("beside", 0, 1)
        files = [name for name, _ in exported.files] + write_beside(facts, exported, aside)
        bytes_ = sum((aside / name).stat().st_size for name in files)
        head = {
            "software": facts.software,
            "title": facts.title,
            "format": exported.name,
            "profile": exported.profile,
            "main": exported.main,
            "attribution": list(facts.attribution),
            "made_from": [entry._asdict() for entry in facts.inputs],
            "bytes": bytes_,
        }
        settle(options.out, OWNER, aside, files, head)
    return {
        "out": str(options.out),
        **head,
        # For whoever runs it, and for no file: that somebody objected is nobody's business.
        "suppressed": suppressed._asdict(),
        "files": len(files) + 1,
        "largest_bytes": max((size for _, size in exported.files), default=0),
        "seconds": round(time.perf_counter() - begun, 2),
    }


def _job(options: ExportOptions, publisher: Publisher, folder: Path, on_progress: OnProgress, write: JobWriter) -> Made:
    objections = read_objections(options.suppress) if options.suppress else no_objections()
    source = open_source(options.source, options.title, objections, options.heights)
    facts = facts_of(source, datetime.date.today(), publisher, options.geoid)
    names = write(source, options, folder, on_progress)
    if not names:
        raise TwinError(f"{options.source}: nothing to write as {options.to}", "see docs/exports")
    scale = irradiation_scale(source)
    coloured = options.to != "3dtiles" or colour_of(options) != "none"
    profile = profile_of(options) if options.to == "3dtiles" else ""
    exported = exported_of(folder, names, options.to, profile, (scale.low, scale.high), coloured)
    hidden = Suppressed(int(source.buildings["suppressed"].sum()), int(source.surfaces["suppressed"].sum()))
    return Made(facts, exported, hidden)


def _study(options: ExportOptions, publisher: Publisher, folder: Path, on_progress: OnProgress) -> Made:
    facts = facts_of_study(options.source, datetime.date.today(), publisher, options.title)
    names = STUDY_WRITERS[options.to](options, folder, on_progress)
    if not names:
        raise TwinError(f"{options.source}: nothing to write as {options.to}", "see docs/exports")
    return Made(facts, exported_of(folder, names, options.to), Suppressed(0, 0))


def profile_of(options: ExportOptions) -> Profile:
    """Whom tiles are for; without a word CesiumJS."""
    return options.profile or "cesium"


def colour_of(options: ExportOptions) -> Colour:
    """What tiles show: receivers for Cesium; white for clients whose layer entries bring a style."""
    if options.colour is not None:
        return options.colour
    return "receivers" if profile_of(options) == "cesium" else "none"


def _3dtiles(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.tiles.write import write_3dtiles

    compressed = options.compress == "draco"
    colour = colour_of(options)
    return write_3dtiles(source, profile_of(options), colour, folder, options.geoid, compressed, on_progress)


def _cog(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.rasters.cogs import write_cogs

    return write_cogs(source, folder, on_progress)


def _xyz(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.rasters.xyz import write_xyz

    return write_xyz(source, folder, options.image or "png", on_progress, options.months, options.base_url)


def _pmtiles(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.vectors.map_tiles import write_pmtiles

    return write_pmtiles(source, folder, on_progress, options.base_url)


def _gpkg(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.vectors.tables import write_gpkg

    return write_gpkg(source, folder, on_progress)


def _geoparquet(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.vectors.tables import write_geoparquet_tables

    return write_geoparquet_tables(source, folder, on_progress)


def _csv(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.vectors.tables import write_csv_tables

    return write_csv_tables(source, folder, on_progress)


def _citygml(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.city.files import find_inputs, write_citygml

    return write_citygml(source, find_inputs(source.store, options.cities), folder, on_progress)


def _cityjson(source: Source, options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.city.files import find_inputs, write_cityjson

    return write_cityjson(source, find_inputs(source.store, options.cities), folder, on_progress)


def _study_czml(options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.vectors.czml import write_czml

    return write_czml(options.source, folder, on_progress, options.title)


def _study_geojson(options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.vectors.steps import write_geojson_steps

    return write_geojson_steps(options.source, folder, on_progress, options.title)


def _study_cog(options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.rasters.cogs import write_study_cogs
    from twin.export.rasters.study import is_compared, open_study
    from twin.export.vectors.styles import Kind, write_styles
    from twin.report.colours import scale_of

    files = write_study_cogs(options.source, folder, on_progress)
    compared = is_compared(open_study(options.source))
    kinds: tuple[Kind, ...] = ("hours", "difference", "shadow_mask") if compared else ("hours", "shadow_mask_bestand")
    # Hours and masks have colours of their own: the scale of irradiation is not looked at.
    return files + write_styles(folder, kinds, scale_of([]))


def _study_xyz(options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.rasters.xyz import write_study_xyz

    image = options.image or "png"
    return write_study_xyz(options.source, folder, image, on_progress, options.base_url, options.title)


def _study_pmtiles(options: ExportOptions, folder: Path, on_progress: OnProgress) -> list[str]:
    from twin.export.vectors.map_tiles import write_study_pmtiles

    return write_study_pmtiles(options.source, folder, on_progress, options.base_url, options.title)


# All but the viewer.
JOB_WRITERS: dict[str, JobWriter] = {
    "3dtiles": _3dtiles,
    "cog": _cog,
    "xyz": _xyz,
    "pmtiles": _pmtiles,
    "gpkg": _gpkg,
    "geoparquet": _geoparquet,
    "csv": _csv,
    "citygml": _citygml,
    "cityjson": _cityjson,
}
STUDY_WRITERS: dict[str, StudyWriter] = {
    "czml": _study_czml,
    "geojson": _study_geojson,
    "cog": _study_cog,
    "xyz": _study_xyz,
    "pmtiles": _study_pmtiles,
}


def lines(summary: dict[str, Any]) -> list[str]:
    """The summary in words."""
    suppressed = summary["suppressed"]
    out = [
        f"{summary['format']:<12}{summary['files']:,} files, {summary['bytes'] / 1e6:,.1f} MB "
        f"(largest {summary['largest_bytes'] / 1e6:.2f} MB), {summary['seconds']:.1f} s",
        f"open        {Path(summary['out']) / summary['main']}",
        *(f"            {line}" for line in summary["attribution"]),
    ]
    if any(entry["name"] in line for entry in summary["made_from"] for line in summary["attribution"]):
        out.append("            the sources are named by their files: run `heliotwin solar` with --attribution first")
    if suppressed["surfaces"]:
        out.append(
            f"left out    results of {suppressed['buildings']} buildings and {suppressed['surfaces']} surfaces "
            "(--suppress)"
        )
    return out
