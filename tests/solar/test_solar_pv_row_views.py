"""Views of rows against pvlib on level ground and against rays in space on slopes."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.rows_by_rays import Strips, cosine_directions
from pvlib.bifacial.utils import vf_row_sky_2d_integ

from solar.pv.row_views import face_views, ground_sky_view, open_slope
from solar.pv.rows import row_frame

RAYS = 40000
# Row azimuth, slope, where it falls to, rotation: a fixed row up, down and across a slope, a tracker, a wall.
CASES = [
    (180.0, 0.0, 180.0, 25.0),
    (180.0, 10.0, 180.0, 20.0),
    (180.0, 12.0, 0.0, 20.0),
    (180.0, 15.0, 120.0, 30.0),
    (270.0, 8.0, 200.0, -40.0),
    (270.0, 10.0, 90.0, 90.0),
    (270.0, 10.0, 300.0, 90.0),
]


@pytest.mark.parametrize("gcr", [0.15, 0.5, 0.8])
def test_on_level_ground_the_sky_is_that_of_pvlib(gcr: float) -> None:
    rotation = np.array([0.0, 10.0, 35.0, 60.0, 90.0, 150.0, 170.0, -45.0, -90.0])
    views = face_views(rotation, row_frame(180.0), gcr)
    np.testing.assert_allclose(views.sky, vf_row_sky_2d_integ(np.abs(rotation), gcr), atol=2e-4)
    np.testing.assert_allclose(views.sky, views.above, atol=2e-4)


def test_far_apart_a_face_sees_what_a_free_plane_sees() -> None:
    rotation = np.array([0.0, 20.0, 60.0, 90.0, 160.0])
    tilt = np.radians(rotation)
    views = face_views(rotation, row_frame(180.0), 1e-5)
    np.testing.assert_allclose(views.sky, 0.5 * (1.0 + np.cos(tilt)), atol=1e-4)
    np.testing.assert_allclose(views.band, np.sin(tilt), atol=2e-3)
    np.testing.assert_allclose(views.ground, 0.5 * (1.0 - np.cos(tilt)), atol=1e-3)


def test_rows_hide_more_of_the_band_than_of_the_sky() -> None:
    rotation = np.array([20.0, 60.0, 90.0])
    near, far = (face_views(rotation, row_frame(180.0), gcr).band / np.sin(np.radians(rotation)) for gcr in (0.5, 0.1))
    assert (near < 0.55).all() and (far > near).all() and (far < 0.9).all()


@pytest.mark.parametrize(("row_azimuth", "slope_tilt", "slope_azimuth", "rotation"), CASES)
@pytest.mark.parametrize("turned", [0.0, 180.0])
def test_views_are_what_rays_find(
    row_azimuth: float, slope_tilt: float, slope_azimuth: float, rotation: float, turned: float
) -> None:
    strips = Strips(row_azimuth, rotation, 0.45, slope_tilt, slope_azimuth)
    normal = strips.normal if turned == 0.0 else -strips.normal
    _, start = strips.points(RAYS)
    direction = cosine_directions(normal, RAYS)
    start = np.random.default_rng(2).permutation(start)
    free = strips.free(start, direction)
    views = face_views(np.array([rotation + turned]), row_frame(row_azimuth, slope_tilt, slope_azimuth), 0.45)
    assert float(views.above[0]) == pytest.approx(free.mean(), abs=6e-3)
    assert float(views.sky[0]) == pytest.approx((free & (direction[:, 2] > 0.0)).mean(), abs=6e-3)
    # What is neither above nor another row is ground; the strips hang high enough not to touch it.
    to_ground = strips.to_ground(start, direction)
    assert float(views.ground[0]) == pytest.approx(to_ground.mean(), abs=8e-3)


@pytest.mark.parametrize(("row_azimuth", "slope_tilt", "slope_azimuth", "rotation"), CASES)
def test_ground_between_rows_sees_the_sky_that_rays_find(
    row_azimuth: float, slope_tilt: float, slope_azimuth: float, rotation: float
) -> None:
    strips = Strips(row_azimuth, rotation, 0.45, slope_tilt, slope_azimuth, height=0.7)
    start = np.random.default_rng(3).permutation(strips.ground_points(RAYS))
    free = strips.free(start, cosine_directions(strips.ground, RAYS), own=True)
    frame = row_frame(row_azimuth, slope_tilt, slope_azimuth)
    seen = ground_sky_view(np.array([rotation]), frame, 0.45, 0.45, 0.7)
    assert float(seen[0]) == pytest.approx(free.mean(), abs=1.5e-2)


def test_an_open_slope_hides_part_of_sky_and_horizon() -> None:
    assert open_slope(0.0) == (1.0, 1.0)
    sky, horizon = open_slope(10.0)
    assert sky == pytest.approx(0.5 * (1.0 + np.cos(np.radians(10.0))))
    assert 0.5 < horizon < 0.8
    assert open_slope(60.0)[1] < horizon
