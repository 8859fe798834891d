"""Which district a building, a piece of open land or a site belongs to: one of them, or outside of all.

Every footprint counts once, where its largest share lies; what lies in no district competes as the district "outside",
so that a building whose corner alone reaches into a layer does not count there. Of equal shares the first district
takes it. A pixel of open land belongs to the first district that holds its middle.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import parse_crs
from twin.errors import TwinError
from twin.study.areas import read_areas

if TYPE_CHECKING:
    import geopandas

# Rows of a raster that are looked at together: 1,024 × 20,000 pixels of float32 take 80 MB.
STRIP_ROWS = 1024


class Land(NamedTuple):
    """Open land by district, the last entry outside of all: (D + 1,)."""

    area_m2: NDArray[np.float64]  # on the map
    energy_kwh: NDArray[np.float64]


def read_districts(path: Path, crs: str) -> geopandas.GeoDataFrame:
    """Districts in the city's CRS, in the file's order; polygons of one name are one district.

    Returns
    -------
    GeoDataFrame
        Columns ``district`` and ``geometry``.

    Raises
    ------
    TwinError
        Where the file cannot be read, names no CRS or holds no polygon.
    """
    try:
        frame = read_areas(path, parse_crs(crs))
    except TwinError as error:
        raise TwinError(error.message, "give polygons of the districts, with their CRS, with --districts") from error
    merged = frame.dissolve(by="area", sort=False, as_index=False)
    return merged.rename(columns={"area": "district"})[["district", "geometry"]]


def assign(shapes: NDArray[np.object_], districts: NDArray[np.object_]) -> NDArray[np.int64]:
    """District (N,) of each shape by its largest share of area; ``len(districts)`` is outside of all.

    A shape without area is taken as the middle of its box, one without any extent lies outside.
    """
    import shapely

    shape = _with_area(shapes)
    area = shapely.area(shape)
    tree = shapely.STRtree(shape)
    district, which = tree.query(districts, predicate="intersects")
    held_by, held = tree.query(districts, predicate="covers")
    # Most shapes lie wholly in one district; only those on a border are cut.
    whole = np.isin(which * np.int64(len(districts)) + district, held * np.int64(len(districts)) + held_by)
    share = np.where(whole, area[which], 0.0)
    share[~whole] = shapely.area(shapely.intersection(shape[which[~whole]], districts[district[~whole]]))
    # Districts may overlap, so what lies outside is cut out anew and not taken as what is left of the shares.
    outside = np.setdiff1d(np.arange(len(shape)), held)
    left = area[outside]
    border = np.isin(outside, which)
    if border.any():
        left[border] = shapely.area(shapely.difference(shape[outside[border]], shapely.union_all(districts)))
    which = np.concatenate([which, outside])
    district = np.concatenate([district, np.full(len(outside), len(districts))])
    order = np.lexsort((district, -np.concatenate([share, left]), which))
    first = order[np.flatnonzero(np.diff(which[order], prepend=-1))]
    return np.asarray(district[first], np.int64)


def _with_area(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes that all have an area: where one has none, a square of a millimetre about the middle of its box."""
    import shapely

    flat = shapely.force_2d(shapes)
    area = shapely.area(flat)
    empty = ~(area > 0)
    if not empty.any():
        return np.asarray(flat)
    box = shapely.bounds(flat[empty])
    middle = shapely.points((box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2)
    out = np.array(flat)
    out[empty] = np.where(np.isfinite(box[:, 0]), shapely.buffer(middle, 5e-4, cap_style="square"), shapely.Polygon())
    return out


def land_by_district(path: Path | None, districts: NDArray[np.object_]) -> Land:
    """Area [m²] and annual irradiation [kWh] of open land in each district and outside of all.

    Parameters
    ----------
    path
        Raster of irradiation [kWh/m²]; without one there is no open land.
    """
    count = len(districts)
    area, energy = np.zeros(count + 1), np.zeros(count + 1)
    if path is None:
        return Land(area, energy)
    import rasterio
    from rasterio.features import rasterize
    from rasterio.windows import Window

    with rasterio.open(path) as band:
        pixel_m2 = abs(band.transform.a * band.transform.e)
        for top in range(0, band.height, STRIP_ROWS):
            window = Window(0, top, band.width, min(STRIP_ROWS, band.height - top))
            value = band.read(1, window=window)
            # Burnt in reverse order, so that the first district stays.
            owner = rasterize(
                [(districts[index], index) for index in reversed(range(count))],
                out_shape=value.shape,
                transform=band.window_transform(window),
                fill=count,
                dtype="int32",
            )
            known = (value != band.nodata) & np.isfinite(value)
            area += np.bincount(owner[known], minlength=count + 1) * pixel_m2
            energy += np.bincount(owner[known], value[known].astype(np.float64), count + 1) * pixel_m2
    return Land(area, energy)
