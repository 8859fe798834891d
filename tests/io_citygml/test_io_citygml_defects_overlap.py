"""Surfaces drawn twice: rectangles of known overlap, and everything that looks like one and is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from io_citygml.model import CityModel
from io_citygml.polygon import surface_areas
from io_citygml.read import read_city
from io_citygml.repair import SurfaceFlag

SIZE = (10.0, 8.0, 6.0)
Points = list[tuple[float, float, float]]


def read(gml: Any, *members: str) -> CityModel:
    return read_city([gml.write(*members)], examine=True)


def house(gml: Any, gml_id: str, x: float = 0.0, size: tuple[float, float, float] = SIZE, z: float = 50.0) -> str:
    return str(gml.building(gml.boundaries(gml.box(x, 0.0, z, size), f"{gml_id}_"), gml_id=gml_id))


def flat(x: float, width: float, z: float = 56.0, slope: float = 0.0) -> Points:
    return [(x, 0, z), (x + width, 0, z + slope * width), (x + width, 8, z + slope * width), (x, 8, z)]


def flagged(model: CityModel) -> set[str]:
    return {model.surface_id[s] for s in np.flatnonzero(model.flags & SurfaceFlag.OVERLAPPING)}


def test_the_same_polygon_again_in_its_object_is_left_out(gml: Any) -> None:
    """Begun at another corner; what faces the other way, or is of another kind or object, stays."""
    roof = flat(0, 10)
    again = roof[2:] + roof[:2]
    body = [
        gml.surface("RoofSurface", "first", gml.polygon(roof)),
        gml.surface("RoofSurface", "again", gml.polygon(again)),
        gml.surface("RoofSurface", "soffit", gml.polygon(roof[::-1])),
        gml.surface("WallSurface", "wall", gml.polygon(roof)),
    ]
    model = read(gml, gml.building(*body))
    assert model.surface_id == ("first", "soffit", "wall")
    report = model.report
    assert report.skipped_polygons == {"REPEATED": 1} and report.skipped_area_m2 == {"REPEATED": pytest.approx(80.0)}
    assert report.area_read_m2 == pytest.approx(320.0) and sum(report.area_m2.values()) == pytest.approx(240.0)
    (entry,) = [entry for entry in report.defects if entry.kind == "repeated polygon"]
    assert (entry.object_id, entry.surface_id, entry.area_m2) == ("B", "again", pytest.approx(80.0))
    assert flagged(model) == set()


def test_the_same_polygon_in_another_object_is_kept_and_flagged(gml: Any) -> None:
    first = gml.building(gml.surface("RoofSurface", "R1", gml.polygon(flat(0, 10))), gml_id="A")
    second = gml.building(gml.surface("RoofSurface", "R2", gml.polygon(flat(0, 10))), gml_id="B")
    model = read(gml, first, second)
    assert flagged(model) == {"R1", "R2"} and model.report.defect_counts() == {"overlapping surfaces": 1}
    assert model.report.defects[0].area_m2 == pytest.approx(80.0) and "R2 of B" in model.report.defects[0].action


@pytest.mark.parametrize("slope", [0.0, 0.7, 30.0])
@pytest.mark.parametrize("shared_m", [4.0, 0.5, 0.005, 0.0, -3.0])
def test_coplanar_roofs_share_what_they_share(gml: Any, slope: float, shared_m: float) -> None:
    first, second = flat(0, 10, slope=slope), flat(10 - shared_m, 10, z=56 + slope * (10 - shared_m), slope=slope)
    body = gml.surface("RoofSurface", "R1", gml.polygon(first)) + gml.surface("RoofSurface", "R2", gml.polygon(second))
    model = read(gml, gml.building(body))
    shared_m2 = max(shared_m, 0.0) * 8.0 * np.hypot(1.0, slope)
    found = [entry.area_m2 for entry in model.report.defects if entry.kind == "overlapping surfaces"]
    # millimetres of the file, along a roof of up to 88°
    assert found == ([pytest.approx(shared_m2, abs=0.02 * np.hypot(1.0, slope))] if shared_m2 > 0.11 else [])
    assert flagged(model) == ({"R1", "R2"} if found else set())


def test_what_lies_closely_above_is_another_surface(gml: Any) -> None:
    """Two centimetres: a receiver on the lower one stands between them and is covered; nothing is counted twice."""
    body = gml.surface("RoofSurface", "R1", gml.polygon(flat(0, 10)))
    body += gml.surface("RoofSurface", "R2", gml.polygon(flat(2, 4, z=56.02)))
    assert flagged(read(gml, gml.building(body))) == set()


def test_neighbours_with_a_party_wall_share_nothing(gml: Any) -> None:
    model = read(gml, house(gml, "A"), house(gml, "B", x=10.0))
    assert model.report.flags == {} and model.report.defect_counts() == {}


def test_a_hole_is_no_overlap(gml: Any) -> None:
    ring, inner = flat(0, 10), [(3.0, 2.0, 56.0), (3.0, 5.0, 56.0), (7.0, 5.0, 56.0), (7.0, 2.0, 56.0)]
    body = gml.surface("RoofSurface", "R1", gml.polygon(ring, inner))
    body += gml.surface("RoofSurface", "R2", gml.polygon(inner[::-1]))
    model = read(gml, gml.building(body))
    assert flagged(model) == set() and surface_areas(model) == pytest.approx([68.0, 12.0])


@pytest.mark.parametrize(("x", "z", "shared_m2"), [(7.0, 50.0, 24.0), (9.9, 50.0, 0.0), (7.0, 60.0, 0.0)])
def test_footprints_of_two_buildings(gml: Any, x: float, z: float, shared_m2: float) -> None:
    """Three metres in each other; ten centimetres, which surveys may differ by; and one high above the other."""
    model = read(gml, house(gml, "A"), house(gml, "B", x=x, z=z))
    found = [entry for entry in model.report.defects if entry.kind == "overlapping footprints"]
    assert [entry.area_m2 for entry in found] == ([pytest.approx(shared_m2)] if shared_m2 else [])
    if found:
        assert {"A_ground", "B_ground"} <= flagged(model) and found[0].object_id == "A"


def test_parts_of_one_building_may_stand_on_one_ground(gml: Any) -> None:
    """Footprints of parts that differ in height overlap by design; their surfaces in one plane are still found."""
    parts = [
        gml.part(gml.boundaries(gml.box(x, 0.0, z, SIZE), f"{name}_"), gml_id=name)
        for name, x, z in (("P", 0.0, 50.0), ("Q", 5.0, 50.5))
    ]
    model = read(gml, gml.building(*parts))
    assert "overlapping footprints" not in model.report.defect_counts()
    # the south and north walls, five metres wide and five and a half high
    assert model.report.defect_counts() == {"overlapping surfaces": 2}
    assert [entry.area_m2 for entry in model.report.defects] == pytest.approx([27.5, 27.5])


def test_too_many_pairs_are_said(gml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("io_citygml.defects_overlap._MOST_PAIRS", 3)
    model = read(gml, house(gml, "A"), house(gml, "B", x=7.0))
    assert any("too many pairs" in text for text in model.report.not_checked)


def test_a_plain_read_says_what_it_did_not_look_for(gml: Any) -> None:
    path = gml.write(house(gml, "A"), house(gml, "B", x=7.0))
    plain, thorough = read_city([path]).report, read_city([path], examine=True).report
    assert "overlapping footprints" in plain.not_checked and plain.shells is None
    assert thorough.not_checked == [] and thorough.flags["OVERLAPPING"] > 0 and plain.flags == {}
