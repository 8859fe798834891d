"""From polygons or triangles of planned buildings to a CityModel, the same way every file of a city goes.

The polygons pass through io_citygml.assemble, so that repairs, flags, normals and kinds of a plan's surfaces are those
of the city's; nothing here judges geometry.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.assemble import city_model
from io_citygml.buffers import SurfaceBuffer
from io_citygml.crs import Crs
from io_citygml.model import CityModel, CityObject, SurfaceKind
from io_citygml.repair import FileReport

# Planned buildings are drawn as their shapes are: CityGML's level of detail of roofs and walls without openings.
LOD = 2
WORDS = {SurfaceKind.ROOF: "roof", SurfaceKind.WALL: "wall", SurfaceKind.GROUND: "ground"}

Rings = list[NDArray[np.float64]]


class Body(NamedTuple):
    """One planned building: its polygons, one after the other, and what is known of it."""

    id: str
    coords: NDArray[np.float64]  # (C, 3) [m] in the city's CRS, open rings
    ring_length: NDArray[np.int64]  # (R,) points of each ring
    ring_count: NDArray[
        np.int64
    ]  # (S,) rings of each polygon: the exterior (counter-clockwise from outside), its holes
    kind: NDArray[np.uint8]  # (S,) SurfaceKind; OTHER: classified by its normal
    names: tuple[str, ...] = ()  # (S,) surface ids; none: "<id>/1", "<id>/2" …
    type: str = "Building"
    measured_height_m: float | None = None
    roof_type: str | None = None
    closed: bool = True  # claims to be a solid: where it is not, its surfaces are flagged


def body_of_faces(name: str, faces: Sequence[tuple[Rings, SurfaceKind | None]]) -> Body:
    """Body of polygons, each its rings [(N, 3) m, open, exterior first] and its kind, None where unknown.

    Surfaces of known kind are named "<name>_roof", or "<name>_wall_1" … where there are several.
    """
    rings = [ring for polygon, _ in faces for ring in polygon]
    kinds = [SurfaceKind.OTHER if kind is None else kind for _, kind in faces]
    return Body(
        id=name,
        coords=np.concatenate(rings) if rings else np.zeros((0, 3)),
        ring_length=np.array([len(ring) for ring in rings], np.int64),
        ring_count=np.array([len(polygon) for polygon, _ in faces], np.int64),
        kind=np.array(kinds, np.uint8),
        names=() if SurfaceKind.OTHER in kinds else _surface_names(name, kinds),
    )


def _surface_names(name: str, kinds: list[SurfaceKind]) -> tuple[str, ...]:
    number: dict[SurfaceKind, int] = {}
    out = []
    for kind in kinds:
        number[kind] = number.get(kind, 0) + 1
        word = WORDS.get(kind, kind.name.lower())
        out.append(f"{name}_{word}" + (f"_{number[kind]}" if kinds.count(kind) > 1 else ""))
    return tuple(out)


def body_of_triangles(name: str, vertices: NDArray[np.float64], triangles: NDArray[np.integer]) -> Body:
    """Body of a mesh: vertices (V, 3) [m], triangles (T, 3), each a surface classified by its normal."""
    count = len(triangles)
    return Body(
        id=name,
        coords=np.asarray(vertices, np.float64)[np.asarray(triangles).ravel()],
        ring_length=np.full(count, 3, np.int64),
        ring_count=np.ones(count, np.int64),
        kind=np.full(count, SurfaceKind.OTHER, np.uint8),
    )


def city_model_of(file: Path, file_format: str, bodies: Sequence[Body], crs: Crs, examine: bool = True) -> CityModel:
    """CityModel of planned buildings, one object each.

    Parameters
    ----------
    file, file_format
        Where they come from, for the model's report.
    crs
        What their coordinates are in: the city's.
    examine
        Look for surfaces that face into their shell and turn them, for gaps, repeats and overlaps, as it is done for
        the city. Costs as much again as the rest; leave it out for meshes of many triangles.
    """
    buffer = SurfaceBuffer()
    buffer.files.append(str(file))
    buffer.report.files.append(FileReport(str(file), file.stat().st_size, file_format))
    for body in bodies:
        _enter(buffer, body)
    return city_model(buffer, crs, examine)


def _enter(buffer: SurfaceBuffer, body: Body) -> None:
    owner = len(buffer.objects)
    buffer.objects.append(
        CityObject(body.id, body.type, -1, 0, 0, None, body.roof_type, body.measured_height_m, None, {})
    )
    buffer.report.objects[body.type] += 1
    # files repeat the first point of a ring; a ring that does not counts as a defect
    end = np.cumsum(body.ring_length)
    closed = np.insert(body.coords, end, body.coords[end - body.ring_length], axis=0)
    buffer.coords.frombytes(np.ascontiguousarray(closed, np.float64).tobytes())
    buffer.ring_length.frombytes((np.asarray(body.ring_length, np.int64) + 1).tobytes())
    boundary = [-1] * len(body.kind)
    if body.names:
        boundary = list(range(len(buffer.boundary_ids), len(buffer.boundary_ids) + len(body.names)))
        buffer.boundary_ids.extend(body.names)
    buffer.add_surfaces(body.ring_count.tolist(), boundary, body.kind.tobytes(), (owner, LOD, 0))
    if body.closed:
        buffer.solids.append(owner * 256 + LOD)
