"""CityJSON documents: the same house as data, its levels of detail, families, and what is counted."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from io_citygml.model import CityModel, SurfaceKind
from io_citygml.polygon import surface_normals
from io_citygml.read import read_city
from io_citygml.repair import SurfaceFlag

Read = Callable[[dict[str, Any]], CityModel]


def test_house_and_yard(city_data: Path) -> None:
    model = read_city([city_data / "house_and_yard.city.json"])
    assert [(item.id, item.type, item.parent) for item in model.objects] == [
        ("house", "Building", -1), ("part", "BuildingPart", 0), ("yard", "LandUse", -1)
    ]  # fmt: skip
    assert model.report.polygons == {"GROUND": 1, "ROOF": 1, "WALL": 4, "OTHER": 1}
    assert model.report.area_m2 == pytest.approx({"GROUND": 80, "ROOF": 80, "WALL": 216, "OTHER": 375}, abs=1e-6)
    assert model.report.skipped_polygons == {"LOWER_LOD": 1} and model.report.interior_rings == 1
    assert model.report.boundary_surfaces == {"GroundSurface": 1, "RoofSurface": 1, "WallSurface": 1}
    assert model.flags.tolist() == [0] * 5 + [SurfaceFlag.CLASSIFIED_BY_NORMAL, 0]
    assert model.surface_id == (*(f"part/{n}" for n in range(1, 7)), "yard/1")
    assert set(model.boundary_id) == {""} and model.report.defects == []
    assert surface_normals(model)[model.kind == SurfaceKind.GROUND][0].tolist() == [0, 0, -1]


def test_attributes(city_data: Path) -> None:
    house = read_city([city_data / "house_and_yard.city.json"]).objects[0]
    assert (house.function, house.roof_type, house.measured_height_m, house.storeys_above_ground) == (
        "1000", "flat", 6.0, 2
    )  # fmt: skip
    assert house.attributes == {"owners": '["a", "b"]', "listed": True}


def test_version_1_1(json_document: dict[str, Any], read_json: Read) -> None:
    json_document["version"] = "1.1"
    assert read_json(json_document).report.files[0].format == "CityJSON 1.1"


def test_minor_level_decides(json_document: dict[str, Any], read_json: Read) -> None:
    part = json_document["CityObjects"]["part"]
    better = copy.deepcopy(part["geometry"][0])
    better["lod"] = "2.3"
    part["geometry"].append(better)
    model = read_json(json_document)
    assert model.report.skipped_polygons == {"LOWER_LOD": 7} and model.n_surfaces == 7


@pytest.mark.parametrize("kind", ["MultiSolid", "CompositeSolid"])
def test_solids(json_document: dict[str, Any], read_json: Read, kind: str) -> None:
    geometry = json_document["CityObjects"]["part"]["geometry"][0]
    geometry["type"] = kind
    geometry["boundaries"] = [geometry["boundaries"], geometry["boundaries"]]
    geometry["semantics"]["values"] = [geometry["semantics"]["values"], None]
    model = read_json(json_document)
    assert model.report.polygons["WALL"] == 8 and model.report.solids == 2
    assert model.report.flags == {"CLASSIFIED_BY_NORMAL": 7}


def test_semantics_that_do_not_fit_are_counted(json_document: dict[str, Any], read_json: Read) -> None:
    json_document["CityObjects"]["part"]["geometry"][0]["semantics"]["values"] = [[0, 7, 2]]
    model = read_json(json_document)
    assert model.report.defect_counts() == {"semantics do not fit the boundaries": 4}
    assert model.report.polygons == {"GROUND": 1, "ROOF": 1, "WALL": 4, "OTHER": 1}


def test_what_is_not_read_is_counted(json_document: dict[str, Any], read_json: Read) -> None:
    json_document["CityObjects"]["yard"]["geometry"].append({"type": "MultiPoint", "lod": "1", "boundaries": [0, 1]})
    json_document["+census"] = {"percent_men": 49.5}
    json_document["note"] = "of the producer"
    assert read_json(json_document).report.not_read == {"MultiPoint": 1, "+census": 1, "note": 1}


def test_broken_family_is_counted(json_document: dict[str, Any], read_json: Read) -> None:
    json_document["CityObjects"]["house"]["children"] = ["gone"]
    json_document["CityObjects"]["yard"]["parents"] = ["nobody"]
    counts = read_json(json_document).report.defect_counts()
    assert counts == {"unknown child": 1, "unknown parent": 1, "unlinked child": 1}


def test_duplicate_key_is_counted(city_data: Path, tmp_path: Path) -> None:
    text = (city_data / "house_and_yard.city.json").read_text(encoding="utf-8")
    path = tmp_path / "t.city.json"
    path.write_text(text.replace('"yard": {', '"yard": {"type": "Road", '), encoding="utf-8")
    assert read_city([path]).report.defect_counts() == {"duplicate JSON key": 1}


def test_more_semantics_than_surfaces_are_counted(json_document: dict[str, Any], read_json: Read) -> None:
    json_document["CityObjects"]["part"]["geometry"][0]["semantics"]["values"][0] += [2] * 3
    assert read_json(json_document).report.defect_counts() == {"semantics do not fit the boundaries": 1}


def test_group_is_no_parent(json_document: dict[str, Any], read_json: Read) -> None:
    """A building in a CityObjectGroup stays a top-level object with parts of its own."""
    json_document["CityObjects"]["block"] = {"type": "CityObjectGroup", "children": ["house"]}
    json_document["CityObjects"]["house"]["parents"] = ["block"]
    model = read_json(json_document)
    parent = {item.id: item.parent for item in model.objects}
    assert parent["house"] == parent["block"] == -1 and model.objects[parent["part"]].id == "house"
    assert model.report.defect_counts() == {}


def test_room_is_left_out_and_counted(json_document: dict[str, Any], read_json: Read) -> None:
    room = {
        "type": "BuildingRoom",
        "parents": ["house"],
        "geometry": json_document["CityObjects"]["part"]["geometry"][:1],
    }
    json_document["CityObjects"]["room"] = room
    json_document["CityObjects"]["house"]["children"].append("room")
    report = read_json(json_document).report
    assert report.skipped_polygons == {"INTERIOR": 6, "LOWER_LOD": 1}
    skipped = sum(report.skipped_area_m2.values())
    assert report.area_read_m2 == pytest.approx(sum(report.area_m2.values()) + skipped)


def test_lines_do_not_outrank_surfaces(json_document: dict[str, Any], read_json: Read) -> None:
    line = {"type": "MultiLineString", "lod": "3", "boundaries": [[0, 1]]}
    json_document["CityObjects"]["part"]["geometry"].append(line)
    model = read_json(json_document)
    assert model.n_surfaces == 7 and model.report.not_read == {"MultiLineString": 1}
