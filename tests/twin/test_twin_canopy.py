"""Trees through a whole job: chords on paper, receivers and suns one by one, seasons without a ray."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles.houses import SOUTH, WEST, Box, add_tree, write_town

import raytrace
from raytrace import bits
from solar.canopy import season_index
from solar.irradiance import sun_weights
from twin import canopy, irradiation
from twin.config import check_job
from twin.errors import TwinError
from twin.job import Outcome, cells_of, optics_of, run_solar, site_sources
from twin.month_hour import month_hour, year_bins
from twin.progress import silent
from twin.query import series_of, target_of
from twin.receivers import is_land
from twin.reflection.trace import sky_views
from twin.skylight import seen_of

# A crown as a box, south of the house's wall: from 102 to 110 m.
LOW = np.array([WEST + 1.0, SOUTH - 12.0, 102.0])
HIGH = np.array([WEST + 9.0, SOUTH - 4.0, 110.0])
HOUSE = Box("house", WEST, SOUTH, 10, 10, 6)


def write_grove(path: Path, species: str) -> Path:
    """A house and a tree with a closed crown."""
    write_town(path, [HOUSE])
    add_tree(path, LOW, HIGH, species)
    return path


def run(city: Path, out: Path, **options: object) -> Outcome:
    base = {"cities": [city], "out": out, "spacing_m": 2.0, "ground_spacing_m": 4.0, "ground_margin_m": 20.0}
    return run_solar(check_job({**base, **options}), silent)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grove(tmp_path_factory.mktemp("grove") / "grove.city.json", "Tilia cordata")


@pytest.fixture(scope="module")
def bare(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run(city, tmp_path_factory.mktemp("bare") / "out", no_trees=True)


@pytest.fixture(scope="module")
def shaded(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run(city, tmp_path_factory.mktemp("shaded") / "out")


def chord_m(point: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Length (D,) of rays from a point inside the box, by its slabs, in float64."""
    direction = np.where(np.abs(direction) < 1e-12, 1e-12, direction)
    near, far = (LOW - point) / direction, (HIGH - point) / direction
    enter, leave = np.minimum(near, far).max(axis=1), np.maximum(near, far).min(axis=1)
    return np.maximum(leave - np.maximum(enter, 0.0), 0.0)


def test_a_tree_is_no_wall(bare: Outcome, shaded: Outcome) -> None:
    for cell in cells_of(bare.prepared):
        one, two = bare.store.read_cell(cell), shaded.store.read_cell(cell)
        np.testing.assert_array_equal(one.operators.sun_bits, two.operators.sun_bits)
        np.testing.assert_array_equal(one.operators.sky_bits, two.operators.sky_bits)
        assert len(one.operators.crown_index) == 0 and len(two.operators.crown_index) > 500
    facts = shaded.report["trees"]
    assert facts["crowns"] == 1 and facts["classes"][0]["genus"] == "Tilia" and len(facts["seasons"]) == 2
    assert bare.report["trees"] is None


