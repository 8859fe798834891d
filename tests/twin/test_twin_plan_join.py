"""Joining: the Bestand keeps its arrays bit for bit, later models follow; a plan in the demo district, end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from oracles.houses import SOUTH, WEST, Box, write_town

from io_citygml.crs import parse_crs
from io_citygml.model import CityModel, root_objects
from io_citygml.read import read_city
from twin.errors import TwinError
from twin.open_land import OpenLand, footprints
from twin.package_data import demo_city
from twin.plan.join import joined
from twin.plan.plan import Plan, PlanOptions, Surroundings
from twin.plan.read import read_plan
from twin.scene import build_scene

DATA = Path(__file__).parents[1] / "data" / "plans"


@pytest.fixture(scope="module")
def district() -> CityModel:
    with demo_city() as path:
        return read_city(path, examine=True)


@pytest.fixture(scope="module")
def tower(district: CityModel) -> Plan:
    land = OpenLand(footprints(district), 1.0, 50.0, None)
    corner = district.coords[:, :2]
    around = Surroundings(district.crs, corner.min(axis=0), corner.max(axis=0), land.height)
    return read_plan(PlanOptions(file=DATA / "tower.geojson"), around)


def assert_begins_with(whole: CityModel, first: CityModel) -> None:
    """Every array, id and object of the first model stands at the beginning of the whole, to the last bit."""
    count, points, rings = first.n_surfaces, len(first.coords), len(first.ring_start)
    assert whole.coords[:points].tobytes() == first.coords.tobytes()
    assert whole.ring_start[:rings].tobytes() == first.ring_start.tobytes()
    assert whole.surface_ring[: count + 1].tobytes() == first.surface_ring.tobytes()
    for name in ("kind", "object", "lod", "flags", "line"):
        mine, whole_one = getattr(first, name), getattr(whole, name)
        assert mine.dtype == whole_one.dtype and whole_one[:count].tobytes() == mine.tobytes(), name
    assert whole.surface_id[:count] == first.surface_id and whole.boundary_id[:count] == first.boundary_id
    assert whole.objects[: len(first.objects)] == first.objects and whole.files[: len(first.files)] == first.files
    assert whole.crs == first.crs and whole.report is first.report


def surface_points(model: CityModel, surface: int) -> np.ndarray:
    first, last = model.surface_ring[surface], model.surface_ring[surface + 1]
    return model.coords[model.ring_start[first] : model.ring_start[last]]


def test_a_tower_in_the_demo_district(district: CityModel, tower: Plan) -> None:
    whole = joined([district, tower.model], ["Bestand", tower.name])
    assert_begins_with(whole, district)
    assert whole.n_surfaces == district.n_surfaces + tower.model.n_surfaces
    for surface in range(tower.model.n_surfaces):
        there = surface_points(whole, district.n_surfaces + surface)
        assert (there == surface_points(tower.model, surface)).all()
    assert whole.objects[-1].id == "tower_1" and whole.files[whole.objects[-1].file] == str(tower.file)
    facts = tower.facts
    assert facts["footprint_m2"] == 400.0 and facts["closed"] and facts["height_m"] == 45.0
    # the ground there slopes by more than two metres, so that the body is let in by half a metre
    assert 57.0 < facts["ground_m"] < 60.5 and facts["base_m"] <= facts["ground_m"] - 0.5
    assert facts["volume_m3"] == pytest.approx(400.0 * (facts["top_m"] - facts["base_m"]), abs=0.5)


def test_the_scene_of_the_whole_begins_with_the_district(district: CityModel, tower: Plan) -> None:
    alone, both = build_scene(district, 0.2), build_scene(joined([district, tower.model]), 0.2)
    count = len(alone.triangles)
    assert (both.origin == alone.origin).all()
    for name in ("triangles", "surface", "object"):
        assert getattr(both, name)[:count].tobytes() == getattr(alone, name).tobytes(), name
    assert both.vertices[: len(alone.vertices)].tobytes() == alone.vertices.tobytes()
    # the same shells are closed, under other numbers, and all of the tower's triangles bound one of its own
    pairs = set(zip(alone.sealed.shell.tolist(), both.sealed.shell[:count].tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) and (-1, -1) in pairs
    own = np.unique(both.sealed.shell[count:])
    assert len(own) == 1 and own[0] >= 0 and own[0] not in {b for _, b in pairs}
    assert (both.sealed.sliver == alone.sealed.sliver).all()
    assert both.receives[: len(alone.receives)].tobytes() == alone.receives.tobytes()


def test_ids_that_are_taken_get_the_plans_name(tmp_path: Path) -> None:
    first = read_city(
        write_town(tmp_path / "a.city.json", [Box("A", WEST, SOUTH, 10, 10, 10), Box("B", WEST + 20, SOUTH, 9, 9, 9)])
    )
    again = read_city(write_town(tmp_path / "b.city.json", [Box("A", WEST + 40, SOUTH, 10, 10, 20)]))
    whole = joined([first, again, again], ["Bestand", "Neu", "Neu"])
    assert_begins_with(whole, first)
    assert [item.id for item in whole.objects] == ["A", "B", "Neu:A", "Neu:A~2"]
    assert len(set(whole.surface_id)) == whole.n_surfaces
    assert whole.surface_id[12] == f"Neu:{first.surface_id[0]}"
    assert [whole.objects[owner].id for owner in whole.object[[0, 6, 12, 18]]] == ["A", "B", "Neu:A", "Neu:A~2"]
    assert [whole.objects[k].file for k in range(4)] == [0, 0, 1, 2]


def test_parts_keep_their_parents_and_boundaries_their_surfaces(district: CityModel) -> None:
    whole = joined([district, district], ["Bestand", "Kopie"])
    assert_begins_with(whole, district)
    count = len(district.objects)
    assert (root_objects(whole.objects)[count:] == root_objects(district.objects) + count).all()
    mine, theirs = district.boundary_id, whole.boundary_id[district.n_surfaces :]
    pairs = {(a, b) for a, b in zip(mine, theirs, strict=True) if a}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert not {b for _, b in pairs} & set(mine)


def test_one_model_alone_is_itself_and_another_crs_is_refused(district: CityModel) -> None:
    assert_begins_with(joined([district]), district)
    with pytest.raises(TwinError, match="in EPSG:25833, the city in"):
        joined([district, replace(district, crs=parse_crs("EPSG:25833"))])
