"""Which points of a laser scan are leaves and twigs.

Where the producer has classified vegetation (ASPRS classes 3, 4, 5) he is believed. Elsewhere it is what nobody has
classified (0, 1), outside all buildings of the model, and either one of several echoes of its pulse or in a place that
is rough: among its nearest neighbours the smallest principal spread is a share of all (surface variation, Pauly, Gross
and Kobbelt 2002, https://doi.org/10.1109/VISUAL.2002.1183771). Roofs that the model lacks, façades and vehicles are
smooth, and of one echo.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.vegetation.crowns import Floats

VEGETATION = (3, 4, 5)
UNCLASSIFIED = (0, 1)
# Of all points: a scan with fewer has not been classified for vegetation.
CLASSIFIED_SHARE = 1e-3
# What stands lower are shrubs, cars, people; what stands higher are cranes, masts, birds.
LOWEST_M, HIGHEST_M = 2.0, 45.0
NEIGHBOURS = 10
# Surface variation is 0 on a plane and 1/3 in a cloud.
ROUGH = 0.03
# Eaves stand out by as much from official footprints.
EAVES_M = 0.5


class Candidates(NamedTuple):
    """Points that may belong to trees."""

    row: NDArray[np.int64]  # (M,) of the points asked
    leafy: NDArray[np.bool_]  # (M,) of several echoes, or rough; all, where the producer has classified


def is_classified(kinds: Counter[int]) -> bool:
    """Whether a scan with so many points of each class was classified for vegetation."""
    return sum(kinds[kind] for kind in VEGETATION) >= CLASSIFIED_SHARE * max(1, sum(kinds.values()))


def candidates(
    point: Floats,
    above_m: Floats,
    kind_returns: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    classified: bool,
    grown: NDArray[np.object_],
) -> Candidates:
    """Points (N, 3), above the ground by (N,) [m], of a class and a number of returns (N,) each.

    ``grown`` (F,) are footprints of buildings, wider by EAVES_M.
    """
    kind, returns = kind_returns
    standing = (above_m > LOWEST_M) & (above_m < HIGHEST_M)
    if classified:
        row = np.flatnonzero(standing & np.isin(kind, VEGETATION))
        return Candidates(row, np.ones(len(row), bool))
    row = np.flatnonzero(standing & np.isin(kind, UNCLASSIFIED))
    if len(row) and len(grown):
        import shapely

        inside = shapely.STRtree(grown).query(shapely.points(point[row, :2]), predicate="intersects")[0]
        row = np.delete(row, np.unique(inside))
    leafy = returns[row] > 1
    leafy[~leafy] = _variation(point[row], ~leafy) > ROUGH
    return Candidates(row, leafy)


def _variation(point: Floats, asked: NDArray[np.bool_]) -> Floats:
    """Surface variation at the points asked, among all (N, 3)."""
    from scipy.spatial import cKDTree

    if len(point) <= NEIGHBOURS:
        return np.zeros(int(asked.sum()))
    local = point - point.mean(axis=0)
    _, index = cKDTree(local).query(local[asked], k=NEIGHBOURS)
    near = local[index] - local[index].mean(axis=1, keepdims=True)
    spread = np.linalg.eigvalsh(np.einsum("nki,nkj->nij", near, near))
    return np.asarray(np.maximum(spread[:, 0], 0.0) / np.maximum(spread.sum(axis=1), 1e-12))
