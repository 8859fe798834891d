"""Real models against figures that another program measured: they stand in the data's MANIFEST.md, parsed here."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from io_citygml.model import CityModel, SurfaceKind
from io_citygml.polygon import surface_areas, surface_normals, triangulate
from io_citygml.read import read_city

pytestmark = pytest.mark.shared
KINDS = {
    "RoofSurface": "ROOF",
    "WallSurface": "WALL",
    "GroundSurface": "GROUND",
    "ClosureSurface": "CLOSURE",
    "OuterCeilingSurface": "OUTER_CEILING",
    "OuterFloorSurface": "OUTER_FLOOR",
}
TILES = (
    "LoD2_32_326_5727_1_NW", "LoD2_32_327_5727_1_NW", "LoD2_32_356_5655_1_NW", "LoD2_32_357_5654_1_NW",
    "LoD2_32_362_5652_1_NW", "LoD2_32_364_5650_1_NW", "LoD2_32_365_5713_1_NW",
)  # fmt: skip
MUNICH = ("DEBY_LOD2_4959322", "DEBY_LOD2_4959323", "DEBY_LOD2_4959457", "DEBY_LOD2_4959462")
SAMPLES = (
    *(f"citygml/nw/{name}.gml.gz" for name in TILES),
    *(f"citygml/by_munich/{name}.gml" for name in MUNICH),
    "citygml/sn_dresden/LoD2_33_416_5656_2_SN_14_buildings.gml.gz",
    "citygml/ogc_v2/Building_LOD2-EPSG25832.gml",
    "citygml/ogc_v2/Building_and_garage_LOD2-EPSG25832.gml",
    "bad-input/malformed_ring.gml",
)
AREA_RELATIVE = 1e-3
"""The order's tolerance; the manifest rounds to 0.05 m², which matters for the smallest areas only."""
AREA_ROUNDING_M2 = 0.06


class Measured(NamedTuple):
    """Figures of one file in the manifest."""

    counts: dict[str, int]
    area_m2: dict[str, float]
    bbox: np.ndarray
    roof_types: dict[str, int]
    roof_plan_m2: float


def entry(shared_data: Path, path: str) -> str:
    """The "Measured" line of a file, found under the heading of its folder (names repeat between folders)."""
    folder, _, name = path.rpartition("/")
    text = (shared_data / "MANIFEST.md").read_text(encoding="utf-8")
    sections = re.findall(rf"^### {re.escape(folder)}\n(.*?)(?=^### |\Z)", text, re.MULTILINE | re.DOTALL)
    found = re.search(
        rf"^\*\*`{re.escape(name)}`\*\*.*?^Measured: (.*?)$", "\n".join(sections), re.MULTILINE | re.DOTALL
    )
    assert found, f"{path} is not in the manifest"
    return found[1]


def measured(shared_data: Path, path: str) -> Measured:
    """Figures of a CityGML file."""
    line = entry(shared_data, path)
    counts = {name: int(number) for number, name in re.findall(r"(\d+) (Building(?:Part)?)\b", line)}
    counts |= {
        name: int(number)
        for name, number in re.findall(
            r"\b(\w+Surface|Solid|Triangle|polygons|interior rings|zero-area|downward-facing roof polygons|xlinks) (\d+)",
            line,
        )
    }
    area: Counter[str] = Counter()
    for name, value in re.findall(r"[:,;] ([\w:]+)/lod\d ([\d.]+)", line):
        area[name] += float(value)
    plan = re.search(r"roof projected to ground \{'lod2': ([\d.]+)\}", line)
    bbox = re.search(r"bbox \[([^\]]+)\]", line)
    assert bbox
    roof_types = line.partition("roofType ")[2]
    return Measured(
        counts=counts,
        area_m2=dict(area),
        bbox=np.array(bbox[1].split(","), dtype=float),
        roof_types={code: int(number) for code, number in re.findall(r"(\w+)×(\d+)", roof_types)},
        roof_plan_m2=float(plan[1]) if plan else np.nan,
    )


