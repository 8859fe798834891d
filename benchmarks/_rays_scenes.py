"""Scenes of the ray benchmarks: the relief city, a larger one of the same kind, or real city models.

A real model goes the way of a job (io_citygml, twin.scene): origin subtracted, casters of buildings, slivers that seal
shells included, and only the shells that twin.mesh proves closed and outward count as closed. ``of_job`` takes the
receivers of a job as well: those of surfaces and those of open land, on the terrain where there is one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import raytrace
from benchmarks import relief_city
from benchmarks._rays_points import Points
from benchmarks.relief_city import FACADE, FLOOR, GROUND, ROOF, City

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


def of_job(paths: list[Path], terrain: list[Path], crs: str | None, spacing_m: float) -> tuple[City, list[Points]]:
    """The fullest cell of ``heliotwin solar``: what casts on it, and its exposed receivers, in one piece.

    Receivers stand ``spacing_m`` apart on surfaces and twice as far on open land, as a job's defaults do.
    """
    from io_citygml.model import SurfaceKind
    from twin.config import SolarJob
    from twin.job import cells_of, prepare, receivers_of
    from twin.operators import mesh_near, stand, with_terrain
    from twin.receivers import is_land
    from twin.stopwatch import Stopwatch

    asked = SolarJob(
        cities=paths, out=Path(), terrain=terrain, crs=crs, spacing_m=spacing_m, ground_spacing_m=2.0 * spacing_m
    )
    prepared = prepare(asked, Stopwatch())
    cell, samples = max(
        ((cell, receivers_of(prepared, cell)) for cell in cells_of(prepared)), key=lambda pair: len(pair[1].surface)
    )
    standing = stand(prepared.casters, cell, samples, asked.halo_m, asked.ground_level_m)
    mesh = mesh_near(prepared.casters, cell, asked.halo_m, standing.origin)
    if prepared.scene.terrain is not None:
        mesh = with_terrain(mesh, prepared.scene.terrain, cell, asked.halo_m, standing.origin)
    receivers = standing.receivers
    land = is_land(receivers.surface)
    roof = ~land & (prepared.model.kind[np.maximum(receivers.surface, 0)] == SurfaceKind.ROOF)
    kind = np.where(land, GROUND, np.where(roof, ROOF, FACADE)).astype(np.int8)
    open_to_light = ~receivers.covered
    piece = Points(receivers.point[open_to_light], receivers.normal[open_to_light], kind[open_to_light])
    size_m = float(np.ptp(mesh.vertices[:, :2], axis=0).max())
    no_kind = np.full(len(mesh.triangles), FACADE, np.int8)  # of triangles: nothing is sampled on them here
    return City(mesh.vertices, mesh.triangles, no_kind, mesh.closed, size_m), [piece]


def build(mesh: City) -> raytrace.Bvh:
    """Our hierarchy of a scene."""
    return raytrace.build(mesh.vertices, mesh.triangles, mesh.closed)
