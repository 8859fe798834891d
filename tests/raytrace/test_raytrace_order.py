"""Packet order: a permutation whose runs of 64 are compact, and a function of the points alone."""

from __future__ import annotations

import numpy as np
import pytest

from raytrace.order import packet_order
from raytrace.work import POINTS


def cloud(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    normals = np.eye(3, dtype=np.float32)[rng.integers(0, 3, n)]
    return rng.uniform(0.0, 200.0, (n, 3)).astype(np.float32) * np.float32([1, 1, 0.02]), normals


@pytest.mark.parametrize("n", [0, 1, 64, 65, 127, 1000, 6400])
def test_permutation(n: int) -> None:
    assert sorted(packet_order(*cloud(n))) == list(range(n))


def test_runs_are_compact() -> None:
    points, normals = cloud(6400)
    runs = points[packet_order(points, normals)].reshape(-1, POINTS, 3)
    assert np.median(np.ptp(runs[..., :2], axis=1).max(axis=1)) < 45.0  # 200 m / sqrt(100 runs) = 20 m, 3 normals


def test_runs_hold_the_same_points_whatever_the_order_of_input() -> None:
    points, normals = cloud(1000)
    shuffle = np.random.default_rng(0).permutation(1000)
    one = packet_order(points, normals)
    two = shuffle[packet_order(points[shuffle], normals[shuffle])]
    for begin in range(0, 1000, POINTS):
        assert set(one[begin : begin + POINTS]) == set(two[begin : begin + POINTS])


def test_equal_points() -> None:
    same = np.zeros((500, 3), np.float32)
    assert sorted(packet_order(same, same)) == list(range(500))
