"""From values to coloured pixels, over zooms: what is averaged on the way down, and when a pixel is drawn.

A tile keeps sums that can be averaged (``split``): of amounts the share of a pixel that has a value, the value weighted
by it, and the share of roofs without one; of classes the share of each. Colours are chosen last (``colours``), so that
a pixel of a coarse zoom has the colour of its mean, not the mean of colours, which no legend would hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twin.export.cog import NODATA
from twin.report.colours import NO_VALUE, Scale, colour_of

# Roofs that an owner's objection or a covering neighbour leaves without a value, in rasters of this package alone.
UNKNOWN = -1.0
# A pixel is drawn where at least this share of it has something to show: less would fray roofs, more would lose them.
LEAST = 0.25

Sums = NDArray[np.float32]  # (C, rows, columns)
Rgba = NDArray[np.uint8]  # (rows, columns, 4), alpha 0 or 255


class Paint(Protocol):
    """How a raster is shown."""

    def split(self, value: NDArray[np.generic]) -> Sums:
        """Sums of pixels (rows, columns) of the raster."""

    def colours(self, sums: Sums) -> Rgba:
        """Pictures of sums."""


@dataclass(frozen=True)
class Amounts:
    """Values with a scale; NODATA is not drawn, UNKNOWN is grey."""

    colour: Callable[[NDArray[np.float64]], NDArray[np.uint8]]  # values (…) to colours (…, 3)

    def split(self, value: NDArray[np.generic]) -> Sums:
        """See `Paint`."""
        unknown = value == UNKNOWN
        known = (value != NODATA) & ~unknown
        return np.stack([known, np.where(known, value, 0.0), unknown]).astype(np.float32)

    def colours(self, sums: Sums) -> Rgba:
        """See `Paint`."""
        known, total, unknown = sums
        mean = total.astype(np.float64) / np.where(known > 0, known, 1.0)
        colour = self.colour(mean)
        colour[unknown > known] = NO_VALUE
        return _with_alpha(colour, known + unknown >= LEAST)


@dataclass(frozen=True)
class Differences(Amounts):
    """Values that may be negative: nothing is UNKNOWN."""

    def split(self, value: NDArray[np.generic]) -> Sums:
        """See `Paint`."""
        known = value != NODATA
        return np.stack([known, np.where(known, value, 0.0), np.zeros(value.shape)]).astype(np.float32)


@dataclass(frozen=True)
class Kinds:
    """Classes with a colour each; None: not drawn. Of a mixed pixel the class of the largest share is drawn."""

    colour: Mapping[int, tuple[int, int, int] | None]

    def split(self, value: NDArray[np.generic]) -> Sums:
        """See `Paint`."""
        return np.stack([value == kind for kind in self.colour]).astype(np.float32)

    def colours(self, sums: Sums) -> Rgba:
        """See `Paint`."""
        most = sums.argmax(axis=0)
        table = np.array([colour or (0, 0, 0) for colour in self.colour.values()], np.uint8)
        shown = np.array([colour is not None for colour in self.colour.values()])
        return _with_alpha(table[most], shown[most] & (sums.sum(axis=0) >= LEAST))


def by_scale(scale: Scale) -> Amounts:
    """The paint of a scale of the report."""
    return Amounts(lambda value: colour_of(scale, value))


def halved(sums: Sums) -> Sums:
    """Means of two by two pixels (C, rows / 2, columns / 2)."""
    above = sums[:, 0::2, 0::2] + sums[:, 0::2, 1::2]
    below = sums[:, 1::2, 0::2] + sums[:, 1::2, 1::2]
    return np.asarray((above + below) * np.float32(0.25))


def _with_alpha(colour: NDArray[np.uint8], drawn: NDArray[np.bool_]) -> Rgba:
    """Colours (rows, columns, 3) where something is drawn; elsewhere transparent black."""
    alpha = np.where(drawn, 255, 0).astype(np.uint8)
    return np.concatenate([np.where(drawn[..., None], colour, 0), alpha[..., None]], axis=-1).astype(np.uint8)
