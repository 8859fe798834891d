"""Which district a building or a site belongs to: one of them, or outside of all.

Every footprint counts once, where its largest share lies; what lies in no district competes as the district "outside",
so that a building whose corner alone reaches into a layer does not count there. Of equal shares the first district
takes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import parse_crs
from twin.named_polygons import Polygons, read_polygons

if TYPE_CHECKING:
    import geopandas


def read_districts(
    path: Path, crs: str, unnamed: str, name: str | None = None
) -> tuple[geopandas.GeoDataFrame, Polygons]:
    """Districts in the city's CRS, in the file's order; polygons of one name are one district.

    Parameters
    ----------
    unnamed
        What a district without a name is called, with its number.
    name
        Column that names them.

    Returns
    -------
    GeoDataFrame
        Columns ``district`` and ``geometry``.
    Polygons
        What they were made of.

    Raises
    ------
    TwinError
        Where the file cannot be read, names no CRS or holds no polygon.
    """
    read = read_polygons(path, parse_crs(crs), "--districts", unnamed, name)
    merged = read.frame.dissolve(by="area", sort=False, as_index=False)
    return merged.rename(columns={"area": "district"})[["district", "geometry"]], read


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
