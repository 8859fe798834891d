"""Work space of the fast kernel: one set of small arrays a thread, all of it in the first two cache levels.

Layouts are flat float32 rows, because a vector load wants an offset and not a shape.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from raytrace.bundles import MAX_DIRECTIONS
from raytrace.bvh import STACK_SIZE
from raytrace.jit import kernel
from raytrace.simd import LANES, pointer

POINTS = 64
"""Points a packet."""

NONE = np.uint64(0)
"""No point of a packet: a set of points is a uint64, the first in the lowest bit."""

BATCH = 128
"""Candidates tested at a time, at most; see FIRST_BATCH in fast.py."""

CAPACITY = BATCH + 2 * LANES + LANES
"""Candidates that fit: a batch is run as soon as it is full, a leaf adds at most 16 twice, a store writes 16 lanes."""

STACK = STACK_SIZE + LANES
"""Entries of the walk's stack: a store writes 16 lanes."""

# Rows are np.int64: a function that is given a plain number of Python is compiled once for each number.

# Rows of ``candidate``, each CAPACITY long: corners in the packet's frame, plane, error bounds.
CORNER = np.int64(0)  # u0 v0 w0 u1 v1 w1 u2 v2 w2 u3 v3 w3 [m]
NORMAL = np.int64(12)  # nu nv nw [m²]
LEVEL = np.int64(15)  # normal · corner 0 [m³]
LEVEL_ERROR = np.int64(16)  # what normal · point − level may be off by [m³]
TWICE_ERROR = np.int64(17)  # 2 E [m], see margins.py
EXTRA = np.int64(18)  # further tolerance of the edge functions [m²]
CANDIDATE_ROWS = 19

# Rows of ``edge``, 16 floats each, one block a group of 16 candidates: a, b, c of four edges, then twice the tolerance.
EDGE_ROWS = 13
SURE = 12

# Rows of ``lanes``, 64 floats each: points in the packet's frame, then in the bundle's.
FRAME_U, FRAME_V, FRAME_W, BEAM_U, BEAM_V, BEAM_W = (np.int64(row * POINTS) for row in range(6))

# Entries of ``bound``: what the walk knows of the points and directions that are still open.
BEAM_BOX = 0  # u v w lowest, u v w highest of the points, in the bundle's frame about the packet's centre
BEAM_SLOPE = 6  # su lowest, highest, sv lowest, highest
FRAME_BOX = 10  # as BEAM_BOX, in the packet's frame
FRAME_SLOPE = 16  # as BEAM_SLOPE
MIDDLE_BOX = 20  # u v lowest, u v highest of the points sheared by the middle slope
SHEARED_BOX = 24  # the same for all open slopes
GROWTH = 28  # 1 + largest |su| + |sv| in the packet's frame
RADIUS = 29  # largest |u| + |v| of a sheared point, plus the largest |w|
BOUNDS = 30


class Work(NamedTuple):
    """See the offsets above.

    Attributes:
        normal: (4,) float32, mean normal of the packet's points, and 1 where they share a plane well enough, else 0.
        axes: (9,) float32, the packet's frame u, v, w, row by row.
        centre: (3,) float32 [m].
        lanes: (6 · 64,) float32 [m].
        slope: (2 · MAX_DIRECTIONS,) float32, the bundle's directions in the packet's frame.
        open: (MAX_DIRECTIONS,) uint64, points still unblocked, a direction.
        bound: (BOUNDS,) float32.
        stack, depth: (STACK,) int32 and float32, nodes to visit and how near they begin.
        candidate: (CANDIDATE_ROWS · CAPACITY,) float32.
        pair: (2 · CAPACITY,) int32, triangles of a candidate, on its corners 0 1 2 and on 0 2 3; −1 for none.
        maybe, sure: (CAPACITY,) uint64, points that may lie behind, that surely lie behind a candidate's plane.
        live: (CAPACITY / 16,) int64, candidates of a group with any point behind.
        edge: float32, EDGE_ROWS · 16 a group.
        survivor: (CAPACITY + 16,) int32, candidates whose shadow may touch the points.
        doubt: (CAPACITY,) int32 and doubt_points: (CAPACITY,) uint64, pairs for the exact test.
        iota: (16,) int32, 0..15.
        point: (3,), box: (1, 6), shaft: (6,) float32, scratch of the exact test (triangle.hit_distance).
    """

    normal: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]
    centre: npt.NDArray[np.float32]
    lanes: npt.NDArray[np.float32]
    slope: npt.NDArray[np.float32]
    open: npt.NDArray[np.uint64]
    bound: npt.NDArray[np.float32]
    stack: npt.NDArray[np.int32]
    depth: npt.NDArray[np.float32]
    candidate: npt.NDArray[np.float32]
    pair: npt.NDArray[np.int32]
    maybe: npt.NDArray[np.uint64]
    sure: npt.NDArray[np.uint64]
    live: npt.NDArray[np.int64]
    edge: npt.NDArray[np.float32]
    survivor: npt.NDArray[np.int32]
    doubt: npt.NDArray[np.int32]
    doubt_points: npt.NDArray[np.uint64]
    iota: npt.NDArray[np.int32]
    point: npt.NDArray[np.float32]
    box: npt.NDArray[np.float32]
    shaft: npt.NDArray[np.float32]


