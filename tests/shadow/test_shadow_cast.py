"""Lit instants to intervals and hours; the gnomon's shadow against h / tan(elevation)."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.gnomon import tip_shadow

from shadow.cast import hours, intervals


def test_runs_add_up_to_the_hours() -> None:
    times = np.datetime64("2026-03-21T00:00", "s") + np.arange(24 * 60) * np.timedelta64(60, "s")
    lit = np.zeros(len(times), bool)
    lit[7 * 60 : 9 * 60] = True
    lit[12 * 60 : 12 * 60 + 1] = True
    lit[-30:] = True
    found = intervals(lit, times, 60.0)
    assert [run.hours for run in found] == pytest.approx([2.0, 1 / 60, 0.5])
    assert str(found[0].first) == "2026-03-21T07:00:00" and str(found[0].last) == "2026-03-21T08:59:00"
    assert hours(lit, 60.0) == pytest.approx(sum(run.hours for run in found))


def test_no_light_no_interval() -> None:
    times = np.datetime64("2026-03-21", "s") + np.arange(10) * np.timedelta64(60, "s")
    assert intervals(np.zeros(10, bool), times, 60.0) == []


@pytest.mark.parametrize("elevation_deg", [5.0, 39.7, 80.0])
@pytest.mark.parametrize("azimuth_deg", [0.0, 123.0, 260.0])
def test_gnomon(elevation_deg: float, azimuth_deg: float) -> None:
    e, a = np.radians([elevation_deg, azimuth_deg])
    sun = np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])
    tip = tip_shadow(np.array([10.0, 20.0, 5.0]), 20.0, sun, 5.0)
    assert np.hypot(tip[0] - 10, tip[1] - 20) == pytest.approx(20 / np.tan(e))
    assert np.degrees(np.arctan2(tip[0] - 10, tip[1] - 20)) % 360 == pytest.approx((azimuth_deg + 180) % 360)
    assert tip[2] == pytest.approx(5.0)
