"""The one trimesh door: is an object closed, is it wound consistently, how much does it hold; meshes as files.

A solid is *closed* when every edge belongs to exactly two of its triangles and *oriented* when those two run along it
in opposite senses. Only then do inside, outside and volume mean anything.

Official LoD2 splits a wall's edge where a neighbour begins and leaves the wall behind it whole: the solid has no gap,
yet by edges it is open. So the question is asked twice: as the file stands, and with such T-vertices split in.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.grouping import rows_by_group

# Coordinates that print alike in an AdV file (three decimals) are one vertex.
WELD_M = 1e-3
# A vertex this close to an edge splits it: rounding to millimetres moves a point off a slanted edge by up to 0.9 mm.
ON_EDGE_M = 2e-3
# Each pass splits every open edge at all vertices on it; two passes suffice unless splitting opens new edges.
PASSES = 6
# Bytes of free text at the head of a binary STL file.
STL_HEADER = 80

Faces = NDArray[np.int64]


class Solidity(NamedTuple):
    """What trimesh says of every object."""

    closed_as_read: NDArray[np.bool_]  # (O,) every edge has its partner in the file
    closed: NDArray[np.bool_]  # (O,) the same once T-vertices are split in
    oriented: NDArray[np.bool_]  # (O,) closed, and wound consistently
    volume_m3: NDArray[np.float64]  # (O,) 0 where the object is not closed and oriented


def solidity(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.integer],
    object_index: NDArray[np.integer],
    n_objects: int,
) -> Solidity:
    """Closedness, orientation and volume of each object.

    Parameters
    ----------
    vertices : (V, 3) [m]
    triangles : (T, 3)
        Indices into ``vertices``; every face that bounds the object belongs here, closure surfaces included.
    object_index : (T,)
        The object that each triangle bounds.
    n_objects
        Number of objects; one without a triangle is neither closed nor oriented.
    """
    import trimesh  # takes half a second to import

    found = Solidity(
        np.zeros(n_objects, bool), np.zeros(n_objects, bool), np.zeros(n_objects, bool), np.zeros(n_objects)
    )
    for which, members in rows_by_group(object_index):
        corner, face = weld(vertices[triangles[members]].reshape(-1, 3))
        solid = trimesh.Trimesh(corner, face, process=False, validate=False)
        found.closed_as_read[which] = bool(solid.is_watertight)
        if not solid.is_watertight:
            solid = trimesh.Trimesh(corner, split_at_t_vertices(corner, face), process=False, validate=False)
        found.closed[which] = bool(solid.is_watertight)
        found.oriented[which] = found.closed[which] and bool(solid.is_winding_consistent)
        if found.oriented[which]:
            found.volume_m3[which] = float(solid.volume)
    return found


def weld(corner: NDArray[np.float64]) -> tuple[NDArray[np.float64], Faces]:
    """Local vertices (V, 3) [m] and faces (F, 3) of triangle corners (3 F, 3); collapsed triangles are dropped."""
    corner = corner - np.floor(corner[0])
    _, first, inverse = np.unique(
        np.round(corner / WELD_M).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    face = inverse.reshape(-1, 3)
    collapsed = (face[:, 0] == face[:, 1]) | (face[:, 1] == face[:, 2]) | (face[:, 2] == face[:, 0])
    return corner[first], face[~collapsed]


def split_at_t_vertices(corner: NDArray[np.float64], face: Faces) -> Faces:
    """Faces with every open edge split at the vertices that lie on it; the surface stays where it is."""
    for _ in range(PASSES):
        edge = np.stack([face, np.roll(face, -1, axis=1)], axis=2)  # (F, 3, 2): edge k runs from corner k to k + 1
        code = edge[..., 0] * len(corner) + edge[..., 1]
        partner = edge[..., 1] * len(corner) + edge[..., 0]
        is_open = ~np.isin(code, partner)
        if not is_open.any():
            return face
        candidate = np.unique(edge[is_open])
        kept: list[Faces] = []
        added: list[Faces] = []
        for row, opened in enumerate(is_open):
            split = _split_face(corner, face[row], opened, candidate)
            (added if len(split) > 1 else kept).append(split)
        if not added:
            return face
        face = np.concatenate([*kept, *added])
    return face


def _split_face(corner: NDArray[np.float64], face: Faces, opened: NDArray[np.bool_], candidate: Faces) -> Faces:
    """The face itself, or a fan over its first open edge that has vertices on it; (N, 3)."""
    for k in np.flatnonzero(opened):
        a, b, c = face[k], face[(k + 1) % 3], face[(k + 2) % 3]
        along = corner[b] - corner[a]
        length = float(np.linalg.norm(along))
        offset = corner[candidate] - corner[a]
        position = offset @ along / length
        distance = np.linalg.norm(offset - position[:, None] * along / length, axis=1)
        on_edge = (position > WELD_M) & (position < length - WELD_M) & (distance < ON_EDGE_M) & (candidate != c)
        if on_edge.any():
            stop = [a, *candidate[on_edge][np.argsort(position[on_edge])], b]
            return np.array([[p, q, c] for p, q in pairwise(stop)])
    return face[None]


class Piece(NamedTuple):
    """One named mesh of a scene to be written."""

    name: str
    vertices: NDArray[np.float64]  # (V, 3) [m], local
    triangles: Faces  # (T, 3)
    colour: NDArray[np.uint8]  # (V, 4) RGBA
    facts: dict[str, object]  # kept beside the mesh where the format can


def encoded(pieces: Sequence[Piece], suffix: str, facts: dict[str, object]) -> bytes:
    """The pieces as a file of trimesh's exporters.

    ``suffix`` is glb, obj, ply or stl. glTF keeps names, facts and colours, OBJ names and colours, PLY colours; what
    ``facts`` says of the whole stands in the glTF scene's extras and else in the header, as far as that reaches.
    """
    import trimesh

    scene = trimesh.Scene(metadata=facts)
    for piece in pieces:
        scene.geometry[piece.name] = trimesh.Trimesh(
            piece.vertices,
            piece.triangles,
            vertex_colors=piece.colour,
            metadata=piece.facts,
            process=False,
            validate=False,
        )
        scene.graph.update(piece.name, geometry=piece.name)
    said = " ".join(f"{key}={value}" for key, value in facts.items()).encode("ascii", "replace")
    if suffix == "obj":
        return str(scene.export(file_type="obj", header=said.decode("ascii"))).encode("utf-8")
    content = bytes(scene.export(file_type=suffix))
    if suffix == "ply":
        end_of_format = content.index(b"\n", content.index(b"format ")) + 1
        return content[:end_of_format] + b"comment " + said + b"\n" + content[end_of_format:]
    # A binary STL begins with 80 free bytes.
    return said[:STL_HEADER].ljust(STL_HEADER) + content[STL_HEADER:] if suffix == "stl" else content
