"""`heliotwin shadow` as a planner types it: what lies in the folder, what the report prints, wrong calls."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pypdf
import pytest
import rasterio
import shapely
from oracles.door import Answer, called, heliotwin, refused
from oracles.houses import SOUTH, WEST, Box, street, write_town
from oracles.plans import write

from shadow.rules import rule_names
from twin.package_data import demo_city
from twin.study.config import ShadowJob, check_shadow_job, read_shadow_job, shadow_example

TOWER = Path(__file__).parents[1] / "data" / "plans" / "tower.geojson"
COARSE = ["--spacing", "4", "--pixel", "5", "--step", "60", "--no-energy"]
DAY = ["--date", "2026-03-21"]
OWN_RULE = """
id = "eigene"
source = "Satzung der Stadt"
lowest_elevation_deg = 15.0
point = "facade_plane"
figures = []
title = { de = "Eigene Regel", en = "Own rule" }
status = { de = "Satzung", en = "Statute" }
[[criteria]]
id = "sun"
measure = "sun_hours"
subject = "facade"
dates = ["12-21"]
title = { de = "Sonne am 21. Dezember", en = "sun on 21 December" }
[[criteria.levels]]
name = "met"
at = 1.0
title = { de = "mindestens 1 h", en = "at least 1 h" }
verified = true
"""


class Run(NamedTuple):
    """A finished call."""

    out: Path
    summary: dict[str, Any]
    text: str  # of the report
    report: pypdf.PdfReader

    def table(self, name: str) -> pd.DataFrame:
        """A layer of the GeoPackage."""
        return geopandas.read_file(self.out / "study.gpkg", layer=name)


def text_of(path: Path) -> tuple[str, pypdf.PdfReader]:
    """The text of a PDF, page after page."""
    reader = pypdf.PdfReader(path)
    return "\n".join(page.extract_text() for page in reader.pages), reader


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo district with the tower, every bundled rule and one of the user's own, two areas and a point."""
    folder = tmp_path_factory.mktemp("district")
    (folder / "own.toml").write_text(OWN_RULE, encoding="utf-8")
    squares = [shapely.box(364120, 5650145, 364160, 5650175), shapely.box(364200, 5650100, 364240, 5650130)]
    write(folder / "areas.geojson", list(squares), [{"name": "Spielplatz"}, {"name": "Größere Wiese"}])
    rules = [word for name in (*rule_names(), "own.toml") for word in ("--rule", name)]
    with demo_city() as city:
        answer = heliotwin(
            *("shadow", city, "--plan", TOWER, *DAY, *COARSE, "--radius", "60", *rules),
            *("--areas", "areas.geojson", "--point", "Bank=364160,5650160", "--report", "sub/report.pdf"),
            *("--occasion", "Bebauungsplan Nr. 7 – Änderung", "--json", "-o", "out"),
            cwd=folder,
        )
    assert answer.code == 0 and answer.err == "", answer.err
    return Run(folder / "out", json.loads(answer.out), *text_of(folder / "sub" / "report.pdf"))


def test_everything_named_is_there_and_nothing_else(district: Run) -> None:
    head = json.loads((district.out / "study.json").read_text(encoding="utf-8"))
    found = {path.relative_to(district.out).as_posix() for path in district.out.rglob("*") if path.is_file()}
    assert set(district.summary["files"]) == found == {*head["files"], "study.json"}
    assert head["finished"] is True and Path(district.summary["report"]).name == "report.pdf"
    assert {entry["role"] for entry in head["inputs"]} == {"city", "plan", "areas", "rule", "weather"}
    assert all(re.fullmatch("[0-9a-f]{64}", entry["sha256"]) for entry in head["inputs"])
    assert [rule["id"] for rule in head["rules"]] == [*rule_names(), "eigene"]


