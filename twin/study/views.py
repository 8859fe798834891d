"""What the receivers of one cell see in every scenario; only views that a change can reach are traced again.

Every bit is "no triangle is met", so the view into a city and a plan is the view into the city AND the view into the
plan alone: of what a scenario adds only the added triangles are traced. Where something is taken away, the rows that it
hid something from are traced again through everything that is left. Both give the bits of a full run, because a bit
depends on its point, its direction and the set of triangles alone (raytrace.visible).

Oracle: `Views.full`, which traces every scenario from nothing; tests/twin/test_twin_study_incremental.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace import bits
from raytrace.bvh import Bvh
from solar import far_horizon
from twin.cells import Cell, touching
from twin.operators import (
    Casters,
    CastingMesh,
    covered_receivers,
    mesh_near,
    tree_of,
    vote_rays,
    with_terrain,
)
from twin.receivers import OFFSET_M, Samples, is_land, take
from twin.study.outcome import Lit, Scenario
from twin.study.scenarios import City
from twin.terrain.burial import buried

# Far above the rounding of float32 coordinates and unit vectors some kilometres off the origin.
SLACK_M, SLACK = 0.01, 1e-4


class Grown:
    """A tree that is built when it is first looked through; many a cell never looks through a scenario's."""

    def __init__(self, mesh: Callable[[], CastingMesh]) -> None:
        self._mesh = mesh

    @cached_property
    def _both(self) -> tuple[Bvh, NDArray[np.int32]]:
        mesh = self._mesh()
        return tree_of(mesh), mesh.surface

    @property
    def tree(self) -> Bvh:
        """The tree."""
        return self._both[0]

    @property
    def surface(self) -> NDArray[np.int32]:
        """Surface (T,) of each of its triangles; see `CastingMesh`."""
        return self._both[1]


class Change(NamedTuple):
    """What a scenario is made of, around one cell."""

    present: NDArray[np.bool_]  # (T,) casters that stand
    there: NDArray[np.bool_]  # (P,) receivers that are open to the air
    added: Bvh | None  # what the Bestand lacks; None: nothing near
    removed: Bvh | None  # what the Bestand has beyond it
    grown: Grown

    @property
    def tree(self) -> Bvh:
        """Everything that stands, and the terrain."""
        return self.grown.tree


