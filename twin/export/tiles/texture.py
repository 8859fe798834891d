"""A picture of a tile's surfaces at the spacing of their receivers: a small grid of texels a surface, an atlas a tile.

A surface's grid lies along its longest edge, as its receivers do; a texel shows the receiver in it, or the nearest one
where a receiver's piece was merged into its neighbours. Around each grid runs a border of one texel, so that smoothing
never reads a neighbour's colours.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Reflection
from twin import canopy, skylight
from twin.export.tiles.shapes import Shapes
from twin.month_hour import Facing, node_weights, reflected_year
from twin.operators import CellData
from twin.receivers import Frame, frame_of
from twin.reflection.response import shares_of

BORDER = 1
# Texels a side at most; a longer surface is shown coarser than its receivers.
LONGEST = 256


class Measured(NamedTuple):
    """Receivers of all surfaces with their annual irradiation, sorted by surface index."""

    surface: NDArray[np.int32]  # (P,)
    point: NDArray[np.float64]  # (P, 3) [m] in the CRS
    kwh_m2: NDArray[np.float32]  # (P,) NaN where covered

    def of(self, surface: int) -> slice:
        """Receivers of one surface."""
        first, last = np.searchsorted(self.surface, [surface, surface + 1])
        return slice(int(first), int(last))


class Patch(NamedTuple):
    """The grid of one surface."""

    frame: Frame
    left: float  # [m] along u
    low: float  # [m] along v
    step: tuple[float, float]  # [m] of a texel along u and v
    kwh_m2: NDArray[np.float32]  # (rows, columns), rows along v


class Atlas(NamedTuple):
    """The picture of a tile and where each vertex lies in it."""

    kwh_m2: NDArray[np.float32]  # (H, W)
    place: NDArray[np.float32]  # (V, 2) texture coordinates, from the upper left


class Measuring:
    """Gathers the receivers of surfaces while `month_hour` goes through the cells."""

    def __init__(self) -> None:
        self._found: list[Measured] = []

    def __call__(self, data: CellData, facing: Facing, sent: Reflection) -> None:
        """Annual irradiation of the receivers on some surfaces of a cell (`twin.month_hour.OnCell`)."""
        surface = np.asarray(data.receivers.surface)
        row = np.flatnonzero(np.isin(surface, facing.group) & ~np.asarray(data.receivers.covered))
        which = np.searchsorted(facing.group, surface[row]).astype(np.int32)
        year = facing.year
        sun = node_weights(year, facing.normal)
        sky = skylight.from_patches(data, year.optics, skylight.whole(year), facing.normal)[:, 0]
        value = canopy.dots(data, year.optics, row, sun, sky, which)
        value += shares_of(data, row) @ reflected_year(sent, year)
        covered = np.flatnonzero(np.isin(surface, facing.group) & np.asarray(data.receivers.covered))
        everyone = np.concatenate([row, covered])
        self._found.append(
            Measured(
                surface=surface[everyone],
                point=np.asarray(data.receivers.point)[everyone] + data.origin,
                kwh_m2=np.concatenate([value, np.full(len(covered), np.nan)]).astype(np.float32),
            )
        )

    def measured(self) -> Measured:
        """All of them, by surface."""
        none = Measured(np.zeros(0, np.int32), np.zeros((0, 3)), np.zeros(0, np.float32))
        surface, point, value = (np.concatenate(part) for part in zip(none, *self._found, strict=True))
        order = np.argsort(surface, kind="stable")
        return Measured(surface[order], point[order], value[order])


def patch_of(ring: NDArray[np.float64], normal: NDArray[np.float64], of: Measured, spacing_m: float) -> Patch:
    """The grid of a surface.

    Parameters
    ----------
    ring
        (N, 3) [m] its exterior.
    of
        Its own receivers.
    """
    frame = frame_of(ring, normal)
    axes = np.stack([frame.u, frame.v], axis=1)
    flat = (ring - frame.base - frame.centre) @ axes
    (left, low), (right, high) = flat.min(axis=0), flat.max(axis=0)
    columns, rows = (int(np.clip(np.ceil(side / spacing_m - 1e-9), 1, LONGEST)) for side in (right - left, high - low))
    step = max((right - left) / columns, 1e-6), max((high - low) / rows, 1e-6)
    place = (of.point - frame.base - frame.centre) @ axes
    column = np.clip(((place[:, 0] - left) / step[0]).astype(np.intp), 0, columns - 1)
    row = np.clip(((place[:, 1] - low) / step[1]).astype(np.intp), 0, rows - 1)
    texel = np.full((rows, columns), np.nan, np.float32)
    # Where a texel holds several receivers, one that is covered does not hide another.
    order = np.argsort(~np.isnan(of.kwh_m2), kind="stable")
    texel[row[order], column[order]] = of.kwh_m2[order]
    known = np.zeros((rows, columns), bool)
    known[row, column] = True
    return Patch(frame, float(left), float(low), step, _spread(texel, known))


def _spread(texel: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Every texel without a receiver takes the value of the nearest that has one."""
    if known.all() or not known.any():
        return texel
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return np.asarray(texel[tuple(nearest)])


