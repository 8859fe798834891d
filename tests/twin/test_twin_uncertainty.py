"""Uncertainty per surface: the evidence piece by piece, free and shaded roofs, tables, and a small proof."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from raytrace import bits
from solar.irradiance import in_seasons, sources, sun_weights
from solar.sky import horizon_weights, sky_weights
from solar.weather import month_index
from twin import irradiation, skylight
from twin.irradiation import Bins, bins_of, groups_of, view_of_sky
from twin.job import Outcome
from twin.operators import CellData
from twin.progress import silent
from twin.pv.config import read_pv
from twin.pv.spread import geometry_spread
from twin.report.uncertainty_words import uncertainty_words
from twin.report.words import Words
from twin.totals import no_totals
from twin.uncertainty.columns import COLUMNS, LEAST_KWH_M2, facts
from twin.uncertainty.evidence import Collector, Evidence, around
from twin.uncertainty.percent import FLOOR, SPACING, SPACING_EXPONENT, Uncertainty, of_buildings, uncertainty_of
from twin.validate.table import Asked
from twin.validate.uncertainty import uncertainty


@pytest.fixture(scope="module")
def collected(outcome: Outcome) -> Evidence:
    """Evidence of every surface of the street."""
    collector = Collector(len(outcome.prepared.model.kind))
    for _, data in irradiation.cells_of(outcome.store):
        over = irradiation.bins_over(outcome.bins, data)
        collector.add(data, over, view_of_sky(data, over.optics, groups_of(data, None)))
    return collector.found


def one_by_one(data: CellData, bins: Bins, surface: int) -> dict[str, float]:
    """The evidence of one surface, receiver by receiver, node by node, patch by patch."""
    optics, receivers = bins.optics, data.receivers
    standing = np.flatnonzero(np.asarray(receivers.surface) == surface)
    shown = [row for row in standing if not receivers.covered[row]]
    normal = np.asarray(receivers.normal)[shown[0]].astype(np.float64)
    normal = normal / np.linalg.norm(normal)
    year = np.zeros(len(bins.sources.ghi), np.int64)
    beam = sun_weights(bins.sources, normal[None], year, 1)
    sun = (beam.direct + beam.circumsolar)[0, 0]
    whole = skylight.whole(bins)
    sky = sky_weights(optics.sky, normal[None])[0] * whole.isotropic[0, 0] / np.pi
    sky += horizon_weights(optics.sky, normal[None])[0] * whole.horizon[0, 0]
    lit = bits.unpack(np.asarray(data.operators.sun_bits), optics.n_sun)
    light = bits.unpack(np.asarray(data.operators.sky_bits), optics.n_sky)
    area = {row: float(receivers.area_m2[row]) for row in standing}
    kwh_m2 = {row: float(lit[row] @ sun + light[row] @ sky) for row in shown}
    out = {"uneven": 0.0, "tilted": 0.0, "beside": 0.0}
    for row in shown:
        far = np.linalg.norm(receivers.point[standing].astype(float) - receivers.point[row].astype(float), axis=1)
        near = [standing[i] for i in np.lexsort((standing, far))[1:5]]
        others = [kwh_m2[one] for one in near if one in kwh_m2]
        off = area[row] * (kwh_m2[row] - np.mean(others)) if others else 0.0
        out["uneven"] += off**2
        out["tilted"] += off
        out["beside"] += area[row] * any(one not in kwh_m2 for one in near) * (sun.sum() + sky.sum())
    for name, direction, weight, seen in (("sun", optics.sun, sun, lit), ("sky", optics.sky.direction, sky, light)):
        share = sum(area[row] * seen[row] for row in shown)
        square = 0.0
        for d in range(len(direction)):
            near = np.argsort(np.linalg.norm(direction - direction[d], axis=1))[1:5]
            square += (weight[d] * (share[d] - share[near].mean())) ** 2
        out[name] = float(np.sqrt(square))
    return out


def test_evidence_is_what_pieces_say_one_by_one(outcome: Outcome, collected: Evidence) -> None:
    (_, data), *more = irradiation.cells_of(outcome.store)
    elsewhere = {int(s) for _, other in more for s in np.unique(other.receivers.surface)}
    shown = np.asarray(data.receivers.surface)[~np.asarray(data.receivers.covered)]
    names, counts = np.unique(shown[shown >= 0], return_counts=True)
    tried = [int(s) for s in names[np.argsort(-counts, kind="stable")][:8] if int(s) not in elsewhere]
    assert len(tried) >= 3
    for surface in tried:
        found = one_by_one(data, outcome.bins, surface)
        assert collected.uneven[surface] == pytest.approx(found["uneven"], rel=1e-6, abs=1e-6)
        assert collected.tilted[surface] == pytest.approx(found["tilted"], rel=1e-6, abs=1e-4)
        assert collected.beside_covered[surface] == pytest.approx(found["beside"], rel=1e-6)
        # Of nodes that are equally far the two pick others: a fifth of the rows, a few percent of the whole.
        assert collected.sun[surface] == pytest.approx(found["sun"], rel=0.1)
        assert collected.sky[surface] == pytest.approx(found["sky"], rel=0.1)


def test_what_is_seen_is_the_year_without_reflected_light(outcome: Outcome, collected: Evidence) -> None:
    count = len(outcome.prepared.model.kind)
    year = (outcome.totals.direct + outcome.totals.diffuse)[:count].sum(axis=1)
    np.testing.assert_allclose(collected.seen, year, rtol=1e-9, atol=1e-6)
    assert np.all(collected.free >= collected.seen - 1e-6)


@pytest.mark.parametrize("model", ["perez1990", "perez1993"])
def test_seasons_and_patch_skies_are_seen_whole(outcome: Outcome, model: str) -> None:
    """Two seasons and radiances of patches: what is seen is still the year, as the sums of months have it."""
    prepared, optics = outcome.prepared, outcome.bins.optics
    directions, weather = prepared.directions, prepared.weather
    sent = sources(prepared.scene.site, directions.grid, weather, model, directions.sky)
    sent = in_seasons(sent, np.arange(len(sent.ghi)) // 24 % 2, 2)
    halves = optics._replace(
        by_patch=bool(sent.radiance.shape[1]), extinction=np.zeros((2, 0)), season_share=np.full(2, 0.5)
    )
    bins, count = bins_of(sent, month_index(weather), halves), len(prepared.model.kind)
    collector, totals = Collector(count), no_totals(count)
    for _, data in irradiation.cells_of(outcome.store):
        groups = groups_of(data, None)
        view = view_of_sky(data, halves, groups)
        collector.add(data, bins, view)
        energy = irradiation.energy_of(view, bins)
        totals.direct[view.group] += energy.direct + energy.diffuse
    np.testing.assert_allclose(collector.found.seen, totals.direct.sum(axis=1), rtol=1e-9, atol=1e-6)


def plain(free: float, seen: float, size: int = 1) -> Evidence:
    """Evidence of surfaces that show nothing uneven."""
    zero = np.zeros(size)
    found = Evidence(*(zero.copy() for _ in Evidence._fields))
    return found._replace(free=zero + free, seen=zero + seen, exposed=zero + 4)


def test_free_surfaces_have_next_to_no_resolution_error() -> None:
    parts = uncertainty_of(plain(1000.0, 1000.0), np.array([1000.0]), np.ones(1), read_pv().spread)
    assert parts.sun_grid[0] == parts.sky[0] == pytest.approx(1000.0 * FLOOR)
    assert parts.spacing[0] == pytest.approx(SPACING * 1000.0 * FLOOR**SPACING_EXPONENT)
    assert parts.geometry[0] == pytest.approx(1000.0 * read_pv().spread.geometry_sure)


def test_lone_receivers_are_less_sure_the_more_they_lack() -> None:
    lone = plain(1000.0, 600.0)._replace(exposed=np.ones(1), alone=np.ones(1))
    free = plain(1000.0, 1000.0)._replace(exposed=np.ones(1), alone=np.ones(1))
    energy, sure = np.array([1000.0]), np.ones(1)
    spread = read_pv().spread
    assert uncertainty_of(lone, energy, sure, spread).spacing[0] > 30.0
    assert uncertainty_of(free, energy, sure, spread).spacing[0] < 1.0


def test_geometry_is_what_photovoltaics_takes() -> None:
    spread, confidence = read_pv().spread, np.array([1.0, 0.5, 0.0])
    found = uncertainty_of(plain(10.0, 10.0, 3), np.full(3, 10.0), confidence, spread).geometry
    np.testing.assert_allclose(found, 10.0 * geometry_spread(confidence, spread))
    assert found[0] < found[1] < found[2]


def test_buildings_add_spacing_as_squares_and_the_rest_as_it_is() -> None:
    each = np.array([3.0, 4.0, 2.0])
    found = of_buildings(Uncertainty(each, each, each, each), np.array([0, 0, 2]), 3)
    np.testing.assert_allclose(found.spacing, [5.0, 0.0, 2.0])
    np.testing.assert_allclose(found.sky, [7.0, 0.0, 2.0])


def test_low_suns_tell_of_a_skyline_that_patches_miss(outcome: Outcome) -> None:
    """All patches open, every low sun hidden: the light of the lowest row is in doubt; all suns free: none of it."""
    (_, data), *_ = irradiation.cells_of(outcome.store)
    optics = outcome.bins.optics
    operators, count = data.operators, len(data.receivers.surface)
    low = around(optics).low_sun
    assert len(low) > 10
    lit = np.ones((count, optics.n_sun), bool)
    open_sky = bits.pack(np.ones((count, optics.n_sky), bool))
    doubts = []
    for hidden in (False, True):
        lit[:, low] = not hidden
        seen = data._replace(operators=operators._replace(sun_bits=bits.pack(lit), sky_bits=open_sky))
        collector = Collector(len(outcome.prepared.model.kind))
        collector.add(seen, outcome.bins, view_of_sky(seen, optics, groups_of(seen, None)))
        doubts.append(collector.found.low.sum())
    assert doubts[0] == 0.0 < doubts[1]


def test_tables_and_report_say_it(outcome: Outcome) -> None:
    surfaces, buildings, said = outcome.surfaces, outcome.buildings, outcome.report["uncertainty"]
    shown = surfaces["irradiation_kwh_m2"] > LEAST_KWH_M2
    assert list(surfaces.columns[surfaces.columns.get_loc("flags") - 5 : surfaces.columns.get_loc("flags")]) == [
        *COLUMNS
    ]
    parts = surfaces.loc[shown, list(COLUMNS[1:])].to_numpy()
    np.testing.assert_allclose(np.sqrt((parts**2).sum(axis=1)), surfaces.loc[shown, COLUMNS[0]])
    assert surfaces.loc[~shown, COLUMNS[0]].isna().all()
    for label in ("roof", "facade"):
        lit = buildings[f"{label}_irradiation_kwh"] > LEAST_KWH_M2 * buildings[f"{label}_exposed_area_m2"]
        assert lit.any()
        assert (buildings.loc[lit, f"{label}_irradiation_u_pct"] > 1.9).all()
    assert 0.0 < said["u_spacing_pct"] < said["irradiation_u_pct"] < 50.0
    for language in ("de", "en"):
        sentence, tail = uncertainty_words(said, Words(language))
        assert sentence.count("%") == 5 and tail.count("%") == 1
        older = {name: value for name, value in said.items() if name != "tail"}
        assert uncertainty_words(older, Words(language)) == [sentence]
    assert uncertainty_words(None, Words("de")) == []
    shown = surfaces[(surfaces["exposed_area_m2"] > 2.0) & surfaces[COLUMNS[0]].notna()]
    above = int((shown[COLUMNS[0]] > 10.0).sum())
    assert said["tail"] == {"larger_than_m2": 2.0, "surfaces": len(shown), "above_pct": 10.0, "surfaces_above": above}


def test_the_tail_counts_large_surfaces_that_get_light() -> None:
    area = np.array([1.0, 3.0, 3.0, 3.0, 3.0])
    energy = np.array([100.0, 100.0, 100.0, 100.0, 0.1])  # kWh; the last gets too little for a percentage
    spacing = np.array([50.0, 5.0, 20.0, 30.0, 0.1])
    said = facts(Uncertainty(spacing, *np.zeros((3, 5))), energy, area)
    assert said["tail"]["surfaces"] == 3 and said["tail"]["surfaces_above"] == 2
    words = uncertainty_words(said, Words("en"))[1]
    assert "Of 3 surfaces larger than 2 m², 2 are above 10 %" in words
    assert "Von 3 Flächen mit mehr als 2 m² liegen 2 über 10 %" in uncertainty_words(said, Words("de"))[1]


def test_no_light_no_percentage() -> None:
    none = Uncertainty(*np.zeros((4, 2)))
    said = facts(none, np.zeros(2), np.full(2, 3.0))
    assert said["irradiation_u_pct"] is None and said["tail"]["surfaces"] == 0
    assert uncertainty_words(said, Words("en")) == []


def test_a_small_proof_covers_its_errors(tmp_path: Path) -> None:
    table = uncertainty(Asked(True, silent, tmp_path))
    assert not table.failed, [(row.name, row.found) for row in table.failed]
    assert {row.name.split(": ")[1].split(",")[0] for row in table.rows} == {
        "spacing", "sun grid", "sky", "together", "buildings",
    }  # fmt: skip
