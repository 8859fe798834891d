"""Random scenes that a ray tracer likes least, and closed meshes out of which no ray may leak.

A soup mixes ordinary triangles with millimetre and kilometre ones, needles, degenerate ones (two or three equal
corners, three corners in a line), exact and partial duplicates, coplanar overlaps and a lattice of right angles with
whole-metre corners. Its rays run along edges, through vertices, in triangles' planes, along the axes, grazing, and
in the tight clusters of a sun's path. Every number is a float32 exactly, so that oracle and kernel see one scene.

Units: metres. A seed names a soup.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

OFFSETS_M = (0.0, 0.0, 300.0, 7.0e3, 6.0e4)
"""Distance of a soup from the origin, by seed: float32 resolves 30 µm at 300 m, 0.5 mm at 7 km, 4 mm at 60 km."""


class Soup(NamedTuple):
    """vertices (V, 3) [m], triangles (T, 3); points (P, 3) [m] with unit normals (P, 3); directions (D, 3) unit."""

    vertices: Array
    triangles: npt.NDArray[np.int64]
    points: Array
    normals: Array
    directions: Array


def soup(seed: int, n_points: int = 260, n_directions: int = 176) -> Soup:
    """A scene of 240 triangles with points and directions; the last 50 and more directions are a sun's path."""
    rng = np.random.default_rng(seed)
    offset = _float32(rng.normal(size=3) / np.sqrt(3.0) * OFFSETS_M[seed % len(OFFSETS_M)]).round()
    corner = np.concatenate(_corners(rng)) + offset
    corner = _float32(corner)
    # Some are told by shared vertices, the others by corners of their own.
    vertices, index = np.unique(corner.reshape(-1, 3), axis=0, return_inverse=True)
    triangles = index.reshape(-1, 3)
    triangles = np.concatenate([triangles, triangles[rng.integers(0, len(triangles), 12)]])
    triangles = np.concatenate([triangles, np.roll(triangles[rng.integers(0, len(triangles), 6)], 1, axis=1)])
    triangles = triangles[rng.permutation(len(triangles))]
    points = _points(rng, vertices[triangles], offset, n_points)
    directions = _directions(rng, vertices[triangles], points, n_directions)
    points = _float32(_meeting(rng, vertices, points, directions))
    return Soup(vertices, triangles, points, _float32(unit(rng.normal(size=(n_points, 3)))), directions)


