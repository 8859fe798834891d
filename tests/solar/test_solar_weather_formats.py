"""What single formats need beyond the clock test: places, editions, refusals with the way out."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from oracles import weather_files as files

from solar.sun import sun_position
from solar.weather import BUNDLED, WeatherError, bundled, month_index, read_record, read_weather, recognises

DATA = Path(__file__).parents[2] / "solar" / "data"


def write(path: Path, lines: list[str], encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines), encoding=encoding)
    return path


# --- TRY 2011 ---


def as_try2011(longitude_deg: float) -> tuple[files.ClearYear, np.ndarray]:
    """The 2015 year with its radiation brought to hours of true solar time, energy kept; temperature stays MEZ."""
    weather = bundled()
    woz = np.datetime64("2015-01-01T00:00", "s") + np.arange(8761) * np.timedelta64(3600, "s")
    edges = files.true_solar_end_utc(woz, longitude_deg).astype(np.int64).astype(float)
    known = np.append(weather.start, weather.start[-1:] + np.timedelta64(3600, "s")).astype(np.int64).astype(float)

    def moved(values: np.ndarray) -> np.ndarray:
        # beyond the ends of the year it is night
        return np.diff(np.interp(edges, known, np.append(0.0, np.cumsum(values))))

    start = (woz[:-1] - np.timedelta64(3600, "s")).astype("datetime64[s]")
    year = files.ClearYear(start, woz[1:], 3600, moved(weather.ghi), moved(weather.dhi), weather.temp_air)
    return year, edges


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_2015_year_in_the_layout_of_2011(tmp_path: Path, encoding: str) -> None:
    year, edges = as_try2011(files.LONGITUDE)
    path = write(tmp_path / "TRY2010_12_Jahr.dat", files.try2011(year), encoding)
    weather, other = read_weather(path), bundled()
    assert recognises(path) == "DWD TRY 2011"
    assert (weather.latitude_deg, weather.longitude_deg) == pytest.approx((49.516667, 8.55), abs=1e-5)
    assert float(weather.ghi.sum()) == pytest.approx(float(other.ghi.sum()), rel=1e-5)
    assert float(read_record(path).columns.dhi.sum()) == pytest.approx(float(other.dhi.sum()), rel=1e-5)
    assert weather.clock is not None and other.clock is not None
    assert abs(weather.clock.late_min) < 5.0 and weather.warnings == ()
    # the hours of the record are those the radiation was summed over, but for the year's own equation of time
    begun = (weather.start - np.datetime64("2010-01-01T00:00:00")).astype(np.int64)
    assert np.abs(begun - (edges[:-1] - np.datetime64("2015-01-01", "s").astype(np.int64))).max() < 60
    # temperature is MEZ: brought to the middles of those hours, it is that of the 2015 year there
    elsewhere = np.interp(begun, (other.start - np.datetime64("2015-01-01T00:00:00")).astype(np.int64), other.temp_air)
    assert weather.temp_air == pytest.approx(elsewhere, abs=0.2)
    assert "nominal_year_2010" in weather.flags
    assert np.bincount(month_index(weather)).tolist()[1] == 672


def test_try_2011_read_as_mez_would_run_half_an_hour_early(tmp_path: Path) -> None:
    """What the reader is for: the same rows under the 2015 layout, which is MEZ, are off by true noon's 26 minutes."""
    year, _ = as_try2011(files.LONGITUDE)
    weather = read_weather(write(tmp_path / "wrong.dat", files.try2015(year)))
    assert weather.clock is not None and weather.clock.late_min == pytest.approx(-26.0, abs=5.0)
    assert "early" in weather.warnings[0]


def test_place_of_a_try_2011(tmp_path: Path) -> None:
    year = files.clear_year(days=45, true_solar=True)
    path = write(tmp_path / "cut.dat", files.try2011(year, located=False))
    weather = read_weather(path)
    assert "place_of_region_12" in weather.flags
    assert (weather.latitude_deg, weather.longitude_deg) == pytest.approx((49.516667, 8.55), abs=1e-5)
    given = read_weather(path, 50.0, 8.0)
    assert (given.latitude_deg, given.longitude_deg) == (50.0, 8.0)
    lines = [line.replace("12 1 ", "16 1 ", 1) for line in files.try2011(year, located=False)]
    with pytest.raises(WeatherError, match="RG 16"):
        read_weather(write(path, lines))


# --- PVGIS ---


