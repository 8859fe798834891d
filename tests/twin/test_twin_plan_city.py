"""City models as plans, the kinds of files, and the checks that every plan goes through."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import shapely
from oracles.houses import SOUTH, WEST, Box, write_town
from oracles.plans import CRS, FLAT, read, rectangle, write

from twin.errors import TwinError
from twin.plan.place import check_heights, check_near, check_size
from twin.plan.read import kind_of


def test_far_away_and_of_another_size(tmp_path: Path) -> None:
    far = shapely.affinity.translate(rectangle(), 30_000.0)
    with pytest.raises(TwinError, match=r"the plan lies 29\.5 km from the city's buildings, at E 394510"):
        read(write(tmp_path / "far.geojson", [far], [{"height": 10}]))
    with pytest.raises(TwinError, match="2400 m wide"):
        read(write(tmp_path / "wide.geojson", [rectangle(2400.0)], [{"height": 10}]))
    with pytest.raises(TwinError, match="200 mm wide"):
        read(write(tmp_path / "small.geojson", [rectangle(0.2, 0.2)], [{"height": 0.3}]))


def test_the_shared_checks() -> None:
    file = Path("a.obj")
    check_near(file, [363000.0, 5649000.0], [363100.0, 5649100.0], FLAT)
    check_size(file, [0, 0, 0], [10, 10, 399])
    assert check_heights(file, 60.0, 70.0, 60.0) == []
    over, under = "hovers 5.0 m above the ground at its place (60.0 m)", "reaches 5.0 m into the ground at its place"
    assert check_heights(file, 65.0, 70.0, 60.0) == [("hovers", {"by_m": 5.0}, over)]
    assert check_heights(file, 55.0, 70.0, 60.0) == [("in_the_ground", {"by_m": 5.0}, f"{under} (60.0 m)")]
    assert check_heights(file, 55.0, 70.0, 60.0, sinks_m=10.0) == []
    with pytest.raises(TwinError, match=r"hovers: its lowest point, 108.0 m, is 48.0 m above the ground"):
        check_heights(file, 108.0, 120.0, 60.0)
    with pytest.raises(TwinError, match="no place in EPSG:25832"):
        check_near(file, [math.inf, 0], [math.inf, 0], FLAT)


@pytest.mark.parametrize("base", [60.0, 63.0])
def test_a_city_model_as_plan(tmp_path: Path, base: float) -> None:
    path = write_town(tmp_path / "new.city.json", [Box("N1", WEST, SOUTH, 20, 10, 15, base)])
    plan = read(path)
    facts = plan.facts
    assert facts["volume_m3"] == pytest.approx(3000.0) and facts["closed"] and plan.receives
    assert (facts["base_m"], facts["top_m"], facts["height_m"]) == (base, base + 15.0, base - 45.0)
    assert facts["crs"] == "EPSG:25832 (ETRS89 / UTM zone 32N), named by the file"
    assert facts["warnings"] == ([] if base == 60.0 else ["N1 hovers 3.0 m above the ground at its place (60.0 m)"])
    assert [note.code for note in plan.notes] == ["hovers"] * len(facts["warnings"])
    assert read(path, heights="ground").facts["base_m"] == 60.0
    assert plan.model.crs == CRS


def test_a_city_model_without_crs_or_in_another_zone(tmp_path: Path) -> None:
    path = write_town(tmp_path / "new.city.json", [Box("N1", WEST, SOUTH, 20, 10, 15, 60.0)], crs=None)
    with pytest.raises(TwinError, match=r"new\.city\.json: .*--plan-crs"):
        read(path)
    assert read(path, crs="EPSG:25832").facts["crs"].endswith("named by --plan-crs")
    with pytest.raises(TwinError, match="km from the city's buildings"):
        read(path, crs="EPSG:25833")
    with pytest.raises(TwinError, match="hovers"):
        read(write_town(tmp_path / "up.city.json", [Box("N1", WEST, SOUTH, 20, 10, 15, 108.0)]))
    with pytest.raises(TwinError, match="--plan-up has no meaning"):
        read(path, up="y")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.json", b'{"type": "CityJSON"}', "city"),
        ("a.json", b'{"type": "FeatureCollection"}', "footprint"),
        ("a.xml", b"<CityModel/>", "city"),
        ("a.txt", b"POLYGON ((0 0))", "footprint"),
        ("a.OBJ", b"v 0 0 0", "mesh"),
        ("a.ifc.gz", b"x", "ifc"),
        ("a.step21", b"ISO-10303-21;", "ifc"),
        ("a.dxf", b"0", "dxf"),
        ("noname", b"glTF....", "mesh"),
    ],
)
def test_the_kind_of_a_file(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.dwg", b"AC1032", "export it as DXF with 3D faces"),
        ("a.skp", b"x", "export it as glTF"),
        ("a.gml", b'<?xml version="1.0"?><xplan:XPlanAuszug xmlns:xplan="x">', "XPlanGML is not read – export"),
        ("a.bin", b"\x00\x01", "of no known kind"),
        ("a.zip", b"PK\x03\x04 broken", "not a readable archive"),
    ],
)
def test_other_kinds_are_told_what_to_do(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TwinError, match=re.escape(str(path)) + ".*" + words):
        kind_of(path)
    with pytest.raises(TwinError, match="no such file"):
        kind_of(tmp_path / "gone.obj")
    with pytest.raises(TwinError, match="a folder"):
        kind_of(tmp_path)


def test_heights_of_another_system_are_refused(tmp_path: Path) -> None:
    path = write_town(tmp_path / "egm.city.json", [Box("N1", WEST, SOUTH, 20, 10, 15, 60.0)], crs=None)
    assert read(path, crs="EPSG:25832+5783").facts["heights"] == "above the sea (EPSG:5783)"
    with pytest.raises(TwinError, match=r"its heights are in EPSG:5773, the city's in EPSG:7837 – .*--plan-heights"):
        read(path, crs="EPSG:25832+5773")
    assert read(path, crs="EPSG:25832+5773", heights="ground").facts["base_m"] == 60.0
