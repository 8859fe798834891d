"""The engine's side of the proof of reflections: a canyon, a court and rooms as little towns, run as jobs.

What lies inside is measured, part by part, with light followed over some bounces; more bounces take up the same folder,
so nothing is traced again. No sky reaches into a closed room: there the floor shines instead, by one unit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.config import check_job
from twin.operators import CellData
from twin.receivers import is_land
from twin.reflection.bounces import back_of
from twin.reflection.response import sent_back, shares_of
from twin.reflection.trace import sky_views
from twin.validate.district import MIDDLE, Place, traced
from twin.validate.enclosures import CEILING_ALBEDO, FLOOR_ALBEDO, WALL_ALBEDO
from twin.validate.towns import BASE_M, Block, turned, write_town

WIDTH_M, HEIGHT_M, LONG_M, THICK_M = 10.0, 10.0, 240.0, 15.0  # the canyon; and how thick every block is
COURT_M, COURT_HEIGHT_M = 12.0, 8.0
ROOM_M, ROOM_HEIGHT_M, HOLE_M = 24.0, 16.0, 12.0  # and the hole in an atrium's lid
FLOOR_M, LID_M = 1.0, 0.01  # a room's floor stands on the ground, its lid is thin
AZIMUTH_DEG = 25.0
MOST = 8  # bounces that a job follows


class Town(NamedTuple):
    """Blocks, and where their inside is: half its width and length [m], foot and head of it above the base [m]."""

    blocks: Callable[[], list[Block]]
    half_m: tuple[float, float]
    from_m: float
    to_m: float


class Lit(NamedTuple):
    """Receivers of one part: area (P,) [m²]; light from the sky, and reflected (P,) by number of bounces."""

    area_m2: NDArray[np.float64]
    sky: NDArray[np.float64]
    reflected: dict[int, NDArray[np.float64]]

    def mean(self, of: NDArray[np.float64]) -> float:
        """Mean over the area."""
        return float(np.average(of, weights=self.area_m2))

    def total(self, of: NDArray[np.float64]) -> float:
        """Sum over the area."""
        return float((of * self.area_m2).sum())


def measured(town: Town, folder: Path, spacing_m: float, patches: int, bounces: tuple[int, ...]) -> dict[str, Lit]:
    """What the parts of a town's inside get, per unit of the free horizontal under a uniform sky."""
    out: dict[str, Lit] = {}
    for count in bounces:
        for part, lit in inside(_run(town, folder, spacing_m, patches, count), town, count).items():
            out[part] = _beside(out.get(part), lit)
    return out


def shining(town: Town, folder: Path, spacing_m: float, bounces: int) -> dict[str, Lit]:
    """What the parts of a closed room get off each other after 1 … bounces, when its floor is lit by one unit.

    What each piece of the room gets from outside is put in by hand; everything after that is a job's.
    """
    place = _run(town, folder, spacing_m, 145, 1)
    out: dict[str, Lit] = {}
    cells = {cell: _floor_lit(data, place.optics.n_seasons) for cell, data in place.cells.items()}
    for count in range(1, bounces + 1):
        for part, lit in inside(place._replace(cells=cells), town, count).items():
            out[part] = _beside(out.get(part), lit._replace(sky=np.full(len(lit.sky), float(part == "floor"))))
        back = {cell: back_of(data, list(cells.values()), place.optics) for cell, data in cells.items()}
        cells = {cell: _with_back(data, back[cell]) for cell, data in cells.items()}
    return out


def _floor_lit(data: CellData, n_seasons: int) -> CellData:
    """A cell whose reflectors see no sun; those that face up get one unit of light, the others none."""
    reflectors = data.reflectors
    sky = np.zeros_like(reflectors.sky)
    sky[reflectors.normal[:, 2] > 0.9, :n_seasons] = 1.0
    return data._replace(reflectors=reflectors._replace(seen=np.zeros_like(reflectors.seen), sky=sky))


def _with_back(data: CellData, back: NDArray[np.float16]) -> CellData:
    return data._replace(reflectors=data.reflectors._replace(back=back))


def _run(town: Town, folder: Path, spacing_m: float, patches: int, bounces: int) -> Place:
    """A town as a job, which goes on where the folder has it already."""
    folder.mkdir(parents=True, exist_ok=True)
    city, table = write_town(folder / "town.city.json", town.blocks()), folder / "albedo.csv"
    albedos = {"WallSurface": WALL_ALBEDO, "RoofSurface": FLOOR_ALBEDO, "OuterCeilingSurface": CEILING_ALBEDO}
    lines = [f"{name},{albedo}" for name, albedo in albedos.items()]
    table.write_text("\n".join(["name,albedo", *lines, ""]), encoding="utf-8")
    options: dict[str, object] = {"cities": [city], "out": folder / "out", "sky": patches, "surface_albedo": table}
    options |= {"spacing_m": spacing_m, "ground_spacing_m": spacing_m, "ground_margin_m": 10.0, "albedo": FLOOR_ALBEDO}
    return traced(check_job({**options, "no_pv": True, "device": "cpu", "bounces": bounces}))


