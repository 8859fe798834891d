"""How files come into one system: order of axes, degrees, feet, zone numbers, heights, two systems in one job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.krueger import utm

from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.read import read_city

Write = Callable[..., Path]
GRID = Path(__file__).parents[2] / "twin" / "data" / "geoid" / "de_bkg_gcg2016.tif"
SITE_DEG = (50.08, 8.24)
SITE = (445623.737, 5547802.125)
ROOF = (
    '<bldg:boundedBy><bldg:RoofSurface gml:id="R"><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>'
    "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{}</gml:posList></gml:LinearRing></gml:exterior>"
    "</gml:Polygon></gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy>"
)


def roof(first: float, second: float, size: float = 8.0, z: float = 100.0, northing_first: bool = False) -> str:
    """A square facing up, whose numbers are written in the order given."""
    a, b, c, d = first, second, first + size, second + size
    ring = [(a, b), (c, b), (c, d), (a, d), (a, b)]
    ring = ring[::-1] if northing_first else ring
    return ROOF.format(" ".join(f"{p!r} {q!r} {z!r}" for p, q in ring))


@pytest.fixture
def square(write_gml: Write) -> Callable[..., CityModel]:
    """Reads a square at two numbers under a notation."""

    def read(srs: str, first: float, second: float, crs: str | None = None, **size: Any) -> CityModel:
        return read_city([write_gml(roof(first, second, **size), srs=srs)], crs=crs)

    return read


def corner(model: CityModel) -> tuple[float, float]:
    """The first point."""
    return float(model.coords[0, 0]), float(model.coords[0, 1])


@pytest.mark.parametrize(
    ("srs", "first", "second", "expected", "order", "defects"),
    [
        ("EPSG:25832", *SITE, SITE, "easting, northing", []),
        ("urn:ogc:def:crs:EPSG::25832", *SITE, SITE, "easting, northing", []),
        # a file that does not do as its notation says
        ("EPSG:25832", *SITE[::-1], SITE, "northing, easting", ["axes in another order than named"]),
        # Gauß-Krüger: northing first by the authority, easting first in AdV's names
        ("urn:ogc:def:crs:EPSG::31468", 5322007.0, 4490663.0, (4490663.0, 5322007.0), "northing, easting", []),
        (
            "urn:adv:crs:DE_DHDN_3GK4*DE_DHHN92_NH",
            4490663.0,
            5322007.0,
            (4490663.0, 5322007.0),
            "easting, northing",
            [],
        ),
        ("EPSG:31468", 4490663.0, 5322007.0, (4490663.0, 5322007.0), "easting, northing", []),
        # Soldner Berlin: both orders lie in Berlin, so the notation decides
        ("urn:ogc:def:crs:EPSG::3068", 20000.0, 25000.0, (25000.0, 20000.0), "northing, easting", []),
        ("EPSG:3068", 25000.0, 20000.0, (25000.0, 20000.0), "easting, northing", []),
        # local numbers under the name of Soldner Berlin
        (
            "urn:ogc:def:crs,crs:EPSG:6.12:3068,crs:EPSG:6.12:5783",
            6.0,
            98.0,
            (6.0, 98.0),
            "easting, northing",
            ["outside the area of its CRS"],
        ),
        # zone numbers before the easting
        ("EPSG:25832", 32e6 + SITE[0], SITE[1], SITE, "easting, northing", ["zone before the easting"]),
        ("EPSG:4647", 32e6 + SITE[0], SITE[1], SITE, "easting, northing", ["zone before the easting"]),
        ("EPSG:4647", *SITE, SITE, "easting, northing", []),
        # a state keeps its zone: Passau in UTM 32
        ("EPSG:25832", 833000.0, 5392000.0, (833000.0, 5392000.0), "easting, northing", []),
    ],
)
def test_order_of_axes(
    square: Callable[..., CityModel],
    srs: str,
    first: float,
    second: float,
    expected: tuple[float, float],
    order: str,
    defects: list[str],
) -> None:
    model = square(srs, first, second, northing_first=order.startswith("northing"))
    assert corner(model) == pytest.approx(expected, abs=1e-6)
    (placement,) = model.report.placements
    assert placement.order == order and placement.why and placement.crs == srs
    assert list(model.report.defect_counts()) == defects
    # no "downward-facing roof" among the defects: taking the numbers in their order mirrors nothing
    assert model.report.area_m2["ROOF"] == pytest.approx(64.0, abs=1e-3) and bool(placement.action) == bool(defects)


@pytest.mark.parametrize(
    ("srs", "first", "second"),
    [
        ("urn:ogc:def:crs:EPSG::4258", *SITE_DEG),
        ("http://www.opengis.net/def/crs/EPSG/0/4258", *SITE_DEG),
        ("EPSG:4258", *SITE_DEG[::-1]),
        ("urn:adv:crs:ETRS89_Lat-Lon", *SITE_DEG),
    ],
)
def test_degrees_become_the_utm_zone_of_the_place(
    square: Callable[..., CityModel], srs: str, first: float, second: float
) -> None:
    model = square(srs, first, second, size=1e-4, northing_first=first > second)
    assert model.crs.horizontal == "EPSG:25832" and model.report.defect_counts() == {"coordinates transformed": 1}
    assert corner(model) == pytest.approx(utm(*SITE_DEG, 32), abs=0.002)
    # 1e-4° squared on GRS 80, from the radii of curvature at 50.08°
    assert model.report.area_m2["ROOF"] == pytest.approx(11.1234 * 7.1569, rel=2e-3)


def test_degrees_of_japan_stay_in_the_datum(square: Callable[..., CityModel]) -> None:
    model = square("http://www.opengis.net/def/crs/EPSG/0/6697", 35.67894848842243, 139.71765053158802, size=1e-4)
    assert (model.crs.horizontal, model.crs.vertical) == ("EPSG:6691", "EPSG:6695")
    assert corner(model) == pytest.approx(utm(35.67894848842243, 139.71765053158802, 54), abs=0.002)
    assert "JGD2011 / UTM zone 54N" in model.report.placements[0].action


def test_degrees_go_where_the_user_wants(square: Callable[..., CityModel]) -> None:
    model = square("urn:ogc:def:crs:EPSG::4258", *SITE_DEG, crs="EPSG:25833", size=1e-4)
    assert model.crs.horizontal == "EPSG:25833" and corner(model) == pytest.approx(utm(*SITE_DEG, 33), abs=0.002)
    named = square("", *SITE_DEG, crs="urn:ogc:def:crs:EPSG::4258", size=1e-4)
    assert named.crs.horizontal == "EPSG:25832" and corner(named) == pytest.approx(utm(*SITE_DEG, 32), abs=0.002)
    stands = square("EPSG:25832", *SITE, crs="EPSG:4258")
    assert corner(stands) == pytest.approx(SITE) and stands.report.defect_counts() == {"coordinate system": 1}


def test_feet_become_metres(square: Callable[..., CityModel]) -> None:
    model = square("EPSG:2263", 990000.0, 200000.0, size=100.0)
    assert model.crs.horizontal == "EPSG:26918"
    foot = 1200 / 3937
    assert model.report.area_m2["ROOF"] == pytest.approx((100 * foot) ** 2, rel=1e-3)


def test_web_mercator_is_not_true_to_scale(square: Callable[..., CityModel]) -> None:
    model = square("EPSG:3857", 917272.0, 6456270.0, size=10.0)
    assert model.crs.horizontal == "EPSG:32632"
    assert model.report.area_m2["ROOF"] == pytest.approx(100 * np.cos(np.radians(50.08)) ** 2, rel=0.01)
    assert square("", 917272.0, 6456270.0, crs="EPSG:3857").crs.horizontal == "EPSG:32632"


def test_files_of_two_zones_come_together(write_gml: Write) -> None:
    border = (51.0, 12.0)
    paths = [
        write_gml(roof(*utm(*border, zone)), srs=f"EPSG:258{zone}", name=f"{zone}.gml", members="") for zone in (32, 33)
    ]
    model = read_city(paths)
    assert model.crs.horizontal == "EPSG:25832" and model.report.defect_counts()["coordinates transformed"] == 1
    first = model.coords[model.ring_start[:2]]
    assert np.linalg.norm(first[0] - first[1]) < 0.002


def test_the_same_building_in_degrees_counts_once(write_gml: Write) -> None:
    paths = [
        write_gml(roof(*SITE_DEG, size=1e-4), srs="urn:ogc:def:crs:EPSG::4258", name=name)
        for name in ("a.gml", "b.gml")
    ]
    model = read_city(paths)
    assert model.n_surfaces == 1 and model.report.skipped_polygons == {"DUPLICATE_OBJECT": 1}


def test_datums_that_nothing_joins_well_are_refused(write_gml: Write) -> None:
    new = write_gml(roof(*SITE), srs="EPSG:25832", name="a.gml")
    old = write_gml(roof(3445660.0, 5549590.0), srs="EPSG:31467", name="b.gml")
    model = read_city([new, old])
    assert [Path(entry.file).name for entry in model.report.failed] == ["b.gml"] and model.n_surfaces == 1
    assert "two coordinate systems" in model.report.failed[0].message and "NTv2" in model.report.failed[0].message
    assert read_city([old]).crs.horizontal == "EPSG:31467"


@pytest.mark.parametrize(
    ("second", "fails", "said"),
    [("EPSG:25832+5783", False, True), ("EPSG:25832", False, False), ("EPSG:25832+5709", True, False)],
)
def test_heights_of_two_systems(write_gml: Write, second: str, fails: bool, said: bool) -> None:
    paths = [
        write_gml(roof(*SITE), srs="EPSG:25832+7837", name="a.gml"),
        write_gml(roof(*SITE, z=9.0), srs=second, name="b.gml"),
    ]
    report = read_city(paths).report
    assert bool(report.failed) == fails and ("heights of another kind" in report.defect_counts()) == said


def test_heights_above_the_ellipsoid(write_gml: Write) -> None:
    path = write_gml(roof(*SITE_DEG, size=1e-5, z=148.165), srs="urn:ogc:def:crs:EPSG::4937")
    model = read_city([path], grid_file=GRID)
    assert model.crs.vertical == "EPSG:7837" and model.coords[:, 2] == pytest.approx(100.0, abs=0.01)
    kept = read_city([path])
    assert kept.crs.vertical is None and kept.coords[:, 2] == pytest.approx(148.165)
    assert "kept" in kept.report.placements[0].action
    other = write_gml(roof(*SITE), srs="EPSG:25832+7837", name="a.gml")
    assert "above the ellipsoid" in read_city([other, path]).report.failed[0].message


def test_heights_in_feet_become_metres(square: Callable[..., CityModel]) -> None:
    model = square("EPSG:2263+6360", 990000.0, 200000.0, z=100.0)
    assert model.coords[:, 2] == pytest.approx(100 * 1200 / 3937) and model.crs.vertical is None


def test_a_far_point_does_not_move_a_file(write_gml: Write) -> None:
    body = roof(*SITE[::-1]) + roof(9e15, 1.0).replace('"R"', '"Q"')
    model = read_city([write_gml(body, srs="urn:ogc:def:crs:EPSG::25832")])
    assert model.report.placements[0].order == "northing, easting"


def test_degrees_that_are_none_are_refused(write_gml: Write) -> None:
    with pytest.raises(CityModelError, match=r"do not lie in 'EPSG:4258'.*--crs"):
        read_city([write_gml(roof(*SITE), srs="EPSG:4258")])


def test_degrees_without_a_point_lead_nowhere(write_gml: Write) -> None:
    with pytest.raises(CityModelError, match="no coordinates"):
        read_city([write_gml("", srs="EPSG:4326")])


def test_heights_of_a_plan_in_feet_are_feet(square: Callable[..., CityModel]) -> None:
    """A house of 10 m must not come out 33 m high."""
    model = square("EPSG:2263", 990000.0, 200000.0, z=100.0)
    assert model.coords[:, 2] == pytest.approx(100 * 1200 / 3937)
    assert "no height system is named" in model.report.placements[0].action
    named = square("EPSG:2263", 990000.0, 200000.0, z=100.0, crs="EPSG:2263+5703")
    assert named.coords[:, 2] == pytest.approx(100.0) and named.crs.vertical == "EPSG:5703"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_heights_that_another_file_names(write_gml: Write, order: tuple[int, int]) -> None:
    paths = [
        write_gml(roof(*SITE), srs="EPSG:25832", name="silent.gml"),
        write_gml(roof(*SITE, z=9.0), srs="EPSG:25832+7837", name="named.gml"),
    ]
    model = read_city([paths[number] for number in order])
    assert model.crs.vertical == "EPSG:7837"
    (defect,) = [entry for entry in model.report.defects if entry.kind == "heights not named"]
    assert Path(defect.file).name == "silent.gml" and "EPSG:7837" in defect.action
    actions = {Path(placement.file).name: placement.action for placement in model.report.placements}
    assert "EPSG:7837" in actions["silent.gml"] and not actions["named.gml"]
    given = read_city(paths, crs="EPSG:25832+7837").report
    assert "heights not named" not in given.defect_counts()


EITHER = "either order of axes fits"


def test_degrees_that_fit_in_either_order_are_asked_for(square: Callable[..., CityModel]) -> None:
    """ "EPSG:4326" is read either way in the world: Wiesbaden or off Somalia. A URN says which, and that is told."""
    for order in (SITE_DEG, SITE_DEG[::-1]):
        with pytest.raises(CityModelError, match=r"latitude or longitude comes first.* --crs EPSG:25832"):
            square("EPSG:4326", *order, size=1e-4)
    model = square("urn:ogc:def:crs:EPSG::4326", *SITE_DEG, size=1e-4)
    assert model.crs.horizontal == "EPSG:32632" and model.report.defect_counts()[EITHER] == 1
    assert "latitude, longitude taken" in model.report.placements[0].action
    sure = square("EPSG:4258", *SITE_DEG, size=1e-4)
    assert EITHER not in sure.report.defect_counts() and sure.crs.horizontal == "EPSG:25832"


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 2, 1)])
def test_another_file_says_which_order_of_degrees(write_gml: Write, order: tuple[int, ...]) -> None:
    unsure = roof(*SITE_DEG, size=1e-4, northing_first=True)
    paths = [
        write_gml(unsure, srs="EPSG:4326", name="degrees.gml"),
        write_gml(roof(*SITE), srs="EPSG:25832", name="metres.gml"),
        write_gml(unsure.replace("100.0", "101.0"), srs="EPSG:4326", name="more.gml"),
    ]
    model = read_city([paths[number] for number in order])
    assert model.crs.horizontal == "EPSG:25832" and not model.report.failed
    assert EITHER not in model.report.defect_counts() and model.n_surfaces == len(order)
    first = model.coords[model.ring_start[:-1]]
    assert np.ptp(first[:, :2], axis=0).max() < 20.0


def test_the_user_says_which_order_of_degrees(square: Callable[..., CityModel]) -> None:
    model = square("EPSG:4326", *SITE_DEG, crs="EPSG:25832", size=1e-4, northing_first=True)
    assert corner(model) == pytest.approx(utm(*SITE_DEG, 32), abs=0.002) and EITHER not in model.report.defect_counts()
