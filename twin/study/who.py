"""Who shades whom: the shadow of a day by what casts it, told in two ways.

*First caster*: what a ray from the receiver to the sun meets first. Every shaded instant has exactly one, so the first
casters' hours sum to the whole shadow. *Sole cause*: the shadow that would not be there without the object, because
nothing else stands in that ray. A shadow that two objects cast together has no sole cause.

How many objects stand in a ray is not asked object by object: number them, and let bit k of the numbers cut the city
into two halves. Two objects differ in some bit, so more than one stands in a ray exactly where, for some k, both halves
block it. That takes two halves for each of the log2(objects) bits instead of a trace for each object.

Oracles: the sum of first casters is the shadow itself; an object's sole cause is the difference to a run without it
(tests/twin/test_twin_study_who.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from raytrace import bits
from shadow.instants import Instants
from twin.cells import touching
from twin.operators import Casters, CastingMesh, mesh_near, tree_of, with_terrain
from twin.study.outcome import Lit
from twin.study.scenarios import City
from twin.study.views import Views
from twin.terrain.ground import Terrain

# Receivers whose first hits are held at a time: 4,096 × 144 instants × 8 bytes = 5 MB.
CHUNK = 4096
# Sums of receivers × casters held at a time.
BINS = 2_000_000


class Entries(NamedTuple):
    """Shadow of one cell's rows by caster; a row has one entry for each of its first casters."""

    row: NDArray[np.int64]  # (N,) row of the cell
    caster: NDArray[np.int64]  # (N,) index of a building's object; O: terrain; O + 1: not found
    first_h: NDArray[np.float64]  # (N,) hours whose first caster it is
    sole_h: NDArray[np.float64]  # (N,) hours that it alone shades


class Shares(NamedTuple):
    """The same summed over receivers: by caster and building, or open land."""

    caster: NDArray[np.int64]  # (N,)
    receiver: NDArray[np.int64]  # (N,) index of a building's object; O: open land
    first_m2h: NDArray[np.float64]  # (N,) area × hours
    sole_m2h: NDArray[np.float64]  # (N,)


class Near(NamedTuple):
    """What stands around one cell in a scenario; codes count its buildings, then the terrain, then "not found"."""

    caster: NDArray[np.intp]  # (T,) of the job's casters, in the order of the tree's triangles
    code: NDArray[np.int64]  # (T + 2,) code of each triangle's building; the last two: of terrain, of nothing
    caster_of: NDArray[np.int64]  # (C,) index of the building's object behind each code; O: terrain; O + 1: not found


class Asked(NamedTuple):
    """Rows of a cell (P,) whose casters are wanted, and those of them whose sole causes are wanted too."""

    rows: NDArray[np.bool_]
    sole: NDArray[np.bool_]


def near_of(
    city: City, building: NDArray[np.int32], casters: Casters, owner: NDArray[np.int32], view: Views, scenario: int
) -> Near:
    """Casters around a cell in a scenario.

    Parameters
    ----------
    building : (O,)
        The building that each object belongs to.
    owner : (T,)
        Object of each caster.
    """
    standing = casters.opaque & view.change[scenario].present
    caster = np.flatnonzero(touching(casters.bounds, view.cell, city.job.halo_m) & standing)
    numbers, code = np.unique(building[owner[caster]], return_inverse=True)
    n_objects, count = len(city.model.objects), len(numbers)
    return Near(
        caster,
        np.concatenate([code.reshape(-1), [count, count + 1]]).astype(np.int64),
        np.concatenate([numbers, [n_objects, n_objects + 1]]).astype(np.int64),
    )


