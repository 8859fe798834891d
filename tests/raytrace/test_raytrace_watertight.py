"""From inside a closed mesh every ray hits, also when it is aimed exactly at an edge or a corner."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import soups

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


SOLIDS = {
    "lattice cube": soups.boxed_lattice(),
    "lattice cube 2 km away": soups.boxed_lattice(5, (2000.0, -1500.0, 64.0)),
    "ball": soups.ball(),
    "ball 3 km away": soups.ball(2, 15.0, (2900.0, 800.0, -40.0)),
    "cavern": soups.cavern(0),
    "cavern 1 km away": soups.cavern(1, 10, (700.0, 700.0, 100.0)),
}


def awkward_directions(solid: soups.Solid, rng: np.random.Generator) -> np.ndarray:
    """Axes, face and space diagonals, along edges, and from points inside exactly at vertices and edges."""
    steps = np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    knight = steps[np.abs(steps).sum(axis=1) > 0] * [1.0, 2.0, 3.0]
    corner = solid.vertices[solid.triangles]
    edge = corner[rng.integers(0, len(corner), 60)][:, :2]
    share = rng.choice([0.0, 0.5, 1.0], (60, 1))
    target = edge[:, 0] + share * (edge[:, 1] - edge[:, 0])
    aimed = target - solid.inside[rng.integers(0, len(solid.inside), 60)]
    along = edge[:, 1] - edge[:, 0]
    sun = np.radians(np.arange(60.0))
    path = np.stack([np.sin(sun), 0.6 * np.cos(sun), 0.8 * np.cos(sun)], axis=1)
    directions = np.concatenate([steps[np.abs(steps).sum(axis=1) > 0], knight, aimed, along[:30], path])
    return soups.unit(directions)


@pytest.mark.parametrize("name", SOLIDS)
def test_no_light_gets_into_a_closed_mesh(name: str) -> None:
    """Packets of points, bundles of directions: the rays go through shared edges and vertices, and none gets out."""
    solid = SOLIDS[name]
    rng = np.random.default_rng(4)
    directions = awkward_directions(solid, rng)
    points = solid.inside[rng.permutation(len(solid.inside))[:400]]
    bvh = raytrace.build(solid.vertices, solid.triangles)
    for normal in (np.array([0.6, 0.0, 0.8]), np.array([-0.6, 0.0, -0.8])):
        normals = np.tile(normal, (len(points), 1))
        assert not raytrace.visible(bvh, points, normals, directions).any()
    rays = np.repeat(points, len(directions), axis=0), np.tile(directions, (len(points), 1))
    hit = raytrace.closest(bvh, *rays)
    assert (hit.triangle >= 0).all()
    # Through a ridge that points inward a ray leaves and enters at once, and either side may be named.
    assert hit.back_face.mean() > 0.99 if "cavern" in name else hit.back_face.all()


def test_one_missing_triangle_lets_light_in() -> None:
    """The counterproof: the test above sees a hole."""
    solid = SOLIDS["ball"]
    bvh = raytrace.build(solid.vertices, solid.triangles[1:])
    centre = solid.vertices[solid.triangles[0]].mean(axis=0)
    directions = soups.unit(centre - solid.inside)
    seen = raytrace.visible(bvh, solid.inside, directions, directions)
    assert (seen != 0).any(axis=1).all()
