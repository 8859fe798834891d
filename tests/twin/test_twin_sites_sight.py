"""What rows see behind a long wall, against the closed form; yields of slopes against the park's own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from oracles.houses import SOUTH, WEST, Box, write_town

from io_citygml.read import read_city
from solar.irradiance import sources
from solar.pv.park import park_yield
from solar.site import Site
from solar.sky import reinhart
from solar.weather import bundled
from twin.directions import Directions, directions_of
from twin.operators import casters_of
from twin.pv.config import ParkKind, read_pv
from twin.pv.yields import chain_of
from twin.scene import build_scene
from twin.sites.power import Asked, Slope, Year, annual_yields, node_of, rows_of, yield_of
from twin.sites.sight import mean_share, sight_of, sky_and_horizon


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> tuple[Directions, np.ndarray, np.ndarray]:
    """Directions and the mean view of sun and sky 20 m north of a wall 20 m high and 2 km long."""
    path = write_town(
        tmp_path_factory.mktemp("wall") / "wall.city.json", [Box("wall", WEST - 1000, SOUTH, 2000, 1, 20)]
    )
    scene = build_scene(read_city([path]), 0.2)
    directions = directions_of(scene.site, 2305)
    place = np.array([[WEST + 5.0 * k, SOUTH + 21.0] for k in range(3)])
    seen = sight_of(casters_of(scene), place, np.full(3, 100.0), directions, 3000.0, lambda stage, done, of: None)
    rows, area = np.arange(3), np.array([1.0, 2.0, 3.0])
    sun = mean_share(seen.sun, rows, area, directions.n_sun)
    return directions, sun, mean_share(seen.sky, rows, area, len(directions.sky.direction))


def test_sky_and_horizon_behind_a_long_wall(behind: tuple[Directions, np.ndarray, np.ndarray]) -> None:
    directions, sun, share = behind
    sky, horizon = sky_and_horizon(share, directions.sky)
    assert sky == pytest.approx((1 + np.cos(np.radians(45.0))) / 2, abs=0.005)
    assert horizon == pytest.approx(0.5, abs=0.02)
    # the sun is hidden exactly where its profile angle to the south stays below the wall's 45°
    x, y, z = directions.grid.direction.T
    profile = np.degrees(np.arctan2(z, np.maximum(-y, 1e-9)))
    sure = np.abs(profile - 45.0) > 0.5
    assert (sun[sure & (np.abs(x) < 0.95)] == (profile > 45.0)[sure & (np.abs(x) < 0.95)]).all()


def test_free_land_sees_everything() -> None:
    sky = reinhart(577)
    assert sky_and_horizon(np.ones(577), sky) == pytest.approx((1.0, 1.0))
    north = (sky.direction[:, 1] > 0).astype(float)
    assert sky_and_horizon(north, sky) == pytest.approx((0.5, 0.5), abs=0.02)


class Behind(NamedTuple):
    """A year, and land that is free or behind the wall."""

    year: Year
    free: Slope
    walled: Slope


@pytest.fixture(scope="module")
def land(behind: tuple[Directions, np.ndarray, np.ndarray]) -> Behind:
    directions, sun, share = behind
    # any place serves: what is compared is computed for the same one
    weather, site = bundled(), Site(50.98, 7.07, 100.0, -1.5)
    year = Year(sources(site, directions.grid, weather), weather, chain_of(read_pv(), "free"), 0.2)
    sky, horizon = sky_and_horizon(share, directions.sky)
    free = Slope(1000.0, 0.0, 180.0, np.ones_like(sun), 1.0, 1.0)
    return Behind(year, free, Slope(3000.0, 6.0, 200.0, sun, sky, horizon))


def alone(kind: ParkKind, slope: Slope, year: Year) -> float:
    """Yield on the very slope, none rounded, none shared."""
    rows = rows_of(kind, slope, read_pv().module.refraction_index)
    exact = rows._replace(slope_tilt_deg=slope.tilt_deg, slope_azimuth_deg=slope.azimuth_deg)
    view = slope.sun, slope.sky, slope.horizon
    return float(park_yield(exact, year.sources, *view, year.weather, year.chain, 0.2).ac.sum())


def test_yield_of_slopes_is_their_mean_by_area(land: Behind) -> None:
    pv = read_pv()
    kind, index = pv.park.fixed, pv.module.refraction_index
    annual = annual_yields([Asked(kind, land.free), Asked(kind, land.walled)], land.year, index)
    assert annual[0].seen == pytest.approx(alone(kind, land.free, land.year), rel=1e-12)
    assert annual[1].seen == pytest.approx(alone(kind, land.walled, land.year), rel=1e-3)
    both = yield_of(kind, [land.free, land.walled], annual, pv)
    assert both.kwh_kwp == pytest.approx((annual[0].seen + 3 * annual[1].seen) / 4)
    assert both.kwp == pytest.approx(4000.0 * kind.gcr * pv.park.row_share * pv.module.kwp_m2)
    assert 15.0 < both.shade_pct < 60.0 and both.p10 < both.p50 == both.kwh_kwp < both.p90
    assert both.p10 < both.life[0] < both.p50 < both.life[1] < both.p90
    assert yield_of(kind, [land.free], annual[:1], pv).shade_pct == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", ["fixed", "tracker", "vertical"])
def test_rounded_slopes_move_a_yield_by_less_than_a_thousandth(land: Behind, name: str) -> None:
    rng, kind = np.random.default_rng(4), getattr(read_pv().park, name)
    slopes = [
        land.walled._replace(tilt_deg=float(tilt), azimuth_deg=float(azimuth))
        for tilt, azimuth in zip([*rng.uniform(0, 20, 6), 0.3, 1.9], rng.uniform(0, 360, 8), strict=True)
    ]
    found = annual_yields([Asked(kind, slope) for slope in slopes], land.year, read_pv().module.refraction_index)
    away = [one.seen / alone(kind, slope, land.year) - 1 for one, slope in zip(found, slopes, strict=True)]
    assert np.abs(away).max() < 1e-3


def test_shared_slopes_give_the_same_bits_in_any_company(land: Behind) -> None:
    park, index = read_pv().park, read_pv().module.refraction_index
    near = land.walled._replace(tilt_deg=land.walled.tilt_deg + 0.01, sky=0.9)
    crowd = [Asked(kind, slope) for slope in (land.walled, land.free, near) for kind in (park.fixed, park.vertical)]
    assert node_of(near) == node_of(land.walled) != node_of(land.free)
    together = annual_yields(crowd * 30, land.year, index)  # more than one share of each kind
    assert together == [annual_yields([one], land.year, index)[0] for one in crowd] * 30
