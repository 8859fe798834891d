"""Benchmarks run to their tables on small input, so that a change cannot break them unseen; no figure is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


# A word of each one's table.
WORDS = {
    "rays": "agreement",
    "closest": "relief city",
    "scaling": "bytes/tri",
    "read": "iterparse",
    "year": "whole process",
    "terrain": "every n-th",
    "hostile": "| 1 |",
    "gpu": "on a GPU",
    "shadow_oracle": "equal pixels",
    "shadow_study": "equal bits",
    "pv": "ModelChain",
    "park": "by fixed",
    "layout": "module",
    "sites": "kWh/kWp",
}


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the words and figures of the benchmarks that are asked for."""
    folder = tmp_path_factory.mktemp("smoke")
    asked = [
        item.callspec.params["name"] for item in request.session.items if "ran" in getattr(item, "fixturenames", ())
    ]
    command = [sys.executable, str(ROOT / "tests" / "oracles" / "smoke.py"), str(folder), *asked]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", WORDS)
def test_smoke_run(ran: Path, name: str) -> None:
    done = json.loads((ran / f"{name}.run.json").read_text(encoding="utf-8"))
    assert done["code"] == 0, done["err"]
    assert WORDS[name] in done["out"]
    assert json.loads((ran / f"{name}.json").read_text(encoding="utf-8"))["machine"]["cores"] >= 1


def test_a_benchmark_is_a_script() -> None:
    """As a reader types it, with nothing but the file's name."""
    command = [sys.executable, "benchmarks/layout.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0 and "--quick" in done.stdout, done.stderr


@pytest.mark.shared
def test_smoke_run_of_the_formats(shared_data: Path, tmp_path: Path) -> None:
    """Every small sample file agrees with what another program measured, or its difference is explained."""
    figures = tmp_path / "figures.json"
    options = ["--quick", "--data", str(shared_data), "--json", str(figures)]
    command = [sys.executable, "benchmarks/formats.py", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "MANIFEST" in done.stdout
    rows = json.loads(figures.read_text(encoding="utf-8"))["figures"]["rows"]
    assert len(rows) >= 15 and sum(not row["differences"] for row in rows) >= 14
