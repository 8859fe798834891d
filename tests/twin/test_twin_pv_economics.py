"""Money of plants: the law's own arithmetic, sums by hand, a spreadsheet in plain Python, and what must always hold."""

from __future__ import annotations

import datetime
import math
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from twin.cli.main import app
from twin.errors import ConfigError
from twin.pv.config import PvConfig, read_pv
from twin.pv.economics import co2_kg, cost_eur, economics, feed_in_ct_kwh, repaid, tariff_of

CONFIG = read_pv()


def changed(**tables: dict[str, Any]) -> PvConfig:
    """The package's assumptions with some values set anew."""
    values = CONFIG.model_dump()
    for name, table in tables.items():
        values[name] |= table
    return PvConfig.model_validate(values)


# § 48 (2) and (2a) EEG 2023: values before the first fall, by kW; § 49: 1 % each half-year from 1 February 2024.
LAW = {"partial_ct_kwh": ("8.6", "7.5", "6.2", "6.2", "6.2"), "full_ct_kwh": ("13.4", "11.3", "11.3", "9.4", "8.1")}


@pytest.mark.parametrize("mode", LAW)
def test_values_follow_from_the_law(mode: str) -> None:
    for period in CONFIG.feed_in.periods:
        falls = (period.first.year - 2024) * 2 + (1 if period.first.month == 2 else 2)
        exact = [Decimal(value) * Decimal("0.99") ** falls for value in LAW[mode]]
        rounded = [float(value.quantize(Decimal("0.01"), ROUND_HALF_UP)) for value in exact]
        assert rounded == list(getattr(period, mode))


@pytest.mark.parametrize(
    ("day", "partial", "full"),
    [
        ("2025-08-01", (7.86, 6.80, 5.56), (12.47, 10.45, 10.45)),  # Bundesnetzagentur
        ("2026-01-31", (7.86, 6.80, 5.56), (12.47, 10.45, 10.45)),
        ("2026-02-01", (7.78, 6.73, 5.50), (12.34, 10.35, 10.35)),  # Bundesnetzagentur
        ("2026-11-28", (7.70, 6.66, 5.44), (12.22, 10.24, 10.24)),  # reckoned
    ],
)
def test_fixed_payment_as_published(day: str, partial: tuple[float, ...], full: tuple[float, ...]) -> None:
    for mode, published in (("partial", partial), ("full", full)):
        feed_in = changed(feed_in={"commissioning": datetime.date.fromisoformat(day), "mode": mode}).feed_in
        to_10, to_40, to_100 = feed_in_ct_kwh([10.0, 40.0, 100.0], feed_in)
        assert to_10 == pytest.approx(published[0], abs=1e-9)
        assert (to_40 * 40 - to_10 * 10) / 30 == pytest.approx(published[1], abs=1e-9)
        assert (to_100 * 100 - to_40 * 40) / 60 == pytest.approx(published[2], abs=1e-9)


def test_payment_of_sizes_by_hand() -> None:
    feed_in = CONFIG.feed_in
    kwp = np.array([0.0, 5.0, 25.0, 100.0, 100.1, 400.0, 750.0, 750.1, np.nan])
    paid = feed_in_ct_kwh(kwp, feed_in)
    assert paid[0] == 0.0 and np.isnan(paid[-1])
    assert paid[1:8] == pytest.approx(
        [
            8.10 - 0.4,
            (10 * 8.10 + 15 * 7.06) / 25 - 0.4,
            (10 * 8.10 + 30 * 7.06 + 60 * 5.84) / 100 - 0.4,
            (10 * 8.10 + 30 * 7.06 + 60.1 * 5.84) / 100.1 - 0.4,
            (10 * 8.10 + 30 * 7.06 + 360 * 5.84) / 400 - 0.4,
            (10 * 8.10 + 30 * 7.06 + 710 * 5.84) / 750 - 0.4,
            4.508 - 0.4,
        ],
        abs=1e-12,
    )
    kinds = ["", "fixed", "fixed", "fixed", "market premium", "market premium", "market premium", "market value", ""]
    assert list(tariff_of(kwp, feed_in)) == kinds


