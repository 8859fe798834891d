"""Sky models and a far horizon through a whole job: on surfaces, open land, series and PV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from oracles.houses import SOUTH, WEST, street, write_town
from rasterio.transform import from_origin

from raytrace import bits
from solar import far_horizon as profile
from solar.all_weather import diffuse_horizontal
from solar.sky import horizon_weights, sky_weights
from twin import irradiation, query, skylight
from twin.config import check_job
from twin.errors import ConfigError
from twin.job import Outcome, cells_of, optics_of, run_solar, site_sources
from twin.month_hour import month_hour, year_bins
from twin.progress import silent
from twin.receivers import is_land

RIDGE_M = 2500.0  # south of the town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(tmp_path_factory.mktemp("skylight") / "town.city.json", street()[:6])


def run(town: Path, out: Path, **options: object) -> Outcome:
    base = {"cities": [town], "out": out, "spacing_m": 2.5, "ground_spacing_m": 5.0, "ground_margin_m": 20.0}
    return run_solar(check_job({**base, **options}), silent)


@pytest.fixture(scope="module")
def plain(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run(town, tmp_path_factory.mktemp("plain") / "out")


@pytest.fixture(scope="module")
def ridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Level land at 100 m with a long ridge, 350 m high, across the south."""
    path = tmp_path_factory.mktemp("ridge") / "ridge.tif"
    step, count = 50.0, 400
    north = SOUTH + step * count / 2
    height = np.full((count, count), 100.0, np.float32)
    rows = north - (np.arange(count) + 0.5) * step
    height[(rows < SOUTH - RIDGE_M) & (rows > SOUTH - RIDGE_M - 400)] = 450.0
    frame = from_origin(WEST - step * count / 2, north, step, step)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=count,
        width=count,
        count=1,
        dtype="float32",
        crs="EPSG:25832",
        transform=frame,
    ) as file:
        file.write(height, 1)
    return path


