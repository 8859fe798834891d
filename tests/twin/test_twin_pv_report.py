"""Photovoltaics in pictures and page: the street's real job, without and with a correction made up for it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.pv_pages import MODEL, MORE, NOTE, corrected, decoded, focused, heads, near, page_of, sheet_of

from solar.pv.light import TEMP_AIR
from twin.job import Outcome
from twin.pv.cadastre import CLASSES
from twin.pv.choice import REASON_WORDS
from twin.pv.columns import MOUNTING_TEXT
from twin.pv.config import read_pv
from twin.report import write
from twin.report.colours import colour_of
from twin.report.facts import Facts, facts_of
from twin.report.figures import Pictures
from twin.report.overview import TILES, tiles_of
from twin.report.pv_charts import class_limits, class_word
from twin.report.pv_facts import PvRoofs
from twin.report.pv_map import BESIDE, HEIGHT, LEFT, SIDE, TOP, WIDTH, deviation_scale, yield_scale
from twin.report.pv_page import assumptions, pv_section
from twin.report.pv_words import note_in
from twin.report.words import LANGUAGES, MESSAGES, Words
from twin.store import RESULTS


@pytest.fixture(scope="module")
def plain(outcome: Outcome) -> Facts:
    """Facts of the job as it is."""
    return facts_of(outcome)


@pytest.fixture(scope="module")
def with_model(outcome: Outcome) -> Facts:
    """Facts of the corrected job."""
    return facts_of(corrected(outcome))


def test_sums_are_those_of_the_table(outcome: Outcome, with_model: Facts) -> None:
    pv = with_model.pv
    assert pv is not None
    table = corrected(outcome).surfaces
    planted = table[table["pv_kwp"] > 0]
    assert len(planted) == pv.whole.plants > 10 and pv.model_id == MODEL
    assert pv.whole.kwp == pytest.approx(planted["pv_kwp"].sum())
    assert pv.whole.mwh == pytest.approx(planted["value_phys"].sum() / 1000)
    assert pv.whole.mwh_ml == pytest.approx(planted["value_ml"].sum() / 1000)
    assert pv.whole.mwh_ml is not None and pv.whole.mwh < pv.whole.mwh_ml < MORE * pv.whole.mwh
    assert pv.largest_delta_pct == pytest.approx(3.0) and not pv.leaves_years
    assert pv.whole.out_of_domain == int(planted["out_of_domain"].sum()) > 0
    assert pv.whole.p10_mwh < pv.whole.mwh < pv.whole.p90_mwh
    assert pv.month_mwh.sum() == pytest.approx(pv.whole.mwh)
    lost = 100 * (1 - planted["value_phys"].sum() / (planted["value_phys"] / (1 - planted["pv_shade_pct"] / 100)).sum())
    assert pv.whole.shade_pct == pytest.approx(lost)
    roofs = table[table["kind"] == "RoofSurface"]
    assert [row.surfaces for row in pv.classes] == [int((roofs["pv_class"] == name).sum()) for name in CLASSES]
    assert sum(row.exposed_m2 for row in pv.classes) == pytest.approx(roofs["exposed_area_m2"].sum())
    yields = [plant.mwh for plant in pv.best]
    assert yields == sorted(yields, reverse=True) and yields[0] == pytest.approx(planted["value_phys"].max() / 1000)


def test_the_map_has_the_roofs_of_the_plan(outcome: Outcome, plain: Facts) -> None:
    """Polygon by polygon, whatever their order."""
    assert plain.pv is not None
    value = {shape.wkb: v for shape, v in zip(outcome.surfaces.geometry, outcome.surfaces["pv_kwh_kwp"], strict=True)}
    expected = np.array([value[shape.wkb] for shape in plain.plan.roof])
    np.testing.assert_array_equal(plain.pv.roofs.kwh_kwp, expected)
    assert np.isfinite(expected).any()


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_without_a_correction_has_no_column_for_it(plain: Facts, language: str) -> None:
    words = Words(language)
    page = page_of(plain, words)
    assert plain.pv is not None
    assert f"<h2>{words('pv')}</h2>" in page and words("pv_correction_none") in page
    assert not any("KI-korrigiert" in head for head in heads(page, words("pv_caption")))
    for key in ("pv_quantiles", "pv_human", "limit_pv"):
        assert words(key) in page, key
    assert words("limit_yield") not in page
    assert words.number(plain.pv.whole.kwp, 1) in page and words.number(plain.pv.whole.mwh, 1) in page
    assert words("limit_irradiation", words.number(1000)) in page
    assert all(re.findall(r'<img [^>]*alt="([^"]*)"', page)) and page.count("<img ") == 5
    assert words("pv_reason_too little sun") in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_corrected_values_stand_beside_the_physical_ones(with_model: Facts, language: str) -> None:
    words = Words(language)
    pv = with_model.pv
    assert pv is not None
    section = pv_section(with_model, b"sheet", words)
    found = heads(section, words("pv_caption"))
    assert found[3] == words("pv_mwh") and "KI-korrigiert" in found[4] and "transfer-&lt;0&gt;" in found[4]
    assert "<0>" not in section and words("pv_correction_none") not in section
    assert words.number(pv.whole.mwh, 1) in section and words.number(pv.whole.mwh_ml, 1) in section
    assert words("pv_quantiles_ml").strip() in section and words("pv_human") in section
    abstained = [plant for plant in pv.best if plant.out_of_domain]
    assert abstained and all(plant.mwh_ml == plant.mwh for plant in abstained)
    assert words("pv_out_of_domain", words.number(abstained[0].mwh_ml, 1)) in section
    hours_only = words("pv_leaves_years", words.number(0.05, 2))
    assert hours_only not in section
    still = replace(with_model, pv=pv._replace(largest_delta_pct=0.01))
    assert hours_only in pv_section(still, b"sheet", words)
    assert "own.toml" in section and words.number(TEMP_AIR) in section


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that are not of photovoltaics take no time."""
    monkeypatch.setattr(write, "render_city", lambda *_: np.zeros((10, 16, 3), np.uint8))
    monkeypatch.setattr(write, "overview_png", lambda *_: b"sheet")
    for name in ("map", "picture", "histograms", "months"):
        monkeypatch.setattr(Pictures, name, lambda _: b"picture")


