"""Packed bits: pack, unpack and reduce. No other module of the project looks inside a word.

Layout: (P, ceil(D / 64)) uint64, least significant bit first; bits beyond D are 0.

Every sum runs in one fixed order that does not depend on the number of threads: over the receivers of a
group in ascending row order, over directions in 64 interleaved partial sums that are added up last, lane 0
first. Threads share out groups, rows and words, never the terms of one sum. A clear bit adds +0.0, so there
is no branch and the loops vectorise.

Oracle: numpy on unpacked bits in tests/raytrace/test_raytrace_bits.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace import check
from raytrace.jit import kernel
from raytrace.lock import PARALLEL_KERNELS

WORD = 64
NO_BIT = np.uint64(0)
ONE_BIT = np.uint64(1)

BLOCK = 8
"""Words a work item of weighted_sum: one cache line of a row."""


def pack(values: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """Packs booleans (P, D) into (P, ceil(D / 64)) uint64.

    Raises:
        TypeError: not boolean.
        ValueError: not two-dimensional.
    """
    array = np.asarray(values)
    if array.dtype != np.bool_:
        raise TypeError(f"values: expected bool, got {array.dtype}")
    if array.ndim != 2:
        raise ValueError(f"values: expected shape (P, D), got {array.shape}")
    n_words = (array.shape[1] + WORD - 1) // WORD
    octets = np.zeros((len(array), n_words * 8), np.uint8)
    packed = np.packbits(array, axis=1, bitorder="little")
    octets[:, : packed.shape[1]] = packed
    return octets.view("<u8").astype(np.uint64, copy=False)


def unpack(bits: npt.ArrayLike, n_directions: int) -> npt.NDArray[np.bool_]:
    """Unpacks (P, ceil(D / 64)) uint64 into booleans (P, D).

    Raises:
        TypeError, ValueError: see check.bit_rows.
    """
    words = check.bit_rows(bits, n_directions)
    octets = words.astype("<u8", copy=False).view(np.uint8).reshape(len(words), words.shape[1] * 8)
    return np.unpackbits(octets, axis=1, bitorder="little")[:, :n_directions].astype(np.bool_)


def column(bits: npt.ArrayLike, n_directions: int, direction: int) -> npt.NDArray[np.bool_]:
    """One direction's bit of every row (P,), from (P, ceil(D / 64)) uint64.

    Raises:
        TypeError, ValueError: see check.bit_rows.
        IndexError: no such direction.
    """
    words = check.bit_rows(bits, n_directions)
    if not 0 <= direction < n_directions:
        raise IndexError(f"direction {direction} of {n_directions}")
    word, lane = divmod(direction, WORD)
    return np.asarray((words[:, word] >> np.uint64(lane)) & ONE_BIT).astype(np.bool_)


def count(bits: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Number of set bits of every row (P,), from (P, W) uint64.

    Raises:
        TypeError, ValueError: see check.bit_rows.
    """
    return np.bitwise_count(check.bit_rows(bits)).sum(axis=1, dtype=np.int64)


def weighted_sum(
    bits: npt.ArrayLike, n_directions: int, weights: npt.ArrayLike, group: npt.ArrayLike, n_groups: int
) -> npt.NDArray[np.float64]:
    """Sum of the weights of the rows that have a bit set, for each group and direction.

    Args:
        bits: (P, ceil(D / 64)) uint64.
        n_directions: D.
        weights: (P,) weight of each row, in any unit, e.g. area [m²].
        group: (P,) group of each row, in any order; −1: the row counts nowhere.
        n_groups: G.

    Returns:
        (G, D) float64 in the unit of the weights.

    Raises:
        TypeError, ValueError: see check.py.
    """
    words = check.bit_rows(bits, n_directions)
    weight = check.finite("weights", weights, (len(words),))
    member = check.group_index(group, len(words), n_groups)
    start, rows = _rows_by_group(member, n_groups)
    sums = np.zeros((n_groups, n_directions), np.float64)
    if sums.size:
        with PARALLEL_KERNELS:
            _weighted_sum(words, weight, start, rows, sums)
    return sums


