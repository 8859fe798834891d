"""One tile: the mesh of its surfaces, their colours and their properties, as glb (1.1) or b3dm (1.0)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.tiles import b3dm, glb
from twin.export.tiles.metadata import property_table, schema_of
from twin.export.tiles.properties import Column
from twin.export.tiles.shapes import Part

Form = Literal["1.0", "1.1"]
GENERATOR = "heliotwin"
# Colours are read against a legend, so no light of the client's may change them.
UNLIT = "KHR_materials_unlit"
LINEAR, CLAMP = 9729, 33071


class Skin(NamedTuple):
    """What a tile shows: a colour each surface, or a picture."""

    colour: NDArray[np.uint8] | None  # (S, 3) sRGB
    picture: bytes | None  # PNG
    place: NDArray[np.float32] | None  # (V, 2) in the picture


def tile_bytes(part: Part, skin: Skin, columns: list[Column], form: Form, copyright_: str) -> bytes:
    """The content of a tile.

    Parameters
    ----------
    columns
        Properties of the tile's surfaces, in the order of ``part.feature``.
    """
    buffer = glb.Buffer()
    count = len(columns[0].value)
    attributes = {
        "POSITION": buffer.attribute(_y_up(part.position), "VEC3"),
        "NORMAL": buffer.attribute(_y_up(part.normal), "VEC3"),
    }
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 1.0}
    pictures: dict[str, Any] = {}
    if skin.colour is not None:
        attributes["COLOR_0"] = buffer.attribute(_linear(skin.colour)[part.feature], "VEC4", normalized=True)
    if skin.picture is not None and skin.place is not None:
        attributes["TEXCOORD_0"] = buffer.attribute(skin.place, "VEC2")
        surface["baseColorTexture"] = {"index": 0}
        pictures = {
            "images": [{"bufferView": buffer.view(skin.picture), "mimeType": "image/png"}],
            "samplers": [{"magFilter": LINEAR, "minFilter": LINEAR, "wrapS": CLAMP, "wrapT": CLAMP}],
            "textures": [{"source": 0, "sampler": 0}],
        }
    # No integer of 32 bits is allowed for an attribute; floats count exactly to 16 million.
    number = part.feature.astype(np.uint16 if count <= 65535 else np.float32)
    attributes["_FEATURE_ID_0" if form == "1.1" else "_BATCHID"] = buffer.attribute(number, "SCALAR")
    primitive: dict[str, Any] = {
        "attributes": attributes,
        "indices": buffer.indices(part.triangle),
        "material": 0,
        "mode": 4,
    }
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": GENERATOR, "copyright": copyright_},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [
            {
                "pbrMetallicRoughness": surface,
                "doubleSided": True,
                "extensions": {UNLIT: {}},
            }
        ],
        **pictures,
        "extensionsUsed": [UNLIT],
    }
    if form == "1.0":
        return b3dm.pack(glb.pack(document, buffer), columns)
    feature_ids = {"featureCount": count, "attribute": 0, "propertyTable": 0, "label": "surface"}
    primitive["extensions"] = {"EXT_mesh_features": {"featureIds": [feature_ids]}}
    tables = {"schema": schema_of(columns), "propertyTables": [property_table(columns, buffer)]}
    document["extensions"] = {"EXT_structural_metadata": tables}
    document["extensionsUsed"] += ["EXT_mesh_features", "EXT_structural_metadata"]
    return glb.pack(document, buffer)


def _y_up(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """From x east, y north, z up to glTF's x east, y up, z south."""
    return np.stack([vector[:, 0], vector[:, 2], -vector[:, 1]], axis=1)


def _linear(colour: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """sRGB in linear light with opaque alpha, as glTF wants vertex colours (IEC 61966-2-1)."""
    share = colour / 255.0
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.round(np.concatenate([light, np.ones((len(light), 1))], axis=1) * 65535.0).astype(np.uint16)
