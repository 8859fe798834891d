"""Outer shells: does every edge of an object meet its partner, and does every surface face outward.

A shell is *closed* when each edge occurs an even number of times in the rings of its object: then every line through it
crosses it evenly often, and inside and outside mean something. It is *oriented* when each edge runs as often one way as
the other, and its volume is positive. Only where a shell is closed is a surface that faces the wrong way proven to do
so; it is turned around (val3dity 302, 307, 405). Where it is not closed, neighbours that disagree are reported.

Edges meet at points that agree to a millimetre; edges without partner are first split at the points of others that lie
on them (docs/design/0003-t-vertices.md). Oracle: trimesh in ``twin.mesh``, on triangles instead of rings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from io_citygml.defects_cavity import cavities
from io_citygml.polygon import Rings, next_point, ring_vectors
from io_citygml.repair import Shells
from io_citygml.rings import take_surfaces

# Coordinates that print alike in an AdV file (three decimals) are one point.
WELD_M = 1e-3
# A point this close to an edge splits it: rounding to millimetres moves a point off a slanted edge by up to 0.9 mm.
ON_EDGE_M = 2e-3
# Splitting an edge may uncover one that lay twice upon itself; official tiles need one pass, never more than two.
_PASSES = 3
# A shell of less volume is a sheet drawn from both sides: which way is out cannot be told.
_LEAST_VOLUME_M3 = 1e-3
# Edges asked at a time for the points near them, and pairs looked at in all: a heap of loose triangles must end, too.
_PORTION = 1024
_MOST_PAIRS = 20_000_000


class ShellFindings(NamedTuple):
    """What the edges say of surfaces and objects."""

    turn: NDArray[np.int64]
    """Surfaces that face into their closed shell."""
    closed: NDArray[np.bool_]
    """(O,) every edge has its partner."""
    inconsistent: NDArray[np.int64]
    """Objects whose shell is not closed, or has one side only, and where neighbours face opposite ways."""
    counts: Shells
    complete: bool
    """False where there were too many points near open edges, or too many shells within others, to look at all."""


class _Edges(NamedTuple):
    """Directed edges of rings; those of one object only ever share points with each other."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    surface: NDArray[np.int64]
    """Row of the surface among those looked at."""


def examine_shells(
    rings: Rings, surfaces: NDArray[np.int64], owner: NDArray[np.int64], claimed: NDArray[np.bool_]
) -> ShellFindings:
    """Closedness and orientation of every object.

    ``surfaces`` (N,) are those with an area, ``owner`` (N,) their objects, ``claimed`` (O,) says which objects the file
    calls solids.
    """
    some = take_surfaces(rings, surfaces)
    n_objects = len(claimed)
    if not len(surfaces):
        none = np.zeros(0, dtype=np.int64)
        return ShellFindings(none, np.zeros(n_objects, dtype=bool), none, Shells(0, 0, 0, 0, 0, 0), True)
    own = np.bincount(owner, minlength=n_objects) > 0
    point, of_point = _welded(some, owner)
    edges = _ring_edges(some, of_point)
    open_edge = _is_open(edges)
    closed_as_read = _objects_without(open_edge, edges, owner, own)
    edges, complete = _split_open(edges, open_edge, point, owner)
    closed = _objects_without(_is_open(edges), edges, owner, own)

    turned, oneside, shell = _facing(edges, len(surfaces), _volumes(some, owner))
    turned &= closed[owner] & ~oneside
    inward, all_looked_at = cavities(some, owner, shell, turned)
    turned &= ~inward
    turn = np.flatnonzero(turned)
    of_turned = np.zeros(n_objects, dtype=bool)
    of_turned[owner[turn]] = True
    of_oneside = np.zeros(n_objects, dtype=bool)
    of_oneside[owner[oneside]] = True
    disagree = np.zeros(n_objects, dtype=bool)
    disagree[owner[_disagreeing(edges)]] = True
    counts = Shells(
        objects=int(own.sum()),
        claimed=int((claimed & own).sum()),
        closed_as_read=int(closed_as_read.sum()),
        closed=int(closed.sum()),
        oriented=int((closed & ~of_turned & ~of_oneside).sum()),
        turned=int((closed & of_turned).sum()),
    )
    return ShellFindings(
        surfaces[turn], closed, np.flatnonzero(disagree & (~closed | of_oneside)), counts, complete & all_looked_at
    )


