"""Tables of a shadow study: layers of ``study.gpkg``, and each as Parquet and CSV; the largest as Parquet alone.

Where a table has a geometry its Parquet is GeoParquet; a CSV has the columns alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from twin.export.geopackage import Layer, write_layers
from twin.export.geoparquet import write_geoparquet, write_parquet
from twin.plain_text import printable

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

PACKAGE = "study.gpkg"
FOLDER = "tables"
# The receivers, and tables of more rows than this, are Parquet alone: the rest would take longer than the study.
POINTS, MOST_ROWS = "receivers", 500_000
# What geometry a table's layer has where it holds no row that shows it.
UNKNOWN = "Unknown"
_MULTI = {
    "Point": "MultiPoint",
    "LineString": "MultiLineString",
    "LinearRing": "MultiLineString",
    "Polygon": "MultiPolygon",
}


def write_tables(
    tables: Mapping[str, pd.DataFrame | geopandas.GeoDataFrame], folder: Path, origin: Mapping[str, object], csv: bool
) -> list[str]:
    """Write every table into a folder; names of the files, relative to it.

    Texts come from foreign files: control characters are written as their escape.
    """
    import geopandas

    (folder / FOLDER).mkdir(exist_ok=True)
    layers: list[Layer] = []
    files = []
    for name, table in tables.items():
        shown = with_plain_text(table)
        if name == POINTS or len(shown) > MOST_ROWS:
            write_alone(shown, folder / FOLDER / f"{name}.parquet", origin)
            files.append(f"{FOLDER}/{name}.parquet")
            continue
        if isinstance(shown, geopandas.GeoDataFrame):
            shown, geometry_type = of_one_type(shown)
            layers.append(Layer(name, shown, geometry_type))
            write_geoparquet(shown, folder / FOLDER / f"{name}.parquet", origin)
            bare = shown.drop(columns=shown.geometry.name)
        else:
            layers.append(Layer(name, shown, None))
            write_parquet(shown, folder / FOLDER / f"{name}.parquet", origin)
            bare = shown
        files.append(f"{FOLDER}/{name}.parquet")
        if csv:
            write_csv(bare, folder / FOLDER / f"{name}.csv")
            files.append(f"{FOLDER}/{name}.csv")
    if layers:
        write_layers(layers, folder / PACKAGE, origin)
        files.append(PACKAGE)
    return files


def write_alone(table: pd.DataFrame | geopandas.GeoDataFrame, path: Path, origin: Mapping[str, object]) -> None:
    """A table as Parquet, as GeoParquet where it has a geometry."""
    import geopandas

    if isinstance(table, geopandas.GeoDataFrame):
        write_geoparquet(table, path, origin)
    else:
        write_parquet(table, path, origin)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Comma, decimal point, UTF-8, four decimals, one header line."""
    aside = path.with_name(f".{path.name}.part")
    table.to_csv(aside, index=False, float_format="%.4f", lineterminator="\n", encoding="utf-8")
    aside.replace(path)


def of_one_type(frame: geopandas.GeoDataFrame) -> tuple[geopandas.GeoDataFrame, str]:
    """The table with its geometries of one type, the multiple one where any row has it, and that type in OGR's words.

    Rows without a geometry keep none, those whose geometry is empty get none.
    """
    import shapely

    frame = without_empty(frame)
    geometry = frame.geometry
    filled = geometry[geometry.notna()]
    kinds = set(filled.geom_type)
    if not kinds:
        return frame, UNKNOWN
    kind = kinds.pop()
    if kinds:
        wanted = {_MULTI.get(one, one) for one in (kind, *kinds)}
        if len(wanted) > 1:
            return frame, UNKNOWN
        kind = wanted.pop()
        make = {"MultiPoint": shapely.multipoints, "MultiLineString": shapely.multilinestrings}.get(
            kind, shapely.multipolygons
        )
        frame = frame.copy()
        frame[geometry.name] = [make([one]) if one is not None and one.geom_type in _MULTI else one for one in geometry]
        frame = frame.set_geometry(geometry.name, crs=geometry.crs)
    return frame, f"{kind} Z" if bool(filled.has_z.any()) else kind


def without_empty(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """The table with none for every geometry that is empty: a GeoPackage takes an empty polygon for a collection."""
    geometry = frame.geometry
    return frame.set_geometry(geometry.where(~geometry.is_empty.to_numpy(bool), None), crs=frame.crs)


def with_plain_text(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its texts printable: a NUL would end a text in SQLite."""
    out = table.copy()
    for name in out.columns:
        column = out[name]
        if column.dtype == object or str(column.dtype).startswith("str"):
            texts = {text: printable(text) for text in set(column.unique()) if isinstance(text, str)}
            odd = {text: plain for text, plain in texts.items() if text != plain}
            if odd:
                out[name] = column.replace(odd)
    return out