def entries_of(
    city: City, casters: Casters, near: Near, view: Views, lit: Lit, asked: Asked, scenario: int, instants: Instants
) -> Entries:
    """Who shades some rows of a cell in a scenario; hours of sole cause are nan in rows where they are not wanted.

    Parameters
    ----------
    lit
        Of every row of the cell, at the instants.
    """
    rows = np.flatnonzero(asked.rows & lit.there)
    free = raytrace.build(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    shaded = raytrace.visible(free, view.point[rows], view.normal[rows], instants.direction) & ~lit.bits[rows]
    some = shaded.any(axis=1)
    rows, shaded = rows[some], shaded[some]
    none = Entries(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    if not len(rows):
        return none
    wanted = asked.sole[rows]
    sole = np.zeros_like(shaded)
    sole[wanted] = shaded[wanted] & ~several(city, casters, near, view, rows[wanted], shaded[wanted], instants)
    tree, hours, width = view.change[scenario].tree, instants.step_s / 3600.0, len(near.caster_of)
    above_hills = view.above_hills(instants.direction)
    parts: list[Entries] = []
    chunk = max(64, min(CHUNK, BINS // width))
    for start in range(0, len(rows), chunk):
        part, count = rows[start : start + chunk], len(instants.time)
        hit = raytrace.first(tree, view.point[part], instants.direction, normals=view.normal[part]).triangle
        row, instant = np.nonzero(bits.unpack(shaded[start : start + chunk], count))
        alone = bits.unpack(sole[start : start + chunk], count)[row, instant]
        triangle = hit[row, instant]
        # Terrain comes after the buildings' triangles; far hills are terrain too, behind everything. Nothing (−1) is
        # the last code: pairs that the nearest-hit kernel calls free though their bit is not set; none has been seen.
        triangle = np.where((triangle < 0) & ~above_hills[instant], len(near.code) - 2, triangle)
        code = near.code[np.minimum(triangle, len(near.code) - 2)]
        key = row * width + code
        first_h = np.bincount(key, minlength=len(part) * width).astype(np.float64) * hours
        sole_h = np.bincount(key, alone, len(part) * width) * hours
        present = np.flatnonzero(first_h)
        at, which = np.divmod(present, width)
        known = wanted[start : start + chunk][at]
        parts.append(
            Entries(part[at], near.caster_of[which], first_h[present], np.where(known, sole_h[present], np.nan))
        )
    return Entries(*(np.concatenate(column) for column in zip(none, *parts, strict=True)))


def several(
    city: City,
    casters: Casters,
    near: Near,
    view: Views,
    rows: NDArray[np.intp],
    shaded: NDArray[np.uint64],
    instants: Instants,
) -> NDArray[np.uint64]:
    """Which shaded pairs of rows (N,) more than one object blocks; bits (N, W)."""
    both = np.zeros_like(shaded)
    if not len(rows):
        return both
    point, normal = view.point[rows], view.normal[rows]

    def blocked_by(mesh: CastingMesh) -> NDArray[np.uint64]:
        return ~raytrace.visible(tree_of(mesh), point, normal, instants.direction) & shaded

    def some(which: NDArray[np.bool_]) -> CastingMesh:
        opaque = np.zeros(len(casters.opaque), bool)
        opaque[near.caster[which]] = True
        return mesh_near(casters._replace(opaque=opaque), view.cell, city.job.halo_m, view.origin)

    number, n_buildings = near.code[:-2], len(near.caster_of) - 2
    for k in range(max(n_buildings - 1, 0).bit_length()):
        side = (number >> k) & 1 == 1
        both |= blocked_by(some(side)) & blocked_by(some(~side))
    above_hills = view.above_hills(instants.direction)
    if not above_hills.all():  # far hills block all of these
        both |= blocked_by(some(np.ones(len(number), bool))) & bits.pack(~above_hills[None])
    ground = _terrain_near(city, casters, view)
    if ground is not None:  # one more thing, and too large to be built into half of the halves
        nothing = some(np.zeros(len(number), bool))
        alone = blocked_by(with_terrain(nothing, ground, view.cell, city.job.halo_m, view.origin))
        both |= alone & blocked_by(some(np.ones(len(number), bool)))
    return both


def _terrain_near(city: City, casters: Casters, view: Views) -> Terrain | None:
    """The terrain, where any of it lies around the cell."""
    terrain = casters.scene.terrain
    if terrain is None:
        return None
    west, south, east, north = view.cell.box
    halo_m = city.job.halo_m
    near = terrain.near(np.array([west - halo_m, south - halo_m]), np.array([east + halo_m, north + halo_m]))
    return terrain if len(near) else None


def joined_entries(bestand: Entries, after: Entries, touched: NDArray[np.bool_]) -> Entries:
    """A scenario's entries: those of touched rows (P,) anew, the others' as in the Bestand."""
    kept = ~touched[bestand.row]
    return Entries(*(np.concatenate([a[kept], b]) for a, b in zip(bestand, after, strict=True)))


def shares_of(entries: Entries, area_m2: NDArray[np.float64], receiver: NDArray[np.int64]) -> Shares:
    """Entries summed by caster and receiver (P,), each row weighted with its area (P,)."""
    area = area_m2[entries.row]
    return _summed(entries.caster, receiver[entries.row], entries.first_h * area, entries.sole_h * area)


def added_up(parts: list[Shares]) -> Shares:
    """The cells' shares, added."""
    return _summed(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _summed(
    caster: NDArray[np.int64], receiver: NDArray[np.int64], first: NDArray[np.float64], sole: NDArray[np.float64]
) -> Shares:
    width = int(receiver.max(initial=0)) + 1
    key, index = np.unique(caster * width + receiver, return_inverse=True)
    index = index.reshape(-1)
    sums = [np.bincount(index, value, len(key)).astype(np.float64) for value in (first, sole)]
    return Shares(key // width, key % width, sums[0], sums[1])
