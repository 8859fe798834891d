"""Real and deliberately odd CityJSON of others: figures measured by another program, the conformance corpus, and the
validator's own test files, each with the outcome expected of it (cityjson_expected.json)."""

from __future__ import annotations

import ast
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from io_citygml.buffers import SurfaceBuffer
from io_citygml.cityjson import read_cityjson
from io_citygml.cityjson_place import JsonPlace
from io_citygml.cityjson_vertices import apply, read_transform, read_vertices
from io_citygml.errors import CityModelError
from io_citygml.model import CityModel, SurfaceKind
from io_citygml.read import read_city
from io_citygml.repair import SkipReason

EXPECTED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "cityjson_expected.json").read_text(encoding="utf-8")
)  # fmt: skip
# The manifest gives areas to 0.1 m² and counts polygons per class.
TOLERANCE, ROUNDING_M2 = 1e-3, 0.05
KINDS = {"RoofSurface": "ROOF", "WallSurface": "WALL", "GroundSurface": "GROUND"}
# Defects this reader enters itself; those of the polygons are the matter of other tests.
OF_THE_READER = frozenset(
    {"duplicate JSON key", "number that JSON does not know", "unknown object type", "object without type"}
    | {"semantics do not fit the boundaries", "geometry without lod", "unused vertices", "vertices are not integers"}
    | {"unknown child", "unknown parent", "unlinked child", "feature without id", "attribute is not a number"}
    | {"attribute out of range", "duplicate id"}
)
# A lone feature is no file: nothing says its transform. The corpus has it as a part of a stream.
PARTS = {"cityjsonfeature_minimal": "without a header"}


def given(name: str) -> str | None:
    """--crs of a file; the Swiss and the Japanese one name their own, far from the Netherlands."""
    return None if name.startswith(("zurich", "japanese")) else "EPSG:28992"


def outcome(path: Path) -> dict[str, Any]:
    """What became of a file, and what the reader found in it before any polygon was looked at."""
    try:
        report = read_city([path], crs=given(path.name)).report
    except CityModelError as error:
        assert error.file == str(path) and error.remedy
        place = (f"line {error.line}: " if error.line else "") + (f"{error.gml_id}: " if error.gml_id else "")
        return {"refused": place + error.problem}
    buffer = SurfaceBuffer()
    buffer.files.append(path.name)
    with path.open("rb") as stream:
        read_cityjson(stream, path.name, buffer)
    found: dict[str, Any] = {
        "format": report.files[0].format,
        "objects": dict(sorted(report.objects.items())),
        "polygons": buffer.n_surfaces,
        "area_read_m2": round(report.area_read_m2, 1),
        "skipped": {why.name: sum(len(part) for part, reason in buffer.skipped if reason == why) for why in SkipReason},
        "not_read": dict(sorted(report.not_read.items())),
        "defects": {kind: n for kind, n in report.defect_counts().items() if kind in OF_THE_READER},
    }
    found["skipped"] = {name: number for name, number in found["skipped"].items() if number}
    return {label: value for label, value in found.items() if value or label == "polygons"}


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith("cjval/")])
@pytest.mark.shared
def test_files_of_the_validator(shared_data: Path, name: str) -> None:
    assert outcome(shared_data / "bad-input" / name) == EXPECTED[name]


@pytest.mark.shared
def test_every_file_of_the_validator_has_an_expected_outcome(shared_data: Path) -> None:
    names = {f"cjval/{path.name}" for path in (shared_data / "bad-input" / "cjval").iterdir()}
    assert names == {name for name in EXPECTED if name.startswith("cjval/")}


@pytest.mark.parametrize("name", [name for name in EXPECTED if not name.startswith("cjval/")])
def test_files_beside_the_tests(name: str) -> None:
    assert outcome(Path(__file__).parents[1] / "data" / "cityjson" / name) == EXPECTED[name]


def cases(shared_data: Path) -> list[tuple[dict[str, Any], Path]]:
    """Invariants and file of every case of the conformance corpus."""
    found = []
    for path in sorted((shared_data / "cityjson" / "conformance_corpus").rglob("invariants.json")):
        invariants = json.loads(path.read_text(encoding="utf-8"))
        found.append((invariants, next(item for item in path.parent.iterdir() if item != path)))
    return found


@pytest.mark.shared
def test_conformance_positive_is_read_negative_refused(shared_data: Path) -> None:
    number = {"positive": 0, "negative": 0}
    for invariants, path in cases(shared_data):
        number[invariants["kind"]] += 1
        wanted = PARTS.get(invariants["id"])
        if invariants["kind"] == "negative" or wanted:
            with pytest.raises(CityModelError, match=wanted or "."):
                read_city([path], crs="EPSG:28992")
        else:
            read_city([path], crs="EPSG:28992")
    assert number == {"positive": 34, "negative": 4}


def positive(shared_data: Path, *checks: str) -> list[tuple[dict[str, Any], CityModel]]:
    """Document and model of the cases that state one of some checks."""
    found = []
    for invariants, path in cases(shared_data):
        if {check["id"] for check in invariants["checks"]} & set(checks):
            found.append((json.loads(path.read_text(encoding="utf-8")), read_city([path], crs="EPSG:28992")))
    assert found
    return found


