"""Worked numbers of the daylight acceptance table, rows 1 to 13 and 15: site 50.08° N 8.24° E, year 2026, UTC+1.

The table was computed twice elsewhere (NREL SPA against PyEphem, slab formulas against rays); here the project's own
sun, directions, ray caster, rules and hours must reproduce it.
"""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from oracles.gnomon import tip_shadow

import raytrace
from io_citygml.crs import meridian_convergence_deg, parse_crs
from shadow.cast import first_last, hours, intervals, union
from shadow.instants import Instants, instants_of
from shadow.judge import counted, counted_anywhere, hours_under, is_met, level_of, shade_hours
from shadow.rules import rule_named
from shadow.vsc import vertical_sky_component
from solar.overcast import overcast_sky
from solar.site import Site
from solar.sun import sun_direction, sun_position
from twin.study.clock import clock_hours, day_times, standard

LATITUDE, LONGITUDE = 50.08, 8.24
CET = np.timedelta64(1, "h")
MAST_M = 20.0
FOOT = np.array([445623.74, 5547802.12, 0.0])


def sun(clock: str) -> tuple[float, float]:
    """Elevation and true azimuth [deg] at a UTC+1 clock time."""
    elevation, azimuth = sun_position(np.array([np.datetime64(clock, "s") - CET]), LATITUDE, LONGITUDE)
    return float(elevation[0]), float(azimuth[0])


@pytest.mark.parametrize(
    ("clock", "elevation_deg", "azimuth_deg", "length_m"),
    [
        ("2026-03-21T12:00", 39.718, 168.858, 24.07),
        ("2026-01-17T12:00", 18.750, None, 58.92),
        ("2026-06-21T12:00", 62.768, None, 10.29),
        ("2026-09-23T12:00", 39.570, None, 24.20),
        ("2026-12-21T12:00", 16.270, None, 68.53),
        ("2026-03-21T09:00", 22.641, 119.352, 47.95),
        ("2026-03-21T15:00", 31.412, 224.133, 32.75),
        ("2027-03-21T12:00", 39.623, None, None),
        ("2028-03-21T12:00", 39.927, None, None),
    ],
)
def test_rows_1_3_4_5_mast(clock: str, elevation_deg: float, azimuth_deg: float | None, length_m: float | None) -> None:
    elevation, azimuth = sun(clock)
    assert elevation == pytest.approx(elevation_deg, abs=0.02)
    if azimuth_deg is not None:
        assert azimuth == pytest.approx(azimuth_deg, abs=0.02)
    if length_m is not None:
        tip = tip_shadow(np.zeros(3), MAST_M, sun_direction(np.array([elevation]), np.array([azimuth]), 0.0), 0.0)[0]
        assert np.hypot(tip[0], tip[1]) == pytest.approx(length_m, rel=0.005)


def test_row_1_offset_in_true_axes() -> None:
    elevation, azimuth = sun("2026-03-21T12:00")
    tip = tip_shadow(np.zeros(3), MAST_M, sun_direction(np.array([elevation]), np.array([azimuth]), 0.0), 0.0)[0]
    assert tip[:2] == pytest.approx([-4.65, 23.62], abs=0.02)


def test_row_2_tip_in_the_grid() -> None:
    convergence = float(meridian_convergence_deg(parse_crs("EPSG:25832"), FOOT[0], FOOT[1]))
    assert convergence == pytest.approx(-0.583, abs=0.002)
    elevation, azimuth = sun("2026-03-21T12:00")
    direction = sun_direction(np.array([elevation]), np.array([azimuth]), convergence)
    tip = tip_shadow(FOOT, MAST_M, direction, 0.0)[0]
    assert tip[:2] == pytest.approx([445619.33, 5547825.78], abs=0.02)
    bearing = np.degrees(np.arctan2(tip[0] - FOOT[0], tip[1] - FOOT[1])) % 360
    assert bearing == pytest.approx(349.44, abs=0.02)


