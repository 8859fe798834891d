"""`--to xyz`: pictures of the rasters as pyramids z/x/y, for maps that read WMTS or XYZ tiles.

::

    roofs/z/x/y.png  roofs/tilejson.json       of a job: roofs, open land, with --months each month
    land/…  land_01/… … land_12/…
    masks/<instant>/…  rasters/<sum>/…         of a shadow study: instants, hours of sun, their change
    WMTSCapabilities.xml                       all layers
    legend_de.png .svg …                       see `twin.export.rasters.legends`
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from twin.export.cog import little_cache
from twin.export.rasters import legends
from twin.export.rasters.capabilities import Layer, Service, write_descriptions
from twin.export.rasters.paint import UNKNOWN, Amounts, Differences, Kinds, Paint, by_scale
from twin.export.rasters.pyramid import ImageFormat, write_pyramid
from twin.export.rasters.scale import GROUND, irradiation_scale, month_scale
from twin.export.rasters.study import colours_of, open_study, scenario_and_day, scenario_and_time
from twin.export.rasters.words import month_name, said
from twin.export.rasters.year import highest, require_rasters, write_months, write_roofs
from twin.export.source import Source, is_part_of_year
from twin.progress import OnProgress, silent
from twin.report.words import LANGUAGES
from twin.study.outcome import NOT_SHADED

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

# Rasters that pictures are made of and that nobody keeps.
ASIDE = ".rasters"
# Sums of a study that are drawn; first and last sun are times of day, which no scale of amounts shows.
DRAWN = ("hours", "difference")


class Asked(NamedTuple):
    """A layer that is to be drawn."""

    name: str
    path: Path  # of its raster
    paint: Paint
    title: dict[str, str]
    legend: str


@little_cache()
def write_xyz(
    source: Source,
    folder: Path,
    image: ImageFormat = "png",
    on_progress: OnProgress = silent,
    months: bool = False,
    base_url: str = "",
) -> list[str]:
    """Tiles of a finished job into an empty folder; names relative to it.

    Parameters
    ----------
    months
        Whether each month of open land is a layer too.
    base_url
        Address under which the folder will be served; without one, URLs in the descriptions are relative.

    Raises
    ------
    TwinError
        Where the job holds nothing that a raster shows.
    io_citygml.errors.CityModelError
        Where the city's place has none in web mercator.
    """
    aside = folder / ASIDE
    aside.mkdir()
    try:
        layers, highest_month = _job_layers(source, folder, aside, image, on_progress, months)
    finally:
        shutil.rmtree(aside)
    files = [name for layer in layers for name in layer.pyramid.files]
    require_rasters(files, source.root)
    service = Service(source.title, legends.attribution_of(source), image, base_url)
    files += write_descriptions(folder, service, layers)
    return files + legends.write_job_legends(source, folder, highest_month)


def _job_layers(
    source: Source, folder: Path, aside: Path, image: ImageFormat, on_progress: OnProgress, months: bool
) -> tuple[list[Layer], float | None]:
    """Pyramids of a job, and the highest value of a month [kWh/m²] where these are drawn."""
    year = by_scale(irradiation_scale(source))
    over = "_period" if is_part_of_year(source) else ""
    todo: list[Asked] = []
    if write_roofs(source, aside / "roofs.tif", on_progress, UNKNOWN):
        todo.append(Asked("roofs", aside / "roofs.tif", year, _both(f"roofs{over}"), legends.YEAR))
    if (source.root / GROUND).is_file():
        todo.append(Asked("land", source.root / GROUND, year, _both(f"land{over}"), legends.YEAR))
    highest_month = None
    by_month = write_months(source, aside, on_progress) if months else []
    if by_month:
        highest_month = highest(by_month)
        paint = by_scale(month_scale(highest_month))
        for month, path in enumerate(by_month, 1):
            title = {language: said("land_month", language, month_name(month, language)) for language in LANGUAGES}
            todo.append(Asked(path.stem, path, paint, title, legends.BY_MONTH))
    return [_layer(asked, source.crs.horizontal, folder, image, on_progress) for asked in todo], highest_month


@little_cache()
def write_study_xyz(
    study_root: Path,
    folder: Path,
    image: ImageFormat = "png",
    on_progress: OnProgress = silent,
    base_url: str = "",
    title: str = "",
) -> list[str]:
    """Tiles of a shadow study into an empty folder: instants, hours of sun and their change; names relative to it.

    Without a ``title`` the study's own stands in the descriptions.

    Raises
    ------
    TwinError
        Where the folder holds no finished study, or one without rasters.
    """
    import rasterio

    from twin.report.study_colours import change_classes, classed

    study = open_study(study_root)
    hours, change = legends.classes_of_hours(study), change_classes()
    paints: dict[str, Paint] = {
        "hours": Amounts(lambda value: classed(hours, value)),
        "difference": Differences(lambda value: classed(change, value)),
    }
    stems = {"hours": legends.HOURS, "difference": legends.DIFFERENCE}
    todo: list[Asked] = []
    for name in study.masks:
        with rasterio.open(study_root / name) as band:
            paint = _shadow_paint(band)
            todo.append(Asked(_stem(name), study_root / name, paint, _time_title(band), legends.SHADOW))
    for kind in DRAWN:
        for name in study.sums_of(kind):
            with rasterio.open(study_root / name) as band:
                words = _day_title(band, f"{kind}_layer")
            todo.append(Asked(_stem(name), study_root / name, paints[kind], words, stems[kind]))
    layers = [_layer(asked, study.horizontal, folder, image, on_progress) for asked in todo]
    service = Service(title or study.title, study.attribution, image, base_url)
    files = [name for layer in layers for name in layer.pyramid.files]
    return files + write_descriptions(folder, service, layers) + legends.write_study_legends(study, folder)


def _layer(asked: Asked, horizontal: str, folder: Path, image: ImageFormat, on_progress: OnProgress) -> Layer:
    import rasterio

    with rasterio.open(asked.path) as band:
        pyramid = write_pyramid(band, horizontal, asked.paint, folder, asked.name, image, on_progress)
    return Layer(pyramid, asked.title, asked.legend)


def _both(key: str) -> dict[str, str]:
    return {language: said(key, language) for language in LANGUAGES}


def _stem(name: str) -> str:
    return name.removesuffix(".tif")


def _shadow_paint(band: DatasetReader) -> Kinds:
    """Shadow in its colours; what lies in the sun lets the map below through."""
    return Kinds({kind: None if kind == NOT_SHADED else colour for kind, colour in colours_of(band).items()})


def _time_title(band: DatasetReader) -> dict[str, str]:
    from twin.report.study_picture_words import StudyWords

    scenario, time = scenario_and_time(band)
    return {
        language: said(
            "shadow_layer", language, scenario, f"{StudyWords(language).date(time.date())} {time:%H:%M} (UTC{time:%z})"
        )
        for language in LANGUAGES
    }


def _day_title(band: DatasetReader, key: str) -> dict[str, str]:
    from twin.report.study_picture_words import StudyWords

    scenario, day = scenario_and_day(band)
    return {language: said(key, language, scenario, StudyWords(language).date(day)) for language in LANGUAGES}
