"""Hostile input through the real command: the exit code and the message that ``hostile/expected.json`` holds.

All cases run in one process of their own, in the locale "C", where our code must name the encoding of every text.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hostile import cases

HERE = Path(__file__).parent / "hostile"
EXPECTED: dict[str, dict[str, dict[str, Any]]] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


def drive(folder: Path, calls: list[list[str]], target: Path) -> list[dict[str, Any]]:
    """Exit code and output of many calls, made in one process."""
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", str(HERE / "drive.py"), str(folder), str(target)],
        input=json.dumps(calls),
        env={**os.environ, "LC_ALL": "C", "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(target.read_text(encoding="utf-8"))
    return found


def check(name: str, found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """What is wrong with how a case ended."""
    wrong = []
    if found["code"] != expected["exit"]:
        wrong.append(f"{name}: ended with {found['code']}, not {expected['exit']}: {found['err'] or found['out']}")
    shown = found["err"] if expected["exit"] else found["out"] + found["err"]
    if expected["says"] not in shown:
        wrong.append(f"{name}: does not say {expected['says']!r}: {shown}")
    errors = [line for line in found["err"].splitlines() if line.startswith("heliotwin: error: ")]
    if len(errors) != expected["exit"] or "Traceback" in found["err"]:
        wrong.append(f"{name}: {len(errors)} error lines: {found['err']}")
    return wrong


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[dict[str, Any]]]:
    """Every case of this machine and how it ended."""
    root = tmp_path_factory.mktemp("hostile")
    names = cases.write_all(root)
    found = drive(root, [["inspect", name] for name in names], root.parent / "found.json")
    return names, found


def test_every_case_ends_as_expected(hostile: tuple[list[str], list[dict[str, Any]]]) -> None:
    names, found = hostile
    wrong = [line for name, end in zip(names, found, strict=True) for line in check(name, end, EXPECTED["cases"][name])]
    assert not wrong, "\n".join(wrong)
    assert set(EXPECTED["cases"]) - set(names) <= {"pipe.gml", "pipe.csv", "locked.gml"}


def test_nothing_was_written_and_no_secret_read(hostile: tuple[list[str], list[dict[str, Any]]]) -> None:
    _, found = hostile
    shown = "".join(end["out"] + end["err"] for end in found)
    assert "root:" not in shown and "\x1b" not in shown


@pytest.mark.shared
def test_the_sample_files_end_as_expected(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "bad-input"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == sorted(EXPECTED["shared"])
    calls = [["inspect", str(folder / name), "--crs", "EPSG:25832"] for name in names]
    found = drive(folder, calls, tmp_path / "found.json")
    wrong = [
        line for name, end in zip(names, found, strict=True) for line in check(name, end, EXPECTED["shared"][name])
    ]
    assert not wrong, "\n".join(wrong)


def test_a_batch_goes_on_and_says_so(tmp_path: Path) -> None:
    """`heliotwin solar` over a good and a bad file: results of the good one, and exit code 1."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.gml").write_bytes(cases.GOOD)
    (tmp_path / "in" / "b.gml").write_bytes(cases.GOOD[:999])
    options = ["--sky", "145", "--spacing", "4", "--ground-spacing", "8", "--ground-margin", "10"]
    both, alone = drive(
        tmp_path,
        [["solar", "in", "-o", "both", *options], ["solar", "in/b.gml", "-o", "alone", *options]],
        tmp_path / "found.json",
    )
    assert both["code"] == 1 and "1 of 2 files could not be read" in both["err"] and "kWh" in both["out"]
    report = json.loads((tmp_path / "both" / "report.json").read_text(encoding="utf-8"))["city_model"]
    assert [Path(entry["file"]).name for entry in report["failed"]] == ["b.gml"] and report["failed"][0]["line"] > 0
    assert (tmp_path / "both" / "finished.json").is_file() and (tmp_path / "both" / "surfaces.parquet").is_file()
    manifest = json.loads((tmp_path / "both" / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in manifest["inputs"]] == ["a.gml"]
    assert alone["code"] == 1 and not (tmp_path / "alone").exists()
    written = [part for path in (tmp_path / "both").rglob("*") for part in path.relative_to(tmp_path).parts]
    assert not [name for name in written if re.search(r'[:*?"<>|\\]|[. ]$', name)]  # which Windows refuses
