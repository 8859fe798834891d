"""Closedness, orientation and volume of cubes with known defects."""

from __future__ import annotations

import numpy as np

from twin.mesh import solidity

CORNER = np.array([[x, y, z] for z in (0.0, 2.0) for y in (0.0, 2.0) for x in (0.0, 2.0)])
FACE = np.array(
    [
        [0, 2, 3],
        [0, 3, 1],
        [4, 5, 7],
        [4, 7, 6],
        [0, 1, 5],
        [0, 5, 4],
        [2, 6, 7],
        [2, 7, 3],
        [0, 4, 6],
        [0, 6, 2],
        [1, 3, 7],
        [1, 7, 5],
    ]
)


def test_cube_hole_and_flipped_face() -> None:
    flipped = FACE.copy()
    flipped[0] = flipped[0, ::-1]
    faces = np.concatenate([FACE, FACE[:-1], flipped])
    owner = np.repeat([0, 1, 2], [12, 11, 12])
    found = solidity(CORNER + [5.6e6, 3.6e5, 50.0], faces, owner, 4)
    assert found.closed.tolist() == [True, False, True, False]
    assert found.oriented.tolist() == [True, False, False, False]
    np.testing.assert_allclose(found.volume_m3, [8.0, 0.0, 0.0, 0.0], atol=1e-6)


def test_vertices_that_print_alike_are_one() -> None:
    apart = CORNER[FACE].reshape(-1, 3) + np.random.default_rng(1).uniform(-2e-4, 2e-4, (36, 3)) + 0.25
    found = solidity(apart, np.arange(36).reshape(-1, 3), np.zeros(12, int), 1)
    assert found.oriented.all()
    np.testing.assert_allclose(found.volume_m3, [8.0], rtol=1e-3)