def dot(bits: npt.ArrayLike, weights: npt.ArrayLike, group: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Sum over directions of bit · weights[group], for each row.

    Args:
        bits: (P, ceil(D / 64)) uint64.
        weights: (G, D) weight of each direction for each group.
        group: (P,) group of each row; −1: the row gets 0.

    Returns:
        (P,) float64 in the unit of the weights.

    Raises:
        TypeError, ValueError: see check.py.
    """
    weight = check.finite("weights", weights, (None, None))
    words = check.bit_rows(bits, weight.shape[1])
    member = check.group_index(group, len(words), len(weight))
    result = np.zeros(len(words), np.float64)
    if words.size:
        with PARALLEL_KERNELS:
            _dot(words, _whole_words(weight), member, result)
    return result


def row_dot(sums: npt.ArrayLike, weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Sum over directions of sums · weights, for each group and column.

    Args:
        sums: (G, D), e.g. from ``weighted_sum``.
        weights: (G, M, D), e.g. one row a month.

    Returns:
        (G, M) float64.

    Raises:
        TypeError, ValueError: see check.py.
    """
    left = check.finite("sums", sums, (None, None))
    right = check.finite("weights", weights, (left.shape[0], None, left.shape[1]))
    result = np.zeros(right.shape[:2], np.float64)
    if right.size:
        with PARALLEL_KERNELS:
            _row_dot(_whole_words(left), _whole_words(right), result)
    return result


def _whole_words(weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Pads the last axis with zeros to whole words: (…, D) → (…, W, 64)."""
    n_words = (weight.shape[-1] + WORD - 1) // WORD
    padded = np.zeros((*weight.shape[:-1], n_words * WORD), np.float64)
    padded[..., : weight.shape[-1]] = weight
    return padded.reshape(*weight.shape[:-1], n_words, WORD)


@kernel()
def _rows_by_group(member, n_groups):  # type: ignore[no-untyped-def]
    """Stable counting sort: rows of group g are rows[start[g]:start[g + 1]], ascending."""
    start = np.zeros(n_groups + 1, np.int64)
    for g in member:
        if g >= 0:
            start[g + 1] += 1
    for g in range(n_groups):
        start[g + 1] += start[g]
    rows = np.empty(start[n_groups], np.int64)
    fill = start.copy()
    for row in range(len(member)):
        g = member[row]
        if g >= 0:
            rows[fill[g]] = row
            fill[g] += 1
    return start, rows


@kernel(parallel=True)
def _weighted_sum(words, weight, start, rows, sums):  # type: ignore[no-untyped-def]
    """Fills sums (G, D). A work item is one group and one block of words; items run block by block through
    the groups, so that the threads stay balanced also when one group holds most rows."""
    n_groups = len(start) - 1
    n_blocks = (words.shape[1] + BLOCK - 1) // BLOCK
    for item in prange(n_groups * n_blocks):
        block, g = item // n_groups, item % n_groups
        _sum_block(words, weight, rows[start[g] : start[g + 1]], block * BLOCK, sums[g])


@kernel()
def _sum_block(words, weight, rows, begin, total):  # type: ignore[no-untyped-def]
    """Adds the rows' weights to total (D,) where bits of the words begin:begin + BLOCK are set."""
    for row in rows:
        for word in range(begin, min(words.shape[1], begin + BLOCK)):
            pattern = words[row, word]
            if pattern != NO_BIT:
                part = total[word * WORD : (word + 1) * WORD]
                for lane in range(len(part)):
                    part[lane] += weight[row] * _bit(pattern, lane)


@kernel()
def _bit(pattern, lane):  # type: ignore[no-untyped-def]
    """Bit of a word as 0.0 or 1.0."""
    return np.float64((pattern >> np.uint64(lane)) & ONE_BIT)


@kernel(parallel=True)
def _dot(words, weight, member, result):  # type: ignore[no-untyped-def]
    """Fills result (P,) from weight (G, W, 64)."""
    for row in prange(len(words)):
        if member[row] >= 0:
            result[row] = _dot_row(words[row], weight[member[row]])


@kernel()
def _dot_row(words, weight):  # type: ignore[no-untyped-def]
    lanes = np.zeros(WORD, np.float64)
    for word in range(len(words)):
        pattern = words[word]
        if pattern != NO_BIT:
            for lane in range(WORD):
                lanes[lane] += weight[word, lane] * _bit(pattern, lane)
    return _in_lane_order(lanes)


@kernel(parallel=True)
def _row_dot(left, right, result):  # type: ignore[no-untyped-def]
    """Fills result (G, M) from left (G, W, 64) and right (G, M, W, 64)."""
    n_columns = right.shape[1]
    for item in prange(right.shape[0] * n_columns):
        row, column = item // n_columns, item % n_columns
        result[row, column] = _row_dot_one(left[row], right[row, column])


@kernel()
def _row_dot_one(left, right):  # type: ignore[no-untyped-def]
    lanes = np.zeros(WORD, np.float64)
    for word in range(len(left)):
        for lane in range(WORD):
            lanes[lane] += left[word, lane] * right[word, lane]
    return _in_lane_order(lanes)


@kernel()
def _in_lane_order(lanes):  # type: ignore[no-untyped-def]
    total = 0.0
    for lane in range(WORD):
        total += lanes[lane]
    return total
