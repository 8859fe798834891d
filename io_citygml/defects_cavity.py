"""Is a shell that faces inward the wall of a cavity, or a solid drawn inside out?

It is a cavity where it stands within an odd number of other shells of its object. Whether a point is within a shell
says its winding number: the solid angles of the shell's faces seen from there, signed by the way they face, add up to
4π inside and to nothing outside (van Oosterom and Strackee 1983, https://doi.org/10.1109/TBME.1983.325207; Jacobson et
al. 2013, https://doi.org/10.1145/2461912.2461916). A face is a fan of triangles about its first point, which holes and
reflex corners leave with the right sum. Oracle: boxes in the arms and in the notch of an L.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from io_citygml.polygon import Rings, next_point
from io_citygml.rings import take_surfaces

# From so many faces of a shell another is looked at: one that touches it from outside shares few of them with it.
_VIEWS = 16
# Points times edges: a heap of nested boxes must end, too. The densest real object needs a thousandth of it.
_MOST_ANGLES = 50_000_000

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def cavities(rings: Rings, owner: Ints, shell: Ints, turned: Bools) -> tuple[Bools, bool]:
    """(N,) surfaces that would turn and bound a cavity, and whether all were looked at.

    ``owner`` and ``shell`` (N,) are object and connected shell of each surface, ``turned`` (N,) says which would have
    to turn for their shell to face outward. What was not looked at counts as a cavity, so that nothing is turned.
    """
    found = np.zeros(len(owner), dtype=bool)
    if not turned.any():
        return found, True
    first = rings.ring_start[rings.surface_ring[:-1]]
    low, high = np.minimum.reduceat(rings.coords, first), np.maximum.reduceat(rings.coords, first)
    order = np.argsort(owner, kind="stable")
    left = _MOST_ANGLES
    for which in np.unique(owner[turned]).tolist():
        rows = order[slice(*np.searchsorted(owner[order], [which, which + 1]))]
        names, of_row = np.unique(shell[rows], return_inverse=True)
        if len(names) == 1:
            continue
        boxes = np.full((len(names), 3), np.inf), np.full((len(names), 3), -np.inf)
        np.minimum.at(boxes[0], of_row, low[rows])
        np.maximum.at(boxes[1], of_row, high[rows])
        for number in np.unique(of_row[turned[rows]]).tolist():
            own = rows[of_row == number]
            around = np.flatnonzero(((boxes[0] < boxes[0][number]) & (boxes[1] > boxes[1][number])).all(axis=1))
            others = rows[np.isin(of_row, around)]
            left -= len(rows) + _VIEWS * _points(rings, others)
            if left < 0:
                found[own] = True
            elif len(others):
                depth = _windings(rings, own, others, shell, turned) > 0.5
                found[own] = depth.sum() % 2 == 1
    return found & turned, left >= 0


def _points(rings: Rings, surfaces: Ints) -> int:
    return int(
        (rings.ring_start[rings.surface_ring[surfaces + 1]] - rings.ring_start[rings.surface_ring[surfaces]]).sum()
    )


def _windings(rings: Rings, own: Ints, others: Ints, shell: Ints, turned: Bools) -> Floats:
    """Winding number of every shell among the other surfaces about the surfaces of one: the median of several views."""
    some = take_surfaces(rings, own[np.linspace(0, len(own) - 1, min(_VIEWS, len(own))).astype(np.int64)])
    first = some.ring_start[some.surface_ring[:-1]]
    count = np.diff(some.ring_start[some.surface_ring])
    view = np.add.reduceat(some.coords, first, axis=0) / count[:, None]
    faces = take_surfaces(rings, others)
    begin = faces.ring_start[faces.surface_ring[:-1]]
    apex = np.repeat(faces.coords[begin], np.diff(faces.ring_start[faces.surface_ring]), axis=0)
    sign = np.where(turned[others], -1.0, 1.0)
    names, of_face = np.unique(shell[others], return_inverse=True)
    winding = np.empty((len(view), len(names)))
    for number, eye in enumerate(view):
        angle = _solid_angles(apex - eye, faces.coords - eye, faces.coords[next_point(faces.ring_start)] - eye)
        winding[number] = np.bincount(of_face, sign * np.add.reduceat(angle, begin), len(names)) / (4.0 * np.pi)
    return np.asarray(np.median(np.abs(winding), axis=0))


def _solid_angles(a: Floats, b: Floats, c: Floats) -> Floats:
    """(n,) signed solid angles [sr] of triangles (n, 3) seen from the origin; 0 from a point of their plane."""
    la, lb, lc = (np.sqrt(np.einsum("ij,ij->i", side, side)) for side in (a, b, c))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c))
    dots = [np.einsum("ij,ij->i", p, q) for p, q in ((a, b), (a, c), (b, c))]
    below = la * lb * lc + dots[0] * lc + dots[1] * lb + dots[2] * la
    return np.where(volume == 0.0, 0.0, 2.0 * np.arctan2(volume, below))
