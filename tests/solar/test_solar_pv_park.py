"""Fields of rows against pvlib's infinite sheds on level free land, and what slopes and skylines must do to them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pvlib
import pytest
from oracles.infinite_sheds import ac_of_year, sun_of_year, year_of_rows

from solar.irradiance import SkyView, Sources, far_ground, hourly, sources
from solar.pv.chain import Chain, Heat
from solar.pv.glass import glass_of
from solar.pv.light import light_of
from solar.pv.park import Field, Rows, park_yield, rotation_of
from solar.pv.power import Planes, Strings, plant_power
from solar.site import Site
from solar.sun_grid import sun_grid
from solar.weather import Weather, bundled

LATITUDE, LONGITUDE = 50.08, 8.24
CHAIN = Chain(-0.0035, 0.2152, 0.1142, 1.0, 0.96, 0.9637, Heat("faiman", 25.0, 6.84))
# "sun": infinite sheds count circumsolar light as beam, so it loses by its angle on the glass.
FIXED = Rows("fixed", 20.0, 180.0, 0.45, 1.7, 4.5, bifaciality=0.8, glass="sun")
TRACKER = Rows("tracker", 0.0, 180.0, 0.35, 1.5, 2.3, bifaciality=0.8, glass="sun")
VERTICAL = Rows("vertical", 90.0, 270.0, 0.22, 1.7, 2.3, bifaciality=0.9, glass="sun")
KINDS = [FIXED, TRACKER, VERTICAL]


class Year(NamedTuple):
    """The default weather at the acceptance table's site."""

    weather: Weather
    sources: Sources
    all_seen: np.ndarray


@pytest.fixture(scope="module")
def year() -> Year:
    weather, site = bundled(), Site(LATITUDE, LONGITUDE)
    grid = sun_grid(site)
    return Year(weather, sources(site, grid, weather), np.ones(len(grid.direction)))


@pytest.fixture(scope="module")
def peer(year: Year) -> dict[str, np.ndarray]:
    """By pvlib (4,), of each kind: irradiance in front, behind [kWh/m²], AC with and without a rear [kWh/kWp]."""
    sun = sun_of_year(year.weather, LATITUDE, LONGITUDE)
    out = {}
    for rows in KINDS:
        tilt, azimuth = rows.tilt_deg, rows.azimuth_deg
        if rows.kind == "tracker":
            turned = pvlib.tracking.singleaxis(sun.zenith, sun.azimuth, 0.0, 180.0, 60.0, True, rows.gcr)
            tilt, azimuth = turned["surface_tilt"], turned["surface_azimuth"]
        pitch = rows.slant_m / rows.gcr
        by = year_of_rows(sun, year.weather, tilt, azimuth, rows.gcr, rows.height_m, pitch, 0.2, rows.refraction_index)
        powers = []
        for weight in (rows.bifaciality * (1.0 - rows.rear_shade), 0.0):
            effective, warms = by.front_used + weight * by.rear_used, by.front + weight * by.rear
            powers.append(ac_of_year(effective, warms, year.weather, -0.0035, 0.1142, 0.96, 0.9637, 25.0, 6.84).sum())
        out[rows.kind] = np.array([by.front.sum() / 1000, by.rear.sum() / 1000, *powers])
    return out


def field(rows: Rows, year: Year, seen: np.ndarray | None = None, sky: float = 1.0, horizon: float = 1.0) -> Field:
    sun = year.all_seen if seen is None else seen
    return park_yield(rows, year.sources, sun, sky, horizon, year.weather, CHAIN)


def numbers(rows: Rows, year: Year) -> np.ndarray:
    both, one = field(rows, year), field(rows._replace(bifaciality=0.0), year)
    return np.array([both.poa_front.sum() / 1000, both.poa_rear.sum() / 1000, both.ac.sum(), one.ac.sum()])


@pytest.mark.parametrize("rows", KINDS, ids=lambda rows: rows.kind)
def test_without_the_horizon_band_a_field_is_pvlibs(rows: Rows, year: Year, peer: dict[str, np.ndarray]) -> None:
    dark = year._replace(sources=year.sources._replace(horizon=np.zeros(len(year.weather.start))))
    np.testing.assert_allclose(numbers(rows, dark), peer[rows.kind], rtol=1e-3)


def test_gains_are_pvlibs_within_one_per_cent(year: Year, peer: dict[str, np.ndarray]) -> None:
    """With the band: of trackers and vertical rows over fixed ones, and of the rear over modules with one face."""
    ours = {rows.kind: numbers(rows, year) for rows in KINDS}
    for kind in ("tracker", "vertical"):
        gain, expected = (by[kind][2] / by["fixed"][2] for by in (ours, peer))
        assert gain == pytest.approx(expected, rel=0.01)
    for kind, by_pvlib in peer.items():
        assert ours[kind][2] / ours[kind][3] == pytest.approx(by_pvlib[2] / by_pvlib[3], rel=0.01)
    assert 1.10 < ours["tracker"][2] / ours["fixed"][2] < 1.16
    assert ours["fixed"][2] / ours["fixed"][3] > 1.05


