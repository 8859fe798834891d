"""A module of VC Map with the layers of an export, in the options of @vcmap/core 6.3 and @vcmap/ui 6.

Sources: @vcmap/core 6.3.9 (src/vcsModule.ts, src/layer/*.ts, src/style/declarativeStyleItem.ts): rasters must be in
web mercator (cogLayer.ts), pyramids are read as WMTS with a template; @vcmap/ui: FEATURE_INFO, CONTENT_TREE.
VC Solar's plug-ins look for a layer named SolarBuildings. VC Map resolves a relative ``url`` against its own page.

All modules of a portal share their names: each is made of the format and the dataset, but for SolarBuildings, of which
a portal takes one.
"""

from __future__ import annotations

from typing import Any

from twin.export.beside.attributes import SHADOW, Attribute, attributes_of
from twin.export.beside.conditions import irradiation_conditions, shadow_conditions, suitability_conditions
from twin.export.beside.exported import Exported
from twin.export.beside.facts import Facts
from twin.export.beside.iso19139 import record_id
from twin.export.beside.layers import SOLAR_LAYER, MapLayer, key_of, layers_of
from twin.export.beside.words import ai_words, attribution_text, title_of
from twin.export.rasters.mercator import WEB_MERCATOR
from twin.place_on_earth import METRES_A_DEGREE

STYLE_YEAR, STYLE_SUITABILITY = "einstrahlung", "eignung"
TABLE, STEPS, TREE = "tabelle", "schritte", "inhalt"


def vcmap_module(facts: Facts, exported: Exported) -> dict[str, Any]:
    """The module as JSON; no layers where VC Map reads none of the files."""
    layers = [one for one in layers_of(exported, facts.title, facts.crs) if one.crs in ("", WEB_MERCATOR)]
    if not layers:
        return {}
    shown = SHADOW if facts.kind == "shadow" else attributes_of(facts.is_part_of_year)
    # A point parts the path of an item of the tree, and of a text.
    tree, table = (_name(name, facts, exported) for name in (TREE, TABLE))
    return {
        "_id": record_id(facts, exported),
        "name": f"heliotwin {facts.title} {key_of(facts, exported)}",
        "description": title_of(facts),
        "properties": {"attribution": attribution_text(facts), "ki": ai_words(facts)},
        "layers": [_layer(one, number, facts, exported) for number, one in enumerate(layers)],
        "styles": _styles(facts, exported),
        "viewpoints": [_viewpoint(facts, exported)],
        "contentTree": [
            {"type": "NodeContentTreeItem", "name": tree, "title": title_of(facts)},
            *(
                {
                    "type": "LayerContentTreeItem",
                    "name": f"{tree}.{one.name}",
                    "layerName": _layer_name(one, facts, exported),
                    "title": one.title,
                }
                for one in layers
            ),
        ],
        "featureInfo": [_table(shown, facts, exported)],
        "i18n": [{"name": table, "de": {table: _words(shown, "de")}, "en": {table: _words(shown, "en")}}],
    }


def _name(name: str, facts: Facts, exported: Exported) -> str:
    return f"heliotwin-{key_of(facts, exported)}-{name}"


def _layer_name(layer: MapLayer, facts: Facts, exported: Exported) -> str:
    return SOLAR_LAYER if layer.name == SOLAR_LAYER else _name(layer.name, facts, exported)


def _layer(layer: MapLayer, number: int, facts: Facts, exported: Exported) -> dict[str, Any]:
    provider = attribution_text(facts)
    out: dict[str, Any] = {
        "type": "",
        "name": _layer_name(layer, facts, exported),
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
        out["properties"]["featureInfo"] = _name(TABLE, facts, exported)
        if not exported.coloured:
            styles = _styles(facts, exported)
            out["style"] = styles[0]
            out["properties"]["availableStyles"] = [one["name"] for one in styles]
    elif layer.kind == "pyramid":
        out |= _wmts(layer, out["url"])
    elif layer.kind == "raster":
        out |= {"type": "COGLayer", "convertToRGB": False, "normalize": True, "interpolate": False}
    elif layer.kind == "czml":
        out["type"] = "CzmlLayer"
    else:
        out |= {
            "type": "GeoJSONLayer",
            "exclusiveGroups": [_name(STEPS, facts, exported)],
            "style": _declarative("", shadow_conditions()),
        }
        out["vectorProperties"] = {"altitudeMode": "clampToGround", "classificationType": "both"}
        out["properties"]["featureInfo"] = _name(TABLE, facts, exported)
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


def _styles(facts: Facts, exported: Exported) -> list[dict[str, Any]]:
    """Styles for tiles without colours of their own; on coloured ones Cesium would multiply both."""
    if exported.name != "3dtiles" or exported.coloured:
        return []
    return [
        _declarative(_name(STYLE_YEAR, facts, exported), irradiation_conditions(exported.legend)),
        _declarative(_name(STYLE_SUITABILITY, facts, exported), suitability_conditions()),
    ]


def _declarative(name: str, conditions: list[list[str]]) -> dict[str, Any]:
    named = {"name": name} if name else {}
    return {
        "type": "DeclarativeStyleItem",
        **named,
        "declarativeStyle": {"show": "true", "color": {"conditions": conditions}},
    }


def _viewpoint(facts: Facts, exported: Exported) -> dict[str, Any]:
    west, south, east, north = facts.bbox
    return {
        "type": "Viewpoint",
        "name": f"heliotwin {facts.title} {key_of(facts, exported)}",
        "groundPosition": [(west + east) / 2, (south + north) / 2],
        # the view stands back by the district's size
        "distance": round(max((north - south) * METRES_A_DEGREE, 300.0) * 1.2),
        "heading": 0,
        "pitch": -45,
        "roll": 0,
        "animate": True,
    }


def _table(shown: tuple[Attribute, ...], facts: Facts, exported: Exported) -> dict[str, Any]:
    table = _name(TABLE, facts, exported)
    return {
        "type": "TableFeatureInfoView",
        "name": table,
        "attributeKeys": [one.name for one in shown],
        "keyMapping": {one.name: f"{table}.{one.name}" for one in shown},
    }


def _words(shown: tuple[Attribute, ...], language: str) -> dict[str, str]:
    return {one.name: one.de if language == "de" else one.en for one in shown}
