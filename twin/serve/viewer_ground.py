"""The ground of the viewer: a mesh of the open land's heights that carries any picture of the land.

Receivers of open land stand on the job's terrain, or level at the base of the buildings around where there is none;
squares between them take the height of the nearest. Texture coordinates run over the picture's rectangle of longitude
and latitude, from its north-west corner.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from io_citygml.earth import east_north_up, geocentric, into_frame
from twin.export.source import Source
from twin.export.tiles import glb
from twin.irradiation import cells_of
from twin.place_on_earth import geographic_of
from twin.receivers import OFFSET_M, is_land

# Vertices at most: a mesh of 40,000 has 2 MB.
MOST_VERTICES = 40_000
# z up to y up, as glTF wants it.
Y_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])


def heights_of(source: Source) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """Eastings (C,), northings (R,) and heights (R, C) [m] of a grid over the open land; None where there is none."""
    cell_m = float(source.store.manifest["identity"]["ground_spacing_m"])
    found = [np.zeros((0, 3))]
    for _, data in cells_of(source.store):
        row = is_land(data.receivers.surface)
        found.append(np.asarray(data.receivers.point)[row].astype(np.float64) + data.origin)
    place = np.concatenate(found)
    if not len(place):
        return None
    (west, south), (east, north) = place[:, :2].min(axis=0) - cell_m / 2, place[:, :2].max(axis=0) + cell_m / 2
    step = max(cell_m, float(np.sqrt((east - west) * (north - south) / MOST_VERTICES)))
    x = np.linspace(west, east, max(2, int(np.ceil((east - west) / step)) + 1))
    y = np.linspace(south, north, max(2, int(np.ceil((north - south) / step)) + 1))
    column = np.clip(np.round((place[:, 0] - west) / (x[1] - x[0])).astype(np.intp), 0, len(x) - 1)
    line = np.clip(np.round((place[:, 1] - south) / (y[1] - y[0])).astype(np.intp), 0, len(y) - 1)
    total, count = np.zeros((len(y), len(x))), np.zeros((len(y), len(x)))
    np.add.at(total, (line, column), place[:, 2] - OFFSET_M)
    np.add.at(count, (line, column), 1.0)
    return x, y, _filled(total, count)


def _filled(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means where something was measured, the nearest mean elsewhere."""
    from scipy.ndimage import distance_transform_edt

    mean = total / np.maximum(count, 1.0)
    nearest = distance_transform_edt(count == 0, return_distances=False, return_indices=True)
    return np.asarray(mean[tuple(nearest)])


def write_ground(source: Source, bounds: tuple[float, float, float, float], geoid: Path | None, path: Path) -> bool:
    """The ground as glb in geocentric coordinates; False where there is no open land.

    Parameters
    ----------
    bounds
        West, south, east, north [deg] of the pictures that it will carry.
    """
    grid = heights_of(source)
    if grid is None:
        return False
    x, y, height = grid
    corner = np.stack([*np.meshgrid(x, y), height], axis=-1).reshape(-1, 3)
    place = geographic_of(source.crs, corner, geoid)
    frame = east_north_up(place.mean(axis=0))
    local = into_frame(frame, geocentric(place))
    west, south, east, north = bounds
    uv = np.stack([(place[:, 0] - west) / (east - west), (north - place[:, 1]) / (north - south)], axis=1)
    buffer = glb.Buffer()
    position = np.stack([local[:, 0], local[:, 2], -local[:, 1]], axis=1).astype(np.float32)
    attributes = {
        "POSITION": buffer.attribute(position, "VEC3"),
        "TEXCOORD_0": buffer.attribute(uv.astype(np.float32), "VEC2"),
    }
    primitive = {"attributes": attributes, "indices": buffer.indices(_squares(len(y), len(x))), "material": 0}
    document = {
        "asset": {"version": "2.0", "generator": "heliotwin"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "matrix": (Y_UP @ frame @ Y_UP.T).T.ravel().tolist()}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [{"doubleSided": True, "extensions": {"KHR_materials_unlit": {}}}],
        "extensionsUsed": ["KHR_materials_unlit"],
    }
    path.write_bytes(glb.pack(document, buffer))
    return True


def _squares(rows: int, columns: int) -> NDArray[np.int64]:
    """Two triangles (T, 3) for every square of a grid of vertices, south row first, facing up."""
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]))
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
