"""Planned buildings from meshes: OBJ, glTF, PLY and STL.

OBJ, PLY and STL say neither their unit nor their upward axis nor where they stand; all three are asked for at once.
glTF is in metres with y up (glTF 2.0, §3.4) and only has to be told its place. A PLY whose faces of more than three
corners are concave is refused: its loader splits them wrongly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.edges import edges_of, weld
from twin.errors import TwinError
from twin.mesh import Loaded, loaded
from twin.plan.faces import triangulated
from twin.plan.obj import read_obj
from twin.plan.plan import METRES, Plan, PlanOptions, Surroundings
from twin.plan.stand import COARSE_M, Drawn, ask, check_corners, check_one_place, plan_at_origin, plan_in_crs, upright

NAMES = {"obj": "OBJ", "glb": "glTF", "gltf": "glTF", "ply": "PLY", "stl": "STL"}
# Neighbours folded back onto each other (cos 180°) within this of one plane are one concave face split wrongly.
_FOLDED = -0.9999


def read_mesh(options: PlanOptions, around: Surroundings) -> Plan:
    """The plan of an OBJ, glTF (.glb, .gltf), PLY or STL file.

    Raises TwinError naming everything that is missing at once, and for a file that cannot be read, holds no triangle,
    or does not fit a building's size or the city's place.
    """
    kind = options.file.suffix.lower().removeprefix(".")
    name = NAMES.get(kind)
    if name is None:
        remedy = "unpack it first" if kind == "gz" else f"name it .{', .'.join(NAMES)}, whichever it is"
        raise TwinError(f"{options.file}: the name of a mesh ends in its format", remedy)
    gltf = name == "glTF"
    missing = [] if gltf else [field for field in ("unit", "up") if getattr(options, field) is None]
    if options.origin is None and options.crs is None:
        missing.append("origin")
    ask(options, f"a mesh ({name})", missing)
    check_one_place(options)
    unit, up = options.unit or "m", options.up or ("y" if gltf else "z")
    said = f"{unit} (--plan-unit)" if options.unit else "m (as glTF defines it)"
    corner, piece, facts = _obj(options) if kind == "obj" else _meshes(options, METRES[unit], concave=kind == "ply")
    check_corners(options, corner)
    facts["up"] = f"{up} ({'--plan-up' if options.up else 'as glTF defines it'})"
    drawn = Drawn(name, said, upright(corner, up) * METRES[unit], piece, facts)
    if options.origin is not None:
        return plan_at_origin(options, around, drawn, zero_on_ground=False)
    return plan_in_crs(options, around, drawn, named=None)


def _obj(options: PlanOptions) -> tuple[NDArray[np.float64], NDArray[np.int64], dict[str, Any]]:
    """Corners (T, 3, 3) in the file's unit and axes, the piece (T,) of each, and facts."""
    mesh = read_obj(options.file)
    check_corners(options, mesh.vertices[mesh.polygon])
    triangle, owner = triangulated(mesh.vertices, mesh.polygon, mesh.length)
    return mesh.vertices[triangle], mesh.piece[owner], {"pieces": len(np.unique(mesh.piece))}


def _meshes(
    options: PlanOptions, metres: float, concave: bool
) -> tuple[NDArray[np.float64], NDArray[np.int64], dict[str, Any]]:
    """The same of a file that trimesh reads; ``concave``: its faces may have been split wrongly."""
    meshes = loaded(options.file)
    _check_digits(options, meshes, metres)
    if not meshes:
        return np.zeros((0, 3, 3)), np.zeros(0, np.int64), {}
    corner = np.concatenate([mesh.vertices[mesh.triangles] for mesh in meshes])
    piece = np.repeat(np.arange(len(meshes)), [len(mesh.triangles) for mesh in meshes])
    if concave and np.isfinite(corner).all():
        _check_folded(options, corner)
    return corner, piece, {"pieces": len(meshes)}


def _check_digits(options: PlanOptions, meshes: list[Loaded], metres: float) -> None:
    coarse = max((mesh.coarse for mesh in meshes), default=0.0) * metres
    if coarse > COARSE_M:
        raise TwinError(
            f"{options.file}: its coordinates are stored in steps of {coarse * 100:.0f} cm, too coarse for a building",
            "export it about a zero near the building and name that zero's place with --plan-origin E,N,H",
        )


def _check_folded(options: PlanOptions, corner: NDArray[np.float64]) -> None:
    """Refuse triangles that lie on their neighbours the other way around, wound as if they went on from there."""
    mesh = weld(corner, np.zeros(len(corner), np.int64), grid_m=None)
    edges = edges_of(mesh.face, len(mesh.vertex))
    first = edges.first[(edges.times == 2) & (edges.net == 0)]
    a, b = edges.order[first] // 3, edges.order[first + 1] // 3
    side = mesh.vertex[mesh.face]
    normal = np.cross(side[:, 1] - side[:, 0], side[:, 2] - side[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    folded = int(((normal[a] * normal[b]).sum(axis=1) < _FOLDED).sum())
    if folded:
        raise TwinError(
            f"{options.file}: {folded} faces are folded back onto themselves: concave faces of more than three "
            "corners, which PLY readers split wrongly",
            "triangulate the faces when exporting",
        )
