"""The correction: a known error is found, capped, held out, abstained from; files that were changed are refused."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from solar import correction, correction_domain
from solar.correction import Model, Recipe, annual_spread, correct, default_model, fit, load, save
from solar.correction_domain import domain_of, inside
from solar.correction_features import KNOTS, PLANT, TRANSFER, Conditions, conditions_of, evaluate, features, take
from solar.correction_folds import Rows, conformal, stack, usable_rows
from solar.correction_judged import LATER_YEAR_SPREAD, LEAST_SPREAD, spread_between
from solar.errors import CorrectionError, PlantError
from solar.measured.plant_hours import PlantHours
from solar.model_card import markdown
from solar.sun import sun_position

HOUR = np.timedelta64(3600, "s")


@cache
def _sky(seed: int, days: int) -> tuple[np.ndarray, ...]:
    """Start, elevation, azimuth, clear-sky index and physics of a made-up south plane at 50° N."""
    start = np.datetime64("2023-01-01", "s") + np.arange(days * 24) * HOUR
    elevation, azimuth = sun_position(start + HOUR // 2, 50.0, 8.0)
    random = np.random.default_rng(seed)
    daily = np.repeat(random.uniform(0.25, 1.0, days), 24)
    index = np.clip(daily + random.normal(0.0, 0.12, days * 24), 0.1, 1.1)
    physics = np.maximum(np.sin(np.radians(elevation)), 0.0) ** 1.1 * index * 0.9
    return start, elevation, azimuth, index, physics


def made_up(error: float = 0.1, level: float = 1.0, noise: float = 0.08, seed: int = 1, days: int = 365) -> PlantHours:
    """A plant whose measurement is physics × (1 − error) under thin cloud (index above 0.6), times a level."""
    start, elevation, azimuth, index, physics = _sky(seed, days)
    random = np.random.default_rng(seed + 100)
    measured = physics * np.where(index > 0.6, 1.0 - error, 1.0 + error) * level
    measured = np.maximum(measured * random.normal(1.0, noise, len(start)), 0.0)
    unknown = np.full(len(start), np.nan)
    cosine = np.clip(np.sin(np.radians(np.maximum(elevation, 0.0) + 20.0)), 0.0, 1.0)
    return PlantHours(
        start, measured, np.ones(len(start), bool), physics, elevation, azimuth, index, unknown, cosine, unknown, 0.0,
        "made up", f"plant{seed}",
    )  # fmt: skip


@cache
def learnt() -> Model:
    return fit([made_up()], "plant")


@cache
def carried() -> Model:
    return fit([made_up(level=1.1), made_up(level=0.9, seed=2)], "transfer", ["A", "B"], [made_up(seed=3)], ["none"])


def asked(hours: PlantHours) -> tuple[Conditions, np.ndarray, np.ndarray]:
    rows = usable_rows(hours)
    return take(conditions_of(hours), rows), hours.measured[rows], hours.value_phys[rows]


def rms(off: np.ndarray) -> float:
    return float(np.sqrt(np.mean(off**2)))


def test_a_known_error_is_found_on_another_year() -> None:
    conditions, measured, physics = asked(made_up(seed=7))
    found = correct(learnt(), conditions)
    clean = physics * np.where(conditions.clear_sky_index > 0.6, 0.9, 1.1)
    assert rms(found.value_ml - clean) < 0.45 * rms(physics - clean)
    assert rms(found.value_ml - measured) < 0.9 * rms(physics - measured)
    assert found.applied.mean() > 0.9 and not np.any(found.applied & found.out_of_domain)


def test_one_year_in_five_intervals_leave_out() -> None:
    conditions, measured, _ = asked(made_up(seed=8))
    found = correct(learnt()._replace(spread=0.0), conditions)
    rows = found.applied
    within = (measured >= found.p10) & (measured <= found.p90)
    assert 0.76 < within[rows].mean() < 0.86
    assert np.all(found.p10[rows] <= found.value_ml[rows]) and np.all(found.value_ml[rows] <= found.p90[rows])
    wider = correct(learnt(), conditions)
    assert np.all(wider.p90[rows] - wider.p10[rows] >= found.p90[rows] - found.p10[rows])


@pytest.mark.parametrize("error", [0.4, -0.4])
def test_no_hour_leaves_the_cap(error: float) -> None:
    model = fit([made_up(error=error, days=190)], "plant")
    conditions, _, physics = asked(made_up(seed=7))
    for dtype in (np.float64, np.float32):
        power = physics.astype(dtype)
        found = correct(model, conditions._replace(value_phys=power))
        assert np.all(found.value_ml >= dtype(0.85) * power * (1 - 1e-6))
        assert np.all(found.value_ml <= dtype(1.15) * power * (1 + 1e-6))
    ratio = correct(model, conditions).value_ml / physics
    assert np.mean((ratio < 0.86) | (ratio > 1.14)) > 0.5


def test_where_there_is_nothing_to_learn_physics_stays() -> None:
    model = fit([made_up(error=0.0, noise=0.2, days=190)], "plant")
    conditions, _, physics = asked(made_up(seed=7))
    assert rms(correct(model, conditions).value_ml - physics) < 0.03 * float(physics.mean())


def test_tables_give_what_scikit_learn_predicts() -> None:
    hours = made_up()
    rows = stack([hours], ["here"], False)
    names, target = PLANT, correction._relative(rows)
    curves = correction._ridge(correction._design(rows, names), target, rows.weight, 0.01)
    knots = np.array([KNOTS[name] for name in names]).T
    spline = SplineTransformer(degree=1, knots=knots, extrapolation="constant", handle_missing="zeros")
    pipeline = make_pipeline(spline, Ridge(alpha=0.01, fit_intercept=False))
    matrix = np.stack(list(features(rows.conditions, names).values()), axis=1)
    assert np.isnan(matrix[:, names.index("temperature")]).all()  # unknown features take part in the comparison
    pipeline.fit(matrix, target, ridge__sample_weight=rows.weight / rows.weight.sum())
    expected = pipeline.predict(matrix)
    assert np.allclose(evaluate(curves, features(rows.conditions, names)), expected, atol=len(names) * 1e-5)


def test_a_carried_model_adds_no_energy_and_knows_no_place() -> None:
    model = carried()
    assert model.neutral and not {"azimuth", "season"} & {*model.shift.names, *model.scale.names}
    conditions, _, physics = asked(made_up(seed=9, level=0.8))
    found = correct(model, conditions)
    assert float(found.value_ml.sum()) == pytest.approx(float(physics.sum()), rel=1e-12)
    assert rms(found.value_ml - physics) > 0.002
    elsewhere = conditions._replace(azimuth_deg=(conditions.azimuth_deg + 120.0) % 360.0, day=366.0 - conditions.day)
    for one, other in zip(found, correct(model, elsewhere), strict=True):
        assert np.array_equal(one, other, equal_nan=True)
    assert annual_spread(model) == pytest.approx(0.1, abs=0.03)  # the two plants lie 10 % above and below physics


def test_a_plant_whose_size_was_fitted_says_nothing_of_the_spread() -> None:
    physics = np.full(60, 0.5)
    hours = asked(made_up())[0]
    plant = np.repeat([0, 1, 2], 20)
    conditions = take(hours, np.arange(60))._replace(value_phys=physics)
    measured = physics * np.array([1.0, 0.9, 1.1])[plant]
    raw = Rows(conditions, measured, plant, plant, physics, plant, 60)
    names = ("fitted", "below", "above")
    assert spread_between(physics, raw, names, ()) == pytest.approx(
        ((1 / 0.9 - 1) ** 2 / 3 + (1 / 1.1 - 1) ** 2 / 3) ** 0.5, abs=1e-5
    )
    assert spread_between(physics, raw, names, ("fitted",)) == pytest.approx(0.10151, abs=1e-5)
    assert spread_between(physics, raw, names, ("below", "above")) == LEAST_SPREAD
    assert spread_between(physics, raw, names, names) == LATER_YEAR_SPREAD
    card = fit([made_up(), made_up(seed=2)], "transfer", ["A", "B"], fitted_sizes=["plant2"]).card
    assert "note" not in card["training"][0] and "annual_spread" in card["training"][1]["note"]
    assert "plant2: size fitted to this measurement" in markdown(card)


def test_a_level_within_the_noise_of_years_is_left_alone() -> None:
    plain = made_up(days=190)
    even = float(plain.value_phys.sum() / plain.measured.sum())
    small = fit([made_up(level=even, days=190)], "plant")
    large = fit([made_up(level=0.9)], "plant")
    assert small.neutral and not large.neutral
    conditions, measured, physics = asked(made_up(seed=7, level=0.9))
    before = physics.sum() / measured.sum() - 1.0
    after = correct(large, conditions).value_ml.sum() / measured.sum() - 1.0
    assert abs(after) < 0.4 * abs(before)


def test_foreign_hours_keep_their_physics() -> None:
    conditions, _, physics = asked(made_up(seed=7))
    shaded = conditions._replace(value_phys=physics * 0.1, clear_sky_index=np.ones_like(physics))
    high = (conditions.elevation_deg > 40.0) & (physics * 0.1 > 0.02)
    found = correct(learnt(), shaded)
    assert found.out_of_domain[high].mean() > 0.95
    away = found.out_of_domain
    assert np.array_equal(found.value_ml[away], shaded.value_phys[away]) and not np.any(found.applied[away])
    assert np.all(np.isnan(found.p10[away])) and np.all(np.isnan(found.p90[away]))
    unknown = correct(learnt(), conditions._replace(clear_sky_index=np.full(len(physics), np.nan)))
    assert np.all(unknown.out_of_domain) and not np.any(unknown.applied)
    hot = learnt()._replace(domain=learnt().domain._replace(coldest=0.0, warmest=30.0))
    assert np.all(correct(hot, conditions._replace(temp_air=np.full(len(physics), 40.0))).out_of_domain)


def test_night_is_neither_corrected_nor_foreign() -> None:
    hours = made_up()
    found = correct(learnt(), conditions_of(hours))
    night = hours.elevation_deg <= 0.0
    assert not np.any(found.applied[night] | found.out_of_domain[night]) and np.all(found.value_ml[night] == 0.0)


def test_many_plants_at_once_are_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    conditions, _, physics = asked(made_up(seed=7, days=60))
    table = np.stack([physics, physics * 0.8, physics * 1.1]).astype(np.float32)
    many = conditions._replace(value_phys=table, before=None, after=None)
    monkeypatch.setattr("solar.correction_model.CHUNK", 2 * len(physics))
    whole = correct(carried(), many)
    for i in range(3):
        alone = correct(carried(), many._replace(value_phys=table[i]))
        for one, other in zip(alone, whole, strict=True):
            assert np.array_equal(one, other[i], equal_nan=True)
    bare = correct(carried(), many, intervals=False)
    assert np.array_equal(bare.value_ml, whole.value_ml) and np.all(np.isnan(bare.p10))


def test_domain_counts_its_neighbours() -> None:
    conditions, _, _ = asked(made_up(days=40))
    domain = domain_of(conditions, 5)

    def cell(i: int) -> tuple[int, int, int, int]:
        at = take(conditions, np.array([i]))
        return tuple(int(part[0]) for part in correction_domain._cells(at))  # type: ignore[return-value]

    cells = [cell(i) for i in range(len(conditions.value_phys))]
    for i in range(0, len(cells), 37):
        a, b, c, p = cells[i]
        sky = sum(abs(x - a) <= 1 and abs(y - b) <= 1 and abs(q - p) <= 1 for x, y, _, q in cells)
        face = sum(abs(z - c) <= 1 and abs(q - p) <= 1 for _, _, z, q in cells)
        assert inside(domain, take(conditions, np.array([i])))[0] == (sky >= 5 and face >= 5)


def test_conformal_ranks() -> None:
    score = np.random.default_rng(0).permutation(np.arange(1.0, 100.0))  # 1 … 99: one more makes a hundred
    assert conformal(score, np.zeros(99, int), 99) == (10.0, 90.0)
    low, high = conformal(score, np.zeros(99, int), 9)  # nine days: the ends
    assert low == 1.0 and high == 99.0
    group = np.repeat([0, 1], [90, 9])  # nine hours weigh as much as ninety
    low, high = conformal(np.concatenate([np.zeros(90), np.full(9, 5.0)]), group, 99)
    assert (low, high) == (0.0, 5.0)


def test_folds_are_fortnights_or_sites() -> None:
    one = stack([made_up()], ["A"], False)
    day = one.conditions.day
    assert all(len(np.unique(one.fold[day // 14 == k])) == 1 for k in range(26))
    two = stack([made_up(), made_up(seed=2)], ["A", "B"], False)
    assert np.array_equal(two.fold, two.plant) and np.bincount(two.plant, two.weight) == pytest.approx(1.0)


def test_wrong_clocks_and_short_records_are_refused() -> None:
    with pytest.raises(PlantError, match=r"plant1: its clock is \+60 min off"):
        fit([made_up()._replace(shift_min=60.0)], "plant")
    with pytest.raises(PlantError, match=r"hours over 1.. days are too few"):
        fit([made_up(days=170)], "plant")
    with pytest.raises(PlantError, match="too few to learn from"):
        fit([made_up()._replace(usable=np.zeros(365 * 24, bool))], "plant")


def test_same_input_same_model_same_bytes(tmp_path: Path) -> None:
    again = fit([made_up()], "plant")
    assert again.id == learnt().id and again.id.startswith("plant-")
    save(again, tmp_path / "a.skops")
    read = load(tmp_path / "a.skops")
    save(read, tmp_path / "b.skops")
    assert (tmp_path / "a.skops").read_bytes() == (tmp_path / "b.skops").read_bytes()
    conditions, _, _ = asked(made_up(seed=7))
    for one, other in zip(correct(again, conditions), correct(read, conditions), strict=True):
        assert np.array_equal(one, other, equal_nan=True)
    assert read.card == again.card


def rewritten(source: Path, target: Path, change: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w") as out:
        for name in given.namelist():
            out.writestr(name, change.get(name, given.read(name)))
        for name in change.keys() - set(given.namelist()):
            out.writestr(name, change[name])
    return target


def test_changed_and_hostile_files_are_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.skops"
    save(learnt(), whole)
    with zipfile.ZipFile(whole) as archive:
        schema = archive.read("schema.json")
        named = next(name for name in archive.namelist() if name.endswith(".npy"))
        arrays = {n: np.load(io.BytesIO(archive.read(n))) for n in archive.namelist() if n.endswith(".npy")}
    values, array = next((name, a) for name, a in arrays.items() if np.array_equal(a, learnt().shift.values))
    stream = io.BytesIO()
    np.save(stream, array * 1.01)
    with pytest.raises(CorrectionError, match=r"was changed after it was written .by .*scikit-learn"):
        load(rewritten(whole, tmp_path / "changed.skops", {values: stream.getvalue()}))
    claim = np.lib.format.magic(1, 0)
    head = b"{'descr': '|b1', 'fortran_order': False, 'shape': (9000000000,), }"
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    claim += len(head).to_bytes(2, "little") + head
    with pytest.raises(CorrectionError, match="not the array it says"):
        load(rewritten(whole, tmp_path / "claims.skops", {named: claim}))
    called = schema.replace(
        b'"__class__": "dict", "__module__": "builtins"', b'"__class__": "system", "__module__": "os"', 1
    )
    assert called != schema
    with pytest.raises(CorrectionError, match=r"os\.system in it"):
        load(rewritten(whole, tmp_path / "calls.skops", {"schema.json": called}))
    with pytest.raises(CorrectionError, match=r"payload\.pkl in it"):
        load(rewritten(whole, tmp_path / "more.skops", {"payload.pkl": b"cos\nsystem\n"}))
    (tmp_path / "text.skops").write_text("no archive", encoding="utf-8")
    with pytest.raises(CorrectionError, match="not a model"):
        load(tmp_path / "text.skops")
    (tmp_path / "half.skops").write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(CorrectionError, match="not a model"):
        load(tmp_path / "half.skops")
    with pytest.raises(CorrectionError, match="no such file"):
        load(tmp_path / "none.skops")
    assert issubclass(CorrectionError, Exception) and json.loads(schema)


def test_the_shipped_model() -> None:
    model = default_model()
    assert model.kind == "transfer" and model.neutral and model.cap == 0.15 and model.shift.names == TRANSFER
    assert {row["plant"] for row in model.card["training"]} == {"system50", "foulum_tilted", "foulum_vertical"}
    assert {row["plant"] for row in model.card["tried_on"]} == {"utrecht", "turin"}
    assert len(model.card["licences"]) == 3
    fitted = [row["plant"] for row in model.card["training"] if "note" in row]
    others = [row["corrected"]["bias"] for row in model.card["held_out"] if row["plant"] not in fitted]
    assert fitted == ["system50"] and annual_spread(model) == pytest.approx(rms(np.array(others)), abs=2e-3)
    beside = Path(correction.__file__).parent / "data" / "correction_default.json"
    assert json.loads(beside.read_text(encoding="utf-8")) == model.card
    for row in model.card["held_out"]:
        assert row["corrected"]["nrmse"] <= 1.01 * row["physics"]["nrmse"]


def test_knots_are_the_same_number_and_rise() -> None:
    assert {len(knots) for knots in KNOTS.values()} == {9}
    assert all(np.all(np.diff(knots) > 0) for knots in KNOTS.values())


def test_ablations_change_what_they_say() -> None:
    free = fit([made_up(error=0.4, days=190)], "plant", recipe=Recipe(PLANT, shrinks=(1.0,), cap=10.0, guarded=False))
    conditions, _, physics = asked(made_up(seed=7))
    assert np.max(np.abs(correct(free, conditions).value_ml / physics - 1.0)) > 0.3
    assert free.card["choices"]["shrink"] == 1.0 and not free.neutral


@pytest.mark.shared
def test_utrecht_a_year_later(shared_data: Path) -> None:
    from benchmarks._open_plants import UTRECHT, _pvgis_plant
    from benchmarks.correction import an_hour_wrong, learnt_and_asked, score

    plant = _pvgis_plant(shared_data / "pv", UTRECHT)
    before, later = learnt_and_asked(plant, (2014,), 2015)
    found = score(fit([before], "plant"), later)
    assert found.change < -0.10 and abs(found.bias[1]) < abs(found.bias[0])
    assert found.answered > 0.5 and abs(found.coverage - 0.8) < 0.04
    assert an_hour_wrong(plant, (2014,)).startswith("refused: its clock is wrong")
