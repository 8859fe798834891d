"""Lit instants to intervals and hours; the gnomon's shadow against h / tan(elevation)."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.gnomon import tip_shadow

from shadow.cast import first_last, hours, intervals, longest_h, union


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


def some_days(seed: int, n: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Random lit (40, N) at instants of which some are left out; rows 0 and 1 are never and always lit."""
    rng = np.random.default_rng(seed)
    times = np.datetime64("2026-05-17", "s") + np.arange(n) * np.timedelta64(600, "s")
    times = times[rng.random(n) > 0.15]
    lit = rng.random((40, len(times))) > rng.random((40, 1))
    lit[0], lit[1] = False, True
    return lit, times


@pytest.mark.parametrize("seed", range(5))
def test_whole_arrays_agree_with_one_receiver_after_another(seed: int) -> None:
    """The oracle walks through the instants and knows of gaps by their times alone."""
    lit, times = some_days(seed)
    first, last = first_last(lit, times)
    longest = longest_h(lit, times, 600.0)
    for row in range(len(lit)):
        runs: list[list[np.datetime64]] = []
        for instant in times[lit[row]]:
            if runs and instant - runs[-1][-1] == np.timedelta64(600, "s"):
                runs[-1].append(instant)
            else:
                runs.append([instant])
        assert [(r[0], r[-1], pytest.approx(len(r) / 6)) for r in runs] == intervals(lit[row], times, 600.0)
        assert longest[row] == pytest.approx(max((len(r) for r in runs), default=0) / 6)
        assert (np.isnat(first[row]) and np.isnat(last[row])) if not runs else first[row] == runs[0][0]
        assert not runs or last[row] == runs[-1][-1]


def test_a_night_without_instants_ends_a_run() -> None:
    """Near a pole the sun sets at half past midnight and rises an hour later: two runs."""
    times = np.datetime64("2026-05-17", "s") + np.array([0, 600, 1200, 5400, 6000]) * np.timedelta64(1, "s")
    lit = np.ones((1, 5), bool)
    assert longest_h(lit, times, 600.0) == pytest.approx([0.5])
    assert [run.hours for run in intervals(lit[0], times, 600.0)] == pytest.approx([0.5, 1 / 3])


def test_polar_night_has_no_first_and_no_last() -> None:
    nothing, times = np.zeros((3, 0), bool), np.empty(0, "datetime64[s]")
    first, last = first_last(nothing, times)
    assert np.isnat(first).all() and np.isnat(last).all() and first.shape == last.shape == (3,)
    assert (longest_h(nothing, times, 600.0) == 0).all() and (hours(nothing, 600.0) == 0).all()
    assert intervals(nothing[0], times, 600.0) == []
    assert union(nothing, np.array([0, 0, 1]), 2).shape == (2, 0)


def test_union_against_a_loop() -> None:
    rng = np.random.default_rng(3)
    lit, group = rng.random((200, 30)) > 0.8, rng.integers(-1, 12, 200)
    group[group == 7] = 8  # a group without receivers
    expected = [[any(lit[p, n] for p in range(200) if group[p] == g) for n in range(30)] for g in range(12)]
    assert np.array_equal(union(lit, group, 12), expected)
    assert not union(lit, np.full(200, -1), 2).any()


@pytest.mark.parametrize("elevation_deg", [5.0, 39.7, 80.0])
@pytest.mark.parametrize("azimuth_deg", [0.0, 123.0, 260.0])
def test_gnomon(elevation_deg: float, azimuth_deg: float) -> None:
    e, a = np.radians([elevation_deg, azimuth_deg])
    sun = np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])
    tip = tip_shadow(np.array([10.0, 20.0, 5.0]), 20.0, sun, 5.0)
    assert np.hypot(tip[0] - 10, tip[1] - 20) == pytest.approx(20 / np.tan(e))
    assert np.degrees(np.arctan2(tip[0] - 10, tip[1] - 20)) % 360 == pytest.approx((azimuth_deg + 180) % 360)
    assert tip[2] == pytest.approx(5.0)