def test_a_plant_by_hand() -> None:
    """9.8 kWp with 980 kWh/kWp, every figure on paper."""
    got = economics([9.8], [9604.0], CONFIG)
    assert got.cost_eur[0] == pytest.approx(11_760.0)
    assert got.self_consumption_kwh[0] == pytest.approx(2_881.2)
    assert got.feed_in_kwh[0] == pytest.approx(6_722.8)
    assert got.revenue_eur[0] == pytest.approx(2_881.2 * 0.29 + 6_722.8 * 0.077)  # 835.55 + 517.66 = 1,353.20
    assert co2_kg(9604.0, CONFIG.co2) == pytest.approx(3_486.252)
    # 4,900 kg of making; 3,486.252 in the first year, 3,468.821 in the second
    assert got.co2_payback_years[0] == pytest.approx(1 + (4_900 - 3_486.252) / (3_486.252 * 0.995))


def spreadsheet(kwp: float, kwh: float, config: PvConfig) -> tuple[float, float]:
    """Revenue of the first year and years to pay back, year by year as in a spreadsheet; NaN where never."""
    money, feed_in, fade = config.money, config.feed_in, config.degradation.per_year
    share = 0.0 if feed_in.mode == "full" else money.self_consumption_share
    period = next(p for p in feed_in.periods if p.first <= feed_in.commissioning <= p.last)
    left, value, below = kwp, 0.0, 0.0
    for upto, each in zip(
        period.upto_kw, period.full_ct_kwh if feed_in.mode == "full" else period.partial_ct_kwh, strict=True
    ):
        part = min(left, upto - below)
        value, left, below = value + part * each, left - part, upto
    paid = value / kwp - (0.4 if kwp <= 100 else feed_in.marketing_ct_kwh)
    if kwp > 750:
        paid = feed_in.market_value_ct_kwh - feed_in.marketing_ct_kwh
    cost = kwp * money.cost_eur_kwp
    balance, first = -cost, 0.0
    for year in range(1, config.degradation.years + 1):
        energy = kwh * (1 - fade * (year - 1))
        rate = paid if year <= feed_in.years else feed_in.market_value_ct_kwh - feed_in.marketing_ct_kwh
        income = energy * share * money.grid_price_eur_kwh * (1 + money.price_rise) ** (year - 1)
        income += energy * (1 - share) * rate / 100
        first = income if year == 1 else first
        income -= money.opex_share * cost
        if balance < 0 <= balance + income:
            return first, year - 1 - balance / income
        balance += income
    return first, math.nan


SHEETS = [
    CONFIG,
    changed(feed_in={"mode": "full"}),
    changed(money={"cost_eur_kwp": 900.0, "opex_share": 0.0, "price_rise": -0.03}),
    changed(degradation={"per_year": 0.03, "years": 35}, feed_in={"years": 15}),
]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(SHEETS), st.floats(0.4, 2000.0), st.floats(0.0, 1400.0))
def test_agrees_with_the_spreadsheet(config: PvConfig, kwp: float, kwh_kwp: float) -> None:
    got = economics([kwp], [kwp * kwh_kwp], config)
    first, years = spreadsheet(kwp, kwp * kwh_kwp, config)
    assert got.revenue_eur[0] == pytest.approx(first, rel=1e-9, abs=1e-9)
    assert got.payback_years[0] == pytest.approx(years, rel=1e-6, nan_ok=True)


def test_more_yield_pays_back_sooner_and_a_dearer_plant_later() -> None:
    kwh = np.linspace(500, 1300, 81) * 30.0
    years = economics(np.full(81, 30.0), kwh, CONFIG).payback_years
    reached = ~np.isnan(years)
    assert reached[-1] and not reached[0]
    assert np.all(np.diff(reached.astype(int)) >= 0)
    assert np.all(np.diff(years[reached]) < 0)
    dearer = economics(np.full(81, 30.0), kwh, changed(money={"cost_eur_kwp": 1300.0})).payback_years
    assert np.all((dearer > years)[~np.isnan(dearer)]) and np.isnan(dearer).sum() > np.isnan(years).sum()


def test_larger_plants_are_paid_no_more_for_each_kilowatt_hour() -> None:
    for mode in ("partial", "full"):
        paid = feed_in_ct_kwh(np.linspace(0.5, 1500.0, 3000), changed(feed_in={"mode": mode}).feed_in)
        assert np.all(np.diff(paid) < 1e-12) and paid.min() > 0


