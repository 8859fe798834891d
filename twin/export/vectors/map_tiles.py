"""Vector tiles of a job and of a shadow study: one PMTiles file, and a style for MapLibre beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from twin.errors import TwinError
from twin.export.published import published
from twin.export.rasters.mercator import WEB_MERCATOR
from twin.export.rasters.scale import irradiation_scale
from twin.export.source import Source, is_part_of_year
from twin.export.vectors.columns import described
from twin.export.vectors.maplibre import shadow_style, surface_style
from twin.export.vectors.plan_shapes import lying_and_standing, polygons_of
from twin.export.vectors.pmtiles import Head, write_archive
from twin.export.vectors.study_shadows import open_shadows
from twin.export.vectors.tiling import Layer, Made, tiles_of
from twin.export.words import credit_of
from twin.progress import OnProgress, silent
from twin.store import plain_value, to_json, write_atomically

if TYPE_CHECKING:
    import pandas as pd

SURFACES, SHADOWS, STYLE = "surfaces.pmtiles", "shadows.pmtiles", "style.json"
FIRST_ZOOM, LAST_ZOOM = 10, 16
# From where roofs, façades and shadows are large enough to be told apart.
ROOF_ZOOM, FACADE_ZOOM, SHADOW_ZOOM = 14, 15, 12
# What a click shows, and to how many decimals: more would only make the tiles larger. The tables have all of it.
_YEAR = ("irradiation_kwh_m2", "direct_kwh_m2", "diffuse_kwh_m2", "reflected_kwh_m2")
_MONTHS = tuple(f"irradiation_kwh_m2_{month:02}" for month in range(1, 13))
_KWH = ("value_phys", "value_ml", "p10", "p50", "p90")
SURFACE_COLUMNS: dict[str, int | None] = {
    **dict.fromkeys(("surface_id", "building_id", "kind", "pv_class", "facade_band", "pv_reason"), None),
    **dict.fromkeys(("area_m2", "exposed_area_m2", "pv_kwp"), 2),
    **dict.fromkeys(("tilt_deg", "azimuth_deg", *_YEAR, *_MONTHS, "pv_kwh_kwp", "pv_shade_pct", "delta_pct"), 1),
    **dict.fromkeys(_KWH, 0),
    **dict.fromkeys(("ml_model_id", "ml_applied", "out_of_domain"), None),
}
BUILDING_COLUMNS: dict[str, int | None] = {
    **dict.fromkeys(("building_id", "function", "roof_type", "pv_class"), None),
    **dict.fromkeys(("measured_height_m", "irradiation_kwh_m2", "delta_pct", "payback_years"), 1),
    **dict.fromkeys(("roof_exposed_area_m2", "roof_pv_kwp", "facade_pv_kwp"), 2),
    **dict.fromkeys(("roof_irradiation_kwh", *_KWH), 0),
    **dict.fromkeys(("ml_model_id", "ml_applied", "out_of_domain"), None),
}
SHADOW_COLUMNS: dict[str, int | None] = {
    **dict.fromkeys(("scenario", "date", "time_utc", "time_legal", "kind", "value"), None),
    **dict.fromkeys(("sun_elevation_deg", "sun_azimuth_deg"), 1),
    "area_m2": 1,
}
_BRIEF = ("surface_id", "building_id", "irradiation_kwh_m2", "pv_class")


def write_pmtiles(source: Source, folder: Path, on_progress: OnProgress = silent, base_url: str = "") -> list[str]:
    """Layers ``buildings``, ``surfaces`` (what lies) and ``facades`` (what stands, as lines) as vector tiles.

    ``base_url`` is where they will lie on the web; without it the style finds them beside the page that shows them.

    Raises
    ------
    TwinError
        Where nothing in the job has a shape.
    """
    (surfaces, buildings), horizontal = published(source), source.crs.horizontal
    lying, standing = lying_and_standing(surfaces, horizontal)
    said = _columns(surfaces, SURFACE_COLUMNS)
    exposed = buildings["roof_exposed_area_m2"].where(buildings["roof_exposed_area_m2"] > 0)
    buildings["irradiation_kwh_m2"] = buildings["roof_irradiation_kwh"] / exposed
    outline = polygons_of(buildings.geometry.to_numpy(), np.arange(len(buildings)), horizontal)
    layers = [
        Layer("buildings", *outline, _columns(buildings, BUILDING_COLUMNS), FIRST_ZOOM, _BRIEF),
        Layer("surfaces", *lying, said, ROOF_ZOOM, _BRIEF),
        Layer("facades", *standing, said, FACADE_ZOOM, _BRIEF),
    ]
    if not any(len(layer.shapes) for layer in layers):
        raise TwinError(f"{source.root}: no surface and no building has a shape", "export --to csv")
    made = tiles_of(layers, FIRST_ZOOM, LAST_ZOOM, on_progress)
    head = _head(layers, made, source.title, source.origin, is_part_of_year(source))
    write_archive(folder / SURFACES, made.tiles, head)
    style = surface_style(_address(SURFACES, base_url), source.title, irradiation_scale(source), _credit(source.origin))
    write_atomically(folder / STYLE, to_json(style))
    return [SURFACES, STYLE]


def write_study_pmtiles(
    study_root: Path, folder: Path, on_progress: OnProgress = silent, base_url: str = "", title: str = ""
) -> list[str]:
    """Layer ``shadows`` of every instant of a study; a map shows one with a filter on ``time_utc``.

    ``base_url`` as in `write_pmtiles`; without a ``title`` the study's own.

    Raises
    ------
    TwinError
        Where the folder holds no finished study with polygons.
    """
    study = open_shadows(study_root, title)
    frame = study.frame.assign(time_utc=study.frame["time_utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    plan = polygons_of(frame.geometry.to_numpy(), np.arange(len(frame)), study.crs.horizontal)
    every = tuple(SHADOW_COLUMNS)
    layers = [Layer("shadows", *plan, _columns(frame, SHADOW_COLUMNS), SHADOW_ZOOM, every)]
    made = tiles_of(layers, SHADOW_ZOOM, LAST_ZOOM, on_progress)
    write_archive(folder / SHADOWS, made.tiles, _head(layers, made, study.title, study.origin))
    highest = frame.loc[frame["sun_elevation_deg"].idxmax()]
    shown = (str(highest["scenario"]), str(highest["time_utc"]))
    style = shadow_style(_address(SHADOWS, base_url), study.title, *shown, _credit(study.origin))
    write_atomically(folder / STYLE, to_json(style))
    return [SHADOWS, STYLE]


def _address(name: str, base_url: str) -> str:
    return f"{base_url.rstrip('/')}/{name}" if base_url else name


def _columns(table: pd.DataFrame, decimals: Mapping[str, int | None]) -> dict[str, NDArray[Any]]:
    """Columns as tiles take them: numbers rounded, no empty words."""
    out: dict[str, NDArray[Any]] = {}
    for name, places in decimals.items():
        if name in table and places is not None:
            out[name] = np.round(table[name].to_numpy(np.float64, na_value=np.nan), places)
        elif name in table:
            plain = (plain_value(value) for value in table[name])
            out[name] = np.array([None if value == "" else value for value in plain], object)
    return out


def _type_of(column: NDArray[Any]) -> str:
    """TileJSON's word for what stands in a column."""
    if column.dtype == np.float64:
        return "Number"
    first = next((value for value in column if value is not None), "")
    return {bool: "Boolean", int: "Number", float: "Number"}.get(type(first), "String")


