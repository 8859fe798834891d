"""The clock test: every format's labels agree with the sun, and a clock that is shifted is noticed in each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles import weather_files as files

from solar.clock import daylight_utc_h, equation_of_time_min, fit_clock, told, utc_of_true_solar
from solar.sun import sun_position
from solar.weather import bundled, read_weather, recognises

FORMATS = pytest.mark.parametrize("form", files.FORMATS, ids=lambda form: form.name)


def record(form: files.Format) -> files.ClearYear:
    return files.clear_year(form.step_s, 45 if form.step_s < 3600 else 60, form.offset_h, true_solar=form.true_solar)


def written(tmp_path: Path, form: files.Format, minutes: float = 0.0) -> Path:
    path = tmp_path / "weather.file"
    path.write_text("\n".join(form.write(files.late(record(form), minutes))) + "\n", encoding="utf-8")
    return path


def place_of(form: files.Format) -> tuple[float | None, float | None]:
    return (files.LATITUDE, files.LONGITUDE) if form.name.startswith("cdc") else (None, None)


def in_year(start: np.ndarray) -> np.ndarray:
    """Seconds since the year began: a nominal year is as good as the real one."""
    middle = start[len(start) // 2].astype("datetime64[Y]").astype("datetime64[s]")
    return (start - middle).astype(np.int64)


@FORMATS
def test_labels_of_every_format_agree_with_the_sun(tmp_path: Path, form: files.Format) -> None:
    year = record(form)
    path = written(tmp_path, form)
    assert recognises(path) == form.said
    weather = read_weather(path, *place_of(form))
    # a minute: PVGIS and the Climate Data Center write labels to the minute, SPA and Spencer differ by half of one
    assert np.abs(in_year(weather.start) - in_year(year.start)).max() <= 75
    assert weather.step_s == form.step_s
    assert float(weather.ghi.sum()) * weather.step_s / 3.6e6 == pytest.approx(year.kwh_m2, rel=2e-4)
    assert weather.ghi == pytest.approx(year.ghi, abs=0.6)
    assert weather.clock is not None and weather.clock.days >= 10
    assert abs(weather.clock.late_min) < 1.5
    assert weather.warnings == () and not any(flag.startswith("clock") for flag in weather.flags)


@FORMATS
@pytest.mark.parametrize("minutes", [60, -60])
def test_a_clock_shifted_by_an_hour_is_noticed_in_every_format(
    tmp_path: Path, form: files.Format, minutes: int
) -> None:
    path = written(tmp_path, form, minutes)
    weather = read_weather(path, *place_of(form))
    assert len(weather.warnings) == 1
    assert f"60 min {'late' if minutes > 0 else 'early'}" in weather.warnings[0]
    assert f"--weather-shift {-minutes:+d}" in weather.warnings[0]
    zones = {0: "UTC", 3600: "MEZ (UTC+1)", 7200: "MESZ (summer time, UTC+2)", -3600: "UTC-1"}
    offset_s = weather.utc_offset_s
    assert f"like {zones[offset_s + 60 * minutes]} instead of {zones[offset_s]}" in weather.warnings[0]
    assert any(flag.startswith("clock_late_") for flag in weather.flags)
    # fixed only on request
    right = read_weather(path, *place_of(form), shift_min=-minutes)
    assert right.warnings == () and f"clock_shifted_{-minutes:+d}_min" in right.flags
    assert np.abs(in_year(right.start) - in_year(record(form).start)).max() <= 75


@pytest.mark.parametrize("minutes", [-30, 30])
def test_half_an_hour_is_noticed(tmp_path: Path, minutes: int) -> None:
    weather = read_weather(written(tmp_path, files.FORMATS[-1], minutes))
    assert "half an hour" in weather.warnings[0]


@pytest.mark.parametrize("side", ["start", "end"])
def test_hours_from_0_to_23_are_told_by_the_sun(tmp_path: Path, side: str) -> None:
    year = files.clear_year(offset_h=files.MEZ_H)
    path = tmp_path / "zero.epw"
    path.write_text("\n".join(files.epw(year, hours_from_0=side)), encoding="utf-8")
    weather = read_weather(path)
    assert np.array_equal(weather.start, year.start)
    assert "hours_0_23" in weather.flags and side in weather.label_convention


def test_daylight_saving_left_in_is_named(tmp_path: Path) -> None:
    """A wall clock whose double hour was thrown away and whose missing hour was made up."""
    year = files.clear_year(days=365, offset_h=files.MEZ_H, first="2015-01-01")
    summer = (year.label > np.datetime64("2015-03-29T02")) & (year.label <= np.datetime64("2015-10-25T02"))
    wall = np.where(summer, np.roll(year.ghi, 1), year.ghi)
    path = tmp_path / "wall.csv"
    path.write_text("\n".join(files.plain(year._replace(ghi=wall, dhi=0.2 * wall), "+01:00")), encoding="utf-8")
    weather = read_weather(path)
    assert "daylight saving" in weather.warnings[0] and "clock_daylight_saving" in weather.flags


def test_wall_clock_with_its_double_hour_is_refused_by_the_line(tmp_path: Path) -> None:
    from solar.weather import WeatherError

    year = files.clear_year(days=3, first="2015-10-24")
    lines = files.plain(year)
    lines.insert(30, lines[29])
    path = tmp_path / "double.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(WeatherError, match=r"steps by 0 s.*daylight saving") as caught:
        read_weather(path)
    assert caught.value.line == 31


def test_a_few_days_tell_nothing() -> None:
    year = files.clear_year(days=3)
    fit = fit_clock(year.start + np.timedelta64(3600, "s"), 3600.0, year.ghi, files.LATITUDE, files.LONGITUDE)
    assert not fit.known and np.isnan(fit.late_min) and told(fit, 0.0) is None


@pytest.mark.parametrize("latitude", [-33.9, 0.0, 45.0, 68.0, 78.2])
def test_fit_at_every_latitude(latitude: float) -> None:
    """Shifted by any amount, found within two minutes, midnight sun and southern winter included."""
    start = np.datetime64("2015-01-01T00:00", "s") + np.arange(8760) * np.timedelta64(3600, "s")
    elevation, _ = sun_position(start + np.timedelta64(1800, "s"), latitude, 18.0)
    ghi = 1000.0 * np.maximum(np.sin(np.radians(elevation)), 0.0) ** 1.2
    for minutes in (0, 45, -120):
        fit = fit_clock(start + np.timedelta64(minutes * 60, "s"), 3600.0, ghi, latitude, 18.0)
        assert fit.late_min == pytest.approx(minutes, abs=2.0)


def test_clouds_do_not_move_the_fit() -> None:
    """Afternoons that are cloudier than mornings, as over mountains in summer: the clearest days carry the fit."""
    year = files.clear_year(days=360, first="2015-01-01")
    rng = np.random.default_rng(5)
    hour = (year.start - year.start.astype("datetime64[D]")) / np.timedelta64(1, "h")
    cloudy = np.repeat(rng.random(360) < 0.7, 24)
    ghi = year.ghi * np.where(cloudy & (hour > 11), rng.uniform(0.2, 0.9, len(hour)), 1.0)
    whole = np.sum(ghi * (hour + 0.5)) / np.sum(ghi) - np.sum(year.ghi * (hour + 0.5)) / np.sum(year.ghi)
    assert whole * 60 < -20.0  # all days together would say that the record runs early
    assert abs(fit_clock(year.start, 3600.0, ghi, files.LATITUDE, files.LONGITUDE).late_min) < 3.0


def test_true_solar_time_against_spa() -> None:
    woz = np.datetime64("2015-01-01T12:00", "s") + np.arange(0, 365, 5) * np.timedelta64(1, "D")
    apart = utc_of_true_solar(woz, files.LONGITUDE) - files.true_solar_end_utc(woz)
    assert np.abs(apart.astype(np.int64)).max() <= 45
    # the sun stands in the south then
    _, azimuth = sun_position(utc_of_true_solar(woz, files.LONGITUDE), files.LATITUDE, files.LONGITUDE)
    assert azimuth == pytest.approx(180.0, abs=0.5)
    assert equation_of_time_min(np.array(["2015-02-11T12:00", "2015-11-03T12:00"], "datetime64[s]")) == pytest.approx(
        [-14.2, 16.4], abs=0.5
    )


def test_daylight_lines() -> None:
    day = np.array(["2026-03-21", "2026-06-21", "2026-12-21"], "datetime64[D]")
    rise, noon, fall = daylight_utc_h(day, 50.08, 8.24)
    for hours in (rise, fall):
        times = day.astype("datetime64[s]") + np.rint(hours * 3600).astype("timedelta64[s]")
        assert sun_position(times, 50.08, 8.24)[0] == pytest.approx(0.0, abs=0.25)
    assert noon[1] == pytest.approx(11.48, abs=0.02)
    rise, noon, fall = daylight_utc_h(day, 78.0, 15.0)
    assert np.isnan(rise[1:]).all() and np.isfinite(noon).all() and np.isfinite(rise[0])


@pytest.mark.parametrize("name", ["try2015-region12", "duesseldorf-2024"])
def test_bundled_years_fit(name: str) -> None:
    weather = bundled(name)
    assert weather.clock is not None and abs(weather.clock.late_min) < 4.0 and weather.clock.error_min < 2.0
    assert weather.warnings == ()
    assert bundled(name, shift_min=60.0).warnings[0].startswith("clock: the sun runs 60 min late")
