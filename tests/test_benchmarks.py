"""Benchmarks run to their tables on small input, so that a change cannot break them unseen; no figure is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("rays", "agreement"),
        ("closest", "relief city"),
        ("scaling", "bytes/tri"),
        ("read", "iterparse"),
        ("year", "whole process"),
        ("terrain", "every n-th"),
        ("hostile", "HTML page"),
        ("gpu", "on a GPU"),
        ("shadow_oracle", "equal pixels"),
        ("shadow_study", "equal bits"),
        ("pv", "ModelChain"),
        ("park", "by fixed"),
        ("layout", "module"),
        ("sites", "kWh/kWp"),
    ],
)
def test_smoke_run(name: str, word: str, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, f"benchmarks/{name}.py", "--quick", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert word in done.stdout
    assert json.loads(figures.read_text(encoding="utf-8"))["machine"]["cores"] >= 1


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
