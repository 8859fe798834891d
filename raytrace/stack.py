"""The stack of a walk through the tree: the nearest child on top.

Oracle: every answer of the walks, tests/raytrace/test_raytrace_closest.py.
"""

from __future__ import annotations

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
