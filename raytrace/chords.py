"""How far rays run inside closed bodies: points × directions → chord lengths, for tree crowns as volumes.

Idea: along a ray the distance inside a closed, outward-oriented body is the sum of the distances at which the ray
leaves it, less the sum of those at which it enters; a start inside counts from 0. So all crossings are added with their
sign, each exactly once (crossing.py). Bodies that overlap add up: a ray through two crowns at once counts both.

A surface that is not closed has no inside. Its chords mean nothing; they are never negative, and that is all that is
promised.

Oracles: spheres and boxes on paper, float64 brute force, in tests/raytrace/test_raytrace_chords.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace import check, chord_packet, counter, first_packet, simd, triangle, work
from raytrace.bundles import MAX_DIRECTIONS, bundles
from raytrace.bvh import STACK_SIZE, Bvh, scene_box
from raytrace.crossing import crossing
from raytrace.first import packets_of, pairs_in_front
from raytrace.jit import kernel
from raytrace.lock import PARALLEL_KERNELS
from raytrace.simd import pointer
from raytrace.stack import push_children
from raytrace.visible import places, shuffled
from raytrace.work import POINTS

CHUNK = 4
"""Packets a work item: enough to pay for the work space, few enough to balance the threads."""


def chords(
    bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike, *, normals: npt.ArrayLike | None = None
) -> npt.NDArray[np.float32]:
    """Length of each ray inside the closed bodies of the tree.

    Args:
        bvh: closed surfaces, outward by their winding; the flags given to ``build`` make no difference here.
        points: (P, 3) origins [m], local, rounded to float32; they may lie inside.
        directions: (D, 3) unit vectors, rounded to float32.
        normals: (P, 3) unit normals: only directions in front of a point's plane (normal · direction > 0) are traced,
            the others have length 0. None: all are.

    Returns:
        (P, D) float32 [m], 0 where no body is met.

    Raises:
        TypeError, ValueError: see check.py.
    """
    return _chords(bvh, points, directions, normals, simd.AVAILABLE)


def chords_plain(
    bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike, *, normals: npt.ArrayLike | None = None
) -> npt.NDArray[np.float32]:
    """The same crossings added in plain loops: the oracle of ``chords``.

    Signs are decided alike, so both add the same crossings. Rounding parts the lengths: a crossing by at most
    12ε · s² / 2A of the triangle's extent along the ray (never more than that extent) and 8ε of the distance r of its
    farthest corner, the sum of n crossings by 2nε · Σr. ε = 2⁻²⁴; A is the triangle's area and s the largest offset of
    a corner from the ray, both as sheared along the ray (triangle.py). For metre-sized triangles 100 m away that is
    0.1 to 0.4 mm; seen are 0.02 mm.
    """
    return _chords(bvh, points, directions, normals, False)


def _chords(
    bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike, normals: npt.ArrayLike | None, vectors: bool
) -> npt.NDArray[np.float32]:
    point, direction, normal = check.all_pairs(points, directions, normals)
    length = np.zeros((len(point), len(direction)), np.float32)
    if not length.size or not len(bvh.child):
        return length
    two_sided = bvh._replace(closed=np.zeros_like(bvh.closed))
    with PARALLEL_KERNELS:
        counter.count(length.size)
        if vectors:
            _vector_packets(two_sided, packets_of(bvh, point, normal), bundles(direction), length)
        else:
            _plain_points(bvh, point, direction, length)
    if normal is not None and not vectors:
        length[~pairs_in_front(direction, normal)] = 0.0
    return length


@kernel(parallel=True)
def _vector_packets(bvh, packets, bundled, length):  # type: ignore[no-untyped-def]
    n_chunks = (packets.column.shape[1] // POINTS + CHUNK - 1) // CHUNK
    for item in prange(places(n_chunks)):
        chunk = shuffled(np.int64(item), n_chunks)
        if chunk < n_chunks:
            _vector_chunk(bvh, packets, bundled, length, chunk)


@kernel()
def _vector_chunk(bvh, packets, bundled, length, chunk):  # type: ignore[no-untyped-def]
    """One work item; why the work space is made here, see visible.py."""
    space, total = work.workspace(), np.empty(MAX_DIRECTIONS * POINTS, np.float32)
    _chords_of_packets(bvh, packets, bundled, length, chunk, space, total)


@kernel()
def _chords_of_packets(bvh, packets, bundled, length, chunk, space, total):  # type: ignore[no-untyped-def]
    """The packets of one work item."""
    scene, lanes = work.scene_of(bvh, packets.column, bundled, packets.margin), work.addresses(space)
    begin = chunk * CHUNK * POINTS
    for base in range(begin, min(packets.column.shape[1], begin + CHUNK * POINTS), POINTS):
        count = min(POINTS, len(packets.row) - base)
        job = first_packet.Pass(scene, packets.facing, base, count)
        _chords_of_packet(job, packets.row[base : base + count], bundled, length, lanes, total)


@kernel()
def _chords_of_packet(job, row, bundled, length, work_space, total):  # type: ignore[no-untyped-def]
    """All directions of one packet, bundle by bundle to the packet's rows of ``length``."""
    first_packet.place_packet(job.scene, job.base, work_space)
    for b in range(len(bundled.begin)):
        begin, size = bundled.begin[b], bundled.size[b]
        if first_packet.open_points(job, begin, size, work_space) == np.uint64(0):
            continue
        total[: size * POINTS] = np.float32(0.0)
        chord_packet.trace_bundle(job, b, begin, size, work_space, pointer(total))
        for lane in range(len(row)):
            for k in range(size):
                length[row[lane], bundled.which[begin + k]] = max(total[k * POINTS + lane], np.float32(0.0))


@kernel(parallel=True)
def _plain_points(bvh, point, direction, length):  # type: ignore[no-untyped-def]
    for p in prange(len(point)):
        _plain_point(bvh, point[p], direction, length[p])


@kernel()
def _plain_point(bvh, point, direction, length):  # type: ignore[no-untyped-def]
    """All directions of one point."""
    stack, near = np.empty(STACK_SIZE, np.int32), np.empty(STACK_SIZE, np.float32)
    shaft, box = np.empty(6, np.float32), np.empty((1, 6), np.float32)
    scene = scene_box(bvh.node_box).reshape(1, 6)
    for d in range(len(direction)):
        frame = triangle.frame_of(direction[d])
        triangle.own_entry(point, scene, 0, shaft, frame)
        total = np.float32(0.0)
        stack[0], height = 0, 1
        while height > 0:
            height -= 1
            node = stack[height]
            if node >= 0:
                height = push_children(bvh, node, frame, shaft, box, stack, near, height)
                continue
            for half in range(2):
                for slot in range(bvh.size[~node]):
                    index = bvh.pair[~node, half, slot]
                    if index >= 0:
                        total += crossing(point, bvh.triangle, index, frame)
        length[d] = max(total, np.float32(0.0))
