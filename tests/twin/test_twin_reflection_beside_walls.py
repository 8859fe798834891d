"""What lies right before a wall where a step is low, and beneath a roof, against rays one by one: there a wall is not,
or more than a wall is, in the way of what the piece or cell around gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from oracles import one_bounce
from oracles.houses import SOUTH, WEST, Box, write_town

from twin import irradiation
from twin.config import check_job
from twin.job import receivers_of, run_solar
from twin.operators import stand
from twin.progress import silent
from twin.reflection.response import shares_of

X, Y = WEST + 20.0, SOUTH + 20.0
Place = np.ndarray


class Beside(NamedTuple):
    """Boxes, which places (N, 3) with normals (N, 3) are looked at, and how far the mean may be off [kWh/m²]."""

    boxes: list[Box]
    chosen: Callable[[Place, Place], np.ndarray]
    bound: float


SCENES = {
    # the sun passes over a step: the flat roof before it is as bright as the rest of the roof, but for the last metre
    "step": Beside(
        [Box("low", X, Y, 14, 14, 4), Box("high", X + 14, Y, 14, 14, 4.6)],
        lambda place, normal: (normal[:, 0] < -0.9) & (place[:, 2] > 104) & (place[:, 0] > X + 13),
        4.0,
    ),
    # no open land lies beneath the upper house, and the nearest is in the sun: it alone is 19 kWh/m² too bright
    "passage": Beside(
        [Box("house", X, Y, 16, 10, 9), Box("over", X, Y - 6, 16, 6, 5, 104.0)],
        lambda place, normal: (normal[:, 1] < -0.9) & (place[:, 2] < 104) & (place[:, 1] > Y - 1),
        8.0,
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_what_lies_beside_a_wall_is_as_bright_as_rays_say(name: str, tmp_path: Path) -> None:
    scene = SCENES[name]
    city = write_town(tmp_path / "town.city.json", scene.boxes)
    options = {"cities": [city], "out": tmp_path / "out", "spacing_m": 1.0, "no_pv": True, "ground_level_m": 100.0}
    done = run_solar(check_job(options), silent)
    found, expected = [], []
    for cell, data in irradiation.cells_of(done.store):
        standing = stand(done.prepared.casters, cell, receivers_of(done.prepared, cell), 300.0, None)
        place = np.asarray(data.receivers.point, float) + data.origin
        chosen = scene.chosen(place, np.asarray(data.receivers.normal)) & ~np.asarray(data.receivers.covered)
        row = np.flatnonzero(chosen & (np.asarray(data.receivers.surface) >= 0))
        if not len(row):
            continue
        sent = irradiation.sent_months(data, irradiation.bins_over(done.bins, data)).sum(axis=1)
        found.append(np.asarray(shares_of(data, row) @ sent))
        albedo, level = done.prepared.scene.albedo, 100.0 - standing.origin[2]
        expected.append(one_bounce.sent_back(standing, done.bins, level, albedo, row, 600, 1))
    ours, theirs = np.concatenate(found), np.concatenate(expected)
    assert len(ours) >= 10
    assert ours.mean() == pytest.approx(theirs.mean(), abs=scene.bound)
