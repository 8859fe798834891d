"""The compiled part of laying rows: free intervals of strips, and the best set of strips (see layout.py).

Rows run along x. Numba renews a kernel when its own file changes: all of it stands here.
"""

from __future__ import annotations

import numpy as np

from twin.jit import kernel

# Lower edges of rows are tried this far apart, or closer.
STEP_M = 0.05
# What touches does not overlap; a module may reach this far over an edge.
TOUCH_M = 1e-6
# Rows that begin closer are one.
SAME_M = 1e-7
# Rows that begin at corners, and others in their step: beyond this many, corners count for their own row only.
MOST_ROWS = 4000


@kernel
def upright_rectangle(edges):  # type: ignore[no-untyped-def]
    """Whether the edges (E, 4) are those of a rectangle along the axes."""
    aside = 0
    for k in range(len(edges)):
        if min(abs(edges[k, 2] - edges[k, 0]), abs(edges[k, 3] - edges[k, 1])) > TOUCH_M:
            aside += 1
    return len(edges) == 4 and aside == 0


@kernel
def _lower_edges(edges, depth_m, pitch_m):  # type: ignore[no-untyped-def]
    """Heights (Y,) at which rows may begin, ascending, for rows of a depth and a pitch [m]."""
    corners = len(edges)
    bottom, top = np.inf, -np.inf
    for k in range(corners):
        bottom, top = min(bottom, edges[k, 1]), max(top, edges[k, 1] - depth_m)
    if corners < 3 or top < bottom - TOUCH_M:
        return np.zeros(0)
    rows = int((top - bottom + TOUCH_M) / pitch_m) + 1
    if upright_rectangle(edges):
        # The rows stand in the middle.
        bottom += max(top - bottom - (rows - 1) * pitch_m, 0.0) / 2
        found = np.zeros(rows)
        for i in range(rows):
            found[i] = bottom + i * pitch_m
        return found
    step = pitch_m / (int(pitch_m / STEP_M) + 1)
    steps = int((top - bottom) / step + TOUCH_M) + 1
    repeats = rows if 2 * corners * rows <= MOST_ROWS else 1
    found = np.zeros(steps + 2 * corners * repeats)
    for i in range(steps):
        found[i] = bottom + step * i
    n = steps
    for k in range(2 * corners):
        own = edges[k // 2, 1] - (k % 2) * depth_m
        if repeats > 1:
            own = bottom + (own - bottom) % pitch_m
        for i in range(repeats):
            at = own + i * pitch_m
            if bottom - TOUCH_M <= at <= top + TOUCH_M:
                found[n] = at
                n += 1
    _sort(found, n)
    kept = 1
    for i in range(1, n):
        if found[i] > found[kept - 1] + SAME_M:
            found[kept] = found[i]
            kept += 1
    return found[:kept]


@kernel
def _sort(values, n):  # type: ignore[no-untyped-def]
    """Sort the first n values in place (Shell 1959, https://doi.org/10.1145/368370.368387).

    numpy's own sort would take two seconds more to compile.
    """
    gap = n // 2
    while gap > 0:
        for i in range(gap, n):
            value, j = values[i], i
            while j >= gap and values[j - gap] > value:
                values[j] = values[j - gap]
                j -= gap
            values[j] = value
        gap //= 2


@kernel
def _strip(edges, low_y, depth_m, left, right, crosses):  # type: ignore[no-untyped-def]
    """Blocked intervals of the strip above ``low_y``, ascending by their left end, written into the last three.

    Returns their number. ``crosses`` says whether the edge crosses the strip's middle.
    """
    low, high = low_y + TOUCH_M, low_y + depth_m - TOUCH_M
    middle = (low + high) / 2
    n = 0
    for k in range(len(edges)):
        xa, ya, xb, yb = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
        if ya > yb:
            xa, ya, xb, yb = xb, yb, xa, ya
        if yb < low or ya > high:
            continue
        if yb > ya:
            slope = (xb - xa) / (yb - ya)
            start = xa + (max(ya, low) - ya) * slope
            end = xa + (min(yb, high) - ya) * slope
        else:
            start, end = xa, xb
        first = min(start, end)
        i = n
        while i > 0 and left[i - 1] > first:
            left[i], right[i], crosses[i] = left[i - 1], right[i - 1], crosses[i - 1]
            i -= 1
        left[i], right[i], crosses[i] = first, max(start, end), ya <= middle < yb
        n += 1
    return n


@kernel
def lay_rows(edges, width_m, depth_m, gap_m, pitch_m):  # type: ignore[no-untyped-def]
    """Lower left corners (K, 2) and row (K,) of the most places in rows, inside what ``edges`` (E, 4) bound."""
    low_y = _lower_edges(edges, depth_m, pitch_m)
    n = len(low_y)
    left, right = np.zeros(len(edges)), np.zeros(len(edges))
    crosses = np.zeros(len(edges), np.bool_)
    value = np.zeros(n, np.int64)
    for i in range(n):
        blocks = _strip(edges, low_y[i], depth_m, left, right, crosses)
        value[i] = _places(left, right, crosses, blocks, width_m, gap_m)
    # best[i]: most places in rows that begin at low_y[i] or above.
    best = np.zeros(n + 1, np.int64)
    after = np.zeros(n, np.int64)
    following = n
    for i in range(n - 1, -1, -1):
        while following > i + 1 and low_y[following - 1] >= low_y[i] + pitch_m - TOUCH_M:
            following -= 1
        after[i] = following
        best[i] = max(best[i + 1], value[i] + best[after[i]])
    low, row = np.zeros((best[0], 2)), np.zeros(best[0], np.int32)
    i, at, number = 0, 0, 0
    while i < n and best[i] > 0:
        if value[i] == 0 or value[i] + best[after[i]] < best[i]:
            i += 1
            continue
        blocks = _strip(edges, low_y[i], depth_m, left, right, crosses)
        at = _write(left, right, crosses, blocks, width_m, gap_m, low, at)
        for k in range(at - value[i], at):
            low[k, 1], row[k] = low_y[i], number
        number += 1
        i = after[i]
    return low, row


@kernel
def _places(left, right, crosses, blocks, width_m, gap_m):  # type: ignore[no-untyped-def]
    """How many places fit between the blocked intervals of a strip."""
    total, reached, inside = 0, -np.inf, False
    for k in range(blocks):
        if inside and left[k] > reached:
            total += int((left[k] - reached + gap_m + TOUCH_M) / (width_m + gap_m))
        reached = max(reached, right[k])
        inside = inside != crosses[k]
    return total


@kernel
def _write(left, right, crosses, blocks, width_m, gap_m, low, at):  # type: ignore[no-untyped-def]
    """Left ends of the places of a strip into ``low[at:, 0]``; what an interval leaves over goes to both its ends."""
    reached, inside = -np.inf, False
    for k in range(blocks):
        if inside and left[k] > reached:
            count = int((left[k] - reached + gap_m + TOUCH_M) / (width_m + gap_m))
            start = reached + (left[k] - reached - count * (width_m + gap_m) + gap_m) / 2
            for place in range(count):
                low[at, 0] = start + place * (width_m + gap_m)
                at += 1
        reached = max(reached, right[k])
        inside = inside != crosses[k]
    return at
