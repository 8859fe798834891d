"""The kernel of light off reflectors: what each gets from each sun node, times what the node sends in each bin.

Most nodes send in few bins, so what they send is sparse. Nodes are added in ascending order, as scipy's product of a
sparse array adds them; rows are shared out among threads, never the terms of a sum.

Oracle: that product, tests/twin/test_twin_node_sums.py.
"""

from __future__ import annotations

from numba import prange

from twin.jit import parallel_kernel


@parallel_kernel
def add_nodes(light, start, column, value, out):  # type: ignore[no-untyped-def]
    """Add ``light`` (N, J) times the nodes' energies (J, B) to ``out`` (N, B).

    The energies are rows in compressed form: ``start`` (J + 1,), ``column`` (E,) and ``value`` (E,).
    """
    for row in prange(light.shape[0]):
        for node in range(light.shape[1]):
            share = light[row, node]
            for at in range(start[node], start[node + 1]):
                out[row, column[at]] += value[at] * share
