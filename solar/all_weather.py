"""The all-weather sky of Perez, Seals and Michalsky (1993): radiance of every patch, scaled to the DHI given.

Relative radiance at zenith angle ζ and at γ from the sun (eq. 1): (1 + a e^(b / cos ζ)) · (1 + c e^(dγ) +
e cos²γ), with a … e from clearness ε and brightness Δ (eqs. 6 – 8, table 1): Solar Energy 50(3), 235 – 245,
doi:10.1016/0038-092X(93)90017-I, with the erratum 51(5), 423. Bins, limits of ε and Δ, air mass (Kasten 1966)
and the evaluation at the patch's centre are those of Radiance's gendaymtx, which is the oracle
(tests/data/sky). What differs is said in docs/sky.md: DHI is met by the exact integral over each patch, the
extraterrestrial beam is the caller's, and with the sun down the sky is uniform.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solar.sky import Sky

# Lower edges of the bins of clearness ε; the last one is open.
CLEARNESS = (1.0, 1.065, 1.23, 1.5, 1.95, 2.8, 4.5, 6.2)
# Table 1, a row a bin: a1 … a4, b1 … b4, c1 … c4, d1 … d4, e1 … e4.
COEFFICIENTS = np.array([
    [1.3525, -0.2576, -0.2690, -1.4366, -0.7670, 0.0007, 1.2734, -0.1233, 2.8000, 0.6004,
     1.2375, 1.0000, 1.8734, 0.6297, 0.9738, 0.2809, 0.0356, -0.1246, -0.5718, 0.9938],
    [-1.2219, -0.7730, 1.4148, 1.1016, -0.2054, 0.0367, -3.9128, 0.9156, 6.9750, 0.1774,
     6.4477, -0.1239, -1.5798, -0.5081, -1.7812, 0.1080, 0.2624, 0.0672, -0.2190, -0.4285],
    [-1.1000, -0.2515, 0.8952, 0.0156, 0.2782, -0.1812, -4.5000, 1.1766, 24.7219, -13.0812,
     -37.7000, 34.8438, -5.0000, 1.5218, 3.9229, -2.6204, -0.0156, 0.1597, 0.4199, -0.5562],
    [-0.5484, -0.6654, -0.2672, 0.7117, 0.7234, -0.6219, -5.6812, 2.6297, 33.3389, -18.3000,
     -62.2500, 52.0781, -3.5000, 0.0016, 1.1477, 0.1062, 0.4659, -0.3296, -0.0876, -0.0329],
    [-0.6000, -0.3566, -2.5000, 2.3250, 0.2937, 0.0496, -5.6812, 1.8415, 21.0000, -4.7656,
     -21.5906, 7.2492, -3.5000, -0.1554, 1.4062, 0.3988, 0.0032, 0.0766, -0.0656, -0.1294],
    [-1.0156, -0.3670, 1.0078, 1.4051, 0.2875, -0.5328, -3.8500, 3.3750, 14.0000, -0.9999,
     -7.1406, 7.5469, -3.4000, -0.1078, -1.0750, 1.5702, -0.0672, 0.4016, 0.3017, -0.4844],
    [-1.0000, 0.0211, 0.5025, -0.5119, -0.3000, 0.1922, 0.7023, -1.6317, 19.0000, -5.0000,
     1.2438, -1.9094, -4.0000, 0.0250, 0.3844, 0.2656, 1.0468, -0.3788, -2.4517, 1.4656],
    [-1.0500, 0.0289, 0.4260, 0.3590, -0.3250, 0.1156, 0.7781, 0.0025, 31.0625, -14.5000,
     -46.1148, 55.3750, -7.2312, 0.4050, 13.3500, 0.6234, 1.5000, -0.6426, 1.8564, 0.5636],
]).reshape(8, 5, 4)  # fmt: skip
MAX_CLEARNESS = 11.9
BRIGHTNESS = (0.01, 0.6)
# Between these clearnesses Δ below 0.2 gives negative skies; gendaymtx lifts it.
LIFTED = (1.065, 2.8)
LIFTED_BRIGHTNESS = 0.2
# Closer to the zenith than 3° the sun is put at 3°.
MIN_ZENITH_DEG = 3.0
# Skies computed at a time: a block of 577 patches takes about 2 MB, which a processor's cache holds.
BLOCK = 256


def all_weather_radiance(
    sky: Sky,
    sun_direction: NDArray[np.float64],
    dni: NDArray[np.float64],
    dhi: NDArray[np.float64],
    dni_extra: NDArray[np.float64],
    elevation_deg: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Radiance (N, K) [W/m²/sr] of every patch at each of N instants; never negative.

    sun_direction (N, 3) unit, grid axes, to the sun; dni, dhi, dni_extra (N,) [W/m²]; elevation_deg (N,) of the same
    sun, unrefracted. Σ_k L · ∫ sin h dω over patch k is DHI to rounding (`diffuse_horizontal`). DHI of 0 gives zeros;
    with the sun down (or where the model says nothing at all) the sky is uniform, DHI / π.
    """
    up = _upward(sky)
    radiance = np.empty((len(dhi), len(up)))
    for start in range(0, len(dhi), BLOCK):
        part = slice(start, start + BLOCK)
        relative = _relative(
            sky.direction, sun_direction[part], dni[part], dhi[part], dni_extra[part], elevation_deg[part]
        )
        total = np.sum(relative * up, axis=1)
        relative[(total <= 1e-6) | (elevation_deg[part] <= 0.0)] = 1.0
        scale = dhi[part] / np.sum(relative * up, axis=1)
        radiance[part] = relative * scale[:, None]
    return radiance


