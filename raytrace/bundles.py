"""Directions that lie close together, as bundles: one walk through the tree serves a whole bundle.

Idea: a bundle has a frame whose third axis w points along its middle, and each of its directions is a slope
(su, sv) = (u, v) / w in that frame. The bundle is halved along its wider side until it spans no more than the limits
below. Towards the horizontal the limits shrink, above all upwards: a flat beam runs far through the scene, so every
degree of opening costs more nodes there than a walk of its own.

The answer never depends on the bundles. Oracle: tests/raytrace/test_raytrace_bundles.py.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from raytrace.simd import LANES

MAX_DIRECTIONS = 64
"""Directions a bundle: bounds the work space of a walk."""

LEAST_FORWARD = 0.35
"""Before slopes are looked at, every direction's cosine to the bundle's middle exceeds this."""


class Bundles(NamedTuple):
    """B bundles over D directions. The columns of bundle b are begin[b]:begin[b] + size[b], then padding.

    Attributes:
        begin: (B,) int64, first column of a bundle, a multiple of simd.LANES, to which directions are padded.
        size: (B,) int64, directions of a bundle, at most MAX_DIRECTIONS.
        frame: (B, 9) float32, unit axes u, v, w, row by row.
        which: (M,) int64, the column's direction in the caller's order; padding repeats the bundle's last.
        direction: (3, M) float32, x, y, z.
        slope: (2, M) float32, (su, sv) in the bundle's frame.
    """

    begin: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    frame: npt.NDArray[np.float32]
    which: npt.NDArray[np.int64]
    direction: npt.NDArray[np.float32]
    slope: npt.NDArray[np.float32]


def bundles(directions: npt.NDArray[np.float32]) -> Bundles:
    """Bundles of unit vectors (D, 3); kept for the sets asked for last, because a job asks cell by cell."""
    return _bundles(directions.tobytes())


@functools.lru_cache(maxsize=8)
def _bundles(octets: bytes) -> Bundles:
    directions = np.frombuffer(octets, np.float32).reshape(-1, 3)
    exact = directions.astype(np.float64)
    begin, size, frames, columns, slopes = [], [], [], [], []
    waiting = [np.arange(len(exact))] if len(exact) else []
    width = 0
    while waiting:
        members = waiting.pop()
        halves = _halves(exact, members)
        if halves is not None:
            waiting += halves
            continue
        frame = _frame(exact[members])
        slope = _slopes(exact[members], frame)
        order = _serpentine(slope)
        padded = np.concatenate([order, np.repeat(order[-1:], -len(order) % LANES)])
        begin.append(width)
        size.append(len(members))
        frames.append(frame.ravel())
        columns.append(members[padded])
        slopes.append(slope[padded])
        width += len(padded)
    which = np.concatenate(columns) if columns else np.empty(0, np.int64)
    slope = np.concatenate(slopes) if slopes else np.empty((0, 2))
    return Bundles(
        np.array(begin, np.int64),
        np.array(size, np.int64),
        np.array(frames, np.float32).reshape(-1, 9),
        which,
        np.ascontiguousarray(directions[which].T),
        np.ascontiguousarray(slope.T, dtype=np.float32),
    )


def _halves(exact: npt.NDArray[np.float64], members: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]] | None:
    """The two halves of a bundle that is too wide, None where it is not."""
    if len(members) == 1:
        return None
    vectors = exact[members]
    middle = vectors.mean(axis=0)
    length = np.linalg.norm(middle)
    if length < LEAST_FORWARD or (vectors @ (middle / length)).min() < LEAST_FORWARD:
        return _split(members, vectors[:, np.ptp(vectors, axis=0).argmax()], by_middle=False)
    frame = _frame(vectors)
    slope = _slopes(vectors, frame)
    excess = np.ptp(slope, axis=0) / _limits(frame[2, 2])
    if excess.max() <= 1.0 and len(members) <= MAX_DIRECTIONS:
        return None
    return _split(members, slope[:, excess.argmax()], by_middle=excess.max() > 1.0)


def _limits(upward: float) -> npt.NDArray[np.float64]:
    """Greatest spread of (su, sv) in a bundle whose middle has this z component.

    Across 16° at the horizontal and 32° from 30° up; upwards 5° and 32° from 44° up. Wider and narrower ones trace
    equally fast within 10 % (docs/design/0011-tried-and-dropped.md).
    """
    height = np.degrees(np.arcsin(min(abs(upward), 1.0)))
    across, up = min(24.0, 12.0 + 0.4 * height), min(24.0, max(4.0, 2.0 + 0.5 * height))
    return np.tan(np.radians(np.array([across, up]) * 1.35))


def _split(
    members: npt.NDArray[np.int64], value: npt.NDArray[np.float64], by_middle: bool
) -> list[npt.NDArray[np.int64]]:
    """Two parts, by the middle of the range or by count; equal values are halved by position."""
    lower = value < (0.5 * (value.min() + value.max()) if by_middle else np.median(value))
    if lower.all() or not lower.any():
        lower = np.arange(len(members)) < len(members) // 2
    return [members[lower], members[~lower]]


def _frame(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Axes u (horizontal), v, w (3, 3) with w through the middle of the vectors' range of slopes."""
    rough = _axes(vectors.mean(axis=0))
    slope = _slopes(vectors, rough)
    middle = 0.5 * (slope.min(axis=0) + slope.max(axis=0))
    return _axes(np.array([*middle, 1.0]) @ rough)


def _axes(forward: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    w = forward / np.linalg.norm(forward)
    u = np.cross([0.0, 0.0, 1.0] if abs(w[2]) < 0.99 else [0.0, 1.0, 0.0], w)
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(w, u), w])


def _slopes(vectors: npt.NDArray[np.float64], frame: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    inside = vectors @ frame.T
    return inside[:, :2] / inside[:, 2:]


def _serpentine(slope: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Rows of su, to and fro along sv: what blocked one direction most likely blocks the next."""
    row = np.round((slope[:, 0] - slope[:, 0].min()) / 0.03)
    return np.lexsort((slope[:, 1] * np.where(row % 2.0, 1.0, -1.0), row))
