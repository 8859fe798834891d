"""What rows see behind a long wall, against the closed form; yields of slopes against the park's own."""

from __future__ import annotations

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
from twin.pv.config import read_pv
from twin.pv.yields import chain_of
from twin.scene import build_scene
from twin.sites.power import Slope, Year, rows_of, yield_of
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


def test_yield_of_slopes_is_their_mean_by_area(behind: tuple[Directions, np.ndarray, np.ndarray]) -> None:
    directions, sun, share = behind
    pv, weather = read_pv(), bundled()
    # any place serves: what is compared is computed for the same one
    site = Site(50.98, 7.07, 100.0, -1.5)
    sent = sources(site, directions.grid, weather)
    year = Year(sent, weather, chain_of(pv, "free"), 0.2)
    sky, horizon = sky_and_horizon(share, directions.sky)
    free = Slope(1000.0, 0.0, 180.0, np.ones_like(sun), 1.0, 1.0)
    walled = Slope(3000.0, 6.0, 200.0, sun, sky, horizon)
    kind = pv.park.fixed
    alone = []
    for slope in (free, walled):
        rows = rows_of(kind, slope, pv.module.refraction_index)
        field = park_yield(rows, sent, slope.sun, slope.sky, slope.horizon, weather, year.chain, 0.2)
        alone.append(float(field.ac.sum()) * weather.step_s / 3600)
    both = yield_of(kind, [free, walled], year, pv)
    assert both.kwh_kwp == pytest.approx((alone[0] + 3 * alone[1]) / 4)
    assert both.kwp == pytest.approx(4000.0 * kind.gcr * pv.park.row_share * pv.module.kwp_m2)
    assert 15.0 < both.shade_pct < 60.0 and both.p10 < both.p50 == both.kwh_kwp < both.p90
    assert yield_of(kind, [free], year, pv).shade_pct == pytest.approx(0.0, abs=1e-9)