def test_tables_are_one_and_the_same_in_every_form(district: Run) -> None:
    layers = {str(name) for name in pyogrio.list_layers(district.out / "study.gpkg")[:, 0]}
    wanted = {"storeys", "buildings", "areas", "casters", "rules", "landed"}
    assert wanted <= layers and "energy" not in layers and "openings" not in layers
    for name in wanted:
        table = district.table(name)
        flat = pd.read_csv(district.out / "tables" / f"{name}.csv", keep_default_na=True)
        parquet = pd.read_parquet(district.out / "tables" / f"{name}.parquet")
        assert len(table) == len(flat) == len(parquet) > 0
        for column in flat.columns.intersection(["hours", "hours_bestand", "delta_min", "first_m2h", "share"]):
            assert np.allclose(flat[column], parquet[column], atol=1e-4, equal_nan=True)
            assert np.allclose(table[column].astype(float), parquet[column], equal_nan=True)


def test_masks_tell_what_the_summary_tells(district: Run) -> None:
    """Sunny pixels of the masks, added up over the day, are the mean hours and the area that changes."""
    (day,) = district.summary["days"]
    paths = sorted((district.out / "masks").glob("*.tif"))
    assert len(paths) == day["instants"] == 12
    masks = []
    for path in paths:
        with rasterio.open(path) as file:
            masks.append(file.read(1))
    stack = np.stack(masks)
    land = stack[0] != 255
    assert {int(v) for v in np.unique(stack)} == {0, 2, 3, 255}
    assert day["land_m2"] == 25.0 * land.sum()
    for scenario, bit in (("land_hours_bestand", 1), ("land_hours", 2)):
        assert day[scenario] == pytest.approx(((stack & bit) == 0)[:, land].sum(axis=0).mean(), abs=1e-5)
    lost = (stack == 2).any(axis=0) & land
    assert day["land_changed_m2"] == 25.0 * lost.sum()


def number(text: str) -> float:
    """A number as a German report prints it."""
    return float(text.replace(".", "").replace(",", ".").replace("−", "-").replace("±", "").replace("+", ""))


def test_the_reports_storeys_are_those_of_the_geopackage(district: Run) -> None:
    """Every printed row of affected storeys, and the count of every class of hours."""
    storeys = district.table("storeys")
    by_place = storeys.set_index(["surface_id", "storey"])
    surface, checked = "", 0
    for line in district.text.splitlines():
        if head := re.fullmatch(r"Gebäude (\S+) +Fassade \S+ \((\d+)°\) (\S+)", line):
            surface = head[3]
            facade = storeys[storeys["surface_id"] == surface].iloc[0]
            assert facade["building_id"] == head[1]
            assert abs((facade["azimuth_deg"] - float(head[2]) + 180) % 360 - 180) <= 0.51
        row = re.fullmatch(r"(EG|(\d+)\. OG) ([\d.]+,\d\d) ([\d,]+) ([\d,–]+) ([\d,]+) ([−+±\d–]+) (.*)", line)
        if row is None:
            continue
        storey = by_place.loc[(surface, 0 if row[1] == "EG" else int(row[2]))]
        assert number(row[3]) == pytest.approx(storey["z_m"], abs=0.0051)
        assert number(row[4]) == pytest.approx(storey["length_m"], abs=0.051)
        assert number(row[6]) == pytest.approx(storey["hours"], abs=0.0051)
        if storey["own"]:
            assert row[5] == row[7] == "–" and np.isnan(storey["hours_bestand"])
        else:
            assert number(row[5]) == pytest.approx(storey["hours_bestand"], abs=0.0051)
            assert number(row[7]) == pytest.approx(storey["delta_min"], abs=0.51)
        first, last, longest = row[8].split()
        assert (first, last) == tuple(storey[["first_sun", "last_sun"]].fillna("–"))
        assert number(longest) == pytest.approx(storey["longest_h"], abs=0.0051)
        checked += 1
    changed = storeys[(~storeys["own"]) & (storeys["delta_min"].abs() >= 30)]
    assert checked == len(changed) + storeys["own"].sum() > 80  # as long as a report prints all of them
    neighbours = storeys[~storeys["own"]]
    edges = [-1.0, 0.0, 1.5, 3.0, 4.0, 99.0]
    for label, low, high in zip(
        ("keine", "unter 1,5 h", "1,5 bis unter 3 h", "3 bis unter 4 h", "4 h und mehr"), edges, edges[1:], strict=False
    ):
        counts = []
        for column in ("hours_bestand", "hours"):
            value = neighbours[column].round(9)
            inside = (value <= 0) if label == "keine" else (value >= low) & (value < high) & (value > 0)
            counts.append(int(inside.sum()))
        printed = re.search(rf"^{label} ([\d.]+) ([\d.]+) (\S+)$", district.text, re.MULTILINE)
        assert printed is not None and [number(printed[1]), number(printed[2])] == counts
        assert number(printed[3]) == counts[1] - counts[0]


