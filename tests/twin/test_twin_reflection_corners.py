"""What lies right before a wall, in corners of walls and on a roof below one, against rays one by one."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import one_bounce
from oracles.houses import SOUTH, WEST, Box, write_town

from twin import irradiation
from twin.config import check_job
from twin.job import Outcome, receivers_of, run_solar
from twin.operators import stand
from twin.progress import silent
from twin.receivers import OFFSET_M
from twin.reflection.keys import is_corner, is_surface, level_of, surface_keys
from twin.reflection.met import OFF_M
from twin.reflection.response import shares_of

CORNER = (WEST + 20.0, SOUTH + 20.0)  # of two wings; it opens to the south-west
ROOF_M = 4.0  # height of the low annex between them


@pytest.fixture(scope="module", params=["ground", "annex"])
def wings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    x, y = CORNER
    boxes = [Box("north", x - 16, y, 26, 10, 9), Box("east", x, y - 16, 10, 16, 9)]
    if request.param == "annex":
        boxes.append(Box("annex", x - 6, y - 6, 6, 6, ROOF_M))
    root = tmp_path_factory.mktemp(request.param)
    city = write_town(root / "town.city.json", boxes)
    options = {"cities": [city], "out": root / "out", "spacing_m": 1.0, "no_pv": True, "ground_spacing_m": 2.0}
    return run_solar(check_job(options), silent)


def test_corners_are_as_bright_as_rays_say(wings: Outcome) -> None:
    prepared = wings.prepared
    found, expected = [], []
    for cell, data in irradiation.cells_of(wings.store):
        standing = stand(prepared.casters, cell, receivers_of(prepared, cell), prepared.job.halo_m, None)
        place = np.asarray(data.receivers.point, float) + data.origin
        in_corner = (np.abs(place[:, :2] - CORNER) < 2.2).all(axis=1)
        wall = np.abs(np.asarray(data.receivers.normal)[:, 2]) < 0.1
        row = np.flatnonzero(in_corner & wall & ~np.asarray(data.receivers.covered))
        if not len(row):
            continue
        key = np.asarray(data.reflectors.key)
        assert shares_of(data, row)[:, is_corner(key)].sum() > 0.02 * len(row)
        sent = irradiation.sent_months(data, irradiation.bins_over(wings.bins, data)).sum(axis=1)
        found.append(np.asarray(shares_of(data, row) @ sent))
        albedo, level = prepared.scene.albedo, 100.0 - standing.origin[2]
        expected.append(one_bounce.sent_back(standing, wings.bins, level, albedo, row, 300, 1))
    ours, theirs = np.concatenate(found), np.concatenate(expected)
    # 300 rays a receiver leave some 3 % of noise; without names of their own corners are 4 to 5 % too bright
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.02)
    assert np.sqrt(((ours - theirs) ** 2).mean()) < 0.06 * theirs.mean()


def test_walls_on_the_border_of_two_squares_are_named_as_their_receivers_are(wings: Outcome) -> None:
    assert OFF_M == OFFSET_M
    found: list[np.ndarray] = []
    for _, data in irradiation.cells_of(wings.store):
        key = np.asarray(data.reflectors.key)
        surfaces = key[is_surface(key) & (level_of(key) == 1)]
        place = np.asarray(data.receivers.point, float) + data.origin
        on = np.flatnonzero((np.asarray(data.receivers.surface) >= 0) & ~np.asarray(data.receivers.covered))
        found.append(np.isin(surfaces, surface_keys(np.asarray(data.receivers.surface)[on], place[on], 1)))
    named = np.concatenate(found)
    assert len(named) > 10 and named.mean() > 0.9
