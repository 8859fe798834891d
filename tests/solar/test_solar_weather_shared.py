"""Every weather file of the shared sample data: sums and label conventions as another program measured them
(MANIFEST-METEO.md), its clock against the sun, and a shift of an hour noticed in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from solar.closure import mean_sun
from solar.sun import sun_position
from solar.weather import WeatherError, build_weather, read_record, read_weather, recognises

pytestmark = pytest.mark.shared


class Known(NamedTuple):
    """Sums as printed in the manifest [kWh/m²] (DNI that of the file), mean temperature [°C], rows, first label."""

    file: str
    format: str
    ghi: float
    dni: float | None
    dhi: float
    temp_air: float
    rows: int
    convention: str


MANIFEST = (
    Known(
        "TRY2015_494902084637_Jahr.dat.gz", "DWD TRY 2015/2045", 1094.8, None, 585.5, 12.19, 8760, "end of hour, MEZ"
    ),
    Known(
        "TRY2015_494902084637_Somm.dat.gz", "DWD TRY 2015/2045", 1175.9, None, 568.2, 12.65, 8760, "end of hour, MEZ"
    ),
    Known(
        "TRY2015_494902084637_Wint.dat.gz", "DWD TRY 2015/2045", 1128.4, None, 588.4, 11.21, 8760, "end of hour, MEZ"
    ),
    Known(
        "TRY2045_494902084637_Jahr.dat.gz", "DWD TRY 2015/2045", 1178.9, None, 582.0, 13.45, 8760, "end of hour, MEZ"
    ),
    Known("USA_CO_Denver.Intl.AP.725650_TMY3.epw.gz", "EPW", 1670.2, 1977.6, 556.5, 10.88, 8760, "end of hour, local"),
    Known("BESTEST_WD200_Atlanta_722190_TMY3.epw.gz", "EPW", 1685.9, 1580.4, 721.4, 16.65, 8760, "end of hour, local"),
    Known("BESTEST_WD400_Barrow_700260_TMY3.epw.gz", "EPW", 713.4, 674.5, 461.7, -11.82, 8760, "end of hour, local"),
    Known(
        "pvgis_tmy_45.000_8.000_2005_2023.csv.gz", "PVGIS", 1435.9, 1591.6, 570.9, 13.56, 8760, "+10.6 min = instant"
    ),
    Known(
        "pvgis_tmy_45.000_8.000_2005_2023.json.gz", "PVGIS", 1435.9, 1591.6, 570.9, 13.56, 8760, "+10.6 min = instant"
    ),
    Known("pvgis_tmy_45.000_8.000_2005_2023.epw.gz", "EPW", 1435.9, 1591.6, 570.9, 13.56, 8760, "-49.4 min = instant"),
    Known(
        "dwd_10min_2023-2024_Aachen_6.08_50.77.csv.gz",
        "DWD station series",
        1144.8,
        None,
        581.7,
        11.52,
        52560,
        "end of 10 min, UTC",
    ),
    Known(
        "dwd_15min_2024_Duesseldorf_6.7686_51.2960.csv.gz",
        "DWD station series",
        989.9,
        None,
        567.4,
        12.26,
        35136,
        "middle of 15 min, UTC",
    ),
)
# Read to a clear refusal, or too short for sums.
OTHERS = {
    "cams_mcclear_1min_verbose.csv": "CAMS radiation / McClear",
    "pvgis_horizon_test_read_pvgis_horizon.csv": "horizon profile (no weather)",
    "pvgis_hourly_Timeseries_45.000_8.000_SA_30deg_0deg_2016_2016.csv": "PVGIS",
}
FILES = pytest.mark.parametrize("known", MANIFEST, ids=lambda known: known.file)


def kwh(values: np.ndarray, step_s: float) -> float:
    return float(values.sum()) * step_s / 3.6e6


def test_no_file_is_left_out(shared_data: Path) -> None:
    there = {path.name for path in (shared_data / "weather").iterdir()}
    assert there == {known.file for known in MANIFEST} | set(OTHERS)


@FILES
def test_sums_labels_and_clock(shared_data: Path, known: Known) -> None:
    path = shared_data / "weather" / known.file
    assert recognises(path) == known.format
    record = read_record(path)
    weather = build_weather(record)
    assert len(weather.ghi) == known.rows and not weather.filled.any()
    assert kwh(weather.ghi, weather.step_s) == pytest.approx(known.ghi, abs=0.051)
    # in the record: the closure may move a little of the beam to the diffuse
    assert record.columns.dhi is not None and kwh(record.columns.dhi, weather.step_s) == pytest.approx(
        known.dhi, abs=0.051
    )
    assert kwh(weather.dhi, weather.step_s) == pytest.approx(known.dhi, abs=0.15)
    if known.dni is not None:
        assert record.columns.dni is not None
        assert kwh(record.columns.dni, weather.step_s) == pytest.approx(known.dni, abs=0.051)
        # hourly files state their beam at one instant; closed to GHI it differs by up to 2 %
        assert kwh(weather.dni, weather.step_s) == pytest.approx(known.dni, rel=0.022)
    assert weather.temp_air.mean() == pytest.approx(known.temp_air, abs=0.0051)
    assert known.convention in weather.label_convention
    assert weather.clock is not None
    assert abs(weather.clock.late_min) < 5.0 and weather.clock.error_min < 2.0
    assert weather.warnings == () and not any(flag.startswith("clock") for flag in weather.flags)


@FILES
def test_an_hour_is_noticed_in_every_real_file(shared_data: Path, known: Known) -> None:
    weather = read_weather(shared_data / "weather" / known.file, shift_min=60.0)
    assert weather.clock is not None and weather.clock.late_min == pytest.approx(60.0, abs=6.0)
    assert len(weather.warnings) == 1 and "60 min late" in weather.warnings[0]


@pytest.mark.parametrize("minutes", [-60, -30, 30])
def test_other_shifts_are_named_by_their_side(shared_data: Path, minutes: int) -> None:
    weather = read_weather(shared_data / "weather" / MANIFEST[4].file, shift_min=float(minutes))
    assert weather.clock is not None and weather.clock.late_min == pytest.approx(minutes, abs=3.0)
    assert f"{abs(minutes)} min {'late' if minutes > 0 else 'early'}" in weather.warnings[0]


def test_three_forms_of_one_pvgis_year_are_one(shared_data: Path) -> None:
    csv, json, epw = (
        read_weather(shared_data / "weather" / f"pvgis_tmy_45.000_8.000_2005_2023.{form}.gz")
        for form in ("csv", "json", "epw")
    )
    for other in (json, epw):
        assert np.array_equal(csv.start, other.start)
        assert other.ghi == pytest.approx(csv.ghi, abs=1e-9) and other.dni == pytest.approx(csv.dni, abs=1e-9)


def test_height_of_the_sun_in_pvgis_hours_is_that_of_the_label(shared_data: Path) -> None:
    """H_sun beside the values: the label is the instant (minute :10 of SARAH), to a twentieth of a degree."""
    path = shared_data / "weather" / "pvgis_hourly_Timeseries_45.000_8.000_SA_30deg_0deg_2016_2016.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("2016")]
    up = [row for row in rows if float(row[4]) > 0]
    times = np.array([f"{r[0][:4]}-{r[0][4:6]}-{r[0][6:8]}T{r[0][9:11]}:{r[0][11:]}" for r in up], "datetime64[s]")
    stated = np.array([float(row[4]) for row in up])
    for minutes, fits in ((0, True), (-10, False), (10, False)):
        elevation, _ = sun_position(times + np.timedelta64(minutes * 60, "s"), 45.0, 8.0)
        # refraction lifts the stated sun by up to a tenth near the horizon
        assert (np.abs(elevation - stated).max() < 0.25) == fits
    with pytest.raises(WeatherError, match=r"slope of 30°") as caught:
        read_weather(path)
    assert "slope 0" in caught.value.remedy


def test_energy_above_the_atmosphere_proves_the_periods_of_cams(shared_data: Path) -> None:
    """TOA is pure geometry: in the period as named it is that of our sun, a minute aside it is not."""
    path = shared_data / "weather" / "cams_mcclear_1min_verbose.csv"
    weather = read_weather(path)
    rows = [line.split(";") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("2020")]
    stated = np.array([float(row[1]) for row in rows]) * 60.0
    assert weather.flags[0] == "clear_sky_model" and len(weather.ghi) == len(rows)
    assert weather.ghi == pytest.approx([60.0 * float(row[2]) for row in rows])

    def above(seconds: int) -> np.ndarray:
        sun = mean_sun(weather.start + np.timedelta64(seconds, "s"), 60.0, weather.latitude_deg, weather.longitude_deg)
        return np.asarray(sun.sin_elevation * sun.dni_extra)

    ratio = [np.polyfit(np.arange(len(rows)), above(s) / stated, 0)[0] for s in (-300, 0, 300)]
    assert ratio[1] == pytest.approx(1.0, abs=0.003)
    # the sines beside it, from the column sza
    zenith = np.array([float(row[6]) for row in rows])
    elevation, _ = sun_position(weather.start + np.timedelta64(30, "s"), weather.latitude_deg, weather.longitude_deg)
    assert 90.0 - elevation == pytest.approx(zenith, abs=0.02)
    assert weather.clock is not None and not weather.clock.known and weather.warnings == ()


def test_a_horizon_is_refused_by_its_name(shared_data: Path) -> None:
    with pytest.raises(WeatherError, match="horizon profile, not weather"):
        read_weather(shared_data / "weather" / "pvgis_horizon_test_read_pvgis_horizon.csv")
