"""The tables of a job for a GIS and for everything else: GeoPackage, GeoParquet, CSV.

An owner's objection leaves shape and id of a surface and no value (twin/export/published.py).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from twin.export.geopackage import CHANGED, Layer, write_layers
from twin.export.geoparquet import write_geoparquet
from twin.export.published import published
from twin.export.rasters.scale import irradiation_scale
from twin.export.source import Source, is_part_of_year
from twin.export.study_tables import of_one_type, with_plain_text, write_csv
from twin.export.vectors.columns import columns_csv
from twin.export.vectors.styles import OF_TABLES, PV_CLASS, Kind, Style, style_of, write_files
from twin.export.words import AI_LABEL
from twin.progress import OnProgress, silent
from twin.store import write_atomically

if TYPE_CHECKING:
    import geopandas

PACKAGE = "solar.gpkg"
COLUMNS = "columns.csv"
# The table from which QGIS reads a layer's styles (QgsOgrProviderMetadata::saveStyle).
_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
    ui TEXT(30), update_time DATETIME
)
"""


def write_gpkg(source: Source, folder: Path, on_progress: OnProgress = silent) -> list[str]:
    """One GeoPackage with layers ``surfaces`` (3D) and ``buildings``, styled for QGIS; the styles beside it too."""
    tables = _tables(source)
    layers = []
    for name, table in tables.items():
        shown, geometry_type = of_one_type(table)
        layers.append(Layer(name, shown, geometry_type))
    on_progress("gpkg", 0, 1)
    write_layers(layers, folder / PACKAGE, _origin(source))
    styles = _styles(source, tables)
    _add_styles(folder / PACKAGE, styles)
    on_progress("gpkg", 1, 1)
    return [PACKAGE, *_write_styles(folder, styles), _write_columns(source, folder, tables)]


def write_geoparquet_tables(source: Source, folder: Path, on_progress: OnProgress = silent) -> list[str]:
    """``surfaces.parquet`` and ``buildings.parquet``, GeoParquet 1.1, with styles that QGIS finds beside them."""
    tables = _tables(source)
    files = []
    for done, (name, table) in enumerate(tables.items()):
        on_progress("geoparquet", done, len(tables))
        write_geoparquet(table, folder / f"{name}.parquet", _origin(source))
        files.append(f"{name}.parquet")
    on_progress("geoparquet", len(tables), len(tables))
    return [*files, *_write_styles(folder, _styles(source, tables)), _write_columns(source, folder, tables)]


def write_csv_tables(source: Source, folder: Path, on_progress: OnProgress = silent) -> list[str]:
    """``surfaces.csv`` and ``buildings.csv``: every column but the shape, with the middle of it in WGS 84."""
    import shapely

    bare = {}
    for done, (name, table) in enumerate(_tables(source).items()):
        on_progress("csv", done, 2)
        shape = table.geometry.to_numpy()
        placed = np.flatnonzero(~shapely.is_missing(shape))
        centre = shapely.get_coordinates(shapely.centroid(shape[placed]))
        latitude, longitude = crs_door.to_geographic(source.crs, centre[:, 0], centre[:, 1])
        bare[name] = table.drop(columns=table.geometry.name).assign(
            longitude_deg=_degrees(longitude, placed, len(table)), latitude_deg=_degrees(latitude, placed, len(table))
        )
        write_csv(bare[name], folder / f"{name}.csv")
    on_progress("csv", 2, 2)
    text = columns_csv(((name, list(table.columns)) for name, table in bare.items()), is_part_of_year(source))
    write_atomically(folder / COLUMNS, text.encode("utf-8"))
    return [*(f"{name}.csv" for name in bare), COLUMNS]


def _tables(source: Source) -> dict[str, geopandas.GeoDataFrame]:
    return {name: with_plain_text(table) for name, table in published(source)._asdict().items()}


def _degrees(degree: NDArray[np.float64], placed: NDArray[np.intp], rows: int) -> list[str]:
    """Degrees as text, "" for rows without a place; the four decimals that all numbers have would be eleven metres."""
    out = [""] * rows
    for row, value in zip(placed.tolist(), degree.tolist(), strict=True):
        out[row] = f"{value:.7f}"
    return out


def _origin(source: Source) -> dict[str, object]:
    """What every file says of its origin, and which columns a model has changed."""
    models = sorted(set(source.surfaces["ml_model_id"].dropna())) if "ml_model_id" in source.surfaces else []
    label = {"ai_label": f"{AI_LABEL}: value_ml, pv_kwh_ml_…, p10, p50, p90 ({', '.join(models)})"} if models else {}
    return {"title": source.title, **source.origin, **label}


def _styles(source: Source, tables: dict[str, geopandas.GeoDataFrame]) -> dict[str, dict[Kind, Style]]:
    """Styles of each table, the default first; suitability only where the job has it."""
    scale, part = irradiation_scale(source), is_part_of_year(source)
    return {
        name: {
            kind: style_of(kind, scale, list(table.columns), part)
            for kind in OF_TABLES[name]
            if not kind.endswith(PV_CLASS) or PV_CLASS in table
        }
        for name, table in tables.items()
    }


def _write_styles(folder: Path, styles: dict[str, dict[Kind, Style]]) -> list[str]:
    return [name for kinds in styles.values() for name in write_files(folder, kinds)]


def _write_columns(source: Source, folder: Path, tables: dict[str, geopandas.GeoDataFrame]) -> str:
    names = ((name, list(table.columns.drop(table.geometry.name))) for name, table in tables.items())
    text = columns_csv(names, is_part_of_year(source))
    write_atomically(folder / COLUMNS, text.encode("utf-8"))
    return COLUMNS


def _add_styles(path: Path, styles: dict[str, dict[Kind, Style]]) -> None:
    """Put styles into a GeoPackage, as QGIS does with "save style in database"."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(_STYLES)
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', 'styles for QGIS', ?)",
            (CHANGED,),
        )
        for table, kinds in styles.items():
            # OGR calls the column of shapes geom, whatever the table called it
            asked = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
            column = base.execute(asked, (table,)).fetchone()[0]
            rows = [
                ("", "", table, column, kind, style.qml, style.sld, number == 0, "", "", None, CHANGED)
                for number, (kind, style) in enumerate(kinds.items())
            ]
            base.executemany(f"INSERT INTO layer_styles VALUES (NULL{', ?' * 12})", rows)
