"""Descriptions of the processes `solar` and `shadow` as OGC API Processes gives them, titles in English and German."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from twin import __version__
from twin.serve.ogc_inputs import ShadowInputs, SolarInputs

Words = dict[str, str]
INPUT_TITLES: dict[str, Words] = {
    "city": {"en": "City model", "de": "Stadtmodell"},
    "weather": {"en": "Weather year", "de": "Wetterjahr"},
    "spacing_m": {"en": "Spacing on surfaces", "de": "Punktabstand auf Flächen"},
    "ground_spacing_m": {"en": "Spacing on open land", "de": "Punktabstand auf Freiflächen"},
    "ground_margin_m": {"en": "Margin of open land", "de": "Freifläche um die Gebäude"},
    "albedo": {"en": "Albedo", "de": "Albedo"},
    "sky_model": {"en": "Sky model", "de": "Himmelsmodell"},
    "pv": {"en": "Photovoltaics", "de": "Photovoltaik"},
    "crs": {"en": "Coordinate system", "de": "Koordinatensystem"},
    "attribution": {"en": "Attribution", "de": "Quellenvermerk"},
    "date": {"en": "Day", "de": "Tag"},
    "times": {"en": "Clock times", "de": "Uhrzeiten"},
    "footprint": {"en": "Footprint", "de": "Grundriss"},
    "base_m": {"en": "Base level", "de": "Bezugshöhe"},
    "plan": {"en": "Plan as a file", "de": "Planung als Datei"},
    "format": {"en": "Format of the file", "de": "Format der Datei"},
    "name": {"en": "Name", "de": "Name"},
    "unit": {"en": "Unit of the file", "de": "Einheit der Datei"},
    "heights": {"en": "Heights count from", "de": "Höhen über"},
    "height_m": {"en": "Height", "de": "Höhe"},
    "height_field": {"en": "Attribute with the height", "de": "Attribut mit der Höhe"},
    "origin": {"en": "Place of the file's zero", "de": "Lage des Nullpunkts"},
    "up": {"en": "Axis that points up", "de": "Achse nach oben"},
    "rotation_deg": {"en": "Rotation", "de": "Drehung"},
    "remove": {"en": "Buildings that go", "de": "Gebäude, die weichen"},
}
GEOPACKAGE, PARQUET, COG, GEOJSON, JSON = (
    "application/geopackage+sqlite3",
    "application/vnd.apache.parquet",
    "image/tiff; application=geotiff",
    "application/geo+json",
    "application/json",
)
# Outputs of `solar` that are files, by the name of the file.
SOLAR_FILES = {
    "surfaces": ("surfaces.gpkg", GEOPACKAGE),
    "surfaces_parquet": ("surfaces.parquet", PARQUET),
    "buildings_parquet": ("buildings.parquet", PARQUET),
    "ground": ("ground.tif", COG),
}
SHADOW_PARTS = ("result", "shadows", "shape")


def solar_description() -> dict[str, Any]:
    """The process `solar`."""
    return {
        **_head(
            "solar",
            {"en": "Solar irradiance and photovoltaic yield", "de": "Solare Einstrahlung und Photovoltaik-Ertrag"},
            {
                "en": "A year's irradiance on every roof, façade and piece of open land of a city model that is sent.",
                "de": "Jahreseinstrahlung auf jedem Dach, jeder Fassade und Freifläche eines gesendeten Stadtmodells.",
            },
        ),
        "inputs": _inputs(SolarInputs),
        "outputs": {
            "summary": _output({"en": "Sums and warnings", "de": "Summen und Hinweise"}, JSON, "object"),
            "surfaces": _output({"en": "Surfaces (GeoPackage)", "de": "Flächen (GeoPackage)"}, GEOPACKAGE),
            "surfaces_parquet": _output({"en": "Surfaces (GeoParquet)", "de": "Flächen (GeoParquet)"}, PARQUET),
            "buildings_parquet": _output({"en": "Buildings (GeoParquet)", "de": "Gebäude (GeoParquet)"}, PARQUET),
            "ground": _output({"en": "Open land (GeoTIFF)", "de": "Freiflächen (GeoTIFF)"}, COG),
        },
    }


def shadow_description() -> dict[str, Any]:
    """The process `shadow`."""
    return {
        **_head(
            "shadow",
            {"en": "Shadow of a day", "de": "Schatten eines Tages"},
            {
                "en": "What a planned building takes from its neighbours in the served city, and shadows as polygons.",
                "de": "Was ein geplantes Gebäude seinen Nachbarn nimmt, und Schatten als Polygone.",
            },
        ),
        "inputs": _inputs(ShadowInputs),
        "outputs": {
            "result": _output({"en": "Change for the neighbours", "de": "Änderung für die Nachbarn"}, JSON, "object"),
            "shadows": _output(
                {"en": "Shadows at the clock times", "de": "Schatten zu den Uhrzeiten"}, GEOJSON, "object"
            ),
            "shape": _output({"en": "Footprint of the plan", "de": "Grundriss der Planung"}, GEOJSON, "object"),
        },
    }


def _head(name: str, title: Words, description: Words) -> dict[str, Any]:
    return {
        "id": name,
        "version": __version__,
        "title": title,
        "description": description,
        "keywords": ["solar", "shadow", "CityGML", "CityJSON"],
        "jobControlOptions": ["async-execute", "dismiss"],
        "links": [],
    }


def _output(title: Words, media_type: str, kind: str = "string") -> dict[str, Any]:
    binary = {"contentEncoding": "binary"} if kind == "string" else {}
    return {"title": title, "schema": {"type": kind, "contentMediaType": media_type, **binary}}


def _inputs(model: type[BaseModel]) -> dict[str, Any]:
    """Input descriptions of a model's fields; each schema stands by itself."""
    whole = model.model_json_schema()
    out = {}
    for name, schema in whole["properties"].items():
        plain = {key: value for key, value in _standing_alone(schema, whole.get("$defs", {})).items() if key != "title"}
        required = name in whole.get("required", ())
        out[name] = {
            "title": INPUT_TITLES[name],
            "description": plain.pop("description", INPUT_TITLES[name]["en"]),
            "schema": plain,
            "minOccurs": int(required),
            "maxOccurs": 1,
        }
    return out


def _standing_alone(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with what it refers to put in."""
    if isinstance(schema, list):
        return [_standing_alone(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        named = definitions[schema["$ref"].rpartition("/")[2]]
        return _standing_alone({**named, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions)
    return {key: _standing_alone(value, definitions) for key, value in schema.items()}
