"""Light off walls, roofs and ground: a balance, rays one by one, and radiosity solved directly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles import one_bounce
from oracles.houses import SOUTH, Box, street, write_town

from twin import irradiation
from twin.config import check_job
from twin.job import Outcome, optics_of, receivers_of, run_solar
from twin.operators import CellData, stand
from twin.progress import silent
from twin.receivers import is_land
from twin.reflection.keys import FAR, ground_keys, is_ground, is_surface
from twin.reflection.response import sent_back, shares_of
from twin.reflection.trace import sky_views
from twin.report.provenance_page import assumptions
from twin.report.surroundings_words import albedo
from twin.report.words import Words


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    root = tmp_path_factory.mktemp("reflection")
    city = write_town(root / "town.city.json", street())
    options = {"cities": [city], "out": root / "out", "spacing_m": 2.0, "no_pv": True, "ground_spacing_m": 2.0}
    return run_solar(check_job(options), silent)


def cells_of(outcome: Outcome) -> list[CellData]:
    return [data for _, data in irradiation.cells_of(outcome.store)]


def test_sky_and_reflectors_are_the_whole_of_what_a_receiver_sees(town: Outcome) -> None:
    for data in cells_of(town):
        row = np.flatnonzero(~data.receivers.covered)
        sky = sky_views(data, row, town.prepared.directions.sky)
        whole = sky + np.asarray(shares_of(data, row).sum(axis=1))
        assert whole.max() < 1.00001  # undersides of houses are black
        assert np.quantile(whole, 0.02) > 0.99999


def test_ground_cells_have_one_name_in_kernel_and_table(town: Outcome) -> None:
    for data in cells_of(town):
        key = np.asarray(data.reflectors.key)
        land = is_land(data.receivers.surface)
        place = np.asarray(data.receivers.point)[land, :2].astype(float) + data.origin[:2]
        ground = key[is_ground(key)]
        assert is_surface(key).sum() > 10 and len(ground) > 20
        assert sum(np.isin(ground_keys(place, level), ground).mean() for level in range(3)) > 0.5
        assert (np.diff(key) > 0).all() and (key == FAR).sum() <= 1


def test_surfaces_get_back_what_rays_one_by_one_say(town: Outcome) -> None:
    prepared = town.prepared
    albedo = prepared.scene.albedo
    ours, theirs, weight = [], [], []
    for cell, data in irradiation.cells_of(town.store):
        standing = stand(prepared.casters, cell, receivers_of(prepared, cell), prepared.job.halo_m, None)
        view = irradiation.view_of(data, optics_of(prepared))
        found = irradiation.reflected_months(view.reflection, town.bins).sum(axis=1) / view.area_m2
        for group, value, area in zip(view.group, found, view.area_m2, strict=True):
            own = np.flatnonzero((data.receivers.surface == group) & ~np.asarray(data.receivers.covered))
            traced = one_bounce.sent_back(standing, town.bins, 100.0 - standing.origin[2], albedo, own, 160, int(group))
            part = np.asarray(data.receivers.area_m2)[own]
            ours.append(value)
            theirs.append((traced * part).sum() / part.sum())
            weight.append(area)
    found, expected, area = np.array(ours), np.array(theirs), np.array(weight)
    assert (found * area).sum() == pytest.approx((expected * area).sum(), rel=0.02)
    walls = expected > 40  # kWh/m²; roofs get little, and rays tell of it by chance
    assert np.abs(found[walls] / expected[walls] - 1).max() < 0.1, found[walls] / expected[walls]
    assert np.abs(found[~walls] - expected[~walls]).max() < 2.0


def test_a_mirror_town_of_black_walls_sends_back_ground_light_alone(town: Outcome, tmp_path: Path) -> None:
    table = tmp_path / "albedo.csv"
    table.write_text("name,albedo\nWallSurface,0\nRoofSurface,0\n", encoding="utf-8")
    job = town.prepared.job.model_copy(update={"out": tmp_path / "out", "surface_albedo": table})
    black = run_solar(job, silent)
    for run, mean in (
        (town, {"RoofSurface": 0.2, "WallSurface": 0.3}),
        (black, {"RoofSurface": 0.0, "WallSurface": 0.0}),
    ):
        assert {kind["kind"]: kind["albedo"] for kind in run.report["kinds"]} == mean
    (said,) = albedo(town.report, Words("en"))
    assert "ground 20 %" in said and "Roof surface 20 %, Wall surface 30 %; defaults by kind" in said
    (said,) = albedo(black.report, Words("de"))
    assert "Boden 20 %" in said and "Dachfläche 0 %, Wandfläche 0 %; aus albedo.csv" in said
    assert said in assumptions(black.report, Words("de"))
    assert (black.totals.reflected <= town.totals.reflected + 1e-9).all()
    assert black.totals.reflected.sum() < 0.95 * town.totals.reflected.sum()
    np.testing.assert_array_equal(black.totals.direct, town.totals.direct)


def test_far_ground_alone_is_the_formula(town: Outcome, tmp_path: Path) -> None:
    job = town.prepared.job.model_copy(update={"out": tmp_path / "out", "reflections": "far"})
    far = run_solar(job, silent)
    assert albedo(far.report, Words("de")) == []  # surfaces send nothing back
    normal = far.prepared.scene.normal
    count = len(normal)
    expected = 0.2 * (1 - normal[:, 2]) / 2 * far.totals.exposed_area_m2[:count] * far.bins.ghi.sum()
    np.testing.assert_allclose(far.totals.reflected[:count].sum(axis=1), expected, rtol=1e-6, atol=1e-6)


def test_a_courtyard_is_radiosity_solved_directly(tmp_path: Path) -> None:
    """A long canyon between two halls: walls and floor against view factors of infinite strips (Hottel's strings)."""
    height, width, length = 10.0, 10.0, 480.0
    west = 364620.0
    boxes = [
        Box("west", west - 20, SOUTH, 20, length, height),
        Box("east", west + width, SOUTH, 20, length, height),
    ]
    city = write_town(tmp_path / "town.city.json", boxes)
    options = {"cities": [city], "out": tmp_path / "out", "spacing_m": 1.0, "no_pv": True, "sky": 2305}
    done = run_solar(check_job({**options, "ground_spacing_m": 1.0, "albedo": 0.4}), silent)
    walls = [
        row
        for row, normal in enumerate(done.prepared.scene.normal)
        if abs(normal[0]) > 0.99 and abs(done.prepared.model.coords[:, 0].mean() - west - width / 2) < 1
    ]
    inner = {}
    for data in cells_of(done):
        receivers, back = data.receivers, sent_back(data, done.bins.optics)
        place = np.asarray(receivers.point) + data.origin
        middle = np.abs(place[:, 1] - SOUTH - length / 2) < 20
        facing = (place[:, 0] > west - 1) & (place[:, 0] < west + width + 1) & middle
        for name, rows in (
            ("wall", np.isin(receivers.surface, walls) & facing),
            ("floor", is_land(receivers.surface) & facing & (place[:, 0] > west) & (place[:, 0] < west + width)),
        ):
            row = np.flatnonzero(rows)
            if len(row):
                inner.setdefault(name, []).append(np.asarray(shares_of(data, row) @ back.isotropic[:, 0]).mean())
    expected = canyon_once(width, height, 0.3, 0.4)
    for name, value in expected.items():
        assert np.mean(inner[name]) == pytest.approx(value, rel=0.015), name


def canyon_once(width: float, height: float, wall_albedo: float, floor_albedo: float) -> dict[str, float]:
    """Mean light that comes back once on wall and floor of an infinite canyon under a uniform sky of unit irradiance.

    Strips of walls and floor, view factors in closed form: half the difference of sines of angles from the normal.
    """
    n = 400
    edge_x, edge_y = np.linspace(0, width, n + 1), np.linspace(0, height, n + 1)
    x, y = (edge_x[1:] + edge_x[:-1]) / 2, (edge_y[1:] + edge_y[:-1]) / 2
    wall_sky = (1 - (height - y) / np.hypot(height - y, width)) / 2
    floor_sky = (x / np.hypot(x, height) + (width - x) / np.hypot(width - x, height)) / 2
    to_floor = np.diff(-y[:, None] / np.hypot(y[:, None], edge_x), axis=1) / 2
    rise = edge_y - y[:, None]
    to_wall = np.diff(rise / np.hypot(rise, width), axis=1) / 2
    to_left = np.diff(-x[:, None] / np.hypot(x[:, None], edge_y), axis=1) / 2
    on_wall = wall_albedo * to_wall @ wall_sky + floor_albedo * to_floor @ floor_sky
    on_floor = 2 * wall_albedo * (to_left @ wall_sky)
    return {"wall": on_wall.mean(), "floor": on_floor.mean()}
