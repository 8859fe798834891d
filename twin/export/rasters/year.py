"""Rasters of a finished job in the city's system: open land by year and month, roofs by year."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from solar.weather import month_index
from twin import irradiation, query
from twin.errors import TwinError
from twin.export.cog import NODATA, Frame, fill, filling
from twin.export.rasters.roofs import roof_frame, roof_windows, roofs_of
from twin.export.rasters.scale import GROUND
from twin.ground import extent_of, month_windows
from twin.irradiation import MONTHS
from twin.progress import OnProgress
from twin.provenance import as_text
from twin.weather_choice import kept_weather

if TYPE_CHECKING:
    from twin.export.source import Source


def write_land(source: Source, path: Path) -> bool:
    """The job's own raster of open land, byte for byte; False where there is none."""
    if not (source.root / GROUND).is_file():
        return False
    shutil.copyfile(source.root / GROUND, path)
    return True


def write_months(source: Source, folder: Path, on_progress: OnProgress) -> list[Path]:
    """Open land by month as ``land_01.tif`` … ``land_12.tif``, on the grid of the year; none where there is no land.

    Their sum is the year within float32.
    """
    cell_m = float(source.store.manifest["identity"]["ground_spacing_m"])
    extent = extent_of(source.store, cell_m)
    if extent is None:
        return []
    weather, known = kept_weather(source.root, source.store.manifest["weather"]), query.kept(source.store)
    bins = irradiation.bins_of(query.sources_of(known, weather), month_index(weather), known.optics)
    frames = [
        Frame(
            rows=extent.rows,
            columns=extent.columns,
            west=extent.west * cell_m,
            north=(extent.north + 1) * cell_m,
            cell_m=cell_m,
            crs=source.crs.horizontal,
            description=f"irradiation of open land in month {month}",
            unit="kWh/m2",
            origin=as_text(source.origin) | {"month": f"{month:02d}"},
        )
        for month in range(1, MONTHS + 1)
    ]
    paths = [folder / f"land_{month:02d}.tif" for month in range(1, MONTHS + 1)]
    cells = sum(1 for _ in source.store.cells())
    with ExitStack() as stack:
        bands = [stack.enter_context(filling(frame, path)) for frame, path in zip(frames, paths, strict=True)]
        for done, (row, column, value) in enumerate(month_windows(source.store, bins, extent)):
            on_progress("land by month", done, cells)
            for band, month in zip(bands, value, strict=True):
                fill(band, row, column, month)
    return paths


def write_roofs(source: Source, path: Path, on_progress: OnProgress, unknown: float = NODATA) -> bool:
    """Roofs from above; ``unknown`` stands where a roof has no value. False where nothing would be in it."""
    roofs = roofs_of(source.surfaces)
    if roofs is None or (unknown == NODATA and not np.isfinite(roofs.value).any()):
        return False
    frame = roof_frame(roofs, source.crs.horizontal, as_text(source.origin))
    with filling(frame, path) as band:
        for row, column, value, done, of in roof_windows(roofs, frame, unknown):
            on_progress("roofs", done, of)
            fill(band, row, column, value)
    return True


def highest(paths: list[Path]) -> float:
    """The highest value in any of some rasters; 0 where there is none."""
    import rasterio

    found = 0.0
    for path in paths:
        with rasterio.open(path) as band:
            for _, window in band.block_windows(1):
                value = band.read(1, window=window)
                known = value[value != band.nodata]
                found = max(found, float(known.max(initial=0.0)))
    return found


def require_rasters(files: list[str], root: Path) -> None:
    """Refuse an export of nothing.

    Raises
    ------
    TwinError
        Where no raster was written.
    """
    if not files:
        problem = f"{root}: holds neither roofs with values nor open land, so there is no raster"
        raise TwinError(problem, "export another format")
