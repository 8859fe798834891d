"""Sky view factors of an infinite street canyon from the engine's own patches against the analytic value.

Floor: (sin a₁ + sin a₂)/2 with a the angles from the zenith to the two eaves; wall: (1 − sin θ)/2 with θ the elevation
of the opposite eave (Oke 1981, doi:10.1002/joc.3370010304; view factors of infinite strips).
"""

from __future__ import annotations

import numpy as np
import pytest

import raytrace
from solar.sky import reinhart, sky_weights

WIDTH_M = 10.0
LENGTH_M = 40_000.0
OFF_M = 0.01


def canyon(height: float) -> raytrace.Bvh:
    """Two blocks, so long that their ends hide less than 0.02 % of the sky."""
    vertices, triangles = [], []
    for west in (-WIDTH_M / 2 - 10, WIDTH_M / 2):
        first = len(vertices)
        vertices += [
            (west + x, y, z) for z in (0.0, height) for y in (-LENGTH_M / 2, LENGTH_M / 2) for x in (0.0, 10.0)
        ]
        for a, b, c, d in ((4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)):
            triangles += [(first + a, first + b, first + c), (first + a, first + c, first + d)]
    return raytrace.build(np.array(vertices), np.array(triangles))


def seen(bvh: raytrace.Bvh, point: np.ndarray, normal: np.ndarray, patches: int) -> np.ndarray:
    """Sky view factor of each receiver."""
    sky = reinhart(patches)
    visible = raytrace.bits.unpack(raytrace.visible(bvh, point, normal, sky.direction), patches)
    return (visible * sky_weights(sky, normal)).sum(axis=1) / np.pi


# (patches, height over width, tolerance of the floor's mean): a few patches decide in a deep canyon.
CASES = [(577, 0.5, 0.005), (577, 1.0, 0.005), (2305, 0.5, 0.005), (2305, 1.0, 0.005), (2305, 2.0, 0.007)]


@pytest.mark.parametrize(("patches", "ratio", "tolerance"), CASES)
def test_floor(patches: int, ratio: float, tolerance: float) -> None:
    height = ratio * WIDTH_M
    x = np.linspace(-WIDTH_M / 2 + 0.25, WIDTH_M / 2 - 0.25, 20)
    point = np.stack([x, 0 * x, 0 * x + OFF_M], axis=1)
    to_west, to_east = np.arctan2(x + WIDTH_M / 2, height - OFF_M), np.arctan2(WIDTH_M / 2 - x, height - OFF_M)
    expected = (np.sin(to_west) + np.sin(to_east)) / 2
    found = seen(canyon(height), point, np.tile([0.0, 0.0, 1.0], (20, 1)), patches)
    assert found.mean() == pytest.approx(expected.mean(), rel=tolerance)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_wall(ratio: float) -> None:
    height = ratio * WIDTH_M
    z = np.linspace(0.25, height - 0.25, 20)
    point = np.stack([0 * z - WIDTH_M / 2 + OFF_M, 0 * z, z], axis=1)
    expected = (1 - np.sin(np.arctan2(height - z, WIDTH_M - OFF_M))) / 2
    found = seen(canyon(height), point, np.tile([1.0, 0.0, 0.0], (20, 1)), 577)
    assert found.mean() == pytest.approx(expected.mean(), rel=0.005)
