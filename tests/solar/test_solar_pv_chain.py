"""Irradiance to AC per kWp: the acceptance row, and pvlib's ModelChain on free planes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from solar.pv.chain import Chain, Heat, ac_of, ac_power, beam_iam, cell_temperature, dc_power, system_loss

LOSSES = {
    "soiling": 2.0,
    "shading": 0.0,
    "snow": 0.0,
    "mismatch": 2.0,
    "wiring": 2.0,
    "connections": 0.5,
    "lid": 1.5,
    "nameplate_rating": 1.0,
    "age": 0.0,
    "availability": 3.0,
}
FREE = Heat("faiman", 25.0, 6.84)


def chain(**changed: float | Heat) -> Chain:
    return Chain(-0.0035, 0.215, system_loss(LOSSES), 1.0, 0.96, 0.9637, FREE)._replace(**changed)


def test_row_14_temperature_dc_losses_inverter() -> None:
    """STANDARDS §8 row 14: 45.13 °C, 743.6 W DC, 658.7 W after 11.42 %, 634.0 W AC."""
    warm = cell_temperature(800.0, 20.0, 1.0, chain())
    dc = dc_power(800.0, warm, -0.0035)
    assert warm == pytest.approx(45.13, abs=0.01)
    assert dc * 1000 == pytest.approx(743.6, abs=0.1)
    assert system_loss(LOSSES) == pytest.approx(0.1142, abs=5e-5)
    assert dc * (1 - system_loss(LOSSES)) * 1000 == pytest.approx(658.7, abs=0.1)
    assert ac_power(dc, chain()) * 1000 == pytest.approx(634.0, abs=0.2)
    # a flat efficiency would say 632.4 W
    assert ac_power(dc, chain()) * 1000 - dc * (1 - system_loss(LOSSES)) * 960 == pytest.approx(1.6, abs=0.2)


def test_the_inverter_clips_at_its_limit_and_nowhere_else() -> None:
    dc = np.array([0.0, 0.2, 0.9, 1.4])
    small, large = ac_power(dc, chain(dc_ac_ratio=1.25, loss=0.0)), ac_power(dc, chain(loss=0.0))
    assert small[3] == pytest.approx(0.8 * 0.96)
    assert small[2] == pytest.approx(0.8 * 0.96)
    assert large[2] > small[2]
    assert small[0] == 0.0 and large[3] == pytest.approx(0.96)


def test_heat_models_follow_pvlib() -> None:
    import pvlib

    poa, air, wind = np.array([0.0, 300.0, 1000.0]), np.array([-5.0, 10.0, 35.0]), np.array([0.0, 2.0, 8.0])
    for u_c, u_v in ((29.0, 0.0), (15.0, 0.0), (20.0, 1.2)):
        mine = cell_temperature(poa, air, wind, chain(heat=Heat("pvsyst", u_c, u_v)))
        ours = pvlib.temperature.pvsyst_cell(poa, air, wind, u_c=u_c, u_v=u_v, module_efficiency=0.215)
        np.testing.assert_allclose(mine, ours, rtol=1e-12)
    np.testing.assert_allclose(
        cell_temperature(poa, air, wind, chain()), pvlib.temperature.faiman(poa, air, wind, 25.0, 6.84), rtol=1e-12
    )
    with pytest.raises(ValueError, match="no heat model 'sandia'"):
        cell_temperature(1.0, 1.0, 1.0, chain(heat=Heat("sandia", 1.0, 1.0)))


def test_an_insulated_back_is_warmer_and_yields_less() -> None:
    free, back = chain(heat=Heat("pvsyst", 29.0, 0.0)), chain(heat=Heat("pvsyst", 15.0, 0.0))
    assert ac_of(800.0, 800.0, 25.0, 1.0, back) < ac_of(800.0, 800.0, 25.0, 1.0, free)


def test_glass_takes_all_from_behind_and_nothing_from_ahead() -> None:
    share = beam_iam([-0.5, 0.0, 0.05, 0.5, 1.0], 1.526)
    assert share[0] == share[1] == 0.0 and share[4] == pytest.approx(1.0)
    assert 0 < share[2] < share[3] < 1


@pytest.fixture(scope="module")
def year() -> pd.DataFrame:
    from solar.weather import bundled

    weather = bundled()
    middle = pd.DatetimeIndex(weather.start).tz_localize("UTC") + pd.Timedelta(minutes=30)
    names = ("ghi", "dni", "dhi", "temp_air", "wind_speed")
    return pd.DataFrame({name: getattr(weather, name) for name in names}, index=middle)


def model_chain(year: pd.DataFrame, tilt_deg: float, azimuth_deg: float, kind: Chain) -> float:
    """Annual AC [kWh/kWp] of pvlib's ModelChain with the same losses between DC and inverter."""
    import pvlib
    from pvlib.modelchain import ModelChain
    from pvlib.pvsystem import Array, FixedMount, PVSystem

    from solar.weather import bundled

    weather = bundled()
    array = Array(
        FixedMount(tilt_deg, azimuth_deg),
        albedo=0.2,
        module_parameters={"pdc0": 1000.0, "gamma_pdc": kind.gamma_pdc},
        temperature_model_parameters={"u0": 25.0, "u1": 6.84},
    )
    system = PVSystem([array], inverter_parameters={"pdc0": 1000.0, "eta_inv_nom": kind.eta_nom})
    run = ModelChain(
        system,
        pvlib.location.Location(weather.latitude_deg, weather.longitude_deg, altitude=100.0),
        aoi_model="physical",
        spectral_model="no_loss",
        temperature_model="faiman",
        losses_model="no_loss",
        transposition_model="perez",
        ac_model="pvwatts",
    )
    run.run_model(year)
    after = run.results.dc * (1.0 - kind.loss)
    return float(pvlib.inverter.pvwatts(after, 1000.0, kind.eta_nom, kind.eta_ref).sum() / 1000.0)


