"""A user's plant read from CSV and TOML: right comes through, odd is named, wrong is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles.measured_plant import META, quarter_hours, write

from solar.errors import PlantError
from solar.measured.plant_file import read_plant

START, POWER = quarter_hours()
STAMPS = [str(time)[:16] for time in START]


def texts(values) -> list[str]:
    return [f"{value:.4f}" for value in values]


def kinds(record) -> dict[str, int]:
    return {finding.kind: finding.number for finding in record.findings}


def read(folder: Path, values=POWER, meta: str = META, **options):
    return read_plant(*write(folder, STAMPS, texts(values), meta, **options)).record


def test_quarter_hours_become_hours_per_kwp(tmp_path: Path) -> None:
    record = read(tmp_path)
    np.testing.assert_allclose(record.measured, POWER.reshape(-1, 4).mean(axis=1) / 10.0, atol=1e-5)
    assert record.start[0] == START[0] and np.all(np.diff(record.start) == np.timedelta64(3600, "s"))
    assert record.findings == () and record.usable.all() and record.mounting == "roof"


@pytest.mark.parametrize(("unit", "factor"), [("W", 1000.0), ("kW", 1.0), ("kWh", 0.25), ("Wh", 250.0)])
def test_every_unit_means_the_same(tmp_path: Path, unit: str, factor: float) -> None:
    record = read(tmp_path, POWER * factor, META.replace('"kW"', f'"{unit}"'))
    np.testing.assert_allclose(record.measured, POWER.reshape(-1, 4).mean(axis=1) / 10.0, atol=1e-4)


def test_labels_at_the_end_stand_for_what_was(tmp_path: Path) -> None:
    later = [str(time)[:16] for time in START + np.timedelta64(900, "s")]
    record = read_plant(*write(tmp_path, later, texts(POWER), META + 'label = "end"\n')).record
    assert record.start[0] == START[0]
    np.testing.assert_allclose(record.measured, POWER.reshape(-1, 4).mean(axis=1) / 10.0, atol=1e-5)


def test_german_spreadsheets_are_read(tmp_path: Path) -> None:
    stamps = [f"{s[8:10]}.{s[5:7]}.{s[:4]} {s[11:16]}" for s in STAMPS]
    values = [text.replace(".", ",") for text in texts(POWER)]
    record = read_plant(*write(tmp_path, stamps, values, META, "Zeit;P", ";")).record
    np.testing.assert_allclose(record.measured, POWER.reshape(-1, 4).mean(axis=1) / 10.0, atol=1e-5)


def test_a_wall_clock_loses_its_untold_hours_only(tmp_path: Path) -> None:
    """Europe/Berlin, 27 October 2024: the hour shown twice is dropped, all others stand in UTC."""
    start, power = quarter_hours(100, "2024-08-01")
    utc, hourly = start[::4], power.reshape(-1, 4).mean(axis=1)
    summer = utc < np.datetime64("2024-10-27T01:00")
    wall = [str(time)[:16] for time in utc + np.where(summer, 2, 1) * np.timedelta64(3600, "s")]
    meta = META.replace('"UTC"', '"Europe/Berlin"')
    record = read_plant(*write(tmp_path, wall, texts(hourly), meta)).record
    found = kinds(record)
    assert found["daylight saving"] == 2 and found["gap"] == 2
    assert record.start[0] == utc[0] and record.start[-1] == utc[-1]
    rows = record.usable & np.isfinite(record.measured)
    np.testing.assert_allclose(record.measured[rows], hourly[rows] / 10.0, atol=1e-4)


def test_offsets_in_the_file_win_over_the_zone(tmp_path: Path) -> None:
    stamps = [f"{time}+02:00" for time in (str(t)[:16] for t in START + np.timedelta64(7200, "s"))]
    assert read_plant(*write(tmp_path, stamps, texts(POWER))).record.start[0] == START[0]


def spoilt(rows: slice, value: str):
    def change(lines: list[str]) -> list[str]:
        return [
            f"{line.split(',')[0]},{value}" if i in range(*rows.indices(len(lines))) else line
            for i, line in enumerate(lines)
        ]

    return change


def test_gaps_are_counted_and_not_filled(tmp_path: Path) -> None:
    record = read(tmp_path, change=lambda lines: spoilt(slice(400, 440), "")(lines))
    assert kinds(record) == {"gap": 10} and not record.usable[100:110].any() and np.isnan(record.measured[105])
    assert record.findings[0].line == 402 and record.findings[0].first == START[400]


def test_rows_left_out_are_gaps_too(tmp_path: Path) -> None:
    record = read(tmp_path, change=lambda lines: lines[:400] + lines[440:])
    assert kinds(record) == {"gap": 10} and len(record.start) == len(START) // 4


def test_disorder_and_repetition_are_named(tmp_path: Path) -> None:
    def change(lines: list[str]) -> list[str]:
        return lines[:800] + lines[900:] + lines[800:900] + lines[-3:]

    record = read(tmp_path, change=change)
    assert kinds(record)["twice"] == 3 and kinds(record)["order"] >= 1
    np.testing.assert_allclose(record.measured, POWER.reshape(-1, 4).mean(axis=1) / 10.0, atol=1e-5)


def test_one_value_through_a_day_is_flagged(tmp_path: Path) -> None:
    noon = 40 * 96 + 32
    record = read(tmp_path, change=spoilt(slice(noon, noon + 40), "3.3333"))
    assert kinds(record) == {"stuck": 10} and not record.usable[noon // 4 : noon // 4 + 10].any()


def test_a_limit_is_clipping_and_not_stuck(tmp_path: Path) -> None:
    record = read(tmp_path, np.minimum(POWER, 4.0))
    assert set(kinds(record)) == {"clipping"} and record.usable.all()
    assert "0.400 kW/kWp" in record.findings[0].done


def test_standby_becomes_zero_and_is_counted(tmp_path: Path) -> None:
    record = read(tmp_path, np.where(POWER == 0.0, -0.05, POWER))
    assert kinds(record)["standby"] > 1000 and record.measured.min() == 0.0 and record.usable.all()


def test_a_little_light_at_night_is_left_out(tmp_path: Path) -> None:
    record = read(tmp_path, change=spoilt(slice(4, 12), "0.9"))
    assert kinds(record) == {"night": 2} and not record.usable[1:3].any()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (POWER * 1000.0, "W taken for kW"),
        (POWER / 1000.0, "kW taken for W"),
        (POWER * 2.5, "Check unit and peak_power_kw"),
        (np.cumsum(POWER) * 0.25, "only rise"),
        (POWER - 3.0, "negative"),
        (-POWER, "negative"),
        (np.roll(POWER, 48), "falls into the night"),
        (np.where(POWER > 0, 5.0, 0.0), "different values"),
        (np.full(len(POWER), np.nan), "no hour with a value"),
    ],
)
def test_what_would_teach_nonsense_is_refused(tmp_path: Path, values: np.ndarray, said: str) -> None:
    meta = META.replace('"kW"', '"kWh"') if said == "only rise" else META
    with pytest.raises(PlantError, match=said) as raised:
        read(tmp_path, np.asarray(values), meta)
    assert raised.value.line and raised.value.remedy and raised.value.file.endswith("plant.csv")


@pytest.mark.parametrize(
    ("change", "said", "line"),
    [
        (spoilt(slice(7, 8), "1.2.3"), "expected a number", 9),
        (spoilt(slice(7, 8), "٣"), "expected a number", 9),
        (lambda lines: [*lines[:5], "yesterday,1.0", *lines[6:]], "is no time", 7),
        (lambda lines: [*lines[:5], "2024-02-30T00:00,1.0", *lines[6:]], "not a time that exists", 7),
        (lambda lines: [*lines[:5], lines[5] + ",1", *lines[6:]], "3 fields under 2", 7),
        (lambda lines: [*lines, "2061-01-01T00:00,1.0"], "reaches from", None),
        (lambda lines: [line for i, line in enumerate(lines) if i % 97 == 0], "steps by", None),
        (lambda lines: lines[:1], "fewer than two rows", None),
    ],
)
def test_a_foreign_file_is_named_with_its_line(tmp_path: Path, change, said: str, line: int | None) -> None:
    with pytest.raises(PlantError, match=said) as raised:
        read(tmp_path, change=change)
    assert line is None or raised.value.line == line


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('zone = "UTC"', 'zone = "Mars/Olympus"', "zone is 'Mars/Olympus'"),
        ('zone = "UTC"\n', "", "lacks zone"),
        ("tilt_deg = 30", "tilt_deg = 300", "tilt_deg is 300"),
        ("tilt_deg = 30", 'tilt_deg = "steil"', "tilt_deg is 'steil'"),
        ("latitude_deg", "latitude", "does not know latitude"),
        ('unit = "kW"', 'unit = "MW"', "unit is 'MW'"),
        ('column = "P"', 'column = "Q"', "no column 'Q'"),
        ("name =", "name", "is no TOML"),
    ],
)
def test_a_wrong_toml_says_what_to_write(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(PlantError, match=said):
        read(tmp_path, meta=META.replace(old, new))


def test_a_vertical_bifacial_plant_stands_upright(tmp_path: Path) -> None:
    upright = META.replace("tilt_deg = 30", "tilt_deg = 88") + 'mounting = "vertical bifacial"\n'
    assert read(tmp_path, meta=upright).mounting == "vertical bifacial"
    with pytest.raises(PlantError, match=r"tilt_deg is 30.*vertical bifacial.*mounting = .free"):
        read(tmp_path, meta=META + 'mounting = "vertical bifacial"\n')
