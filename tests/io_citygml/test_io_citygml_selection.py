"""A piece of a house in a better form does not replace the whole house, and what is left out for that is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from io_citygml.model import CityModel
from io_citygml.read import read_city

Read = Callable[..., CityModel]
BOX_M2 = 2 * 80.0 + 2 * 60.0 + 2 * 48.0
"""Of 10 × 8 × 6 m; the roof is 80 m²."""
LEFT_OUT = "INCOMPLETE"


@pytest.fixture
def parts(gml: Any) -> dict[str, str]:
    """A box as an inline solid, its boundary surfaces one by one, and a closure in it."""
    faces = gml.box(0.0, 0.0, 50.0, (10.0, 8.0, 6.0))
    polygons = {name: gml.polygon(points) for name, points in faces.items()}
    members = "".join(f"<gml:surfaceMember>{polygon}</gml:surfaceMember>" for polygon in polygons.values())
    shell = f"<gml:exterior><gml:CompositeSurface>{members}</gml:CompositeSurface></gml:exterior>"
    kinds = {"ground": "GroundSurface", "roof": "RoofSurface"}
    return {
        "solid": f"<bldg:lod2Solid><gml:Solid>{shell}</gml:Solid></bldg:lod2Solid>",
        "closure": gml.surface("ClosureSurface", "c", polygons["south"]),
        **{name: gml.surface(kinds.get(name, "WallSurface"), name, text) for name, text in polygons.items()},
    }


def whole(model: CityModel, kind: str, left_out_m2: float) -> None:
    """The model is the box, and the piece left out is counted with its object and area."""
    report = model.report
    assert sum(report.area_m2.values()) == pytest.approx(BOX_M2, abs=1e-6)
    assert report.skipped_area_m2[LEFT_OUT] == pytest.approx(left_out_m2, abs=1e-6)
    assert [(entry.kind, entry.object_id) for entry in report.defects] == [(kind, "B")]
    assert report.defects[0].area_m2 == pytest.approx(left_out_m2, abs=1e-6)
    balance = sum(report.area_m2.values()) + sum(report.skipped_area_m2.values())
    assert report.area_read_m2 == pytest.approx(balance, abs=1e-6)


@pytest.mark.parametrize(("piece", "area_m2"), [("roof", 80.0), ("closure", 60.0)])
def test_a_lone_boundary_surface_does_not_replace_the_solid(
    parts: dict[str, str], read_building: Read, piece: str, area_m2: float
) -> None:
    whole(read_building(parts["solid"] + parts[piece]), "incomplete boundary surfaces", area_m2)


def test_boundary_surfaces_without_the_ground_replace_the_solid(parts: dict[str, str], read_building: Read) -> None:
    report = read_building(parts["solid"] + "".join(parts[name] for name in ("roof", "south", "east", "north"))).report
    assert report.skipped_polygons == {"REPEATED_IN_SOLID": 6} and report.defects == []


def test_a_solid_and_a_multi_surface_are_no_house_of_twice_the_area(parts: dict[str, str], read_building: Read) -> None:
    again = parts["solid"].replace("lod2Solid", "lod2MultiSurface").replace("gml:Solid", "gml:MultiSurface")
    again = again.replace("gml:exterior", "gml:surfaceMember")
    named = "".join(parts[name] for name in ("roof", "south", "east", "north"))
    report = read_building(parts["solid"] + again + named).report
    assert report.skipped_polygons == {"REPEATED_IN_SOLID": 12} and report.defects == []


@pytest.mark.parametrize("complete", ["surfaces", "solid"])
def test_a_lone_roof_of_a_higher_level_does_not_replace_the_house(
    parts: dict[str, str], read_building: Read, complete: str
) -> None:
    faces = ("ground", "roof", "south", "east", "north", "west")
    house = parts["solid"] if complete == "solid" else "".join(parts[name] for name in faces)
    model = read_building(house + parts["roof"].replace("lod2", "lod3").replace('"roof"', '"better"'))
    whole(model, "incomplete higher level", 80.0)
    assert set(model.lod.tolist()) == {2}


def test_a_row_house_without_party_walls_and_ground_replaces_its_block(
    parts: dict[str, str], read_building: Read
) -> None:
    """Roof and two free walls are 53 % of the block; its level roof would be the greater loss."""
    house = "".join(parts[name] for name in ("roof", "south", "north"))
    report = read_building(parts["solid"].replace("lod2", "lod1") + house).report
    assert report.lods == {"2": 3} and report.skipped_polygons == {"LOWER_LOD": 6} and report.defects == []


def test_a_complete_higher_level_replaces_the_house(parts: dict[str, str], read_building: Read) -> None:
    report = read_building(parts["solid"].replace("lod2", "lod3") + parts["roof"]).report
    assert report.lods == {"3": 6} and report.skipped_polygons == {"LOWER_LOD": 1} and report.defects == []


def test_a_part_does_not_replace_the_block_of_its_building(parts: dict[str, str], read_building: Read) -> None:
    part = f'<bldg:BuildingPart gml:id="P">{parts["roof"]}</bldg:BuildingPart>'
    block = parts["solid"].replace("lod2", "lod1")
    model = read_building(block + f"<bldg:consistsOfBuildingPart>{part}</bldg:consistsOfBuildingPart>")
    assert sum(model.report.area_m2.values()) == pytest.approx(BOX_M2, abs=1e-6)
    (defect,) = model.report.defects
    assert (defect.kind, defect.object_id, defect.area_m2) == ("incomplete higher level", "P", pytest.approx(80.0))


def test_a_lone_roof_of_a_higher_level_in_cityjson(json_document: dict[str, Any], read_json: Read) -> None:
    before = read_json(json_document).report
    house = json_document["CityObjects"]["part"]["geometry"]
    roof = next(iter(house[0]["boundaries"][0]))
    house.append({"type": "MultiSurface", "lod": "3.1", "boundaries": [roof]})
    report = read_json(json_document).report
    assert report.area_m2 == before.area_m2 and report.skipped_polygons[LEFT_OUT] == 1
    assert [(entry.kind, entry.object_id) for entry in report.defects] == [("incomplete higher level", "part")]


def test_a_tree_is_no_reason_to_doubt_a_block(parts: dict[str, str], write_gml: Callable[..., Any], gml: Any) -> None:
    """Only another built object of LoD2 says that a LoD1 block is known too roughly."""
    tree = '<veg:SolitaryVegetationObject gml:id="T"><veg:lod2Geometry>'
    tree += f"<gml:MultiSurface><gml:surfaceMember>{gml.polygon([(20, 0, 50), (21, 0, 50), (21, 1, 55)])}"
    tree += "</gml:surfaceMember></gml:MultiSurface></veg:lod2Geometry></veg:SolitaryVegetationObject>"
    block = gml.building(parts["solid"].replace("lod2", "lod1"))
    alone = read_city([write_gml(members=block + tree)]).report
    assert alone.lods == {"1": 6, "2": 1} and "LOD1_FALLBACK" not in alone.flags
    better = gml.building(parts["solid"], gml_id="C")
    assert read_city([write_gml(members=block + better)]).report.flags["LOD1_FALLBACK"] == 6