def _beside(before: Lit | None, lit: Lit) -> Lit:
    """Light of one more number of bounces beside what is known."""
    return lit if before is None else lit._replace(reflected={**before.reflected, **lit.reflected})


def inside(place: Place, town: Town, bounces: int) -> dict[str, Lit]:
    """What receivers inside get, when the job followed so many bounces."""
    found: dict[str, list[tuple[NDArray[np.float64], ...]]] = {}
    angle = np.radians(AZIMUTH_DEG)
    axes = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for data in place.cells.values():
        receivers, back = data.receivers, sent_back(data, place.optics).isotropic
        back = back.reshape(len(back), -1).sum(axis=1)  # over seasons, of which a town without trees has one
        local = (receivers.point[:, :2].astype(np.float64) + data.origin[:2] - np.array(MIDDLE)) @ axes.T
        above_m = receivers.point[:, 2].astype(np.float64) + data.origin[2] - BASE_M
        within = (np.abs(local) <= np.array(town.half_m) + 0.001).all(axis=1) & ~receivers.covered
        within &= (above_m > town.from_m - 0.1) & (above_m < town.to_m)
        up = receivers.normal[:, 2]
        is_floor = is_land(receivers.surface) | ((up > 0.9) & (town.from_m > 0.0))
        for part, rows in (("wall", np.abs(up) < 0.1), ("floor", is_floor), ("ceiling", up < -0.9)):
            row = np.flatnonzero(within & rows)
            if len(row):
                sky, area = sky_views(data, row, place.optics.sky), receivers.area_m2[row].astype(np.float64)
                found.setdefault(part, []).append((area, sky, np.asarray(shares_of(data, row) @ back)))
    out = {}
    for part, pieces in found.items():
        area, sky, reflected = (np.concatenate(column) for column in zip(*pieces, strict=True))
        out[part] = Lit(area, sky, {bounces: reflected})
    return out


def canyon_blocks() -> list[Block]:
    """Two long blocks beside a street."""
    half = WIDTH_M / 2
    sides = {"west": (-half - THICK_M, -half), "east": (half, half + THICK_M)}
    return [_block(name, (low, -LONG_M / 2), (high, LONG_M / 2), HEIGHT_M) for name, (low, high) in sides.items()]


def court_blocks() -> list[Block]:
    """Blocks that touch each other, around a square."""
    return [_block(name, low, high, COURT_HEIGHT_M) for name, (low, high) in _around(COURT_M / 2, THICK_M).items()]


def room_blocks() -> list[Block]:
    """The same around a low block that is the floor, under a lid."""
    half, top = ROOM_M / 2, FLOOR_M + ROOM_HEIGHT_M
    walls = [_block(name, low, high, top) for name, (low, high) in _around(half, THICK_M).items()]
    lid = _block("lid", (-half - 1.0, -half - 1.0), (half + 1.0, half + 1.0), LID_M, BASE_M + top)
    return [_block("floor", (-half, -half), (half, half), FLOOR_M), *walls, lid]


def atrium_blocks() -> list[Block]:
    """A room whose lid is slabs that leave a hole between them."""
    lid = _around(HOLE_M / 2, ROOM_M / 2 - HOLE_M / 2 + 1.0)
    top = BASE_M + FLOOR_M + ROOM_HEIGHT_M
    return [*room_blocks()[:-1], *(_block(f"lid {name}", low, high, LID_M, top) for name, (low, high) in lid.items())]


Box = tuple[tuple[float, float], tuple[float, float]]


def _around(half: float, thick: float) -> dict[str, Box]:
    """Eight boxes around a square of half a width, that touch each other and do not overlap: each side of the square is
    one face, as long as the square, so that receivers on it keep clear of the corners."""
    far = half + thick
    edge = {"-": (-far, -half), "o": (-half, half), "+": (half, far)}
    return {
        f"{a}{b}": ((edge[a][0], edge[b][0]), (edge[a][1], edge[b][1]))
        for a in edge
        for b in edge
        if (a, b) != ("o", "o")
    }


def _block(
    name: str, low: tuple[float, float], high: tuple[float, float], height_m: float, base_m: float = BASE_M
) -> Block:
    return Block(name, turned(MIDDLE, low, high, AZIMUTH_DEG), height_m, base_m)


CANYON = Town(canyon_blocks, (WIDTH_M / 2, 20.0), 0.0, HEIGHT_M)
COURT = Town(court_blocks, (COURT_M / 2, COURT_M / 2), 0.0, COURT_HEIGHT_M)
ROOM = Town(room_blocks, (ROOM_M / 2, ROOM_M / 2), FLOOR_M, FLOOR_M + ROOM_HEIGHT_M)
ATRIUM = ROOM._replace(blocks=atrium_blocks)
