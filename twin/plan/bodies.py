"""What the triangles of a planned building's mesh amount to: closed bodies or open sheets, and what had to be repaired.

A shell is what hangs together by edges. It is a body where each of its edges is run along as often one way as the
other; then it has an inside, a volume and faces that are known to look out. Bodies that share an edge are told apart
where they can be; then each piece of a file is asked alone, and what is left once more with all others: many programs
write the roof and the walls of one house as two pieces.

Repairs, all counted: triangles without area and repeated ones are dropped; neighbours that are wound against each other
and bodies that are inside out are turned around. Corners within a millimetre become one.
Oracle: trimesh's watertightness and volume.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.polygon import MIN_AREA_M2
from twin.edges import Edges, Numbers, Welded, edges_of, linked_faces, on_edges, split_edges, weld, without_partner
from twin.mesh import SMALLEST_SHELL_M3

# Volume by area of a wall is half its thickness: bodies below this are elements of a building, those above masses.
THIN_M = 0.35
# Boxes closer than this touch.
TOUCH_M = 0.05
# So many shells are no longer compared pair by pair: no drawing of masses has them.
MOST_SHELLS = 2000


class Bodies(NamedTuple):
    """Triangles of a mesh, cleaned, and the closed bodies among them."""

    corner: NDArray[np.float64]  # (T, 3, 3) [m], corners that were within a millimetre equal to the last bit
    shell: Numbers  # (T,) closed body that each triangle bounds; −1: none
    volume_m3: NDArray[np.float64]  # (B,) of each body; negative: a hollow inside another
    open_edges: int  # edges of the rest that have no partner
    repairs: dict[str, int]  # what was done → to how many triangles
    receives: bool  # the faces are known to be a building's outside
    why: str  # … or why not

    @property
    def closed(self) -> bool:
        """Whether every triangle bounds a closed body."""
        return bool((self.shell >= 0).all())


class _Shells(NamedTuple):
    corner: NDArray[np.float64]
    shell: Numbers
    volume_m3: NDArray[np.float64]
    open_edges: int
    turned: int


def bodies(corner: NDArray[np.float64], piece: Numbers) -> Bodies:
    """The closed bodies of a mesh.

    Parameters
    ----------
    corner : (T, 3, 3) [m]
        Finite; of any extent, as long as millimetres are.
    piece : (T,)
        Part of the file that each triangle comes from.
    """
    corner, piece, repairs = _cleaned(corner, piece)
    shell = np.full(len(corner), -1, np.int64)
    volumes, turned, open_edges = [np.zeros(0)], 0, 0
    for owner in (_apart(corner, piece), piece, np.zeros_like(piece)):
        rows = np.flatnonzero(shell < 0)
        if not len(rows):
            break
        found = _shells(corner[rows], owner[rows])
        corner[rows] = found.corner
        shell[rows] = np.where(found.shell < 0, -1, found.shell + sum(map(len, volumes)))
        volumes.append(found.volume_m3)
        turned += found.turned
        open_edges = found.open_edges
    volume_m3 = np.concatenate(volumes)
    outside_in = _inside_out(corner, shell, volume_m3)
    volume_m3[outside_in] *= -1.0
    around = np.append(outside_in, False)[shell]
    corner[around] = corner[around][:, ::-1]
    repairs["triangles wound against their neighbours, turned around"] = turned
    repairs["triangles of bodies that were inside out, turned around"] = int(around.sum())
    receives, why = _outside_known(corner, shell, volume_m3, open_edges)
    return Bodies(corner, shell, volume_m3, open_edges, {k: n for k, n in repairs.items() if n}, receives, why)


def _cleaned(corner: NDArray[np.float64], piece: Numbers) -> tuple[NDArray[np.float64], Numbers, dict[str, int]]:
    """Triangles with an area, each once, on welded corners; and how many were dropped."""
    mesh = weld(corner, piece)
    a, b, c = (mesh.vertex[mesh.face[:, k]] for k in range(3))
    flat = np.linalg.norm(np.cross(b - a, c - a), axis=1) <= 2 * MIN_AREA_M2
    face = mesh.face[~flat]
    # The corner with the lowest number first: triangles that are the same and face the same way read alike.
    first = np.argmin(face, axis=1)
    alike = np.take_along_axis(face, (first[:, None] + np.arange(3)) % 3, axis=1)
    order = np.lexsort(alike.T)
    again = np.zeros(len(face), bool)
    again[order[1:]] = (alike[order[1:]] == alike[order[:-1]]).all(axis=1)
    repairs = {
        "triangles without area dropped": len(corner) - len(face),
        "repeated triangles dropped": int(again.sum()),
    }
    return mesh.vertex[face[~again]], mesh.owner[face[~again, 0]], repairs


def _apart(corner: NDArray[np.float64], piece: Numbers) -> Numbers:
    """Owner (T,) of each triangle: pieces, taken apart at edges where more than two faces meet."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    mesh = weld(corner, piece)
    edges = edges_of(mesh.face, len(mesh.vertex))
    if not (edges.times > 2).any():
        return piece
    one, other = _neighbours(edges)
    n_faces = len(mesh.face)
    tie = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(n_faces, n_faces))
    return connected_components(tie, directed=False)[1].astype(np.int64)


