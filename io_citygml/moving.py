"""Moving what was read into the model's system, in place.

Of the templates of implicit geometry only the anchors are moved: their points lie east, north and above it in metres,
whatever order and unit the file counts in. North turns with the grid: between two map projections by the difference of
their meridian convergences.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.axes import ZONE_M, Layout
from io_citygml.buffers import SurfaceBuffer
from io_citygml.crs import Crs, Reference
from io_citygml.heights import normal_height
from io_citygml.rings import spans

Floats = NDArray[np.float64]
FAR = 1e8
"""Beyond this no system on Earth reaches (repair.SkipReason.TOO_FAR): such points do not say where a file lies."""


class PlacedFile(NamedTuple):
    """A file that was read, and how its coordinates are to be taken."""

    name: str
    points: slice
    """Of the buffer's points."""
    reference: Reference
    place: Floats | None
    """(3,) middle of the file as it writes it, None where it holds no coordinates."""
    layout: Layout
    to_normal: bool
    """Whether its heights are above the ellipsoid and the grid turns them to DHHN2016."""


def bring_in(file: PlacedFile, target: Crs, buffer: SurfaceBuffer, grid_file: Path | None) -> None:
    """Move a file's own points and its anchors, and set the templates down about these.

    A point that has no place in the target, or none in the grid that ``file.to_normal`` needs, is not finite then.
    """
    coords = _points(buffer)[file.points]
    used = buffer.templates(file.points)
    if not len(used.first):
        _move(coords, file, target, grid_file)
        return
    places, own = places_of(buffer, file.points)
    _move(places, file, target, grid_file)
    of_template = spans(used.first - file.points.start, used.length)
    coords[own] = places[: len(places) - len(used.first)]
    anchor = places[len(places) - len(used.first) :]
    offset = coords[of_template]
    if file.reference.crs.horizontal != target.horizontal and file.layout.fits:
        offset = _turned(offset, used.length, _turn_deg(file, used.anchor, anchor, target))
    coords[of_template] = offset + np.repeat(anchor, used.length, axis=0)


def bring_in_spots(file: PlacedFile, spots: slice, target: Crs, buffer: SurfaceBuffer, grid_file: Path | None) -> None:
    """Move the points that a file's objects stand at, and tell these objects."""
    moved = np.array(buffer.spots, dtype=np.float64).reshape(-1, 3)[spots]
    _move(moved, file, target, grid_file)
    for owner, spot in zip(buffer.spot_owner[spots], moved, strict=True):
        if (np.abs(spot) < FAR).all():  # not finite where it has no place in the target
            x, y, z = (float(value) for value in spot)
            buffer.objects[owner] = replace(buffer.objects[owner], spot=(x, y, z))


def _points(buffer: SurfaceBuffer) -> Floats:
    """The buffer's coordinates (n, 3), not a copy."""
    return np.frombuffer(buffer.coords, dtype=np.float64).reshape(-1, 3)


def places_of(buffer: SurfaceBuffer, points: slice) -> tuple[Floats, NDArray[np.bool_]]:
    """What a file says of places (n, 3): its own points, then the anchors of its templates; and which of its points
    (P,) are its own."""
    part, used = _points(buffer)[points], buffer.templates(points)
    own = np.ones(len(part), dtype=bool)
    if not len(used.first):
        return part, own
    own[spans(used.first - points.start, used.length)] = False
    return np.concatenate([part[own], used.anchor]), own


def _move(coords: Floats, file: PlacedFile, target: Crs, grid_file: Path | None) -> None:
    """Change a file's points (n, 3) in place."""
    reference, layout = file.reference, file.layout
    moved = reference.crs.horizontal != target.horizontal and layout.fits
    if not (layout.northing_first or layout.prefix_m or moved or reference.height_unit_m != 1.0):
        return
    if layout.northing_first:
        coords[:, :2] = coords[:, 1::-1].copy()
    if layout.prefix_m:
        prefixed = np.floor(coords[:, 0] / ZONE_M) == layout.prefix_m / ZONE_M
        coords[prefixed, 0] -= layout.prefix_m
    usable = np.flatnonzero((np.abs(coords) < FAR).all(axis=1))
    part = coords[usable]
    if file.to_normal and grid_file is not None:
        part[:, 2] = normal_height(part[:, 0], part[:, 1], part[:, 2], grid_file)
    part[:, 2] *= reference.height_unit_m
    if moved:
        x, y = crs_door.transform(reference.crs.horizontal, target.horizontal, part[:, 0], part[:, 1])
        part[:, 0], part[:, 1] = x, y
    coords[usable] = part


def _turn_deg(file: PlacedFile, written: Floats, anchor: Floats, target: Crs) -> Floats:
    """(N,) azimuth in the target's grid of what is north in the file's, at anchors (N, 3) as written and as moved."""
    turn_deg = -crs_door.meridian_convergence_deg(target, anchor[:, 0], anchor[:, 1])
    if not file.reference.geographic:
        x, y = written.T[1::-1] if file.layout.northing_first else written.T[:2]
        turn_deg = turn_deg + crs_door.meridian_convergence_deg(file.reference.crs, x - file.layout.prefix_m, y)
    return np.where(np.isfinite(turn_deg), turn_deg, 0.0)


def _turned(offset: Floats, count: NDArray[np.int64], turn_deg: Floats) -> Floats:
    """Points (n, 3) of N templates of so many points each (N,), turned clockwise about their origins by angles (N,)."""
    angle = np.repeat(np.radians(turn_deg), count)
    east, north, up = offset.T
    sine, cosine = np.sin(angle), np.cos(angle)
    return np.column_stack([east * cosine + north * sine, north * cosine - east * sine, up])
