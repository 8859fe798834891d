"""Streaming reader of CityGML 1.0, 2.0 and 3.0: one top-level object in memory at a time.

What an element means stands in the tables of its version (``gml_profiles``); this file walks objects and boundary
surfaces. Profile first served: AdV LoD2 (AdV, "Produkt- und Qualitätsstandard für 3D-Gebäudemodelle"), whose solids
consist of references into the boundary surfaces. Oracle: counts and areas of real files measured by another program.
"""

from __future__ import annotations

import logging
from array import array
from typing import BinaryIO

from lxml import etree

from io_citygml.buffers import SurfaceBuffer
from io_citygml.classify import SUBDIVISION_TYPES
from io_citygml.errors import CityModelError, NotACityModel
from io_citygml.gml_attributes import ObjectFields
from io_citygml.gml_geometry import CAVITY, GeometryReader, Place, Reference
from io_citygml.gml_implicit import ImplicitReader
from io_citygml.gml_profiles import PROFILES
from io_citygml.gml_stream import CityStream, Root
from io_citygml.gml_tags import CORE_PREFIX, HREF, ID, ID_32, INTERIOR, Profile, Step, local_name
from io_citygml.repair import Defect, SkipReason

_log = logging.getLogger(__name__)
_READ_VERSIONS = "Read are CityGML 1.0, 2.0 and 3.0; convert the file, for example with citygml-tools"
_UNKNOWN = (None, "")
# The members of the enumeration as plain names: they are compared for every child of every object.
_BOUNDARY, _GENERIC, _TEXT, _GEOMETRY = Step.BOUNDARY, Step.GENERIC, Step.TEXT, Step.GEOMETRY
_OBJECTS, _ENVELOPE_STEP, _GENERIC_PROPERTY = Step.OBJECTS, Step.ENVELOPE, Step.GENERIC_PROPERTY
_IMPLICIT, _RELIEF, _HEIGHT = Step.IMPLICIT, Step.RELIEF, Step.HEIGHT


def read_citygml(stream: BinaryIO, name: str, buffer: SurfaceBuffer) -> tuple[str, dict[str, int]]:
    """Append a CityGML document to the buffer; its format, and each srsName it uses with the line of its first use.

    ``stream`` is decompressed and stands at the start. Raises CityModelError for what is not well-formed CityGML 1.0,
    2.0 or 3.0, with file, line and gml:id (NotACityModel where the root element is something else). The caller has
    entered the file's name in ``buffer.files``.
    """
    city = CityStream(stream, name)
    reader = _CityReader(buffer, _profile_of(city.root, name), name)
    for element in city:
        reader.member(element)
    reader.finish()
    _log.debug("%s: CityGML %s, %d polygons so far", name, reader.profile.version, buffer.n_surfaces)
    return f"CityGML {reader.profile.version}", reader.geometry.srs_names


def _profile_of(root: Root, name: str) -> Profile:
    """Profile of a document by its root element."""
    if root.doctype:
        raise CityModelError("the file has a DOCTYPE, which is refused", file=name, remedy="Remove the declaration")
    profile = PROFILES.get(root.tag)
    if profile is not None:
        return profile
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    if local_name(root.tag) == "CityModel" and namespace.startswith(CORE_PREFIX):
        version = namespace.removeprefix(CORE_PREFIX)
        raise CityModelError(f"CityGML {version} is not read", file=name, line=root.line, remedy=_READ_VERSIONS)
    problem = f"the root element is {root.tag}, not CityModel"
    raise NotACityModel(problem, file=name, line=root.line, remedy=_READ_VERSIONS)