def unit(vectors: Array) -> Array:
    """Rows of length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _float32(values: Array) -> Array:
    return np.asarray(values).astype(np.float32).astype(np.float64)


def _corners(rng: np.random.Generator) -> list[Array]:
    """Triangles (n, 3, 3) about the origin by kind."""
    place = rng.uniform(-40.0, 40.0, (200, 1, 3)) * [1.0, 1.0, 0.4]
    ordinary = place[:70] + rng.normal(0.0, 6.0, (70, 3, 3))
    tiny = place[70:110] + rng.normal(0.0, 0.002, (40, 3, 3))
    huge = rng.normal(0.0, 2000.0, (4, 3, 3)) + [0.0, 0.0, -1500.0]
    along = unit(rng.normal(size=(25, 1, 3)))
    needles = place[110:135] + along * rng.uniform(-60.0, 60.0, (25, 3, 1)) + rng.normal(0.0, 1e-3, (25, 3, 3))
    on_line = place[135:150] + along[:15] * np.array([0.0, 5.0, 9.0])[:, None]
    twice = ordinary[:8][:, [0, 1, 1]]
    thrice = ordinary[8:12][:, [2, 2, 2]]
    # Overlapping triangles in one tilted plane.
    across, up = np.linalg.qr(rng.normal(size=(3, 2)))[0].T
    flat = rng.uniform(-30.0, 30.0, (20, 1, 2)) + rng.normal(0.0, 8.0, (20, 3, 2))
    coplanar = flat[..., :1] * across + flat[..., 1:] * up
    # A lattice of right angles: whole metres, so that rays along the axes meet edges and corners exactly.
    cell = np.array([[[0, 0, 0], [4, 0, 0], [4, 4, 0]], [[0, 0, 0], [4, 4, 0], [0, 4, 0]]], float)
    where = np.stack(np.meshgrid([-8, -4, 0, 4], [-8, -4, 0], [6], indexing="ij"), axis=-1).reshape(-1, 1, 1, 3)
    roof = (cell + where).reshape(-1, 3, 3)
    wall = (cell[..., [2, 0, 1]] + where * [1, 1, 0]).reshape(-1, 3, 3)[: len(roof) // 2]
    return [ordinary, tiny, huge, needles, on_line, twice, thrice, coplanar, roof, wall]


def _points(rng: np.random.Generator, corner: Array, offset: Array, n: int) -> Array:
    """A third on a half-metre lattice, a third anywhere, a third in or 1 cm off the planes of triangles."""
    third = n // 3
    lattice = rng.integers(-40, 40, (third, 3)) / 2.0 * [1.0, 1.0, 0.5] + offset
    anywhere = rng.uniform(-60.0, 60.0, (third, 3)) * [1.0, 1.0, 0.5] + offset
    chosen = corner[rng.integers(0, len(corner), n - 2 * third)]
    weights = rng.uniform(-0.5, 1.0, (len(chosen), 3, 1))
    weights[:, 2] = 1.0 - weights[:, 0] - weights[:, 1]
    normal = np.cross(chosen[:, 1] - chosen[:, 0], chosen[:, 2] - chosen[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    lift = normal / np.where(length > 0.0, length, 1.0) * rng.choice([0.0, 0.01, -0.01], (len(chosen), 1))
    return _float32(np.concatenate([lattice, anywhere, (weights * chosen).sum(axis=1) + lift]))


def _directions(rng: np.random.Generator, corner: Array, points: Array, n: int) -> Array:
    """n directions: the awkward ones first, then the sky, then a sun's path in steps of a degree."""
    axes = np.concatenate(
        [np.eye(3), -np.eye(3), [[0.6, 0.8, 0.0], [0.0, -0.6, 0.8], [-0.8, 0.0, 0.6], [1.0, -0.0, 0.0]]]
    )
    sides = corner[:, [1, 2, 0]] - corner
    sides = sides[np.linalg.norm(sides, axis=2) > 0.0]
    along = sides[rng.integers(0, len(sides), 16)]
    chosen = corner[rng.integers(0, len(corner), 16)]
    in_plane = (chosen[:, 1] - chosen[:, 0]) + rng.normal(size=(16, 1)) * (chosen[:, 2] - chosen[:, 0])
    in_plane = in_plane[np.linalg.norm(in_plane, axis=1) > 0.0]
    target = corner[rng.integers(0, len(corner), 20)]
    share = rng.choice([0.0, 0.5, 1.0], (20, 1))
    at_edges = target[:, 0] + share * (target[:, 1] - target[:, 0]) - points[rng.integers(0, len(points), 20)]
    at_edges = at_edges[np.linalg.norm(at_edges, axis=1) > 0.0]
    grazing = np.concatenate([rng.normal(size=(12, 2)), rng.normal(0.0, 1e-4, (12, 1))], axis=1)
    tiny_parts = rng.normal(size=(6, 3)) * 10.0 ** rng.integers(-40, 1, (6, 3))  # denormals among them
    sky = rng.normal(size=(30, 3))
    awkward = np.concatenate([along, in_plane, at_edges, grazing, tiny_parts, sky])
    awkward = np.concatenate([axes, unit(awkward)])
    hour = np.radians(np.arange(n - len(awkward)) - 50.0)
    sun = np.stack([-np.sin(hour), -0.6 * np.cos(hour), 0.8 * np.cos(hour) - 0.25], axis=1)
    sun[:, 2] = np.abs(sun[:, 2])
    return _float32(np.concatenate([awkward, unit(sun)]))


