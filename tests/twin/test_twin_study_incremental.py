"""A scenario traced from what changed equals one traced from nothing, to the last bit, for ten random plans."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracles.scenario import seen_from_nothing, standing_scene

from solar.sun_grid import sun_grid
from twin.package_data import demo_city
from twin.stopwatch import Stopwatch
from twin.study.config import ShadowJob, check_shadow_job
from twin.study.opened import Opened, instants_of_day, open_study
from twin.study.outcome import BESTAND

NEAR = (364298.0, 5650074.0)
REMOVABLE = ("DENW37AL1000vMhR", "DENW37ALZR000087", "DENW37AL1000vD7c", "DENW37AL1000vArh")


def box(east: float, north: float, width: float, depth: float, turn: float) -> list[list[float]]:
    """A turned rectangle's closed ring."""
    corner = np.array([[-width, -depth], [width, -depth], [width, depth], [-width, depth], [-width, -depth]]) / 2
    cos, sin = np.cos(turn), np.sin(turn)
    return (corner @ np.array([[cos, sin], [-sin, cos]]) + [east, north]).tolist()


def plan_file(folder: Path, name: str, rings: list[list[list[float]]], heights: list[float]) -> Path:
    """Footprints as GeoJSON in EPSG:25832."""
    path = folder / f"{name}.geojson"
    features = [
        {
            "type": "Feature",
            "properties": {"height": height},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for ring, height in zip(rings, heights, strict=True)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), encoding="utf-8")
    return path


def random_job(folder: Path, city: Path, seed: int) -> ShadowJob:
    """One to three boxes anywhere within 200 m, through standing buildings too; every third plan also removes."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 4))
    rings = [
        box(*(NEAR + rng.uniform(-200, 200, 2)), *rng.uniform(6, 40, 2), float(rng.uniform(0, np.pi)))
        for _ in range(count)
    ]
    plan = plan_file(folder, f"plan{seed}", rings, rng.uniform(4, 60, count).tolist())
    return check_shadow_job(
        {
            "cities": [city],
            "out": folder / "out",
            "plans": [{"file": plan}],
            "remove": [{"id": identifier} for identifier in REMOVABLE[: seed % 3]],
            "dates": ["2026-03-21"],
            "step_min": 30,
            "spacing_m": 4.0,
            "pixel_m": 5.0,
            "margin_m": 30.0,
            "radius_m": 150.0,
        }
    )


def directions_of(opened: Opened) -> np.ndarray:
    """A day's instants, and a sun grid's nodes for the year."""
    return np.concatenate([instants_of_day(opened.city, 0).direction, sun_grid(opened.city.scene.site, 200).direction])


@pytest.mark.parametrize("seed", range(10))
def test_incremental_equals_full(tmp_path: Path, seed: int) -> None:
    with demo_city() as city:
        opened = open_study(random_job(tmp_path, city, seed), Stopwatch())
    direction = directions_of(opened)
    changed = 0
    scene = standing_scene(opened.city.model, opened.city.scenarios[1].present)
    for place, view in zip(opened.layout.places, opened.views, strict=True):
        bestand, planung = view.lit(direction)
        full = view.full(direction, 1)
        assert np.array_equal(planung.bits, full.bits)
        assert np.array_equal(planung.there, full.there)
        seen, covered = seen_from_nothing(scene, place.cell, place.origin, place.samples, 2000.0, direction)
        stands = np.ones(len(covered), bool)
        on_surface = place.samples.surface >= 0
        owner = opened.city.model.object[place.samples.surface[on_surface]]
        stands[on_surface] = opened.city.scenarios[1].present[owner]
        assert np.array_equal(planung.there, ~covered & stands)
        assert np.array_equal(planung.bits, np.where(planung.there[:, None], seen, np.uint64(0)))
        changed += int((planung.bits != bestand.bits).any(axis=1).sum())
    assert changed > 20


def test_covered_receivers_found_incrementally(tmp_path: Path) -> None:
    """A box pushed through the middle of a house buries walls and uncovers none."""
    with demo_city() as city:
        job = random_job(tmp_path, city, 3)
        quick, thorough = (open_study(job, Stopwatch(), incremental=way) for way in (True, False))
    lost = 0
    for a, b in zip(quick.views, thorough.views, strict=True):
        for before, after in zip(a.change, b.change, strict=True):
            assert np.array_equal(before.there, after.there)
        lost += int((a.change[0].there & ~a.change[1].there).sum())
    assert quick.city.scenarios[0].name == BESTAND
    assert lost > 0
