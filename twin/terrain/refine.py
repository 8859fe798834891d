"""Triangles that keep every sample of a grid within an error bound, by inserting the worst sample again and again.

Idea: begin with the two triangles of a square block; in each triangle find the sample that lies farthest from its
plane; insert the worst of all into the Delaunay triangulation; stop when none is off by more than the bound. Borders
come first and are refined from their own samples alone, so two blocks that share a border choose the same vertices
on it: no crack opens and no block needs to know its neighbour.

Missing samples are refined like errors, until no triangle mixes them with known ones; what holds them is a hole.

Coordinates are sample numbers, so orientation and in-circle tests are exact in 64-bit integers and the result is the
same on every machine.

Source: M. Garland, P. Heckbert (1995), Fast polygonal approximation of terrains and height fields, CMU-CS-95-181.
Oracle: tests/twin/test_twin_terrain_refine.py checks every sample against its triangle with numpy.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel

# Error of a triangle that mixes known and missing samples: worse than any height.
MIXED = 1e30


class Block(NamedTuple):
    """Triangles of one block, holes left out."""

    column: NDArray[np.int64]  # (V,) sample number eastward
    row: NDArray[np.int64]  # (V,) sample number northward
    triangle: NDArray[np.int64]  # (T, 3) counter-clockwise seen from above
    error_m: float  # largest distance of a known sample from the triangles, along the vertical


def refine_block(height: NDArray[np.float64], bound_m: float) -> Block:
    """Triangles over a block of samples.

    Parameters
    ----------
    height : (N, N) [m]
        Rows from the south, NaN where missing; N = 2 … 1,000 or so.
    bound_m : [m]
        Largest error, above 0.
    """
    known = np.isfinite(height)
    if not known.any():
        return Block(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3), np.int64), 0.0)
    lines = (height[0], height[-1], height[:, 0], height[:, -1])
    borders = [border_vertices(line, bound_m) for line in lines]
    x, y, triangle, error = _refine(height, known, bound_m, *borders)
    whole = known[y[triangle], x[triangle]].all(axis=1)
    kept = triangle[whole]
    used, index = np.unique(kept, return_inverse=True)
    worst = max(float(error[whole].max(initial=0.0)), *map(_border_error, lines, borders))
    return Block(x[used], y[used], index.reshape(-1, 3).astype(np.int64), worst)


@kernel
def border_vertices(line, bound_m):  # type: ignore[no-untyped-def]
    """Which samples (N,) of a border are vertices: of the line alone, whichever block asks."""
    n = len(line)
    vertex = np.zeros(n, np.bool_)
    vertex[0] = vertex[n - 1] = True
    stack = [(0, n - 1)]
    while len(stack) > 0:
        first, last = stack.pop()
        worst, at = bound_m, -1
        middle = (first + last) // 2
        ends = (not np.isnan(line[first])) + (not np.isnan(line[last]))
        for i in range(first + 1, last):
            known = not np.isnan(line[i])
            if known != (ends == 2):
                # mixed: of several the one nearest the middle, which halves the segment
                if worst < MIXED or abs(i - middle) < abs(at - middle):
                    worst, at = MIXED, i
            elif known and worst < MIXED:
                off = abs(line[first] + (line[last] - line[first]) * (i - first) / (last - first) - line[i])
                if off > worst:
                    worst, at = off, i
        if at >= 0:
            vertex[at] = True
            stack.append((first, at))
            stack.append((at, last))
    return vertex


def _border_error(line: NDArray[np.float64], vertex: NDArray[np.bool_]) -> float:
    """Largest distance of a known sample of a border from the chain of its vertices."""
    at = np.flatnonzero(vertex)
    off = np.abs(np.interp(np.arange(len(line)), at, line[at]) - line)
    return float(np.where(np.isfinite(off), off, 0.0).max())


@kernel
def _orient(ax, ay, bx, by, cx, cy):  # type: ignore[no-untyped-def]
    """Twice the area of a, b, c; positive counter-clockwise."""
    return (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)


@kernel
def _in_circle(x, y, a, b, c, q):  # type: ignore[no-untyped-def]
    """Whether q lies strictly inside the circle through a, b, c (counter-clockwise)."""
    ax, ay, bx, by, cx, cy = x[a] - x[q], y[a] - y[q], x[b] - x[q], y[b] - y[q], x[c] - x[q], y[c] - y[q]
    aa, bb, cc = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    return aa * (bx * cy - cx * by) - bb * (ax * cy - cx * ay) + cc * (ax * by - bx * ay) > 0


@kernel
def _span(ax, ay, bx, by, row, low, high):  # type: ignore[no-untyped-def]
    """Columns of a row, within [low, high], on the left of or on the edge a → b."""
    # orient(a, b, p) = slope · x + rest, all integers
    slope = -(by - ay)
    rest = (bx - ax) * (row - ay) + ax * (by - ay)
    if slope > 0:
        low = max(low, -(rest // slope))
    elif slope < 0:
        high = min(high, rest // -slope)
    elif rest < 0:
        high = low - 1
    return low, high


@kernel
def _scan(height, known, x, y, a, b, c):  # type: ignore[no-untyped-def]
    """(largest error in triangle a, b, c, column and row of the sample that has it); borders of the block excluded."""
    n = height.shape[0]
    whole = known[y[a], x[a]] and known[y[b], x[b]] and known[y[c], x[c]]
    twice = float(_orient(x[a], y[a], x[b], y[b], x[c], y[c]))
    za, right, up = 0.0, 0.0, 0.0
    if whole:
        za = height[y[a], x[a]]
        zb, zc = height[y[b], x[b]] - za, height[y[c], x[c]] - za
        right = (zb * (y[c] - y[a]) - zc * (y[b] - y[a])) / twice
        up = (zc * (x[b] - x[a]) - zb * (x[c] - x[a])) / twice
    worst, column, line = 0.0, -1, -1
    middle_x, middle_y = x[a] + x[b] + x[c], y[a] + y[b] + y[c]
    nearest = 0
    first = max(1, min(y[a], min(y[b], y[c])))
    last = min(n - 2, max(y[a], max(y[b], y[c])))
    for row in range(first, last + 1):
        low, high = 1, n - 2
        low, high = _span(x[a], y[a], x[b], y[b], row, low, high)
        low, high = _span(x[b], y[b], x[c], y[c], row, low, high)
        low, high = _span(x[c], y[c], x[a], y[a], row, low, high)
        for i in range(low, high + 1):
            if known[row, i] == whole:
                if whole and worst < MIXED:
                    off = abs(za + right * (i - x[a]) + up * (row - y[a]) - height[row, i])
                    if off > worst:
                        worst, column, line = off, i, row
                continue
            corner = (i == x[a] and row == y[a]) or (i == x[b] and row == y[b]) or (i == x[c] and row == y[c])
            if corner:
                continue
            away = (3 * i - middle_x) ** 2 + (3 * row - middle_y) ** 2
            if worst < MIXED or away < nearest:
                worst, column, line, nearest = MIXED, i, row, away
    return worst, column, line


@kernel
def _link(twin, e, f):  # type: ignore[no-untyped-def]
    twin[e] = f
    if f >= 0:
        twin[f] = e


@kernel
def _set(corner, t, a, b, c):  # type: ignore[no-untyped-def]
    corner[3 * t], corner[3 * t + 1], corner[3 * t + 2] = a, b, c


@kernel
def _split_inside(corner, twin, t, p, n_triangles):  # type: ignore[no-untyped-def]
    """Three triangles for one; each has p as its third corner. Returns the number of triangles."""
    a, b, c = corner[3 * t], corner[3 * t + 1], corner[3 * t + 2]
    ab, bc, ca = twin[3 * t], twin[3 * t + 1], twin[3 * t + 2]
    u, v = n_triangles, n_triangles + 1
    _set(corner, t, a, b, p)
    _set(corner, u, b, c, p)
    _set(corner, v, c, a, p)
    _link(twin, 3 * t, ab)
    _link(twin, 3 * u, bc)
    _link(twin, 3 * v, ca)
    _link(twin, 3 * t + 1, 3 * u + 2)
    _link(twin, 3 * u + 1, 3 * v + 2)
    _link(twin, 3 * v + 1, 3 * t + 2)
    return n_triangles + 2


@kernel
def _split_edge(corner, twin, e, p, n_triangles):  # type: ignore[no-untyped-def]
    """Two triangles for the one or each of the two at edge e; each has p as its third corner."""
    t = e // 3
    after, before = 3 * t + (e + 1) % 3, 3 * t + (e + 2) % 3
    a, b, c = corner[e], corner[after], corner[before]
    bc, ca, f = twin[after], twin[before], twin[e]
    t1 = n_triangles
    n_triangles += 1
    _set(corner, t, c, a, p)
    _set(corner, t1, b, c, p)
    if f < 0:
        _link(twin, 3 * t, ca)
        _link(twin, 3 * t1, bc)
        _link(twin, 3 * t + 2, 3 * t1 + 1)
        twin[3 * t + 1] = twin[3 * t1 + 2] = -1
        return n_triangles
    u = f // 3
    after, before = 3 * u + (f + 1) % 3, 3 * u + (f + 2) % 3
    d, ad, db = corner[before], twin[after], twin[before]
    u1 = n_triangles
    n_triangles += 1
    _set(corner, u, d, b, p)
    _set(corner, u1, a, d, p)
    _link(twin, 3 * t, ca)
    _link(twin, 3 * t1, bc)
    _link(twin, 3 * u, db)
    _link(twin, 3 * u1, ad)
    _link(twin, 3 * t + 2, 3 * t1 + 1)
    _link(twin, 3 * u + 2, 3 * u1 + 1)
    _link(twin, 3 * t + 1, 3 * u1 + 2)
    _link(twin, 3 * t1 + 2, 3 * u + 1)
    return n_triangles


@kernel
def _insert(x, y, corner, twin, t, p, n_triangles, touched):  # type: ignore[no-untyped-def]
    """Insert vertex p, which lies in or on triangle t, and make the triangulation Delaunay again.

    ``touched`` receives the triangles that are new or changed. Returns the number of triangles.
    """
    touched.clear()
    before = n_triangles
    edge = -1
    for k in range(3):
        a, b = corner[3 * t + k], corner[3 * t + (k + 1) % 3]
        if _orient(x[a], y[a], x[b], y[b], x[p], y[p]) == 0:
            edge = 3 * t + k
    touched.append(t)
    if edge < 0:
        n_triangles = _split_inside(corner, twin, t, p, n_triangles)
    else:
        if twin[edge] >= 0:
            touched.append(twin[edge] // 3)
        n_triangles = _split_edge(corner, twin, edge, p, n_triangles)
    for new in range(before, n_triangles):
        touched.append(new)
    # every touched triangle has p as its third corner, so its first edge faces p
    stack = [3 * touched[i] for i in range(len(touched))]
    while len(stack) > 0:
        e = stack.pop()
        f = twin[e]
        if f < 0:
            continue
        t, u = e // 3, f // 3
        after, opposite = 3 * u + (f + 1) % 3, 3 * u + (f + 2) % 3
        v0, v1, q = corner[e], corner[e + 1], corner[opposite]
        if not _in_circle(x, y, v0, v1, p, q):
            continue
        v0q, qv1, v1p, pv0 = twin[after], twin[opposite], twin[e + 1], twin[e + 2]
        _set(corner, t, v0, q, p)
        _set(corner, u, q, v1, p)
        _link(twin, 3 * t, v0q)
        _link(twin, 3 * t + 2, pv0)
        _link(twin, 3 * u, qv1)
        _link(twin, 3 * u + 1, v1p)
        _link(twin, 3 * t + 1, 3 * u + 2)
        touched.append(u)
        stack.append(3 * t)
        stack.append(3 * u)
    return n_triangles


@kernel
def _border_edge(x, y, corner, twin, n_triangles, px, py):  # type: ignore[no-untyped-def]
    """The triangle whose border edge holds a point of the border that is no vertex yet."""
    for e in range(3 * n_triangles):
        if twin[e] >= 0:
            continue
        a, b = corner[e], corner[e - 2 if e % 3 == 2 else e + 1]
        inside = min(x[a], x[b]) <= px <= max(x[a], x[b]) and min(y[a], y[b]) <= py <= max(y[a], y[b])
        if inside and _orient(x[a], y[a], x[b], y[b], px, py) == 0:
            return e // 3
    return -1


@kernel
def _refine(height, known, bound_m, south, north, west, east):  # type: ignore[no-untyped-def]
    """(x (V,), y (V,), triangles (T, 3), error (T,)) of a block."""
    n = height.shape[0]
    x, y = np.empty(n * n, np.int64), np.empty(n * n, np.int64)
    corner, twin = np.empty(6 * n * n, np.int64), np.full(6 * n * n, -1, np.int64)
    error = np.zeros(2 * n * n)
    spot = np.empty((2 * n * n, 2), np.int64)
    far = n - 1
    for i, (cx, cy) in enumerate(((0, 0), (far, 0), (far, far), (0, far))):
        x[i], y[i] = cx, cy
    n_vertices, n_triangles = 4, 2
    _set(corner, 0, 0, 1, 2)
    _set(corner, 1, 0, 2, 3)
    _link(twin, 2, 3)
    touched = [0]
    for side in range(4):
        chosen = (south, north, west, east)[side]
        for i in range(1, far):
            if not chosen[i]:
                continue
            px, py = (i, 0 if side == 0 else far) if side < 2 else (0 if side == 2 else far, i)
            t = _border_edge(x, y, corner, twin, n_triangles, px, py)
            x[n_vertices], y[n_vertices] = px, py
            n_triangles = _insert(x, y, corner, twin, t, n_vertices, n_triangles, touched)
            n_vertices += 1
    heap = [(0.0, np.int64(0))]
    heap.clear()
    touched.clear()
    for t in range(n_triangles):
        touched.append(t)
    while True:
        for t in touched:
            off, column, row = _scan(height, known, x, y, corner[3 * t], corner[3 * t + 1], corner[3 * t + 2])
            error[t] = off
            spot[t, 0], spot[t, 1] = column, row
            if off > bound_m:
                heapq.heappush(heap, (-off, np.int64(t)))
        worst, t = 0.0, np.int64(-1)
        while len(heap) > 0:
            worst, t = heapq.heappop(heap)
            if error[t] == -worst:
                break
            t = np.int64(-1)
        if t < 0:
            break
        x[n_vertices], y[n_vertices] = spot[t, 0], spot[t, 1]
        n_triangles = _insert(x, y, corner, twin, t, n_vertices, n_triangles, touched)
        n_vertices += 1
    triangle = corner[: 3 * n_triangles].copy().reshape(n_triangles, 3)
    return x[:n_vertices].copy(), y[:n_vertices].copy(), triangle, error[:n_triangles].copy()
