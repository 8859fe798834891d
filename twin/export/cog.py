"""Cloud-optimised GeoTIFF, the raster for every GIS and web map."""

from __future__ import annotations

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


def rasterise(place: NDArray[np.float64], value: NDArray[np.float64], cell_m: float) -> Raster:
    """Grid of values (N,) measured at grid-cell middles (N, 2)."""
    column = np.floor(place[:, 0] / cell_m).astype(np.int64)
    row = np.floor(place[:, 1] / cell_m).astype(np.int64)
    west, north = column.min(), row.max()
    grid = np.full((int(north - row.min()) + 1, int(column.max() - west) + 1), NODATA, np.float32)
    grid[north - row, column - west] = value
    return Raster(grid, float(west * cell_m), float((north + 1) * cell_m), cell_m)


def write_cog(raster: Raster, path: Path, crs: str, description: str, unit: str) -> None:
    """Write one band as cloud-optimised GeoTIFF with overviews."""
    import rasterio
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy
    from rasterio.transform import from_origin

    rows, columns = raster.value.shape
    aside = path.with_name(f"{path.stem}.part.tif")
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            height=rows,
            width=columns,
            count=1,
            dtype="float32",
            crs=rasterio.CRS.from_user_input(crs),
            transform=from_origin(raster.west, raster.north, raster.cell_m, raster.cell_m),
            nodata=NODATA,
        ) as band:
            band.write(raster.value, 1)
            band.set_band_description(1, description)
            band.set_band_unit(1, unit)
        with memory.open() as source:
            copy(
                source,
                aside,
                driver="COG",
                compress="DEFLATE",
                predictor="YES",
                blocksize=256,
                overview_resampling="average",
            )
    aside.replace(path)
