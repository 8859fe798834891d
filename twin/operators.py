"""Each receiver's view, traced once and kept as bits; everything later is linear algebra on them.

Crowns (twin.vegetation.trace) and reflectors (twin.reflection) are added where a job has them; until then they are
empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from twin.cells import Cell, origin_of, touching
from twin.receivers import OFFSET_M, Samples, is_land, is_point, take
from twin.reflection.met import BLACK, TERRAIN
from twin.scene import Bounds, Scene
from twin.terrain.burial import buried
from twin.terrain.ground import Terrain

# A receiver closer than this to another face along its normal is covered: nothing useful shines into a gap of 5 cm,
# and party walls of neighbouring solids are drawn up to a few centimetres apart.
CONTACT_M = 0.05
# Rays that vote on whether a receiver lies inside a solid: along the normal, and four at 45° to it.
AROUND = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
MAJORITY = 3


class Receivers(NamedTuple):
    """Receivers of one cell, local to the cell's origin."""

    point: NDArray[np.float32]  # (P, 3) m
    normal: NDArray[np.float32]  # (P, 3) unit
    area_m2: NDArray[np.float32]  # (P,)
    surface: NDArray[np.int32]  # (P,) surface ≥ 0; −1 open land; −2 − i the user's point i
    covered: NDArray[np.bool_]  # (P,) party wall, inside a neighbour, or below ground


class Operators(NamedTuple):
    """What each receiver of a cell sees."""

    sun_bits: NDArray[np.uint64]  # (P, ⌈D/64⌉) LSB first, opaque casters only
    sky_bits: NDArray[np.uint64]  # (P, ⌈K/64⌉)
    crown_indptr: NDArray[np.int64]  # (P + 1,) CSR over C · (D + K) columns, class of crowns by class
    crown_index: NDArray[np.int32]  # (N,)
    crown_length_m: NDArray[np.float32]  # (N,) chord length through crowns
    reflect_indptr: NDArray[np.int64]  # (P + 1,) CSR over reflectors
    reflect_index: NDArray[np.int32]  # (N,)
    reflect_weight: NDArray[np.float32]  # (N,)


class Reflectors(NamedTuple):
    """What a cell's receivers see light come back from, in the order of ``key``; see twin.reflection.

    ``seen`` is in 255ths: a column for each node of the sun grid, season by season, then for each patch of the sky if
    the sky model gives radiances of patches.
    """

    key: NDArray[np.int64]  # (R,) ascending
    known: NDArray[np.bool_]  # (R,) whether some receiver stands on it
    normal: NDArray[np.float32]  # (R, 3) mean of its receivers, unit; 0 where none is known
    seen: NDArray[np.uint8]  # (R, S·D + S·K or S·D) share of its area that sees each direction
    sky: NDArray[np.float32]  # (R, 3·S) of the uniform sky, of the horizon band, and of hills before the sky
    back: NDArray[np.float16]  # (R, columns of a Reflection) what it gets off others; (R, 0): not followed


class CellData(NamedTuple):
    """Everything kept of one cell."""

    receivers: Receivers
    operators: Operators
    origin: NDArray[np.float64]  # (3,) m in the CRS
    reflectors: Reflectors
    horizon_deg: NDArray[np.float64]  # (A,) of the far horizon (solar.far_horizon), or (0,) where none is known


class Casters(NamedTuple):
    """Everything of a scene that stops light, ready to be cut to a cell."""

    scene: Scene
    triangles: NDArray[np.int64]  # (T, 3) into the scene's vertices: its triangles, then the slivers that seal them
    shell: NDArray[np.int32]  # (T,) closed shell of each; −1: none
    surface: NDArray[np.int32]  # (T,) surface of each, BLACK where it receives nothing itself
    # A crown transmits light and must never become a wall; its chords are a kernel of their own.
    opaque: NDArray[np.bool_]  # (T,)
    bounds: Bounds  # of each triangle, in the CRS


