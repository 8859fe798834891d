"""From the binary tree to the layout: collapse to sixteen children a node, pack leaves lane by lane.

Idea: a wide node starts from the two children of a binary node and keeps opening the largest one that can be
opened, because that is the box a ray meets most often, until sixteen children stand. Nodes are numbered level
by level, so a child always stands behind its parent.

Source: H. Dammertz, J. Hanika, A. Keller (2008), Shallow bounding volume hierarchies for fast SIMD ray tracing
of incoherent rays, doi:10.1111/j.1467-8659.2008.01261.x. Oracle: tests/raytrace/test_raytrace_build.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raytrace import quads
from raytrace.bvh import BIG, EMPTY, SAH_DEPTH_LIMIT, SLIMMEST, WIDTH
from raytrace.jit import kernel
from raytrace.sah import half_area


def quad_boxes(corner: npt.NDArray[np.float32], pair: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """Bounds of each quad's corners (Q, 6) [m]; corner (T, 9), pair (Q, 2)."""
    a, b, c = corner[:, :3], corner[:, 3:6], corner[:, 6:]
    first, second = pair[:, 0], np.where(pair[:, 1] < 0, pair[:, 0], pair[:, 1])
    lower = np.minimum(np.minimum(a, b), c)
    upper = np.maximum(np.maximum(a, b), c)
    return np.concatenate([np.minimum(lower[first], lower[second]), np.maximum(upper[first], upper[second])], axis=1)


@kernel()
def collapse(tree):  # type: ignore[no-untyped-def]
    """Wide nodes over a sah.Binary.

    Returns:
        (node_box (N, 6, 16), child (N, 16), leaf (L, 2)): the layout's fields, and where the quads of each leaf begin
        in ``tree.order`` and how many they are.
    """
    n_leaves = _count_leaves(tree)
    node_box = np.empty((n_leaves, 6, WIDTH), np.float32)
    child = np.full((n_leaves, WIDTH), EMPTY, np.int32)
    leaf = np.empty((n_leaves, 2), np.int32)
    root = np.empty(n_leaves, np.int32)
    opened = np.empty(WIDTH, np.int32)
    root[0] = 0
    n_nodes, n_leaves, node = 1, 0, 0
    while node < n_nodes:
        used = _open(tree, root[node], opened)
        for j in range(WIDTH):
            for a in range(3):
                node_box[node, a, j], node_box[node, 3 + a, j] = BIG, -BIG
        for j in range(used):
            slot = opened[j]
            for a in range(6):
                node_box[node, a, j] = tree.box[slot, a]
            if tree.right[slot] == 0:
                leaf[n_leaves, 0], leaf[n_leaves, 1] = tree.begin[slot], tree.size[slot]
                child[node, j] = ~n_leaves
                n_leaves += 1
            else:
                root[n_nodes] = slot
                child[node, j] = n_nodes
                n_nodes += 1
        node += 1
    return node_box[:n_nodes].copy(), child[:n_nodes].copy(), leaf


@kernel()
def _count_leaves(tree):  # type: ignore[no-untyped-def]
    waiting = np.empty(SAH_DEPTH_LIMIT + 32, np.int64)  # at most one waiting node a level
    waiting[0] = 0
    height, n_leaves = 1, 0
    while height > 0:
        height -= 1
        slot = waiting[height]
        if tree.right[slot] == 0:
            n_leaves += 1
        else:
            waiting[height], waiting[height + 1] = tree.right[slot], slot + 1
            height += 2
    return n_leaves


@kernel()
def _open(tree, root, opened):  # type: ignore[no-untyped-def]
    """Fills ``opened`` with up to WIDTH slots that cover the node at ``root``; returns how many."""
    opened[0] = root
    used = 1
    while used < WIDTH:
        largest, most = -1, -1.0
        for j in range(used):
            area = half_area(tree.box[opened[j]], 0)
            if tree.right[opened[j]] != 0 and area > most:
                largest, most = j, area
        if largest < 0:
            break
        slot = opened[largest]
        opened[largest], opened[used] = slot + 1, tree.right[slot]
        used += 1
    return used