def tower() -> raytrace.Bvh:
    """10 × 10 m in plan, 20 m high, its north face along y = 0."""
    corner = np.array([[x, y, z] for z in (0.0, 20.0) for y in (-10.0, 0.0) for x in (-5.0, 5.0)])
    quad = [(4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    triangles = np.array([t for a, b, c, d in quad for t in ((a, b, c), (a, c, d))])
    return raytrace.build(corner, triangles)


# distance from the north face [m]: hours in shadow on 21 Mar, 21 Dec, 8 Feb, 3 Nov
ROW_12 = {10: (2.78, 3.79, 3.41, 3.42), 20: (1.44, 1.97, 1.77, 1.77), 30: (0.0, 1.32, 1.19, 1.19)}
DATES = ("2026-03-21", "2026-12-21", "2026-02-08", "2026-11-03")


@pytest.mark.parametrize("convergence_deg", [0.0, -0.583])
def test_row_12_hours_in_the_shadow_of_a_tower(convergence_deg: float) -> None:
    """Whole days at one-minute steps through the visibility kernel; aligned to the grid the hours stay the same."""
    place = np.array([[0.0, float(d), 0.01] for d in ROW_12], np.float32)
    up = np.tile(np.array([0.0, 0.0, 1.0], np.float32), (len(place), 1))
    bvh = tower()
    for column, date in enumerate(DATES):
        times = np.datetime64(date, "s") - CET + np.arange(24 * 60) * np.timedelta64(60, "s")
        elevation, azimuth = sun_position(times, LATITUDE, LONGITUDE)
        day = elevation > 0
        direction = sun_direction(elevation[day], azimuth[day], convergence_deg)
        lit = raytrace.bits.unpack(raytrace.visible(bvh, place, up, direction), int(day.sum()))
        for row, expected in enumerate(ROW_12.values()):
            shaded = hours(~lit[row], 60.0)
            if expected[column] == 0.0:
                assert shaded == 0.0
            else:
                assert shaded == pytest.approx(expected[column], abs=2 / 60)


def test_row_12_clock_times() -> None:
    times = np.datetime64("2026-03-21", "s") - CET + np.arange(24 * 60) * np.timedelta64(60, "s")
    elevation, azimuth = sun_position(times, LATITUDE, LONGITUDE)
    day = elevation > 0
    direction = sun_direction(elevation[day], azimuth[day], 0.0)
    place = np.array([[0.0, 10.0, 0.01]], np.float32)
    seen = raytrace.visible(tower(), place, np.array([[0, 0, 1]], np.float32), direction)
    lit = raytrace.bits.unpack(seen, int(day.sum()))[0]
    (run,) = intervals(~lit, times[day] + CET, 60.0)
    for instant, expected in ((run.first, "2026-03-21T11:11"), (run.last, "2026-03-21T13:58")):
        assert abs((instant - np.datetime64(expected, "s")) / np.timedelta64(60, "s")) <= 2


SITE, ZONE = Site(LATITUDE, LONGITUDE), ZoneInfo("Europe/Berlin")
NAMED = {"N": 0.0, "NE": 45.0, "E": 90.0, "SE": 135.0, "S": 180.0, "SW": 225.0, "W": 270.0, "NW": 315.0}
EN, DIN = rule_named("en17037"), rule_named("din5034")
ON_THE_PLANE, THROUGH_THE_REVEAL = 90.0, None
MINUTES = 2 / 60


def whole_day(date: str) -> Instants:
    """A legal day at one-minute steps."""
    return instants_of(SITE, day_times(datetime.date.fromisoformat(date), ZONE, 1), 60.0)


def sun_hours(date: str, facade: str, rule_name: str, half_angle_deg: float | None) -> float:
    """Of a free façade."""
    day = whole_day(date)
    counts = counted(day, [NAMED[facade]], rule_named(rule_name), half_angle_deg=half_angle_deg)
    return float(hours_under(np.ones_like(counts), counts, 60.0)[0])


def expect_clock(lit: np.ndarray, day: Instants, first: str, last: str) -> None:
    """First and last sun in UTC+1, which is standard time on every date."""
    ends = np.concatenate(first_last(lit[None], day.time))
    for moment, text in zip(standard(ends, ZONE), (first, last), strict=True):
        expected = datetime.datetime.combine(moment.date(), datetime.time.fromisoformat(text), moment.tzinfo)
        assert abs(moment - expected) <= datetime.timedelta(minutes=2)


FACADE_ROWS = [
    # row 6 and 7: façade-point mode; row 8: room side; row 9: DIN 5034
    ("2026-03-21", "en17037", ON_THE_PLANE, {"S": 9.75, "SE": 7.35, "SW": 7.37, "E": 4.87, "W": 4.88}),
    ("2026-03-21", "en17037", ON_THE_PLANE, {"NE": 2.38, "NW": 2.40, "N": 0.0}),
    ("2026-02-01", "en17037", ON_THE_PLANE, {"S": 6.32, "SE": 6.25, "E": 3.16, "NE": 0.06}),
    ("2026-03-21", "en17037", THROUGH_THE_REVEAL, {"S": 6.90, "E": 3.23}),
    ("2026-02-01", "en17037", THROUGH_THE_REVEAL, {"S": 6.32, "E": 1.10}),
    ("2026-01-17", "din5034", THROUGH_THE_REVEAL, {"S": 6.84, "E": 3.42, "NE": 0.18}),
    ("2026-03-21", "din5034", THROUGH_THE_REVEAL, {"S": 10.80, "E": 5.39, "NE": 2.91}),
]


@pytest.mark.parametrize(("date", "rule_name", "half_angle_deg", "expected"), FACADE_ROWS)
def test_rows_6_to_9_facades(
    date: str, rule_name: str, half_angle_deg: float | None, expected: dict[str, float]
) -> None:
    for facade, value in expected.items():
        found = sun_hours(date, facade, rule_name, half_angle_deg)
        assert found == (0.0 if value == 0.0 else pytest.approx(value, abs=MINUTES)), facade


def test_rows_6_to_9_clock_times() -> None:
    for date, rule, half_angle_deg, first, last in (
        ("2026-03-21", EN, ON_THE_PLANE, "07:42", "17:27"),
        ("2026-02-01", EN, ON_THE_PLANE, "09:31", "15:50"),
        ("2026-03-21", EN, THROUGH_THE_REVEAL, "09:07", "16:01"),
        ("2026-01-17", DIN, THROUGH_THE_REVEAL, "09:12", "16:02"),
        ("2026-03-21", DIN, THROUGH_THE_REVEAL, "07:11", "17:59"),
    ):
        day = whole_day(date)
        expect_clock(counted(day, [180.0], rule, half_angle_deg=half_angle_deg)[0], day, first, last)
    day = whole_day("2026-03-21")
    expect_clock(counted(day, [90.0], EN, half_angle_deg=ON_THE_PLANE)[0], day, "07:42", "12:34")


def test_rows_6_to_9_levels() -> None:
    """The free choice of date flips E from high to medium and NE from low to none."""
    (sun,) = EN.criteria
    winter, equinox = DIN.criteria

    def level(date: str, facade: str, half_angle_deg: float | None = ON_THE_PLANE) -> str:
        index = int(level_of(sun_hours(date, facade, "en17037", half_angle_deg), sun))
        return sun.levels[index].name if index >= 0 else ""

    assert [level("2026-03-21", f) for f in ("S", "E", "NE", "NW", "N")] == ["high", "high", "low", "low", ""]
    assert [level("2026-02-01", f) for f in ("S", "E", "NE")] == ["high", "medium", ""]
    assert level("2026-03-21", "E", THROUGH_THE_REVEAL) == "medium"
    assert level("2026-02-01", "E", THROUGH_THE_REVEAL) == ""
    for criterion, date in ((winter, "2026-01-17"), (equinox, "2026-03-21")):
        met = [bool(is_met(sun_hours(date, f, "din5034", None), criterion)) for f in ("S", "E", "NE")]
        assert met == [True, True, False]


def behind_a_wall(ratio: float, half_length: float, directions: np.ndarray) -> np.ndarray:
    """Bits of a point on a south façade; 10 m due south a thin opaque wall, its top ``ratio`` · 10 m above it."""
    corner = np.array([[x, -10.0, z] for z in (-20.0, 10.0 * ratio) for x in (-half_length, half_length)])
    bvh = raytrace.build(corner, np.array([[0, 1, 3], [0, 3, 2]]))
    return raytrace.visible(bvh, np.zeros((1, 3)), np.array([[0.0, -1.0, 0.0]]), directions)


def hours_behind(ratio: float, date: str, rule_name: str) -> tuple[float, np.ndarray, Instants]:
    day = whole_day(date)
    lit = raytrace.bits.unpack(behind_a_wall(ratio, 1000.0, day.direction), len(day.time))
    counts = counted(day, [180.0], rule_named(rule_name), half_angle_deg=ON_THE_PLANE)
    return float(hours_under(lit, counts, 60.0)[0]), (lit & counts)[0], day


def test_rows_10_and_11_wall() -> None:
    assert hours_behind(0.8, "2026-03-21", "en17037")[0] == pytest.approx(9.75, abs=MINUTES)
    assert hours_behind(1.0, "2026-03-21", "en17037")[0] == 0.0
    assert hours_behind(0.5, "2026-01-17", "din5034")[0] == 0.0
    found, lit, day = hours_behind(0.5, "2026-02-21", "en17037")
    assert found == pytest.approx(5.19, abs=MINUTES)
    expect_clock(lit, day, "10:06", "15:18")


@pytest.mark.parametrize("date", ["2026-02-08", "2026-11-03"])
def test_row_12_more_than_three_hours_on_both_days_of_zuerich(date: str) -> None:
    day, rule = whole_day(date), rule_named("zuerich")
    place, up = np.array([[0.0, 10.0, 0.01], [0.0, 20.0, 0.01]]), np.tile([0.0, 0.0, 1.0], (2, 1))
    lit = raytrace.bits.unpack(raytrace.visible(tower(), place, up, day.direction), len(day.time))
    counts = counted_anywhere(day, rule, clock_hours(day.time, ZONE))
    shade = shade_hours(lit, counts, 60.0, np.ones_like(lit))
    assert is_met(shade, rule.criteria[0]).tolist() == [False, True]


@pytest.mark.parametrize(("angle_deg", "expected"), [(0.0, 0.3962), (25.0, 0.2731), (45.0, 0.1537)])
def test_row_13_vertical_sky_component(angle_deg: float, expected: float) -> None:
    theta, sky = np.radians(angle_deg), overcast_sky()
    bits = behind_a_wall(float(np.tan(theta)), 20_000.0, sky.direction)
    found = vertical_sky_component(bits, sky, np.array([[0.0, -1.0, 0.0]]))
    formula = 3 * (1 - np.sin(theta)) / 14 + 4 * np.cos(theta) ** 2 / (7 * np.pi)
    assert formula == pytest.approx(expected, abs=5e-5)
    assert found == pytest.approx([formula], rel=0.005)


def test_row_15_two_openings_of_one_room() -> None:
    times = np.datetime64("2026-03-21", "s") - CET + np.arange(24 * 60) * np.timedelta64(60, "s")
    minute = np.arange(24 * 60)
    lit = np.array([(minute >= 9 * 60) & (minute < 11 * 60), (minute >= 10 * 60) & (minute < 12 * 60)])
    room = union(lit, np.zeros(2, int), 1)
    assert hours(lit, 60.0).sum() == pytest.approx(4.0)
    assert hours(room, 60.0) == pytest.approx([3.0])
    assert len(intervals(room[0], times, 60.0)) == 1
