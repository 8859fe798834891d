"""Weather in the twin: inspected and drawn, chosen with a shift or a place, kept with its flags."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracles import weather_files as files

from solar.weather import WeatherError, bundled, read_weather
from twin.config import check_job, example
from twin.errors import ConfigError
from twin.weather_choice import WeatherAsked, choose_weather, keep_weather, kept_weather, place_from
from twin.weather_inspection import draw, inspect_weather, lines
from twin.weather_picture import carpet_of


def late_file(path: Path, minutes: float = 60.0) -> Path:
    year = files.late(files.clear_year(days=60), minutes)
    path.write_text("\n".join(files.plain(year)), encoding="utf-8")
    return path


def test_inspection_of_a_file_with_a_late_clock(tmp_path: Path) -> None:
    found = inspect_weather(late_file(tmp_path / "late.csv"))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["format"], found["rows"], found["step_s"], found["days"]) == ("plain CSV", 1440, 3600, 60.0)
    assert found["clock"]["late_min"] == pytest.approx(60.0, abs=2.0)
    assert sum(found["ghi_by_month_kwh_m2"]) == pytest.approx(found["ghi_kwh_m2"], abs=1e-3)
    assert found["ghi_kwh_m2"] == pytest.approx(files.clear_year(days=60).kwh_m2, rel=1e-4)
    said = "\n".join(lines(found))
    assert "warning     clock: the sun runs 60 min late" in said and "no temperature" in said
    right = inspect_weather(tmp_path / "late.csv", shift_min=-60.0)
    assert (
        right["warnings"] == ["covers 60 days, not a year: sums are of these days"]
        and "clock_shifted_-60_min" in right["flags"]
    )


def test_inspection_of_two_days_cannot_tell_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("\n".join(files.plain(files.clear_year(days=2))), encoding="utf-8")
    found = inspect_weather(path)
    assert found["clock"]["late_min"] is None
    assert any("too few rows to tell" in line for line in lines(found))
    with pytest.raises(WeatherError, match="no known"):
        (tmp_path / "no.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        inspect_weather(tmp_path / "no.csv")


def test_carpet_keeps_every_interval_in_its_place() -> None:
    weather = bundled("duesseldorf-2024")
    carpet, days = carpet_of(weather)
    assert np.nansum(carpet) == pytest.approx(weather.ghi.sum())
    assert np.isfinite(carpet).sum() == len(weather.ghi) and len(days) == carpet.shape[1]
    middle = np.datetime64("2024-06-21T11:30:00") - np.timedelta64(450, "s")
    at = int(np.flatnonzero(weather.start == middle)[0])
    column = int((np.datetime64("2024-06-21") - days[0]).astype(int))
    assert carpet[46, column] == weather.ghi[at]  # 11:30 is the 47th quarter


def test_picture_shows_a_late_clock(tmp_path: Path) -> None:
    import matplotlib.image

    weather = bundled()
    draw(weather, tmp_path / "right.png", "de")
    draw(bundled(shift_min=60.0), tmp_path / "late.png", "en")
    right, late = (matplotlib.image.imread(tmp_path / name)[..., :3] for name in ("right.png", "late.png"))
    assert right.shape == late.shape == (1200, 1650, 3)
    red = [(image[:140, :, 0] - image[:140, :, 1] > 0.4).sum() for image in (right, late)]
    assert red[0] == 0 and red[1] > 500  # the warning above the picture
    # the carpet itself: an hour is 1/24 of its height, so the light lies that much higher up
    light = [(image[620:1080, 110:1390] > 0.3).any(axis=2).mean(axis=1) for image in (right, late)]
    rows = np.arange(460)
    up = np.average(rows, weights=light[0]) - np.average(rows, weights=light[1])
    assert 10 < up < 25
    with pytest.raises(ValueError, match="no report in 'fr'"):
        draw(weather, tmp_path / "x.png", "fr")


def test_choice_with_shift_and_place(tmp_path: Path) -> None:
    path = late_file(tmp_path / "late.csv")
    assert choose_weather(str(path)).warnings
    assert not choose_weather(WeatherAsked(str(path), -60.0)).warnings
    moved = choose_weather(WeatherAsked("try2015-region12", 30.0))
    assert moved.start[0] - bundled().start[0] == np.timedelta64(1800, "s")
    series = tmp_path / "produkt_zehn_min_sd.txt"
    series.write_text("\n".join(files.cdc_ten_minutes(files.clear_year(600, 3))), encoding="utf-8")
    with pytest.raises(WeatherError, match="--weather-place"):
        choose_weather(str(series))
    assert choose_weather(WeatherAsked(str(series), place=place_from("49.5, 8.5"))).latitude_deg == 49.5
    for text in ("49.5", "a,b", "95,8", "1,2,3"):
        with pytest.raises(ValueError):
            place_from(text)


def test_options_of_a_job() -> None:
    job = check_job({"cities": ["a"], "out": "b", "weather_shift_min": -60, "weather_place": ["49.5", "8.5"]})
    assert (job.weather_shift_min, job.weather_place) == (-60.0, (49.5, 8.5))
    assert "weather_shift_min = 0.0" in example() and "# weather_place =" in example()
    for wrong in ({"weather_shift_min": 2000}, {"weather_place": ["49.5"]}, {"weather_place": ["95", "8"]}):
        with pytest.raises(ConfigError):
            check_job({"cities": ["a"], "out": "b", **wrong})


def test_kept_weather_keeps_flags_filled_rows_and_the_warning(tmp_path: Path) -> None:
    lines_ = files.plain(files.late(files.clear_year(days=60), 60.0))
    del lines_[700]
    path = tmp_path / "gap.csv"
    path.write_text("\n".join(lines_), encoding="utf-8")
    weather = read_weather(path)
    keep_weather(tmp_path, weather)
    origin = {
        "step_s": 3600,
        "latitude_deg": weather.latitude_deg,
        "longitude_deg": weather.longitude_deg,
        "source": weather.source,
        "label_convention": weather.label_convention,
        "attribution": [],
        "flags": list(weather.flags),
        "closure": weather.closure._asdict(),
        "utc_offset_s": 0,
        "warnings": [*weather.warnings, "over 150 km away"],
    }
    again = kept_weather(tmp_path, origin)
    assert again.filled.sum() == 1 and again.warnings == weather.warnings and again.flags == weather.flags
    assert np.array_equal(again.ghi, weather.ghi)
