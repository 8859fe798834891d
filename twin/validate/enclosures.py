"""Radiosity solved directly: the exact side of a canyon, of a court open to the sky, and of a closed room with a hole.

    canyon  two parallel walls, endless: strips of walls and floor, view factors from angles (Hottel's crossed strings)
    rooms   boxes whose faces are cut into cells, view factors by Lambert's sum over a polygon's edges (Baum, Rushmeier
            & Winget 1989, doi:10.1145/74333.74367)

All under a uniform sky that gives one unit to the free horizontal; faces are diffuse. E = E⁰ + F·diag(ρ)·E, solved at
once for all bounces, or followed bounce by bounce.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WALL_ALBEDO, FLOOR_ALBEDO, CEILING_ALBEDO = 0.3, 0.4, 0.5
ALBEDO = {"wall": WALL_ALBEDO, "floor": FLOOR_ALBEDO, "ceiling": CEILING_ALBEDO}
# Cells of a room that are looked from at a time: 64 × 3,400 × 4 corners × 3 × 8 bytes = 21 MB.
BLOCK = 64


class Enclosure(NamedTuple):
    """N cells that see each other, and the sky through an opening."""

    part: NDArray[np.str_]  # (N,) wall, floor or ceiling
    area_m2: NDArray[np.float64]  # (N,)
    sky: NDArray[np.float64]  # (N,) what each gets of the sky: its view factor
    between: NDArray[np.float64]  # (N, N) view factors from each to each

    @property
    def albedo(self) -> NDArray[np.float64]:
        """(N,) of each cell."""
        return np.array([ALBEDO[part] for part in self.part.tolist()])

    def after(self, bounces: int) -> NDArray[np.float64]:
        """What each cell (N,) gets off the others when light is followed over so many bounces."""
        light, out = self.sky, np.zeros(len(self.sky))
        for _ in range(bounces):
            light = self.between @ (self.albedo * light)
            out += light
        return out

    def in_the_end(self) -> NDArray[np.float64]:
        """The same over all bounces that there are, solved at once."""
        every = np.linalg.solve(np.eye(len(self.sky)) - self.between * self.albedo, self.sky)
        return np.asarray(every - self.sky)

    def means(self, light: NDArray[np.float64]) -> dict[str, float]:
        """Mean light (N,) of each part, over its area."""
        rows = {part: self.part == part for part in np.unique(self.part).tolist()}
        return {part: float(np.average(light[own], weights=self.area_m2[own])) for part, own in rows.items()}


def canyon(width_m: float, height_m: float, strips: int) -> Enclosure:
    """An endless canyon: one wall, which sees its like, and the floor; each metre of its length."""
    edge_x, edge_y = np.linspace(0.0, width_m, strips + 1), np.linspace(0.0, height_m, strips + 1)
    x, y = (edge_x[1:] + edge_x[:-1]) / 2, (edge_y[1:] + edge_y[:-1]) / 2
    wall_sky = (1.0 - (height_m - y) / np.hypot(height_m - y, width_m)) / 2
    floor_sky = (x / np.hypot(x, height_m) + (width_m - x) / np.hypot(width_m - x, height_m)) / 2
    rise = edge_y - y[:, None]
    wall_to_wall = np.diff(rise / np.hypot(rise, width_m), axis=1) / 2
    wall_to_floor = np.diff(-y[:, None] / np.hypot(y[:, None], edge_x), axis=1) / 2
    floor_to_wall = np.diff(-x[:, None] / np.hypot(x[:, None], edge_y), axis=1) / 2
    # Both walls get the same: what one sends the floor, the other sends too, mirrored; their strips are one unknown.
    both_walls = floor_to_wall + floor_to_wall[::-1]
    between = np.block([[wall_to_wall, wall_to_floor], [both_walls, np.zeros((strips, strips))]])
    part = np.repeat(["wall", "floor"], strips)
    area = np.concatenate([np.full(strips, 2.0 * height_m / strips), np.full(strips, width_m / strips)])
    return Enclosure(part, area, np.concatenate([wall_sky, floor_sky]), between)


class Cells(NamedTuple):
    """Faces of a room as cells: middle, normal (N, 3), corners (N, 4, 3), area (N,), face (N,): 0 floor, 1 … 4 walls,
    5 ceiling."""

    middle: NDArray[np.float64]
    normal: NDArray[np.float64]
    corner: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    face: NDArray[np.int64]


def room_cells(width_m: float, height_m: float, along: int, hole_m: float) -> Cells:
    """Floor, walls and ceiling of a square room, each cut into ``along`` × ``along``, seen from inside; the ceiling has
    a square hole in its middle, whose edge is one of cells."""
    a, h = width_m, height_m
    origin = np.array([[0, 0, 0], [0, 0, 0], [a, 0, 0], [a, a, 0], [0, a, 0], [0, 0, h]], float)
    first = np.array([[a, 0, 0], [a, 0, 0], [0, a, 0], [-a, 0, 0], [0, -a, 0], [a, 0, 0]], float)
    second = np.array([[0, a, 0], *[[0, 0, h]] * 4, [0, a, 0]], float)
    inward = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [1, 0, 0], [0, 0, -1]], float)
    s, t = (edge.ravel() for edge in np.meshgrid(np.arange(along) / along, np.arange(along) / along))
    step = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) / along
    parts = []
    for number in range(len(origin)):
        place = origin[number] + (s[:, None, None] + step[:, :1]) * first[number]
        corner = place + (t[:, None, None] + step[:, 1:]) * second[number]
        area = np.full(len(s), np.linalg.norm(first[number]) * np.linalg.norm(second[number]) / along**2)
        normal = np.tile(inward[number], (len(s), 1))
        parts.append(Cells(corner.mean(axis=1), normal, corner, area, np.full(len(s), number)))
    cells = Cells(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    inside = (np.abs(cells.middle[:, :2] - a / 2) < hole_m / 2).all(axis=1)
    keep = (cells.face != len(origin) - 1) | ~inside
    return Cells(*(column[keep] for column in cells))


def room(width_m: float, height_m: float, along: int, hole_m: float) -> Enclosure:
    """A square room under the sky, which it sees through the hole in its ceiling; without a ceiling where the hole is
    as wide as the room."""
    cells = room_cells(width_m, height_m, along, hole_m)
    low, high = (width_m - hole_m) / 2, (width_m + hole_m) / 2
    h = height_m
    hole = np.array([[[low, low, h], [high, low, h], [high, high, h], [low, high, h]]])
    between, sky = np.zeros((len(cells.face), len(cells.face))), np.zeros(len(cells.face))
    for first in range(0, len(sky), BLOCK):
        part = slice(first, first + BLOCK)
        between[part] = view_of_polygon(cells.middle[part], cells.normal[part], cells.corner)
        sky[part] = view_of_polygon(cells.middle[part], cells.normal[part], hole)[:, 0]
    # A cell does not see its own face: the sum is of an edge-on polygon there, and not exactly nothing.
    between[cells.face[:, None] == cells.face] = 0.0
    sky[cells.face == 5] = 0.0
    name = np.array(["floor", *["wall"] * 4, "ceiling"])
    return Enclosure(name[cells.face], cells.area_m2, sky, between)


def shining(width_m: float, height_m: float, along: int) -> Enclosure:
    """A square room without any opening, whose floor is lit by one unit from somewhere."""
    closed = room(width_m, height_m, along, 0.0)
    return closed._replace(sky=(closed.part == "floor").astype(np.float64))


def view_of_polygon(
    point: NDArray[np.float64], normal: NDArray[np.float64], corner: NDArray[np.float64]
) -> NDArray[np.float64]:
    """View factor (P, N) from level pieces at points (P, 3) to polygons (N, 4, 3) wholly in front of them.

    Lambert's sum of an edge's angle times the cosine between the piece's normal and the edge's plane.
    """
    out = np.zeros((len(point), len(corner)))
    for k in range(4):
        a = corner[None, :, k] - point[:, None]
        b = corner[None, :, (k + 1) % 4] - point[:, None]
        across = np.cross(a, b)
        size = np.linalg.norm(across, axis=2)
        angle = np.arctan2(size, (a * b).sum(axis=2))
        lean = (across * normal[:, None]).sum(axis=2)
        out += np.where(size > 0.0, angle * lean / np.maximum(size, 1e-300), 0.0)
    return np.abs(out) / (2.0 * np.pi)
