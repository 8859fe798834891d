"""The checker tells the valid from the invalid samples of the reference validator, each by the defect that it names.

``data/tiles3d/samples.json`` gives for every sample the rules that it breaks, warnings with a question mark; an empty
list is a valid one. It was compared with the samples' names, their READMEs and what the reference validator's own tests
expect. Where a sample breaks a second rule besides the one it is named for, both stand there.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from oracles.tiles3d import Check, run_check
from oracles.tiny_tileset import subtree

EXPECTED: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "tiles3d" / "samples.json").read_text(encoding="utf-8")
)
# Samples named valid which are not by the letter. The first two groups say no `refine` in the root tile, which "is
# required for the root tile of a tileset"; in the last a b3dm's byteLength is no multiple of 8.
BREAKS_A_RULE_ALL_THE_SAME = {
    "tilesets/validTilesetWithTileMetadata.json": {"refine-missing"},
    **{f"Samples/PaddingIssues/tileset{letter}.json": {"refine-missing"} for letter in "BDE"},
    **{f"Samples/TilesetOfTilesets/tileset{name}.json": {"alignment"} for name in ("", "2", "3/tileset3")},
}
# The vertices of these valid samples lie outside their tiles' boxes: they were written to test other things.
OUTSIDE = {
    "tilesets/tileContentBoundingVolumeWithRotationTransform.json",
    "tilesets/validTilesetWithValidB3dm.json",
    "tilesets/validTilesetWithValidCmptWithGlbInfo.json",
}

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def samples(shared_data: Path) -> Path:
    return shared_data / "tiles3d" / "validator_specs"


def check(path: Path, semantics: Path | None = None) -> Check:
    return run_check(path, enclosed=False, whole_folder=False, semantics=semantics)


def rules(found: Check) -> list[str]:
    return sorted({issue.rule + ("?" if issue.severity == "warning" else "") for issue in found.issues})


def test_every_sample_breaks_the_rules_that_its_name_tells(samples: Path) -> None:
    names = {path.relative_to(samples).as_posix() for path in samples.rglob("*.json")}
    names |= {path.relative_to(samples).as_posix() for path in (samples / "tilesets" / "packages").glob("*.3*")}
    assert names == set(EXPECTED)
    found = {name: rules(check(samples / name)) for name in EXPECTED}
    assert {name: got for name, got in found.items() if got != EXPECTED[name]} == {}


def test_named_valid_and_named_invalid_are_told_apart() -> None:
    """By name alone: 'valid…' with nothing invalid behind it has no error, everything else has one or a warning."""
    for name, broken in EXPECTED.items():
        errors = {rule for rule in broken if not rule.endswith("?")}
        stem = name.rsplit("/", 1)[1].split(".")[0]
        promised = stem.removeprefix("valid")
        if stem.startswith("valid") and not any(word in promised for word in ("Invalid", "Error", "Unresolvable")):
            if not stem.endswith("ValidSchemaFromUri"):  # its schema is not among the samples: see below
                assert errors == BREAKS_A_RULE_ALL_THE_SAME.get(name, set()), name
        elif any(word in name for word in ("Invalid", "WithError", "Missing", "NotInRange", "Mismatch", "Cycle")):
            assert errors or broken == ["semantic-unknown?"], name
    for name, known in BREAKS_A_RULE_ALL_THE_SAME.items():
        assert set(EXPECTED[name]) == known


def test_padding_issues_differ_by_their_padding(samples: Path) -> None:
    """As the samples' README says: A is not aligned, C has bytes behind its buffer, the others are well."""
    found = {
        letter: rules(check(samples / "Samples" / "PaddingIssues" / f"tileset{letter}.json")) for letter in "ABCDE"
    }
    extra = {letter: [rule for rule in got if rule != "refine-missing"] for letter, got in found.items()}
    assert extra == {"A": ["alignment"], "B": [], "C": ["bin-padding?"], "D": [], "E": []}