def _shells(corner: NDArray[np.float64], owner: Numbers) -> _Shells:
    """The closed shells within each owner (T,); neighbours of one shell are wound alike."""
    mesh = weld(corner, owner)
    face, turned = _wound_alike(mesh)
    mesh = mesh._replace(face=face)
    n_vertices, n_faces = len(mesh.vertex), len(face)
    edges = edges_of(face, n_vertices)
    split = on_edges(mesh, edges, without_partner(edges))
    _, sliver = split_edges(edges, split, n_vertices)
    whole = np.concatenate([face, sliver])
    edges = edges_of(whole, n_vertices)
    n_shells, linked = linked_faces(edges, len(whole))
    odd = edges.net != 0
    closed = np.ones(n_shells, bool)
    closed[linked[edges.order[edges.first[odd]] // 3]] = False
    volume = _volumes(mesh.vertex[whole], linked, n_shells)
    closed &= np.abs(volume) > SMALLEST_SHELL_M3
    number = np.where(closed, np.cumsum(closed) - 1, -1)
    return _Shells(mesh.vertex[face], number[linked[:n_faces]], volume[closed], int(odd.sum()), turned)


def _volumes(corner: NDArray[np.float64], group: Numbers, n_groups: int) -> NDArray[np.float64]:
    """Volume (G,) [m³] enclosed by the triangles (T, 3, 3) of each group (T,), negative where they face inward."""
    base = np.zeros((n_groups, 3))
    base[group] = corner[:, 0]
    a, b, c = (corner[:, k] - base[group] for k in range(3))
    volume = np.bincount(group, np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0, minlength=n_groups)
    return volume.astype(np.float64)


def _wound_alike(mesh: Welded) -> tuple[Numbers, int]:
    """Faces (F, 3) with those turned around that are wound against their neighbours, and how many.

    Only in shells all of whose edges have two faces, where it is clear what a neighbour is.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    edges = edges_of(mesh.face, len(mesh.vertex))
    clash = (edges.times == 2) & (edges.net != 0)
    if not clash.any():
        return mesh.face, 0
    n_shells, linked = linked_faces(edges, len(mesh.face))
    simple = np.ones(n_shells, bool)
    simple[linked[edges.order[edges.first[edges.times != 2]] // 3]] = False
    clashing = np.zeros(n_shells, bool)
    clashing[linked[edges.order[edges.first[clash]] // 3]] = True
    one, other = _neighbours(edges)
    sense = np.where(edges.net[edges.times == 2] == 0, 1, -1)
    n_faces = len(mesh.face)
    tie = csr_array((np.ones(2 * len(one)), (np.append(one, other), np.append(other, one))), shape=(n_faces, n_faces))
    key = np.minimum(one, other) * n_faces + np.maximum(one, other)
    by_key = np.argsort(key)
    face, turned = mesh.face.copy(), 0
    members = np.argsort(linked, kind="stable")
    begin = np.searchsorted(linked[members], np.arange(n_shells + 1))
    for shell in np.flatnonzero(simple & clashing):
        order, before = breadth_first_order(tie, members[begin[shell]], directed=False)
        child, parent = order[1:].astype(np.int64), before[order[1:]].astype(np.int64)
        wanted = np.minimum(child, parent) * n_faces + np.maximum(child, parent)
        step = sense[by_key[np.searchsorted(key[by_key], wanted)]]
        sign = _products(order.astype(np.int64), parent, step)
        rows = order[sign < 0] if (sign < 0).sum() * 2 <= len(order) else order[sign > 0]
        face[rows] = face[rows, ::-1]
        turned += len(rows)
    return face, turned


def _neighbours(edges: Edges) -> tuple[Numbers, Numbers]:
    """The two faces at each edge that has two."""
    first = edges.first[edges.times == 2]
    return edges.order[first] // 3, edges.order[first + 1] // 3


def _products(order: Numbers, parent: Numbers, step: Numbers) -> Numbers:
    """Product of the steps (N − 1,) from the root of a tree to each node, in ``order`` (N,); its root comes first."""
    place = np.empty(int(order.max()) + 1, np.int64)
    place[order] = np.arange(len(order))
    above = np.concatenate([[0], place[parent]])
    sign = np.concatenate([[1], step])
    while above.any():  # each round doubles how far up a node has looked
        sign, above = sign * sign[above], above[above]
    return sign


def _inside_out(corner: NDArray[np.float64], shell: Numbers, volume_m3: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Bodies (B,) to be turned: those of negative volume, unless they are hollows inside another."""
    turn = np.zeros(len(volume_m3), bool)
    if not (volume_m3 < 0).any():
        return turn
    if volume_m3.sum() < 0:
        turn[:] = True
    volume = np.where(turn, -volume_m3, volume_m3)
    low, high = _boxes(corner, shell, len(volume))
    for body in np.flatnonzero(volume < 0):
        holds = (volume > 0) & (low <= low[body]).all(axis=1) & (high >= high[body]).all(axis=1)
        place = corner[np.argmax(shell == body), 0]
        around = corner[np.append(holds, False)[shell]]
        if not holds.any() or abs(_winding(around - place)) < 0.5:
            turn[body] = ~turn[body]
    return turn


def _boxes(
    corner: NDArray[np.float64], shell: Numbers, n_shells: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest corner (B, 3) of each body."""
    rows = np.flatnonzero(shell >= 0)
    rows = rows[np.argsort(shell[rows], kind="stable")]
    first = np.searchsorted(shell[rows], np.arange(n_shells))
    part = corner[rows]
    return np.minimum.reduceat(part.min(axis=1), first), np.maximum.reduceat(part.max(axis=1), first)


def _winding(corner: NDArray[np.float64]) -> float:
    """How often closed triangles (T, 3, 3) wind around the zero point: their solid angle over 4 π.

    Source: van Oosterom and Strackee 1983, https://doi.org/10.1109/TBME.1983.325207.
    """
    a, b, c = (corner[:, k] for k in range(3))
    la, lb, lc = (np.linalg.norm(side, axis=1) for side in (a, b, c))
    above = np.einsum("ij,ij->i", a, np.cross(b, c))
    below = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
    return float(np.arctan2(above, below).sum() / (2 * np.pi))


def _outside_known(
    corner: NDArray[np.float64], shell: Numbers, volume_m3: NDArray[np.float64], open_edges: int
) -> tuple[bool, str]:
    """Whether the faces are known to be a building's outside; and why, or why not."""
    if (shell < 0).any():
        what = f"{open_edges} edges without a partner" if open_edges else "sheets without volume"
        return False, f"no closed body: {what}"
    if (volume_m3 < 0).any():
        return False, "a body with a hollow inside: its inner faces would be taken for façades"
    n_bodies = len(volume_m3)
    if n_bodies == 1:
        return True, "one closed body"
    if n_bodies > MOST_SHELLS:
        return False, f"{n_bodies} bodies: elements of a building, whose inner faces would be taken for façades"
    a, b, c = (corner[:, k] for k in range(3))
    area = np.bincount(shell, np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2, minlength=n_bodies)
    low, high = _boxes(corner, shell, n_bodies)
    touches = ((low[:, None] <= high[None] + TOUCH_M) & (high[:, None] >= low[None] - TOUCH_M)).all(axis=2)
    element = (touches.sum(axis=1) > 1) & (volume_m3 < THIN_M * area)
    if area[element].sum() > area.sum() / 2:
        return (
            False,
            f"{n_bodies} bodies, most of them thin: walls and slabs, whose inner faces would be taken for façades",
        )
    return True, f"{n_bodies} closed bodies"
