"""Which points see along which directions: points × directions → bits.

Idea: 64 points that lie close together form a packet (order.py), so the caller's order costs no speed, and neighbouring
directions form a bundle (bundles.py). The fast kernel (fast.py) traces a packet against a bundle; where no vector unit
serves, the plain one (plain.py) traces it direction by direction; on request a GPU does (cuda.py).

A bit depends on its point, its direction and the set of triangles alone: not on the packet, the bundle, the order of
the triangles, the tree, the kernel or the number of threads (slab.py says why for the plain kernel, margins.py why the
fast one agrees).

Oracles: plain.py for fast.py; tests/oracles/brute_force.py, tests/oracles/embree.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace import check, counter, cuda, fast, margins, packet, plain, simd, work
from raytrace.bundles import bundles
from raytrace.bvh import Bvh, scene_box
from raytrace.jit import kernel
from raytrace.lock import PARALLEL_KERNELS
from raytrace.order import packet_order
from raytrace.work import POINTS

STRIPS = 64
"""Consecutive work items come from this many distant parts of the scene: Numba gives each thread one
contiguous share, and dense and empty quarters would otherwise fall to different threads."""

CHUNK = 8
"""Packets a work item: enough to pay for the work space, few enough to balance the threads."""


def visible(
    bvh: Bvh, points: npt.ArrayLike, normals: npt.ArrayLike, directions: npt.ArrayLike, device: str = "cpu"
) -> npt.NDArray[np.uint64]:
    """Trace every point along every direction.

    Args:
        bvh: the scene.
        points: (P, 3) receivers [m], local, already lifted off their own surface (1 cm), rounded to float32.
        normals: (P, 3) unit normals of the receivers' planes, rounded to float32.
        directions: (D, 3) unit vectors TO the light, rounded to float32.
        device: "cpu", "cuda" or "auto", see cuda.choose.

    Returns:
        (P, ceil(D / 64)) uint64, least significant bit first: bit d of row p is set when direction d lies
        in front of plane p (normal · direction > 0) and no triangle is met at a distance > 0; of closed
        surfaces (see ``build``) only the triangles that a ray leaves through count. Padding bits are 0.

    Raises:
        TypeError, ValueError: see check.py.
        RuntimeError: device "cuda" where there is none that can be used.
    """
    on_gpu = cuda.choose(device) == "cuda"
    return _visible(bvh, points, normals, directions, vectors=simd.AVAILABLE, on_gpu=on_gpu)


def visible_plain(
    bvh: Bvh, points: npt.ArrayLike, normals: npt.ArrayLike, directions: npt.ArrayLike
) -> npt.NDArray[np.uint64]:
    """The same answer from the plain kernel, some thirty times slower: the oracle of ``visible``."""
    return _visible(bvh, points, normals, directions, vectors=False)


def _visible(
    bvh: Bvh,
    points: npt.ArrayLike,
    normals: npt.ArrayLike,
    directions: npt.ArrayLike,
    vectors: bool,
    on_gpu: bool = False,
) -> npt.NDArray[np.uint64]:
    point = check.coordinates("points", points)
    normal = check.unit_vectors("normals", normals)
    direction = check.unit_vectors("directions", directions)
    check.same_rows("points", point, "normals", normal)
    bits = np.zeros((len(point), (len(direction) + 63) // 64), np.uint64)
    if not bits.size:
        return bits
    if on_gpu:
        with PARALLEL_KERNELS:
            counter.count(len(point) * len(direction))
        cuda.visible(bvh, point, normal, direction, bits)
        return bits
    order = packet_order(point, normal)
    with PARALLEL_KERNELS:
        counter.count(len(point) * len(direction))
        if vectors:
            padded = np.concatenate([order, np.repeat(order[-1:], -len(order) % POINTS)])
            packets = np.zeros((6, len(padded)), np.float32)
            packets[:3] = point[padded].T
            packets[3:, : len(order)] = normal[order].T  # the padding has no normal and faces nothing
            _fast(bvh, packets, order, bundles(direction), node_margin(bvh, point), bits)
        else:
            _plain(bvh, point[order], normal[order], order, direction, bits)
    return bits


def node_margin(bvh: Bvh, point: npt.NDArray[np.float32]) -> np.float32:
    """What the walk adds to node boxes [m], for checked points (P, 3) of this scene; see margins.BOX."""
    return np.float32(margins.BOX * max(_largest(point), _largest(scene_box(bvh.node_box))))


def _largest(coordinates: npt.NDArray[np.float32]) -> float:
    return float(max(coordinates.max(), -coordinates.min())) if coordinates.size else 0.0


@kernel()
def shuffled(item, n_items):  # type: ignore[no-untyped-def]
    """The work item that comes at this place, n_items or more for none."""
    strip = (n_items + STRIPS - 1) // STRIPS
    return (item % STRIPS) * strip + item // STRIPS


@kernel()
def places(n_items):  # type: ignore[no-untyped-def]
    return (n_items + STRIPS - 1) // STRIPS * STRIPS


@kernel(parallel=True)
def _fast(bvh, packets, rows, bundled, margin, bits):  # type: ignore[no-untyped-def]
    """Fills ``bits``; ``packets`` come in packet order, rows of ``bits`` in the caller's."""
    n_chunks = (packets.shape[1] // POINTS + CHUNK - 1) // CHUNK
    for item in prange(places(n_chunks)):
        chunk = shuffled(np.int64(item), n_chunks)
        if chunk < n_chunks:
            _fast_chunk(bvh, packets, rows, bundled, margin, chunk, bits)


@kernel(inner=True)
def _fast_chunk(bvh, packets, rows, bundled, margin, chunk, bits):  # type: ignore[no-untyped-def]
    """One work item. The work space is made here and used one call deeper, so that it outlives its addresses; made in
    the parallel loop it would be compiled there, three seconds."""
    space = work.workspace()
    _fast_packets(bvh, packets, rows, bundled, margin, chunk, space, bits)


@kernel(inner=True)
def _fast_packets(bvh, packets, rows, bundled, margin, chunk, space, bits):  # type: ignore[no-untyped-def]
    """The packets of one work item."""
    scene, addresses = work.scene_of(bvh, packets, bundled, margin), work.addresses(space)
    seen = np.zeros(bits.shape[1] * 64, np.uint64)
    first = chunk * CHUNK * POINTS
    for begin in range(first, min(packets.shape[1], first + CHUNK * POINTS), POINTS):
        fast.trace_packet(scene, bundled, begin, addresses, seen)
        _write_rows(seen, rows[begin : begin + POINTS], bits)


@kernel(parallel=True)
def _plain(bvh, point, normal, rows, direction, bits):  # type: ignore[no-untyped-def]
    """Fills ``bits``; ``point`` and ``normal`` come in packet order, rows of ``bits`` in the caller's."""
    n_packets = (len(point) + POINTS - 1) // POINTS
    for item in prange(places(n_packets)):
        index = shuffled(np.int64(item), n_packets)
        if index < n_packets:
            begin, end = index * POINTS, min(len(point), index * POINTS + POINTS)
            seen = np.zeros(bits.shape[1] * 64, np.uint64)
            plain.trace_packet(bvh, point[begin:end], normal[begin:end], direction, seen)
            _write_rows(seen, rows[begin:end], bits)


@kernel()
def _write_rows(seen, rows, bits):  # type: ignore[no-untyped-def]
    """Turns points a direction (64 · W,) into directions a point, to the packet's rows of bits (P, W)."""
    block = np.empty(64, np.uint64)
    for word in range(bits.shape[1]):
        for k in range(64):  # an array assigned to an array would compile Numba's error messages, a second
            block[k] = seen[word * 64 + k]
        packet.transpose(block)
        for lane in range(len(rows)):
            bits[rows[lane], word] = block[lane]