def _meeting(rng: np.random.Generator, vertices: Array, points: Array, directions: Array) -> Array:
    """The points, every fifth of them moved so that one of its rays passes through a vertex (to a rounding)."""
    moved = points.copy()
    rows = np.arange(0, len(points), 5)
    vertex = vertices[rng.integers(0, len(vertices), len(rows))]
    step = rng.integers(1, 60, (len(rows), 1)) / 2.0
    moved[rows] = vertex - step * directions[rng.integers(0, len(directions), len(rows))]
    return moved


class Solid(NamedTuple):
    """A closed, outward-oriented mesh: vertices (V, 3) [m], triangles (T, 3), and points (P, 3) [m] inside it."""

    vertices: Array
    triangles: npt.NDArray[np.int64]
    inside: Array


def boxed_lattice(cells: int = 6, shift: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Solid:
    """A cube of whole metres whose faces are cut into cells × cells squares of two triangles.

    Points stand on the whole and half metres inside: rays along axes and diagonals meet edges and corners exactly.
    """
    grid = np.arange(cells + 1, dtype=float)
    a, b = np.meshgrid(grid, grid, indexing="ij")
    faces, index = [], []
    i, j = (k.ravel() for k in np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij"))
    corner = i * (cells + 1) + j
    square = np.stack([corner, corner + cells + 1, corner + cells + 2, corner + 1], axis=1)
    for axis in range(3):
        for far in (0, 1):
            face = np.stack([np.full(a.size, float(far * cells)), a.ravel(), b.ravel()], axis=1)
            face = np.roll(face, axis, axis=1)  # the face's own axes stay a right-handed pair
            order = square if far else square[:, ::-1]
            first = len(faces) * a.size
            faces.append(face)
            index.append(np.concatenate([order[:, [0, 1, 2]], order[:, [0, 2, 3]]]) + first)
    vertices, merged = np.unique(np.concatenate(faces), axis=0, return_inverse=True)
    half = np.arange(0.5, cells, 0.5)
    inside = np.stack(np.meshgrid(half, half, half, indexing="ij"), axis=-1).reshape(-1, 3)
    return Solid(vertices + shift, merged[np.concatenate(index)], inside + shift)


def ball(subdivisions: int = 3, radius: float = 20.0, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Solid:
    """An octahedron subdivided onto a sphere, with points in a third of its radius."""
    vertices = np.concatenate([np.eye(3), -np.eye(3)])
    triangles = np.array([[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]])
    for _ in range(subdivisions):
        corner = vertices[triangles]
        middle = unit(corner + corner[:, [1, 2, 0]])
        parts = [(corner[:, 0], middle[:, 0], middle[:, 2]), (middle[:, 0], corner[:, 1], middle[:, 1])]
        parts += [(middle[:, 2], middle[:, 1], corner[:, 2]), (middle[:, 0], middle[:, 1], middle[:, 2])]
        stacked = np.concatenate([np.stack(part, axis=1) for part in parts])
        vertices, index = np.unique(stacked.round(12).reshape(-1, 3), axis=0, return_inverse=True)
        triangles = index.reshape(-1, 3)
    rng = np.random.default_rng(subdivisions)
    inside = rng.uniform(-1.0, 1.0, (200, 3)) / np.sqrt(3.0) * radius / 3.0
    return Solid(_float32(vertices * radius + centre), triangles, _float32(inside + centre))


def cavern(seed: int, cells: int = 14, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Solid:
    """A random terrain of 3 m cells as ceiling, another as floor, walls between: closed, with points in between."""
    rng = np.random.default_rng(seed)
    n = cells + 1
    x, y = np.meshgrid(np.arange(n) * 3.0, np.arange(n) * 3.0, indexing="ij")
    floor, ceiling = rng.uniform(-4.0, 0.0, (n, n)), rng.uniform(4.0, 9.0, (n, n))
    vertices = np.stack(
        [np.tile(x.ravel(), 2), np.tile(y.ravel(), 2), np.concatenate([floor.ravel(), ceiling.ravel()])], axis=1
    )
    i, j = (k.ravel() for k in np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij"))
    corner = i * n + j
    square = np.stack([corner, corner + n, corner + n + 1, corner + 1], axis=1)
    quads = [square[:, ::-1], square + n * n]
    rim = np.concatenate(
        [
            np.arange(n) * n,
            (n - 1) * n + np.arange(1, n),
            (np.arange(n - 2, -1, -1)) * n + n - 1,
            np.arange(n - 2, 0, -1),
        ]
    )
    after = np.roll(rim, -1)
    quads.append(np.stack([rim, after, after + n * n, rim + n * n], axis=1))
    turned = np.concatenate(quads)
    either = rng.random(len(turned)) < 0.5
    turned[either] = np.roll(turned[either], 1, axis=1)  # the other diagonal
    triangles = np.concatenate([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]])
    inside = rng.uniform([3.0, 3.0, 0.5], [3.0 * cells - 3.0, 3.0 * cells - 3.0, 3.5], (200, 3))
    return Solid(_float32(vertices + centre), triangles, _float32(inside + centre))


def slivers(seed: int, length: float, width: float) -> Soup:
    """Six slim triangles and six slim quads, each length × width [m] with quads bent by up to 0.5 mm, and clusters of
    64 points within millimetres of their planes: a packet each, as receivers of one surface are.

    The sign of a float32 hit distance is noise here over many millimetres (its error grows with length² / width), and
    a kernel that filters by planes has to know. Directions lie in the planes, or tilted by 1e-7 to 1e-2, or anywhere.
    """
    rng = np.random.default_rng(seed)
    corner = []
    for i in range(12):
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        bend, tip = (rng.choice([0.0, 5.0e-4]), 0.0) if i < 6 else (0.0, length * rng.random())
        flat = np.array([[0.0, 0.0, 0.0], [length, 0.0, 0.0], [length, width, bend], [tip, width, 0.0]])
        corner.append((flat - [length / 2.0, width / 2.0, 0.0]) @ turn + rng.uniform(-3.0, 3.0, 3))
    vertices = _float32(np.concatenate(corner))
    bent, slim = np.split(4 * np.arange(12)[:, None], 2)
    triangles = np.concatenate([bent + [0, 1, 2], bent + [0, 2, 3], slim + [0, 1, 3]])
    corner = vertices[triangles]
    normal = unit(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]))
    chosen = rng.integers(0, len(triangles), 10)
    foot = (rng.dirichlet(np.ones(3), 10)[..., None] * corner[chosen]).sum(axis=1)
    along = unit(corner[chosen, 1] - corner[chosen, 0])
    height = 10.0 ** rng.uniform(-5.0, -2.0, (10, 1, 1)) * rng.normal(size=(10, 64, 1))
    spread = rng.choice([0.02, 0.5, 5.0], (10, 1, 1)) * rng.normal(size=(10, 64, 1))
    points = foot[:, None] + spread * along[:, None] + height * normal[chosen][:, None]
    normals = np.repeat(normal[chosen] * rng.choice([-1.0, 1.0], (10, 1)), 64, axis=0)
    some = rng.integers(0, len(triangles), 50)
    in_plane = unit(corner[some, 1] - corner[some, 0] + rng.normal(size=(50, 1)) * (corner[some, 2] - corner[some, 0]))
    tilt = rng.choice([0.0, 1.0e-7, -1.0e-6, 1.0e-5, -1.0e-4, 1.0e-3, -1.0e-2], (50, 1))
    directions = np.concatenate([unit(in_plane + tilt * normal[some]), unit(rng.normal(size=(60, 3))), np.eye(3)])
    return Soup(vertices, triangles, _float32(points.reshape(-1, 3)), _float32(normals), _float32(directions))
