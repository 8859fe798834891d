"""Cloud-optimised GeoTIFF, the raster for every GIS and web map.

Windows are written into a sparse tiled file beside the target and turned into a COG by GDAL, so memory does not grow
with the extent.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NODATA = -9999.0


class Raster(NamedTuple):
    """A north-up grid; rows run from north to south."""

    value: NDArray[np.float32]  # (rows, columns), NODATA where nothing was measured
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


def write_cog(frame: Frame, windows: Iterable[tuple[int, int, Raster]], path: Path) -> None:
    """Write one band as cloud-optimised GeoTIFF with overviews.

    Parameters
    ----------
    windows
        Row and column from the upper left, and the part of the grid there. Where windows overlap, a measured value
        stays.
    """
    import rasterio
    from rasterio.shutil import copy
    from rasterio.transform import from_origin
    from rasterio.windows import Window

    sparse = path.with_name(f"{path.stem}.sparse.part.tif")
    aside = path.with_name(f"{path.stem}.part.tif")
    with rasterio.open(
        sparse,
        "w+",
        driver="GTiff",
        height=frame.rows,
        width=frame.columns,
        count=1,
        dtype="float32",
        crs=rasterio.CRS.from_user_input(frame.crs),
        transform=from_origin(frame.west, frame.north, frame.cell_m, frame.cell_m),
        nodata=NODATA,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        SPARSE_OK=True,
        BIGTIFF="IF_SAFER",
    ) as band:
        for row, column, part in windows:
            window = Window(column, row, part.value.shape[1], part.value.shape[0])
            before = band.read(1, window=window)
            band.write(np.where(part.value != NODATA, part.value, before), 1, window=window)
        band.set_band_description(1, frame.description)
        band.set_band_unit(1, frame.unit)
        band.update_tags(**frame.origin)
    options = {"compress": "DEFLATE", "predictor": "YES", "blocksize": 256, "overview_resampling": "average"}
    copy(sparse, aside, driver="COG", SPARSE_OK="TRUE", BIGTIFF="IF_SAFER", **options)
    sparse.unlink()
    aside.replace(path)
