"""A tileset.json: its head, its tiles, their volumes, errors and contents, external tilesets included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from oracles.tiles3d.content import read_content
from oracles.tiles3d.extensions import check_declared, find_extensions
from oracles.tiles3d.files import Files, fetch, parse_object
from oracles.tiles3d.findings import Json, Place, is_kind
from oracles.tiles3d.implicit import check_implicit
from oracles.tiles3d.legacy import NOTHING
from oracles.tiles3d.property_table import widen
from oracles.tiles3d.schema import check_entity, check_schema
from oracles.tiles3d.scope import Frame, Run, Scope
from oracles.tiles3d.volumes import SLACK_M, Volume, outside_by, read_volume

VERSIONS = ("1.0", "1.1")
STATISTICS = {"min", "max", "mean", "median", "standardDeviation", "variance", "sum", "occurrences"}


def check_file(run: Run, files: Files, name: str, data: bytes, above: Frame, stack: tuple[str, ...]) -> set[str]:
    """A tileset file; the extensions found in it and below."""
    place = files.place(run.issues, name)
    key = files.label + name
    if not place.need(key not in stack, "cycle", " → ".join((*stack, key))):
        return set()
    tileset = parse_object(data, place)
    if tileset is None:
        return set()
    version = _check_asset(tileset, place)
    schema = _schema(run, files, name, tileset, place)
    groups = place.objects(tileset, "groups")
    for i, group in enumerate(groups):
        check_entity(group, schema, place / "groups" / i)
    scope = Scope(run, files, name, version, schema, groups, (*stack, key))
    scope.found.update(find_extensions(tileset, place))
    if "metadata" in tileset:
        check_entity(place.get(tileset, "metadata", "object") or {}, schema, place / "metadata")
    _check_statistics(tileset, schema, place)
    _check_properties(tileset, place)
    error = place.at_least(tileset, "geometricError", 0, required=True)
    root = place.get(tileset, "root", "object", required=True)
    if root is not None:
        at = place / "root"
        at.need("refine" in root, "refine-missing", "the root tile says neither ADD nor REPLACE")
        check_tile(scope, root, at, replace(above, error=error))
    check_declared(tileset, scope.found, place)
    if not stack and not run.unread:
        _check_ranges(run, tileset, place)
    return scope.found


def _check_ranges(run: Run, tileset: Json, place: Place) -> None:
    """The ranges that statistics (1.1) and properties (1.0) state are those of all features together."""

    def inner(value: object, key: str) -> Json:
        found = value.get(key) if isinstance(value, dict) else None
        return found if isinstance(found, dict) else {}

    stated = [(place / "properties" / key, key, value) for key, value in inner(tileset, "properties").items()]
    for name, each in inner(inner(tileset, "statistics"), "classes").items():
        at = place / "statistics" / "classes" / name / "properties"
        stated += [(at / key, key, value) for key, value in inner(each, "properties").items()]
    for at, key, value in stated:
        said = value if isinstance(value, dict) else {}
        if run.features and any(is_kind(said.get(word), "number") for word in ("min", "max", "minimum", "maximum")):
            at.need(key in run.ranges, "statistics", "a range is stated, and no feature has a value")
        for words, true in zip((("min", "minimum"), ("max", "maximum")), run.ranges.get(key, ()), strict=False):
            for word in words:
                said = value.get(word, true) if isinstance(value, dict) else true
                good = is_kind(said, "number") and abs(said - true) <= 1e-6 * (1 + abs(true))  # float32 in the tiles
                at.need(good, "statistics", f"{word} is {true}, not {said}")


def _check_asset(tileset: Json, place: Place) -> str:
    asset = place.get(tileset, "asset", "object", required=True)
    if asset is None:
        return VERSIONS[-1]
    at = place / "asset"
    at.get(asset, "tilesetVersion", "string")
    version = at.get(asset, "version", "string", required=True)
    if version is not None:
        (at / "version").need(version in VERSIONS, "version", f"3D Tiles {version}")
    return version or VERSIONS[-1]


def _schema(run: Run, files: Files, name: str, tileset: Json, place: Place) -> Json | None:
    place.need(not {"schema", "schemaUri"} <= tileset.keys(), "exclusive", "schema and schemaUri")
    schema, at = place.get(tileset, "schema", "object"), place / "schema"
    uri = place.get(tileset, "schemaUri", "string")
    if schema is None and uri is not None:
        found = fetch(files, uri, name, place / "schemaUri")
        if found:
            at = files.place(run.issues, found[0])
            schema = parse_object(found[1], at)
    if schema is not None and not check_schema(schema, at, run.semantics):
        return {}  # there is one, and nothing can be checked against it
    return schema


def _check_statistics(tileset: Json, schema: Json | None, place: Place) -> None:
    statistics = place.get(tileset, "statistics", "object") or {}
    at = place / "statistics"
    classes = at.get(statistics, "classes", "object")
    if classes is None:
        return
    at = at / "classes"
    at.need(bool(classes), "length", "no class")
    if not at.need(schema is not None, "schema-missing", "statistics without schema"):
        return
    for name, each in classes.items():
        spot = at / name
        if not spot.need(isinstance(each, dict), "type", "no object"):
            continue
        known = (schema or {}).get("classes", {})
        if not spot.need(name in known, "unknown-class", f"no class {name}"):
            continue
        spot.at_least(each, "count", 0, "integer")
        properties = spot.get(each, "properties", "object")
        spot.need(properties is None or bool(properties), "length", "no property")
        for key, value in (properties or {}).items():
            inner = spot / "properties" / key
            inner.need(key in known[name].get("properties", {}), "unknown-property", f"class {name} has no {key}")
            if inner.need(isinstance(value, dict), "type", "no object"):
                inner.need(value.keys() <= STATISTICS, "value", f"{sorted(value.keys() - STATISTICS)}")


def _check_properties(tileset: Json, place: Place) -> None:
    """The per-feature property ranges of 3D Tiles 1.0."""
    for name, each in (place.get(tileset, "properties", "object") or {}).items():
        at = place / "properties" / name
        if at.need(isinstance(each, dict), "type", "no object"):
            low, high = (at.get(each, key, "number", required=True) for key in ("minimum", "maximum"))
            at.need(low is None or high is None or low <= high, "range", f"minimum {low} > maximum {high}")


def check_tile(scope: Scope, tile: Json, place: Place, above: Frame) -> None:
    """A tile and all below it."""
    scope.run.tiles += 1
    matrix = above.matrix @ _transform(tile, place)
    holder = place.get(tile, "boundingVolume", "object", required=True)
    volume = read_volume(holder, place / "boundingVolume") if holder is not None else None
    world = volume.moved(matrix) if volume is not None else None
    _check_inside(world, above.volume, place / "boundingVolume")
    if "viewerRequestVolume" in tile:
        read_volume(place.get(tile, "viewerRequestVolume", "object") or {}, place / "viewerRequestVolume")
    _check_refine(tile, place)
    entity = place.get(tile, "metadata", "object")
    meant = check_entity(entity, scope.schema, place / "metadata") if entity is not None else {}
    error = _check_error(tile, meant, above, place)
    frame = Frame(matrix, world, error)
    if "implicitTiling" in tile:
        check_implicit(scope, tile, place, frame, check_uri)
        return
    place.need(not {"content", "contents"} <= tile.keys(), "exclusive", "content and contents")
    content = place.get(tile, "content", "object")
    if content is not None:
        check_content(scope, content, place / "content", frame, "children" in tile)
    for i, each in enumerate(place.objects(tile, "contents")):
        check_content(scope, each, place / "contents" / i, frame, "children" in tile)
    for i, child in enumerate(place.objects(tile, "children")):
        if child:
            check_tile(scope, child, place / "children" / i, frame)


def _check_error(tile: Json, meant: Json, above: Frame, place: Place) -> float | None:
    """The tile's error as written, m; what its metadata says goes before geometricError."""
    own = place.at_least(tile, "geometricError", 0, required=True)
    error = meant.get("TILE_GEOMETRIC_ERROR", own)
    if error is None:
        return above.error
    if above.error is not None and error > above.error:
        (place / "geometricError").error("error-grows", f"{error} m below a parent of {above.error} m")
    return error


