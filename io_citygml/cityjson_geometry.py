"""CityJSON boundaries to surfaces: nested lists of vertex indices, with semantics nested the same way one level less.

https://www.cityjson.org/specs/2.0.1/#geometry-objects: a MultiSurface is a list of surfaces, a Solid a list of shells,
a MultiSolid a list of solids; a surface is a list of rings, a ring a list of indices without the closing one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.errors import CityModelError
from io_citygml.model import SurfaceKind
from io_citygml.repair import Defect, SkipReason

# How many lists lie around the surfaces of a geometry.
_DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}
_KINDS = {
    "RoofSurface": SurfaceKind.ROOF,
    "WallSurface": SurfaceKind.WALL,
    "GroundSurface": SurfaceKind.GROUND,
    "ClosureSurface": SurfaceKind.CLOSURE,
    "OuterCeilingSurface": SurfaceKind.OUTER_CEILING,
    "OuterFloorSurface": SurfaceKind.OUTER_FLOOR,
    "Window": SurfaceKind.WINDOW,
    "Door": SurfaceKind.DOOR,
}
_INTERIOR = frozenset({"InteriorWallSurface", "FloorSurface", "CeilingSurface"})


def level(geometry: dict[str, Any]) -> tuple[int, int]:
    """Level of detail as (major, minor): "2.2" is (2, 2), "2" is (2, 0), without a usable one (0, 0)."""
    major, _, minor = str(geometry.get("lod", "0")).partition(".")
    return (int(major) if major.isdecimal() else 0, int(minor) if minor.isdecimal() else 0)


def has_surfaces(geometry: dict[str, Any]) -> bool:
    """Whether a geometry is of a type that this reader reads."""
    return str(geometry.get("type")) in _DEPTH


class GeometryReader:
    """Appends the surfaces of geometries to a buffer."""

    def __init__(self, buffer: SurfaceBuffer, vertices: NDArray[np.float64], file: str) -> None:
        self.buffer = buffer
        self.vertices = vertices
        self.file = file

    def read(self, geometry: dict[str, Any], object_id: str, owner: int, lower_lod: bool) -> None:
        """Append the surfaces of one geometry of an object; leave them out where it has a higher level of detail."""
        kind = str(geometry.get("type"))
        depth = _DEPTH.get(kind)
        buffer = self.buffer
        if depth is None:
            buffer.report.not_read[kind] += 1
            return
        major = min(level(geometry)[0], 255)
        if not geometry.get("lod"):
            self._defect("geometry without lod", object_id, "taken as lod 0")
        buffer.report.solids += {0: 0, 1: 1}.get(depth, len(geometry.get("boundaries") or []))
        semantics = geometry.get("semantics") or {}
        if not isinstance(semantics, dict):
            raise self._error("semantics is not an object", object_id)
        labels = self._labels(semantics, object_id)
        first_boundary: dict[int, int] = {}
        try:
            surfaces = list(_surfaces(geometry["boundaries"], semantics.get("values"), depth))
            self._coordinates([ring for rings, _ in surfaces for ring in rings], object_id)
        except (KeyError, TypeError, IndexError) as error:
            problem = f"the boundaries of a {kind} are missing or nested wrongly ({error})"
            raise self._error(problem, object_id) from error
        if _leaves(semantics.get("values")) > len(surfaces):
            self._defect("semantics do not fit the boundaries", object_id, "more values than surfaces: those ignored")
        first = buffer.n_surfaces
        for rings, value in surfaces:
            label = self._label_of(value, labels, object_id)
            boundary = -1
            if label is not None and value is not None:
                boundary = first_boundary.setdefault(value, len(buffer.boundary_ids))
                if boundary == len(buffer.boundary_ids):
                    buffer.boundary_ids.append("")
                    buffer.report.boundary_surfaces[label] += 1
            code = int(_KINDS.get(label or "", SurfaceKind.OTHER))
            surface = buffer.add_surface(len(rings), (owner, boundary, code, major), 0)
            if label in _INTERIOR:
                buffer.skipped.append((range(surface, surface + 1), SkipReason.INTERIOR))
        added = range(first, buffer.n_surfaces)
        buffer.supplements.append(added)  # surfaces with and without semantics share one geometry
        if lower_lod:
            buffer.skipped.append((added, SkipReason.LOWER_LOD))

    def _coordinates(self, rings: list[list[int]], object_id: str) -> None:
        """Append closed rings to the buffer."""
        buffer = self.buffer
        closed = [ring + ring[:1] for ring in rings]
        points = [point for ring in closed for point in ring]
        if not set(map(type, points)) <= {int}:
            raise self._error("a vertex index is not an integer", object_id)
        index = np.array(points)
        if index.size and index.dtype.kind not in "iu":
            raise self._error("a vertex index is beyond all bounds", object_id)
        if index.size and (index.min() < 0 or index.max() >= len(self.vertices)):
            beyond = int(index.max() if index.max() >= len(self.vertices) else index.min())
            raise self._error(f"vertex {beyond} does not exist (there are {len(self.vertices)})", object_id)
        buffer.coords.frombytes(self.vertices[index.astype(np.int64)].tobytes())
        buffer.ring_length.extend(map(len, closed))

    def _labels(self, semantics: dict[str, Any], object_id: str) -> list[str]:
        try:
            return [str(surface["type"]) for surface in semantics.get("surfaces", [])]
        except (KeyError, TypeError) as error:
            raise self._error(f"a semantic surface has no type ({error})", object_id) from error

    def _label_of(self, value: object, labels: list[str], object_id: str) -> str | None:
        """Class of a surface by its entry in the semantics' values."""
        if value is None:
            return None
        if isinstance(value, int) and 0 <= value < len(labels):
            return labels[value]
        what = "no entry" if value is _MISSING else f"entry {value!r}"
        self._defect("semantics do not fit the boundaries", object_id, f"{what}: classified without")
        return None

    def _defect(self, kind: str, object_id: str, action: str) -> None:
        self.buffer.report.add(Defect(kind, object_id, "", self.file, 0, 0.0, action))

    def _error(self, problem: str, object_id: str) -> CityModelError:
        return CityModelError(problem, file=self.file, gml_id=object_id, remedy="Correct the object in the file")


_MISSING: Any = object()
"""In place of a semantic value that the list is too short for."""


def _leaves(values: Any) -> int:
    """Number of entries in nested lists."""
    return sum(map(_leaves, values)) if isinstance(values, list) else 1


def _surfaces(boundaries: list[Any], values: Any, depth: int) -> Iterator[tuple[list[list[int]], Any]]:
    """Surfaces with their semantic value: None without semantics, _MISSING where the values are too few."""
    for number, part in enumerate(boundaries):
        value = values
        if isinstance(values, list):
            value = values[number] if number < len(values) else _MISSING
        if depth:
            yield from _surfaces(part, value, depth - 1)
        else:
            if not part:
                raise TypeError("a surface without rings")
            yield part, value
