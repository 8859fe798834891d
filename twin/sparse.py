"""Rows of sparse arrays that are kept as plain columns."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

# Where each row begins (P + 1,), columns or keys (N,), values (N,).
Column = TypeVar("Column", np.int32, np.int64)
Csr = tuple[NDArray[np.int64], NDArray[Column], NDArray[np.float32]]


def rows_of(
    indptr: NDArray[np.int64], index: NDArray[np.int32], value: NDArray[np.float32], row: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Some rows (P,) of a CSR array: where each begins (P + 1,), columns (N,) and values (N,)."""
    start, entry = _entries(indptr, row)
    return start, np.asarray(index)[entry], np.asarray(value)[entry].astype(np.float64)


def stacked(first: Csr[Column], second: Csr[Column] | None, row: NDArray[np.intp]) -> Csr[Column]:
    """Rows (P,) out of one array and another below it; −1 is an empty row."""
    indptr, index, value = np.asarray(first[0]), np.asarray(first[1]), np.asarray(first[2])
    if second is not None:
        indptr = np.concatenate([indptr, len(index) + second[0][1:]])
        index, value = np.concatenate([index, second[1]]), np.concatenate([value, second[2]])
    start, entry = _entries(np.append(indptr, indptr[-1]), row)
    return start, index[entry], value[entry]


def _entries(indptr: NDArray[np.int64], row: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each of some rows (P,) begins among the entries taken (P + 1,), and these (N,)."""
    starts = np.asarray(indptr)
    begin = starts[:-1][row]
    size = starts[1:][row] - begin
    start = np.concatenate([[0], np.cumsum(size)])
    return start, np.repeat(begin - start[:-1], size) + np.arange(start[-1])
