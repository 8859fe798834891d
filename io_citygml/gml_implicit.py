"""Implicit geometry: one template, placed many times by a 4 × 4 matrix and an anchor point (CityGML 2.0, §8.2).

A point p of the template lies M·p metres east, north and above the anchor. The template stands inline at one of its
uses and the others refer to it, also from other top-level objects and from before it: such uses wait for the end of
the file. A template may be made of references to others; each polygon counts once in it, so a chain of references
that doubles at each step ends.
"""

from __future__ import annotations

import logging
from array import array
from typing import NamedTuple

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.errors import CityModelError
from io_citygml.gml_geometry import GeometryReader, Place, three_numbers
from io_citygml.gml_tags import HREF, Profile
from io_citygml.repair import Defect

_log = logging.getLogger(__name__)
# What the uses of templates may add to a file: 240 MB of coordinates. A few kilobytes could ask for any amount.
MAX_POINTS = 10_000_000
_LONGEST_NAME = 80


class _Template(NamedTuple):
    points: NDArray[np.float64]
    """(N, 3) [m] about the template's own origin."""
    ring_length: list[int]
    ring_count: list[int]
    line: list[int]
    turned: list[bool]


class _Use(NamedTuple):
    """A template to be placed."""

    href: str
    matrix: NDArray[np.float64]
    anchor: NDArray[np.float64]
    place: Place
    line: int


