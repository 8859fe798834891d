"""The vertical sky component behind an infinite wall, whatever way it faces, against the formula."""

from __future__ import annotations

import numpy as np
import pytest

import raytrace
from shadow.vsc import vertical_sky_component
from solar.overcast import overcast_sky, overcast_weights


def formula(theta: float) -> float:
    return float(3 * (1 - np.sin(theta)) / 14 + 4 * np.cos(theta) ** 2 / (7 * np.pi))


@pytest.mark.parametrize(("angle_deg", "worst"), [(10.0, 0.001), (25.0, 0.0015), (45.0, 0.0045), (60.0, 0.006)])
def test_behind_an_infinite_wall_of_any_orientation(angle_deg: float, worst: float) -> None:
    """Without rays: a direction is free where its profile angle is steeper than the wall's top."""
    theta, sky = np.radians(angle_deg), overcast_sky()
    azimuth = np.radians(np.arange(0.0, 360.0, 2.5))
    normals = np.stack([np.sin(azimuth), np.cos(azimuth), np.zeros_like(azimuth)], axis=1)
    steep = sky.direction[:, 2] > np.tan(theta) * (normals @ sky.direction.T)
    found = (overcast_weights(sky, normals) * steep).sum(axis=1)
    assert found == pytest.approx(formula(theta), rel=worst)


@pytest.mark.parametrize("azimuth_deg", [0.0, 33.0])
def test_the_same_through_rays(azimuth_deg: float) -> None:
    azimuth, theta, sky = np.radians(azimuth_deg), np.radians(25.0), overcast_sky()
    out, along = np.array([np.sin(azimuth), np.cos(azimuth)]), np.array([np.cos(azimuth), -np.sin(azimuth)])
    plan = [10.0 * out + side * 20_000.0 * along for side in (-1, 1)]
    corner = np.array([[*p, z] for z in (-20.0, 10.0 * np.tan(theta)) for p in plan])
    bvh, normal = raytrace.build(corner, np.array([[0, 1, 3], [0, 3, 2]])), np.array([[*out, 0.0]])
    bits = raytrace.visible(bvh, np.zeros((1, 3)), normal, sky.direction)
    assert vertical_sky_component(bits, sky, normal) == pytest.approx([formula(theta)], rel=0.002)


def test_many_receivers_at_once() -> None:
    """Planes are told apart and each keeps its place; who sees nothing has nothing."""
    sky = overcast_sky()
    normals = np.array([[0.0, 0, 1], [1, 0, 0], [0, 0, 1], [0, -1, 0], [1, 0, 0]])
    bits = np.tile(raytrace.bits.pack(np.ones((1, len(sky.direction)), bool)), (5, 1))
    bits[4] = 0
    assert vertical_sky_component(bits, sky, normals) == pytest.approx([1.0, formula(0.0), 1.0, formula(0.0), 0.0])
    many = np.random.default_rng(2).normal(size=(600, 3))
    many = np.concatenate([many / np.linalg.norm(many, axis=1)[:, None]] * 2)
    together = vertical_sky_component(np.tile(bits[:1], (1200, 1)), sky, many)
    assert np.array_equal(together[:600], together[600:])
    assert together[:5] == pytest.approx(overcast_weights(sky, many[:5]).sum(axis=1))
    assert vertical_sky_component(bits[:0], sky, normals[:0]).shape == (0,)
