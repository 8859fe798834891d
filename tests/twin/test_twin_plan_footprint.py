"""Bodies over footprints: volumes, roofs, slopes and repairs against figures by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from oracles.plans import CRS, FLAT, GROUND_M, SLOPING, X, Y, of_rectangle, read, rectangle, write

from io_citygml.model import SurfaceKind
from io_citygml.polygon import surface_areas, surface_normals
from twin.errors import TwinError
from twin.plan.plan import Plan


def assert_outward(plan: Plan) -> None:
    """Roofs look up, grounds down, and each wall away from the middle of the body (convex outlines only)."""
    model, normal = plan.model, surface_normals(plan.model)
    middle = np.array([plan.facts["easting"], plan.facts["northing"]])
    assert (normal[model.kind == SurfaceKind.ROOF, 2] > 0.1).all()
    assert (normal[model.kind == SurfaceKind.GROUND, 2] < -0.99).all()
    for wall in np.flatnonzero(model.kind == SurfaceKind.WALL):
        first = model.coords[model.ring_start[model.surface_ring[wall]]]
        assert normal[wall, :2] @ (first[:2] - middle) > 0.0


def test_footprint_becomes_a_closed_block(tmp_path: Path) -> None:
    plan = of_rectangle(tmp_path, {"height": 12.5})
    facts, model = plan.facts, plan.model
    assert (facts["ground_m"], facts["base_m"], facts["top_m"], facts["height_m"]) == (60.0, 60.0, 72.5, 12.5)
    assert facts["footprint_m2"] == pytest.approx(200.0) and facts["volume_m3"] == pytest.approx(2500.0)
    assert facts["closed"] and facts["repairs"] == [] and facts["warnings"] == []
    assert (facts["easting"], facts["northing"]) == (X + 10.0, Y + 5.0)
    assert facts["crs"] == "EPSG:25832 (ETRS89 / UTM zone 32N), named by the file"
    assert facts["heights"] == "field height, above the lowest ground under its corners"
    assert sorted(model.surface_id) == ["plan_1_ground", "plan_1_roof", *(f"plan_1_wall_{k}" for k in (1, 2, 3, 4))]
    assert [item.type for item in model.objects] == ["Building"] and model.objects[0].measured_height_m == 12.5
    assert model.crs == CRS and plan.receives and plan.name == "plan"
    assert not model.flags.any()
    assert_outward(plan)


def test_a_courtyard_is_open(tmp_path: Path) -> None:
    outline = rectangle().difference(shapely.box(X + 5, Y + 3, X + 9, Y + 7))
    plan = read(write(tmp_path / "court.geojson", [outline], [{"height": "10,0 m"}]))
    assert plan.facts["volume_m3"] == pytest.approx((200.0 - 16.0) * 10.0) and plan.facts["closed"]
    assert np.count_nonzero(plan.model.kind == SurfaceKind.WALL) == 8
    areas = surface_areas(plan.model)
    assert areas[plan.model.kind == SurfaceKind.ROOF].sum() == pytest.approx(184.0)


def test_several_features_and_parts_are_several_buildings(tmp_path: Path) -> None:
    far = shapely.affinity.translate(rectangle(), 100.0, 0.0)
    both = shapely.MultiPolygon([rectangle(), far])
    third = shapely.affinity.translate(rectangle(), 0.0, 50.0)
    path = write(tmp_path / "three.geojson", [both, None, third], [{"height": 5}, {"height": 5}, {"height": 9}])
    plan = read(path, name="Neubau Süd")
    assert [item.id for item in plan.model.objects] == ["Neubau_Süd_1", "Neubau_Süd_2", "Neubau_Süd_3"]
    assert [fact["height_m"] for fact in plan.facts["buildings"]] == [5.0, 5.0, 9.0]
    assert plan.facts["repairs"] == ["1 × without geometry: left out"]
    assert plan.facts["volume_m3"] == pytest.approx(200.0 * (5 + 5 + 9)) and plan.name == "Neubau Süd"


@pytest.mark.parametrize("turn_deg", [0.0, 33.0, 91.0])
@pytest.mark.parametrize(
    ("roof", "volume_m3", "roofs"),
    [
        ("Satteldach", 200.0 * 6.0 + 200.0 * 4.0 / 2.0, 2),
        # a hip roof over 20 × 10: ridge of 10 m, prism of 10 m and a pyramid over 10 × 10
        ("3200", 200.0 * 6.0 + 10.0 * 10.0 * 4.0 / 2.0 + 100.0 * 4.0 / 3.0, 4),
        ("pyramidal", 200.0 * 6.0 + 200.0 * 4.0 / 3.0, 4),
        ("flach", 200.0 * 10.0, 1),
    ],
)
def test_roofs_hold_what_geometry_says(
    tmp_path: Path, roof: str, volume_m3: float, roofs: int, turn_deg: float
) -> None:
    values = {"Traufhöhe": 6, "Firsthöhe": 10, "Dachform": roof}
    plan = read(write(tmp_path / "roof.geojson", [rectangle(turn_deg=turn_deg)], [values]))
    assert plan.facts["closed"] and plan.facts["volume_m3"] == pytest.approx(volume_m3, abs=0.01)
    assert np.count_nonzero(plan.model.kind == SurfaceKind.ROOF) == roofs
    assert plan.facts["top_m"] == 70.0 and plan.facts["warnings"] == []
    assert_outward(plan)


def test_the_ridge_runs_along_the_longer_side(tmp_path: Path) -> None:
    plan = read(write(tmp_path / "r.geojson", [rectangle(8.0, 30.0)], [{"eaves": 5, "ridge": 9, "roof": "gable"}]))
    ridge = plan.model.coords[plan.model.coords[:, 2] == 69.0]
    assert set(np.round(ridge[:, 0], 6)) == {X + 4.0} and set(np.round(ridge[:, 1], 6)) == {Y, Y + 30.0}


def test_a_skew_gable_stays_closed_and_plane(tmp_path: Path) -> None:
    skew = shapely.Polygon([(X, Y), (X + 20, Y), (X + 20.1, Y + 10), (X, Y + 9.9)])
    plan = read(write(tmp_path / "skew.geojson", [skew], [{"eaves": 6, "ridge": 10, "roof": "gable"}]))
    assert plan.facts["closed"] and plan.facts["volume_m3"] == pytest.approx(skew.area * 8.0, rel=5e-3)
    assert not plan.model.flags.any()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"eaves": 6, "ridge": 10, "roof": "Mansarddach"}, "the roof's form 'mansarddach' is not drawn"),
        ({"eaves": 6, "ridge": 10}, "the roof's form is not said"),
        ({"height": 10, "roof": "gable"}, "without the height of its eaves"),
        ({"eaves": 10, "ridge": 10, "roof": "gable"}, "eaves are as high as its ridge"),
    ],
)
def test_a_roof_that_is_not_drawn_is_an_envelope(tmp_path: Path, values: dict[str, object], words: str) -> None:
    plan = of_rectangle(tmp_path, values)
    assert plan.facts["volume_m3"] == pytest.approx(2000.0)
    assert words in plan.facts["warnings"][0] and "plan_1" in plan.facts["warnings"][0]
    assert plan.notes[0].words == plan.facts["warnings"][0]
    assert plan.notes[0].code == ("no_roof_form" if "not said" in words else "other")


def test_a_pitched_roof_over_an_l_is_an_envelope(tmp_path: Path) -> None:
    outline = rectangle().difference(shapely.box(X + 10, Y + 5, X + 20, Y + 10))
    plan = read(write(tmp_path / "l.geojson", [outline], [{"eaves": 6, "ridge": 10, "roof": "hip"}]))
    assert "over rectangles only" in plan.facts["warnings"][0] and plan.facts["volume_m3"] == pytest.approx(1500.0)


def test_on_a_slope_it_counts_from_the_lowest_corner_and_reaches_into_the_ground(tmp_path: Path) -> None:
    facts = of_rectangle(tmp_path, {"height": 10}, SLOPING).facts
    assert (facts["ground_m"], facts["base_m"], facts["top_m"]) == (60.0, 59.5, 70.0)
    assert facts["volume_m3"] == pytest.approx(200.0 * 10.5) and facts["height_m"] == 10.0


def test_a_dip_along_the_edge_lets_no_light_under(tmp_path: Path) -> None:
    def dip(place: np.ndarray) -> np.ndarray:
        return np.where(np.abs(place[:, 0] - X - 10.0) < 3.0, GROUND_M - 2.0, GROUND_M)

    facts = of_rectangle(tmp_path, {"height": 10}, FLAT._replace(ground_m=dip)).facts
    assert (facts["ground_m"], facts["base_m"], facts["top_m"]) == (60.0, 57.5, 70.0)


def test_ignored_z_is_said(tmp_path: Path) -> None:
    raised = shapely.force_3d(rectangle(), 99.0)
    plan = read(write(tmp_path / "z.geojson", [raised], [{"height": 10}]))
    assert plan.facts["top_m"] == 70.0 and "ignored" in plan.facts["warnings"][0]


def test_crossing_outlines(tmp_path: Path) -> None:
    bow = shapely.Polygon([(X, Y), (X + 20, Y + 10), (X + 20, Y), (X, Y + 10)])
    with pytest.raises(TwinError, match=r"footprint 1: not a simple polygon: Self-intersection\[364510 5650505\]"):
        read(write(tmp_path / "bow.geojson", [bow], [{"height": 10}]))
    # a whisker of 2 cm² on 200 m²
    tiny = shapely.Polygon(
        [(X, Y), (X + 20, Y), (X + 20, Y + 10), (X + 19.98, Y + 10.02), (X + 20.01, Y + 10.02), (X, Y + 10)]
    )
    assert not tiny.is_valid
    plan = read(write(tmp_path / "tiny.geojson", [tiny], [{"height": 10}]))
    assert plan.facts["repairs"] == ["1 × crossing lines: redrawn as the area they enclose, changed by less than 1 %"]
    assert plan.facts["closed"] and plan.facts["volume_m3"] == pytest.approx(2000.0, rel=1e-3)