def atlas_of(
    shapes: Shapes, surfaces: NDArray[np.intp], index: NDArray[np.int32], of: Measured, spacing_m: float
) -> Atlas:
    """The atlas of a tile's surfaces; ``index`` (S,) are their numbers in the job's model."""
    patches, uses = [], []
    for surface, number in zip(surfaces.tolist(), index.tolist(), strict=True):
        first_ring = shapes.rings.surface_ring[surface]
        ring = shapes.rings.coords[shapes.rings.ring_start[first_ring] : shapes.rings.ring_start[first_ring + 1]]
        own = of.of(number)
        measured = Measured(of.surface[own], of.point[own], of.kwh_m2[own])
        patches.append(patch_of(ring, shapes.normal[surface], measured, spacing_m))
        uses.append(shapes.rings.coords[shapes.vertex_start[surface] : shapes.vertex_start[surface + 1]])
    corner, size = shelves([patch.kwh_m2.shape for patch in patches])
    picture = np.full(size, np.nan, np.float32)
    place = []
    for patch, (top, left), vertex in zip(patches, corner, uses, strict=True):
        padded = np.pad(patch.kwh_m2, BORDER, mode="edge")
        picture[top : top + padded.shape[0], left : left + padded.shape[1]] = padded
        axes = np.stack([patch.frame.u, patch.frame.v], axis=1)
        flat = (vertex - patch.frame.base - patch.frame.centre) @ axes
        texel = (flat - [patch.left, patch.low]) / patch.step + BORDER + [left, top]
        place.append(texel / [size[1], size[0]])
    return Atlas(picture, np.concatenate(place).astype(np.float32))


def shelves(shape: list[tuple[int, ...]]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Upper left corners (row, column) of bordered grids laid on shelves, the tallest first, and the size of it all."""
    padded = [(rows + 2 * BORDER, columns + 2 * BORDER) for rows, columns in shape]
    total = sum(rows * columns for rows, columns in padded)
    width = max(int(np.ceil(np.sqrt(total * 1.1))), max(columns for _, columns in padded))
    corner: list[tuple[int, int]] = [(0, 0)] * len(padded)
    top, left, height = 0, 0, 0
    for index in sorted(range(len(padded)), key=lambda i: (-padded[i][0], -padded[i][1], i)):
        rows, columns = padded[index]
        if left + columns > width:
            top, left, height = top + height, 0, 0
        corner[index] = (top, left)
        left, height = left + columns, max(height, rows)
    return corner, (top + height, width)


def png_of(colour: NDArray[np.uint8]) -> bytes:
    """A picture (H, W, 3) as PNG."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(colour).save(out, "png", optimize=True)
    return out.getvalue()
