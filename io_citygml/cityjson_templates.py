"""Geometry templates: one tree drawn once, and placed a thousand times by a matrix and a reference point.

https://www.cityjson.org/specs/2.0.1/#geometry-templates. A point of an instance is M · (template vertex) + reference
point; M is 4 × 4, given row by row; template vertices are metres and know no transform.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from io_citygml.cityjson_faces import DEPTH, Faces, parse_faces
from io_citygml.cityjson_place import JsonPlace
from io_citygml.cityjson_vertices import finite_numbers, read_vertices

# A file of a hundred kilobytes can ask for a thousand copies of a thousand faces; this many points are half a gigabyte.
MAX_POINTS = 20_000_000
_REMEDY = "Correct the geometry-templates in the file"


class Templates:
    """The geometry templates of one document, each parsed when it is first used."""

    def __init__(self, raw: Any, place: JsonPlace) -> None:
        """``raw`` is the document's member "geometry-templates". Raises CityModelError where it is malformed."""
        self.place = place
        self._faces: dict[int, Faces] = {}
        self._points = 0
        if raw is None:
            raw = {}
        if not isinstance(raw, dict):
            raise place.error("geometry-templates is not an object", remedy=_REMEDY)
        self.geometries = raw.get("templates") or []
        if not isinstance(self.geometries, list) or not all(isinstance(item, dict) for item in self.geometries):
            raise place.error("the templates of geometry-templates are not a list of objects", remedy=_REMEDY)
        self.vertices, _ = read_vertices(raw.get("vertices-templates") or [], "vertices-templates", place)

    def geometry(self, instance: dict[str, Any], object_id: str) -> dict[str, Any]:
        """The template that a GeometryInstance names. Raises CityModelError where there is none."""
        number = instance.get("template")
        if type(number) is not int or not 0 <= number < len(self.geometries):
            problem = f"template {str(number)[:40]} does not exist (there are {len(self.geometries)})"
            raise self.place.error(problem, object_id)
        geometry: dict[str, Any] = self.geometries[number]
        if geometry.get("type") == "GeometryInstance":
            raise self.place.error(f"template {number} is itself a GeometryInstance", object_id)
        return geometry

    def faces(self, instance: dict[str, Any], object_id: str) -> Faces:
        """The surfaces of the template of an instance; the template's type is in DEPTH."""
        number = int(instance["template"])
        if number not in self._faces:
            geometry = self.geometry(instance, object_id)
            if geometry["type"] not in DEPTH:
                raise ValueError(f"a template of type {geometry['type']}")
            self._faces[number] = parse_faces(geometry, len(self.vertices), object_id, self.place)
        return self._faces[number]

    def reference(self, instance: dict[str, Any], n_vertices: int, object_id: str) -> int:
        """Index of the vertex at which an instance stands. Raises CityModelError where there is no such one."""
        boundaries = instance.get("boundaries")
        if not isinstance(boundaries, list) or len(boundaries) != 1 or type(boundaries[0]) is not int:
            raise self.place.error("the boundaries of a GeometryInstance are not one vertex index", object_id)
        if not 0 <= boundaries[0] < n_vertices:
            problem = f"vertex {boundaries[0]} does not exist (there are {n_vertices})"
            raise self.place.error(problem, object_id)
        return int(boundaries[0])

    def matrix(self, instance: dict[str, Any], object_id: str) -> NDArray[np.float64]:
        """(4, 4) transformation of an instance. Raises CityModelError where it is not affine, row by row."""
        numbers = finite_numbers(instance.get("transformationMatrix"), 16)
        if numbers is None:
            raise self.place.error("transformationMatrix is not 16 finite numbers", object_id)
        matrix = numbers.reshape(4, 4)
        if not np.array_equal(matrix[3], (0.0, 0.0, 0.0, 1.0)):
            problem = "the last row of transformationMatrix is not 0 0 0 1"
            raise self.place.error(problem, object_id, "Write the matrix row by row, the shift in every fourth number")
        return matrix

    def points(self, faces: Faces, matrix: NDArray[np.float64], object_id: str) -> NDArray[np.float64]:
        """(I, 3) points of a template in use, about the vertex at which it stands [m].

        Raises CityModelError where all instances of the file together have more than MAX_POINTS points.
        """
        self._points += len(faces.vertex)
        if self._points > MAX_POINTS:
            problem = f"the instances of geometry templates have more than {MAX_POINTS:,} points"
            raise self.place.error(problem, object_id, "Split the file")
        with np.errstate(over="ignore", invalid="ignore"):
            return self.vertices[faces.vertex] @ matrix[:3, :3].T + matrix[:3, 3]
