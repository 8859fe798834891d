"""Roofs as seen from above: the irradiation of the highest roof surface under the middle of each pixel.

A pixel belongs to a roof whose outline holds its middle (even-odd; a middle on an edge belongs to one side of it);
where several do, to the one whose plane is highest there. Values are kWh per m² of the roof's slope, as in
surfaces.parquet. Oracle: shapely and the planes' own equations, tests/twin/test_twin_export_rasters_roofs.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.cog import NODATA, Frame
from twin.jit import kernel

if TYPE_CHECKING:
    import geopandas

PIXEL_M = 0.5
# Pixels of a window's side.
WINDOW = 512
# A roof steeper than this has no area on the map: cosine of its tilt.
UPRIGHT = 1e-6


class Roofs(NamedTuple):
    """Outlines of roof surfaces and the planes that they lie in; P polygons."""

    place: NDArray[np.float64]  # (N, 3) m in the CRS, corners of all rings, each ring closed
    ring: NDArray[np.int64]  # (R + 1,) offsets of rings into place
    polygon: NDArray[np.int64]  # (P + 1,) offsets of polygons into ring
    plane: NDArray[
        np.float64
    ]  # (P, 5) z at the polygon's first corner, rise per m east and north, lowest and highest z
    value: NDArray[np.float64]  # (P,) kWh/m², NaN where a surface has none


def roofs_of(surfaces: geopandas.GeoDataFrame) -> Roofs | None:
    """Roof surfaces of a table of surfaces; None where there is none with an area on the map."""
    import shapely

    table = surfaces[surfaces["kind"] == "RoofSurface"]
    shapes, owner = shapely.get_parts(table.geometry.to_numpy(), return_index=True)
    value = table["irradiation_kwh_m2"].to_numpy(np.float64, na_value=np.nan)[owner]
    chosen = ~shapely.is_empty(shapes)
    kept = np.flatnonzero(chosen)
    if not len(kept):
        return None
    plane = np.array([_plane(np.asarray(shapely.get_coordinates(s.exterior, include_z=True))) for s in shapes[kept]])
    flat = np.isfinite(plane[:, 0])
    if not flat.any():
        return None
    _, place, (ring, polygon) = shapely.to_ragged_array(shapes[kept][flat], include_z=True)
    return Roofs(place, ring.astype(np.int64), polygon.astype(np.int64), plane[flat], value[kept][flat])


def _plane(corner: NDArray[np.float64]) -> list[float]:
    """A row of ``Roofs.plane`` for a closed ring (N, 3), by Newell's normal; NaN for an upright one."""
    local = corner - corner[0]
    a, b = local[:-1], local[1:]
    normal = np.array(
        [np.sum((a[:, (i + 1) % 3] - b[:, (i + 1) % 3]) * (a[:, (i + 2) % 3] + b[:, (i + 2) % 3])) for i in range(3)]
    )
    if abs(normal[2]) <= UPRIGHT * np.sqrt(np.sum(normal * normal)):
        return [np.nan] * 5
    east, north = -normal[0] / normal[2], -normal[1] / normal[2]
    # The plane through the corners' middle: a roof of four corners need not be flat.
    middle = local[:-1].sum(axis=0) / len(a)
    z = corner[0, 2] + middle[2] - east * middle[0] - north * middle[1]
    return [z, east, north, corner[:, 2].min(), corner[:, 2].max()]


def roof_frame(roofs: Roofs, crs: str, origin: dict[str, str]) -> Frame:
    """The grid that holds all roofs, on multiples of PIXEL_M in the CRS."""
    west, south = np.floor(roofs.place[:, :2].min(axis=0) / PIXEL_M) * PIXEL_M
    east, north = np.ceil(roofs.place[:, :2].max(axis=0) / PIXEL_M) * PIXEL_M
    return Frame(
        rows=max(round((north - south) / PIXEL_M), 1),
        columns=max(round((east - west) / PIXEL_M), 1),
        west=float(west),
        north=float(north),
        cell_m=PIXEL_M,
        crs=crs,
        description="irradiation of roofs, per m2 of their slope, the highest under each pixel",
        unit="kWh/m2",
        origin=origin,
    )


