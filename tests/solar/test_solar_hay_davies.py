"""Hay and Davies put back into their formula against pvlib, plane by plane."""

from __future__ import annotations

import numpy as np
import pvlib

from solar.hay_davies import hay_davies

EXTRA = 1367.0


def test_share_gives_pvlibs_parts_on_any_plane() -> None:
    dni, dhi, elevation = (
        part.ravel()
        for part in np.meshgrid(
            [0.0, 5.0, 100.0, 500.0, 1000.0, 1230.0],
            [0.1, 20.0, 150.0, 600.0],
            np.arange(0.5, 90.0, 3.0),
            indexing="ij",
        )
    )
    extra, azimuth = np.full(len(dni), EXTRA), 170.0
    f1, f2 = hay_davies(dni, dhi, extra, elevation)
    assert not f2.any() and f1.max() <= 0.9
    for tilt, facing in ((0.0, 180.0), (35.0, 180.0), (90.0, 90.0), (90.0, 350.0), (120.0, 200.0)):
        parts = pvlib.irradiance.haydavies(
            tilt, facing, dhi, dni, extra, 90.0 - elevation, azimuth, return_components=True
        )
        cosine = np.maximum(pvlib.irradiance.aoi_projection(tilt, facing, 90.0 - elevation, azimuth), 0.0)
        ratio = cosine / np.maximum(np.sin(np.radians(elevation)), 0.01745)
        assert np.allclose(parts["poa_circumsolar"], dhi * f1 * ratio, rtol=1e-12)
        assert np.allclose(
            parts["poa_isotropic"], dhi * (1.0 - f1) * (1.0 + np.cos(np.radians(tilt))) / 2.0, rtol=1e-12
        )


def test_no_sun_or_no_diffuse_gives_zero_and_no_beam_is_more_than_there_is() -> None:
    dni = np.array([0.0, 500.0, 2000.0, 10.0])
    dhi = np.array([5.0, 0.0, 10.0, 10.0])
    f1, f2 = hay_davies(dni, dhi, np.array([EXTRA, EXTRA, EXTRA, 0.0]), np.array([-3.0, 30.0, 30.0, 30.0]))
    assert np.array_equal(f1, [0.0, 0.0, 1.0, 0.0]) and not f2.any()
