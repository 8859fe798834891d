"""Receivers: area conserved, at least one a surface, on the surface and inside the polygon."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from io_citygml.model import CityModel
from io_citygml.read import read_city
from twin.package_data import demo_city
from twin.receivers import BOXES, OFFSET_M, concatenate, sample_surfaces, take
from twin.scene import Scene, build_scene


@pytest.fixture(scope="module")
def demo() -> tuple[CityModel, Scene]:
    with demo_city() as path:
        model = read_city([path])
    return model, build_scene(model, 0.2)


@pytest.mark.parametrize("spacing_m", [0.7, 1.0, 5.0, 1000.0])
def test_area_is_conserved_and_no_surface_is_without(demo: tuple[CityModel, Scene], spacing_m: float) -> None:
    model, scene = demo
    rows = np.flatnonzero(scene.receives)[:: 10 if spacing_m < 1 else 1]
    together = sample_surfaces(model, scene, rows, spacing_m)
    for surface in rows:
        found = take(together, together.surface == surface)
        assert len(found.surface) >= 1
        assert found.area_m2.sum() == pytest.approx(scene.area_m2[surface], rel=1e-12)
        assert (found.area_m2 > 0).all()


def test_surfaces_together_are_sampled_as_one_by_one(demo: tuple[CityModel, Scene]) -> None:
    """In batches too, which many boxes are cut into; a surface without area has no receiver."""
    model, scene = demo
    rows = np.flatnonzero(scene.receives)[::5]
    alone = concatenate([sample_surfaces(model, scene, rows[k : k + 1], 0.5) for k in range(len(rows))])
    together = sample_surfaces(model, scene, rows, 0.5)
    assert len(together.surface) > 4 * BOXES
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one, other)
    flat = replace(scene, area_m2=np.zeros_like(scene.area_m2))
    assert not len(sample_surfaces(model, flat, rows, 0.5).surface)


def test_receivers_stand_off_their_polygon(demo: tuple[CityModel, Scene]) -> None:
    model, scene = demo
    for surface in np.flatnonzero(scene.receives)[::25]:
        found = sample_surfaces(model, scene, np.array([surface]), 1.0)
        first = model.surface_ring[surface]
        ring = model.coords[model.ring_start[first] : model.ring_start[first + 1]]
        normal = scene.normal[surface]
        off = (found.point - ring.mean(axis=0)) @ normal
        bent = np.abs((ring - ring.mean(axis=0)) @ normal).max()
        assert np.abs(off - OFFSET_M).max() <= bent + 1e-6
        helper = np.cross(normal, [0.0, 0.0, 1.0] if abs(normal[2]) < 0.9 else [1.0, 0.0, 0.0])
        u = helper / np.linalg.norm(helper)
        axes = np.stack([u, np.cross(normal, u)], axis=1)
        polygon = shapely.Polygon((ring - ring[0]) @ axes).buffer(1e-6)
        assert shapely.contains(polygon, shapely.points((found.point - ring[0]) @ axes)).all()


def test_no_piece_is_larger_than_the_spacing(demo: tuple[CityModel, Scene]) -> None:
    model, scene = demo
    largest = np.argmax(np.where(scene.receives, scene.area_m2, 0))
    assert sample_surfaces(model, scene, np.array([largest]), 1.5).area_m2.max() <= 1.5**2 * 1.02


def test_a_courtyard_holds_no_receiver(tmp_path: Path) -> None:
    gml = tmp_path / "court.gml"
    outer = "0 0 9 20 0 9 20 20 9 0 20 9 0 0 9"
    inner = "5 5 9 5 15 9 15 15 9 15 5 9 5 5 9"

    def shifted(text: str) -> str:
        number = np.array(text.split(), float).reshape(-1, 3) + [364000, 5650000, 0]
        return " ".join(f"{v:.3f}" for v in number.ravel())

    gml.write_text(
        f"""<CityModel xmlns="http://www.opengis.net/citygml/2.0" xmlns:bldg="http://www.opengis.net/citygml/building/2.0"
 xmlns:gml="http://www.opengis.net/gml"><gml:boundedBy><gml:Envelope srsName="EPSG:25832"/></gml:boundedBy>
<cityObjectMember><bldg:Building gml:id="B"><bldg:boundedBy><bldg:RoofSurface gml:id="R"><bldg:lod2MultiSurface>
<gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{shifted(outer)}</gml:posList>
</gml:LinearRing></gml:exterior><gml:interior><gml:LinearRing><gml:posList>{shifted(inner)}</gml:posList></gml:LinearRing>
</gml:interior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface>
</bldg:boundedBy></bldg:Building></cityObjectMember></CityModel>""",
        encoding="utf-8",
    )
    model = read_city([gml])
    found = sample_surfaces(model, build_scene(model, 0.2), np.array([0]), 1.0)
    local = found.point[:, :2] - [364000, 5650000]
    assert found.area_m2.sum() == pytest.approx(300.0)
    assert not ((local > 5) & (local < 15)).all(axis=1).any()
    assert len(local) == 300