def test_pvgis_on_a_slope_is_refused_with_the_way_out(tmp_path: Path) -> None:
    year = files.clear_year(days=5)
    for name, lines in (
        ("slope.csv", files.pvgis_hourly_csv(year, "Slope: 30 deg.")),
        ("tracking.csv", files.pvgis_hourly_csv(year, "Two axis tracking")),
        ("slope.json", files.pvgis_hourly_json(year, 30.0)),
    ):
        path = write(tmp_path / name, lines)
        assert recognises(path) == "PVGIS"
        with pytest.raises(WeatherError, match="slope") as caught:
            read_weather(path)
        assert "slope 0" in caught.value.remedy


def test_pvgis_5_2_does_not_state_its_offset(tmp_path: Path) -> None:
    year = files.clear_year(days=60)
    weather = read_weather(write(tmp_path / "a.csv", files.pvgis_tmy_csv(year, None)))
    assert "irradiance_time_offset_not_stated" in weather.flags and weather.warnings == ()
    assert abs(weather.clock.late_min) < 1.5  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('{"inputs": {"location": {"irradiance_time_offset": 0}}}', "without the parts"),
        ('{"inputs": {"radiation_db": 1}, "outputs": {"tmy_hourly": [1', "no JSON"),
        ('{"inputs": {"radiation_db": 1}, "outputs": {"hourly": []}}', "without the parts"),
        ('{"inputs": {"radiation_db": 1}, "outputs": ' + "[" * 100_000, "without the parts|no JSON"),
    ],
)
def test_broken_pvgis_json(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(WeatherError, match=match):
        read_weather(write(tmp_path / "a.json", [text]))


def test_a_record_of_json_is_named_by_its_number(tmp_path: Path) -> None:
    content = json.loads(files.pvgis_tmy_json(files.clear_year(days=3))[0])
    content["outputs"]["tmy_hourly"][35]["G(h)"] = 99999.0
    path = write(tmp_path / "a.json", [json.dumps(content)])
    with pytest.raises(WeatherError, match=r"ghi 99999 .*") as caught:
        read_weather(path)
    assert caught.value.line == 36 and "hourly records" in str(caught.value)


# --- DWD Climate Data Center ---


def test_zenith_of_real_rows_names_the_end_of_the_hour() -> None:
    """A row as DWD publishes it: ZENIT is the sun's zenith at mid-interval, half an hour before the label."""
    # 5906;1979010100:28;1;-999;0.0;0.0;0;152.90;1979010101:00;eor (Mannheim)
    end = np.datetime64("1979-01-01T00:28", "s")
    middle = end + np.arange(-60, 61, 30) * np.timedelta64(60, "s")
    elevation, _ = sun_position(middle, 49.509, 8.554)
    apart = 90.0 - elevation - 152.90
    assert apart[1] == pytest.approx(0.0, abs=0.1) and np.all(np.abs(apart[2:]) > 0.2)


def test_place_of_a_cdc_series_stands_beside_it(tmp_path: Path) -> None:
    year = files.clear_year(600, days=3)
    path = write(tmp_path / "produkt_zehn_min_sd_20150201_20150203_05906.txt", files.cdc_ten_minutes(year))
    with pytest.raises(WeatherError, match="at which place") as caught:
        read_weather(path)
    assert "Metadaten_Geographie_05906.txt" in caught.value.remedy
    beside = [
        "Stations_id;Stationshoehe;Geogr.Breite;Geogr.Laenge;von_datum;bis_datum;Stationsname",
        "       5906;   96.00; 49.5000;  8.5000;19340101;19500101;Mannheim (alt)",
        "       5906;   98.00; 49.5090;  8.5541;19500102;;Mannheim",
        "",
    ]
    write(tmp_path / "Metadaten_Geographie_05906.txt", beside, "latin-1")
    weather = read_weather(path)
    assert (weather.latitude_deg, weather.longitude_deg) == (49.509, 8.5541)
    assert "Mannheim" in weather.source


def test_a_download_of_the_climate_data_center_as_it_comes(tmp_path: Path) -> None:
    """The zip: the series is found among its descriptions, and its place in one of them."""
    year = files.clear_year(600, days=3)
    series = "\n".join(files.cdc_ten_minutes(year))
    place = "Stations_id;Stationshoehe;Geogr.Breite;Geogr.Laenge;von;bis;Stationsname\n"
    place += "5906;98;49.5090;8.5541;1950;;Mannheim\n"
    path = tmp_path / "10minutenwerte_SOLAR_05906_akt.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("produkt_zehn_min_sd_20150201_20150203_05906.txt", series)
        archive.writestr("Metadaten_Geographie_05906.txt", place)
        archive.writestr("Metadaten_Geraete_05906.html", "<html/>")
    assert recognises(path) == "DWD CDC station series"
    weather = read_weather(path)
    assert (weather.latitude_deg, weather.longitude_deg) == (49.509, 8.5541)
    assert np.array_equal(weather.start, year.start)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/year.EPW", "\n".join(files.epw(files.clear_year(days=2, offset_h=files.MEZ_H))))
        archive.writestr("x/year.stat", "-")
        archive.writestr("x/readme.txt", "hello")
    assert read_weather(path).source.startswith("EPW")


def test_cdc_before_2000_is_mez(tmp_path: Path) -> None:
    year = files.clear_year(600, days=40, offset_h=files.MEZ_H, first="1999-03-01")
    path = write(tmp_path / "a.txt", files.cdc_ten_minutes(year))
    weather = read_weather(path, files.LATITUDE, files.LONGITUDE)
    assert np.array_equal(weather.start, year.start)


def test_one_station_a_file(tmp_path: Path) -> None:
    lines = files.cdc_ten_minutes(files.clear_year(600, days=2))
    lines[40] = lines[40].replace("5906", "5907")
    with pytest.raises(WeatherError, match="station 5907 after 5906") as caught:
        read_weather(write(tmp_path / "a.txt", lines), 50.0, 8.0)
    assert caught.value.line == 41


# --- CAMS, EPW, horizon ---


def test_cams_in_true_solar_time_is_refused(tmp_path: Path) -> None:
    lines = files.cams(files.clear_year(900, days=2))
    lines[3] = "# Time reference: True solar time (TST)"
    with pytest.raises(WeatherError, match="true solar time"):
        read_weather(write(tmp_path / "a.csv", lines))


def test_epw_in_windows_1252_without_a_data_period(tmp_path: Path) -> None:
    lines = files.epw(files.clear_year(days=10, offset_h=files.MEZ_H))
    lines[0] = lines[0].replace("Town", "Mühldorf – „Süd“")
    lines[7] = "DATA PERIODS"
    weather = read_weather(write(tmp_path / "a.epw", lines, "cp1252"))
    assert weather.step_s == 3600 and "Mühldorf" in weather.source


def test_epw_without_global_irradiance_gets_it_from_its_parts(tmp_path: Path) -> None:
    year = files.clear_year(days=10, offset_h=files.MEZ_H)
    lines = files.epw(year)
    for i, (sun, row) in enumerate(zip(files.beam(year), lines[8:], strict=True)):
        fields = row.split(",")
        fields[13], fields[14] = "9999", f"{sun:.2f}"
        lines[8 + i] = ",".join(fields)
    weather = read_weather(write(tmp_path / "a.epw", lines))
    assert "ghi_from_dni_dhi" in weather.flags
    assert float(weather.ghi.sum()) == pytest.approx(float(year.ghi.sum()), rel=0.01)


def test_a_horizon_is_no_weather(tmp_path: Path) -> None:
    path = write(tmp_path / "h.csv", ["horizon_azimuth,horizon_elevation", "0,9.9", "7.5,13"])
    assert recognises(path) == "horizon profile (no weather)"
    with pytest.raises(WeatherError, match="horizon profile, not weather"):
        read_weather(path)


def test_city_models_are_not_recognised(tmp_path: Path) -> None:
    for text in ("<CityModel/>", '{"type": "CityJSON", "version": "2.0"}', "a,b,c\n1,2,3\n", "\0\0\0"):
        path = tmp_path / "file"
        path.write_text(text, encoding="utf-8")
        assert recognises(path) is None
    for name in BUNDLED.values():
        assert recognises(DATA / name) is not None
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(b"\n".join(line.encode() for line in files.epw(files.clear_year(days=2)))))
    assert recognises(packed) == "EPW"


@pytest.mark.parametrize("offset", ["1e308", "-1e308", "7"])
def test_an_impossible_time_offset_is_refused(tmp_path: Path, offset: str) -> None:
    path = tmp_path / "tmy.csv"
    lines = files.pvgis_tmy_csv(files.clear_year(days=30))
    stated = [f"Irradiance Time Offset (h): {offset}" if "Time Offset" in line else line for line in lines]
    path.write_text("\n".join(stated), encoding="utf-8")
    with pytest.raises(WeatherError, match="time offset"):
        read_weather(path)


def test_an_hourly_answer_without_times_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hourly.json"
    content = json.loads(files.pvgis_hourly_json(files.clear_year(days=30))[0])
    for record in content["outputs"]["hourly"]:
        del record["time"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(WeatherError, match="no column of times"):
        read_weather(path)
