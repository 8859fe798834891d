"""Edges of many triangle meshes at once: which corners are one vertex, which edges have their partner.

Nothing here loops over objects: corners of a whole city are welded in one sort, edges paired in another. The vertices
of two objects are never one, so objects that touch do not close each other.

Oracle: tests/oracles/solids.py asks trimesh, object by object.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Coordinates that print alike in an AdV file (three decimals) are one vertex.
WELD_M = 1e-3
# A vertex this close to an edge splits it: rounding to millimetres moves a point off a slanted edge by up to 0.9 mm.
ON_EDGE_M = 2e-3
# Pairs of an edge and a vertex that are looked at together: about 200 MB.
PAIRS = 2_000_000
# Along this axis of the map neither the walls of a street grid nor their upright edges lie in one interval.
SWEEP = np.array([0.8, 0.6, 0.0])

Numbers = NDArray[np.int64]


class Welded(NamedTuple):
    """Triangles of many objects over common vertices; collapsed triangles are left out."""

    corner: Numbers  # (V,) first corner that stands for each vertex, as an index into the corners given
    vertex: NDArray[np.float64]  # (V, 3) m, of that corner
    owner: Numbers  # (V,) object of each vertex
    face: Numbers  # (F, 3)
    row: Numbers  # (F,) row of each face in the triangles given


class Edges(NamedTuple):
    """Directed edges, and the undirected ones that they run along."""

    start: Numbers  # (N,) vertex
    end: Numbers  # (N,) vertex
    order: Numbers  # (N,) edges that share both vertices side by side
    first: Numbers  # (U,) where each undirected edge begins in ``order``
    times: Numbers  # (U,) how often it occurs
    net: Numbers  # (U,) how much more often it is run along one way than the other


def weld(corner: NDArray[np.float64], object_index: NDArray[np.integer], grid_m: float | None = WELD_M) -> Welded:
    """Corners (T, 3, 3) [m] of triangles of the objects (T,) as vertices and faces.

    ``grid_m`` [m]: corners that round alike are one vertex; None: corners that are equal to the last bit.
    """
    flat = corner.reshape(-1, 3)
    # + 0.0: a negative zero is a zero
    key = flat + 0.0 if grid_m is None else np.round(flat / grid_m).astype(np.int64)
    owner = np.repeat(np.asarray(object_index, np.int64), 3)
    number, first = _numbered(np.concatenate([key.view(np.uint64), owner[:, None].view(np.uint64)], axis=1))
    face = number.reshape(-1, 3)
    whole = (face[:, 0] != face[:, 1]) & (face[:, 1] != face[:, 2]) & (face[:, 2] != face[:, 0])
    return Welded(first, flat[first], owner[first], face[whole], np.flatnonzero(whole))


def _numbered(key: NDArray[np.uint64]) -> tuple[Numbers, Numbers]:
    """A number (N,) for each row of a table (N, M), equal rows alike; and the first row (V,) of each number."""
    mixed = np.zeros(len(key), np.uint64)
    for column in key.T:
        # The finaliser of MurmurHash3 (Appleby 2011, public domain): every bit of a coordinate reaches every bit.
        mixed ^= column
        for factor in (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)):
            mixed ^= mixed >> np.uint64(33)
            mixed *= factor
        mixed ^= mixed >> np.uint64(33)
    order = np.argsort(mixed)
    sorted_key = key[order]
    new = np.ones(len(key), bool)
    new[1:] = (sorted_key[1:] != sorted_key[:-1]).any(axis=1)
    if (new[1:] & (mixed[order[1:]] == mixed[order[:-1]])).any():  # two rows with one hash might alternate
        order = np.lexsort(key.T)
        new[1:] = (key[order[1:]] != key[order[:-1]]).any(axis=1)
    number = np.empty(len(key), np.int64)
    number[order] = np.cumsum(new) - 1
    # The first of equal rows, in whatever order the sort has put them.
    return number, np.minimum.reduceat(order, np.flatnonzero(new)) if len(order) else order


def edges_of(face: Numbers, n_vertices: int) -> Edges:
    """The 3 F directed edges of faces: edge 3 i + k runs from corner k of face i to corner k + 1."""
    return paired(face.ravel(), np.roll(face, -1, axis=1).ravel(), n_vertices)


def paired(start: Numbers, end: Numbers, n_vertices: int) -> Edges:
    """Directed edges (N,), (N,) with those that share both vertices found."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    code = low * n_vertices + high
    order = np.argsort(code)
    code = code[order]
    first = np.flatnonzero(np.concatenate([[True], code[1:] != code[:-1]])) if len(code) else np.zeros(0, np.int64)
    times = np.diff(np.append(first, len(code)))
    sense = np.where(start < end, 1, -1)[order]
    net = np.add.reduceat(sense, first) if len(code) else np.zeros(0, np.int64)
    return Edges(start, end, order, first, times, net)


