"""What every point meets first along every direction: points × directions → nearest triangles.

Idea: the packets and bundles of ``visible``, with a depth and a triangle a pair instead of a bit (depth.py, found.py).
Triangles equal those of ``closest`` bit for bit: the fast kernel only finds out which triangle is surely the nearest;
where several come too close to tell, the exact test decides between them. The distance of a sure triangle is that of
its plane and may differ from the exact test's by found.CLOSE_M + 4e-6 of the distance at most; seen are less than
1e-4 m.

Where no vector unit serves, ``closest`` traces every pair.

Oracle: closest.closest_plain, in tests/raytrace/test_raytrace_first.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace import check, counter, first_packet, found, simd, work
from raytrace.bundles import bundles
from raytrace.bvh import Bvh
from raytrace.closest import closest
from raytrace.jit import kernel
from raytrace.lock import PARALLEL_KERNELS
from raytrace.order import packet_order
from raytrace.simd import pointer
from raytrace.visible import node_margin, places, shuffled
from raytrace.work import POINTS

CHUNK = 4
"""Packets a work item: enough to pay for the work space, few enough to balance the threads."""


class FirstHits(NamedTuple):
    """What P points meet first along D directions.

    Attributes:
        triangle: (P, D) int32, index into the triangles given to ``build``, −1 where nothing is met.
        distance: (P, D) float32 [m], inf where nothing is met.
    """

    triangle: npt.NDArray[np.int32]
    distance: npt.NDArray[np.float32]


class Packets(NamedTuple):
    """All points in packet order, ready for the kernels.

    Attributes:
        column: (6, M) float32, x y z [m] and normal; M is a multiple of 64, padding repeats the last point.
        row: (P,) int64, each column's row in the caller's order.
        margin: [m] added to node boxes.
        facing: whether only directions in front of the points' planes count.
    """

    column: npt.NDArray[np.float32]
    row: npt.NDArray[np.int64]
    margin: np.float32
    facing: bool


def first(
    bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike, *, normals: npt.ArrayLike | None = None
) -> FirstHits:
    """Nearest hit of every point along every direction, at a distance > 0.

    Args:
        bvh: the scene; whether a surface is closed makes no difference here.
        points: (P, 3) origins [m], local, rounded to float32.
        directions: (D, 3) unit vectors, rounded to float32.
        normals: (P, 3) unit normals: only directions in front of a point's plane (normal · direction > 0) are traced,
            the others meet nothing. None: all are.

    Returns:
        Triangles, exactly those of ``closest``, and distances, within 1 cm + 4e-6 of the distance of those of
        ``closest`` (seen: below 0.1 mm), 8 bytes a pair: the caller cuts large jobs.

    Raises:
        TypeError, ValueError: see check.py.
    """
    point, direction, normal = check.all_pairs(points, directions, normals)
    shape = len(point), len(direction)
    hits = FirstHits(np.empty(shape, np.int32), np.empty(shape, np.float32))
    if not simd.AVAILABLE or not hits.triangle.size or not len(bvh.child):
        _pair_by_pair(bvh, point, direction, normal, hits)
        return hits
    packets = packets_of(bvh, point, normal)
    with PARALLEL_KERNELS:
        counter.count(len(point) * len(direction))
        _first(bvh._replace(closed=np.zeros_like(bvh.closed)), packets, bundles(direction), hits)
    return hits


def packets_of(bvh: Bvh, point: npt.NDArray[np.float32], normal: npt.NDArray[np.float32] | None) -> Packets:
    """Packets of checked points (P, 3), P > 0."""
    order = packet_order(point, np.zeros_like(point) if normal is None else normal)
    padded = np.concatenate([order, np.repeat(order[-1:], -len(order) % POINTS)])
    column = np.zeros((6, len(padded)), np.float32)
    column[:3] = point[padded].T
    if normal is not None:
        column[3:, : len(order)] = normal[order].T  # the padding has no normal and faces nothing
    return Packets(column, order, node_margin(bvh, point), normal is not None)


def pairs_in_front(direction: npt.NDArray[np.float32], normal: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """(P, D): directions in front of the points' planes, by the float64 sum of packet.facing."""
    n, d = normal.astype(np.float64)[:, None], direction.astype(np.float64)[None]
    return n[..., 0] * d[..., 0] + n[..., 1] * d[..., 1] + n[..., 2] * d[..., 2] > 0.0


