"""DNI closure: GHI is conserved whatever comes in, and what was moved is counted."""

from __future__ import annotations

import numpy as np
import pytest

from solar.closure import MeanSun, close_dni, extraterrestrial, mean_sun
from solar.weather import bundled


def test_ghi_is_conserved_for_any_input() -> None:
    rng = np.random.default_rng(5)
    sine = np.where(rng.random(5000) < 0.2, 0.0, rng.random(5000) ** 3)
    sun = MeanSun(sine, np.full(5000, 1361.0))
    ghi = rng.random(5000) * 1000.0
    dhi = rng.random(5000) * 600.0
    closed = close_dni(ghi, dhi, sun, 3600.0)
    assert np.allclose(closed.dni * sine + closed.dhi, ghi, rtol=1e-12, atol=1e-9)
    assert closed.dni.max() <= 0.9 * 1361.0 + 1e-9
    assert closed.dni.min() >= 0.0 and closed.dhi.min() >= 0.0
    assert not closed.dni[sine == 0.0].any()


def test_report_counts_each_cause() -> None:
    sun = MeanSun(np.array([0.5, 0.01, 0.0, 0.5]), np.full(4, 1400.0))
    ghi, dhi = np.array([400.0, 100.0, 10.0, 100.0]), np.array([100.0, 50.0, 4.0, 120.0])
    closed = close_dni(ghi, dhi, sun, 3600.0)
    assert closed.dni == pytest.approx([600.0, 1260.0, 0.0, 0.0])
    assert closed.dhi == pytest.approx([100.0, 87.4, 10.0, 100.0])
    assert (closed.report.limited, closed.report.sun_down, closed.report.diffuse_above_global) == (1, 1, 1)
    assert closed.report.moved_kwh_m2 == pytest.approx((37.4 + 6.0) / 1000.0)


def test_hour_with_the_sun_up_for_a_third_of_it() -> None:
    """The divisor is the mean over the sun-up instants, so that DNI is the interval's mean beam."""
    start = np.datetime64("2015-06-21T00:00", "s") + np.arange(24) * np.timedelta64(3600, "s")
    sun = mean_sun(start, 3600.0, 50.0, 8.0)
    rising = int(np.flatnonzero(sun.sin_elevation > 0)[0])
    assert 0.0 < sun.sin_elevation[rising] < 0.1
    assert 0.0 < sun.dni_extra[rising] < 1310
    assert np.all((sun.dni_extra[8:16] > 1310) & (sun.dni_extra[8:16] < 1425))


def test_default_year_has_no_absurd_beam() -> None:
    """Dividing by sin h at mid-hour gave 2,530 W/m² here."""
    weather = bundled()
    assert weather.dni.max() < 1000.0
    assert weather.closure.moved_kwh_m2 < 0.1
    sun = mean_sun(weather.start, weather.step_s, weather.latitude_deg, weather.longitude_deg)
    assert np.allclose(weather.dni * sun.sin_elevation + weather.dhi, weather.ghi, atol=1e-9)


def test_the_limit_counts_only_the_time_with_sun() -> None:
    """An hour with the sun up for a part of it may carry that part of 0.9 of the extraterrestrial beam."""
    start = np.datetime64("2015-03-20T00:00", "s") + np.arange(24) * np.timedelta64(3600, "s")
    sun = mean_sun(start, 3600.0, 49.49, 8.46)
    full = extraterrestrial(start)
    share = sun.dni_extra / full
    assert set(np.round(share * 6).astype(int)) >= {0, 6} and ((share > 0) & (share < 1)).sum() == 2
    bright = np.full(24, 1000.0)
    closed = close_dni(bright, np.zeros(24), sun, 3600.0)
    assert (closed.dni <= 0.9 * share * full + 1e-9).all()
    np.testing.assert_allclose(closed.dni * sun.sin_elevation + closed.dhi, bright, rtol=1e-12)
