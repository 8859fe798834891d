"""Hostile inputs, each a recipe that writes it: what a user may meet, and what an enemy may send.

``expected.json`` beside this file says how `heliotwin inspect` must end on each. Nothing here is larger than a few
hundred kilobytes on disk, however much it wants to become.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
GOOD = (DATA / "city" / "house_and_garage.gml").read_bytes()
GOOD_JSON = (DATA / "city" / "house_and_yard.city.json").read_bytes()
NS = 'xmlns="http://www.opengis.net/citygml/2.0" xmlns:bldg="http://www.opengis.net/citygml/building/2.0"'
NS += ' xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink"'
SQUARE = "364000 5650000 60 364008 5650000 60 364008 5650008 60 364000 5650008 60 364000 5650000 60"
MEGABYTE = 1 << 20
LONG = "sehr langer Ordner, " * 5 + "hier"


def city(inside: str, srs: str = "EPSG:25832", prolog: str = "") -> bytes:
    """A CityGML document around members."""
    box = f'<gml:boundedBy><gml:Envelope srsName="{srs}"/></gml:boundedBy>' if srs else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{prolog}<CityModel {NS}>{box}\n{inside}</CityModel>\n'.encode()


def building(numbers: str = SQUARE, gml_id: str = "b", more: str = "") -> str:
    """A member: a building with one surface."""
    return (
        f'<cityObjectMember><bldg:Building gml:id="{gml_id}">{more}<bldg:lod1MultiSurface><gml:MultiSurface>'
        f"<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing>\n<gml:posList>{numbers}</gml:posList>"
        "</gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>"
        "</bldg:lod1MultiSurface></bldg:Building></cityObjectMember>\n"
    )


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def spaces(megabytes: int) -> bytes:
    """A city model of nothing but blanks in elements that mean nothing."""
    return city(f"<a>{' ' * 8000}</a>" * (megabytes * 128))


def encrypted() -> bytes:
    """An archive that says of its member that it is encrypted."""
    data = bytearray(zipped({"a.gml": GOOD}, zipfile.ZIP_STORED))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def overlapping() -> bytes:
    """Fifield's way: many entries of the list share one compressed member (https://www.bamsoftware.com/hacks/zipbomb)."""
    data = zipped({"a.gml": spaces(20)})
    list_at = data.index(b"PK\x01\x02")
    entry = data[list_at : data.index(b"PK\x05\x06")]
    entries = b"".join(entry.replace(b"a.gml", b"%c.gml" % (97 + i)) for i in range(20))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 20, 20, len(entries), list_at, 0)
    return data[:list_at] + entries + end


def laughs() -> bytes:
    """Billion laughs."""
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
    return city(building("&a9;"), prolog=f"<!DOCTYPE CityModel [{entities}]>")


def xlinks() -> bytes:
    """Each surface refers to the one before twice, forty times over: 2^40 polygons if followed without thought."""
    links = "".join(
        f'<gml:surfaceMember><gml:CompositeSurface gml:id="s{i + 1}"><gml:surfaceMember xlink:href="#s{i}"/>'
        f'<gml:surfaceMember xlink:href="#s{i}"/></gml:CompositeSurface></gml:surfaceMember>'
        for i in range(40)
    )
    first = f'<gml:surfaceMember><gml:Polygon gml:id="s0"><gml:exterior><gml:LinearRing><gml:posList>{SQUARE}'
    first += "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>"
    geometry = f"<bldg:lod2MultiSurface><gml:MultiSurface>{first}{links}</gml:MultiSurface></bldg:lod2MultiSurface>"
    return city(f'<cityObjectMember><bldg:Building gml:id="b">{geometry}</bldg:Building></cityObjectMember>')


def changed(**members: object) -> bytes:
    """The good CityJSON with members of its root replaced."""
    return json.dumps(json.loads(GOOD_JSON) | members).encode()


