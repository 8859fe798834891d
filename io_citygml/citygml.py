"""Streaming reader of CityGML 1.0 and 2.0: one top-level object in memory at a time.

libxml2 hands over each complete cityObjectMember; it is read into the buffer and freed with everything before it.
Profile: AdV LoD2 (AdV, "Produkt- und Qualitätsstandard für 3D-Gebäudemodelle"), whose solids consist of references
into the boundary surfaces. Oracle: the counts and areas of real tiles measured by another program.
"""

from __future__ import annotations

import logging
from typing import BinaryIO

from lxml import etree

from io_citygml.buffers import SurfaceBuffer
from io_citygml.errors import CityModelError, NotACityModel
from io_citygml.gml_attributes import ObjectFields
from io_citygml.gml_geometry import GeometryReader, Place
from io_citygml.gml_tags import (
    CORE_PREFIX,
    GML,
    HREF,
    ID,
    ID_32,
    INTERIOR,
    PROFILES,
    Profile,
    Step,
    local_name,
)
from io_citygml.repair import Defect, SkipReason

_log = logging.getLogger(__name__)
_READ_VERSIONS = "Read are CityGML 1.0 and 2.0; convert the file, for example with citygml-tools"
_ENVELOPE = f"{{{GML}}}boundedBy"
# The elements after which memory is freed: everything a CityModel holds directly.
_STOPS = ("{*}cityObjectMember", "{*}featureMember", "{*}featureMembers", "{*}appearanceMember", _ENVELOPE)
_UNKNOWN = (None, "")
# The members of the enumeration as plain names: they are compared for every child of every object.
_BOUNDARY, _GENERIC, _TEXT, _GEOMETRY = Step.BOUNDARY, Step.GENERIC, Step.TEXT, Step.GEOMETRY
_OBJECTS, _ENVELOPE_STEP, _OPENING = Step.OBJECTS, Step.ENVELOPE, Step.OPENING


def read_citygml(stream: BinaryIO, name: str, buffer: SurfaceBuffer) -> tuple[str, dict[str, int]]:
    """Append a CityGML document to the buffer; its format, and each srsName it uses with the line of its first use.

    ``stream`` is decompressed and stands at the start. Raises CityModelError for what is not well-formed CityGML 1.0
    or 2.0, with file, line and gml:id (NotACityModel where the root element is something else). The caller has
    entered the file's name in ``buffer.files``.
    """
    reader: _CityReader | None = None
    context = etree.iterparse(
        stream,
        events=("end",),
        tag=_STOPS,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        # a third of the tree would be line breaks and indents; without them parse and walk take 20 % less
        remove_blank_text=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _, element in context:
            root = element.getparent()
            if root is None or root.getparent() is not None:
                continue
            if reader is None:
                reader = _CityReader(buffer, _profile_of(root, name), name)
            reader.member(element)
            element.clear()
            while element.getprevious() is not None:
                del root[0]
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise CityModelError(
            f"the XML is not well-formed ({error.msg})", file=name, line=line, remedy="Correct it or download it again"
        ) from error
    if reader is None:
        reader = _CityReader(buffer, _profile_of(context.root, name), name)
    _log.debug("%s: CityGML %s, %d polygons so far", name, reader.profile.version, buffer.n_surfaces)
    return f"CityGML {reader.profile.version}", reader.geometry.srs_names


def _profile_of(root: etree._Element, name: str) -> Profile:
    """Profile of a document by its root element."""
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise CityModelError("the file has a DOCTYPE, which is refused", file=name, remedy="Remove the declaration")
    profile = PROFILES.get(root.tag)
    if profile is not None:
        return profile
    line = root.sourceline or 0
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    if local_name(root.tag) == "CityModel" and namespace.startswith(CORE_PREFIX):
        version = namespace.removeprefix(CORE_PREFIX)
        raise CityModelError(f"CityGML {version} is not read", file=name, line=line, remedy=_READ_VERSIONS)
    problem = f"the root element is {root.tag}, not CityModel"
    raise NotACityModel(problem, file=name, line=line, remedy=_READ_VERSIONS)


class _CityReader:
    """Reads one document's top-level objects one by one."""

    def __init__(self, buffer: SurfaceBuffer, profile: Profile, file: str) -> None:
        self.buffer = buffer
        self.profile = profile
        self.file = file
        self.file_index = len(buffer.files) - 1
        self.geometry = GeometryReader(buffer, profile, file)
        self.direct: list[range] = []
        """Polygons directly under objects of the current top-level object, a range for each geometry."""

    def member(self, element: etree._Element) -> None:
        """A child of the root: an object, the envelope, or something else."""
        if element.tag == _ENVELOPE:
            self._envelope(element)
        elif element.tag in self.profile.members:
            for item in element.iterchildren(etree.Element):
                if item.tag in self.profile.objects:
                    self._group(item)
                else:
                    self.buffer.report.not_read[local_name(item.tag)] += 1

    def _envelope(self, element: etree._Element) -> None:
        for envelope in element.iterchildren(etree.Element):
            name = envelope.get("srsName")
            if name is not None:
                self.geometry.srs_names.setdefault(name, envelope.sourceline or 0)

    def _group(self, item: etree._Element) -> None:
        self.geometry.begin()
        self.direct.clear()
        self.buffer.begin_group()
        self._object(item, -1)
        self._resolve()
        self.buffer.end_group()

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
            elif step is _ENVELOPE_STEP:
                self._envelope(child)
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
            if step is _GEOMETRY:
                surfaces = self.geometry.read(child, (owner, boundary, max(kind, 0), int(argument)))
                if kind == INTERIOR:
                    buffer.skipped.append((surfaces, SkipReason.INTERIOR))
            elif step is _OPENING:
                self._boundary(child, owner)

    def _resolve(self) -> None:
        """References of the finished top-level object: give semantics where they point to a solid's own polygon."""
        buffer, ids = self.buffer, self.geometry.ids
        report = buffer.report
        report.xlinks += len(self.geometry.references)
        adopted: set[int] = set()
        for href, turned, line, place in self.geometry.references:
            target = ids.get(href[1:]) if href[:1] == "#" else None
            if target is None:
                report.xlinks_unresolved += 1
                object_id = buffer.objects[place[0]].id
                report.add(Defect("unresolved xlink", object_id, href, self.file, line or 0, 0.0, "ignored"))
            elif place[1] >= 0:
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
            buffer.object[surface] = owner
            if turned:
                buffer.reversed.append(surface)
        return surfaces


def _gml_id(element: etree._Element) -> str:
    return element.get(ID) or element.get(ID_32) or ""