def test_custom_semantics_are_told_apart_where_their_schema_is_given(samples: Path) -> None:
    schema = samples / "tilesets" / "customSemanticsSchema.json"
    right = check(samples / "tilesets" / "validTilesetWithCustomSemantics.json", schema)
    wrong = check(samples / "tilesets" / "validTilesetWithCustomSemanticsWithInvalidType.json", schema)
    assert rules(right) == []
    assert [issue.rule for issue in wrong.issues] == ["semantic", "semantic"]


def test_implicit_samples_are_told_apart_where_their_subtrees_are_there(samples: Path, tmp_path: Path) -> None:
    """The samples name subtrees that they do not bring: with some, only the named defect is left."""
    for path in (samples / "tilesets").glob("implicitTiling*.json"):
        shutil.copyfile(path, tmp_path / path.name)
    tree = {
        "tileAvailability": {"constant": 1},
        "contentAvailability": [{"constant": 0}],
        "childSubtreeAvailability": {"constant": 0},
    }
    (tmp_path / "example-0-0-0.subtree").write_bytes(subtree({**tree}))
    with_content = rules(check(tmp_path / "implicitTilingRootWithMetadata.json"))
    del tree["contentAvailability"]
    (tmp_path / "example-0-0-0.subtree").write_bytes(subtree(tree))
    valid = check(tmp_path / "implicitTilingValid.json")
    assert (valid.issues, valid.tiles, with_content) == ([], 22, ["implicit-root"])  # 1 + 4 + 16 and the root again
    for path in tmp_path.glob("implicitTiling*.json"):
        if path.name != "implicitTilingValid.json":
            assert {issue.severity for issue in check(path).issues} == {"error"}, path.name


def test_schemas_by_uri_are_told_apart_where_they_are_there(samples: Path, tmp_path: Path) -> None:
    """The two schemas are not among the samples; these are such as their names say."""
    (tmp_path / "tilesets").mkdir()
    (tmp_path / "schemas").mkdir()
    for name in ("Valid", "Invalid"):
        file = f"validTilesetWith{name}SchemaFromUri.json"
        shutil.copyfile(samples / "tilesets" / file, tmp_path / "tilesets" / file)
    number = {"type": "SCALAR", "componentType": "INT16"}
    classes = {"classes": {"exampleClass": {"properties": {"examplePropertyInt16": number}}}}
    (tmp_path / "schemas" / "validSchema.json").write_text(json.dumps({"id": "a", **classes}), encoding="utf-8")
    (tmp_path / "schemas" / "schemaIdMissing.json").write_text(json.dumps(classes), encoding="utf-8")
    outside = "uri-outside?"  # they lie beside the tileset's folder, not in it
    assert rules(check(tmp_path / "tilesets" / "validTilesetWithValidSchemaFromUri.json")) == [outside]
    assert rules(check(tmp_path / "tilesets" / "validTilesetWithInvalidSchemaFromUri.json")) == ["missing", outside]


def test_vertices_lie_in_their_volumes_where_the_samples_lie_on_earth(samples: Path) -> None:
    found = run_check(samples / "Samples" / "TilesetOfTilesets" / "tileset.json")
    assert {issue.rule for issue in found.issues} == {"alignment"}
    assert (found.tiles, found.contents, found.features, found.triangles) == (7, 7, 50, 600)
    valid = {name for name, broken in EXPECTED.items() if not broken and name.endswith(".json")}
    outside = {name for name in valid if run_check(samples / name, whole_folder=False).rules}
    assert outside == OUTSIDE


def test_every_file_of_the_samples_is_read(samples: Path) -> None:
    """But notes, pictures of other formats, and one that no tileset names."""
    seen: set[Path] = set()
    for name in EXPECTED:
        path = samples / name
        seen.add(path.resolve())
        if path.suffix == ".json":
            seen |= {(path.parent / file).resolve() for file in check(path).files}
    left = {p.relative_to(samples).as_posix() for p in samples.rglob("*") if p.is_file() and p.resolve() not in seen}
    text = {name for name in left if name.endswith((".md", ".txt"))}
    assert left - text == {
        "Samples/PaddingIssues/llE.b3dm",  # tilesetE names llD, which is the same file
        "tilesets/tiles/geojson/lineString.geojson",
        "tilesets/tiles/geom/content.geom",
        "tilesets/tiles/vctr/parent.vctr",
    }
