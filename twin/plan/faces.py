"""Triangles of the faces that a file draws, and whole faces out of the triangles of closed bodies.

Neighbours in one plane become one polygon, holes and all.

Receivers are laid on polygons, and a wall of two triangles is one wall. Every corner stays, on straight edges too, so
the bodies stay closed to the last bit. Triangles that bend away by more than a millimetre or two, and faces whose rim
touches itself in a corner, stay triangles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.earclip import clip_ears
from io_citygml.polygon import Rings, measure
from twin.edges import Edges, Numbers, edges_of, weld

# Neighbours are in one plane where the far corner of each is this close to the plane of the other.
PLANE_M = 1e-3
# … and where they are not folded back onto each other: cos 5°.
ALONG = 0.996
# A face whose corners stray further from its mean plane is no plane.
STRAY_M = 2e-3


class Faces(NamedTuple):
    """Polygons, one after the other, in the layout of twin.plan.shell.Body."""

    coords: NDArray[np.float64]  # (C, 3) [m], open rings
    ring_length: Numbers  # (R,)
    ring_count: Numbers  # (S,) rings of each polygon


def triangulated(vertices: NDArray[np.float64], polygon: Numbers, length: Numbers) -> tuple[Numbers, Numbers]:
    """Triangles (T, 3) over vertices (V, 3) of polygons, and the polygon (T,) of each; concave ones keep their shape.

    ``polygon`` (C,) are indices into the vertices, ``length`` (N,) how many of them each polygon has.
    """
    begin = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    small = np.flatnonzero(length == 3)
    triangle, owner = [polygon[begin[small, None] + np.arange(3)]], [small]
    four = np.flatnonzero(length == 4)
    index = polygon[begin[four, None] + np.arange(4)]
    turn = np.stack([_cross(vertices, index[:, [k - 1, k, (k + 1) % 4]]) for k in range(4)], axis=1)
    convex = (np.einsum("nij,nj->ni", turn, turn.sum(axis=1)) > 0).all(axis=1)
    for half in ([0, 1, 2], [0, 2, 3]):
        triangle.append(index[convex][:, half])
        owner.append(four[convex])
    hard = np.concatenate([four[~convex], np.flatnonzero(length > 4)])
    if len(hard):
        coords = vertices[polygon]
        normal = measure(Rings(coords, begin, np.arange(len(length) + 1))).normal
        clipped, which = clip_ears(coords, begin, np.arange(len(length) + 1), hard, normal)
        triangle.append(polygon[clipped])
        owner.append(hard[which])
    return np.concatenate(triangle), np.concatenate(owner)


def _cross(vertices: NDArray[np.float64], triangle: Numbers) -> NDArray[np.float64]:
    a, b, c = (vertices[triangle[:, k]] for k in range(3))
    return np.cross(b - a, c - b)


def faces(corner: NDArray[np.float64], shell: Numbers) -> Faces:
    """Polygons of triangles (T, 3, 3) [m] that bound closed bodies (T,)."""
    mesh = weld(corner, shell, grid_m=None)
    edges = edges_of(mesh.face, len(mesh.vertex))
    group = _in_one_plane(mesh.vertex[mesh.face], edges)
    group = _without_strays(mesh.vertex[mesh.face], group)
    rim = _rim(edges, group)
    pinched = _pinched(edges, group, rim)
    if len(pinched):
        group = group.copy()
        alone = np.isin(group, pinched)
        group[alone] = group.max() + 1 + np.arange(int(alone.sum()))
        rim = _rim(edges, group)
    vertex, ring_length, owner = _rings(edges, group, rim)
    _, ring_count = np.unique(owner, return_counts=True)
    return Faces(mesh.vertex[vertex], ring_length, ring_count.astype(np.int64))


def _in_one_plane(corner: NDArray[np.float64], edges: Edges) -> Numbers:
    """Group (F,) of faces (F, 3, 3) that hang together in one plane."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal = normal / np.linalg.norm(normal, axis=1)[:, None]
    first = edges.first[(edges.times == 2) & (edges.net == 0)]
    one, other = edges.order[first], edges.order[first + 1]
    a, b = one // 3, other // 3
    far_a, far_b = corner[a, (one + 2) % 3], corner[b, (other + 2) % 3]
    off_a = np.abs(((far_b - corner[a, 0]) * normal[a]).sum(axis=1))
    off_b = np.abs(((far_a - corner[b, 0]) * normal[b]).sum(axis=1))
    same = (np.maximum(off_a, off_b) < PLANE_M) & ((normal[a] * normal[b]).sum(axis=1) > ALONG)
    tie = coo_array((np.ones(int(same.sum()), np.int8), (a[same], b[same])), shape=(len(corner), len(corner)))
    return connected_components(tie, directed=False)[1].astype(np.int64)


def _without_strays(corner: NDArray[np.float64], group: Numbers) -> Numbers:
    """The same with the faces of groups that bend apart again."""
    n_groups = int(group.max(initial=-1)) + 1
    vector = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    mean = np.stack([np.bincount(group, part, minlength=n_groups) for part in vector.T], axis=1)
    mean = mean / np.maximum(np.linalg.norm(mean, axis=1), 1e-30)[:, None]
    base = np.zeros((n_groups, 3))
    base[group] = corner[:, 0]
    height = ((corner - base[group][:, None]) * mean[group][:, None]).sum(axis=2)
    low, high = np.full(n_groups, np.inf), np.full(n_groups, -np.inf)
    np.minimum.at(low, group, height.min(axis=1))
    np.maximum.at(high, group, height.max(axis=1))
    stray = (high - low > 2 * STRAY_M)[group]
    out = group.copy()
    out[stray] = n_groups + np.arange(int(stray.sum()))
    return out


def _rim(edges: Edges, group: Numbers) -> Numbers:
    """Directed edges whose other side belongs to another group, ascending."""
    inner = np.zeros(len(edges.start), bool)
    first = edges.first[(edges.times == 2) & (edges.net == 0)]
    one, other = edges.order[first], edges.order[first + 1]
    same = group[one // 3] == group[other // 3]
    inner[one[same]] = inner[other[same]] = True
    return np.flatnonzero(~inner)


def _pinched(edges: Edges, group: Numbers, rim: Numbers) -> Numbers:
    """Groups of whose rim two edges begin in one corner."""
    key = np.stack([edges.start[rim], group[rim // 3]])
    order = np.lexsort(key)
    again = (key[:, order[1:]] == key[:, order[:-1]]).all(axis=0)
    return np.unique(key[1, order[1:][again]])


def _rings(edges: Edges, group: Numbers, rim: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The rims as rings: their vertices one after the other, the length of each ring and its group, by group."""
    owner = group[rim // 3]
    code = owner * (int(edges.start.max(initial=0)) + 1)
    by_start = np.argsort(code + edges.start[rim])
    following = by_start[np.searchsorted((code + edges.start[rim])[by_start], code + edges.end[rim])].tolist()
    seen = bytearray(len(rim))
    walk: list[int] = []
    length: list[int] = []
    first: list[int] = []
    for start in np.argsort(owner, kind="stable").tolist():
        if seen[start]:
            continue
        before, edge = len(walk), start
        while not seen[edge]:
            seen[edge] = 1
            walk.append(edge)
            edge = following[edge]
        first.append(start)
        length.append(len(walk) - before)
    return edges.start[rim[walk]], np.array(length, np.int64), owner[first]
