"""Split boxes top-down by the surface area heuristic on binned centroids: the binary tree behind the wide one.

Idea: the expected cost of a split is (area of the left box × what its boxes cost) + the same on the right;
centroids are counted into bins along each axis and the cheapest of the bin boundaries is taken. A set of boxes
costs as many vector tests as it needs, not its number. Where no plane separates the centroids (identical ones)
or the depth limit is reached, the set is halved by count, so the build always ends and the depth is bounded
(see STACK_SIZE of the layout).

A node's slot follows from the splits alone: n boxes can become at most 2n − 1 nodes, so the left child stands in
the next slot and the right child behind all slots that the left side could need. So whoever splits a range writes to
places that nobody else writes to. One thread splits down to ranges of TASK_BOXES, then every range is one
thread's task: the same input gives the same tree on any number of threads.

Source: I. Wald (2007), On fast construction of SAH-based bounding volume hierarchies,
doi:10.1109/RT.2007.4342588. Oracle: tests/raytrace/test_raytrace_build.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace.bvh import BIG, SAH_DEPTH_LIMIT, WIDTH
from raytrace.jit import kernel

BINS = 16
"""Bins an axis, so one candidate plane less. 8, 16 and 32 trace equally fast (within 2 %)."""

TASK_BOXES = 16384
"""A range of no more boxes is a task of its own: some forty a million triangles, so that threads end together."""


class Binary(NamedTuple):
    """Binary tree over Q boxes, in at most 2 Q − 1 slots of which some stay unused; slot 0 is the root.

    Attributes:
        order: (Q,) int32, boxes in leaf order.
        begin, size: (2 Q − 1,) int32, a node's range of ``order``.
        right: (2 Q − 1,) int32, slot of the right child, 0 for a leaf; the left child is in the next slot.
        box: (2 Q − 1, 6) float32 [m], exact bounds of a node's boxes, lower and upper corner.
    """

    order: npt.NDArray[np.int32]
    begin: npt.NDArray[np.int32]
    size: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    box: npt.NDArray[np.float32]


def split(box: npt.NDArray[np.float32]) -> Binary:
    """Split until no leaf has more than WIDTH boxes. Launch under lock.PARALLEL_KERNELS.

    Args:
        box: (Q, 6) lower and upper corners [m], Q ≥ 1.
    """
    n = len(box)
    order = np.arange(n, dtype=np.int32)
    begin, size, right = (np.empty(2 * n - 1, np.int32) for _ in range(3))
    tree = Binary(order, begin, size, right, np.empty((2 * n - 1, 6), np.float32))
    scratch = np.empty(n, np.int32)
    begin[0], size[0] = 0, n
    _split_below(box, tree, scratch, 0, 0, TASK_BOXES)
    _split_tasks(box, tree, scratch, np.array(_unfinished(tree), np.int64), WIDTH)
    return tree


def _unfinished(tree: Binary) -> list[tuple[int, int]]:
    """(slot, depth) of the nodes that have no children, from left to right."""
    waiting, found = [(0, 0)], []
    while waiting:
        slot, depth = waiting.pop()
        if tree.right[slot] == 0:
            found.append((slot, depth))
        else:
            waiting += [(int(tree.right[slot]), depth + 1), (slot + 1, depth + 1)]
    return found


@kernel(parallel=True)
def _split_tasks(box, tree, scratch, task, most):  # type: ignore[no-untyped-def]
    """Split each node (slot, depth) until no part has more than ``most`` boxes, one thread a node."""
    for i in prange(len(task)):
        _split_below(box, tree, scratch, task[i, 0], task[i, 1], most)


@kernel()
def _split_below(box, tree, scratch, root, root_depth, most):  # type: ignore[no-untyped-def]
    """Split the node at ``root``, whose range is known, until no node has more than ``most`` boxes."""
    extent = np.empty(12, np.float32)
    bins = np.empty(3 * BINS * 6, np.float32)
    tally = np.empty(3 * BINS, np.int64)
    stack = np.empty((SAH_DEPTH_LIMIT + 32, 2), np.int64)  # at most one waiting node a level
    stack[0, 0], stack[0, 1] = root, root_depth
    height = 1
    while height > 0:
        height -= 1
        slot, depth = stack[height, 0], stack[height, 1]
        first = np.int64(tree.begin[slot])
        last = first + tree.size[slot]
        _enclose(box, tree.order, first, last, extent)
        tree.right[slot] = 0
        for a in range(6):
            tree.box[slot, a] = extent[a]
        if last - first <= most:
            continue
        axis, plane = -1, -1
        if depth < SAH_DEPTH_LIMIT:
            _count(box, tree.order, first, last, extent, bins, tally)
            axis, plane = _cheapest_plane(extent, bins, tally)
        middle = first + (last - first) // 2
        if axis >= 0:
            middle = first + _partition(box, tree.order, first, last, extent, axis, plane, scratch)
        right = slot + 2 * (middle - first)
        tree.right[slot] = right
        tree.begin[slot + 1], tree.size[slot + 1] = first, middle - first
        tree.begin[right], tree.size[right] = middle, last - middle
        stack[height, 0], stack[height, 1] = right, depth + 1
        stack[height + 1, 0], stack[height + 1, 1] = slot + 1, depth + 1
        height += 2


@kernel()
def _enclose(box, order, first, last, extent):  # type: ignore[no-untyped-def]
    """Box of the members (6), then box of their doubled centroids (lower + upper corner, no halving needed)."""
    _clear(extent, 0)
    _clear(extent, 6)
    for i in range(first, last):
        t = order[i]
        for a in range(3):
            lower, upper = box[t, a], box[t, 3 + a]
            middle = lower + upper
            extent[a] = min(extent[a], lower)
            extent[3 + a] = max(extent[3 + a], upper)
            extent[6 + a] = min(extent[6 + a], middle)
            extent[9 + a] = max(extent[9 + a], middle)


@kernel()
def _clear(boxes, at):  # type: ignore[no-untyped-def]
    for a in range(3):
        boxes[at + a], boxes[at + 3 + a] = BIG, -BIG


@kernel()
def _widen(boxes, at, others, other_at):  # type: ignore[no-untyped-def]
    for a in range(3):
        boxes[at + a] = min(boxes[at + a], others[other_at + a])
        boxes[at + 3 + a] = max(boxes[at + 3 + a], others[other_at + 3 + a])


@kernel()
def half_area(boxes, at):  # type: ignore[no-untyped-def]
    """Half the surface area [m²] of the box that stands at ``at`` in a flat array."""
    x, y, z = boxes[at + 3] - boxes[at], boxes[at + 4] - boxes[at + 1], boxes[at + 5] - boxes[at + 2]
    return np.float64(x * y + y * z + z * x)


@kernel()
def _bin_scale(extent, axis):  # type: ignore[no-untyped-def]
    """Bins per doubled centroid metre, just under BINS / extent so that the last centroid stays inside."""
    length = np.float64(extent[9 + axis]) - np.float64(extent[6 + axis])
    return 0.0 if length <= 0.0 else BINS * (1.0 - 1.0e-9) / length


@kernel()
def _bin(box, t, extent, axis, scale):  # type: ignore[no-untyped-def]
    """Bin of a box's centroid. One function for counting and for partitioning: they must never differ."""
    middle = box[t, axis] + box[t, 3 + axis]
    return np.int64((np.float64(middle) - np.float64(extent[6 + axis])) * scale)