def triangles_conserve_area(model: CityModel) -> None:
    triangle, surface = triangulate(model, np.arange(model.n_surfaces))
    corner = model.coords[triangle]
    doubled = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    total = np.zeros((model.n_surfaces, 3))
    np.add.at(total, surface, 0.5 * doubled)
    # along the normal, because the triangles of a polygon that is not plane lie askew
    along = np.einsum("ij,ij->i", total, surface_normals(model))
    np.testing.assert_allclose(along, surface_areas(model), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("path", SAMPLES)
def test_citygml_agrees_with_the_manifest(shared_data: Path, path: str) -> None:
    model, expected = read_city([shared_data / path]), measured(shared_data, path)
    report, counts = model.report, expected.counts
    for name in ("Building", "BuildingPart"):
        assert report.objects[name] == counts[name]
    for name in set(KINDS) & set(counts):
        assert report.boundary_surfaces[name] == counts[name], name
    assert report.solids == counts.get("Solid", 0)
    # the triangles of the terrain in the OGC samples, which a city model does not hold
    assert model.n_surfaces == counts["polygons"] - counts.get("Triangle", 0) and not report.skipped_polygons
    assert report.interior_rings == counts["interior rings"]
    assert report.flags["DEGENERATE"] == counts["zero-area"]
    assert report.flags["DOWNWARD_ROOF"] == counts["downward-facing roof polygons"]
    assert report.xlinks == counts["xlinks"] and report.xlinks_unresolved == 0
    area = {name: value for name, value in expected.area_m2.items() if name in KINDS}
    for name, value in area.items():
        assert report.area_m2[KINDS[name]] == pytest.approx(value, rel=AREA_RELATIVE, abs=AREA_ROUNDING_M2), name
    total = sum(value for name, value in expected.area_m2.items() if name != "direct:cityObjectMember")
    assert sum(report.area_m2.values()) == pytest.approx(total, rel=AREA_RELATIVE, abs=0.3)
    bbox = np.concatenate([model.coords.min(axis=0), model.coords.max(axis=0)])
    np.testing.assert_allclose(bbox, expected.bbox, atol=6e-4)
    triangles_conserve_area(model)


@pytest.mark.parametrize("name", TILES)
def test_tile_in_detail(shared_data: Path, name: str) -> None:
    path = f"citygml/nw/{name}.gml.gz"
    model, expected = read_city([shared_data / path]), measured(shared_data, path)
    assert dict(model.report.roof_types) == expected.roof_types
    assert model.crs.horizontal == "EPSG:25832" and model.crs.vertical == "EPSG:7837"
    roof = model.kind == SurfaceKind.ROOF
    plan = np.abs(surface_areas(model) * surface_normals(model)[:, 2])[roof].sum()
    assert plan == pytest.approx(expected.roof_plan_m2, rel=AREA_RELATIVE)
    assert len(set(model.surface_id)) == model.n_surfaces
    # a solid of references into its boundary surfaces: every face is counted once, so the references match the faces
    assert model.report.xlinks == model.n_surfaces and model.report.xlinks_shared == 0


def test_seven_tiles_together(shared_data: Path) -> None:
    """The neighbours 326_5727 and 327_5727 share no building; all tiles share one system."""
    expected = [measured(shared_data, f"citygml/nw/{name}.gml.gz") for name in TILES]
    model = read_city([shared_data / "citygml" / "nw"])
    assert model.report.objects["Building"] == sum(item.counts["Building"] for item in expected)
    assert model.n_surfaces == sum(item.counts["polygons"] for item in expected)
    for name, kind in list(KINDS.items())[:4]:
        area = sum(item.area_m2[name] for item in expected)
        assert model.report.area_m2[kind] == pytest.approx(area, rel=AREA_RELATIVE)
    assert model.report.area_read_m2 == pytest.approx(sum(model.report.area_m2.values()), rel=1e-12)


def numbers_after(line: str, label: str) -> dict[str, float]:
    """The dictionary that follows a label in a CityJSON line of the manifest."""
    found = re.search(rf"\b{label} \{{([^}}]*)\}}", line)
    assert found
    return {key: float(value) for key, value in re.findall(r"'([^']+)': ([\d.]+)", found[1])}


@pytest.mark.parametrize(
    "path",
    [
        "cityjson/delft.city.json.gz",
        "cityjson/zurich_subset_lod2.city.json.gz",
        "cityjson/rotterdam_subset.city.json",
        "cityjson/DH_01_subs.city.json",
    ],
)
def test_cityjson_agrees_with_the_manifest(shared_data: Path, path: str) -> None:
    line = entry(shared_data, path)
    model = read_city([shared_data / path], crs="EPSG:28992" if " crs None " in line else None)
    report = model.report
    assert dict(report.objects) == numbers_after(line, "obj")
    semantics, area = numbers_after(line, "sem"), numbers_after(line, "area")
    without = int(semantics.pop("none", 0))
    for name, number in semantics.items():
        assert report.polygons[KINDS[name]] == number
    # the reader gives a kind to faces of buildings and bridges that have none, and keeps the others as they are
    assert model.n_surfaces == sum(semantics.values()) + without
    assert report.flags["CLASSIFIED_BY_NORMAL"] + report.polygons["OTHER"] == without
    for label, value in area.items():
        name = label.partition("/")[0]
        if name in KINDS:
            assert report.area_m2[KINDS[name]] == pytest.approx(value, rel=AREA_RELATIVE)
    assert sum(report.area_m2.values()) == pytest.approx(sum(area.values()), rel=AREA_RELATIVE)
    bbox = re.search(r"bbox \[([^\]]+)\]", line)
    assert bbox
    found = np.concatenate([model.coords.min(axis=0), model.coords.max(axis=0)])
    np.testing.assert_allclose(found, np.array(bbox[1].split(","), dtype=float), atol=6e-4)
    triangles_conserve_area(model)


def test_three_levels_of_detail(shared_data: Path) -> None:
    """3DBAG: LoD 1.2, 1.3 and 2.2 side by side; 2.2 counts and the others are accounted for."""
    line = entry(shared_data, "cityjson/multi_lod.city.json")
    report = read_city([shared_data / "cityjson/multi_lod.city.json"], crs="EPSG:28992").report
    semantics, area = numbers_after(line, "sem"), numbers_after(line, "area")
    assert report.skipped_polygons == {"LOWER_LOD": semantics.pop("none")}
    assert {kind: report.polygons[kind] for kind in ("ROOF", "WALL", "GROUND")} == {
        KINDS[name]: number for name, number in semantics.items()
    }
    lower = area["none/lod1.2"] + area["none/lod1.3"]
    assert report.skipped_area_m2["LOWER_LOD"] == pytest.approx(lower, rel=AREA_RELATIVE)
    kept = sum(report.area_m2.values())
    assert report.area_read_m2 == pytest.approx(kept + lower, rel=AREA_RELATIVE)
