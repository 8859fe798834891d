"""What stands on an anchor keeps its shape wherever the anchor goes; a stray point costs itself only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.krueger import utm

from io_citygml.crs import transform
from io_citygml.model import CityModel
from io_citygml.polygon import surface_normals
from io_citygml.read import read_city

Write = Callable[..., Path]
GRID = Path(__file__).parents[2] / "twin" / "data" / "geoid" / "de_bkg_gcg2016.tif"
SITE_DEG = (50.08, 8.24)
FOOT = 1200 / 3937
UNIT = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
RISE_M = 3.0
TENT = ((0.0, 0.0, 0.0), (10.0, 0.0, 0.0), (10.0, 4.0, RISE_M), (0.0, 4.0, RISE_M))
"""Of 10 × 4 m, rising to the north."""


def installation(anchor: str, points: tuple[tuple[float, float, float], ...] = TENT, gml_id: str = "I") -> str:
    """An installation of one polygon about an anchor."""
    ring = " ".join(f"{x} {y} {z}" for x, y, z in (*points, points[0]))
    polygon = f"<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList></gml:LinearRing>"
    polygon += "</gml:exterior></gml:Polygon>"
    return (
        f'<bldg:outerBuildingInstallation><bldg:BuildingInstallation gml:id="{gml_id}">'
        "<bldg:lod2ImplicitRepresentation><core:ImplicitGeometry>"
        f"<core:transformationMatrix>{UNIT}</core:transformationMatrix><core:relativeGMLGeometry><gml:MultiSurface>"
        f"<gml:surfaceMember>{polygon}</gml:surfaceMember></gml:MultiSurface></core:relativeGMLGeometry>"
        f"<core:referencePoint><gml:Point><gml:pos>{anchor}</gml:pos></gml:Point></core:referencePoint>"
        "</core:ImplicitGeometry></bldg:lod2ImplicitRepresentation></bldg:BuildingInstallation>"
        "</bldg:outerBuildingInstallation>"
    )


def shape(model: CityModel) -> np.ndarray[Any, Any]:
    """Points about the first one [m]."""
    return model.coords - model.coords[0]


@pytest.mark.parametrize(
    ("srs", "anchor", "expected"),
    [
        ("EPSG:25832", "450000 5550000 100", (450000.0, 5550000.0, 100.0)),
        ("urn:ogc:def:crs:EPSG::31468", "5333000 4468000 100", (4468000.0, 5333000.0, 100.0)),
        ("EPSG:25832", "5550000 450000 100", (450000.0, 5550000.0, 100.0)),
        ("EPSG:25832", "32450000 5550000 100", (450000.0, 5550000.0, 100.0)),
        ("EPSG:2263+6360", "987000 212000 100", (None, None, 100 * FOOT)),
    ],
)
def test_a_template_keeps_its_shape(
    write_gml: Write, srs: str, anchor: str, expected: tuple[float | None, ...]
) -> None:
    model = read_city([write_gml(installation(anchor), srs=srs)])
    turn = transform_turn(model) if srs.startswith("EPSG:2263") else np.eye(2)
    assert shape(model)[:, :2] == pytest.approx(np.array(TENT)[:, :2] @ turn, abs=1e-5)
    assert shape(model)[:, 2] == pytest.approx(np.array(TENT)[:, 2], abs=1e-9)
    assert surface_normals(model)[0, 2] == pytest.approx(0.8)
    for value, wanted in zip(model.coords[0], expected, strict=True):
        assert wanted is None or value == pytest.approx(wanted, abs=1e-6)


def transform_turn(model: CityModel) -> np.ndarray[Any, Any]:
    """(2, 2) turn from New York's plane to UTM, measured on a line of a thousand feet to the north."""
    x, y = transform("EPSG:2263", model.crs.horizontal, [987000.0, 987000.0], [212000.0, 213000.0])
    north = np.array([x[1] - x[0], y[1] - y[0]])
    sine, cosine = north / np.linalg.norm(north)
    return np.array([[cosine, -sine], [sine, cosine]])


