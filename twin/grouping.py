"""Rows by the group they belong to, in one sort."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def rows_by_group(group: NDArray[np.integer]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each group number in ascending order with the rows (in order) that carry it; nothing for no rows."""
    order = np.argsort(group, kind="stable")
    present, start = np.unique(np.asarray(group)[order], return_index=True)
    for number, first, last in zip(present, start, [*start[1:], len(order)], strict=False):
        yield int(number), order[first:last]
