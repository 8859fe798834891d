"""Light followed over more than one bounce: what it adds, that nothing else moves, and who may ask what of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from oracles.houses import SOUTH, WEST, street, write_town
from rasterio.transform import from_origin

from twin import irradiation, query
from twin.cells import Cell
from twin.config import check_job
from twin.errors import ConfigError, TwinError
from twin.job import Outcome, optics_of, run_solar
from twin.operators import CellData
from twin.progress import silent
from twin.reflection.bounces import back_of, reflect
from twin.reflection.keys import (
    corner_keys,
    ground_keys,
    is_corner,
    is_foot,
    is_ground,
    level_of,
    speaking_surface,
    surface_keys,
    surface_of,
    wall_piece,
    widened,
    widened_wall_piece,
)
from twin.reflection.met import CORNER
from twin.reflection.response import packed, reflection_on, sent_back, shares_of, unpacked
from twin.reflection.speakers import speakers_of, with_neighbours_before_walls
from twin.store import NEXT_BACK


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Outcome]:
    """One town, run with 1, 2 and 3 bounces."""
    root = tmp_path_factory.mktemp("bounces")
    city = write_town(root / "town.city.json", street()[:6])
    options = {"cities": [city], "spacing_m": 2.0, "no_pv": True, "ground_spacing_m": 2.0, "sky": 145}
    return {
        count: run_solar(check_job({**options, "out": root / str(count), "bounces": count}), silent)
        for count in (1, 2, 3)
    }


def cells_of(outcome: Outcome) -> dict[Cell, CellData]:
    return dict(irradiation.cells_of(outcome.store))


def test_each_bounce_adds_less_and_moves_nothing_else(runs: dict[int, Outcome]) -> None:
    once, twice, thrice = (runs[count].totals.reflected.sum() for count in (1, 2, 3))
    assert once < twice < thrice
    assert thrice - twice < 0.4 * (twice - once)
    for count in (2, 3):
        np.testing.assert_array_equal(runs[1].totals.direct, runs[count].totals.direct)
        np.testing.assert_array_equal(runs[1].totals.diffuse, runs[count].totals.diffuse)
    assert runs[3].report["bounces"] == 3


def test_the_second_bounce_is_the_mean_of_what_receivers_get(runs: dict[int, Outcome]) -> None:
    """Receiver by receiver, without a table of shares."""
    optics, cells = optics_of(runs[1].prepared), cells_of(runs[1])
    for cell, data in cells.items():
        back = unpacked(np.asarray(cells_of(runs[2])[cell].reflectors.back, float), optics)
        key = np.asarray(data.reflectors.key)
        receivers = data.receivers
        place = np.asarray(receivers.point, float) + data.origin
        sent = sent_back(data, optics)
        exposed = np.flatnonzero(~np.asarray(receivers.covered) & (np.asarray(receivers.surface) >= 0))
        for level in (0, 1, 2):
            name = surface_keys(np.asarray(receivers.surface)[exposed], place[exposed], level)
            for reflector in np.flatnonzero((key >= 0) & (level_of(key) == level))[::37]:
                own = exposed[name == key[reflector]]
                whole = sum(
                    int((np.asarray(d.receivers.surface) == surface_of(key[reflector])).any()) for d in cells.values()
                )
                if not len(own) or whole > 1:
                    continue
                area = np.asarray(receivers.area_m2, float)[own]
                got = reflection_on(data, sent, own, area / area.sum(), np.zeros(len(own), np.int32), 1)
                np.testing.assert_allclose(packed(got)[0], packed(back)[reflector], rtol=2e-3, atol=2e-6)


def test_passes_do_not_depend_on_the_order_of_cells(runs: dict[int, Outcome]) -> None:
    outcome = runs[3]
    before = {cell: np.array(data.reflectors.back) for cell, data in cells_of(outcome).items()}
    assert len(before) > 1
    reflect(outcome.store, list(before)[::-1], optics_of(outcome.prepared), 3, silent)
    for cell, data in cells_of(outcome).items():
        np.testing.assert_array_equal(before[cell], data.reflectors.back)
        assert not (outcome.store.root / "cells" / cell.name / NEXT_BACK).exists()


def test_another_number_of_bounces_goes_on_from_the_same_views(runs: dict[int, Outcome], tmp_path: Path) -> None:
    job = runs[2].prepared.job.model_copy(update={"bounces": 1})
    again = run_solar(job, silent)
    np.testing.assert_array_equal(again.totals.reflected, runs[1].totals.reflected)
    assert all(data.reflectors.back.shape[1] == 0 for data in cells_of(again).values())
    job = job.model_copy(update={"bounces": 2})
    np.testing.assert_array_equal(run_solar(job, silent).totals.reflected, runs[2].totals.reflected)


def test_white_walls_give_back_all_that_reaches_them(runs: dict[int, Outcome]) -> None:
    """With albedo 1 a reflector sends what it gets, sky and others together, and no more."""
    outcome = runs[1]
    optics = optics_of(outcome.prepared)
    white = optics._replace(albedo=1.0, surface_albedo=np.ones_like(optics.surface_albedo))
    for data in cells_of(outcome).values():
        window = list(cells_of(outcome).values())
        back = back_of(data, window, white)
        lit = data._replace(reflectors=data.reflectors._replace(back=back))
        known = np.asarray(data.reflectors.known)
        once, twice = sent_back(data, white).isotropic[known], sent_back(lit, white).isotropic[known]
        np.testing.assert_allclose(twice - once, unpacked(back.astype(float), white).isotropic[known], atol=1e-7)
        assert (twice <= 1.01).all()


def test_shares_of_speakers_make_one(runs: dict[int, Outcome]) -> None:
    window = list(cells_of(runs[1]).values())
    for data in window:
        found = speakers_of(np.array(data.reflectors.key), window)
        whole = np.zeros(len(found.normal))
        for shares in found.shares:
            np.add.at(whole, shares.mean, shares.weight)
        np.testing.assert_allclose(whole, 1.0, rtol=1e-12)
        np.testing.assert_array_equal(found.mean >= 0, data.reflectors.known)


def test_names_say_their_level(runs: dict[int, Outcome]) -> None:
    place = np.array([[364_123.4, 5_650_321.0, 117.0], [-3.0, -7.0, 2.0]])
    for level in range(3):
        assert (level_of(ground_keys(place[:, :2], level)) == level).all()
    for level in range(4):
        key = surface_keys(np.array([7, 2**31 - 1]), place, level)
        assert (level_of(key) == level).all() and (surface_of(key) == [7, 2**31 - 1]).all()
        assert (speaking_surface(key) == surface_of(key)).all() and not is_corner(key).any()
    wall, other = np.array([2**24 - 1, 5]), np.array([3, 2**24 - 1])
    key = corner_keys(wall, place, other)
    assert is_corner(key).all() and (level_of(key) == CORNER).all() and (key > 0).all()
    assert (surface_of(key) == other).all() and (speaking_surface(key) == wall).all()
    assert (wall_piece(key) == wall_piece(corner_keys(wall, place, other * 0))).all()
    found = np.concatenate([np.asarray(data.reflectors.key) for data in cells_of(runs[1]).values()])
    assert set(level_of(found[is_ground(found)]).tolist()) == {0, 1, 2}


def test_four_finest_pieces_in_a_row_are_one_of_the_next_level() -> None:
    x = np.arange(0.5, 64.0)
    place = np.stack([364_100.0 + x, np.full(64, 5_650_321.0), np.full(64, 117.0)], axis=1)
    surface = np.full(64, 7)
    for name, wide in (
        (surface_keys(surface, place, 0), widened),
        (wall_piece(corner_keys(surface, place, np.zeros(64, int))), widened_wall_piece),
    ):
        one, next_level = np.unique(name, return_inverse=True)[1], np.unique(wide(name), return_inverse=True)[1]
        assert len(set(one.tolist())) in (16, 32)  # of 2 m, and corners repeat after 32 m
        wider = surface_keys(surface, place, 1)
        same = np.abs(x[:, None] - x) < 24.0
        assert ((next_level[:, None] == next_level)[same] == (wider[:, None] == wider)[same]).all()


def test_another_albedo_is_refused_where_bounces_hold_it(runs: dict[int, Outcome]) -> None:
    assert query.kept(runs[1].store, 0.5).optics.albedo == 0.5
    with pytest.raises(TwinError, match=r"2 bounces were followed with a ground albedo of 0\.2"):
        query.kept(runs[2].store, 0.5)


def test_far_flat_ground_has_no_second_bounce(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bounces need reflections"):
        check_job({"cities": ["x"], "out": tmp_path, "bounces": 2, "reflections": "far"})


@pytest.mark.parametrize("sky_model", ["perez1990", "perez1993"])
def test_a_second_bounce_behind_hills_and_under_trees_is_what_energy_says(
    town: Path, ridge: Path, tmp_path: Path, sky_model: str
) -> None:
    """In kilowatt hours: what receivers got at first, its mean on each reflector, times the albedo, seen again."""
    options = {"cities": [town], "spacing_m": 2.5, "ground_spacing_m": 5.0, "ground_margin_m": 20.0, "sky": 145}
    options |= {"no_pv": True, "far_terrain": [ridge], "sky_model": sky_model, "out": tmp_path / "out"}
    once = run_solar(check_job(options), silent)
    bins, optics = once.bins, once.bins.optics
    assert optics.n_seasons > 1
    cells = cells_of(once)
    assert all(len(data.horizon_deg) for data in cells.values())
    first = {cell: _reflected(data, sent_kwh(data, bins)) for cell, data in cells.items()}
    expected = np.zeros(len(once.totals.reflected))
    for data in cells.values():
        window = list(cells.values())
        found = with_neighbours_before_walls(speakers_of(np.array(data.reflectors.key), window), window)
        mean = np.zeros(len(found.normal))
        for other, shares in zip(cells, found.shares, strict=True):
            np.add.at(mean, shares.mean, shares.weight * first[other][shares.row])
        key = np.asarray(data.reflectors.key)
        surface = (key >= 0) & ~is_foot(key)
        albedo = np.where(surface, optics.surface_albedo[np.where(surface, surface_of(key), 0)], optics.albedo)
        light = _reflected(data, albedo * found.given(mean))
        row = np.flatnonzero(~np.asarray(data.receivers.covered) & (np.asarray(data.receivers.surface) >= 0))
        np.add.at(expected, data.receivers.surface[row], light[row] * data.receivers.area_m2[row])
    twice = run_solar(once.prepared.job.model_copy(update={"bounces": 2}), silent)
    added = (twice.totals.reflected - once.totals.reflected).sum(axis=1)
    assert added.sum() > 0.02 * once.totals.reflected.sum()
    np.testing.assert_allclose(added, expected, rtol=3e-3, atol=1e-3 * expected.max())


def sent_kwh(data: CellData, bins: irradiation.Bins) -> np.ndarray:
    """What each reflector of a cell sends back in the year."""
    return irradiation.reflected_months(sent_back(data, bins.optics), irradiation.bins_over(bins, data)).sum(axis=1)


def _reflected(data: CellData, sent: np.ndarray) -> np.ndarray:
    row = np.arange(len(data.receivers.surface))
    return np.asarray(shares_of(data, row) @ sent)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rows of houses with a tree between them."""
    path = write_town(tmp_path_factory.mktemp("town") / "town.city.json", street()[:4])
    city = json.loads(path.read_text(encoding="utf-8"))
    first, origin = len(city["vertices"]), city["transform"]["translate"]
    for corner in [(x, y, z) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]:
        place = np.array([WEST + 2.0, SOUTH - 7.0, 102.0]) + 5.0 * np.array(corner)
        city["vertices"].append([round((p - o) * 1000) for p, o in zip(place, origin, strict=True)])
    shell = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    solid = {"type": "Solid", "lod": "2", "boundaries": [[[[first + v for v in ring]] for ring in shell]]}
    tree = {"type": "SolitaryVegetationObject", "attributes": {"species": "Tilia cordata"}, "geometry": [solid]}
    city["CityObjects"]["tree"] = tree
    path.write_text(json.dumps(city), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Level land at 100 m with a wall of hills across the south, 3 km away."""
    path = tmp_path_factory.mktemp("ridge") / "ridge.tif"
    step, count = 50.0, 300
    height = np.full((count, count), 100.0, np.float32)
    height[count // 2 + 60 : count // 2 + 66] = 700.0
    corner = from_origin(WEST - step * count / 2, SOUTH + step * count / 2, step, step)
    shape = {"width": count, "height": count, "count": 1, "dtype": "float32", "crs": "EPSG:25832"}
    with rasterio.open(path, "w", driver="GTiff", transform=corner, **shape) as file:
        file.write(height, 1)
    return path
