"""The sky as patches, and what each patch gives a free plane under a uniform sky and a bright horizon.

Tregenza's 145 patches (1987, doi:10.1177/096032718701900103) and Reinhart's finer cuts of them, numbered
from the horizon up, each row clockwise from a patch centred on grid north, the zenith cap last, as
Radiance's reinsrc.cal does. Two exact anchors hold whatever the patches are: a free plane of tilt β sees
π(1 + cos β)/2 of the uniform sky and sin β of the horizon ring. Oracle: a fine quadrature in tests/solar
(same integrals, no patches).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Patches in Tregenza's seven rows, from the horizon up; the cap comes on top.
TREGENZA_ROWS = (30, 30, 24, 24, 18, 12, 6)
# Number of patches → how often each Tregenza patch is cut along either side.
SUBDIVISION = {145: 1, 577: 2, 2305: 4}
# Every Tregenza patch is integrated as 8 × 8 cells, however many patches it is cut into: the part of a
# patch behind a plane is then resolved to 1.5°, and the three skies agree with each other.
CELLS = 8
# A patch (or node) counts as in front of a plane when its centre does by more than this cosine: bits are
# traced in float32, where a centre exactly on the plane may fall on either side.
FRONT = 1e-5


class Sky(NamedTuple):
    """K patches and the cells they are integrated over.

    direction (K, 3) unit, to the patch centre, grid axes; solid_angle (K,) [sr], sum 2π; elevation_deg (K,
    2), azimuth_deg (K, 2) [°] lower and upper bound (the first patch of a row begins below 0°); lowest_row
    (K,) bool; cell_moment (M, 3) [sr] ∫ direction dω over each cell; cell_start (K,) first cell of each
    patch.
    """

    direction: NDArray[np.float64]
    solid_angle: NDArray[np.float64]
    elevation_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    lowest_row: NDArray[np.bool_]
    cell_moment: NDArray[np.float64]
    cell_start: NDArray[np.int64]


def reinhart(n: int = 577) -> Sky:
    """The sky of 145 (Tregenza), 577 or 2305 patches. Raises ValueError for another number."""
    if n not in SUBDIVISION:
        raise ValueError(f"a sky has {', '.join(map(str, SUBDIVISION))} patches, not {n}")
    cut = SUBDIVISION[n]
    row_height = 90.0 / (len(TREGENZA_ROWS) * cut + 0.5)
    elevation, azimuth = [], []
    for row in range(len(TREGENZA_ROWS) * cut):
        count = TREGENZA_ROWS[row // cut] * cut
        width = 360.0 / count
        left = (np.arange(count) - 0.5) * width
        azimuth.append(np.stack([left, left + width], axis=1))
        elevation.append(np.tile([row * row_height, (row + 1) * row_height], (count, 1)))
    azimuth.append(np.array([[-180.0, 180.0]]))
    elevation.append(np.array([[90.0 - row_height / 2.0, 90.0]]))
    el, az = np.concatenate(elevation), np.concatenate(azimuth)
    middle_el, middle_az = np.radians(el.mean(axis=1)), np.radians(az.mean(axis=1))
    middle_el[-1] = np.pi / 2.0
    level = np.where(middle_el < np.pi / 2.0, np.cos(middle_el), 0.0)
    direction = np.stack([level * np.sin(middle_az), level * np.cos(middle_az), np.sin(middle_el)], axis=1)
    moment, start = _cells(el, az, CELLS // cut)
    return Sky(direction, _solid_angle(el, az), el, az, el[:, 0] == 0.0, moment, start)


def sky_weights(sky: Sky, normals: NDArray[np.floating]) -> NDArray[np.float64]:
    """cos⁺ integrated over each patch (G, K) [sr] for planes of unit normal (G, 3), grid axes.

    Only patches whose centre lies in front of the plane count (the others are never traced), and each row
    is scaled so that it sums to π(1 + cos β)/2. A plane turned so far down that no centre is in front (β >
    180° minus half a row height; it sees under 0.3 % of the sky) gets zeros.
    """
    planes = _planes(normals)
    weights = np.zeros((len(planes), len(sky.direction)))
    mx, my, mz = np.ascontiguousarray(sky.cell_moment.T)
    for g, (nx, ny, nz) in enumerate(planes):
        cells = np.maximum(nx * mx + ny * my + nz * mz, 0.0)
        raw = np.add.reduceat(cells, sky.cell_start)
        weights[g] = _scaled(raw, _in_front(sky, planes[g]), np.pi * (1.0 + nz) / 2.0)
    return weights


def horizon_weights(sky: Sky, normals: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share of the horizon band (G, K) [1] that each lowest-row patch gives to planes of unit normal (G, 3).

    cos⁺ integrated along the ring at elevation 0 over the patch's azimuths, over patches whose centre lies
    in front of the plane, scaled so that each row sums to sin β; zero on all other patches.
    """
    planes = _planes(normals)
    weights = np.zeros((len(planes), len(sky.direction)))
    row = np.flatnonzero(sky.lowest_row)
    bound = np.radians(sky.azimuth_deg[row])
    nx, ny = planes[:, 0], planes[:, 1]
    towards = np.arctan2(nx, ny)[:, None]
    raw = _ring_integral(bound[:, 1] - towards) - _ring_integral(bound[:, 0] - towards)
    x, y, z = sky.direction[row].T
    front = nx[:, None] * x + ny[:, None] * y + planes[:, 2:] * z > FRONT
    kept = np.where(front, raw, 0.0)
    found, total = kept.sum(axis=1), np.hypot(nx, ny)
    seeing = found > 0.0
    scale = np.divide(total, found, out=np.zeros(len(planes)), where=seeing)
    weights[:, row] = kept * scale[:, None]
    return weights