def test_the_reports_rules_are_those_of_the_geopackage_and_of_the_summary(district: Run) -> None:
    rules = district.table("rules")
    assert set(rules["rule"]) == {*rule_names(), "eigene"}
    neighbours = rules[~rules["own"].astype(bool)]
    groups = neighbours.groupby(["rule", "criterion", "date", "scenario"], sort=False, dropna=False)
    told = {(row["rule"], row["criterion"], row["date"]): row for row in district.summary["rules"]}
    assert len(told) == len(groups) == 1 + 2 + 4 + 2 + 1 + 1
    for (rule, criterion, date, _), rows in groups:
        summary = told[(rule, criterion, date or "")]
        assert summary["subjects"] == len(rows)
        assert summary["met"] == rows["met"].astype(bool).sum()
        assert summary["met_bestand"] == rows["met_bestand"].astype(bool).sum()
    printed = re.findall(r"^eingehalten ([\d.]+) ([\d.]+) \S+$", district.text, re.MULTILINE)
    counts = [[number(word) for word in pair] for pair in printed]
    assert counts == [[rows["met_bestand"].astype(bool).sum(), rows["met"].astype(bool).sum()] for _, rows in groups]


def test_the_reports_areas_are_those_of_the_geopackage(district: Run) -> None:
    areas = district.table("areas").set_index("area")
    assert list(areas.index) == ["Spielplatz", "Größere Wiese"] and (areas["area_m2"] == 1200.0).all()
    for name, row in areas.iterrows():
        (line,) = [line for line in district.text.splitlines() if line.startswith(f"{name} 1.200")]
        values = [number(word) for word in re.findall(r"[−±+]?[\d.,]*\d", line.removeprefix(str(name)))]
        for wanted in (row["hours_bestand"], row["hours"]):
            assert min(abs(value - wanted) for value in values) <= 0.0051
        for wanted in (row["share_2h_bestand"], row["share_2h"]):
            assert min(abs(value - 100 * wanted) for value in values) <= 0.51


def test_the_report_is_a_tagged_german_document(district: Run) -> None:
    root = district.report.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "de-DE" and "/StructTreeRoot" in root
    assert "Bebauungsplan Nr. 7 – Änderung" in district.text and "Bank" in district.text
    assert "zulässig" not in district.text and "unzulässig" not in district.text
    for entry in json.loads((district.out / "study.json").read_text(encoding="utf-8"))["inputs"]:
        assert entry["sha256"] in district.text.replace("\n", "")
    # Row by row the instants are printed in both clocks: no summer time yet on 21 March.
    assert re.search(r"12:00 12:00 38,\d\d 167,\d\d", district.text)


# The same with every option, from a file, in English, on a street that is quickly computed.