def roof_windows(
    roofs: Roofs, frame: Frame, unknown: float = NODATA
) -> Iterator[tuple[int, int, NDArray[np.float32], int, int]]:
    """Row and column of every window that roofs reach into, its values [kWh/m²], its number and how many there are.

    ``unknown`` stands where a roof has no value.
    """
    value = np.where(np.isfinite(roofs.value), roofs.value, unknown).astype(np.float32)
    inside = _windows(roofs, frame)
    for done, ((top, left), members) in enumerate(sorted(inside.items())):
        rows, columns = min(WINDOW, frame.rows - top * WINDOW), min(WINDOW, frame.columns - left * WINDOW)
        owner = owners(roofs, np.array(members), (rows, columns), *_edges(frame, top, left))
        grid = np.where(owner >= 0, value[owner], np.float32(NODATA))
        yield top * WINDOW, left * WINDOW, grid, done, len(inside)


def _edges(frame: Frame, top: int, left: int) -> tuple[float, float]:
    return frame.west + left * WINDOW * frame.cell_m, frame.north - top * WINDOW * frame.cell_m


def _windows(roofs: Roofs, frame: Frame) -> dict[tuple[int, int], list[int]]:
    """Polygons by the window (row, column) that they reach into."""
    first = roofs.ring[roofs.polygon[:-1]]
    low = np.minimum.reduceat(roofs.place[:, :2], first)
    high = np.maximum.reduceat(roofs.place[:, :2], first)
    side = WINDOW * frame.cell_m
    left, right = ((edge - frame.west) // side for edge in (low[:, 0], high[:, 0]))
    top, bottom = ((frame.north - edge) // side for edge in (high[:, 1], low[:, 1]))
    last_row, last_column = (frame.rows - 1) // WINDOW, (frame.columns - 1) // WINDOW
    inside: dict[tuple[int, int], list[int]] = {}
    for index, box in enumerate(np.stack([top, bottom, left, right], axis=1).astype(int).tolist()):
        for row in range(box[0], min(box[1], last_row) + 1):
            for column in range(box[2], min(box[3], last_column) + 1):
                inside.setdefault((row, column), []).append(index)
    return inside


def owners(
    roofs: Roofs, members: NDArray[np.int64], shape: tuple[int, int], west: float, north: float
) -> NDArray[np.int64]:
    """Which of the polygons ``members`` is highest under each pixel (rows, columns) of a window; −1: none."""
    owner = np.full(shape, -1, np.int64)
    height = np.full(shape, -np.inf)
    _draw(*roofs[:4], members, west, north, PIXEL_M, owner, height)
    return owner


@kernel
def _draw(place, ring, polygon, plane, members, west, north, cell_m, owner, height):  # type: ignore[no-untyped-def]
    """Fills owner and height (rows, columns), line by line; the first of equally high polygons stays."""
    rows, columns = owner.shape
    for p in members:
        first, last = ring[polygon[p]], ring[polygon[p + 1]]
        crossing = np.empty(last - first)
        y_low, y_high = place[first:last, 1].min(), place[first:last, 1].max()
        x0, y0 = place[first, 0], place[first, 1]
        top = max(0, int(np.floor((north - y_high) / cell_m)))
        bottom = min(rows - 1, int(np.floor((north - y_low) / cell_m)))
        for row in range(top, bottom + 1):
            y = north - (row + 0.5) * cell_m
            n = 0
            for r in range(polygon[p], polygon[p + 1]):
                for i in range(ring[r], ring[r + 1] - 1):
                    ya, yb = place[i, 1], place[i + 1, 1]
                    if (ya > y) != (yb > y):
                        share = (y - ya) / (yb - ya)
                        crossing[n] = place[i, 0] + share * (place[i + 1, 0] - place[i, 0])
                        n += 1
            line = np.sort(crossing[:n])
            for k in range(0, n - 1, 2):
                left = max(0, int(np.ceil((line[k] - west) / cell_m - 0.5)))
                right = min(columns, int(np.ceil((line[k + 1] - west) / cell_m - 0.5)))
                for column in range(left, right):
                    x = west + (column + 0.5) * cell_m
                    z = plane[p, 0] + plane[p, 1] * (x - x0) + plane[p, 2] * (y - y0)
                    z = min(max(z, plane[p, 3]), plane[p, 4])
                    if z > height[row, column]:
                        height[row, column] = z
                        owner[row, column] = p
