"""Memory layout of the bounding volume hierarchy: 16 children a node, 16 quads a leaf, flat arrays, no pointers.

Idea: sixteen lanes of one vector instruction look at the sixteen children of a node, or at the sixteen quads of
a leaf, at once; so every field stands lane by lane. Two triangles that make a flat convex quad are one primitive
(quads.py). Node 0 is the root, a child always stands behind its parent, and a scene without triangles has no
node.

Coordinates are float32 metres about a local origin near the scene.

Source: I. Wald, C. Benthin, S. Boulos (2008), Getting rid of packets, doi:10.1109/RT.2008.4634620 (16-wide
trees). Oracle: tests/raytrace/test_raytrace_build.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from raytrace.jit import kernel

WIDTH = 16
"""Children of a node and quads of a leaf: float32 lanes of a 512-bit register, two registers of AVX2."""

EMPTY = np.int32(-(2**31))
"""Child slot that leads nowhere. Empty slots stand behind the used ones."""

BIG = np.float32(3.0e38)
"""Above every checked coordinate: the lower corner of an empty box, negated its upper corner."""

SLIMMEST = np.float32(1.0e30)
"""Greatest value of ``slim``: more than any coordinate's cube."""

SAH_DEPTH_LIMIT = 36
"""From this depth of the binary tree on, ranges are halved by count. A city of a million triangles has 20
levels."""

MAX_LEVELS = SAH_DEPTH_LIMIT + 27
"""Levels of nodes at most, see STACK_SIZE."""

STACK_SIZE = (WIDTH - 1) * MAX_LEVELS + 1
"""Entries of a traversal stack that is emptied last in, first out.

Taking a node and pushing all its children adds at most WIDTH − 1 entries a level. A wide level is at least one
level of the binary tree, and that has at most SAH_DEPTH_LIMIT + 27 levels of inner nodes, because halving ends
after 27 levels with at most 16 quads for any int32 count.
"""


class Bvh(NamedTuple):
    """Bounding volume hierarchy over T triangles in N nodes and L leaves.

    Attributes:
        node_box: (N, 6, 16) float32 [m], of each child: lower x y z, upper x y z; the exact bounds of the
            corners below it, so boxes are nested. An empty slot has lower = +BIG, upper = −BIG.
        child: (N, 16) int32, ≥ 0 a node (greater than its parent), < 0 leaf ~child, or EMPTY.
        quad: (L, 12, 16) float32 [m], corners q0 x y z, q1 x y z, q2 x y z, q3 x y z of up to 16 quads. A single
            triangle has q3 == q2; in an unused slot every corner is q0 of slot 0.
        normal: (L, 3, 16) float32 [m²], (q2 − q0) × (q3 − q1), twice the area long; 0 in unused slots.
        warp: (L, 16) float32 [m], distance of the corners from the plane through q0 with that normal, rounded up.
        slim: (L, 16) float32 [m³], |normal| · L³ / 2A of the slimmer triangle with its longest edge L and area A,
            rounded up and at most SLIMMEST; L³ for a single triangle, whatever its area; 0 in unused slots.
        pair: (L, 2, 16) int32, the triangle on q0 q1 q2 and the one on q0 q2 q3; −1 for none.
        closed: (L,) int32, bit j is set where quad j belongs to a closed surface.
        size: (L,) int32, quads in the leaf, 1 to 16.
        triangle: (T, 9) float32 [m], corners A B C of each triangle, in the order given to ``build``.
        one_sided: (T,) uint8, 1 for triangles of closed surfaces.
    """

    node_box: npt.NDArray[np.float32]
    child: npt.NDArray[np.int32]
    quad: npt.NDArray[np.float32]
    normal: npt.NDArray[np.float32]
    warp: npt.NDArray[np.float32]
    slim: npt.NDArray[np.float32]
    pair: npt.NDArray[np.int32]
    closed: npt.NDArray[np.int32]
    size: npt.NDArray[np.int32]
    triangle: npt.NDArray[np.float32]
    one_sided: npt.NDArray[np.uint8]


@kernel()
def scene_box(node_box):  # type: ignore[no-untyped-def]
    """Box (6,) [m] around everything, from Bvh.node_box (N, 6, 16); 0 for a scene without triangles."""
    box = np.zeros(6, np.float32)
    if len(node_box) > 0:
        for a in range(3):
            low, high = BIG, -BIG
            for j in range(WIDTH):  # empty slots never widen it
                low, high = min(low, node_box[0, a, j]), max(high, node_box[0, 3 + a, j])
            box[a], box[3 + a] = low, high
    return box
