"""Shade between rows against rays in space, and rows' frames and trackers against pvlib."""

from __future__ import annotations

import numpy as np
import pvlib
import pytest
from oracles.rows_by_rays import Strips, sun_of

from solar.pv.rows import (
    beam_shaded_fraction,
    cos_of_face,
    profile_angle,
    row_frame,
    rows_used,
    shaded_of,
    shadow_by_pitch,
    sky_masking,
    tracker_rotation,
)
from solar.sun import in_interval_sun

SLOPES = [(270.0, 8.0, 150.0), (180.0, 15.0, 0.0), (200.0, 12.0, 100.0), (90.0, 20.0, 30.0), (180.0, 0.0, 180.0)]


@pytest.mark.parametrize(("row_azimuth", "slope_tilt", "slope_azimuth"), SLOPES)
def test_frame_and_profile_are_those_of_pvlib(row_azimuth: float, slope_tilt: float, slope_azimuth: float) -> None:
    frame = row_frame(row_azimuth, slope_tilt, slope_azimuth)
    axis = (row_azimuth - 90.0) % 360.0
    axis_tilt = pvlib.tracking.calc_axis_tilt(slope_azimuth, slope_tilt, axis)
    assert frame.axis_tilt_deg == pytest.approx(axis_tilt, abs=1e-9)
    across = pvlib.tracking.calc_cross_axis_tilt(slope_azimuth, slope_tilt, axis, axis_tilt)
    assert frame.cross_slope_deg == pytest.approx(across, abs=1e-9)
    elevation, azimuth = np.array([3.0, 40.0, 20.0]), np.array([100.0, 185.0, 260.0])
    expected = pvlib.shading.projected_solar_zenith_angle(90.0 - elevation, azimuth, axis_tilt, axis)
    np.testing.assert_allclose(profile_angle(elevation, azimuth, frame), expected, atol=1e-9)


@pytest.mark.parametrize("tilt", [-25.0, 5.0, 20.0, 60.0, 90.0])
@pytest.mark.parametrize(("row_azimuth", "slope_tilt", "slope_azimuth"), SLOPES)
def test_shaded_fraction_is_what_rays_find(
    tilt: float, row_azimuth: float, slope_tilt: float, slope_azimuth: float
) -> None:
    random = np.random.default_rng(1)
    elevation, azimuth = 40.0 * random.random(60) ** 2 + 0.1, random.uniform(0.0, 360.0, 60)
    strips = Strips(row_azimuth, tilt, 0.45, slope_tilt, slope_azimuth)
    found = []
    for sun in (sun_of(e, a) for e, a in zip(elevation, azimuth, strict=True)):
        _, start = strips.points(800)
        found.append(1.0 - np.mean(strips.free(start, np.tile(sun, (800, 1)))))
    ours = beam_shaded_fraction(elevation, azimuth, tilt, row_azimuth, 0.45, slope_tilt, slope_azimuth)
    below = np.array([sun_of(e, a) @ strips.ground <= 0 for e, a in zip(elevation, azimuth, strict=True)])
    np.testing.assert_allclose(ours[below], 1.0)
    np.testing.assert_allclose(ours[~below], np.array(found)[~below], atol=2.5e-3)
    assert ours.max() > 0.05


def test_tents_shade_each_side_like_rows_of_that_side() -> None:
    """East–west tents in their cross-section: a ray to the sun meets the next tent or none."""
    slant, tilt, period = 1.1, np.radians(10.0), 2.6
    ridge = slant * np.sin(tilt)
    for elevation in (2.0, 4.0, 6.0, 9.0, 12.0, 40.0):
        rise = np.tan(np.radians(elevation))
        down = (np.arange(4000) + 0.5) / 4000 * slant
        x, z = down * np.cos(tilt), ridge - down * np.sin(tilt)
        in_shade = z + rise * (period - x) < ridge
        ours = beam_shaded_fraction(np.array([elevation]), np.array([90.0]), 10.0, 90.0, slant / period)
        assert float(ours[0]) == pytest.approx(in_shade.mean(), abs=5e-4)
        if elevation > 10.0:
            behind = beam_shaded_fraction(np.array([elevation]), np.array([270.0]), 10.0, 90.0, slant / period)
            assert float(behind[0]) == 0.0


