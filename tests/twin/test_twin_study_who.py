"""Who shades whom: first casters sum to the whole shadow, sole causes equal a run without the object."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import raytrace
from raytrace import bits
from twin.operators import mesh_near, tree_of
from twin.package_data import demo_city
from twin.receivers import is_point
from twin.stopwatch import Stopwatch
from twin.study.casters import all_entries, caster_table, receivers_of
from twin.study.config import check_shadow_job
from twin.study.days import trace_cells
from twin.study.opened import Opened, instants_of_day, open_study
from twin.study.outcome import Lit
from twin.study.views import Views
from twin.study.who import Entries

TOWER = Path("tests/data/plans/tower.geojson")
HOUSE = "DENW37AL1000vMhR"
STEP_H = 0.5


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The district with a tower, and without one of its houses."""
    with demo_city() as city:
        job = check_shadow_job(
            {
                "cities": [city],
                "out": tmp_path_factory.mktemp("who"),
                "plans": [{"file": TOWER}],
                "objects": [HOUSE],
                "dates": ["2026-02-08"],
                "step_min": 30,
                "spacing_m": 4.0,
                "pixel_m": 5.0,
                "margin_m": 20.0,
                "radius_m": 100.0,
                "casters": "all",
            }
        )
        return open_study(job, Stopwatch())


@pytest.fixture(scope="module")
def cells(opened: Opened) -> list[list[Lit]]:
    """Every cell's land and surfaces, by scenario."""
    direction = instants_of_day(opened.city, 0).direction
    return list(trace_cells(direction, opened.layout.places, opened.views))


@pytest.fixture(scope="module")
def entries(opened: Opened, cells: list[list[Lit]]) -> list[list[Entries]]:
    """Who shades each cell, by scenario."""
    instants = instants_of_day(opened.city, 0)
    return list(all_entries(opened, cells, instants))


def shadow_h(view: Views, lit: Lit, direction: np.ndarray) -> np.ndarray:
    """Hours in shadow of each row: the sun in front of its plane, and not seen; facing counted by numpy in float32."""
    normal, toward = view.normal.astype(np.float64), direction.astype(np.float32).astype(np.float64)
    facing = normal @ toward.T > 0.0
    return np.where(lit.there, (facing & ~bits.unpack(lit.bits, len(direction))).sum(axis=1) * STEP_H, 0.0)


def summed(entries: Entries, rows: int, hours: np.ndarray) -> np.ndarray:
    """Hours of each row over its casters."""
    return np.bincount(entries.row, hours, rows)


def test_first_casters_sum_to_the_shadow_of_every_receiver(
    opened: Opened, cells: list[list[Lit]], entries: list[list[Entries]]
) -> None:
    direction = instants_of_day(opened.city, 0).direction
    shaded = 0.0
    for place, view, lits, found in zip(opened.layout.places, opened.views, cells, entries, strict=True):
        measured = ~is_point(place.samples.surface)
        for state, lit in enumerate(lits):
            whole = np.where(measured, shadow_h(view, lit, direction), 0.0)
            assert np.abs(summed(found[state], len(whole), found[state].first_h) - whole).max() < 1e-9
            assert (found[state].caster <= len(opened.city.model.objects)).all()  # every shadow has a caster
            shaded += whole.sum()
    assert shaded > 1000.0


def test_sole_cause_is_the_difference_to_a_run_without_the_object(
    opened: Opened, cells: list[list[Lit]], entries: list[list[Entries]]
) -> None:
    """Row by row: the house's in the Bestand against the scenario without it, the tower's against the Bestand."""
    names = [item.id for item in opened.city.model.objects]
    for caster, state, without in ((names.index(HOUSE), 0, 2), (names.index("tower_1"), 1, 0)):
        alone = 0.0
        for place, lits, found in zip(opened.layout.places, cells, entries, strict=True):
            rows = ~is_point(place.samples.surface) & lits[state].there & lits[without].there
            freed = np.where(rows, np.bitwise_count(lits[without].bits & ~lits[state].bits).sum(axis=1) * STEP_H, 0.0)
            own = found[state].caster == caster
            sole = np.bincount(found[state].row[own], found[state].sole_h[own], len(rows))
            assert np.abs(np.where(rows, sole - freed, 0.0)).max() < 1e-9
            first = np.bincount(found[state].row[own], found[state].first_h[own], len(rows))
            assert (sole <= first + 1e-9).all()
            alone += freed.sum()
        assert alone > 10.0


def test_a_scenario_from_what_is_touched_equals_one_asked_anew(
    opened: Opened, cells: list[list[Lit]], entries: list[list[Entries]]
) -> None:
    """Every row of the tower's scenario, not only those that it can shade."""
    from twin.study import who
    from twin.study.scenarios import buildings_of

    instants = instants_of_day(opened.city, 0)
    building = buildings_of(opened.city.model)
    for place, view, lits, found in zip(opened.layout.places, opened.views, cells, entries, strict=True):
        every = ~is_point(place.samples.surface)
        near = who.near_of(opened.city, building, opened.casters, opened.owner, view, 1)
        anew = who.entries_of(opened.city, opened.casters, near, view, lits[1], who.Asked(every, every), 1, instants)
        for part in (anew, found[1]):
            assert len(np.unique(part.row * 10_000 + part.caster)) == len(part.row)
        a, b = (np.lexsort((part.caster, part.row)) for part in (anew, found[1]))
        for before, after in zip(anew, found[1], strict=True):
            assert np.array_equal(before[a], after[b])