@pytest.mark.parametrize(("tilt_deg", "azimuth_deg"), [(0, 180), (35, 180), (30, 90), (15, 250), (90, 180), (90, 90)])
def test_free_planes_yield_what_pvlibs_model_chain_says(
    year: pd.DataFrame, tilt_deg: float, azimuth_deg: float
) -> None:
    """Within 0.5 % a year, though ours has the sun at six instants of every hour and pvlib at its middle."""
    from oracles.free_plane import free_plane_kwh_kwp

    kind = chain()
    ours = free_plane_kwh_kwp(tilt_deg, azimuth_deg, kind, "direct")
    assert ours == pytest.approx(model_chain(year, tilt_deg, azimuth_deg, kind), rel=0.005)


def test_default_year_yields_of_the_standard_planes() -> None:
    """About 1,038 and 743 kWh/kWp (about 1,016 and 728 with −0.4 %/K, 14 %, 97 %), free 35° S and vertical S.

    ModelChain's way gives 1.4 and 0.8 % more; with circumsolar light through the glass 1.1 % more and 0.2 % less.
    """
    from oracles.free_plane import free_plane_kwh_kwp

    older = chain(gamma_pdc=-0.004, loss=0.14, eta_nom=0.97)
    for kind, expected in ((chain(), (1038.0, 743.0)), (older, (1016.0, 728.0))):
        for tilt_deg, said in zip((35.0, 90.0), expected, strict=True):
            assert free_plane_kwh_kwp(tilt_deg, 180.0, kind, "direct") == pytest.approx(said, rel=0.016)
            assert free_plane_kwh_kwp(tilt_deg, 180.0, kind, "sun") == pytest.approx(said, rel=0.012)
            assert free_plane_kwh_kwp(tilt_deg, 180.0, kind, "all") == pytest.approx(said, rel=0.025)
