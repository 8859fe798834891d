"""Every sample file through the reader, beside what another program measured in it (MANIFEST.md of the sample data).

    python benchmarks/formats.py                     Markdown tables, for docs/validation.md
    python benchmarks/formats.py --json out.json     also write all figures with machine and commit
    python benchmarks/formats.py --quick             the small files alone

Compared are objects, polygons, the area of every kind of surface that the file names itself, and the area of all the
rest (what has no class, what a level of detail or a footprint repeats, relief); within 0.1 % or the manifest's own
rounding. A difference stands in EXPLAINED with its reason, or the run ends with exit code 1.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import re
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.machine import ROOT, machine

sys.path.insert(0, str(ROOT / "tests"))

from oracles.manifest import Entry, Measured, agrees, entries, measured, rest, thematic

from io_citygml.errors import CityModelError
from io_citygml.model import CityModel, SurfaceKind
from io_citygml.polygon import surface_areas
from io_citygml.read import read_city
from io_citygml.repair import SurfaceFlag

SHARED = ROOT.parent / "shared" / "data"
FOLDERS = ("citygml/", "cityjson", "terrain/")
QUICK_BYTES = 40_000
# The manifest gives heights to a centimetre.
HEIGHT_ROUNDING_M = 0.005
# Files that name no system, or one of their own: what the user would say. Local ones get any, and the defect with it.
GIVEN_CRS = {
    "rotterdam_subset.city.json": "EPSG:28992",
    "DH_01_subs.city.json": "EPSG:28992",
    "multi_lod.city.json": "EPSG:28992",
    "twobuildings.city.json": "EPSG:32633",
    "lod2_buildings_as_CityJSON_features.jsonl": "EPSG:25833",
    "Building_LOD1-LocalEngineeringCRS.gml": "EPSG:25832",
    "LocalCRS_CityGML3.gml": "EPSG:25832",
    "conformance": "EPSG:7415",
}
# File → why a figure is not the manifest's, or why a case of the conformance corpus ends otherwise.
EXPLAINED: dict[str, str] = {
    "lod3_ingolstadt/4018148.xml.gz": "two of the 25 polygons without area repeat an earlier one of their object and "
    "are left out; a vertical balcony panel without a class is tilted 0.01° downward, and the manifest looks at "
    "surfaces that the file calls roof",
    "lod3_c4j/lod3_building_v2.gml.gz": "12 lie upside down; 13 are vertical eave boards tilted by less than 0.14°, "
    "whose sign hangs on rounding",
    "plateau_tokyo/53394517_bldg_6697_2_op_CityGML2.gml.gz": "the manifest's are square degrees; the ground surface "
    "has 2,869.7 m² on the ellipsoid (pyproj.Geod), UTM's scale there makes it 0.05 % less",
    "plateau_tokyo/53394517_bldg_6697_2_op_CityGML3.gml.gz": "as in the CityGML 2.0 file, whose areas it has",
    "terrain/small/tin-example.gml": "the triangle without area has no coordinates at all: left out and counted",
    "cityjsonfeature_minimal.city.jsonl": "a feature without the header line that says where its coordinates lie",
}


class Row(NamedTuple):
    """One file of the table."""

    file: str
    format: str
    crs: str
    objects: dict[str, int]
    surfaces: int
    area_m2: dict[str, float]
    defects: dict[str, int]
    seconds: float
    differences: list[str]
    error: str


def compared(entry: Entry, expected: Measured) -> Row:
    """Read one file and hold it against its figures."""
    name = f"{entry.folder.removeprefix('citygml/')}/{entry.path.name}"
    began = time.perf_counter()
    try:
        model = read_city([entry.path], crs=GIVEN_CRS.get(entry.path.name), examine=True)
    except CityModelError as error:
        return Row(name, "", "", {}, 0, {}, {}, 0.0, ["not read"], str(error))
    seconds = time.perf_counter() - began
    report = model.report
    return Row(
        name,
        report.files[0].format,
        f"{model.crs.text} → {model.crs.horizontal}{' + ' + model.crs.vertical if model.crs.vertical else ''}",
        dict(report.objects),
        sum(report.polygons.values()),
        dict(report.area_m2),
        report.defect_counts(),
        seconds,
        differences(model, expected),
        "",
    )


def differences(model: CityModel, expected: Measured) -> list[str]:
    """What is not equal, in words."""
    report = model.report
    out: list[str] = []
    # the manifest calls CityJSONSeq CityJSON too
    if report.files[0].format.replace("Seq", "") != expected.format:
        out.append(f"format {report.files[0].format}, not {expected.format}")
    for name, count in expected.objects.items():
        if report.objects.get(name, 0) != count:
            out.append(f"{name} {report.objects.get(name, 0)}, not {count}")
    polygons = sum(report.polygons.values()) + sum(report.skipped_polygons.values())
    if polygons != expected.polygons:
        out.append(f"{polygons} polygons, not {expected.polygons}")
    if expected.geographic:
        return [*out, "area not compared"]
    ours = thematic_areas(model)
    theirs = thematic(expected.area_m2)
    for kind in sorted(set(ours) | set(theirs)):
        if not agrees(ours.get(kind, 0.0), theirs.get(kind, 0.0)):
            out.append(f"{kind.lower()} {ours.get(kind, 0.0):.1f} m², not {theirs.get(kind, 0.0):.1f}")
    other, expected_other = report.area_read_m2 - sum(ours.values()), rest(expected.area_m2)
    if not agrees(other, expected_other, 1 + len(expected.area_m2)):
        out.append(f"without a class {other:.1f} m², not {expected_other:.1f}")
    for flag, count in (("DEGENERATE", expected.zero_area), ("DOWNWARD_ROOF", expected.downward)):
        if count is not None and report.flags.get(flag, 0) != count:
            out.append(f"{flag.lower().replace('_', ' ')} {report.flags.get(flag, 0)}, not {count}")
    return out


def thematic_areas(model: CityModel) -> dict[str, float]:
    """Area per kind [m²] of the surfaces whose kind the file names."""
    named = (model.flags & SurfaceFlag.CLASSIFIED_BY_NORMAL) == 0
    area = surface_areas(model)
    out = {kind.name: float(area[named & (model.kind == kind)].sum()) for kind in SurfaceKind if kind}
    return {name: value for name, value in out.items() if value > 0}


def conformance(shared: Path) -> list[dict[str, str]]:
    """The CityJSON conformance corpus: each case read or refused, as its invariants ask."""
    out: list[dict[str, str]] = []
    for case in sorted((shared / "cityjson" / "conformance_corpus").rglob("invariants.json")):
        expected = json.loads(case.read_text(encoding="utf-8")).get("expected_result", "read")
        file = next(path for path in sorted(case.parent.iterdir()) if path.name != case.name)
        try:
            model = read_city([file], crs=GIVEN_CRS["conformance"])
            result, note = "read", f"{len(model.objects)} objects, {model.n_surfaces} surfaces"
        except CityModelError as error:
            result, note = "reject", error.problem
        out.append({"file": file.name, "expected": expected, "result": result, "note": note})
    return out


def grounds(shared: Path) -> list[dict[str, Any]]:
    """The terrain files: what `heliotwin inspect` finds, and whether the manifest's heights lie within its error."""
    from twin.terrain.inspection import inspect_terrain

    out: list[dict[str, Any]] = []
    for entry in entries(shared):
        if not entry.folder.startswith("terrain/") or measured(entry.line):
            continue
        began = time.perf_counter()
        found = inspect_terrain([entry.path], None)
        seconds = time.perf_counter() - began
        file, ground = found["terrain_files"][0], found["terrain"]
        heights = re.search(r"\bz (?:min )?([\d.]+)(?: max |…)([\d.]+)", entry.line)
        ours = (ground["low_m"][2], ground["high_m"][2])
        off = max(abs(a - float(b)) for a, b in zip(ours, heights.groups(), strict=True)) if heights else None
        out.append(
            {
                "file": entry.path.name,
                "format": file["format"],
                "crs": file["crs"],
                "samples": ground.get("samples"),
                "heights_m": ours,
                "triangles": ground["triangles"],
                "largest_error_m": ground["largest_error_m"],
                "off_manifest_m": off,
                "equal": off is None or off <= ground["largest_error_m"] + HEIGHT_ROUNDING_M,
                "seconds": seconds,
            }
        )
    return out


