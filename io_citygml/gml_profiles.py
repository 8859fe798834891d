"""The tables of CityGML 1.0, 2.0 and 3.0: the only place where version namespaces and element names stand.

A version is one ``Profile``. Its modules are written as rows of names; another module is another row. Files that mix
the module namespaces of 1.0 and 2.0 under either root occur, so these two versions share one table.
Source: the XML schemas of each version (https://schemas.opengis.net/citygml).
"""

from __future__ import annotations

from typing import NamedTuple

from io_citygml.classify import INTERIOR_SURFACES, KINDS
from io_citygml.gml_tags import CORE_PREFIX, GML, GML_32, INTERIOR, GmlNames, Profile, Shape, Step
from io_citygml.model import SurfaceKind


class _Module(NamedTuple):
    """Names of one thematic module, blank-separated."""

    objects: str = ""
    surfaces: str = ""
    holds: str = ""
    """Properties that hold objects."""
    bounded: str = ""
    """Properties that hold boundary surfaces or openings."""
    texts: str = ""
    passed: str = ""


_THEMATIC = (
    "RoofSurface WallSurface GroundSurface ClosureSurface OuterCeilingSurface OuterFloorSurface "
    "InteriorWallSurface FloorSurface CeilingSurface Window Door"
)
_USE = "class function usage"
_BUILT = (
    f"{_USE} yearOfConstruction yearOfDemolition roofType measuredHeight storeysAboveGround storeysBelowGround "
    "storeyHeightsAboveGround storeyHeightsBelowGround isMovable"
)
_PLANT = (
    f"{_USE} species height trunkDiameter crownDiameter averageHeight minHeight maxHeight rootBallDiameter "
    "maxRootBallDepth"
)
_SHARED_MODULES = {
    "cityfurniture": _Module("CityFurniture", texts=_USE),
    "landuse": _Module("LandUse", texts=_USE),
    "vegetation": _Module("SolitaryVegetationObject PlantCover", texts=_PLANT),
    "relief": _Module("ReliefFeature TINRelief", holds="reliefComponent", texts="lod", passed="extent"),
    "cityobjectgroup": _Module("CityObjectGroup", holds="groupMember", texts=_USE, passed="parent"),
}
_MODULES = {
    **_SHARED_MODULES,
    "building": _Module(
        "Building BuildingPart BuildingInstallation IntBuildingInstallation Room BuildingFurniture",
        _THEMATIC,
        "consistsOfBuildingPart outerBuildingInstallation interiorBuildingInstallation interiorRoom interiorFurniture "
        "roomInstallation",
        "boundedBy opening",
        _BUILT,
        "address",
    ),
    "bridge": _Module(
        "Bridge BridgePart BridgeInstallation BridgeConstructionElement IntBridgeInstallation BridgeRoom "
        "BridgeFurniture",
        _THEMATIC,
        "consistsOfBridgePart outerBridgeInstallation outerBridgeConstruction interiorBridgeInstallation "
        "interiorBridgeRoom interiorFurniture bridgeRoomInstallation",
        "boundedBy opening",
        _BUILT,
        "address",
    ),
    "tunnel": _Module(
        "Tunnel TunnelPart TunnelInstallation IntTunnelInstallation HollowSpace TunnelFurniture",
        _THEMATIC,
        "consistsOfTunnelPart outerTunnelInstallation interiorTunnelInstallation interiorHollowSpace "
        "interiorFurniture hollowSpaceInstallation",
        "boundedBy opening",
        _BUILT,
    ),
    "generics": _Module("GenericCityObject", texts=_USE),
    "waterbody": _Module(
        "WaterBody",
        "WaterSurface WaterGroundSurface WaterClosureSurface",
        bounded="boundedBy",
        texts=f"{_USE} waterLevel",
    ),
    "transportation": _Module(
        "TransportationComplex Track Road Railway Square",
        "TrafficArea AuxiliaryTrafficArea",
        bounded="trafficArea auxiliaryTrafficArea",
        texts=f"{_USE} surfaceMaterial",
    ),
}
_MODULES_30 = {
    **_SHARED_MODULES,
    "": _Module(
        surfaces="ClosureSurface",
        bounded="boundary",
        texts="spaceType validFrom validTo",
        passed="relatedTo appearance dynamizer volume area",
    ),
    "construction": _Module(
        "OtherConstruction",
        f"{_THEMATIC} WindowSurface DoorSurface",
        bounded="fillingSurface filling",
        texts=f"{_USE} conditionOfConstruction dateOfConstruction dateOfDemolition relationToConstruction "
        "isStructuralElement",
        passed="constructionEvent elevation occupancy address",
    ),
    "building": _Module(
        "Building BuildingPart BuildingInstallation BuildingConstructiveElement BuildingRoom BuildingFurniture "
        "BuildingUnit Storey",
        holds="buildingPart buildingInstallation buildingConstructiveElement buildingRoom buildingFurniture "
        "buildingSubdivision buildingUnit storey",
        texts=f"{_BUILT} sortKey",
        passed="address elevation roomHeight",
    ),
    "bridge": _Module(
        "Bridge BridgePart BridgeInstallation BridgeConstructiveElement BridgeRoom BridgeFurniture",
        holds="bridgePart bridgeInstallation bridgeConstructiveElement bridgeRoom bridgeFurniture",
        texts=_BUILT,
        passed="address",
    ),
    "tunnel": _Module(
        "Tunnel TunnelPart TunnelInstallation TunnelConstructiveElement HollowSpace TunnelFurniture",
        holds="tunnelPart tunnelInstallation tunnelConstructiveElement hollowSpace tunnelFurniture",
        texts=_BUILT,
    ),
    "generics": _Module(
        "GenericOccupiedSpace GenericUnoccupiedSpace GenericLogicalSpace GenericThematicSurface",
        "GenericThematicSurface",
        texts=_USE,
    ),
    "waterbody": _Module("WaterBody", "WaterSurface WaterGroundSurface", texts=f"{_USE} waterLevel"),
    "transportation": _Module(
        "Road Railway Track Square Waterway Section Intersection TrafficSpace AuxiliaryTrafficSpace ClearanceSpace "
        "Hole",
        "TrafficArea AuxiliaryTrafficArea Marking HoleSurface",
        "section intersection trafficSpace auxiliaryTrafficSpace clearanceSpace hole",
        "marking",
        f"{_USE} surfaceMaterial trafficDirection granularity",
        "occupancy predecessor successor",
    ),
}
_GENERIC = ("stringAttribute", "intAttribute", "doubleAttribute", "dateAttribute", "uriAttribute", "measureAttribute")
_SHAPES = {
    Shape.POLYGON: "Polygon PolygonPatch Triangle Rectangle",
    Shape.CONTAINER: "MultiSurface CompositeSurface Shell Surface PolyhedralSurface TriangulatedSurface Tin MultiSolid "
    "CompositeSolid MultiGeometry GeometricComplex patches polygonPatches trianglePatches exterior",
    Shape.MEMBER: "surfaceMember surfaceMembers solidMember solidMembers geometryMember geometryMembers element "
    "baseSurface",
    Shape.ORIENTABLE: "OrientableSurface",
    Shape.SOLID: "Solid",
    # of a polygon "interior" is a hole and never comes to this table
    Shape.CAVITY: "interior",
}
_LINES = "LineString LineStringSegment"
_DESCRIPTIONS = ("metaDataProperty", "identifier", "descriptionReference", "location")


