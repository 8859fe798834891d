"""Faces with a class each as one CityJSON building (or several): roofs, walls and what stands on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from oracles.houses import SOUTH, WEST


class Face(NamedTuple):
    """One polygon: rings of corners about (WEST, SOUTH, 0) [m], outer ring first, and its class."""

    rings: list[list[tuple[float, float, float]]]
    kind: str
    object: str = "house"


def face(corners: list[tuple[float, float, float]], kind: str = "RoofSurface", object: str = "house") -> Face:
    """A face without holes."""
    return Face([corners], kind, object)


def write_faces(path: Path, faces: list[Face], installations: tuple[str, ...] = ()) -> Path:
    """CityJSON 2.0 of loose faces in millimetres; objects of ``installations`` belong to the building "house"."""
    vertices: list[list[int]] = []
    objects: dict[str, dict[str, object]] = {}
    for name in dict.fromkeys(item.object for item in faces):
        mine = [item for item in faces if item.object == name]
        boundaries = []
        for item in mine:
            rings = []
            for ring in item.rings:
                rings.append(list(range(len(vertices), len(vertices) + len(ring))))
                vertices += [[round(value * 1000) for value in corner] for corner in ring]
            boundaries.append(rings)
        semantics = {"surfaces": [{"type": item.kind} for item in mine], "values": list(range(len(mine)))}
        geometry = {"type": "MultiSurface", "lod": "3", "boundaries": boundaries, "semantics": semantics}
        kind = "BuildingInstallation" if name in installations else "Building"
        objects[name] = {"type": kind, "geometry": [geometry]}
        if name in installations:
            objects[name]["parents"] = ["house"]
    if installations:
        objects["house"]["children"] = list(installations)
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [WEST, SOUTH, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "CityObjects": objects,
        "vertices": vertices,
    }
    path.write_text(json.dumps(city), encoding="utf-8")
    return path


def level(
    outline: list[tuple[float, float]], height_m: float, turned_deg: float = 0.0
) -> list[tuple[float, float, float]]:
    """An outline at a height, turned about its origin counter-clockwise."""
    turn = np.radians(turned_deg)
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    return [(x * cosine - y * sine, x * sine + y * cosine, height_m) for x, y in outline]


def box_faces(low: tuple[float, float, float], high: tuple[float, float, float], object: str) -> list[Face]:
    """Roof and walls of an upright box, all of one object."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    ring = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    out = [face([(x, y, z1) for x, y in ring], "RoofSurface", object)]
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        out.append(face([(ax, ay, z0), (bx, by, z0), (bx, by, z1), (ax, ay, z1)], "WallSurface", object))
    return out