@pytest.mark.usefixtures("quick")
def test_a_job_without_photovoltaics_has_no_section_and_no_map(outcome: Outcome, tmp_path: Path) -> None:
    """Neither is a tile of it among the key figures; and pv.png goes when the next run begins."""
    without = replace(outcome, report=outcome.report | {"pv": None})
    facts = facts_of(without)
    assert facts.pv is None and pv_section(facts, b"", Words("de")) == ""
    assert {path.name for path in write.write_pictures(without, tmp_path, "de")} == {"overview.png", "summary.html"}
    assert not (tmp_path / "pv.png").exists() and "pv.png" in RESULTS
    assert "Photovoltaik" not in [tile.label for tile in tiles_of(facts, Words("de"))]


@pytest.mark.usefixtures("quick")
def test_the_job_writes_the_map(outcome: Outcome, tmp_path: Path) -> None:
    written = write.write_pictures(outcome, tmp_path, "de")
    assert {path.name for path in written} == {"overview.png", "summary.html", "pv.png"}
    facts = facts_of(outcome)
    assert (tmp_path / "pv.png").read_bytes() == sheet_of(facts, Words("de"))
    assert "Photovoltaik" in [tile.label for tile in tiles_of(facts, Words("de"))[:TILES]]


def test_a_correction_leaves_the_physical_map_as_it_is(plain: Facts, with_model: Facts, tmp_path: Path) -> None:
    words = Words("de")
    before, after = (decoded(sheet_of(focused(facts), words), tmp_path) for facts in (plain, with_model))
    assert before.shape == (HEIGHT, WIDTH, 3)
    middle = (LEFT + SIDE + BESIDE) // 2
    assert (before[:, :middle] == after[:, :middle]).all()
    assert (before[:, middle:] != after[:, middle:]).any()
    for sheet in (before, after):
        for edge in (sheet[:8], sheet[-8:], sheet[:, :8], sheet[:, -8:]):
            assert (edge == 255).all()


def test_roofs_have_the_colours_of_the_legend(plain: Facts, tmp_path: Path) -> None:
    """Every step that a planted roof has is on the map, and grey where roofs have no plant."""
    pv = plain.pv
    assert pv is not None
    scale = yield_scale(pv)
    sheet = decoded(sheet_of(plain, Words("de")), tmp_path)[TOP : TOP + SIDE, LEFT:]
    for colour in np.unique(colour_of(scale, pv.roofs.kwh_kwp), axis=0):
        assert near(sheet, colour).sum() > 50
    absent = [c for c in scale.table if not (c == colour_of(scale, pv.roofs.kwh_kwp)).all(axis=1).any()]
    assert all(near(sheet, colour).sum() < 50 for colour in absent)


