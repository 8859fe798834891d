"""The checker of 3D Tiles finds every count, length, offset and volume that is changed in a valid tileset."""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import tiny_tileset as tiny
from oracles.gltf_validator import validate_gltf
from oracles.tiles3d import check_tileset, run_check
from oracles.tiles3d.volumes import Box, Region, Sphere, outside_by, to_earth, to_geodetic

Change = Callable[[tiny.Parts], object]


@pytest.mark.parametrize("form", ["1.1", "1.0"])
def test_a_valid_tileset_has_no_issue(tmp_path: Path, form: tiny.Form) -> None:
    found = run_check(tiny.write(tmp_path, form))
    assert found.issues == []
    assert (found.tiles, found.contents, found.features, found.triangles) == (2, 1, 2, 4)


def test_gltf_validator_agrees_that_it_is_valid(tmp_path: Path) -> None:
    for form in ("1.1", "1.0"):
        tiny.write(tmp_path / form, form)  # type: ignore[arg-type]
    report = validate_gltf(sorted(tmp_path.glob("*/near.*")))
    assert [(found["errors"], found["warnings"]) for found in report.values()] == [(0, 0)] * 2


def set_in(*path: str | int, to: object) -> Change:
    """A change of one value of gltf, tileset, feature or batch (path[0])."""

    def change(pieces: tiny.Parts) -> None:
        holder: Any = getattr(pieces, str(path[0]))
        for key in path[1:-1]:
            holder = holder[key]
        if to is KeyError:
            del holder[path[-1]]
        else:
            holder[path[-1]] = to

    return change


PRIMITIVE = ("gltf", "meshes", 0, "primitives", 0)
IDS = (*PRIMITIVE, "extensions", "EXT_mesh_features", "featureIds", 0)
METADATA = ("gltf", "extensions", "EXT_structural_metadata")
CLASS = (*METADATA, "schema", "classes", "surface", "properties")
TABLE = (*METADATA, "propertyTables", 0)
ROOT = ("tileset", "root")
CHILD = (*ROOT, "children", 0)


def _state(pieces: tiny.Parts, both: dict[str, float]) -> None:
    """Statistics of kwh in the tileset."""
    pieces.tileset["schema"] = pieces.gltf["extensions"]["EXT_structural_metadata"]["schema"]
    pieces.tileset["statistics"] = {"classes": {"surface": {"properties": {"kwh": both}}}}


def _state_alone(pieces: tiny.Parts, minimum: float) -> None:
    """A range of kwh, which stands in the binary alone."""
    del pieces.batch["attributes"]
    pieces.tileset["properties"] = {"kwh": {"minimum": minimum, "maximum": 812.5}}


def bytes_of(view: int, at: int, new: bytes) -> Change:
    """A change of bytes within a buffer view."""

    def change(pieces: tiny.Parts) -> None:
        start = pieces.gltf["bufferViews"][view]["byteOffset"] + at
        pieces.binary[start : start + len(new)] = new

    return change


