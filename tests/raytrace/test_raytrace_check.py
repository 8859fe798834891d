"""Wrong arguments are refused with a message that names the argument; kernels are never reached."""

from __future__ import annotations

import numpy as np
import pytest

import raytrace
from raytrace import bits

POINT = np.zeros((2, 3))
UP = np.tile([0.0, 0.0, 1.0], (2, 1))


@pytest.fixture(scope="module")
def bvh() -> raytrace.Bvh:
    return raytrace.build(np.eye(3), np.array([[0, 1, 2]]))


@pytest.mark.parametrize(
    ("vertices", "triangles", "error", "text"),
    [
        (np.eye(2), [[0, 1, 1]], ValueError, "vertices: expected shape"),
        (np.full((3, 3), np.nan), [[0, 1, 2]], ValueError, "finite"),
        (np.eye(3) + 5.6e6, [[0, 1, 2]], ValueError, "local origin"),
        ([["a", "b", "c"]], [[0, 0, 0]], TypeError, "vertices: expected real numbers"),
        (np.eye(3), [[0.0, 1.0, 2.0]], TypeError, "integer"),
        (np.eye(3), [[0, 1, 3]], ValueError, "0..2"),
        (np.eye(3), [[0, 1, -1]], ValueError, "0..2"),
        (np.eye(3), [[0, 1]], ValueError, "triangles: expected shape"),
    ],
)
def test_build(vertices: object, triangles: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        raytrace.build(vertices, triangles)  # type: ignore[arg-type]


def test_visible_and_closest(bvh: raytrace.Bvh) -> None:
    with pytest.raises(ValueError, match="directions: row 0 has length 2"):
        raytrace.visible(bvh, POINT, UP, 2.0 * UP)
    with pytest.raises(ValueError, match="normals: row 1"):
        raytrace.visible(bvh, POINT, UP * [[1.0], [0.5]], UP)
    with pytest.raises(ValueError, match="points has 2 rows but normals has 1"):
        raytrace.visible(bvh, POINT, UP[:1], UP)
    with pytest.raises(ValueError, match="points has 2 rows but directions has 1"):
        raytrace.closest(bvh, POINT, UP[:1])


def test_bits() -> None:
    words = np.zeros((2, 2), np.uint64)
    with pytest.raises(TypeError, match="bool"):
        bits.pack(np.zeros((2, 3)))
    with pytest.raises(TypeError, match="uint64"):
        bits.unpack(np.zeros((2, 2), np.int64), 65)
    with pytest.raises(ValueError, match="need 1"):
        bits.unpack(words, 64)
    with pytest.raises(ValueError, match="weights: expected shape"):
        bits.weighted_sum(words, 65, np.ones(3), np.zeros(2, int), 1)
    with pytest.raises(ValueError, match=r"group: values must lie in -1\.\.0"):
        bits.weighted_sum(words, 65, np.ones(2), np.array([0, 1]), 1)
    with pytest.raises(TypeError, match="group: expected integers"):
        bits.dot(words, np.ones((1, 65)), np.zeros(2))
    with pytest.raises(ValueError, match="finite"):
        bits.dot(words, np.full((1, 65), np.inf), np.zeros(2, int))
    with pytest.raises(ValueError, match="weights: expected shape"):
        bits.row_dot(np.ones((2, 5)), np.ones((2, 3, 4)))
