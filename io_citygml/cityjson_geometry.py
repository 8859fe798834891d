"""The geometries of one CityJSON object into the buffer: of each level of detail the finest, and each face of it once.

An object may hold several levels side by side: "2.2" counts before "2" here, 3 before 2 in ``io_citygml.selection``. At
one level it may hold a Solid beside a MultiSurface of the same faces, of which those with semantics stay.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.cityjson_faces import DEPTH, Faces, parse_faces, point_indices
from io_citygml.cityjson_place import JsonPlace
from io_citygml.cityjson_templates import Templates
from io_citygml.classify import INTERIOR_SURFACES, KINDS
from io_citygml.model import SurfaceKind
from io_citygml.repair import SkipReason
from io_citygml.rings import spans

_INSTANCE = "GeometryInstance"
_LEVEL = re.compile(r"(\d{1,2})(?:\.(\d{1,2}))?", re.ASCII)
# Two geometries of one object write the same corner to the millimetre.
_CORNER_DECIMALS = 3

Level = tuple[int, int]


class GeometryReader:
    """Appends the surfaces of objects to a buffer, over one list of vertices."""

    def __init__(self, vertices: NDArray[np.float64], templates: Templates, place: JsonPlace) -> None:
        """``vertices`` (V, 3) are coordinates [units of the reference system]."""
        self.buffer = place.buffer
        self.place = place
        self.vertices = vertices
        self.templates = templates
        self.used = np.zeros(len(vertices), dtype=bool)
        """(V,) whether any geometry refers to a vertex."""

    def read(self, geometries: list[dict[str, Any]], object_id: str, owner: int) -> None:
        """Append the surfaces of an object's geometries; those that repeat others or come finer are marked."""
        readable: list[tuple[dict[str, Any], Level]] = []
        for geometry in geometries:
            shape = self.templates.geometry(geometry, object_id) if geometry.get("type") == _INSTANCE else geometry
            kind = str(shape.get("type"))[:40]
            if kind in DEPTH:
                readable.append((geometry, self._level(shape, object_id)))
            else:
                self.buffer.report.not_read[kind] += 1
                self.mark_used(geometry.get("boundaries"))
                if kind == "MultiPoint":
                    self._spot(geometry.get("boundaries"), owner)
        finest: dict[int, int] = {}
        for _, (major, minor) in readable:
            finest[major] = max(minor, finest.get(major, 0))
        highest = max(finest, default=0)
        best: dict[int, list[range]] = {}
        start = self._position()
        for geometry, (major, minor) in readable:
            surfaces = self._append(geometry, object_id, owner, major)
            if minor < finest[major] or major == 0 < highest:
                self.buffer.skipped.append((surfaces, SkipReason.LOWER_LOD))
            else:
                best.setdefault(major, []).append(surfaces)
        for alike in best.values():
            if len(alike) > 1:
                self._skip_repeated(alike, start)

    def _spot(self, boundaries: Any, owner: int) -> None:
        """Note where an object stands that is drawn as one point."""
        index = [vertex for vertex in point_indices(boundaries) if 0 <= vertex < len(self.vertices)]
        if len(index) == 1:
            self.buffer.add_spot(owner, self.vertices[index[0]])

    def mark_used(self, boundaries: Any) -> None:
        """Note the vertices of a geometry that is not read."""
        index = [vertex for vertex in point_indices(boundaries) if 0 <= vertex < len(self.used)]
        self.used[index] = True

    def _level(self, shape: dict[str, Any], object_id: str) -> Level:
        """Level of detail as (major, minor): "2.2" is (2, 2), "2" is (2, 0)."""
        found = _LEVEL.fullmatch(str(shape.get("lod")))
        if found:
            return int(found[1]), int(found[2] or 0)
        level = 2 if shape.get("semantics") else 1
        self.place.defect("geometry without lod", object_id, f"taken as lod {level}")
        return level, 0

    def _append(self, geometry: dict[str, Any], object_id: str, owner: int, level: int) -> range:
        """Append the surfaces of one geometry."""
        buffer = self.buffer
        mirrored = False
        if geometry.get("type") == _INSTANCE:
            templates = self.templates
            shape = templates.geometry(geometry, object_id)
            reference = templates.reference(geometry, len(self.vertices), object_id)
            matrix = templates.matrix(geometry, object_id)
            faces = templates.faces(geometry, object_id)
            self.used[reference] = True
            buffer.add_template(templates.points(faces, matrix, object_id), self.vertices[reference])
            mirrored = bool(np.linalg.slogdet(matrix[:3, :3]).sign < 0.0)
            faces = faces._replace(ids=[""] * len(faces.ids))  # one id for a thousand trees is none
        else:
            shape = geometry
            faces = parse_faces(geometry, len(self.vertices), object_id, self.place)
            self.used[faces.vertex] = True
            buffer.coords.frombytes(np.ascontiguousarray(self.vertices[faces.vertex]).tobytes())
        depth = DEPTH[str(shape["type"])]
        buffer.report.solids += {0: 0, 1: 1}.get(depth, len(shape["boundaries"]))
        if depth:
            buffer.solids.append(owner * 256 + level)
        buffer.ring_length.extend(faces.ring_length)
        surfaces = self._enter(faces, owner, level)
        buffer.supplements.append(surfaces)  # surfaces with and without semantics share one geometry
        if mirrored:  # a mirror turns every face inside out
            buffer.reversed.extend(surfaces)
        return surfaces

    def _enter(self, faces: Faces, owner: int, level: int) -> range:
        """Enter the faces whose points were just appended."""
        buffer = self.buffer
        # of each semantic surface its boundary surface and kind; the last entry, at -1, is for faces without
        boundary_of, kind_of = [-1] * (len(faces.labels) + 1), [int(SurfaceKind.OTHER)] * (len(faces.labels) + 1)
        for semantic in dict.fromkeys(faces.semantic):
            if semantic >= 0:
                label = faces.labels[semantic]
                boundary_of[semantic], kind_of[semantic] = (
                    len(buffer.boundary_ids),
                    int(KINDS.get(label, SurfaceKind.OTHER)),
                )
                buffer.boundary_ids.append(faces.ids[semantic])
                buffer.report.boundary_surfaces[label] += 1
        surfaces = buffer.add_surfaces(
            faces.ring_count,
            [boundary_of[semantic] for semantic in faces.semantic],
            bytes([kind_of[semantic] for semantic in faces.semantic]),
            (owner, level, self.place.line),
        )
        interior = {number for number, label in enumerate(faces.labels) if label in INTERIOR_SURFACES}
        if interior:
            self._skip([semantic in interior for semantic in faces.semantic], surfaces, SkipReason.INTERIOR)
        if any(faces.nested):
            self._skip(faces.nested, surfaces, SkipReason.NESTED_SHELL)
        return surfaces

    def _skip(self, where: list[bool], surfaces: range, reason: SkipReason) -> None:
        self.buffer.skipped += [
            (range(surface, surface + 1), reason) for surface, out in zip(surfaces, where, strict=True) if out
        ]

    def _position(self) -> tuple[int, int, int]:
        buffer = self.buffer
        return buffer.n_surfaces, len(buffer.ring_length), len(buffer.coords)

    def _skip_repeated(self, geometries: list[range], start: tuple[int, int, int]) -> None:
        """Leave out faces that an earlier geometry of the level gave, or the earlier one where only this one has
        semantics. Two faces are the same where they have the same corners."""
        surface, ring, value = start
        buffer = self.buffer
        coords = np.array(buffer.coords[value:]).reshape(-1, 3)
        used = buffer.templates(slice(value // 3, len(buffer.coords) // 3))
        coords[spans(used.first - value // 3, used.length)] += np.repeat(used.anchor, used.length, axis=0)
        corners = np.round(coords, _CORNER_DECIMALS)
        length = np.array(buffer.ring_length[ring:], dtype=np.int64)
        first_ring = np.concatenate([[0], np.cumsum(np.array(buffer.ring_count[surface:], dtype=np.int64))])
        first_point = np.concatenate([[0], np.cumsum(length)])[first_ring]
        known: dict[frozenset[tuple[float, ...]], int] = {}
        for surfaces in geometries:
            new: dict[frozenset[tuple[float, ...]], int] = {}
            for number in surfaces:
                points = corners[first_point[number - surface] : first_point[number - surface + 1]]
                face = frozenset(map(tuple, points.tolist()))
                before = known.get(face)
                if before is None:
                    new[face] = number
                    continue
                dropped = number
                if buffer.boundary[before] < 0 <= buffer.boundary[number]:
                    dropped, known[face] = before, number
                buffer.skipped.append((range(dropped, dropped + 1), SkipReason.REPEATED_IN_SOLID))
            known.update(new)
