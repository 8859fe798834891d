"""CityJSON that is refused: one clear error with the object's id and a remedy, for each way to be wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.read import read_city

Read = Callable[..., CityModel]


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda d: d.update(version="0.9"), "CityJSON 0.9 is not read"),
        (lambda d: d.update(version="2.1"), "CityJSON 2.1 is not read"),
        (lambda d: d.update(version="1.05"), "CityJSON 1.05 is not read"),
        (lambda d: d.pop("metadata"), "does not say its coordinate system"),
        (lambda d: d.pop("transform"), "transform is missing, which CityJSON 2.0 must have"),
        (lambda d: d.update(transform=[1]), "transform is not an object"),
        (lambda d: d["transform"].update(scale=[1, 1]), "scale is not three finite numbers"),
        (lambda d: d["transform"].update(scale=[1, 1, True]), "scale is not three finite numbers"),
        (lambda d: d["transform"].update(translate=[0, 0, 10**400]), "translate is not three finite numbers"),
        (lambda d: d["transform"].update(translate=[0, 0, float("nan")]), "translate is not three finite numbers"),
        (lambda d: d.pop("vertices"), "vertices is not a list"),
        (lambda d: d["vertices"].append([1, 2]), "vertex 16 of vertices is not three numbers"),
        (lambda d: d["vertices"].append("abc"), "vertex 16 of vertices is not three numbers"),
        (lambda d: d["vertices"].append([1, 2, "3"]), "vertex 16 of vertices is not three numbers"),
        (lambda d: d["vertices"].append([1, 2, True]), "vertex 16 of vertices is not three numbers"),
        (lambda d: d["vertices"].append([1, 2, None]), "vertex 16 of vertices is not three numbers"),
        (lambda d: d["vertices"].append([1, 2, 2**64]), "vertex 16 of vertices holds a number beyond 64 bits"),
        (lambda d: d["vertices"].append([1, 2, -(10**400)]), "vertices holds a number beyond 64 bits"),
        (lambda d: d["vertices"].__delitem__(slice(12, None)), "vertex 15 does not exist"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[[0, 1, 2]]), "nested wrongly"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[[[0, 1, 2.5]]]), "not an integer"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[[[0, 1, -1]]]), "vertex -1"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[[[0, 1, True]]]), "not an integer"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[["012"]]), "a ring is not a list"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[[]]), "surface without rings"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries={"0": 1}), "dict in place of a list"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].pop("boundaries"), "missing or nested wrongly"),
        (lambda d: d["CityObjects"]["part"]["geometry"][0].update(boundaries=[[[0, 1, 2]]]), "nested wrongly"),
        (lambda d: d["CityObjects"]["part"]["geometry"][0]["semantics"].update(surfaces=[{}]), "has no type"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[[[0, 1, [2]]]]), "not an integer"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[[[[0, 1, 2]]]]), "not an integer"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(boundaries=[[[0, 1, 10**30]]]), "beyond all bounds"),
        (lambda d: d["CityObjects"]["yard"]["geometry"][0].update(semantics=[0]), "semantics is not an object"),
        (lambda d: d["CityObjects"]["yard"].update(geometry=5), "geometry is not a list of objects"),
        (lambda d: d["CityObjects"]["yard"].update(geometry=[5]), "geometry is not a list of objects"),
        (lambda d: d["CityObjects"]["yard"].update(children=[["part"]]), "children is not a list of ids"),
        (lambda d: d["CityObjects"]["yard"].update(parents=5), "parents is not a list of ids"),
        (lambda d: d.update(CityObjects=[]), "CityObjects"),
        (lambda d: d.update(type="CityJSONFeature"), "without a header"),
    ],
)
def test_refusals(
    json_document: dict[str, Any], read_json: Read, change: Callable[[Any], object], pattern: str
) -> None:
    change(json_document)
    with pytest.raises(CityModelError, match=pattern):
        read_json(json_document)


def test_an_error_names_file_object_and_remedy(json_document: dict[str, Any], read_json: Read, tmp_path: Path) -> None:
    json_document["CityObjects"]["yard"]["geometry"][0]["boundaries"][0][0][2] = 99
    with pytest.raises(CityModelError) as caught:
        read_json(json_document)
    assert caught.value.file == str(tmp_path / "t.city.json") and caught.value.gml_id == "yard" and caught.value.remedy


def test_an_error_is_one_line(json_document: dict[str, Any], read_json: Read) -> None:
    """Whatever the id of the object is, and not a long one."""
    json_document["CityObjects"]["yard\n\x1b[31m" + 500 * "x"] = {"type": "Road", "geometry": 5}
    with pytest.raises(CityModelError) as caught:
        read_json(json_document)
    assert str(caught.value).isprintable() and len(caught.value.gml_id) == 200


HEAD = b'{"type": "CityJSON", "version": "2.0", "transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]}, '


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (HEAD + b'"vertices": [], "CityObjects": {}', "not well-formed"),
        (HEAD + b'"vertices": [],\n"CityObjects": {},}', "line 2: the JSON is not well-formed"),
        (HEAD + b'"vertices": ' + 100_000 * b"[" + b'], "CityObjects": {}}', "nested too deeply"),
        (HEAD + b'"vertices": [], "x": ' + 20_000 * b'{"a":' + b"1" + 20_000 * b"}" + b"}", "nested too deeply"),
        (HEAD + b'"vertices": [[1, 2, ' + 5000 * b"9" + b']], "CityObjects": {}}', "number that is too long"),
        (HEAD + b'"vertices": [],\n"CityObjects": {"\xff": {}}}', "line 2: byte 132 is not UTF-8"),
        (HEAD + b'"vertices": [], "CityObjects": {"\\ud800": {"type": "Road"}}}', "half of a surrogate pair"),
        (b'{\n"type": "CityJSON"}\n{"type": "CityJSONFeature"}', "line 3: another JSON value follows"),
        (b'{"type": "CityJSONExtension"}', "type 'CityJSONExtension'"),
        (b'{"version": "2.0"}', "the type None"),
    ],
)
def test_what_is_no_cityjson(tmp_path: Path, content: bytes, pattern: str) -> None:
    path = tmp_path / "t.city.json"
    path.write_bytes(content)
    with pytest.raises(CityModelError, match=pattern) as caught:
        read_city([path], crs="EPSG:25832")
    assert caught.value.remedy


def test_deep_attribute_is_read_or_refused(json_document: dict[str, Any], tmp_path: Path) -> None:
    """As deep as the parser goes, nothing but the one error comes out."""
    outcomes = set()
    for depth in (100, 500, 900, 940, 960, 980, 1000, 2000, 100_000):
        path = tmp_path / "t.city.json"
        text = (Path(__file__).parents[1] / "data" / "city" / "house_and_yard.city.json").read_text(encoding="utf-8")
        path.write_text(text.replace('"listed": true', f'"listed": {depth * "["}{depth * "]"}'), encoding="utf-8")
        try:
            read_city([path])
            outcomes.add("read")
        except CityModelError as error:
            outcomes.add("refused")
            assert "nested too deeply" in str(error)
    assert outcomes == {"read", "refused"}
