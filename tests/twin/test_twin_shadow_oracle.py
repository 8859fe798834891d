"""Shadow masks of the demo district against Embree rays from every pixel, and polygons against the masks.

The same at pixels of 1 m is benchmarks/shadow_oracle.py; its figures stand in docs/validation.md.
"""

from __future__ import annotations

import numpy as np
import pytest
from oracles import shadow_mask

from benchmarks.shadow_oracle import DATES, LOWEST_DEG, TOWER, opened, rows
from twin.study.opened import Opened, instants_of_day
from twin.study.outcome import BESTAND

PIXEL_M = 4.0


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The demo district and a tower, ready to be traced."""
    return opened(tmp_path_factory.mktemp("oracle"), PIXEL_M, DATES)


def test_masks_are_embrees_and_polygons_are_the_masks(district: Opened) -> None:
    found = list(rows(district))
    pixels, differing = sum(row.pixels for row in found), sum(row.differing for row in found)
    assert pixels > 700_000 and differing <= pixels * 1e-4
    for scenario in (BESTAND, "Planung"):
        of_one = [row for row in found if row.scenario == scenario]
        assert len(of_one) == 20 and all(row.elevation_deg >= LOWEST_DEG for row in of_one)
        assert all(row.differing <= row.pixels * 1e-4 and row.polygons_equal for row in of_one)
        assert min(row.shaded for row in of_one) > 300
    under_tower = {row.pixels for row in found if row.scenario == BESTAND}.pop()
    under_tower -= {row.pixels for row in found if row.scenario == "Planung"}.pop()
    assert under_tower == (TOWER["side"] / PIXEL_M) ** 2


def test_the_suns_of_both_are_one(district: Opened) -> None:
    for index in range(len(DATES)):
        instants = instants_of_day(district.city, index)
        for instant in (0, len(instants.time) // 2):
            ours = instants.direction[instant]
            theirs = shadow_mask.sun_direction(instants.time[instant], district.study.scene.site)
            assert np.allclose(ours, theirs, atol=1e-6)
