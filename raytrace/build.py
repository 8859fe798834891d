"""Build the hierarchy: merge triangles into quads, split by surface area, collapse to sixteen, pack.

The steps stand in weld.py, quads.py, sah.py and pack.py. Deterministic: no random choice, and the number of threads
leaves no trace. Oracle: tests/raytrace/test_raytrace_build.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raytrace import check, pack, quads, sah, weld
from raytrace.bvh import WIDTH, Bvh
from raytrace.lock import PARALLEL_KERNELS


def build(vertices: npt.ArrayLike, triangles: npt.ArrayLike, closed: npt.ArrayLike | None = None) -> Bvh:
    """Build the hierarchy over a triangle mesh.

    Args:
        vertices: (V, 3) x, y, z [m] about a local origin (rounded to float32).
        triangles: (T, 3) corner indices. Degenerate and duplicate triangles are allowed; T may be 0.
        closed: (T,) bool, True for triangles of closed surfaces that are oriented outwards: ``visible`` then
            tests only where a ray leaves them, because what enters such a surface also leaves it. None: none is.
            All other functions meet both sides of every triangle, whatever it says.

    Returns:
        The hierarchy. The same input gives the same arrays, for any number of threads.

    Raises:
        TypeError: vertices are not real numbers, triangles not integers, or closed not booleans.
        ValueError: wrong shape, index out of range, not finite, or coordinates too far from the origin.
    """
    vertex = check.coordinates("vertices", vertices)
    index = check.triangle_indices(triangles, len(vertex))
    one_sided = check.flags("closed", closed, len(index))
    corner = vertex[index].reshape(-1, 9)
    if len(index) == 0:
        return _allocate(np.empty((0, 6, WIDTH), np.float32), np.empty((0, WIDTH), np.int32), 0, corner, one_sided)
    index = weld.first_at_place(vertex)[index]
    with PARALLEL_KERNELS:
        merged = quads.merge(corner, index, one_sided, len(vertex))
        tree = sah.split(pack.quad_boxes(corner, merged.pair))
    node_box, child, leaf = pack.collapse(tree)
    bvh = _allocate(node_box, child, len(leaf), corner, one_sided)
    pack.pack_leaves(leaf, tree.order, merged.pair, merged.tip, bvh)
    return bvh


def _allocate(
    node_box: npt.NDArray[np.float32],
    child: npt.NDArray[np.int32],
    n_leaves: int,
    corner: npt.NDArray[np.float32],
    one_sided: npt.NDArray[np.uint8],
) -> Bvh:
    """A hierarchy whose leaves are still to be filled."""
    return Bvh(
        node_box=node_box,
        child=child,
        quad=np.empty((n_leaves, 12, WIDTH), np.float32),
        normal=np.empty((n_leaves, 3, WIDTH), np.float32),
        warp=np.empty((n_leaves, WIDTH), np.float32),
        slim=np.empty((n_leaves, WIDTH), np.float32),
        pair=np.empty((n_leaves, 2, WIDTH), np.int32),
        closed=np.empty(n_leaves, np.int32),
        size=np.empty(n_leaves, np.int32),
        triangle=corner,
        one_sided=one_sided,
    )
