"""CityJSONSeq: a header line and one feature a line, each over its own vertices, errors with their line."""

from __future__ import annotations

import copy
import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from io_citygml.buffers import SurfaceBuffer
from io_citygml.cityjson import read_cityjson
from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.read import read_city

Read = Callable[..., CityModel]


@pytest.fixture
def lines(json_document: dict[str, Any]) -> list[dict[str, Any]]:
    """The house and yard as a header and two features."""
    objects, vertices = json_document["CityObjects"], json_document["vertices"]
    yard = copy.deepcopy(objects.pop("yard"))
    yard["geometry"][0]["boundaries"] = [[[0, 1, 2, 3], [4, 5, 6, 7]]]
    return [
        json_document | {"CityObjects": {}, "vertices": []},
        {"type": "CityJSONFeature", "id": "house", "CityObjects": objects, "vertices": vertices[:8]},
        {"type": "CityJSONFeature", "id": "yard", "CityObjects": {"yard": yard}, "vertices": vertices[8:]},
    ]


def test_sequence_equals_the_document(lines: list[dict[str, Any]], read_json: Read, city_data: Path) -> None:
    whole, model = read_city([city_data / "house_and_yard.city.json"]), read_json(*lines)
    assert model.report.files[0].format == "CityJSONSeq 2.0" and model.report.defects == []
    assert {item.id: item.line for item in model.objects} == {"house": 2, "part": 2, "yard": 3}
    assert sorted(model.coords.tolist()) == sorted(whole.coords.tolist())
    assert model.report.area_m2 == pytest.approx(whole.report.area_m2) and model.crs == whole.crs
    assert set(model.surface_id) == set(whole.surface_id)


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text.replace("\n", "\n\n").encode(),
        lambda text: text.replace("\n", "\r\n").encode() + b"\r\n",
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: ("\x1e" + text.replace("\n", "\n\x1e") + "\n\x1e").encode(),
    ],
    ids=["blank lines", "Windows", "byte order mark", "gzip", "RFC 8142"],
)
def test_written_otherwise(lines: list[dict[str, Any]], tmp_path: Path, write: Callable[[str], bytes]) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(write("\n".join(map(json.dumps, lines))))
    report = read_city([path]).report
    assert report.files[0].format == "CityJSONSeq 2.0" and report.area_read_m2 == pytest.approx(831.0)


def test_header_alone_and_header_with_objects(lines: list[dict[str, Any]], json_document: dict[str, Any],
                                              read_json: Read, city_data: Path) -> None:  # fmt: skip
    assert read_json(lines[0]).n_surfaces == 0
    whole = json.loads((city_data / "house_and_yard.city.json").read_text(encoding="utf-8"))
    lines[2]["CityObjects"]["yard 2"] = lines[2]["CityObjects"].pop("yard")
    lines[2]["id"] = "yard 2"
    assert read_json(whole, lines[2]).report.area_m2["OTHER"] == pytest.approx(750.0)


def test_templates_of_the_header(lines: list[dict[str, Any]], read_json: Read) -> None:
    template = {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]]]}
    corners = [[0, 0, 0], [2, 0, 0], [0, 2, 0]]
    lines[0]["geometry-templates"] = {"templates": [template], "vertices-templates": corners}
    matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [1], "transformationMatrix": matrix}
    lines[2]["CityObjects"]["yard"]["geometry"] = [instance]
    model = read_json(*lines)
    assert model.report.area_m2["OTHER"] == pytest.approx(2.0) and model.coords[-3].tolist() == [445640, 5547800, 100]
    assert model.report.defect_counts() == {"unused vertices": 1}


def test_the_same_feature_twice_counts_once(lines: list[dict[str, Any]], read_json: Read) -> None:
    report = read_json(*lines, lines[2]).report
    assert report.defect_counts() == {"duplicate id": 1} and report.area_m2["OTHER"] == pytest.approx(375.0)
    assert report.defects[0].line == 4


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda ls: ls.pop(0), "a CityJSONFeature without a header"),
        (lambda ls: ls[0].pop("transform"), "line 1: the transform is missing"),
        (lambda ls: ls.append(ls[0]), "line 4: a second header"),
        (lambda ls: ls[2].update(type="Feature"), "line 3: the line has the type 'Feature'"),
        (lambda ls: ls[2].update(id="gone"), "line 3, gml:id gone: the feature's id is not one of its CityObjects"),
        (lambda ls: ls[2].update(id=["yard"]), "line 3.*is not one of its CityObjects"),
        (lambda ls: ls[2].pop("vertices"), "line 3: vertices is not a list"),
        (lambda ls: ls[2]["vertices"].pop(), "line 3, gml:id yard: vertex 7 does not exist"),
        (lambda ls: ls[2].pop("CityObjects"), "line 3.*is not one of its CityObjects"),
    ],
)
def test_refusals(lines: list[dict[str, Any]], read_json: Read, change: Callable[[Any], object], pattern: str) -> None:
    change(lines)
    with pytest.raises(CityModelError, match=pattern) as caught:
        read_json(*lines)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("bad", "pattern"),
    [
        (b"{", "line 3: the JSON is not well-formed"),
        (b"[]", "line 3: the JSON is not an object"),
        (b'{"a": 1} {"b": 2}', "line 3: another JSON value follows"),
        (b'{"\xff": 1}', "line 3: byte 3 is not UTF-8"),
        (50_000 * b"[", "line 3: the JSON is nested too deeply"),
    ],
)
def test_broken_line(lines: list[dict[str, Any]], tmp_path: Path, bad: bytes, pattern: str) -> None:
    path = tmp_path / "t.city.jsonl"
    text = [json.dumps(line).encode() for line in lines]
    path.write_bytes(b"\n".join([*text[:2], bad, text[2]]))
    with pytest.raises(CityModelError, match=pattern):
        read_city([path])


def test_feature_without_id_is_counted(lines: list[dict[str, Any]], read_json: Read) -> None:
    del lines[2]["id"]
    report = read_json(*lines).report
    assert [(defect.kind, defect.line) for defect in report.defects] == [("feature without id", 3)]
    assert report.area_read_m2 == pytest.approx(831.0)


def test_one_feature_in_memory_at_a_time(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    """Ten times the lines, each with a long text that the model does not keep: the peak does not follow."""
    peaks = []
    for count in (10, 60):
        path = tmp_path / f"{count}.city.jsonl"
        feature = json.dumps(lines[2] | {"+ballast": list(range(5000))})
        path.write_text("\n".join([json.dumps(lines[0])] + [feature] * count), encoding="utf-8")
        buffer = SurfaceBuffer()
        buffer.files.append(path.name)
        with path.open("rb") as stream:
            tracemalloc.start()
            read_cityjson(stream, path.name, buffer)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert len(buffer.objects) == count
    assert peaks[1] < 1.5 * peaks[0]
