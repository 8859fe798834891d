"""Two things that Numba does in a parallel loop and does not say.

python docs/design/0012_prange.py
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from numba import njit, prange

N = 4


class Rows(NamedTuple):
    """An array in a named tuple."""

    value: npt.NDArray[np.float64]


@njit(parallel=True)  # type: ignore[untyped-decorator]
def in_the_loop(rows, n):  # type: ignore[no-untyped-def]
    """Writes through the tuple in the body of the loop."""
    for i in prange(n):
        rows.value[i] = i + 1.0


@njit  # type: ignore[untyped-decorator]
def _write(rows, i):  # type: ignore[no-untyped-def]
    rows.value[i] = i + 1.0


@njit(parallel=True)  # type: ignore[untyped-decorator]
def in_a_function(rows, n):  # type: ignore[no-untyped-def]
    """The same line, one call deeper."""
    for i in prange(n):
        _write(rows, i)


@njit(parallel=True)  # type: ignore[untyped-decorator]
def negated_index(value, n):  # type: ignore[no-untyped-def]
    """Minus the index of the loop."""
    for i in prange(n):
        value[i] = -i


@njit(parallel=True)  # type: ignore[untyped-decorator]
def negated_int64(value, n):  # type: ignore[no-untyped-def]
    """Minus the index as int64."""
    for i in prange(n):
        value[i] = -np.int64(i)


def main() -> None:
    """Print what each loop writes."""
    print(f"numba {numba.__version__}")
    for loop in (in_the_loop, in_a_function):
        rows = Rows(np.zeros(N))
        loop(rows, N)
        print(f"{loop.__name__:14}", rows.value)
    for loop in (negated_index, negated_int64):
        value = np.zeros(N)
        loop(value, N)
        print(f"{loop.__name__:14}", value)


if __name__ == "__main__":
    main()
