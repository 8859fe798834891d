"""Second way to a scenario: a city model cut down to the objects that stand, its own scene, its own tree, no mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import raytrace
from io_citygml.model import CityModel
from twin.cells import Cell
from twin.operators import casters_of, covered_receivers, mesh_near, tree_of
from twin.receivers import Samples
from twin.scene import Scene, build_scene


def cut_down(model: CityModel, present: NDArray[np.bool_]) -> CityModel:
    """The model with the surfaces of present objects only; objects keep their indices."""
    rows = np.flatnonzero(present[model.object])
    rings = [np.arange(model.surface_ring[s], model.surface_ring[s + 1]) for s in rows]
    every = np.concatenate(rings)
    coords = [model.coords[model.ring_start[r] : model.ring_start[r + 1]] for r in every]
    return replace(
        model,
        coords=np.concatenate(coords),
        ring_start=np.concatenate([[0], np.cumsum([len(c) for c in coords])]),
        surface_ring=np.concatenate([[0], np.cumsum([len(r) for r in rings])]),
        kind=model.kind[rows],
        object=model.object[rows],
        lod=model.lod[rows],
        surface_id=tuple(model.surface_id[s] for s in rows),
        boundary_id=tuple(model.boundary_id[s] for s in rows),
        flags=model.flags[rows],
        line=model.line[rows],
    )


def standing_scene(model: CityModel, present: NDArray[np.bool_]) -> Scene:
    """The scene of what stands, built from nothing."""
    return build_scene(cut_down(model, present), 0.2)


def seen_from_nothing(
    scene: Scene,
    cell: Cell,
    origin: NDArray[np.float64],
    samples: Samples,
    halo_m: float,
    direction: NDArray[np.float64],
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Bits (P, W) along the directions and whether each receiver is covered (P,); no terrain."""
    tree = tree_of(mesh_near(casters_of(scene), cell, halo_m, origin))
    point = (samples.point - origin).astype(np.float32)
    normal = samples.normal.astype(np.float32)
    return raytrace.visible(tree, point, normal, direction), covered_receivers(tree, point, normal)
