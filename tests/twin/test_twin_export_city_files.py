"""Results back in a city's own CityGML; the job is made up (no ray is traced), the files are real or hostile."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from oracles import gml_documents as documents
from oracles.city_job import ORIGIN, Export, Gml, check_values, in_file, job_of, report_of, unpacked
from oracles.cityjson_rules import faults

from io_citygml.citygml_write import strip_results
from io_citygml.model import CityModel
from io_citygml.read import read_city
from twin.errors import TwinError
from twin.export.city.attributes import together
from twin.export.city.files import REPORT, find_inputs, write_citygml, write_cityjson
from twin.export.city.places import NO_ID, TWICE, object_names
from twin.package_data import demo_city, geoid_grid


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Makes up a job over files and writes it back; the job, the folder, the names of the files."""
    return Export(tmp_path)


@pytest.fixture
def gml(tmp_path: Path) -> Gml:
    return Gml(tmp_path)


def same_geometry(one: CityModel, other: CityModel) -> None:
    assert np.array_equal(one.coords, other.coords) and np.array_equal(one.ring_start, other.ring_start)
    assert np.array_equal(one.surface_ring, other.surface_ring) and np.array_equal(one.kind, other.kind)
    assert one.surface_id == other.surface_id and [o.id for o in one.objects] == [o.id for o in other.objects]


def test_demo_district_comes_back_whole(export: Export) -> None:
    """The bundled CityGML 1.0 tile, a quarter of whose boundary surfaces have no gml:id."""
    with demo_city() as path:
        job, folder, files = export(write_citygml, path)
        original = unpacked(path)
    assert files == [path.name, REPORT]
    data = unpacked(folder / path.name)
    assert strip_results(data) == original
    report = report_of(folder)
    assert report["surfaces"] == report["surfaces_attached"] == len(job.surfaces) > 2000
    assert report["buildings_attached"] == len(job.buildings) == 173 and not report["surfaces_not_attached"]
    assert check_values(job, data) > 1200
    # nameless ones too: over all surfaces of the file no area is lost or stands twice
    values = [float(v) for v in re.findall(rb'"heliotwin_solarArea"><gen:value>([\d.]+)<', data)]
    assert sum(values) == pytest.approx(job.surfaces["exposed_area_m2"].sum(), abs=5e-5 * len(values))
    assert len(values) > 1800 > 1300 > len([1 for v in in_file(data).values() if "solarArea" in v])
    building = in_file(data)[job.buildings["building_id"][0]]
    assert building["attribution"] == ORIGIN["attribution"][0] and building["pv_class"] == "gut geeignet"
    with geoid_grid() as grid_file:
        again = read_city(folder / path.name, grid_file=grid_file, examine=True)
        with demo_city() as path:
            same_geometry(read_city(path, grid_file=grid_file, examine=True), again)
    first = again.objects[[o.id for o in again.objects].index(job.buildings["building_id"][0])]
    assert first.attributes["heliotwin_roof_irradiation_kwh"] == pytest.approx(
        job.buildings["roof_irradiation_kwh"][0], abs=5e-5
    )


def test_nothing_of_a_suppressed_building(export: Export, gml: Gml) -> None:
    """Nor a word or a number of the objection: what is without results is not counted."""
    two = gml.building(gml.surface("RoofSurface", "TWO", gml.triangle(60), gml.triangle(80)), gml_id="C")
    path = gml.write(gml.house("A"), gml.house("B", 30.0), two)
    job, folder, _ = export(write_citygml, path, hidden=["A", "TWO#2"])
    data = (folder / path.name).read_bytes()
    found = in_file(data)
    assert not any(key.startswith("A") or key in ("C", "TWO") for key in found) and {"B", "B_1"} <= set(found)
    assert strip_results(data) == path.read_bytes() and check_values(job, data) == 5
    report = report_of(folder)
    assert report["surfaces"] == report["surfaces_attached"] == 5
    assert report["buildings"] == report["buildings_attached"] == 1
    assert report["surfaces_not_attached"] == [] and "suppressed" not in (folder / REPORT).read_text(encoding="utf-8")
    for writer in (write_citygml, write_cityjson):
        _, folder, files = export(writer, path, hidden=["A"])
        text = (folder / files[0]).read_text(encoding="utf-8")
        start = text.index('"A"')
        end = text.index('"B"')
        assert "heliotwin" not in text[start:end] and "heliotwin" in text[end:]


