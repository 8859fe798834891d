"""Benchmarks run to their tables on small input, so that a change cannot break them unseen; no figure is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("name", "word"), [("rays", "embreex"), ("read", "iterparse"), ("year", "whole process")])
def test_smoke_run(name: str, word: str, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, f"benchmarks/{name}.py", "--quick", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert word in done.stdout
    assert json.loads(figures.read_text(encoding="utf-8"))["machine"]["cores"] >= 1
