"""Where the sun reaches at an instant, from a job's bits: the share of every surface, and open land as a picture.

The bits are those of the sun grid's node nearest to the true sun, up to 3.3° (13 minutes of its way) from it
(docs/design): good to look at, not for a report. Shadow studies trace the true sun.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar.sun import sun_direction, sun_position
from solar.sun_grid import nearest_and_off
from twin import cells, irradiation
from twin.cells import Cell
from twin.receivers import is_land
from twin.serve.limits import Limits
from twin.serve.overlay import Overlay, overlay_of, png
from twin.serve.problem import Refused
from twin.serve.served import Lately, Served

SHARES, PICTURES, SUNS = 32, 64, 1024
NO_LAND, LIT, SHADED = 0, 1, 2
# Shade as night blue that lets the map through; what is lit or not measured shows the map itself.
COLOURS = np.array([[0, 0, 0, 0], [255, 255, 255, 0], [16, 22, 40, 150]], np.uint8)


class Sun(NamedTuple):
    """The sun at an instant."""

    azimuth_deg: float  # true north, clockwise
    elevation_deg: float  # unrefracted
    node: int  # nearest of the sun grid; −1: the sun is down
    off_deg: float | None  # between the two


class Land(NamedTuple):
    """Which receiver each pixel of a picture shows."""

    overlay: Overlay
    cells: tuple[tuple[Cell, NDArray[np.intp]], ...]  # rows of each cell's open land
    pixel: NDArray[np.int32]  # (rows, columns) index into all of them, one after the other; −1: none


def sun_at(served: Served, time: np.datetime64) -> Sun:
    """The sun over the job's site at a UTC instant."""
    site, grid = served.known.site, served.known.grid
    elevation, azimuth = sun_position(np.array([time]), site.latitude_deg, site.longitude_deg)
    if elevation[0] <= 0.0:
        return Sun(float(azimuth[0]), float(elevation[0]), -1, None)
    direction = sun_direction(elevation, azimuth, site.convergence_deg)
    node, off_deg = nearest_and_off(grid, direction)
    return Sun(float(azimuth[0]), float(elevation[0]), int(node[0]), float(off_deg[0]))


