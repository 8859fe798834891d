"""Entries for Masterportal 3: services.json, the layers of config.json, and style.json for tiles and shadows.

Sources: Masterportal documentation (docs/User: services.json, style.json and config.json) and its code
(layer3dTileset.js, layer2dRasterGeoTiff.js, layer2dRasterWmts.js): a rule of a tileset is flat, a range [min, max] is
min < value ≤ max, and the colours of a style multiply those of the tiles.
"""

from __future__ import annotations

import math
from typing import Any

from twin.export.beside.attributes import SHADOW, attributes_of
from twin.export.beside.conditions import ANNUAL, SHADOW_OPACITY, rgba, steps_between
from twin.export.beside.exported import Exported
from twin.export.beside.facts import Facts
from twin.export.beside.iso19139 import record_id
from twin.export.beside.layers import MapLayer, key_of, layers_of
from twin.export.beside.words import attribution_text, title_of
from twin.export.rasters.mercator import WEB_MERCATOR
from twin.export.tiles.properties import NO_NUMBER
from twin.export.vectors.classes import NO_VALUE_COLOUR, Step, rgb, shadows

STYLE_YEAR, STYLE_SHADOW = "einstrahlung", "schatten"
# Beyond every value: ranges have two ends.
FAR = 1_000_000.0


def services(facts: Facts, exported: Exported) -> list[dict[str, Any]]:
    """Entries of services.json; CZML is not read by Masterportal."""
    layers = [one for one in layers_of(exported, facts.title, facts.crs) if one.kind != "czml"]
    return [_service(one, facts, exported) for one in layers]


def layer_config(facts: Facts, exported: Exported) -> dict[str, Any]:
    """The part ``layerConfig`` of config.json that shows them."""
    elements = [
        {"id": entry["id"], "visibility": number == 0, **({"styleId": entry["styleId"]} if "styleId" in entry else {})}
        for number, entry in enumerate(services(facts, exported))
    ]
    return {"subjectlayer": {"elements": [{"type": "folder", "name": title_of(facts), "elements": elements}]}}


def styles(facts: Facts, exported: Exported) -> list[dict[str, Any]]:
    """Entries of style.json; tiles with colours of their own need none."""
    if exported.name == "3dtiles" and not exported.coloured:
        return [{"styleId": _id(STYLE_YEAR, facts, exported), "rules": _tile_rules(exported.legend)}]
    if exported.name == "geojson":
        return [{"styleId": _id(STYLE_SHADOW, facts, exported), "rules": _shadow_rules()}]
    return []


def _id(name: str, facts: Facts, exported: Exported) -> str:
    """An id that no other export into the same portal has."""
    return f"heliotwin-{key_of(facts, exported)}-{name}"


def _service(layer: MapLayer, facts: Facts, exported: Exported) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": _id(layer.name, facts, exported),
        "name": layer.title,
        "layerAttribution": attribution_text(facts),
        "gfiTheme": "default",
        "datasets": [
            {
                "md_id": record_id(facts, exported),
                "md_name": title_of(facts),
                "bbox": ",".join(f"{value:.6f}" for value in facts.bbox),
                "kategorie_opendata": ["Energie", "Umwelt"],
                "kategorie_organisation": facts.publisher.organisation,
            }
        ],
    }
    url = facts.publisher.address_of(layer.path)
    legend = facts.publisher.address_of(layer.legend) if layer.legend else False
    if layer.kind == "tileset":
        out |= {
            "typ": "TileSet3D",
            "url": url,
            "gfiAttributes": {one.name: one.de for one in attributes_of(facts.is_part_of_year)},
            "legend": legend,
            "cesium3DTilesetOptions": {"maximumScreenSpaceError": 16},
        }
        return out if exported.coloured else out | {"styleId": _id(STYLE_YEAR, facts, exported)}
    if layer.kind == "geojson":
        gfi = {one.name: one.de for one in SHADOW}
        style = _id(STYLE_SHADOW, facts, exported)
        return out | {"typ": "GeoJSON", "url": url, "gfiAttributes": gfi, "legend": True, "styleId": style}
    out |= {"gfiAttributes": "ignore", "legend": legend}
    if layer.kind == "pyramid":
        return out | _wmts(layer, url)
    out |= {"typ": "GeoTiff", "crs": layer.crs, "urls": [url]}
    if layer.is_year:
        out |= {"olSourceOptions": {"normalize": False}, "style": {"color": _ramp(steps_between(exported.legend))}}
    return out


def _wmts(layer: MapLayer, url: str) -> dict[str, Any]:
    head = f"{url}/" if url and not url.endswith("/") else url
    return {
        "typ": "WMTS",
        "urls": [f"{head}{{TileMatrix}}/{{TileCol}}/{{TileRow}}.{layer.suffix}"],
        "layer": layer.name,
        "layers": layer.name,
        "version": "1.0.0",
        "format": f"image/{layer.suffix}",
        "style": "default",
        "transparent": True,
        "tileSize": "256",
        "minScale": "0",
        "maxScale": "2500000",
        "tileMatrixSet": "GoogleMapsCompatible",
        "coordinateSystem": WEB_MERCATOR,
        "origin": [-20037508.3428, 20037508.3428],
        "resLength": str(layer.zooms[1] + 1),
        "requestEncoding": "REST",
    }


def _tile_rules(legend: tuple[float, float]) -> list[dict[str, Any]]:
    """Rules by annual irradiation; what has no value comes first, so that no range sees it."""
    rules = [_tile_rule([NO_NUMBER - 1.0, NO_NUMBER + 1.0], NO_VALUE_COLOUR, "keine Angabe")]
    for step in steps_between(legend):
        low = step.low if math.isfinite(step.low) else -1.0
        high = step.high if math.isfinite(step.high) else FAR
        rules.append(_tile_rule([low, high], step.colour, f"{step.label} kWh/m²"))
    return [*rules, {"style": {"type": "Cesium", "color": rgba(NO_VALUE_COLOUR)}}]


def _tile_rule(span: list[float], colour: str, words: str) -> dict[str, Any]:
    style = {"type": "Cesium", "color": rgba(colour), "legendValue": words}
    return {"conditions": {ANNUAL: span}, "style": style}


def _shadow_rules() -> list[dict[str, Any]]:
    return [
        {
            "conditions": {"properties": {"kind": one.value}},
            "style": {
                "polygonFillColor": [*rgb(one.colour), SHADOW_OPACITY],
                "polygonStrokeWidth": 0,
                "legendValue": one.label,
            },
        }
        for one in shadows()
    ]


def _ramp(steps: list[Step]) -> list[Any]:
    """A raster's colours as OpenLayers takes them: band 1 between the middles of classes, nothing where no value is."""
    out: list[Any] = ["interpolate", ["linear"], ["band", 1]]
    last = steps[-1].low
    for step in steps:
        low, high = max(step.low, 2 * steps[0].high - steps[1].high), min(step.high, 2 * last - steps[-2].low)
        out += [round((low + high) / 2, 3), [*rgb(step.colour), 1]]
    return ["case", ["==", ["band", 2], 0], [0, 0, 0, 0], out]
