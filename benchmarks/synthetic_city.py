"""A synthetic city for benchmarks and tests: houses along streets on flat ground, receivers and directions.

Every house is a closed, outward-oriented solid (flat, gabled or hipped roof) whose walls reach FOUNDATION_M
below the ground. All random numbers come from one seeded generator, so a seed names a city.

Units: metres, local axes x east, y north, z up, the ground at z = 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

PLOT_M = 18.0
STREET_M = 14.0
PLOTS_A_BLOCK = 8
FOUNDATION_M = 1.0
GROUND_CELL_M = 20.0
OFFSET_M = 0.01

ROOF_SHARE = {"flat": 0.25, "gable": 0.6, "hip": 0.15}

# Corners of a house: 0-3 foundation, 4-7 eaves (both counter-clockwise from above), 8-9 ridge.
WALLS = [(0, 1, 5), (0, 5, 4), (1, 2, 6), (1, 6, 5), (2, 3, 7), (2, 7, 6), (3, 0, 4), (3, 4, 7)]
FLOOR = [(0, 2, 1), (0, 3, 2)]
FLAT_ROOF = [(4, 5, 6), (4, 6, 7)]
PITCHED_ROOF = [(4, 5, 9), (4, 9, 8), (5, 6, 9), (6, 7, 8), (6, 8, 9), (7, 4, 8)]


class Mesh(NamedTuple):
    """Triangle mesh: vertices (V, 3) float64 [m], triangles (T, 3) int64."""

    vertices: npt.NDArray[np.float64]
    triangles: npt.NDArray[np.int64]


class Receivers(NamedTuple):
    """Points (P, 3) float64 [m], OFFSET_M off their surface, and unit normals (P, 3)."""

    points: npt.NDArray[np.float64]
    normals: npt.NDArray[np.float64]


def house(
    length: float, width: float, eaves: float, ridge: float, roof: str = "gable", rotation_deg: float = 0.0
) -> Mesh:
    """A closed house centred on the origin, ridge along its length (x before rotation); heights above
    ground."""
    x, y = length / 2.0, width / 2.0
    hip = min(x, y) * 0.9 if roof == "hip" else 0.0
    rectangle = [(-x, -y), (x, -y), (x, y), (-x, y)]
    corners = [(a, b, -FOUNDATION_M) for a, b in rectangle] + [(a, b, eaves) for a, b in rectangle]
    faces = WALLS + FLOOR + (FLAT_ROOF if roof == "flat" else PITCHED_ROOF)
    if roof != "flat":
        corners += [(-x + hip, 0.0, ridge), (x - hip, 0.0, ridge)]
    c, s = np.cos(np.radians(rotation_deg)), np.sin(np.radians(rotation_deg))
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return Mesh(np.array(corners) @ turn, np.array(faces, dtype=np.int64))


def merge(meshes: list[Mesh]) -> Mesh:
    """One mesh from several, in order."""
    first = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.triangles + k for mesh, k in zip(meshes, first, strict=True)]),
    )


def ground(size_x: float, size_y: float) -> Mesh:
    """Flat ground from (0, 0) to (size_x, size_y) in cells of about GROUND_CELL_M."""
    nx, ny = (max(1, round(size / GROUND_CELL_M)) for size in (size_x, size_y))
    x, y = np.meshgrid(np.linspace(0.0, size_x, nx + 1), np.linspace(0.0, size_y, ny + 1), indexing="ij")
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    i, j = (k.ravel() for k in np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij"))
    a, b = i * (ny + 1) + j, (i + 1) * (ny + 1) + j
    triangles = np.concatenate([np.stack([a, b, b + 1], axis=1), np.stack([a, b + 1, a + 1], axis=1)])
    return Mesh(vertices, triangles.astype(np.int64))


def city(blocks: int, seed: int = 1) -> Mesh:
    """blocks × blocks of two rows of PLOTS_A_BLOCK houses, streets between them, ground below."""
    rng = np.random.default_rng(seed)
    block_x, block_y = PLOTS_A_BLOCK * PLOT_M + STREET_M, 2.0 * PLOT_M + STREET_M
    meshes = [ground(blocks * block_x, blocks * block_y)]
    for bx in range(blocks):
        for by in range(blocks):
            urban = rng.random() < 0.3
            for plot in range(2 * PLOTS_A_BLOCK):
                column, row = plot % PLOTS_A_BLOCK, plot // PLOTS_A_BLOCK
                x = bx * block_x + STREET_M / 2.0 + (column + 0.5) * PLOT_M
                y = by * block_y + STREET_M / 2.0 + (row + 0.5) * PLOT_M
                mesh = random_house(rng, urban)
                meshes.append(Mesh(mesh.vertices + np.array([x, y, 0.0]), mesh.triangles))
    return merge(meshes)


def receivers(mesh: Mesh, spacing_m: float, seed: int = 2) -> Receivers:
    """Random points on every face that looks sideways or up and lies above ground, one a spacing² on
    average."""
    rng = np.random.default_rng(seed)
    a, b, c = (mesh.vertices[mesh.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    double_area = np.linalg.norm(normal, axis=1)
    normal /= double_area[:, None]
    expected = np.where(normal[:, 2] > -0.5, double_area / 2.0 / spacing_m**2, 0.0)
    index = np.repeat(np.arange(len(a)), np.floor(expected + rng.random(len(a))).astype(np.int64))
    root, share = np.sqrt(rng.random(len(index)))[:, None], rng.random(len(index))[:, None]
    points = (1.0 - root) * a[index] + root * (1.0 - share) * b[index] + root * share * c[index]
    points += OFFSET_M * normal[index]
    above = points[:, 2] > OFFSET_M / 2.0
    return Receivers(points[above], normal[index][above])


def directions(n_sun: int, n_sky: int, latitude_deg: float = 50.0) -> npt.NDArray[np.float64]:
    """About n_sun sun positions over the year (declination × hour angle) and n_sky equal-area sky
    directions (D, 3)."""
    return np.concatenate([sun_directions(n_sun, latitude_deg), sky_directions(n_sky)])


def sun_directions(n: int, latitude_deg: float = 50.0) -> npt.NDArray[np.float64]:
    """About n directions to the sun when it is up."""
    rows = max(2, round(np.sqrt(n / 3.1)))
    columns = max(2, round(2.0 * n / rows))  # the sun is up half of the time
    declination, hour_angle = np.meshgrid(
        np.radians(np.linspace(-23.44, 23.44, rows)),
        np.linspace(-np.pi, np.pi, columns, endpoint=False),
        indexing="ij",
    )
    latitude = np.radians(latitude_deg)
    east = -np.cos(declination) * np.sin(hour_angle)
    noon = np.cos(declination) * np.cos(hour_angle)
    north = np.sin(declination) * np.cos(latitude) - noon * np.sin(latitude)
    up = np.sin(declination) * np.sin(latitude) + noon * np.cos(latitude)
    direction = np.stack([east.ravel(), north.ravel(), up.ravel()], axis=1)
    return direction[direction[:, 2] > 0.005]


def sky_directions(n: int) -> npt.NDArray[np.float64]:
    """n directions, each the middle of an equal share of the upper hemisphere (golden-angle spiral)."""
    up = (np.arange(n) + 0.5) / n
    angle = np.arange(n) * np.pi * (3.0 - np.sqrt(5.0))
    flat = np.sqrt(1.0 - up**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), up], axis=1)


def random_house(rng: np.random.Generator, urban: bool) -> Mesh:
    """A house of a size and roof that the generator chooses."""
    roof = str(rng.choice(list(ROOF_SHARE), p=list(ROOF_SHARE.values())))
    if urban:
        length, width, eaves = rng.uniform(14.0, 17.0), rng.uniform(10.0, 13.0), rng.uniform(9.0, 20.0)
    else:
        length, width, eaves = rng.uniform(9.0, 14.0), rng.uniform(7.0, 10.0), rng.uniform(3.0, 7.0)
    ridge = eaves + width / 2.0 * np.tan(np.radians(rng.uniform(25.0, 50.0)))
    return house(length, width, eaves, ridge, roof, rotation_deg=rng.normal(0.0, 4.0))
