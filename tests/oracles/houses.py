"""Small towns written as CityJSON: boxes with named roof, walls and ground, where a test needs known geometry."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """An upright box: south-west corner, sizes and base height [m], coordinates in EPSG:25832."""

    name: str
    x: float
    y: float
    width: float
    depth: float
    height: float
    base: float = 100.0


# South-west corner of a town that lies across the border of two 500 m cells (E 364000 and 364500).
WEST, SOUTH = 364440.0, 5650100.0


def write_town(path: Path, boxes: Iterable[Box], crs: str | None = "25832") -> Path:
    """Write boxes as CityJSON 2.0, millimetre coordinates."""
    vertices: list[list[int]] = []
    objects: dict[str, object] = {}
    origin = (WEST, SOUTH, 0.0)
    for box in boxes:
        first = len(vertices)
        for z in (box.base, box.base + box.height):
            for x, y in ((0, 0), (box.width, 0), (box.width, box.depth), (0, box.depth)):
                place = (box.x + x, box.y + y, z)
                vertices.append([round((p - o) * 1000) for p, o in zip(place, origin, strict=True)])
        shell = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
        objects[box.name] = {
            "type": "Building",
            "attributes": {"function": "31001_1000"},
            "geometry": [
                {
                    "type": "Solid",
                    "lod": "2",
                    "boundaries": [[[[first + v for v in ring]] for ring in shell]],
                    "semantics": {
                        "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}],
                        "values": [[0, 1, 2, 2, 2, 2]],
                    },
                }
            ],
        }
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": list(origin)},
        "metadata": {"referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{crs}"} if crs else {},
        "CityObjects": objects,
        "vertices": vertices,
    }
    path.write_text(json.dumps(city), encoding="utf-8")
    return path


def street() -> list[Box]:
    """Twelve houses on both sides of a cell border; the first two share a party wall, one lies across the border."""
    boxes = [
        Box("left", WEST, SOUTH, 10, 10, 6),
        Box("right", WEST + 10, SOUTH, 10, 10, 10),
        Box("across", 364495.0, SOUTH + 30, 12, 8, 7),
    ]
    boxes += [Box(f"row{i}", 364515.0 + 14 * (i % 3), SOUTH + 25 * (i // 3), 10, 10, 5 + i) for i in range(9)]
    return boxes


def add_tree(path: Path, low: NDArray[np.float64], high: NDArray[np.float64], species: str) -> None:
    """Add a tree to a town's file: its closed crown is the box between two corners (3,) [m]."""
    city = json.loads(path.read_text(encoding="utf-8"))
    first, origin = len(city["vertices"]), city["transform"]["translate"]
    for corner in [(x, y, z) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]:
        place = np.where(np.array(corner) == 1, high, low)
        city["vertices"].append([round((p - o) * 1000) for p, o in zip(place, origin, strict=True)])
    shell = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    crown = {"type": "Solid", "lod": "2", "boundaries": [[[[first + v for v in ring]] for ring in shell]]}
    attributes = {"species": species}
    city["CityObjects"]["tree"] = {
        "type": "SolitaryVegetationObject",
        "attributes": attributes,
        "geometry": [crown],
    }
    path.write_text(json.dumps(city), encoding="utf-8")
