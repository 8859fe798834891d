"""Shadow masks and minutes against the lit table they were packed from, pixel by pixel."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from raytrace.bits import pack
from shadow.instants import Instants
from twin.study.masks import difference, mask, minutes
from twin.study.outcome import BESTAND, Day, Grid, Lit, Study

ROWS, COLUMNS, INSTANTS = 7, 5, 71
Lits = dict[str, NDArray[np.bool_]]


def made(seed: int = 3) -> tuple[Study, Day, Lits, Lits]:
    """A study of noise: every pixel but the first row's is measured; lit and there by scenario."""
    rng = np.random.default_rng(seed)
    pixel = rng.permutation(np.arange(COLUMNS, ROWS * COLUMNS))
    lit = {name: rng.random((len(pixel), INSTANTS)) < 0.5 for name in (BESTAND, "Planung")}
    there = {name: rng.random(len(pixel)) < 0.8 for name in lit}
    for name in lit:
        lit[name] &= there[name][:, None]
    time = np.datetime64("2026-03-21T06:00", "s") + np.arange(INSTANTS) * np.timedelta64(600, "s")
    instants = Instants(time, 600.0, np.full(INSTANTS, 30.0), np.full(INSTANTS, 180.0), np.zeros((INSTANTS, 3)))
    ground = {name: Lit(pack(lit[name]), there[name]) for name in lit}
    day = Day(datetime.date(2026, 3, 21), instants, ground, {})
    study = cast(Study, cast(Any, SimpleNamespace(grid=Grid(0.0, 0.0, 1.0, ROWS, COLUMNS, pixel))))
    return study, day, lit, there


def plain_mask(study: Study, lit: Lits, there: Lits, scenario: str, instant: int) -> list[list[int]]:
    """The rule said pixel by pixel."""
    out = [[255] * COLUMNS for _ in range(ROWS)]
    for g, pixel in enumerate(study.grid.pixel.tolist()):
        if not (there[BESTAND][g] and there[scenario][g]):
            continue
        value = 0 if lit[BESTAND][g, instant] else 1
        if scenario != BESTAND and not lit[scenario][g, instant]:
            value += 2
        out[pixel // COLUMNS][pixel % COLUMNS] = value
    return out


@pytest.mark.parametrize("scenario", [BESTAND, "Planung"])
@pytest.mark.parametrize("instant", [0, 63, 64, INSTANTS - 1])
def test_mask_is_the_rule_said_pixel_by_pixel(scenario: str, instant: int) -> None:
    study, day, lit, there = made()
    got = mask(study, day, scenario, instant)
    assert got.dtype == np.uint8
    assert got.tolist() == plain_mask(study, lit, there, scenario, instant)
    assert set(np.unique(got).tolist()) <= ({0, 1, 255} if scenario == BESTAND else {0, 1, 2, 3, 255})


def test_same_state_twice_has_no_pixel_of_one_alone() -> None:
    study, day, _, _ = made()
    day.ground["Planung"] = day.ground[BESTAND]
    values = {int(v) for d in range(INSTANTS) for v in np.unique(mask(study, day, "Planung", d))}
    assert values == {0, 3, 255}
    change = difference(study, day, "Planung")
    assert np.array_equal(change[np.isfinite(change)], np.zeros(int(day.ground[BESTAND].there.sum())))


def test_minutes_and_difference_sum_the_steps() -> None:
    study, day, lit, there = made()
    for name in lit:
        got = minutes(study, day, name).ravel()
        for g, pixel in enumerate(study.grid.pixel.tolist()):
            expected = 10.0 * int(lit[name][g].sum()) if there[name][g] else np.nan
            assert np.array_equal(got[pixel], np.float32(expected), equal_nan=True)
        assert np.isnan(got[:COLUMNS]).all()
    change = difference(study, day, "Planung")
    expected = minutes(study, day, "Planung") - minutes(study, day, BESTAND)
    assert np.array_equal(change, expected, equal_nan=True)
    assert np.isfinite(change).sum() == (there[BESTAND] & there["Planung"]).sum()


def test_masks_sum_to_the_difference() -> None:
    """Pixel by pixel, the instants shaded in one state only are the minutes lost and gained."""
    study, day, _, _ = made(seed=5)
    stack = np.array([mask(study, day, "Planung", d) for d in range(INSTANTS)])
    balance = 10.0 * ((stack == 1).sum(axis=0) - (stack == 2).sum(axis=0))
    known = stack[0] != 255
    assert np.array_equal(difference(study, day, "Planung")[known], balance[known].astype(np.float32))
