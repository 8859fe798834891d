"""Worked numbers of the daylight acceptance table, rows 1 to 5 and 12: site 50.08° N 8.24° E, year 2026, UTC+1.

The table was computed twice elsewhere (NREL SPA against PyEphem, slab formulas against rays); here the project's own
sun, directions, ray caster and hours must reproduce it.
"""

from __future__ import annotations

import numpy as np
import pytest
from oracles.gnomon import tip_shadow

import raytrace
from io_citygml.crs import meridian_convergence_deg, parse_crs
from shadow.cast import hours, intervals
from solar.sun import sun_direction, sun_position

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
