"""Coordinate systems: notations, refusals, place on Earth, heights."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from io_citygml.crs import (
    inside_area_of_use,
    meridian_convergence_deg,
    parse_crs,
    same,
    to_base,
    to_geographic,
    wkt,
)
from io_citygml.errors import CityModelError
from io_citygml.heights import ellipsoidal_height, ellipsoidal_or_reason, normal_height

GRID = Path(__file__).parents[2] / "twin" / "data" / "geoid" / "de_bkg_gcg2016.tif"
WKT = (
    'PROJCS["ETRS89 / UTM zone 32N",GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989",'
    'SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],'
    'PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],'
    'UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","25832"]]'
)
# The site of the acceptance cases: 50.08° N 8.24° E.
SITE = (445623.74, 5547802.12)


@pytest.mark.parametrize(
    ("text", "horizontal", "vertical"),
    [
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016", 25832, 7837),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH", 25832, 7837),
        ("urn:adv:crs:ETRS89_UTM31*DE_DHHN92_NH", 25831, 5783),
        ("urn:adv:crs:ETRS89_UTM33", 25833, None),
        ("EPSG:25832", 25832, None),
        ("25832", 25832, None),
        ("EPSG:25832+7837", 25832, 7837),
        ("EPSG:5555", 25832, 5783),
        ("urn:ogc:def:crs:EPSG::25832", 25832, None),
        ("urn:ogc:def:crs:EPSG::25832+7837", 25832, 7837),
        ("urn:ogc:def:crs:EPSG:6.12:25832", 25832, None),
        ("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783", 25832, 5783),
        ("http://www.opengis.net/def/crs/EPSG/0/7415", 28992, 5709),
        ("https://www.opengis.net/def/crs/EPSG/0/2056", 2056, None),
        ("http://www.opengis.net/gml/srs/epsg.xml#25832", 25832, None),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH", 25832, 5783),
        ("urn:adv:crs:DE_DHDN_3GK4*DE_DHHN92_NH", 31468, 5783),
        ("urn:adv:crs:DE_DHDN_3GK2_NW177*DE_DHHN12_NOH", 31466, 5782),
        ("urn:ogc:def:crs,crs:EPSG:6.12:3068,crs:EPSG:6.12:5783", 3068, 5783),
        (
            "http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/25832"
            "&2=http://www.opengis.net/def/crs/EPSG/0/7837",
            25832,
            7837,
        ),
        ("EPSG:3946", 3946, None),
        ("EPSG:31467", 31467, None),
        ("EPSG:25832 + EPSG:7837", 25832, 7837),
        ("epsg:2056+5728", 2056, 5728),
        ("EPSG:4647", 25832, None),
        ("https://epsg.io/25833", 25833, None),
        (WKT, 25832, None),
    ],
)
def test_notations(text: str, horizontal: int, vertical: int | None) -> None:
    crs = parse_crs(text)
    assert crs.text == text and crs.horizontal == f"EPSG:{horizontal}"
    assert crs.vertical == (None if vertical is None else f"EPSG:{vertical}")


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("EPSG:4326", "geographic"),
        ("urn:ogc:def:crs:EPSG::6697", "geographic"),
        ("EPSG:4978", "geocentric"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "geographic"),
        ("PROJCS[broken", "WKT that cannot be read"),
        ("urn:adv:crs:ETRS89_UTM99*DE_DHHN2016_NH", "not one this reader knows"),
        ("urn:ogc:def:crs:local:CRS:1", "local to the file"),
        ("EPSG:" + "2" * 30_000, "name of 30,005 characters"),
        ("EPSG:2263", "not in metres"),
        ("#local-CRS-1", "local to the file"),
        ("somewhere", "not a notation"),
        ("", "no name"),
        ("EPSG:99999", "does not exist"),
        ("EPSG:25832+25833", "not a height system"),
    ],
)
def test_refusals(text: str, pattern: str) -> None:
    with pytest.raises(CityModelError, match=pattern) as caught:
        parse_crs(text)
    assert caught.value.remedy


def test_same_where_heights_are_unknown() -> None:
    plain, new, old = (parse_crs(text) for text in ("EPSG:25832", "EPSG:25832+7837", "EPSG:25832+5783"))
    assert same(plain, new) and same(new, plain) and not same(new, old) and not same(plain, parse_crs("EPSG:25833"))


def test_site_on_earth() -> None:
    latitude, longitude = to_geographic(parse_crs("25832"), *(np.array([value]) for value in SITE))
    assert latitude == pytest.approx(50.08, abs=2e-7) and longitude == pytest.approx(8.24, abs=2e-7)


def test_convergence_of_the_site() -> None:
    crs = parse_crs("25832")
    assert float(meridian_convergence_deg(crs, *SITE)) == pytest.approx(-0.583, abs=5e-4)
    assert float(meridian_convergence_deg(crs, 500000.0, SITE[1])) == pytest.approx(0.0, abs=1e-9)


def test_convergence_is_the_turn_of_the_meridian() -> None:
    """Second way: the grid bearing of a short step to true north is minus the convergence."""
    import pyproj

    to_grid = pyproj.Transformer.from_crs(4258, 25832, always_xy=True)
    (x0, y0), (x1, y1) = to_grid.transform(8.24, 50.08), to_grid.transform(8.24, 50.0801)
    bearing_deg = np.degrees(np.arctan2(x1 - x0, y1 - y0))
    assert float(meridian_convergence_deg(parse_crs("25832"), x0, y0)) == pytest.approx(-bearing_deg, abs=1e-4)


def test_height_above_the_ellipsoid() -> None:
    height = ellipsoidal_height(parse_crs("EPSG:25832+7837"), *SITE, 100.0, GRID)
    assert float(height) == pytest.approx(148.165, abs=0.01)


def test_height_without_grid_stops(tmp_path: Path) -> None:
    with pytest.raises(CityModelError, match="grid is missing"):
        ellipsoidal_height(parse_crs("EPSG:25832+7837"), *SITE, 100.0, tmp_path / "gone.tif")


def test_height_outside_the_grid_stops() -> None:
    with pytest.raises(CityModelError, match="outside the quasigeoid grid"):
        ellipsoidal_height(parse_crs("EPSG:25832+7837"), [SITE[0], 500000.0], [SITE[1], 0.0], [1.0, 1.0], GRID)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("EPSG:25832", "--crs EPSG:25832\\+7837"),
        ("EPSG:25832+5783", "DHHN92 .*DHHN2016"),
        ("EPSG:7415", "NAP heights .*nl_nsgi_nlgeo2018.tif.*not bundled"),
    ],
)
def test_other_heights_stop_with_what_is_missing(text: str, words: str) -> None:
    with pytest.raises(CityModelError, match=words):
        ellipsoidal_height(parse_crs(text), *SITE, 100.0, GRID)
    answer = ellipsoidal_or_reason(parse_crs(text), *SITE, 100.0, GRID)
    assert answer.height_m is None and re.search(words, answer.reason)


def test_heights_there_and_back() -> None:
    crs = parse_crs("EPSG:25832+7837")
    answer = ellipsoidal_or_reason(crs, *SITE, 100.0, GRID)
    assert (
        answer.reason == ""
        and answer.height_m is not None
        and float(answer.height_m) == pytest.approx(148.165, abs=0.01)
    )
    longitude, latitude = to_base(crs, *SITE)
    assert float(normal_height(longitude, latitude, answer.height_m, GRID)) == pytest.approx(100.0, abs=1e-6)


def test_wkt_and_area() -> None:
    crs = parse_crs("EPSG:25832+7837")
    assert wkt(crs).startswith("COMPOUNDCRS") and wkt(parse_crs("25832")).startswith("PROJCRS")
    assert inside_area_of_use(crs, *SITE) and not inside_area_of_use(crs, 32_445_623.74, SITE[1])
