"""Attributes inserted into CityGML: in the right place, in every encoding, and away again to the last byte."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from oracles.citygml_schemas import schema_of
from oracles.gml_documents import namespaces

from io_citygml import citygml_write, citygml_write_scan
from io_citygml.citygml_write import Attributes, Measure, strip_results, write_attributes, write_marked
from io_citygml.citygml_write_scan import Spots, scan
from io_citygml.errors import CityModelError
from io_citygml.read import read_city

GIVEN: Attributes = {
    "number": 12.5,
    "count": 3,
    "text": 'Straße <1> & "2" §',
    "tiny": 1e-07,
    "energy": Measure(812.25, "kWh/m2"),
}
GEN = "http://www.opengis.net/citygml/generics/"
FILES = "citygml/*/*"


def written(data: bytes, attributes: Callable[[int], Attributes | None] | None = None) -> bytes:
    spots = scan(io.BytesIO(data), "t.gml")
    out = io.BytesIO()
    write_attributes(io.BytesIO(data), spots, attributes or (lambda spot: GIVEN), out)
    return out.getvalue()


def by_id(spots: Spots, wanted: str) -> Callable[[int], Attributes | None]:
    return lambda spot: GIVEN if spots.ids[spot] == wanted else None


def children(data: bytes, gml_id: str) -> list[str]:
    """Local names of the children of an element, of an attribute of ours "+"."""
    for element in etree.fromstring(data).iter(etree.Element):
        if any(key.endswith("}id") and value == gml_id for key, value in element.items()):
            return [_shown(child) for child in element.iterchildren(etree.Element)]
    raise AssertionError(gml_id)


def _shown(child: etree._Element) -> str:
    name = child.get("name") or "".join(child.xpath("./*/*[local-name()='name']/text()"))
    return "+" if name.startswith("heliotwin_") else etree.QName(child).localname


@pytest.fixture
def text(gml: Any) -> str:
    """A house whose roof has attributes of its own."""
    roof = gml.surface("RoofSurface", "R", gml.polygon([(0, 0, 9), (9, 0, 9), (9, 9, 9)]))
    own = '<gen:stringAttribute name="own"><gen:value>ß</gen:value></gen:stringAttribute>'
    lines = ("<gml:name>Süd</gml:name>", "<core:creationDate>2020-01-01</core:creationDate>", own, "")
    roof = roof.replace('gml:id="R">', 'gml:id="R">\n  ' + "\n  ".join(lines))
    wall = gml.surface("WallSurface", "W", gml.polygon([(0, 0, 0), (9, 0, 0), (9, 0, 9)]))
    head = "\n <gml:description>Haus</gml:description><bldg:function>31001_1000</bldg:function>"
    return str(gml.document(gml.building(head, wall, roof, gml_id="B")))


def encoded(text: str) -> dict[str, bytes]:
    """The document as it may lie on a disk."""
    own = text.replace("?>\n<core:CityModel", "?>\n<!-- Größe > 1 -->\n<?a pi?>\n<core:CityModel")

    def as_(name: str) -> str:
        return own.replace('encoding="UTF-8"', f'encoding="{name}"')

    return {
        "utf-8": text.encode(),
        "one line": text.replace("\n", "").encode(),
        "bom": b"\xef\xbb\xbf" + own.encode(),
        "crlf": own.replace("\n", "\r\n").encode(),
        "cr": own.replace("\n", "\r").encode(),
        "tabs": own.replace("\n ", "\n\t\t").encode(),
        "latin-1": as_("ISO-8859-1").encode("latin-1"),
        "latin-9": as_("ISO-8859-15").encode("iso-8859-15"),
        "windows-1252": as_("windows-1252").encode("cp1252"),
        "utf-16 le": b"\xff\xfe" + as_("UTF-16").encode("utf-16-le"),
        "utf-16 be": b"\xfe\xff" + as_("UTF-16").encode("utf-16-be"),
        "no declaration": own.partition("?>\n")[2].encode(),
        "other prefixes": re.sub(r"\bgen:|xmlns:gen=", lambda m: m[0].replace("gen", "g.e-n"), own).encode(),
        "generics by default": re.sub(r"(</?)gen:", r"\1", own.replace("xmlns:gen", "xmlns")).encode(),
        "building by default": re.sub(r"(</?)bldg:", r"\1", own.replace("xmlns:bldg", "xmlns")).encode(),
        "prefix of something else": own.replace("xmlns:gen=", "xmlns:q=").replace("gen:", "q:")
        .replace("<core:CityModel ", '<core:CityModel xmlns:gen="urn:x" ').encode(),
        "a comment in the middle": own.replace("<bldg:lod2", "<!-- x --><bldg:lod2").encode(),
        "single quotes": own.replace('"', "'").encode(),
    }  # fmt: skip


CASES = (
    *("utf-8", "one line", "bom", "crlf", "cr", "tabs", "latin-1", "latin-9", "windows-1252", "utf-16 le", "utf-16 be"),
    *("no declaration", "other prefixes", "generics by default", "building by default", "prefix of something else"),
    *("a comment in the middle", "single quotes"),
)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("chunk", [1 << 18, 64])
def test_insertion_and_back(text: str, case: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(text)[case]
    monkeypatch.setattr(citygml_write, "_CHUNK", chunk)
    monkeypatch.setattr(citygml_write_scan, "_CHUNK", chunk)
    out = written(data)
    assert strip_results(data) == data and strip_results(out) == data
    assert written(out) == out, "a second export replaces the first"
    assert children(out, "R") == ["name", "creationDate", "stringAttribute", *"+++++", "lod2MultiSurface"]
    assert children(out, "B") == ["description", *"+++++", "function", "boundedBy", "boundedBy"]
    assert children(out, "W") == [*"+++++", "lod2MultiSurface"]
    root = etree.fromstring(out)
    values = {
        e.get("name"): (etree.QName(e).namespace, etree.QName(e).localname, e[0].text, etree.QName(e[0]).namespace)
        for e in root.iter(etree.Element)
        if (e.get("name") or "").startswith("heliotwin_")
    }
    space = f"{GEN}2.0"
    assert values == {
        "heliotwin_number": (space, "doubleAttribute", "12.5", space),
        "heliotwin_count": (space, "intAttribute", "3", space),
        "heliotwin_text": (space, "stringAttribute", GIVEN["text"], space),
        "heliotwin_tiny": (space, "doubleAttribute", "1e-07", space),
        "heliotwin_energy": (space, "measureAttribute", "812.25", space),
    }
    assert {e.get("uom") for e in root.iter(f"{{{space}}}value")} == {None, "kWh/m2"}


def test_only_ours_goes(text: str) -> None:
    """What another program wrote stays, whatever it is called; ours goes wherever it has been moved."""
    others = '<gen:stringAttribute name="heliotwin"><gen:value>x</gen:value></gen:stringAttribute>'
    data = text.replace("<bldg:function>", f"{others}<bldg:function>").encode()
    assert strip_results(written(data)) == data
    ours = '<gen:intAttribute name="heliotwin_a"><gen:value>1</gen:value></gen:intAttribute>'
    for after in (" \n", "<!-- c -->", "<?p?>", "text", " "):
        moved = data.replace(b"<bldg:function>", f"{ours}{after}<bldg:function>".encode())
        kept = after.strip()
        assert strip_results(moved) == data.replace(b"<bldg:function>", f"{kept}<bldg:function>".encode())


def test_indentation_is_repeated(text: str) -> None:
    data = text.replace("<bldg:function>", "\n   <bldg:function>").encode()
    line = b'\n   <gen:intAttribute name="heliotwin_count"><gen:value>3</gen:value></gen:intAttribute>\n   <'
    assert line in written(data)


def test_nothing_is_written_where_nothing_is_given(text: str) -> None:
    data = text.encode()
    spots = scan(io.BytesIO(data), "t.gml")
    assert written(data, lambda spot: None) == data == written(data, lambda spot: {})
    roof = written(data, by_id(spots, "R"))
    assert children(roof, "W") == ["lod2MultiSurface"] and "+" in children(roof, "R")


def test_spots_know_whose_they_are(gml: Any, house: Callable[..., str]) -> None:
    part = gml.part(gml.surface("RoofSurface", "PR", gml.polygon([(0, 0, 9), (9, 0, 9), (9, 9, 9)])), gml_id="P")
    data = gml.document(house("A"), gml.building(part, gml_id="B"), "<bldg:Building/>").encode()
    spots = scan(io.BytesIO(data), "t.gml")
    objects = [gml_id for gml_id, is_object in zip(spots.ids, spots.is_object, strict=True) if is_object]
    assert objects == ["A", "B", "P", ""]
    owner = {gml_id: objects[o] for gml_id, o in zip(spots.ids, spots.owner, strict=True)}
    assert owner["PR"] == "P" and owner["A_roof"] == "A" and len(spots.ids) == 4 + 6 + 1
    assert all(data[o : o + 1] == b"<" for o in spots.offset if o >= 0) and spots.offset[-1] < 0


def test_openings_and_inner_objects(gml: Any) -> None:
    """Attributes of a wall do not stand in its window, nor those of a house in what it is generalized to."""
    square = gml.multi_surface(gml.polygon([(0, 0, 0), (9, 0, 0), (9, 0, 9)]), lod=3)
    window = f'<bldg:opening><bldg:Window gml:id="WIN">{square}</bldg:Window></bldg:opening>'
    wall = gml.surface("WallSurface", "W", gml.polygon([(0, 0, 0), (9, 0, 0), (9, 0, 9)]), lod=3, inside=window)
    inner = gml.building("<bldg:function>1</bldg:function>", gml_id="I")
    data = gml.document(gml.building(f"<core:generalizesTo>{inner}</core:generalizesTo>", wall)).encode()
    out = written(data)
    assert children(out, "W") == [*"+++++", "lod3MultiSurface", "opening"] and strip_results(out) == data
    assert children(out, "WIN") == [*"+++++", "lod3MultiSurface"]
    assert children(out, "I") == [*"+++++", "function"]
    assert children(out, "B") == ["generalizesTo", *"+++++", "boundedBy"]


@pytest.mark.parametrize("declared", [True, False])
def test_version_3_holds_attributes_in_a_property(declared: bool) -> None:
    names = namespaces("3.0")
    core = "core:" if declared else ""
    spaces = " ".join(f'xmlns:{p}="{n}"' for p, n in names.items() if declared or p not in ("gen", "core"))
    spaces += "" if declared else f' xmlns="{names["core"]}"'
    gen = "" if declared else f' xmlns:gen="{names["gen"]}"'
    own = f"<gen:IntAttribute{gen}><gen:name>own</gen:name><gen:value>1</gen:value></gen:IntAttribute>"
    body = f"<gml:name>x</gml:name><{core}genericAttribute>{own}</{core}genericAttribute><{core}dynamizer/>"
    house = f'<bldg:Building gml:id="B">{body}</bldg:Building>'
    data = f"<{core}CityModel {spaces}>{house}</{core}CityModel>".encode()
    out = written(data)
    assert children(out, "B") == ["name", "genericAttribute", *"+++++", "dynamizer"]
    assert strip_results(out) == data and written(out) == out
    found = etree.fromstring(out).findall(f".//{{{names['core']}}}genericAttribute/{{{names['gen']}}}DoubleAttribute")
    assert [e[0].text for e in found] == ["heliotwin_number", "heliotwin_tiny"]
    (measure,) = etree.fromstring(out).iter(f"{{{names['gen']}}}MeasureAttribute")
    assert (measure[0].text, measure[1].text, measure[1].get("uom")) == ("heliotwin_energy", "812.25", "kWh/m2")


def test_version_1_has_no_units() -> None:
    names = namespaces("1.0")
    spaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in names.items())
    house = '<bldg:Building gml:id="B"><bldg:function>1</bldg:function></bldg:Building>'
    data = f"<core:CityModel {spaces}>{house}</core:CityModel>".encode()
    out = written(data)
    assert b'<gen:doubleAttribute name="heliotwin_energy"><gen:value>812.25</gen:value>' in out
    assert b"uom" not in out and b"measure" not in out and strip_results(out) == data


def test_marks_tell_nameless_surfaces_apart(gml: Any, tmp_path: Path) -> None:
    faces = gml.box(0.0, 0.0, 50.0, (10.0, 8.0, 6.0))
    body = gml.boundaries(faces).replace(' gml:id="east"', "").replace(' gml:id="roof"', ' gml:id=""')
    text = gml.document(gml.building(body))
    for name, data in {
        "8": text.encode(),
        "16": b"\xff\xfe" + text.replace("UTF-8", "UTF-16").encode("utf-16-le"),
    }.items():
        spots, out = scan(io.BytesIO(data), "t.gml"), io.BytesIO()
        write_marked(io.BytesIO(data), spots, lambda spot: f"mark-{spot}", out)
        (tmp_path / f"{name}.gml").write_bytes(out.getvalue())
        model = read_city(tmp_path / f"{name}.gml")
        nameless = [spot for spot, gml_id in enumerate(spots.ids) if not gml_id]
        assert sorted(set(model.boundary_id) - set(spots.ids)) == sorted(f"mark-{spot}" for spot in nameless)
        assert len(nameless) == 2 and set(model.boundary_id) >= {"ground", "west", "south", "north"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0"/>', "DOCTYPE"),
        ('<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0"><core:cityObjectMember>', "well-formed"),
        ("<a/>", "CityModel"),
        ('<core:CityModel xmlns:core="http://www.opengis.net/citygml/0.4"/>', "CityModel"),
        ("", "well-formed"),
        ('<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0"><bldg:Building/></core:CityModel>', "prefix"),
    ],
)
def test_refused(data: str, problem: str) -> None:
    with pytest.raises(CityModelError, match=problem) as caught:
        scan(io.BytesIO(data.encode()), "t.gml")
    assert caught.value.file == "t.gml"
    with pytest.raises(CityModelError):
        strip_results(data.encode())


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["nw", "by_munich", "sn_dresden", "lod3_c4j", "lod3_ingolstadt", "ogc_v2", "v3",
                                    "plateau_tokyo"])  # fmt: skip
def test_real_files_stay_valid_and_come_back(shared_data: Path, folder: str) -> None:
    """By the schemas of OGC: a valid file stays valid, an invalid one has no error more; then every byte is back."""

    files = sorted(p for p in (shared_data / "citygml" / folder).iterdir() if ".gml" in p.name or ".xml" in p.name)
    assert files
    for path in files[:2] if folder == "nw" else files:
        data = unpacked(path)
        out = written(data)
        assert len(out) > len(data) and strip_results(out) == data, path.name
        version = scan(io.BytesIO(data), path.name).styles[0].version
        schema = schema_of(shared_data / "schemas" / "citygml", version)
        before, after = (schema.validate(etree.fromstring(d)) or len(schema.error_log) for d in (data, out))
        assert before == after, f"{path.name}: {schema.error_log.last_error}"
        assert before is True or folder in ("lod3_ingolstadt", "plateau_tokyo"), path.name
