"""The proof without Radiance: every quick table inside its bounds, how bounds are judged, what is written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from solar.sky import reinhart
from twin.cli.validate import validate
from twin.errors import ConfigError, TwinError
from twin.progress import silent
from twin.validate import forms, radiance, radiosity, run, spa, write
from twin.validate.engine import normal_of, sky_view
from twin.validate.table import Seconds, Sheet, Table, between, close, near, stated

QUICK = ["ashrae", "spa", "planes", "overcast", "skies"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, run.Outcome]:
    """Everything that takes a second or two, run once."""
    out = tmp_path_factory.mktemp("validate")
    return out, run.run(out, QUICK, True, silent)


def test_published_tables_and_closed_forms_hold(quick: tuple[Path, run.Outcome]) -> None:
    _, outcome = quick
    assert [table.name for table in outcome.tables] == QUICK
    assert outcome.passed, [row.name for table in outcome.tables for row in table.failed]
    held = {table.name: sum(row.passed is not None for row in table.rows) for table in outcome.tables}
    assert held == {"ashrae": 6, "spa": 3, "planes": 12, "overcast": 3, "skies": 0}


def test_ashrae_stands_in_whole_kilowatt_hours(quick: tuple[Path, run.Outcome]) -> None:
    """Manifest of the sample data: a Perez model with the sun at mid hour gives 1671, 433, 1059, 1368, 967."""
    rows = {row.name: row for row in quick[1].tables[0].rows}
    found = [rows[name].found for name in ("horizontal", "north", "east", "south", "west")]
    assert found == [round(value) for value in found]
    assert found == pytest.approx([1670, 433, 1059, 1368, 967], abs=2.0)


def test_files_say_what_was_found(quick: tuple[Path, run.Outcome]) -> None:
    out, outcome = quick
    said = json.loads((out / "validation.json").read_text(encoding="utf-8"))
    assert said["passed"] is True and said["versions"]["heliotwin"] and said["versions"]["radiance"] is None
    assert {row["unit"] for row in said["proofs"][1]["rows"]} == {"°"}
    text = (out / "validation.md").read_text(encoding="utf-8")
    for table in outcome.tables:
        assert f"## {table.title}" in text
    assert "6 of 6 held figures inside their bounds." in text and "| horizontal | – | 1670 | 1663 … 1670 |" in text


def test_forms_hold() -> None:
    table = forms.forms(run.Asked(True, silent, Path()))
    assert not table.failed, [row.name for row in table.failed]
    assert sum(row.passed is not None for row in table.rows) == 15
    assert len(table.sheets[0].lines) == 9


def test_the_well_is_the_rectangle_seen_from_below() -> None:
    """Howell's B-4 against a fine grid of the opening, cos·cos/(π r²) summed."""
    case = forms.well(1.0, 3)
    step = 10.0 / 400
    x, y = np.meshgrid(*[(np.arange(400) + 0.5) * step - 5.0] * 2)
    for point, exact in zip(case.point, case.exact, strict=True):
        rise = 10.0 - point[2]
        square = (x - point[0]) ** 2 + (y - point[1]) ** 2 + rise**2
        assert (rise**2 / square**2).sum() * step**2 / np.pi == pytest.approx(exact, rel=1e-4)


def test_a_free_receiver_sees_the_whole_sky() -> None:
    far = forms.Mesh(np.array([[0.0, 0.0, -9.0], [1.0, 0.0, -9.0], [0.0, 1.0, -9.0]]), np.array([[0, 1, 2]]))
    normal = np.array([normal_of(0.0, 0.0), normal_of(90.0, 45.0)])
    assert sky_view(far, np.zeros((2, 3)), normal, reinhart(145)) == pytest.approx([1.0, 0.5], abs=1e-6)


def test_refraction_of_the_printed_example() -> None:
    """NREL/TP-560-34302: the printed zenith less the unrefracted one is 0.0163°."""
    assert spa.refraction_deg(39.872046) == pytest.approx(0.016332, abs=1e-6)


@pytest.mark.parametrize(
    ("row", "passed"),
    [
        (between("a", 3.0, 1.0, 3.0, "m", "s"), True),
        (between("a", 3.1, 1.0, 3.0, "m", "s"), False),
        (close("a", -0.9, 0.0, 1.0, "%", "s"), True),
        (near("a", 101.0, 100.0, 0.003, "kWh/m²", "s"), False),
        (near("a", -100.2, -100.0, 0.003, "kWh/m²", "s"), True),
        (between("a", float("nan"), 1.0, 3.0, "m", "s"), False),
        (stated("a", 7.0, "m", "s"), None),
    ],
)
def test_bounds(row, passed) -> None:  # type: ignore[no-untyped-def]
    assert row.passed is passed