def _ring_integral(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """∫ max(cos a, 0) da from a = −π to `angle` [rad], for any real angle."""
    # Within one circle the integral is 1 + sin a on the front half, constant behind; a whole circle adds 2.
    turns = np.floor((angle + np.pi) / (2.0 * np.pi))
    within = np.clip(angle - 2.0 * np.pi * turns, -np.pi / 2.0, np.pi / 2.0)
    return 2.0 * turns + 1.0 + np.sin(within)


def _scaled(raw: NDArray[np.float64], front: NDArray[np.bool_], total: float) -> NDArray[np.float64]:
    """`raw` on the patches in front, scaled to `total`; zeros where nothing is in front."""
    kept = np.where(front, raw, 0.0)
    found = float(np.sum(kept))
    return kept * (total / found) if found > 0.0 else np.zeros_like(kept)


def _in_front(sky: Sky, normal: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Patches (K,) whose centre lies in front of the plane; elementwise, since BLAS has no fixed order."""
    x, y, z = sky.direction.T
    return normal[0] * x + normal[1] * y + normal[2] * z > FRONT


def _planes(normals: NDArray[np.floating]) -> NDArray[np.float64]:
    """Normals (G, 3) as float64, length exactly 1 again after a float32 journey.

    Raises ValueError if not unit.
    """
    planes = np.asarray(normals, np.float64).reshape(-1, 3)
    length = np.sqrt(planes[:, 0] ** 2 + planes[:, 1] ** 2 + planes[:, 2] ** 2)
    if not np.all(np.abs(length - 1.0) < 1e-3):
        raise ValueError("plane normals must be unit vectors")
    return planes / length[:, None]


def _solid_angle(elevation_deg: NDArray[np.float64], azimuth_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solid angle (K,) [sr] between elevations and azimuths (K, 2)."""
    low, high = np.sin(np.radians(elevation_deg)).T
    left, right = np.radians(azimuth_deg).T
    return (right - left) * (high - low)


def _cells(
    elevation_deg: NDArray[np.float64], azimuth_deg: NDArray[np.float64], cut: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Moments ∫ d dω (M, 3) of cut × cut cells per patch (cap: 8·cut × cut); first cell of each (K,)."""
    moments, start, count = [], [], 0
    for (low, high), (left, right) in zip(np.radians(elevation_deg), np.radians(azimuth_deg), strict=True):
        n_az = cut if right - left < 2.0 * np.pi else 8 * cut
        e, a = np.linspace(low, high, cut + 1), np.linspace(left, right, n_az + 1)
        # ∫cos²e de = (e + sin e cos e)/2 and ∫sin e cos e de = sin²e/2: the cell's moment in closed form.
        level = np.diff((e + np.sin(e) * np.cos(e)) / 2.0)[:, None]
        up = np.diff(np.sin(e) ** 2 / 2.0)[:, None]
        moment = np.stack(
            np.broadcast_arrays(level * -np.diff(np.cos(a)), level * np.diff(np.sin(a)), up * np.diff(a)),
            axis=-1,
        )
        moments.append(moment.reshape(-1, 3))
        start.append(count)
        count += moment.shape[0] * moment.shape[1]
    return np.concatenate(moments), np.array(start, np.int64)
