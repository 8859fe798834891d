"""Hours of sun on a façade, said a second time: walls cut by hand, pvlib's sun minute by minute, Embree's rays.

Of the package it takes the polygons, the triangles and the place alone: no spots, no packed bits, no rules.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pvlib
from oracles import embree

from io_citygml.model import CityModel
from solar.site import Site
from twin.scene import Scene

Floats = npt.NDArray[np.float64]
SILL_M = 1.2
OFF_M = 0.01


class Minutes(NamedTuple):
    """Every minute of a legal day with the sun up."""

    elevation_deg: Floats  # (N,)
    azimuth_deg: Floats  # (N,) true north
    direction: Floats  # (N, 3) grid axes
    clock_h: Floats  # (N,) what the legal clock shows


def minutes_of(date: datetime.date, zone: str, site: Site) -> Minutes:
    """pvlib's sun (NREL SPA, unrefracted)."""
    begin = pd.Timestamp(date.isoformat(), tz=ZoneInfo(zone))
    end = pd.Timestamp((date + datetime.timedelta(days=1)).isoformat(), tz=ZoneInfo(zone))
    times = pd.date_range(begin.tz_convert("UTC"), end.tz_convert("UTC"), freq="1min", inclusive="left")
    sun = pvlib.solarposition.get_solarposition(times, site.latitude_deg, site.longitude_deg, method="nrel_numpy")
    up = sun["elevation"].to_numpy() > 0
    elevation, azimuth = sun["elevation"].to_numpy()[up], sun["azimuth"].to_numpy()[up]
    bearing, rise = np.radians(azimuth - site.convergence_deg), np.radians(elevation)
    direction = np.stack([np.cos(rise) * np.sin(bearing), np.cos(rise) * np.cos(bearing), np.sin(rise)], axis=1)
    local = times.tz_convert(zone)[up]
    return Minutes(elevation, azimuth, direction, (local.hour + local.minute / 60.0).to_numpy(float))


class Facade(NamedTuple):
    """One storey of one wall: points in the middles of equal pieces."""

    point: Floats  # (K, 3) m in the CRS, off the wall
    length_m: Floats  # (K,)
    normal: Floats  # (3,)


def facade_of(model: CityModel, surface: int, z_m: float, spacing_m: float) -> Facade:
    """The wall's outline cut at a height, edge by edge."""
    rings = range(model.surface_ring[surface], model.surface_ring[surface + 1])
    ring = [model.coords[model.ring_start[r] : model.ring_start[r + 1]] for r in rings]
    normal = newell(ring[0])
    along = np.array([-normal[1], normal[0], 0.0]) / np.hypot(normal[0], normal[1])
    crossings = []
    for corners in ring:
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if (a[2] <= z_m) != (b[2] <= z_m):
                crossings.append(a + (b - a) * (z_m - a[2]) / (b[2] - a[2]))
    crossings.sort(key=lambda place: float(place @ along))
    points, lengths = [], []
    for a, b in zip(crossings[::2], crossings[1::2], strict=True):
        length = float(np.linalg.norm(b - a))
        if length < 0.5:
            continue
        count = int(np.ceil(length / spacing_m - 1e-9))
        for k in range(count):
            points.append(a + (b - a) * (k + 0.5) / count + OFF_M * normal)
            lengths.append(length / count)
    return Facade(np.array(points).reshape(-1, 3), np.array(lengths), normal)


def newell(corners: Floats) -> Floats:
    """Unit normal of a ring."""
    total = np.zeros(3)
    middle = corners.mean(axis=0)
    for a, b in zip(corners - middle, np.roll(corners - middle, -1, axis=0), strict=True):
        total += np.cross(a, b)
    return total / np.linalg.norm(total)


def lit(scene: Scene, present: npt.NDArray[np.bool_], point: Floats, normal: Floats, day: Minutes) -> npt.NDArray:
    """(P, N) whether the sun reaches points (P, 3) of normals (P, 3), objects (O,) standing."""
    built = embree.scene(scene.vertices, scene.triangles[present[scene.object]])
    return embree.visible(built, point - scene.origin, normal, day.direction)


def turned_deg(normal: Floats, site: Site, day: Minutes) -> Floats:
    """(N,) the sun's azimuth less the wall's, −180 … 180."""
    wall = np.degrees(np.arctan2(normal[0], normal[1])) + site.convergence_deg
    return (day.azimuth_deg - wall + 180.0) % 360.0 - 180.0


def half_reaches(hours: Floats, length_m: Floats) -> float:
    """The hours that at least half of the length has."""
    for value in sorted(set(hours.tolist()), reverse=True):
        if length_m[hours >= value - 1e-9].sum() >= length_m.sum() / 2 - 1e-9:
            return float(value)
    raise AssertionError("no length at all")
