"""What the elements of a CityGML version mean to the reader: the only place where version namespaces stand.

A version is one ``Profile``: a table from element name to what to do with it. Another version is another table.
Sources: CityGML 1.0 (OGC 08-007r1), CityGML 2.0 (OGC 12-019), GML 3.1.1 (OGC 03-105r1).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from io_citygml.model import SurfaceKind

GML = "http://www.opengis.net/gml"
GML_32 = "http://www.opengis.net/gml/3.2"
CORE = {"1.0": "http://www.opengis.net/citygml/1.0", "2.0": "http://www.opengis.net/citygml/2.0"}
CORE_PREFIX = "http://www.opengis.net/citygml/"
HREF = "{http://www.w3.org/1999/xlink}href"
ID = f"{{{GML}}}id"
ID_32 = f"{{{GML_32}}}id"
INTERIOR = -1
"""In place of a SurfaceKind: a surface inside the building, read and left out."""


class Step(IntEnum):
    """What a child element of a city object is."""

    IGNORE = 0
    GEOMETRY = 1
    OBJECTS = 2
    BOUNDARY = 3
    OPENING = 4
    TEXT = 5
    GENERIC = 6
    ENVELOPE = 7


class Shape(IntEnum):
    """What an element inside a geometry is."""

    POLYGON = 1
    CONTAINER = 2
    MEMBER = 3
    ORIENTABLE = 4
    SOLID = 5


class Profile(NamedTuple):
    """Element names of one CityGML version, all in Clark notation."""

    version: str
    root: str
    members: frozenset[str]
    objects: dict[str, str]
    """Top-level and nested objects that are read, and their type name."""
    steps: dict[str, tuple[Step, int | str]]
    """Children of an object or boundary surface: the step, and its level of detail or attribute name."""
    surfaces: dict[str, tuple[int, str]]
    """Boundary surfaces and openings: SurfaceKind or INTERIOR, and the class name."""
    shapes: dict[str, Shape]


_SURFACES = {
    "RoofSurface": SurfaceKind.ROOF,
    "WallSurface": SurfaceKind.WALL,
    "GroundSurface": SurfaceKind.GROUND,
    "ClosureSurface": SurfaceKind.CLOSURE,
    "OuterCeilingSurface": SurfaceKind.OUTER_CEILING,
    "OuterFloorSurface": SurfaceKind.OUTER_FLOOR,
    "Window": SurfaceKind.WINDOW,
    "Door": SurfaceKind.DOOR,
    "InteriorWallSurface": INTERIOR,
    "FloorSurface": INTERIOR,
    "CeilingSurface": INTERIOR,
}
_TEXTS = (
    "class",
    "function",
    "usage",
    "yearOfConstruction",
    "yearOfDemolition",
    "roofType",
    "measuredHeight",
    "storeysAboveGround",
    "storeysBelowGround",
    "storeyHeightsAboveGround",
    "storeyHeightsBelowGround",
)
_GENERIC = ("stringAttribute", "intAttribute", "doubleAttribute", "dateAttribute", "uriAttribute", "measureAttribute")
_CONTAINERS = (
    "MultiSurface",
    "CompositeSurface",
    "Shell",
    "Surface",
    "PolyhedralSurface",
    "TriangulatedSurface",
    "Tin",
    "MultiSolid",
    "CompositeSolid",
    "MultiGeometry",
    "GeometricComplex",
    "patches",
    "polygonPatches",
    "trianglePatches",
    "exterior",
    "interior",
)
_MEMBERS = (
    "surfaceMember",
    "surfaceMembers",
    "solidMember",
    "solidMembers",
    "geometryMember",
    "element",
    "baseSurface",
)


def _geometry_steps(bldg: str) -> dict[str, tuple[Step, int | str]]:
    names = {f"lod{lod}{kind}": lod for lod in range(1, 5) for kind in ("Solid", "MultiSurface", "Geometry")}
    names |= {"lod0FootPrint": 0, "lod0RoofEdge": 0}
    return {f"{{{bldg}}}{name}": (Step.GEOMETRY, lod) for name, lod in names.items()}


def _ignored(core: str, bldg: str) -> list[str]:
    names = [f"{{{bldg}}}lod{lod}{kind}" for lod in range(1, 5) for kind in ("TerrainIntersection", "MultiCurve")]
    names += [f"{{{bldg}}}address"]
    names += [
        f"{{{core}}}{name}"
        for name in (
            "externalReference",
            "generalizesTo",
            "relativeToTerrain",
            "relativeToWater",
        )
    ]
    return names + [f"{{{GML}}}{name}" for name in ("metaDataProperty", "location")]


def _profile(version: str) -> Profile:
    core = CORE[version]
    bldg, gen, app = (f"{CORE_PREFIX}{module}/{version}" for module in ("building", "generics", "appearance"))
    steps = _geometry_steps(bldg)
    steps |= dict.fromkeys(_ignored(core, bldg), (Step.IGNORE, ""))
    steps |= {f"{{{app}}}appearance": (Step.IGNORE, ""), f"{{{app}}}appearanceMember": (Step.IGNORE, "")}
    steps |= {f"{{{bldg}}}{name}": (Step.TEXT, name) for name in _TEXTS}
    steps |= {f"{{{core}}}{name}": (Step.TEXT, name) for name in ("creationDate", "terminationDate")}
    steps |= {f"{{{GML}}}{name}": (Step.TEXT, name) for name in ("name", "description")}
    steps |= {f"{{{gen}}}{name}": (Step.GENERIC, name) for name in _GENERIC}
    steps |= {
        f"{{{gen}}}genericAttributeSet": (Step.GENERIC, "genericAttributeSet"),
        f"{{{bldg}}}boundedBy": (Step.BOUNDARY, ""),
        f"{{{bldg}}}opening": (Step.OPENING, ""),
        f"{{{bldg}}}consistsOfBuildingPart": (Step.OBJECTS, ""),
        f"{{{bldg}}}outerBuildingInstallation": (Step.OBJECTS, ""),
        f"{{{GML}}}boundedBy": (Step.ENVELOPE, ""),
    }
    shapes = {f"{{{GML}}}{name}": Shape.CONTAINER for name in _CONTAINERS}
    shapes |= {f"{{{GML}}}{name}": Shape.MEMBER for name in _MEMBERS}
    shapes |= {f"{{{GML}}}{name}": Shape.POLYGON for name in ("Polygon", "PolygonPatch", "Triangle", "Rectangle")}
    shapes |= {f"{{{GML}}}OrientableSurface": Shape.ORIENTABLE, f"{{{GML}}}Solid": Shape.SOLID}
    return Profile(
        version=version,
        root=f"{{{core}}}CityModel",
        members=frozenset({f"{{{core}}}cityObjectMember", f"{{{GML}}}featureMember", f"{{{GML}}}featureMembers"}),
        objects={f"{{{bldg}}}{name}": name for name in ("Building", "BuildingPart", "BuildingInstallation")},
        steps=steps,
        surfaces={f"{{{bldg}}}{name}": (int(kind), name) for name, kind in _SURFACES.items()},
        shapes=shapes,
    )


PROFILES = {f"{{{core}}}CityModel": _profile(version) for version, core in CORE.items()}
"""Profile per root element."""


def local_name(tag: str) -> str:
    """Element name without its namespace."""
    return tag.rpartition("}")[2]