CHANGES_11: dict[str, tuple[Change, str]] = {
    # glTF
    "an index past the vertices": (bytes_of(3, 0, b"\x08\x00"), "index"),
    "a vertex moved, min and max not": (bytes_of(0, 0, struct.pack("<f", -1.0)), "min-max"),
    "a vertex that is no number": (bytes_of(0, 0, struct.pack("<f", np.nan)), "finite"),
    "a normal of length 2": (bytes_of(1, 0, struct.pack("<3f", 0, 0, 2)), "unit-length"),
    "an accessor past its view": (set_in("gltf", "accessors", 0, "count", to=9), "length"),
    "attributes of different length": (set_in("gltf", "accessors", 1, "count", to=7), "count"),
    "a view past the buffer": (set_in("gltf", "bufferViews", 3, "byteLength", to=10**6), "length"),
    "a buffer longer than its chunk": (set_in("gltf", "buffers", 0, "byteLength", to=10**6), "length"),
    "corners that make no triangles": (set_in("gltf", "accessors", 3, "count", to=11), "count"),
    "no such material": (set_in(*PRIMITIVE, "material", to=1), "index"),
    "no such mesh": (set_in("gltf", "nodes", 0, "mesh", to=1), "index"),
    "a node below itself": (set_in("gltf", "nodes", 0, "children", to=[0]), "cycle"),
    "an extension not declared": (set_in("gltf", "extensionsUsed", to=["EXT_mesh_features"]), "extension-undeclared"),
    # EXT_mesh_features
    "too few features": (set_in(*IDS, "featureCount", to=1), "feature-count"),
    "too many features": (set_in(*IDS, "featureCount", to=3), "feature-count"),
    "no such property table": (set_in(*IDS, "propertyTable", to=1), "index"),
    "no such attribute of ids": (set_in(*IDS, "attribute", to=1), "missing"),
    "an id past the table": (bytes_of(2, 28, b"\x09"), "feature-range"),
    # EXT_structural_metadata
    "more rows than values": (set_in(*TABLE, "count", to=3), "length"),
    "no such class": (set_in(*TABLE, "class", to="roof"), "unknown-class"),
    "a property the class lacks": (set_in(*TABLE, "properties", "more", to={"values": 4}), "unknown-property"),
    "a required property without values": (set_in(*TABLE, "properties", "id", to=KeyError), "required"),
    "a view not at a multiple of 8": (set_in("gltf", "bufferViews", 6, "byteOffset", to=252), "alignment"),
    "string offsets that fall": (bytes_of(5, 0, struct.pack("<3I", 0, 11, 10)), "offsets"),
    "string offsets that begin late": (bytes_of(5, 0, struct.pack("<3I", 1, 6, 10)), "offsets"),
    "strings longer than offsets": (bytes_of(5, 8, struct.pack("<I", 9)), "length"),
    "an offset within a character": (bytes_of(5, 4, struct.pack("<I", 8)), "utf-8"),
    "strings that are no UTF-8": (bytes_of(4, 0, b"\xff"), "utf-8"),
    "array offsets that fall": (bytes_of(9, 0, struct.pack("<3I", 0, 4, 3)), "offsets"),
    "array offsets too short": (set_in("gltf", "bufferViews", 9, "byteLength", to=8), "length"),
    "a minimum that is none": (set_in(*TABLE, "properties", "kwh", "min", to=640.0), "min-max"),
    "a value past the class's maximum": (set_in(*CLASS, "kwh", "max", to=800.0), "value-range"),
    "scaled values past the maximum": (set_in(*CLASS, "hours", "max", to=[999.0] * 3), "value-range"),
    "a value that is no number": (bytes_of(6, 0, struct.pack("<f", np.inf)), "finite"),
    "bits behind the last boolean": (bytes_of(11, 0, b"\x06"), "padding"),
    "a value the enum lacks": (bytes_of(12, 0, b"\x02"), "enum-value"),
    "an enum that is none": (set_in(*CLASS, "kind", "enumType", to="sort"), "unknown-enum"),
    "a type that is none": (set_in(*CLASS, "kwh", "type", to="NUMBER"), "value"),
    "normalized floats": (set_in(*CLASS, "kwh", "normalized", to=True), "value"),
    "a scale for an integer not normalized": (set_in(*CLASS, "hours", "normalized", to=False), "value"),
    "a name with a blank": (set_in(*CLASS, "k wh", to={"type": "STRING"}), "name"),
    "noData of another type": (set_in(*CLASS, "kwh", "noData", to="none"), "type"),
    "required and noData": (set_in(*CLASS, "kwh", "required", to=True), "exclusive"),
    "two schemas": (set_in(*METADATA, "schemaUri", to="schema.json"), "exclusive"),
    # Statistics
    "a minimum that no feature has": (lambda pieces: _state(pieces, {"min": 641.0, "max": 812.5}), "statistics"),
    # The tree
    "a child with the larger error": (set_in(*CHILD, "geometricError", to=11.0), "error-grows"),
    "a root with the larger error": (set_in(*ROOT, "geometricError", to=21.0), "error-grows"),
    "a child out of its parent": (set_in(*CHILD, "boundingVolume", "box", 0, to=6.1), "volume-outside"),
    "a box that does not hold its vertices": (set_in(*CHILD, "boundingVolume", "box", 3, to=4.99), "content-outside"),
    "a content's box out of the tile's": (
        set_in(*CHILD, "content", "boundingVolume", to={"box": [5, 0, 1.5, 6, 0, 0, 0, 0.5, 0, 0, 0, 1.5]}),
        "volume-outside",
    ),
    "a skewed box": (set_in(*ROOT, "boundingVolume", "box", 4, to=1.0), "box-skewed"),
    "a sphere too small": (set_in(*CHILD, "boundingVolume", to={"sphere": [5, 0, 1.5, 5.0]}), "content-outside"),
    "a region on the other side": (
        set_in(*CHILD, "boundingVolume", to={"region": [0.5, 0.5, 0.6, 0.6, 0, 9]}), "content-outside"
    ),
    "a tile moved away": (set_in(*CHILD, "transform", to=[*np.eye(4).ravel()[:12], 0, 0, 3, 1.0]), "volume-outside"),
    "a transform that shears time": (set_in(*CHILD, "transform", to=[*np.eye(4).ravel()[:15], 2.0]), "affine"),
    "no such file": (set_in(*CHILD, "content", "uri", to="far.glb"), "uri-unresolved"),
    "a content on the network": (set_in(*CHILD, "content", "uri", to="https://a.example/near.glb"), "uri-remote"),
    "itself as content": (set_in(*CHILD, "content", "uri", to="tileset.json"), "cycle"),
    "a glb in 3D Tiles 1.0": (set_in("tileset", "asset", "version", to="1.0"), "extension-undeclared"),
}  # fmt: skip