@pytest.mark.parametrize("tilt", [20.0, 35.0, 90.0])
def test_rows_far_apart_are_free_planes(tilt: float, year: Year) -> None:
    alone = field(Rows("fixed", tilt, 180.0, 1e-5, 2.0, 2.0), year)
    normal = np.array([0.0, -np.sin(np.radians(tilt)), np.cos(np.radians(tilt))])
    sky, band = 0.5 * (1.0 + normal[2]), float(np.hypot(normal[0], normal[1]))
    ground = far_ground(normal, 0.2, len(year.all_seen))
    plane = hourly(year.sources, normal, year.all_seen, SkyView(np.array([sky]), np.array([band]), np.zeros(0)), ground)
    lit = year.sources.path.node.max(axis=1) >= 0
    np.testing.assert_allclose(alone.poa_front[0].sum(), plane.total[lit].sum(), rtol=2e-3)
    assert (alone.shaded == 0.0).all()


def test_rows_on_a_slope_that_lie_flat_on_it_do_not_see_each_other(year: Year) -> None:
    """Modules parallel to a slope: whatever the pitch, the same light in front as one plane alone."""
    near, far = (
        field(Rows("fixed", 12.0, 150.0, gcr, 1.0, 1.0, slope_tilt_deg=12.0, slope_azimuth_deg=150.0), year)
        for gcr in (0.9, 1e-5)
    )
    np.testing.assert_allclose(near.poa_front, far.poa_front, atol=0.5)
    above = year.sources.path.elevation_deg.min(axis=1) > 12.0
    assert near.shaded[above].max() < 1e-9


def test_slopes_change_yield_the_way_they_must(year: Year) -> None:
    def kwh(rows: Rows, slope_tilt: float, slope_azimuth: float) -> float:
        turned = rows._replace(slope_tilt_deg=slope_tilt, slope_azimuth_deg=slope_azimuth)
        return float(field(turned, year).ac.sum())

    level, south, north, east, west = (
        kwh(FIXED, tilt, azimuth) for tilt, azimuth in ((0, 180), (10, 180), (10, 0), (10, 90), (10, 270))
    )
    # Down a south slope rows shade each other less, down a north slope more; east and west turn the modules aside.
    assert north < 0.96 * level < level < south < 1.05 * level
    assert east == pytest.approx(west, rel=0.02) and east < level
    # A tracker's axis that falls to the south gains, one that falls to the north loses.
    assert kwh(TRACKER, 8, 0) < kwh(TRACKER, 0, 0) < kwh(TRACKER, 8, 180)
    # Of vertical rows on an east slope one side looks into the hill.
    assert kwh(VERTICAL, 10, 90) < kwh(VERTICAL, 0, 90)


def test_a_tracker_on_a_cross_slope_keeps_its_rows_out_of_each_others_shade(year: Year) -> None:
    sloped = TRACKER._replace(slope_tilt_deg=8.0, slope_azimuth_deg=90.0)
    high = year.sources.path.elevation_deg.min(axis=1) > 10.0
    assert field(sloped, year).shaded[high].max() < 1e-6
    assert field(sloped._replace(backtrack=False), year).shaded[high].max() > 0.2
    turned = rotation_of(sloped, np.array([30.0]), np.array([120.0]))
    assert turned[0] < 0.0


def test_what_hides_sun_and_sky_takes_its_share(year: Year) -> None:
    free = field(FIXED, year)
    dark = field(FIXED, year, seen=np.zeros(len(year.all_seen)))
    assert 0.25 < dark.ac.sum() / free.ac.sum() < 0.5
    nothing = field(FIXED, year, seen=np.zeros(len(year.all_seen)), sky=0.0, horizon=0.0)
    # What is not sky sends back light as ground does.
    assert nothing.poa_front.sum() < 0.25 * free.poa_front.sum()
    less = field(FIXED, year, sky=0.9, horizon=0.7)
    assert 0.93 * free.ac.sum() < less.ac.sum() < free.ac.sum()
    morning = (year.sources.path.azimuth_deg.mean(axis=1) < 180.0) & (year.sources.path.node.max(axis=1) >= 0)
    half = np.ones(len(year.all_seen))
    half[np.unique(year.sources.path.node[morning & (year.sources.path.node.min(axis=1) >= 0)])] = 0.0
    assert field(VERTICAL, year, seen=half).poa_rear.sum() < 0.6 * field(VERTICAL, year).poa_rear.sum()


