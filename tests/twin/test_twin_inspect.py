"""`heliotwin inspect`: what it finds in a city model, how it says it, what it does with several and with bad files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from oracles.houses import SOUTH, WEST, Box, street, write_town
from typer.testing import CliRunner

from twin.cli.main import app
from twin.errors import TwinError
from twin.inspection import EXAMPLE_CHARACTERS, MOST_ATTRIBUTES, MOST_NAMES, MOST_PLACES, inspect_city, most_of
from twin.inspection_inputs import kind_of, sorted_inputs
from twin.inspection_run import Wanted, inspect_all
from twin.inspection_text import WIDTH, lines

DATA = Path(__file__).resolve().parents[1] / "data" / "city"
NOTHING = Wanted((), None, "en")
XYZ = "\n".join(f"{364400 + i % 4} {5650100 + i // 4} {100 + i}" for i in range(16))


def edited(path: Path, change: object) -> Path:
    """The town of a path with its JSON changed in place."""
    city = json.loads(path.read_text(encoding="utf-8"))
    change(city)  # type: ignore[operator]
    path.write_text(json.dumps(city), encoding="utf-8")
    return path


def test_findings_of_known_boxes(tmp_path: Path) -> None:
    town = write_town(
        tmp_path / "town.city.json", [Box("a", WEST, SOUTH, 10, 20, 5), Box("b", WEST + 50, SOUTH, 4, 5, 3)]
    )
    found, model = inspect_city([town], None)
    assert found["objects"] == {"Building": 2} and found["polygons"] == {"GROUND": 2, "ROOF": 2, "WALL": 8}
    assert found["area_m2"] == pytest.approx({"GROUND": 220, "ROOF": 220, "WALL": 300 + 54})
    balance = found["area_balance"]
    assert balance["read_m2"] == pytest.approx(794) and balance["unexplained_m2"] == 0 and not balance["left_out_m2"]
    assert found["extent"]["low_m"] == [WEST, SOUTH, 100.0]
    assert found["extent"]["high_m"] == [WEST + 54, SOUTH + 20, 105.0]
    assert found["solids_by_trimesh"]["volume_m3"] == pytest.approx(1000 + 60)
    assert found["known_attributes"]["function"] == 2 and found["functions"] == {"31001_1000": 2}
    assert found["confidence"]["ROOF"] == {"mean": 1.0, "min": 1.0, "share_below_0.8": 0.0}
    assert found["relief"] is None and found["defects"] == [] and found["lods"] == {"2": 12}
    assert model.n_surfaces == 12
    json.dumps(found, allow_nan=False)


def test_heights_above_the_ellipsoid(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town.city.json", [Box("a", WEST, SOUTH, 10, 10, 5)])
    known = inspect_city([town], "EPSG:25832+7837")[0]["extent"]["ellipsoidal"]
    # Leichlingen, Rhineland: the quasigeoid lies between 46 and 47 m above GRS 80
    assert 46 < known["low_m"] - 100 < 47 and known["high_m"] - known["low_m"] == pytest.approx(5)
    unknown = inspect_city([town], None)[0]["extent"]["ellipsoidal"]
    assert "--crs EPSG:25832+7837" in unknown["reason"]


def test_findings_are_bounded(tmp_path: Path) -> None:
    def change(city: dict) -> None:
        for number, item in enumerate(city["CityObjects"].values()):
            item["attributes"] |= {f"name {i}": f"{'x' * 300}\n{number}" for i in range(MOST_ATTRIBUTES + 7)}
            item["attributes"]["roofType"] = f"type {number}"

    boxes = [Box(f"b{i}", WEST + 12 * (i % 15), SOUTH + 12 * (i // 15), 10, 10, 5) for i in range(150)]
    town = edited(write_town(tmp_path / "town.city.json", boxes), change)

    def bend(city: dict) -> None:
        for corner in range(7, len(city["vertices"]), 8):
            city["vertices"][corner][2] += 700

    found, _ = inspect_city([edited(town, bend)], None)
    names = found["attributes"]["names"]
    assert len(names) == MOST_ATTRIBUTES and found["attributes"]["more_names"] >= 7
    entry = names["name 0"]
    assert entry["count"] == 150 and entry["types"] == {"text": 150} and len(entry["examples"]) <= 3
    assert all(len(example) <= EXAMPLE_CHARACTERS and "\n" not in example for example in entry["examples"])
    bent = next(entry for entry in found["defects"] if entry["kind"] == "non-planar")
    assert bent["count"] >= 150 and len(bent["places"]) == MOST_PLACES
    text = lines(found)
    assert max(map(len, text)) <= WIDTH and len(text) < 200
    assert any(f"and {bent['count'] - 3:,} more" in line for line in text)


def test_most_of_counts_what_it_cuts() -> None:
    counts = {f"n{i:04}": 1 + (i == 5) for i in range(MOST_NAMES + 30)}
    shown = most_of(counts)
    assert next(iter(shown)) == "n0005" and shown["…"] == 30 and sum(shown.values()) == sum(counts.values())


def test_relief_in_the_file(relief_file: Path) -> None:
    found, _ = inspect_city([relief_file], None)
    relief = found["relief"]
    # two triangles over 10 m × 10 m, 2 m higher on one side
    assert relief == {"objects": 1, "triangles": 2, "plan_area_m2": 100.0, "lowest_m": 50.0, "highest_m": 52.0}
    assert any(line.startswith("relief") for line in lines(found))


@pytest.fixture
def relief_file(tmp_path: Path) -> Path:
    """A TINRelief in CityJSON."""
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [WEST, SOUTH, 0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "CityObjects": {
            "hill": {
                "type": "TINRelief",
                "geometry": [{"type": "CompositeSurface", "lod": "2", "boundaries": [[[0, 1, 2]], [[0, 2, 3]]]}],
            }
        },
        "vertices": [[0, 0, 50000], [10000, 0, 52000], [10000, 10000, 52000], [0, 10000, 50000]],
    }
    path = tmp_path / "hill.city.json"
    path.write_text(json.dumps(city), encoding="utf-8")
    return path


def test_balance_names_what_is_missing() -> None:
    from twin.inspection import balance_of

    report = {
        "area_m2": {"ROOF": 80.0},
        "skipped": {"LOWER_LOD": {"polygons": 1, "area_m2": 15.0}},
        "area_repaired_m2": {"self-intersecting": -2.0},
        "area_read_m2": 100.0,
    }
    assert balance_of(report)["unexplained_m2"] == pytest.approx(3.0)
    assert balance_of(report | {"area_read_m2": 97.0})["unexplained_m2"] == 0.0


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.gml", b"\x00", "city"),
        ("a.xml", b"<?xml version='1.0'?><CityModel/>", "city"),
        (
            "a.xml",
            b"<?xml version='1.0'?><!-- x -->\n<LandXML xmlns='http://www.landxml.org/schema'>",
            "terrain",
        ),
        ("a.json", b'{"type": "CityJSON"}', "city"),
        ("a.tif", b"II*\x00rest", "terrain"),
        ("a.dat", b"MM\x00+rest", "terrain"),
        ("a.asc", b"NCOLS 4\nNROWS 4\n", "terrain"),
        ("a.txt", XYZ.encode(), "terrain"),
        ("a.txt", b"x y z\n" + XYZ.encode(), "terrain"),
        ("a.csv", XYZ.replace(" ", ";").encode(), "terrain"),
        ("a.csv", b"time,ghi,dhi\n2024-01-01T00:00,0,0\n", "weather"),
        ("a.epw", b"LOCATION,Koeln,-,DEU,IWEC,105130,50.87,7.17,1.0,92.0\n", "weather"),
        ("a.txt", b"a letter\n", None),
        ("a.json", b'{"type": "FeatureCollection"}', None),
        ("a.bin", b"", None),
    ],
)
def test_told_by_content(tmp_path: Path, name: str, content: bytes, kind: str | None) -> None:
    import gzip
    import zipfile

    path = tmp_path / name
    path.write_bytes(content)
    assert kind_of(path) == kind
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(content))
    assert kind_of(packed) == kind
    if kind in ("city", "terrain") and path.suffix != ".dat":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("readme.md", "x")
            archive.writestr(name, content)
        assert kind_of(tmp_path / "a.zip") == kind


def test_a_folder_stands_under_each_kind_it_holds(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_town(tmp_path / "in" / "town.city.json", [])
    (tmp_path / "in" / "notes.txt").write_text("a letter", encoding="utf-8")
    assert sorted_inputs([tmp_path / "in"]) == ([tmp_path / "in"], [], [])
    (tmp_path / "in" / "dgm.xyz").write_text(XYZ, encoding="utf-8")
    (tmp_path / "in" / "year.csv").write_text("time,ghi,dhi\n2024-01-01T00:00,0,0\n", encoding="utf-8")
    found = sorted_inputs([tmp_path / "in"])
    assert found == ([tmp_path / "in"], [tmp_path / "in" / "year.csv"], [tmp_path / "in"])
    (tmp_path / "empty").mkdir()
    assert sorted_inputs([tmp_path / "empty", tmp_path / "no*.gml"]).city == [tmp_path / "empty", tmp_path / "no*.gml"]


def weather_csv(path: Path) -> Path:
    hours = np.datetime64("2023-01-01T00", "h") + np.arange(365 * 24)
    head = "# latitude: 51\n# longitude: 7\n# utc_offset: +00:00\n# label: start\ntime,ghi,dhi,temp_air\n"
    sun = np.clip(np.sin((np.arange(len(hours)) % 24 - 5.5) / 12 * np.pi), 0, None) * 500
    rows = "".join(f"{hour}:00,{value:.1f},{value / 2:.1f},10\n" for hour, value in zip(hours, sun, strict=True))
    path.write_text(head + rows, encoding="utf-8")
    return path


def test_city_terrain_and_weather_in_one_call(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town.city.json", street()[:2])
    (tmp_path / "dgm.xyz").write_text(XYZ, encoding="utf-8")
    outcome = inspect_all([tmp_path / "dgm.xyz", weather_csv(tmp_path / "year.csv"), town], "EPSG:25832", NOTHING)
    assert outcome.found["objects"] == {"Building": 2} and not outcome.failed
    assert len(outcome.found["weather"]) == 1 and outcome.found["terrain_files"]
    json.dumps(outcome.found, allow_nan=False)
    assert outcome.lines.count("") == 2


def test_weather_is_drawn(tmp_path: Path) -> None:
    year = weather_csv(tmp_path / "year.csv")
    outcome = inspect_all([year], None, Wanted((), tmp_path / "year.png", "en"))
    assert (tmp_path / "year.png").read_bytes().startswith(b"\x89PNG") and outcome.lines[-1].endswith("year.png")


def test_one_bad_file_of_several(tmp_path: Path) -> None:
    write_town(tmp_path / "town.city.json", street()[:2])
    (tmp_path / "page.gml").write_text("<html><body/></html>", encoding="utf-8")
    (tmp_path / "torn.epw").write_bytes(b"LOCATION,Koeln,-,DEU,IWEC,105130,50.87,7.17,1.0,92.0\n")
    done = CliRunner().invoke(
        app, ["inspect", *(str(tmp_path / n) for n in ("town.city.json", "page.gml", "torn.epw"))]
    )
    assert done.exit_code == 1 and "2 Building" in done.stdout
    assert "1 of 2 files could not be read: page.gml" in done.stderr and "torn.epw" in done.stderr
    both = inspect_all([tmp_path / "town.city.json", tmp_path / "torn.epw"], None, NOTHING)
    assert len(both.found["errors"]) == 1 and "torn.epw" in both.found["errors"][0]
    with pytest.raises(Exception, match=r"torn\.epw"):
        inspect_all([tmp_path / "torn.epw"], None, NOTHING)
    with pytest.raises(TwinError, match=r"page\.gml.*and 1 more"):
        inspect_all([tmp_path / "page.gml", tmp_path / "torn.epw"], None, NOTHING)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--export", "town.dae"], ".glb"),
        (["--picture", "town.jpg"], ".png"),
        (["--lang", "fr"], "de or en"),
    ],
)
def test_wrong_calls(tmp_path: Path, options: list[str], words: str) -> None:
    town = write_town(tmp_path / "town.city.json", [])
    done = CliRunner().invoke(app, ["inspect", str(town), *options])
    assert done.exit_code == 2 and words in done.stderr


def test_each_file_with_its_seconds(tmp_path: Path) -> None:
    towns = [write_town(tmp_path / f"{name}.city.json", [Box(name, WEST, SOUTH, 5, 5, 3)]) for name in ("a", "b")]
    told: list[tuple[str, int, int]] = []
    outcome = inspect_all(towns, None, NOTHING._replace(on_progress=lambda *step: told.append(step)))
    assert told == [("read", 1, 2), ("read", 2, 2)]
    files = outcome.found["files"]
    assert [Path(entry["file"]).name for entry in files] == ["a.city.json", "b.city.json"]
    assert all(0 <= entry["seconds"] <= outcome.found["seconds"] for entry in files)


def test_nothing_is_written_of_weather_alone(tmp_path: Path) -> None:
    year = weather_csv(tmp_path / "year.csv")
    with pytest.raises(TwinError, match="city model"):
        inspect_all([year], None, Wanted((tmp_path / "a.glb",), None, "en"))
    assert [path.name for path in tmp_path.iterdir()] == ["year.csv"]


def test_everything_from_the_command_line(tmp_path: Path) -> None:
    """One real process: report, JSON, three files, a folder that does not exist yet."""
    write_town(tmp_path / "town.city.json", street()[:3])
    command = [sys.executable, "-m", "twin.cli.main", "inspect", "town.city.json", str(DATA / "house_and_garage.gml")]
    options = ["--export", "out/town.glb", "--export", "out/town.gpkg", "--picture", "out/town.png", "--json"]
    done = subprocess.run(
        [*command, *options], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["files"]) == 2 and found["area_balance"]["unexplained_m2"] == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["town.glb", "town.gpkg", "town.png"]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from twin.cli.main import app; "
        "assert CliRunner().invoke(app, ['inspect', '--help']).exit_code == 0; "
        "heavy = {'numpy', 'numba', 'pandas', 'trimesh', 'matplotlib', 'geopandas', 'pyproj', 'lxml'}; "
        "loaded = heavy & set(sys.modules); sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
