"""Light that comes back once from walls, roofs and level ground, ray by ray: the oracle of twin.reflection.

For each receiver, random rays after the cosine law; where one ends, a new receiver is put down and looks at sun nodes
and sky patches itself. Nothing is averaged over a reflector, no patch stands for a reflector, no share is kept.
"""

from __future__ import annotations

import numpy as np

import raytrace
from raytrace import bits
from solar import irradiance
from solar.sky import horizon_weights, sky_weights
from twin.irradiation import MONTHS, Bins
from twin.operators import Stand

LIFT_M = 0.01


def cosine_rays(normal: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors (count, 3) about a unit normal (3,), as dense as the cosine (Malley's method)."""
    radius, turn = np.sqrt(rng.random(count)), 2.0 * np.pi * rng.random(count)
    helper = np.array([0.0, 0.0, 1.0]) if abs(normal[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    across = np.cross(helper, normal)
    across /= np.linalg.norm(across)
    along = np.cross(normal, across)
    up = np.sqrt(1.0 - radius**2)
    return np.outer(radius * np.cos(turn), across) + np.outer(radius * np.sin(turn), along) + np.outer(up, normal)


def direct_and_sky(standing: Stand, bins: Bins, point: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Annual irradiation (N,) [kWh/m²] from sun and sky of points with normals (N, 3), local."""
    optics, out = bins.optics, np.zeros(len(point))
    seen_sun = raytrace.visible(standing.bvh, point, normal, optics.sun)
    seen_sky = raytrace.visible(standing.bvh, point, normal, optics.sky.direction)
    facing, which = np.unique(np.round(normal, 6), axis=0, return_inverse=True)
    for row, plane in enumerate(facing):
        member = np.flatnonzero(which.reshape(-1) == row)
        unit = (plane / np.linalg.norm(plane))[None]
        beam, ring = irradiance.sun_weights(bins.sources, unit, bins.month, MONTHS)
        sky = sky_weights(optics.sky, unit) / np.pi * bins.isotropic.sum()
        sky += horizon_weights(optics.sky, unit) * bins.horizon.sum()
        zero = np.zeros(len(member), np.int32)
        out[member] = bits.dot(seen_sun[member], (beam + ring).sum(axis=1), zero)
        out[member] += bits.dot(seen_sky[member], sky, zero)
    return out


def sent_back(
    standing: Stand, bins: Bins, ground_m: float, albedo: np.ndarray, row: np.ndarray, n_rays: int, seed: int
) -> np.ndarray:
    """Annual irradiation (R,) [kWh/m²] off reflectors on some receivers; level ground at ``ground_m`` (local)."""
    rng = np.random.default_rng(seed)
    receivers = standing.receivers
    point = np.repeat(receivers.point[row].astype(float), n_rays, axis=0)
    ray = np.concatenate([cosine_rays(n, n_rays, rng) for n in receivers.normal[row].astype(float)])
    hit = raytrace.closest(standing.bvh, point.astype(np.float32), ray.astype(np.float32))
    distance = hit.distance.astype(float)
    to_ground = np.where(ray[:, 2] < 0, (point[:, 2] - ground_m) / np.maximum(-ray[:, 2], 1e-9), np.inf)
    ground = (to_ground < distance) & (ray[:, 2] < 0)
    solid = ~ground & (hit.triangle >= 0)
    surface = np.where(solid, standing.surface[np.maximum(hit.triangle, 0)], -9)
    counted = ground | (surface >= 0)
    end = point + np.minimum(to_ground, np.where(np.isfinite(distance), distance, 1e9))[:, None] * ray
    normal = np.tile([0.0, 0.0, 1.0], (len(ray), 1))
    normal[solid] = normals_of(standing, hit.triangle[solid], ray[solid])
    light = np.zeros(len(ray))
    at, facing = (end + LIFT_M * normal)[counted].astype(np.float32), normal[counted].astype(np.float32)
    light[counted] = direct_and_sky(standing, bins, at, facing)
    share = np.where(ground, bins.optics.albedo, albedo[np.maximum(surface, 0)])
    return (np.where(counted, share, 0.0) * light).reshape(len(row), n_rays).mean(axis=1)


def normals_of(standing: Stand, triangle: np.ndarray, ray: np.ndarray) -> np.ndarray:
    """Unit normals (N, 3) of triangles, turned against the rays that meet them."""
    a, b, c = standing.bvh.triangle[triangle].reshape(-1, 3, 3).transpose(1, 0, 2)
    normal = np.cross((b - a).astype(float), (c - a).astype(float))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return np.where((normal * ray).sum(axis=1, keepdims=True) > 0, -normal, normal)
