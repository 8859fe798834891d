"""What a content file is, told from its first bytes, and its check."""

from __future__ import annotations

from dataclasses import dataclass

from oracles.tiles3d.files import Files, open_3tz, parse_object
from oracles.tiles3d.findings import Issue
from oracles.tiles3d.glb import open_gltf
from oracles.tiles3d.gltf import Scene, check_scene
from oracles.tiles3d.legacy import NOTHING, check_legacy


@dataclass(frozen=True)
class Content:
    """A scene, or a further tileset (its files, name and bytes); the extension that this kind of content needs."""

    scene: Scene = NOTHING
    tileset: tuple[Files, str, bytes] | None = None
    extension: str = ""


def read_content(data: bytes, files: Files, name: str, issues: list[Issue]) -> Content:
    """Check a content file."""
    place = files.place(issues, name)
    if data[:4] in (b"b3dm", b"i3dm", b"pnts", b"cmpt"):
        return Content(check_legacy(data, files, name, place))
    if data[:2] == b"PK" or name.endswith(".3tz"):
        inside = open_3tz(data, place)
        text = inside.read("tileset.json") if inside else None
        if inside is None or text is None:
            place.need(inside is None, "missing", "no tileset.json in it")
            return Content(extension="MAXAR_content_3tz")
        return Content(tileset=(inside, "tileset.json", text), extension="MAXAR_content_3tz")
    if data[:4] != b"glTF":
        value = parse_object(data, place)
        if value is None:
            return Content()
        if "root" in value or "geometricError" in value:
            return Content(tileset=(files, name, data))
        if "asset" not in value:
            place.warning("unread", "neither a tileset nor a glTF")
            return Content()
    gltf = open_gltf(data, files, name, place)
    scene = check_scene(gltf, files, name) if gltf else NOTHING
    return Content(scene, extension="3DTILES_content_gltf")
