"""Far terrain of another datum or unit than the city, with gaps, or without near terrain, is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles.hills import write_geotiff
from oracles.houses import SOUTH, WEST, street, write_town

from io_citygml.crs import parse_crs
from twin import job as jobs
from twin.cells import Cell
from twin.config import check_job
from twin.far_horizon.ground import ground_facts
from twin.far_horizon.terrain import FarTerrain, build_far_terrain
from twin.far_horizon.words import LIKELY, far_lines, far_warnings
from twin.report.surroundings_words import hills
from twin.report.words import MESSAGES, Words
from twin.stopwatch import Stopwatch

CRS = parse_crs("EPSG:25832+7837")
CELL = Cell(445500, 5547500)
X, Y = 445750.0, 5547750.0
GEOID_M = 48.0  # of Wiesbaden, to half a metre
PLACE = np.array([[X, Y], [X + 500.0, Y], [X, Y - 500.0]])


def far_of(path: Path, z: np.ndarray, step: float, reach_m: float, near_m: float | None = None) -> FarTerrain:
    west, south = X - (z.shape[1] - 1) / 2 * step, Y - (len(z) - 1) / 2 * step
    box = np.array(CELL.box)
    file = write_geotiff(path, z, west, south, step)
    return build_far_terrain([file], CRS, box[:2], box[2:], reach_m, near_m=near_m)


@pytest.mark.parametrize(
    ("ground", "hills", "likely"),
    [
        (100.0, 103.0, None),
        (100.0, 119.5, None),
        (100.0, 100.0 + GEOID_M, "far_ellipsoid"),
        (100.0 + GEOID_M, 100.0, "city_ellipsoid"),
        (110.0, 110.0 * 3.2808, "far_feet"),
        (110.0, 110.0 / 0.3048 * 0.3048**2, "city_feet"),
        (0.0, 148.0, "city_own_zero"),
        (400.0, 475.0, ""),
    ],
)
def test_a_plain_off_the_citys_ground_is_said(tmp_path: Path, ground: float, hills: float, likely: str | None) -> None:
    far = far_of(tmp_path / "plain.tif", np.full((61, 61), hills), 100.0, 2000.0)
    facts = ground_facts(far, PLACE, np.full(3, ground))
    assert facts["cells"] == 3 and facts["median_m"] == pytest.approx(hills - ground, abs=0.05)
    said = far_warnings({"ground": facts})
    if likely is None:
        assert said == [] and facts["likely"] == []
        return
    assert facts["likely"] == ([likely] if likely else [])
    assert len(said) == 1 and f"{abs(hills - ground):.1f} m {'above' if hills > ground else 'below'}" in said[0]
    assert ("datum" in said[0]) == (likely == "")


def test_the_median_counts_and_what_is_missing_does_not(tmp_path: Path) -> None:
    z = np.full((61, 61), 100.0)
    z[30, 35] = 190.0  # a tower at the second place
    far = far_of(tmp_path / "tower.tif", z, 100.0, 2000.0)
    facts = ground_facts(far, PLACE, np.full(3, 100.0))
    assert facts["median_m"] == 0.0 and facts["most_m"] > 40.0 and far_warnings({"ground": facts}) == []
    hole = far_of(tmp_path / "hole.tif", np.where(np.hypot(*np.indices(z.shape) - 30.0) < 12, np.nan, z), 100.0, 2000.0)
    nothing = ground_facts(hole, PLACE, np.full(3, 100.0))
    assert nothing == {"cells": 0} and far_warnings({"ground": nothing}) == []
    assert any("not held against" in line for line in far_lines({**hole.facts, "ground": nothing}))


def test_a_job_says_it_before_it_traces(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    town = write_town(tmp_path / "town.city.json", street()[:2])
    z = np.full((450, 450), 100.0 + GEOID_M)
    hills = write_geotiff(tmp_path / "hills.tif", z, WEST - 45_000.0, SOUTH - 45_000.0, 200.0)
    job = check_job({"cities": [town], "out": tmp_path / "out", "far_terrain": [hills], "no_trees": True})
    far = jobs.prepare(job, Stopwatch()).far
    assert far is not None and far.facts["ground"]["likely"] == ["far_ellipsoid"]
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == far_warnings(far.facts) != []
    words = far_lines(far.facts)
    assert any(line.startswith("warning: the far terrain stands 4") for line in words)
    assert any("near terrain is not traced" in line for line in words)


def test_a_gap_is_named_with_its_distance(tmp_path: Path) -> None:
    """1.5 km of nothing, 5 km away in the west: known to 5 km there, whatever is known behind."""
    x = (np.arange(221) - 110) * 100.0
    z = np.full((221, 221), 100.0)
    z[np.ix_(np.abs(x) < 800.0, (x < -5000.0) & (x > -6500.0))] = np.nan
    far = far_of(tmp_path / "gap.tif", z, 100.0, 9000.0, near_m=1000.0)
    assert list(far.facts["first_gap_km"]) == far.facts["short_towards"] == ["W"]
    # from the western corners to -5025 m: a sample beside a missing one is missing too
    assert far.facts["first_gap_km"]["W"] == far.facts["known_km"]["least"] == 4.8
    assert far.facts["known_km"]["median"] == 9.0 and 0.0 < far.facts["missing_share"] < 0.02
    lines = far_lines(far.facts)
    assert "towards W from 4.8 km" in lines[1] and not any("not traced" in line for line in lines)


def test_a_gap_that_rays_meet_is_none(tmp_path: Path) -> None:
    """What near terrain covers need not be known, nor two samples' breadth."""
    x = (np.arange(221) - 110) * 50.0
    z = np.full((221, 221), 100.0)
    z[np.ix_(np.abs(x) < 1000.0, np.abs(x) < 1000.0)] = np.nan
    near = far_of(tmp_path / "near.tif", z, 50.0, 4000.0, near_m=1300.0)
    assert near.facts["short_towards"] == [] and near.facts["missing_share"] == 0.0
    assert far_of(tmp_path / "near.tif", z, 50.0, 4000.0).facts["known_km"]["least"] == 0.0
    speck = np.full((421, 421), 100.0)
    speck[210, 300:302] = np.nan  # due east of the middle
    far = far_of(tmp_path / "speck.tif", speck, 25.0, 4000.0)
    row, column = int(Y / 25.0) - far.raster.row, int(X / 25.0) + 90 - far.raster.column
    assert np.isnan(far.raster.height[row, column : column + 2]).all() and far.facts["short_towards"] == []


