"""What a kilowatt-hour costs over a plant's life: levelised cost of electricity.

LCOE = (I + Σ A / (1 + i)^t) / (Σ E_t / (1 + i)^t), t = 1 … n, with E_t = E · (1 − d · (t − 1)) (Fraunhofer ISE,
Stromgestehungskosten Erneuerbare Energien, 2024, section "Methodik"). All per kWp and in real money.

Oracle: tests/twin/test_twin_sites_rules.py (annuities where nothing ages).
"""

from __future__ import annotations

from typing import NamedTuple

from twin.pv.config import ParkKind


class Lcoe(NamedTuple):
    """Cost of electricity [ct/kWh]: everything favourable, in the middle, everything unfavourable."""

    low: float
    middle: float
    high: float


def lcoe_ct(capex_eur_kwp: float, opex_eur_kw: float, kwh_kwp: float, wacc: float, years: int, aging: float) -> float:
    """Cost of electricity [ct/kWh] of a plant with this first-year yield [kWh/kWp]; inf for none.

    Parameters
    ----------
    aging
        Share of the first year's yield that goes with each further year.
    """
    if kwh_kwp <= 0.0:
        return float("inf")
    spent, produced = capex_eur_kwp, 0.0
    for year in range(1, years + 1):
        worth = (1.0 + wacc) ** -year
        spent += opex_eur_kw * worth
        produced += kwh_kwp * max(0.0, 1.0 - aging * (year - 1)) * worth
    return 100.0 * spent / produced


def lcoe_of(kind: ParkKind, p10: float, p50: float, p90: float, years: int, aging: float) -> Lcoe:
    """Range of costs: the low end pairs cheap building and interest with a good yield, the high end dear with a poor.

    Parameters
    ----------
    p10, p50, p90 : [kWh/kWp]
        First year's yield as it stands for the whole life (`twin.sites.power.spread_of` with its years): good and bad
        years even out over it, what is wrong in model or parameters does not.
    """
    low, high = kind.capex_eur_kwp
    cheap, dear = kind.wacc
    return Lcoe(
        lcoe_ct(low, kind.opex_eur_kw, p90, cheap, years, aging),
        lcoe_ct((low + high) / 2, kind.opex_eur_kw, p50, (cheap + dear) / 2, years, aging),
        lcoe_ct(high, kind.opex_eur_kw, p10, dear, years, aging),
    )