def _names(namespace: str, names: str) -> list[str]:
    return [f"{{{namespace}}}{name}" for name in names.split()]


def _gml_names(gml: str) -> GmlNames:
    return GmlNames(
        id=f"{{{gml}}}id",
        pos_list=f"{{{gml}}}posList",
        pos=f"{{{gml}}}pos",
        coordinates=f"{{{gml}}}coordinates",
        points=frozenset(_names(gml, "pointProperty pointRep")),
        boundaries=frozenset(_names(gml, "exterior interior outerBoundaryIs innerBoundaryIs")),
        rings=frozenset(_names(gml, "LinearRing Ring")),
        linear_ring=f"{{{gml}}}LinearRing",
        lines=tuple(_names(gml, _LINES)),
        straight=frozenset(_names(gml, f"Ring curveMember Curve segments posList pos {_LINES}")),
        describing=frozenset(
            [
                *_names(gml, "description name boundedBy"),
                *(f"{{{gml}}}{name}" for name in _DESCRIPTIONS),
                *(f"{{{CORE_PREFIX}texturedsurface/{version}}}appearance" for version in ("1.0", "2.0")),
            ]
        ),
        envelope=f"{{{gml}}}boundedBy",
    )


def _geometry_steps(namespace: str) -> dict[str, tuple[Step, int | str]]:
    """The geometry properties of a namespace in every level of detail; curves bound no surface."""
    steps: dict[str, tuple[Step, int | str]] = {}
    for lod in range(5):
        prefix = f"{{{namespace}}}lod{lod}"
        for name in ("Solid", "MultiSurface", "Geometry", "Surface", "MultiSolid", "Point"):
            steps[prefix + name] = (Step.GEOMETRY, lod)
        for name in ("FootPrint", "RoofEdge"):
            # whatever the level they are named after: an outline that stands nowhere
            steps[prefix + name] = (Step.GEOMETRY, 0)
        for name in ("TerrainIntersection", "TerrainIntersectionCurve", "MultiCurve", "Network"):
            steps[prefix + name] = (Step.IGNORE, "")
        steps[prefix + "ImplicitRepresentation"] = (Step.IMPLICIT, lod)
    return steps


