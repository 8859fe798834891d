"""The far horizon as a profile: what stands above it, and what it leaves of the sky, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from solar.far_horizon import FarHorizon, above, elevation_at, open_share
from solar.sky import horizon_weights, reinhart, sky_weights
from solar.sun import sun_direction

SKIES = (145, 577, 2305)


def level(elevation_deg: float = 0.0) -> FarHorizon:
    return FarHorizon(np.full(1440, elevation_deg))


def jagged(seed: int = 5) -> FarHorizon:
    return FarHorizon(np.maximum(np.random.default_rng(seed).uniform(-3.0, 12.0, 1440), 0.0))


def test_between_its_azimuths_a_profile_is_linear_all_around() -> None:
    horizon = FarHorizon(np.array([2.0, 4.0, 0.0, 8.0]))
    azimuth = np.array([0.0, 45.0, 90.0, 315.0, 360.0, -45.0, 405.0])
    assert elevation_at(horizon, azimuth) == pytest.approx([2.0, 3.0, 4.0, 5.0, 2.0, 5.0, 3.0], abs=1e-12)


def test_the_sun_stands_above_strictly() -> None:
    horizon = FarHorizon(np.array([0.0, 10.0, 0.0, 0.0]))
    east = sun_direction([9.999, 10.001], [90.0, 90.0])
    assert above(horizon, east).tolist() == [False, True]
    assert above(horizon, sun_direction([[4.9], [5.1]], [[45.0], [45.0]])).tolist() == [[False], [True]]
    flat = np.array([[0.0, -1.0, 0.0], [0.0, -1.0, 1e-9], [0.0, 0.0, 1.0]])
    assert above(level(), flat).tolist() == [False, True, True]


@pytest.mark.parametrize("n", SKIES)
def test_a_level_horizon_leaves_all_of_the_sky(n: int) -> None:
    assert (open_share(level(), reinhart(n)) == 1.0).all()


@pytest.mark.parametrize("n", SKIES)
def test_a_ring_wall_leaves_what_its_solid_angle_says(n: int) -> None:
    sky = reinhart(n)
    share = open_share(level(10.0), sky)
    assert (share * sky.solid_angle).sum() == pytest.approx(2 * np.pi * (1 - np.sin(np.radians(10.0))), rel=1e-12)
    assert (open_share(level(89.99), sky) * sky.solid_angle).sum() < 1e-6


@pytest.mark.parametrize("n", [577, 2305])
def test_planes_within_a_ring_wall_of_10_degrees(n: int) -> None:
    """A level plane keeps cos² of it; an upright one (π/2 − e − sin e cos e)/π of a whole sphere."""
    sky, e = reinhart(n), np.radians(10.0)
    weight = sky_weights(sky, np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [0.8, 0.6, 0.0]]))
    view = (weight * open_share(level(10.0), sky)).sum(axis=1) / np.pi
    upright = (np.pi / 2 - e - np.sin(e) * np.cos(e)) / np.pi
    # the one error: within a patch every solid angle weighs the same
    assert view == pytest.approx([np.cos(e) ** 2, upright, upright], rel=0.005)


def test_the_error_that_the_docstring_names() -> None:
    level_plane = np.array([[0.0, 0.0, 1.0]])
    lost = [
        1 - (sky_weights(s, level_plane)[0] * open_share(level(3.0), s)).sum() / np.pi for s in map(reinhart, SKIES)
    ]
    assert lost[1:] == pytest.approx([0.0057, 0.0029], abs=5e-5)
    assert np.sin(np.radians(3.0)) ** 2 == pytest.approx(0.0027, abs=5e-5)


def test_the_horizon_band_loses_what_the_lowest_row_loses() -> None:
    sky = reinhart(577)
    height = np.degrees(np.arcsin(np.sin(np.radians(sky.elevation_deg[0, 1])) / 2.0))
    band = horizon_weights(sky, np.array([[0.0, -1.0, 0.0]]))[0]
    assert (band * open_share(level(height), sky)).sum() == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("n", SKIES)
def test_a_jagged_horizon_against_quadrature(n: int) -> None:
    """Points of even solid angle over the whole sky, none of them chosen by patch."""
    sky, horizon = reinhart(n), jagged()
    sine = (np.arange(2000) + 0.5) / 2000
    azimuth = (np.arange(11520) + 0.5) / 32.0
    elevation = np.degrees(np.arcsin(sine))[:, None]
    low = elevation[:, 0] < 14.0
    nodes = np.arange(1441) / 4.0
    skyline = np.interp(azimuth, nodes, np.append(horizon.elevation_deg, horizon.elevation_deg[0]))
    over = elevation[low] > skyline
    share = open_share(horizon, sky)
    rows = np.flatnonzero(sky.elevation_deg[:, 1] < 14.0)
    for k in rows[:: max(1, len(rows) // 40)]:
        (bottom, top), (left, right) = sky.elevation_deg[k], sky.azimuth_deg[k]
        up = (elevation[low, 0] > bottom) & (elevation[low, 0] <= top)
        along = np.mod(azimuth - left, 360.0) < right - left
        assert share[k] == pytest.approx(over[up][:, along].mean(), abs=0.012)
    assert (share[sky.elevation_deg[:, 0] > 12.0] == 1.0).all()