def _pair_by_pair(
    bvh: Bvh,
    point: npt.NDArray[np.float32],
    direction: npt.NDArray[np.float32],
    normal: npt.NDArray[np.float32] | None,
    hits: FirstHits,
) -> None:
    """Fills ``hits`` by single rays, a direction at a time."""
    hits.triangle[:], hits.distance[:] = -1, np.inf
    for d in range(len(direction)):
        rows = np.arange(len(point))
        if normal is not None:
            rows = np.flatnonzero(pairs_in_front(direction[d : d + 1], normal)[:, 0])
        hit = closest(bvh, point[rows], np.broadcast_to(direction[d], (len(rows), 3)))
        hits.triangle[rows, d], hits.distance[rows, d] = hit.triangle, hit.distance


@kernel(parallel=True)
def _first(bvh, packets, bundled, hits):  # type: ignore[no-untyped-def]
    n_chunks = (packets.column.shape[1] // POINTS + CHUNK - 1) // CHUNK
    for item in prange(places(n_chunks)):
        chunk = shuffled(np.int64(item), n_chunks)
        if chunk < n_chunks:
            _first_chunk(bvh, packets, bundled, hits, chunk)


@kernel(inner=True)
def _first_chunk(bvh, packets, bundled, hits, chunk):  # type: ignore[no-untyped-def]
    """One work item; why the work space is made here, see visible.py."""
    _first_packets(bvh, packets, bundled, hits, chunk, work.workspace(), found.workspace())


@kernel(inner=True)
def _first_packets(bvh, packets, bundled, hits, chunk, space, met):  # type: ignore[no-untyped-def]
    """The packets of one work item. A packet's answers are gathered in ``block`` and leave it row by row: written
    bundle by bundle into memory as wide as D, they would cost as much as the tracing."""
    scene = work.scene_of(bvh, packets.column, bundled, packets.margin)
    lanes, pairs = work.addresses(space), found.addresses(met)
    n, n_directions = len(packets.row), hits.triangle.shape[1]
    block = FirstHits(np.empty((POINTS, n_directions), np.int32), np.empty((POINTS, n_directions), np.float32))
    begin = chunk * CHUNK * POINTS
    for base in range(begin, min(packets.column.shape[1], begin + CHUNK * POINTS), POINTS):
        count = min(POINTS, n - base)
        job = first_packet.Pass(scene, packets.facing, base, count)
        first_packet.place_packet(scene, base, lanes)
        for b in range(len(bundled.begin)):
            first, size = bundled.begin[b], bundled.size[b]
            found.clear(pairs, size)
            if first_packet.open_points(job, first, size, lanes) != np.uint64(0):
                first_packet.trace_bundle(job, b, first, size, lanes, pairs)
            _gather(pairs, bundled.which[first : first + size], block)
        for lane in range(count):
            row = packets.row[base + lane]
            for d in range(n_directions):
                hits.triangle[row, d], hits.distance[row, d] = block.triangle[lane, d], block.distance[lane, d]


@kernel()
def _gather(pairs, which, block):  # type: ignore[no-untyped-def]
    """The answers of one bundle to their columns of ``block``."""
    width = np.int64(block.triangle.shape[1])
    triangle, distance = pointer(block.triangle), pointer(block.distance)
    for k in range(len(which)):
        for lane in range(POINTS):
            at = lane * width + which[k]
            triangle[at] = pairs.triangle[k * POINTS + lane]
            distance[at] = pairs.distance[k * POINTS + lane]
