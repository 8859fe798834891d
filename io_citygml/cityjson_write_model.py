"""A CityModel as CityJSON 2.0: one document for each file it was read from, with results as attributes.

https://www.cityjson.org/specs/2.0.1/. Every face becomes a face of a MultiSurface with a semantic surface of its own,
vertices are whole millimetres about the file's south-west corner. Written is what the model holds: each face once, in
the level of detail that counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.citygml_write import Attributes
from io_citygml.citygml_write_scan import PREFIX
from io_citygml.cityjson_write import named
from io_citygml.model import CLASS_NAME, CityModel, CityObject, SurfaceKind

SCALE_M = 0.001
_TYPES = {
    "Room": "BuildingRoom",
    "Storey": "BuildingStorey",
    "IntBuildingInstallation": "BuildingInstallation",
    "IntBridgeInstallation": "BridgeInstallation",
    "IntTunnelInstallation": "TunnelInstallation",
    "BridgeConstructionElement": "BridgeConstructiveElement",
    "HollowSpace": "TunnelHollowSpace",
    "Square": "TransportSquare",
    "TransportationComplex": "TransportSquare",
}
"""What CityGML calls otherwise."""
_BUILT = ("Building", "Bridge", "Tunnel")
_INSIDE = ["Part", "Installation", "ConstructiveElement", "Furniture", "Room", "Storey", "Unit", "HollowSpace"]
"""Ends of the types that only stand in a Building, Bridge or Tunnel."""
_STANDING = frozenset(
    {*_BUILT, "OtherConstruction", "CityFurniture", "LandUse", "PlantCover", "SolitaryVegetationObject", "TINRelief"}
    | {"WaterBody", "Waterway", "Road", "Railway", "TransportSquare", "GenericCityObject"}
)
_HIGHEST_LOD = 3
# The schema's own attributes: what reads as this type stays, the rest is text.
_WHOLE = frozenset({"storeysBelowGround"})
_LISTS = frozenset({"storeyHeightsAboveGround", "storeyHeightsBelowGround"})


class Written(NamedTuple):
    """A document, and what of the model is not in it."""

    document: dict[str, Any]
    left_out: int
    """Faces that have fewer than three corners at a millimetre."""


def cityjson_of(
    model: CityModel,
    file: int,
    object_attributes: Callable[[int], Attributes | None],
    surface_attributes: Callable[[int], Attributes | None],
    title: str,
) -> Written:
    """CityJSON 2.0 of the objects that a model has from one of its files.

    ``object_attributes`` and ``surface_attributes`` are asked with indices into the model's objects and surfaces.
    """
    members = [index for index, item in enumerate(model.objects) if item.file == file]
    rows = np.flatnonzero(np.isin(model.object, np.array(members, np.int64)))
    vertices = _Vertices(model, rows)
    of_object: dict[int, list[int]] = defaultdict(list)
    for row in rows.tolist():
        of_object[int(model.object[row])].append(row)
    types = _types_of(model, members)
    content: dict[str, dict[str, Any]] = {}
    left_out = 0
    for index in members:
        item = model.objects[index]
        built = types[index].startswith((*_BUILT, "OtherConstruction"))
        geometry, lost = _geometry(
            model, of_object[index], vertices, surface_attributes if built else None, types[index]
        )
        left_out += lost
        entry: dict[str, Any] = {"type": types[index], "geometry": geometry}
        attributes = _attributes(item, types[index]) | named(object_attributes(index))
        if attributes:
            entry["attributes"] = attributes
        if _nested(types[index]):
            parent = model.objects[item.parent].id
            entry["parents"] = [parent]
            content[parent].setdefault("children", []).append(item.id)
        content[item.id] = entry
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": _metadata(model, vertices, title),
        "transform": {"scale": [SCALE_M] * 3, "translate": vertices.corner.tolist()},
        "CityObjects": content,
        "vertices": vertices.used(),
    }
    return Written(document, left_out)


class _Vertices:
    """Corners in whole millimetres, each once, in the order of their first use."""

    def __init__(self, model: CityModel, rows: NDArray[np.intp]) -> None:
        corners = [model.coords[_span(model, row)] for row in rows.tolist()]
        self.highest = np.max([c.max(axis=0) for c in corners], axis=0) if corners else np.zeros(3)
        self.lowest = np.min([c.min(axis=0) for c in corners], axis=0) if corners else np.zeros(3)
        self.corner = np.floor(self.lowest)
        self._number: dict[tuple[int, int, int], int] = {}

    def ring(self, points: NDArray[np.float64]) -> list[int]:
        """Indices of a ring (P, 3); corners that fall together at a millimetre are one."""
        number = self._number
        found: list[int] = []
        for x, y, z in np.rint((points - self.corner) / SCALE_M).astype(np.int64).tolist():
            index = number.setdefault((x, y, z), len(number))
            if not found or found[-1] != index:
                found.append(index)
        while len(found) > 1 and found[0] == found[-1]:
            found.pop()
        return found

    def used(self) -> list[list[int]]:
        """Every corner that was asked for."""
        return [list(corner) for corner in self._number]


def _span(model: CityModel, row: int) -> slice:
    first, last = model.surface_ring[row], model.surface_ring[row + 1]
    return slice(int(model.ring_start[first]), int(model.ring_start[last]))


def _types_of(model: CityModel, members: list[int]) -> dict[int, str]:
    """CityJSON type of each object; what has none, or may not stand where it stands, is a GenericCityObject."""
    types: dict[int, str] = {}
    for index in members:
        item = model.objects[index]
        kind = _TYPES.get(item.type, item.type)
        if _nested(kind):
            above = types.get(item.parent, "")
            fits = any(kind.startswith(family) and above.startswith(family) for family in _BUILT)
            kind = kind if fits else "GenericCityObject"
        types[index] = kind if kind in _STANDING or _nested(kind) else "GenericCityObject"
    return types


def _nested(kind: str) -> bool:
    return any(kind == family + end for family in _BUILT for end in _INSIDE)


def _geometry(
    model: CityModel,
    rows: list[int],
    vertices: _Vertices,
    attributes: Callable[[int], Attributes | None] | None,
    kind: str,
) -> tuple[list[dict[str, Any]], int]:
    """One geometry for each level of detail of an object, and the number of faces left out; semantics where asked."""
    by_lod: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_lod[min(int(model.lod[row]), _HIGHEST_LOD)].append(row)
    out: list[dict[str, Any]] = []
    left_out = 0
    for lod, faces in sorted(by_lod.items()):
        boundaries: list[list[list[int]]] = []
        surfaces: list[dict[str, Any]] = []
        values: list[int | None] = []
        for row in faces:
            rings = [vertices.ring(points) for points in _rings(model, row)]
            if len(rings[0]) < 3:
                left_out += 1
                continue
            boundaries.append([rings[0], *(ring for ring in rings[1:] if len(ring) >= 3)])
            surface = SurfaceKind(int(model.kind[row]))
            values.append(None if surface == SurfaceKind.OTHER else len(surfaces))
            if surface != SurfaceKind.OTHER and attributes is not None:
                surfaces.append({"type": CLASS_NAME[surface], "id": model.surface_id[row], **named(attributes(row))})
        if not boundaries:
            continue
        geometry: dict[str, Any] = {
            "type": "CompositeSurface" if kind == "TINRelief" else "MultiSurface",
            "lod": str(lod),
            "boundaries": boundaries,
        }
        if surfaces:
            geometry["semantics"] = {"surfaces": surfaces, "values": values}
        out.append(geometry)
    return out, left_out


def _rings(model: CityModel, row: int) -> list[NDArray[np.float64]]:
    first, last = int(model.surface_ring[row]), int(model.surface_ring[row + 1])
    return [model.coords[model.ring_start[ring] : model.ring_start[ring + 1]] for ring in range(first, last)]


def _attributes(item: CityObject, kind: str) -> dict[str, Any]:
    """An object's own attributes, those of the schema in its types."""
    out: dict[str, Any] = {}
    for name, value in item.attributes.items():
        if name.startswith(PREFIX):
            continue
        if kind.startswith(_BUILT) and name in _WHOLE | _LISTS:
            number = _numbers(str(value), int if name in _WHOLE else float)
            if number:
                out[name] = number if name in _LISTS else number[0]
            continue
        out[name] = str(value) if name in ("class", "usage") else value
    for name, own in (
        ("function", item.function),
        ("roofType", item.roof_type),
        ("measuredHeight", item.measured_height_m),
        ("storeysAboveGround", item.storeys_above_ground),
    ):
        if own is not None:
            out[name] = own
    return out


def _numbers(text: str, number_of: type[int] | type[float]) -> list[float]:
    try:
        return [number_of(word) for word in text.split()]
    except ValueError:
        return []


def _metadata(model: CityModel, vertices: _Vertices, title: str) -> dict[str, Any]:
    """Title, extent and reference system: the horizontal one, as a URL of OGC; heights are as in the source."""
    code = model.crs.horizontal.rpartition(":")[2]
    out: dict[str, Any] = {"title": title}
    if model.n_surfaces:
        out["geographicalExtent"] = [*vertices.lowest.tolist(), *vertices.highest.tolist()]
    if code.isdigit():
        out["referenceSystem"] = f"https://www.opengis.net/def/crs/EPSG/0/{code}"
    return out
