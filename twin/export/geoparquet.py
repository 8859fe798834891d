"""GeoParquet 1.1, the table for DuckDB, pandas and QGIS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas
    import pandas as pd


def write_geoparquet(frame: geopandas.GeoDataFrame, path: Path) -> None:
    """Write a table with geometry as GeoParquet 1.1 with a bounding box for each row."""
    aside = path.with_name(f".{path.name}.part")
    frame.to_parquet(aside, index=False, schema_version="1.1.0", write_covering_bbox=True, compression="zstd")
    aside.replace(path)


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table without geometry."""
    aside = path.with_name(f".{path.name}.part")
    frame.to_parquet(aside, index=False, compression="zstd")
    aside.replace(path)