def _check_inside(inner: Volume | None, outer: Volume | None, place: Place) -> None:
    if inner is None or outer is None:
        return
    out = outside_by(inner, outer)
    place.need(out <= SLACK_M, "volume-outside", f"reaches {out:.4g} m out of the volume around it")


def _check_refine(tile: Json, place: Place) -> None:
    refine = place.get(tile, "refine", "string")
    if refine is None or refine in ("ADD", "REPLACE"):
        return
    if refine.upper() in ("ADD", "REPLACE"):
        (place / "refine").warning("refine-case", f"{refine} in small letters")
    else:
        (place / "refine").error("value", f"{refine} is neither ADD nor REPLACE")


def _transform(tile: Json, place: Place) -> np.ndarray:
    numbers = place.numbers(tile, "transform", 16)
    if numbers is None:
        return np.eye(4)
    matrix = numbers.reshape(4, 4).T
    affine = bool(np.allclose(matrix[3], [0, 0, 0, 1], rtol=0, atol=1e-12))
    return matrix if (place / "transform").need(affine, "affine", f"last row {matrix[3].tolist()}") else np.eye(4)


def check_content(scope: Scope, content: Json, place: Place, frame: Frame, has_children: bool) -> None:
    """A content entry of an explicit tile and the file behind it."""
    holder = place.get(content, "boundingVolume", "object")
    volume = read_volume(holder, place / "boundingVolume") if holder is not None else None
    own = volume.moved(frame.matrix) if volume is not None else None
    _check_inside(own, frame.volume, place / "boundingVolume")
    entity = place.get(content, "metadata", "object")
    if entity is not None:
        check_entity(entity, scope.schema, place / "metadata")
    place.index(content, "group", scope.groups)
    uri = place.get(content, "uri", "string", required=True)
    if uri is not None:
        check_uri(scope, uri, place / "uri", replace(frame, volume=own or frame.volume), has_children)