def test_the_page_says_it_in_both_languages(tmp_path: Path) -> None:
    z = np.full((221, 221), 148.0)
    z[:, :40] = np.nan
    far = far_of(tmp_path / "west.tif", z, 100.0, 9000.0)
    facts = {**far.facts, "ground": ground_facts(far, PLACE, np.full(3, 100.0)), "horizon": {"highest_deg": 9.1}}
    german, english = (hills({"far_horizon": facts}, Words(language)) for language in ("de", "en"))
    assert len(german) == len(english) == 4
    assert "SW ab" in german[1] and "W ab 6,8 km" in german[1] and "W from 6.8 km" in english[1]
    assert "am Rand jeder Zelle" in german[2] and "edge of each cell" in english[2]
    assert "48,0 m über" in german[3] and "vom Ellipsoid" in german[3] and "48.0 m above" in english[3]
    assert {f"far_likely_{name}" for name in LIKELY} <= set(MESSAGES)
    good = {**facts, "first_gap_km": {}, "near_m": 500.0, "ground": {**facts["ground"], "median_m": 3.0}}
    assert len(hills({"far_horizon": good}, Words("de"))) == 1
    assert "keiner Zelle" in hills({"far_horizon": {**good, "ground": {"cells": 0}}}, Words("de"))[1]
    old = {name: value for name, value in facts.items() if name not in ("ground", "near_m", "first_gap_km")}
    assert len(hills({"far_horizon": old}, Words("en"))) == 1
