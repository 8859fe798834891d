"""Parquet and GeoParquet 1.1, the tables for DuckDB, pandas and QGIS.

Where a table comes from stands in its file: key ``heliotwin`` of the Parquet metadata, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

COMPRESSION: Literal["zstd"] = "zstd"


def write_geoparquet(frame: geopandas.GeoDataFrame, path: Path, origin: Mapping[str, object]) -> None:
    """Write a table with geometry as GeoParquet 1.1 with a bounding box for each row."""
    aside = path.with_name(f".{path.name}.part")
    frame.to_parquet(aside, index=False, schema_version="1.1.0", write_covering_bbox=True, compression=COMPRESSION)
    _add_origin(aside, path, origin)


def write_parquet(frame: pd.DataFrame, path: Path, origin: Mapping[str, object]) -> None:
    """Write a table without geometry."""
    aside = path.with_name(f".{path.name}.part")
    frame.to_parquet(aside, index=False, compression=COMPRESSION)
    _add_origin(aside, path, origin)


def _add_origin(aside: Path, path: Path, origin: Mapping[str, object]) -> None:
    """Rewrite a finished table, row group by row group, with its origin in the metadata, in its final place."""
    import pyarrow.parquet as pq

    final = path.with_name(f".{path.name}.final.part")
    with pq.ParquetFile(aside) as source:
        schema = source.schema_arrow
        said = json.dumps(dict(origin), ensure_ascii=False, sort_keys=True).encode()
        schema = schema.with_metadata({**(schema.metadata or {}), b"heliotwin": said})
        with pq.ParquetWriter(final, schema, compression=COMPRESSION) as target:
            for group in range(source.num_row_groups):
                target.write_table(source.read_row_group(group).cast(schema))
    final.replace(path)
    aside.unlink()
