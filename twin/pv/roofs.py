"""What of a surface modules may use: its polygon less the distance from its edges and from what stands on it.

Obstacles are holes; other roofs that lie above this one (dormers, parts that rise through it, canopies); windows and
doors in its plane; and what the model has as installations (chimneys, balconies). They are looked for in the whole
model, so a neighbour's part counts as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel, SurfaceKind, root_objects
from twin.grouping import rows_by_group
from twin.pv.config import Layout
from twin.pv.planes import Drawings, dot, dropped, polygons
from twin.scene import Scene, surface_bounds

# Another roof is in the way where it lies higher.
ABOVE_M = 0.05
# Roofs that share less have a border in common, no more.
LEAST_OVERLAP_M2 = 0.01
# Steeper than 87° a roof covers nothing in plan.
LEAST_RISE = 0.05
# An opening belongs to the surface in whose plane it lies: so near, and looking the same way within 45°.
IN_PLANE_M = 0.5
PARALLEL = 0.7


class Obstacles(NamedTuple):
    """Shapes in the way, drawn, and the drawing that each lies in."""

    row: NDArray[np.intp]
    shape: NDArray[np.object_]


def usable_areas(
    model: CityModel, scene: Scene, drawing: Drawings, facade: NDArray[np.bool_], layout: Layout
) -> NDArray[np.object_]:
    """Shapes (N,) that modules may use in each drawing; empty where nothing is left.

    Parameters
    ----------
    facade : (N,)
        Which of the drawings are façades.
    """
    import shapely

    outline = polygons(model, drawing.surface, drawing.base, drawing.x, drawing.y)
    edge = np.where(facade, layout.facade_edge_m, np.where(drawing.flat, layout.flat_edge_m, layout.edge_m))
    # Mitred corners: few vertices, and never nearer than the distance.
    free = shapely.buffer(outline, -edge, join_style="mitre")
    found = [_holes(outline), _higher_roofs(model, scene, drawing, facade), *_attached(model, scene, drawing, facade)]
    row = np.concatenate([part.row for part in found])
    grown = shapely.buffer(np.concatenate([part.shape for part in found]), layout.obstacle_m, join_style="mitre")
    for number, members in rows_by_group(row):
        free[number] = shapely.difference(free[number], shapely.union_all(grown[members]))
    return np.asarray(free)


def knows_openings(model: CityModel) -> NDArray[np.bool_]:
    """(S,) surfaces of buildings whose windows or doors the model has."""
    building = root_objects(model.objects)[model.object]
    opening = np.isin(model.kind, (SurfaceKind.WINDOW, SurfaceKind.DOOR))
    return np.isin(building, building[opening])


def _holes(outline: NDArray[np.object_]) -> Obstacles:
    import shapely

    part, row = shapely.get_parts(outline, return_index=True)
    ring, owner = shapely.get_rings(part, return_index=True)
    inner = np.diff(owner, prepend=-1) == 0
    return Obstacles(row[owner[inner]], np.asarray(shapely.polygons(ring[inner]), dtype=object))


def _higher_roofs(model: CityModel, scene: Scene, drawing: Drawings, facade: NDArray[np.bool_]) -> Obstacles:
    """Parts of other roofs that lie above a roof, straight down on it."""
    import shapely

    covering = scene.receives & (model.kind == SurfaceKind.ROOF) & (scene.normal[:, 2] > LEAST_RISE)
    others = np.flatnonzero(covering).astype(np.int32)
    roof = np.flatnonzero(~facade)
    plan = _in_plan(model, others)
    own = _in_plan(model, drawing.surface[roof])
    i, j = shapely.STRtree(plan).query(own)
    bounds = surface_bounds(model)
    a, b = drawing.surface[roof[i]], others[j]
    keep = (a != b) & (bounds.high[b, 2] > bounds.low[a, 2] + ABOVE_M)
    i, j = i[keep], j[keep]
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    shared = shapely.intersection(own[i], plan[j])
    large = shapely.area(shared) > LEAST_OVERLAP_M2
    row, other, shared = roof[i[large]], others[j[large]], shared[large]
    step = _steps(model, scene, drawing, row, other)
    shape = np.array([_above(*pair) for pair in zip(shared, step, strict=True)], dtype=object)
    some = ~shapely.is_empty(shape)
    return Obstacles(row[some], dropped(drawing, row[some], shape[some]))


def _in_plan(model: CityModel, surfaces: NDArray[np.int32]) -> NDArray[np.object_]:
    count = len(surfaces)
    axes = np.eye(3)
    return polygons(model, surfaces, np.zeros((count, 3)), *(np.repeat(axes[k : k + 1], count, axis=0) for k in (0, 1)))


def _steps(
    model: CityModel, scene: Scene, drawing: Drawings, row: NDArray[np.intp], other: NDArray[np.int32]
) -> NDArray[np.float64]:
    """(M, 3) a, b, c: at a place in plan a surface lies a·x + b·y + c [m] above the one of a drawing."""
    out = np.zeros((len(row), 3))
    corner = model.coords[model.ring_start[model.surface_ring[other]]]
    below = drawing.base[row] + drawing.lift[row, 0]
    for sign, normal, point in ((1.0, scene.normal[other], corner), (-1.0, drawing.normal[row], below)):
        slope = -normal[:, :2] / normal[:, 2:]
        out[:, :2] += sign * slope
        out[:, 2] += sign * (point[:, 2] - slope[:, 0] * point[:, 0] - slope[:, 1] * point[:, 1])
    return out


def _above(shape: object, step: NDArray[np.float64]) -> object:
    """The part of a shape in plan where a·x + b·y + c exceeds the least height."""
    import shapely

    coords = shapely.get_coordinates(shape)
    rise = step[0] * coords[:, 0] + step[1] * coords[:, 1] + step[2] - ABOVE_M
    if (rise > 0).all():
        return shape
    if not (rise > 0).any():
        return shapely.Polygon()
    # A square about the shape, on the border's upper side.
    steep = float(np.hypot(step[0], step[1]))
    uphill = step[:2] / steep
    middle = coords.mean(axis=0)
    away = (step[0] * middle[0] + step[1] * middle[1] + step[2] - ABOVE_M) / steep
    reach = float(np.abs(coords - middle).sum(axis=1).max()) + abs(away)
    along = np.array([-uphill[1], uphill[0]])
    foot = middle - away * uphill
    square = shapely.Polygon(
        [
            foot - reach * along,
            foot + reach * along,
            foot + reach * (along + 2 * uphill),
            foot - reach * (along - 2 * uphill),
        ]
    )
    return shapely.intersection(shape, square)


def _attached(
    model: CityModel, scene: Scene, drawing: Drawings, facade: NDArray[np.bool_]
) -> tuple[Obstacles, Obstacles]:
    """Openings in the plane of a surface, and installations on it, of the same building."""
    building = root_objects(model.objects)[model.object]
    opening = np.isin(model.kind, (SurfaceKind.WINDOW, SurfaceKind.DOOR))
    installed = np.array([item.type.endswith("Installation") for item in model.objects], bool)
    installation = installed[model.object] if len(model.kind) else np.zeros(0, bool)
    out = []
    for chosen, draw in ((opening, _openings), (installation & ~opening, _installations)):
        faces = {number: np.flatnonzero(chosen)[rows] for number, rows in rows_by_group(building[chosen])}
        row, shape = [], []
        for number, surface in enumerate(drawing.surface):
            near = faces.get(int(building[surface]))
            if near is not None and not chosen[surface]:
                found = draw(model, scene, drawing, number, near, bool(facade[number]))
                row += [number] * len(found)
                shape += found
        out.append(Obstacles(np.array(row, np.intp), np.array(shape, dtype=object)))
    return out[0], out[1]


def _openings(
    model: CityModel, scene: Scene, drawing: Drawings, row: int, faces: NDArray[np.intp], facade: bool
) -> list[object]:
    """Hulls of openings in the plane of a drawing."""
    same_way = np.abs(dot(scene.normal[faces], drawing.normal[row][None])) > PARALLEL
    out = []
    for face in faces[same_way]:
        drawn, height = _face(model, drawing, row, face)
        if abs(float(height.mean())) < IN_PLANE_M:
            out.append(_hull(drawn))
    return out


def _installations(
    model: CityModel, scene: Scene, drawing: Drawings, row: int, faces: NDArray[np.intp], facade: bool
) -> list[object]:
    """Hulls of faces that stand out of a façade, or stand above a roof straight down on it."""
    import shapely

    out = []
    for face in faces:
        drawn, height = _face(model, drawing, row, face)
        if height.max() <= ABOVE_M:
            continue
        if not facade:
            plan = shapely.multipoints(_corners(model, face)[:, :2])
            drawn = shapely.get_coordinates(dropped(drawing, np.array([row]), np.array([plan], dtype=object)))
        elif height.min() >= IN_PLANE_M:
            continue
        out.append(_hull(drawn))
    return out


def _hull(drawn: NDArray[np.float64]) -> object:
    import shapely

    return shapely.convex_hull(shapely.multipoints(drawn))


def _corners(model: CityModel, face: np.integer) -> NDArray[np.float64]:
    ring = model.surface_ring[face]
    return model.coords[model.ring_start[ring] : model.ring_start[ring + 1]]


def _face(
    model: CityModel, drawing: Drawings, row: int, face: np.integer
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A face's corners (K, 2) perpendicular onto a drawing, and their heights (K,) above its surface [m]."""
    local = _corners(model, face) - drawing.base[row]
    drawn = np.column_stack([dot(local, drawing.x[row][None]), dot(local, drawing.y[row][None])])
    return drawn, dot(local - drawing.lift[row, 0], drawing.normal[row][None])
