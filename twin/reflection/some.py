"""Some of a cell's reflectors alone: what a few receivers see is a small part of what the cell holds.

Oracle: the whole cell, bit for bit; tests/twin/test_twin_node_sums.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.operators import CellData, Reflectors


def some_reflectors(data: CellData, row: NDArray[np.intp]) -> Reflectors:
    """Some reflectors (N,) of a cell, in that order."""
    columns: list[Any] = [np.asarray(column)[row] for column in data.reflectors]
    return Reflectors(*columns)


def seen_alone(data: CellData) -> CellData:
    """A cell with no reflector but those that its receivers see."""
    seen, index = np.unique(data.operators.reflect_index, return_inverse=True)
    operators = data.operators._replace(reflect_index=index.reshape(-1).astype(np.int32))
    return data._replace(operators=operators, reflectors=some_reflectors(data, seen.astype(np.intp)))