@kernel()
def pack_leaves(leaf, order, pair, tip, bvh):  # type: ignore[no-untyped-def]
    """Fills the fields of leaves of ``bvh`` from its triangles and flags."""
    for i in range(len(leaf)):
        used = leaf[i, 1]
        bvh.size[i], bvh.closed[i] = used, 0
        for j in range(used):
            q = order[leaf[i, 0] + j]
            _pack_quad(bvh, i, j, np.int64(pair[q, 0]), np.int64(pair[q, 1]), np.int64(tip[q, 0]), np.int64(tip[q, 1]))
            bvh.closed[i] |= np.int32(bvh.one_sided[pair[q, 0]]) << np.int32(j)
        for j in range(used, WIDTH):
            for k in range(12):
                bvh.quad[i, k, j] = bvh.quad[i, k % 3, 0]
            for k in range(3):
                bvh.normal[i, k, j] = np.float32(0.0)
            bvh.warp[i, j], bvh.slim[i, j] = np.float32(0.0), np.float32(0.0)
            bvh.pair[i, 0, j], bvh.pair[i, 1, j] = -1, -1


@kernel()
def _pack_quad(bvh, i, j, a, b, tip, other_tip):  # type: ignore[no-untyped-def]
    """Writes lane j of leaf i: the quad of triangles a and b, or triangle a alone where b < 0."""
    first, second, third = (tip + 2) % 3, tip, (tip + 1) % 3
    other, last = (a, third) if b < 0 else (b, other_tip)
    bvh.pair[i, 0, j], bvh.pair[i, 1, j] = a, b
    for k in range(3):
        bvh.quad[i, k, j] = bvh.triangle[a, 3 * first + k]
        bvh.quad[i, 3 + k, j] = bvh.triangle[a, 3 * second + k]
        bvh.quad[i, 6 + k, j] = bvh.triangle[a, 3 * third + k]
        bvh.quad[i, 9 + k, j] = bvh.triangle[other, 3 * last + k]
    one = quads.subtract(bvh.triangle, a, third, a, first)
    two = quads.subtract(bvh.triangle, other, last, a, second)
    normal = quads.cross(one, two)
    for k in range(3):
        bvh.normal[i, k, j] = np.float32(normal[k])
    bvh.warp[i, j], bvh.slim[i, j] = np.float32(0.0), _slim(bvh.triangle, a, normal, b < 0)
    if b >= 0:
        bvh.slim[i, j] = max(bvh.slim[i, j], _slim(bvh.triangle, b, normal, False))
        bvh.warp[i, j] = _warp(quads.subtract(bvh.triangle, a, second, a, first), normal, one, two)


@kernel()
def _slim(corners, t, normal, alone):  # type: ignore[no-untyped-def]
    """|normal| · L³ / 2A [m³] of triangle t, never too small; L³ where the normal is its own."""
    ab, ac = quads.subtract(corners, t, 1, t, 0), quads.subtract(corners, t, 2, t, 0)
    bc = quads.subtract(corners, t, 2, t, 1)
    square = max(quads.dot(ab, ab), max(quads.dot(ac, ac), quads.dot(bc, bc)))
    cube = square * np.sqrt(square) * (1.0 + 2.0**-20)
    if alone:
        return np.float32(cube)
    own = quads.cross(ab, ac)
    # The cross product's own rounding may have made a sliver look wider than it is.
    double_area = np.sqrt(quads.dot(own, own)) - 2.0**-50 * square
    length = np.sqrt(quads.dot(normal, normal))
    if double_area * np.float64(SLIMMEST) <= cube * length:
        return SLIMMEST
    return np.float32(cube * length / double_area)


@kernel()
def _warp(side, normal, one, two):  # type: ignore[no-untyped-def]
    """Distance of a side's end from the plane through its beginning [m], never too small.

    The float64 normal of the diagonals one and two is off by at most 2⁻⁵² |one| |two|, the product with the side by
    about as much; four times that is added, and the last factor covers the rounding to float32.
    """
    spread = np.sqrt(quads.dot(side, side) * quads.dot(one, one) * quads.dot(two, two))
    rise = (abs(quads.dot(side, normal)) + 2.0**-50 * spread) / np.sqrt(quads.dot(normal, normal))
    return np.float32(rise * (1.0 + 2.0**-22))
