"""The CIE overcast sky along a spiral, against a quadrature on a grid."""

from __future__ import annotations

import numpy as np
import pytest

from solar.overcast import DIRECTIONS, HORIZONTAL, overcast_sky, overcast_weights

TILTS = np.radians([0.0, 10.0, 45.0, 90.0, 120.0, 160.0])
PLANES = np.stack([np.sin(TILTS) * np.sin(1.0), np.sin(TILTS) * np.cos(1.0), np.cos(TILTS)], axis=1)


def test_the_spiral_fills_the_sky() -> None:
    sky = overcast_sky()
    assert len(sky.direction) == DIRECTIONS
    assert np.allclose((sky.direction**2).sum(axis=1), 1.0) and (sky.direction[:, 2] > 0).all()
    assert sky.light.sum(axis=0) == pytest.approx([0.0, 0.0, HORIZONTAL], abs=1e-3)
    # No crowding: a sixteenth of the sky in azimuth holds a sixteenth of the directions.
    count = np.histogram(np.arctan2(sky.direction[:, 0], sky.direction[:, 1]), 16, (-np.pi, np.pi))[0]
    assert (np.abs(count - DIRECTIONS / 16) < 4).all()


def test_free_planes() -> None:
    e, a = np.meshgrid(np.radians(np.arange(0.125, 90, 0.25)), np.radians(np.arange(0.125, 360, 0.25)))
    d = np.stack([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)], axis=-1)
    bright = (1 + 2 * np.sin(e)) / 3 * np.cos(e) * np.radians(0.25) ** 2
    expected = [float((bright * np.maximum(d @ normal, 0.0)).sum()) / HORIZONTAL for normal in PLANES]
    found = overcast_weights(overcast_sky(), PLANES).sum(axis=1)
    assert found == pytest.approx(expected, rel=2e-4)
    assert found[0] == pytest.approx(1.0, rel=1e-12)
    assert found[3] == pytest.approx(3 / 14 + 4 / (7 * np.pi), rel=1e-12)


def test_a_band_of_the_sky() -> None:
    """A wall, against the quadrature over the same band."""
    sky, wall = overcast_sky(), np.array([0.0, 1.0, 0.0])
    low, high = np.radians(20.0), np.radians(40.0)
    inside = (sky.direction[:, 2] > np.sin(low)) & (sky.direction[:, 2] < np.sin(high))
    e, a = np.meshgrid(np.linspace(low, high, 400), np.radians(np.arange(-89.75, 90, 0.5)))
    integrand = (1 + 2 * np.sin(e)) / 3 * np.cos(e) ** 2 * np.cos(a)
    expected = np.trapezoid(integrand.sum(axis=0) * np.radians(0.5), e[0]) / HORIZONTAL
    assert overcast_weights(sky, wall)[0, inside].sum() == pytest.approx(expected, rel=1e-3)


def test_no_sky_below_and_no_crooked_normal() -> None:
    assert not overcast_weights(overcast_sky(), np.array([[0.0, 0.0, -1.0]])).any()
    with pytest.raises(ValueError, match="unit"):
        overcast_weights(overcast_sky(), np.array([[0.0, 0.0, 2.0]]))