def test_table_sums_areas_and_names(opened: Opened, cells: list[list[Lit]], entries: list[list[Entries]]) -> None:
    instants = instants_of_day(opened.city, 0)
    table = caster_table(opened, cells, instants, "2026-02-08")
    assert set(table["scenario"]) == {"Bestand", "Planung", f"ohne {HOUSE}"}
    whole = sum(
        float((found[1].first_h * place.samples.area_m2[found[1].row]).sum())
        for place, found in zip(opened.layout.places, entries, strict=True)
    )
    planung = table[table["scenario"] == "Planung"]
    assert planung["first_m2h"].sum() == pytest.approx(whole, rel=1e-12)
    by_tower = planung[planung["caster"] == "tower_1"]
    assert "open land" in set(by_tower["receiver"])
    assert len(by_tower) >= 2
    assert not (table[table["scenario"] == "Bestand"]["caster"] == "tower_1").any()
    receiver = receivers_of(opened.city, opened.layout.places[0].samples)
    assert receiver.max() <= len(opened.city.model.objects)


def ridge(folder: Path) -> Path:
    """Level ground at 50 m around the house with a ridge of 40 m to its south, as ESRI ASCII grid."""
    west, south, cell, count = 363900.0, 5649700.0, 10.0, 80
    rows = [50.0 + 40.0 * np.exp(-(((south + (count - r) * cell - 5649960.0) / 30.0) ** 2)) for r in range(count)]
    head = f"ncols {count}\nnrows {count}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\nNODATA_value -9999\n"
    path = folder / "ridge.asc"
    path.write_text(head + "\n".join(" ".join([f"{z:.3f}"] * count) for z in rows) + "\n", encoding="ascii")
    return path


def test_terrain_is_a_caster_of_its_own(tmp_path: Path) -> None:
    """What only the ridge shades is lit without it: the same receivers through the buildings alone."""
    with demo_city() as city:
        job = check_shadow_job(
            {
                "cities": [city],
                "out": tmp_path,
                "plans": [{"file": TOWER}],
                "dates": ["2026-12-21"],
                "step_min": 30,
                "spacing_m": 6.0,
                "pixel_m": 8.0,
                "margin_m": 20.0,
                "radius_m": 60.0,
                "casters": "all",
                "terrain": [ridge(tmp_path)],
            }
        )
        opened = open_study(job, Stopwatch())
    instants = instants_of_day(opened.city, 0)
    terrain = len(opened.city.model.objects)
    alone = 0.0
    cells = list(trace_cells(instants.direction, opened.layout.places, opened.views))
    entries = all_entries(opened, cells, instants)
    for place, view, lits, every in zip(opened.layout.places, opened.views, cells, entries, strict=True):
        found = every[1]
        measured = ~is_point(place.samples.surface)
        whole = np.where(measured, shadow_h(view, lits[1], instants.direction), 0.0)
        assert np.abs(summed(found, len(whole), found.first_h) - whole).max() < 1e-9
        buildings = tree_of(
            mesh_near(
                opened.casters._replace(opaque=opened.casters.opaque & view.change[1].present),
                place.cell,
                job.halo_m,
                view.origin,
            )
        )
        seen = raytrace.visible(buildings, view.point, view.normal, instants.direction)
        freed = np.where(measured & lits[1].there, np.bitwise_count(seen & ~lits[1].bits).sum(axis=1) * STEP_H, 0.0)
        own = found.caster == terrain
        sole = np.bincount(found.row[own], found.sole_h[own], len(freed))
        assert np.abs(sole - freed).max() < 1e-9
        alone += sole.sum()
    assert alone > 100.0


def test_by_default_only_what_a_scenario_can_change(
    opened: Opened, cells: list[list[Lit]], entries: list[list[Entries]]
) -> None:
    """Buildings and land that are left out are those that no scenario changes; what is kept is complete."""
    instants = instants_of_day(opened.city, 0)
    job = opened.city.job.model_copy(update={"casters": "changed"})
    short = replace(opened, city=replace(opened.city, job=job))
    kept = left_out = 0
    for place, lits, whole, part in zip(
        opened.layout.places, cells, entries, all_entries(short, cells, instants), strict=True
    ):
        receiver = receivers_of(opened.city, place.samples)
        for state, (every, some) in enumerate(zip(whole, part, strict=True)):
            rows = np.unique(some.row)
            same = np.isin(every.row, rows)
            assert np.array_equal(np.sort(every.first_h[same]), np.sort(some.first_h))
            out = np.setdiff1d(every.row, rows)
            differ = (lits[state].bits != lits[0].bits).any(axis=1)
            assert not differ[out].any()
            on_land = receiver[out] == len(opened.city.model.objects)
            assert not np.isin(receiver[out[~on_land]], receiver[rows]).any()
            kept, left_out = kept + len(rows), left_out + len(out)
    assert kept > 500
    assert left_out > 500