FILES: dict[str, Callable[[], bytes]] = {
    # nothing, or something else
    "empty.gml": lambda: b"",
    "blank.gml": lambda: b" \r\n\t " * 100,
    "zeros.gml": lambda: bytes(4096),
    "binary.gml": lambda: bytes(range(256)) * 40,
    "page.gml": lambda: b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>",
    "page_without_doctype.gml": lambda: b"<html><head><title>Login</title></head></html>",
    "plan.gml": lambda: b"%PDF-1.7\n1 0 obj",
    "house.ifc.gml": lambda: b"ISO-10303-21;\nHEADER;",
    "archive.7z.gml": lambda: b"7z\xbc\xaf\x27\x1c\x00\x04",
    "metadata.xml": lambda: b'<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd"/>',
    "points.json": lambda: b'{"type": "FeatureCollection", "features": []}',
    "list.json": lambda: b"[1, 2, 3]",
    # XML
    "doctype.gml": lambda: city(building(), prolog="<!DOCTYPE CityModel>"),
    "entity.gml": lambda: city(building("&e;"), prolog=f'<!DOCTYPE CityModel [<!ENTITY e "{SQUARE}">]>'),
    "external_entity.gml": lambda: city(
        building("&e;"), prolog='<!DOCTYPE CityModel [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    ),
    "billion_laughs.gml": laughs,
    "billion_laughs_utf16.gml": lambda: laughs().replace(b"UTF-8", b"UTF-16").decode().encode("utf-16"),
    "undefined_entity.gml": lambda: city(building("&undefined;")),
    "encoding_utf7.gml": lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-<CityModel/>',
    "utf16.gml": lambda: city(building()).replace(b"UTF-8", b"UTF-16").decode().encode("utf-16"),
    "invalid_utf8.gml": lambda: city(building(more="<gml:name>Stra@e</gml:name>")).replace(b"@", b"\xdf"),
    "control_character.gml": lambda: city(building(more="<gml:name>\x00</gml:name>")),
    "truncated.gml": lambda: GOOD[: len(GOOD) // 2],
    "two_roots.gml": lambda: GOOD + b"<a/>",
    "deep.gml": lambda: city("<a>" * 100_000 + "</a>" * 100_000),
    "deep_geometry.gml": lambda: city(building(more="<bldg:consistsOfBuildingPart><bldg:BuildingPart>" * 200)),
    "long_attribute.gml": lambda: gzip.compress(city(building(gml_id="b" * (12 * MEGABYTE)))),
    "xlink_bomb.gml": xlinks,
    "comment_without_end.gml": lambda: b'<?xml version="1.0"?><!-- ' + b"x" * (2 * MEGABYTE),
    # numbers
    "nan.gml": lambda: city(building() + building(SQUARE.replace("60", "NaN"), "n")),
    "infinite.gml": lambda: city(building() + building(SQUARE.replace("60", "1e999"), "n")),
    "giant.gml": lambda: city(building() + building(SQUARE.replace("364008", "3e20"), "n")),
    "not_numbers.gml": lambda: city(building(SQUARE.replace("60", "sechzig", 1))),
    "missing_number.gml": lambda: city(building(SQUARE[:-3])),
    # coordinate systems
    "crs_missing.gml": lambda: city(building(), srs=""),
    "crs_local.gml": lambda: city(building(), srs="#local-CRS-1"),
    "crs_unknown.gml": lambda: city(building(), srs="EPSG:99999"),
    "crs_nonsense.gml": lambda: city(building(), srs="Gauß-Krüger, glaube ich"),
    "crs_elsewhere.gml": lambda: city(building(), srs="EPSG:28992"),
    # JSON
    "truncated.json": lambda: GOOD_JSON[: len(GOOD_JSON) // 2],
    "invalid_utf8.json": lambda: GOOD_JSON.replace(b'"type"', b'"t\xffpe"', 1),
    "deep.json": lambda: b"[" * 200_000 + b"]" * 200_000,
    "version_9.json": lambda: changed(version="9.0"),
    "vertices_missing.json": lambda: changed(vertices=None),
    "nan.json": lambda: changed(vertices=[[float("nan"), 0, 0]] * 20),
    "long_number.json": lambda: changed(vertices=[[0, 0, 0]]).replace(b"[0, 0, 0]", b"[" + b"9" * 5000 + b", 0, 0]"),
    "sequence_bad_line.jsonl": lambda: json.dumps(json.loads(GOOD_JSON) | {"CityObjects": {}, "vertices": []}).encode()
    + b'\n{"type": "CityJSONFeature", "id": "a", "CityObj',
    # packed
    "cut.gml.gz": lambda: gzip.compress(GOOD)[:-400],
    "flipped.gml.gz": lambda: gzip.compress(GOOD)[:300] + b"\x00\x01" * 20 + gzip.compress(GOOD)[340:],
    "gzip_of_gzip.gml.gz": lambda: gzip.compress(gzip.compress(GOOD)),
    "bomb.gml.gz": lambda: gzip.compress(spaces(200), 9),
    "bomb.json.gz": lambda: gzip.compress(b'{"type":"CityJSON","version":"2.0","x":"' + b" " * (200 * MEGABYTE), 9),
    "bomb.zip": lambda: zipped({"a.gml": spaces(200)}),
    "bomb_of_comment.zip": lambda: zipped({"a.gml": b"<!-- " + b" " * (10 * MEGABYTE)}),
    "bomb_overlapping.zip": overlapping,
    "cut.zip": lambda: zipped({"a.gml": GOOD})[:-60],
    "encrypted.zip": encrypted,
    "no_city.zip": lambda: zipped({"readme.txt": b"", "a.tfw": b"1"}),
    "nothing.zip": lambda: zipped({}),
    "zip_in_zip.zip": lambda: zipped({"inner.zip": zipped({"a.gml": GOOD})}),
    "paths.zip": lambda: zipped({"../../../evil.gml": GOOD, "/etc/evil.gml": city(building()), "a\n\x1b[2J.gml": b""}),
    "bad_member.zip": lambda: zipped({"a.gml": GOOD, "b.gml": GOOD[:999]}),
    # weather
    "empty.epw": lambda: b"",
    "binary.epw": lambda: b"LOCATION," + bytes(range(256)) * 40,
    "bomb.csv.gz": lambda: gzip.compress(b"time,ghi,dhi\n" + b"0" * (300 * MEGABYTE), 9),
    "nan.csv": lambda: b"# latitude: 49\n# longitude: 8\n# utc_offset: +00:00\n# label: end\ntime,ghi,dhi\n"
    b"2015-01-01T01:00,NaN,NaN\n2015-01-01T02:00,NaN,NaN\n",
    # terrain
    "empty.tif": lambda: b"",
    "cut.tif": lambda: b"II*\x00\x08\x00\x00\x00\xff\xff",
    "giant.asc": lambda: b"ncols 999999999\nnrows 999999999\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\n",
    "words.xyz": lambda: b"364000 5650000 60\n364001 5650000 sixty\n364000 5650001 60\n",
}  # fmt: skip


def folders(root: Path) -> None:
    """Cases that are folders."""
    inside: dict[str, bytes] = {
        "batch/a.gml": GOOD,
        "batch/b.gml": GOOD[:999],
        "foreign/a.gml": GOOD,
        "foreign/metadata.xml": FILES["metadata.xml"](),
        "all_bad/a.gml": GOOD[:999],
        "all_bad/b.gml": b"",
        "nothing_inside.gml/readme.txt": b"",
        f"{LONG}/{'Straße' * 12}/Häuser äöü.gml": GOOD,
    }
    for name, content in inside.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def special(root: Path) -> list[str]:
    """Cases that only some systems have; those that were made."""
    made = []
    if hasattr(os, "mkfifo"):
        for name in ("pipe.gml", "pipe.csv"):
            os.mkfifo(root / name)
            made.append(name)
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        (root / "locked.gml").write_bytes(GOOD)
        (root / "locked.gml").chmod(0)
        made.append("locked.gml")
    return made


def write_all(root: Path) -> list[str]:
    """Write every case below a folder; the arguments to give to the command, relative to it."""
    for name, recipe in FILES.items():
        (root / name).write_bytes(recipe())
    folders(root)
    named = [*FILES, "batch", "foreign", "all_bad", "nothing_inside.gml", LONG, "gone.gml"]
    return [*named, "n" * 300 + ".gml", "b*tch/*.gml", "nichts*.gml", *special(root)]
