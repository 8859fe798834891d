"""Is an object closed, is it wound consistently, how much does it hold; and the one trimesh door: meshes as files.

A solid is *closed* when every edge belongs to exactly two of its triangles and *oriented* when those two run along it
in opposite senses. Only then do inside, outside and volume mean anything.

Official LoD2 splits a wall's edge where a neighbour begins and leaves the wall behind it whole: the solid has no gap,
yet by edges it is open. So the question is asked twice: as the file stands, and with such T-vertices split in.

What rays may rely on is asked a third time and more strictly (`sealed`): they meet triangles as they are, to the last
bit, so T-vertices are closed by slivers and not by moving a face.

Nothing here loops over objects. Oracle: tests/oracles/solids.py asks trimesh, object by object.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.edges import Edges, Numbers, Welded, edges_of, linked_faces, on_edges, split_edges, weld, without_partner
from twin.errors import TwinError

# A shell that holds less than a litre is two sides of a sheet, and rounding decides which of them is outside.
SMALLEST_SHELL_M3 = 1e-3
# Bytes of free text at the head of a binary STL file.
STL_HEADER = 80


class Solidity(NamedTuple):
    """What the edges of every object say of it."""

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
    mesh = weld(vertices[triangles], object_index)
    edges = edges_of(mesh.face, len(mesh.vertex))
    present = np.zeros(n_objects, bool)
    present[mesh.owner[mesh.face[:, 0]]] = True
    as_read = present & ~_objects_with(edges, edges.times != 2, mesh, n_objects)
    opened = without_partner(edges)
    split = on_edges(mesh, edges, opened[~as_read[mesh.owner[edges.start[opened]]]])
    whole, sliver = split_edges(edges, split, len(mesh.vertex))
    closed = present & ~_objects_with(whole, whole.times != 2, mesh, n_objects)
    oriented = closed & ~_objects_with(whole, whole.net != 0, mesh, n_objects)
    face = np.concatenate([mesh.face, sliver])
    volume_m3 = _volumes(mesh, face, mesh.owner[face[:, 0]], n_objects)
    return Solidity(as_read, closed, oriented, np.where(oriented, volume_m3, 0.0))


def _objects_with(edges: Edges, which: NDArray[np.bool_], mesh: Welded, n_objects: int) -> NDArray[np.bool_]:
    """Objects (O,) that have one of the undirected edges marked (U,)."""
    out = np.zeros(n_objects, bool)
    out[mesh.owner[edges.start[edges.order[edges.first[which]]]]] = True
    return out


class Sealed(NamedTuple):
    """Closed shells that rays may rely on, and the slivers that some of them need for that."""

    shell: NDArray[np.int32]  # (T,) closed shell that each triangle belongs to; −1: none
    sliver: Numbers  # (M, 3) further triangles, indices into the vertices
    source: Numbers  # (M,) the triangle at whose edge each sliver lies; it belongs to the same shell


def sealed(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.integer],
    object_index: NDArray[np.integer],
    building_index: NDArray[np.integer],
) -> Sealed:
    """Shells that are closed and face outward, as a ray meets them.

    A shell is what hangs together by edges. Each of its edges is run along as often one way as the other, between
    corners that are equal to the last bit: so it stays closed however its coordinates are rounded later. Where a
    T-vertex lies within 2 mm of an edge, the sliver between them is added; no face moves.

    Objects are asked first, each alone. Between two parts of a building nothing casts, so many parts are open; what is
    left is asked again for the building as a whole.

    A shell that holds a negative volume is a cavity or inside out and is not taken. What a shell that cuts itself means
    to rays: docs/design/0007-where-orientation-is-proven.md.

    Parameters
    ----------
    vertices : (V, 3) [m]
    triangles : (T, 3)
        Those that stop light, and no others.
    object_index, building_index : (T,)
        The object that each triangle bounds, and the building that the object belongs to.
    """
    shell = np.full(len(triangles), -1, np.int32)
    slivers, sources, n_shells = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)], 0
    for owner in (object_index, building_index):
        row = np.flatnonzero(shell < 0)
        found = _sealed(vertices, triangles[row], owner[row])
        shell[row] = np.where(found.shell < 0, -1, found.shell + n_shells)
        n_shells += int(found.shell.max(initial=-1)) + 1
        slivers.append(found.sliver)
        sources.append(row[found.source])
    return Sealed(shell, np.concatenate(slivers), np.concatenate(sources))


def _sealed(vertices: NDArray[np.float64], triangles: NDArray[np.integer], owner: NDArray[np.integer]) -> Sealed:
    """The same within each owner (T,)."""
    mesh = weld(vertices[triangles], owner, grid_m=None)
    n_vertices, n_faces = len(mesh.vertex), len(mesh.face)
    edges = edges_of(mesh.face, n_vertices)
    split = on_edges(mesh, edges, without_partner(edges))
    _, sliver = split_edges(edges, split, n_vertices)
    face = np.concatenate([mesh.face, sliver])
    edges = edges_of(face, n_vertices)
    n_shells, linked = linked_faces(edges, len(face))
    closed = _volumes(mesh, face, linked, n_shells) > SMALLEST_SHELL_M3
    closed[linked[edges.order[edges.first[edges.net != 0]] // 3]] = False
    shell = np.full(len(triangles), -1, np.int32)
    shell[mesh.row] = np.where(closed[linked[:n_faces]], linked[:n_faces], -1)
    kept = closed[linked[n_faces:]]
    index = np.asarray(triangles, np.int64).ravel()[mesh.corner]
    return Sealed(shell, index[sliver[kept]], mesh.row[split.edge[kept] // 3])


def _volumes(mesh: Welded, face: Numbers, group: Numbers, n_groups: int) -> NDArray[np.float64]:
    """Volume (G,) [m³] that faces (F, 3) enclose, summed over the groups (F,)."""
    base = np.zeros((n_groups, 3))
    base[group] = mesh.vertex[face[:, 0]]  # any corner: far from zero, volumes would be differences of large numbers
    a, b, c = (mesh.vertex[face[:, k]] - base[group] for k in range(3))
    volume = np.bincount(group, weights=np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0, minlength=n_groups)
    return volume.astype(np.float64)  # whole numbers where there is no face


class Piece(NamedTuple):
    """One named mesh of a scene to be written."""

    name: str
    vertices: NDArray[np.float64]  # (V, 3) [m], local
    triangles: NDArray[np.int64]  # (T, 3)
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


class Loaded(NamedTuple):
    """One mesh of a file, where the file's scene puts it."""

    name: str
    vertices: NDArray[np.float64]  # (V, 3) in the file's unit and axes
    triangles: NDArray[np.int64]  # (T, 3)
    coarse: float  # distance of two neighbouring numbers as far out as its vertices are stored, in the file's unit