def interval_radiance(
    sky: Sky,
    sun_direction: NDArray[np.float64],
    up: NDArray[np.bool_],
    dni: NDArray[np.float64],
    dhi: NDArray[np.float64],
    dni_extra: NDArray[np.float64],
    elevation_deg: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Radiance (H, K) [W/m²/sr] of intervals: the mean over the n instants of each at which the sun is up.

    sun_direction (H, n, 3), up (H, n), elevation_deg (H, n) as in `sun.SunPath`; dni, dhi, dni_extra (H,) [W/m²] hold
    for the whole interval. An interval without sun is uniform. One instant at a time, so that memory is that of two
    results.
    """
    mean = np.zeros((len(dhi), len(sky.direction)))
    share = up / np.maximum(up.sum(axis=1), 1)[:, None]
    for instant in range(up.shape[1]):
        row = np.flatnonzero(up[:, instant])
        mean[row] += share[row, instant, None] * all_weather_radiance(
            sky, sun_direction[row, instant], dni[row], dhi[row], dni_extra[row], elevation_deg[row, instant]
        )
    dark = ~up.any(axis=1)
    mean[dark] = dhi[dark, None] / np.pi
    return mean


def diffuse_horizontal(sky: Sky, radiance: NDArray[np.float64]) -> NDArray[np.float64]:
    """DHI (N,) [W/m²] that radiances (N, K) [W/m²/sr] of the sky's patches send on a free horizontal plane."""
    return np.asarray(np.sum(radiance * _upward(sky), axis=-1), np.float64)


def _upward(sky: Sky) -> NDArray[np.float64]:
    """∫ sin h dω (K,) [sr] over each patch; the sum is π."""
    return np.add.reduceat(np.ascontiguousarray(sky.cell_moment[:, 2]), sky.cell_start)


def _relative(
    patches: NDArray[np.float64],
    sun: NDArray[np.float64],
    dni: NDArray[np.float64],
    dhi: NDArray[np.float64],
    dni_extra: NDArray[np.float64],
    elevation_deg: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Radiance (N, K) up to a factor per instant, negative values cut to 0, at the centres of patches (K, 3)."""
    zenith = np.radians(np.clip(90.0 - elevation_deg, MIN_ZENITH_DEG, 90.0))
    a, b, c, d, e = _parameters(zenith, dni, dhi, dni_extra)
    level = np.maximum(np.hypot(sun[:, 0], sun[:, 1]), 1e-12)
    # elementwise, since BLAS has no fixed order
    towards = (np.sin(zenith) / level)[:, None] * (sun[:, :1] * patches[:, 0] + sun[:, 1:2] * patches[:, 1])
    cosine = np.clip(towards + np.cos(zenith)[:, None] * patches[:, 2], -1.0, 1.0)
    gradation = 1.0 + a * np.exp(b / patches[:, 2])
    indicatrix = 1.0 + c * np.exp(d * np.arccos(cosine)) + e * cosine**2
    return np.maximum(gradation * indicatrix, 0.0)


def _parameters(
    zenith: NDArray[np.float64],
    dni: NDArray[np.float64],
    dhi: NDArray[np.float64],
    dni_extra: NDArray[np.float64],
) -> NDArray[np.float64]:
    """a, b, c, d, e (5, N, 1) of eqs. 6 – 8 for the sun at `zenith` (N,) [rad]."""
    cubed = 1.041 * zenith**3
    diffuse = np.where(dhi > 0.0, dhi, 1.0)
    clearness = np.clip(((diffuse + dni) / diffuse + cubed) / (1.0 + cubed), 1.0, MAX_CLEARNESS)
    airmass = 1.0 / (np.cos(zenith) + 0.15 * (93.885 - np.degrees(zenith)) ** -1.253)
    brightness = np.clip(diffuse * airmass / dni_extra, *BRIGHTNESS)
    bin = np.searchsorted(CLEARNESS, clearness, side="right") - 1
    lifted = (clearness > LIFTED[0]) & (clearness < LIFTED[1])
    brightness = np.where(lifted, np.maximum(brightness, LIFTED_BRIGHTNESS), brightness)
    x = np.moveaxis(COEFFICIENTS[bin], 0, -1)  # (5, 4, N)
    out = x[:, 0] + x[:, 1] * zenith + brightness * (x[:, 2] + x[:, 3] * zenith)
    overcast = bin == 0
    c, d = x[2][:, overcast], x[3][:, overcast]
    z, delta = zenith[overcast], brightness[overcast]
    out[2, overcast] = np.exp((delta * (c[0] + c[1] * z)) ** c[2]) - c[3]
    out[3, overcast] = -np.exp(delta * (d[0] + d[1] * z)) + d[2] + delta * d[3]
    return np.asarray(out[:, :, None], np.float64)
