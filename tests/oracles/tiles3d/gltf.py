"""The scene of a glTF: nodes, meshes, primitives, feature ids, structural metadata; and where its vertices lie."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from oracles.tiles3d.files import Files, fetch, parse_object
from oracles.tiles3d.findings import Json, Place
from oracles.tiles3d.glb import COMPONENT_DTYPES, UNREAD, Gltf
from oracles.tiles3d.material import check_materials, texture_coordinates
from oracles.tiles3d.property_table import Ranges, check_table
from oracles.tiles3d.schema import check_schema

# glTF's y up to the tile's z up.
Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
ID_TYPES = (5121, 5123, 5126)


@dataclass(frozen=True)
class Scene:
    """What the checker learns of a content: vertices (n, 3) in the tile's frame, m, and counts."""

    points: np.ndarray
    features: int
    triangles: int
    ranges: Ranges = field(default_factory=dict)


def check_scene(gltf: Gltf, files: Files, name: str, batch: int | None = None) -> Scene:
    """Everything below the accessors. batch: BATCH_LENGTH of the b3dm around it."""
    place = gltf.place
    place.index(gltf.json, "scene", gltf.list("scenes"))
    check_materials(gltf)
    ranges: Ranges = {}
    tables = _metadata(gltf, files, name, ranges)
    features = batch or 0
    ids: list[np.ndarray] = []
    triangles = 0
    for i, mesh in enumerate(gltf.list("meshes")):
        for j, primitive in enumerate((place / "meshes" / i).objects(mesh, "primitives", required=True)):
            at = place / "meshes" / i / "primitives" / j
            vertices, corners = _primitive(gltf, primitive, at)
            triangles += corners // 3 if primitive.get("mode", 4) == 4 else 0
            if batch is not None:
                ids += _batch_ids(gltf, primitive, batch, at)
            else:
                features += _feature_ids(gltf, primitive, vertices, tables, at)
    if batch and ids:
        distinct = len(np.unique(np.concatenate(ids)))
        if distinct != batch:
            place.warning("batch-unused", f"{distinct} different _BATCHID, BATCH_LENGTH {batch}")
    return Scene(_vertices(gltf), features, triangles, ranges)


def _primitive(gltf: Gltf, primitive: Json, place: Place) -> tuple[int, int]:
    """Numbers of vertices and of corners."""
    accessors = gltf.list("accessors")
    attributes = place.get(primitive, "attributes", "object", required=True) or {}
    material = place.index(primitive, "material", gltf.list("materials"))
    if material is not None:
        missing = texture_coordinates(gltf.list("materials")[material]) - attributes.keys()
        place.need(not missing, "missing", f"the material's texture needs {sorted(missing)}")
    counts = {}
    for key in attributes:
        index = (place / "attributes").index(attributes, key, accessors)
        if index is not None:
            counts[key] = accessors[index].get("count")
            _check_target(gltf, accessors[index], 34962, place / "attributes" / key)
    place.need(len(set(counts.values())) <= 1, "count", f"attributes differ in length: {counts}")
    _check_attributes(gltf, attributes, place / "attributes")
    vertices = next(iter(counts.values()), 0) or 0
    index = place.index(primitive, "indices", accessors)
    corners = vertices
    if index is not None:
        _check_target(gltf, accessors[index], 34963, place / "indices")
        corners = accessors[index].get("count", 0)
        unsigned = accessors[index].get("componentType") in (5121, 5123, 5125)
        good = unsigned and accessors[index].get("type") == "SCALAR"
        array = gltf.arrays[index]
        if (place / "indices").need(good, "value", "indices are unsigned scalars") and array is not None:
            last = int(array.max())
            (place / "indices").need(last < vertices, "index", f"{last} of {vertices} vertices")
    if primitive.get("mode", 4) == 4:
        place.need(corners % 3 == 0, "count", f"{corners} corners make no whole triangles")
    return vertices, corners


def _check_target(gltf: Gltf, accessor: Json, target: int, place: Place) -> None:
    """The buffer view of vertices (34962) or of indices (34963, never strided)."""
    views = gltf.list("bufferViews")
    index = accessor.get("bufferView", -1)
    view = views[index] if isinstance(index, int) and 0 <= index < len(views) else {}
    place.need(view.get("target", target) == target, "value", f"view {index} has target {view.get('target')}")
    place.need(target == 34962 or "byteStride" not in view, "value", f"view {index} of indices has a byteStride")


