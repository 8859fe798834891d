"""Planes that many receivers or reflectors share: walls of a street face one way, so what rests on it is found once.

Oracle: np.unique over rows, ten times as slow; tests/twin/test_twin_reflection_gather.py.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", np.float32, np.float64)


def distinct(normal: NDArray[Value]) -> tuple[NDArray[Value], NDArray[np.intp]]:
    """Distinct rows (U, 3) of ``normal`` (N, 3), ascending, and which of them each row is (N,).

    No row has a minus zero: that is another azimuth than zero, and which of both a plane had would rest on the others.
    """
    facing = np.asarray(normal) + normal.dtype.type(0.0)
    order = np.lexsort(facing.T[::-1])
    ranked = facing[order]
    first = np.ones(len(ranked), bool)
    first[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    which = np.empty(len(ranked), np.intp)
    which[order] = np.cumsum(first) - 1
    return ranked[first], which
