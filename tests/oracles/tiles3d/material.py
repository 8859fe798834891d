"""Materials, textures, samplers and images of a glTF: every index leads somewhere, every image is one."""

from __future__ import annotations

from oracles.tiles3d.findings import Json, Place
from oracles.tiles3d.glb import Gltf

SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}


def check_materials(gltf: Gltf) -> None:
    """Everything below materials, textures, samplers and images."""
    place = gltf.place
    for i, material in enumerate(gltf.list("materials")):
        at = place / "materials" / i
        (at / "alphaMode").need(material.get("alphaMode", "OPAQUE") in ("OPAQUE", "MASK", "BLEND"), "value", "unknown")
        smooth = at.get(material, "pbrMetallicRoughness", "object") or {}
        spot = at / "pbrMetallicRoughness"
        factor = spot.numbers(smooth, "baseColorFactor", 4)
        spot.need(factor is None or bool(((factor >= 0) & (factor <= 1)).all()), "range", "a factor is within 0…1")
        for holder, where, keys in (
            (smooth, spot, ("baseColorTexture", "metallicRoughnessTexture")),
            (material, at, ("normalTexture", "occlusionTexture", "emissiveTexture")),
        ):
            for key in keys:
                _check_texture_info(gltf, holder, key, where)
    for i, texture in enumerate(gltf.list("textures")):
        (place / "textures" / i).index(texture, "source", gltf.list("images"))
        (place / "textures" / i).index(texture, "sampler", gltf.list("samplers"))
    for i, image in enumerate(gltf.list("images")):
        at = place / "images" / i
        at.need(("uri" in image) != ("bufferView" in image), "exclusive", "either uri or bufferView")
        index = at.index(image, "bufferView", gltf.views.data)
        kind = at.get(image, "mimeType", "string", required="bufferView" in image)
        data = gltf.views.data[index] if index is not None else None
        if data is not None and kind is not None:
            begin = SIGNATURES.get(kind)
            at.need(begin is not None and data.startswith(begin), "value", f"the bytes are no {kind}")


def _check_texture_info(gltf: Gltf, holder: Json, key: str, place: Place) -> None:
    info = place.get(holder, key, "object")
    if info is None:
        return
    at = place / key
    at.index(info, "index", gltf.list("textures"), required=True)
    at.at_least(info, "texCoord", 0, "integer")


def texture_coordinates(material: Json) -> set[str]:
    """The attributes that a material's textures need."""
    infos = [material.get("pbrMetallicRoughness", {}).get("baseColorTexture"), material.get("emissiveTexture")]
    return {f"TEXCOORD_{info.get('texCoord', 0)}" for info in infos if isinstance(info, dict)}
