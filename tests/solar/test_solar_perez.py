"""F1 and F2 put back into Perez's formula give pvlib's parts on any plane, over the whole clearness range."""

from __future__ import annotations

import numpy as np
import pvlib

from solar.perez import TILT_DEG, brightness

EXTRA = 1367.0


def conditions() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """DNI, DHI, elevation over clearness 1 … ∞ and zenith 0 … 90°, dim to bright diffuse."""
    dni, dhi, elevation = np.meshgrid(
        [0.0, 1.0, 10.0, 50.0, 100.0, 200.0, 400.0, 700.0, 1000.0, 1230.0],
        [0.1, 1.0, 5.0, 20.0, 60.0, 150.0, 300.0, 600.0, 1000.0],
        np.concatenate([[0.001, 0.01, 0.1, 0.5], np.arange(1.0, 91.0, 1.0)]),
        indexing="ij",
    )
    return dni.ravel(), dhi.ravel(), elevation.ravel()


def test_pvlib_never_clips_on_the_plane_used() -> None:
    dni, dhi, elevation = conditions()
    zenith = 90.0 - elevation
    tilt, south = np.full(zenith.shape, TILT_DEG), np.full(zenith.shape, 180.0)
    total = pvlib.irradiance.perez(
        tilt, south, dhi, dni, np.full(zenith.shape, EXTRA), zenith, south,
        pvlib.atmosphere.get_relative_airmass(zenith),
    )  # fmt: skip
    assert (total / dhi).min() > 0.8  # far from the clip, not just beyond it


def test_coefficients_give_pvlibs_parts_on_other_planes() -> None:
    dni, dhi, elevation = conditions()
    zenith, n = 90.0 - elevation, len(dni)
    extra = np.full(n, EXTRA)
    f1, f2 = brightness(dni, dhi, extra, elevation)
    airmass = pvlib.atmosphere.get_relative_airmass(zenith)
    for tilt, azimuth in ((35.0, 180.0), (90.0, 90.0), (90.0, 0.0), (120.0, 200.0)):
        parts = pvlib.irradiance.perez(
            np.full(n, tilt), np.full(n, azimuth), dhi, dni, extra, zenith, np.full(n, 180.0), airmass,
            return_components=True,
        )  # fmt: skip
        whole = parts["poa_sky_diffuse"] > 0.0
        beta = np.radians(tilt)
        assert np.allclose(
            parts["poa_isotropic"][whole],
            (dhi * (1 - f1) * (1 + np.cos(beta)) / 2)[whole],
            rtol=1e-9,
            atol=1e-9,
        )
        assert np.allclose(parts["poa_horizon"][whole], (dhi * f2 * np.sin(beta))[whole], rtol=1e-9, atol=1e-9)


def test_no_sun_or_no_diffuse_gives_zero() -> None:
    f1, f2 = brightness(np.array([0.0, 500.0]), np.array([5.0, 0.0]), np.full(2, EXTRA), np.array([-3.0, 30.0]))
    assert not f1.any() and not f2.any()
