"""Readers: what each format says, where its label stands (found again from the sun), and errors that name
the line.
"""

from __future__ import annotations

import gzip
import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from solar.closure import mean_sun
from solar.site import Site
from solar.sun import sun_position
from solar.weather import (
    BUNDLED,
    Weather,
    WeatherError,
    bundled,
    distance_km,
    month_index,
    read_weather,
)
from solar.weather_try import lcc_to_geographic

DATA = Path(__file__).parents[2] / "solar" / "data"


def kwh(weather: Weather, name: str) -> float:
    return float(getattr(weather, name).sum() * weather.step_s / 3.6e6)


# --- bundled ---


def test_bundled_files_are_the_licensed_ones() -> None:
    licences = (DATA / "LICENSES.md").read_text(encoding="utf-8")
    for name in BUNDLED.values():
        raw = (DATA / name).read_bytes()
        assert name in licences
        assert hashlib.sha256(raw).hexdigest() in licences
        assert hashlib.sha256(gzip.decompress(raw)).hexdigest() in licences


def test_default_year() -> None:
    weather = bundled()
    assert (len(weather.start), weather.step_s) == (8760, 3600.0)
    assert weather.start[0] == np.datetime64("2014-12-31T23:00:00")  # 1 January 2015 00:00 MEZ
    assert (weather.latitude_deg, weather.longitude_deg) == (49.4902, 8.4637)
    assert kwh(weather, "ghi") == pytest.approx(1094.8, abs=0.05)
    assert kwh(weather, "dhi") == pytest.approx(585.5, abs=0.05)
    assert kwh(weather, "dni") == pytest.approx(990.0, rel=0.005)
    assert weather.temp_air.mean() == pytest.approx(12.19, abs=0.005)
    assert weather.wind_speed.mean() == pytest.approx(2.51, abs=0.005)
    assert "Deutscher Wetterdienst" in weather.attribution[0] and "verändert" in weather.attribution[0]
    assert "nominal_year_2015" in weather.flags
    assert np.bincount(month_index(weather)).tolist() == [
        24 * d for d in (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    ]


def test_duesseldorf_year() -> None:
    weather = bundled("duesseldorf-2024")
    assert (len(weather.start), weather.step_s) == (35136, 900.0)
    assert weather.start[0] == np.datetime64("2023-12-31T23:52:30")
    assert kwh(weather, "ghi") == pytest.approx(989.9, abs=0.05)
    assert kwh(weather, "dhi") == pytest.approx(567.4, abs=0.05)
    assert weather.temp_air.mean() == pytest.approx(12.26, abs=0.005)
    with pytest.raises(ValueError, match="try2015-region12"):
        bundled("nowhere")


def test_distance() -> None:
    weather = bundled()
    assert distance_km(weather, Site(49.4902, 8.4637)) == 0.0
    assert distance_km(weather, Site(50.08, 8.24)) == pytest.approx(67.5, abs=0.5)
    assert distance_km(weather, Site(49.4902, 188.4637 - 360)) == pytest.approx(20015 - 2 * 49.4902 * 111.19, abs=15)


# --- DWD TRY ---


def try_lines() -> list[str]:
    return gzip.decompress((DATA / BUNDLED["try2015-region12"]).read_bytes()).decode("latin-1").splitlines()


def test_try_renamed_takes_its_place_from_rw_and_hw(tmp_path: Path) -> None:
    path = tmp_path / "mine.dat"
    path.write_text("\n".join(try_lines()).replace("Hoehenlage", "Höhenlage"), encoding="latin-1")
    weather = read_weather(path)
    assert (weather.latitude_deg, weather.longitude_deg) == pytest.approx((49.4902, 8.4637), abs=0.01)
    given = read_weather(path, 50.0, 9.0)
    assert (given.latitude_deg, given.longitude_deg) == (50.0, 9.0)


def test_lcc_against_pyproj() -> None:
    from pyproj import Transformer

    to_geographic = Transformer.from_crs("EPSG:3034", "EPSG:4258")
    for east, north in ((3892500.0, 2531500.0), (3670500.0, 2242500.0), (4389500.0, 3179500.0), (4e6, 2.8e6)):
        assert lcc_to_geographic(east, north) == pytest.approx(to_geographic.transform(north, east), abs=1e-9)


def test_try_errors_name_the_line(tmp_path: Path) -> None:
    lines = try_lines()
    first = next(i for i, line in enumerate(lines) if line.startswith("***")) + 1
    path = tmp_path / "bad.dat"
    for change, match in (
        (lambda row: row.replace(" 83 ", " xx "), None),
        (lambda row: row[:16] + " 99" + row[19:], "MM 99 is not 1 … 12"),
    ):
        broken = lines.copy()
        broken[first + 2] = change(lines[first + 2])
        path.write_text("\n".join(broken), encoding="utf-8")
        if match is None:
            read_weather(path)  # relative humidity is not read, so its defects do not matter
            continue
        with pytest.raises(WeatherError, match=match) as caught:
            read_weather(path)
        assert caught.value.line == first + 3
    path.write_text("\n".join(lines[: first + 5] + lines[first + 9 :]), encoding="utf-8")
    with pytest.raises(WeatherError, match="rows are missing") as caught:
        read_weather(path)
    assert caught.value.line == first + 6
    path.write_text("\n".join(lines).replace("RW      HW MM DD HH ", "RG IS MM DD HH "), encoding="utf-8")
    with pytest.raises(WeatherError, match="not those of TRY 2011"):
        read_weather(path)


# --- EPW ---


def epw_lines(zone_h: float, latitude: float, longitude: float, offset_line: str = "") -> list[str]:
    """A clear year in EPW form, made from the sun itself: a row covers the hour before its label."""
    start = np.datetime64("2015-01-01T00:00", "s") + np.arange(8760) * np.timedelta64(3600, "s")
    sine = mean_sun(start - np.timedelta64(round(zone_h * 3600), "s"), 3600.0, latitude, longitude).sin_elevation
    head = [
        f"LOCATION,Town,XX,YY,TMY3,1,{latitude},{longitude},{zone_h},10",
        *["X"] * 5,
        f"COMMENTS 2,{offset_line}",
        "D",
    ]
    years = np.where(start < np.datetime64("2015-02-01"), 1995, 2003)
    rows = []
    for i, when in enumerate(start.astype(object)):
        ghi, dni = 1000.0 * sine[i], 700.0 * (sine[i] > 0)
        time = f"{years[i]},{when.month},{when.day},{when.hour + 1},0,?"
        rows.append(f"{time},20.0,10,50,101300,0,0,300,{ghi:.2f},{dni:.2f},{0.3 * ghi:.2f},0,0,0,0,180,2.5")
    return head + rows


@pytest.mark.parametrize(("zone_h", "latitude", "longitude"), [(-7.0, 39.83, -104.65), (5.5, 28.6, 77.2)])
def test_epw_label_is_the_end_of_the_hour(tmp_path: Path, zone_h: float, latitude: float, longitude: float) -> None:
    path = tmp_path / "year.epw"
    path.write_text("\n".join(epw_lines(zone_h, latitude, longitude)), encoding="utf-8")
    weather = read_weather(path)
    assert weather.start[0] == np.datetime64("2015-01-01T00:00:00") - np.timedelta64(round(zone_h * 3600), "s")
    assert weather.clock is not None and abs(weather.clock.late_min) < 1.0
    assert "nominal_year_2015" in weather.flags and "dni_closed_to_ghi" in weather.flags
    assert np.array_equal(np.unique(month_index(weather)[:744]), [0])
    assert weather.temp_air[0] == 20.0 and weather.wind_speed[0] == 2.5


def test_epw_of_pvgis_states_its_instant(tmp_path: Path) -> None:
    """−0.8239 h from the label, which PVGIS counts in UTC whatever the zone says: 00:10:34, half an hour
    either side.
    """
    path = tmp_path / "pvgis.epw"
    lines = epw_lines(0.0, 45.0, 8.0, "Irradiance Time Offset (h):-0.8239")
    lines[0] = lines[0].replace(",0.0,10", ",1,10")
    path.write_text("\n".join(lines), encoding="utf-8")
    weather = read_weather(path)
    assert weather.start[0] == np.datetime64("2014-12-31T23:40:34")
    assert "instant" in weather.label_convention


def test_wrong_clock_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "clock.epw"
    lines = epw_lines(1.0, 50.0, 8.0)
    lines[0] = lines[0].replace(",1.0,10", ",-5.0,10")
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(WeatherError, match="sun is down"):
        read_weather(path)


# --- DWD station ---


def test_station_with_an_unknown_step_is_refused(tmp_path: Path) -> None:
    raw = gzip.decompress((DATA / BUNDLED["duesseldorf-2024"]).read_bytes()).decode().splitlines()
    path = tmp_path / "half_hour.csv"
    path.write_text("\n".join(raw[:3] + raw[3:4000:2]), encoding="utf-8")
    with pytest.raises(WeatherError, match="1800 s"):
        read_weather(path)


# --- any file ---


def test_error_survives_pickling() -> None:
    error = WeatherError("is bad", "a.csv", 7, "Mend it")
    again = pickle.loads(pickle.dumps(error))
    assert (again.file, again.line, again.remedy, str(again)) == (
        "a.csv",
        7,
        "Mend it",
        "a.csv, line 7: is bad. Mend it",
    )


def test_import_is_cheap() -> None:
    import subprocess
    import sys

    code = (
        "import sys, solar, solar.weather, solar.irradiance, solar.sky\n"
        "print({'pvlib', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=DATA.parents[1], check=True
    )
    assert done.stdout.strip() == "set()"


def test_sun_position_is_the_closures_sun() -> None:
    """One-minute intervals have one instant: the closure's sine is that of the plain sun position."""
    start = np.datetime64("2024-06-01T10:00", "s") + np.arange(3) * np.timedelta64(60, "s")
    elevation, _ = sun_position(start + np.timedelta64(30, "s"), 50.0, 8.0)
    assert mean_sun(start, 60.0, 50.0, 8.0).sin_elevation == pytest.approx(np.sin(np.radians(elevation)), rel=1e-9)
