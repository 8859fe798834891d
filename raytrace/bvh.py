"""Memory layout of the bounding volume hierarchy: flat arrays, no pointers.

Node 0 is the root. A node with ``size == 0`` is an inner node and its two children stand side by side at
``first`` and ``first + 1``; a node with ``size > 0`` is a leaf and owns the triangles
``first : first + size`` of the leaf-ordered triangle arrays. A scene without triangles has no node.

Coordinates are float32 metres about a local origin near the scene.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MAX_LEAF_TRIANGLES = 4
"""A node with no more triangles than this is a leaf. Measured on the synthetic city, 2 / 4 / 8: 58 / 53 / 48
million point-directions a second, 0.62 / 0.55 / 0.46 s build a million triangles."""

SAH_DEPTH_LIMIT = 56
"""From this depth on the builder halves by count. A city of a million triangles has 23 levels."""

STACK_SIZE = 96
"""Entries of a traversal stack.

Depth-first descent that pushes the farther child holds at most one entry a level plus one. Levels are at most
SAH_DEPTH_LIMIT + log2(2**31) = 87, because halving by count ends after 31 levels for any int32 count.
"""


class Bvh(NamedTuple):
    """Bounding volume hierarchy over T triangles in M nodes.

    Attributes:
        box: (M, 6) float32 [m], x y z of the lower corner, then x y z of the upper corner.
        first: (M,) int32, first child of an inner node, first triangle of a leaf.
        size: (M,) int32, triangles in a leaf, 0 for an inner node.
        triangle: (T, 9) float32 [m], corners A, B, C of each triangle in leaf order.
        original: (T,) int32, the triangle's index in the array given to ``build``.
    """

    box: npt.NDArray[np.float32]
    first: npt.NDArray[np.int32]
    size: npt.NDArray[np.int32]
    triangle: npt.NDArray[np.float32]
    original: npt.NDArray[np.int32]
