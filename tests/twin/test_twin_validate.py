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
from twin.validate import enclosures, forms, overcast, radiance, radiosity, rooms, run, spa, write
from twin.validate.engine import normal_of, sky_view
from twin.validate.table import Asked, Seconds, Sheet, Table, between, close, near, stated

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
    assert "mostly compiling in the first run" in text
    assert "6 of 6 held figures inside their bounds." in text and "| horizontal | – | 1670 | 1663 … 1670 |" in text


def test_forms_hold() -> None:
    table = forms.forms(run.Asked(True, silent, Path()))
    assert not table.failed, [row.name for row in table.failed]
    assert sum(row.passed is not None for row in table.rows) == 15
    assert [len(sheet.lines) for sheet in table.sheets] == [9, 9]
    assert any("canyon floor, H/W 2" in note for note in table.notes)


def test_orientations_stand_by_themselves() -> None:
    """One is further off than the mean of four that is held."""
    form = next(form for form in forms.forms_of(True) if form.name == "canyon floor, H/W 1")
    one = forms.measured(form, 577, (0.0, 7.0))
    rows = {row.name: row for row in forms.rows_of(one, (0.0, 7.0))}
    assert rows["canyon floor, H/W 1, 577 patches"].passed
    assert rows["canyon floor, H/W 1, 577 patches, towards 0°"].found == one.found[0]
    assert np.abs(one.off).max() > abs(one.off.mean())


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
        (stated("a", 7.0, "m", "s")._replace(low=7.5), False),
        (stated("a", 7.0, "m", "s")._replace(low=6.5), True),
        (stated("a", 7.0, "m", "s")._replace(high=6.5), False),
        (stated("a", float("nan"), "m", "s")._replace(high=6.5), False),
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


def test_unknown_proof_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="transport"):
        run.run(tmp_path / "out", ["radiance"], True, silent)
    assert not (tmp_path / "out").exists()
    assert run.chosen(["spa", "ashrae"]) == ["ashrae", "spa"]
    assert run.chosen([]) == list(run.PROOFS)


def test_a_broken_radiance_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "rtrace"
    program.write_text("#!/bin/sh\necho no such library >&2\nexit 3\n", encoding="utf-8")
    monkeypatch.setattr(radiance, "require", lambda: tmp_path)
    with pytest.raises(TwinError, match="rtrace cannot be run"):
        radiance.version()
    if sys.platform != "win32":
        program.chmod(0o755)
        with pytest.raises(TwinError, match=r"rtrace failed \(3\): no such library"):
            radiance.version()


def test_each_proof_is_written_when_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an interrupted run knows stays, and an older run's files do not."""

    def broken(asked: Asked) -> Table:
        raise KeyboardInterrupt

    (tmp_path / "validation.json").write_text("older", encoding="utf-8")
    monkeypatch.setattr(overcast, "overcast", broken)
    with pytest.raises(KeyboardInterrupt):
        run.run(tmp_path, ["spa", "overcast"], True, silent)
    said = json.loads((tmp_path / "validation.json").read_text(encoding="utf-8"))
    assert [proof["name"] for proof in said["proofs"]] == ["spa"] and said["left"] == ["overcast"]
    assert said["passed"] is None and said["proofs"][0]["passed"] is True
    assert "Not run to the end: overcast still" in (tmp_path / "validation.md").read_text(encoding="utf-8")


def test_nothing_held_is_not_passed() -> None:
    table = Table("t", "A table", (stated("x", float("nan"), "m", "s"),))
    said = write.as_json([table], {})
    assert said["passed"] is None and said["proofs"][0]["passed"] is None
    assert said["proofs"][0]["rows"][0]["found"] is None
    assert run.Outcome([table], {}).passed is None


def test_a_single_bound_is_shown() -> None:
    rows = (stated("x", 1.0, "m", "s")._replace(low=2.0), stated("y", 1.0, "m", "s")._replace(high=3.0))
    text = write.as_markdown([Table("t", "A table", rows)], write.versions(None))
    assert "| x | – | 1 | ≥ 2 | m | **no** | s |" in text and "| y | – | 1 | ≤ 3 | m | yes | s |" in text


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
    a, h = rooms.COURT_M, rooms.COURT_HEIGHT_M
    court = enclosures.room(a, h, 6, a)
    assert court.between.sum(axis=1) + court.sky == pytest.approx(1.0, abs=1e-9)
    middle = enclosures.room_cells(a, h, 6, a).middle
    assert court.sky[7] == pytest.approx(float(forms_corner(middle[7])), rel=1e-9)


def forms_corner(point: np.ndarray) -> float:
    """Howell's B-4 four times, of the court's top."""
    a, h = rooms.COURT_M, rooms.COURT_HEIGHT_M
    sides = [(x / h, y / h) for x in (point[0], a - point[0]) for y in (point[1], a - point[1])]
    out = 0.0
    for x, y in sides:
        long, wide = np.sqrt(1 + x * x), np.sqrt(1 + y * y)
        out += (x / long * np.arctan(y / long) + y / wide * np.arctan(x / wide)) / (2 * np.pi)
    return out


def test_all_bounces_are_what_bounces_tend_to() -> None:
    """And a closed box absorbs what is let into it."""
    box = enclosures.shining(6.0, 4.0, 4)
    assert box.after(40) == pytest.approx(box.in_the_end(), abs=1e-6)
    absorbed = ((1.0 - box.albedo) * (box.sky + box.in_the_end()) * box.area_m2).sum()
    assert absorbed == pytest.approx(36.0, rel=0.02)  # what so few cells leave of reciprocity


def test_radiosity_holds_and_energy_is_balanced(tmp_path: Path) -> None:
    table = radiosity.radiosity(run.Asked(True, silent, tmp_path))
    rows = {row.name: row for row in table.rows}
    assert not table.failed, [row.name for row in table.failed]
    assert rows["court: enters, arrives on the faces"].expected == pytest.approx(144.0, rel=0.01)
    assert sum(name.startswith("box, ") for name in rows) == 8 and rows["box: enters, arrives on the faces"].passed