def test_polygons_of_one_boundary_surface_add_up(export: Export, gml: Gml) -> None:
    faces = [gml.triangle(x, 9.0 + x / 4) for x in (0.0, 20.0, 40.0)]
    path = gml.write(gml.building(gml.surface("RoofSurface", "R", *faces)))
    job, folder, _ = export(write_citygml, path)
    data = (folder / path.name).read_bytes()
    got, rows = in_file(data)["R"], job.surfaces
    area = rows["exposed_area_m2"]
    assert len(rows) == 3 and got["polygons"] == 3 and got["solarArea"] == pytest.approx(area.sum(), abs=5e-5)
    for name in ("irradiation_kwh_m2", "diffuse_kwh_m2", "irradiation_kwh_m2_06", "sky_view"):
        assert got[name] == pytest.approx((rows[name] * area).sum() / area.sum(), abs=5e-5)
    planted = rows[rows["value_phys"].notna()]
    assert got["pv_modules"] == 7 * len(planted) and got["value_ml"] == pytest.approx(
        planted["value_ml"].sum(), abs=1e-4
    )
    assert got["p90"] == pytest.approx(planted["p90"].sum(), abs=1e-4) and got["pv_shade_pct"] == pytest.approx(10.0)
    assert got["delta_pct"] == pytest.approx(
        100 * (planted["value_ml"].sum() / planted["value_phys"].sum() - 1), abs=5e-5
    )
    assert "azimuth_deg" not in got and got["pv_class"] == "geeignet"


def test_nulls_of_one_polygon_do_not_weigh() -> None:
    names = ("exposed_area_m2", "irradiation_kwh_m2", "tilt_deg", "azimuth_deg", "confidence")
    rows = [
        dict(zip(names, values, strict=True))
        for values in ((2.0, 900.0, 30.0, 359.8, 1.0), (0.0, None, 30.4, 0.2, 0.5))
    ]
    assert together(rows) == dict(zip(names, (2.0, 900.0, 30.0, 359.8, 0.5), strict=True))


def test_what_has_no_boundary_surface_is_counted(export: Export, gml: Gml) -> None:
    """A LoD1 block: its building gets the sums, its walls have no place."""
    faces = [documents.polygon(points) for points in documents.box(0.0, 0.0, 0.0, (9.0, 9.0, 9.0))]
    path = gml.write(gml.building(f"<bldg:lod1Solid>{documents.solid(*faces)}</bldg:lod1Solid>"))
    _, folder, _ = export(write_citygml, path)
    report = report_of(folder)
    assert report["surfaces"] == 5 and report["surfaces_attached"] == 0 and report["buildings_attached"] == 1
    assert {entry["reason"] for entry in report["surfaces_not_attached"]} == {NO_ID}
    assert set(in_file((folder / path.name).read_bytes())) == {"B"}


def test_the_same_house_on_both_sides_of_a_tile_border(export: Export, gml: Gml) -> None:
    one, two = (
        gml.write(gml.house("A"), gml.house("B", 30.0), name="1.gml"),
        gml.write(gml.house("B", 30.0), name="2.gml"),
    )
    job, folder, files = export(write_citygml, one, two)
    assert files == ["1.gml", "2.gml", REPORT] and len(job.surfaces) == 10
    left, right = (in_file((folder / name).read_bytes()) for name in files[:2])
    assert set(right) == {key for key in left if key.startswith("B")} and all(left[key] == right[key] for key in right)


def test_two_houses_of_one_name(export: Export, gml: Gml) -> None:
    """The reader calls the second B~2; each keeps its own values."""
    path = gml.write(gml.house("B"), gml.house("B", 30.0))
    job, folder, _ = export(write_citygml, path)
    assert set(job.buildings["building_id"]) == {"B", "B~2"}
    data = (folder / path.name).read_bytes()
    values = re.findall(rb'"heliotwin_roof_irradiation_kwh"><gen:value uom="kWh/a">([\d.]+)<', data)
    assert [float(v) for v in values] == pytest.approx(list(job.buildings["roof_irradiation_kwh"]), abs=5e-5)
    roofs = job.surfaces[job.surfaces["kind"] == "RoofSurface"]["irradiation_kwh_m2"]
    found = re.findall(rb'gml:id="B_1">.*?"heliotwin_irradiation_kwh_m2"><gen:value uom="kWh/m2">([\d.]+)<', data)
    assert [float(v) for v in found] == pytest.approx(list(roofs), abs=5e-5)


def test_one_id_twice_in_a_house_is_not_guessed(export: Export, gml: Gml) -> None:
    roofs = [gml.surface("RoofSurface", "R", gml.triangle(x)) for x in (0.0, 20.0)]
    path = gml.write(gml.building(*roofs))
    _, folder, _ = export(write_citygml, path)
    report = report_of(folder)
    assert [entry["reason"] for entry in report["surfaces_not_attached"]] == [TWICE, TWICE]
    assert set(in_file((folder / path.name).read_bytes())) == {"B"}


def test_names_of_objects() -> None:
    assert object_names([["A", "", "A"], ["A"]], {"A"}) == [["A", None, "A"], ["A"]]
    assert object_names([["A", "A"], ["A"]], {"A", "A~2", "A~3"}) == [["A", "A~2"], ["A~3"]]
    assert object_names([["A", "A", "A"]], {"A", "A~2"}) == [["A", None, None]]
    assert object_names([["A", "A", "A~2"]], {"A", "A~2", "A~2~2"}) == [["A", None, None]]


