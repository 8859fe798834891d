"""What the receivers of one cell see in every scenario; only views that a change can reach are traced again.

Every bit is "no triangle is met", so the view into a city and a plan is the view into the city AND the view into the
plan alone: of what a scenario adds only the added triangles are traced. Where something is taken away, the rows that it
hid something from are traced again through everything that is left. Both give the bits of a full run, because a bit
depends on its point, its direction and the set of triangles alone (raytrace.visible).

Oracle: `Views.full`, which traces every scenario from nothing; tests/twin/test_twin_study_incremental.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace.bvh import Bvh
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
from twin.receivers import OFFSET_M, Samples, is_land
from twin.study.outcome import Lit, Scenario
from twin.study.scenarios import City
from twin.terrain.burial import buried


class Change(NamedTuple):
    """What a scenario is made of, around one cell."""

    present: NDArray[np.bool_]  # (T,) casters that stand
    there: NDArray[np.bool_]  # (P,) receivers that are open to the air
    added: Bvh | None  # what the Bestand lacks; None: nothing near
    removed: Bvh | None  # what the Bestand has beyond it
    tree: Bvh  # everything that stands, and the terrain


class Views(NamedTuple):
    """The receivers of one cell, and what stands around them in every scenario, the Bestand first."""

    cell: Cell
    origin: NDArray[np.float64]  # (3,) m in the CRS
    point: NDArray[np.float32]  # (P, 3) m about the origin
    normal: NDArray[np.float32]  # (P, 3)
    change: tuple[Change, ...]

    def lit(self, direction: NDArray[np.float64], rows: NDArray[np.bool_] | None = None) -> list[Lit]:
        """Bits of each scenario along unit vectors to the light (D, 3); of rows (P,) alone where they are given."""
        known = self.bestand(direction, rows)
        return [known, *(self.after(known, index, direction, rows) for index in range(1, len(self.change)))]

    def bestand(self, direction: NDArray[np.float64], rows: NDArray[np.bool_] | None = None) -> Lit:
        """The same of the Bestand alone."""
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

    def touched(self, scenario: int, direction: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rows (P,) that something stands before, along any of the directions, that the Bestand has or lacks."""
        change, bestand = self.change[scenario], self.change[0]
        either = (change.there | bestand.there) & rows
        out = (change.there != bestand.there) & rows
        for tree in (change.added, change.removed):
            if tree is not None:
                out |= self._hidden_by(tree, either, direction)
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


class Mesh(NamedTuple):
    """Casters near a cell and which of the job's each is."""

    mesh: CastingMesh
    caster: NDArray[np.int64]  # (T,) index into the job's casters


def views_of(
    city: City,
    casters: Casters,
    owner: NDArray[np.int32],
    cell: Cell,
    origin: NDArray[np.float64],
    samples: Samples,
    incremental: bool = True,
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
    """
    point = (samples.point - origin).astype(np.float32)
    normal = samples.normal.astype(np.float32)
    below = _below_ground(city, samples)
    changes: list[Change] = []
    covered = np.zeros(0, bool)
    for scenario in city.scenarios:
        present = scenario.present[owner]
        mesh = mesh_near(casters._replace(opaque=casters.opaque & present), cell, city.job.halo_m, origin)
        tree = tree_of(mesh)
        if not changes:
            covered = hidden = covered_receivers(tree, point, normal)
            added = removed = None
        else:
            before = changes[0].present
            added = _tree_near(casters, present & ~before, cell, city.job.halo_m, origin)
            removed = _tree_near(casters, before & ~present, cell, city.job.halo_m, origin)
            asked = _may_be_covered(added, removed, point, normal) if incremental else np.ones(len(point), bool)
            hidden = covered.copy()
            hidden[asked] = covered_receivers(tree, point[asked], normal[asked])
        if casters.scene.terrain is not None:
            tree = tree_of(with_terrain(mesh, casters.scene.terrain, cell, city.job.halo_m, origin))
        there = ~hidden & ~below & _stands(city, scenario, samples)
        changes.append(Change(present, there, added, removed, tree))
    return Views(cell, origin, point, normal, tuple(changes))


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


def _tree_near(
    casters: Casters, which: NDArray[np.bool_], cell: Cell, halo_m: float, origin: NDArray[np.float64]
) -> Bvh | None:
    """A tree of some casters around a cell; None where there are none."""
    if not (touching(casters.bounds, cell, halo_m) & casters.opaque & which).any():
        return None
    return tree_of(mesh_near(casters._replace(opaque=casters.opaque & which), cell, halo_m, origin))


def _may_be_covered(
    added: Bvh | None, removed: Bvh | None, point: NDArray[np.float32], normal: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Receivers (P,) one of whose voting rays meets something that was added or removed."""
    met = np.zeros(len(point), bool)
    for tree in (added, removed):
        if tree is None:
            continue
        for ray in vote_rays(normal):
            asking = np.flatnonzero(~met)
            met[asking] = np.isfinite(raytrace.closest(tree, point[asking], ray[asking]).distance)
    return met
