"""Crowns of airborne laser scans (LAS, LAZ), classified or not.

Points go into tiles on multiples of 200 m; each tile is looked at with 40 m around it, and a tree belongs to the tile
that its top stands in. So a tree does not know where a file ends, in which order files were named, or what box a job
asks for. Its crown is the convex body about its points above the crown's base, parted from its neighbours'. Crowns are
not cut where they reach into a building: what happens inside one nobody sees.

Bodies that are no trees are dropped and counted: poles (lamps, masts), wires, sheets (banners, fences), what is mostly
smooth (roofs and cranes outside the model).

Oracle: synthetic scans of cones and houses, tests/twin/test_twin_vegetation_points.py.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from twin.vegetation import leaves, segment
from twin.vegetation.bare_ground import Height, ground_of
from twin.vegetation.bodies import convex_of_few, plan_area_m2
from twin.vegetation.crowns import LAS, Body, Crowns, Floats, Tree, crowns_of
from twin.vegetation.parting import parted
from twin.vegetation.tiles import TILE_M, Tiles

# Wider than any crown and than half the widest window of the ground's filter.
MARGIN_M = 40.0
# Neighbours of the trees that reach into the box are looked for this far out.
NEIGHBOUR_M = 30.0
FEWEST_POINTS = 10
# A pole is this much narrower than high; a wire or a sheet this much narrower than long.
POLE_SHARE, SHEET_SHARE = 0.08, 0.15
# A wire hangs high and is thin.
WIRE_DEPTH_M, WIRE_HEIGHT_M = 1.0, 6.0
# Twigs fill the plan of a crown, whatever the scan's density; girders, fences and edges of glass roofs do not.
CELL_M, EVEN_SHARE = 0.5, 0.7
# Of what stands in a tree's ground, as many points at least are leaves.
LEAFY_SHARE = 0.85
# The crown's base is where, from its thickest metre down, a metre first holds less than this share of that one.
THIN_SHARE = 0.15


class Scan(NamedTuple):
    """What the trees of every tile are looked for in."""

    tiles: Tiles
    classified: bool
    grown: NDArray[np.object_]  # footprints, wider by the eaves
    terrain: Height | None


class Found(NamedTuple):
    """One tree before it is parted from its neighbours."""

    body: Body
    tree: Tree
    top: tuple[float, float]
    ground_m: float


def crowns_of_points(
    paths: Sequence[Path],
    target: Crs,
    crs: str | None,
    footprints: NDArray[np.object_],
    ground: Height | None,
    low: Floats,
    high: Floats,
) -> Crowns:
    """Crowns of the trees that reach into a box.

    Parameters
    ----------
    paths
        LAS or LAZ files, or folders of them.
    target
        System of the scene: files in another are transformed.
    crs
        System of the files that name none.
    footprints : (F,)
        Buildings in plan, shapely polygons: where nobody has classified, no tree stands in them.
    ground
        Terrain height (N,) [m] at places (N, 2), NaN where there is none; asked where a scan has no class 2.
    low, high : (2,)
        The box [m].

    Raises
    ------
    TwinError
        For a file that cannot be read, or whose coordinate system neither it nor ``crs`` names.
    """
    import shapely

    low, high = np.asarray(low, float)[:2], np.asarray(high, float)[:2]
    first = np.floor((low - NEIGHBOUR_M) / TILE_M).astype(np.int64)
    last = np.floor((high + NEIGHBOUR_M) / TILE_M).astype(np.int64) + 1
    box = np.array([first * TILE_M - MARGIN_M, last * TILE_M + MARGIN_M], np.float64)
    counts: Counter[str] = Counter()
    found: list[Found] = []
    with tempfile.TemporaryDirectory(prefix="heliotwin-trees-") as folder:
        tiles = Tiles(Path(folder))
        tiles.fill(paths, target, crs, *box)
        grown = shapely.buffer(np.asarray(footprints, dtype=object), leaves.EAVES_M)
        scan = Scan(tiles, leaves.is_classified(tiles.kinds), grown, ground)
        for column in range(first[0], last[0]):
            for row in range(first[1], last[1]):
                found += _trees_of_tile(scan, column, row, counts)
    every, cut = _parted(found)
    counts["trees that their neighbours leave nothing"] = len(found) - len(every)
    lowest, highest = every.bounds()
    reaching = np.all((lowest[:, :2] <= high) & (highest[:, :2] >= low), axis=1)
    inside = every.take(np.asarray(reaching))
    report: dict[str, Any] = {"found": len(inside), "found around the box": len(every) - len(inside)}
    report |= {"vegetation": "classified by the producer" if scan.classified else "told by echoes and roughness"}
    report |= tiles.report | {name: count for name, count in sorted(counts.items()) if count}
    return replace(inside, report=report | cut)


def _parted(found: list[Found]) -> tuple[Crowns, dict[str, Any]]:
    """Crowns of trees, each cut back to its side of its neighbours, in the order of their tops; what that changed."""
    found = sorted(found, key=lambda item: item.top)
    cut = parted([item.body for item in found])
    bodies, trees = [], []
    for item, body in zip(found, cut.bodies, strict=True):
        if body is not None:
            bodies.append(body)
            trees.append(_measured(item, body))
    report = {
        "pairs of overlapping crowns": cut.pairs,
        "volume_m3": round(cut.after_m3, 1),
        "volume_cut_off_m3": round(cut.before_m3 - cut.after_m3, 1),
    }
    return crowns_of(bodies, trees, {}), report


def _trees_of_tile(scan: Scan, column: int, row: int, counts: Counter[str]) -> list[Found]:
    """Trees whose tops stand in a tile."""
    records = scan.tiles.around(column, row, MARGIN_M)
    low = np.array([column, row]) * TILE_M - MARGIN_M
    x, y = records["x"] - low[0] - MARGIN_M, records["y"] - low[1] - MARGIN_M
    if not ((x >= 0) & (x < TILE_M) & (y >= 0) & (y < TILE_M)).any():  # no top can stand here
        return []
    size_m = TILE_M + 2 * MARGIN_M
    # from the block's corner: single trees then have the same bits as large coordinates allow
    point = np.stack([records["x"] - low[0], records["y"] - low[1], records["z"]], axis=1)
    ground = ground_of(_shifted(point, low), records["kind"], low, size_m, scan.terrain)
    counts[f"tiles with ground from {ground.source}"] += 1
    above = point[:, 2] - ground.at(point[:, :2] + low)
    near = scan.grown[_near(scan.grown, low, low + size_m)]
    may = leaves.candidates(_shifted(point, low), above, (records["kind"], records["returns"]), scan.classified, near)
    point, above = point[may.row], above[may.row]
    cells = round(size_m / segment.STEP_M)
    height = segment.canopy(point[may.leafy, :2], above[may.leafy], np.zeros(2), cells)
    trees = segment.segments(height)
    cell = np.clip((point[:, :2] / segment.STEP_M).astype(np.int64), 0, cells - 1)
    owner = trees.label[cell[:, 1], cell[:, 0]] - 1
    counts["points above ground that belong to no tree"] += int((owner < 0).sum())
    top = (np.stack([trees.column, trees.row], axis=1) + 0.5) * segment.STEP_M
    own = np.asarray(np.all((top >= MARGIN_M) & (top < MARGIN_M + TILE_M), axis=1))
    order = np.argsort(owner, kind="stable")
    start = np.searchsorted(owner[order], np.arange(len(own) + 1))
    found = []
    for tree in np.flatnonzero(own):
        rows = order[start[tree] : start[tree + 1]]
        problem, points = _crown_points(point[rows], above[rows], may.leafy[rows])
        body = None if problem else convex_of_few(points)
        if body is None:
            counts[f"no tree: {problem or 'flat'}"] += 1
            continue
        place = top[tree] + low
        base_ground = float(np.median(point[rows, 2] - above[rows]))
        confidence = (0.8 if scan.classified else 0.7 * float(may.leafy[rows].mean())) * min(1.0, len(rows) / 100)
        body = Body(body.vertices + [*low, 0.0], body.triangles)
        name = f"tree_{place[0]:.2f}_{place[1]:.2f}"
        known = Tree(name, "", LAS, float(above[rows].max()), 0.0, 0.0, round(confidence, 3))
        found.append(Found(body, known, (float(place[0]), float(place[1])), base_ground))
    return found


def _shifted(point: Floats, low: Floats) -> Floats:
    return point + [*low, 0.0]


def _near(grown: NDArray[np.object_], low: Floats, high: Floats) -> NDArray[np.int64]:
    """Footprints that reach into a box, ascending."""
    import shapely

    if not len(grown):
        return np.zeros(0, np.int64)
    return np.sort(np.asarray(shapely.STRtree(grown).query(shapely.box(*low, *high)), np.int64))


def _crown_points(point: Floats, above_m: Floats, leafy: NDArray[np.bool_]) -> tuple[str, Floats]:
    """Points (M, 3) of a tree's crown, or why it is no tree."""
    if leafy.sum() < FEWEST_POINTS:
        return f"fewer than {FEWEST_POINTS} points", point
    if leafy.mean() < LEAFY_SHARE:
        return "smooth", point
    crown = leafy & (above_m >= _base_m(above_m[leafy]))
    points = point[crown]
    if len(points) < FEWEST_POINTS:
        return f"fewer than {FEWEST_POINTS} points", points
    plan = points[:, :2] - points[:, :2].mean(axis=0)
    narrow, wide = 4 * np.sqrt(np.maximum(np.linalg.eigvalsh(plan.T @ plan / len(plan)), 0.0))
    depth = float(np.ptp(points[:, 2]))
    if wide < POLE_SHARE * float(above_m.max()):
        return "a pole", points
    if depth < WIRE_DEPTH_M and float(above_m.max()) > WIRE_HEIGHT_M:
        return "a wire", points
    if narrow < SHEET_SHARE * wide:
        return "a sheet", points
    if _evenness(points[:, :2]) < EVEN_SHARE:
        return "a frame", points
    return "", points


def _evenness(plan: Floats) -> float:
    """Cells that points (M, 2) occupy, as a share of what points strewn over their outline would."""
    import shapely

    area = shapely.convex_hull(shapely.multipoints(plan)).area
    cells = max(area / CELL_M**2, 1.0)
    occupied = len(np.unique(np.floor(plan / CELL_M).astype(np.int64), axis=0))
    return float(occupied / (cells * -np.expm1(-len(plan) / cells)))


def _base_m(above_m: Floats) -> float:
    """Where the crown begins: from the thickest metre down to the first thin one."""
    first = int(leaves.LOWEST_M)
    count = np.bincount(above_m.astype(np.int64) - first)
    thickest = int(np.argmax(count))
    thin = np.flatnonzero(count[:thickest] < THIN_SHARE * count[thickest])
    return float(first + (thin[-1] + 1 if len(thin) else 0))


def _measured(item: Found, body: Body) -> Tree:
    """The tree with the measures of its parted crown."""
    area = plan_area_m2(body)
    return item.tree._replace(
        base_m=max(0.0, float(body.vertices[:, 2].min()) - item.ground_m), diameter_m=2 * float(np.sqrt(area / np.pi))
    )
