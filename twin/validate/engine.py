"""The engine as every proof asks it: any mesh, any receivers, through the same bits and sums as a job's.

Nothing here knows a formula of its own: views come from `twin.operators.look`, sums from `twin.irradiation`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from solar.irradiance import MODELS, sources
from solar.site import Site
from solar.sky import Sky, sky_weights
from solar.weather import Weather, month_index
from twin.directions import Directions, directions_of
from twin.irradiation import Bins, Energy, bins_of, energy_of, view_of
from twin.operators import BLACK, CellData, Receivers, Stand, look
from twin.optics import Optics
from twin.planes import distinct
from twin.reflection.trace import with_far_ground

# What a free plane has around it: a speck a kilometre below, since a tree of no triangles is none.
SPECK = (np.array([[0.0, 0.0, -1000.0], [0.01, 0.0, -1000.0], [0.0, 0.01, -1000.0]]), np.array([[0, 1, 2]]))


class Mesh(NamedTuple):
    """vertices (V, 3) [m], triangles (T, 3)."""

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]


class Year(NamedTuple):
    """A weather year at the weather's own place, and where the engine looks there."""

    weather: Weather
    directions: Directions
    bins: Bins


FREE = Mesh(*SPECK)


def year_at(weather: Weather, patches: int, albedo: float, model: str = MODELS[0]) -> Year:
    """What a weather year sends at its own place under a sky model, over a sky of so many patches."""
    place = Site(weather.latitude_deg, weather.longitude_deg)
    directions = directions_of(place, patches)
    sent = sources(place, directions.grid, weather, model, directions.sky)
    by_patch = bool(sent.radiance.shape[1])
    optics = Optics(directions.grid.direction, directions.sky, albedo, np.zeros(0, np.float32), by_patch)
    return Year(weather, directions, bins_of(sent, month_index(weather), optics))


def seen(mesh: Mesh, point: NDArray[np.floating], normal: NDArray[np.floating], directions: Directions) -> CellData:
    """Views of receivers (P, 3) of unit normal (P, 3) in a mesh, each a group of its own of one square metre."""
    count = len(point)
    receivers = Receivers(
        point=np.asarray(point, np.float32),
        normal=np.asarray(normal, np.float32),
        area_m2=np.ones(count, np.float32),
        surface=np.arange(count, dtype=np.int32),
        covered=np.zeros(count, bool),
    )
    nothing_receives = np.full(len(mesh.triangles), BLACK, np.int32)
    standing = Stand(receivers, np.zeros(3), raytrace.build(mesh.vertices, mesh.triangles), nothing_receives)
    return look(standing, directions.direction, directions.n_sun)


def energy_in(data: CellData, year: Year) -> Energy:
    """Monthly energy (P, 12) [kWh/m²] of receivers that `seen` looked at."""
    return energy_of(view_of(data, year.bins.optics), year.bins)


def free_planes(year: Year, normal: NDArray[np.floating]) -> Energy:
    """Monthly energy (P, 12) [kWh/m²] on planes of unit normal (P, 3) with nothing around them but far ground."""
    return energy_in(with_far_ground(seen(FREE, np.zeros((len(normal), 3)), normal, year.directions)), year)


def sky_view(mesh: Mesh, point: NDArray[np.floating], normal: NDArray[np.floating], sky: Sky) -> NDArray[np.float64]:
    """Sky view factor (P,) of receivers (P, 3) in a mesh: patches that they see, weighted as the engine does."""
    bvh = raytrace.build(mesh.vertices, mesh.triangles)
    bits = raytrace.visible(bvh, np.asarray(point, np.float32), np.asarray(normal, np.float32), sky.direction)
    facing, which = distinct(np.asarray(normal, np.float64))
    return raytrace.bits.dot(bits, sky_weights(sky, facing) / np.pi, which.astype(np.int32))


def normal_of(tilt_deg: float, azimuth_deg: float) -> NDArray[np.float64]:
    """Unit normal (3,) of a plane tilted from the horizontal towards an azimuth [°]."""
    tilt, azimuth = np.radians(tilt_deg), np.radians(azimuth_deg)
    return np.array([np.sin(tilt) * np.sin(azimuth), np.sin(tilt) * np.cos(azimuth), np.cos(tilt)])
