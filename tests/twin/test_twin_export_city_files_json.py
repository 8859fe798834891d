"""Results in CityJSON: a city's own document with every value kept, and CityGML made into one."""

from __future__ import annotations

import gzip
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from oracles.city_job import ORIGIN, PREFIX, Export, report_of, unpacked
from oracles.cityjson_rules import faults

from io_citygml.polygon import surface_areas
from io_citygml.read import read_city
from twin.export.city.files import REPORT, write_cityjson
from twin.export.city.places import NO_ID
from twin.export.source import Source
from twin.package_data import demo_city, geoid_grid


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Makes up a job over files and writes it back; the job, the folder, the names of the files."""
    return Export(tmp_path)


@pytest.fixture
def json_document() -> dict[str, Any]:
    """A house and its yard as CityJSON."""
    path = Path(__file__).parents[1] / "data" / "city" / "house_and_yard.city.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def without_ours(value: Any) -> Any:
    """A JSON value without our attributes, and without the attributes of an object that has no other."""
    if isinstance(value, dict):
        given = value.get("attributes")
        if given is not None and all(name.startswith(PREFIX) for name in given):
            value = {name: v for name, v in value.items() if name != "attributes"}
        return {name: without_ours(v) for name, v in value.items() if not name.startswith(PREFIX)}
    return [without_ours(v) for v in value] if isinstance(value, list) else value


def semantics_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        surface
        for item in document["CityObjects"].values()
        for geometry in item.get("geometry", [])
        for surface in geometry.get("semantics", {}).get("surfaces", [])
    ]


def check_json(job: Source, documents: list[dict[str, Any]], areas: bool = True) -> None:
    """Buildings have their values, and over all semantic surfaces nothing is lost or counted twice."""
    objects = {key: item for document in documents for key, item in document["CityObjects"].items()}
    for _, row in job.buildings.iterrows():
        got = objects[row["building_id"]]["attributes"]
        assert got["heliotwin_roof_irradiation_kwh"] == pytest.approx(row["roof_irradiation_kwh"], abs=5e-5)
        assert got["heliotwin_attribution"] == ORIGIN["attribution"][0]
    surfaces = [s for document in documents for s in semantics_of(document) if "heliotwin_solarArea" in s]
    if areas:
        rows = job.surfaces
        got_m2 = sum(s["heliotwin_solarArea"] for s in surfaces)
        assert got_m2 == pytest.approx(rows["exposed_area_m2"].sum(), abs=5e-5 * len(rows))
        got_kwh = sum(s["heliotwin_irradiation_kwh_m2"] * s["heliotwin_solarArea"] for s in surfaces)
        whole = (rows["irradiation_kwh_m2"] * rows["exposed_area_m2"]).sum()
        assert got_kwh == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize("form", ["document", "packed", "sequence", "separators"])
def test_cityjson_keeps_every_value(export: Export, tmp_path: Path, json_document: Any, form: str) -> None:
    json_document["extra"] = {"kept": [1.10, 1e22, 2**60, None, "ß"]}
    path = tmp_path / {"packed": "t.city.json.gz"}.get(form, "t.city.json")
    documents = [json_document]
    if form in ("sequence", "separators"):
        head = {**json_document, "CityObjects": {}, "vertices": []}
        feature = {"type": "CityJSONFeature", "CityObjects": json_document["CityObjects"]}
        documents = [head, {**feature, "vertices": json_document["vertices"]}]
    before = "\x1e" if form == "separators" else ""
    data = "\n".join(before + json.dumps(d) for d in documents).encode()
    path.write_bytes(gzip.compress(data) if form == "packed" else data)
    job, folder, files = export(write_cityjson, path)
    assert files == [path.name, REPORT]
    lines = unpacked(folder / path.name).decode().removesuffix("\n").split("\n")
    assert all(line.startswith("\x1e") == bool(before) for line in lines)
    found = [json.loads(line.lstrip("\x1e")) for line in lines]
    assert without_ours(found) == documents and found != documents
    report = report_of(folder)
    assert [entry["reason"] for entry in report["surfaces_not_attached"]] == [NO_ID]  # a wall without semantics
    check_json(job, found, False)
    placed = [s for d in found for s in semantics_of(d) if PREFIX + "solarArea" in s]
    assert sum(s.get(PREFIX + "polygons", 1) for s in placed) == len(job.surfaces) - 1 > 3
    _, folder, _ = export(write_cityjson, shutil.copy(folder / path.name, tmp_path / "again.json"))
    assert without_ours(json.loads(unpacked(folder / "again.json").split(b"\n")[0].lstrip(b"\x1e"))) == documents[0]


def test_cityjson_of_citygml(export: Export) -> None:
    """The demo district: valid by the rules of 2.0 and for cjio, the same surfaces when it is read again."""
    with demo_city() as path, geoid_grid() as grid_file:
        job, folder, files = export(write_cityjson, path)
        model = read_city(path, grid_file=grid_file, examine=True)
    assert files == ["LoD2_32_364_5650_1_NW.city.json", REPORT]
    document = json.loads((folder / files[0]).read_text(encoding="utf-8"))
    assert faults(document) == []
    check_json(job, [document])
    by_id = {s["id"]: s for s in semantics_of(document)}
    assert set(by_id) == set(model.surface_id)
    for _, row in job.surfaces.iterrows():
        assert by_id[row["surface_id"]]["heliotwin_irradiation_kwh_m2"] == round(row["irradiation_kwh_m2"], 4)
        assert by_id[row["surface_id"]]["type"] == row["kind"]
    again = read_city(folder / files[0])
    area, place = dict(zip(again.surface_id, surface_areas(again), strict=True)), model.surface_id
    assert [area[name] for name in place] == pytest.approx(list(surface_areas(model)), rel=2e-3, abs=0.02)
    assert again.crs.horizontal == "EPSG:25832" and {o.id for o in again.objects} == {o.id for o in model.objects}
    assert cjio_says(folder / files[0]) == [25832, 173, 0, 0, True]


def cjio_says(path: Path) -> list[object]:
    """EPSG code, top-level objects, duplicate and orphan vertices, and whether cjio's own round trip loses nothing.

    In a process of its own: to import cjio changes how Python's json writes numbers.
    """
    if importlib.util.find_spec("cjio") is None:
        pytest.skip("cjio is not installed")
    code = (
        "import json, sys; from cjio.cityjson import CityJSON; c = CityJSON(file=open(sys.argv[1], encoding='utf-8'));"
        "n = len(c.j['CityObjects']); parts = list(c.generate_features());"
        "print(json.dumps([c.get_epsg(), c.number_city_objects_level1(), c.remove_duplicate_vertices(),"
        "c.remove_orphan_vertices(), sum(len(p.j['CityObjects']) for p in parts) == n]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("zurich_subset_lod2.city.json.gz", None),
        ("3dbag_b2.city.jsonl", None),
        ("rotterdam_subset.city.json", "EPSG:28992"),
        ("twobuildings.city.json", "EPSG:32188"),
        ("lod2_buildings_as_CityJSON_features.jsonl", "EPSG:25833"),
        ("multi_lod.city.json", "EPSG:28992"),
    ],
)
def test_real_cityjson(export: Export, shared_data: Path, name: str, crs: str | None) -> None:
    path = shared_data / "cityjson" / name
    job, folder, files = export(write_cityjson, path, crs=crs)
    before, after = (
        [json.loads(line) for line in unpacked(p).splitlines()] if ".jsonl" in name else [json.loads(unpacked(p))]
        for p in (path, folder / files[0])
    )
    assert without_ours(after) == without_ours(before) and after != before
    report = report_of(folder)
    check_json(job, after, not report["surfaces_not_attached"])
    assert {entry["reason"] for entry in report["surfaces_not_attached"]} <= {NO_ID}