class _CityReader:
    """Reads one document's top-level objects one by one."""

    def __init__(self, buffer: SurfaceBuffer, profile: Profile, file: str) -> None:
        self.buffer = buffer
        self.profile = profile
        self.file = file
        self.file_index = len(buffer.files) - 1
        self.geometry = GeometryReader(buffer, profile, file)
        self.implicit = ImplicitReader(buffer, profile, file, self.geometry.srs_names)
        self.direct: list[range] = []
        """Polygons directly under objects of the current top-level object, a range for each geometry."""
        self.foreign: list[Reference] = []
        """References to nothing in their own top-level object: perhaps to something in another."""
        self.known = array("q")
        """Hashes of every id of a geometry, for those references: a name would take ten times the memory."""

    def member(self, element: etree._Element) -> None:
        """A child of the root or of a plural property in it: an object, its holder, the envelope, or something else."""
        profile, tag = self.profile, element.tag
        if tag in profile.members:
            for item in element.iterchildren(etree.Element):
                self._top_level(item)
        elif tag == profile.gml.envelope:
            self._envelope(element)
        elif tag in profile.objects:
            self._top_level(element)
        elif isinstance(tag, str) and tag not in profile.passed:
            self.buffer.report.not_read[local_name(tag)] += 1

    def _top_level(self, item: etree._Element) -> None:
        if item.tag not in self.profile.objects:
            self.buffer.report.not_read[local_name(str(item.tag))] += 1
            return
        self.geometry.begin()
        self.direct.clear()
        self.buffer.begin_group()
        self._object(item, -1)
        self._resolve()
        self.buffer.end_group()
        self.known.extend(map(hash, self.geometry.ids))

    def finish(self) -> None:
        """The document has ended: what referred to another top-level object is counted, found there or not.

        A polygon of another object that is found has its place in the model already, as a shared party wall has.
        """
        report = self.buffer.report
        known = set(self.known) if self.foreign else set()
        for href, _, line, place in self.foreign:
            if href[:1] == "#" and hash(href[1:]) in known:
                report.xlinks_shared += 1
                continue
            report.xlinks_unresolved += 1
            object_id = self.buffer.objects[place[0]].id
            report.add(Defect("unresolved xlink", object_id, href, self.file, line or 0, 0.0, "ignored"))
        self.implicit.finish()

    def _envelope(self, element: etree._Element) -> None:
        for envelope in element.iterchildren(etree.Element):
            name = envelope.get("srsName")
            if name is not None:
                self.geometry.srs_names.setdefault(name, envelope.sourceline or 0)

    def _object(self, item: etree._Element, parent: int) -> int:
        """Read an object with everything inside it; its index."""
        buffer = self.buffer
        index = len(buffer.objects)
        line = item.sourceline or 0
        kind = self.profile.objects[item.tag]
        gml_id = _gml_id(item)
        if not gml_id:
            gml_id = f"{kind}_{self.file_index + 1}_{index + 1}"
            buffer.report.add(Defect("missing gml:id", gml_id, "", self.file, line, 0.0, f"named {gml_id}"))
        fields = ObjectFields(gml_id, self.file, buffer.report)
        # holds the place, so that parents stand before children; its fields are known only after the children
        buffer.objects.append(fields.city_object(kind, parent, self.file_index, line))
        step_of = self.profile.steps.get
        for child in item:
            step, argument = step_of(child.tag, _UNKNOWN)
            if step is _BOUNDARY:
                self._boundary(child, index)
            elif step is _GENERIC:
                fields.generic(child, str(argument))
            elif step is _TEXT:
                fields.text(child, str(argument))
            elif step is _GEOMETRY:
                self._direct(child, (index, -1, 0, int(argument)))
            elif step is _OBJECTS:
                self._objects(child, index)
            elif step is _GENERIC_PROPERTY:
                fields.generic_property(child)
            elif step is _ENVELOPE_STEP:
                self._envelope(child)
            elif step is _IMPLICIT:
                self.implicit.read(child, (index, -1, 0, int(argument)))
            elif step is _RELIEF:
                self._direct(child, (index, -1, 0, fields.lod()))
            elif step is _HEIGHT:
                fields.height(child)
            elif step is None and isinstance(child.tag, str):
                buffer.report.not_read[local_name(child.tag)] += 1
        buffer.objects[index] = fields.city_object(kind, parent, self.file_index, line)
        return index

    def _not_followed(self, prop: etree._Element) -> None:
        """Count a property that refers to an object or boundary surface instead of holding it."""
        if prop.get(HREF) is not None:
            self.buffer.report.not_read[f"{local_name(str(prop.tag))} by reference"] += 1

    def _objects(self, prop: etree._Element, parent: int) -> None:
        if not len(prop):
            self._not_followed(prop)
        for item in prop.iterchildren(etree.Element):
            if item.tag in self.profile.objects:
                self._object(item, parent)
            else:
                self.buffer.report.not_read[local_name(item.tag)] += 1

    def _direct(self, prop: etree._Element, place: Place) -> None:
        """Geometry directly under an object: a LoD1 block, or a solid over the boundary surfaces."""
        references = len(self.geometry.references)
        surfaces = self.geometry.read(prop, place)
        if len(self.geometry.references) > references:
            self.buffer.supplements.append(surfaces)
        elif surfaces:
            self.buffer.geometry_start.append(surfaces.start)
            self.direct.append(surfaces)

    def _boundary(self, prop: etree._Element, owner: int) -> None:
        if not len(prop):
            self._not_followed(prop)
        for item in prop:
            known = self.profile.surfaces.get(item.tag)
            if known is not None:
                self._surface(item, owner, *known)
            elif isinstance(item.tag, str):
                self.buffer.report.not_read[local_name(item.tag)] += 1

    def _surface(self, item: etree._Element, owner: int, kind: int, name: str) -> None:
        """A thematic surface or an opening in one."""
        buffer = self.buffer
        buffer.report.boundary_surfaces[name] += 1
        boundary = len(buffer.boundary_ids)
        buffer.boundary_ids.append(_gml_id(item))
        step_of = self.profile.steps.get
        for child in item:
            step, argument = step_of(child.tag, _UNKNOWN)
            if step is _GEOMETRY or step is _IMPLICIT:
                place = (owner, boundary, max(kind, 0), int(argument))
                surfaces = (self.geometry if step is _GEOMETRY else self.implicit).read(child, place)
                if kind == INTERIOR:
                    buffer.skipped.append((surfaces, SkipReason.INTERIOR))
            elif step is _BOUNDARY:
                self._boundary(child, owner)

    def _resolve(self) -> None:
        """References of the finished top-level object: give semantics where they point to a solid's own polygon."""
        buffer, ids = self.buffer, self.geometry.ids
        report = buffer.report
        report.xlinks += len(self.geometry.references)
        adopted: set[int] = set()
        # a thousand references to one collection of a thousand polygons are no million steps
        given: set[tuple[int, int]] = set()
        for reference in self.geometry.references:
            href, turned, _, place = reference
            target = ids.get(href[1:]) if href[:1] == "#" else None
            if target is None:
                self.foreign.append(reference)
            elif place[1] == -1:
                continue
            elif target in given:
                report.xlinks_shared += target[1] - target[0]
            elif place[1] == CAVITY:
                given.add(target)
                buffer.skipped.append((range(*target), SkipReason.NESTED_SHELL))
            else:
                given.add(target)
                adopted.update(self._adopt(range(*target), place, turned))
        # a solid that lends some of its polygons to boundary surfaces holds the others in its own right
        buffer.supplements += [surfaces for surfaces in self.direct if not adopted.isdisjoint(surfaces)]

    def _adopt(self, surfaces: range, place: Place, turned: bool) -> range:
        """Polygons of a solid that a boundary surface refers to belong to that boundary surface."""
        buffer = self.buffer
        owner, boundary, kind, _ = place
        for surface in surfaces:
            if buffer.boundary[surface] >= 0:
                buffer.report.xlinks_shared += 1
                continue
            buffer.boundary[surface] = boundary
            buffer.kind[surface] = kind
            if buffer.objects[owner].type not in SUBDIVISION_TYPES:
                buffer.object[surface] = owner
            if turned:
                buffer.reversed.append(surface)
        return surfaces


def _gml_id(element: etree._Element) -> str:
    return element.get(ID) or element.get(ID_32) or ""
