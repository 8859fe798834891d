"""`--to cog`: every raster as cloud-optimised GeoTIFF, in the city's system and again in web mercator.

::

    epsg25832/land.tif  land_01.tif … land_12.tif  roofs.tif      of a job
    epsg25832/masks/…  epsg25832/rasters/…                        of a shadow study, as it has them
    epsg3857/…                                                    the same in web mercator
    legend_de.png …                                               see `twin.export.rasters.legends`
    irradiation.qml .sld  irradiation_month.qml .sld              styles, of a job

A pixel in web mercator has the value of the pixel under its middle; its grid is that of the tiles of `--to xyz`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from twin.export.cog import Frame, fill, filling, little_cache
from twin.export.rasters.legends import write_job_legends, write_study_legends
from twin.export.rasters.mercator import HALF_M, TILE, WEB_MERCATOR, pixel_of, sampled, tiles_of, zooms_of
from twin.export.rasters.scale import irradiation_scale, month_scale
from twin.export.rasters.study import CLASSES, colours_of, open_study
from twin.export.rasters.year import highest, require_rasters, write_land, write_months, write_roofs
from twin.export.source import Source, is_part_of_year
from twin.export.vectors.styles import write_styles
from twin.progress import OnProgress, silent

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

MERCATOR_FOLDER = "epsg3857"


@little_cache()
def write_cogs(source: Source, folder: Path, on_progress: OnProgress = silent) -> list[str]:
    """COGs of a finished job into an empty folder; names relative to it.

    Raises
    ------
    TwinError
        Where the job holds nothing that a raster shows.
    io_citygml.errors.CityModelError
        Where the city's place has none in web mercator.
    """
    own = crs_folder(source.crs.horizontal)
    (folder / own).mkdir()
    names: list[str] = []
    if write_land(source, folder / own / "land.tif"):
        names.append("land.tif")
    months = write_months(source, folder / own, on_progress)
    names += [path.name for path in months]
    if write_roofs(source, folder / own / "roofs.tif", on_progress):
        names.append("roofs.tif")
    require_rasters(names, source.root)
    files = [f"{own}/{name}" for name in names] + _twins(folder, own, source.crs.horizontal, names, on_progress)
    highest_month = highest(months) if months else None
    files += write_job_legends(source, folder, highest_month)
    files += write_styles(folder, ("irradiation",), irradiation_scale(source), is_part_of_year(source))
    if highest_month is not None:
        files += write_styles(folder, ("irradiation_month",), month_scale(highest_month))
    return files


@little_cache()
def write_study_cogs(study_root: Path, folder: Path, on_progress: OnProgress = silent) -> list[str]:
    """COGs of a shadow study into an empty folder: masks of its instants, sums of its days; names relative to it.

    Raises
    ------
    TwinError
        Where the folder holds no finished study, or one without rasters.
    """
    study = open_study(study_root)
    own = crs_folder(study.horizontal)
    names = [*study.masks, *study.sums]
    for name in names:
        (folder / own / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(study_root / name, folder / own / name)
    files = [f"{own}/{name}" for name in names] + _twins(folder, own, study.horizontal, names, on_progress)
    return files + write_study_legends(study, folder)


def crs_folder(horizontal: str) -> str:
    """epsg25832 for "EPSG:25832"."""
    return horizontal.lower().replace(":", "")


def _twins(folder: Path, own: str, horizontal: str, names: list[str], on_progress: OnProgress) -> list[str]:
    """Rasters of ``own`` in web mercator; names relative to ``folder``."""
    import rasterio

    files = []
    for done, name in enumerate(names):
        on_progress("web mercator", done, len(names))
        target = folder / MERCATOR_FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with rasterio.open(folder / own / name) as band:
            if write_mercator(band, horizontal, target):
                files.append(f"{MERCATOR_FOLDER}/{name}")
    return files


def write_mercator(band: DatasetReader, horizontal: str, path: Path) -> bool:
    """A raster of the city's system in web mercator: on the grid of tiles, values and words kept; False where it holds
    nothing, which lies in no tile."""
    zoom = zooms_of(band, horizontal).last
    tiles = tiles_of(band, horizontal, zoom)
    if not tiles:
        return False
    left, right = min(tile.column for tile in tiles), max(tile.column for tile in tiles)
    top, bottom = min(tile.row for tile in tiles), max(tile.row for tile in tiles)
    pixel = pixel_of(zoom)
    origin = {key: value for key, value in band.tags().items() if key != "AREA_OR_POINT"}
    frame = Frame(
        rows=(bottom - top + 1) * TILE,
        columns=(right - left + 1) * TILE,
        west=left * TILE * pixel - HALF_M,
        north=HALF_M - top * TILE * pixel,
        cell_m=pixel,
        crs=WEB_MERCATOR,
        description=band.descriptions[0] or "",
        unit=band.units[0] or "",
        origin=origin | {"crs": WEB_MERCATOR, "resampled": f"nearest pixel of {horizontal}"},
        colours=colours_of(band) if band.dtypes[0] == CLASSES else None,
    )
    with filling(frame, path) as out:
        for tile in tiles:
            value = sampled(band, horizontal, tile)
            if value is not None:
                fill(out, (tile.row - top) * TILE, (tile.column - left) * TILE, value)
    return True
