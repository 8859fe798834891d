"""Receivers of whole surfaces, taken from the store cell by cell.

A surface that several cells hold waits until all its receivers have been met, so its rows always come in the order of
the cells, however the job was cut, and no more than what waits is held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Reflection
from twin import canopy, skylight
from twin.cells import Cell
from twin.irradiation import areas_of, groups_of, reflection_of, view_of
from twin.operators import CellData
from twin.optics import Optics
from twin.reflection.response import nothing_sent

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Gathered(NamedTuple):
    """All receivers of some surfaces, sorted by surface."""

    surface: NDArray[np.int32]  # (P,)
    point: NDArray[np.float64]  # (P, 3) m in the CRS
    covered: NDArray[np.bool_]  # (P,)
    sun_bits: NDArray[np.uint64]  # (P, ⌈D/64⌉)
    sky_bits: NDArray[np.uint64]  # (P, ⌈K/64⌉)
    chord: csr_array  # (P, C·(D + K)) [m] through tree crowns, see twin.canopy


class Surfaces(NamedTuple):
    """Receivers of whole surfaces, and the light off walls, roofs and ground on each."""

    rows: Gathered
    surface: NDArray[np.int32]  # (N,) ascending
    reflection: Reflection  # for each square metre: sun (N, S·D), isotropic, horizon, ghi (N, S)
    last: CellData  # the cell that made them whole; its far horizon is theirs


def whole_surfaces(
    cells: Iterator[tuple[Cell, CellData]], wanted: NDArray[np.bool_], receivers: NDArray[np.int64], optics: Optics
) -> Iterator[Surfaces]:
    """Wanted surfaces (S,), each as soon as all of its ``receivers`` (S,) have been met, a cell's worth at a time."""
    met = np.zeros(len(wanted), np.int64)
    waiting: list[Gathered] = []
    lit = Lit(optics)
    for _, data in cells:
        rows = _of(data, wanted, optics)
        if not len(rows.surface):
            continue
        np.add.at(met, rows.surface, 1)
        lit.add(data, np.unique(rows.surface))
        complete = met == receivers
        now = complete[rows.surface]
        ready = [_take(part, complete[part.surface]) for part in waiting]
        waiting = [part for part in (_take(part, ~complete[part.surface]) for part in waiting) if len(part.surface)]
        if not now.all():
            waiting.append(_take(rows, ~now))
        parts = [part for part in (*ready, _take(rows, now)) if len(part.surface)]
        if parts:
            whole = _sorted(parts)
            surface = np.unique(whole.surface)
            yield Surfaces(whole, surface, lit.take(surface), data)


class Lit:
    """Adds up the light off reflectors on surfaces, cell by cell."""

    def __init__(self, optics: Optics) -> None:
        self.optics = optics
        self._sums: dict[int, tuple[float, Reflection]] = {}

    def add(self, data: CellData, surface: NDArray[np.int32]) -> None:
        """One cell's part of some surfaces."""
        group, area_m2, reflection = light_on(data, self.optics, surface)
        for row, name in enumerate(group.tolist()):
            area, part = float(area_m2[row]), Reflection(*(column[row] for column in reflection))
            if name in self._sums:
                before, known = self._sums[name]
                area, part = before + area, Reflection(*(a + b for a, b in zip(known, part, strict=True)))
            self._sums[name] = area, part

    def take(self, surface: NDArray[np.int32]) -> Reflection:
        """Means over the exposed part of surfaces (N,), which are forgotten; 0 where nothing is exposed."""
        none = Reflection(*(part[0] for part in nothing_sent(1, self.optics)))
        found = [self._sums.pop(name, (1.0, none)) for name in surface.tolist()]
        return Reflection(*(np.stack([part[k] / area for area, part in found]) for k in range(len(none))))


def light_on(
    data: CellData, optics: Optics, only: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.float64], Reflection]:
    """Surfaces (G,) of a cell among some, their areas (G,) [m²] and the light off reflectors on each of them."""
    if skylight.far_horizon(data) is not None:  # far hills send light back too, as much as the sky that they hide
        view = view_of(data, optics, only=only)
        return view.group, view.area_m2, view.reflection
    groups = groups_of(data, only)
    return groups.group, areas_of(groups), reflection_of(data, optics, groups)


def _of(data: CellData, wanted: NDArray[np.bool_], optics: Optics) -> Gathered:
    surface = np.asarray(data.receivers.surface)
    row = np.flatnonzero(surface >= 0)
    row = row[wanted[surface[row]]]
    return Gathered(
        surface=surface[row],
        point=np.asarray(data.receivers.point)[row].astype(np.float64) + data.origin,
        covered=np.asarray(data.receivers.covered)[row],
        sun_bits=np.asarray(data.operators.sun_bits)[row],
        sky_bits=np.asarray(data.operators.sky_bits)[row],
        chord=canopy.chords(data, optics, row),
    )


def _take(rows: Gathered, which: NDArray[np.generic]) -> Gathered:
    return Gathered(*(column[which] for column in rows))


def _sorted(parts: list[Gathered]) -> Gathered:
    """Rows by surface; within one in the order in which its cells came."""
    from scipy.sparse import vstack

    surface, point, covered, sun_bits, sky_bits = (
        np.concatenate(column) for column in zip(*(part[:-1] for part in parts), strict=True)
    )
    chord = vstack([part.chord for part in parts], "csr")
    whole = Gathered(surface, point, covered, sun_bits, sky_bits, chord)
    return _take(whole, np.argsort(whole.surface, kind="stable"))
