"""Crowns: closed, outward bodies that rays run through, with what is known of each tree.

Rays are told how far they run inside (``raytrace.chords``), and that needs bodies whose every edge is shared by two
triangles in opposite senses. Crowns are no casters of ``raytrace.visible``. Where two crowns overlap both count: crowns
of laser scans are parted (``parting``), those of a city model stand as they were drawn.

Oracle: a ray through a spheroid on paper, tests/twin/test_twin_vegetation_crowns.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from raytrace import Bvh

Floats = NDArray[np.float64]
CITYGML, LAS = "citygml", "las"
# No single tree is wider; a plant cover may be.
OF_ONE_TREE_M = 30.0


class Body(NamedTuple):
    """One or more closed shells, outward."""

    vertices: Floats  # (V, 3) m
    triangles: NDArray[np.int64]  # (T, 3)


class Tree(NamedTuple):
    """What is known of one tree or plant cover."""

    id: str
    name: str  # genus or species as the source writes it, "" where it does not
    source: str  # CITYGML or LAS
    height_m: float  # top above its ground
    base_m: float  # lower end of the crown above its ground
    diameter_m: float  # of the circle that covers as much ground
    confidence: float  # 0 … 1


@dataclass(frozen=True)
class Crowns:
    """Crowns of a scene, in its CRS; N trees."""

    vertices: Floats  # (V, 3) m
    triangles: NDArray[np.int32]  # (T, 3) closed and outward, tree by tree
    tree: NDArray[np.int32]  # (T,) tree of each triangle, ascending
    name: tuple[str, ...]  # (N,) genus or species as the source writes it, or ""
    source: tuple[str, ...]  # (N,) "citygml" or "las"
    id: tuple[str, ...]  # (N,)
    height_m: Floats  # (N,) top of the tree above its ground
    base_m: Floats  # (N,) lower end of the crown above its ground
    diameter_m: Floats  # (N,) of the circle that covers as much ground
    confidence: Floats  # (N,) 0 … 1
    report: dict[str, Any] = field(default_factory=dict)  # found, and what was skipped or replaced and why, counted

    def __len__(self) -> int:
        return len(self.id)

    def bounds(self) -> tuple[Floats, Floats]:
        """Low and high corner (N, 3) [m] of each crown."""
        return self._corners

    @cached_property
    def _corners(self) -> tuple[Floats, Floats]:
        """The same, reckoned once: every cell of a job asks."""
        if not len(self):
            return np.zeros((0, 3)), np.zeros((0, 3))
        corner = self.vertices[self.triangles]
        first = np.searchsorted(self.tree, np.arange(len(self)))
        return np.minimum.reduceat(corner.min(axis=1), first), np.maximum.reduceat(corner.max(axis=1), first)

    def take(self, which: NDArray[np.bool_]) -> Crowns:
        """The trees marked (N,), with the vertices that they use."""
        row = which[self.tree]
        used, flat = np.unique(self.triangles[row], return_inverse=True)
        kept = np.flatnonzero(which)
        return replace(
            self,
            vertices=self.vertices[used],
            triangles=flat.reshape(-1, 3).astype(np.int32),
            tree=(np.cumsum(which) - 1)[self.tree[row]].astype(np.int32),
            name=tuple(self.name[i] for i in kept),
            source=tuple(self.source[i] for i in kept),
            id=tuple(self.id[i] for i in kept),
            height_m=self.height_m[which],
            base_m=self.base_m[which],
            diameter_m=self.diameter_m[which],
            confidence=self.confidence[which],
        )


def crowns_of(bodies: Sequence[Body], trees: Sequence[Tree], report: dict[str, Any]) -> Crowns:
    """Crowns of N bodies and what is known of them."""
    start = np.cumsum([0, *(len(body.vertices) for body in bodies)])
    count = [len(body.triangles) for body in bodies]
    triangles = [body.triangles + first for body, first in zip(bodies, start[:-1], strict=True)]
    return Crowns(
        vertices=np.concatenate([np.zeros((0, 3)), *(body.vertices for body in bodies)]),
        triangles=np.concatenate([np.zeros((0, 3), np.int64), *triangles]).astype(np.int32),
        tree=np.repeat(np.arange(len(bodies)), count).astype(np.int32),
        name=tuple(tree.name for tree in trees),
        source=tuple(tree.source for tree in trees),
        id=tuple(tree.id for tree in trees),
        height_m=np.array([tree.height_m for tree in trees], float),
        base_m=np.array([tree.base_m for tree in trees], float),
        diameter_m=np.array([tree.diameter_m for tree in trees], float),
        confidence=np.array([tree.confidence for tree in trees], float),
        report=report,
    )


def together(city: Crowns, points: Crowns) -> Crowns:
    """Crowns of a city model and of laser scans; a scanned tree that the model has too is left out and counted.

    It is the same tree where the middle of its crown lies below the modelled crown, or the other way round.
    """
    rest = points.take(~_known(city, points))
    known = len(points) - len(rest)
    n_vertices, n_trees = len(city.vertices), len(city)
    return Crowns(
        vertices=np.concatenate([city.vertices, rest.vertices]),
        triangles=np.concatenate([city.triangles, rest.triangles + np.int32(n_vertices)]),
        tree=np.concatenate([city.tree, rest.tree + np.int32(n_trees)]),
        name=city.name + rest.name,
        source=city.source + rest.source,
        id=city.id + rest.id,
        height_m=np.concatenate([city.height_m, rest.height_m]),
        base_m=np.concatenate([city.base_m, rest.base_m]),
        diameter_m=np.concatenate([city.diameter_m, rest.diameter_m]),
        confidence=np.concatenate([city.confidence, rest.confidence]),
        report={CITYGML: city.report, LAS: points.report, "scanned trees that the model has": known},
    )


def _known(city: Crowns, points: Crowns) -> NDArray[np.bool_]:
    """Which of the trees of a scan (N,) a model has."""
    known = np.zeros(len(points), bool)
    if not len(city) or not len(points):
        return known
    import shapely
    from scipy.spatial import cKDTree

    (low, high), (own_low, own_high) = city.bounds(), points.bounds()
    middle, other = (low + high)[:, :2] / 2, (own_low + own_high)[:, :2] / 2
    # a modelled tree in the circle of the scanned one
    single = city.diameter_m <= OF_ONE_TREE_M
    if single.any():
        known |= cKDTree(middle[single]).query(other)[0] <= points.diameter_m / 2
    # in the plan of a modelled one, which may be a wood of any outline
    boxes = shapely.box(*low[:, :2].T, *high[:, :2].T)
    which, tree = shapely.STRtree(boxes).query(shapely.points(other), predicate="intersects")
    first = np.searchsorted(city.tree, np.arange(len(city) + 1))
    for index, owner in zip(which, tree, strict=True):
        if not known[index]:
            corner = city.vertices[city.triangles[first[owner] : first[owner + 1]]][:, :, :2]
            known[index] = _below(corner, other[index])
    return known


def _below(corner: Floats, place: Floats) -> bool:
    """Whether a place (2,) lies in the plan of any of some triangles (T, 3, 2)."""
    along, away = np.roll(corner, -1, axis=1) - corner, place - corner
    side = along[:, :, 0] * away[:, :, 1] - along[:, :, 1] * away[:, :, 0]
    area = along[:, 0, 0] * along[:, 1, 1] - along[:, 0, 1] * along[:, 1, 0]
    return bool((((side >= 0).all(axis=1) | (side <= 0).all(axis=1)) & (area != 0)).any())


def crown_trees(
    crowns: Crowns, species: NDArray[np.integer], low: Floats, high: Floats, origin: Floats
) -> list[tuple[int, Bvh]]:
    """The crowns that reach into a box, as one hierarchy for each species class: what ``raytrace.chords`` takes.

    Parameters
    ----------
    crowns
        N trees.
    species : (N,)
        Class of each tree: trees of one class share their transmittance.
    low, high : (2,) or (3,)
        Corners of the box in the CRS [m]; of two numbers only the plan is asked.
    origin : (3,)
        What vertices are made local with [m].

    Returns
    -------
    Class and hierarchy, ascending; classes without a crown in the box are left out.
    """
    import raytrace

    axes = len(low)
    lowest, highest = crowns.bounds()
    near = np.asarray((lowest[:, :axes] <= high).all(axis=1) & (highest[:, :axes] >= low).all(axis=1))
    found = []
    around, of_kind = crowns.take(near), np.asarray(species)[near]
    for kind in np.unique(of_kind):
        some = around.take(np.asarray(of_kind == kind))
        # ``chords`` meets both sides of every triangle, whatever the flags of closed bodies say
        found.append((int(kind), raytrace.build(some.vertices - origin, some.triangles)))
    return found