def test_no_plant_no_money() -> None:
    got = economics([0.0, np.nan, 5.0], [0.0, np.nan, 0.0], CONFIG)
    assert got.cost_eur[0] == got.revenue_eur[0] == got.feed_in_kwh[0] == 0.0
    assert np.isnan(got.payback_years).all() and np.isnan(got.co2_payback_years).all()
    for name in ("cost_eur", "self_consumption_kwh", "feed_in_kwh", "feed_in_ct_kwh", "revenue_eur"):
        assert np.isnan(getattr(got, name)[1])
    assert list(got.tariff) == ["", "", "fixed"]
    assert economics([], [], CONFIG).cost_eur.shape == (0,)
    with pytest.raises(ValueError, match="not negative"):
        economics([-1.0], [100.0], CONFIG)


def test_full_feed_in_uses_nothing_oneself() -> None:
    got = economics([8.0], [8000.0], changed(feed_in={"mode": "full"}))
    assert got.self_consumption_kwh[0] == 0.0
    assert got.revenue_eur[0] == pytest.approx(8000 * 0.1222)


def test_pays_back_on_the_last_day_or_not() -> None:
    spent = np.array([300.0, 300.1, 0.0, 150.0])
    years = repaid(spent, lambda year: np.full(4, 100.0), 3)
    assert years[0] == 3.0 and np.isnan(years[1]) and np.isnan(years[2]) and years[3] == 1.5


def test_cost_by_size_is_a_line_in_the_logarithm() -> None:
    money = changed(money={"cost_by_size": ((5.0, 1600.0), (50.0, 1100.0))}).money
    each = cost_eur(np.array([1.0, 5.0, math.sqrt(250.0), 50.0, 900.0]), money)
    assert each == pytest.approx([1600.0, 8000.0, math.sqrt(250.0) * 1350.0, 55_000.0, 990_000.0])
    assert cost_eur(np.array([0.0, np.nan]), money)[0] == 0.0


def test_after_the_years_of_payment_the_market_value_counts() -> None:
    """One kilowatt-hour fed in a year, a plant that never fades and costs no upkeep: the balance tells the rates."""
    config = changed(
        money={"cost_eur_kwp": 1.0, "opex_share": 0.0, "self_consumption_share": 0.0},
        degradation={"per_year": 0.0, "years": 50},
        feed_in={"years": 10},
    )
    years = economics([1.0], [1.0], config).payback_years[0]
    assert years == pytest.approx(10 + (1.0 - 10 * 0.077) / 0.04108)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[feed_in]\ncommissioning = 2027-05-01", "2027-05-01"),
        ("[feed_in]\ncommissioning = 2025-07-31", "no period"),
        ("[feed_in]\ntender_above_kw = 5000.0", "tender_above_kw"),
        ("[feed_in]\nmode = 'both'", "feed_in.mode"),
        ("[classes]\nirradiation_kwh_m2 = [850.0, 1000.0, 700.0]", "irradiation_kwh_m2"),
        ("[classes]\nshare = [0.9, 0.9, 0.5]", "share"),
        ("[classes]\nsouth_within_deg = 120.0", "south_within_deg"),
        ("[classes]\ngood_tilt_deg = [40.0, 20.0]", "good_tilt_deg"),
        ("[facade]\nbands_kwh_m2 = [800.0, 650.0]", "bands_kwh_m2"),
        ("[money]\ncost_by_size = [[30.0, 1200.0], [10.0, 1400.0]]", "cost_by_size"),
        ("[money]\nprice = 0.3", "money.price"),
        ("[[feed_in.periods]]\nfirst = 2026-08-01", "feed_in.periods"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        read_pv(path)
    assert "mine.toml" in str(caught.value)


def test_periods_may_not_overlap() -> None:
    values = CONFIG.model_dump()
    values["feed_in"]["periods"][1]["first"] = datetime.date(2026, 1, 31)
    with pytest.raises(ValueError, match="overlap"):
        PvConfig.model_validate(values)


def test_config_prints_and_checks_the_assumptions(tmp_path: Path) -> None:
    runner = CliRunner()
    shown = runner.invoke(app, ["config", "--pv"])
    assert shown.exit_code == 0 and "[[feed_in.periods]]" in shown.stdout and "Umweltbundesamt" in shown.stdout
    path = tmp_path / "mine.toml"
    path.write_text(shown.stdout, encoding="utf-8")
    assert read_pv(path) == CONFIG
    path.write_text("[money]\ncost_eur_kwp = 1000.0\n", encoding="utf-8")
    assert runner.invoke(app, ["config", "--pv", str(path)]).stdout == f"{path}: fine\n"
    assert '"cost_eur_kwp": 1000.0' in runner.invoke(app, ["config", str(path), "--pv", "--json"]).stdout
