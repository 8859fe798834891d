"""Little towns of known geometry as CityJSON, so that a proof goes the whole way of a job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BASE_M = 100.0


class Block(NamedTuple):
    """An upright block with flat roof: its four corners (4, 2) [m, EPSG:25832], counter-clockwise, its height, and
    where it stands; one that stands above the ground has a ceiling below."""

    name: str
    corner: NDArray[np.float64]
    height_m: float
    base_m: float = BASE_M


def write_town(path: Path, blocks: list[Block]) -> Path:
    """Blocks as CityJSON 2.0, millimetre coordinates, with named roofs, walls and grounds."""
    vertices: list[list[int]] = []
    objects: dict[str, object] = {}
    for block in blocks:
        first = len(vertices)
        for z in (block.base_m, block.base_m + block.height_m):
            vertices += [[*(round(float(p) * 1000) for p in place), round(z * 1000)] for place in block.corner]
        shell = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
        below = "OuterCeilingSurface" if block.base_m > BASE_M else "GroundSurface"
        kinds = [{"type": kind} for kind in (below, "RoofSurface", "WallSurface")]
        solid = {
            "type": "Solid",
            "lod": "2",
            "boundaries": [[[[first + v for v in ring]] for ring in shell]],
            "semantics": {"surfaces": kinds, "values": [[0, 1, 2, 2, 2, 2]]},
        }
        objects[block.name] = {"type": "Building", "attributes": {}, "geometry": [solid]}
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [0.0, 0.0, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "CityObjects": objects,
        "vertices": vertices,
    }
    path.write_text(json.dumps(city), encoding="utf-8")
    return path


def turned(
    middle: tuple[float, float], low: tuple[float, float], high: tuple[float, float], azimuth_deg: float
) -> NDArray[np.float64]:
    """Corners (4, 2) of a rectangle about a middle; its second axis points to an azimuth [°]."""
    angle = np.radians(azimuth_deg)
    along, across = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    corners = ((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1]))
    return np.array([np.array(middle) + a * across + b * along for a, b in corners])
