"""What a plant costs, saves and earns, and when it has paid for itself; what it spares in carbon dioxide.

Every assumption is dated and stands in `twin.pv.config` (tables money, feed_in, co2, degradation). Payment for what is
fed in goes by shares of the power: the first 10 kW of a plant by the first value, the next up to 40 kW by the second,
and so on (EEG 2023, §§ 21, 23c, 48, 49, 53). Above `feed_in.tender_above_kw` no value is fixed by law; the market value
of solar electricity is assumed, and `tariff` says so.

    income(y) = kWh · d(y) · [ s · grid price · (1 + rise)^(y−1) + (1 − s) · payment(y) ] − opex share · cost
    d(y)      = 1 − degradation · (y − 1)

Prices are nominal, nothing is discounted. Oracle: a spreadsheet in plain Python (tests/twin/test_twin_pv_economics.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.pv.cadastre_config import Co2, FeedIn, Money
from twin.pv.config import Degradation, PvConfig

# How electricity fed in is paid for; "" where there is no plant.
FIXED = "fixed"
PREMIUM = "market premium"
MARKET = "market value"


class Economics(NamedTuple):
    """Money and carbon dioxide of plants, (N,) each; NaN where power or yield is NaN."""

    cost_eur: NDArray[np.float64]
    self_consumption_kwh: NDArray[np.float64]  # first year
    feed_in_kwh: NDArray[np.float64]  # first year
    feed_in_ct_kwh: NDArray[np.float64]
    tariff: NDArray[np.object_]
    revenue_eur: NDArray[np.float64]  # first year: purchases saved and payment, upkeep not taken off
    payback_years: NDArray[np.float64]  # NaN where not within degradation.years
    co2_payback_years: NDArray[np.float64]  # the same, for making the modules


def economics(kwp: ArrayLike, kwh: ArrayLike, config: PvConfig) -> Economics:
    """Money and carbon dioxide of plants.

    Parameters
    ----------
    kwp : (N,) [kW]
        Module power; all of a building's roofs count as one plant (EEG § 24).
    kwh : (N,) [kWh]
        AC yield of the first year.

    Raises ValueError for negative power or yield.
    """
    kwp = np.asarray(kwp, np.float64)
    kwh = np.asarray(kwh, np.float64)
    if np.any(kwp < 0) or np.any(kwh < 0):
        raise ValueError("power and yield of a plant are not negative")
    money, feed_in = config.money, config.feed_in
    cost = cost_eur(kwp, money)
    share = money.self_consumption_share if feed_in.mode == "partial" else 0.0
    used, fed = kwh * share, kwh * (1.0 - share)
    paid = feed_in_ct_kwh(kwp, feed_in)
    market = feed_in.market_value_ct_kwh - feed_in.marketing_ct_kwh

    def gross(year: int) -> NDArray[np.float64]:
        price = money.grid_price_eur_kwh * (1.0 + money.price_rise) ** (year - 1)
        payment = paid if year <= feed_in.years else market
        return (used * price + fed * payment / 100.0) * remaining(year, config.degradation)

    def spared(year: int) -> NDArray[np.float64]:
        return co2_kg(kwh, config.co2) * remaining(year, config.degradation)

    years = config.degradation.years
    return Economics(
        cost_eur=cost,
        self_consumption_kwh=used,
        feed_in_kwh=fed,
        feed_in_ct_kwh=paid,
        tariff=tariff_of(kwp, feed_in),
        revenue_eur=gross(1),
        payback_years=repaid(cost, lambda year: gross(year) - money.opex_share * cost, years),
        co2_payback_years=repaid(kwp * config.co2.module_kg_kwp, spared, years),
    )


def cost_eur(kwp: NDArray[np.float64], money: Money) -> NDArray[np.float64]:
    """Cost of plants [€], (N,): flat per kWp, or by size with the cost per kWp linear in log(kWp)."""
    if not money.cost_by_size:
        return kwp * money.cost_eur_kwp
    size = np.log([size for size, _ in money.cost_by_size])
    each = np.interp(np.log(np.where(kwp > 0, kwp, 1.0)), size, [cost for _, cost in money.cost_by_size])
    return kwp * each


def feed_in_ct_kwh(kwp: ArrayLike, feed_in: FeedIn) -> NDArray[np.float64]:
    """What a kilowatt-hour fed in is paid [ct/kWh], (N,), fee or deduction taken off; 0 for 0 kWp.

    The mean of the period's values weighted by the shares of the power; the market value above the limit of tenders.
    """
    kwp = np.asarray(kwp, np.float64)
    period = feed_in.period
    values = period.partial_ct_kwh if feed_in.mode == "partial" else period.full_ct_kwh
    weighted, below = np.zeros_like(kwp), 0.0
    for upto, value in zip(period.upto_kw, values, strict=True):
        weighted = weighted + np.clip(kwp - below, 0.0, upto - below) * value
        below = upto
    mean = np.divide(weighted, kwp, out=np.zeros_like(kwp), where=kwp != 0.0)
    mean = np.where(kwp > feed_in.tender_above_kw, feed_in.market_value_ct_kwh, mean)
    off = np.where(kwp > feed_in.fixed_upto_kw, feed_in.marketing_ct_kwh, feed_in.deduction_ct_kwh)
    return np.where(kwp == 0.0, 0.0, mean - off)


def tariff_of(kwp: ArrayLike, feed_in: FeedIn) -> NDArray[np.object_]:
    """How plants are paid, (N,): "fixed", "market premium", or "market value" where that is only assumed."""
    kwp = np.asarray(kwp, np.float64)
    chosen = [kwp > feed_in.tender_above_kw, kwp > feed_in.fixed_upto_kw, kwp > 0.0]
    return np.select(chosen, [MARKET, PREMIUM, FIXED], "").astype(object)


def remaining(year: int, degradation: Degradation) -> float:
    """Share of the first year's yield that a plant still has in a year, counted from 1; linear."""
    return max(0.0, 1.0 - degradation.per_year * (year - 1))


def repaid(spent: NDArray[np.float64], gained: Callable[[int], NDArray[np.float64]], years: int) -> NDArray[np.float64]:
    """Years until gains add up to what was spent at the start, (N,), part years in proportion; NaN where they do not.

    Parameters
    ----------
    spent : (N,)
        NaN in the result where it is 0: there is nothing to pay back.
    gained
        What each year brings, counted from 1.
    """
    left, out = spent.copy(), np.full(spent.shape, np.nan)
    for year in range(1, years + 1):
        gain = gained(year)
        now = np.isnan(out) & (left > 0.0) & (gain >= left)
        out[now] = year - 1 + left[now] / gain[now]
        left = left - gain
    return out


def co2_kg(kwh: ArrayLike, co2: Co2) -> NDArray[np.float64]:
    """Carbon dioxide [kg] that electricity from the grid would have emitted, (N,); making the modules not taken off."""
    return np.asarray(kwh, np.float64) * co2.grid_kg_kwh