@pytest.mark.shared
def test_conformance_objects_and_their_hierarchy(shared_data: Path) -> None:
    checks = ("cityobject_structure_preserved", "cityobject_hierarchy_resolved", "cityobject_extension_type_preserved")
    for document, model in positive(shared_data, *checks):
        objects = document["CityObjects"]
        assert {item.id: item.type for item in model.objects} == {key: item["type"] for key, item in objects.items()}
        for item in model.objects:
            above = [key for key in objects[item.id].get("parents", []) if objects[key]["type"] != "CityObjectGroup"]
            assert (model.objects[item.parent].id if item.parent >= 0 else None) == (above[0] if above else None)


@pytest.mark.shared
def test_conformance_semantics(shared_data: Path) -> None:
    """Each class counts once for every semantic surface that a face refers to."""
    checks = ("geometry_semantics_preserved", "semantic_surface_preserved", "semantic_extension_type_preserved")
    for document, model in positive(shared_data, *checks):
        wanted: dict[str, int] = {}
        for item in document["CityObjects"].values():
            for geometry in item["geometry"]:
                if not geometry["type"].startswith(("MultiPoint", "MultiLine")):
                    used = set(re.findall(r"\d+", json.dumps(geometry["semantics"]["values"])))
                    for number in used:
                        label = geometry["semantics"]["surfaces"][int(number)]["type"]
                        wanted[label] = wanted.get(label, 0) + 1
        assert model.report.boundary_surfaces == wanted


@pytest.mark.shared
def test_conformance_coordinates(shared_data: Path) -> None:
    """Against exact decimal arithmetic: less than a tenth of a millimetre off, as the corpus wants it."""
    checked = 0
    for invariants, path in cases(shared_data):
        if not {"coordinates_precision_roundtrip", "coordinates_preserved"} & {c["id"] for c in invariants["checks"]}:
            continue
        document = json.loads(path.read_text(encoding="utf-8"))
        exact = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        place = JsonPlace(SurfaceBuffer(), path.name)
        transform = read_transform(document, "2.0", place)
        found = apply(transform, read_vertices(document["vertices"], "vertices", place)[0])
        scale, shift = exact["transform"]["scale"], exact["transform"]["translate"]
        wanted = [
            [float(Decimal(v) * Decimal(s) + Decimal(t)) for v, s, t in zip(vertex, scale, shift, strict=True)]
            for vertex in exact["vertices"]
        ]
        tolerance = 1e-9 if "wgs84" in path.name else 1e-4  # degrees there
        assert np.abs(found - np.array(wanted)).max() < tolerance
        checked += 1
    assert checked == 7


FILES = (
    "delft.city.json.gz",
    "zurich_subset_lod2.city.json.gz",
    "rotterdam_subset.city.json",
    "DH_01_subs.city.json",
    "lod2_buildings_as_CityJSON_features.jsonl",
    "twobuildings.city.json",
    "3dbag_b2.city.jsonl",
)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.shared
def test_figures_of_another_program(shared_data: Path, name: str) -> None:
    section = (shared_data / "MANIFEST.md").read_text(encoding="utf-8").split("\n### cityjson\n", 1)[1]
    found = re.search(rf"\*\*`{re.escape(name)}`\*\*.*?\nMeasured: ([^\n]*)", section, re.DOTALL)
    assert found is not None
    objects, classes, area = (
        ast.literal_eval(re.findall(rf"{label} (\{{.*?\}})", found[1])[0]) for label in ("obj", "sem", "area")
    )
    report = read_city([shared_data / "cityjson" / name], crs=given(name)).report
    assert report.objects == objects and not report.not_read and not report.skipped_polygons
    assert sum(report.polygons.values()) == sum(classes.values())
    assert report.area_read_m2 == pytest.approx(sum(area.values()), rel=TOLERANCE)
    for label, square_metres in area.items():
        kind = KINDS.get(label.partition("/")[0])
        if kind:
            assert report.polygons[kind] == classes[label.partition("/")[0]]
            assert report.area_m2[kind] == pytest.approx(square_metres, rel=TOLERANCE, abs=ROUNDING_M2)


def polygons(model: CityModel) -> dict[str, list[tuple[int, tuple[tuple[float, ...], ...]]]]:
    """Per object its polygons as (kind, points from the least one on, in millimetres), sorted."""
    found: dict[str, list[tuple[int, tuple[tuple[float, ...], ...]]]] = {item.id: [] for item in model.objects}
    for surface in range(model.n_surfaces):
        ring = model.surface_ring[surface]
        points = np.round(model.coords[model.ring_start[ring] : model.ring_start[ring + 1]], 3).tolist()
        least = points.index(min(points))
        around = tuple(map(tuple, points[least:] + points[:least]))
        found[model.objects[model.object[surface]].id].append((int(model.kind[surface]), around))
    return {name: sorted(faces) for name, faces in found.items()}


@pytest.mark.shared
def test_hundred_houses_equal_their_citygml(shared_data: Path) -> None:
    """The same hundred houses as CityGML 3.0: object by object the same polygons, point by point."""
    sequence = read_city([shared_data / "cityjson" / "lod2_buildings_as_CityJSON_features.jsonl"], crs="EPSG:25832")
    assert sequence.report.objects == {"Building": 100} and sequence.n_surfaces == 700
    assert sequence.report.area_m2 == pytest.approx({"GROUND": 4800.0, "ROOF": 9582.4, "WALL": 16460.0}, abs=0.05)
    gml = read_city([shared_data / "citygml" / "v3" / "lod2_buildings_v3.gml.gz"], crs="EPSG:25832")
    assert polygons(sequence) == polygons(gml)
    assert {*gml.kind.tolist()} == {SurfaceKind.GROUND, SurfaceKind.ROOF, SurfaceKind.WALL}
    assert set(sequence.boundary_id) == set(gml.boundary_id)
