"""From polygons and lines in web mercator to vector tiles of every zoom.

At the last zoom nothing is lost: what would vanish between two grid points is drawn as the smallest thing there is.
Below it, what is smaller than half a pixel goes, and of a tile that is still too large its smallest parts. Where a tile
of the last zoom is too large, one more zoom is added, for there every tile holds a quarter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.rasters.mercator import HALF_M
from twin.export.vectors.mvt import EXTENT, LINE, POLYGON, Feature, Ring, Value, layer_of, tile_of
from twin.export.vectors.pmtiles import Tile, hilbert, packed
from twin.progress import OnProgress, silent

Shapes = NDArray[np.object_]

# A tile of this size [bytes, as served] comes over a slow line in a second.
LARGEST = 500_000
# Zooms that may be added beyond the wanted last one before a tile is left as large as it is.
MORE_ZOOMS = 3
# How far a tile reaches over its edge [units], so that outlines meet without a seam: five pixels of 512 a tile.
MARGIN = 40
# Maps draw a tile with 512 pixels: eight units are a pixel.
PIXEL = EXTENT / 512


class Layer(NamedTuple):
    """Shapes (N,) in web mercator (EPSG:3857, m), polygons or lines, and what is said of the thing each belongs to.

    row (N,) names the thing: an index into every column. Numbers of things are those of their features. Columns are
    float64, NaN where there is no value, or object, None where there is none.
    """

    name: str
    shapes: Shapes
    row: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]]
    first_zoom: int
    brief: tuple[str, ...]  # columns that tiles have before the last zoom; the last has all


class Made(NamedTuple):
    """Tiles in the order of their archive, the zooms they have, and how many parts small zooms left out."""

    tiles: list[Tile]
    zooms: tuple[int, int]
    left_out: dict[int, int]


class _Pieces(NamedTuple):
    """Parts of shapes by tile: (M,) each; shapes in units of their tile, y down, whole numbers."""

    tile: NDArray[np.int64]  # number on the Hilbert curve
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    layer: NDArray[np.int64]
    row: NDArray[np.int64]
    shape: Shapes
    size: NDArray[np.float64]

    def take(self, which: NDArray[np.int64] | slice) -> _Pieces:
        """Some of them, in the order asked for."""
        return _Pieces(
            self.tile[which],
            self.x[which],
            self.y[which],
            self.layer[which],
            self.row[which],
            self.shape[which],
            self.size[which],
        )


def _joined(pieces: Sequence[_Pieces]) -> _Pieces:
    return _Pieces(
        np.concatenate([one.tile for one in pieces]),
        np.concatenate([one.x for one in pieces]),
        np.concatenate([one.y for one in pieces]),
        np.concatenate([one.layer for one in pieces]),
        np.concatenate([one.row for one in pieces]),
        np.concatenate([one.shape for one in pieces]),
        np.concatenate([one.size for one in pieces]),
    )


def tiles_of(layers: Sequence[Layer], first: int, last: int, on_progress: OnProgress = silent) -> Made:
    """All tiles from zoom ``first`` to ``last``, or to a few zooms more where a tile would be larger than `LARGEST`."""
    top = last
    while True:
        tiles, _ = _zoom(layers, top, whole=True)
        if top >= last + MORE_ZOOMS or all(len(tile.content) <= LARGEST for tile in tiles):
            break
        top += 1
    made: list[Tile] = []
    left_out: dict[int, int] = {}
    for zoom in range(first, top):
        on_progress("tiles", zoom - first, top - first + 1)
        found, lost = _zoom(layers, zoom, whole=False)
        made += found
        if lost:
            left_out[zoom] = lost
    on_progress("tiles", top - first + 1, top - first + 1)
    made += tiles
    return Made(made, (min((tile.zoom for tile in made), default=first), top), left_out)


def _zoom(layers: Sequence[Layer], zoom: int, whole: bool) -> tuple[list[Tile], int]:
    """Tiles of one zoom, and how many parts were left out of them; ``whole`` leaves out none."""
    shown = [layer for layer in layers if layer.first_zoom <= zoom]
    pieces = [_pieces(layer, index, zoom, whole) for index, layer in enumerate(shown)]
    if not pieces:
        return [], 0
    kept = [piece for piece, _ in pieces]
    lost = sum(count for _, count in pieces)
    every = _joined(kept)
    order = np.lexsort((every.row, every.layer, every.tile))
    every = every.take(order)
    tiles = []
    for start, end in _runs(every.tile):
        here = every.take(slice(start, end))
        content, fewer = _encoded(here, shown, whole)
        lost += fewer
        if content:
            tiles.append(Tile(zoom, int(here.x[0]), int(here.y[0]), content))
    return tiles, lost


def _runs(number: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Start and end of every run of one number."""
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    yield from pairwise([*starts.tolist(), len(number)])


