"""From inside a closed mesh every ray hits, also when it is aimed exactly at an edge or a corner."""

from __future__ import annotations

import numpy as np
import pytest

import raytrace
from benchmarks.synthetic_city import Mesh, house

N_ON_EDGES = 6000


def sphere(n_rings: int, n_sectors: int) -> Mesh:
    """Closed triangulated sphere of radius 10 m around (3, −2, 5)."""
    polar, around = np.meshgrid(
        np.linspace(0.0, np.pi, n_rings + 1), 2.0 * np.pi * np.arange(n_sectors) / n_sectors, indexing="ij"
    )
    vertices = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    i, j = (k.ravel() for k in np.meshgrid(np.arange(n_rings), np.arange(n_sectors), indexing="ij"))
    a, b = i * n_sectors + j, i * n_sectors + (j + 1) % n_sectors
    triangles = np.concatenate(
        [np.stack([a, a + n_sectors, b], axis=1), np.stack([b, a + n_sectors, b + n_sectors], axis=1)]
    )
    poles = vertices.reshape(-1, 3)
    poles[:n_sectors], poles[-n_sectors:] = [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]
    return Mesh(10.0 * poles + [3.0, -2.0, 5.0], triangles)


def moved(mesh: Mesh, shift: tuple[float, float, float]) -> Mesh:
    return Mesh((mesh.vertices + shift).astype(np.float32).astype(np.float64), mesh.triangles)


CLOSED = {
    "cube on the axes": (house(2.0, 2.0, 1.0, 1.0, "flat"), (0.0, 0.0, 0.0)),
    "turned house": (moved(house(11.0, 7.0, 4.0, 8.0, "gable", 27.0), (310.0, -417.0, 96.0)), (310.0, -417.0, 98.0)),
    "hipped house far away": (
        moved(house(9.0, 8.0, 3.0, 6.0, "hip", 71.0), (4700.0, 3900.0, 12.0)),
        (4700.0, 3900.0, 13.0),
    ),
    "sphere": (sphere(24, 36), (3.0, -2.0, 5.0)),
}


@pytest.mark.parametrize("name", CLOSED)
def test_no_ray_leaks(name: str) -> None:
    mesh, centre = CLOSED[name]
    rng = np.random.default_rng(8)
    corner = mesh.vertices[mesh.triangles]
    edges = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [2, 0]]])
    edge = edges[rng.integers(0, len(edges), N_ON_EDGES)]
    share = rng.choice([0.0, 0.5, 1.0, -1.0], N_ON_EDGES)[:, None]
    share = np.where(share < 0.0, rng.random((N_ON_EDGES, 1)), share)
    target = edge[:, 0] + share * (edge[:, 1] - edge[:, 0])
    origin = np.asarray(centre) + rng.uniform(-0.4, 0.4, (N_ON_EDGES, 3)) * (np.arange(N_ON_EDGES) % 3 > 0)[:, None]
    origin = origin.astype(np.float32).astype(np.float64)
    direction = target - origin
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    bvh = raytrace.build(*mesh)
    hit = raytrace.closest(bvh, origin, direction)
    assert (hit.triangle >= 0).all()
    assert hit.distance == pytest.approx(np.linalg.norm(target - origin, axis=1), rel=1.0e-4)
    some = slice(0, 600)
    assert not raytrace.visible(bvh, origin[some], direction[some], direction).any()
