"""Give corners at the same place the same number, so that triangles with corners of their own find each other.

Idea: some city models and every soup name each corner of each triangle anew. Positions are hashed to 64 bits and
sorted; equal hashes stand side by side, and each vertex takes the lowest number of its group, unless its position
is another one after all. Only equal float32 coordinates count: nothing is moved.

Sources: the multipliers are those of splitmix64, G. L. Steele, D. Lea, C. H. Flood (2014), Fast splittable
pseudorandom number generators, doi:10.1145/2660193.2660195. Oracle: tests/raytrace/test_raytrace_quads.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MULTIPLIERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def first_at_place(vertex: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """For each vertex (V, 3) [m] the lowest number of a vertex at the same place (V,)."""
    if len(vertex) == 0:
        return np.empty(0, np.int64)
    place = (vertex + np.float32(0.0)).view(np.uint32)  # −0 + 0 is 0: the same place
    key = np.zeros(len(vertex), np.uint64)
    for axis, multiplier in enumerate(MULTIPLIERS):
        key = (key ^ (key >> np.uint64(29)) ^ place[:, axis]) * multiplier
    order = np.argsort(key)
    key = key[order]
    begins = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    size = np.diff(begins, append=len(key))
    first = np.empty(len(vertex), np.int64)
    first[order] = np.repeat(np.minimum.reduceat(order, begins), size)
    same = (place[first] == place).all(axis=1)
    return np.where(same, first, np.arange(len(vertex)))
