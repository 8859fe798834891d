"""What CityJSON 2.0 asks of a document (https://www.cityjson.org/specs/2.0.1/), checked without any code of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_DEPTH = {"MultiSurface": 2, "CompositeSurface": 2, "Solid": 3, "MultiSolid": 4, "CompositeSolid": 4}
_ROOT = {"type", "version", "transform", "CityObjects", "vertices", "metadata", "extensions", "appearance"}
_ROOT |= {"geometry-templates"}
_LODS = {f"{major}{minor}" for major in "0123" for minor in ("", ".0", ".1", ".2", ".3")}
_STANDING = {"Building", "Bridge", "Tunnel", "OtherConstruction", "CityFurniture", "CityObjectGroup", "LandUse"}
_STANDING |= {"PlantCover", "SolitaryVegetationObject", "TINRelief", "WaterBody", "Waterway", "Road", "Railway"}
_STANDING |= {"TransportSquare", "GenericCityObject"}
_NESTED = {f"{family}{part}" for family in ("Building", "Bridge", "Tunnel")
           for part in ("Part", "Installation", "ConstructiveElement", "Furniture")}  # fmt: skip
_NESTED |= {"BuildingRoom", "BuildingStorey", "BuildingUnit", "BridgeRoom", "TunnelHollowSpace"}
_SURFACES = {"RoofSurface", "GroundSurface", "WallSurface", "ClosureSurface", "OuterCeilingSurface"}
_SURFACES |= {"OuterFloorSurface", "Window", "Door", "InteriorWallSurface", "CeilingSurface", "FloorSurface"}


def faults(document: dict[str, Any]) -> list[str]:
    """Every breach of a rule, in words; none where the document is as it should be."""
    of_objects = [fault for key in document["CityObjects"] for fault in _object(document, key)]
    return [*_root(document), *of_objects, *_vertices(document)]


def _root(document: dict[str, Any]) -> Iterator[str]:
    if document.get("type") != "CityJSON" or document.get("version") != "2.0":
        yield "type or version"
    if unknown := document.keys() - _ROOT:
        yield f"root members {unknown}"
    transform = document.get("transform", {})
    if set(transform) != {"scale", "translate"} or any(len(transform[name]) != 3 for name in transform):
        yield "transform"
    system = document.get("metadata", {}).get("referenceSystem", "")
    if system and not system.startswith("https://www.opengis.net/def/crs/"):
        yield f"referenceSystem {system}"
    if not all(len(v) == 3 and all(type(c) is int for c in v) for v in document["vertices"]):
        yield "a vertex is not three whole numbers"


def _object(document: dict[str, Any], key: str) -> Iterator[str]:
    objects, item = document["CityObjects"], document["CityObjects"][key]
    kind = item["type"]
    if kind not in _STANDING | _NESTED:
        yield f"{key}: type {kind}"
    if (kind in _NESTED) != bool(item.get("parents")):
        yield f"{key}: {kind} with parents {item.get('parents')}"
    for name, back in (("parents", "children"), ("children", "parents")):
        for other in item.get(name, []):
            if key not in objects.get(other, {}).get(back, []):
                yield f"{key}: {name} {other} does not name it"
    for geometry in item["geometry"]:
        yield from _geometry(document, key, geometry)


def _geometry(document: dict[str, Any], key: str, geometry: dict[str, Any]) -> Iterator[str]:
    if geometry["type"] not in _DEPTH or geometry["lod"] not in _LODS:
        yield f"{key}: {geometry['type']} lod {geometry['lod']}"
    for ring in rings(geometry):
        if len(ring) < 3 or any(a == b for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)):
            yield f"{key}: ring {ring}"
        if not all(0 <= v < len(document["vertices"]) for v in ring):
            yield f"{key}: a vertex that does not exist"
    semantics = geometry.get("semantics")
    if semantics is None or geometry["type"] not in ("MultiSurface", "CompositeSurface"):
        return
    if len(semantics["values"]) != len(geometry["boundaries"]):
        yield f"{key}: {len(semantics['values'])} values for {len(geometry['boundaries'])} faces"
    if any(value is not None and not 0 <= value < len(semantics["surfaces"]) for value in semantics["values"]):
        yield f"{key}: a value names no semantic surface"
    for surface in semantics["surfaces"]:
        if surface["type"] not in _SURFACES:
            yield f"{key}: semantic {surface['type']}"


def rings(geometry: dict[str, Any]) -> Iterator[list[int]]:
    """Every ring of a geometry."""
    stack = [(geometry["boundaries"], _DEPTH[geometry["type"]])]
    while stack:
        part, depth = stack.pop()
        if depth:
            stack += [(inner, depth - 1) for inner in part]
        else:
            yield part


def _vertices(document: dict[str, Any]) -> Iterator[str]:
    vertices = document["vertices"]
    if len({tuple(vertex) for vertex in vertices}) < len(vertices):
        yield "a vertex stands twice"
    used = {
        vertex
        for item in document["CityObjects"].values()
        for geometry in item["geometry"]
        for ring in rings(geometry)
        for vertex in ring
    }
    if len(used) < len(vertices):
        yield f"{len(vertices) - len(used)} vertices are not used"
