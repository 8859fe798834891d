"""Light off reflectors for each unit that sun and sky send: sparse weights times what reflectors see.

Everything is linear in the weather, so a reflector's answer to each sun node, to the uniform sky and to the horizon
band is all that months or hours need. The cosine on a reflector is taken at the node, not at the true
sun: that is some minutes off, on a part of the light.

Oracle: tests/twin/test_twin_reflection.py sums receivers one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Reflection
from solar.sky import horizon_weights, sky_weights
from twin import skylight
from twin.operators import CellData
from twin.optics import Optics
from twin.reflection.gather import STEPS
from twin.reflection.keys import FAR, is_ground, is_surface, surface_of
from twin.reflection.trace import unit
from twin.skylight import Seen
from twin.sparse import rows_of


def sent_back(data: CellData, optics: Optics) -> Reflection:
    """What each reflector of a cell sends back, seen from anywhere: its radiosity; rows are its reflectors."""
    reflectors = data.reflectors
    key, known = np.asarray(reflectors.key), np.asarray(reflectors.known)
    albedo = np.full(len(key), optics.albedo)
    surface = is_surface(key)
    albedo[surface] = optics.surface_albedo[surface_of(key[surface])]
    # Ground that nobody measures is lit by the whole sky; a surface that nothing reaches sends nothing back.
    far = (key == FAR) | (is_ground(key) & ~known)
    normal = np.asarray(reflectors.normal).astype(np.float64)
    seen = np.asarray(reflectors.seen)
    cosine = np.zeros((len(key), optics.n_sun))
    for axis in range(3):  # one axis after the other: no BLAS, one order of summation
        cosine += normal[:, axis : axis + 1] * optics.sun[:, axis]
    n_suns = optics.n_seasons * optics.n_sun
    cosine = np.tile(np.maximum(cosine, 0.0), (1, optics.n_seasons))
    cosine *= seen[:, :n_suns] * (albedo / STEPS)[:, None]
    share = seen[:, n_suns:].astype(np.float64)
    share *= np.tile(skylight.open_sky(data, optics) / STEPS, optics.n_seasons)
    sky = _sky_seen(normal, known, share, optics)
    ghi = np.tile(np.where(far, optics.albedo, 0.0)[:, None], (1, optics.n_seasons))
    back = albedo[:, None]
    return Reflection(cosine, back * sky.factor, back * sky.horizon, ghi, back * sky.patch)


def _sky_seen(
    normal: NDArray[np.float64], known: NDArray[np.bool_], share: NDArray[np.float64], optics: Optics
) -> Seen:
    """What reflectors (R,) make of their shares of the patches (R, S·K); nothing where they are not known."""
    out = skylight.nothing_seen(len(normal), optics)
    row = np.flatnonzero(known)
    facing, which = np.unique(normal[row], axis=0, return_inverse=True)
    which = which.reshape(-1)
    plane = unit(facing)
    sky, band = sky_weights(optics.sky, plane), horizon_weights(optics.sky, plane)
    order = np.argsort(which, kind="stable")
    start = np.searchsorted(which[order], np.arange(len(facing) + 1))
    for one in range(len(facing)):
        member = row[order[start[one] : start[one + 1]]]
        for season in range(optics.n_seasons):
            part = slice(season * optics.n_sky, (season + 1) * optics.n_sky)
            mine = share[member, part]
            out.factor[member, season] = (mine * sky[one]).sum(axis=1) / np.pi
            out.horizon[member, season] = (mine * band[one]).sum(axis=1)
            if optics.by_patch:
                out.patch[member, part] = mine * sky[one]
    return out


def reflection_on(
    data: CellData,
    sent: Reflection,
    row: NDArray[np.intp],
    weight: NDArray[np.float64],
    group: NDArray[np.int32],
    n_groups: int,
) -> Reflection:
    """Reflection on groups of receivers: the weighted sum over their rows (P,) of the cell.

    Parameters
    ----------
    sent
        From ``sent_back`` of the same cell.
    weight
        (P,) of each row, e.g. its area [m²].
    group
        (P,) 0 … n_groups − 1.
    """
    from scipy.sparse import csr_array

    seen = shares_of(data, row)
    member = csr_array((weight, (group, np.arange(len(row)))), shape=(n_groups, len(row)))
    whole = member @ seen
    return Reflection(*(whole @ part for part in sent))


def shares_of(data: CellData, row: NDArray[np.intp]):  # type: ignore[no-untyped-def]
    """What rows (P,) of a cell see of its reflectors, as a sparse array (P, R)."""
    from scipy.sparse import csr_array

    operators = data.operators
    start, index, share = rows_of(operators.reflect_indptr, operators.reflect_index, operators.reflect_weight, row)
    return csr_array((share, index, start), shape=(len(row), len(data.reflectors.key)))
