"""The plain CSV: label positions, offsets, derived parts, parts of a year, and errors that name the line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from solar.closure import mean_sun
from solar.weather import WeatherError, read_weather, recognises

HEAD = {"latitude": "50.08", "longitude": "8.24", "utc_offset": "+01:00", "label": "start"}
LATITUDE, LONGITUDE = 50.08, 8.24


def day(step_s: int = 900) -> tuple[np.ndarray, np.ndarray]:
    """Interval starts (UTC) of a clear June day, and the mean sine of the sun's elevation in them."""
    start = np.datetime64("2024-06-01T00:00", "s") + np.arange(0, 86400, step_s) * np.timedelta64(1, "s")
    return start, mean_sun(start, step_s, LATITUDE, LONGITUDE).sin_elevation


def write(path: Path, header: dict[str, str], names: str, rows: list[str]) -> Path:
    lines = [f"# {key}: {value}" for key, value in header.items()] + [names, *rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("step_s", [60, 600, 900, 3600])
@pytest.mark.parametrize(("label", "share"), [("start", 0.0), ("middle", 0.5), ("end", 1.0)])
def test_label_position(tmp_path: Path, label: str, share: float, step_s: int) -> None:
    start, sine = day(step_s)
    stamps = start + np.timedelta64(3600 + round(share * step_s), "s")
    rows = [f"{t},{900 * s:.3f},{180 * s:.3f}" for t, s in zip(stamps, sine, strict=True)]
    weather = read_weather(write(tmp_path / "a.csv", {**HEAD, "label": label}, "time,ghi,dhi", rows))
    assert weather.step_s == step_s
    assert np.array_equal(weather.start, start)
    assert weather.dni[sine > 0.05] == pytest.approx(720.0, rel=1e-3)
    assert weather.flags == ("dni_from_ghi_dhi", "temp_air_missing", "wind_speed_missing")
    assert np.isnan(weather.temp_air).all()


@pytest.mark.parametrize("form", ["{}Z", "{}+00:00", "{}+0000"])
def test_times_with_their_own_offset(tmp_path: Path, form: str) -> None:
    start, sine = day()
    rows = [f"{form.format(t)},{900 * s:.3f}" for t, s in zip(start, sine, strict=True)]
    header = {k: v for k, v in HEAD.items() if k != "utc_offset"}
    assert np.array_equal(read_weather(write(tmp_path / "a.csv", header, "time,ghi", rows)).start, start)


def test_negative_offset_blank_separator_and_column_order(tmp_path: Path) -> None:
    start, sine = day()
    local = start - np.timedelta64(7 * 3600, "s")
    rows = [f"{900 * s:.3f},{str(t).replace('T', ' ')},12.5" for t, s in zip(local, sine, strict=True)]
    header = {**HEAD, "utc_offset": "-07:00", "attribution": "Stadt X", "comment": "free text"}
    weather = read_weather(write(tmp_path / "a.csv", header, "ghi,time,temp_air", rows))
    assert np.array_equal(weather.start, start)
    assert weather.utc_offset_s == -7 * 3600
    assert (weather.temp_air == 12.5).all()
    assert weather.attribution == ("Datengrundlage: Stadt X, verändert",)


def test_missing_parts_are_derived_and_flagged(tmp_path: Path) -> None:
    start, sine = day()
    local = start + np.timedelta64(3600, "s")
    ghi_only = [f"{t},{900 * s:.3f}" for t, s in zip(local, sine, strict=True)]
    weather = read_weather(write(tmp_path / "a.csv", HEAD, "time,ghi", ghi_only))
    assert "dhi_from_ghi_erbs" in weather.flags
    assert weather.dni * sine + weather.dhi == pytest.approx(weather.ghi, abs=1e-9)
    assert 0.1 < weather.dhi.sum() / weather.ghi.sum() < 0.5
    with_dni = [f"{t},{900 * s:.3f},{700.0 * (s > 0)}" for t, s in zip(local, sine, strict=True)]
    weather = read_weather(write(tmp_path / "a.csv", HEAD, "time,ghi,dni", with_dni))
    assert "dhi_from_ghi_dni" in weather.flags
    day_long = sine > 0.05  # in the intervals of sunrise and sunset the limit may cut a beam of 700 W/m²
    assert weather.dni[day_long] == pytest.approx(700.0)
    assert weather.dhi[day_long] == pytest.approx(200.0 * sine[day_long], abs=1e-3)


def rows_of_day() -> list[str]:
    start, sine = day()
    return [f"{t + np.timedelta64(3600, 's')},{900 * s:.3f},20" for t, s in zip(start, sine, strict=True)]


def without(key: str) -> dict[str, str]:
    return {k: v for k, v in HEAD.items() if k != key}


@pytest.mark.parametrize(
    ("row", "text", "match"),
    [
        (50, "2024-06-01T13:30:00,?,20", "found '\\?'"),
        (50, "2024-06-01T13:30:00,inf,20", "ghi inf"),
        (50, "2024-06-01T13:30:00,-3,20", "-3 W/m²"),
        (50, "2024-06-01T13:30:00,5000,20", "5000 W/m²"),
        (50, "2024-06-01T13:30:00,500,200", "temp_air 200"),
        (50, "2024-06-01T13:30:00,5,5,20", "4 fields under 3"),
        (50, "2024-06-01T13:31:00,500,20", "steps by 960 s"),
        (50, "2024-06-01T13:15:00,500,20", "steps by 0 s"),
        (50, "01.06.2024 13:30,500,20", "ISO 8601"),
        (50, "2024-02-31T13:30:00,500,20", "not a time that exists"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, row: int, text: str, match: str) -> None:
    rows = rows_of_day()
    rows[row] = text
    path = write(tmp_path / "bad.csv", HEAD, "time,ghi,temp_air", rows)
    with pytest.raises(WeatherError, match=match) as caught:
        read_weather(path)
    assert caught.value.line == len(HEAD) + 1 + row + 1
    assert caught.value.remedy


@pytest.mark.parametrize("empty", ["", "nan"])
def test_an_empty_value_is_filled(tmp_path: Path, empty: str) -> None:
    rows = rows_of_day()
    rows[50] = f"2024-06-01T13:30:00,{empty},20"
    weather = read_weather(write(tmp_path / "hole.csv", HEAD, "time,ghi,temp_air", rows))
    assert np.flatnonzero(weather.filled).tolist() == [50] and "filled_rows_1" in weather.flags
    assert weather.ghi[50] == pytest.approx(weather.ghi[[49, 51]].mean(), rel=0.01)


def test_gap_is_named_at_the_row_behind_it(tmp_path: Path) -> None:
    rows = rows_of_day()
    for gap in (1, 40):
        path = write(tmp_path / "gap.csv", HEAD, "time,ghi,temp_air", rows[:gap] + rows[gap + 13 :])
        with pytest.raises(WeatherError, match="rows are missing for over 3 h") as caught:
            read_weather(path)
        assert caught.value.line == len(HEAD) + 1 + gap + 1


@pytest.mark.parametrize(
    ("header", "names", "match"),
    [
        (without("label"), "time,ghi,temp_air", "label"),
        ({**HEAD, "label": "left"}, "time,ghi,temp_air", "left"),
        (without("latitude"), "time,ghi,temp_air", "latitude"),
        ({**HEAD, "latitude": "fifty"}, "time,ghi,temp_air", "fifty"),
        ({**HEAD, "latitude": "150"}, "time,ghi,temp_air", "Earth"),
        (without("utc_offset"), "time,ghi,temp_air", "UTC offset"),
        ({**HEAD, "utc_offset": "CET"}, "time,ghi,temp_air", "CET"),
        ({**HEAD, "utc_offset": "-09:00"}, "time,ghi,temp_air", "sun is down"),
        (HEAD, "time,ghi,humidity", "humidity"),
        (HEAD, "time,ghi,ghi", "repeated"),
        (HEAD, "time,dhi,temp_air", "no known weather format"),
    ],
)
def test_bad_headers_say_what_to_write(tmp_path: Path, header: dict[str, str], names: str, match: str) -> None:
    with pytest.raises(WeatherError, match=match) as caught:
        read_weather(write(tmp_path / "bad.csv", header, names, rows_of_day()))
    assert caught.value.remedy


def test_place_given_by_the_caller_wins(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", without("latitude"), "time,ghi,temp_air", rows_of_day())
    weather = read_weather(path, 50.0, 8.0)
    assert (weather.latitude_deg, weather.longitude_deg) == (50.0, 8.0)
    with pytest.raises(WeatherError, match="only one"):
        read_weather(path, 50.0)


def test_too_short_or_too_coarse(tmp_path: Path) -> None:
    rows = rows_of_day()
    for chosen, match in ((rows[:1], "single row"), (rows[::8], "7200 s"), ([], "no data rows")):
        with pytest.raises(WeatherError, match=match):
            read_weather(write(tmp_path / "a.csv", HEAD, "time,ghi,temp_air", chosen))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_german_spreadsheet_is_told_how_to_write(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "excel.csv"
    rows = [["time", "ghi", "dhi"], ["2024-06-01T12:00", "812,5", "100,0"], ["2024-06-01T13:00", "800,0", "90,0"]]
    head = ["# latitude: 50", "# longitude: 8", "# utc_offset: +01:00", "# label: end"]
    path.write_text("\n".join(head + [separator.join(row) for row in rows]), encoding="utf-8")
    assert recognises(path) == "plain CSV"
    with pytest.raises(WeatherError, match=r"line 5: fields are separated by .* decimals with a point"):
        read_weather(path)
