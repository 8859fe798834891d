"""CityJSON 1.0 beside 2.0, extensions, all object types, shells, and each face counted once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from io_citygml.model import CityModel, SurfaceKind
from io_citygml.polygon import surface_areas
from io_citygml.repair import SurfaceFlag

Read = Callable[..., CityModel]


def old(document: dict[str, Any]) -> dict[str, Any]:
    """The same document as CityJSON 1.0: real coordinates without transform, numeric lod, a URN as system."""
    scale, shift = document["transform"]["scale"], document["transform"]["translate"]
    document = copy.deepcopy(document) | {"version": "1.0"}
    document["vertices"] = [
        [a * factor + b for a, factor, b in zip(vertex, scale, shift, strict=True)] for vertex in document["vertices"]
    ]
    del document["transform"]
    document["metadata"] = {"referenceSystem": "urn:ogc:def:crs:EPSG::25832"}
    for item in document["CityObjects"].values():
        for geometry in item.get("geometry", []):
            geometry["lod"] = float(geometry["lod"])
    return document


def test_version_1_0_without_transform(json_document: dict[str, Any], read_json: Read) -> None:
    new, model = read_json(json_document), read_json(old(json_document))
    assert model.report.files[0].format == "CityJSON 1.0" and model.crs.horizontal == "EPSG:25832"
    assert model.coords == pytest.approx(new.coords, abs=1e-6)
    assert model.kind.tolist() == new.kind.tolist() and model.report.defects == []
    assert model.report.area_m2 == pytest.approx(new.report.area_m2)


@pytest.mark.parametrize("transform", [{}, {"scale": [], "translate": []}, None])
def test_version_1_0_with_an_empty_transform(
    json_document: dict[str, Any], read_json: Read, transform: dict[str, Any] | None
) -> None:
    document = old(json_document) | {"transform": transform}
    assert read_json(document).report.area_read_m2 == pytest.approx(831.0)


def test_version_1_0_with_transform(json_document: dict[str, Any], read_json: Read) -> None:
    json_document["version"] = "1.0.3"
    model = read_json(json_document)
    assert model.report.files[0].format == "CityJSON 1.0.3" and model.report.area_m2["WALL"] == pytest.approx(216.0)


def test_names_of_version_1_0(json_document: dict[str, Any], read_json: Read) -> None:
    """A bridge's "ConstructionElement" is built, hence classified; a group's members are still top-level objects."""
    document = old(json_document)
    objects = document["CityObjects"]
    roof = [{"type": "MultiSurface", "lod": 2, "boundaries": [[[4, 5, 6, 7]]]}]
    objects["bridge"] = {"type": "Bridge", "children": ["pier"]}
    objects["pier"] = {"type": "BridgeConstructionElement", "parents": ["bridge"], "geometry": roof}
    objects["row"] = {"type": "CityObjectGroup", "members": ["house", "bridge"]}
    objects["thing"] = {"type": "GenericCityObject", "geometry": copy.deepcopy(roof)}
    model = read_json(document)
    parent = {item.id: item.parent for item in model.objects}
    assert parent["row"] == parent["house"] == parent["bridge"] == -1 and model.report.defects == []
    kinds = {model.objects[owner].id: SurfaceKind(kind) for owner, kind in zip(model.object, model.kind, strict=True)}
    assert kinds["pier"] == SurfaceKind.ROOF and kinds["thing"] == SurfaceKind.OTHER


def test_fractional_vertices_are_counted(json_document: dict[str, Any], read_json: Read) -> None:
    json_document["vertices"][0] = [0.5, 0, 0]
    model = read_json(json_document)
    assert model.report.defect_counts()["vertices are not integers"] == 1
    assert model.coords[0, 0] == pytest.approx(445600.0005, abs=1e-9)


def test_extension(json_document: dict[str, Any], read_json: Read) -> None:
    """Objects, attributes and semantics of an extension: read like any other, classified by normal where built."""
    json_document["extensions"] = {"Noise": {"url": "https://example.org/noise.ext.json", "version": "1.0"}}
    objects = json_document["CityObjects"]
    objects["wall"] = {
        "type": "+NoiseBarrier",
        "attributes": {"+height": {"value": 3, "uom": "m"}, "material": "wood"},
        "geometry": [{"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 5, 4]]]}],
    }
    part = objects["part"]["geometry"][0]
    part["semantics"]["surfaces"].append({"type": "+SolarRoof", "parent": 1})
    part["semantics"]["values"][0][1] = 3
    model = read_json(json_document)
    assert model.report.objects["+NoiseBarrier"] == 1 and model.report.defects == []
    barrier = next(item for item in model.objects if item.id == "wall")
    assert barrier.attributes == {"+height": '{"value": 3, "uom": "m"}', "material": "wood"}
    assert model.report.area_m2["OTHER"] == pytest.approx(375.0 + 60.0)
    assert model.report.boundary_surfaces["+SolarRoof"] == 1
    solar = next(number for number in range(model.n_surfaces) if model.kind[number] == SurfaceKind.ROOF)
    assert model.flags[solar] == SurfaceFlag.CLASSIFIED_BY_NORMAL and surface_areas(model)[solar] == pytest.approx(80.0)


@pytest.mark.parametrize(("kind", "defect"), [("Hovel", "unknown object type"), (None, "object without type")])
def test_odd_type_is_read_and_counted(
    json_document: dict[str, Any], read_json: Read, kind: str | None, defect: str
) -> None:
    json_document["CityObjects"]["yard"]["type"] = kind
    model = read_json(json_document)
    assert model.report.defect_counts() == {defect: 1} and model.report.area_m2["OTHER"] == pytest.approx(375.0)
    assert {item.id: item.type for item in model.objects}["yard"] == (kind or "GenericCityObject")


def test_every_type_is_known(json_document: dict[str, Any], read_json: Read) -> None:
    """Types of the specification 2.0.1, §2, and those only 1.0 has."""
    parts = ("", "Part", "Installation", "ConstructiveElement", "Furniture")
    names = [kind + part for kind in ("Bridge", "Building", "Tunnel") for part in parts]
    names += ["BridgeConstructionElement", "BridgeRoom", "BuildingRoom", "BuildingStorey", "BuildingUnit"]
    names += ["TunnelHollowSpace", "CityFurniture", "CityObjectGroup", "GenericCityObject", "LandUse"]
    names += ["OtherConstruction", "PlantCover", "SolitaryVegetationObject", "TINRelief", "TransportSquare"]
    names += ["Railway", "Road", "WaterBody", "Waterway"]
    json_document["CityObjects"] |= {f"a {name}": {"type": name} for name in names}
    report = read_json(json_document).report
    assert report.defects == [] and set(names) <= set(report.objects)


def test_tin_relief_is_read_as_other(json_document: dict[str, Any], read_json: Read) -> None:
    geometry = {"type": "CompositeSurface", "lod": "1", "boundaries": [[[8, 9, 10]], [[8, 10, 11]]]}
    json_document["CityObjects"]["hill"] = {"type": "TINRelief", "geometry": [geometry]}
    model = read_json(json_document)
    hill = [item.type for item in model.objects].index("TINRelief")
    assert model.kind[model.object == hill].tolist() == [SurfaceKind.OTHER] * 2
    assert surface_areas(model)[model.object == hill].tolist() == pytest.approx([200.0, 200.0])


def test_solid_and_surfaces_of_one_level_count_once(json_document: dict[str, Any], read_json: Read) -> None:
    """The faces with semantics stay, whichever geometry comes first and wherever a ring begins."""
    solid = json_document["CityObjects"]["part"]["geometry"][0]
    bare = {"type": "MultiSurface", "lod": "2.2", "boundaries": [[[1, 0, 3, 2]], [[7, 6, 5, 4]], [[8, 9, 10, 11]]]}
    for geometries in ([solid, bare], [bare, solid]):
        json_document["CityObjects"]["part"]["geometry"] = copy.deepcopy(geometries)
        report = read_json(json_document).report
        assert report.skipped_polygons == {"REPEATED_IN_SOLID": 2}
        assert report.skipped_area_m2["REPEATED_IN_SOLID"] == pytest.approx(160.0)
        # the box of 376 m² and the face that only the MultiSurface has, 400 m² and classified by its normal
        assert report.area_m2 == pytest.approx({"GROUND": 80, "ROOF": 480, "WALL": 216, "OTHER": 375})
        assert report.flags == {"CLASSIFIED_BY_NORMAL": 2} and report.area_read_m2 == pytest.approx(1311.0)


@pytest.mark.parametrize(("kind", "wrap"), [("Solid", 0), ("MultiSolid", 1), ("CompositeSolid", 1)])
def test_inner_shell_is_left_out(json_document: dict[str, Any], read_json: Read, kind: str, wrap: int) -> None:
    geometry = json_document["CityObjects"]["part"]["geometry"][0]
    shell = [[[12, 13, 14, 15]], [[15, 14, 13, 12]]]
    boundaries, values = [geometry["boundaries"][0], shell], [geometry["semantics"]["values"][0], None]
    geometry |= {"type": kind, "boundaries": [boundaries] if wrap else boundaries}
    geometry["semantics"]["values"] = [values] if wrap else values
    report = read_json(json_document).report
    assert report.skipped_polygons == {"NESTED_SHELL": 2, "LOWER_LOD": 1}
    assert report.skipped_area_m2["NESTED_SHELL"] == pytest.approx(50.0) and report.area_m2["WALL"] == 216.0


def test_geometry_without_lod(json_document: dict[str, Any], read_json: Read) -> None:
    del json_document["CityObjects"]["part"]["geometry"][0]["lod"]
    report = read_json(json_document).report
    assert report.defect_counts() == {"geometry without lod": 1} and report.polygons["WALL"] == 4


@pytest.mark.parametrize(("whole", "kept"), [(True, 7), (False, 7)])
def test_storeys_count_where_the_building_has_no_shell(
    json_document: dict[str, Any], read_json: Read, whole: bool, kept: int
) -> None:
    objects = json_document["CityObjects"]
    storey = copy.deepcopy(objects["part"]) | {"type": "BuildingStorey"}
    objects["storey"] = storey
    objects["house"]["children"].append("storey")
    if not whole:
        del objects["part"]["geometry"]
    report = read_json(json_document).report
    assert sum(report.polygons.values()) == kept
    again = {"REPEATED_IN_SOLID": 6, "LOWER_LOD": 2}
    assert report.skipped_polygons == (again if whole else {"LOWER_LOD": 1})


def test_an_installation_is_no_shell(json_document: dict[str, Any], read_json: Read) -> None:
    """A building known by its storey and a chimney keeps the storey."""
    objects = json_document["CityObjects"]
    chimney = copy.deepcopy(objects["part"]) | {"type": "BuildingInstallation"}
    objects["part"]["type"] = "BuildingStorey"
    alone = read_json(json_document).report
    objects["chimney"] = chimney
    objects["house"]["children"].append("chimney")
    report = read_json(json_document).report
    assert "REPEATED_IN_SOLID" not in report.skipped_polygons and "INTERIOR" not in report.skipped_polygons
    assert sum(report.polygons.values()) == sum(alone.polygons.values()) + 6 == 13


def test_ids_of_semantic_surfaces_name_the_surfaces(json_document: dict[str, Any], read_json: Read) -> None:
    for number, surface in enumerate(json_document["CityObjects"]["part"]["geometry"][0]["semantics"]["surfaces"]):
        surface["id"] = f"face_{number}"
    model = read_json(json_document)
    assert model.surface_id[:5] == ("face_0", "face_1", "face_2#1", "face_2#2", "face_2#3")
    assert model.boundary_id[:2] == ("face_0", "face_1")


def test_unused_vertices_are_counted(json_document: dict[str, Any], read_json: Read) -> None:
    """Vertices of points and addresses are used, although their geometry is not read."""
    json_document["vertices"] += [[0, 0, 1], [0, 0, 2], [0, 0, 3]]
    json_document["CityObjects"]["yard"]["geometry"].append({"type": "MultiPoint", "lod": "1", "boundaries": [16]})
    location = {"type": "MultiPoint", "lod": "1", "boundaries": [17]}
    json_document["CityObjects"]["house"]["address"] = [{"locality": "Wiesbaden", "location": location}]
    defects = read_json(json_document).report.defects
    assert [(defect.kind, defect.action[:7]) for defect in defects] == [("unused vertices", "1 of 19")]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_number_that_is_none(json_document: dict[str, Any], read_json: Read, number: str) -> None:
    """A polygon with such a coordinate is left out and counted, the rest stays."""
    json_document["vertices"][8][0] = float(number.replace("Infinity", "inf"))
    json_document["CityObjects"]["house"]["attributes"]["measuredHeight"] = float("nan")
    json_document["CityObjects"]["house"]["attributes"]["ratio"] = float("inf")
    model = read_json(json_document)
    counts = model.report.defect_counts()
    assert counts["coordinate not finite"] == 1 and counts["attribute is not a number"] == 2
    assert counts["number that JSON does not know"] == 1 and model.n_surfaces == 6
    assert model.objects[0].measured_height_m is None and "ratio" not in model.objects[0].attributes


@pytest.mark.parametrize(
    ("label", "value", "defect"),
    [
        ("storeysAboveGround", 10**30, "attribute out of range"),
        ("storeysAboveGround", "two", "attribute is not a number"),
        ("measuredHeight", True, "attribute is not a number"),
        ("measuredHeight", 10**400, "attribute is not a number"),
        ("measuredHeight", {"value": 3}, "attribute is not a number"),
    ],
)
def test_odd_number_of_an_attribute(
    json_document: dict[str, Any], read_json: Read, label: str, value: object, defect: str
) -> None:
    json_document["CityObjects"]["house"]["attributes"][label] = value
    model = read_json(json_document)
    assert model.report.defect_counts() == {defect: 1}
    assert None in (model.objects[0].storeys_above_ground, model.objects[0].measured_height_m)


def test_whole_number_beyond_64_bits_becomes_text(json_document: dict[str, Any], read_json: Read) -> None:
    json_document["CityObjects"]["house"]["attributes"] |= {"big": 2**63, "fits": 2**63 - 1}
    assert read_json(json_document).objects[0].attributes["big"] == "9223372036854775808"


def test_a_child_that_does_not_name_its_parent_is_read_with_it(json_document: dict[str, Any], read_json: Any) -> None:
    before = read_json(json_document)
    del json_document["CityObjects"]["part"]["parents"]
    after = read_json(json_document)
    assert [(item.id, item.parent) for item in after.objects] == [(item.id, item.parent) for item in before.objects]
    assert after.report.area_m2 == before.report.area_m2
