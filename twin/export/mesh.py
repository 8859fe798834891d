"""Meshes of a city model: glTF (.glb), OBJ, PLY and STL, one named mesh an object, coloured by kind of surface.

Coordinates are local to the middle of the model's base, because a UTM northing leaves float32 half a metre; the file
says that origin and the coordinate system (glTF: ``scene.extras``; OBJ, PLY, STL: in the header). glTF's axes are its
own: x east, y up, z south (https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html, §3.4); the other formats keep
x east, y north, z up. Every polygon has its own vertices, so an edge is never shaded round nor a colour smeared over
it, and a mesh's triangles are sorted by kind: their numbers stand in its extras.
Oracle: the file loaded again has the model's triangles and areas.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CLASS_NAME, CityModel, SurfaceKind
from io_citygml.polygon import triangulate
from twin.errors import TwinError
from twin.grouping import rows_by_group
from twin.mesh import Piece, encoded
from twin.plain_text import printable
from twin.store import write_atomically

SUFFIXES = ("glb", "obj", "ply", "stl")
# sRGB; roofs red, walls pale, ground grey-green, glass blue, as most viewers of city models have them.
KIND_COLOUR: dict[SurfaceKind, tuple[int, int, int]] = {
    SurfaceKind.OTHER: (150, 150, 155),
    SurfaceKind.ROOF: (190, 74, 60),
    SurfaceKind.WALL: (222, 210, 188),
    SurfaceKind.GROUND: (112, 120, 92),
    SurfaceKind.CLOSURE: (196, 160, 220),
    SurfaceKind.OUTER_CEILING: (176, 164, 142),
    SurfaceKind.OUTER_FLOOR: (160, 132, 104),
    SurfaceKind.WINDOW: (88, 150, 206),
    SurfaceKind.DOOR: (122, 84, 52),
}


def write_mesh(model: CityModel, path: Path) -> Path:
    """Write the model's triangles; the suffix of ``path`` names the format.

    Raises TwinError for another suffix and for a model without triangles; nothing half-written stays.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in SUFFIXES:
        raise TwinError(f"{path.name}: meshes are written as .{', .'.join(SUFFIXES)}")
    origin = origin_of(model)
    pieces = pieces_of(model, origin, suffix)
    if not pieces:
        raise TwinError(f"{path.name}: the city model has no surface with an area, so there is no mesh to write")
    crs = model.crs.horizontal + (f"+{model.crs.vertical.removeprefix('EPSG:')}" if model.crs.vertical else "")
    facts: dict[str, object] = {
        "crs": crs,
        "origin_m": [float(value) for value in origin],
        "axes": "x east, y up, z south" if suffix == "glb" else "x east, y north, z up",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, encoded(pieces, suffix, facts))
    return path


def origin_of(model: CityModel) -> NDArray[np.float64]:
    """(3,) whole metres: the middle of the model in plan, its lowest point in height."""
    if not len(model.coords):
        return np.zeros(3)
    low, high = model.coords.min(axis=0), model.coords.max(axis=0)
    middle = (low + high) / 2
    return np.floor([middle[0], middle[1], low[2]])


def pieces_of(model: CityModel, origin: NDArray[np.float64], suffix: str) -> list[Piece]:
    """One mesh an object, in the order of the model; objects without triangles have none."""
    found = triangulate(model, np.arange(model.n_surfaces))
    local = model.coords - origin
    if suffix == "glb":
        local = np.column_stack([local[:, 0], local[:, 2], -local[:, 1]])
    palette = palette_of(linear=suffix == "glb")
    kind = model.kind[found.surface]
    owner = model.object[found.surface]
    order = np.lexsort((kind, owner))
    pieces: list[Piece] = []
    names: set[str] = set()
    for which, members in rows_by_group(owner[order]):
        rows = order[members]
        used, triangle = np.unique(found.triangle[rows], return_inverse=True)
        triangle = triangle.reshape(-1, 3)
        corner_kind = np.zeros(len(used), np.uint8)
        corner_kind[triangle] = kind[rows][:, None]
        item = model.objects[which]
        present, counts = np.unique(kind[rows], return_counts=True)
        facts: dict[str, object] = {
            "id": item.id,
            "type": item.type,
            "parent": model.objects[item.parent].id if item.parent >= 0 else None,
            "triangles": {CLASS_NAME[SurfaceKind(int(k))]: int(n) for k, n in zip(present, counts, strict=True)},
        }
        # A name without blanks, because OBJ ends it at the line; two objects of one id stay two.
        name = printable("_".join(item.id.split())) or str(which)
        name = f"{name}_{which}" if name in names else name
        names.add(name)
        pieces.append(Piece(name, local[used], triangle.astype(np.int64), palette[corner_kind], facts))
    return pieces


def palette_of(linear: bool) -> NDArray[np.uint8]:
    """(9, 4) RGBA of every kind; linear light for glTF, whose vertex colours are not sRGB (IEC 61966-2-1)."""
    share = np.array([KIND_COLOUR[kind] for kind in SurfaceKind], np.float64) / 255
    if linear:
        share = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.column_stack([np.round(share * 255), np.full(len(share), 255)]).astype(np.uint8)