class CastingMesh(NamedTuple):
    """What casts on a cell, local to its origin."""

    vertices: NDArray[np.float64]  # (V, 3) m
    triangles: NDArray[np.int64]  # (T, 3)
    closed: NDArray[np.bool_]  # (T,) of a closed shell that is here as a whole
    surface: NDArray[np.int32]  # (T,) of the model; TERRAIN or BLACK where none receives


def casters_of(scene: Scene) -> Casters:
    """Casters of a whole job."""
    seal = scene.sealed
    triangles = np.concatenate([scene.triangles, seal.sliver])
    corner = scene.vertices[triangles] + scene.origin
    owner = np.concatenate([scene.surface, scene.surface[seal.source]])
    return Casters(
        scene=scene,
        triangles=triangles,
        surface=np.where(scene.receives[owner], owner, BLACK).astype(np.int32),
        shell=np.concatenate([seal.shell, seal.shell[seal.source]]),
        opaque=~np.concatenate([scene.crown, scene.crown[seal.source]]),
        bounds=Bounds(corner.min(axis=1), corner.max(axis=1)),
    )


def mesh_near(casters: Casters, cell: Cell, halo_m: float, origin: NDArray[np.float64]) -> CastingMesh:
    """The opaque casters within a halo [m] around a cell, about an origin (3,) [m].

    A shell that the halo cuts is not closed any more.
    """
    near = touching(casters.bounds, cell, halo_m) & casters.opaque
    whole = np.ones(int(casters.shell.max(initial=-1)) + 2, bool)
    whole[casters.shell[~near]] = False
    whole[-1] = False  # where the shell −1 of open triangles points to
    used, triangles = np.unique(casters.triangles[near], return_inverse=True)
    vertices = casters.scene.vertices[used] + (casters.scene.origin - origin)
    return CastingMesh(vertices, triangles.reshape(-1, 3), whole[casters.shell[near]], casters.surface[near])


def with_terrain(
    mesh: CastingMesh, terrain: Terrain, cell: Cell, halo_m: float, origin: NDArray[np.float64]
) -> CastingMesh:
    """The same and the terrain around, which is a sheet and closed nowhere."""
    west, south, east, north = cell.box
    near = terrain.near(np.array([west - halo_m, south - halo_m]), np.array([east + halo_m, north + halo_m]))
    used, triangles = np.unique(terrain.surface.triangle[near], return_inverse=True)
    return CastingMesh(
        np.concatenate([mesh.vertices, terrain.surface.vertex[used] - origin]),
        np.concatenate([mesh.triangles, triangles.reshape(-1, 3) + len(mesh.vertices)]),
        np.concatenate([mesh.closed, np.zeros(len(near), bool)]),
        np.concatenate([mesh.surface, np.full(len(near), TERRAIN, np.int32)]),
    )


def tree_of(mesh: CastingMesh) -> raytrace.Bvh:
    """The tree that rays are traced through."""
    return raytrace.build(mesh.vertices, mesh.triangles, mesh.closed)


class Stand(NamedTuple):
    """Where receivers of a cell stand, and what they look through; nothing has been traced to the light yet."""

    receivers: Receivers
    origin: NDArray[np.float64]  # (3,) m in the CRS
    bvh: raytrace.Bvh
    surface: NDArray[np.int32]  # (T,) of each triangle that is looked through; see CastingMesh


def stand(casters: Casters, cell: Cell, samples: Samples, halo_m: float, ground_level_m: float | None) -> Stand:
    """Receivers of a cell with the covered ones found: once, before any ray goes to the light.

    Parameters
    ----------
    samples
        The cell's receivers in their final order.
    halo_m : [m]
        Casters reach this far beyond the cell; one number per job.
    ground_level_m : [m] or None
        Receivers below this level are covered.
    """
    # The user's points do not move the origin: the other receivers' coordinates must not depend on them.
    origin = origin_of(cell, take(samples, ~is_point(samples.surface)))
    mesh, terrain = mesh_near(casters, cell, halo_m, origin), casters.scene.terrain
    bvh = tree_of(mesh)
    point = (samples.point - origin).astype(np.float32)
    normal = samples.normal.astype(np.float32)
    covered = covered_receivers(bvh, point, normal)
    if ground_level_m is not None:
        covered |= samples.point[:, 2] < ground_level_m
    if terrain is not None:
        # Covering is a matter of buildings alone; the terrain then hides what lies below it and shades the rest.
        foot = samples.point - OFFSET_M * samples.normal
        covered |= buried(terrain.surface, foot) & ~is_land(samples.surface)
        mesh = with_terrain(mesh, terrain, cell, halo_m, origin)
        bvh = tree_of(mesh)
    # Open land under a building is no open land.
    keep = ~(covered & is_land(samples.surface))
    area_m2, surface = samples.area_m2[keep].astype(np.float32), samples.surface[keep]
    return Stand(Receivers(point[keep], normal[keep], area_m2, surface, covered[keep]), origin, bvh, mesh.surface)


