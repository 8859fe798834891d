"""From irradiance on the module to AC power, per kWp: temperature, DC, losses, inverter.

Everything here is elementwise on arrays of any shape, so a whole city's plants and hours go through in one call. The
formulas are pvlib's (PVWatts, Dobos 2014, NREL/TP-6A20-62641; Faiman 2008; PVsyst; De Soto 2006); powers are per kWp.

Oracle: pvlib's ModelChain on a free roof (tests/solar/test_solar_pv_chain.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Share of the irradiance that a module takes up at all (PVsyst's alpha).
ABSORBED = 0.9
STC_W_M2 = 1000.0
# Wind at 10 m stands in weather files; PVsyst's and Faiman's u1 are used with it as it is.
HEAT_MODELS = ("faiman", "pvsyst")


class Heat(NamedTuple):
    """How a module loses heat: Faiman's u0, u1, or PVsyst's u_c, u_v [W/(m² K)], [W/(m² K)/(m/s)]."""

    model: str
    u0: float
    u1: float


class Chain(NamedTuple):
    """One kind of plant, per kWp."""

    gamma_pdc: float  # 1/K
    efficiency: float  # of the module at STC, 0 … 1
    loss: float  # share of the DC power lost in the system, 0 … 1
    dc_ac_ratio: float  # DC power at STC by the inverter's DC limit
    eta_nom: float
    eta_ref: float
    heat: Heat


def system_loss(percent: dict[str, float]) -> float:
    """Share of DC power that losses take together, 0 … 1.

    Parameters
    ----------
    percent : [%]
        By name, as ``pvlib.pvsystem.pvwatts_losses`` names them; they multiply.
    """
    from pvlib.pvsystem import pvwatts_losses

    return float(pvwatts_losses(**percent)) / 100


def beam_iam(cos_incidence: ArrayLike, refraction_index: float) -> NDArray[np.float64]:
    """Share of a beam that passes the module's glass, by cosine of incidence; 0 from behind (De Soto 2006)."""
    from pvlib.iam import physical

    cosine = np.clip(np.asarray(cos_incidence, np.float64), 0.0, 1.0)
    share = physical(np.degrees(np.arccos(cosine)), n=refraction_index)
    return np.where(cosine > 0.0, share, 0.0)


def cell_temperature(
    poa_global: ArrayLike, temp_air: ArrayLike, wind_speed: ArrayLike, chain: Chain
) -> NDArray[np.float64]:
    """Cell temperature [°C] from irradiance on the module [W/m²], air [°C] and wind [m/s].

    Raises ValueError for an unknown heat model.
    """
    u0, u1 = chain.heat.u0, chain.heat.u1
    if chain.heat.model == "faiman":
        taken = 1.0
    elif chain.heat.model == "pvsyst":
        taken = ABSORBED * (1.0 - chain.efficiency)
    else:
        raise ValueError(f"no heat model '{chain.heat.model}'; there are {', '.join(HEAT_MODELS)}")
    lost = u0 + u1 * np.asarray(wind_speed, np.float64)
    return np.asarray(np.asarray(temp_air) + np.asarray(poa_global) * taken / lost)


def dc_power(effective_irradiance: ArrayLike, temp_cell: ArrayLike, gamma_pdc: float) -> NDArray[np.float64]:
    """DC power at the maximum power point [kW/kWp], no loss taken off yet (PVWatts)."""
    warm = 1.0 + gamma_pdc * (np.asarray(temp_cell) - 25.0)
    return np.asarray(np.asarray(effective_irradiance) / STC_W_M2 * warm)


def ac_power(dc: ArrayLike, chain: Chain) -> NDArray[np.float64]:
    """AC power [kW/kWp] of DC power [kW/kWp] after the system losses, clipped at the inverter's limit."""
    from pvlib.inverter import pvwatts

    after_loss = np.asarray(dc) * (1.0 - chain.loss)
    limit = 1.0 / chain.dc_ac_ratio
    return np.asarray(pvwatts(after_loss, limit, eta_inv_nom=chain.eta_nom, eta_inv_ref=chain.eta_ref))


def ac_of(
    effective_irradiance: ArrayLike, poa_global: ArrayLike, temp_air: ArrayLike, wind_speed: ArrayLike, chain: Chain
) -> NDArray[np.float64]:
    """AC power [kW/kWp] from irradiance behind the glass and on it [W/m²], air [°C] and wind [m/s]."""
    temp_cell = cell_temperature(poa_global, temp_air, wind_speed, chain)
    return ac_power(dc_power(effective_irradiance, temp_cell, chain.gamma_pdc), chain)
