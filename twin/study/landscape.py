"""What stands around a study's buildings: far hills and trees.

Hills hide the sun from hours, masks and energy alike. Trees take light from the year's energy only: orientation values
of daylight rules are of buildings, and a tree never becomes a wall. Both are the same in every scenario.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from io_citygml.model import CityModel
from twin.cells import CELL_M, Cell
from twin.open_land import OpenLand
from twin.scene import Scene
from twin.study.config import ShadowJob
from twin.vegetation.grove import Asked, Grove, grove_of

if TYPE_CHECKING:
    from twin.far_horizon.terrain import FarTerrain


HILLS = "Hills up to 40 km away hide the sun, from hours as from energy."
NO_HILLS = "The far horizon beyond the casters' halo does not shade."
TREES = "Trees take light from the year's energy by season; hours of sun and rules are of buildings and ground alone."
NO_TREES = "Trees neither shade nor receive."
REFLECTED = "Light off walls, roofs and ground is in the year's energy as each surface sees it, followed once."
FAR_GROUND = "Of light that comes back the year's energy has that of far flat ground alone."


class Landscape(NamedTuple):
    """Far terrain and trees of a city, where there are any."""

    far: FarTerrain | None
    grove: Grove | None


def landscape_of(job: ShadowJob, model: CityModel, scene: Scene, land: OpenLand, cells: list[Cell]) -> Landscape:
    """Far terrain and trees around some cells.

    Raises
    ------
    TwinError
        Naming the file and the remedy.
    """
    each = np.array([cell.box for cell in cells])
    box = np.array([each[:, :2].min(axis=0), each[:, 2:].max(axis=0)])
    far = None
    if job.far_terrain:
        from twin.far_horizon.ground import with_ground_check
        from twin.far_horizon.terrain import build_far_terrain

        # A plan may stand beside the city, in a cell that it does not have.
        low, high, near_m = box[0] - CELL_M, box[1] + CELL_M, None if scene.terrain is None else job.halo_m
        far = build_far_terrain(list(job.far_terrain), scene.crs, low, high, near_m=near_m)
        far = with_ground_check(far, land, cells)
    grove = None
    if job.energy and not job.no_trees:
        asked = Asked(list(job.trees), job.trees_crs or job.crs, job.leaves)
        grove = grove_of(asked, model, scene.crs, land, box, scene.site.latitude_deg)
    return Landscape(far, grove)


def landscape_facts(landscape: Landscape) -> dict[str, Any]:
    """What study.json says of hills and trees; None where there are none."""
    far = landscape.far
    return {
        "far_horizon": None if far is None else {name: v for name, v in far.facts.items() if name != "seconds"},
        "trees": None if landscape.grove is None else landscape.grove.facts(),
    }


def landscape_notes(landscape: Landscape, job: ShadowJob) -> list[str]:
    """What readers must know of hills, trees and light that comes back, a sentence each."""
    out = [NO_HILLS if landscape.far is None else HILLS, NO_TREES if landscape.grove is None else TREES]
    if job.energy:
        out.append(REFLECTED if job.reflections == "traced" else FAR_GROUND)
    return out


def landscape_warnings(landscape: Landscape) -> list[str]:
    """What is doubtful about hills and trees."""
    if landscape.far is None:
        return []
    from twin.far_horizon.words import far_warnings

    return far_warnings(landscape.far.facts)
