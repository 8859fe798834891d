"""Legal days of many zones, against change rules written out and sunrise by spherical trigonometry."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from shadow.cast import first_last
from shadow.instants import instants_of
from solar.site import Site
from twin.errors import TwinError
from twin.study.clock import clock_hours, clock_text, day_times, legal, standard, standard_offset_h, zone_named

BERLIN, TOKYO, DENVER = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo"), ZoneInfo("America/Denver")
SYDNEY, SANTIAGO, KATHMANDU = ZoneInfo("Australia/Sydney"), ZoneInfo("America/Santiago"), ZoneInfo("Asia/Kathmandu")
HOUR = np.timedelta64(3600, "s")


def sunday(year: int, month: int, nth: int) -> datetime.date:
    """The nth Sunday of a month, −1 the last one."""
    days = [datetime.date(year, month, 1) + datetime.timedelta(days=d) for d in range(31)]
    return [d for d in days if d.month == month and d.weekday() == 6][nth if nth < 0 else nth - 1]


def berlin_offset_h(time: np.datetime64) -> int:
    """Directive 2000/84/EC: summer time from the last Sunday of March to that of October, 01:00 UTC."""
    year = int(str(time)[:4])
    begin, end = (np.datetime64(sunday(year, month, -1), "s") + HOUR for month in (3, 10))
    return 2 if begin <= time < end else 1


def denver_offset_h(time: np.datetime64) -> int:
    """15 U.S.C. § 260a: from the second Sunday of March to the first of November, 02:00 by the old clock."""
    year = int(str(time)[:4])
    begin = np.datetime64(sunday(year, 3, 2), "s") + 9 * HOUR
    end = np.datetime64(sunday(year, 11, 1), "s") + 8 * HOUR
    return -6 if begin <= time < end else -7


@pytest.mark.parametrize(
    ("zone", "date", "n_hours", "start"),
    [
        (BERLIN, "2026-03-21", 24, "2026-03-20T23:00:00"),
        (BERLIN, "2026-03-29", 23, "2026-03-28T23:00:00"),
        (BERLIN, "2026-10-25", 25, "2026-10-24T22:00:00"),
        (BERLIN, "2028-02-29", 24, "2028-02-28T23:00:00"),
        (TOKYO, "2026-03-29", 24, "2026-03-28T15:00:00"),
        (DENVER, "2026-03-08", 23, "2026-03-08T07:00:00"),
        (DENVER, "2026-11-01", 25, "2026-11-01T06:00:00"),
        (DENVER, "2026-03-29", 24, "2026-03-29T06:00:00"),
        (SYDNEY, "2026-10-04", 23, "2026-10-03T14:00:00"),
        (KATHMANDU, "2026-06-21", 24, "2026-06-20T18:15:00"),
        # Chile puts the clock forward at midnight: the day begins at 01:00.
        (SANTIAGO, "2026-09-06", 23, "2026-09-06T04:00:00"),
    ],
)
def test_a_day_from_midnight_to_midnight(zone: ZoneInfo, date: str, n_hours: int, start: str) -> None:
    day = datetime.date.fromisoformat(date)
    for step in (60, 10, 1):
        times = day_times(day, zone, step)
        assert len(times) == n_hours * 60 // step and times.dtype == np.dtype("datetime64[s]")
        assert times[0] == np.datetime64(start) and (np.diff(times) == np.timedelta64(step * 60, "s")).all()
    clock = legal(times, zone)
    assert {moment.date() for moment in clock} == {day}
    following = day_times(day + datetime.timedelta(days=1), zone, 1)
    assert following[0] - times[-1] == np.timedelta64(60, "s")


@pytest.mark.parametrize("year", [2024, 2026, 2028, 2031])
def test_every_hour_of_a_year_follows_the_change_rules(year: int) -> None:
    times = np.arange(np.datetime64(f"{year}-01-01", "s"), np.datetime64(f"{year}-12-31", "s"), HOUR)
    for zone, offset_h in ((BERLIN, berlin_offset_h), (DENVER, denver_offset_h), (TOKYO, lambda _: 9)):
        found = legal(times, zone)
        for time, moment in zip(times[::7], found[::7], strict=True):
            expected = (time + offset_h(time) * HOUR).item()
            assert moment.replace(tzinfo=None) == expected


def test_a_period_of_the_legal_clock() -> None:
    date = datetime.date(2026, 6, 21)
    times = day_times(date, BERLIN, 30, datetime.time(9), datetime.time(12))
    assert [str(t)[11:16] for t in times] == ["07:00", "07:30", "08:00", "08:30", "09:00", "09:30", "10:00"]
    assert clock_hours(times, BERLIN) == pytest.approx(np.arange(9, 12.5, 0.5))
    assert len(day_times(date, BERLIN, 60, datetime.time(22))) == 2
    assert len(day_times(date, BERLIN, 60, None, datetime.time(1))) == 2
    assert len(day_times(date, BERLIN, 60, datetime.time(9, 10), datetime.time(9, 20))) == 0


def test_a_period_on_change_days() -> None:
    """Half past two does not exist in spring and comes twice in autumn."""
    first, last = datetime.time(2, 30), datetime.time(3, 0)
    assert len(day_times(datetime.date(2026, 3, 29), BERLIN, 30, first, last)) == 1
    assert len(day_times(datetime.date(2026, 10, 25), BERLIN, 30, first, last)) == 3
    hours = clock_hours(day_times(datetime.date(2026, 10, 25), BERLIN, 60), BERLIN)
    assert hours[:5].tolist() == [0, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("zone", "winter_h", "summer_h"), [(BERLIN, 1, 2), (TOKYO, 9, 9), (DENVER, -7, -6), (SYDNEY, 10, 11)]
)
def test_standard_time(zone: ZoneInfo, winter_h: int, summer_h: int) -> None:
    assert standard_offset_h(zone, 2026) == winter_h
    times = np.array(["2026-01-15T12:00:00", "2026-07-15T12:00:00"], "datetime64[s]")
    assert [m.utcoffset() for m in standard(times, zone)] == [datetime.timedelta(hours=winter_h)] * 2
    offsets = {moment.utcoffset() for moment in legal(times, zone)}
    assert offsets == {datetime.timedelta(hours=winter_h), datetime.timedelta(hours=summer_h)}


def test_irish_standard_time_is_that_of_winter() -> None:
    assert standard_offset_h(ZoneInfo("Europe/Dublin"), 2026) == 0


@pytest.mark.parametrize(
    ("time", "zone", "language", "text"),
    [
        ("2026-06-21T11:00", BERLIN, "de", "13:00 MESZ (12:00 UTC+1)"),
        ("2026-06-21T11:00", BERLIN, "en", "13:00 CEST (12:00 UTC+1)"),
        ("2026-01-17T11:00", BERLIN, "de", "12:00 MEZ (12:00 UTC+1)"),
        ("2026-06-21T22:30", BERLIN, "de", "00:30 MESZ (23:30 UTC+1, Vortag)"),
        ("2026-06-21T22:30", BERLIN, "en", "00:30 CEST (23:30 UTC+1, day before)"),
        ("2026-06-21T18:00", DENVER, "en", "12:00 MDT (11:00 UTC−7)"),
        ("2026-06-21T06:15", KATHMANDU, "en", "12:00 UTC+5:45 (12:00 UTC+5:45)"),
        ("2026-01-17T12:00", ZoneInfo("UTC"), "en", "12:00 UTC (12:00 UTC)"),
    ],
)
def test_how_an_instant_is_printed(time: str, zone: ZoneInfo, language: str, text: str) -> None:
    assert clock_text(np.datetime64(time), zone, language) == text


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Europe/Berlim", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("MESZ", "like "),
        ("", "Europe/Berlin"),
        ("../../etc/passwd", "like "),
        ("Europe", "like "),
    ],
)
def test_an_unknown_zone_names_near_ones(name: str, near: str) -> None:
    with pytest.raises(TwinError, match="no such IANA name") as error:
        zone_named(name)
    assert near in error.value.remedy


def test_known_zones() -> None:
    assert zone_named("Asia/Tokyo") == TOKYO and zone_named("Europe/Berlin").key == "Europe/Berlin"


def test_wrong_steps_and_periods() -> None:
    date = datetime.date(2026, 3, 21)
    for step in (0, -10, 7, 45, 120):
        with pytest.raises(TwinError, match="divides an hour"):
            day_times(date, BERLIN, step)
    with pytest.raises(TwinError, match="before it begins"):
        day_times(date, BERLIN, 10, datetime.time(17), datetime.time(9))


@pytest.mark.parametrize(
    ("zone", "site", "date"),
    [
        (BERLIN, Site(50.08, 8.24), "2026-03-29"),
        (BERLIN, Site(50.08, 8.24), "2026-10-25"),
        (BERLIN, Site(50.08, 8.24), "2028-02-29"),
        (TOKYO, Site(35.68, 139.69), "2026-03-29"),
        (DENVER, Site(39.74, -104.99), "2026-11-01"),
        (SYDNEY, Site(-33.87, 151.21), "2026-12-21"),
    ],
)
def test_sunrise_and_sunset_by_the_hour_angle(zone: ZoneInfo, site: Site, date: str) -> None:
    """cos H = −tan φ tan δ, with pvlib's Fourier series of 1971 for δ and the equation of time."""
    import pandas as pd
    import pvlib

    day = datetime.date.fromisoformat(date)
    sun = instants_of(site, day_times(day, zone, 1), 60.0)
    (first,), (last,) = first_last(np.ones((1, len(sun.time)), bool), sun.time)
    noon = pd.DatetimeIndex([datetime.datetime.combine(day, datetime.time(12), tzinfo=zone)]).tz_convert("UTC")
    number = noon.day_of_year + noon.hour / 24.0
    declination = float(pvlib.solarposition.declination_spencer71(number)[0])
    late = float(pvlib.solarposition.equation_of_time_spencer71(number)[0])
    middle = pd.Timestamp(noon[0].date(), tz="UTC") + pd.Timedelta(hours=12 - site.longitude_deg / 15 - late / 60)
    half = np.degrees(np.arccos(-np.tan(np.radians(site.latitude_deg)) * np.tan(declination))) / 15
    rise, down = ((middle + pd.Timedelta(hours=h)).tz_localize(None).to_numpy() for h in (-half, half))
    assert abs(first - rise) < np.timedelta64(4 * 60, "s")
    assert abs(last - down) < np.timedelta64(4 * 60, "s")


def test_midnight_sun_on_the_legal_day() -> None:
    """Tromsø on Midsummer: all of the day from local midnight on, which is 22 h UTC."""
    zone = ZoneInfo("Europe/Oslo")
    times = day_times(datetime.date(2026, 6, 24), zone, 10)
    sun = instants_of(Site(69.65, 18.96), times, 600.0)
    (first,), (last,) = first_last(np.ones((1, len(sun.time)), bool), sun.time)
    assert [f"{m:%H:%M}" for m in legal(np.array([first, last]), zone)] == ["00:00", "23:50"]
    assert len(instants_of(Site(69.65, 18.96), day_times(datetime.date(2026, 12, 21), zone, 10), 600.0).time) == 0
