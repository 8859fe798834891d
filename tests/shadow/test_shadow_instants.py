"""The sun of whole days at odd places: polar day and night, the southern hemisphere, 29 February."""

from __future__ import annotations

import numpy as np
import pytest

from shadow.cast import first_last, hours, intervals, longest_h
from shadow.instants import Instants, instants_of
from shadow.judge import counted, hours_under
from shadow.rules import rule_named
from solar.site import Site

TROMSO, BARROW, SYDNEY = Site(69.65, 18.96), Site(71.29, -156.79), Site(-33.87, 151.21)
STEP_S = 600.0


def utc_day(site: Site, date: str, step_s: float = STEP_S) -> Instants:
    """A day of UTC."""
    time = np.datetime64(date, "s") + np.arange(0, 86400, int(step_s)) * np.timedelta64(1, "s")
    return instants_of(site, time, step_s)


@pytest.mark.parametrize("site", [TROMSO, BARROW])
def test_polar_day(site: Site) -> None:
    """The sun never sets: first and last are the ends of the day, and the longest run is the day."""
    day = utc_day(site, "2026-06-21")
    lit = np.ones((1, len(day.time)), bool)
    first, last = first_last(lit, day.time)
    assert len(day.time) == 144 and hours(lit, STEP_S) == pytest.approx([24.0])
    assert first[0] == np.datetime64("2026-06-21T00:00:00") and last[0] == np.datetime64("2026-06-21T23:50:00")
    assert longest_h(lit, day.time, STEP_S) == pytest.approx([24.0])
    # The sun goes round: an east and a west wall have half of it, a south wall its part between cos H = tan δ / tan φ.
    sun = hours_under(np.ones((4, 144), bool), counted(day, [0, 90, 180, 270], rule_named("wien")), STEP_S)
    south = 2 * np.degrees(np.arccos(np.tan(np.radians(23.436)) / np.tan(np.radians(site.latitude_deg)))) / 15
    assert sun == pytest.approx([24 - south, 12.0, south, 12.0], abs=0.2)


@pytest.mark.parametrize("site", [TROMSO, BARROW])
def test_polar_night(site: Site) -> None:
    day = utc_day(site, "2026-12-21")
    assert day.time.shape == (0,) and day.direction.shape == (0, 3)
    counts = counted(day, [180.0, 0.0], rule_named("en17037"))
    assert counts.shape == (2, 0) and (hours_under(counts, counts, STEP_S) == 0).all()


def test_the_last_short_night() -> None:
    """Before the midnight sun a short night lies within the day of UTC; it parts the day's light in two."""
    day = utc_day(TROMSO, "2026-05-17")
    lit = np.ones((1, len(day.time)), bool)
    early, late = intervals(lit[0], day.time, STEP_S)
    assert len(day.time) < 144 and early.hours + late.hours == pytest.approx(hours(lit, STEP_S)[0])
    assert longest_h(lit, day.time, STEP_S) == pytest.approx([max(early.hours, late.hours)])


def test_southern_hemisphere() -> None:
    """In Sydney the sun culminates in the north: a north wall has the winter sun, a south wall none."""
    june, december = utc_day(SYDNEY, "2026-06-21", 60.0), utc_day(SYDNEY, "2026-12-21", 60.0)
    noon = int(np.argmax(june.elevation_deg))
    assert june.elevation_deg[noon] == pytest.approx(90 - 33.87 - 23.44, abs=0.02)  # 90 − |φ| − ε at the solstice
    assert min(june.azimuth_deg[noon], 360 - june.azimuth_deg[noon]) < 0.5
    rule = rule_named("wien")

    def north_and_south(day: Instants) -> np.ndarray:
        return hours_under(np.ones((2, len(day.time)), bool), counted(day, [0.0, 180.0], rule), 60.0)

    # cos H = −tan φ tan δ: 9.79 h between rise and set, all of it north of the east-west line
    half = np.degrees(np.arccos(-np.tan(np.radians(-33.87)) * np.tan(np.radians(23.436)))) / 15
    assert north_and_south(june) == pytest.approx([2 * half, 0.0], abs=0.05)
    assert north_and_south(december)[1] > 3.0


@pytest.mark.parametrize("date", ["2028-02-28", "2028-02-29", "2028-03-01", "2027-03-01"])
def test_29_february(date: str) -> None:
    """Noon elevation from the Astronomical Almanac's low-precision sun (0.01°), which counts days from 2000."""
    day = utc_day(Site(50.08, 8.24), date, 60.0)
    n = (day.time[np.argmax(day.elevation_deg)] - np.datetime64("2000-01-01T12:00:00")) / np.timedelta64(1, "D")
    mean, anomaly = 280.460 + 0.9856474 * n, np.radians(357.528 + 0.9856003 * n)
    ecliptic = np.radians(mean + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    declination = np.degrees(np.arcsin(np.sin(np.radians(23.439 - 4e-7 * n)) * np.sin(ecliptic)))
    assert day.elevation_deg.max() == pytest.approx(90 - 50.08 + declination, abs=0.02)
