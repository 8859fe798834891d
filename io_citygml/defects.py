"""The vocabulary of defects: what each is called, what is done about it, how far its surface can still be trusted.

Codes are those of val3dity (https://val3dity.readthedocs.io/2.4.0/errors/), where it has one. The table in
docs/defects.md is this module in prose. ``confidence_of`` multiplies the factors of a surface's flags: 1 is a clean
surface of LoD2 or higher, 0 one without area. It is an order for filters and maps, not a probability.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.repair import SkipReason, SurfaceFlag


class FlagMeaning(NamedTuple):
    """What a flag says of a surface."""

    factor: float
    """By which it lowers the confidence."""
    kind: str
    """Name of the defect in the report; "" where the flag is no defect, or is reported once for its object."""
    action: str


MEANING = {
    SurfaceFlag.DEGENERATE: FlagMeaning(0.0, "zero area", "kept, yields no triangles"),
    SurfaceFlag.NON_PLANAR: FlagMeaning(0.9, "non-planar", "kept as it is"),
    SurfaceFlag.SLIVER: FlagMeaning(0.8, "sliver", "kept as it is"),
    SurfaceFlag.DOWNWARD_ROOF: FlagMeaning(0.8, "downward-facing roof", "kept as it is"),
    SurfaceFlag.CLASSIFIED_BY_NORMAL: FlagMeaning(0.9, "", "classified by its normal"),
    SurfaceFlag.UNCLOSED_RING: FlagMeaning(0.9, "unclosed ring", "closed"),
    SurfaceFlag.DUPLICATE_POINTS: FlagMeaning(1.0, "", "repeated points dropped"),
    SurfaceFlag.REVERSED: FlagMeaning(1.0, "", "turned around as the file says"),
    SurfaceFlag.SWAPPED_RINGS: FlagMeaning(
        0.9, "exterior inside its interior ring", "the largest ring made the exterior"
    ),
    SurfaceFlag.SELF_INTERSECTING: FlagMeaning(0.7, "", "kept, or redrawn where its area was wrong"),
    SurfaceFlag.FLIPPED: FlagMeaning(0.9, "flipped surface", "turned to face out of its closed solid"),
    SurfaceFlag.OVERLAPPING: FlagMeaning(0.6, "", "kept: see the pair in the report"),
    SurfaceFlag.LOD1_FALLBACK: FlagMeaning(0.5, "", "the LoD1 block is used"),
    SurfaceFlag.UNCLOSED_SOLID: FlagMeaning(0.8, "", "kept as it is"),
}
SKIPPED = {
    SkipReason.NOT_FINITE: ("coordinate not finite", "polygon left out"),
    SkipReason.EMPTY: ("polygon without 3D coordinates", "polygon left out"),
    SkipReason.TOO_FAR: ("coordinate beyond all bounds", "polygon left out"),
    SkipReason.REPEATED: ("repeated polygon", "left out: the same polygon stands before in its object"),
    SkipReason.NESTED_SHELL: ("nested shell", "left out: the wall of a cavity"),
}
# Defects that are reported once for an object, for a pair or for a ring rather than for a flagged surface.
LOD1_FALLBACK = "LoD1 fallback"
UNCLOSED_SOLID = "unclosed solid"
INCOMPLETE_BOUNDARY = "incomplete boundary surfaces"
INCOMPLETE_LEVEL = "incomplete higher level"
INCONSISTENT = "inconsistent winding"
OVERLAPPING = "overlapping surfaces"
OVERLAPPING_FOOTPRINTS = "overlapping footprints"
SELF_INTERSECTING = "self-intersecting"
HOLE_WINDING = "hole wound like its exterior"
DUPLICATE_POINTS = "duplicate points"
SPIKE = "spike"
# What only a read that examines looks for; the others always are.
EXAMINED = (MEANING[SurfaceFlag.FLIPPED].kind, UNCLOSED_SOLID, INCONSISTENT, SKIPPED[SkipReason.REPEATED][0],
            OVERLAPPING, OVERLAPPING_FOOTPRINTS)  # fmt: skip


def confidence_of(flags: NDArray[np.uint16]) -> NDArray[np.float32]:
    """(S,) product of the factors of the flags (S,) of surfaces, 0 … 1."""
    kinds, inverse = np.unique(flags, return_inverse=True)
    product = np.ones(len(kinds))
    for flag, meaning in MEANING.items():
        product[(kinds & np.uint16(flag)) > 0] *= meaning.factor
    return product.astype(np.float32)[inverse]
