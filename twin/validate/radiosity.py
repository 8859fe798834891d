"""Light reflected once between walls and floor, beside radiosity solved directly: a canyon and a court.

    canyon  two parallel walls, far longer than wide: strips of walls and floor, view factors from angles (Hottel's
            crossed strings)
    court   a box open to the sky: cells of walls and floor, view factors by Lambert's sum over a polygon's edges
            (Baum, Rushmeier & Winget 1989, doi:10.1145/74333.74367)

Both under a uniform sky that gives one unit to the free horizontal. The engine goes the way of a job, city file and
all, with its own reflectors; the other side knows the shapes alone. Of the court the energy is balanced: what enters by
the top is what walls and floor get, and what they send back they get again or it leaves.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.config import check_job
from twin.receivers import is_land
from twin.reflection.response import sent_back, shares_of
from twin.reflection.trace import sky_views
from twin.validate.district import MIDDLE, Place, traced
from twin.validate.table import Asked, Row, Seconds, Table, near, stated
from twin.validate.towns import BASE_M, Block, turned, write_town

NAME = "radiosity"
BOUND = 0.01
WIDTH_M, HEIGHT_M, LONG_M, THICK_M = 10.0, 10.0, 240.0, 15.0
COURT_M, COURT_HEIGHT_M = 12.0, 8.0
WALL_ALBEDO, FLOOR_ALBEDO = 0.3, 0.4
AZIMUTH_DEG = 25.0
STRIPS, CELLS = 400, 24
FEW_CELLS = 12  # 0.3 % off


class Lit(NamedTuple):
    """Receivers of one kind: area (P,) [m²]; from the sky, reflected once (P,), per unit of the free horizontal."""

    area_m2: NDArray[np.float64]
    sky: NDArray[np.float64]
    reflected: NDArray[np.float64]

    def mean(self, of: NDArray[np.float64]) -> float:
        """Mean over the area."""
        return float((of * self.area_m2).sum() / self.area_m2.sum())


def canyon_exactly() -> dict[str, float]:
    """Mean light reflected once on wall and floor of an endless canyon."""
    edge_x, edge_y = np.linspace(0.0, WIDTH_M, STRIPS + 1), np.linspace(0.0, HEIGHT_M, STRIPS + 1)
    x, y = (edge_x[1:] + edge_x[:-1]) / 2, (edge_y[1:] + edge_y[:-1]) / 2
    wall_sky = (1.0 - (HEIGHT_M - y) / np.hypot(HEIGHT_M - y, WIDTH_M)) / 2
    floor_sky = (x / np.hypot(x, HEIGHT_M) + (WIDTH_M - x) / np.hypot(WIDTH_M - x, HEIGHT_M)) / 2
    rise = edge_y - y[:, None]
    wall_to_wall = np.diff(rise / np.hypot(rise, WIDTH_M), axis=1) / 2
    wall_to_floor = np.diff(-y[:, None] / np.hypot(y[:, None], edge_x), axis=1) / 2
    floor_to_wall = np.diff(-x[:, None] / np.hypot(x[:, None], edge_y), axis=1) / 2
    wall = WALL_ALBEDO * wall_to_wall @ wall_sky + FLOOR_ALBEDO * wall_to_floor @ floor_sky
    return {"wall": float(wall.mean()), "floor": float((2.0 * WALL_ALBEDO * floor_to_wall @ wall_sky).mean())}


class Cells(NamedTuple):
    """Faces of the court as cells: middle, normal (N, 3), corners (N, 4, 3), area (N,), whether floor (N,)."""

    middle: NDArray[np.float64]
    normal: NDArray[np.float64]
    corner: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    is_floor: NDArray[np.bool_]


def court_cells(along: int) -> Cells:
    """Floor and four walls of the court, each cut into ``along`` × ``along``, seen from inside."""
    a, h = COURT_M, COURT_HEIGHT_M
    origin = np.array([[0, 0, 0], [0, 0, 0], [a, 0, 0], [a, a, 0], [0, a, 0]], float)
    first = np.array([[a, 0, 0], [a, 0, 0], [0, a, 0], [-a, 0, 0], [0, -a, 0]], float)
    second = np.array([[0, a, 0], *[[0, 0, h]] * 4], float)
    inward = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [1, 0, 0]], float)
    s, t = (edge.ravel() for edge in np.meshgrid(np.arange(along) / along, np.arange(along) / along))
    step = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) / along
    parts = []
    for number in range(5):
        place = origin[number] + (s[:, None, None] + step[:, :1]) * first[number]
        corner = place + (t[:, None, None] + step[:, 1:]) * second[number]
        area = np.full(len(s), np.linalg.norm(first[number]) * np.linalg.norm(second[number]) / along**2)
        normal = np.tile(inward[number], (len(s), 1))
        parts.append(Cells(corner.mean(axis=1), normal, corner, area, np.full(len(s), number == 0)))
    return Cells(*(np.concatenate(column) for column in zip(*parts, strict=True)))


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


def court_exactly(along: int) -> tuple[dict[str, float], float]:
    """Mean light reflected once on wall and floor, and how much more all further reflections give, as a share of it."""
    cells, a, h = court_cells(along), COURT_M, COURT_HEIGHT_M
    top = np.array([[[0, 0, h], [a, 0, h], [a, a, h], [0, a, h]]], float)
    sky = view_of_polygon(cells.middle, cells.normal, top)[:, 0]
    albedo = np.where(cells.is_floor, FLOOR_ALBEDO, WALL_ALBEDO)
    between = np.concatenate(
        [
            view_of_polygon(cells.middle[k : k + 64], cells.normal[k : k + 64], cells.corner)
            for k in range(0, len(sky), 64)
        ]
    )
    # A cell does not see its own face: the sum is of an edge-on polygon there, and not exactly nothing.
    face = np.arange(len(sky)) // along**2
    between[face[:, None] == face] = 0.0
    once = between @ (albedo * sky)
    every = np.linalg.solve(np.eye(len(sky)) - between * albedo, sky) - sky
    means = {}
    for name, rows in (("wall", ~cells.is_floor), ("floor", cells.is_floor)):
        means[name] = float((once * cells.area_m2)[rows].sum() / cells.area_m2[rows].sum())
    return means, float((every * cells.area_m2).sum() / (once * cells.area_m2).sum() - 1.0)


def canyon(folder: Path, spacing_m: float, patches: int) -> Place:
    """The engine's canyon."""
    half = WIDTH_M / 2
    sides = {"west": (-half - THICK_M, -half), "east": (half, half + THICK_M)}
    blocks = [
        Block(name, turned(MIDDLE, (low, -LONG_M / 2), (high, LONG_M / 2), AZIMUTH_DEG), HEIGHT_M)
        for name, (low, high) in sides.items()
    ]
    return _place(folder, blocks, spacing_m, patches)