def _check_attributes(gltf: Gltf, attributes: Json, place: Place) -> None:
    accessors = gltf.list("accessors")
    quantized = "KHR_mesh_quantization" in gltf.json.get("extensionsRequired", [])

    def accessor(key: str) -> tuple[Json, np.ndarray | None]:
        index = attributes.get(key)
        if not isinstance(index, int) or not 0 <= index < len(accessors):
            return {}, None
        return accessors[index], gltf.arrays[index]

    position, _ = accessor("POSITION")
    place.need("POSITION" in attributes, "missing", "no POSITION")
    if position:
        at = place / "POSITION"
        right = position.get("type") == "VEC3" and (quantized or position.get("componentType") == 5126)
        at.need(right, "value", "POSITION is VEC3 of float32")
        at.need({"min", "max"} <= position.keys(), "missing", "POSITION has no min and max")
    normal, array = accessor("NORMAL")
    if normal:
        small = (5126, 5120, 5122) if quantized else (5126,)
        right = normal.get("type") == "VEC3" and normal.get("componentType") in small
        (place / "NORMAL").need(right, "value", "NORMAL is VEC3 of float32")
    if normal and array is not None and array.dtype.kind == "f":
        length = np.sqrt((array.astype(np.float64) ** 2).sum(axis=1))
        worst = float(np.abs(length - 1).max())
        (place / "NORMAL").need(worst < 5e-3, "unit-length", f"a normal is {worst:.3g} off 1")
    for key in attributes:
        known = key.split("_")[0] in ("POSITION", "NORMAL", "TANGENT", "TEXCOORD", "COLOR", "JOINTS", "WEIGHTS")
        (place / key).need(known or key.startswith("_"), "value", f"attribute {key} without leading underscore")


def _batch_ids(gltf: Gltf, primitive: Json, batch: int, place: Place) -> list[np.ndarray]:
    """_BATCHID of a primitive in a b3dm: a scalar below BATCH_LENGTH."""
    index = primitive.get("attributes", {}).get("_BATCHID")
    at = place / "attributes" / "_BATCHID"
    if index is None:
        at.need(batch == 0, "missing", f"no _BATCHID, BATCH_LENGTH {batch}")
        return []
    if not 0 <= index < len(gltf.arrays) or gltf.arrays[index] is None:
        return []
    array = gltf.arrays[index]
    at.need(array.shape[1] == 1, "value", "_BATCHID is a scalar")
    at.need(bool((array == np.floor(array)).all()), "value", "_BATCHID is no integer")
    low, high = float(array.min()), float(array.max())
    at.need(low >= 0 and high < max(batch, 1), "batch-range", f"_BATCHID {low:g}…{high:g}, BATCH_LENGTH {batch}")
    return [array.ravel()]


def _metadata(gltf: Gltf, files: Files, name: str, ranges: Ranges) -> list[int] | None:
    """Row counts of the property tables of EXT_structural_metadata; None without the extension."""
    metadata = gltf.json.get("extensions", {}).get("EXT_structural_metadata")
    if metadata is None:
        return None
    place = gltf.place / "extensions" / "EXT_structural_metadata"
    place.need(("schema" in metadata) != ("schemaUri" in metadata), "exclusive", "either schema or schemaUri")
    schema, at = place.get(metadata, "schema", "object"), place / "schema"
    uri = place.get(metadata, "schemaUri", "string")
    if uri is not None:
        found = fetch(files, uri, name, place / "schemaUri")
        at = files.place(place.issues, found[0]) if found else at
        schema = parse_object(found[1], at) if found else None
    sound = schema is not None and check_schema(schema, at, {})
    for key in ("propertyTextures", "propertyAttributes"):
        if key in metadata:
            (place / key).warning("unread", f"{key}: not checked")
    tables = place.objects(metadata, "propertyTables")
    if not sound:  # values cannot be read by it
        return [int(each.get("count", 0)) for each in tables]
    return [
        check_table(each, schema, gltf.views, place / "propertyTables" / i, ranges) for i, each in enumerate(tables)
    ]


def _feature_ids(gltf: Gltf, primitive: Json, vertices: int, tables: list[int] | None, place: Place) -> int:
    """The feature ids of EXT_mesh_features; how many features the first set has."""
    extension = primitive.get("extensions", {}).get("EXT_mesh_features")
    if extension is None:
        return 0
    at = place / "extensions" / "EXT_mesh_features"
    counts = []
    for i, each in enumerate(at.objects(extension, "featureIds", required=True)):
        spot = at / "featureIds" / i
        count = spot.at_least(each, "featureCount", 1, "integer", required=True)
        counts.append(count or 0)
        ids = _ids(gltf, primitive, each, vertices, spot)
        null = spot.at_least(each, "nullFeatureId", 0, "integer")
        table = spot.index(each, "propertyTable", tables or [])
        if ids is None or count is None:
            continue
        distinct = np.unique(ids[ids != null] if null is not None else ids)
        spot.need(len(distinct) == count, "feature-count", f"{len(distinct)} different ids, featureCount {count}")
        if table is not None and len(distinct):
            rows = (tables or [])[table]
            spot.need(distinct[-1] < rows, "feature-range", f"id {distinct[-1]:g}, table of {rows} rows")
    return counts[0] if counts else 0