def without_partner(edges: Edges) -> Numbers:
    """Directed edges that no other runs along the opposite way, ascending."""
    alone = np.repeat(np.abs(edges.net) == edges.times, edges.times)
    return np.sort(edges.order[alone])


class Split(NamedTuple):
    """Edges with the vertices that lie on them; each edge's in the order they are met."""

    edge: Numbers  # (M,) ascending
    vertex: Numbers  # (M,)


def on_edges(mesh: Welded, edges: Edges, opened: Numbers) -> Split:
    """Vertices of open edges that lie on other open edges of the same object (T-vertices).

    ``opened`` are edges of ``edges_of(mesh.face, …)``. Only vertices whose place along SWEEP lies within an edge's own
    interval are looked at, so long open rims cost little more than their length.
    """
    vertex = np.unique(np.concatenate([edges.start[opened], edges.end[opened]]))
    place = mesh.vertex @ SWEEP
    # Objects side by side on one line, each in an interval of its own.
    low, high = place.min(initial=0.0), place.max(initial=0.0)
    line = (place - low) + mesh.owner * (high - low + 1.0)
    vertex = vertex[np.argsort(line[vertex], kind="stable")]
    a, b = edges.start[opened], edges.end[opened]
    margin = 2 * ON_EDGE_M
    begin = np.searchsorted(line[vertex], np.minimum(line[a], line[b]) - margin)
    count = np.searchsorted(line[vertex], np.maximum(line[a], line[b]) + margin) - begin
    found_edge, found_vertex, found_place = [], [], []
    done = np.concatenate([[0], np.cumsum(count)])
    lower = 0
    while lower < len(opened):
        upper = max(lower + 1, int(np.searchsorted(done, done[lower] + PAIRS, side="right")) - 1)
        part = slice(lower, upper)
        which = np.repeat(np.arange(lower, upper), count[part])
        candidate = vertex[np.arange(len(which)) - np.repeat(done[part] - done[lower], count[part]) + begin[which]]
        position, on_edge = _lies_on(mesh, opened[which], a[which], b[which], candidate)
        found_edge.append(opened[which[on_edge]])
        found_vertex.append(candidate[on_edge])
        found_place.append(position[on_edge])
        lower = upper
    edge, split = _joined(found_edge), _joined(found_vertex)
    order = np.lexsort((np.concatenate([np.zeros(0), *found_place]), edge))
    return Split(edge[order], split[order])


def _lies_on(
    mesh: Welded, edge: Numbers, a: Numbers, b: Numbers, candidate: Numbers
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Place along each edge (N,) [m] and whether the vertex lies within it and is not the face's third corner."""
    along = mesh.vertex[b] - mesh.vertex[a]
    length = np.linalg.norm(along, axis=1)
    offset = mesh.vertex[candidate] - mesh.vertex[a]
    position = np.einsum("ij,ij->i", offset, along) / length
    distance = np.linalg.norm(offset - (position / length)[:, None] * along, axis=1)
    third = mesh.face[edge // 3, (edge + 2) % 3]
    between = (position > WELD_M) & (position < length - WELD_M) & (distance < ON_EDGE_M)
    return position, between & (candidate != third) & (mesh.owner[candidate] == mesh.owner[a])


def split_edges(edges: Edges, split: Split, n_vertices: int) -> tuple[Edges, Numbers]:
    """Edges with each split one replaced by the chain over its vertices, and the slivers (M, 3) between the two.

    A face whose edge a → b is split at v has a → v → b on its rim: it has grown by the triangle a v b.
    """
    edge, first, count = np.unique(split.edge, return_index=True, return_counts=True)
    start = np.insert(split.vertex, first, edges.start[edge])
    end = np.insert(split.vertex, first + count, edges.end[edge])
    whole = np.ones(len(edges.start), bool)
    whole[edge] = False
    chained = paired(np.concatenate([edges.start[whole], start]), np.concatenate([edges.end[whole], end]), n_vertices)
    origin = np.repeat(edges.start[edge], count + 1)
    spans = start != origin  # the first piece of a chain starts where its edge does
    return chained, np.stack([origin, start, end], axis=1)[spans]


def linked_faces(edges: Edges, n_faces: int) -> tuple[int, Numbers]:
    """Faces that hang together by edges: how many such shells, and the shell (F,) of each face."""
    from scipy.sparse import coo_array  # takes a quarter of a second to import
    from scipy.sparse.csgraph import connected_components

    face = edges.order // 3
    same = np.ones(len(face), bool)
    same[edges.first] = False
    link = np.flatnonzero(same)
    tie = coo_array((np.ones(len(link), np.int8), (face[link - 1], face[link])), shape=(n_faces, n_faces))
    n_shells, shell = connected_components(tie, directed=False)
    return int(n_shells), shell.astype(np.int64)


def _joined(parts: list[Numbers]) -> Numbers:
    return np.concatenate([np.zeros(0, np.int64), *parts])
