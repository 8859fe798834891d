"""The largest packing of equal rectangles with free positions on a fine grid, by integer programming (HiGHS).

One binary for each position of a lower left corner at which the rectangle lies inside the polygon; no cell of the grid
may be taken twice. Sides, gap and grid are whole multiples of the cell, so nothing is lost to rounding.
"""

from __future__ import annotations

import numpy as np
import shapely
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array


def most_modules(
    polygon: shapely.Geometry, width: int, depth: int, gap: int, cell_m: float, limit_s: float = 60.0
) -> tuple[int, bool]:
    """Largest number of upright rectangles of ``width`` × ``depth`` cells, and whether it is proven.

    Where the time runs out, the number is the proven upper bound.
    """
    west, south, east, north = polygon.bounds
    columns, rows = round((east - west) / cell_m), round((north - south) / cell_m)
    column, row = (a.ravel() for a in np.meshgrid(np.arange(columns - width + 1), np.arange(rows - depth + 1)))
    if not len(column):
        return 0, True
    box = shapely.box(
        west + column * cell_m, south + row * cell_m, west + (column + width) * cell_m, south + (row + depth) * cell_m
    )
    grown = polygon.buffer(1e-7)
    shapely.prepare(grown)
    fits = shapely.covers(grown, box)
    column, row = column[fits], row[fits]
    n = len(column)
    if not n:
        return 0, True
    across, up = (a.ravel() for a in np.meshgrid(np.arange(width + gap), np.arange(depth + gap)))
    taken = (column[:, None] + across) + (columns + gap) * (row[:, None] + up)
    variable = np.repeat(np.arange(n), taken.shape[1])
    cell = np.unique(taken.ravel(), return_inverse=True)[1]
    matrix = coo_array((np.ones(len(cell)), (cell, variable)), shape=(int(cell.max()) + 1, n)).tocsr()
    found = milp(
        -np.ones(n),
        constraints=LinearConstraint(matrix, -np.inf, 1.0),
        bounds=Bounds(0, 1),
        integrality=np.ones(n),
        options={"time_limit": limit_s},
    )
    if found.status == 0:
        return round(-found.fun), True
    bound = found.mip_dual_bound
    return (int(np.floor(-bound + 1e-6)), False) if bound is not None else (n, False)


CELL_M = 0.2
# A module of 1.0 × 1.6 m, no gap.
WIDTH, DEPTH = 5, 8


def best_packing(polygon: shapely.Geometry, limit_s: float = 30.0) -> tuple[int, bool]:
    """The better of portrait and landscape of a module of 1.0 × 1.6 m, and whether both are proven."""
    portrait = most_modules(polygon, WIDTH, DEPTH, 0, CELL_M, limit_s)
    landscape = most_modules(polygon, DEPTH, WIDTH, 0, CELL_M, limit_s)
    return max(portrait[0], landscape[0]), portrait[1] and landscape[1]


def small_shapes() -> dict[str, shapely.Polygon]:
    """Roofs as they occur, corners on the grid of 20 cm."""
    outlines: dict[str, list[tuple[float, float]]] = {
        "rectangle": [(0, 0), (9, 0), (9, 5), (0, 5)],
        "L": [(0, 0), (9, 0), (9, 3.4), (4.6, 3.4), (4.6, 8), (0, 8)],
        "narrow L": [(0, 0), (8, 0), (8, 3), (3, 3), (3, 7), (0, 7)],
        "hip": [(0, 0), (10, 0), (7, 5), (3, 5)],
        "hip end": [(0, 0), (9, 0), (4.4, 6)],
        "right triangle": [(0, 0), (7, 0), (7, 6)],
        "courtyard": [(0, 0), (9, 0), (9, 8), (0, 8)],
        "dormers": [(0, 0), (10, 0), (10, 6), (0, 6)],
        "notch": [(0, 0), (9, 0), (9, 5), (6, 5), (6, 3.2), (3.6, 3.2), (3.6, 5), (0, 5)],
        "T": [(0, 0), (3, 0), (3, 4), (7, 4), (7, 7), (-3, 7), (-3, 4), (0, 4)],
        "parallelogram": [(0, 0), (8, 0), (10, 5), (2, 5)],
        "tiny": [(0, 0), (2.6, 0), (2.6, 2.2), (0, 2.2)],
        "U": [(0, 0), (10, 0), (10, 7), (7, 7), (7, 3), (3, 3), (3, 6), (0, 6)],
        "irregular": [(0, 1), (4, 0), (9, 1.4), (8.4, 5), (5, 6.6), (1, 5.2)],
    }
    holes = {
        "courtyard": [[(3, 3), (6, 3), (6, 5.4), (3, 5.4)]],
        "dormers": [[(1.4, 1.4), (3, 1.4), (3, 3), (1.4, 3)], [(6, 1.4), (7.6, 1.4), (7.6, 3), (6, 3)]],
    }
    return {name: shapely.Polygon(outline, holes.get(name)) for name, outline in outlines.items()}


def random_shapes(count: int, seed: int = 1) -> dict[str, shapely.Polygon]:
    """Star-shaped polygons of 3 to 7 corners on the grid, and rectangles with a piece cut out."""
    random = np.random.default_rng(seed)
    out: dict[str, shapely.Polygon] = {}
    while len(out) < count:
        if len(out) % 3 == 0:
            shape = shapely.box(0, 0, *(random.integers(20, 40, 2) * CELL_M))
            corner = random.integers(0, 20, 2) * CELL_M
            shape = shape.difference(shapely.box(*corner, *(corner + random.integers(4, 20, 2) * CELL_M)))
        else:
            corners = random.integers(3, 8)
            turn = np.sort(random.uniform(0, 2 * np.pi, corners))
            reach = random.uniform(3, 6, corners)
            place = np.round(np.column_stack([reach * np.cos(turn), reach * np.sin(turn)]) / CELL_M) * CELL_M
            shape = shapely.Polygon(place)
        if shape.is_valid and shape.geom_type == "Polygon" and shape.area > 6.0:
            out[f"random {len(out)}"] = shape
    return out
