"""Scenes and rays that closest, occluded and first are held against the plain loops with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.synthetic_city import Mesh, city, merge, receivers


class Rays(NamedTuple):
    """A mesh, points (N, 3) and one direction a point."""

    mesh: Mesh
    points: np.ndarray
    directions: np.ndarray


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector, axis=1, keepdims=True)


def soup(n: int, whole: bool) -> Rays:
    """Random triangles, half of the rays at one of them; ``whole``: everything on whole metres, half of the rays along
    the axes, so ties abound."""
    rng = np.random.default_rng(n)
    corner = rng.uniform(-1.0, 1.0, (n, 1, 3)) * [50.0, 50.0, 20.0] + rng.normal(0.0, 4.0, (n, 3, 3))
    points = rng.uniform(-1.0, 1.0, (4000, 3)) * [60.0, 60.0, 25.0]
    directions = unit(rng.normal(size=(4000, 3)))
    inside = (rng.dirichlet([1.0, 1.0, 1.0], 2000)[:, :, None] * corner[rng.integers(0, n, 2000)]).sum(axis=1)
    directions[2000:] = unit(inside - points[2000:])
    if whole:
        corner, points = np.round(corner), np.round(points)
        directions[:2000] = np.concatenate([np.eye(3), -np.eye(3)])[rng.integers(0, 6, 2000)]
    return Rays(Mesh(corner.reshape(-1, 3), np.arange(3 * n).reshape(-1, 3)), points, directions)


def houses_and_needles() -> Mesh:
    """Houses on terrain, and triangles a thousand times longer than wide."""
    rng = np.random.default_rng(11)
    needles = rng.uniform(0.0, 100.0, (300, 1, 3)) + rng.normal(0.0, 1.0, (300, 3, 3)) * [[[1.0], [20.0], [20.001]]]
    return merge([city(1, seed=3), Mesh(needles.reshape(-1, 3), np.arange(900).reshape(-1, 3))])


def in_plane(mesh: Mesh) -> Rays:
    """From a triangle's plane along that plane: float32 answers are noise, but always the same noise."""
    rng = np.random.default_rng(2)
    corner = mesh.vertices[mesh.triangles[rng.integers(0, len(mesh.triangles), 8000)]]
    weights = rng.normal(0.0, 1.5, (len(corner), 3, 1))
    weights[:, 2] = 1.0 - weights[:, 0] - weights[:, 1]
    along = corner[:, 1] - corner[:, 0] + rng.normal(0.0, 1.0, (len(corner), 1)) * (corner[:, 2] - corner[:, 0])
    proper = np.linalg.norm(along, axis=1) > 1.0e-3
    return Rays(mesh, (weights * corner).sum(axis=1)[proper], unit(along[proper]))


def towards_edges(mesh: Mesh) -> Rays:
    """Straight at vertices and the middles of edges."""
    rng = np.random.default_rng(4)
    corner = mesh.vertices[mesh.triangles[rng.integers(0, len(mesh.triangles), 8000)]]
    target = np.where(rng.random((len(corner), 1)) < 0.5, corner[:, 0], 0.5 * (corner[:, 0] + corner[:, 1]))
    points = (target + rng.normal(0.0, 30.0, target.shape)).astype(np.float32)
    return Rays(mesh, points, unit(target - points))


def from_receivers(mesh: Mesh) -> Rays:
    """One centimetre off every surface, into the hemisphere before it."""
    rng = np.random.default_rng(5)
    sampled = receivers(city(1, seed=3), 5.0)
    points, normals = np.repeat(sampled.points, 8, axis=0), np.repeat(sampled.normals, 8, axis=0)
    return Rays(mesh, points, unit(unit(rng.normal(size=points.shape)) + 1.0001 * normals))


def all_cases() -> dict[str, Rays]:
    mesh = houses_and_needles()
    return {
        "one triangle": soup(1, whole=False),
        "soup": soup(1500, whole=False),
        "whole metres": soup(400, whole=True),
        "receivers": from_receivers(mesh),
        "in plane": in_plane(mesh),
        "edges": towards_edges(mesh),
    }
