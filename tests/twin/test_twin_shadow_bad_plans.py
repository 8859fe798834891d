"""Plans that are wrong, through the real command: one line that says what to do, and nothing written.

What each reader does with each fault is tested in test_twin_plan_*.py; here a user stands at the door.
"""

from __future__ import annotations

import json
from pathlib import Path

import ezdxf
import pytest
import shapely
from oracles.door import called, heliotwin, refused
from oracles.houses import SOUTH, WEST, street, write_town
from oracles.plans import write

EAST, NORTH = WEST + 30.0, SOUTH + 40.0  # a free place of the street
SQUARE = shapely.box(EAST, NORTH, EAST + 20, NORTH + 20)
NOON = ["--from", "12:00", "--to", "12:00", "--step", "60"]
OPTIONS = ["--date", "2026-03-21", *NOON, "--spacing", "4", "--pixel", "5", "--no-energy", "-o", "out"]
PLACED = ["--plan-origin", f"{EAST},{NORTH}", "--plan-up", "z", "--plan-unit", "m"]

CORNERS = [(x, y, z) for z in (0, 15) for x, y in ((0, 0), (20, 0), (20, 20), (0, 20))]
FACES = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]


def write_obj(path: Path, faces: list[tuple[int, ...]], scale: float = 1.0) -> None:
    """A block of 20 × 20 × 15 m from some of its faces."""
    lines = ["v " + " ".join(f"{scale * c:g}" for c in corner) for corner in CORNERS]
    lines += ["f " + " ".join(str(index + 1) for index in face) for face in faces]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_flat_dxf(path: Path) -> None:
    """An outline in the plane, as a drawing office sends it."""
    drawing = ezdxf.new()
    drawing.modelspace().add_lwpolyline(list(SQUARE.exterior.coords), close=True)
    drawing.saveas(path)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the street and every bad plan."""
    folder = tmp_path_factory.mktemp("desk")
    write_town(folder / "town.city.json", street())
    height = [{"height": 20.0}]
    write(folder / "no_crs.geojson", [SQUARE], height, crs=None)
    write(folder / "far.geojson", [shapely.affinity.translate(SQUARE, 30_000)], height)
    write(folder / "tall.geojson", [SQUARE], [{"height": 20_000.0}])
    write(folder / "bow.geojson", [shapely.Polygon([SQUARE.exterior.coords[k] for k in (0, 2, 1, 3)])], height)
    write(folder / "flat.geojson", [SQUARE], [{"name": "Turm"}])
    write_obj(folder / "millimetres.obj", FACES, scale=1000.0)
    write_obj(folder / "inside_out.obj", [face[::-1] for face in FACES], scale=1000.0)
    write_obj(folder / "open.obj", [FACES[0], *FACES[2:]])
    write_flat_dxf(folder / "drawing.dxf")
    (folder / "empty.ifc").write_bytes(b"")
    (folder / "folder.geojson").mkdir()
    (folder / "letter.txt").write_text("Sehr geehrte Damen und Herren,\n", encoding="utf-8")
    (folder / "house.dwg").write_bytes(b"AC1027" + bytes(100))
    return folder


@pytest.mark.parametrize(
    ("plan", "options", "words"),
    [
        ("no_crs.geojson", [], ["--plan-crs EPSG:25832"]),
        ("far.geojson", [], ["29.9 km from the city", "--plan-crs"]),
        ("tall.geojson", [], ["20000 m high", "millimetres for metres?", "--plan-unit"]),
        ("millimetres.obj", PLACED, ["20000 m wide", "millimetres for metres?", "--plan-unit"]),
        ("inside_out.obj", [], ["unit, upward axis and place", "--plan-unit", "--plan-up", "--plan-origin"]),
        ("bow.geojson", [], ["footprint 1", "Self-intersection", "correct the outline"]),
        ("flat.geojson", [], ["footprint 1 (Turm)", "no height", "--plan-height METRES", "--plan-height-field"]),
        ("drawing.dxf", [], ["2-D DXF", "1 LWPOLYLINE", "3D faces"]),
        ("empty.ifc", [], ["the file is empty", "give GeoJSON"]),
        ("folder.geojson", [], ["a folder, not a file"]),
        ("letter.txt", [], ["its content is of no known kind", "give GeoJSON"]),
        ("none.ifc", [], ["no such file", "--plan"]),
        ("house.dwg", [], [".dwg is not read", "export it as DXF with 3D faces"]),
        ("Nullfall=none.ifc", [], ["none.ifc: no such file"]),
    ],
)
def test_a_bad_plan_is_one_line(desk: Path, plan: str, options: list[str], words: list[str]) -> None:
    answer = called("shadow", "town.city.json", "--plan", plan, *options, *OPTIONS, cwd=desk)
    refused(answer, 1, plan.rpartition("=")[2], *words)
    assert answer.err.count(" – ") >= 1  # what is wrong – what to do
    assert not (desk / "out").exists()


def test_in_a_process_of_its_own_it_is_the_same_line(desk: Path) -> None:
    call = ["shadow", "town.city.json", "--plan", "no_crs.geojson", *OPTIONS]
    apart, here = heliotwin(*call, cwd=desk), called(*call, cwd=desk)
    assert apart == here and apart.code == 1
    assert not (desk / "out").exists()


def test_the_second_of_two_plans_is_named(desk: Path) -> None:
    plans = ["--plan", "tower.geojson", "--plan", "far.geojson"]
    write(desk / "tower.geojson", [SQUARE], [{"height": 20.0}])
    refused(called("shadow", "town.city.json", *plans, *OPTIONS, cwd=desk), 1, "error: far.geojson")


def test_what_was_asked_for_puts_it_right(desk: Path, tmp_path: Path) -> None:
    """A refused plan is taken once the user says what the line asks for."""
    said = ["--plan-crs", "EPSG:25832", "-o", str(tmp_path / "out"), "--json"]
    answer = called("shadow", "town.city.json", "--plan", "no_crs.geojson", *OPTIONS, *said, cwd=desk)
    assert answer.code == 0, answer.err
    (landed,) = json.loads(answer.out)["plans"]
    assert landed["footprint_m2"] == pytest.approx(400.0) and landed["height_m"] == 20.0
    assert (landed["easting"], landed["northing"]) == pytest.approx((EAST + 10, NORTH + 10))


def test_inside_out_is_turned_and_counted(desk: Path, tmp_path: Path) -> None:
    """In millimetres as well, which the user says."""
    said = ["--plan", "inside_out.obj", *PLACED[:-1], "mm", *OPTIONS[:-1], str(tmp_path / "out")]
    answer = called("shadow", "town.city.json", *said, cwd=desk)
    assert answer.code == 0, answer.err
    study = json.loads((tmp_path / "out" / "study.json").read_text(encoding="utf-8"))
    (plan,) = study["plans"]
    assert plan["closed"] and plan["volume_m3"] == pytest.approx(6000.0)
    assert plan["repairs"] == ["12 triangles of bodies that were inside out, turned around"]
    assert "warning     inside_out: found in the file: 12 triangles of bodies that were inside out" in answer.out
    assert study["receivers"]["storey_points"] > 404  # its own façades are measured


def test_an_open_mesh_shades_and_says_so(desk: Path, tmp_path: Path) -> None:
    call = ["shadow", "town.city.json", "--plan", "open.obj", *PLACED, *OPTIONS[:-1], str(tmp_path / "out")]
    answer = called(*call, cwd=desk)
    assert answer.code == 0, answer.err
    study = json.loads((tmp_path / "out" / "study.json").read_text(encoding="utf-8"))
    assert study["plans"][0]["closed"] is False
    (said,) = [line for line in answer.out.splitlines() if line.startswith("warning")]
    assert "open: casts shadow only" in said and "4 edges without a partner" in said
    assert study["receivers"]["storey_points"] == 404  # the street's alone