class Tree(NamedTuple):
    """Addresses of the arrays of bvh.Bvh that the fast kernel reads."""

    node_box: Any
    child: Any
    quad: Any
    normal: Any
    warp: Any
    slim: Any
    pair: Any
    closed: Any
    triangle: Any
    one_sided: Any


class Scene(NamedTuple):
    """What all threads share, as addresses and sizes.

    Attributes:
        tree: see Tree.
        n_nodes, n_triangles: lengths of node_box and triangle.
        margin: [m] added to node boxes.
        packet, columns: (6, columns) float32, x y z [m] and normal of all points in packet order.
        direction, slope, frame, width: the columns of bundles.Bundles, (3, width), (2, width) and (B, 9).
    """

    tree: Tree
    n_nodes: int
    n_triangles: int
    margin: np.float32
    packet: Any
    columns: int
    direction: Any
    slope: Any
    frame: Any
    width: int


@kernel()
def scene_of(bvh, packet, bundles, margin):  # type: ignore[no-untyped-def]
    """Addresses of the arguments' arrays; the arguments must outlive them."""
    tree = Tree(
        pointer(bvh.node_box),
        pointer(bvh.child),
        pointer(bvh.quad),
        pointer(bvh.normal),
        pointer(bvh.warp),
        pointer(bvh.slim),
        pointer(bvh.pair),
        pointer(bvh.closed),
        pointer(bvh.triangle),
        pointer(bvh.one_sided),
    )
    return Scene(
        tree,
        len(bvh.child),
        len(bvh.triangle),
        margin,
        pointer(packet),
        packet.shape[1],
        pointer(bundles.direction),
        pointer(bundles.slope),
        pointer(bundles.frame),
        bundles.direction.shape[1],
    )


@kernel()
def workspace():  # type: ignore[no-untyped-def]
    """A thread's work space."""
    return Work(
        np.empty(4, np.float32),
        np.empty(9, np.float32),
        np.empty(3, np.float32),
        np.empty(6 * POINTS, np.float32),
        np.empty(2 * MAX_DIRECTIONS, np.float32),
        np.zeros(MAX_DIRECTIONS, np.uint64),
        np.zeros(BOUNDS, np.float32),
        np.empty(STACK, np.int32),
        np.empty(STACK, np.float32),
        np.zeros(CANDIDATE_ROWS * CAPACITY, np.float32),
        np.zeros(2 * CAPACITY, np.int32),
        np.zeros(CAPACITY, np.uint64),
        np.zeros(CAPACITY, np.uint64),
        np.zeros(CAPACITY // LANES, np.int64),
        np.zeros(EDGE_ROWS * CAPACITY, np.float32),
        np.zeros(CAPACITY + LANES, np.int32),
        np.zeros(CAPACITY, np.int32),
        np.zeros(CAPACITY, np.uint64),
        np.arange(LANES).astype(np.int32),
        np.empty(3, np.float32),
        np.empty((1, 6), np.float32),
        np.empty(6, np.float32),
    )


@kernel()
def addresses(work):  # type: ignore[no-untyped-def]
    """The same work space as addresses (simd.pointer); ``work`` must outlive them."""
    return Work(
        pointer(work.normal),
        pointer(work.axes),
        pointer(work.centre),
        pointer(work.lanes),
        pointer(work.slope),
        pointer(work.open),
        pointer(work.bound),
        pointer(work.stack),
        pointer(work.depth),
        pointer(work.candidate),
        pointer(work.pair),
        pointer(work.maybe),
        pointer(work.sure),
        pointer(work.live),
        pointer(work.edge),
        pointer(work.survivor),
        pointer(work.doubt),
        pointer(work.doubt_points),
        pointer(work.iota),
        pointer(work.point),
        pointer(work.box),
        pointer(work.shaft),
    )