def court(folder: Path, spacing_m: float, patches: int) -> Place:
    """The engine's court: four blocks that touch each other."""
    half = COURT_M / 2
    far = half + THICK_M
    boxes = {
        "west": ((-far, -far), (-half, far)),
        "east": ((half, -far), (far, far)),
        "south": ((-half, -far), (half, -half)),
        "north": ((-half, half), (half, far)),
    }
    blocks = [Block(k, turned(MIDDLE, low, high, AZIMUTH_DEG), COURT_HEIGHT_M) for k, (low, high) in boxes.items()]
    return _place(folder, blocks, spacing_m, patches)


def _place(folder: Path, blocks: list[Block], spacing_m: float, patches: int) -> Place:
    folder.mkdir(parents=True, exist_ok=True)
    city, table = write_town(folder / "town.city.json", blocks), folder / "albedo.csv"
    table.write_text(f"name,albedo\nWallSurface,{WALL_ALBEDO}\n", encoding="utf-8")
    options: dict[str, object] = {"cities": [city], "out": folder / "out", "sky": patches, "surface_albedo": table}
    options |= {"spacing_m": spacing_m, "ground_spacing_m": spacing_m, "ground_margin_m": 10.0, "albedo": FLOOR_ALBEDO}
    return traced(check_job({**options, "no_pv": True, "device": "cpu"}))