class Shadows:
    """Answers about one job; keeps the last of them."""

    def __init__(self, served: Served, limits: Limits) -> None:
        self.served = served
        self.limits = limits
        self.exposed = served.surfaces["exposed_area_m2"].to_numpy(np.float64, na_value=np.nan)
        self.of_row = served.surfaces["surface_index"].to_numpy(np.int64, na_value=-1)
        self._shares: Lately[tuple[list[str], NDArray[np.float64]]] = Lately(SHARES)
        self._pictures: Lately[bytes] = Lately(PICTURES)
        self._suns: Lately[Sun] = Lately(SUNS)
        self._land: Land | None = None
        self._land_known = False

    def sun(self, time: np.datetime64) -> Sun:
        """The sun over the job's site at a UTC instant."""
        return self._suns.get(time, lambda: sun_at(self.served, time))

    def shares(self, node: int, box: tuple[float, float, float, float] | None) -> tuple[list[str], NDArray[np.float64]]:
        """Ids of surfaces that are open to the air and the share (N,) of each that a node's sun reaches.

        ``box``: west, south, east, north [m]; surfaces that touch it, all without one.

        Raises
        ------
        Refused
            413, where more receivers would be looked at than the server allows.
        """
        return self._shares.get((node, box), lambda: self._share(node, box))

    def rows(self, box: tuple[float, float, float, float] | None = None) -> NDArray[np.intp]:
        """Rows of the table of surfaces that are open to the air; ``box`` [m]: those that touch it."""
        bounds, wanted = self.served.bounds, (self.exposed > 0) & (self.of_row >= 0)
        if box is not None:
            wanted &= (bounds[:, 0] <= box[2]) & (bounds[:, 2] >= box[0])
            wanted &= (bounds[:, 1] <= box[3]) & (bounds[:, 3] >= box[1])
        return np.flatnonzero(wanted)

    def _share(self, node: int, box: tuple[float, float, float, float] | None) -> tuple[list[str], NDArray[np.float64]]:
        bounds, rows = self.served.bounds, self.rows(box)
        ids = self.served.surfaces["surface_id"].iloc[rows].tolist()
        if node < 0 or not len(rows):
            return ids, np.zeros(len(rows))
        # A receiver stands on its surface, so no farther than the cells that the surface's box touches.
        touched = set(cells.cells_touched(bounds[rows, :2] - 1.0, bounds[rows, 2:] + 1.0))
        count = int(self.of_row.max()) + 1
        lit_m2, all_m2, seen = np.zeros(count), np.zeros(count), 0
        for _, data in irradiation.cells_of(self.served.source.store, only=touched):
            surface = np.asarray(data.receivers.surface)
            seen += len(surface)
            if seen > self.limits.receivers:
                raise Refused(
                    413,
                    f"more than {self.limits.receivers:,} receivers would be looked at",
                    "ask for a part with bbox=west,south,east,north [°]",
                )
            at = np.flatnonzero((surface >= 0) & ~np.asarray(data.receivers.covered))
            area = np.asarray(data.receivers.area_m2)[at].astype(np.float64)
            lit = column(np.asarray(data.operators.sun_bits), len(self.served.known.grid.direction), node)[at]
            lit_m2 += np.bincount(surface[at], np.where(lit, area, 0.0), count)
            all_m2 += np.bincount(surface[at], area, count)
        which = self.of_row[rows]
        share = np.divide(lit_m2[which], all_m2[which], out=np.zeros(len(rows)), where=all_m2[which] > 0)
        return ids, share

    def land(self) -> Land | None:
        """Where open land is drawn; None where there is none, or more than the server allows."""
        if not self._land_known:
            self._land, self._land_known = self._lay_out(), True
        return self._land

    def _lay_out(self) -> Land | None:
        cell_m = float(self.served.source.store.manifest["identity"]["ground_spacing_m"])
        found, squares, seen = [], [np.zeros((0, 2), np.int64)], 0
        for cell, data in irradiation.cells_of(self.served.source.store):
            rows = np.flatnonzero(is_land(data.receivers.surface))
            seen += len(data.receivers.surface)
            if seen > self.limits.receivers:
                return None
            if len(rows):
                place = np.asarray(data.receivers.point)[rows, :2].astype(np.float64) + data.origin[:2]
                found.append((cell, rows))
                squares.append(np.floor(place / cell_m).astype(np.int64))
        square = np.concatenate(squares)
        if not len(square):
            return None
        low, high = square.min(axis=0), square.max(axis=0) + 1
        west, south, east, north = (float(v) * cell_m for v in (*low, *high))
        overlay = overlay_of(self.served.source.crs, (west, south, east, north), cell_m)
        asked = np.floor(np.stack([overlay.x, overlay.y], axis=-1) / cell_m).astype(np.int64)
        return Land(overlay, tuple(found), rows_at(square, asked))

    def picture(self, node: int) -> bytes:
        """Open land under a node's sun (−1: the sun is down) as PNG.

        Raises
        ------
        Refused
            404, where there is no open land to draw.
        """
        land = self.land()
        if land is None:
            raise Refused(
                404, "no picture of open land here", "there is none, or more than the server draws: export it with cog"
            )
        return self._pictures.get(node, lambda: self._draw(land, node))

    def _draw(self, land: Land, node: int) -> bytes:
        store, n_sun = self.served.source.store, len(self.served.known.grid.direction)
        lit = []
        for cell, rows in land.cells:
            sun_bits = np.asarray(store.read_cell(cell).operators.sun_bits)
            lit.append(column(sun_bits, n_sun, node)[rows] if node >= 0 else np.zeros(len(rows), bool))
        kind = np.where(np.concatenate(lit), LIT, SHADED).astype(np.uint8)
        index = np.where(land.pixel >= 0, kind[np.maximum(land.pixel, 0)], NO_LAND).astype(np.uint8)
        return png(index, COLOURS)


def rows_at(square: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int32]:
    """Row (…) of each asked square (…, 2) among squares (N, 2), −1 where it is none of them.

    They are sorted, not drawn on a grid: two quarters of a county would need one of gigabytes.
    """
    low, high = square.min(axis=0), square.max(axis=0) + 1
    inside = ((asked >= low) & (asked < high)).all(axis=-1)
    height = high[1] - low[1]
    key = (square[:, 0] - low[0]) * height + square[:, 1] - low[1]
    wanted = np.where(inside, (asked[..., 0] - low[0]) * height + asked[..., 1] - low[1], -1)
    order = np.argsort(key, kind="stable")
    at = np.maximum(np.searchsorted(key[order], wanted, side="right") - 1, 0)
    row = order[at]
    return np.where(inside & (key[row] == wanted), row, -1).astype(np.int32)


def column(sun_bits: NDArray[np.uint64], n_sun: int, node: int) -> NDArray[np.bool_]:
    """One node's bit of every row (P,); only the word that holds it is read."""
    word = node // bits.WORD
    some = min(bits.WORD, n_sun - word * bits.WORD)
    return bits.column(sun_bits[:, word : word + 1], some, node - word * bits.WORD)
