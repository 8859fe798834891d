"""The stack of a walk through the tree: the nearest child on top.

``push_children`` serves the walks in plain loops; those of sixteen lanes compare a node's boxes at once (ray.py,
walk.py) and only sort here.

Oracle: every answer of the walks, tests/raytrace/test_raytrace_closest.py.
"""

from __future__ import annotations

from raytrace import slab
from raytrace.bvh import EMPTY, WIDTH
from raytrace.jit import kernel


@kernel(inline=True)
def nearest_last(stack, near, begin, end):  # type: ignore[no-untyped-def]
    """Insertion sort of stack[begin:end] by falling distance ``near``: two or three entries as a rule."""
    for i in range(begin + 1, end):
        key = near[i]
        if near[i - 1] < key:
            node = stack[i]
            j = i
            while j > begin and near[j - 1] < key:
                near[j], stack[j] = near[j - 1], stack[j - 1]
                j -= 1
            near[j], stack[j] = key, node


@kernel()
def push_children(bvh, node, frame, shaft, box, stack, near, height):  # type: ignore[no-untyped-def]
    """Push the children of a node that rays meet, nearest last; returns the new height of the stack.

    Args:
        frame: triangle.Frame of the rays' direction.
        shaft: (6,) where they begin, see slab.entry; padded for every box of the tree.
        box: (1, 6) scratch.
        stack, near: (STACK_SIZE,) int32 and float32, nodes to visit and where the rays enter them [m].
    """
    begin = height
    for j in range(WIDTH):
        child = bvh.child[node, j]
        if child == EMPTY:
            break
        for a in range(6):
            box[0, a] = bvh.node_box[node, a, j]
        distance = slab.entry(box, 0, shaft, frame.inverse_x, frame.inverse_y, frame.inverse_z)
        if distance != slab.MISS:
            stack[height], near[height] = child, distance
            height += 1
    nearest_last(stack, near, begin, height)
    return height
