"""Spatial order of points: consecutive runs of 64 lie close together and look the same way.

Idea: halve the points at the median of the widest axis of (x, y, z, NORMAL_WEIGHT_M · normal), again and
again, always at a multiple of 64, until a run holds at most 64. Ties go by index, so the order is a
function of the points alone.

Oracle: tests/raytrace/test_raytrace_order.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raytrace.jit import kernel
from raytrace.work import POINTS

NORMAL_WEIGHT_M = np.float32(5.0)
"""Two points whose normals differ by a unit count as 5 m apart. Measured at 1 m spacing, 5 / 10 / 20 / 40 m: 52 / 46 /
39 / 33 million point-directions a second."""

STACK_SIZE = 64
"""Halving an int32 count of points takes at most 31 levels; depth-first, one waiting half a level."""


def packet_order(points: npt.NDArray[np.float32], normals: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Permutation (P,) that puts points (P, 3) [m] with unit normals (P, 3) into packet order."""
    key = np.concatenate([points, NORMAL_WEIGHT_M * normals], axis=1)
    return _median_order(np.ascontiguousarray(key, dtype=np.float32))


@kernel()
def _median_order(key):  # type: ignore[no-untyped-def]
    order = np.arange(len(key))
    stack = np.empty((STACK_SIZE, 2), np.int64)
    stack[0, 0], stack[0, 1] = 0, len(key)
    height = 1
    while height > 0:
        height -= 1
        begin, end = stack[height, 0], stack[height, 1]
        if end - begin <= POINTS:
            continue
        runs = (end - begin + POINTS - 1) // POINTS
        middle = begin + (runs // 2) * POINTS
        _select(key[:, _widest_axis(key, order[begin:end])], order, begin, end - 1, middle)
        stack[height, 0], stack[height, 1] = begin, middle
        stack[height + 1, 0], stack[height + 1, 1] = middle, end
        height += 2
    return order


@kernel()
def _widest_axis(key, members):  # type: ignore[no-untyped-def]
    best_axis, best_width = 0, np.float32(-1.0)
    for a in range(key.shape[1]):
        lower, upper = key[members[0], a], key[members[0], a]
        for i in members:
            lower, upper = min(lower, key[i, a]), max(upper, key[i, a])
        if upper - lower > best_width:
            best_axis, best_width = a, upper - lower
    return best_axis


@kernel()
def _less(value, i, j):  # type: ignore[no-untyped-def]
    """Total order by (value, index): with it the outcome of a selection as a set is unique."""
    return value[i] < value[j] or (value[i] == value[j] and i < j)


@kernel()
def _select(value, order, low, high, k):  # type: ignore[no-untyped-def]
    """Quickselect in place: afterwards order[low:k] are the smallest of order[low:high + 1].

    Source: C. A. R. Hoare (1961), Algorithm 65: Find, doi:10.1145/366622.366647, pivot from the middle.
    """
    while low < high:
        pivot = order[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while _less(value, order[i], pivot):
                i += 1
            while _less(value, pivot, order[j]):
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            return
