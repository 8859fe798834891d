"""GML geometry to coordinates: walks the elements below a geometry property and appends every polygon it meets.

Read are Polygon and the surface patches, in Multi- and CompositeSurface, Solid, OrientableSurface and their
collections, with posList, pos, pointProperty or (GML 2) coordinates. A reference (xlink:href) adds no polygon: it is
remembered, to be resolved when its object is complete, so a solid made of xlinks never counts a face twice.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.errors import CityModelError
from io_citygml.gml_tags import HREF, ID, ID_32, Profile, Shape, local_name
from io_citygml.repair import SkipReason

CAVITY = -2
"""In place of a boundary surface's index: an interior shell of a solid."""
# What nearly every posList states of itself.
_IN_SPACE = [("srsDimension", "3")]
# The members of the enumerations as plain names: they are compared for every element.
_MEMBER_SHAPE, _POLYGON_SHAPE = Shape.MEMBER, Shape.POLYGON
_SOLID_SHAPE, _ORIENTABLE_SHAPE, _CAVITY_SHAPE = Shape.SOLID, Shape.ORIENTABLE, Shape.CAVITY

Place: TypeAlias = tuple[int, int, int, int]
"""What a geometry belongs to: object index, boundary surface index (or -1, or CAVITY), SurfaceKind, level of detail."""

Reference: TypeAlias = tuple[str, bool, int | None, Place]
"""An xlink waiting for its object to be complete: target, whether reversed, line, place of the referring geometry.
Plain tuples, because a solid has one for each of its faces."""


def three_numbers(text: str | None) -> NDArray[np.float64] | None:
    """The coordinates (3,) of a point in space; None for anything else."""
    try:
        values = np.array([float(token) for token in (text or "").replace(",", " ").split()])
    except ValueError:  # words: no place
        return None
    return values if len(values) == 3 else None


