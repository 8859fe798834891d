"""A study from Python in ten lines: the README's own words, run as they stand, on coarser points."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
COARSE = '"spacing_m": 4.0, "pixel_m": 5.0, "step_min": 60, "radius_m": 60.0, "energy": False'


def test_ten_lines_print_the_worst_storeys(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = [text for text in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "check_shadow_job" in text]
    assert len(code.strip().splitlines()) <= 10
    coarse = code.replace('"out": "study"', f'"out": "study", {COARSE}')
    assert coarse != code
    monkeypatch.chdir(ROOT)
    there = set(ROOT.iterdir())
    names: dict[str, object] = {}
    exec(coarse, names)
    shown = capsys.readouterr().out.strip().splitlines()
    assert len(shown) == 6 and "delta_min" in shown[0]
    storeys = names["outcome"].tables["storeys"]
    losses = np.sort(storeys["delta_min"].dropna())[:5]
    assert [float(line.split()[-1]) for line in shown[1:]] == pytest.approx(losses, abs=0.01)
    assert losses[0] < -60 and set(ROOT.iterdir()) == there  # nothing is written unless it is asked for