class ImplicitReader:
    """Reads the implicit geometries of one document into its buffer."""

    def __init__(self, buffer: SurfaceBuffer, profile: Profile, file: str, srs_names: dict[str, int]) -> None:
        self.buffer = buffer
        self.file = file
        self._srs_names = srs_names
        self._gml = profile.gml
        core = profile.core
        self._geometry_tag = f"{{{core}}}ImplicitGeometry"
        self._matrix_tag = f"{{{core}}}transformationMatrix"
        self._anchor_tag = f"{{{core}}}referencePoint"
        self._library_tag = f"{{{core}}}libraryObject"
        self._template_tags = (f"{{{core}}}relativeGMLGeometry", f"{{{core}}}relativeGeometry")
        # templates are read once, in a buffer of their own
        self._scratch = SurfaceBuffer()
        self._templates = GeometryReader(self._scratch, profile, file)
        self._first_point = array("q", [0])
        self._first_ring = array("q", [0])
        self._turned: set[int] = set()
        self._shared: dict[str, _Template] = {}
        self._waiting: list[_Use] = []
        self._points = 0

    def read(self, prop: etree._Element, place: Place) -> range:
        """Place the implicit geometry in a property; the range of its surfaces (empty where it has to wait)."""
        first = self.buffer.n_surfaces
        if not len(prop) and prop.get(HREF) is not None:
            self.buffer.report.not_read["implicit geometry by reference"] += 1
        for item in prop.iterchildren(self._geometry_tag):
            self._use(item, place)
        return range(first, self.buffer.n_surfaces)

    def finish(self) -> None:
        """The document has ended: place what waited for its template."""
        report = self.buffer.report
        for use in self._waiting:
            report.xlinks += 1
            if use.place[0] in self.buffer.dropped_objects:
                continue
            template = self._shared.get(use.href)
            if template is None:
                template = self._shared[use.href] = self._template(self._resolved([use.href], set()))
            if template.ring_count:
                self._instance(template, use)
            else:
                report.xlinks_unresolved += 1
                self._defect("unresolved xlink", use.place, use.href, use.line, "ignored")
        self._waiting.clear()
        report.not_read.update(self._scratch.report.not_read)
        if self._points:
            _log.debug("%s: %d points from implicit geometries", self.file, self._points)

    def _use(self, item: etree._Element, place: Place) -> None:
        line = item.sourceline or 0
        matrix, problem = self._matrix(item.findtext(self._matrix_tag))
        anchor = self._anchor(item)
        if anchor is None:
            problem = problem or "the reference point has no three coordinates"
        template = next((child for child in item if child.tag in self._template_tags), None)
        if template is None:
            library = (item.findtext(self._library_tag) or "").strip()
            name = library.replace("\\", "/").rpartition("/")[2][:_LONGEST_NAME] or "without name"
            self.buffer.report.not_read[f"libraryObject {name}"] += 1
            if anchor is not None and item.find(self._anchor_tag) is not None:
                self.buffer.add_spot(place[0], anchor)
        elif problem or matrix is None or anchor is None:
            self._defect("implicit geometry", place, "", line, f"left out: {problem}")
        elif not len(template):
            self._waiting.append(_Use(template.get(HREF) or "", matrix, anchor, place, line))
        else:
            references = len(self._templates.references)
            own = self._templates.read(template, (0, -1, 0, 0))
            self._measure()
            hrefs = [reference[0] for reference in self._templates.references[references:]]
            surfaces = [*own, *self._resolved(hrefs, set(own))]
            self._instance(self._template(surfaces), _Use("", matrix, anchor, place, line))

    def _matrix(self, text: str | None) -> tuple[NDArray[np.float64] | None, str]:
        """(4, 4) matrix, row by row as written, and what is wrong with it."""
        if text is None:
            return np.eye(4), ""
        tokens = text.split()
        try:
            values = np.array([float(token) for token in tokens])
        except ValueError:
            return None, "the transformation matrix holds something else than numbers"
        if len(values) != 16:
            return None, f"the transformation matrix holds {len(values)} numbers, not 16"
        return values.reshape(4, 4), ""

    def _anchor(self, item: etree._Element) -> NDArray[np.float64] | None:
        """(3,) reference point in the document's CRS; the origin where none is given."""
        holder = item.find(self._anchor_tag)
        if holder is None:
            return np.zeros(3)
        for element in holder.iter(self._gml.pos, self._gml.coordinates):
            node: etree._Element | None = element
            while node is not None and node is not holder:
                name = node.get("srsName")
                if name is not None:
                    self._srs_names.setdefault(name, node.sourceline or 0)
                node = node.getparent()
            return three_numbers(element.text)
        return None

    def _resolved(self, hrefs: list[str], taken: set[int]) -> list[int]:
        """Polygons of the templates that are referred to and not yet taken."""
        found: list[int] = []
        for href in hrefs:
            target = self._templates.ids.get(href[1:]) if href[:1] == "#" else None
            for surface in range(*target) if target else ():
                if surface not in taken:
                    taken.add(surface)
                    found.append(surface)
        return found

    def _instance(self, template: _Template, use: _Use) -> None:
        """Append a placed copy of a template."""
        self._points += len(template.points)
        if self._points > MAX_POINTS:
            raise CityModelError(
                f"the implicit geometries unfold into more than {MAX_POINTS:,} points",
                file=self.file,
                line=use.line,
                gml_id=self.buffer.objects[use.place[0]].id,
                remedy="Split the file",
            )
        buffer, linear = self.buffer, use.matrix[:3, :3]
        # the terms are summed in a fixed order, so that a copy has the same bits on every machine
        x, y, z = template.points.T
        placed = np.stack(
            [(linear[row, 0] * x + linear[row, 1] * y + linear[row, 2] * z) + use.matrix[row, 3] for row in range(3)],
            axis=1,
        )
        first = buffer.n_surfaces
        buffer.add_template(placed, use.anchor)
        buffer.ring_length.extend(template.ring_length)
        for count, line in zip(template.ring_count, template.line, strict=True):
            buffer.add_surface(count, use.place, line)
        # a mirror turns a polygon inside out, and one that was to be turned around comes out right
        mirrored = bool(np.linalg.det(linear) < 0)
        buffer.reversed += [first + number for number, turned in enumerate(template.turned) if turned != mirrored]

    def _measure(self) -> None:
        """Where the polygons that were just read begin in the scratch buffer."""
        scratch = self._scratch
        for length in scratch.ring_length[len(self._first_point) - 1 :]:
            self._first_point.append(self._first_point[-1] + length)
        for count in scratch.ring_count[len(self._first_ring) - 1 :]:
            self._first_ring.append(self._first_ring[-1] + count)
        self._turned.update(scratch.reversed)
        scratch.reversed.clear()

    def _template(self, surfaces: list[int]) -> _Template:
        scratch, start = self._scratch, self._first_point
        points = array("d")
        ring_length: list[int] = []
        for surface in surfaces:
            first, last = self._first_ring[surface], self._first_ring[surface + 1]
            points += scratch.coords[3 * start[first] : 3 * start[last]]
            ring_length += scratch.ring_length[first:last]
        return _Template(
            points=np.array(points).reshape(-1, 3),
            ring_length=ring_length,
            ring_count=[scratch.ring_count[surface] for surface in surfaces],
            line=[scratch.line[surface] for surface in surfaces],
            turned=[surface in self._turned for surface in surfaces],
        )

    def _defect(self, kind: str, place: Place, surface: str, line: int, action: str) -> None:
        owner = self.buffer.objects[place[0]].id
        self.buffer.report.add(Defect(kind, owner, surface, self.file, line, 0.0, action))