def test_the_documented_query_runs(district: Run) -> None:
    """docs/shadow.md is true: its query lists the storeys that lose most."""
    import duckdb

    text = (Path(__file__).parents[2] / "docs" / "shadow.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    found = duckdb.sql(query.replace("OUT/", f"{district.out.as_posix()}/")).fetchall()
    minutes = [row[-1] for row in found]
    assert len(found) == 20 and minutes == sorted(minutes) and minutes[0] < 0


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the street, a tower, areas, a rule and a study as TOML in a folder of its own."""
    folder = tmp_path_factory.mktemp("desk")
    write_town(folder / "town.city.json", street())
    tower = shapely.box(WEST + 30, SOUTH + 40, WEST + 50, SOUTH + 60)
    write(folder / "tower.geojson", [tower], [{"hoch": 20.0}])
    write(folder / "areas.geojson", [shapely.affinity.translate(tower, 0, 22)], [{"name": "yard"}])
    (folder / "studies").mkdir()
    (folder / "studies" / "own.toml").write_text(OWN_RULE, encoding="utf-8")
    (folder / "studies" / "study.toml").write_text(STUDY, encoding="utf-8")
    (folder / "studies" / "pv.toml").write_text("[module]\npower_w = 440\n", encoding="utf-8")
    (folder / "studies" / "albedo.csv").write_text("name,albedo\nWallSurface,0.4\n", encoding="utf-8")
    (folder / "studies" / "leaves.toml").write_text("[Tilia]\nk_leaf_on = 0.4\n", encoding="utf-8")
    return folder


STUDY = """
cities = ["../town.city.json"]
out = "out"
plans = [
    { file = "../tower.geojson", height_field = "hoch", name = "Turm" },
    { file = "../tower.geojson", height_m = 12.0, scenario = "Nullfall", name = "Altplan" },
]
remove = [{ id = "left" }]
dates = [2026-03-29]
first = 11:00:00
last = "12:00"
step_min = 60
zone = "Europe/Berlin"
rules = ["en17037", "own.toml"]
rule_date = 2026-02-01
areas = "../areas.geojson"
points = [{ name = "bench", place = [364475.0, 5650150.0, 101.5] }]
radius_m = 60.0
spacing_m = 5.0
pixel_m = 4.0
margin_m = 30.0
halo_m = 500.0
ground_level_m = 100.0
terrain_error_m = 0.3
storey_height_m = 2.8
window_width_m = 1.0
window_depth_m = 0.3
casters = "all"
energy = true
weather = "try2015-region12"
pv = "pv.toml"
albedo = 0.25
surface_albedo = "albedo.csv"
reflections = "traced"
trees_crs = "EPSG:25832+7837"
no_trees = true
leaves = "leaves.toml"
crs = "EPSG:25832"
attribution = "Stadt Musterstadt, CC BY 4.0"
title = "Tower of the future"
occasion = "Master plan"
report = "report.pdf"
pictures = true
animation = ["gif"]
sheets = true
geojson = true
"""
# Those stand against ground_level_m and no_trees, are asked for below, or have a test of their own (study_light).
NOT_IN_STUDY = {"terrain", "trees", "objects", "far_terrain"}


@pytest.fixture(scope="module")
def street_run(desk: Path) -> Answer:
    """The study of the file, with one option of the command line on top."""
    return called("shadow", "--config", "studies/study.toml", "--lang", "en", "--pixel", "5", cwd=desk)


def test_a_study_from_a_file(desk: Path, street_run: Answer) -> None:
    options = read_shadow_job(desk / "studies" / "study.toml")
    assert set(options) == set(ShadowJob.model_fields) - NOT_IN_STUDY
    assert street_run.code == 0, street_run.err
    out = desk / "studies" / "out"
    head = json.loads((out / "study.json").read_text(encoding="utf-8"))
    said = {name: head[name] for name in ("pixel_m", "spacing_m", "halo_m", "storey_height_m", "window_width_m")}
    assert said == {"pixel_m": 5.0, "spacing_m": 5.0, "halo_m": 500.0, "storey_height_m": 2.8, "window_width_m": 1.0}
    assert head["title"] == "Tower of the future" and head["occasion"] == "Master plan"
    assert head["reflections"] == "traced" and head["trees"] is None
    assert {"leaves.toml", "albedo.csv"} <= {entry["name"] for entry in head["inputs"]}
    assert [s["name"] for s in head["scenarios"]] == ["Bestand", "Planung", "Nullfall"]
    assert [s["removed"] for s in head["scenarios"]] == [[], ["left"], []]
    assert [(p["name"], p["height_m"]) for p in head["plans"]] == [("Turm", 20.0), ("Altplan", 12.0)]
    rules = pd.read_parquet(out / "tables" / "rules.parquet")
    assert set(zip(rules["rule"], rules["date"], strict=True)) == {("en17037", "2026-02-01"), ("eigene", "2026-12-21")}
    energy = pd.read_parquet(out / "tables" / "energy_buildings.parquet").set_index(["scenario", "building_id"])
    assert energy.loc[("Planung", "row6"), "delta_kwh"] < energy.loc[("Nullfall", "row6"), "delta_kwh"] < 0
    storeys = pd.read_parquet(out / "tables" / "storeys.parquet")
    assert set(storeys["scenario"]) == {"Planung", "Nullfall"} and set(storeys["date"]) == {"2026-03-29"}
    heights = storeys[storeys["building_id"] == "row6"].groupby("storey")["z_m"].first()
    assert np.allclose(heights, 100.0 + 1.2 + 2.8 * heights.index)
    # The tower shades its neighbours by day, less as the lower one that the Nullfall has.
    (yard,) = pd.read_parquet(out / "tables" / "areas.parquet").query("scenario == 'Planung'").itertuples()
    assert yard.area == "yard" and yard.delta_min < 0


def test_masks_animations_sheets_and_polygons_of_every_instant(desk: Path, street_run: Answer) -> None:
    """On 29 March the clock goes forward: 11 to 12 h of summer time are 9 to 10 h UTC."""
    from PIL import Image

    assert street_run.code == 0
    out = desk / "studies" / "out"
    names = ("Planung", "Nullfall")
    for folder, suffix in (("masks", "tif"), ("shadows", "geojson")):
        assert len(list((out / folder).glob(f"*.{suffix}"))) == 2 * len(names)
    shown = geopandas.read_file(out / "shadows.gpkg", layer="shadows")
    assert set(shown["scenario"]) == {"Planung", "Nullfall"}
    assert sorted(set(shown["time_utc"].astype(str).str[11:16])) == ["09:00", "10:00"]
    for name in names:
        (animation,) = (out / "pictures").glob(f"{name}*.gif")
        with Image.open(animation) as film:
            assert film.n_frames == 2
    assert len(list((out / "sheets").rglob("*.png"))) == 2 * len(names)
    with rasterio.open(next((out / "masks").glob("Planung_*T1100.tif"))) as file:
        assert file.crs.to_epsg() == 25832 and file.res == (5.0, 5.0)
        assert "2026-03-29T09:00" in json.dumps(file.tags())


def test_an_english_report(desk: Path, street_run: Answer) -> None:
    assert street_run.code == 0
    text, reader = text_of(desk / "studies" / "report.pdf")
    assert reader.trailer["/Root"]["/Lang"] == "en-GB"
    assert "Tower of the future" in text and "Stadt Musterstadt, CC BY 4.0" in text and "bench" in text
    assert not re.search(r"\b(und|Geschoss|Fassade|nicht)\b", text.replace("Bestand", ""))
    assert "allowed" not in text and "permitted" not in text


def test_a_second_study_takes_the_place_of_the_first(desk: Path, street_run: Answer) -> None:
    assert street_run.code == 0
    out = desk / "studies" / "out"
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    call = ["shadow", "town.city.json", "--object", "row6", *DAY, "--from", "12:00", "--to", "12:00", *COARSE]
    first = called(*call, "-o", "studies/out", cwd=desk)
    assert first.code == 0, first.err
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    head = json.loads((out / "study.json").read_text(encoding="utf-8"))
    assert found == {*head["files"], "study.json", "notes.txt"}
    assert [scenario["name"] for scenario in head["scenarios"]] == ["Bestand", "ohne row6"]
    assert len(list((out / "masks").iterdir())) == 1 and not (out / "sheets").exists()
    bytes_before = {name: (out / name).read_bytes() for name in head["files"]}
    again = called(*call, "-o", "studies/out", cwd=desk)
    assert again.code == 0, again.err
    assert {name for name in head["files"] if (out / name).read_bytes() != bytes_before[name]} == set()


def test_a_folder_of_somebody_else_is_refused_and_not_touched(desk: Path) -> None:
    """Before anything is computed: it takes no longer than saying so."""
    other = desk / "other"
    (other / "deep").mkdir(parents=True)
    (other / "deep" / "table.csv").write_text("a,b\n", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in other.rglob("*")}
    answer = called("shadow", "town.city.json", *DAY, *COARSE, "-o", "other", cwd=desk)
    refused(answer, 1, "other", "not a shadow study", "name another folder")
    assert {path: path.stat().st_mtime_ns for path in other.rglob("*")} == before
    refused(called("shadow", "town.city.json", *DAY, *COARSE, "-o", "town.city.json", cwd=desk), 1, "is a file")


def stopped(call: list[str], mark: Path, how: str, folder: Path) -> tuple[subprocess.Popen, str]:
    """A command that is killed or interrupted as soon as ``mark`` is there, and what it said."""
    command = [sys.executable, "-m", "twin.cli.main", *call]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as run:
        deadline = time.monotonic() + 120
        while not mark.exists() and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if how == "kill":
            run.kill()
        else:
            run.send_signal(signal.SIGINT)
        return run, run.communicate()[1]


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_stopped_on_the_way_nothing_half_written_is_left(desk: Path, tmp_path: Path, how: str) -> None:
    if how == "interrupt" and sys.platform == "win32":
        pytest.skip("a process cannot be interrupted from outside there")
    # On a busy machine a study may have ended before it is stopped: then it is tried again.
    for attempt in range(4):
        out = tmp_path / f"out{attempt}"
        call = ["shadow", "town.city.json", *DAY, *COARSE, "--sheets", "-o", str(out)]
        run, said = stopped(call, out / ".study.part", how, desk)
        if run.returncode != 0:
            break
    assert run.returncode != 0, said
    if how == "interrupt":
        assert "interrupted; nothing was written" in said and "Traceback" not in said
        assert not out.exists()
    else:  # what a killed process leaves does not stand in the way of the next
        assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == []
        again = called(*call[:-3], "-o", str(out), cwd=desk)
        assert again.code == 0, again.err
        assert not (out / ".study.part").exists() and (out / "study.json").is_file()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ([], 2, ["--date"]),
        (["--date", "2026-13-45"], 2, ["dates", "month"]),
        (["--date", "21.03.2026"], 2, ["dates"]),
        (["--date", "9999-12-31"], 2, ["dates", "2199"]),
        ([*DAY, "--tz", "Europe/Berln"], 1, ["Europe/Berlin"]),
        ([*DAY, "--step", "7"], 2, ["step_min", "5, 6, 10"]),
        ([*DAY, "--rule", "en1737"], 1, ["did you mean en17037?"]),
        ([*DAY, "--rule", "none.toml"], 1, ["none.toml", "cannot be read"]),
        ([*DAY, "--rule", "town.city.json"], 1, ["no rule"]),
        ([*DAY, "--rule", "bad.toml"], 1, ["bad.toml", "criteria", "lowest_elevation_deg"]),
        ([*DAY, "--rule", "en17037", "--rule-date", "2026-06-01"], 1, ["--rule-date", "en17037", "01.02."]),
        ([*DAY, "--rule", "wien", "--rule-date", "2026-02-01"], 1, ["no --rule leaves its day free"]),
        ([*DAY, "--plan-height", "10"], 2, ["no --plan"]),
        ([*DAY, "--from", "14:00", "--to", "10:00"], 2, ["ends at 10:00, before it begins at 14:00"]),
        ([*DAY, "--from", "10:00+02:00", "--to", "12:00"], 2, ["legal clock times", "HH:MM"]),
        ([*DAY, "--from", "23:00"], 1, ["2026-03-21", "does not rise", "another date or time"]),
        ([*DAY, "--lang", "fr"], 2, ["--lang"]),
        ([*DAY, "--animation", "avi"], 2, ["'gif' or 'mp4'"]),
        ([*DAY, "--spacing", "0"], 2, ["spacing_m"]),
        ([*DAY, "--remove", "leftt"], 1, ["leftt: no such object", "nearest: left"]),
        ([*DAY, "--object", "nobody"], 1, ["nobody: no such object", "heliotwin inspect"]),
        ([*DAY, "--areas", "none.gpkg"], 1, ["none.gpkg: no such file"]),
        ([*DAY, "--areas", "town.city.json"], 1, ["town.city.json: not readable as a vector file"]),
        ([*DAY, "--areas", "points.geojson"], 1, ["no polygon in it"]),
        ([*DAY, "--point", "364480,5650150"], 2, ["NAME=E,N"]),
        ([*DAY, "--point", "bench=7.07,50.99"], 1, ["--point bench", "km from the city", "EPSG:25832"]),
        ([*DAY, "--plan", "Bestand=tower.geojson", "--plan-height", "9"], 1, ["cannot be called Bestand"]),
        ([*DAY, "--plan", "tower.geojson", "--plan-origin", "1"], 2, ["--plan-origin 1", "E,N"]),
        ([*DAY, "--plan", "tower.geojson", "--plan-unit", "km"], 2, ["unit", "'mm'"]),
        ([*DAY, "--report", "."], 2, ["report", "no name of a PDF"]),
        ([*DAY, "--terrain", "none.tif", "--ground-level", "100"], 2, ["ground_level_m"]),
        ([*DAY, "--config", "none.toml"], 1, ["none.toml: no such file", "config --example"]),
        ([*DAY, "--config", "odd.toml"], 2, ["spaceing_m"]),
        ([*DAY, "--config", "town.city.json"], 1, ["not TOML"]),
        ([*DAY, "--nonsense"], 2, ["nonsense"]),
    ],
)
def test_wrong_calls(desk: Path, options: list[str], code: int, words: list[str]) -> None:
    (desk / "odd.toml").write_text('dates = ["2026-03-21"]\nspaceing_m = 3\n', encoding="utf-8")
    (desk / "bad.toml").write_text('id = "bad"\n', encoding="utf-8")
    write(desk / "points.geojson", [shapely.Point(WEST, SOUTH)])
    refused(called("shadow", "town.city.json", "-o", "wrong", *COARSE, *options, cwd=desk), code, *words)
    assert not (desk / "wrong").exists()


def test_exit_codes_of_the_process(desk: Path) -> None:
    refused(heliotwin("shadow", "town.city.json", *DAY, "-o", "wrong", "--step", "7", cwd=desk), 2, "step_min")


def test_what_is_named_twice_is_asked_for_once(desk: Path, tmp_path: Path) -> None:
    rules = ["--rule", "en17037", "--rule", "EN17037", "--rule", "en17037"]
    call = ["shadow", "town.city.json", *DAY, *DAY, *rules, *COARSE, "--from", "12:00", "--to", "13:00"]
    answer = called(*call, "-o", str(tmp_path / "out"), "--json", cwd=desk)
    assert answer.code == 0, answer.err
    summary = json.loads(answer.out)
    assert [day["date"] for day in summary["days"]] == ["2026-03-21"]
    assert [(rule["rule"], rule["subjects"]) for rule in summary["rules"]] == [("en17037", 132)]


def test_no_open_land_at_all(desk: Path, tmp_path: Path) -> None:
    """Façades are still measured and drawn; there is nothing to animate."""
    call = ["shadow", "town.city.json", *DAY, *COARSE, "--margin", "0", "--animation", "gif", "--pictures"]
    answer = called(*call, "-o", str(tmp_path / "out"), cwd=desk)
    assert answer.code == 0, answer.err
    assert "no open land" in answer.out and not (tmp_path / "out" / "masks").exists()


def test_polar_night_and_polar_day(tmp_path: Path) -> None:
    """Tromsø's latitude: no sun on 21 December, all 24 hours on 21 June."""
    write_town(tmp_path / "north.city.json", [Box("hytte", 650_000.0, 7_720_000.0, 10, 10, 8)], crs="25833")
    call = ["shadow", "north.city.json", "--tz", "Europe/Oslo", *COARSE, "-o", "out"]
    refused(called(*call, "--date", "2026-12-21", cwd=tmp_path), 1, "2026-12-21", "does not rise above the horizon")
    assert not (tmp_path / "out").exists()
    answer = called(*call, "--date", "2026-06-21", "--json", cwd=tmp_path)
    assert answer.code == 0 and json.loads(answer.out)["days"][0]["instants"] == 24


def test_the_example_is_a_study(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(shadow_example(), encoding="utf-8")
    job = check_shadow_job(read_shadow_job(tmp_path / "study.toml"))
    assert job.out == tmp_path / "study" and job.plans[0].file == tmp_path / "tower.geojson"
    checked = called("config", "study.toml", "--for", "shadow", cwd=tmp_path)
    assert checked == Answer(0, "study.toml: fine\n", "")
