"""tileset.json: the tree of tiles with their volumes, errors and places.

Source: 3D Tiles 1.1, OGC 22-025r4. Every tile stands in its own east-north-up frame, so that float32 vertices are good
to a tenth of a millimetre; its box is that of its own vertices and its children's boxes along the axes of its frame.
"""

from __future__ import annotations

import html
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.earth import into_frame
from twin.export.tiles.metadata import CLASS, schema_of
from twin.export.tiles.properties import Column
from twin.export.tiles.tile import GENERATOR, Form

# Vertices are rounded to float32: a box grows by more than that, so that it holds them [m].
ROUNDING_M = 0.001


class Placed(NamedTuple):
    """A tile ready for the tree."""

    uri: str
    error_m: float
    frame: NDArray[np.float64]  # (4, 4) local to ECEF
    box: list[float]  # of the tile and all below, in its frame
    content_box: list[float]  # of its own vertices
    children: list[Placed]


def box_of(frame: NDArray[np.float64], ecef: NDArray[np.float64]) -> list[float]:
    """Twelve numbers of a box along a frame's axes around points (N, 3): centre and half axes."""
    local = into_frame(frame, ecef)
    low, high = local.min(axis=0) - ROUNDING_M, local.max(axis=0) + ROUNDING_M
    centre, half = (low + high) / 2, (high - low) / 2
    return [round(value, 6) for value in np.concatenate([centre, np.diag(half).ravel()]).tolist()]


def around(box: list[float], inner: list[NDArray[np.float64]]) -> list[float]:
    """A box (twelve numbers, along the axes) grown to hold the corners (8, 3) of its children."""
    centre, half = np.array(box[:3]), np.diag(np.array(box[3:]).reshape(3, 3))
    corner = np.concatenate([[centre - half, centre + half], *inner])
    low, high = corner.min(axis=0), corner.max(axis=0)
    whole = np.concatenate([(low + high) / 2, np.diag((high - low) / 2).ravel()])
    return [round(value, 6) for value in whole.tolist()]


def corners(box: list[float]) -> NDArray[np.float64]:
    """Corners (8, 3) of a box along the axes."""
    sign = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    return np.array(box[:3]) + sign * np.diag(np.array(box[3:]).reshape(3, 3))


def document(root: Placed, whole_error_m: float, columns: list[Column], form: Form, credit: str) -> dict[str, Any]:
    """The tileset; ``whole_error_m`` is what is missing while nothing of it is drawn."""
    # CesiumJS shows the credits that stand there (Cesium3DTileset.asset).
    credits = [{"html": html.escape(credit), "showOnScreen": False}]
    asset = {"version": form, "extras": {"generator": GENERATOR, "copyright": credit, "cesium": {"credits": credits}}}
    return {
        "asset": asset,
        **_ranges(columns, form),
        "geometricError": _error(whole_error_m),
        "root": {**_tile(root, np.eye(4)), "refine": "ADD"},
    }


def _tile(tile: Placed, parent: NDArray[np.float64]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "boundingVolume": {"box": tile.box},
        "geometricError": _error(tile.error_m),
        "transform": (np.linalg.inv(parent) @ tile.frame).T.ravel().tolist(),
        "content": {"uri": tile.uri, "boundingVolume": {"box": tile.content_box}},
    }
    if tile.children:
        out["children"] = [_tile(child, tile.frame) for child in tile.children]
    return out


def _error(metres: float) -> float:
    return round(metres, 3)


def _ranges(columns: list[Column], form: Form) -> dict[str, Any]:
    """Least and greatest value of every number, for clients that offer styles by range: ``properties`` in 1.0,
    ``schema`` and ``statistics`` in 1.1."""
    found = {}
    for column in columns:
        if column.property.kind in ("number", "count", "float"):
            value = np.asarray(column.value, np.float64)
            known = value[np.isfinite(value)]
            if len(known):
                found[column.property.name] = (float(known.min()), float(known.max()))
    if form == "1.0":
        return {"properties": {name: {"minimum": low, "maximum": high} for name, (low, high) in found.items()}}
    ranges = {name: {"min": low, "max": high} for name, (low, high) in found.items()}
    return {"schema": schema_of(columns), "statistics": {"classes": {CLASS: {"properties": ranges}}}}