class Views(NamedTuple):
    """The receivers of one cell, and what stands around them in every scenario, the Bestand first."""

    cell: Cell
    origin: NDArray[np.float64]  # (3,) m in the CRS
    point: NDArray[np.float32]  # (P, 3) m about the origin
    normal: NDArray[np.float32]  # (P, 3)
    change: tuple[Change, ...]
    horizon_deg: NDArray[np.float64]  # (A,) of the far horizon, or (0,): solar.far_horizon

    def above_hills(self, direction: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which unit vectors to the sun (D, 3) no far hill stands before."""
        if not len(self.horizon_deg):
            return np.ones(len(direction), bool)
        return far_horizon.above(far_horizon.FarHorizon(self.horizon_deg), direction)

    def sunlit(self, lit: Lit, direction: NDArray[np.float64]) -> Lit:
        """Of what is lit along unit vectors to the sun (D, 3), what no far hill hides from it."""
        if not len(self.horizon_deg):
            return lit
        return Lit(lit.bits & bits.pack(self.above_hills(direction)[None]), lit.there)

    def lit(self, direction: NDArray[np.float64], rows: NDArray[np.bool_] | None = None) -> list[Lit]:
        """Bits of each scenario along unit vectors to the light (D, 3), those behind far hills 0; of rows (P,) alone
        where they are given."""
        known = self.bestand(direction, rows)
        each = [known, *(self.after(known, index, direction, rows) for index in range(1, len(self.change)))]
        return [self.sunlit(lit, direction) for lit in each]

    def bestand(self, direction: NDArray[np.float64], rows: NDArray[np.bool_] | None = None) -> Lit:
        """The same of the Bestand alone, as if there were no far hills."""
        there = self.change[0].there if rows is None else self.change[0].there & rows
        return Lit(self._trace(self.change[0].tree, there, direction), there)

    def full(self, direction: NDArray[np.float64], scenario: int) -> Lit:
        """The same of one scenario, traced from nothing."""
        change = self.change[scenario]
        return Lit(self._trace(change.tree, change.there, direction), change.there)

    def after(
        self, bestand: Lit, scenario: int, direction: NDArray[np.float64], rows: NDArray[np.bool_] | None = None
    ) -> Lit:
        """The same of one scenario, from what is known of the Bestand along the same directions."""
        change = self.change[scenario]
        there = change.there if rows is None else change.there & rows
        bits = np.where(there[:, None], bestand.bits, np.uint64(0))
        again = there & ~bestand.there
        if change.removed is not None:
            again |= self._hidden_by(change.removed, there, direction)
        kept = there & ~again
        if change.added is not None:
            bits[kept] &= self._trace(change.added, kept, direction)[kept]
        bits[again] = self._trace(change.tree, again, direction)[again]
        return Lit(bits, there)

    def of(self, rows: NDArray[np.intp]) -> Views:
        """The views of some rows (N,) alone."""
        change = tuple(one._replace(there=one.there[rows]) for one in self.change)
        return self._replace(point=self.point[rows], normal=self.normal[rows], change=change)

    def touched(self, scenario: int, direction: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rows (P,) that something stands before, along any of the directions, that the Bestand has or lacks."""
        change, bestand = self.change[scenario], self.change[0]
        either = (change.there | bestand.there) & rows
        out = (change.there != bestand.there) & rows
        for tree in (change.added, change.removed):
            if tree is not None:
                out |= self._hidden_by(tree, either, direction)
        return out

    def beside(self, scenario: int, reach_m: float, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rows (P,) nearer on the map than ``reach_m`` to the box about what the Bestand lacks, or has beyond it."""
        out = np.zeros(len(rows), bool)
        for tree in (self.change[scenario].added, self.change[scenario].removed):
            if tree is not None:
                corner = tree.triangle.reshape(-1, 3)[:, :2]
                low, high = corner.min(axis=0) - reach_m, corner.max(axis=0) + reach_m
                out |= rows & ((self.point[:, :2] > low) & (self.point[:, :2] < high)).all(axis=1)
        return out

    def _hidden_by(self, tree: Bvh, rows: NDArray[np.bool_], direction: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Rows (P,) from which a tree hides any of the directions that they face."""
        free = self._trace(raytrace.build(np.zeros((0, 3)), np.zeros((0, 3), np.int64)), rows, direction)
        return np.asarray((self._trace(tree, rows, direction) != free).any(axis=1))

    def _trace(self, tree: Bvh, rows: NDArray[np.bool_], direction: NDArray[np.float64]) -> NDArray[np.uint64]:
        """Bits (P, W) of some rows; 0 elsewhere."""
        bits = np.zeros((len(rows), -(-len(direction) // 64)), np.uint64)
        if rows.any():
            bits[rows] = raytrace.visible(tree, self.point[rows], self.normal[rows], direction)
        return bits


class Known(NamedTuple):
    """What an earlier study of the same Bestand knows of a cell about the same origin."""

    view: Views
    row: NDArray[np.int64]  # (P,) row of the earlier study that is the same receiver; −1: none


class _Around(NamedTuple):
    """One cell's receivers, and the casters that may stand around them."""

    city: City
    casters: Casters
    cell: Cell
    origin: NDArray[np.float64]  # (3,) m in the CRS
    samples: Samples
    point: NDArray[np.float32]  # (P, 3) m about the origin
    normal: NDArray[np.float32]  # (P, 3)

    def mesh(self, which: NDArray[np.bool_]) -> CastingMesh:
        """Some of the casters (T,), as far as they are near."""
        chosen = self.casters._replace(opaque=self.casters.opaque & which)
        return mesh_near(chosen, self.cell, self.city.job.halo_m, self.origin)

    def some(self, which: NDArray[np.bool_]) -> Bvh | None:
        """A tree of some casters (T,); None where none of them is near."""
        near = touching(self.casters.bounds, self.cell, self.city.job.halo_m) & self.casters.opaque & which
        return tree_of(self.mesh(which)) if near.any() else None

    def everything(self, present: NDArray[np.bool_]) -> CastingMesh:
        """The casters (T,) that stand, and the terrain."""
        mesh, terrain = self.mesh(present), self.city.scene.terrain
        if terrain is None:
            return mesh
        return with_terrain(mesh, terrain, self.cell, self.city.job.halo_m, self.origin)

    def open_to_air(
        self, grown: Grown, present: NDArray[np.bool_], rows: NDArray[np.bool_], bestand: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Receivers (P,) that neither a building nor the ground covers: some rows looked at, the others as given.

        Covering is a matter of buildings alone: where there is a terrain, the tree is another than the grown one.
        """
        out = bestand.copy()
        if rows.any():
            tree = grown.tree if self.city.scene.terrain is None else tree_of(self.mesh(present))
            covered = covered_receivers(tree, self.point[rows], self.normal[rows])
            out[rows] = ~covered & ~_below_ground(self.city, take(self.samples, rows))
        return out


def views_of(
    city: City,
    casters: Casters,
    owner: NDArray[np.int32],
    cell: Cell,
    origin: NDArray[np.float64],
    samples: Samples,
    incremental: bool = True,
    known: Known | None = None,
    beside: Views | None = None,
) -> Views:
    """Views of one cell's receivers.

    Parameters
    ----------
    owner : (T,)
        Object of each caster.
    samples
        In the CRS; receivers of every scenario.
    incremental
        Whether covered receivers are looked for only where a change can have made a difference.
    known
        What of the Bestand is not looked for again.
    beside
        Views of other receivers of the same cell in the same scenarios, whose trees serve these too.
    """
    point, normal = (samples.point - origin).astype(np.float32), samples.normal.astype(np.float32)
    around = _Around(city, casters, cell, origin, samples, point, normal)
    before = city.scenarios[0].present[owner]
    shared = None if beside is None or not np.array_equal(beside.origin, origin) else beside.change
    grown = Grown(partial(around.everything, before)) if shared is None else shared[0].grown
    unknown = np.ones(len(point), bool)
    open_before = np.zeros(len(point), bool)
    if known is not None:
        grown, unknown = known.view.change[0].grown, known.row < 0
        open_before[~unknown] = known.view.change[0].there[known.row[~unknown]]
    open_before = around.open_to_air(grown, before, unknown, open_before)
    changes = [Change(before, open_before & _stands(city, city.scenarios[0], samples), None, None, grown)]
    for state, scenario in enumerate(city.scenarios[1:], start=1):
        present = scenario.present[owner]
        added, removed = around.some(present & ~before), around.some(before & ~present)
        asked = _may_be_covered(added, removed, point, normal) if incremental else np.ones(len(point), bool)
        grown = Grown(partial(around.everything, present)) if shared is None else shared[state].grown
        is_open = around.open_to_air(grown, present, asked, open_before)
        changes.append(Change(present, is_open & _stands(city, scenario, samples), added, removed, grown))
    horizon_deg = city.horizon_deg(cell) if known is None else known.view.horizon_deg
    return Views(cell, origin, point, normal, tuple(changes), horizon_deg)


def _stands(city: City, scenario: Scenario, samples: Samples) -> NDArray[np.bool_]:
    """Receivers (P,) whose surface stands in a scenario; land and chosen points always do."""
    on_surface = samples.surface >= 0
    owner = city.model.object[np.where(on_surface, samples.surface, 0)]
    return ~on_surface | scenario.present[owner]


def _below_ground(city: City, samples: Samples) -> NDArray[np.bool_]:
    """Receivers (P,) below the level ground or the terrain."""
    below = np.zeros(len(samples.surface), bool)
    if city.job.ground_level_m is not None:
        below |= samples.point[:, 2] < city.job.ground_level_m
    if city.scene.terrain is not None:
        foot = samples.point - OFFSET_M * samples.normal
        below |= buried(city.scene.terrain.surface, foot) & ~is_land(samples.surface)
    return below


def _may_be_covered(
    added: Bvh | None, removed: Bvh | None, point: NDArray[np.float32], normal: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Receivers (P,) one of whose voting rays meets something that was added or removed."""
    met = np.zeros(len(point), bool)
    for tree in (added, removed):
        if tree is None:
            continue
        near = np.flatnonzero(_within_votes(tree, point, normal))
        hit = np.zeros(len(near), bool)
        for ray in vote_rays(normal[near]):
            asking = np.flatnonzero(~hit)
            hit[asking] = np.isfinite(raytrace.closest(tree, point[near[asking]], ray[asking]).distance)
        met[near[hit]] = True
    return met


def _within_votes(tree: Bvh, point: NDArray[np.float32], normal: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Receivers (P,) whose voting rays can meet the ball around a tree: none leaves more than 45° off the normal.

    A ball of radius r at distance d is seen within asin(r/d), so a ray can meet it only where its middle lies less than
    45° + asin(r/d) off the normal; the slack is that of float32.
    """
    corner = tree.triangle.reshape(-1, 3)
    low, high = corner.min(axis=0), corner.max(axis=0)
    middle, radius = (low + high) / 2, np.linalg.norm(high - low) / 2 + SLACK_M
    away = middle - point
    distance = np.linalg.norm(away, axis=1)
    sine = radius / np.maximum(distance, radius)
    widest = (np.sqrt(1.0 - sine * sine) - sine) * np.sqrt(0.5)
    return np.asarray((distance <= radius) | ((away * normal).sum(axis=1) >= (widest - SLACK) * distance))
