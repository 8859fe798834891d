"""GML geometry to coordinates: walks the elements below a geometry property and appends every polygon it meets.

Read are Polygon and the surface patches, in Multi- and CompositeSurface, Solid, OrientableSurface and their
collections, with posList, pos, pointProperty or (GML 2) coordinates. A reference (xlink:href) adds no polygon: it is
remembered, to be resolved when its object is complete, so a solid made of xlinks never counts a face twice.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lxml import etree

from io_citygml.buffers import SurfaceBuffer
from io_citygml.errors import CityModelError
from io_citygml.gml_tags import GML, HREF, ID, ID_32, Profile, Shape, local_name

_POS_LIST = f"{{{GML}}}posList"
_POS = f"{{{GML}}}pos"
_COORDINATES = f"{{{GML}}}coordinates"
_POINTS = frozenset({f"{{{GML}}}pointProperty", f"{{{GML}}}pointRep"})
_EXTERIOR = frozenset({f"{{{GML}}}exterior", f"{{{GML}}}outerBoundaryIs"})
_INTERIOR = frozenset({f"{{{GML}}}interior", f"{{{GML}}}innerBoundaryIs"})


class Reference(NamedTuple):
    """An xlink met in a geometry, waiting for its object to be complete."""

    target: str
    reversed: bool
    line: int
    boundary: int
    kind: int
    owner: int


class Place(NamedTuple):
    """What a geometry belongs to."""

    owner: int
    boundary: int
    kind: int
    lod: int


class GeometryReader:
    """Appends the polygons of geometries to a buffer, and keeps the ids and references of the current object."""

    def __init__(self, buffer: SurfaceBuffer, profile: Profile, file: str) -> None:
        self.buffer = buffer
        self.shapes = profile.shapes
        self.file = file
        self.ids: dict[str, tuple[int, int]] = {}
        self.references: list[Reference] = []
        self.srs_names: dict[str, int] = {}
        self._place = Place(0, -1, 0, 0)
        self._dimension = 3

    def begin(self) -> None:
        """A new top-level object: ids and references of the last one are done with."""
        self.ids.clear()
        self.references.clear()

    def read(self, geometry: etree._Element, place: Place) -> range:
        """Append the polygons below a geometry property; the range of their surface indices."""
        self._place = place
        first = self.buffer.n_surfaces
        href = geometry.get(HREF)
        if href is not None:
            self._refer(geometry, href, False)
        self._walk(geometry, False)
        return range(first, self.buffer.n_surfaces)

    def _walk(self, parent: etree._Element, turned: bool) -> None:
        for element in parent:
            shape = self.shapes.get(element.tag)
            if shape is None:
                continue
            if shape == Shape.MEMBER:
                href = element.get(HREF)
                if href is None:
                    self._walk(element, turned)
                else:
                    self._refer(element, href, turned)
            elif shape == Shape.POLYGON:
                self._polygon(element, turned)
            else:
                self._collection(element, shape, turned)

    def _collection(self, element: etree._Element, shape: Shape, turned: bool) -> None:
        self._srs(element)
        outer = self._dimension
        dimension = element.get("srsDimension")
        if dimension is not None:
            self._dimension = self._number_of_axes(element, dimension)
        if shape == Shape.SOLID:
            self.buffer.report.solids += 1
        elif shape == Shape.ORIENTABLE and element.get("orientation") == "-":
            turned = not turned
        first = self.buffer.n_surfaces
        self._walk(element, turned)
        self._dimension = outer
        gml_id = element.get(ID) or element.get(ID_32)
        if gml_id is not None:
            self.ids[gml_id] = (first, self.buffer.n_surfaces)

    def _refer(self, element: etree._Element, href: str, turned: bool) -> None:
        place = self._place
        self.references.append(
            Reference(href, turned, element.sourceline or 0, place.boundary, place.kind, place.owner)
        )

    def _srs(self, element: etree._Element) -> None:
        name = element.get("srsName")
        if name is not None and name not in self.srs_names:
            self.srs_names[name] = element.sourceline or 0

    def _number_of_axes(self, element: etree._Element, text: str) -> int:
        if text not in ("2", "3"):
            raise self._error(element, f"srsDimension {text!r} is neither 2 nor 3", "Correct the attribute")
        return int(text)

    def _polygon(self, polygon: etree._Element, turned: bool) -> None:
        buffer = self.buffer
        outer = self._dimension
        dimension = polygon.get("srsDimension")
        if dimension is not None:
            self._dimension = self._number_of_axes(polygon, dimension)
        rings = 0
        for boundary in polygon:
            tag = boundary.tag
            if tag in _EXTERIOR or tag in _INTERIOR:
                for ring in boundary.iterchildren(etree.Element):
                    self._ring(ring)
                    rings += 1
                    break
        self._dimension = outer
        if not rings:
            buffer.ring_length.append(0)
            rings = 1
        place = self._place
        surface = buffer.add_surface(
            rings, place.owner, place.boundary, place.kind, place.lod, polygon.sourceline or 0
        )
        if turned:
            buffer.reversed.append(surface)
        gml_id = polygon.get(ID) or polygon.get(ID_32)
        if gml_id is not None:
            self.ids[gml_id] = (surface, surface + 1)
        self._srs(polygon)

    def _ring(self, ring: etree._Element) -> None:
        """Append the points of a ring, its closing point included."""
        buffer = self.buffer
        before = len(buffer.coords)
        for element in ring:
            tag = element.tag
            if tag == _POS_LIST or tag == _POS:
                self._numbers(element, _text(element).split(), element.get("srsDimension"))
            elif tag == _COORDINATES:
                self._coordinates(element)
            elif tag in _POINTS:
                for position in element.iter(_POS):
                    self._numbers(position, _text(position).split(), position.get("srsDimension"))
        buffer.ring_length.append((len(buffer.coords) - before) // 3)

    def _numbers(self, element: etree._Element, tokens: list[str], dimension: str | None) -> None:
        axes = self._dimension if dimension is None else self._number_of_axes(element, dimension)
        if axes == 2:
            # a ring in plan has no place in space: it stays without points, and its polygon is left out and counted
            return
        if len(tokens) % 3:
            raise self._error(
                element,
                f"{local_name(str(element.tag))} holds {len(tokens)} numbers, not a multiple of 3",
                "Correct the coordinates in the file",
            )
        try:
            self.buffer.coords.extend(map(float, tokens))
        except ValueError as error:
            raise self._error(element, f"a coordinate is not a number ({error})", "Correct the file") from error

    def _coordinates(self, element: etree._Element) -> None:
        """GML 2: tuples separated by ``ts``, numbers by ``cs`` (by default blank and comma)."""
        decimal, comma, blank = (element.get(name, usual) for name, usual in (("decimal", "."), ("cs", ","), ("ts", " ")))
        text = _text(element)
        text = text.replace(blank, " ").replace(comma, " ")
        self._numbers(element, text.replace(decimal, ".").split(), None)

    def _error(self, element: etree._Element, problem: str, remedy: str) -> CityModelError:
        node: Any = element
        gml_id = ""
        while node is not None and not gml_id:
            gml_id = node.get(ID) or node.get(ID_32) or ""
            node = node.getparent()
        return CityModelError(problem, file=self.file, line=element.sourceline or 0, gml_id=gml_id, remedy=remedy)


def _text(element: etree._Element) -> str:
    """Text of an element, also where a comment interrupts it."""
    text = element.text or ""
    return text + "".join(child.tail or "" for child in element) if len(element) else text
