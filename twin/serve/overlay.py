"""A picture to lay over a map or globe: pixels on a rectangle of longitude and latitude, placed in the CRS."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.crs import Crs
from twin.place_on_earth import METRES_A_DEGREE, box_lonlat

MOST_PIXELS = 1536
WGS84 = "EPSG:4326"
OPAQUE = 255
# The viewer's bare ground, wholly clear: between it and a colour no third one is seen.
CLEAR = (220, 219, 213, 0)


class Overlay(NamedTuple):
    """A rectangle in WGS 84, north row first."""

    bounds: tuple[float, float, float, float]  # west, south, east, north [°]
    x: NDArray[np.float64]  # (rows, columns) [m] easting of each pixel's middle
    y: NDArray[np.float64]


def overlay_of(crs: Crs, box: tuple[float, float, float, float], cell_m: float) -> Overlay:
    """The rectangle around a box (west, south, east, north) [m] of the CRS, with pixels of ``cell_m`` or coarser."""
    west, south, east, north = box_lonlat(crs, box)
    level = np.cos(np.radians((south + north) / 2.0))
    columns = _count((east - west) * METRES_A_DEGREE * level / cell_m)
    rows = _count((north - south) * METRES_A_DEGREE / cell_m)
    across = west + (np.arange(columns) + 0.5) * (east - west) / columns
    down = north - (np.arange(rows) + 0.5) * (north - south) / rows
    place = crs_door.transform(WGS84, crs.horizontal, *np.meshgrid(across, down))
    return Overlay((west, south, east, north), *place)


def _count(pixels: float) -> int:
    return int(min(max(np.ceil(pixels), 1), MOST_PIXELS))


def png(index: NDArray[np.uint8], colours: NDArray[np.uint8]) -> bytes:
    """A PNG of palette indices (rows, columns) into colours (N, 4) with their opacity."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(index))
    picture.putpalette(colours[:, :3].tobytes())
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=colours[:, 3].tobytes(), optimize=False)
    return out.getvalue()


def opaque(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A palette (N + 1, 4) that hides the map with colours (N, 3), after a clear one: what is seen is in the legend."""
    full = np.full((len(colours), 1), OPAQUE, np.uint8)
    return np.concatenate([np.array([CLEAR], np.uint8), np.hstack([colours, full])])


def classes_png(kind: NDArray[np.intp], shown: NDArray[np.bool_], colours: NDArray[np.uint8]) -> bytes:
    """A PNG of classes (rows, columns) in colours (N, 3), clear where they are not shown."""
    return png(np.where(shown, kind + 1, 0).astype(np.uint8), opaque(colours))


def png_rgba(colour: NDArray[np.uint8]) -> bytes:
    """A PNG of colours with opacity (rows, columns, 4)."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colour)).save(out, "PNG", optimize=False)
    return out.getvalue()
