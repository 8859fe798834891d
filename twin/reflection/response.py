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
from twin import skylight
from twin.operators import CellData
from twin.optics import Optics
from twin.reflection.gather import STEPS
from twin.reflection.keys import FAR, is_ground, is_surface, surface_of
from twin.reflection.trace import unit
from twin.skylight import Seen
from twin.sparse import rows_of

# Reflectors whose light is computed at a time: 1,024 × 1,400 directions × 8 bytes = 11 MB a season and array.
CHUNK = 1024


def sent_back(data: CellData, optics: Optics, only: NDArray[np.intp] | None = None) -> Reflection:
    """What each reflector of a cell sends back, seen from anywhere: its radiosity; rows are its reflectors.

    ``only`` names the reflectors that are asked for; the others send nothing.
    """
    whole = nothing_sent(len(data.reflectors.key), optics)
    row = np.arange(len(data.reflectors.key)) if only is None else only
    for first in range(0, len(row), CHUNK):
        part = row[first : first + CHUNK]
        for total, of_part in zip(whole, _sent_by(data, optics, part), strict=True):
            total[part] = of_part
    return whole


def nothing_sent(count: int, optics: Optics) -> Reflection:
    """Reflectors (R,), or whatever they shine on, without any light."""
    each, seasons = np.zeros((count, optics.n_seasons)), optics.n_seasons
    patch = np.zeros((count, seasons * optics.n_sky * optics.by_patch))
    return Reflection(np.zeros((count, seasons * optics.n_sun)), each, each.copy(), each.copy(), patch)


def _sent_by(data: CellData, optics: Optics, row: NDArray[np.intp]) -> Reflection:
    """What some reflectors (R,) of a cell send back."""
    reflectors = data.reflectors
    key, known = np.asarray(reflectors.key)[row], np.asarray(reflectors.known)[row]
    albedo = np.full(len(key), optics.albedo)
    surface = is_surface(key)
    albedo[surface] = optics.surface_albedo[surface_of(key[surface])]
    normal = np.asarray(reflectors.normal)[row].astype(np.float64)
    seen = np.asarray(reflectors.seen)[row]
    n_suns, n_seasons = optics.n_seasons * optics.n_sun, optics.n_seasons
    cosine = np.zeros((len(key), optics.n_sun))
    for axis in range(3):  # one axis after the other: no BLAS, one order of summation
        cosine += normal[:, axis : axis + 1] * optics.sun[:, axis]
    sun = np.tile(np.maximum(cosine, 0.0), (1, n_seasons)) * (seen[:, :n_suns] * (albedo / STEPS)[:, None])
    share = seen[:, n_suns:].astype(np.float64) / STEPS
    back, above = albedo[:, None], np.tile(skylight.open_sky(data, optics), n_seasons)
    sky = _sky_seen(normal, known, share * above, optics)
    # Ground that nobody measures is lit by the whole sky; a surface that nothing reaches sends nothing back.
    far = (key == FAR) | (is_ground(key) & ~known)
    ghi = np.tile(np.where(far, optics.albedo, 0.0)[:, None], (1, n_seasons))
    if skylight.far_horizon(data) is not None:
        ghi += back * optics.albedo * _sky_seen(normal, known, share * (1.0 - above), optics).factor
    return Reflection(sun, back * sky.factor, back * sky.horizon, ghi, back * sky.patch)


def _sky_seen(
    normal: NDArray[np.float64], known: NDArray[np.bool_], share: NDArray[np.float64], optics: Optics
) -> Seen:
    """What reflectors (R,) make of their shares of the patches (R, S·K); nothing where they are not known."""
    out = skylight.nothing_seen(len(normal), optics)
    row = np.flatnonzero(known)
    if len(row):
        found = skylight.seen_of(share[row], unit(normal[row]), optics)
        for whole, part in zip(out, found, strict=True):
            whole[row] = part
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


def seen_from(data: CellData, row: NDArray[np.intp]) -> NDArray[np.intp]:
    """Reflectors (N,), ascending, that any of some rows of a cell sees."""
    operators = data.operators
    _, index, _ = rows_of(operators.reflect_indptr, operators.reflect_index, operators.reflect_weight, row)
    return np.unique(index).astype(np.intp)


def shares_of(data: CellData, row: NDArray[np.intp]):  # type: ignore[no-untyped-def]
    """What rows (P,) of a cell see of its reflectors, as a sparse array (P, R)."""
    from scipy.sparse import csr_array

    operators = data.operators
    start, index, share = rows_of(operators.reflect_indptr, operators.reflect_index, operators.reflect_weight, row)
    return csr_array((share, index, start), shape=(len(row), len(data.reflectors.key)))
