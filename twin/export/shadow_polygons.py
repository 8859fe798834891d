"""Shadows as polygons along the edges of a mask's pixels: GeoPackage for a GIS, GeoJSON (RFC 7946) for a web map.

One row is everything that is shaded in one way at one instant: a multipolygon, so that a layer of a day holds some
hundreds of rows and QGIS' temporal controller plays it by ``time_utc``. Rasterised, it is the mask, pixel for pixel.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.crs import Crs
from twin.export.geopackage import Layer, write_layers
from twin.export.outlines import outlines
from twin.export.shadow_names import Stamp
from twin.study.outcome import BESTAND, IN_BESTAND, IN_BOTH, IN_PLANUNG, Grid

if TYPE_CHECKING:
    import geopandas
    import shapely

# What a value of a mask is called: of the Bestand alone, and of a scenario against it.
ALONE = {IN_BESTAND: "bestand"}
COMPARED = {IN_BESTAND: "removed", IN_PLANUNG: "additional", IN_BOTH: "both"}
# 1e-7° is one centimetre.
DECIMALS = 7


class Shadow(NamedTuple):
    """Everything shaded in one way at one instant; the fields are the columns of the layer."""

    scenario: str
    date: str
    time_utc: datetime.datetime
    time_legal: str  # ISO 8601 with its offset
    time_standard: str
    sun_elevation_deg: float
    sun_azimuth_deg: float
    value: int  # of the mask
    kind: str  # bestand | removed | additional | both
    area_m2: float
    geometry: shapely.MultiPolygon


class Sky(NamedTuple):
    """The sun of one instant and its time."""

    date: datetime.date
    when: Stamp
    elevation_deg: float
    azimuth_deg: float


def shadows_of(mask: NDArray[np.uint8], grid: Grid, scenario: str, sky: Sky) -> list[Shadow]:
    """The polygons of a mask (rows, columns), one row for each value that occurs, in the CRS of the grid."""
    import shapely

    kinds = ALONE if scenario == BESTAND else COMPARED
    words = sky.when.words()
    corner = np.array([grid.west, grid.north])
    return [
        Shadow(
            scenario=scenario,
            date=sky.date.isoformat(),
            time_utc=sky.when.utc,
            time_legal=words["time_legal"],
            time_standard=words["time_standard"],
            sun_elevation_deg=round(sky.elevation_deg, 3),
            sun_azimuth_deg=round(sky.azimuth_deg, 3),
            value=found.value,
            kind=kinds[found.value],
            area_m2=found.pixels * grid.cell_m**2,
            geometry=shapely.transform(found.geometry, lambda place: corner + place * grid.cell_m),
        )
        for found in outlines(mask, tuple(kinds))
    ]


def shadow_frame(shadows: Sequence[Shadow], crs: str) -> geopandas.GeoDataFrame:
    """Rows of the layer ``shadows``."""
    import geopandas
    import pandas as pd

    table = pd.DataFrame(shadows, columns=list(Shadow._fields))
    table["time_utc"] = pd.to_datetime(table["time_utc"], utc=True).astype("datetime64[ms, UTC]")
    return geopandas.GeoDataFrame(table.astype({"value": "int16"}), geometry="geometry", crs=crs)


def write_shadows(shadows: Sequence[Shadow], crs: str, path: Path, origin: Mapping[str, object]) -> None:
    """Write the layer ``shadows`` of a GeoPackage."""
    write_layers([Layer("shadows", shadow_frame(shadows, crs), "MultiPolygon")], path, origin)


def shadow_geojson(shadows: Sequence[Shadow], crs: Crs, origin: Mapping[str, object]) -> bytes:
    """A FeatureCollection in WGS 84 (RFC 7946), to a centimetre; its origin stands in the member ``origin``."""
    import shapely

    def to_degrees(place: NDArray[np.float64]) -> NDArray[np.float64]:
        latitude, longitude = crs_door.to_geographic(crs, place[:, 0], place[:, 1])
        return np.round(np.stack([longitude, latitude], axis=1), DECIMALS).astype(np.float64)

    features = []
    for shadow in shadows:
        said = {**shadow._asdict(), "time_utc": f"{shadow.time_utc:%Y-%m-%dT%H:%M:%SZ}"}
        del said["geometry"]
        geometry = shapely.to_geojson(shapely.transform(shadow.geometry, to_degrees))
        properties = json.dumps(said, ensure_ascii=False)
        features.append(f'{{"type": "Feature", "properties": {properties}, "geometry": {geometry}}}')
    head = json.dumps(dict(origin), ensure_ascii=False)
    body = ",\n".join(features)
    text = f'{{"type": "FeatureCollection", "origin": {head}, "features": [\n{body}\n]}}\n'
    return text.encode("utf-8")