def test_a_figure_outside_is_named() -> None:
    table = Table("t", "A table", (near("far", 2.0, 1.0, 0.1, "m", "s"),), sheets=(Sheet(("a",), (("b",),)),))
    text = write.as_markdown([table], write.versions(None))
    assert "0 of 1 held figures" in text and "Outside: far: 2 m (± 0.1)." in text
    assert write.as_json([table], {})["passed"] is False


def test_seconds_add_up() -> None:
    seconds = Seconds()
    for _ in range(2):
        with seconds.spent("tool"):
            pass
    assert list(seconds.of) == ["tool"] and seconds.of["tool"] > 0


def test_document_keeps_what_stands_outside_the_marks(tmp_path: Path) -> None:
    path = tmp_path / "validation.md"
    path.write_text(f"before\n\n{write.BEGIN}\nold\n{write.END}\n\nafter\n", encoding="utf-8")
    table = Table("t", "A table", (stated("x", 1.0, "m", "s"),), pictures=("a.png",))
    for _ in range(2):
        write.into_document(path, [table], write.versions(None))
        text = path.read_text(encoding="utf-8")
        assert text.startswith("before\n\n") and text.endswith("\n\nafter\n")
        assert "old" not in text and text.count("## A table") == 1 and "a.png" not in text
    path.write_text("no marks\n", encoding="utf-8")
    with pytest.raises(TwinError, match="marks"):
        write.into_document(path, [table], write.versions(None))


def test_unknown_proof_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="transport"):
        run.run(tmp_path / "out", ["radiance"], True, silent)
    assert not (tmp_path / "out").exists()
    assert run.chosen(["spa", "ashrae"]) == ["ashrae", "spa"]
    assert run.chosen([]) == list(run.PROOFS)


def test_without_radiance_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyradiance", None)
    monkeypatch.setitem(sys.modules, "pyradiance.anci", None)
    with pytest.raises(TwinError, match=r"heliotwin\[validate\]"):
        radiance.require()
    with pytest.raises(TwinError, match=r"heliotwin\[validate\]"):
        run.run(tmp_path / "out", [], True, silent)
    assert not (tmp_path / "out").exists()


def app() -> typer.Typer:
    alone = typer.Typer()
    alone.command()(validate)
    return alone


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(app(), ["-o", str(out), "--only", "spa", "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["passed"] is True
    assert sorted(path.name for path in out.iterdir()) == ["validation.json", "validation.md"]
    monkeypatch.setattr(spa, "PRINTED", 1e-9)
    done = CliRunner().invoke(app(), ["-o", str(out), "--only", "spa"])
    assert done.exit_code == 1 and "outside: topocentric zenith" in done.stdout
    assert json.loads((out / "validation.json").read_text(encoding="utf-8"))["passed"] is False


def test_view_factors_of_the_court_sum_to_one() -> None:
    """Of a closed box: floor and walls and the open top are all that a piece inside sees."""
    cells = radiosity.court_cells(6)
    a, h = radiosity.COURT_M, radiosity.COURT_HEIGHT_M
    top = np.array([[[0, 0, h], [a, 0, h], [a, a, h], [0, a, h]]], float)
    one = slice(7, 8)
    sky = radiosity.view_of_polygon(cells.middle[one], cells.normal[one], top).sum()
    between = radiosity.view_of_polygon(cells.middle[one], cells.normal[one], cells.corner)[0]
    assert sky + between[36:].sum() == pytest.approx(1.0, abs=1e-9)
    assert sky == pytest.approx(float(forms_corner(cells.middle[7])), rel=1e-9)


def forms_corner(point: np.ndarray) -> float:
    """Howell's B-4 four times, of the court's top."""
    a, h = radiosity.COURT_M, radiosity.COURT_HEIGHT_M
    sides = [(x / h, y / h) for x in (point[0], a - point[0]) for y in (point[1], a - point[1])]
    out = 0.0
    for x, y in sides:
        long, wide = np.sqrt(1 + x * x), np.sqrt(1 + y * y)
        out += (x / long * np.arctan(y / long) + y / wide * np.arctan(x / wide)) / (2 * np.pi)
    return out


def test_radiosity_holds_and_energy_is_balanced(tmp_path: Path) -> None:
    table = radiosity.radiosity(run.Asked(True, silent, tmp_path))
    rows = {row.name: row for row in table.rows}
    entering = rows["court: enters by the top, arrives on the faces"]
    assert entering.expected == 144.0 and entering.passed
    assert rows["court: sent back, arrives again or leaves"].passed
