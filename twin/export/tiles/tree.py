"""Which building stands in which tile: a quadtree whose upper tiles hold the large buildings, its leaves the small.

Every building stands in exactly one tile and is refined by adding (``refine: ADD``), so no feature is drawn twice,
none is replaced by a coarser one, and a click always meets the real surface. The geometric error of a tile is the
largest hole in the picture while its children are not drawn: the side of a square as large as the ground that all
buildings of a child and below it cover, and no less than the largest of them is long, wide or high, which a mast is
without much ground. A leaf misses nothing. Where one tile holds all that a square has left, it is not quartered: few
small tiles are fetched sooner, and a handful of houses in a tile of its own would leave the picture first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# A tile this deep holds whatever is left: 2^-20 of a city is a millimetre.
DEEPEST = 20


@dataclass
class Node:
    """One tile: the buildings that it draws itself, and its children."""

    name: str  # quadtree path: "0", "0-3", …; "-4" is a square's rest
    buildings: NDArray[np.intp]
    error_m: float
    children: list[Node] = field(default_factory=list)

    def every(self) -> list[Node]:
        """This tile and all below it, parents first."""
        return [self, *(node for child in self.children for node in child.every())]


class Forest(NamedTuple):
    """All buildings that a tree is made of."""

    centre: NDArray[np.float64]  # (B, 2) [m] middle on the map
    size_m: NDArray[np.float64]  # (B,) diagonal of the box
    ground_m2: NDArray[np.float64]  # (B,) of the box on the map
    weight: NDArray[np.float64]  # (B,) estimated bytes


class Square(NamedTuple):
    """A square of the quadtree."""

    name: str
    low: NDArray[np.float64]  # (2,) [m] south-west corner
    side: float  # [m]
    depth: int

    def quarter(self, q: int) -> Square:
        """One of its quarters: 0 south-west, 1 south-east, 2 north-west, 3 north-east."""
        half = self.side / 2
        return Square(f"{self.name}-{q}", self.low + half * np.array([q & 1, q >> 1]), half, self.depth + 1)

    def rest(self) -> Square:
        """The same square again: what is left in it, in one tile."""
        return Square(f"{self.name}-4", self.low, self.side, self.depth + 1)


def plant(forest: Forest, budget: float) -> Node:
    """The tree of buildings; ``budget``: bytes that a tile may hold. One building alone may exceed it."""
    low, high = forest.centre.min(axis=0), forest.centre.max(axis=0)
    square = Square("0", low, float(max((high - low).max(), 1.0)), 0)
    return _grow(forest, np.arange(len(forest.centre)), square, budget)


def _grow(forest: Forest, here: NDArray[np.intp], square: Square, budget: float) -> Node:
    largest = here[np.lexsort([here, -forest.size_m[here]])]
    fits = np.cumsum(forest.weight[largest]) <= budget
    fits[0] = True
    if fits.all() or square.depth == DEEPEST:
        return Node(square.name, np.sort(largest), 0.0)
    own, left = np.sort(largest[fits]), largest[~fits]
    if forest.weight[left].sum() <= budget:
        rest = _grow(forest, left, square.rest(), budget)
        return Node(square.name, own, hole_m(forest, rest), [rest])
    quarter = (forest.centre[left] >= square.low + square.side / 2) @ np.array([1, 2])
    children = [_grow(forest, left[quarter == q], square.quarter(q), budget) for q in range(4) if (quarter == q).any()]
    return Node(square.name, own, max(hole_m(forest, child) for child in children), children)


def hole_m(forest: Forest, node: Node) -> float:
    """What the picture lacks [m] while a tile and all below are not drawn."""
    missing = np.concatenate([one.buildings for one in node.every()])
    return float(max(np.sqrt(forest.ground_m2[missing].sum()), forest.size_m[missing].max()))