@pytest.mark.parametrize("tilt", [0.0, 10.0, 35.0, 90.0, 120.0, 170.0])
@pytest.mark.parametrize("gcr", [0.2, 0.5, 0.9])
def test_sky_masking_is_the_integral_over_the_slant(tilt: float, gcr: float) -> None:
    """Uniform sky in the cross-section: a point's view factor is half the difference of sines from its normal."""
    beta = np.radians(tilt)
    above = gcr * (1.0 - (np.arange(20000) + 0.5) / 20000)
    mask = np.arctan2(above * np.sin(beta), 1.0 - above * np.cos(beta))
    # Elevations from the horizon before the row: normal at 90° − β, sky from the mask to behind, 180° − β.
    view = 0.5 * (np.sin(np.pi / 2.0) - np.sin(mask - (np.pi / 2.0 - beta)))
    free = 0.5 * (1.0 + np.cos(beta))
    assert float(sky_masking(tilt, gcr)) == pytest.approx(view.mean() / free, abs=1e-6)


def test_sky_masking_is_one_for_rows_far_apart_and_for_level_ones() -> None:
    np.testing.assert_allclose(sky_masking(np.array([0.0, 30.0, 90.0, 150.0]), 1e-7), 1.0, atol=1e-6)
    np.testing.assert_allclose(sky_masking(0.0, 0.8), 1.0)
    assert float(sky_masking(180.0, 0.5)) == 0.0


@pytest.mark.parametrize(("slope_tilt", "slope_azimuth"), [(0.0, 180.0), (7.0, 90.0), (10.0, 200.0), (12.0, 310.0)])
def test_trackers_that_backtrack_never_shade_each_other(slope_tilt: float, slope_azimuth: float) -> None:
    start = np.arange("2026-01-01", "2027-01-01", 5, dtype="datetime64[D]").astype("datetime64[s]")
    hours = (start[:, None] + np.arange(24) * np.timedelta64(3600, "s")).ravel()
    elevation, azimuth = (part.ravel() for part in in_interval_sun(hours, 3600.0, 50.08, 8.24))
    frame = row_frame(270.0, slope_tilt, slope_azimuth)
    ground = Strips(270.0, 0.0, 0.4, slope_tilt, slope_azimuth).ground
    up = (elevation > 0) & (np.array([sun_of(e, a) @ ground for e, a in zip(elevation, azimuth, strict=True)]) > 0.02)
    elevation, azimuth = elevation[up], azimuth[up]
    turned = tracker_rotation(elevation, azimuth, frame, 0.4, max_angle_deg=90.0)
    profile = profile_angle(elevation, azimuth, frame)
    assert shaded_of(shadow_by_pitch(profile, turned, 0.4, frame.cross_slope_deg)).max() < 1e-6
    # Without turning back the module faces the sun as nearly as one axis can.
    straight = tracker_rotation(elevation, azimuth, frame, 0.4, max_angle_deg=90.0, backtrack=False)
    best = cos_of_face(elevation, azimuth, straight, frame)
    for other in (-3.0, 3.0):
        worse = cos_of_face(elevation, azimuth, straight + other, frame) <= best + 1e-9
        assert worse[np.abs(straight) < 89.9].all()
    assert shaded_of(shadow_by_pitch(profile, straight, 0.4, frame.cross_slope_deg)).max() > 0.3


def test_a_tracker_faces_east_in_the_morning_and_lies_level_at_night() -> None:
    frame = row_frame(270.0)
    turned = tracker_rotation([20.0, 20.0, -5.0], [100.0, 260.0, 0.0], frame, 0.3)
    assert turned[0] < -10.0 and turned[1] > 10.0 and turned[2] == 0.0


def test_blocks_lose_their_beam_as_a_whole() -> None:
    shaded = np.array([0.0, 0.01, 0.25, 0.2501, 0.6, 1.0])
    np.testing.assert_allclose(rows_used(shaded, 0), 1.0 - shaded)
    np.testing.assert_allclose(rows_used(shaded, 4), [1.0, 0.75, 0.75, 0.5, 0.25, 0.0])
    assert (rows_used(np.linspace(0, 1, 99), 6) <= rows_used(np.linspace(0, 1, 99), 0) + 1e-9).all()