def test_surfaces_get_what_receivers_and_suns_say_one_by_one(shaded: Outcome) -> None:
    prepared, optics, sent = shaded.prepared, optics_of(shaded.prepared), site_sources(shaded.prepared)
    direction = prepared.directions.direction
    k = optics.extinction[:, 0]
    assert prepared.grove is not None and k.min() < k.max()
    season = season_index(prepared.weather.start, prepared.weather.step_s, prepared.grove.seasons)
    np.testing.assert_array_equal(sent.season, season)
    for _, data in irradiation.cells_of(shaded.store):
        view = irradiation.view_of(data, optics)
        origin = data.origin
        for group in range(len(view.group)):
            row = np.flatnonzero((data.receivers.surface == view.group[group]) & ~np.asarray(data.receivers.covered))
            sun, sky = np.zeros(view.sun.shape[1]), np.zeros(view.sky.shape[1])
            for one in row:
                area = float(data.receivers.area_m2[one])
                point = np.asarray(data.receivers.point[one], float) + origin
                length = chord_m(point, direction)
                light = np.exp(-k[:, None] * length)
                seen = bits.unpack(np.asarray(data.operators.sun_bits)[one : one + 1], optics.n_sun)[0]
                sun += area * (light[:, : optics.n_sun] * seen).ravel()
                seen = bits.unpack(np.asarray(data.operators.sky_bits)[one : one + 1], optics.n_sky)[0]
                sky += area * (light[:, optics.n_sun :] * seen).ravel()
            np.testing.assert_allclose(view.sun[group], sun, rtol=1e-4, atol=2e-3)
            np.testing.assert_allclose(view.sky[group], sky, rtol=1e-4, atol=2e-3)
            months = np.zeros(12)
            beam, _ = sun_weights(sent, view.normal[group : group + 1], shaded.bins.month, 12)
            months += beam[0] @ sun
            np.testing.assert_allclose(shaded.totals.direct[view.group[group]], months, rtol=1e-3, atol=1e-3)


def test_leaves_take_more_in_summer_than_wood_in_winter(bare: Outcome, shaded: Outcome) -> None:
    south = np.flatnonzero(bare.prepared.scene.normal[:, 1] < -0.9)
    lost = 1 - shaded.totals.direct[south].sum(axis=0) / bare.totals.direct[south].sum(axis=0)
    assert (lost > 0.01).all() and lost[[0, 11]].mean() > 0.05
    same_sun = lost[[3, 8]]  # April bare for the most part, September in leaf, the sun much as high
    assert same_sun[1] > 1.5 * same_sun[0]
    north = np.flatnonzero(bare.prepared.scene.normal[:, 1] > 0.9)
    np.testing.assert_allclose(shaded.totals.direct[north], bare.totals.direct[north], rtol=1e-12)


def test_series_months_and_hours_agree_through_leaves(shaded: Outcome) -> None:
    prepared, optics = shaded.prepared, optics_of(shaded.prepared)
    sent = site_sources(prepared)
    rows = shaded.surfaces["surface_index"].to_numpy()
    totals = shaded.totals
    year = (totals.direct + totals.diffuse + totals.reflected).sum(axis=1)[rows]
    bins = year_bins(sent, prepared.weather, optics)
    found = month_hour(irradiation.cells_of(shaded.store), bins, len(optics.surface_albedo))
    np.testing.assert_allclose((found.direct + found.diffuse + found.reflected).sum(axis=1)[rows], year, rtol=1e-9)
    exposed = totals.exposed_area_m2[rows]
    for row in np.flatnonzero(exposed > 0):
        one = rows[row : row + 1].astype(np.int32)
        (views,) = irradiation.views_of(irradiation.cells_of(shaded.store), optics, one)
        series = series_of(target_of("", views, optics), sent)
        assert series.total.sum() / 1000 * exposed[row] == pytest.approx(year[row], rel=1e-6)


def test_open_land_is_summed_with_its_chords(shaded: Outcome) -> None:
    optics, bins = optics_of(shaded.prepared), shaded.bins
    for _, data in irradiation.cells_of(shaded.store):
        row = np.flatnonzero(is_land(data.receivers.surface))
        value = irradiation.open_land_kwh_m2(data, bins)
        months = irradiation.open_land_months_kwh_m2(data, bins)
        np.testing.assert_allclose(months.sum(axis=1), value, rtol=1e-9)
        for one in range(0, len(row), 7):
            each = row[one : one + 1]
            sun, sky = canopy.weighted_sums(data, optics, each, np.ones(1), np.zeros(1, np.int32), 1)
            level = np.array([[0.0, 0.0, 1.0]])
            beam, ring = sun_weights(bins.sources, level, bins.month, 12)
            seen = seen_of(sky, level, optics)
            by_hand = ((beam + ring).sum(axis=1) @ sun[0]).item()
            by_hand += (seen.factor @ bins.isotropic.sum(axis=0) + seen.horizon @ bins.horizon.sum(axis=0)).item()
            reflected = irradiation._reflected_on(data, bins, each).sum()
            assert value[one] == pytest.approx(by_hand + reflected, rel=1e-6)


