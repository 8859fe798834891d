"""Sky patches: exact anchors of a free plane, and weights against a quadrature that knows no patches."""

from __future__ import annotations

import numpy as np
import pytest

from solar.sky import horizon_weights, reinhart, sky_weights

COUNTS = {145: 30, 577: 60, 2305: 120}


def planes(n: int = 60, steepest_deg: float = 170.0) -> np.ndarray:
    """Seeded unit normals, tilt 0 … steepest, plus the axes."""
    rng = np.random.default_rng(11)
    tilt, azimuth = np.radians(rng.uniform(0, steepest_deg, n)), rng.uniform(0, 2 * np.pi, n)
    random = np.stack([np.sin(tilt) * np.sin(azimuth), np.sin(tilt) * np.cos(azimuth), np.cos(tilt)], axis=1)
    return np.concatenate([random, [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, -1, 0], [-1, 0, 0]]])


@pytest.mark.parametrize("n", COUNTS)
def test_patches_tile_the_hemisphere(n: int) -> None:
    sky = reinhart(n)
    assert len(sky.direction) == n
    assert sky.solid_angle.sum() == pytest.approx(2 * np.pi, rel=1e-12)
    assert sky.lowest_row.sum() == COUNTS[n]
    assert np.allclose(np.linalg.norm(sky.direction, axis=1), 1.0)
    assert np.allclose(sky.direction[0, :2] / np.hypot(*sky.direction[0, :2]), [0, 1])  # first patch: north
    assert sky.direction[1, 0] > 0  # then clockwise, to the east
    assert np.array_equal(sky.direction[-1], [0, 0, 1])
    total = sky.cell_moment.sum(axis=0)  # ∫ d dω over the hemisphere = (0, 0, π)
    assert np.allclose(total, [0, 0, np.pi], atol=1e-12)


def test_unknown_sky_is_refused() -> None:
    with pytest.raises(ValueError, match="145, 577, 2305"):
        reinhart(600)


@pytest.mark.parametrize("n", COUNTS)
def test_free_plane_sums_are_exact(n: int) -> None:
    sky, normals = reinhart(n), planes()
    weights, horizon = sky_weights(sky, normals), horizon_weights(sky, normals)
    assert np.allclose(weights.sum(axis=1), np.pi * (1 + normals[:, 2]) / 2, rtol=1e-12)
    assert np.allclose(horizon.sum(axis=1), np.hypot(normals[:, 0], normals[:, 1]), rtol=1e-12, atol=1e-15)
    assert (weights >= 0).all() and (horizon >= 0).all()
    assert not horizon[:, ~sky.lowest_row].any()
    front = (sky.direction @ normals.T).T > 0
    assert not weights[~front].any() and not horizon[~front].any()  # those directions are never traced


def test_a_plane_facing_straight_down_sees_nothing() -> None:
    sky, down = reinhart(577), np.array([[0.0, 0.0, -1.0], [0.0, np.sin(0.02), -np.cos(0.02)]])
    assert not sky_weights(sky, down).any()
    assert not horizon_weights(sky, down).any()


def test_sky_weights_against_quadrature() -> None:
    """∫ cos⁺ dω over the part of the sky inside a random window, patches against 0.25° cells."""
    sky, normals = reinhart(577), planes(12, 100.0)
    weights = sky_weights(sky, normals)
    e, a = np.meshgrid(np.radians(np.arange(0.125, 90, 0.25)), np.radians(np.arange(-3.0, 357, 0.25) + 0.125))
    fine = np.stack([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)], axis=-1)
    area = np.cos(e) * np.radians(0.25) ** 2
    elevation, azimuth = np.degrees(e), np.degrees(a)
    height = 90.0 / 14.5
    for first_row, last_row, left, right in ((0, 2, -3.0, 45.0), (4, 9, 93.75, 198.75), (1, 14, -3.0, 357.0)):
        rows = (elevation > first_row * height) & (elevation < last_row * height)
        inside = rows & (azimuth > left) & (azimuth < right)
        middle = sky.azimuth_deg.mean(axis=1)
        chosen = (sky.elevation_deg[:, 0] > (first_row - 0.5) * height) & (middle > left) & (middle < right)
        chosen &= sky.elevation_deg[:, 1] < (last_row + 0.5) * height
        chosen[-1] = False
        cosine = np.maximum(np.einsum("ija,ga->gij", fine, normals), 0.0)
        expected = (cosine * (area * inside)).sum(axis=(1, 2))
        assert np.allclose(weights[:, chosen].sum(axis=1), expected, rtol=0.02, atol=0.012)


def test_horizon_weights_against_quadrature() -> None:
    """∫ cos⁺ along half the ring at elevation 0, halved so that the whole ring gives sin β."""
    sky, normals = reinhart(577), planes(12, 90.0)
    weights = horizon_weights(sky, normals)
    azimuth = np.radians(np.arange(-3.0, 177.0, 0.05) + 0.025)
    ring = np.maximum(np.outer(normals[:, 0], np.sin(azimuth)) + np.outer(normals[:, 1], np.cos(azimuth)), 0.0)
    expected = ring.sum(axis=1) * np.radians(0.05) / 2.0
    chosen = sky.lowest_row & (sky.azimuth_deg.mean(axis=1) < 177.0)
    assert np.allclose(weights[:, chosen].sum(axis=1), expected, atol=2e-3)


def test_infinite_canyon_sky_view() -> None:
    """Ground in the middle of an infinite canyon with walls up to 45°: sky view cos 45° (patches: 1 %)."""
    sky = reinhart(2305)
    weights = sky_weights(sky, np.array([[0.0, 0.0, 1.0]]))[0]
    profile = np.degrees(np.arctan2(sky.direction[:, 2], np.abs(sky.direction[:, 0])))
    assert weights[profile > 45.0].sum() / np.pi == pytest.approx(np.cos(np.radians(45.0)), rel=0.01)


def test_one_plane_does_not_depend_on_the_others() -> None:
    sky, normals = reinhart(577), planes()
    assert np.array_equal(sky_weights(sky, normals)[7:8], sky_weights(sky, normals[7:8]))
    assert np.array_equal(horizon_weights(sky, normals)[7:8], horizon_weights(sky, normals[7:8]))


def test_float32_normals_are_good_enough_and_bad_ones_refused() -> None:
    sky, normals = reinhart(145), planes()
    assert np.allclose(sky_weights(sky, normals.astype(np.float32)), sky_weights(sky, normals), atol=1e-6)
    with pytest.raises(ValueError, match="unit"):
        sky_weights(sky, np.array([[0.0, 0.0, 2.0]]))
