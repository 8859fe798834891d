"""What a study says of its data: terrain, hills and laser scans are credited as a solar job credits them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import laser_scans
from oracles.hills import write_geotiff
from oracles.houses import Box, write_town
from oracles.laser_scans import X0, Y0, Points

from twin import provenance
from twin.config import check_job
from twin.job import prepare, site_sources
from twin.stopwatch import Stopwatch
from twin.study.config import check_shadow_job
from twin.study.facts import attribution_of, inputs_of
from twin.study.scenarios import City, build_city

CREDIT = "Datengrundlage: town.city.json; ground.tif, hills.tif, near.las, verändert"


def planted() -> Points:
    """A tree on a slope."""
    slope = laser_scans.ground((10, 10), (60, 60), 2)
    return laser_scans.joined(slope, laser_scans.cone(30, 30, 12, 4, 4, 5))


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A house, its terrain, hills, and a folder of two scans: one beside the house, one 20 km away."""
    folder = tmp_path_factory.mktemp("credit")
    scans = folder / "scans"
    scans.mkdir()
    laser_scans.write(scans / "near.las", planted())
    away = planted()
    laser_scans.write(scans / "away.las", away._replace(xyz=away.xyz + [20_000.0, 0.0, 0.0]))
    return {
        "cities": [write_town(folder / "town.city.json", [Box("a", X0 + 50, Y0 + 25, 10, 10, 9)])],
        "out": folder / "out",
        "weather": "duesseldorf-2024",
        "terrain": [write_geotiff(folder / "ground.tif", np.full((300, 300), 100.0), X0 - 100, Y0 - 100)],
        "far_terrain": [write_geotiff(folder / "hills.tif", np.full((200, 200), 100.0), X0 - 10e3, Y0 - 10e3, 100.0)],
        "trees": [scans],
    }


def city_of(options: dict[str, Any], **changed: Any) -> City:
    return build_city(check_shadow_job({**options, "dates": ["2026-03-21"], "margin_m": 30.0, **changed}))


def test_a_study_credits_terrain_hills_and_scans(options: dict[str, Any]) -> None:
    """The scan far away gave no point: it is an input all the same, but not credited."""
    city = city_of(options)
    assert attribution_of(city, None) == [CREDIT]
    names = {(entry["role"], entry["name"]) for entry in inputs_of(city, None)}
    assert {("trees", "near.las"), ("trees", "away.las"), ("far terrain", "hills.tif")} <= names


def test_a_solar_job_credits_the_same(options: dict[str, Any]) -> None:
    job = check_job({**options, "sky": 145, "ground_margin_m": 30.0, "spacing_m": 5.0})
    made = prepare(job, Stopwatch())
    head = provenance.manifest(
        job, made.scene, made.model, made.weather, made.directions, site_sources(made), made.far, made.grove
    )
    assert head["attribution"][0] == CREDIT
    assert [entry["name"] for entry in head["tree_inputs"]] == ["away.las", "near.las"]
    assert len(head["identity"]["trees"]) == 2


def test_what_a_study_leaves_out_is_not_credited(options: dict[str, Any]) -> None:
    """Trees are of the year's energy alone; a city by itself stands alone; the user's word stands for all."""
    without = city_of(options, energy=False, far_terrain=[])
    assert attribution_of(without, None) == ["Datengrundlage: town.city.json; ground.tif, verändert"]
    alone = city_of(options, terrain=[], far_terrain=[], trees=[])
    assert attribution_of(alone, None) == ["Datengrundlage: town.city.json, verändert"]
    said = city_of(options, terrain=[], far_terrain=[], trees=[], attribution="Stadt Musterstadt, CC BY 4.0")
    assert attribution_of(said, None) == ["Datengrundlage: Stadt Musterstadt, CC BY 4.0, verändert"]


def test_more_than_three_files_are_cut(options: dict[str, Any], tmp_path: Path) -> None:
    near = options["trees"][0] / "near.las"
    copies = [Path(shutil.copy(near, tmp_path / f"scan_{number}.las")) for number in range(4)]
    city = city_of(options, terrain=[], far_terrain=[], trees=copies)
    names = "scan_0.las, scan_1.las, scan_2.las …"
    assert attribution_of(city, None) == [f"Datengrundlage: town.city.json; {names}, verändert"]
