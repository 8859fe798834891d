"""Convergence in small, and the arithmetic by which a job's defaults are argued from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.progress import silent
from twin.validate import convergence
from twin.validate.choice import Point, argued, whole
from twin.validate.table import Asked


def test_convergence_converges(tmp_path: Path) -> None:
    """More patches and more nodes leave less of an error, and cost more bytes."""
    table = convergence.convergence(Asked(True, silent, tmp_path))
    found = {row.name: row.found for row in table.rows}
    for part in ("sky", "sun grid"):
        names = [name[: -len(": rms")] for name in found if name.startswith(f"{part} ") and name.endswith(": rms")]
        rms = [found[f"{name}: rms"] for name in names]
        size = [found[f"{name}: size"] for name in names]
        assert rms[-1] == 0.0 and rms[0] > rms[-2] > 0.0 and rms[0] < 3.0
        assert size == sorted(size) and len(names) == 3
    assert 0.0 < found["spacing 2 m: rms"] < found["spacing 4 m: rms"] < 1.0


def test_the_choice_adds_errors_up_by_squares() -> None:
    points = [Point("spacing", value, "", 1000 // int(2 * value), 0, 0.6, 0.1, 1.0) for value in (0.5, 1.0, 2.0)]
    points += [Point("sky", value, "", 10, value, 0.8, 0.0, 0.02) for value in (145, 577, 2305)]
    points += [Point("sun grid", value, "", 10, value, 1.6, 0.0, 0.03) for value in (400, 800, 1600)]
    done = whole(points, (1.0, 577, 800))
    assert done.rms == pytest.approx((0.6**2 + 0.4**2 + 0.8**2) ** 0.5)
    assert done.receivers == 500 and done.seconds == pytest.approx(500 * 0.005)
    assert done.megabytes == pytest.approx(500 * (80 + 104) / 1e6)
    notes = argued(points)
    assert "leave 1.08 % of a surface's year: 0.60 / 0.40 / 0.80 %" in notes[0] and "most of it by sun grid" in notes[0]
    assert "145 patches leave 1.08 % for 1 times the rays' processor time and 0.7 times the bytes" in notes[2]
