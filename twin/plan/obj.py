"""OBJ: vertices, and faces of any number of corners.

The common loaders split a face of more than three corners from its first one, which is wrong for a concave one (an
L-shaped roof of 7 m² came out as 16 m²); here it keeps its shape. Only what bounds a building is read: ``v``, ``f``,
``o`` and ``g``. Source: Wavefront, Advanced Visualizer Manual, appendix B1.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError


class ObjMesh(NamedTuple):
    """Polygons over vertices."""

    vertices: NDArray[np.float64]  # (V, 3) in the file's unit and axes
    polygon: NDArray[np.int64]  # (C,) indices into the vertices
    length: NDArray[np.int64]  # (N,) corners of each polygon
    piece: NDArray[np.int64]  # (N,) object or group


def read_obj(path: Path) -> ObjMesh:
    """Everything in an OBJ file that has a face.

    Raises TwinError for a missing file, a line that cannot be read, and a corner that is not in the file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TwinError(f"{path}: cannot be read ({error.strerror or error})", "check the path") from error
    lines = content.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").split(b"\n")
    vertex_lines: list[list[bytes]] = []
    corners: list[bytes] = []
    length: list[int] = []
    known: list[int] = []  # vertices before each face: a negative corner counts back from there
    piece: list[int] = []
    pieces = 0
    for number, line in enumerate(lines, 1):
        word, *rest = line.split(None, 1) or [b""]
        if word == b"v":
            vertex_lines.append(rest[0].split()[:3] if rest else [])
            if len(vertex_lines[-1]) < 3:
                raise TwinError(f"{path}:{number}: a vertex has three coordinates", "export it again")
        elif word in (b"f", b"fo") and rest:
            tokens = rest[0].split(b"#")[0].split()
            if len(tokens) < 3:
                raise TwinError(f"{path}:{number}: a face has at least three corners", "export it again")
            corners += tokens
            length.append(len(tokens))
            known.append(len(vertex_lines))
            piece.append(pieces)
        elif word in (b"o", b"g"):
            pieces += 1
    vertices = _numbers(path, vertex_lines)
    index = _indices(path, corners)
    before = np.repeat(np.array(known, np.int64), np.array(length, np.int64))
    polygon = np.where(index < 0, before + index, index - 1)
    bad = (index == 0) | (polygon < 0) | (polygon >= len(vertices))
    if bad.any():
        raise TwinError(
            f"{path}: a face has the corner {int(index[np.argmax(bad)])}, but there are {len(vertices)} vertices",
            "export it again",
        )
    return ObjMesh(vertices, polygon, np.array(length, np.int64), np.array(piece, np.int64))


def _numbers(path: Path, rows: list[list[bytes]]) -> NDArray[np.float64]:
    try:
        return np.array([float(text) for row in rows for text in row], np.float64).reshape(-1, 3)
    except ValueError as error:
        raise TwinError(f"{path}: a vertex is no number ({error})", "export it again") from error


def _indices(path: Path, corners: list[bytes]) -> NDArray[np.int64]:
    try:
        return np.array([int(text.partition(b"/")[0]) for text in corners], np.int64)
    except ValueError as error:
        raise TwinError(f"{path}: the corner of a face is no number ({error})", "export it again") from error