def _ids(gltf: Gltf, primitive: Json, each: Json, vertices: int, place: Place) -> np.ndarray | None:
    """Ids per vertex: of an attribute, or the vertices' own numbers; None where they stand in a texture."""
    if "texture" in each:
        (place / "texture").warning("unread", "feature ids in a texture: not checked")
        return None
    attribute = place.at_least(each, "attribute", 0, "integer")
    if attribute is None:
        return np.arange(vertices)
    key = f"_FEATURE_ID_{attribute}"
    index = primitive.get("attributes", {}).get(key)
    if not (place / "attribute").need(index is not None, "missing", f"no attribute {key}"):
        return None
    if not 0 <= index < len(gltf.arrays):
        return None
    accessor = gltf.list("accessors")[index]
    right = accessor.get("type") == "SCALAR" and not accessor.get("normalized")
    right &= accessor.get("componentType") in ID_TYPES
    (place / "attribute").need(right, "value", f"{key} is a scalar of uint8, uint16 or float32, not normalized")
    array = gltf.arrays[index]
    if array is None:
        return None
    whole = bool((array == np.floor(array)).all()) and float(array.min()) >= 0
    return array.ravel() if (place / "attribute").need(whole, "value", f"{key} holds no whole numbers") else None


def _vertices(gltf: Gltf) -> np.ndarray:
    """Vertices of all nodes of the scenes in the tile's frame (n, 3), m."""
    nodes = gltf.list("nodes")
    out: list[np.ndarray] = []
    roots = [root for scene in gltf.list("scenes") for root in scene.get("nodes", [])]
    stack = [(root, np.eye(4), frozenset[int]()) for root in roots]
    while stack:
        index, above, path = stack.pop()
        at = gltf.place / "nodes" / index
        if not at.need(0 <= index < len(nodes), "index", f"no node {index}") or not at.need(
            index not in path, "cycle", "a node is its own descendant"
        ):
            continue
        node = nodes[index]
        matrix = above @ _local(node, at)
        stack += [(child, matrix, path | {index}) for child in node.get("children", [])]
        mesh = at.index(node, "mesh", gltf.list("meshes"))
        if mesh is not None:
            out += [_moved(points, matrix) for points in _positions(gltf, gltf.list("meshes")[mesh])]
    points = np.concatenate(out) if out else np.empty((0, 3))
    up = gltf.json.get("asset", {}).get("gltfUpAxis", "Y")
    points = _moved(points, Z_UP) if up == "Y" else points
    return points + np.array(gltf.json.get("extensions", {}).get("CESIUM_RTC", {}).get("center", [0.0, 0, 0]))


def _moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def _positions(gltf: Gltf, mesh: Json) -> list[np.ndarray]:
    out = []
    for primitive in mesh.get("primitives", []):
        index = primitive.get("attributes", {}).get("POSITION", -1)
        if any(name in primitive.get("extensions", {}) for name in UNREAD):
            gltf.place.warning("unread", "Draco: vertices are not decoded")
        array = gltf.arrays[index] if 0 <= index < len(gltf.arrays) else None
        if array is None or array.shape[1] != 3:
            continue
        accessor = gltf.list("accessors")[index]
        points = array.astype(np.float64)
        if accessor.get("normalized"):
            points = np.maximum(points / np.iinfo(COMPONENT_DTYPES[accessor["componentType"]]).max, -1.0)
        out.append(points)
    return out


def _local(node: Json, place: Place) -> np.ndarray:
    """A node's own matrix: given, or translation · rotation · scale."""
    matrix = place.numbers(node, "matrix", 16)
    if matrix is not None:
        place.need(not ({"translation", "rotation", "scale"} & node.keys()), "exclusive", "matrix beside TRS")
        return matrix.reshape(4, 4).T
    out = np.eye(4)
    rotation = place.numbers(node, "rotation", 4)
    scale = place.numbers(node, "scale", 3)
    move = place.numbers(node, "translation", 3)
    if rotation is not None:
        x, y, z, w = rotation
        (place / "rotation").need(abs(float((rotation**2).sum()) - 1) < 1e-5, "unit-length", "no unit quaternion")
        out[:3, :3] = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    if scale is not None:
        out[:3, :3] *= scale
    if move is not None:
        out[:3, 3] = move
    return out