def tables(rows: list[Row], cases: list[dict[str, str]], terrain: list[dict[str, Any]]) -> list[str]:
    """Everything as Markdown."""
    out = [
        "| file | format | CRS as written → used | objects | surfaces | area per kind [m²] | defects | s | MANIFEST |",
        "|---|---|---|---|--:|---|---|--:|---|",
    ]
    for row in rows:
        areas = ", ".join(f"{name.lower().replace('_', ' ')} {value:,.1f}" for name, value in row.area_m2.items())
        objects = ", ".join(f"{count} {name}" for name, count in row.objects.items())
        defects = ", ".join(f"{count} × {name}" for name, count in row.defects.items()) or "none"
        if row.error:
            out.append(f"| {row.file} | | | | | | {row.error} | | not read |")
            continue
        out.append(
            f"| {row.file} | {row.format} | {row.crs} | {objects} | {row.surfaces:,} | {areas} | {defects} | "
            f"{row.seconds:.2f} | {verdict(row)} |"
        )
    read = sum(case["result"] == case["expected"] for case in cases)
    out += ["", f"CityJSON conformance corpus: {read} of {len(cases)} cases end as they must."]
    out += [
        f"- {case['file']}: {case['result']} ({case['note']}), expected: {case['expected']}"
        + (f"; {EXPLAINED.get(case['file'], 'NOT EXPLAINED')}" if case["result"] != case["expected"] else "")
        for case in cases
        if case["result"] != case["expected"] or case["expected"] == "reject"
    ]
    if terrain:
        out += ["", "| terrain | format | CRS | samples | heights [m] | triangles | largest error [m] | s | MANIFEST |"]
        out += ["|---|---|---|--:|---|--:|--:|--:|---|"]
    for entry in terrain:
        samples = f"{entry['samples']:,}" if entry["samples"] else "TIN"
        heights = "{:.2f} … {:.2f}".format(*entry["heights_m"])
        off = entry["off_manifest_m"]
        told = "gives no heights" if off is None else f"heights {'' if entry['equal'] else 'NOT '}within {off:.3f} m"
        out.append(
            f"| {entry['file']} | {entry['format']} | {entry['crs'] or 'none'} | {samples} | {heights} | "
            f"{entry['triangles']:,} | {entry['largest_error_m']:.3f} | {entry['seconds']:.2f} | {told} |"
        )
    return out


