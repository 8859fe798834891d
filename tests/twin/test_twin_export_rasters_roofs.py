"""Roofs from above: whose pixel it is by shapely and the planes' equations, areas by the polygons themselves."""

from __future__ import annotations

import geopandas
import numpy as np
import shapely

from twin.export.cog import NODATA
from twin.export.rasters.roofs import PIXEL_M, WINDOW, Roofs, roof_frame, roof_windows, roofs_of

WEST, SOUTH = 445_000.0, 5_548_000.0


def lifted(plan: shapely.Polygon, z: float, east: float, north: float) -> shapely.Polygon:
    """A polygon of the map in the plane that has height z at (WEST, SOUTH) and rises so much per metre."""
    return shapely.transform(
        shapely.force_3d(plan),
        lambda c: np.stack([c[:, 0], c[:, 1], z + east * (c[:, 0] - WEST) + north * (c[:, 1] - SOUTH)], axis=1),
        include_z=True,
    )


def table(shapes: list[shapely.Geometry], value: list[float], kind: list[str]) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame({"kind": kind, "irradiation_kwh_m2": value}, geometry=shapes, crs="EPSG:25832")


def town(seed: int, count: int) -> tuple[geopandas.GeoDataFrame, np.ndarray]:
    """Turned, sloping roofs that overlap, one with a court; beside them (N, 3) of their planes."""
    random = np.random.default_rng(seed)
    shapes, planes = [], []
    for index in range(count):
        x, y = WEST + random.uniform(20, 280), SOUTH + random.uniform(20, 100)
        plan = shapely.affinity.rotate(shapely.box(x - 9, y - 5, x + 9, y + 5), random.uniform(0, 180))
        if index % 5 == 0:
            plan = plan.difference(shapely.box(x - 2, y - 2, x + 2, y + 2))
        plane = (random.uniform(0, 30), random.uniform(-0.8, 0.8), random.uniform(-0.8, 0.8))
        shapes.append(lifted(plan, *plane))
        planes.append(plane)
    value = [float(v) for v in random.uniform(300, 1200, count)]
    value[3] = float("nan")
    return table(shapes, value, ["RoofSurface"] * count), np.array(planes)


def drawn(roofs: Roofs, unknown: float = NODATA) -> tuple[np.ndarray, float, float]:
    frame = roof_frame(roofs, "EPSG:25832", {})
    out = np.full((frame.rows, frame.columns), np.float32(NODATA))
    for row, column, part, _, _ in roof_windows(roofs, frame, unknown):
        assert max(part.shape) <= WINDOW
        out[row : row + part.shape[0], column : column + part.shape[1]] = part
    return out, frame.west, frame.north


def test_the_highest_roof_under_each_pixel_counts() -> None:
    surfaces, planes = town(3, 90)
    roofs = roofs_of(surfaces)
    assert roofs is not None
    found, west, north = drawn(roofs, -1.0)
    assert max(found.shape) > WINDOW  # more than one window
    row, column = np.indices(found.shape)
    x, y = west + (column.ravel() + 0.5) * PIXEL_M, north - (row.ravel() + 0.5) * PIXEL_M
    best, owner = np.full(len(x), -np.inf), np.full(len(x), -1)
    flat = shapely.force_2d(surfaces.geometry.to_numpy())
    shapely.prepare(flat)
    for index, (shape, plane) in enumerate(zip(flat, planes, strict=True)):
        inside = shapely.contains_xy(shape, x, y)
        z = np.where(inside, plane[0] + plane[1] * (x - WEST) + plane[2] * (y - SOUTH), -np.inf)
        owner = np.where(z > best, index, owner)
        best = np.maximum(z, best)
    overlaps = sum(shapely.contains_xy(shape, x, y).astype(int) for shape in flat)
    assert (overlaps > 1).sum() > 1000
    value = surfaces["irradiation_kwh_m2"].to_numpy()
    expected = np.where(owner < 0, NODATA, np.where(np.isfinite(value[owner]), value[owner], -1.0)).astype(np.float32)
    wrong = found.ravel() != expected
    # Nothing but pixels whose middle lies on an outline, where either answer would do.
    on_edge = shapely.distance(shapely.points(x[wrong], y[wrong])[:, None], shapely.boundary(flat)[None, :]).min(axis=1)
    assert np.all(on_edge < 1e-6) and wrong.sum() < 5


def test_neighbours_share_no_pixel_and_leave_none_out() -> None:
    """Edges through the middles of pixels: each belongs to one side."""
    left, right = (
        shapely.box(WEST, SOUTH, WEST + 5.25, SOUTH + 5.25),
        shapely.box(WEST + 5.25, SOUTH, WEST + 9.75, SOUTH + 5.25),
    )
    surfaces = table([lifted(left, 5, 0, 0), lifted(right, 5, 0, 0)], [100.0, 200.0], ["RoofSurface"] * 2)
    roofs = roofs_of(surfaces)
    assert roofs is not None
    found, _, _ = drawn(roofs)
    area = (left.area + right.area) / PIXEL_M**2
    assert abs((found != NODATA).sum() - area) <= 20  # half a pixel along two sides
    assert set(np.unique(found)) == {np.float32(NODATA), 100.0, 200.0}


def test_only_roofs_with_a_place_on_the_map() -> None:
    upright = shapely.Polygon([(WEST, SOUTH, 0), (WEST + 5, SOUTH, 0), (WEST + 5, SOUTH, 9), (WEST, SOUTH, 9)])
    wall = lifted(shapely.box(WEST, SOUTH, WEST + 5, SOUTH + 5), 0, 0, 0)
    assert roofs_of(table([upright], [1.0], ["RoofSurface"])) is None
    assert roofs_of(table([wall], [1.0], ["WallSurface"])) is None
    both = shapely.MultiPolygon([wall, lifted(shapely.box(WEST + 9, SOUTH, WEST + 12, SOUTH + 2), 3, 0.1, 0)])
    roofs = roofs_of(table([both], [800.0], ["RoofSurface"]))
    assert roofs is not None and len(roofs.value) == 2
    found, _, _ = drawn(roofs)
    assert (found == 800.0).sum() * PIXEL_M**2 == 25 + 6
