"""A tile's mesh compressed with Draco: KHR_draco_mesh_compression.

Positions are rounded to less than a millimetre, texture places to a 16384th of the picture; feature numbers are kept
exactly. Draco brings vertices into an order of its own, so counts and bounds are those of what it gives back.
Source: the glTF extension; encoder: DracoPy (Google's Draco).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.export.tiles.glb import COMPONENT, Buffer
from twin.export.tiles.mesh import Mesh

EXTENSION = "KHR_draco_mesh_compression"
STEP_M = 0.0005
MOST_BITS, NORMAL_BITS, PLACE_BITS = 30, 10, 14
LEVEL = 7
KIND = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
# Attributes of no kind of Draco's own, by the numbers that we give them.
NUMBER, COLOUR = 100, 101


def require_draco() -> None:
    """Refuse early where the encoder is not installed.

    Raises
    ------
    TwinError
        Naming what to install.
    """
    try:
        import DracoPy  # noqa: F401
    except ImportError as error:
        raise TwinError("--compress draco: DracoPy is not installed", "pip install 'heliotwin[tiles]'") from error


def add(mesh: Mesh, buffer: Buffer, feature_name: str) -> dict[str, Any]:
    """A primitive of the mesh compressed, its bytes and accessors in the buffer."""
    import DracoPy

    extra = {NUMBER: mesh.feature.astype(np.float32)[:, None]}
    if mesh.colour is not None:
        extra[COLOUR] = mesh.colour
    extent = float(np.ptp(mesh.position, axis=0).max())
    packed = DracoPy.encode(
        mesh.position,
        mesh.triangle.astype(np.uint32),
        quantization_bits=int(np.clip(np.ceil(np.log2(max(extent / STEP_M, 2.0))), 8, MOST_BITS)),
        compression_level=LEVEL,
        normals=mesh.normal.astype(np.float64),
        normal_quantization_bits=NORMAL_BITS,
        tex_coord=None if mesh.place is None else mesh.place.astype(np.float64),
        tex_coord_quantization_bits=None if mesh.place is None else PLACE_BITS,
        generic_attributes=extra,
    )
    given = DracoPy.decode(packed)
    named = {DracoPy.AttributeType.POSITION: "POSITION", DracoPy.AttributeType.NORMAL: "NORMAL"}
    named |= {DracoPy.AttributeType.TEX_COORD: "TEXCOORD_0"}
    own = {NUMBER: feature_name, COLOUR: "COLOR_0"}
    attributes, ids = {}, {}
    for found in given.attributes:
        # DracoPy numbers its own attributes on from ours, so only the kind tells them apart.
        name = named.get(found["attribute_type"]) or own[found["unique_id"]]
        attributes[name] = _accessor(buffer, np.asarray(found["data"], np.float32))
        ids[name] = found["unique_id"]
    faces = np.asarray(given.faces)
    buffer.accessors.append(
        {
            "componentType": COMPONENT[np.dtype(np.uint32)],
            "count": faces.size,
            "type": "SCALAR",
            "min": [int(faces.min())],
            "max": [int(faces.max())],
        }
    )
    return {
        "attributes": dict(sorted(attributes.items())),
        "indices": len(buffer.accessors) - 1,
        "mode": 4,
        "extensions": {EXTENSION: {"bufferView": buffer.view(packed), "attributes": dict(sorted(ids.items()))}},
    }


def _accessor(buffer: Buffer, value: NDArray[np.float32]) -> int:
    """Index of an accessor whose values only Draco holds."""
    table = value.reshape(len(value), -1)
    buffer.accessors.append(
        {
            "componentType": COMPONENT[np.dtype(np.float32)],
            "count": len(table),
            "type": KIND[table.shape[1]],
            "min": table.min(axis=0).tolist(),
            "max": table.max(axis=0).tolist(),
        }
    )
    return len(buffer.accessors) - 1