def _module_steps(namespace: str, module: _Module) -> dict[str, tuple[Step, int | str]]:
    steps = _geometry_steps(namespace)
    steps |= dict.fromkeys(_names(namespace, module.passed), (Step.IGNORE, ""))
    steps |= dict.fromkeys(_names(namespace, module.holds), (Step.OBJECTS, ""))
    steps |= dict.fromkeys(_names(namespace, module.bounded), (Step.BOUNDARY, ""))
    steps |= {f"{{{namespace}}}{name}": (Step.TEXT, name) for name in module.texts.split()}
    return steps


def _common_steps(core: str, version: str, gml: str) -> dict[str, tuple[Step, int | str]]:
    """What every object may have, whatever its module."""
    app, gen, dem, grp, con = (
        f"{CORE_PREFIX}{module}/{version}"
        for module in ("appearance", "generics", "relief", "cityobjectgroup", "construction")
    )
    passed = [
        *_names(core, "externalReference generalizesTo relativeToTerrain relativeToWater"),
        *(f"{{{gml}}}{name}" for name in _DESCRIPTIONS),
        *_names(app, "appearance appearanceMember"),
    ]
    steps: dict[str, tuple[Step, int | str]] = dict.fromkeys(passed, (Step.IGNORE, ""))
    steps |= {f"{{{core}}}{name}": (Step.TEXT, name) for name in ("creationDate", "terminationDate")}
    steps |= {f"{{{gml}}}{name}": (Step.TEXT, name) for name in ("name", "description")}
    steps |= {f"{{{gen}}}{name}": (Step.GENERIC, name) for name in (*_GENERIC, "genericAttributeSet")}
    return steps | {
        f"{{{core}}}genericAttribute": (Step.GENERIC_PROPERTY, ""),
        f"{{{con}}}height": (Step.HEIGHT, ""),
        f"{{{dem}}}tin": (Step.RELIEF, ""),
        f"{{{grp}}}geometry": (Step.GEOMETRY, 0),
        f"{{{gml}}}boundedBy": (Step.ENVELOPE, ""),
    }


def _kind(name: str) -> int:
    return INTERIOR if name in INTERIOR_SURFACES else int(KINDS.get(name, SurfaceKind.OTHER))


def _profile(version: str, table_versions: tuple[str, ...], gml: str, modules: dict[str, _Module]) -> Profile:
    """Profile of a version whose modules may be those of ``table_versions``."""
    objects: dict[str, str] = {}
    steps: dict[str, tuple[Step, int | str]] = {}
    surfaces: dict[str, tuple[int, str]] = {}
    shapes = {name: shape for shape, names in _SHAPES.items() for name in _names(gml, names)}
    members = set(_names(gml, "featureMember featureMembers"))
    passed = {f"{{{gml}}}{name}" for name in ("name", "description", *_DESCRIPTIONS)}
    for table in table_versions:
        core = CORE_PREFIX + table
        steps |= _common_steps(core, table, gml)
        for name, module in modules.items():
            namespace = f"{CORE_PREFIX}{name}/{table}" if name else core
            steps |= _module_steps(namespace, module)
            objects |= {f"{{{namespace}}}{item}": item for item in module.objects.split()}
            surfaces |= {f"{{{namespace}}}{item}": (_kind(item), item) for item in module.surfaces.split()}
        shapes[f"{{{CORE_PREFIX}texturedsurface/{table}}}TexturedSurface"] = Shape.ORIENTABLE
        members |= {f"{{{core}}}cityObjectMember", f"{{{core}}}featureMember"}
        passed |= {f"{{{CORE_PREFIX}appearance/{table}}}appearanceMember", f"{{{core}}}appearanceMember"}
        passed |= set(_names(core, "engineeringCRS creationDate terminationDate validFrom validTo"))
    return Profile(
        version, CORE_PREFIX + version, _gml_names(gml), frozenset(members), frozenset(passed), objects, steps,
        surfaces, shapes,
    )  # fmt: skip


PROFILES = {
    f"{{{CORE_PREFIX}{version}}}CityModel": _profile(version, tables, gml, modules)
    for version, tables, gml, modules in (
        ("1.0", ("1.0", "2.0"), GML, _MODULES),
        ("2.0", ("1.0", "2.0"), GML, _MODULES),
        ("3.0", ("3.0",), GML_32, _MODULES_30),
    )
}
"""Profile per root element."""
