"""Which building stands in which tile: a quadtree whose upper tiles hold the large buildings, its leaves the small.

Every building stands in exactly one tile and is refined by adding (``refine: ADD``), so no feature is drawn twice,
none is replaced by a coarser one, and a click always meets the real surface. The geometric error of a tile is what is
missing while its children are not drawn: the diagonal of the largest building among them; a leaf misses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# A tile this deep holds whatever is left: 2^-20 of a city is a millimetre.
DEEPEST = 20


@dataclass
class Node:
    """One tile: the buildings that it draws itself, and its children."""

    name: str  # quadtree path: "0", "0-3", …
    buildings: NDArray[np.intp]
    error_m: float
    children: list[Node] = field(default_factory=list)

    def every(self) -> list[Node]:
        """This tile and all below it, parents first."""
        return [self, *(node for child in self.children for node in child.every())]

    def all_buildings(self) -> NDArray[np.intp]:
        """Buildings of this tile and of all below."""
        return np.concatenate([node.buildings for node in self.every()])


def plant(centre: NDArray[np.float64], size_m: NDArray[np.float64], weight: NDArray[np.float64], budget: float) -> Node:
    """The tree of buildings.

    Parameters
    ----------
    centre
        (B, 2) [m] middle of each building on the map.
    size_m
        (B,) diagonal of each building's box.
    weight, budget
        (B,) estimated bytes of each building, and how many a tile may hold. One building alone may exceed it.
    """
    low, high = centre.min(axis=0), centre.max(axis=0)
    side = float(max((high - low).max(), 1.0))
    return _grow("0", np.arange(len(centre)), low, side, centre, size_m, weight, budget, 0)


def _grow(
    name: str,
    here: NDArray[np.intp],
    low: NDArray[np.float64],
    side: float,
    centre: NDArray[np.float64],
    size_m: NDArray[np.float64],
    weight: NDArray[np.float64],
    budget: float,
    depth: int,
) -> Node:
    largest = here[np.lexsort([here, -size_m[here]])]
    fits = np.cumsum(weight[largest]) <= budget
    fits[0] = True
    if fits.all() or depth == DEEPEST:
        return Node(name, np.sort(largest), 0.0)
    own, left = np.sort(largest[fits]), largest[~fits]
    half = side / 2
    quarter = (centre[left] >= low + half) @ np.array([1, 2])
    children = [
        _grow(
            f"{name}-{q}",
            left[quarter == q],
            low + half * np.array([q & 1, q >> 1]),
            half,
            centre,
            size_m,
            weight,
            budget,
            depth + 1,
        )
        for q in range(4)
        if (quarter == q).any()
    ]
    return Node(name, own, float(size_m[left].max()), children)
