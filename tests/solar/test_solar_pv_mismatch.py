"""Partial shade of a string against its summed current–voltage curve."""

from __future__ import annotations

import numpy as np
import pytest

from solar.pv.mismatch import beam_used


def string_maximum(hi: float, lo: float, lit: int, shaded: int) -> float:
    """Maximum power [W] of modules in series with one ideal bypass diode each: currents swept, voltages added."""
    import pvlib

    def curve(irradiance: float) -> tuple[np.ndarray, np.ndarray]:
        params = pvlib.pvsystem.calcparams_desoto(
            irradiance, 25.0, alpha_sc=0.005, a_ref=1.8, I_L_ref=10.0, I_o_ref=3e-11, R_sh_ref=500.0, R_s=0.2
        )
        found = pvlib.pvsystem.singlediode(*params)
        voltage = np.linspace(0.0, float(found["v_oc"]), 800)
        return voltage, np.asarray(pvlib.pvsystem.i_from_v(voltage, *params))

    current = np.linspace(0.0, 11.0, 4000)
    total = np.zeros(len(current))
    for irradiance, count in ((hi, lit), (lo, shaded)):
        voltage, amperes = curve(irradiance)
        # a current that a module cannot carry passes its bypass diode at no voltage
        total += count * np.interp(current, amperes[::-1], voltage[::-1], right=0.0)
    return float((total * current).max())


@pytest.mark.parametrize("shaded", [1, 4, 10, 16])
@pytest.mark.parametrize("diffuse_share", [0.15, 0.4, 0.8])
def test_as_the_sum_of_the_modules_curves(shaded: int, diffuse_share: float) -> None:
    """Within 7 % of a fully lit string's power: a shaded string's voltage also moves, which two levels leave out."""
    lit = 20 - shaded
    found = string_maximum(1000.0, 1000.0 * diffuse_share, lit, shaded) / string_maximum(1000.0, 1.0, 20, 0)
    used = float(beam_used(lit / 20, diffuse_share))
    assert diffuse_share + (1 - diffuse_share) * used == pytest.approx(found, abs=0.07)


def test_never_more_than_the_light_and_nothing_lost_without_shade() -> None:
    lit, share = np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 0.99, 34))
    used = beam_used(lit, share)
    assert np.all(used <= lit + 1e-12) and np.all(used >= 0)
    np.testing.assert_allclose(beam_used(1.0, share), 1.0)
    # power rises with the lit share
    assert np.all(np.diff(used, axis=1) >= 0)
