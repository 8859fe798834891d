"""The proof about trees: its small version inside its bounds, its oracles on paper, its piece of Delft."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from io_citygml.read import read_city
from solar.canopy import seasons_of
from twin.errors import TwinError
from twin.open_land import footprints
from twin.progress import silent
from twin.validate import trees, trees_places
from twin.validate.table import Asked, Table
from twin.validate.trees_held import half_space_chords, plan_m2, spheroid_chords
from twin.validate.trees_light import (
    BARE,
    LEAFY,
    MODELS,
    NONE,
    OPAQUE,
    SEASONS,
    Beam,
    extinctions,
)
from twin.vegetation.bodies import spheroid
from twin.vegetation.crowns import Crowns, Tree, crowns_of
from twin.vegetation.from_points import crowns_of_points

RNG = np.random.default_rng(12)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Table, Path]:
    folder = tmp_path_factory.mktemp("trees")
    return trees.trees(Asked(True, silent, folder)), folder


def of_street() -> Crowns:
    """The street's crowns, without a file."""
    middles = trees_places.middles()
    bodies = [spheroid(middle, trees_places.DIAMETER_M, trees_places.DEPTH_M) for middle in middles]
    known = [Tree(str(n), "", "citygml", 11.0, 4.0, 6.0, 0.9) for n in range(len(bodies))]
    return crowns_of(bodies, known, {})


def test_all_that_is_held_holds(made: tuple[Table, Path]) -> None:
    table, folder = made
    assert not table.failed, [row.name for row in table.failed]
    assert sum(row.passed is not None for row in table.rows) == 9
    assert (folder / "trees.png").read_bytes()[:4] == b"\x89PNG" and table.pictures == ("trees.png",)
    assert len(table.sheets) == 2 and len(table.sheets[1].lines) == 15


def test_a_street_of_limes_is_darker_in_summer(made: tuple[Table, Path]) -> None:
    """The naive models' error goes the wrong way with the season: blocks take most when a tree takes least."""
    taken = {row.name: row.found for row in made[0].rows if "taken" in row.name}
    for kind in ("façade", "ground"):
        summer, winter = (taken[f"street, {kind}, from {start}: taken, seasons"] for start in ("04-30", "10-26"))
        assert 15.0 < summer < 30.0 and 8.0 < winter < 15.0
        leaves = taken[f"street, {kind}, from 10-26: taken, leafy"]
        assert taken[f"street, {kind}, from 10-26: taken, blocks"] > taken[f"street, {kind}, from 10-26: taken, opaque"]
        assert leaves > 1.5 * winter


def test_models_differ_in_extinction_alone() -> None:
    seasons = seasons_of([0, 2], 50.0)  # unknown as deciduous, and an evergreen
    k = extinctions(seasons)
    assert (k[NONE] == 0).all() and (k[SEASONS] == seasons.k).all()
    np.testing.assert_array_equal(k[BARE], [[0.10, 0.50]] * 2)
    np.testing.assert_array_equal(k[LEAFY], [[0.36, 0.50]] * 2)
    assert (np.exp(-k[OPAQUE] * 1e-3) == 0.0).all() and list(k) == list(MODELS[:-1])


def test_chords_of_a_spheroid_on_paper() -> None:
    """Through a middle along each axis, from outside, from within, and past it."""
    middle = trees_places.middles()[0]
    inside, below, far = middle, middle - [0.0, 0.0, 10.0], middle + [500.0, 300.0, 0.0]
    up = np.array([[0.0, 0.0, 1.0]])
    found = spheroid_chords(np.array([inside, below, far]), up)
    assert found[:, 0] == pytest.approx([trees_places.DEPTH_M / 2, trees_places.DEPTH_M, 0.0], abs=1e-9)


def test_half_spaces_come_close_to_the_smooth_spheroid() -> None:
    crowns, middle = of_street(), trees_places.middles().mean(axis=0)
    point = middle + RNG.uniform((-30, -30, -9), (30, 30, -7), (40, 3))
    toward = RNG.normal(size=(60, 3))
    toward[:, 2] = np.abs(toward[:, 2])
    toward /= np.linalg.norm(toward, axis=1)[:, None]
    flat, smooth = half_space_chords(crowns, point, toward), spheroid_chords(point, toward)
    assert smooth.max() > 5.0 and np.abs(flat - smooth).mean() < 0.02 * smooth.mean() + 1e-3
    assert plan_m2(crowns) == pytest.approx(len(crowns) * np.pi * 9.0, rel=0.01)


def test_periods_are_parts_of_the_beam() -> None:
    hour = {model: np.arange(3 * 48.0).reshape(3, 48) for model in MODELS}
    season = {model: np.ones((3, 2)) for model in MODELS}
    beam = Beam(np.ones(3), season, hour, ((4, 30), (10, 26)), 0.0)
    found = trees._periods(beam)
    assert list(found) == ["year", "from 04-30", "from 10-26", "21 June", "21 December"]
    assert found["year"][NONE].tolist() == [2.0] * 3
    assert found["21 June"][NONE][0] == sum(range(24)) and found["21 December"][NONE][0] == sum(range(24, 48))


def test_the_package_holds_trees_of_delft() -> None:
    """As many as the whole scan has there (66 of 324), but for those that the box cuts."""
    data = files("twin.validate") / "data"
    model = read_city(Path(str(data / trees_places.DELFT)))
    low, high = np.array([84815.0, 447418.0]), np.array([84945.0, 447498.0])
    feet, scan = footprints(model).polygon, Path(str(data / trees_places.CUT))
    found = crowns_of_points([scan], model.crs, trees_places.DELFT_CRS, feet, None, low, high)
    assert len(model.objects) == 85 and 60 <= len(found) <= 72
    assert 9.0 < np.median(found.height_m) < 11.5


def test_a_folder_without_the_sample_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match=r"delft\.city\.json\.gz"):
        trees_places.delft(tmp_path, tmp_path, 4.0)
