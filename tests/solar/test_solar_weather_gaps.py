"""Gaps: filled up to three hours by clearness index, flagged and counted; longer ones refused with their list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles import weather_files as files

from solar.weather import BUNDLED, WeatherError, build_weather, read_record, read_weather
from solar.weather_columns import with_values

DATA = Path(__file__).parents[2] / "solar" / "data"

HEAD = 5  # lines above the rows of a plain CSV here


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def june(step_s: int = 3600, days: int = 4) -> files.ClearYear:
    return files.clear_year(step_s, days, first="2015-06-10")


@pytest.mark.parametrize("step_s", [600, 3600])
def test_a_missing_row_gets_the_hump_of_the_day_back(tmp_path: Path, step_s: int) -> None:
    """Around noon three hours of a clear day: linear GHI would lose 2 % and more of them."""
    year = june(step_s)
    n = 3 * 3600 // step_s
    first = int(np.argmax(year.label >= np.datetime64("2015-06-11T11:00")))
    lines = files.plain(year)
    del lines[HEAD + first : HEAD + first + n]
    weather = read_weather(write(tmp_path / "gap.csv", lines))
    assert np.array_equal(weather.start, year.start)
    assert np.flatnonzero(weather.filled).tolist() == list(range(first, first + n))
    assert f"filled_rows_{n}" in weather.flags
    gap = slice(first, first + n)
    assert weather.ghi[gap] == pytest.approx(year.ghi[gap], rel=0.015)
    linear = np.interp(np.arange(first, first + n), [first - 1, first + n], year.ghi[[first - 1, first + n]])
    assert np.abs(weather.ghi[gap] - year.ghi[gap]).sum() < 0.5 * np.abs(linear - year.ghi[gap]).sum()
    assert weather.dhi[gap] == pytest.approx(0.2 * weather.ghi[gap], rel=0.01)


def test_gaps_of_a_real_year_are_filled_without_bias() -> None:
    """Three hours out of every second day of the bundled year: the mean error is small, and smaller than that of
    linear irradiance.
    """
    record = read_record(DATA / BUNDLED["try2015-region12"])
    truth = record.columns.ghi
    gone = np.arange(len(truth))
    gone = ((gone // 24) % 2 == 1) & (gone % 24 >= (gone // 24) * 5 % 16 + 3) & (gone % 24 < (gone // 24) * 5 % 16 + 6)
    ghi, dhi = np.where(gone, np.nan, truth), np.where(gone, np.nan, record.columns.dhi)
    weather = build_weather(record._replace(columns=with_values(record.columns, {"ghi": ghi, "dhi": dhi})))
    assert weather.filled.sum() == gone.sum() == 546
    at = np.arange(len(truth))
    linear = np.interp(at, at[~gone], truth[~gone])

    def rms(values: np.ndarray) -> float:
        return float(np.sqrt(np.mean((values - truth)[gone] ** 2)))

    assert abs(np.mean((weather.ghi - truth)[gone])) < 6.0
    assert rms(weather.ghi) < 0.88 * rms(linear)


def test_a_gap_over_sunrise_stays_dark_before_it(tmp_path: Path) -> None:
    year = june(600)
    first = int(np.argmax(year.label >= np.datetime64("2015-06-11T02:30")))
    lines = files.plain(year)
    del lines[HEAD + first : HEAD + first + 12]
    weather = read_weather(write(tmp_path / "gap.csv", lines))
    gap = slice(first, first + 12)
    assert (weather.ghi[gap][year.ghi[gap] == 0] == 0).all() and weather.ghi[gap].max() > 5
    assert weather.ghi[gap] == pytest.approx(year.ghi[gap], abs=12.0)


def test_longer_gaps_are_refused_with_the_first_five(tmp_path: Path) -> None:
    year = june(days=20)
    lines = files.plain(year)
    for i in range(7, 0, -1):
        del lines[HEAD + 60 * i : HEAD + 60 * i + 4]
    with pytest.raises(WeatherError, match=r"rows are missing for over 3 h in 7 places: .*and 2 more") as caught:
        read_weather(write(tmp_path / "gaps.csv", lines))
    assert caught.value.line == HEAD + 60 + 1
    assert str(caught.value).count(" to 2015-") == 5 and "fill" in caught.value.remedy


def test_missing_values_of_an_epw(tmp_path: Path) -> None:
    """9999 for two hours of irradiance is filled; four hours are refused; temperature is linear, or stays missing."""
    year = june(days=20)
    lines = files.epw(year)

    def missing(rows: range, field: int, marker: str) -> list[str]:
        out = lines.copy()
        for row in rows:
            fields = out[8 + row].split(",")
            fields[field] = marker
            out[8 + row] = ",".join(fields)
        return out

    weather = read_weather(write(tmp_path / "a.epw", missing(range(34, 36), 13, "9999")))
    assert weather.filled.sum() == 2 and weather.ghi[34:36] == pytest.approx(year.ghi[34:36], rel=0.05)
    with pytest.raises(WeatherError, match="ghi is missing for over 3 h in 1 place") as caught:
        read_weather(write(tmp_path / "b.epw", missing(range(34, 38), 13, "9999")))
    assert caught.value.line == 8 + 34 + 1
    weather = read_weather(write(tmp_path / "c.epw", missing(range(34, 36), 6, "99.9")))
    assert weather.temp_air[33:37] == pytest.approx(np.linspace(weather.temp_air[33], weather.temp_air[36], 4))
    assert "temp_air_filled_2" in weather.flags and not weather.filled.any()
    weather = read_weather(write(tmp_path / "d.epw", missing(range(34, 60), 21, "999")))
    assert np.isnan(weather.wind_speed).sum() == 26 and "wind_speed_missing_in_26_rows" in weather.flags
    everywhere = missing(range(len(year.ghi)), 15, "9999")
    assert "dhi_from_ghi_erbs" in read_weather(write(tmp_path / "e.epw", everywhere)).flags
    with pytest.raises(WeatherError, match="ghi is missing in all rows"):
        read_weather(write(tmp_path / "f.epw", missing(range(len(year.ghi)), 13, "9999")))


def test_missing_values_of_the_climate_data_center(tmp_path: Path) -> None:
    year = june(600)
    lines = files.cdc_ten_minutes(year)
    fields = lines[1 + 70].split(";")
    fields[3] = fields[4] = "   -999"
    lines[1 + 70] = ";".join(fields)
    weather = read_weather(write(tmp_path / "a.txt", lines), files.LATITUDE, files.LONGITUDE)
    assert np.flatnonzero(weather.filled).tolist() == [70]
    assert weather.ghi[70] == pytest.approx(year.ghi[70], rel=0.01)


def test_night_offsets_become_zero_and_are_counted(tmp_path: Path) -> None:
    year = june()
    night = year.ghi == 0
    ghi, dhi = np.where(night, -2.0, year.ghi), np.where(night, -1.5, year.dhi)
    weather = read_weather(write(tmp_path / "a.csv", files.plain(year._replace(ghi=ghi, dhi=dhi))))
    assert f"night_offsets_zeroed_{2 * night.sum()}" in weather.flags
    assert (weather.ghi[night] == 0).all() and (weather.dhi[night] == 0).all()
    dawn = int(np.argmax(year.ghi > 0))  # the first lit hour: thick cloud may leave less than the offset
    ghi = year.ghi.copy()
    ghi[dawn] = -0.5
    assert read_weather(write(tmp_path / "c.csv", files.plain(year._replace(ghi=ghi)))).ghi[dawn] == 0
    for row, value in ((36, -2.0), (24, -30.0)):  # by day, or more than any offset
        ghi = year.ghi.copy()
        ghi[row] = value
        with pytest.raises(WeatherError, match=f"ghi {value:g}") as caught:
            read_weather(write(tmp_path / "b.csv", files.plain(year._replace(ghi=ghi))))
        assert caught.value.line == HEAD + row + 1


@pytest.mark.parametrize("form", ["plain", "epw", "station"])
def test_leap_years(tmp_path: Path, form: str) -> None:
    """8,784 rows; or 8,760 under a leap year's number, whose 29 February was dropped."""
    offset_h = files.MEZ_H if form == "epw" else 0.0
    step_s = 600 if form == "station" else 3600
    year = files.clear_year(step_s, 45, offset_h, first="2024-02-01")
    path = tmp_path / "leap"
    writer = {"plain": files.plain, "epw": files.epw, "station": files.station}[form]
    whole = read_weather(write(path, writer(year)))
    assert np.array_equal(whole.start, year.start) and not whole.filled.any()
    begun = year.label - np.timedelta64(step_s, "s")
    kept = begun.astype("datetime64[D]") != np.datetime64("2024-02-29")
    short = year._replace(**{n: getattr(year, n)[kept] for n in ("start", "label", "ghi", "dhi", "temp_air")})
    weather = read_weather(write(path, writer(short)))
    assert len(weather.ghi) == kept.sum() and not weather.filled.any()
    if form == "epw":  # one nominal common year
        assert "nominal_year_2015" in weather.flags and len(np.unique(np.diff(weather.start))) == 1
    else:
        assert "leap_day_missing" in weather.flags and np.array_equal(weather.start, short.start)
    assert weather.warnings == ()
    other = begun.astype("datetime64[D]") != np.datetime64("2024-02-28")
    lost = year._replace(**{n: getattr(year, n)[other] for n in ("start", "label", "ghi", "dhi", "temp_air")})
    with pytest.raises(WeatherError, match="rows are missing"):
        read_weather(write(path, writer(lost)))