def look(standing: Stand, direction: NDArray[np.float64], n_sun: int, device: str = "cpu") -> CellData:
    """Bits of every receiver along unit vectors to the light (D + K, 3), the sun grid's ``n_sun`` first.

    Covered receivers are traced along none; the user's own points are measured wherever they stand. ``device``:
    see raytrace.cuda.choose.
    """
    receivers = standing.receivers
    wanted = looking(receivers)
    count = len(receivers.surface)
    bits = [np.zeros((count, -(-number // 64)), np.uint64) for number in (n_sun, len(direction) - n_sun)]
    for array, part in zip(bits, (direction[:n_sun], direction[n_sun:]), strict=True):
        point, normal = receivers.point[wanted], receivers.normal[wanted]
        array[wanted] = raytrace.visible(standing.bvh, point, normal, part, device)
    operators = Operators(bits[0], bits[1], *empty_csr(count), *empty_csr(count))
    return CellData(receivers, operators, standing.origin, no_reflectors(len(direction)), no_horizon())


def looking(receivers: Receivers) -> NDArray[np.bool_]:
    """Which receivers (P,) look anywhere: what is covered does not, the user's own points always do."""
    return np.asarray(~receivers.covered | is_point(receivers.surface))


def empty_csr(rows: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """A sparse array without an entry."""
    return np.zeros(rows + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)


def no_horizon() -> NDArray[np.float64]:
    """A far horizon that nobody knows."""
    return np.zeros(0)


def no_reflectors(n_directions: int) -> Reflectors:
    """A table of no reflector at all."""
    return unknown(np.zeros(0, np.int64))._replace(seen=np.zeros((0, n_directions), np.uint8))


def unknown(key: NDArray[np.int64]) -> Reflectors:
    """Reflectors (R,) of which nothing is known yet."""
    count = len(key)
    seen, sky, back = (np.zeros((count, 0), kind) for kind in (np.uint8, np.float32, np.float16))
    return Reflectors(key, np.zeros(count, bool), np.zeros((count, 3), np.float32), seen, sky, back)


def covered_receivers(bvh: raytrace.Bvh, point: NDArray[np.float32], normal: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Receivers that lie inside a solid or against another face; (P,).

    Inside a closed solid the first face that a ray meets shows its back. Several rays vote, because a single one may
    leave through a gap of an unclosed model; a receiver whose votes are settled casts no further ray. What the two
    numbers do to the exposed area: docs/design/0001-covered-receivers.md.
    """
    covered = np.zeros(len(point), bool)
    votes = np.zeros(len(point), np.int64)
    asking = np.arange(len(point))
    for asked, ray in enumerate(vote_rays(normal), start=1):
        hit = raytrace.closest(bvh, point[asking], ray[asking])
        if asked == 1:
            covered = hit.distance < CONTACT_M
        votes[asking] += hit.back_face
        covered |= votes >= MAJORITY
        asking = np.flatnonzero(~covered & (votes + len(AROUND) - asked >= MAJORITY))
    return covered


def vote_rays(normal: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """The directions (P, 3) of each receiver's rays that vote, the one along its normal first."""
    helper = np.where(np.abs(normal[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    across = np.cross(helper, normal)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    along = np.cross(normal, across)
    for a, b in AROUND:
        ray = normal + a * across + b * along
        yield (ray / np.linalg.norm(ray, axis=1, keepdims=True)).astype(np.float32)
