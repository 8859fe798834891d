"""Where documents come from: folders, patterns, archives with tricks in them, files that are none."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from io_citygml import source as source_door
from io_citygml.errors import CityModelError
from io_citygml.read import read_city

House = Callable[..., str]


@pytest.fixture
def archive(gml: Any) -> Callable[..., Path]:
    """Writes a zip of members."""

    def write(members: dict[str, bytes], name: str = "city.zip", method: int = zipfile.ZIP_DEFLATED) -> Path:
        with zipfile.ZipFile(gml.folder / name, "w", method) as file:
            for member, content in members.items():
                file.writestr(member, content)
        return Path(gml.folder / name)

    return write


@pytest.fixture
def two(gml: Any, house: House) -> dict[str, bytes]:
    """Two documents."""
    return {name: gml.document(house(name, x)).encode("utf-8") for name, x in (("A", 0.0), ("B", 40.0))}


def test_members_of_a_zip(archive: Callable[..., Path], two: dict[str, bytes]) -> None:
    path = archive(
        {
            "LoD2/a.gml": two["A"],
            "LoD2/b.gml.gz": gzip.compress(two["B"]),
            "LoD2/readme.txt": b"x",
            "textures/1.jpg": b"\xff\xd8",
            "textures/2.jpg": b"\xff\xd8",
            "__MACOSX/._a.gml": b"\x00\x05\x16\x07",
            "metadata.xml": b"<MD_Metadata/>",
        }
    )
    model = read_city([path])
    assert [Path(name).name for name in model.files] == ["a.gml", "b.gml.gz"] and model.n_surfaces == 12
    assert {entry.archive for entry in model.report.files} == {str(path)} and model.report.failed == []
    said = [entry.action for entry in model.report.defects if entry.kind == "not a city model"]
    assert said == ["file left out", "4 members left out: 2 .jpg, 1 .txt, 1 .gml"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_of_packing(archive: Callable[..., Path], two: dict[str, bytes], method: int) -> None:
    assert read_city([archive({"a.gml": two["A"]}, method=method)]).n_surfaces == 6


def test_names_in_a_zip_lead_nowhere(archive: Callable[..., Path], two: dict[str, bytes], tmp_path: Path) -> None:
    before = {path for path in tmp_path.parent.rglob("*") if not path.is_relative_to(tmp_path)}
    names = ["../../evil.gml", "/etc/passwd.gml", "C:\\Windows\\a.gml", "a\n\x1b[31m.gml"]
    members = {name: two["A"].replace(b'"A"', f'"A{i}"'.encode()) for i, name in enumerate(names)}
    model = read_city([archive(members)])
    assert len(model.files) == 4 and all(name.isprintable() for name in model.files)
    assert {path for path in tmp_path.parent.rglob("*") if not path.is_relative_to(tmp_path)} == before
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["city.zip"]


def test_a_zip_in_a_zip_is_refused(archive: Callable[..., Path], two: dict[str, bytes]) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("b.gml", two["B"])
    report = read_city([archive({"a.gml": two["A"], "inner.zip": inner.getvalue()})]).report
    assert [Path(entry.file).name for entry in report.failed] == ["inner.zip"] and len(report.files) == 1
    assert "inside a zip archive" in report.failed[0].message


def test_a_bad_member_is_left_out(archive: Callable[..., Path], two: dict[str, bytes]) -> None:
    path = archive({"a.gml": two["A"], "b.gml": two["B"][:-40]})
    report = read_city([path]).report
    assert [entry.file for entry in report.failed] == [f"{path}/b.gml"] and report.polygons.total() == 6


def test_an_encrypted_member(archive: Callable[..., Path], two: dict[str, bytes]) -> None:
    path = archive({"a.gml": two["A"]}, method=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(CityModelError, match=r"city\.zip/a\.gml: the member is encrypted"):
        read_city([path])


def test_a_method_that_python_lacks(archive: Callable[..., Path], two: dict[str, bytes]) -> None:
    path = archive({"a.gml": two["A"]}, method=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(signature) + offset, 98)
    path.write_bytes(bytes(data))
    with pytest.raises(CityModelError, match="cannot be unpacked"):
        read_city([path])


def test_an_archive_without_models(archive: Callable[..., Path], gml: Any, house: House) -> None:
    path = archive({"dgm.xyz": b"1 2 3"})
    with pytest.raises(CityModelError, match="holds no city model"):
        read_city([path])
    gml.write(house("A"), name="a.gml")
    report = read_city([gml.folder]).report
    assert report.failed == [] and report.defect_counts()["not a city model"] == 1


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_cut_archive(archive: Callable[..., Path], two: dict[str, bytes], keep: float) -> None:
    path = archive(two | {"a.gml": two["A"]})
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(CityModelError, match="damaged or cut off"):
        read_city([path])


@pytest.mark.parametrize("packed", ["zip", "gz"])
@pytest.mark.parametrize(
    "text", [b"<!-- ", b'{"type":"CityJSON","x":"', b'<CityModel xmlns="http://www.opengis.net/citygml/2.0">']
)
def test_bombs(archive: Callable[..., Path], tmp_path: Path, packed: str, text: bytes) -> None:
    unit = b"<a>" + b" " * 8000 + b"</a>" if text.endswith(b">") else b" " * 8000
    content = text + unit * (10 << 10)
    path = archive({"a.gml": content})
    if packed == "gz":
        path = tmp_path / "a.gml.gz"
        path.write_bytes(gzip.compress(content, 9))
    with pytest.raises(CityModelError, match=r"zip bomb|no root element"):
        read_city([path], crs="EPSG:25832")


def test_too_many_members(archive: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive({f"{i}.txt": b"" for i in range(50)})
    monkeypatch.setattr("io_citygml.collect.MEMBER_LIMIT", 40)
    with pytest.raises(CityModelError, match="more than 40 members"):
        read_city([path])


@pytest.mark.parametrize("text", ['{"type": "CityJSON", "pad": "' + 4000 * " " + '"}', 4000 * " \n" + "{"])
def test_json_that_does_not_fit_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(source_door, "JSON_LIMIT", 2000)
    path = tmp_path / "a.city.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CityModelError, match=r"larger than 2,000 bytes.*CityJSONSeq|JSON is not well-formed"):
        read_city([path], crs="EPSG:25832")


def test_folders_below_folders(gml: Any, house: House, tmp_path: Path) -> None:
    deep = tmp_path / "Straße" / "über.gml" / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    shutil.move(gml.write(house("A")), deep / "ä ö ü.gml")
    shutil.move(gml.write(house("B", 40.0)), tmp_path / "b.gml")
    model = read_city([tmp_path])
    assert [Path(name).name for name in model.files] == ["b.gml", "ä ö ü.gml"]
    with pytest.raises(CityModelError, match=r"empty\.gml: the folder holds no"):
        (tmp_path / "empty.gml").mkdir()
        read_city([tmp_path / "empty.gml"])


def test_patterns(gml: Any, house: House, tmp_path: Path) -> None:
    for name, x in (("a1.gml", 0.0), ("a2.gml", 40.0), ("b.gml", 80.0)):
        gml.write(house(name[:-4], x), name=name)
    assert [Path(name).name for name in read_city([tmp_path / "a*.gml"]).files] == ["a1.gml", "a2.gml"]
    assert len(read_city([str(tmp_path.parent / "*" / "*.gml")]).files) >= 3
    with pytest.raises(CityModelError, match="no file fits"):
        read_city([tmp_path / "c*.gml"])
    gml.write(house("Z"), name="[a].gml")
    assert len(read_city([tmp_path / "[a].gml"]).files) == 1  # a file of this very name


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gml")
    with pytest.raises(CityModelError, match="a pipe or a device"):
        read_city([tmp_path / "pipe.gml"])


def test_a_file_that_vanishes(gml: Any, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed, then gone before it is opened."""
    good, gone = gml.write(house("A"), name="a.gml"), gml.write(house("B", 40.0), name="b.gml")
    listed = [(good.parent, [], ["a.gml", "b.gml"])]
    monkeypatch.setattr("io_citygml.collect.os.walk", lambda path, onerror: [(str(f), i, n) for f, i, n in listed])
    gone.unlink()
    report = read_city([good.parent]).report
    assert [entry.message for entry in report.failed] == [f"{gone}: no such file. Check the path"]


def test_a_file_that_may_not_be_read(gml: Any, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    good, locked = gml.write(house("A"), name="a.gml"), gml.write(house("B", 40.0), name="b.gml")
    real_open = Path.open

    def refuse(self: Path, *arguments: Any, **named: Any) -> Any:
        if self == locked:
            raise PermissionError(13, "Permission denied", str(self))
        return real_open(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    report = read_city([good, locked]).report
    assert [entry.message for entry in report.failed] == [
        f"{locked}: cannot be read (Permission denied). Check the file"
    ]


@pytest.mark.skipif(os.name == "nt", reason="names on Windows are Unicode")
def test_a_name_that_is_not_unicode(gml: Any, house: House, tmp_path: Path) -> None:
    good = gml.write(house("A"), name="a.gml")
    bad = os.fsencode(tmp_path) + b"/\xff.gml"
    try:
        Path(os.fsdecode(bad)).write_bytes(good.read_bytes())
    except OSError:
        pytest.skip("the file system takes Unicode names only")
    (failed,) = read_city([tmp_path]).report.failed
    assert "not valid UTF-8" in failed.message and failed.file.encode("utf-8")