class GeometryReader:
    """Appends the polygons of geometries to a buffer, and keeps the ids and references of the current object."""

    def __init__(self, buffer: SurfaceBuffer, profile: Profile, file: str) -> None:
        self.buffer = buffer
        self.shapes = profile.shapes
        self._gml = profile.gml
        self._id, self._pos_list = profile.gml.id, profile.gml.pos_list
        self._only_id = [profile.gml.id]
        self.file = file
        self.ids: dict[str, tuple[int, int]] = {}
        self.references: list[Reference] = []
        self.srs_names: dict[str, int] = {}
        self._place: Place = (0, -1, 0, 0)
        self._dimension = 3

    def begin(self) -> None:
        """A new top-level object: ids and references of the last one are done with."""
        self.ids.clear()
        self.references.clear()

    def read(self, geometry: etree._Element, place: Place) -> range:
        """Append the polygons below a geometry property; the range of their surface indices."""
        self._place = place
        first = len(self.buffer.kind)
        if len(geometry):
            self._walk(geometry, False)
        elif (href := geometry.get(HREF)) is not None:
            self.references.append((href, False, geometry.sourceline, place))
        return range(first, len(self.buffer.kind))

    def _walk(self, parent: etree._Element, turned: bool) -> None:
        shape_of, references = self.shapes.get, self.references
        for element in parent:
            shape = shape_of(element.tag)
            if shape is _MEMBER_SHAPE:
                if len(element) != 1:
                    href = element.get(HREF)
                    if href is None:
                        self._walk(element, turned)
                    else:
                        references.append((href, turned, element.sourceline, self._place))
                    continue
                element = element[0]
                shape = shape_of(element.tag)
            if shape is _POLYGON_SHAPE:
                self._polygon(element, turned)
            elif shape is _MEMBER_SHAPE:
                self._walk(element.getparent(), turned)
            elif shape is not None:
                self._collection(element, shape, turned)
            elif isinstance(element.tag, str) and element.tag not in self._gml.describing:
                name = local_name(element.tag)
                if name != "Point" or not self._spot(element):
                    self.buffer.report.not_read[name] += 1

    def _spot(self, point: etree._Element) -> bool:
        """Note where an object stands that is drawn as a point; False where the point has no place in space."""
        outer = self._dimension
        self._attributes(point)
        self._dimension = outer
        for element in point.iter(self._gml.pos, self._gml.coordinates):
            spot = three_numbers(element.text)
            if spot is not None:
                self.buffer.add_spot(self._place[0], spot)
                return True
        return False

    def _collection(self, element: etree._Element, shape: Shape, turned: bool) -> None:
        outer = self._dimension
        gml_id = self._attributes(element)
        if shape is _SOLID_SHAPE:
            self.buffer.report.solids += 1
            self.buffer.solids.append(self._place[0] * 256 + self._place[3])
        elif shape is _ORIENTABLE_SHAPE and element.get("orientation") == "-":
            turned = not turned
        first = len(self.buffer.kind)
        if shape is _CAVITY_SHAPE:
            self._cavity(element, turned)
        else:
            self._walk(element, turned)
        self._dimension = outer
        if gml_id is not None:
            self.ids[gml_id] = (first, len(self.buffer.kind))

    def _cavity(self, shell: etree._Element, turned: bool) -> None:
        """An interior shell: its polygons are read and left out, wherever they stand."""
        place = self._place
        self._place = (place[0], CAVITY, place[2], place[3])
        first = len(self.buffer.kind)
        self._walk(shell, turned)
        self._place = place
        self.buffer.skipped.append((range(first, len(self.buffer.kind)), SkipReason.NESTED_SHELL))

    def _attributes(self, element: etree._Element) -> str | None:
        """The gml:id; notes the coordinate system and the number of axes the element states, if it does."""
        items = element.items()
        if not items:
            return None
        if len(items) == 1 and items[0][0] == self._id:
            return items[0][1]
        name = element.get("srsName")
        if name is not None and name not in self.srs_names:
            self.srs_names[name] = element.sourceline or 0
        dimension = element.get("srsDimension")
        if dimension is not None:
            self._dimension = self._number_of_axes(element, dimension)
        return element.get(ID) or element.get(ID_32)

    def _number_of_axes(self, element: etree._Element, text: str) -> int:
        if text not in ("2", "3"):
            raise self._error(element, f"srsDimension {text!r} is neither 2 nor 3", "Correct the attribute")
        return int(text)

    def _polygon(self, polygon: etree._Element, turned: bool) -> None:
        buffer = self.buffer
        outer = self._dimension
        gml_id = self._attributes(polygon)
        position = self._only_position(polygon)
        if position is not None:
            text = position.text or ""
            before = len(buffer.coords)
            stated = position.items()
            if stated == _IN_SPACE or (not stated and self._dimension == 3):
                self._append(position, text)
            else:
                self._numbers(position, text)
            buffer.ring_length.append((len(buffer.coords) - before) // 3)
            rings = 1
        else:
            rings = self._rings(polygon)
        self._dimension = outer
        surface = buffer.add_surface(rings, self._place, polygon.sourceline or 0)
        if turned:
            buffer.reversed.append(surface)
        if gml_id is not None:
            self.ids[gml_id] = (surface, surface + 1)

    def _rings(self, polygon: etree._Element) -> int:
        """Append every ring of a polygon; their number, at least one (which may be empty)."""
        rings = 0
        for boundary in polygon:
            if boundary.tag in self._gml.boundaries:
                for ring in boundary:
                    if ring.tag in self._gml.rings:
                        (self._ring if ring.tag == self._gml.linear_ring else self._curves)(ring)
                        rings += 1
        if not rings:
            self.buffer.ring_length.append(0)
        return rings or 1

    def _ring(self, ring: etree._Element) -> None:
        """Append the points of a ring, its closing point included."""
        buffer, names = self.buffer, self._gml
        outer = self._dimension
        self._attributes(ring)
        before = len(buffer.coords)
        for element in ring:
            tag = element.tag
            if tag in (names.pos_list, names.pos):
                self._numbers(element, _text(element))
            elif tag == names.coordinates:
                self._coordinates(element)
            elif tag in names.points:
                for position in element.iter(names.pos):
                    self._numbers(position, _text(position))
        self._dimension = outer
        buffer.ring_length.append((len(buffer.coords) - before) // 3)

    def _curves(self, ring: etree._Element) -> None:
        """A Ring of straight curves, each beginning where the one before ends; without points where one is bent."""
        buffer = self.buffer
        before = len(buffer.coords)
        bent = [element for element in ring.iter(etree.Element) if element.tag not in self._gml.straight]
        for line in ring.iter(*self._gml.lines) if not bent else ():
            start = len(buffer.coords)
            self._ring(line)
            buffer.ring_length.pop()
            if start > before and buffer.coords[start - 3 : start] == buffer.coords[start : start + 3]:
                del buffer.coords[start : start + 3]
        for element in bent:
            buffer.report.not_read[local_name(str(element.tag))] += 1
        buffer.ring_length.append((len(buffer.coords) - before) // 3)

    def _numbers(self, element: etree._Element, text: str) -> None:
        dimension = element.get("srsDimension")
        axes = self._dimension if dimension is None else self._number_of_axes(element, dimension)
        srs_name = element.get("srsName")
        if srs_name is not None:
            self.srs_names.setdefault(srs_name, element.sourceline or 0)
        if axes == 2:
            # a ring in plan has no place in space: it stays without points, and its polygon is left out and counted
            return
        self._append(element, text)

    def _append(self, element: etree._Element, text: str) -> None:
        tokens = text.split()
        if len(tokens) % 3:
            raise self._error(
                element,
                f"{local_name(str(element.tag))} holds {len(tokens)} numbers, not a multiple of 3",
                "Correct the coordinates in the file",
            )
        try:
            if "_" in text:  # Python reads 1_000 as a thousand, XML does not
                raise ValueError("an underscore")
            self.buffer.coords.extend(map(float, tokens))
        except ValueError as error:
            raise self._error(element, f"a coordinate is not a number ({error})", "Correct the file") from error

    def _coordinates(self, element: etree._Element) -> None:
        """GML 2: tuples separated by ``ts``, numbers by ``cs`` (by default blank and comma)."""
        decimal, comma, blank = (element.get(*usual) for usual in (("decimal", "."), ("cs", ","), ("ts", " ")))
        text = _text(element).replace(blank, " ").replace(comma, " ")
        self._numbers(element, text.replace(decimal, "."))

    def _only_position(self, polygon: etree._Element) -> etree._Element | None:
        """The posList of a polygon that holds one ring of one posList and nothing else: nearly every one of a city."""
        if len(polygon) != 1:
            return None
        boundary = polygon[0]
        if len(boundary) != 1:
            return None
        ring = boundary[0]
        if len(ring) != 1:
            return None
        stated = ring.keys()
        if stated and stated != self._only_id:
            return None
        position = ring[0]
        return position if position.tag == self._pos_list and not len(position) else None

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
