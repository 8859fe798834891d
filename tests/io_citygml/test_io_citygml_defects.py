"""Defects counted, listed up to a bound, turned into confidence; and every square metre read accounted for."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from io_citygml.defects import MEANING, confidence_of
from io_citygml.model import CityModel
from io_citygml.polygon import surface_areas, surface_normals, triangulate
from io_citygml.read import read_city
from io_citygml.repair import LISTED_PER_KIND, Defect, ReadReport, SurfaceFlag

SIZE = (10.0, 8.0, 6.0)
Read = Callable[..., CityModel]


def check_balance(model: CityModel) -> None:
    """All that was read is in the model, or left out, or changed by a repair; and the model's areas are its own."""
    report = model.report
    kept, left_out = sum(report.area_m2.values()), sum(report.skipped_area_m2.values())
    assert report.area_read_m2 + sum(report.area_repaired_m2.values()) == pytest.approx(kept + left_out, rel=1e-6)
    area = surface_areas(model)
    assert kept == pytest.approx(area.sum(), rel=1e-9)
    assert sum(report.polygons.values()) == model.n_surfaces
    corner = model.coords[triangulate(model, np.arange(model.n_surfaces)).triangle]
    flat = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    assert flat.sum() == pytest.approx(area.sum(), rel=1e-3)


Points = list[list[str]]
MUTATIONS: dict[str, Callable[[Points, list[str]], Points]] = {
    "reverse": lambda points, _: points[::-1],
    "spike": lambda points, far: [*points[:2], far, *points[1:]],
    "swap two corners": lambda points, _: [points[0], points[2], points[1], *points[3:]],
    "duplicate": lambda points, _: [*points[:2], points[1], points[1], *points[2:]],
    "unclosed": lambda points, _: points[:-1],
    "collapse": lambda points, _: [points[0], points[1], points[0]],
    "nan": lambda points, _: [points[0], ["NaN", *points[1][1:]], *points[2:]],
    "far": lambda points, _: [points[0], ["1e12", *points[1][1:]], *points[2:]],
    "lifted": lambda points, _: [points[0], [*points[1][:2], str(float(points[1][2]) + 0.5)], *points[2:]],
}


def mutated(text: str, rng: np.random.Generator, share: float) -> tuple[str, dict[str, int]]:
    """The document with a random defect in a share of its posLists, and how many of each."""
    done = dict.fromkeys(MUTATIONS, 0)

    def change(match: re.Match[str]) -> str:
        numbers = match[2].split()
        points = [numbers[k : k + 3] for k in range(0, len(numbers), 3)]
        if len(points) < 5 or rng.random() > share:
            return match[0]
        name = str(rng.choice(list(MUTATIONS)))
        done[name] += 1
        far = [f"{float(v) + d:.3f}" for v, d in zip(points[1], (3.0, -2.0, 1.0), strict=True)]
        return match[1] + " ".join(itertools.chain.from_iterable(MUTATIONS[name](points, far))) + match[3]

    return re.sub(r"(<gml:LinearRing[^>]*>\s*<gml:posList[^>]*>)([^<]*)(</gml:posList>)", change, text), done


