"""What may happen to a city's own files between the looks that an export takes at them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles import gml_documents as documents
from oracles.city_job import Export, Gml, in_file, job_of, report_of

from io_citygml.errors import CityModelError
from twin.errors import TwinError
from twin.export.city import marks
from twin.export.city.files import REPORT, find_inputs, write_citygml, write_cityjson

WRITERS = [write_citygml, write_cityjson]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


@pytest.fixture
def gml(tmp_path: Path) -> Gml:
    return Gml(tmp_path)


def cityjson_of(export: Export, path: Path, name: str) -> Path:
    """A CityGML document as CityJSON without results, beside it."""
    _, folder, files = export(write_cityjson, path)
    document = json.loads((folder / files[0]).read_text(encoding="utf-8"))
    made = path.with_name(name)
    made.write_text(json.dumps(document), encoding="utf-8")
    path.unlink()
    return made


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_that_changes_between_two_looks_is_not_written(
    writer: Callable[..., list[str]], tmp_path: Path, gml: Gml
) -> None:
    """Places found in one content would cut another to pieces."""
    paths = [gml.write(gml.house(name, x), name=f"{name}.gml") for name, x in (("A", 0.0), ("B", 30.0))]
    job = job_of(tmp_path / "job", paths)
    (tmp_path / "out").mkdir()

    def change(stage: str, done: int, of: int) -> None:
        if stage == "write":
            gml.write(gml.house("LONGER_NAME", 30.0), name="B.gml")

    with pytest.raises(TwinError, match=r"B\.gml: has changed while it was exported"):
        writer(job, find_inputs(job.store, paths), tmp_path / "out", change)


def test_cityjson_of_citygml_takes_no_other_document_s_name(export: Export, gml: Gml) -> None:
    own = cityjson_of(export, gml.write(gml.house("A"), name="other.gml"), "x.city.json")
    built = gml.write(gml.house("B", 30.0), name="x.gml")
    for paths in ((built, own), (own, built)):
        _, folder, files = export(write_cityjson, *paths)
        assert sorted(files) == sorted(["x.city.json", "x~2.city.json", REPORT])
        told = [set(json.loads((folder / name).read_text(encoding="utf-8"))["CityObjects"]) for name in files[:2]]
        assert sorted(map(sorted, told)) == [["A"], ["B"]]


def test_a_member_that_breaks_off_midway_is_left_out(export: Export, tmp_path: Path, gml: Gml) -> None:
    """A CityJSON text sequence whose first lines are sound: what stands in its copy is none of the job's."""
    own = cityjson_of(export, gml.write(gml.house("A"), name="a.gml"), "a.city.json")
    document = json.loads(own.read_text(encoding="utf-8"))
    head = {**document, "CityObjects": {}, "vertices": []}
    feature = {"type": "CityJSONFeature", "id": "A", "CityObjects": document["CityObjects"], "vertices": []}
    lines = [json.dumps(head), json.dumps({**feature, "vertices": document["vertices"]}), '{"type": "CityJSONFeat']
    path = tmp_path / "city.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.city.jsonl", "\n".join(lines))
        archive.writestr("b.gml", documents.document("2.0", gml.house("B", 30.0)))
    _, folder, files = export(write_cityjson, path)
    assert files == ["b.city.json", REPORT]
    (line,) = report_of(folder)["left_out"]
    assert line.startswith("city.zip/a.city.jsonl")


def test_why_files_do_not_read_as_in_the_job_is_said(tmp_path: Path, gml: Gml, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the reader's own words and the document's own name, in no folder of this machine."""
    roof = gml.surface("RoofSurface", "", gml.triangle(0.0)).replace(' gml:id=""', "")
    path = gml.write(gml.building(roof))
    job = job_of(tmp_path / "job", [path])
    given = find_inputs(job.store, [path])

    def refuse(paths: list[Path], **asked: object) -> None:
        raise CityModelError(f"no ring in {paths[0]}", file=str(paths[0]), line=7)

    monkeypatch.setattr(marks, "read_city", refuse)
    out = tmp_path / "out"
    with pytest.raises(TwinError, match=r"\(city\.gml, line 7: no ring in city\.gml\)"):
        out.mkdir()
        write_cityjson(job, given, out)
    shutil.rmtree(out)
    out.mkdir()
    write_citygml(job, given, out)
    (line,) = report_of(out)["left_out"]
    assert line.endswith("(city.gml, line 7: no ring in city.gml)") and "heliotwin-" not in line
    assert not [key for key, found in in_file((out / path.name).read_bytes()).items() if "solarArea" in found]