@kernel()
def _count(box, order, first, last, extent, bins, tally):  # type: ignore[no-untyped-def]
    """Number and common box of the members in each bin of each axis."""
    scale = (_bin_scale(extent, 0), _bin_scale(extent, 1), _bin_scale(extent, 2))
    tally[:] = 0
    for b in range(3 * BINS):
        _clear(bins, 6 * b)
    for i in range(first, last):
        t = order[i]
        for a in range(3):
            b = a * BINS + _bin(box, t, extent, a, scale[a])
            tally[b] += 1
            for k in range(3):
                bins[6 * b + k] = min(bins[6 * b + k], box[t, k])
                bins[6 * b + 3 + k] = max(bins[6 * b + 3 + k], box[t, 3 + k])


@kernel()
def _price(n):  # type: ignore[no-untyped-def]
    """What n boxes cost: vector tests of WIDTH boxes. A price for each half or quarter of a vector makes 14 or 22 %
    more leaves and traces equally fast (within 2 %)."""
    return np.float64((n + WIDTH - 1) // WIDTH)


@kernel()
def _cheapest_plane(extent, bins, tally):  # type: ignore[no-untyped-def]
    """(axis, last bin of the left side) of least cost, or (−1, −1) when all centroids coincide."""
    best_cost, best_axis, best_plane = np.inf, -1, -1
    right_cost = np.empty(BINS, np.float64)
    side = np.empty(6, np.float32)
    for a in range(3):
        if _bin_scale(extent, a) == 0.0:
            continue
        _clear(side, 0)
        n = 0
        for b in range(BINS - 1, 0, -1):
            n += tally[a * BINS + b]
            _widen(side, 0, bins, 6 * (a * BINS + b))
            right_cost[b] = half_area(side, 0) * _price(n) if n > 0 else np.inf
        _clear(side, 0)
        n = 0
        for b in range(BINS - 1):
            n += tally[a * BINS + b]
            _widen(side, 0, bins, 6 * (a * BINS + b))
            if n == 0:
                continue
            cost = half_area(side, 0) * _price(n) + right_cost[b + 1]
            if cost < best_cost:
                best_cost, best_axis, best_plane = cost, a, b
    return best_axis, best_plane


@kernel()
def _partition(box, order, first, last, extent, axis, plane, scratch):  # type: ignore[no-untyped-def]
    """Stable partition of first..last in place; returns how many went left."""
    scale = _bin_scale(extent, axis)
    n_left, n_right = 0, 0
    for i in range(first, last):
        t = order[i]
        if _bin(box, t, extent, axis, scale) <= plane:
            order[first + n_left] = t
            n_left += 1
        else:
            scratch[first + n_right] = t
            n_right += 1
    for i in range(n_right):
        order[first + n_left + i] = scratch[first + i]
    return n_left
