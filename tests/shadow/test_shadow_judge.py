"""Rules on arrays, against the slow way: rays through a hole in a wall, loops over instants, hand-made sums."""

from __future__ import annotations

import numpy as np
import pytest

from shadow.instants import Instants
from shadow.judge import (
    area_share,
    concerned,
    counted,
    counted_anywhere,
    hours_under,
    is_met,
    level_of,
    shade_hours,
)
from shadow.reveal import enters, half_angle_deg, lintel_deg
from shadow.rules import RuleError, rule_named
from solar.sun import sun_direction


def random_suns(n: int = 400, seed: int = 5) -> Instants:
    rng = np.random.default_rng(seed)
    elevation, azimuth = rng.uniform(0, 89, n), rng.uniform(0, 360, n)
    time = np.datetime64("2026-03-21", "s") + np.arange(n) * np.timedelta64(60, "s")
    return Instants(time, 60.0, elevation, azimuth, sun_direction(elevation, azimuth, 0.0))


FACADES = np.array([0.0, 45.0, 123.4, 180.0, 270.0, 359.0])


def through_the_hole(instants: Instants, facade_deg: float, width: float, depth: float, rise: float) -> np.ndarray:
    """Rays from the room side to where they pierce the outer plane, in the wall's own axes; no angles."""
    a = np.radians(facade_deg)
    out, along = np.array([np.sin(a), np.cos(a), 0.0]), np.array([np.cos(a), -np.sin(a), 0.0])
    forward = instants.direction @ out
    found = np.zeros(len(forward), bool)
    for i in np.flatnonzero(forward > 0):
        pierced = instants.direction[i] * (depth / forward[i])
        found[i] = abs(pierced @ along) < width / 2 and pierced[2] <= rise
    return found


@pytest.mark.parametrize(("width", "depth", "rise"), [(1.2, 0.36, 1.0), (0.6, 0.5, 0.4), (3.0, 0.2, 2.0)])
def test_the_reveal_against_rays_through_a_hole(width: float, depth: float, rise: float) -> None:
    instants, rule = random_suns(), rule_named("en17037")
    beta, top = half_angle_deg(width, depth), lintel_deg(rise, depth)
    found = counted(instants, FACADES, rule, half_angle_deg=beta, lintel_deg=top)
    for row, facade in enumerate(FACADES):
        expected = through_the_hole(instants, facade, width, depth, rise) & (instants.elevation_deg >= 11.0)
        assert np.array_equal(found[row], expected)
    assert found.any() and not found.all()


def test_each_facade_has_its_own_opening() -> None:
    instants, rule = random_suns(), rule_named("en17037")
    widths = np.linspace(0.3, 3.0, len(FACADES))
    together = counted(instants, FACADES, rule, half_angle_deg=half_angle_deg(widths, 0.36))
    alone = [
        counted(instants, [facade], rule, half_angle_deg=half_angle_deg(width, 0.36))[0]
        for facade, width in zip(FACADES, widths, strict=True)
    ]
    assert np.array_equal(together, alone)


def test_the_window_of_the_rule_and_none() -> None:
    assert half_angle_deg(1.2, 0.36) == pytest.approx(59.04, abs=0.005)
    assert half_angle_deg(1.2, 0.0) == pytest.approx(90.0)
    instants, rule = random_suns(), rule_named("en17037")
    own = counted(instants, FACADES, rule)
    assert np.array_equal(own, counted(instants, FACADES, rule, half_angle_deg=half_angle_deg(1.2, 0.36)))
    plane = counted(instants, FACADES, rule, half_angle_deg=90.0)
    normals = sun_direction(np.zeros(len(FACADES)), FACADES, 0.0)
    expected = (normals @ instants.direction.T > 0) & (instants.elevation_deg >= 11.0)
    assert np.array_equal(plane, expected) and (own <= plane).all()


def test_the_sun_in_the_plane_of_the_facade_does_not_count() -> None:
    turned = np.array([[-90.0, -89.99, 0.0, 89.99, 90.0, 180.0]])
    assert enters(np.full(6, 30.0), turned, 90.0).tolist() == [[False, True, True, True, False, False]]


def test_the_clock_window_is_half_open() -> None:
    """Eight to seventeen at ten minutes is nine hours, no step more."""
    n = 144
    time = np.datetime64("2026-02-08", "s") + np.arange(n) * np.timedelta64(600, "s")
    high = np.full(n, 30.0)
    instants = Instants(time, 600.0, high, np.full(n, 180.0), sun_direction(high, np.full(n, 180.0), 0.0))
    rule, clock = rule_named("zuerich"), np.arange(n) / 6.0
    counts = counted(instants, [180.0, 0.0], rule, clock)
    assert hours_under(np.ones((2, n), bool), counts, 600.0) == pytest.approx([9.0, 0.0])
    assert np.array_equal(counts[0], counted_anywhere(instants, rule, clock))
    with pytest.raises(RuleError, match="legal hours"):
        counted(instants, [180.0], rule)


def test_shade_that_the_plan_brings() -> None:
    lit = np.array([[1, 0, 0, 0, 1, 0]], bool)
    without = np.array([[1, 1, 1, 0, 1, 0]], bool)
    counts = np.array([1, 1, 1, 1, 1, 0], bool)
    assert shade_hours(lit, counts, 3600.0) == pytest.approx([3.0])
    assert shade_hours(lit, counts, 3600.0, without) == pytest.approx([2.0])


def test_levels() -> None:
    """Values on the threshold reach it, though sums of steps may end a rounding error below."""
    (sun,), (shade,) = rule_named("en17037").criteria, rule_named("zuerich").criteria
    assert level_of([0.0, 1.49, 1.5, 2.9, 3.0, 4.0, 12.0, np.nan], sun).tolist() == [-1, -1, 0, 0, 1, 2, 2, -1]
    for steps in (1, 2, 3, 5, 6, 10):
        n = 90 // steps
        assert level_of(hours_under(np.ones((1, n), bool), np.ones((1, n), bool), steps * 60.0), sun) == [0]
    assert level_of([3.0, 3.01, 0.0], shade).tolist() == [0, -1, 0]
    assert is_met([1.5, 1.4], sun).tolist() == [True, False]


def test_what_keeps_four_fifths_is_met() -> None:
    vsc = next(c for c in rule_named("bre209").criteria if c.id == "vsc")
    assert is_met([0.27, 0.26, 0.20, 0.19], vsc, [0.40, 0.40, 0.25, 0.25]).tolist() == [True, False, True, False]
    assert is_met([0.27, 0.26], vsc).tolist() == [True, False]
    # A rule without that clause does not ask what was before.
    (sun,) = rule_named("en17037").criteria
    assert is_met([1.4], sun, [1.4]).tolist() == [False]


def test_area_shares() -> None:
    sun = np.array([0.0, 2.0, 3.0, 1.9, 9.0, 5.0])
    group = np.array([0, 0, 0, 1, -1, 3])
    assert area_share(sun, group, 4, 2.0) == pytest.approx([2 / 3, 0.0, np.nan, 1.0], nan_ok=True)
    assert np.isnan(area_share(np.empty(0), np.empty(0, int), 2, 2.0)).all()


def test_who_is_concerned() -> None:
    """Probable sunlight is asked of windows within a right angle of due south, sky light of all."""
    by_id = {c.id: c for c in rule_named("bre209").criteria}
    azimuth = [0.0, 89.9, 90.0, 180.0, 270.0, 270.1, 359.0]
    assert concerned(azimuth, by_id["apsh"]).tolist() == [False, False, True, True, True, False, False]
    assert concerned(azimuth, by_id["vsc"]).all()