def _encoded(here: _Pieces, layers: Sequence[Layer], whole: bool) -> tuple[bytes, int]:
    """A tile as served, and how many of its parts, the smallest, were left out to keep it small."""
    content = packed(_tile(here, layers, whole))
    share, chosen = 1.0, here
    while len(content) > LARGEST and not whole and len(chosen.row):
        share *= 0.9 * LARGEST / len(content)
        order = np.argsort(-here.size, kind="stable")[: int(share * len(here.size))]
        chosen = here.take(np.sort(order))
        content = packed(_tile(chosen, layers, whole))
    return content, len(here.row) - len(chosen.row)


def _tile(here: _Pieces, layers: Sequence[Layer], whole: bool) -> bytes:
    """The bytes of one tile."""
    encoded = []
    for index, layer in enumerate(layers):
        mine = np.flatnonzero(here.layer == index)
        if len(mine):
            names = [name for name in layer.columns if whole or name in layer.brief]
            columns = [layer.columns[name] for name in names]
            encoded.append(layer_of(layer.name, names, _features(here.shape[mine], here.row[mine], columns)))
    return tile_of(encoded)


def _features(shapes: Shapes, row: NDArray[np.int64], columns: Sequence[NDArray[Any]]) -> Iterator[Feature]:
    """One feature for each row, of all its parts in the tile."""
    import shapely

    is_line = shapely.get_dimensions(shapes[0]) == 1
    rings, owner = (shapes, np.arange(len(shapes))) if is_line else shapely.get_rings(shapes, return_index=True)
    place, ring = shapely.get_coordinates(rings, return_index=True)
    units = np.round(place).astype(np.int64)
    ends = np.searchsorted(ring, np.arange(len(rings) + 1)).tolist()
    points: list[tuple[int, int]] = list(map(tuple, units.tolist()))  # type: ignore[arg-type]
    closing = 0 if is_line else 1
    ring_row = row[owner]
    runs = list(_runs(ring_row))
    numbers = ring_row[[start for start, _ in runs]]
    said = zip(*(_plain(column[numbers]) for column in columns), strict=True) if columns else repeat((), len(runs))
    for (start, end), number, values in zip(runs, numbers.tolist(), said, strict=True):
        mine: list[Ring] = [points[ends[one] : ends[one + 1] - closing] for one in range(start, end)]
        yield Feature(number, values, LINE if is_line else POLYGON, mine)


def _plain(column: NDArray[Any]) -> list[Value]:
    """Values of a column as tiles take them: whole numbers whole, None where there is none."""
    values = column.tolist()
    if column.dtype != np.float64:
        return list(values)
    return [None if value != value else int(value) if value.is_integer() else value for value in values]


def _pieces(layer: Layer, index: int, zoom: int, whole: bool) -> tuple[_Pieces, int]:
    """A layer's shapes cut along the tiles of a zoom, and how many parts are too small to be seen there."""
    import shapely

    unit = EXTENT * 2**zoom / (2 * HALF_M)  # of a metre
    shapes, row = layer.shapes, layer.row
    size = _sizes(shapes) * unit
    if not whole:
        seen = size >= PIXEL / 2
        shapes, row, size = shapely.simplify(shapes[seen], PIXEL / 4 / unit), row[seen], size[seen]
    part, x, y = _tiles_under(shapes, zoom)
    pieces = _cut(shapes[part], x, y, unit)
    snapped = shapely.set_precision(pieces, 1.0)
    gone = shapely.is_empty(snapped)
    if whole:
        # a part that vanishes everywhere is drawn where its middle lies
        alive = np.zeros(len(shapes), bool)
        alive[part[~gone]] = True
        centre = shapely.get_coordinates(shapely.centroid(shapes))
        at_home = (_tile_number(centre[:, 0], zoom)[part] == x) & (_tile_number(-centre[:, 1], zoom)[part] == y)
        smallest = gone & ~alive[part] & at_home
        snapped[smallest] = _smallest(pieces[smallest], centre[part[smallest]], x[smallest], y[smallest], unit)
        gone &= ~smallest
    # snapping may pinch a shape into several
    single, piece = shapely.get_parts(snapped[~gone], return_index=True)
    part, x, y = part[~gone][piece], x[~gone][piece], y[~gone][piece]
    turned = shapely.orient_polygons(single, exterior_cw=False)  # positive area with y down as the numbers stand
    of_layer = np.full(len(part), index, np.int64)
    return _Pieces(_numbers(zoom, x, y), x, y, of_layer, row[part], turned, size[part]), len(layer.shapes) - len(shapes)


