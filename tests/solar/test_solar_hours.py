"""Hourly means: by the middle of each step, energy conserved, hours and longer steps untouched."""

from __future__ import annotations

import numpy as np
import pytest

from solar.hours import hourly_mean, hours_of


@pytest.mark.parametrize(("step_s", "shift_s"), [(60, 0), (600, 0), (900, -450), (900, 0), (1800, 0)])
def test_means_conserve_energy(step_s: int, shift_s: int) -> None:
    steps = 48 * 3600 // step_s
    start = np.datetime64("2024-06-20T00:00", "s") + np.timedelta64(shift_s, "s") + np.arange(steps) * step_s
    values = np.random.default_rng(3).random(steps)
    hours = hours_of(start, step_s)
    mean = hourly_mean(values, hours)
    assert (mean * hours.steps).sum() == pytest.approx(values.sum())
    assert (np.diff(hours.start) == np.timedelta64(3600, "s")).all()
    # The quarter labelled 00:00 reaches from 23:52:30 to 00:07:30 and belongs to the hour that begins at 00:00.
    assert str(hours.start[0]) == "2024-06-20T00:00:00" and len(mean) == 48


def test_hours_stay_as_they_are() -> None:
    start = np.datetime64("2015-01-01T00:00", "s") + np.arange(24) * np.timedelta64(3600, "s")
    values = np.arange(24.0)
    hours = hours_of(start, 3600)
    np.testing.assert_array_equal(hours.start, start)
    np.testing.assert_array_equal(hourly_mean(values, hours), values)
