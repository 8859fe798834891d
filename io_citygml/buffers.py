"""Growing buffers the readers write into: coordinates once, everything else one small entry per polygon.

No Python object per point: a 230 MB file holds about a million points in 40 MB. A *group* is a top-level object with
everything inside it; whether the same group was read before (tile borders) is decided by comparing its coordinates.
Everything only grows, so that a file that turns out bad is undone by cutting the buffers back to where they stood.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityObject
from io_citygml.repair import Defect, ReadReport, SkipReason


class _Group(NamedTuple):
    surfaces: slice
    objects: slice
    rings: slice
    values: slice
    """Of ``coords``, three to a point."""
    anchors: slice
    """Of ``anchors``, three to a template."""


class Templates(NamedTuple):
    """Uses of templates, one a row: their points follow each other in ``coords``."""

    first: NDArray[np.int64]
    """First point."""
    length: NDArray[np.int64]
    """Number of points."""
    anchor: NDArray[np.float64]
    """(N, 3) as the file writes it."""


class Mark(NamedTuple):
    """Where a buffer stood."""

    buffer: dict[str, Any]
    """Lengths of what only grows; the rest by value."""
    report: dict[str, Any]


class SurfaceBuffer:
    """What has been read so far. Readers append; ``assemble.city_model`` turns it into a CityModel."""

    def __init__(self) -> None:
        self.report = ReadReport()
        self.files: list[str] = []
        self.objects: list[CityObject] = []
        self.boundary_ids: list[str] = []
        self.coords = array("d")
        """As the file writes them; of a template in use its points about the anchor: east, north, up [m]."""
        self.placed = array("q")
        """First point and number of points of every template in use."""
        self.anchors = array("d")
        """Where these stand, three numbers as the file writes them."""
        self.spots = array("d")
        """Points that objects without a drawing of their own stand at, three numbers as the file writes them."""
        self.spot_owner = array("q")
        """Index of the object of each."""
        self.spot_file = array("q")
        """Index of the file of each, ascending."""
        self.ring_length = array("q")
        self.ring_count = array("i")
        self.kind = bytearray()
        self.lod = bytearray()
        self.skipped: list[tuple[range, SkipReason]] = []
        """Surfaces a reader leaves out, and why."""
        self.supplements: list[range] = []
        """Surfaces without semantics that add to the boundary surfaces of their object rather than repeat them."""
        self.geometry_start = array("q")
        """First surface of each geometry directly under an object: what follows it there is another geometry."""
        self.object = array("i")
        self.boundary = array("i")
        """Index into boundary_ids, -1 for geometry directly under an object."""
        self.line = array("q")
        self.reversed: list[int] = []
        self.solids = array("q")
        """Object index · 256 + level of detail of every solid, whether it holds its polygons or refers to them."""
        self.dropped_objects: set[int] = set()
        self._group_of_id: dict[str, _Group] = {}
        self._mark = (0, 0, 0, 0, 0)

    def mark(self) -> Mark:
        """Where the buffer stands, to come back to."""
        return Mark(_state(self), _state(self.report))

    def roll_back(self, before: Mark) -> None:
        """Forget everything that was read since the mark. No view of the arrays may be alive."""
        _restore(self, before.buffer)
        _restore(self.report, before.report)

    @property
    def n_surfaces(self) -> int:
        """Polygons read so far."""
        return len(self.kind)

    def add_surface(self, ring_count: int, place: tuple[int, int, int, int], line: int) -> int:
        """Enter a polygon whose ring_count rings were just appended to coords and ring_length; its index.

        ``place`` is object index, boundary surface index or -1, SurfaceKind, level of detail.
        """
        owner, boundary, kind, lod = place
        self.ring_count.append(ring_count)
        self.object.append(owner)
        self.boundary.append(boundary)
        self.kind.append(kind)
        self.lod.append(lod)
        self.line.append(line)
        return len(self.kind) - 1

    def add_surfaces(
        self, ring_count: list[int], boundary: list[int], kind: bytes, place: tuple[int, int, int]
    ) -> range:
        """Enter the N polygons whose rings were just appended to coords and ring_length; their range.

        ``ring_count``, ``boundary`` and ``kind`` are (N,); ``place`` is object index, level of detail, line of all.
        """
        count, first = len(ring_count), len(self.kind)
        owner, lod, line = place
        self.ring_count.extend(ring_count)
        self.object.extend([owner] * count)
        self.boundary.extend(boundary)
        self.kind.extend(kind)
        self.lod.extend(bytes([lod]) * count)
        self.line.extend([line] * count)
        return range(first, first + count)

    def add_template(self, points: NDArray[np.float64], anchor: NDArray[np.float64]) -> None:
        """Append the points (N, 3) of a template in use, east, north, up of its anchor (3,) [m]."""
        self.placed.extend((len(self.coords) // 3, len(points)))
        self.anchors.frombytes(np.ascontiguousarray(anchor, dtype=np.float64).tobytes())
        self.coords.frombytes(np.ascontiguousarray(points, dtype=np.float64).tobytes())

    def add_spot(self, owner: int, spot: NDArray[np.float64]) -> None:
        """Note the point (3,), as the file writes it, that an object stands at."""
        self.spot_owner.append(owner)
        self.spot_file.append(len(self.files) - 1)
        self.spots.frombytes(np.ascontiguousarray(spot, dtype=np.float64).tobytes())

    def spots_of(self, file: int) -> slice:
        """The spots that the objects of a file stand at: they follow each other."""
        return slice(*np.searchsorted(np.array(self.spot_file, dtype=np.int64), [file, file + 1]).tolist())

    def templates(self, points: slice) -> Templates:
        """The templates in use among some points."""
        first, count = np.array(self.placed, dtype=np.int64).reshape(-1, 2).T
        rows = slice(*np.searchsorted(first, [points.start, points.stop]))
        return Templates(first[rows], count[rows], np.array(self.anchors).reshape(-1, 3)[rows])

    def _position(self) -> tuple[int, int, int, int, int]:
        return len(self.kind), len(self.objects), len(self.ring_length), len(self.coords), len(self.anchors)

    def begin_group(self) -> None:
        """A top-level object begins."""
        self._mark = self._position()

    def end_group(self) -> None:
        """A top-level object is complete: leave it out if the same one was read before."""
        group = _Group(*(slice(*ends) for ends in zip(self._mark, self._position(), strict=True)))
        head = self.objects[group.objects.start]
        known = self._group_of_id.setdefault(head.id, group)
        if known is group:
            return
        # sizes first: a thousand small objects of the same id must not copy one large one a thousand times
        same = (
            _size(known.rings) == _size(group.rings)
            and _size(known.values) == _size(group.values)
            and _size(known.anchors) == _size(group.anchors)
            and self.ring_length[known.rings] == self.ring_length[group.rings]
            and self.coords[known.values] == self.coords[group.values]
            and self.anchors[known.anchors] == self.anchors[group.anchors]
        )
        if same:
            self.skipped.append((range(group.surfaces.start, group.surfaces.stop), SkipReason.DUPLICATE_OBJECT))
            self.dropped_objects.update(range(group.objects.start, group.objects.stop))
        action = "left out: same geometry as before" if same else "kept under a new id: other geometry than before"
        self.report.add(Defect("duplicate id", head.id, "", self.files[head.file], head.line, 0.0, action))

    def offsets(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(ring_start, surface_ring) of everything read."""
        lengths = np.array(self.ring_length, dtype=np.int64)
        counts = np.array(self.ring_count, dtype=np.int64)
        zero = np.zeros(1, dtype=np.int64)
        return np.concatenate([zero, np.cumsum(lengths)]), np.concatenate([zero, np.cumsum(counts)])


def _size(part: slice) -> int:
    return int(part.stop - part.start)


_GROWS = (array, bytearray, list)


def _state(holder: object) -> dict[str, Any]:
    """Length of every sequence and plain dict, which only grow; a copy of counters and sets; else the value itself."""
    state: dict[str, Any] = {}
    for name, value in vars(holder).items():
        if isinstance(value, Counter | set):
            state[name] = value.copy()
        else:
            state[name] = len(value) if isinstance(value, (*_GROWS, dict)) else value
    return state


def _restore(holder: object, state: dict[str, Any]) -> None:
    for name, value in vars(holder).items():
        before = state[name]
        if isinstance(value, _GROWS):
            del value[before:]
        elif isinstance(value, dict) and not isinstance(value, Counter):
            while len(value) > before:
                value.popitem()
        else:
            setattr(holder, name, before)
