"""GeoPackage, the layer for QGIS and ArcGIS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas

# GeoPackage records when it was changed; a fixed instant keeps the same result the same bytes.
CHANGED = "2000-01-01T00:00:00.000Z"
# GDAL before 3.7 (Debian 12, QGIS 3.22) warns of anything newer.
VERSION = "1.3"


def write_geopackage(frame: geopandas.GeoDataFrame, path: Path, layer: str, origin: Mapping[str, object]) -> None:
    """Write one layer, replacing the file; its origin stands in the layer's metadata."""
    import pyogrio

    said = {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in origin.items()
    }
    aside = path.with_name(f"{path.stem}.part.gpkg")
    aside.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": CHANGED})
    pyogrio.write_dataframe(
        frame, aside, layer=layer, driver="GPKG", geometry_type="Polygon Z", layer_metadata=said, VERSION=VERSION
    )
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    aside.replace(path)
