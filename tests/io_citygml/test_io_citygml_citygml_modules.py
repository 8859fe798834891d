"""Every module of CityGML 1.0, 2.0 and 3.0: what a small document of it becomes, and that the document is valid."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest
from lxml import etree
from oracles.gml_documents import (
    BOTTOM,
    CUBE,
    EAST,
    NORTH,
    SOUTH,
    TOP,
    WEST,
    document,
    multi_surface,
    namespaces,
    polygon,
    solid,
    tin,
)

from io_citygml.classify import CLASSIFIED_TYPES
from io_citygml.model import CityModel
from io_citygml.polygon import surface_areas
from io_citygml.read import read_city

TRIANGLES = ("0,0,0 2,0,0 2,2,1", "0,0,0 2,2,1 0,2,0")
SHELL = solid(*map(polygon, CUBE))
ROOF, GROUND = multi_surface(polygon(TOP)), multi_surface(polygon(BOTTOM))
WALLS = multi_surface(*map(polygon, (SOUTH, EAST, NORTH, WEST)))
PATCH = multi_surface(polygon(TOP))
MATRIX = "2 0 0 0  0 2 0 0  0 0 3 0  0 0 0 1"


class Case(NamedTuple):
    version: str
    member: str
    objects: dict[str, int]
    boundaries: dict[str, int]
    polygons: dict[str, int]
    skipped: Mapping[str, int] = MappingProxyType({})


def bounded(prefix: str, *kinds: tuple[str, str], lod: int = 2) -> str:
    """CityGML 1.0/2.0: boundary surfaces of a module."""
    return "".join(
        f'<{prefix}:boundedBy><{prefix}:{kind} gml:id="{prefix}{number}"><{prefix}:lod{lod}MultiSurface>{geometry}'
        f"</{prefix}:lod{lod}MultiSurface></{prefix}:{kind}></{prefix}:boundedBy>"
        for number, (kind, geometry) in enumerate(kinds)
    )


def boundary(*kinds: tuple[str, str], lod: int = 2, name: str = "s") -> str:
    """CityGML 3.0: space boundaries, kinds with their prefix."""
    return "".join(
        f'<core:boundary><{kind} gml:id="{name}{number}"><core:lod{lod}MultiSurface>{geometry}'
        f"</core:lod{lod}MultiSurface></{kind}></core:boundary>"
        for number, (kind, geometry) in enumerate(kinds)
    )


def implicit(version: str, surface: str = TOP) -> str:
    name = "relativeGeometry" if version == "3.0" else "relativeGMLGeometry"
    before, after = ("</core:referencePoint>", "") if version == "3.0" else ("", "</core:referencePoint>")
    template = f"<core:{name}>{multi_surface(polygon(surface, local=True))}</core:{name}>"
    point = '<core:referencePoint><gml:Point gml:id="anchor"><gml:pos>500000 5700000 7</gml:pos></gml:Point>'
    identity = ' gml:id="impl"' if version == "3.0" else ""
    middle = f"{point}{before}{template}" if version == "3.0" else f"{template}{point}{after}"
    matrix = f"<core:transformationMatrix>{MATRIX}</core:transformationMatrix>"
    return f"<core:ImplicitGeometry{identity}>{matrix}{middle}</core:ImplicitGeometry>"


def old_cases(version: str) -> list[tuple[str, Case]]:
    """Modules of CityGML 1.0 and 2.0."""
    relief = (
        '<dem:ReliefFeature gml:id="r"><dem:lod>2</dem:lod><dem:reliefComponent><dem:TINRelief gml:id="t">'
        f"<dem:lod>2</dem:lod><dem:tin>{tin(*TRIANGLES)}</dem:tin></dem:TINRelief></dem:reliefComponent>"
        "</dem:ReliefFeature>"
    )
    tree = (
        '<veg:SolitaryVegetationObject gml:id="v"><veg:species>1070</veg:species><veg:height uom="m">12.5</veg:height>'
        f"<veg:lod2ImplicitRepresentation>{implicit(version)}</veg:lod2ImplicitRepresentation>"
        "</veg:SolitaryVegetationObject>"
    )
    hedge = f'<veg:PlantCover gml:id="v"><veg:lod1MultiSurface>{PATCH}</veg:lod1MultiSurface></veg:PlantCover>'
    lamp = f'<frn:CityFurniture gml:id="f"><frn:lod1Geometry>{SHELL}</frn:lod1Geometry></frn:CityFurniture>'
    thing = f'<gen:GenericCityObject gml:id="g"><gen:lod1Geometry>{SHELL}</gen:lod1Geometry></gen:GenericCityObject>'
    meadow = f'<luse:LandUse gml:id="l"><luse:lod0MultiSurface>{PATCH}</luse:lod0MultiSurface></luse:LandUse>'
    pond = (
        '<wtr:WaterBody gml:id="w"><wtr:boundedBy><wtr:WaterSurface gml:id="ws"><wtr:lod2Surface>'
        f"{polygon(TOP, 'wp')}</wtr:lod2Surface></wtr:WaterSurface></wtr:boundedBy></wtr:WaterBody>"
    )
    road = (
        f'<tran:Road gml:id="t"><tran:trafficArea><tran:TrafficArea gml:id="ta"><tran:lod2MultiSurface>{PATCH}'
        "</tran:lod2MultiSurface></tran:TrafficArea></tran:trafficArea><tran:auxiliaryTrafficArea>"
        f'<tran:AuxiliaryTrafficArea gml:id="aa"><tran:lod2MultiSurface>{GROUND}</tran:lod2MultiSurface>'
        f"</tran:AuxiliaryTrafficArea></tran:auxiliaryTrafficArea><tran:lod1MultiSurface>{PATCH}"
        "</tran:lod1MultiSurface></tran:Road>"
    )
    traffic = {"TrafficArea": 1, "AuxiliaryTrafficArea": 1}
    cases = [
        ("relief", Case(version, relief, {"ReliefFeature": 1, "TINRelief": 1}, {}, {"OTHER": 2})),
        ("tree", Case(version, tree, {"SolitaryVegetationObject": 1}, {}, {"OTHER": 1})),
        ("plant cover", Case(version, hedge, {"PlantCover": 1}, {}, {"OTHER": 1})),
        ("furniture", Case(version, lamp, {"CityFurniture": 1}, {}, {"OTHER": 6})),
        ("generic", Case(version, thing, {"GenericCityObject": 1}, {}, {"OTHER": 6})),
        ("land use", Case(version, meadow, {"LandUse": 1}, {}, {"OTHER": 1})),
        ("water", Case(version, pond, {"WaterBody": 1}, {"WaterSurface": 1}, {"OTHER": 1})),
        ("road", Case(version, road, {"Road": 1}, traffic, {"OTHER": 2}, {"LOWER_LOD": 1})),
    ]
    return cases if version == "1.0" else cases + [old_bridge(), old_tunnel(), old_room()]


def old_bridge() -> tuple[str, Case]:
    pier = (
        '<brid:outerBridgeConstruction><brid:BridgeConstructionElement gml:id="pier"><brid:lod2Geometry>'
        f"{SHELL}</brid:lod2Geometry></brid:BridgeConstructionElement></brid:outerBridgeConstruction>"
    )
    rail = (
        '<brid:outerBridgeInstallation><brid:BridgeInstallation gml:id="rail"><brid:lod2Geometry>'
        f"{SHELL}</brid:lod2Geometry></brid:BridgeInstallation></brid:outerBridgeInstallation>"
    )
    part = (
        f'<brid:consistsOfBridgePart><brid:BridgePart gml:id="span"><brid:lod2Solid>{SHELL}</brid:lod2Solid>'
        "</brid:BridgePart></brid:consistsOfBridgePart>"
    )
    deck = bounded("brid", ("RoofSurface", ROOF), ("OuterCeilingSurface", GROUND))
    member = f'<brid:Bridge gml:id="b"><brid:lod1Solid>{SHELL}</brid:lod1Solid>{pier}{rail}{deck}{part}</brid:Bridge>'
    objects = {"Bridge": 1, "BridgeConstructionElement": 1, "BridgeInstallation": 1, "BridgePart": 1}
    polygons = {"ROOF": 4, "GROUND": 3, "WALL": 12, "OUTER_CEILING": 1}
    kinds = {"RoofSurface": 1, "OuterCeilingSurface": 1}
    return "bridge", Case("2.0", member, objects, kinds, polygons, {"LOWER_LOD": 6})


def old_tunnel() -> tuple[str, Case]:
    inside = (
        '<tun:interiorHollowSpace><tun:HollowSpace gml:id="h"><tun:lod4MultiSurface>'
        f"{PATCH}</tun:lod4MultiSurface></tun:HollowSpace></tun:interiorHollowSpace>"
    )
    shell = bounded("tun", ("WallSurface", WALLS), ("RoofSurface", ROOF), ("GroundSurface", GROUND))
    member = f'<tun:Tunnel gml:id="t">{shell}{inside}</tun:Tunnel>'
    kinds = {"WallSurface": 1, "RoofSurface": 1, "GroundSurface": 1}
    polygons = {"WALL": 4, "ROOF": 1, "GROUND": 1}
    return "tunnel", Case("2.0", member, {"Tunnel": 1, "HollowSpace": 1}, kinds, polygons, {"INTERIOR": 1})


def old_room() -> tuple[str, Case]:
    """LoD4: a wall with a window, and a room with an inner wall whose door is its own."""
    window = (
        f'<bldg:opening><bldg:Window gml:id="win"><bldg:lod4MultiSurface>{multi_surface(polygon(SOUTH))}'
        "</bldg:lod4MultiSurface></bldg:Window></bldg:opening>"
    )
    wall = (
        f'<bldg:boundedBy><bldg:WallSurface gml:id="wall"><bldg:lod4MultiSurface>{WALLS}</bldg:lod4MultiSurface>'
        f"{window}</bldg:WallSurface></bldg:boundedBy>"
    )
    door = (
        f'<bldg:opening><bldg:Door gml:id="door"><bldg:lod4MultiSurface>{multi_surface(polygon(EAST))}'
        "</bldg:lod4MultiSurface></bldg:Door></bldg:opening>"
    )
    room = (
        '<bldg:interiorRoom><bldg:Room gml:id="room"><bldg:boundedBy><bldg:InteriorWallSurface gml:id="inner">'
        f"<bldg:lod4MultiSurface>{WALLS}</bldg:lod4MultiSurface>{door}</bldg:InteriorWallSurface></bldg:boundedBy>"
        "</bldg:Room></bldg:interiorRoom>"
    )
    member = f'<bldg:Building gml:id="b">{wall}{room}</bldg:Building>'
    kinds = {"WallSurface": 1, "Window": 1, "InteriorWallSurface": 1, "Door": 1}
    polygons = {"WALL": 4, "WINDOW": 1}
    return "room", Case("2.0", member, {"Building": 1, "Room": 1}, kinds, polygons, {"INTERIOR": 5})


def new_cases() -> list[tuple[str, Case]]:
    """Modules of CityGML 3.0."""
    relief = (
        '<dem:ReliefFeature gml:id="r"><dem:lod>2</dem:lod><dem:reliefComponent><dem:TINRelief gml:id="t">'
        f"<dem:lod>2</dem:lod><dem:tin>{tin(*TRIANGLES)}</dem:tin></dem:TINRelief></dem:reliefComponent>"
        "</dem:ReliefFeature>"
    )
    tree = (
        '<veg:SolitaryVegetationObject gml:id="v"><core:lod2ImplicitRepresentation>'
        f'{implicit("3.0")}</core:lod2ImplicitRepresentation><veg:species>1070</veg:species><veg:height uom="m">12.5'
        "</veg:height></veg:SolitaryVegetationObject>"
    )
    lamp = f'<frn:CityFurniture gml:id="f"><core:lod2Solid>{SHELL}</core:lod2Solid></frn:CityFurniture>'
    thing = f'<gen:GenericOccupiedSpace gml:id="g"><core:lod1Solid>{SHELL}</core:lod1Solid></gen:GenericOccupiedSpace>'
    meadow = f'<luse:LandUse gml:id="l"><core:lod0MultiSurface>{PATCH}</core:lod0MultiSurface></luse:LandUse>'
    pond = f'<wtr:WaterBody gml:id="w">{boundary(("wtr:WaterSurface", PATCH))}</wtr:WaterBody>'
    area = boundary(("tran:TrafficArea", PATCH))
    lane = f'<tran:TrafficSpace gml:id="ts">{area}<tran:granularity>lane</tran:granularity></tran:TrafficSpace>'
    section = f'<tran:Section gml:id="sec"><tran:trafficSpace>{lane}</tran:trafficSpace></tran:Section>'
    road = f'<tran:Road gml:id="t"><tran:section>{section}</tran:section></tran:Road>'
    fence = f'<con:OtherConstruction gml:id="o"><core:lod1Solid>{SHELL}</core:lod1Solid></con:OtherConstruction>'
    box = {"ROOF": 1, "GROUND": 1, "WALL": 4}
    return [
        ("relief", Case("3.0", relief, {"ReliefFeature": 1, "TINRelief": 1}, {}, {"OTHER": 2})),
        ("tree", Case("3.0", tree, {"SolitaryVegetationObject": 1}, {}, {"OTHER": 1})),
        ("furniture", Case("3.0", lamp, {"CityFurniture": 1}, {}, {"OTHER": 6})),
        ("generic", Case("3.0", thing, {"GenericOccupiedSpace": 1}, {}, {"OTHER": 6})),
        ("land use", Case("3.0", meadow, {"LandUse": 1}, {}, {"OTHER": 1})),
        ("water", Case("3.0", pond, {"WaterBody": 1}, {"WaterSurface": 1}, {"OTHER": 1})),
        ("road", Case("3.0", road, {"Road": 1, "Section": 1, "TrafficSpace": 1}, {"TrafficArea": 1}, {"OTHER": 1})),
        ("wall", Case("3.0", fence, {"OtherConstruction": 1}, {}, box)),
        new_bridge(),
        new_tunnel(),
        new_element(),
    ]


def new_bridge() -> tuple[str, Case]:
    pier = (
        '<brid:bridgeConstructiveElement><brid:BridgeConstructiveElement gml:id="pier">'
        f"<core:lod2Solid>{SHELL}</core:lod2Solid></brid:BridgeConstructiveElement></brid:bridgeConstructiveElement>"
    )
    part = (
        f'<brid:bridgePart><brid:BridgePart gml:id="span"><core:lod2Solid>{SHELL}</core:lod2Solid></brid:BridgePart>'
        "</brid:bridgePart>"
    )
    deck = boundary(("con:RoofSurface", ROOF), ("con:OuterCeilingSurface", GROUND))
    member = f'<brid:Bridge gml:id="b">{deck}<core:lod1Solid>{SHELL}</core:lod1Solid>{pier}{part}</brid:Bridge>'
    objects = {"Bridge": 1, "BridgeConstructiveElement": 1, "BridgePart": 1}
    polygons = {"ROOF": 3, "GROUND": 2, "WALL": 8, "OUTER_CEILING": 1}
    kinds = {"RoofSurface": 1, "OuterCeilingSurface": 1}
    return "bridge", Case("3.0", member, objects, kinds, polygons, {"LOWER_LOD": 6})


def new_tunnel() -> tuple[str, Case]:
    inside = f'<tun:hollowSpace><tun:HollowSpace gml:id="h"><core:lod1Solid>{SHELL}</core:lod1Solid></tun:HollowSpace>'
    shell = boundary(("con:WallSurface", WALLS), ("core:ClosureSurface", PATCH))
    member = f'<tun:Tunnel gml:id="t">{shell}{inside}</tun:hollowSpace></tun:Tunnel>'
    kinds = {"WallSurface": 1, "ClosureSurface": 1}
    polygons = {"WALL": 4, "CLOSURE": 1}
    return "tunnel", Case("3.0", member, {"Tunnel": 1, "HollowSpace": 1}, kinds, polygons, {"INTERIOR": 6})


def new_element() -> tuple[str, Case]:
    """A wall as a constructive element, filled by a window that has a surface; and an installation inside."""
    glass = boundary(("con:WindowSurface", multi_surface(polygon(SOUTH))), lod=3, name="glass")
    filling = f'<con:filling><con:Window gml:id="win">{glass}</con:Window></con:filling>'
    wall = boundary(("con:WallSurface", WALLS), lod=3, name="wall")
    element = f'<bldg:BuildingConstructiveElement gml:id="e">{wall}{filling}</bldg:BuildingConstructiveElement>'
    stairs = (
        f'<bldg:BuildingInstallation gml:id="i"><core:lod3Solid>{SHELL}</core:lod3Solid>'
        "<con:relationToConstruction>inside</con:relationToConstruction></bldg:BuildingInstallation>"
    )
    member = (
        f'<bldg:Building gml:id="b"><bldg:buildingConstructiveElement>{element}</bldg:buildingConstructiveElement>'
        f"<bldg:buildingInstallation>{stairs}</bldg:buildingInstallation></bldg:Building>"
    )
    objects = {"Building": 1, "BuildingConstructiveElement": 1, "BuildingInstallation": 1}
    kinds = {"WallSurface": 1, "Window": 1, "WindowSurface": 1}
    return "element", Case("3.0", member, objects, kinds, {"WALL": 4, "WINDOW": 1}, {"INTERIOR": 6})


CASES = {
    f"{case.version} {name}": case for name, case in [*old_cases("1.0"), *old_cases("2.0"), *new_cases()]
}  # fmt: skip


@pytest.fixture
def read_case(tmp_path: Path) -> Callable[[str], CityModel]:
    def read(name: str) -> CityModel:
        path = tmp_path / "module.gml"
        path.write_text(document(CASES[name].version, CASES[name].member), encoding="utf-8")
        return read_city([path])

    return read


@pytest.mark.parametrize("name", CASES)
def test_module(read_case: Callable[[str], CityModel], name: str) -> None:
    case, model = CASES[name], read_case(name)
    report = model.report
    assert report.objects == case.objects and report.boundary_surfaces == case.boundaries
    assert report.polygons == case.polygons and report.skipped_polygons == case.skipped
    assert not report.not_read and not report.xlinks_unresolved
    balance = sum(report.area_m2.values()) + sum(report.skipped_area_m2.values())
    assert report.area_read_m2 == pytest.approx(balance, rel=1e-9)


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith("relief")])
def test_relief_is_what_terrain_expects(read_case: Callable[[str], CityModel], name: str) -> None:
    model = read_case(name)
    feature, relief = model.objects
    assert (feature.type, relief.type, relief.parent) == ("ReliefFeature", "TINRelief", 0)
    assert model.object.tolist() == [1, 1] and model.lod.tolist() == [2, 2]
    assert len(model.coords) == 6 and len(model.ring_start) == 3
    assert "TINRelief" not in CLASSIFIED_TYPES


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith("tree")])
def test_template_is_scaled_and_set_down(read_case: Callable[[str], CityModel], name: str) -> None:
    """The unit square at height 1, twice as wide and three times as high, stands 7 m up."""
    model = read_case(name)
    assert surface_areas(model).tolist() == [4.0] and set(model.coords[:, 2]) == {10.0}
    assert model.coords[:, :2].min(axis=0).tolist() == [500000, 5700000]
    assert model.objects[0].attributes == {"species": "1070", "height": "12.5"}


def test_what_shades_and_what_does_not() -> None:
    built = {"Tunnel", "TunnelPart", "BridgeConstructiveElement", "OtherConstruction", "BuildingInstallation"}
    assert built <= CLASSIFIED_TYPES
    assert not CLASSIFIED_TYPES & {"SolitaryVegetationObject", "PlantCover", "CityFurniture", "GenericCityObject"}


@functools.cache
def schema(folder: Path, version: str) -> etree.XMLSchema:
    """One schema of all modules of a version."""
    names = {"cityfurniture": "cityFurniture", "landuse": "landUse", "waterbody": "waterBody",
             "cityobjectgroup": "cityObjectGroup"}  # fmt: skip
    lines = []
    for space in namespaces(version).values():
        module = space.removeprefix("http://www.opengis.net/citygml/").split("/")[0]
        module = "core" if module == version and version == "3.0" else module
        module = "cityGMLBase" if module == version else module
        path = folder / version / f"{names.get(module, module)}.xsd"
        if path.is_file():
            lines.append(f'<xs:import namespace="{space}" schemaLocation="{path.as_uri()}"/>')
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{"".join(lines)}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text))


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_document_is_valid(shared_data: Path, name: str) -> None:
    case = CASES[name]
    found = schema(shared_data / "schemas" / "citygml", case.version)
    found.assertValid(etree.fromstring(document(case.version, case.member).encode()))
