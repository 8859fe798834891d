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
from io_citygml.repair import SurfaceFlag

pytestmark = pytest.mark.shared

NRW = [f"nw/LoD2_32_{tile}_1_NW.gml.gz" for tile in (
    "356_5655", "364_5650", "357_5654", "362_5652", "365_5713", "326_5727", "327_5727"
)]  # fmt: skip
MUNICH = [f"by_munich/DEBY_LOD2_{number}.gml" for number in (4959322, 4959323, 4959457, 4959462)]
DRESDEN = ["sn_dresden/LoD2_33_416_5656_2_SN_14_buildings.gml.gz"]
OGC = [
    f"{folder}/{name}-EPSG25832.gml"
    for folder, names in (
        ("ogc_v2", ("Building_LOD0", "Building_LOD1", "Building_LOD2", "Building_and_garage_LOD2", "Building_LOD3")),
        ("v3", ("Building_LOD2", "Building_and_garage_LOD2")),
    )
    for name in names
] + ["v3/Building_LOD3-EPSG25832.gml.gz", "v3/BuildingUnits_Storeys_xlink.gml"]
INGOLSTADT = [f"lod3_ingolstadt/{name}" for name in (
    "0000000.xml", "4018148.xml.gz", "4018150a.xml.gz", "4018204c.xml.gz", "4018209.xml.gz", "4018257.xml.gz",
    "4018260.xml.gz", "4018302.xml",
)]  # fmt: skip
# What their coordinates mean is tested elsewhere; here only what they are: as if metres of a plane.
ELSEWHERE = [
    "ogc_v2/Building_LOD1-LocalEngineeringCRS.gml", "v3/LocalCRS_CityGML3.gml",
    "v3/Building_CityGML3.0_LOD2_with_several_attributes.gml", "v3/lod2_buildings_v3.gml.gz",
    "lod3_c4j/lod3_building_v2.gml.gz",
]  # fmt: skip
LYON = ["v3/Opera-Lyon_CityGML3.0_LOD2.gml.gz"]
PLATEAU = [f"plateau_tokyo/53394517_bldg_6697_2_op_CityGML{version}.gml.gz" for version in (2, 3)]
CLASSES = {
    "RoofSurface": SurfaceKind.ROOF,
    "WallSurface": SurfaceKind.WALL,
    "GroundSurface": SurfaceKind.GROUND,
    "ClosureSurface": SurfaceKind.CLOSURE,
    "Window": SurfaceKind.WINDOW,
    "WindowSurface": SurfaceKind.WINDOW,
    "Door": SurfaceKind.DOOR,
    "DoorSurface": SurfaceKind.DOOR,
    "OuterCeilingSurface": SurfaceKind.OUTER_CEILING,
    "OuterFloorSurface": SurfaceKind.OUTER_FLOOR,
}
# Classes the manifest counts one by one (of the others it gives the area).
COUNTED = [name for name in CLASSES if not name.startswith("Outer")]
# A roof this close to the vertical is noise; the manifest does not call all of them downward.
NEARLY_VERTICAL = 1e-3
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


def bounds(line: str) -> list[float]:
    return ast.literal_eval(re.findall(r"bbox (\[[^\]]*\])", line)[0])


def check_triangles(model: CityModel) -> None:
    """The triangles of every surface add up to its area; only surfaces without area have none."""
    triangles = triangulate(model, np.arange(model.n_surfaces))
    corner = model.coords[triangles.triangle]
    area = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    per_surface = np.bincount(triangles.surface, area, model.n_surfaces)
    # a polygon that crosses itself has no one area: that of its drawing and that of its outline differ
    simple = model.flags & SurfaceFlag.SELF_INTERSECTING == 0
    assert per_surface[simple].sum() == pytest.approx(surface_areas(model)[simple].sum(), rel=1e-4)


@pytest.mark.parametrize("name", NRW + MUNICH + DRESDEN + OGC + INGOLSTADT + LYON + ELSEWHERE + PLATEAU)
def test_citygml_counts(shared_data: Path, name: str) -> None:
    """Objects, boundary surfaces, polygons and references of every file."""
    line = measured(shared_data, name)
    model = read_city([shared_data / "citygml" / name], crs="EPSG:25832" if name in ELSEWHERE else None)
    report = model.report
    for cls in ("Building", "BuildingPart"):
        assert report.objects[cls] == int(re.findall(rf"(\d+) {cls}\b", line)[0])
    for cls in ("BuildingInstallation", "ReliefFeature", "TINRelief"):
        assert report.objects[cls] == number(line, rf"\b{cls}")
    for cls in COUNTED:
        assert report.boundary_surfaces[cls] == number(line, rf"\b{cls}")
    # the manifest counts every polygon of the file: also footprints, lower levels, rooms and storeys
    assert model.n_surfaces + sum(report.skipped_polygons.values()) == number(line, "polygons")
    # and references to whole objects, which lead to nothing that is not read anyway
    to_objects = sum(count for what, count in report.not_read.items() if what.endswith("by reference"))
    assert report.xlinks + to_objects == number(line, "xlinks") and report.xlinks_unresolved == 0
    assert report.solids == number(line, r"\bSolid")
    if "INTERIOR" not in report.skipped_polygons:
        assert report.interior_rings == number(line, "interior rings")
    roof_types = {code: int(count) for code, count in re.findall(r"(\d{4})×(\d+)", line.split("roofType")[-1])}
    assert report.roof_types == roof_types or "roofType" not in line
    check_triangles(model)