def _welded(rings: Rings, owner: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points (V, 3) about their object's first point, and which of them each coordinate is; none is of two objects."""
    of_ring = np.repeat(owner, np.diff(rings.surface_ring))
    object_of = np.repeat(of_ring, np.diff(rings.ring_start))
    steps = np.round((rings.coords - rings.coords.min(axis=0)) / WELD_M).astype(np.int64)
    order = np.lexsort((steps[:, 2], steps[:, 1], steps[:, 0], object_of))
    new = np.ones(len(order), dtype=bool)
    ranked, owner_ranked = steps[order], object_of[order]
    same = ranked[1:] == ranked[:-1]
    new[1:] = ~(same[:, 0] & same[:, 1] & same[:, 2] & (owner_ranked[1:] == owner_ranked[:-1]))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return rings.coords[order[new]], number


def _ring_edges(rings: Rings, of_point: NDArray[np.int64]) -> _Edges:
    surface = np.repeat(np.arange(len(rings.surface_ring) - 1), np.diff(rings.surface_ring))
    a, b = of_point, of_point[next_point(rings.ring_start)]
    real = a != b
    return _Edges(a[real], b[real], np.repeat(surface, np.diff(rings.ring_start))[real])


def _groups(edges: _Edges) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Order of the edges by their pair of points, first of each group in that order, and size of each group."""
    low, high = np.minimum(edges.a, edges.b), np.maximum(edges.a, edges.b)
    key = low * (int(edges.b.max(initial=0)) + 1 + int(edges.a.max(initial=0))) + high
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    first = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]])) if len(key) else order
    return order, first, np.diff(np.append(first, len(key)))


def _is_open(edges: _Edges) -> NDArray[np.bool_]:
    """(E,) edges that occur an odd number of times."""
    order, _, size = _groups(edges)
    found = np.zeros(len(order), dtype=bool)
    found[order] = np.repeat(size % 2 == 1, size)
    return found


def _objects_without(
    marked: NDArray[np.bool_], edges: _Edges, owner: NDArray[np.int64], own: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(O,) objects with surfaces and without a marked edge."""
    found = own.copy()
    found[owner[edges.surface[marked]]] = False
    return found


def _split_open(
    edges: _Edges, open_edge: NDArray[np.bool_], point: NDArray[np.float64], owner: NDArray[np.int64]
) -> tuple[_Edges, bool]:
    """Edges of which the open ones are split at every end of an open edge of their object that lies on them; and
    whether all of these were looked at."""
    complete = True
    for _ in range(_PASSES):
        edge, at, position, whole = _points_on_edges(edges, np.flatnonzero(open_edge), point, owner)
        complete &= whole
        if not len(edge):
            break
        order = np.lexsort((position, edge))
        edge, at = edge[order], at[order]
        stops = np.bincount(edge, minlength=len(edges.a))
        # each split edge becomes the stretches between its ends and the points on it
        pieces = stops + 1
        begin = np.cumsum(pieces) - pieces
        a, b = np.repeat(edges.a, pieces), np.repeat(edges.b, pieces)
        nth = np.arange(len(edge)) - np.repeat(np.cumsum(stops) - stops, stops)
        b[begin[edge] + nth] = at
        a[begin[edge] + nth + 1] = at
        edges = _Edges(a, b, np.repeat(edges.surface, pieces))
        open_edge = _is_open(edges)
    return edges, complete


def _points_on_edges(
    edges: _Edges, rows: NDArray[np.int64], point: NDArray[np.float64], owner: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], bool]:
    """(edge, point, distance from the edge's begin [m]) of every end of the open edges ``rows`` that lies inside
    another of them, and whether all were looked at."""
    candidate, first_seen = np.unique(np.concatenate([edges.a[rows], edges.b[rows]]), return_index=True)
    of_candidate = owner[edges.surface[np.concatenate([rows, rows])[first_seen]]]
    ends = np.stack([point[edges.a[rows], :2], point[edges.b[rows], :2]])
    low, high = ends.min(axis=0) - ON_EDGE_M, ends.max(axis=0) + ON_EDGE_M
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    tree = shapely.STRtree(shapely.points(point[candidate, :2]))
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    looked_at = 0
    for begin in range(0, len(rows), _PORTION):
        asked, met = tree.query(boxes[begin : begin + _PORTION])
        looked_at += len(asked)
        if looked_at > _MOST_PAIRS:
            break
        edge, at = rows[asked + begin], candidate[met]
        mine = of_candidate[met] == owner[edges.surface[edge]]
        mine &= (at != edges.a[edge]) & (at != edges.b[edge])
        found.append(_inside_edges(point, edges, edge[mine], at[mine]))
    edge, at = (np.concatenate([part[k] for part in found] or [rows[:0]]) for k in (0, 1))
    return edge, at, np.concatenate([part[2] for part in found] or [np.zeros(0)]), looked_at <= _MOST_PAIRS


