"""The triangulated ground: how high it is at a place, how it slopes, and where it meets a wall.

A grid of bins over the map lists the triangles whose box reaches into each; a place looks at its own bin alone.
Places and triangles are compared in float64 about a whole-metre corner. Oracle: tests/twin/test_twin_terrain_surface.py
(brute force over all triangles).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.terrain.tin import FLAT_M2

# Bins hold about this many triangles: fewer cost memory, more cost time.
PER_BIN = 2.0
MOST_BINS = 4_000_000
# A place this far outside a triangle (share of its size) still belongs to it: rounding must leave no gap on an edge.
SLACK = 1e-9
# Pieces of a profile that lie closer than this share of its length follow each other without a gap.
JOIN = 1e-6


class Bins(NamedTuple):
    """Which triangles reach into which bin."""

    size_m: float
    columns: int
    rows: int
    start: NDArray[np.int64]  # (columns · rows + 1,)
    member: NDArray[np.int32]  # (N,) triangle
    top_m: NDArray[np.float64]  # (columns · rows,) highest point of any triangle that reaches into the bin


@dataclass(frozen=True)
class Surface:
    """The ground of a job."""

    corner: NDArray[np.float64]  # (2,) m, whole metres
    vertex: NDArray[np.float64]  # (V, 3) m in the CRS
    triangle: NDArray[np.int32]  # (T, 3) counter-clockwise seen from above
    flat: NDArray[np.float64]  # (V, 2) m about the corner
    bins: Bins

    def under(self, place: NDArray[np.float64]) -> NDArray[np.int64]:
        """The first triangle (N,) above or below places (N, 2); −1 where there is no ground."""
        local = np.ascontiguousarray(place[:, :2] - self.corner)
        return np.asarray(_find(self.bins, self.flat, self.triangle, local))

    def at(self, place: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Heights (N,) [m] and unit normals (N, 3) at places (N, 2); NaN where there is no ground."""
        found = self.under(place)
        height, normal = np.full(len(place), np.nan), np.full((len(place), 3), np.nan)
        met = np.flatnonzero(found >= 0)
        a, b, c = (self.vertex[self.triangle[found[met], k]] for k in range(3))
        across = np.cross(b - a, c - a)
        off = place[met, :2] - a[:, :2]
        height[met] = a[:, 2] - (across[:, 0] * off[:, 0] + across[:, 1] * off[:, 1]) / across[:, 2]
        normal[met] = across / np.linalg.norm(across, axis=1, keepdims=True)
        return height, normal

    def height(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights (N,) [m] at places (N, 2); NaN where there is no ground."""
        return self.at(place)[0]

    def highest(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
        """A height [m] that the ground does not exceed within a box on the map; −inf where there is none."""
        size = self.bins.size_m
        first = np.clip(np.floor((low[:2] - self.corner) / size).astype(int), 0, None)
        last = np.floor((high[:2] - self.corner) / size).astype(int)
        grid = self.bins.top_m.reshape(self.bins.rows, self.bins.columns)
        part = grid[first[1] : max(0, last[1] + 1), first[0] : max(0, last[0] + 1)]
        return float(part.max()) if part.size else -np.inf

    def profile(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """The ground along a straight line on the map, exactly.

        Parameters
        ----------
        start, end : (2,) [m]

        Returns
        -------
        Runs (N, 2) without a gap: share of the way from start to end, height [m]; corners of the ground in between.
        """
        part = _cut(self.bins, self.flat, self.vertex[:, 2], self.triangle, start - self.corner, end - self.corner)
        runs: list[list[tuple[float, float]]] = []
        for t0, t1, z0, z1 in part[np.lexsort((part[:, 1], part[:, 0]))].tolist():
            done = runs[-1][-1][0] if runs else -1.0
            if t1 <= done + JOIN:  # the same piece from the triangle on the other side of an edge
                continue
            if runs and t0 <= done + JOIN:
                runs[-1].append((t1, z1))
            else:
                runs.append([(t0, z0), (t1, z1)])
        return [np.array(run) for run in runs]


def surface_of(vertex: NDArray[np.float64], triangle: NDArray[np.integer]) -> Surface:
    """Ground of upward triangles (T, 3), at least one, over vertices (V, 3) [m]."""
    index = triangle.astype(np.int32, copy=False)
    corner = np.floor(vertex[:, :2].min(axis=0))
    span = np.maximum(vertex[:, :2].max(axis=0) - corner, 1.0)
    size = float(np.sqrt(span[0] * span[1] / min(max(1.0, len(index) / PER_BIN), MOST_BINS)))
    # a long thin ground must not get more bins than a square one
    size = max(size, float(span.max()) / MOST_BINS)
    columns, rows = (int(np.floor(length / size)) + 1 for length in span)
    flat = vertex[:, :2] - corner
    start, member, top = _fill(flat, vertex[:, 2].copy(), index, size, columns, rows)
    return Surface(corner, vertex, index, flat, Bins(size, columns, rows, start, member, top))


@kernel
def _reach(flat, triangle, t, size, columns, rows):  # type: ignore[no-untyped-def]
    """First and last column and row of the bins that triangle t's box touches."""
    a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
    west, east = min(flat[a, 0], flat[b, 0], flat[c, 0]), max(flat[a, 0], flat[b, 0], flat[c, 0])
    south, north = min(flat[a, 1], flat[b, 1], flat[c, 1]), max(flat[a, 1], flat[b, 1], flat[c, 1])
    slack = SLACK * (1.0 + east - west + north - south)
    return (
        max(0, int(np.floor((west - slack) / size))),
        min(columns - 1, int(np.floor((east + slack) / size))),
        max(0, int(np.floor((south - slack) / size))),
        min(rows - 1, int(np.floor((north + slack) / size))),
    )


@kernel
def _fill(flat, height, triangle, size, columns, rows):  # type: ignore[no-untyped-def]
    """(start, member, top) of `Bins`."""
    start = np.zeros(columns * rows + 1, np.int64)
    top = np.full(columns * rows, -np.inf)
    for t in range(len(triangle)):
        first, last, low, high = _reach(flat, triangle, t, size, columns, rows)
        peak = max(height[triangle[t, 0]], height[triangle[t, 1]], height[triangle[t, 2]])
        for row in range(low, high + 1):
            for column in range(first, last + 1):
                start[row * columns + column + 1] += 1
                top[row * columns + column] = max(top[row * columns + column], peak)
    for i in range(columns * rows):
        start[i + 1] += start[i]
    fill = start[:-1].copy()
    member = np.empty(start[-1], np.int32)
    for t in range(len(triangle)):
        first, last, low, high = _reach(flat, triangle, t, size, columns, rows)
        for row in range(low, high + 1):
            for column in range(first, last + 1):
                member[fill[row * columns + column]] = t
                fill[row * columns + column] += 1
    return start, member, top


@kernel
def _find(bins, flat, triangle, place):  # type: ignore[no-untyped-def]
    """The first triangle under each place (N,), −1 where there is none."""
    out = np.full(len(place), -1, np.int64)
    for i in range(len(place)):
        column, row = int(np.floor(place[i, 0] / bins.size_m)), int(np.floor(place[i, 1] / bins.size_m))
        if column < 0 or row < 0 or column >= bins.columns or row >= bins.rows:
            continue
        for k in range(bins.start[row * bins.columns + column], bins.start[row * bins.columns + column + 1]):
            t = bins.member[k]
            ax, ay = flat[triangle[t, 0], 0] - place[i, 0], flat[triangle[t, 0], 1] - place[i, 1]
            bx, by = flat[triangle[t, 1], 0] - place[i, 0], flat[triangle[t, 1], 1] - place[i, 1]
            cx, cy = flat[triangle[t, 2], 0] - place[i, 0], flat[triangle[t, 2], 1] - place[i, 1]
            u, v, w = bx * cy - cx * by, cx * ay - ax * cy, ax * by - bx * ay
            twice = u + v + w
            if twice > 2.0 * FLAT_M2 and min(u, v, w) >= -SLACK * twice:
                out[i] = t
                break
    return out


@kernel
def _cut(bins, flat, height, triangle, start, end):  # type: ignore[no-untyped-def]
    """Pieces (N, 4) of a line inside triangles: shares of the way t0 < t1 and the heights there."""
    found = [(0.0, 0.0, 0.0, 0.0)]
    found.clear()
    dx, dy = end[0] - start[0], end[1] - start[1]
    size = bins.size_m
    first = max(0, int(np.floor(min(start[0], end[0]) / size)))
    last = min(bins.columns - 1, int(np.floor(max(start[0], end[0]) / size)))
    low = max(0, int(np.floor(min(start[1], end[1]) / size)))
    high = min(bins.rows - 1, int(np.floor(max(start[1], end[1]) / size)))
    for row in range(low, high + 1):
        for column in range(first, last + 1):
            for k in range(bins.start[row * bins.columns + column], bins.start[row * bins.columns + column + 1]):
                t = bins.member[k]
                a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
                twice = (flat[b, 0] - flat[a, 0]) * (flat[c, 1] - flat[a, 1]) - (flat[c, 0] - flat[a, 0]) * (
                    flat[b, 1] - flat[a, 1]
                )
                if twice <= 2.0 * FLAT_M2:
                    continue
                t0, t1 = 0.0, 1.0
                for side in range(3):
                    p, q = triangle[t, side], triangle[t, (side + 1) % 3]
                    ex, ey = flat[q, 0] - flat[p, 0], flat[q, 1] - flat[p, 1]
                    # left of the edge: value ≥ 0 along start + t · d
                    value = ex * (start[1] - flat[p, 1]) - ey * (start[0] - flat[p, 0])
                    slope = ex * dy - ey * dx
                    if slope > 0.0:
                        t0 = max(t0, -value / slope)
                    elif slope < 0.0:
                        t1 = min(t1, -value / slope)
                    elif value < -SLACK * twice:
                        t1 = -1.0
                if t1 <= t0:
                    continue
                zb, zc = height[b] - height[a], height[c] - height[a]
                right = (zb * (flat[c, 1] - flat[a, 1]) - zc * (flat[b, 1] - flat[a, 1])) / twice
                up = (zc * (flat[b, 0] - flat[a, 0]) - zb * (flat[c, 0] - flat[a, 0])) / twice
                z = height[a] + right * (start[0] - flat[a, 0]) + up * (start[1] - flat[a, 1])
                rise = right * dx + up * dy
                found.append((t0, t1, z + t0 * rise, z + t1 * rise))
    out = np.empty((len(found), 4))
    for i in range(len(found)):
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = found[i]
    return out
