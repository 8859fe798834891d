"""One tile: the mesh of its surfaces, their colours and their properties, as glb (1.1) or b3dm (1.0)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.tiles import b3dm, draco, glb
from twin.export.tiles import mesh as plain
from twin.export.tiles.mesh import Mesh
from twin.export.tiles.metadata import property_table, schema_of
from twin.export.tiles.properties import Column
from twin.export.tiles.shapes import Part

Form = Literal["1.0", "1.1"]
GENERATOR = "heliotwin"
# Colours are read against a legend, so no light of the client's may change them.
UNLIT = "KHR_materials_unlit"
LINEAR, CLAMP = 9729, 33071


class Skin(NamedTuple):
    """What a tile shows: a colour each surface, or a picture.

    Of closed buildings only the outer side is drawn: party walls of two neighbours lie in one place, and seen from
    either house only its own may be met. Other shapes are drawn from both sides, as nobody knows which is outside.
    """

    closed: NDArray[np.bool_]  # (S,)
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
    mesh = Mesh(
        position=_y_up(part.position),
        normal=_y_up(part.normal),
        place=skin.place,
        colour=None if skin.colour is None else _linear(skin.colour)[part.feature],
        feature=part.feature,
        triangle=part.triangle,
    )
    sides = [(plain.part(mesh, chosen), double) for chosen, double in ((skin.closed, False), (~skin.closed, True))]
    sides = [(own, double) for own, double in sides if len(own.triangle)]
    material = {"pbrMetallicRoughness": surface, "extensions": {UNLIT: {}}}
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": GENERATOR, "copyright": copyright_},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [
            {
                "primitives": [
                    _primitive(own, buffer, form, compressed) | {"material": number}
                    for number, (own, _) in enumerate(sides)
                ]
            }
        ],
        "materials": [{**material, "doubleSided": double} for _, double in sides],
        **pictures,
        "extensionsUsed": [UNLIT, *([draco.EXTENSION] if compressed else [])],
        **({"extensionsRequired": [draco.EXTENSION]} if compressed else {}),
    }
    if form == "1.0":
        return b3dm.pack(glb.pack(document, buffer), columns)
    tables = {"schema": schema_of(columns), "propertyTables": [property_table(columns, buffer)]}
    document["extensions"] = {"EXT_structural_metadata": tables}
    document["extensionsUsed"] += ["EXT_mesh_features", "EXT_structural_metadata"]
    return glb.pack(document, buffer)


def _primitive(mesh: Mesh, buffer: glb.Buffer, form: Form, compressed: bool) -> dict[str, Any]:
    name = "_FEATURE_ID_0" if form == "1.1" else "_BATCHID"
    primitive = draco.add(mesh, buffer, name) if compressed else plain.add(mesh, buffer, name)
    if form == "1.1":
        count = len(np.unique(mesh.feature))
        ids = {"featureCount": count, "attribute": 0, "propertyTable": 0, "label": "surface"}
        primitive.setdefault("extensions", {})["EXT_mesh_features"] = {"featureIds": [ids]}
    return primitive


def _y_up(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """From x east, y north, z up to glTF's x east, y up, z south."""
    return np.stack([vector[:, 0], vector[:, 2], -vector[:, 1]], axis=1)


def _linear(colour: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB in linear light with opaque alpha, as glTF wants vertex colours (IEC 61966-2-1)."""
    share = colour / 255.0
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.concatenate([light, np.ones((len(light), 1))], axis=1).astype(np.float32)