def test_a_slope_that_was_traced_is_not_counted_twice(year: Year) -> None:
    """Views over the slope itself, or over nothing at all: the formulas know the slope, so both are free land."""
    rows = VERTICAL._replace(slope_tilt_deg=10.0, slope_azimuth_deg=90.0)
    traced = field(rows, year, sky=0.5 * (1.0 + np.cos(np.radians(10.0))), horizon=0.8)
    np.testing.assert_array_equal(traced.ac, field(rows, year).ac)


def test_places_do_not_depend_on_each_other(year: Year) -> None:
    seen = np.random.default_rng(5).random((3, len(year.all_seen)))
    sky, horizon = np.array([1.0, 0.9, 0.8]), np.array([1.0, 0.7, 0.5])
    together = park_yield(TRACKER, year.sources, seen, sky, horizon, year.weather, CHAIN)
    for place in range(3):
        alone = field(TRACKER, year, seen[place], float(sky[place]), float(horizon[place]))
        np.testing.assert_array_equal(together.ac[place], alone.ac[0])
        np.testing.assert_array_equal(together.poa_rear[place], alone.poa_rear[0])


@pytest.mark.parametrize("rows", KINDS, ids=lambda rows: rows.kind)
def test_glass_takes_what_is_sent_through_it(rows: Rows, year: Year) -> None:
    direct, sun, everything = (field(rows._replace(glass=glass), year) for glass in ("direct", "sun", "all"))
    np.testing.assert_array_equal(direct.poa_front, everything.poa_front)
    assert 0.94 * direct.ac.sum() < everything.ac.sum() < sun.ac.sum() < direct.ac.sum()
    assert sun.ac.sum() > 0.985 * direct.ac.sum()


@pytest.mark.parametrize("glass", ["direct", "sun", "all"])
def test_rows_far_apart_yield_what_a_roof_of_their_tilt_does(glass: str, year: Year) -> None:
    """The same chain as on roofs: one plane, one string, all seen."""
    light = light_of(year.sources, year.weather)
    normal = np.array([[0.0, -np.sin(np.radians(35.0)), np.cos(np.radians(35.0))]])
    sky, band = 0.5 * (1.0 + normal[:, 2]), np.hypot(normal[:, 0], normal[:, 1])
    one = np.zeros(1, np.intp)
    ground = far_ground(normal, 0.2, len(year.all_seen))
    strings = Strings(one, one, np.ones(1), year.all_seen[None], sky[:, None], band[:, None], ground)
    roof = plant_power(light, Planes(normal, sky, band, None), strings, CHAIN, glass_of(1.526, glass), 0.2)
    alone = field(Rows("fixed", 35.0, 180.0, 1e-5, 2.0, 2.0, glass=glass), year)
    assert alone.ac.sum() == pytest.approx(roof.ac.sum(), rel=2e-3)


def test_blocks_cost_more_than_shade_in_proportion(year: Year) -> None:
    lost = [field(FIXED._replace(blocks=blocks), year).ac.sum() for blocks in (0, 4, 1)]
    assert lost[0] > lost[1] > lost[2] > 0.9 * lost[0]


def test_unknown_air_is_assumed_and_night_is_dark(year: Year) -> None:
    still = np.full(len(year.weather.start), np.nan)
    weather = bundled()
    object.__setattr__(weather, "temp_air", still)
    object.__setattr__(weather, "wind_speed", still)
    guess = park_yield(FIXED, year.sources, year.all_seen, 1.0, 1.0, weather, CHAIN)
    free = field(FIXED, year)
    assert np.isfinite(guess.ac).all()
    assert guess.ac.sum() == pytest.approx(free.ac.sum(), rel=0.03)
    night = year.sources.path.node.max(axis=1) < 0
    assert (free.ac[:, night] == 0.0).all() and (free.ac >= 0.0).all()


@pytest.mark.parametrize("rows", KINDS, ids=lambda rows: rows.kind)
def test_a_record_without_sun_yields_nothing(rows: Rows, year: Year) -> None:
    first = slice(0, 3)
    path = year.sources.path
    assert path.node[first].max() < 0
    path = path._replace(
        **{name: getattr(path, name)[first] for name in path._fields if name not in ("step_s", "n_nodes")}
    )
    parts = {
        name: getattr(year.sources, name)[first] for name in year.sources._fields if name not in ("path", "n_seasons")
    }
    dark = park_yield(rows, Sources(path, n_seasons=1, **parts), year.all_seen, 1.0, 1.0, year.weather, CHAIN)
    assert dark.ac.shape == (1, 3) and dark.ac.sum() == dark.shaded.sum() == 0.0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (FIXED._replace(kind="carport"), "no kind"),
        (FIXED._replace(gcr=1.2), "gcr"),
        (VERTICAL._replace(height_m=1.0), "into the ground"),
    ],
)
def test_impossible_rows_are_refused(rows: Rows, said: str, year: Year) -> None:
    with pytest.raises(ValueError, match=said):
        field(rows, year)