def _sizes(shapes: Shapes) -> NDArray[np.float64]:
    """How large shapes look [m]: root of the area of polygons, length of lines."""
    import shapely

    area = shapely.area(shapes)
    return np.asarray(np.where(shapely.get_dimensions(shapes) == 1, shapely.length(shapes), np.sqrt(area)))


def _tile_number(metres: NDArray[np.float64], zoom: int) -> NDArray[np.int64]:
    """Column of a place east of Greenwich, or row of one south of the equator [m]."""
    return np.floor((metres + HALF_M) / (2 * HALF_M) * 2**zoom).astype(np.int64)


def _tiles_under(shapes: Shapes, zoom: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Every pair of a shape and a tile that its box touches, margin included: index, x, y, (M,) each."""
    import shapely

    margin = MARGIN / EXTENT * 2 * HALF_M / 2**zoom
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    first_x, last_x = _tile_number(west - margin, zoom), _tile_number(east + margin, zoom)
    first_y, last_y = _tile_number(-north - margin, zoom), _tile_number(-south + margin, zoom)
    wide, high = last_x - first_x + 1, last_y - first_y + 1
    part = np.repeat(np.arange(len(shapes)), wide * high)
    place = np.arange(len(part)) - np.repeat(np.cumsum(wide * high) - wide * high, wide * high)
    return part, first_x[part] + place % wide[part], first_y[part] + place // wide[part]


def _cut(shapes: Shapes, x: NDArray[np.int64], y: NDArray[np.int64], unit: float) -> Shapes:
    """Shapes in units of their tiles, cut at the margin; copies of those that lie inside."""
    import shapely

    west, north = x * float(EXTENT) - HALF_M * unit, y * float(EXTENT) - HALF_M * unit
    place, owner = shapely.get_coordinates(shapes, return_index=True)
    local = np.stack([place[:, 0] * unit - west[owner], -place[:, 1] * unit - north[owner]], axis=1)
    moved = shapely.set_coordinates(shapes.copy(), local)
    box = shapely.bounds(moved).reshape(-1, 4)
    over = (box[:, :2] < -MARGIN).any(axis=1) | (box[:, 2:] > EXTENT + MARGIN).any(axis=1)
    frame = shapely.box(-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN)
    moved[over] = _of_dimension(shapely.intersection(moved[over], frame), shapely.get_dimensions(moved[over]))
    return moved


def _of_dimension(shapes: Shapes, dimension: NDArray[np.int32]) -> Shapes:
    """Shapes without the points and lines that a cut leaves where it only touches."""
    import shapely

    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    out = shapes.copy()
    for place in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[place])
        of_it = parts[shapely.get_dimensions(parts) == dimension[place]]
        out[place] = shapely.union_all(of_it)
    out[shapely.get_dimensions(out) < dimension] = shapely.Point()
    return out


def _smallest(
    pieces: Shapes, centre: NDArray[np.float64], x: NDArray[np.int64], y: NDArray[np.int64], unit: float
) -> Shapes:
    """A square of one unit, or a line of one, where each piece lies."""
    import shapely

    at = np.stack([centre[:, 0] * unit + HALF_M * unit - x * EXTENT, HALF_M * unit - centre[:, 1] * unit - y * EXTENT])
    left, top = np.clip(np.floor(at), 0, EXTENT - 1)
    squares = shapely.box(left, top, left + 1, top + 1)
    lines = shapely.linestrings(np.stack([np.stack([left, top], 1), np.stack([left + 1, top], 1)], axis=1))
    return np.where(shapely.get_dimensions(pieces) == 1, lines, squares)


def _numbers(zoom: int, x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of tiles on the curve."""
    pairs, which = np.unique(np.stack([x, y], axis=1), axis=0, return_inverse=True)
    known = [hilbert(zoom, int(one), int(other)) for one, other in pairs]
    return np.asarray(known, np.int64)[which.ravel()] if known else np.zeros(0, np.int64)
