"""GeoPackage, the layer for QGIS and ArcGIS."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

# GeoPackage records when it was changed; a fixed instant keeps the same result the same bytes.
CHANGED = "2000-01-01T00:00:00.000Z"
# GDAL before 3.7 (Debian 12, QGIS 3.22) warns of anything newer.
VERSION = "1.3"


class Layer(NamedTuple):
    """One layer of a file: its name, its rows, and its geometry in OGR's words, None for a table without any."""

    name: str
    frame: geopandas.GeoDataFrame | pd.DataFrame
    geometry_type: str | None = "Polygon Z"


def write_geopackage(frame: geopandas.GeoDataFrame, path: Path, layer: str, origin: Mapping[str, object]) -> None:
    """Write one layer, replacing the file; its origin stands in the layer's metadata."""
    write_layers([Layer(layer, frame)], path, origin)


def write_layers(layers: Iterable[Layer], path: Path, origin: Mapping[str, object]) -> None:
    """Write several layers, replacing the file as a whole: it is there with all of them, or as it was before.

    ``origin`` stands in the metadata of every layer.
    """
    import pyogrio

    said = {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in origin.items()
    }
    aside = path.with_name(f"{path.stem}.part.gpkg")
    aside.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": CHANGED})
    try:
        for index, layer in enumerate(layers):
            pyogrio.write_dataframe(
                layer.frame,
                aside,
                layer=layer.name,
                driver="GPKG",
                geometry_type=layer.geometry_type,
                append=index > 0,
                layer_metadata=said,
                **({} if index else {"VERSION": VERSION}),
            )
        aside.replace(path)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        aside.unlink(missing_ok=True)
