"""Rows of sparse arrays that are kept as plain columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rows_of(
    indptr: NDArray[np.int64], index: NDArray[np.int32], value: NDArray[np.float32], row: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Some rows (P,) of a CSR array: where each begins (P + 1,), columns (N,) and values (N,)."""
    begin = np.asarray(indptr)[row]
    size = np.asarray(indptr)[row + 1] - begin
    start = np.concatenate([[0], np.cumsum(size)])
    entry = np.repeat(begin - start[:-1], size) + np.arange(start[-1])
    return start, np.asarray(index)[entry], np.asarray(value)[entry].astype(np.float64)
