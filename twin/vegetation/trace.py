"""Chord lengths of a cell's receivers through the crowns around, by crown class.

Only directions that are open past walls and ground are kept: behind a wall a crown takes nothing. Crowns farther than
``REACH_M`` from the cell are not looked through; they stand within a few degrees of the horizon.

Oracle: tests/twin/test_twin_canopy.py, a spheroid on paper.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace import Bvh, bits
from twin.operators import CellData, looking

REACH_M = 500.0
# Receivers whose chords are held at a time: 2,048 × 1,387 × 4 bytes = 11 MB for each class.
CHUNK = 2048


def with_crowns(
    data: CellData, trees: Sequence[tuple[int, Bvh]], direction: NDArray[np.float64], n_sun: int
) -> CellData:
    """A traced cell with chords along its directions (D + K, 3), the sun grid's ``n_sun`` first.

    Parameters
    ----------
    trees
        Class and hierarchy of the crowns around, local to the cell's origin.
    """
    receivers, operators = data.receivers, data.operators
    size = np.zeros(len(receivers.surface), np.int64)
    columns, lengths = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    rows = np.flatnonzero(looking(receivers)) if trees else np.zeros(0, np.intp)
    for first in range(0, len(rows), CHUNK):
        row = rows[first : first + CHUNK]
        sun = bits.unpack(operators.sun_bits[row], n_sun)
        lit = np.concatenate([sun, bits.unpack(operators.sky_bits[row], len(direction) - n_sun)], axis=1)
        found = []
        for kind, bvh in trees:
            chord = raytrace.chords(bvh, receivers.point[row], direction, normals=receivers.normal[row])
            which, column = np.nonzero((chord > 0.0) & lit)
            found.append((which, column + kind * len(direction), chord[which, column]))
        which, column, length = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(which, kind="stable")
        size[row] = np.bincount(which, minlength=len(row))
        columns.append(column[order].astype(np.int32))
        lengths.append(length[order].astype(np.float32))
    return data._replace(
        operators=operators._replace(
            crown_indptr=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
            crown_index=np.concatenate(columns),
            crown_length_m=np.concatenate(lengths),
        )
    )