def _credit(origin: Mapping[str, object]) -> str:
    """Who must be named wherever the tiles are shown."""
    return credit_of(origin.get("attribution"))


def _head(
    layers: Sequence[Layer], made: Made, title: str, origin: Mapping[str, object], part_of_year: bool = False
) -> Head:
    """Bounds and metadata of the archive (TileJSON 3.0's names)."""
    import shapely

    # several layers may be empty, and total_bounds of nothing is NaN
    boxes = [shapely.total_bounds(layer.shapes) for layer in layers if len(layer.shapes)]
    low = np.min([box[:2] for box in boxes], axis=0)
    high = np.max([box[2:] for box in boxes], axis=0)
    east, north = crs_door.transform(WEB_MERCATOR, "EPSG:4326", [low[0], high[0]], [low[1], high[1]])
    vector_layers = [
        {
            "id": layer.name,
            "minzoom": max(layer.first_zoom, made.zooms[0]),
            "maxzoom": made.zooms[1],
            "fields": {
                # the bare word, by which GDAL knows the type
                name: _type_of(column)
                for name, column in layer.columns.items()
            },
        }
        for layer in layers
    ]
    metadata = {
        "name": title,
        "description": "heliotwin",
        "type": "overlay",
        "format": "pbf",
        "attribution": _credit(origin),
        "vector_layers": vector_layers,
        "columns": {name: described(name, part_of_year) for layer in layers for name in layer.columns},
        "left_out": {str(zoom): count for zoom, count in made.left_out.items()},
        "origin": dict(origin),
    }
    return Head((float(east[0]), float(north[0]), float(east[1]), float(north[1])), metadata)