@pytest.mark.parametrize("seed", range(6))
def test_areas_balance_over_mutated_houses(gml: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = [(10.0, 8.0, 3.0 + k) for k in range(8)]
    houses = [
        gml.building(gml.boundaries(gml.box(14.0 * k, 0.0, 50.0, size), f"B{k}_"), gml_id=f"B{k}")
        for k, size in enumerate(sizes)
    ]
    text, done = mutated(gml.document(*houses), rng, 0.6)
    path = gml.folder / "mutated.gml"
    path.write_text(text, encoding="utf-8")
    for examine in (False, True):
        model = read_city([path], examine=examine)
        check_balance(model)
        counts, report = model.report.defect_counts(), model.report
        assert counts.get("spike", 0) == done["spike"]
        assert counts.get("self-intersecting", 0) == done["swap two corners"]
        assert counts.get("unclosed ring", 0) == done["unclosed"]
        assert counts.get("duplicate points", 0) == done["duplicate"]
        assert report.skipped_polygons.get("TOO_FAR", 0) == done["far"]
        assert report.skipped_polygons.get("NOT_FINITE", 0) == done["nan"]
        assert report.flags.get("DEGENERATE", 0) == done["collapse"]
        lost = sum(done[name] for name in ("nan", "far"))
        assert model.n_surfaces == 48 - lost + done["swap two corners"]  # a bow-tie becomes two triangles
        # two corners of a rectangle a × b exchanged: half of it is left, in two lobes, of which the file's sum is none
        assert report.area_repaired_m2.get("self-intersecting", 0.0) >= 0.0


@pytest.mark.parametrize("face", ["south", "east", "north", "west", "roof", "ground"])
def test_a_face_with_two_corners_exchanged_still_faces_outward(gml: Any, face: str) -> None:
    """Its two lobes cancel, so that its own points say nothing of where it faces."""
    faces = gml.box(0.0, 0.0, 50.0, (10.0, 8.0, 6.0))
    points = faces[face]
    faces[face] = [*points[:1], points[2], points[1], *points[3:]]
    path = gml.folder / "swapped.gml"
    path.write_text(gml.document(gml.building(gml.boundaries(faces, "b"))), encoding="utf-8")
    model = read_city([path])
    lobes = np.flatnonzero(model.flags & SurfaceFlag.SELF_INTERSECTING)
    assert len(lobes) == 2
    outward = {"south": (0, -1, 0), "east": (1, 0, 0), "north": (0, 1, 0), "west": (-1, 0, 0)}
    expected = outward.get(face, (0, 0, 1 if face == "roof" else -1))
    np.testing.assert_allclose(surface_normals(model)[lobes], [expected, expected], atol=1e-9)


FILES = ["citygml/nw/LoD2_32_362_5652_1_NW.gml.gz", "citygml/by_munich/DEBY_LOD2_4959457.gml"]


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("seed", range(2))
def test_areas_balance_over_mutated_real_files(shared_data: Path, tmp_path: Path, name: str, seed: int) -> None:
    raw = (shared_data / name).read_bytes()
    text, done = mutated(
        (gzip.decompress(raw) if name.endswith(".gz") else raw).decode(), np.random.default_rng(seed), 0.2
    )
    path = tmp_path / "mutated.gml"
    path.write_text(text, encoding="utf-8")
    model = read_city([path], crs="EPSG:25832", examine=True)
    check_balance(model)
    counts = model.report.defect_counts()
    assert sum(done.values()) > 10
    # one polygon may have several rings, and two defects of one kind
    for kind, name in (("coordinate beyond all bounds", "far"), ("coordinate not finite", "nan"), ("spike", "spike")):
        assert done[name] - 2 <= counts.get(kind, 0) <= done[name]
    # a swap of two corners of a concave ring need not make it cross
    assert 0.5 * done["swap two corners"] <= counts.get("self-intersecting", 0)


@pytest.mark.shared
@pytest.mark.parametrize(
    "pattern", ["citygml/nw/*.gz", "citygml/lod3_ingolstadt/*.gz", "citygml/ogc_v2/*.gml", "cityjson/*.city.json*"]
)
def test_areas_balance_over_real_files(shared_data: Path, pattern: str) -> None:
    paths = sorted(shared_data.glob(pattern))
    assert paths
    for path in paths[::2]:
        check_balance(read_city([path], crs=None if "nw" in pattern else "EPSG:25832", examine=True))


def test_coordinates_beyond_all_bounds_are_left_out_with_their_place(gml: Any) -> None:
    far = gml.polygon([(0, 0, 0), (1e9, 0, 0), (1e9, 1, 0)])
    near = gml.polygon([(0, 0, 0), (2, 0, 0), (2, 2, 0), (0, 2, 0)])
    body = gml.surface("RoofSurface", "R", far) + gml.surface("RoofSurface", "S", near)
    model = read_city([gml.write(gml.building(body))])
    assert model.surface_id == ("S",) and model.report.skipped_polygons == {"TOO_FAR": 1}
    assert model.report.area_read_m2 == pytest.approx(4.0)
    (entry,) = model.report.defects
    assert (entry.kind, entry.surface_id, entry.line) == ("coordinate beyond all bounds", "R", 4)


def test_lod1_fallback_is_flagged_once_an_object(gml: Any) -> None:
    block = gml.building(gml.solid(*map(gml.polygon, gml.box(30.0, 0.0, 50.0, SIZE).values()), lod=1), gml_id="L1")
    house = gml.building(gml.boundaries(gml.box(0.0, 0.0, 50.0, SIZE), "h_"), gml_id="L2")
    alone = read_city([gml.write(block, name="alone.gml")])
    assert "LOD1_FALLBACK" not in alone.report.flags and "LoD1 fallback" not in alone.report.defect_counts()
    assert alone.confidence == pytest.approx(0.45)  # a block is a block, whatever else the model holds
    both = read_city([gml.write(block, house)])
    assert both.report.flags["LOD1_FALLBACK"] == 6 and both.report.defect_counts() == {"LoD1 fallback": 1}
    assert both.report.defects[0].object_id == "L1" and both.report.defects[0].area_m2 == pytest.approx(376.0)
    assert both.confidence[both.lod == 1] == pytest.approx(0.45) and np.all(both.confidence[both.lod == 2] == 1)


def test_a_hole_wound_like_its_exterior_is_turned(gml: Any) -> None:
    ring = [(0.0, 0.0, 5.0), (8.0, 0.0, 5.0), (8.0, 8.0, 5.0), (0.0, 8.0, 5.0)]
    hole = [(2.0, 2.0, 5.0), (4.0, 2.0, 5.0), (4.0, 4.0, 5.0), (2.0, 4.0, 5.0)]
    models = [
        read_city([gml.write(gml.building(gml.surface("RoofSurface", "R", gml.polygon(ring, inner))), name=name)])
        for name, inner in (("alike.gml", hole), ("against.gml", hole[::-1]))
    ]
    alike, against = models
    assert alike.report.defect_counts() == {"hole wound like its exterior": 1}
    assert against.report.defect_counts() == {} and alike.flags.tolist() == against.flags.tolist() == [0]
    assert alike.coords.tolist() == against.coords.tolist() and surface_areas(alike) == pytest.approx([60.0])


def test_confidence_is_the_product_of_its_flags() -> None:
    flags = np.array([0, SurfaceFlag.NON_PLANAR, SurfaceFlag.NON_PLANAR | SurfaceFlag.SLIVER, SurfaceFlag.DEGENERATE])
    assert confidence_of(flags.astype(np.uint16)) == pytest.approx([1.0, 0.9, 0.72, 0.0])
    every = confidence_of(np.array([flag.value for flag in SurfaceFlag], dtype=np.uint16))
    assert set(MEANING) == set(SurfaceFlag) and every.dtype == np.float32 and every.min() == 0.0 and every.max() == 1.0
    assert len(confidence_of(np.zeros(0, np.uint16))) == 0


def test_confidence_enters_the_report(read_building: Read) -> None:
    square, bent = "0 0 0 2 0 0 2 2 0 0 2 0 0 0 0", "0 0 0 2 0 0.1 2 2 0 0 2 0 0 0 0"
    surface = (
        '<bldg:boundedBy><bldg:RoofSurface gml:id="{}"><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>'
        "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{}</gml:posList></gml:LinearRing></gml:exterior>"
        "</gml:Polygon></gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface>"
        "</bldg:boundedBy>"
    )
    report = read_building(surface.format("R", square) + surface.format("S", bent)).report
    assert report.confidence == {"ROOF": {"min": 0.9, "mean": 0.95}}
    assert json.loads(json.dumps(report.to_dict()))["confidence"]["ROOF"]["min"] == 0.9


def test_the_list_is_bounded_and_the_counts_are_exact() -> None:
    report = ReadReport()
    for number in range(LISTED_PER_KIND + 7):
        report.add(Defect("sliver", f"B{number}", "", "a.gml", number, 0.0, "kept"))
    report.add(Defect("spike", "B", "", "a.gml", 1, 0.0, "cut off"))
    report.count_more("sliver", 5)
    assert report.defect_counts() == {"sliver": LISTED_PER_KIND + 12, "spike": 1}
    assert len(report.defects) == LISTED_PER_KIND + 1 and report.not_listed() == {"sliver": 12}
    assert report.room("sliver") == 0 and report.room("spike") == LISTED_PER_KIND - 1
    assert report.to_dict()["defects_not_listed"] == {"sliver": 12}


def test_a_city_of_slivers_lists_the_first_thousand(gml: Any) -> None:
    strips = [gml.polygon([(0, k, 0), (10, k, 0), (10, k + 0.01, 0), (0, k + 0.01, 0)]) for k in range(1100)]
    model = read_city([gml.write(gml.building(gml.surface("RoofSurface", "R", *strips)))])
    report = model.report
    assert report.defect_counts() == {"sliver": 1100} and report.flags == {"SLIVER": 1100}
    assert len(report.defects) == LISTED_PER_KIND and report.defects[0].surface_id == "R#1"
    check_balance(model)
