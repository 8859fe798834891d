"""Each receiver's view, traced once and kept as bits; everything later is linear algebra on them.

The schema holds every operator of the design from the start. Crowns (chord lengths through trees) and reflectors
(what a receiver sees below the sky) are present and empty until vegetation and reflections are traced.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from twin.cells import Cell, origin_of, touching
from twin.receivers import OFFSET_M, Samples, is_land, is_point, take
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
    crown_indptr: NDArray[np.int64]  # (P + 1,) CSR over the D + K directions
    crown_index: NDArray[np.int32]  # (N,)
    crown_length_m: NDArray[np.float32]  # (N,) chord length through crowns
    reflect_indptr: NDArray[np.int64]  # (P + 1,) CSR over reflectors
    reflect_index: NDArray[np.int32]  # (N,)
    reflect_weight: NDArray[np.float32]  # (N,)


class CellData(NamedTuple):
    """Everything kept of one cell."""

    receivers: Receivers
    operators: Operators
    origin: NDArray[np.float64]  # (3,) m in the CRS


class Casters(NamedTuple):
    """The triangles of a scene with the box of each, ready to be cut to a cell."""

    scene: Scene
    bounds: Bounds  # of each triangle, in the CRS


def casters_of(scene: Scene) -> Casters:
    """Casters of a whole job."""
    corner = scene.vertices[scene.triangles] + scene.origin
    return Casters(scene, Bounds(corner.min(axis=1), corner.max(axis=1)))


def trace_cell(
    casters: Casters,
    cell: Cell,
    samples: Samples,
    direction: NDArray[np.float64],
    n_sun: int,
    halo_m: float,
    ground_level_m: float | None,
) -> CellData:
    """Trace one cell.

    Parameters
    ----------
    samples
        The cell's receivers in their final order.
    direction : (D + K, 3)
        Unit vectors to the light, the sun grid's ``n_sun`` first.
    halo_m : [m]
        Casters reach this far beyond the cell; one number per job.
    ground_level_m : [m] or None
        Receivers below this level are covered.
    """
    # The user's points do not move the origin: the other receivers' coordinates must not depend on them.
    origin = origin_of(cell, take(samples, ~is_point(samples.surface)))
    scene = casters.scene
    # A crown transmits light and must never become a wall; its chords are a kernel of their own.
    near = touching(casters.bounds, cell, halo_m) & ~scene.crown
    used, triangles = np.unique(scene.triangles[near], return_inverse=True)
    bvh = raytrace.build(scene.vertices[used] + (scene.origin - origin), triangles.reshape(-1, 3))
    point = (samples.point - origin).astype(np.float32)
    normal = samples.normal.astype(np.float32)
    covered = covered_receivers(bvh, point, normal)
    if ground_level_m is not None:
        covered |= samples.point[:, 2] < ground_level_m
    if scene.terrain is not None:
        # Covering is a matter of buildings alone; the terrain then hides what lies below it and shades the rest.
        foot = samples.point - OFFSET_M * samples.normal
        covered |= buried(scene.terrain.surface, foot) & ~is_land(samples.surface)
        bvh = raytrace.build(*_with_terrain(bvh, scene.terrain, cell, halo_m, origin))
    # Open land under a building is no open land.
    keep = ~(covered & is_land(samples.surface))
    point, normal, covered = point[keep], normal[keep], covered[keep]
    bits = [np.zeros((len(point), -(-count // 64)), np.uint64) for count in (n_sun, len(direction) - n_sun)]
    # The user's own points are measured wherever they stand, flagged or not.
    wanted = ~covered | is_point(samples.surface[keep])
    for array, part in zip(bits, (direction[:n_sun], direction[n_sun:]), strict=True):
        array[wanted] = raytrace.visible(bvh, point[wanted], normal[wanted], part)
    receivers = Receivers(point, normal, samples.area_m2[keep].astype(np.float32), samples.surface[keep], covered)
    return CellData(receivers, Operators(bits[0], bits[1], *_empty_csr(len(point)), *_empty_csr(len(point))), origin)


def _with_terrain(
    built: raytrace.Bvh, terrain: Terrain, cell: Cell, halo_m: float, origin: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Corners (3 T, 3) [m] about the origin and triangles (T, 3) of the buildings of a tree and the terrain around."""
    west, south, east, north = cell.box
    near = terrain.near(np.array([west - halo_m, south - halo_m]), np.array([east + halo_m, north + halo_m]))
    surface = terrain.surface
    ground = (surface.vertex[surface.triangle[near]] - origin).astype(np.float32)
    corner = np.concatenate([built.triangle.reshape(-1, 3), ground.reshape(-1, 3)])
    return corner, np.arange(len(corner)).reshape(-1, 3)


def _empty_csr(rows: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    return np.zeros(rows + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)


def covered_receivers(bvh: raytrace.Bvh, point: NDArray[np.float32], normal: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Receivers that lie inside a solid or against another face; (P,).

    What the two numbers do to the exposed area: docs/design/0001-covered-receivers.md.
    """
    votes, nearest = inside_votes(bvh, point, normal)
    return (votes >= MAJORITY) | (nearest < CONTACT_M)


def inside_votes(
    bvh: raytrace.Bvh, point: NDArray[np.float32], normal: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """How many of five rays first meet a back face (P,), and the distance along the normal (P,) [m].

    Inside a closed solid the first face that a ray meets shows its back. Several rays vote, because a single one may
    leave through a gap of an unclosed model.
    """
    helper = np.where(np.abs(normal[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    across = np.cross(helper, normal)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    along = np.cross(normal, across)
    votes = np.zeros(len(point), np.int64)
    nearest = np.full(len(point), np.inf, np.float32)
    for index, (a, b) in enumerate(AROUND):
        ray = normal + a * across + b * along
        hit = raytrace.closest(bvh, point, (ray / np.linalg.norm(ray, axis=1, keepdims=True)).astype(np.float32))
        votes += hit.back_face
        if index == 0:
            nearest = hit.distance
    return votes, nearest
