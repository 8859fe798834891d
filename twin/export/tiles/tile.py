"""One tile: the mesh of its surfaces, their colours and their properties, as glb (1.1) or b3dm (1.0)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.tiles import b3dm, draco, glb
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


def tile_bytes(
    part: Part, skin: Skin, columns: list[Column], form: Form, copyright_: str, compressed: bool = False
) -> bytes:
    """The content of a tile.

    Parameters
    ----------
    columns
        Properties of the tile's surfaces, in the order of ``part.feature``.
    compressed
        Whether Draco packs the mesh.
    """
    buffer = glb.Buffer()
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 1.0}
    pictures: dict[str, Any] = {}
    if skin.picture is not None:
        surface["baseColorTexture"] = {"index": 0}
        pictures = {
            "images": [{"bufferView": buffer.view(skin.picture), "mimeType": "image/png"}],
            "samplers": [{"magFilter": LINEAR, "minFilter": LINEAR, "wrapS": CLAMP, "wrapT": CLAMP}],
            "textures": [{"source": 0, "sampler": 0}],
        }
    mesh = draco.Mesh(
        position=_y_up(part.position),
        normal=_y_up(part.normal),
        place=skin.place,
        colour=None if skin.colour is None else _linear(skin.colour)[part.feature],
        feature=part.feature,
        triangle=part.triangle,
    )
    feature_name = "_FEATURE_ID_0" if form == "1.1" else "_BATCHID"
    primitive = draco.add(mesh, buffer, feature_name) if compressed else _plain(mesh, buffer, feature_name)
    primitive["material"] = 0
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
        "extensionsUsed": [UNLIT, *([draco.EXTENSION] if compressed else [])],
        **({"extensionsRequired": [draco.EXTENSION]} if compressed else {}),
    }
    if form == "1.0":
        return b3dm.pack(glb.pack(document, buffer), columns)
    feature_ids = {"featureCount": len(columns[0].value), "attribute": 0, "propertyTable": 0, "label": "surface"}
    primitive.setdefault("extensions", {})["EXT_mesh_features"] = {"featureIds": [feature_ids]}
    tables = {"schema": schema_of(columns), "propertyTables": [property_table(columns, buffer)]}
    document["extensions"] = {"EXT_structural_metadata": tables}
    document["extensionsUsed"] += ["EXT_mesh_features", "EXT_structural_metadata"]
    return glb.pack(document, buffer)


def _plain(mesh: draco.Mesh, buffer: glb.Buffer, feature_name: str) -> dict[str, Any]:
    """A primitive of a mesh as it is."""
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


def _y_up(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """From x east, y north, z up to glTF's x east, y up, z south."""
    return np.stack([vector[:, 0], vector[:, 2], -vector[:, 1]], axis=1)


def _linear(colour: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB in linear light with opaque alpha, as glTF wants vertex colours (IEC 61966-2-1)."""
    share = colour / 255.0
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.concatenate([light, np.ones((len(light), 1))], axis=1).astype(np.float32)
