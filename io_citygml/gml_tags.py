"""Names of elements and what a table may say about them; the tables themselves stand in ``gml_profiles``.

Sources: CityGML 1.0 (OGC 08-007r1), 2.0 (OGC 12-019) and 3.0 (OGC 20-010, encoding 21-006r2), GML 3.1.1
(OGC 03-105r1) and 3.2.1 (OGC 07-036).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

GML = "http://www.opengis.net/gml"
GML_32 = "http://www.opengis.net/gml/3.2"
CORE_PREFIX = "http://www.opengis.net/citygml/"
HREF = "{http://www.w3.org/1999/xlink}href"
ID = f"{{{GML}}}id"
ID_32 = f"{{{GML_32}}}id"
INTERIOR = -1
"""In place of a SurfaceKind: a surface inside the building, read and left out."""


class Step(IntEnum):
    """What a child element of a city object or boundary surface is."""

    IGNORE = 0
    GEOMETRY = 1
    OBJECTS = 2
    """Holds another city object."""
    BOUNDARY = 3
    """Holds a boundary surface, or an opening in one."""
    TEXT = 4
    GENERIC = 5
    """A generic attribute of CityGML 1.0/2.0: its name is an XML attribute."""
    GENERIC_PROPERTY = 6
    """Holds a generic attribute of CityGML 3.0: its name is a child element."""
    HEIGHT = 7
    """Holds a con:Height (CityGML 3.0)."""
    ENVELOPE = 8
    IMPLICIT = 9
    """Holds a core:ImplicitGeometry."""
    RELIEF = 10
    """Holds the triangles of a TINRelief, whose level of detail is the value of a sibling."""


class Shape(IntEnum):
    """What an element inside a geometry is."""

    POLYGON = 1
    CONTAINER = 2
    MEMBER = 3
    ORIENTABLE = 4
    SOLID = 5
    CAVITY = 6
    """An interior shell of a solid."""


class GmlNames(NamedTuple):
    """The names of one GML version that the walk through a geometry compares with, in Clark notation."""

    id: str
    pos_list: str
    pos: str
    coordinates: str
    points: frozenset[str]
    """Properties that hold a Point instead of numbers."""
    boundaries: frozenset[str]
    """Properties of a polygon that hold a ring."""
    rings: frozenset[str]
    linear_ring: str
    lines: tuple[str, ...]
    """Straight curves and segments of curves, which hold points as a LinearRing does."""
    straight: frozenset[str]
    """Everything a Ring of straight curves may hold."""
    describing: frozenset[str]
    """Properties any GML object may have; another element that is no surface is counted as not read."""
    envelope: str


class Profile(NamedTuple):
    """Element names of one CityGML version, all in Clark notation."""

    version: str
    core: str
    """Namespace of the core module."""
    gml: GmlNames
    members: frozenset[str]
    """Children of the root that hold an object (``featureMembers``: several)."""
    passed: frozenset[str]
    """Children of the root that describe the file and hold no object."""
    objects: dict[str, str]
    """Top-level and nested objects that are read, and their type name."""
    steps: dict[str, tuple[Step, int | str]]
    """Children of an object or boundary surface: the step, and its level of detail or attribute name."""
    surfaces: dict[str, tuple[int, str]]
    """Boundary surfaces and openings: SurfaceKind or INTERIOR, and the class name."""
    shapes: dict[str, Shape]


def local_name(tag: str) -> str:
    """Element name without its namespace."""
    return tag.rpartition("}")[2]