def inside(place: Place, half: tuple[float, float]) -> dict[str, Lit]:
    """What receivers within half a width and half a length of the middle get, on walls and on land."""
    found: dict[str, list[Lit]] = {"wall": [], "floor": []}
    angle = np.radians(AZIMUTH_DEG)
    axes = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for data in place.cells.values():
        receivers, back = data.receivers, sent_back(data, place.optics).isotropic
        back = back.reshape(len(back), -1).sum(axis=1)  # over seasons, of which a town without trees has one
        local = (receivers.point[:, :2].astype(np.float64) + data.origin[:2] - np.array(MIDDLE)) @ axes.T
        within = (np.abs(local) <= np.array(half) + 0.001).all(axis=1) & ~receivers.covered
        within &= receivers.point[:, 2] + data.origin[2] < BASE_M + max(HEIGHT_M, COURT_HEIGHT_M)
        land = is_land(receivers.surface)
        for name, rows in (("wall", within & ~land & (np.abs(receivers.normal[:, 2]) < 0.1)), ("floor", within & land)):
            row = np.flatnonzero(rows)
            if len(row):
                sky = sky_views(data, row, place.optics.sky)
                area = receivers.area_m2[row].astype(np.float64)
                found[name].append(Lit(area, sky, np.asarray(shares_of(data, row) @ back)))
    return {name: Lit(*(np.concatenate(c) for c in zip(*parts, strict=True))) for name, parts in found.items()}


def radiosity(asked: Asked) -> Table:
    """Canyon and court; coarser where it is to be small."""
    spacing, patches = (1.0, 577) if asked.smoke else (0.5, 2305)
    seconds, rows = Seconds(), list[Row]()
    with tempfile.TemporaryDirectory() as name:
        with seconds.spent("heliotwin"):
            street = inside(canyon(Path(name) / "canyon", spacing, patches), (WIDTH_M / 2, 20.0))
            box = inside(court(Path(name) / "court", spacing, patches), (COURT_M / 2, COURT_M / 2))
        with seconds.spent("radiosity"):
            exact_street, (exact_box, more) = canyon_exactly(), court_exactly(FEW_CELLS if asked.smoke else CELLS)
    bound = 2.0 * BOUND if asked.smoke else BOUND
    for where, found, exact in (("two walls", street, exact_street), ("court", box, exact_box)):
        for part in ("wall", "floor"):
            mean = found[part].mean(found[part].reflected)
            rows.append(near(f"{where}, {part}, reflected once", mean, exact[part], bound, "1", "radiosity"))
    rows += balance(box, bound)
    rows.append(stated("court: all further reflections, by the first", 100.0 * more, "%", "radiosity"))
    return Table(
        name=NAME,
        title="Reflected light against radiosity solved directly",
        rows=tuple(rows),
        notes=(
            f"Per unit of a free horizontal under a uniform sky; albedo {WALL_ALBEDO:g} of walls, {FLOOR_ALBEDO:g} of "
            f"floors; streets and court lie towards {AZIMUTH_DEG:g}°; receivers of {spacing:g} m, {patches} patches.",
            f"The canyon is {WIDTH_M:g} m wide, {HEIGHT_M:g} m high and {LONG_M:g} m long, of which the middle 40 m "
            f"count; the court is {COURT_M:g} m wide and {COURT_HEIGHT_M:g} m deep.",
        ),
        seconds=seconds.of,
    )


def balance(box: dict[str, Lit], bound: float) -> list[Row]:
    """What enters the court beside what its faces get; what they send back beside what arrives again or leaves."""
    entering = COURT_M**2
    got = sum(float((lit.sky * lit.area_m2).sum()) for lit in box.values())
    sent, again, leaves = 0.0, 0.0, 0.0
    for name, lit in box.items():
        each = (FLOOR_ALBEDO if name == "floor" else WALL_ALBEDO) * lit.sky * lit.area_m2
        sent += float(each.sum())
        leaves += float((each * lit.sky).sum())
        again += float((lit.reflected * lit.area_m2).sum())
    return [
        near("court: enters by the top, arrives on the faces", got, entering, bound, "m²", "energy"),
        near("court: sent back, arrives again or leaves", again + leaves, sent, bound, "m²", "energy"),
        stated("court: of which it leaves", leaves, "m²", "energy"),
    ]
