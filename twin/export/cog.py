"""Cloud-optimised GeoTIFF, the raster for every GIS and web map.

Windows are written into a sparse tiled file beside the target and turned into a COG by GDAL, so memory does not grow
with the extent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rasterio.io import DatasetWriter

NODATA = -9999.0
# Of rasters of classes, which are one byte a pixel.
NO_CLASS = 255
# GDAL takes 5 % of the machine's memory for blocks it has seen; rows of blocks of a large city need no more than this.
CACHE_BYTES = 128 * 2**20


class Raster(NamedTuple):
    """A north-up grid; rows run from north to south."""

    value: NDArray[np.float32]  # (rows, columns), the frame's nodata where nothing was measured
    west: float  # m, left edge
    north: float  # m, upper edge
    cell_m: float


class Frame(NamedTuple):
    """Size, place and meaning of a whole grid."""

    rows: int
    columns: int
    west: float  # m, left edge
    north: float  # m, upper edge
    cell_m: float
    crs: str
    description: str
    unit: str
    origin: dict[str, str]  # written as TIFF tags
    # Of classes: the colour of each. Such a raster has one byte a pixel, NO_CLASS for nothing, and nearest overviews.
    colours: Mapping[int, tuple[int, int, int]] | None = None

    @property
    def nodata(self) -> float:
        """What stands where nothing was measured."""
        return NODATA if self.colours is None else NO_CLASS


def write_cog(frame: Frame, windows: Iterable[tuple[int, int, Raster]], path: Path) -> None:
    """Write one band as cloud-optimised GeoTIFF with overviews.

    Parameters
    ----------
    windows
        Row and column from the upper left, and the part of the grid there. Where windows overlap, a measured value
        stays.
    """
    with filling(frame, path) as band:
        for row, column, part in windows:
            fill(band, row, column, part.value)


@contextmanager
def little_cache() -> Iterator[None]:
    """Bounds GDAL's memory for blocks in a `with` block, or in a function that carries it as decorator."""
    import rasterio

    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        yield


@contextmanager
def filling(frame: Frame, path: Path) -> Iterator[DatasetWriter]:
    """A sparse band to `fill`, which becomes the COG ``path`` where the block ends well, and nothing where it fails."""
    import rasterio
    from rasterio.shutil import copy
    from rasterio.transform import from_origin

    sparse = path.with_name(f"{path.stem}.sparse.part.tif")
    aside = path.with_name(f"{path.stem}.part.tif")
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "height": frame.rows,
        "width": frame.columns,
        "count": 1,
        "dtype": "float32" if frame.colours is None else "uint8",
        "crs": rasterio.CRS.from_user_input(frame.crs),
        "transform": from_origin(frame.west, frame.north, frame.cell_m, frame.cell_m),
        "nodata": frame.nodata,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "SPARSE_OK": True,
        "BIGTIFF": "IF_SAFER",
    }
    try:
        with rasterio.open(sparse, "w+", **profile) as band:
            if frame.colours is not None:
                band.write_colormap(1, {key: (*colour, 255) for key, colour in frame.colours.items()})
            yield band
            band.set_band_description(1, frame.description)
            if frame.unit:
                band.set_band_unit(1, frame.unit)
            band.update_tags(**frame.origin)
        options = {"compress": "DEFLATE", "blocksize": 256}
        if frame.colours is None:
            # Least and greatest value stand in the file, as viewers stretch their greys between them.
            options |= {"predictor": "YES", "overview_resampling": "average", "statistics": "YES"}
        else:
            options |= {"overview_resampling": "nearest"}
        copy(sparse, aside, driver="COG", SPARSE_OK="TRUE", BIGTIFF="IF_SAFER", **options)
        aside.replace(path)
    finally:
        sparse.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)


def fill(band: DatasetWriter, row: int, column: int, value: NDArray[np.generic]) -> None:
    """Put a part of the grid (rows, columns) in its place; where it has no value, what lies there stays."""
    from rasterio.windows import Window

    window = Window(column, row, value.shape[1], value.shape[0])
    measured = value != band.nodata
    if not measured.all():
        value = np.where(measured, value, band.read(1, window=window))
    band.write(value, 1, window=window)
