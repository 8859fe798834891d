"""The open measured plants: physics beside them to within known figures, and what is wrong with their clocks found."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks import _open_plants as open_
from solar.errors import PlantError
from solar.measured.against_physics import check_hours

pytestmark = pytest.mark.shared


@cache
def plants(folder: Path):
    return open_.open_plants(folder / "pv")


@cache
def hours_of(folder: Path, name: str, year: int):
    return check_hours(plants(folder)[name].hours(year), name)


def error_and_bias(hours) -> tuple[float, float]:
    rows = hours.usable & (hours.elevation_deg > 0.0)
    measured, value = hours.measured[rows], hours.value_phys[rows]
    return float(np.sqrt(np.mean((value - measured) ** 2)) / measured.mean()), float(value.sum() / measured.sum() - 1)


@pytest.mark.parametrize(
    ("name", "year", "most", "bias", "shift"),
    [
        ("utrecht", 2014, 0.38, 0.12, 5.0),
        ("turin", 2019, 0.31, 0.06, 8.0),
        ("system50", 2012, 0.30, 0.03, 12.0),
        ("foulum_tilted", 2023, 0.22, 0.11, 8.0),
        ("foulum_vertical", 2023, 0.21, 0.07, 8.0),
    ],
)
def test_physics_beside_measurement(
    shared_data: Path, name: str, year: int, most: float, bias: float, shift: float
) -> None:
    hours = hours_of(shared_data, name, year)
    error, found_bias = error_and_bias(hours)
    assert error < most and abs(found_bias) < bias and abs(hours.shift_min) < shift


def test_sums_are_those_of_the_manifest(shared_data: Path) -> None:
    for name, sums in {"utrecht": (972, 1017), "turin": (1249, 1191)}.items():
        plant = plants(shared_data)[name]
        for year, total in zip(sorted(set(plant.years().tolist())), sums, strict=True):
            rows = plant.years() == year
            assert np.nansum(plant.record.measured[rows]) == pytest.approx(total, abs=1.0)


def test_utrechts_shade_is_found_where_it_is_known(shared_data: Path) -> None:
    """Summer afternoons at 16–17 UTC give 0.61–0.66 of PVGIS, winter mornings 0.24–0.48."""
    hours = hours_of(shared_data, "utrecht", 2014)
    said = next(finding.done for finding in hours.findings if finding.kind == "shaded")
    assert "azimuth 255–285°, elevation 10–30°" in said and "azimuth 105–165°" in said


def test_turins_clock_step_is_refused_as_it_stands_in_the_file(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_, "_turin_clock", lambda start, measured: (measured, ()))
    raw = open_._pvgis_plant(shared_data / "pv", open_.TURIN)
    with pytest.raises(PlantError, match=r"jumps by .* in 2019-11"):
        raw.hours(2019)


def test_system_50s_wall_clock_is_refused_under_its_label(shared_data: Path) -> None:
    plant = plants(shared_data)["system50"]
    record = plant.record
    local = record.start
    march, november = np.datetime64("2012-03-11T09"), np.datetime64("2012-11-04T08")
    summer = (local >= march) & (local < november)
    # the label −07:00 puts summer an hour late
    measured = np.where(summer, np.roll(record.measured, 1), record.measured)
    wrong = plant._replace(record=record._replace(measured=measured, usable=np.isfinite(measured)))
    with pytest.raises(PlantError, match="daylight saving"):
        wrong.hours(2012)