def test_true_statistics_have_no_issue(tmp_path: Path) -> None:
    path = tiny.write(tmp_path, "1.1", lambda pieces: _state(pieces, {"min": 640.25, "max": 812.5}))
    assert check_tileset(path) == []
    ranges = {"n": {"minimum": 1, "maximum": 2}}
    assert check_tileset(tiny.write(tmp_path / "b", "1.0", set_in("tileset", "properties", to=ranges))) == []


@pytest.mark.parametrize("what", CHANGES_11)
def test_a_change_in_1_1_is_found(tmp_path: Path, what: str) -> None:
    change, rule = CHANGES_11[what]
    assert rule in {issue.rule for issue in check_tileset(tiny.write(tmp_path, "1.1", change))}


def word(at: int, add: int) -> Callable[[bytearray], object]:
    """Add to the 32-bit number at a byte."""

    def patch(data: bytearray) -> None:
        struct.pack_into("<I", data, at, struct.unpack_from("<I", data, at)[0] + add)

    return patch


CHANGES_10: dict[str, tuple[Change, str]] = {
    "more features than ids": (set_in("feature", "BATCH_LENGTH", to=3), "batch-length"),
    "fewer features than ids": (set_in("feature", "BATCH_LENGTH", to=1), "batch-range"),
    "no BATCH_LENGTH": (set_in("feature", "BATCH_LENGTH", to=KeyError), "missing"),
    "a property too short": (set_in("batch", "id", to=["a"]), "batch-length"),
    "nested attributes too short": (set_in("batch", "attributes", to=[{}]), "batch-length"),
    "a binary property past the body": (set_in("batch", "kwh", "byteOffset", to=16), "length"),
    "a binary property not aligned": (set_in("batch", "kwh", "byteOffset", to=4), "alignment"),
    "an unknown component type": (set_in("batch", "kwh", "componentType", to="REAL"), "value"),
    "no ids": (set_in(*PRIMITIVE, "attributes", "_BATCHID", to=KeyError), "missing"),
    "an id past BATCH_LENGTH": (bytes_of(2, 28, b"\x02"), "batch-range"),
    "an id that no vertex has": (bytes_of(2, 0, bytes(32)), "batch-unused"),
    "a maximum that no feature has": (
        set_in("tileset", "properties", to={"n": {"minimum": 1, "maximum": 3}}),
        "statistics",
    ),
    "a minimum that no binary column has": (lambda pieces: _state_alone(pieces, 0.0), "statistics"),
    "a range of nothing": (set_in("tileset", "properties", to={"x": {"minimum": 1, "maximum": 3}}), "statistics"),
    "nested attributes that differ": (set_in("batch", "attributes", to=[{"kwh": 812.5}, {"kwh": 1.0}]), "batch-values"),
    "a centre elsewhere": (set_in("feature", "RTC_CENTER", to=[0, 0, 7]), "content-outside"),
}


def test_a_true_range_of_a_binary_column_has_no_issue(tmp_path: Path) -> None:
    assert check_tileset(tiny.write(tmp_path, "1.0", lambda pieces: _state_alone(pieces, 640.25))) == []


@pytest.mark.parametrize("what", CHANGES_10)
def test_a_change_in_1_0_is_found(tmp_path: Path, what: str) -> None:
    change, rule = CHANGES_10[what]
    assert rule in {issue.rule for issue in check_tileset(tiny.write(tmp_path, "1.0", change))}


