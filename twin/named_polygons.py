"""Polygons that a user names, districts or gardens: from any vector file that GDAL reads, into the city's CRS.

Polygons without a name keep their place: they are numbered as they stand in the file, and how many there are is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.plain_text import printable

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

# Columns that may hold a name, in lower case, the likelier first and the smaller of nested areas before the larger.
NAMES = (
    "name",
    "bezeichnung",
    "ortsteil",
    "stadtteil",
    "ortsbezirk",
    "stadtbezirk",
    "bezirk",
    "gemarkung",
    "ortsteil_name",
    "stadtteil_name",
    "bezirk_name",
    "title",
    "area",
    "id",
    "fid",
)
# Of these, numbers are names as well, where no column has texts; a number called "area" is more likely a size.
NUMBERED = ("ortsteil", "stadtteil", "ortsbezirk", "stadtbezirk", "bezirk", "gemarkung", "id", "fid")


class Polygons(NamedTuple):
    """What a file holds, and what must be said of how it was read."""

    frame: geopandas.GeoDataFrame  # area (the name), geometry; in the file's order
    path: Path
    layer: str  # that was read
    other_layers: tuple[str, ...]  # with geometry, not read
    column: str | None  # that names them
    columns: tuple[str, ...]  # that might have
    unnamed: tuple[str, ...]  # names that polygons without one were given


def layer_of(path: Path) -> tuple[Path, str | None]:
    """A file and the layer that is named behind it, as in ``city.gpkg:quarters``."""
    before, colon, layer = str(path).rpartition(":")
    if colon and layer and not path.exists() and Path(before).exists():
        return Path(before), layer
    return path, None


def read_polygons(path: Path, crs: Crs, option: str, unnamed: str = "area {}", name: str | None = None) -> Polygons:
    """Polygons of one layer of a vector file.

    Parameters
    ----------
    path
        A file or a File Geodatabase; ``FILE:LAYER`` for another than its first layer with polygons.
    option
        The one that named it, for errors.
    unnamed
        What a polygon without a name is called, with its number.
    name
        Column that names them, in any case; without it the likeliest of NAMES.

    Raises
    ------
    TwinError
        Where it cannot be read, names no CRS, holds no polygon, or lacks the layer or the column.
    """
    file, wanted = layer_of(path)
    if not file.exists():
        raise TwinError(f"{path}: no such file", f"give polygons with {option}")
    layer, others, frame = _read(file, wanted, option)
    if frame.geometry.isna().all():
        raise TwinError(f"{path}: no geometry in it", f"give polygons with {option}")
    if frame.crs is None:
        raise TwinError(f"{path}: its polygons name no CRS", f"give it one, for example {crs.horizontal}")
    polygons = frame[frame.geometry.notna() & frame.geom_type.isin(["Polygon", "MultiPolygon"])]
    if not len(polygons):
        raise TwinError(f"{path}: no polygon in it", f"give polygons with {option}")
    moved = polygons.geometry.to_crs(crs.horizontal).force_2d()
    if not np.isfinite(moved.bounds.to_numpy()[~moved.is_empty]).all():
        raise TwinError(f"{path}: a polygon lies outside the area that {crs.horizontal} serves", "check its CRS")
    shape = moved.make_valid()
    table = polygons.drop(columns=polygons.geometry.name)
    column = _column(path, table, name)
    texts = [""] * len(table) if column is None else [_text(value) for value in table[column]]
    names, given = _named(texts, unnamed)
    import geopandas

    return Polygons(
        frame=geopandas.GeoDataFrame({"area": names}, geometry=shape.to_numpy(), crs=crs.horizontal),
        path=file,
        layer=layer,
        other_layers=others,
        column=column,
        columns=tuple(map(str, table.columns)),
        unnamed=given,
    )


def _read(file: Path, wanted: str | None, option: str) -> tuple[str, tuple[str, ...], geopandas.GeoDataFrame]:
    """A layer's name, the names of other layers with geometry, and what it holds."""
    import geopandas
    import pyogrio

    try:
        kinds = {str(name): kind for name, kind in pyogrio.list_layers(file) if kind is not None}
        # A layer of any geometry is called "Unknown".
        likely = [name for name, kind in kinds.items() if "Polygon" in kind or "Surface" in kind or kind == "Unknown"]
        layer = wanted if wanted is not None else next(iter([*likely, *kinds]), None)
        if layer is None:
            raise TwinError(f"{file}: no geometry in it", f"give polygons with {option}")
        if layer not in kinds:
            raise TwinError(f"{file}: no layer '{layer}' with geometry", f"there are {', '.join(kinds) or 'none'}")
        frame = geopandas.read_file(file, layer=layer)
    except (RuntimeError, ValueError, OSError) as error:
        raise TwinError(
            f"{file}: not readable as a vector file ({error})", "give GeoPackage, GeoJSON or Shapefile"
        ) from error
    return layer, tuple(name for name in kinds if name != layer), frame


def _column(path: Path, table: pd.DataFrame, name: str | None) -> str | None:
    """The column that names polygons."""
    from pandas.api.types import is_numeric_dtype

    there = {str(column).lower(): str(column) for column in reversed(table.columns)}
    if name is not None:
        exact = name if name in table.columns else there.get(name.lower())
        if exact is None:
            raise TwinError(f"{path}: no column '{name}'", f"its columns are {', '.join(map(str, table.columns))}")
        return exact
    known = [there[column] for column in NAMES if column in there]
    texts = [column for column in known if not is_numeric_dtype(table[column]) and table[column].notna().any()]
    numbers = [there[column] for column in NUMBERED if column in there and is_numeric_dtype(table[there[column]])]
    return next(iter([*texts, *numbers]), None)


def _text(value: object) -> str:
    """A name; whole numbers without a decimal point, nothing where there is none."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return printable(str(value).strip())


def _named(texts: Sequence[str], unnamed: str) -> tuple[list[str], tuple[str, ...]]:
    """Names of all, and those of them that were given here; none of these is another polygon's name."""
    taken, names, given = set(texts), [], []
    for place, text in enumerate(texts, start=1):
        if not text:
            text = next(one for one in map(unnamed.format, count(place)) if one not in taken)
            taken.add(text)
            given.append(text)
        names.append(text)
    return names, tuple(given)
