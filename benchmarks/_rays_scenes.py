"""Scenes of the ray benchmarks: the relief city, a larger one of the same kind, or real city models.

A real model goes the way of a job (io_citygml, twin.scene): origin subtracted, casters of buildings, slivers that seal
shells included, and only the shells that twin.mesh proves closed and outward count as closed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import raytrace
from benchmarks import relief_city
from benchmarks.relief_city import FACADE, FLOOR, ROOF, City

QUICK_SIZE_M, QUICK_HOUSES = 400.0, 400


def synthetic(quick: bool, millions: float | None) -> City:
    """The relief city of 408,012 triangles, one of so many million, or a corner of a few thousand."""
    if quick:
        return relief_city.city(QUICK_SIZE_M, QUICK_HOUSES)
    return relief_city.city() if millions is None else relief_city.city_of(millions)


def real(paths: list[Path], albedo: float = 0.2) -> City:
    """Buildings of city model files as roofs and façades; there is no land."""
    from io_citygml.model import SurfaceKind
    from io_citygml.read import read_city
    from twin.operators import casters_of
    from twin.scene import build_scene

    model = read_city(paths)
    scene = build_scene(model, albedo)
    casters = casters_of(scene)
    roof = model.kind[scene.surface] == SurfaceKind.ROOF
    floor = scene.normal[scene.surface, 2] < -0.5
    kind = np.full(len(casters.triangles), FLOOR, np.int8)
    kind[: len(scene.triangles)] = np.where(floor, FLOOR, np.where(roof, ROOF, FACADE))
    used, triangles = np.unique(casters.triangles, return_inverse=True)
    vertices = scene.vertices[used]
    size_m = float(np.ptp(vertices[:, :2], axis=0).max())
    return City(vertices, triangles.reshape(-1, 3).astype(np.int64), kind, casters.shell >= 0, size_m)


def build(mesh: City) -> raytrace.Bvh:
    """Our hierarchy of a scene."""
    return raytrace.build(mesh.vertices, mesh.triangles, mesh.closed)
