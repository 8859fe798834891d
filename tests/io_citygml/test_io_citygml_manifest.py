"""Real models: counts and areas agree with those another program measured (MANIFEST.md beside the sample data)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from io_citygml.model import CityModel, SurfaceKind
from io_citygml.polygon import surface_areas, surface_normals, triangulate
from io_citygml.read import read_city

pytestmark = pytest.mark.shared

NRW = [f"nw/LoD2_32_{tile}_1_NW.gml.gz" for tile in (
    "356_5655", "364_5650", "357_5654", "362_5652", "365_5713", "326_5727", "327_5727"
)]  # fmt: skip
MUNICH = [f"by_munich/DEBY_LOD2_{number}.gml" for number in (4959322, 4959323, 4959457, 4959462)]
OTHERS = [
    "sn_dresden/LoD2_33_416_5656_2_SN_14_buildings.gml.gz",
    "ogc_v2/Building_LOD2-EPSG25832.gml",
    "ogc_v2/Building_and_garage_LOD2-EPSG25832.gml",
    "ogc_v2/Building_LOD3-EPSG25832.gml",
]
CLASSES = {
    "RoofSurface": SurfaceKind.ROOF,
    "WallSurface": SurfaceKind.WALL,
    "GroundSurface": SurfaceKind.GROUND,
    "ClosureSurface": SurfaceKind.CLOSURE,
    "Window": SurfaceKind.WINDOW,
    "Door": SurfaceKind.DOOR,
}
TOLERANCE = 1e-3
# The manifest gives areas to 0.1 m².
ROUNDING_M2 = 0.05


def measured(shared_data: Path, name: str) -> str:
    """The "Measured:" line of a file."""
    text = (shared_data / "MANIFEST.md").read_text(encoding="utf-8")
    folder, _, base = name.rpartition("/")
    section = text.split(f"\n### {'cityjson' if folder == 'cityjson' else 'citygml/' + folder}\n", 1)[1]
    found = re.search(rf"\*\*`{re.escape(base)}`\*\*.*?\nMeasured: ([^\n]*)", section, re.DOTALL)
    assert found is not None
    return found[1]


def number(line: str, before: str) -> int:
    found = re.search(rf"{before} (\d+)", line)
    return int(found[1]) if found else 0


def relief_polygons(line: str) -> int:
    """Triangles of a TINRelief, which the manifest counts and a building reader does not."""
    return number(line, "Triangle")


def bounds(line: str) -> list[float]:
    return ast.literal_eval(re.findall(r"bbox (\[[^\]]*\])", line)[0])


def check_triangles(model: CityModel) -> None:
    """The triangles of every surface add up to its area; only surfaces without area have none."""
    triangles = triangulate(model, np.arange(model.n_surfaces))
    corner = model.coords[triangles.triangle]
    area = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    per_surface = np.bincount(triangles.surface, area, model.n_surfaces)
    assert per_surface.sum() == pytest.approx(surface_areas(model).sum(), rel=1e-4)


@pytest.mark.parametrize("name", NRW + MUNICH + OTHERS)
def test_citygml(shared_data: Path, name: str) -> None:
    line = measured(shared_data, name)
    model = read_city([shared_data / "citygml" / name])
    report = model.report
    assert report.objects["Building"] == int(re.findall(r"(\d+) Building\b", line)[0])
    assert report.objects["BuildingPart"] == int(re.findall(r"(\d+) BuildingPart", line)[0])
    for cls in CLASSES:
        assert report.boundary_surfaces[cls] == number(line, rf"\b{cls}")
    assert model.n_surfaces == number(line, "polygons") - relief_polygons(line)
    assert report.xlinks == number(line, "xlinks") and report.xlinks_unresolved == 0
    assert report.interior_rings == number(line, "interior rings")
    assert report.solids == number(line, r"\bSolid")
    assert report.flags["DOWNWARD_ROOF"] == number(line, "downward-facing roof polygons")
    areas = {cls: float(value) for cls, value in re.findall(r"(\w+)/lod[23] ([\d.]+)", line) if cls in CLASSES}
    assert areas
    for cls, expected in areas.items():
        assert report.area_m2[CLASSES[cls].name] == pytest.approx(expected, rel=TOLERANCE, abs=ROUNDING_M2)
    assert sum(report.area_m2.values()) == pytest.approx(sum(areas.values()), rel=TOLERANCE, abs=ROUNDING_M2)
    roof_types = {code: int(count) for code, count in re.findall(r"(\d{4})×(\d+)", line.split("roofType")[-1])}
    assert report.roof_types == roof_types or "roofType" not in line
    if not relief_polygons(line):
        assert [*model.coords.min(axis=0), *model.coords.max(axis=0)] == pytest.approx(bounds(line), abs=1e-3)
    check_triangles(model)


@pytest.mark.parametrize("name", ["delft.city.json.gz", "zurich_subset_lod2.city.json.gz"])
def test_cityjson(shared_data: Path, name: str) -> None:
    line = measured(shared_data, f"cityjson/{name}")
    objects, _, semantics, area = (
        ast.literal_eval(text) for text in re.findall(r"(?:obj|geo|sem|area) (\{.*?\})", line)
    )
    model = read_city([shared_data / "cityjson" / name])
    report = model.report
    assert report.objects == objects and model.n_surfaces == sum(semantics.values())
    for cls, count in semantics.items():
        if cls != "none":
            assert report.polygons[CLASSES[cls].name] == count
            assert report.area_m2[CLASSES[cls].name] == pytest.approx(area[f"{cls}/lod2"], rel=TOLERANCE)
    assert report.area_read_m2 == pytest.approx(sum(area.values()), rel=TOLERANCE)
    assert [*model.coords.min(axis=0), *model.coords.max(axis=0)] == pytest.approx(bounds(line), abs=1e-3)
    check_triangles(model)


def test_neighbouring_tiles_together(shared_data: Path) -> None:
    """No building occurs in both, so the sums are those of the single tiles."""
    paths = [shared_data / "citygml" / name for name in NRW[-2:]]
    alone = [read_city([path]).report for path in paths]
    both = read_city(paths)
    assert both.n_surfaces == sum(sum(report.polygons.values()) for report in alone)
    assert both.report.area_read_m2 == pytest.approx(sum(report.area_read_m2 for report in alone))
    assert "duplicate id" not in both.report.defect_counts() and len(set(both.surface_id)) == both.n_surfaces


@pytest.mark.parametrize("name", NRW)
def test_roof_plan_and_names_of_a_tile(shared_data: Path, name: str) -> None:
    line = measured(shared_data, name)
    model = read_city([shared_data / "citygml" / name])
    roof = model.kind == SurfaceKind.ROOF
    plan = np.abs(surface_areas(model) * surface_normals(model)[:, 2])[roof].sum()
    expected = re.findall(r"roof projected to ground \{'lod2': ([\d.]+)\}", line)
    assert plan == pytest.approx(float(expected[0]), rel=TOLERANCE)
    assert model.report.flags["DEGENERATE"] == number(line, "zero-area")
    assert model.crs.horizontal == "EPSG:25832" and model.crs.vertical == "EPSG:7837"
    # a solid refers to every face of its boundary surfaces, and none is counted again through it
    assert model.report.xlinks == model.n_surfaces and not model.report.skipped_polygons
    assert len(set(model.surface_id)) == model.n_surfaces


def test_levels_of_detail_side_by_side(shared_data: Path) -> None:
    """3DBAG gives LoD 1.2, 1.3 and 2.2 of each building: 2.2 counts, the area of the others is accounted for."""
    line = measured(shared_data, "cityjson/multi_lod.city.json")
    semantics, area = (ast.literal_eval(text) for text in re.findall(r"(?:sem|area) (\{.*?\})", line))
    report = read_city([shared_data / "cityjson" / "multi_lod.city.json"], crs="EPSG:28992").report
    assert report.skipped_polygons == {"LOWER_LOD": semantics.pop("none")}
    assert report.polygons == {CLASSES[cls].name: count for cls, count in semantics.items()}
    lower = sum(value for label, value in area.items() if label.startswith("none"))
    assert report.skipped_area_m2["LOWER_LOD"] == pytest.approx(lower, rel=TOLERANCE)
    assert report.area_read_m2 == pytest.approx(sum(area.values()), rel=TOLERANCE)
    assert report.area_read_m2 == pytest.approx(sum(report.area_m2.values()) + report.skipped_area_m2["LOWER_LOD"])
