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
from twin.reflection.keys import FAR, is_foot, is_ground, is_surface, surface_of
from twin.reflection.trace import unit
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
    surface = is_surface(key) & ~is_foot(key)
    albedo[surface] = optics.surface_albedo[surface_of(key[surface])]
    # Ground that nobody measures is lit by the whole sky; a surface that nothing reaches sends nothing back.
    far = (key == FAR) | (is_ground(key) & ~known)
    got = gets(data, optics, row)
    sent = Reflection(*(albedo[:, None] * part for part in got))
    return sent._replace(ghi=sent.ghi + np.where(far, optics.albedo, 0.0)[:, None])


def gets(data: CellData, optics: Optics, row: NDArray[np.intp]) -> Reflection:
    """What some reflectors (R,) of a cell get of sun, sky and hills, and off each other where that is followed.

    Of reflectors that nobody speaks for, nothing is known.
    """
    reflectors, n_seasons = data.reflectors, optics.n_seasons
    if not reflectors.known[row].any():
        return nothing_sent(len(row), optics)
    normal = np.asarray(reflectors.normal)[row].astype(np.float64)
    seen, n_suns = np.asarray(reflectors.seen)[row], n_seasons * optics.n_sun
    cosine = np.zeros((len(row), optics.n_sun))
    for axis in range(3):  # one axis after the other: no BLAS, one order of summation
        cosine += normal[:, axis : axis + 1] * optics.sun[:, axis]
    sun = np.tile(np.maximum(cosine, 0.0), (1, n_seasons)) * (seen[:, :n_suns] * (1.0 / STEPS))
    factor, horizon, hills = np.split(np.asarray(reflectors.sky)[row].astype(np.float64), 3, axis=1)
    patch = np.zeros((len(row), n_seasons * optics.n_sky * optics.by_patch))
    if optics.by_patch:
        share = seen[:, n_suns:].astype(np.float64) / STEPS
        facing = np.flatnonzero(reflectors.known[row])
        patch[facing] = skylight.seen_of(share[facing], unit(normal[facing]), optics).patch
    found = Reflection(sun, factor, horizon, optics.albedo * hills, patch)
    back = np.asarray(reflectors.back)[row].astype(np.float64)
    return plus(found, unpacked(back, optics)) if back.shape[1] else found


def plus(one: Reflection, other: Reflection) -> Reflection:
    """Both together."""
    return Reflection(*(mine + theirs for mine, theirs in zip(one, other, strict=True)))


def packed(reflection: Reflection) -> NDArray[np.float64]:
    """All columns of a reflection side by side (R, C)."""
    return np.concatenate(reflection, axis=1)


def unpacked(columns: NDArray[np.float64], optics: Optics) -> Reflection:
    """The same apart again."""
    n_seasons = optics.n_seasons
    end = np.cumsum([n_seasons * optics.n_sun, n_seasons, n_seasons, n_seasons])
    return Reflection(*np.split(columns, end, axis=1))


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
