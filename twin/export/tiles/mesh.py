"""A mesh as glTF has it, y up: one primitive of a tile, and its parts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.tiles.glb import Buffer


class Mesh(NamedTuple):
    """Vertices that belong to one feature each, and triangles over them."""

    position: NDArray[np.float32]  # (V, 3) y up
    normal: NDArray[np.float32]  # (V, 3)
    place: NDArray[np.float32] | None  # (V, 2) in a picture
    colour: NDArray[np.float32] | None  # (V, 4) linear
    feature: NDArray[np.int64]  # (V,)
    triangle: NDArray[np.int64]  # (T, 3)


def part(mesh: Mesh, chosen: NDArray[np.bool_]) -> Mesh:
    """The features (S,) that are chosen, with their own numbers kept."""
    vertex = chosen[mesh.feature]
    number = np.cumsum(vertex) - 1
    triangle = mesh.triangle[vertex[mesh.triangle[:, 0]]]
    return Mesh(
        position=mesh.position[vertex],
        normal=mesh.normal[vertex],
        place=None if mesh.place is None else mesh.place[vertex],
        colour=None if mesh.colour is None else mesh.colour[vertex],
        feature=mesh.feature[vertex],
        triangle=number[triangle],
    )


def add(mesh: Mesh, buffer: Buffer, feature_name: str) -> dict[str, Any]:
    """A primitive of the mesh as it is, its bytes and accessors in the buffer."""
    attributes = {"POSITION": buffer.attribute(mesh.position, "VEC3"), "NORMAL": buffer.attribute(mesh.normal, "VEC3")}
    if mesh.colour is not None:
        packed = np.round(mesh.colour * 65535.0).astype(np.uint16)
        attributes["COLOR_0"] = buffer.attribute(packed, "VEC4", normalized=True)
    if mesh.place is not None:
        attributes["TEXCOORD_0"] = buffer.attribute(mesh.place, "VEC2")
    # No integer of 32 bits is allowed for an attribute; floats count exactly to 16 million.
    whole = np.uint16 if mesh.feature.max(initial=0) < 65535 else np.float32
    attributes[feature_name] = buffer.attribute(mesh.feature.astype(whole), "SCALAR")
    return {"attributes": attributes, "indices": buffer.indices(mesh.triangle), "mode": 4}