def verdict(row: Row) -> str:
    """Equal, or what differs and why."""
    if not row.differences:
        return "equal"
    why = EXPLAINED.get(row.file, "NOT EXPLAINED")
    return f"{'; '.join(row.differences)}: {why}"


def main() -> None:
    """Read, compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the small files alone")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    parser.add_argument("--data", type=Path, default=SHARED, help="folder with MANIFEST.md")
    arguments = parser.parse_args()
    # What the reader warns of stands in the table.
    logging.getLogger("io_citygml").setLevel(logging.ERROR)
    rows: list[Row] = []
    for entry in entries(arguments.data):
        expected = measured(entry.line)
        if expected is None or not entry.folder.startswith(FOLDERS):
            continue
        if arguments.quick and entry.path.stat().st_size > QUICK_BYTES:
            continue
        rows.append(compared(entry, expected))
    cases = conformance(arguments.data)
    terrain = [] if arguments.quick else grounds(arguments.data)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a redirected stdout on Windows knows no arrow
        sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(tables(rows, cases, terrain)))
    if arguments.json:
        figures = {"rows": [row._asdict() for row in rows], "conformance": cases, "terrain": terrain}
        written = {"machine": machine(), "figures": figures}
        arguments.json.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    wrong = [row.file for row in rows if row.differences and row.file not in EXPLAINED]
    wrong += [case["file"] for case in cases if case["result"] != case["expected"] and case["file"] not in EXPLAINED]
    wrong += [entry["file"] for entry in terrain if not entry["equal"]]
    if wrong:
        sys.exit(f"not explained: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