@pytest.mark.parametrize("name", NRW + MUNICH + DRESDEN + OGC + INGOLSTADT + LYON + ELSEWHERE)
def test_citygml_areas(shared_data: Path, name: str) -> None:
    """Areas of each class of thematic surface, and of what stands directly under an object of each type.

    Like with like: what came without semantics and was classified by its normal is no WallSurface of the manifest.
    """
    line = measured(shared_data, name)
    model = read_city([shared_data / "citygml" / name], crs="EPSG:25832" if name in ELSEWHERE else None)
    report = model.report
    area = surface_areas(model)
    bare = (model.flags & SurfaceFlag.CLASSIFIED_BY_NORMAL > 0) | (model.kind == SurfaceKind.OTHER)
    thematic = {cls: float(value) for cls, value in re.findall(r"\b(\w+)/lod[23] ([\d.]+)", line) if cls in CLASSES}
    for cls, expected in thematic.items():
        found = area[(model.kind == CLASSES[cls]) & ~bare].sum()
        assert found == pytest.approx(expected, rel=TOLERANCE, abs=ROUNDING_M2), cls
    assert area[~bare].sum() == pytest.approx(sum(thematic.values()), rel=TOLERANCE, abs=2 * ROUNDING_M2)
    # footprints, lower levels, rooms and storeys stand directly under a building, and in the report
    direct = {cls: float(value) for cls, value in re.findall(r"direct:(\w+)/lod\S+ ([\d.]+)", line)}
    skipped = sum(report.skipped_area_m2.values())
    assert area[bare].sum() + skipped == pytest.approx(sum(direct.values()), rel=TOLERANCE, abs=2 * ROUNDING_M2)
    types = np.array([item.type for item in model.objects])[model.object]
    for cls in ("BuildingInstallation", "BuildingPart"):
        assert area[bare & (types == cls)].sum() == pytest.approx(direct.get(cls, 0.0), rel=TOLERANCE, abs=ROUNDING_M2)
    if name not in ELSEWHERE and "FOOTPRINT" not in report.skipped_polygons:
        assert [*model.coords.min(axis=0), *model.coords.max(axis=0)] == pytest.approx(bounds(line), abs=1e-3)


@pytest.mark.parametrize("name", NRW + MUNICH + DRESDEN + OGC + INGOLSTADT + LYON + ELSEWHERE)
def test_citygml_defects(shared_data: Path, name: str) -> None:
    """Polygons without area and roofs that face down, as the manifest counts them."""
    line = measured(shared_data, name)
    model = read_city([shared_data / "citygml" / name], crs="EPSG:25832" if name in ELSEWHERE else None)
    assert model.report.flags["DEGENERATE"] == number(line, "zero-area")
    down = model.flags & SurfaceFlag.DOWNWARD_ROOF > 0
    clearly = down & (surface_normals(model)[:, 2] < -NEARLY_VERTICAL)
    assert clearly.sum() <= number(line, "downward-facing roof polygons") <= down.sum()


def test_hundred_houses_are_those_of_the_cityjson_sequence(shared_data: Path) -> None:
    """The same houses in both encodings, surface by surface."""
    crs = "EPSG:25832"
    gml = read_city([shared_data / "citygml/v3/lod2_buildings_v3.gml.gz"], crs=crs)
    features = read_city([shared_data / "cityjson/lod2_buildings_as_CityJSON_features.jsonl"], crs=crs)
    assert gml.n_surfaces == features.n_surfaces == 700
    assert [item.id for item in gml.objects] == [item.id for item in features.objects]
    for first, second in zip(outlines(gml), outlines(features), strict=True):
        assert first[:2] == second[:2] and np.allclose(first[2], second[2], atol=1e-3)


def outlines(model: CityModel) -> list[tuple[str, int, np.ndarray]]:
    """Object, kind and corners of every surface, in an order that does not depend on the file's; smallest first."""
    found = []
    for surface, kind in enumerate(model.kind.tolist()):
        first, last = model.surface_ring[surface : surface + 2]
        corners = np.round(model.coords[model.ring_start[first] : model.ring_start[last]], 3)
        start = min(range(len(corners)), key=lambda number, corners=corners: tuple(corners[number]))
        owner = model.objects[model.object[surface]].id
        found.append((owner, kind, np.roll(corners, -start, axis=0)))
    return sorted(found, key=lambda entry: (entry[0], entry[1], entry[2].tolist()))


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
