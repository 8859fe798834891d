"""A module of VC Map with the layers of an export, in the options of @vcmap/core 6.3 and @vcmap/ui 6.

Sources: @vcmap/core 6.3.9 (src/vcsModule.ts, src/layer/*.ts, src/style/declarativeStyleItem.ts): rasters must be in
web mercator (cogLayer.ts), pyramids are read as WMTS with a template; @vcmap/ui: FEATURE_INFO, CONTENT_TREE.
VC Solar's plug-ins look for a layer named SolarBuildings. VC Map resolves a relative ``url`` against its own page.
"""

from __future__ import annotations

from typing import Any

from twin.export.beside.attributes import ATTRIBUTES, MONTHLY, SHADOW, Attribute
from twin.export.beside.conditions import irradiation_conditions, shadow_conditions, suitability_conditions
from twin.export.beside.exported import Exported
from twin.export.beside.facts import Facts
from twin.export.beside.iso19139 import record_id
from twin.export.beside.layers import MERCATOR, MapLayer, layers_of
from twin.export.beside.words import ai_words, attribution_text, title_of

STYLE_YEAR, STYLE_SUITABILITY = "heliotwinEinstrahlung", "heliotwinEignung"
TABLE, STEPS, TREE = "heliotwinTabelle", "heliotwinSchatten", "heliotwin"
# A degree of latitude [m]; the view stands back by the district's size.
DEGREE_M = 111_320.0


def vcmap_module(facts: Facts, exported: Exported) -> dict[str, Any]:
    """The module as JSON; no layers where VC Map reads none of the files."""
    layers = [one for one in layers_of(exported, facts.title, facts.crs) if one.crs in ("", MERCATOR)]
    if not layers:
        return {}
    shown = SHADOW if facts.kind == "shadow" else (*ATTRIBUTES, *MONTHLY)
    return {
        "_id": record_id(facts, exported),
        "name": f"heliotwin {facts.title} {exported.name}",
        "description": title_of(facts),
        "properties": {"attribution": attribution_text(facts), "ki": ai_words(facts)},
        "layers": [_layer(one, number, facts, exported) for number, one in enumerate(layers)],
        "styles": _styles(exported),
        "viewpoints": [_viewpoint(facts)],
        "contentTree": [
            {"type": "NodeContentTreeItem", "name": TREE, "title": title_of(facts)},
            *(
                {
                    "type": "LayerContentTreeItem",
                    "name": f"{TREE}.{one.name}",
                    "layerName": one.name,
                    "title": one.title,
                }
                for one in layers
            ),
        ],
        "featureInfo": [_table(shown)],
        "i18n": [{"name": "heliotwin", "de": _words(shown, "de"), "en": _words(shown, "en")}],
    }


def _layer(layer: MapLayer, number: int, facts: Facts, exported: Exported) -> dict[str, Any]:
    provider = attribution_text(facts)
    out: dict[str, Any] = {
        "type": "",
        "name": layer.name,
        "url": facts.publisher.address_of(layer.path),
        "activeOnStartup": number == 0,
        "extent": {"type": "Extent", "coordinates": list(facts.bbox), "projection": {"epsg": 4326}},
        "copyright": {"provider": provider, "url": facts.publisher.url, "year": str(facts.created.year)},
        "properties": {
            "title": layer.title,
            "attributions": {"provider": provider, "url": facts.publisher.url, "year": str(facts.created.year)},
        },
    }
    if layer.kind == "tileset":
        out |= {"type": "CesiumTilesetLayer", "screenSpaceError": 16}
        out["properties"]["featureInfo"] = TABLE
        if not exported.coloured:
            out["style"] = _styles(exported)[0]
            out["properties"]["availableStyles"] = [STYLE_YEAR, STYLE_SUITABILITY]
    elif layer.kind == "pyramid":
        out |= _wmts(layer, out["url"])
    elif layer.kind == "raster":
        out |= {"type": "COGLayer", "convertToRGB": False, "normalize": True, "interpolate": False}
    elif layer.kind == "czml":
        out["type"] = "CzmlLayer"
    else:
        out |= {"type": "GeoJSONLayer", "exclusiveGroups": [STEPS], "style": _declarative("", shadow_conditions())}
        out["vectorProperties"] = {"altitudeMode": "clampToGround", "classificationType": "both"}
        out["properties"]["featureInfo"] = TABLE
    return out


def _wmts(layer: MapLayer, url: str) -> dict[str, Any]:
    """Tiles z/x/y as VC Map reads them: by a WMTS template, whose rows count from the north as theirs do."""
    head = f"{url}/" if url and not url.endswith("/") else url
    return {
        "type": "WMTSLayer",
        "url": f"{head}{{TileMatrix}}/{{TileCol}}/{{TileRow}}.{layer.suffix}",
        "layer": layer.name,
        "wmtsStyle": "default",
        "format": f"image/{layer.suffix}",
        "tileMatrixSetID": "GoogleMapsCompatible",
        "tilingSchema": "mercator",
        "minLevel": layer.zooms[0],
        "maxLevel": layer.zooms[1],
        "opacity": 0.85,
    }


def _styles(exported: Exported) -> list[dict[str, Any]]:
    """Styles for tiles without colours of their own; on coloured ones Cesium would multiply both."""
    if exported.name != "3dtiles" or exported.coloured:
        return []
    return [
        _declarative(STYLE_YEAR, irradiation_conditions(exported.legend)),
        _declarative(STYLE_SUITABILITY, suitability_conditions()),
    ]


def _declarative(name: str, conditions: list[list[str]]) -> dict[str, Any]:
    named = {"name": name} if name else {}
    return {
        "type": "DeclarativeStyleItem",
        **named,
        "declarativeStyle": {"show": "true", "color": {"conditions": conditions}},
    }


def _viewpoint(facts: Facts) -> dict[str, Any]:
    west, south, east, north = facts.bbox
    return {
        "type": "Viewpoint",
        "name": f"heliotwin {facts.title}",
        "groundPosition": [(west + east) / 2, (south + north) / 2],
        "distance": round(max((north - south) * DEGREE_M, 300.0) * 1.2),
        "heading": 0,
        "pitch": -45,
        "roll": 0,
        "animate": True,
    }


def _table(shown: tuple[Attribute, ...]) -> dict[str, Any]:
    return {
        "type": "TableFeatureInfoView",
        "name": TABLE,
        "attributeKeys": [one.name for one in shown],
        "keyMapping": {one.name: f"heliotwin.{one.name}" for one in shown},
    }


def _words(shown: tuple[Attribute, ...], language: str) -> dict[str, Any]:
    return {"heliotwin": {one.name: one.de if language == "de" else one.en for one in shown}}