def test_inputs_are_found_by_their_content(tmp_path: Path, gml: Gml) -> None:
    one, two = gml.write(gml.house("A"), name="1.gml"), gml.write(gml.house("B", 30.0), name="2.gml")
    job = job_of(tmp_path / "job", [two, one])
    moved = tmp_path / "elsewhere" / "deeper"
    moved.mkdir(parents=True)
    for path in (one, two):
        shutil.copy(path, moved / f"renamed {path.name}")
    (moved / "other.gml").write_text("<a/>", encoding="utf-8")
    found = find_inputs(job.store, [tmp_path / "elsewhere"])
    assert [p.name for p in found] == ["renamed 2.gml", "renamed 1.gml"]
    with pytest.raises(TwinError, match=r"not found.*--city"):
        find_inputs(job.store)
    with pytest.raises(TwinError, match=r"1 of 2 .*1\.gml.*--city"):
        find_inputs(job.store, [two])
    with pytest.raises(TwinError, match="not read by the job"):
        find_inputs(job.store, [one, two, moved / "other.gml"])
    with pytest.raises(TwinError, match="no such file"):
        find_inputs(job.store, [tmp_path / "nothing.gml"])
    for entry, path in zip(job.store.manifest["inputs"], (two, one), strict=True):
        entry["path"] = str(path)
    assert find_inputs(job.store) == [two, one]
    two.write_bytes(two.read_bytes().replace(b"9", b"8", 1))
    with pytest.raises(TwinError, match=r"2\.gml has changed since"):
        find_inputs(job.store)


def test_archives_become_files(export: Export, tmp_path: Path, gml: Gml) -> None:
    path = tmp_path / "city.zip"
    texts = {
        "a/t.gml": documents.document("2.0", gml.house("A")),
        "b/t.gml": documents.document("2.0", gml.house("B", 30.0)),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
        archive.writestr("../../evil.gml", documents.document("2.0", gml.house("C", 60.0)))
        archive.writestr("broken.gml", documents.document("2.0", gml.house("D", 90.0))[:-30])
        archive.writestr("read.me", "x")
    _, folder, files = export(write_citygml, path)
    assert files == ["t.gml", "t~2.gml", "evil.gml", REPORT]
    assert [strip_results((folder / name).read_bytes()) for name in files[:2]] == [t.encode() for t in texts.values()]
    report = report_of(folder)
    assert len(report["left_out"]) == 1 and "broken.gml" in report["left_out"][0] and report["surfaces_attached"] == 15


def test_packed_files_stay_packed_and_equal(export: Export, tmp_path: Path, gml: Gml) -> None:
    path = tmp_path / "t.gml.gz"
    path.write_bytes(gzip.compress(documents.document("2.0", gml.house("A")).encode()))
    _, folder, _ = export(write_citygml, path)
    first = (folder / path.name).read_bytes()
    assert strip_results(gzip.decompress(first)) == gzip.decompress(path.read_bytes())
    _, folder, _ = export(write_citygml, path)
    assert (folder / path.name).read_bytes() == first


def test_damaged_and_foreign_inputs(tmp_path: Path, gml: Gml) -> None:
    path = gml.write(gml.house("A"))
    job = job_of(tmp_path / "job", [path])
    out = tmp_path / "out"
    out.mkdir()
    text = documents.document("2.0", gml.house("A"))
    for content in (text.replace("?>", "?><!DOCTYPE a>", 1), text[:-20], "", "<a/>"):
        path.write_text(content, encoding="utf-8")
        for writer in (write_citygml, write_cityjson):
            with pytest.raises(TwinError):
                writer(job, [path], out)
    other = tmp_path / "t.city.json"
    head = {"type": "CityJSON", "version": "2.0", "CityObjects": {}, "vertices": []}
    other.write_text(json.dumps(head), encoding="utf-8")
    with pytest.raises(TwinError, match=r"none of the job's city files is CityGML.*cityjson"):
        write_citygml(job, [other], out)
    with pytest.raises(TwinError, match="do not read as they did"):
        write_cityjson(job, [gml.write(gml.house("B"))], out)
    assert not list(out.iterdir())


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "nw/LoD2_32_327_5727_1_NW.gml.gz",
        "by_munich/DEBY_LOD2_4959457.gml",
        "lod3_ingolstadt/4018260.xml.gz",
        "v3/BuildingUnits_Storeys_xlink.gml",
        "v3/Building_LOD3-EPSG25832.gml.gz",
        "plateau_tokyo/53394517_bldg_6697_2_op_CityGML3.gml.gz",
    ],
)
def test_real_citygml(export: Export, shared_data: Path, name: str) -> None:
    path = shared_data / "citygml" / name
    job, folder, files = export(write_citygml, path)
    data = unpacked(folder / files[0])
    assert strip_results(data) == unpacked(path)
    assert check_values(job, data)
    report = report_of(folder)
    assert report["buildings_attached"] == report["buildings"] == len(job.buildings)
    assert {entry["reason"] for entry in report["surfaces_not_attached"]} <= {NO_ID}
    assert report["surfaces_attached"] >= 0.6 * len(job.surfaces)
    _, folder, files = export(write_cityjson, path)
    document = json.loads((folder / files[0]).read_text(encoding="utf-8"))
    assert faults(document) == []