def test_a_template_in_degrees_points_to_true_north(write_gml: Write) -> None:
    latitude, longitude = SITE_DEG
    body = installation(f"{latitude} {longitude} 100")
    model = read_city([write_gml(body, srs="urn:ogc:def:crs:EPSG::4258")])
    east, north = utm(latitude, longitude, 32)
    further = np.array(utm(latitude + 1e-3, longitude, 32)) - (east, north)
    assert model.coords[0] == pytest.approx((east, north, 100.0), abs=2e-3)
    side = shape(model)[3, :2]
    assert np.linalg.norm(side) == pytest.approx(4.0, abs=1e-9)
    assert side / 4.0 == pytest.approx(further / np.linalg.norm(further), abs=1e-6)


def test_the_same_template_elsewhere_is_another_object(write_gml: Write) -> None:
    """Duplicates are told by what they are made of and by where that stands."""
    first = write_gml(installation("450000 5550000 100"), name="a.gml")
    again = write_gml(installation("450000 5550000 100"), name="b.gml")
    other = write_gml(installation("450100 5550000 100"), name="c.gml")
    assert read_city([first, again]).report.skipped_polygons == {"DUPLICATE_OBJECT": 1}
    model = read_city([first, other])
    assert model.n_surfaces == 2 and model.report.skipped_polygons == {}
    assert model.coords[[0, 4], 0].tolist() == [450000.0, 450100.0]


def test_a_file_left_out_takes_its_templates_along(write_gml: Write) -> None:
    good = write_gml(installation("450000 5550000 100"), name="b.gml")
    bad = write_gml(installation("450200 5550000 100"), name="a.gml")
    bad.write_text(bad.read_text(encoding="utf-8")[:-30], encoding="utf-8")
    model = read_city([bad, good])
    assert len(model.report.failed) == 1 and model.coords[0].tolist() == [450000.0, 5550000.0, 100.0]
    assert shape(model) == pytest.approx(np.array(TENT))


@pytest.mark.parametrize("system", ["https://www.opengis.net/def/crs/EPSG/0/31468", "EPSG:25832"])
def test_a_template_in_cityjson(
    json_document: dict[str, Any], read_json: Callable[..., CityModel], system: str
) -> None:
    """Also under a system that calls for northing first."""
    northing_first = system.startswith("http")
    anchor = [5333000.0, 4468000.0, 100.0] if northing_first else [450000.0, 5550000.0, 100.0]
    instance = {
        "type": "GeometryInstance",
        "template": 0,
        "boundaries": [0],
        "transformationMatrix": [float(number) for number in UNIT.split()],
    }
    json_document |= {
        "metadata": {"referenceSystem": system},
        "transform": {"scale": [1.0, 1.0, 1.0], "translate": anchor},
        "vertices": [[0, 0, 0]],
        "CityObjects": {"I": {"type": "BuildingInstallation", "geometry": [instance]}},
        "geometry-templates": {
            "templates": [{"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2, 3]]]}],
            "vertices-templates": [list(point) for point in TENT],
        },
    }
    model = read_json(json_document)
    assert shape(model) == pytest.approx(np.array(TENT), abs=1e-6)
    assert sorted(model.coords[0, :2].tolist()) == sorted(anchor[:2])


def test_a_point_outside_the_grid_costs_its_polygons_only(write_gml: Write, gml: Any) -> None:
    """A stray 0, 0, 0 in a file of heights above the ellipsoid."""

    def square(latitude: float, longitude: float, name: str) -> str:
        step = 1e-5
        ring = [(latitude, longitude), (latitude, longitude + step), (latitude + step, longitude + step)]
        text = " ".join(f"{y!r} {x!r} 148.165" for y, x in [*ring, ring[0]])
        polygon = f"<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing>"
        return str(gml.surface("RoofSurface", name, polygon + "</gml:exterior></gml:Polygon>"))

    body = square(*SITE_DEG, "good") + square(*SITE_DEG, "also").replace("148.165", "149.165") + square(0.0, 0.0, "bad")
    model = read_city([write_gml(body, srs="urn:ogc:def:crs:EPSG::4979")], grid_file=GRID)
    assert set(model.surface_id) == {"good", "also"} and model.crs.vertical == "EPSG:7837"
    assert model.coords[0, 2] == pytest.approx(100.0, abs=0.01)
    (defect,) = [entry for entry in model.report.defects if entry.kind == "coordinate not finite"]
    assert defect.surface_id == "bad" and defect.object_id == "B" and defect.file.endswith("t.gml")
