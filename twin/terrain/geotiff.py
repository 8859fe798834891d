"""GeoTIFF and COG by rasterio: only the windows that are asked for are read.

GDAL shifts a transform of ``AREA_OR_POINT=Point`` by half a cell when it opens the file, so in both cases a sample
stands at the middle of the cell that the transform gives.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.terrain.grid import HIGHEST_M, LOWEST_M, Grid, Lattice
from twin.terrain.source import NotTerrain, Source

if TYPE_CHECKING:
    import rasterio

# Bytes of the smallest part of a GeoTIFF that can be read alone: 256 MB, 64 million heights.
LARGEST_TILE = 256 << 20
METRE = ("", "m", "metre", "meter", "metres", "meters")


def location(source: Source) -> str:
    """What GDAL opens: the file, or a member of an archive in place."""
    if source.member is None:
        return str(source.path)
    return f"/vsizip/{{{source.path.resolve().as_posix()}}}/{source.member}"


def open_raster(source: Source) -> rasterio.DatasetReader:
    """The open raster.

    Raises
    ------
    TwinError
        Where it is no readable GeoTIFF.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said below as an error
            return rasterio.open(location(source), driver="GTiff")
    except (RasterioError, ValueError) as error:
        raise TwinError(
            f"{source.name}: not a readable GeoTIFF ({_short(error)})", "download the file again"
        ) from error


def read_geotiff(source: Source) -> tuple[Grid, str | None]:
    """The grid of a GeoTIFF, and the WKT of its coordinate system where it names one.

    Raises
    ------
    TwinError
        Where it is no terrain: several bands, rotated, not in metres, or no transform.
    """
    with open_raster(source) as raster:
        warp = f"gdalwarp -t_srs EPSG:25832 {source.path.name} terrain.tif"
        if raster.count != 1 or raster.dtypes[0] in ("complex64", "complex128"):
            raise NotTerrain(f"{source.name}: {raster.count} bands, a terrain has one", "name the DGM, not an image")
        packed = max(rows * columns for rows, columns in raster.block_shapes) * np.dtype(raster.dtypes[0]).itemsize
        if packed > LARGEST_TILE:
            raise TwinError(
                f"{source.name}: its strips or tiles of {packed >> 20:,} MB would have to be in memory at once",
                f"gdal_translate -co TILED=YES {source.path.name} terrain.tif",
            )
        t = raster.transform
        if t.is_identity or (raster.crs is None and t.a == 1.0 and t.c == 0.0 and t.f == 0.0):
            raise TwinError(f"{source.name}: does not say where it lies", "gdal_edit.py -a_ullr … sets its corners")
        if abs(t.b) > 1e-9 * abs(t.a) or abs(t.d) > 1e-9 * abs(t.e) or t.a <= 0 or t.e == 0:
            raise TwinError(f"{source.name}: its rows do not run east", f"turn it: {warp}")
        if (raster.units[0] or "").lower() not in METRE:
            raise TwinError(f"{source.name}: heights in {raster.units[0]}, not metres", "gdal_calc.py converts them")
        south_up = t.e > 0
        south = t.f + 0.5 * t.e if south_up else t.f + (raster.height - 0.5) * t.e
        lattice = Lattice(t.c + 0.5 * t.a, south, t.a, abs(t.e), raster.width, raster.height)
        wkt = raster.crs.to_wkt() if raster.crs else None

    def read(first_row: int, rows: int, first_column: int, columns: int) -> NDArray[np.float64]:
        top = first_row if south_up else lattice.rows - first_row - rows
        found = _window(source, top, rows, first_column, columns)
        return found if south_up else found[::-1]

    return Grid(source.name, lattice, read), wkt


def _window(source: Source, top: int, rows: int, left: int, columns: int) -> NDArray[np.float64]:
    """Heights (rows, columns) [m] from the file's own top left, NaN where missing."""
    from rasterio.errors import RasterioError
    from rasterio.windows import Window

    with open_raster(source) as raster:
        try:
            found = raster.read(1, window=Window(left, top, columns, rows), masked=True)
        except RasterioError as error:
            why = _short(error.__cause__ or error)
            raise TwinError(
                f"{source.name}: damaged, rows {top} to {top + rows - 1} cannot be read ({why})",
                "download the file again",
            ) from error
        height = found.astype(np.float64).filled(np.nan) * raster.scales[0] + raster.offsets[0]
    height[~((height > LOWEST_M) & (height < HIGHEST_M))] = np.nan
    return np.asarray(height)


def _short(error: BaseException) -> str:
    """The first line of GDAL's words."""
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
