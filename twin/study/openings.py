"""Windows as a planner counts them, from the faces that a model draws of each: frame, panes, sides, back.

Faces of one window object belong together, unless they lie far apart; where the file names no object (CityJSON), faces
that touch do. A window looks outward as the wall does in whose plane it lies, and its clear width and height are those
of all its faces that look that way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel
from twin.scene import Bounds

# Faces of one window object that lie farther apart are two windows.
APART_M = 0.3
# Faces without a named window that lie closer are one.
TOUCH_M = 0.02
# Less than 26° between normals.
PARALLEL = 0.9
# Narrower or lower is no window: a joint, a frame drawn alone.
SMALLEST_M = 0.1


class Window(NamedTuple):
    """One window."""

    surface: int  # its largest face that looks outward
    faces: NDArray[np.intp]  # all faces that look outward


def windows_of(
    model: CityModel,
    bounds: Bounds,
    normal: NDArray[np.float64],
    faces: NDArray[np.intp],
    walls: NDArray[np.intp],
    building: NDArray[np.int32],
) -> list[Window]:
    """Windows among upright ``faces``, in the order of their first face.

    Parameters
    ----------
    normal : (S, 3)
        Of every surface.
    walls
        Surfaces that say which side is outside.
    building : (S,)
        Building of every surface.
    """
    by_building: dict[int, list[int]] = {}
    for wall in walls:
        by_building.setdefault(int(building[wall]), []).append(int(wall))
    size = (bounds.high - bounds.low)[faces]
    area = np.hypot(size[:, 0], size[:, 1]) * size[:, 2]
    out = []
    for members in _together(model, bounds, faces):
        largest = members[np.argmax(area[members])]
        axis = normal[faces[largest]]
        near = np.array(by_building.get(int(building[faces[largest]]), []), np.intp)
        side = _outward(bounds, normal, near, faces[members], axis)
        outside = members[normal[faces[members]] @ (side * axis) > PARALLEL]
        if not len(outside):  # drawn from within alone
            outside = members[normal[faces[members]] @ axis > PARALLEL]
        low, high = bounds.low[faces[outside]].min(axis=0), bounds.high[faces[outside]].max(axis=0)
        if min(np.hypot(*(high - low)[:2]), high[2] - low[2]) >= SMALLEST_M:
            out.append(Window(int(faces[outside[np.argmax(area[outside])]]), faces[outside]))
    return out


def _together(model: CityModel, bounds: Bounds, faces: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Positions in ``faces`` of each window's faces."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    named: dict[tuple[int, str], list[int]] = {}
    for position, face in enumerate(faces):
        named.setdefault((int(model.object[face]), model.boundary_id[face] or ""), []).append(position)
    out = []
    for (_, name), positions in named.items():
        members = np.array(positions, np.intp)
        low, high = bounds.low[faces[members]], bounds.high[faces[members]]
        gap = APART_M if name else TOUCH_M
        near = ((low[:, None] <= high[None] + gap) & (high[:, None] >= low[None] - gap)).all(axis=2)
        count, part = connected_components(coo_array(near), directed=False)
        out += [members[part == number] for number in range(count)]
    return sorted(out, key=lambda members: int(members[0]))


def _outward(
    bounds: Bounds,
    normal: NDArray[np.float64],
    walls: NDArray[np.intp],
    faces: NDArray[np.intp],
    axis: NDArray[np.float64],
) -> float:
    """1 where ``axis`` looks outward as the nearest wall parallel to it does, −1 where that looks the other way."""
    walls = walls[np.abs(normal[walls] @ axis) > PARALLEL]
    if not len(walls):
        return 1.0
    low, high = bounds.low[faces].min(axis=0), bounds.high[faces].max(axis=0)
    gap = np.maximum(np.maximum(bounds.low[walls] - high, low - bounds.high[walls]), 0.0)
    nearest = walls[np.argmin((gap**2).sum(axis=1))]
    return float(np.sign(normal[nearest] @ axis))
