"""Bad input ends in one clear CityModelError or in a counted defect, never in a traceback of something else."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.read import read_city

Write = Callable[..., Path]
Read = Callable[..., CityModel]
# Where the building stands in the documents of these tests.
FIRST_LINE = 4
RING = "<gml:exterior><gml:LinearRing><gml:posList>{}</gml:posList></gml:LinearRing></gml:exterior>"
ROOF = (
    '<bldg:boundedBy><bldg:RoofSurface gml:id="R"><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>'
    "<gml:Polygon>{}</gml:Polygon>"
    "</gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy>"
)


def roof(numbers: str) -> str:
    return ROOF.format(RING.format(numbers))


def refused(path: Path, pattern: str) -> CityModelError:
    with pytest.raises(CityModelError, match=pattern) as caught:
        read_city([path], crs="EPSG:25832")
    assert caught.value.file == str(path) and caught.value.remedy
    return caught.value


DOCTYPE = '<!DOCTYPE CityModel [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
XML = '<?xml version="1.0"?>\n<!-- > a comment <!DOCTYPE in it is fine -->\n{}<CityModel/>'


@pytest.mark.parametrize(
    "content",
    [
        XML.format(DOCTYPE).encode(),
        b"\xef\xbb\xbf" + XML.format(DOCTYPE).encode(),
        XML.format("<?pi ?>\n " + DOCTYPE).encode(),
        XML.format(DOCTYPE.lower()).encode(),
        XML.format(DOCTYPE).encode("utf-16"),
        XML.format(DOCTYPE).encode("utf-16-be"),
        XML.format("<!--" + 40_000 * " " + "-->" + DOCTYPE).encode(),
        XML.format("<!--> <CityModel> -->" + DOCTYPE).encode(),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_doctype_is_refused(tmp_path: Path, content: bytes, packed: bool) -> None:
    path = tmp_path / "evil.gml"
    path.write_bytes(gzip.compress(content) if packed else content)
    refused(path, "DOCTYPE")


def test_encoding_that_could_hide_a_doctype_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.gml"
    path.write_bytes(b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-<CityModel/>')
    refused(path, "encoding 'UTF-7'")


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML page"),
        (b"<html><head/></html>", "HTML page"),
        (b"PK\x03\x04rest", "zip archive is damaged"),
        (gzip.compress(gzip.compress(b"<CityModel/>", mtime=0), mtime=0), "gzip inside gzip"),
        (gzip.compress(b"PK\x03\x04rest", mtime=0), "zip archive inside another"),
        (b"7z\xbc\xaf\x27\x1c\x00", "7z archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x00" * 5000, "empty"),
        (b"\x7fELF\x02\x01", "neither XML nor JSON"),
        (b"a;b;c\n1;2;3\n", "neither XML nor JSON"),
        (b'<?xml version="1.0"?><!-- nothing more', "no root element"),
        (b"<feature><a/></feature>", "root element is feature"),
        (b'<CityModel xmlns="http://www.opengis.net/citygml/2.0"><a></CityModel>', "not well-formed"),
        (b'<CityModel xmlns="http://www.opengis.net/citygml/2.0"><cityObjectMember>', "not well-formed"),
        (b'{"type": "CityJSON", "version": "2.0", ', "JSON is not well-formed"),
        (b"[1, 2]", "not an object"),
        (b'{"a": 1}', "has the type None"),
    ],
)
def test_foreign_content(tmp_path: Path, content: bytes, pattern: str) -> None:
    path = tmp_path / "x.gml"
    path.write_bytes(content)
    refused(path, pattern)


def test_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "gone.gml", "no such file")


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.98])
def test_truncated_gzip(tmp_path: Path, city_data: Path, keep: float) -> None:
    packed = gzip.compress((city_data / "house_and_garage.gml").read_bytes())
    path = tmp_path / "cut.gml.gz"
    path.write_bytes(packed[: int(keep * len(packed))])
    refused(path, "damaged or cut off|not well-formed|neither XML nor JSON")


def test_damaged_gzip(tmp_path: Path, city_data: Path) -> None:
    packed = bytearray(gzip.compress((city_data / "house_and_garage.gml").read_bytes()))
    packed[200:220] = bytes(20)
    path = tmp_path / "bad.gml.gz"
    path.write_bytes(bytes(packed))
    refused(path, "damaged or cut off|not well-formed")


def test_syntax_error_names_the_line(write_gml: Write) -> None:
    path = write_gml("\n\n<bldg:roofType>1000</bldg:roof>")
    assert refused(path, "not well-formed").line == FIRST_LINE + 2


@pytest.mark.parametrize(
    ("numbers", "pattern"),
    [
        ("0 0 0 1 0 0 1 1", "holds 8 numbers, not a multiple of 3"),
        ("0 0 0 1 0 zero 1 1 0", "not a number"),
        ("0,0 0 0 1 0 0 1 1 0", "not a number"),
    ],
)
def test_broken_coordinates_name_line_and_id(write_gml: Write, numbers: str, pattern: str) -> None:
    error = refused(write_gml("\n" + roof(numbers)), pattern)
    assert error.line == FIRST_LINE + 1 and error.gml_id == "R" and f"line {error.line}" in str(error)


@pytest.mark.parametrize(
    ("numbers", "defects", "polygons"),
    [
        ("0 0 0 2 0 0 2 2 0", {"unclosed ring": 1}, 1),
        ("0 0 0 0 0 0 2 0 0 2 2 0 2 2 0 0 0 0 0 0 0", {"duplicate points": 1}, 1),
        ("0 0 0 2 0 0 0 0 0", {"zero area": 1}, 1),
        ("0 0 0 1 0 0 2 0 0 0 0 0", {"zero area": 1}, 1),
        ("0 0 0", {"unclosed ring": 1, "zero area": 1}, 1),
        ("", {"polygon without 3D coordinates": 1}, 0),
        ("0 0 0 2 0 0 2 NaN 0 0 0 0", {"coordinate not finite": 1}, 0),
        ("0 0 0 2 0 0 2 INF 0 0 0 0", {"coordinate not finite": 1}, 0),
        ("0 0 0 2 0 0.1 2 2 0 0 2 0 0 0 0", {"non-planar": 1}, 1),
        ("0 0 0 2 2 0 2 0 0 0 0 0", {"downward-facing roof": 1}, 1),
    ],
)
def test_defects_are_counted(read_building: Read, numbers: str, defects: dict[str, int], polygons: int) -> None:
    model = read_building(roof(numbers))
    counts = model.report.defect_counts()
    counts.pop("outside the area of its CRS", None)
    assert counts == defects and model.n_surfaces == polygons
    entry = next(entry for entry in model.report.defects if entry.kind in defects)
    assert entry.object_id == "B" and entry.surface_id == "R" and entry.line == FIRST_LINE and entry.action


def test_closing_point_repeated_thrice(read_building: Read) -> None:
    model = read_building(roof("0 0 0 2 0 0 2 2 0 0 0 0 0 0 0 0 0 0"))
    assert model.coords.tolist() == [[0, 0, 0], [2, 0, 0], [2, 2, 0]]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("malformed_poslist.gml", "line 1.*multiple of 3"),
        ("citygml20_urn_crs.gml", "no coordinates"),
        ("unsupported_objects.gml", "does not say its coordinate system"),
    ],
)
@pytest.mark.shared
def test_files_refused(shared_data: Path, name: str, words: str) -> None:
    with pytest.raises(CityModelError, match=words) as caught:
        read_city([shared_data / "bad-input" / name])
    assert caught.value.file.endswith(name) and caught.value.remedy


@pytest.mark.shared
def test_files_read_with_defects(shared_data: Path) -> None:
    folder = shared_data / "bad-input"
    ring = read_city([folder / "malformed_ring.gml"]).report
    assert ring.defect_counts() == {"unclosed ring": 1} and sum(ring.area_m2.values()) == pytest.approx(25.0)
    other = read_city([folder / "unsupported_objects.gml"], crs="EPSG:25832").report
    assert other.objects == {"Building": 1, "Bridge": 1, "Tunnel": 1, "Road": 1} and not other.not_read
    assert read_city([folder / "building_z_extents.gml"]).report.area_read_m2 == pytest.approx(600.0)


@pytest.mark.shared
def test_every_other_bad_file_ends_clearly(shared_data: Path) -> None:
    paths = sorted((shared_data / "bad-input" / "cjval").iterdir())
    paths += sorted((shared_data / "cityjson" / "conformance_corpus").rglob("*.json*"))
    refusals = 0
    for path in paths:
        try:
            read_city([path], crs="EPSG:25832")
        except CityModelError as error:
            assert error.file == str(path) and error.remedy
            refusals += 1
    assert 0 < refusals < len(paths)