@pytest.mark.parametrize("add", [1, -1, 8, -8])
@pytest.mark.parametrize("at", range(4, 28, 4))
def test_every_number_in_a_b3dm_header_matters(tmp_path: Path, at: int, add: int) -> None:
    def patch(data: bytearray) -> None:
        value = struct.unpack_from("<I", data, at)[0] + add
        struct.pack_into("<I", data, at, value if value >= 0 else 2**32 + value)

    assert check_tileset(tiny.write(tmp_path, "1.0", patch=patch))


@pytest.mark.parametrize("add", [1, -1, 4, -4])
@pytest.mark.parametrize("at", [4, 8, 12, 16])
def test_every_number_in_a_glb_header_matters(tmp_path: Path, at: int, add: int) -> None:
    patch = word(at, add if at != 4 else abs(add))
    assert check_tileset(tiny.write(tmp_path, "1.1", patch=patch))


def numbers_in(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of all numbers in JSON."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers_in(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from numbers_in(item, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


# Numbers that may be others without the file being wrong: a colour, physical meaning, a looser volume or error, and
# names of enum values that no row bears.
FREE = {"metallicFactor", "noData", "scale", "geometricError", "value", "transform"}


def test_every_count_length_offset_and_index_in_a_glb_matters(tmp_path: Path) -> None:
    unseen = []
    for path in numbers_in(tiny.parts("1.1").gltf):
        for add in (1, -1):
            value: Any = tiny.parts("1.1").gltf
            for key in path:
                value = value[key]
            if FREE & set(path) or (path[0] == "nodes"):
                continue
            found = check_tileset(tiny.write(tmp_path, "1.1", set_in("gltf", *path, to=value + add)))
            if not any(issue.severity == "error" for issue in found):
                unseen.append(("/".join(map(str, path)), add))
    # A view of vertices may take in padding; that of the ids, 4 bytes apart, may leave the last padding out.
    assert unseen == [(f"bufferViews/{i}/byteLength", add) for i, add in ((0, 1), (1, 1), (2, 1), (2, -1), (3, 1))]


def test_volumes_may_be_loose_but_not_tight(tmp_path: Path) -> None:
    for axis in (3, 7, 11):
        for place in (CHILD, ROOT):
            box = copy.deepcopy(tiny.BOX) if place is CHILD else [5.0, 0, 1.5, 6.0, 0, 0, 0, 1.0, 0, 0, 0, 2.0]
            box[axis] *= 0.49
            change = set_in(*place, "boundingVolume", "box", to=box)
            rules = {issue.rule for issue in check_tileset(tiny.write(tmp_path, "1.1", change))}
            assert rules <= {"content-outside", "volume-outside"}
            # The walls are flat: no thickness can be too small for them.
            assert rules or (place is CHILD and axis == 7)


def test_bytes_flipped_at_random_never_stop_the_checker(tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    for form in ("1.1", "1.0"):
        for _ in range(75):

            def patch(data: bytearray) -> None:
                data[int(generator.integers(4, len(data)))] ^= 1 << int(generator.integers(8))

            check_tileset(tiny.write(tmp_path, form, patch=patch))  # type: ignore[arg-type]


def test_a_stray_file_is_told(tmp_path: Path) -> None:
    path = tiny.write(tmp_path, "1.1")
    (tmp_path / "old.glb").write_bytes(b"")
    assert [(issue.file, issue.rule) for issue in check_tileset(path)] == [("old.glb", "stray")]
    assert check_tileset(path, whole_folder=False) == []


# Implicit tiling: a root with one child of four, content in the child.


def implicit_tileset(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
    """A quadtree over the two walls: the root and its tile (1, 0), which holds wall 1 after moving it there."""
    path = tiny.write(folder, "1.1")
    tileset = json.loads(path.read_text(encoding="utf-8"))
    root = tileset["root"]
    del root["children"]
    root["boundingVolume"] = {"box": [0, 0, 1.5, 20, 0, 0, 0, 1, 0, 0, 0, 1.5]}
    root["content"] = {"uri": "{level}-{x}-{y}.glb"}
    subtrees = {"uri": "{level}-{x}-{y}.subtree"}
    tiling = {"subdivisionScheme": "QUADTREE", "subtreeLevels": 2, "availableLevels": 2, "subtrees": subtrees}
    root["implicitTiling"] = tiling
    path.write_text(json.dumps(tileset), encoding="utf-8")
    (folder / "near.glb").rename(folder / "1-1-0.glb")
    tree = {
        "buffers": [{"byteLength": 9}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 1},
            {"buffer": 0, "byteOffset": 8, "byteLength": 1},
        ],
        "tileAvailability": {"bitstream": 0, "availableCount": 2},
        "contentAvailability": [{"bitstream": 1, "availableCount": 1}],
        "childSubtreeAvailability": {"constant": 0},
    }
    change(tree)
    (folder / "0-0-0.subtree").write_bytes(tiny.subtree(tree, bytes([0b00101, *[0] * 7, 0b00100])))
    return path


def test_an_implicit_tiling_is_walked(tmp_path: Path) -> None:
    # The walls stand at y 0, on the border of both rows: half the tile's depth is 0.5 around y -0.5.
    found = run_check(implicit_tileset(tmp_path))
    assert found.issues == []
    assert (found.contents, found.features) == (1, 2)


SUBTREE_CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a wrong count": (lambda tree: tree["tileAvailability"].update(availableCount=3), "count"),
    "a content without tile": (
        lambda tree: tree["contentAvailability"].__setitem__(0, {"constant": 1}),
        "availability",
    ),
    "no root": (lambda tree: tree["tileAvailability"].update(bitstream=1, availableCount=1), "availability"),
    "a level too many": (lambda tree: tree.update(childSubtreeAvailability={"constant": 1}), "availability"),
    "a view past the buffer": (lambda tree: tree["bufferViews"][1].update(byteLength=9), "length"),
    "bits too many": (lambda tree: tree["bufferViews"][0].update(byteLength=2), "length"),
    "a view not at a multiple of 8": (lambda tree: tree["bufferViews"][1].update(byteOffset=4), "alignment"),
    "no child subtrees": (lambda tree: tree.pop("childSubtreeAvailability"), "missing"),
}


@pytest.mark.parametrize("what", SUBTREE_CHANGES)
def test_a_change_in_a_subtree_is_found(tmp_path: Path, what: str) -> None:
    change, rule = SUBTREE_CHANGES[what]
    assert rule in {issue.rule for issue in check_tileset(implicit_tileset(tmp_path, change))}


# Volumes, against pyproj and against points


def test_geodetic_places_agree_with_proj() -> None:
    from pyproj import Transformer

    generator = np.random.default_rng(3)
    lon, lat = np.radians(generator.uniform(-180, 180, 200)), np.radians(generator.uniform(-89.99, 89.99, 200))
    height = generator.uniform(-100, 9000, 200)
    earth = to_earth(lon, lat, height)
    expected = Transformer.from_crs(4979, 4978, always_xy=True).transform(np.degrees(lon), np.degrees(lat), height)
    assert np.abs(earth - np.stack(expected, axis=1)).max() < 1e-6
    back = to_geodetic(earth)
    assert np.abs(back[2] - height).max() < 1e-6
    assert np.abs(np.stack(back[:2]) - np.stack([lon, lat])).max() < 1e-12


def test_a_volume_holds_another_where_it_holds_its_points() -> None:
    generator = np.random.default_rng(5)
    box = Box(np.zeros(3), np.diag([4.0, 3.0, 2.0]))
    for _ in range(100):
        turn = np.linalg.qr(generator.normal(size=(3, 3)))[0]
        small = Box(generator.uniform(-2, 2, 3), turn * generator.uniform(0.1, 1.5, (3, 1)))
        inside = small.centre + generator.uniform(-1, 1, (500, 3)) @ small.half
        beyond = outside_by(small, box)
        assert box.beyond(inside) <= beyond + 1e-12
        ball = Sphere(small.centre, 1.0)
        exact = max(float((np.abs(ball.centre) - [4, 3, 2]).max()) + 1.0, -np.inf)
        assert outside_by(ball, box) == pytest.approx(exact)
    earth = Region(np.array([0.14, 0.87, 0.15, 0.88, 0.0, 100.0]))
    inner = Region(np.array([0.141, 0.871, 0.149, 0.879, 1.0, 99.0]))
    assert outside_by(inner, earth) < 0 < outside_by(earth, inner)
    around = earth.samples()
    centre = around.mean(axis=0)
    ball = Sphere(centre, float(np.sqrt(((around - centre) ** 2).sum(axis=1)).max()))
    assert outside_by(inner, ball) < 0 < outside_by(ball, earth)