def test_what_a_model_does_not_answer_is_hatched(with_model: Facts, tmp_path: Path) -> None:
    """Where it answers the deviation's colour shows; three per cent more is orange."""
    pv = with_model.pv
    assert pv is not None
    sheet = decoded(sheet_of(with_model, Words("de")), tmp_path)[TOP : TOP + SIDE, BESIDE:]
    used = np.isfinite(pv.roofs.delta_pct) & ~pv.roofs.abstained
    assert used.any() and pv.roofs.delta_pct[used] == pytest.approx(3.0)
    colour = colour_of(deviation_scale(pv.roofs.delta_pct), pv.roofs.delta_pct[used][:1])[0]
    assert int(colour[0]) > int(colour[2]) and near(sheet, colour).sum() > 200
    none = replace(with_model, pv=pv._replace(roofs=pv.roofs._replace(abstained=np.zeros_like(pv.roofs.abstained))))
    bare = decoded(sheet_of(none, Words("de")), tmp_path)[TOP : TOP + SIDE, BESIDE:]
    white = np.full(3, 255, np.uint8)
    assert (near(sheet, white) & ~near(bare, white)).sum() > 200


def test_the_sheet_is_the_same_bytes_each_time(with_model: Facts) -> None:
    first, second = (sheet_of(focused(with_model), Words("en")) for _ in range(2))
    assert first == second and b"tEXt" not in first and b"tIME" not in first


def roofs(kwh_kwp: list[float], kwp: list[float] | None = None) -> PvRoofs:
    """Roofs for a scale."""
    value = np.array(kwh_kwp)
    power = np.where(np.isnan(value), np.nan, 1.0) if kwp is None else np.array(kwp)
    return PvRoofs(power, value, np.full(len(value), np.nan), np.zeros(len(value), bool))


@pytest.mark.parametrize(
    ("kwh_kwp", "low", "high", "steps"),
    [
        ([420.0, 910.0], 400.0, 950.0, 11),
        ([10.0, 1090.0], 0.0, 1100.0, 11),
        ([800.0, 800.0], 800.0, 801.0, 1),
        ([3.2, 7.9], 3.0, 8.0, 5),
        ([float("nan")], 0.0, 1000.0, 10),
    ],
)
def test_steps_of_the_scale_are_round(plain: Facts, kwh_kwp: list[float], low: float, high: float, steps: int) -> None:
    assert plain.pv is not None
    scale = yield_scale(plain.pv._replace(roofs=roofs(kwh_kwp)))
    assert (scale.low, scale.high, len(scale.table)) == (low, high, steps)


def test_a_city_without_a_plant_is_still_drawn(plain: Facts) -> None:
    pv = plain.pv
    assert pv is not None
    count = len(plain.plan.roof)
    empty = pv._replace(
        roofs=roofs([float("nan")] * count),
        month_mwh=np.zeros((12, 2)),
        best=(),
        parts=tuple(part._replace(plants=0, kwp=0.0, mwh=0.0) for part in pv.parts),
        classes=tuple(row._replace(exposed_m2=0.0, kwp=0.0, mwh=0.0) for row in pv.classes),
    )
    facts = replace(plain, pv=empty)
    assert sheet_of(facts, Words("en")).startswith(b"\x89PNG")
    assert Words("en")("pv_alt_none") in pv_section(facts, b"sheet", Words("en"))
    assert empty.whole.kwh_kwp is None


def test_classes_say_what_they_rest_on() -> None:
    words = Words("de")
    classes: dict[str, Any] = read_pv().classes.model_dump()
    assert class_limits(classes, words)[:2] == ["ab 1.000 kWh/(m²·a)", "ab 850 kWh/(m²·a)"]
    assert class_limits(classes | {"convention": "share"}, words)[0] == "ab 95 % der besten Ebene"
    assert "Süden" in class_limits(classes | {"convention": "geometry"}, words)[0]
    assert class_limits(classes, words)[3] != class_limits(classes | {"only_planted": False}, words)[3]
    assert [class_word(name, words) for name in CLASSES] == list(CLASSES)
    assert class_word("strange", words) == "strange"


def test_every_foreign_word_has_its_translation(outcome: Outcome) -> None:
    for reason in REASON_WORDS.values():
        assert not reason or f"pv_reason_{reason}" in MESSAGES
    assert {f"pv_mounting_{name}" for name in MOUNTING_TEXT.values()} <= set(MESSAGES)
    assert {f"pv_loss_{name}" for name in read_pv().losses.model_dump()} <= set(MESSAGES)
    assert note_in("de", NOTE) == "Lufttemperatur 12 °C" and note_in("en", NOTE) == "air temperature 12 °C"
    said = " ".join(assumptions(outcome.report["pv"], Words("de")))
    assert "11,42 %" in said and "2026-08-01" in said and "direkten" in said