def _inside_edges(
    point: NDArray[np.float64], edges: _Edges, edge: NDArray[np.int64], at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Those pairs of edge (N,) and point (N,) where the point lies on the edge, and how far from its begin [m]."""
    begin = point[edges.a[edge]]
    along = point[edges.b[edge]] - begin
    offset = point[at] - begin
    length = np.sqrt(np.einsum("ij,ij->i", along, along))
    position = np.einsum("ij,ij->i", offset, along) / length
    distance2 = np.einsum("ij,ij->i", offset, offset) - position**2
    on = (position > WELD_M) & (position < length - WELD_M) & (distance2 < ON_EDGE_M**2)
    return edge[on], at[on], position[on]


def _volumes(rings: Rings, owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) contribution of each surface to the volume of its object [m³], about the object's own origin."""
    first = rings.ring_start[rings.surface_ring[:-1]]
    origin = np.zeros((int(owner.max(initial=0)) + 1, 3))
    origin[owner[::-1]] = rings.coords[first[::-1]]
    vector = np.add.reduceat(ring_vectors(rings.coords, rings.ring_start), rings.surface_ring[:-1], axis=0)
    middle = np.add.reduceat(rings.coords, first, axis=0) / np.diff(rings.ring_start[rings.surface_ring])[:, None]
    return np.einsum("ij,ij->i", middle - origin[owner], vector) / 3.0


def _neighbours(edges: _Edges) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Pairs of surfaces that alone share an edge, and whether they run along it the same way (so one faces wrong)."""
    order, first, size = _groups(edges)
    pair = first[size == 2]
    one, other = order[pair], order[pair + 1]
    alike = edges.a[one] == edges.a[other]
    apart = edges.surface[one] != edges.surface[other]
    return edges.surface[one][apart], edges.surface[other][apart], alike[apart]


def _disagreeing(edges: _Edges) -> NDArray[np.int64]:
    one, _, alike = _neighbours(edges)
    return one[alike]


def _facing(
    edges: _Edges, n_surfaces: int, volume: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """(N,) surfaces that would have to turn for their connected shell to face outward, those of one-sided shells, and
    the number of the shell each belongs to.

    Every surface stands twice in a graph, as it is and turned around; an edge ties those two of its surfaces that run
    along it in opposite ways. A shell that has two sides falls into two halves, one the other turned around.
    """
    from scipy import sparse  # takes a fifth of a second to import
    from scipy.sparse.csgraph import connected_components

    one, other, alike = _neighbours(edges)
    row = np.concatenate([one, one + n_surfaces])
    column = np.concatenate([other + n_surfaces * alike, other + n_surfaces * ~alike])
    graph = sparse.coo_matrix((np.ones(len(row), bool), (row, column)), shape=(2 * n_surfaces, 2 * n_surfaces))
    _, half = connected_components(graph, directed=False)
    upright, other_way = half[:n_surfaces], half[n_surfaces:]
    contained = np.bincount(half, np.concatenate([volume, -volume]), minlength=1)
    oneside = upright == other_way
    return ~oneside & (contained[upright] < -_LEAST_VOLUME_M3), oneside, np.minimum(upright, other_way)
