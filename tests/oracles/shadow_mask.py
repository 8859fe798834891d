"""Who shades a pixel, said a second time: Intel Embree along the sun's ray from the middle of every pixel.

Nothing of a study's way to its masks is used: no cells, no packed bits, no incremental step. The sun comes from pvlib
(NREL SPA) by a path of its own, pixels from the raster, and the triangles of whatever stands lie in one scene about one
origin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pvlib
from embreex.rtcore_scene import EmbreeScene
from oracles import embree

from solar.site import Site
from twin.scene import Scene
from twin.study.outcome import Grid

OFFSET_M = 0.01
UP = np.array([0.0, 0.0, 1.0])


def sun_direction(time: np.datetime64, site: Site) -> npt.NDArray[np.float64]:
    """Unit vector (3,) to the sun in grid axes at an instant, UTC."""
    when = pd.DatetimeIndex([pd.Timestamp(time, tz="UTC")])
    sun = pvlib.solarposition.get_solarposition(when, site.latitude_deg, site.longitude_deg, method="nrel_numpy")
    elevation = np.radians(float(sun["elevation"].iloc[0]))
    bearing = np.radians(float(sun["azimuth"].iloc[0]) - site.convergence_deg)
    level = np.cos(elevation)
    return np.array([level * np.sin(bearing), level * np.cos(bearing), np.sin(elevation)])


def middles(grid: Grid) -> npt.NDArray[np.float64]:
    """Middles (G, 2) [m] of the measured pixels."""
    row, column = np.divmod(grid.pixel, grid.columns)
    east = grid.west + (column + 0.5) * grid.cell_m
    north = grid.north - (row + 0.5) * grid.cell_m
    return np.stack([east, north], axis=1)


def casters(scene: Scene, present: npt.NDArray[np.bool_]) -> EmbreeScene:
    """What stands of a scene, by object (O,)."""
    return embree.scene(scene.vertices, scene.triangles[present[scene.object]])


def shaded(
    built: EmbreeScene,
    scene: Scene,
    place: npt.NDArray[np.float64],
    height: npt.NDArray[np.float64],
    time: np.datetime64,
) -> npt.NDArray[np.bool_]:
    """Whether level ground at places (N, 2) and heights (N,) [m] in the CRS is shaded at an instant."""
    points = np.column_stack([place, height + OFFSET_M]) - scene.origin
    direction = sun_direction(time, scene.site)[None]
    normals = np.broadcast_to(UP, points.shape)
    return ~embree.visible(built, points, normals, direction)[:, 0]