def test_without_extinction_there_is_no_tree(city: Path, bare: Outcome, tmp_path: Path) -> None:
    table = tmp_path / "leaves.toml"
    table.write_text("[Tilia]\nk_leaf_on = 0.0\nk_leaf_off = 0.0\n", encoding="utf-8")
    clear = run(city, tmp_path / "out", leaves=table)
    np.testing.assert_allclose(clear.totals.direct, bare.totals.direct, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(clear.totals.diffuse, bare.totals.diffuse, rtol=1e-9, atol=1e-9)
    assert clear.power is not None and bare.power is not None
    np.testing.assert_allclose(clear.power.yields.month_kwh, bare.power.yields.month_kwh, rtol=1e-9, atol=1e-9)


def test_another_season_asks_for_no_ray(shaded: Outcome) -> None:
    before = raytrace.rays_traced()
    dense = optics_of(shaded.prepared)._replace(extinction=optics_of(shaded.prepared).extinction * 3)
    for _, data in irradiation.cells_of(shaded.store):
        thick = irradiation.view_of(data, dense)
        thin = irradiation.view_of(data, optics_of(shaded.prepared))
        assert (thick.sun <= thin.sun + 1e-9).all() and thick.sun.sum() < thin.sun.sum()
    assert raytrace.rays_traced() == before


def test_pv_in_a_trees_shade_yields_less(bare: Outcome, shaded: Outcome) -> None:
    assert bare.power is not None and shaded.power is not None
    one, two = bare.power.yields, shaded.power.yields
    assert two.month_kwh.sum() < one.month_kwh.sum()
    np.testing.assert_allclose(two.unshaded_kwh, one.unshaded_kwh, rtol=1e-9)


def test_what_crowns_hide_is_no_reflector(bare: Outcome, shaded: Outcome) -> None:
    for cell in cells_of(bare.prepared):
        one, two = bare.store.read_cell(cell), shaded.store.read_cell(cell)
        row = np.flatnonzero(~np.asarray(one.receivers.covered))
        sky = bare.prepared.directions.sky
        np.testing.assert_array_equal(sky_views(one, row, sky), sky_views(two, row, sky))
        np.testing.assert_array_equal(one.operators.reflect_weight, two.operators.reflect_weight)


def test_a_table_that_makes_no_sense_is_refused(city: Path, tmp_path: Path) -> None:
    table = tmp_path / "leaves.toml"
    table.write_text("[Baobabus]\nk_leaf_on = 1.0\n", encoding="utf-8")
    with pytest.raises(TwinError, match="Baobabus"):
        run(city, tmp_path / "out", leaves=table)


def test_two_classes_and_two_seasons_are_told_apart() -> None:
    """Chords of two genera along the same directions, by an explicit loop."""
    from scipy.sparse import csr_array

    from solar.sky import reinhart
    from twin.optics import Optics

    sky = reinhart(145)
    k = np.array([[0.4, 0.1], [0.05, 0.5], [0.2, 0.2]])
    optics = Optics(np.zeros((30, 3)), sky, 0.2, np.zeros(0, np.float32), extinction=k, season_share=np.ones(3) / 3)
    columns, rng = 30 + 145, np.random.default_rng(4)
    chord = np.where(rng.random((7, 2 * columns)) < 0.3, rng.uniform(0.5, 9.0, (7, 2 * columns)), 0.0)
    kept = csr_array(chord)
    for season, share in enumerate(canopy.taken(kept, optics)):
        depth = k[season, 0] * chord[:, :columns] + k[season, 1] * chord[:, columns:]
        np.testing.assert_allclose(share.toarray(), 1.0 - np.exp(-depth), atol=1e-12)
    np.testing.assert_array_equal(kept.toarray(), chord)