def loaded(path: Path) -> list[Loaded]:
    """The meshes of a glTF (.glb, .gltf), PLY or STL file; nodes of a scene in their place, mirrored ones turned back.

    What is no mesh (points, lines, cameras) is passed over. Raises TwinError for a file that cannot be read.
    """
    import trimesh

    suffix = path.suffix.lower().removeprefix(".")
    if suffix == "gltf":
        _check_json(path)
    try:
        scene = trimesh.load_scene(path, process=False, skip_materials=True)
    except FileNotFoundError as error:
        missing = f"refers to {error.filename or error}, which is not beside it" if path.is_file() else "no such file"
        raise TwinError(f"{path}: {missing}", "check the path; a .glb holds everything in one file") from error
    except (ValueError, LookupError, TypeError, AttributeError, OSError, NotImplementedError, struct.error) as error:
        remedy = "export it again, as glTF without compression of its meshes" if suffix in ("glb", "gltf") else ""
        problem = f"{path}: cannot be read as {suffix.upper()} ({type(error).__name__}: {error})"
        raise TwinError(problem, remedy or "export it again") from error
    found = []
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        mesh = scene.geometry[name]
        if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
            continue
        stored = np.asarray(mesh.vertices, np.float64)
        triangles = np.asarray(mesh.faces, np.int64)
        if triangles.min() < 0 or triangles.max() >= len(stored):
            raise TwinError(f"{path}: a triangle of {node} has a corner that is not in the file", "export it again")
        vertices = stored @ matrix[:3, :3].T + matrix[:3, 3]
        if np.linalg.det(matrix[:3, :3]) < 0:
            triangles = triangles[:, ::-1]
        found.append(Loaded(str(node), vertices, triangles, _coarse(stored) * float(np.abs(matrix[:3, :3]).max())))
    return found


def _check_json(path: Path) -> None:
    try:
        json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise TwinError(f"{path}: no such file", "check the path") from error
    except ValueError as error:
        raise TwinError(f"{path}: is no JSON, as glTF is ({error})", "export it again") from error


def _coarse(stored: NDArray[np.float64]) -> float:
    """Distance of neighbouring numbers at the farthest vertex: of single precision where that holds them all."""
    far = float(np.abs(stored).max(initial=0.0))
    if not np.isfinite(far):
        return 0.0
    single = bool((stored == stored.astype(np.float32)).all())
    return float(np.spacing(np.float32(far))) if single else float(np.spacing(far))
