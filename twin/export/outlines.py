"""From a raster of values to polygons along the edges of its pixels.

Pixels of one value that share a side make one polygon; those that meet at a corner only are two. Boundaries are walked
with the pixel on the right, turning right where two pixels meet at a corner; where the walk comes to a corner a second
time, the part in between is cut off as a ring of its own, so that every ring is simple and every polygon valid (OGC
06-103r4, 6.1.11).

``rasterio.features.shapes`` answers the same question and is the oracle in
tests/twin/test_twin_study_files.py; it builds its polygons in Python, point by point, and takes five times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel

if TYPE_CHECKING:
    import shapely

# Sides of a pixel in the order of the walk, and the direction of the walk along each: row, column.
_TOP = 0
_STEP = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])
# Where the walk along each side starts, from the pixel's upper left corner: row, column.
_START = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])


class Outline(NamedTuple):
    """All pixels of one value."""

    value: int
    pixels: int
    geometry: shapely.MultiPolygon  # in columns and rows from the upper left corner of the raster, or as placed


def outlines(values: NDArray[np.uint8], wanted: tuple[int, ...]) -> list[Outline]:
    """The polygons of each wanted value that occurs in ``values`` (rows, columns); x are columns, y minus rows.

    Exteriors run counterclockwise, holes clockwise (RFC 7946).
    """
    import shapely
    from scipy import ndimage

    out: list[Outline] = []
    for value in wanted:
        chosen = values == value
        pixels = int(np.count_nonzero(chosen))
        if not pixels:
            continue
        row, column = (np.flatnonzero(chosen.any(axis=axis)) for axis in (1, 0))
        chosen = chosen[row[0] : row[-1] + 1, column[0] : column[-1] + 1]  # one building's shadow is small
        label = np.zeros((chosen.shape[0] + 2, chosen.shape[1] + 2), np.int32)
        count = ndimage.label(chosen, output=label[1:-1, 1:-1])
        point, ring, owner, outer = _rings(label, _STEP, _START)
        point += np.array([row[0], column[0]], np.int32)
        order = np.lexsort((~outer, owner))  # of each polygon the exterior, then its holes
        length = np.diff(ring)[order]
        ring_offset = np.concatenate([[0], np.cumsum(length)])
        index = np.arange(ring_offset[-1]) + np.repeat(ring[:-1][order] - ring_offset[:-1], length)
        polygon_offset = np.searchsorted(owner[order], np.arange(1, count + 2))
        geometry = shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON,
            np.stack([point[index, 1], -point[index, 0]], axis=1).astype(np.float64),
            (ring_offset, polygon_offset, np.array([0, count])),
        )
        out.append(Outline(value, pixels, geometry[0]))
    return out


@kernel
def _rings(label, step, start):  # type: ignore[no-untyped-def]
    """Rings about the pixels of each label; ``label`` (rows, columns) has a border of 0.

    Returns corners (N, 2) as row and column of the raster without the border, every ring closed; offsets of rings
    (R + 1,); the label of each (R,); whether it is an exterior (R,).
    """
    rows, columns = label.shape
    n_sides = 0
    for r in range(1, rows):
        for c in range(1, columns):
            n_sides += 2 * (label[r, c] != label[r - 1, c]) + 2 * (label[r, c] != label[r, c - 1])
    point = np.empty((n_sides + n_sides // 4 + 1, 2), np.int32)
    ring = np.zeros(n_sides // 4 + 2, np.int64)
    owner = np.empty(n_sides // 4 + 1, np.int32)
    outer = np.empty(n_sides // 4 + 1, np.bool_)
    path = np.empty((n_sides + 1, 2), np.int32)
    walked = np.zeros(label.shape, np.bool_)  # the upper side of a pixel
    met = np.full(label.shape, -1, np.int32)  # place in the path of a corner where two pixels meet
    n_rings = 0
    for first_row in range(1, rows - 1):
        for first_column in range(1, columns - 1):
            own = label[first_row, first_column]
            if own == 0 or label[first_row - 1, first_column] == own or walked[first_row, first_column]:
                continue
            r, c, side, n = first_row, first_column, _TOP, 0
            while True:
                if side == _TOP:
                    if walked[r, c]:
                        break
                    walked[r, c] = True
                along_r, along_c = step[side]
                ahead_r, ahead_c = r + along_r, c + along_c
                # what lies ahead on the other side of the boundary; it is to the left of the walk
                left_r, left_c = ahead_r - along_c, ahead_c + along_r
                turn = 1
                if label[ahead_r, ahead_c] == own:
                    turn = 3 if label[left_r, left_c] == own else 0
                corner_r, corner_c = r + start[(side + 1) % 4, 0], c + start[(side + 1) % 4, 1]
                if turn == 1 and label[left_r, left_c] == own:
                    k = met[corner_r, corner_c]
                    if k >= 0:
                        n_rings = _cut(path, k, n, own, point, ring, owner, outer, n_rings)
                        for i in range(k, n):
                            met[path[i, 0], path[i, 1]] = -1
                        n = k
                    else:
                        met[corner_r, corner_c] = n
                if turn != 0:
                    path[n, 0], path[n, 1] = corner_r, corner_c
                    n += 1
                if turn == 1:
                    side = (side + 1) % 4
                elif turn == 0:
                    r, c = ahead_r, ahead_c
                else:
                    r, c, side = left_r, left_c, (side + 3) % 4
            n_rings = _cut(path, 0, n, own, point, ring, owner, outer, n_rings)
            for i in range(n):
                met[path[i, 0], path[i, 1]] = -1
    return point[: ring[n_rings]] - 1, ring[: n_rings + 1], owner[:n_rings], outer[:n_rings]


@kernel
def _cut(path, first, last, own, point, ring, owner, outer, n_rings):  # type: ignore[no-untyped-def]
    """Keep path[first:last] as a closed ring, against the direction of the walk; returns the number of rings."""
    at = ring[n_rings]
    twice = 0
    for i in range(first, last):
        j = i + 1 if i + 1 < last else first
        twice += path[i, 1] * path[j, 0] - path[j, 1] * path[i, 0]
        back = last - 1 - (i - first)
        point[at + i - first] = path[back]
    point[at + last - first] = path[last - 1]
    ring[n_rings + 1] = at + last - first + 1
    owner[n_rings] = own
    outer[n_rings] = twice > 0
    return n_rings + 1
