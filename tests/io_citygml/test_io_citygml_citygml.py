"""CityGML 1.0/2.0: what a document about buildings says is what the model holds, each face once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from io_citygml.errors import CityModelError
from io_citygml.model import CityModel, SurfaceKind, root_objects
from io_citygml.polygon import surface_areas, surface_normals
from io_citygml.read import read_city
from io_citygml.repair import SurfaceFlag

Read = Callable[..., CityModel]
X, Y = 500000, 5700000


def polygon(points: str, name: str = "", tag: str = "Polygon") -> str:
    """A polygon of x,y,z triples relative to (X, Y, 0), closed."""
    triples = [[float(value) for value in point.split(",")] for point in points.split()]
    text = " ".join(f"{X + x:.3f} {Y + y:.3f} {z:.3f}" for x, y, z in [*triples, triples[0]])
    gml_id = f' gml:id="{name}"' if name else ""
    ring = f"<gml:exterior><gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing></gml:exterior>"
    return f"<gml:{tag}{gml_id}>{ring}</gml:{tag}>"


SLAB = "0,0,0 0,1,0 1,1,0 1,0,0"
ROOF = "0,0,1 1,0,1 1,1,1 0,1,1"
WALLS = ("0,0,0 1,0,0 1,0,1 0,0,1", "1,0,0 1,1,0 1,1,1 1,0,1", "1,1,0 0,1,0 0,1,1 1,1,1", "0,1,0 0,0,0 0,0,1 0,1,1")
CUBE = (SLAB, ROOF, *WALLS)


def solid(members: str, lod: int = 2) -> str:
    surface = f"<gml:CompositeSurface>{members}</gml:CompositeSurface>"
    return f"<bldg:lod{lod}Solid><gml:Solid><gml:exterior>{surface}</gml:exterior></gml:Solid></bldg:lod{lod}Solid>"


def member(inside: str) -> str:
    return f"<gml:surfaceMember>{inside}</gml:surfaceMember>"


def link(target: str) -> str:
    return f'<gml:surfaceMember xlink:href="{target}"/>'


def bounded(members: str, cls: str = "RoofSurface", name: str = "", lod: int = 2, more: str = "") -> str:
    gml_id = f' gml:id="{name}"' if name else ""
    multi = f"<bldg:lod{lod}MultiSurface><gml:MultiSurface>{members}</gml:MultiSurface></bldg:lod{lod}MultiSurface>"
    return f"<bldg:boundedBy><bldg:{cls}{gml_id}>{multi}{more}</bldg:{cls}></bldg:boundedBy>"


def test_house_and_garage(city_data: Path) -> None:
    model = read_city([city_data / "house_and_garage.gml"])
    report = model.report
    assert report.objects == {"Building": 1, "BuildingPart": 1, "SolitaryVegetationObject": 1}
    assert report.boundary_surfaces == {
        "GroundSurface": 2, "WallSurface": 4, "ClosureSurface": 2, "RoofSurface": 3
    }  # fmt: skip
    assert report.xlinks == 14 and report.solids == 2 and report.xlinks_unresolved == 0
    assert report.not_read == {}
    assert report.roof_types == {"5000": 1, "1000": 1}
    expected = {"GROUND": 80 + 32, "WALL": 2 * 60 + 60 + 36 + 12 + 24 + 12, "CLOSURE": 48, "ROOF": 2 * 50 + 32}
    assert report.area_m2 == pytest.approx(expected, abs=1e-9)
    assert report.area_read_m2 == pytest.approx(sum(expected.values()), abs=1e-9)
    assert model.crs.horizontal == "EPSG:25832" and model.crs.vertical == "EPSG:7837"


def test_names_of_surfaces(city_data: Path) -> None:
    model = read_city([city_data / "house_and_garage.gml"])
    names = dict(zip(model.surface_id, model.boundary_id, strict=True))
    assert names["roof_s"] == "roof_s"  # one polygon: the surface's own id
    assert names["walls#1"] == names["walls#2"] == "walls"
    assert names["HOUSE/4"] == ""  # the west wall, without gml:id, is the house's fourth polygon
    assert len(set(model.surface_id)) == model.n_surfaces == 14


def test_attributes(city_data: Path) -> None:
    house, garage, _ = read_city([city_data / "house_and_garage.gml"]).objects
    assert (house.function, house.roof_type, house.measured_height_m, house.storeys_above_ground) == (
        "31001_1010", "5000", 9.0, 2
    )  # fmt: skip
    assert house.attributes == {
        "creationDate": "2026-01-01",
        "Gemeindeschluessel": "06414000",
        "Etage": 2,
        "Firsthoehe": 109.0,
        "Traufhoehe": 106.5,
        "Unsinn": "zwei",
        "function": "31001_1010 31001_2463",
    }
    assert garage.parent == 0 and garage.storeys_above_ground is None and house.line == 12


def test_bad_number_is_a_counted_defect(city_data: Path) -> None:
    counts = read_city([city_data / "house_and_garage.gml"]).report.defect_counts()
    assert counts == {"attribute is not a number": 1}


def test_normals_point_outward(city_data: Path) -> None:
    model = read_city([city_data / "house_and_garage.gml"])
    normal = surface_normals(model)
    assert np.all(normal[model.kind == SurfaceKind.GROUND, 2] == -1)
    assert np.all(normal[model.kind == SurfaceKind.ROOF, 2] > 0.7)
    assert root_objects(model.objects).tolist() == [0, 0, 2]


def test_rings_are_open(city_data: Path) -> None:
    model = read_city([city_data / "house_and_garage.gml"])
    first, last = model.coords[model.ring_start[:-1]], model.coords[model.ring_start[1:] - 1]
    assert not np.any(np.all(first == last, axis=1))
    assert model.ring_start[-1] == len(model.coords) and model.surface_ring[-1] == len(model.ring_start) - 1


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_lod1_block_is_classified_by_normal(read_building: Read, version: str) -> None:
    model = read_building(solid("".join(member(polygon(face)) for face in CUBE), lod=1), version)
    assert model.report.polygons == {"GROUND": 1, "ROOF": 1, "WALL": 4}
    assert np.all(model.flags == SurfaceFlag.CLASSIFIED_BY_NORMAL) and np.all(model.lod == 1)
    assert model.surface_id == tuple(f"B/{n}" for n in range(1, 7))


def test_upper_underside_is_an_outer_ceiling(read_building: Read) -> None:
    balcony = polygon("0,0,5 0,1,5 1,1,5 1,0,5")
    model = read_building(solid("".join(member(polygon(face)) for face in CUBE) + member(balcony), lod=1))
    assert model.report.polygons["OUTER_CEILING"] == 1 and model.report.polygons["GROUND"] == 1


def test_polygons_of_a_solid_take_the_semantics_that_refers_to_them(read_building: Read) -> None:
    own = solid(member(polygon(SLAB, "s")) + member(polygon(ROOF, "r")))
    body = own + bounded(link("#r"), "RoofSurface", "roof") + bounded(link("#s"), "GroundSurface", "slab")
    model = read_building(body)
    assert dict(zip(model.surface_id, model.kind.tolist(), strict=True)) == {
        "slab": SurfaceKind.GROUND, "roof": SurfaceKind.ROOF
    }  # fmt: skip
    assert model.report.xlinks == 2 and model.report.flags == {}


def test_solid_that_repeats_its_boundary_surfaces_counts_once(read_building: Read) -> None:
    model = read_building(solid(member(polygon(ROOF))) + bounded(member(polygon(ROOF)), name="roof"))
    assert model.surface_id == ("roof",)
    assert model.report.skipped_polygons == {"REPEATED_IN_SOLID": 1}
    assert model.report.area_read_m2 == pytest.approx(2.0)


def test_solid_that_completes_its_boundary_surfaces_stays(read_building: Read) -> None:
    body = solid(link("#r") + member(polygon(SLAB))) + bounded(member(polygon(ROOF, "r")), name="roof")
    assert read_building(body).report.polygons == {"ROOF": 1, "GROUND": 1}


def test_highest_level_of_detail_counts(read_building: Read) -> None:
    block = solid(member(polygon(ROOF)), lod=1)
    footprint = f"<bldg:lod0FootPrint><gml:MultiSurface>{member(polygon(SLAB))}</gml:MultiSurface></bldg:lod0FootPrint>"
    model = read_building(footprint + block + bounded(member(polygon(ROOF)), name="roof"))
    assert model.surface_id == ("roof",)
    assert model.report.skipped_polygons == {"LOWER_LOD": 1, "FOOTPRINT": 1}
    balance = sum(model.report.area_m2.values()) + sum(model.report.skipped_area_m2.values())
    assert model.report.area_read_m2 == pytest.approx(balance) == pytest.approx(3.0)


def test_block_around_better_parts_is_left_out(read_building: Read) -> None:
    block = solid(member(polygon(ROOF)), lod=1)
    part = f'<bldg:BuildingPart gml:id="P">{bounded(member(polygon(ROOF)), name="roof")}</bldg:BuildingPart>'
    model = read_building(block + f"<bldg:consistsOfBuildingPart>{part}</bldg:consistsOfBuildingPart>")
    assert model.surface_id == ("roof",) and model.report.skipped_polygons == {"LOWER_LOD": 1}


def test_body_beside_a_better_annex_stays(read_building: Read) -> None:
    part = f'<bldg:BuildingPart gml:id="P">{bounded(member(polygon(ROOF)), name="annex", lod=3)}</bldg:BuildingPart>'
    body = bounded(member(polygon("5,0,1 6,0,1 6,1,1 5,1,1")), name="body")
    model = read_building(body + f"<bldg:consistsOfBuildingPart>{part}</bldg:consistsOfBuildingPart>")
    assert model.surface_id == ("body", "annex") and model.lod.tolist() == [2, 3]


def test_orientable_surface_is_turned(read_building: Read) -> None:
    base = f"<gml:baseSurface>{polygon(SLAB)}</gml:baseSurface>"
    turned = f'<gml:OrientableSurface orientation="-">{base}</gml:OrientableSurface>'
    model = read_building(bounded(member(turned), name="roof"))
    assert surface_normals(model)[0, 2] == 1 and model.flags[0] == SurfaceFlag.REVERSED


def test_shared_party_wall_counts_once(read_building: Read) -> None:
    other = '<gml:OrientableSurface orientation="-"><gml:baseSurface xlink:href="#w"/></gml:OrientableSurface>'
    body = bounded(member(polygon(CUBE[2], "w")), "WallSurface", "a") + bounded(member(other), "WallSurface", "b")
    model = read_building(body)
    assert model.surface_id == ("a",) and model.report.xlinks_shared == 1


def test_reference_to_nothing_is_a_defect(read_building: Read) -> None:
    model = read_building(solid(link("#gone") + link("other.gml#r")) + bounded(member(polygon(ROOF)), name="roof"))
    assert model.report.xlinks_unresolved == 2
    assert {(entry.kind, entry.object_id) for entry in model.report.defects} == {("unresolved xlink", "B")}


def test_hole(read_building: Read) -> None:
    hole = polygon("0.2,0.2,1 0.2,0.8,1 0.8,0.8,1 0.8,0.2,1").replace("exterior", "interior")
    inner = hole.removeprefix("<gml:Polygon>").removesuffix("</gml:Polygon>")
    model = read_building(bounded(member(polygon(ROOF).replace("</gml:Polygon>", inner + "</gml:Polygon>"))))
    assert surface_areas(model)[0] == pytest.approx(1 - 0.36) and model.report.interior_rings == 1


def test_hole_named_exterior(read_building: Read) -> None:
    """As in an official tile of Dresden: the outline is the "interior" ring."""
    outline = polygon(ROOF).removeprefix("<gml:Polygon>").removesuffix("</gml:Polygon>")
    hole = polygon("0.2,0.2,1 0.2,0.8,1 0.8,0.8,1 0.8,0.2,1").removesuffix("</gml:Polygon>")
    model = read_building(bounded(member(hole + outline.replace("exterior", "interior") + "</gml:Polygon>")))
    assert surface_areas(model)[0] == pytest.approx(1 - 0.36) and surface_normals(model)[0].tolist() == [0, 0, 1]
    assert model.coords[:4, 0].min() == X and model.flags[0] == SurfaceFlag.SWAPPED_RINGS
    assert model.report.defect_counts() == {"exterior inside its interior ring": 1}


@pytest.mark.parametrize(
    "ring",
    [
        "<gml:pos>0 0 0</gml:pos><gml:pos>2 0 0</gml:pos><gml:pos>2 2 0</gml:pos><gml:pos>0 0 0</gml:pos>",
        "<gml:coordinates>0,0,0 2,0,0 2,2,0 0,0,0</gml:coordinates>",
        '<gml:coordinates cs=";" decimal="," ts=" ">0;0;0 2,0;0;0 2;2;0 0;0;0</gml:coordinates>',
        "<gml:posList>0 0 0 2 0 <!-- a comment -->0 2 2 0 0 0 0</gml:posList>",
        '<gml:posList srsDimension="3">0 0 0\n2 0 0\t2 2 0 0 0 0</gml:posList>',
        "<gml:pointProperty><gml:Point><gml:pos>0 0 0</gml:pos></gml:Point></gml:pointProperty>"
        "<gml:pos>2 0 0</gml:pos><gml:pos>2 2 0</gml:pos><gml:pos>0 0 0</gml:pos>",
    ],
)
def test_notations_of_a_ring(read_building: Read, ring: str) -> None:
    body = f"<gml:Polygon><gml:exterior><gml:LinearRing>{ring}</gml:LinearRing></gml:exterior></gml:Polygon>"
    model = read_building(bounded(member(body)))
    assert surface_areas(model).tolist() == [2.0] and len(model.coords) == 3


def test_triangulated_surface(read_building: Read) -> None:
    patches = "".join(polygon(points, tag="Triangle") for points in ("0,0,0 1,0,0 1,1,0", "0,0,0 1,1,0 0,1,0"))
    surface = f"<gml:TriangulatedSurface><gml:trianglePatches>{patches}</gml:trianglePatches></gml:TriangulatedSurface>"
    assert read_building(bounded(member(surface))).report.area_m2 == {"ROOF": 1.0}


def test_plan_coordinates_are_left_out_and_counted(read_building: Read) -> None:
    flat = '<gml:posList srsDimension="2">0 0 1 0 1 1 0 0</gml:posList>'
    body = f"<gml:Polygon><gml:exterior><gml:LinearRing>{flat}</gml:LinearRing></gml:exterior></gml:Polygon>"
    report = read_building(bounded(member(body))).report
    assert report.skipped_polygons == {"EMPTY": 1} and report.defect_counts() == {"polygon without 3D coordinates": 1}


def test_windows_are_surfaces_of_their_own(read_building: Read) -> None:
    window = bounded(member(polygon("0.2,0,0.2 0.4,0,0.2 0.4,0,0.4")), "Window", "w", lod=3)
    opening = window.replace("boundedBy", "opening")
    model = read_building(bounded(member(polygon(CUBE[2])), "WallSurface", "wall", lod=3, more=opening))
    assert model.surface_id == ("wall", "w") and model.kind.tolist() == [SurfaceKind.WALL, SurfaceKind.WINDOW]


def test_interior_surfaces_are_left_out(read_building: Read) -> None:
    body = bounded(member(polygon(ROOF))) + bounded(member(polygon(SLAB)), "FloorSurface")
    assert read_building(body).report.skipped_polygons == {"INTERIOR": 1}


def test_generic_attribute_set(read_building: Read) -> None:
    inner = '<gen:stringAttribute name="a"><gen:value>x</gen:value></gen:stringAttribute>'
    model = read_building(f'<gen:genericAttributeSet name="set">{inner}</gen:genericAttributeSet>')
    assert model.objects[0].attributes == {"set.a": "x"}


def test_object_without_id_gets_one(write_gml: Callable[..., Path]) -> None:
    building = f"<bldg:Building>{bounded(member(polygon(ROOF)))}</bldg:Building>"
    model = read_city([write_gml(members=building)])
    assert model.surface_id == ("Building_1_1/1",) and model.report.defect_counts() == {"missing gml:id": 1}


def test_taken_surface_id_gets_a_suffix(read_building: Read) -> None:
    model = read_building(2 * bounded(member(polygon(ROOF)), name="roof"))
    assert model.surface_id == ("roof", "roof~2")
    assert model.report.defect_counts() == {"duplicate surface id": 1}


def test_unknown_parts_are_counted(read_building: Read) -> None:
    report = read_building("<bldg:interiorRoom><bldg:Cave/></bldg:interiorRoom><bldg:lod9Thing/>").report
    assert report.not_read == {"Cave": 1, "lod9Thing": 1}


def test_other_version_is_refused(write_gml: Callable[..., Path]) -> None:
    with pytest.raises(CityModelError, match=r"CityGML 0\.4 is not read.*CityGML 1\.0, 2\.0 and 3\.0"):
        read_city([write_gml(version="0.4")])


def test_report_is_plain(city_data: Path) -> None:
    import json

    report = read_city([city_data / "house_and_garage.gml"]).report.to_dict()
    assert json.loads(json.dumps(report)) == report


def test_solid_that_lends_some_polygons_keeps_the_others(read_building: Read) -> None:
    """Boundary surfaces refer to the roof of the solid only; its floor has no other place to stand."""
    faces = member(polygon(ROOF, "r")) + member(polygon(SLAB, "g"))
    model = read_building(solid(faces) + bounded(link("#r"), name="roof"))
    assert model.report.polygons == {"ROOF": 1, "GROUND": 1} and not model.report.skipped_polygons
    assert model.flags[model.kind == SurfaceKind.GROUND].tolist() == [SurfaceFlag.CLASSIFIED_BY_NORMAL]


def test_part_with_a_taken_id_is_counted(read_building: Read) -> None:
    part = f'<bldg:BuildingPart gml:id="P">{bounded(member(polygon(ROOF)))}</bldg:BuildingPart>'
    model = read_building(2 * f"<bldg:consistsOfBuildingPart>{part}</bldg:consistsOfBuildingPart>")
    assert [item.id for item in model.objects] == ["B", "P", "P~2"]
    assert model.report.defect_counts() == {"duplicate id": 1}


def test_what_is_passed_over_is_counted(read_building: Read) -> None:
    strange = bounded("<gml:name>a roof</gml:name>" + member("<gml:Sphere/>") + "<gml:curveMember/>")
    report = read_building(strange + '<bldg:boundedBy xlink:href="#elsewhere"/>').report
    assert report.not_read == {"Sphere": 1, "curveMember": 1, "boundedBy by reference": 1}