@pytest.fixture(scope="module")
def behind(town: Path, ridge: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run(town, tmp_path_factory.mktemp("behind") / "out", far_terrain=[ridge])


def year_of(outcome: Outcome) -> np.ndarray:
    totals = outcome.totals
    return (totals.direct + totals.diffuse + totals.reflected).sum(axis=1)


def test_a_far_horizon_takes_sun_and_sky_from_those_who_look_there(plain: Outcome, behind: Outcome) -> None:
    south = behind.prepared.scene.normal[:, 1] < -0.9
    north = behind.prepared.scene.normal[:, 1] > 0.9
    before, after = plain.totals, behind.totals
    lost = 1 - after.direct[: len(south)][south].sum() / before.direct[: len(south)][south].sum()
    assert 0.01 < lost < 0.3
    assert (after.direct <= before.direct + 1e-9).all() and (after.diffuse <= before.diffuse + 1e-9).all()
    np.testing.assert_allclose(after.diffuse[: len(north)][north], before.diffuse[: len(north)][north], rtol=0.02)
    assert behind.report["far_horizon"]["horizon"]["highest_deg"] == pytest.approx(7.6, abs=0.5)
    assert plain.report["far_horizon"] is None


def test_bits_do_not_know_of_the_far_horizon(plain: Outcome, behind: Outcome) -> None:
    for cell in cells_of(plain.prepared):
        one, two = plain.store.read_cell(cell), behind.store.read_cell(cell)
        np.testing.assert_array_equal(one.operators.sun_bits, two.operators.sun_bits)
        np.testing.assert_array_equal(one.operators.sky_bits, two.operators.sky_bits)
        assert len(one.horizon_deg) == 0 and len(two.horizon_deg) == 1440


def test_series_months_hours_and_land_behind_a_ridge_agree(behind: Outcome) -> None:
    prepared, optics = behind.prepared, optics_of(behind.prepared)
    rows = behind.surfaces["surface_index"].to_numpy()
    exposed = behind.surfaces["exposed_area_m2"].to_numpy()
    found = month_hour(
        irradiation.cells_of(behind.store),
        year_bins(site_sources(prepared), prepared.weather, optics),
        len(optics.surface_albedo),
    )
    whole = (found.direct + found.diffuse + found.reflected).sum(axis=1)[rows]
    np.testing.assert_allclose(whole, year_of(behind)[rows], rtol=1e-9)
    for row in np.flatnonzero(exposed > 0)[:8]:
        name = behind.surfaces["surface_id"].iloc[row]
        view = irradiation.views_of(irradiation.cells_of(behind.store), optics, rows[row : row + 1].astype(np.int32))
        series = query.series_of(query.target_of(name, view[0], optics), site_sources(prepared))
        assert series.total.sum() / 1000 * exposed[row] == pytest.approx(year_of(behind)[rows[row]], rel=1e-6)


def test_open_land_is_summed_instant_by_instant(behind: Outcome) -> None:
    """One receiver a cell: every sun above the ridge, every patch in part, the hills' light in its place."""
    prepared, optics = behind.prepared, optics_of(behind.prepared)
    sent = site_sources(prepared)
    for _, data in irradiation.cells_of(behind.store):
        land = np.flatnonzero(is_land(data.receivers.surface))
        horizon = skylight.far_horizon(data)
        assert horizon is not None
        lit = profile.above(horizon, sent.path.direction) & (sent.path.node >= 0)
        row = land[:1]
        sun = bits.unpack(np.asarray(data.operators.sun_bits)[row], optics.n_sun)[0]
        sky = bits.unpack(np.asarray(data.operators.sky_bits)[row], optics.n_sky)[0]
        up = np.maximum(sent.path.direction[..., 2], 0.0) * lit * sun[np.maximum(sent.path.node, 0)]
        beam = ((sent.direct + sent.circumsolar) * up).sum()
        level = np.array([[0.0, 0.0, 1.0]])
        share, weight = profile.open_share(horizon, optics.sky), sky_weights(optics.sky, level)[0] / np.pi
        diffuse = (weight * share * sky).sum() * sent.isotropic.sum()
        diffuse += (horizon_weights(optics.sky, level)[0] * share * sky).sum() * sent.horizon.sum()
        hills = 0.2 * (weight * (1 - share) * sky).sum() * sent.ghi.sum()
        reflected = irradiation._reflected_on(data, irradiation.bins_over(behind.bins, data), row).sum()
        value = irradiation.open_land_kwh_m2(data, behind.bins)[0]
        assert value == pytest.approx((beam + diffuse + hills) / 1000 + reflected, rel=1e-6)


def test_hills_shade_modules_as_whatever_stands_before_them(plain: Outcome, behind: Outcome) -> None:
    """Yield with nothing around is the same on both sides of a ridge; what the ridge takes counts as shade."""
    ours, open_land = (one.surfaces.set_index("surface_id") for one in (behind, plain))
    planted = open_land.index[open_land["value_phys"].notna() & ours["value_phys"].notna()]
    assert len(planted) >= 3
    ours, open_land = ours.loc[planted], open_land.loc[planted]
    same = ours["pv_kwp"] == open_land["pv_kwp"]
    free = [table["value_phys"] / (1.0 - table["pv_shade_pct"] / 100.0) for table in (ours, open_land)]
    np.testing.assert_allclose(free[0][same], free[1][same], rtol=1e-5)
    lost = ours["value_phys"] / open_land["value_phys"] - 1.0
    assert lost[same].max() < 0.0 and lost[same].min() < -0.01
    assert (ours["pv_shade_pct"] > open_land["pv_shade_pct"])[same].all()


def test_sky_models_stand_in_their_order(town: Path, plain: Outcome, tmp_path: Path) -> None:
    south = plain.prepared.scene.normal[:, 1] < -0.9
    found = {"perez1990": plain}
    for model in ("perez1993", "haydavies", "isotropic"):
        found[model] = run(town, tmp_path / model, sky_model=model)
        np.testing.assert_array_equal(found[model].totals.direct, plain.totals.direct)
    facades = {name: done.totals.diffuse[: len(south)][south].sum() for name, done in found.items()}
    assert facades["isotropic"] < facades["haydavies"] < facades["perez1990"]
    assert facades["perez1993"] == pytest.approx(facades["perez1990"], rel=0.12)
    for done in found.values():  # every model sends the same on level ground
        roof = done.prepared.scene.normal[:, 2] > 0.99
        assert done.totals.diffuse[: len(roof)][roof].sum() == pytest.approx(
            plain.totals.diffuse[: len(roof)][roof].sum(), rel=0.02
        )


def test_a_sky_of_ones_own_is_the_model_that_it_was_made_of(town: Path, tmp_path: Path) -> None:
    model = run(town, tmp_path / "model", sky_model="perez1993")
    radiance = site_sources(model.prepared).radiance
    weather = model.prepared.weather
    np.testing.assert_allclose(
        diffuse_horizontal(model.prepared.directions.sky, radiance), weather.dhi, rtol=1e-5, atol=1e-4
    )
    np.save(tmp_path / "sky.npy", radiance)
    own = run(town, tmp_path / "own", sky_model="matrix", sky_matrix=tmp_path / "sky.npy")
    np.testing.assert_allclose(year_of(own), year_of(model), rtol=1e-6)
    assert own.power is not None and model.power is not None
    np.testing.assert_allclose(own.power.yields.month_kwh, model.power.yields.month_kwh, rtol=1e-6)


def test_half_a_sky_is_refused(town: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sky_matrix"):
        run(town, tmp_path / "out", sky_model="matrix")


def test_what_a_plane_sees_does_not_rest_on_the_sign_of_its_zeros(plain: Outcome) -> None:
    """Minus zero is another azimuth than zero: -180° instead of 180° on a south wall."""
    optics = optics_of(plain.prepared)
    sky = np.random.default_rng(4).uniform(size=(1, optics.n_seasons * optics.n_sky))
    normal = np.array([[0.0, -1.0, 0.0], [-0.0, -1.0, 0.0], [-0.0, -1.0, -0.0]])
    one, *others = (skylight.seen_of(sky, row[None], optics) for row in normal)
    together = skylight.seen_of(np.repeat(sky, 3, axis=0), normal, optics)
    for part, whole, *same in zip(one, together, *others, strict=True):
        for other in same:
            np.testing.assert_array_equal(part, other)
        np.testing.assert_array_equal(whole, np.repeat(part, 3, axis=0))