def check_uri(scope: Scope, uri: str, place: Place, frame: Frame, has_children: bool) -> None:
    """The file that a content names: a tileset again, or something with vertices."""
    found = fetch(scope.files, uri, scope.name, place)
    if found is None:
        scope.run.unread += 1
        return
    scope.run.contents += 1
    name, data = found
    content = read_content(data, scope.files, name, scope.run.issues)
    if content.extension == "MAXAR_content_3tz" or (
        content.extension == "3DTILES_content_gltf" and scope.version == "1.0"
    ):
        scope.found.add(content.extension)
    if content.tileset is not None:
        place.need(not has_children, "external-with-children", "a tile with an external tileset has no children")
        files, inner, text = content.tileset
        below = check_file(scope.run, files, inner, text, replace(frame, error=None), scope.stack)
        scope.found.update(below)
        return
    scope.run.unread += content.scene is NOTHING
    scope.run.features += content.scene.features
    scope.run.triangles += content.scene.triangles
    for key, both in content.scene.ranges.items():
        widen(scope.run.ranges, key, np.array(both))
    points = content.scene.points
    if scope.run.enclosed and frame.volume is not None and len(points):
        out = frame.volume.beyond(points @ frame.matrix[:3, :3].T + frame.matrix[:3, 3])
        place.need(out <= SLACK_M, "content-outside", f"{name}: a vertex lies {out:.4g} m outside the tile's volume")
