"""Extensions of a tileset: found, declared as used, declared as required."""

from __future__ import annotations

from oracles.tiles3d.findings import Json, Place

# Extensions whose content the checker reads. A client without them shows nothing: they must be required.
KNOWN = {"MAXAR_content_3tz", "3DTILES_content_gltf"}


def find_extensions(tileset: Json, place: Place) -> set[str]:
    """Names of the extensions in a tileset file; every extension and every extras is an object."""
    found: set[str] = set()
    stack: list[tuple[object, Place]] = [(tileset, place)]
    while stack:
        value, at = stack.pop()
        if isinstance(value, list):
            stack += [(item, at / i) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            continue
        if not isinstance(value.get("extras", {}), dict):
            (at / "extras").warning("extras-type", "no object")
        extensions = at.get(value, "extensions", "object") or {}
        found |= set(extensions)
        for name, body in extensions.items():
            (at / "extensions" / name).need(isinstance(body, dict), "type", "an extension is an object")
        stack += [(item, at / key) for key, item in value.items() if key not in ("extensions", "extras", "properties")]
    return found


def check_declared(tileset: Json, found: set[str], place: Place) -> None:
    """extensionsUsed and extensionsRequired against what was found here and in external tilesets."""
    declared = {}
    for key in ("extensionsUsed", "extensionsRequired"):
        names = place.items(tileset, key)
        at = place / key
        at.need(all(isinstance(name, str) for name in names), "element-type", "names are strings")
        declared[key] = {name for name in names if isinstance(name, str)}
        at.need(len(declared[key]) == len(names), "duplicate", "a name occurs twice")
    used, required = declared["extensionsUsed"], declared["extensionsRequired"]
    for name in sorted(found - used):
        place.error("extension-undeclared", f"{name} is not in extensionsUsed")
    for name in sorted(required - used):
        place.error("extension-required-unused", f"{name} is required, not used")
    for name in sorted(used - found):
        place.warning("extension-unused", f"{name} is declared and not there")
    for name in sorted(found & used & KNOWN - required):
        place.error("extension-not-required", f"{name} must be in extensionsRequired")
    for name in sorted(found - KNOWN):
        place.warning("extension-unknown", f"{name}: the checker does not know it")
