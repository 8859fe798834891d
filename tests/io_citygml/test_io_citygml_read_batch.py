"""Several files: a bad one is left out with everything in it, said and counted; the rest is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from io_citygml.buffers import SurfaceBuffer
from io_citygml.errors import CityModelError
from io_citygml.placing import Placing
from io_citygml.read import _try_file, read_city
from io_citygml.source import Source

Write = Callable[..., Path]


@pytest.fixture
def bad(gml: Any, house: Callable[..., str]) -> Callable[[str], Path]:
    """Writes a file of two whole houses and what comes after them."""

    def write(end: str) -> Path:
        text = gml.document(house("X", 40.0), house("Y", 80.0), "@").replace(
            "<core:cityObjectMember>@</core:cityObjectMember>", end
        )
        path = gml.folder / "bad.gml"
        path.write_text(text, encoding="utf-8")
        return Path(path)

    return write


def everything(buffer: SurfaceBuffer) -> dict[str, Any]:
    """Content of a buffer and its report, comparable."""
    held = {name: value for name, value in vars(buffer).items() if name != "report"}
    return {
        **{name: list(value) if isinstance(value, bytearray) else value for name, value in held.items()},
        **{f"report.{name}": value for name, value in vars(buffer.report).items()},
    }


def copied(content: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.copy() if hasattr(value, "copy") else value[:] if hasattr(value, "typecode") else value
        for name, value in content.items()
    }


ENDS = [
    "<core:cityObjectMember>",
    '<core:cityObjectMember><bldg:Building gml:id="Z"><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>'
    "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>1 2</gml:posList></gml:LinearRing></gml:exterior>"
    "</gml:Polygon></gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:Building>"
    "</core:cityObjectMember>",
    '<core:cityObjectMember xmlns:a="&undefined;"/>',
]


@pytest.mark.parametrize("end", ENDS)
def test_nothing_of_a_bad_file_stays(gml: Any, house: Callable[..., str], bad: Callable[[str], Path], end: str) -> None:
    good, other = gml.write(house("A"), name="a.gml"), gml.write(house("C", 120.0), name="c.gml")
    buffer, placing = SurfaceBuffer(), Placing(None, None)
    assert _try_file(Source(good), buffer, placing) is None
    before = copied(everything(buffer))
    surfaces = buffer.n_surfaces
    error = _try_file(Source(bad(end)), buffer, placing)
    assert error is not None and error.file.endswith("bad.gml")
    assert copied(everything(buffer)) == before and buffer.n_surfaces == surfaces > 0
    assert _try_file(Source(other), buffer, placing) is None and buffer.n_surfaces == 2 * surfaces


def test_a_bad_file_among_others_is_reported(
    gml: Any, house: Callable[..., str], bad: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    good, other = gml.write(house("A"), name="a.gml"), gml.write(house("C", 120.0), name="c.gml")
    with_bad = read_city([good, bad(ENDS[0]), other])
    without = read_city([good, other])
    assert with_bad.files == without.files and with_bad.surface_id == without.surface_id
    assert np.array_equal(with_bad.coords, without.coords) and with_bad.objects == without.objects
    (failed,) = with_bad.report.failed
    assert failed.file.endswith("bad.gml") and failed.line > 4 and "not well-formed" in failed.message
    assert "bad.gml" in caplog.text and "left out" in caplog.text
    told = with_bad.report.to_dict()
    assert told.pop("failed") == [failed._asdict()] and without.report.to_dict().pop("failed") == []
    assert told == {k: v for k, v in without.report.to_dict().items() if k != "failed"}


def test_the_order_of_bad_and_good_does_not_matter(
    gml: Any, house: Callable[..., str], bad: Callable[[str], Path]
) -> None:
    good = gml.write(house("A"), name="a.gml")
    first, last = read_city([bad(ENDS[0]), good]), read_city([good, bad(ENDS[0])])
    assert first.surface_id == last.surface_id and first.report.failed == last.report.failed


def test_bad_files_alone_are_an_error(gml: Any, bad: Callable[[str], Path]) -> None:
    path = bad(ENDS[0])
    with pytest.raises(CityModelError, match="not well-formed") as alone:
        read_city([path])
    assert "none of" not in str(alone.value)
    with pytest.raises(CityModelError, match="none of the 2 files could be read"):
        read_city([path, gml.folder / "gone.gml"])


def test_a_file_without_system_is_left_out(gml: Any, house: Callable[..., str]) -> None:
    paths = [gml.write(house("A"), name="a.gml"), gml.write(house("B", 40.0), name="b.gml", srs="")]
    model = read_city(paths)
    assert [Path(entry.file).name for entry in model.report.failed] == ["b.gml"] and len(model.objects) == 1
    assert "--crs" in model.report.failed[0].message


def test_another_kind_of_file_in_a_folder_is_counted(gml: Any, house: Callable[..., str]) -> None:
    gml.write(house("A"), name="a.gml")
    (gml.folder / "metadata.xml").write_text("<MD_Metadata/>", encoding="utf-8")
    report = read_city([gml.folder]).report
    assert report.failed == [] and report.defect_counts()["not a city model"] == 1
    named = read_city([gml.folder / "a.gml", gml.folder / "metadata.xml"]).report
    assert [Path(entry.file).name for entry in named.failed] == ["metadata.xml"]
