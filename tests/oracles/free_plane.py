"""A plant on a plane with nothing around it, through the project's own yield code."""

from __future__ import annotations

from functools import cache

import numpy as np

from solar.irradiance import far_ground, sources
from solar.pv.chain import Chain
from solar.pv.glass import glass_of
from solar.pv.light import Light, light_of
from solar.pv.power import Planes, Power, Strings, plant_power
from solar.site import Site
from solar.sun_grid import sun_grid
from solar.weather import bundled


@cache
def light_of_default_year() -> tuple[Light, int]:
    """Daylight of the default year at its own place, and the number of sun nodes."""
    weather = bundled()
    site = Site(weather.latitude_deg, weather.longitude_deg, 100.0, 0.0)
    grid = sun_grid(site)
    return light_of(sources(site, grid, weather), weather), len(grid.direction)


def normal_of(tilt_deg: float, azimuth_deg: float) -> np.ndarray:
    tilt, azimuth = np.radians([tilt_deg, azimuth_deg])
    return np.array([np.sin(azimuth) * np.sin(tilt), np.cos(azimuth) * np.sin(tilt), np.cos(tilt)])


def free_plane(tilt_deg: float, azimuth_deg: float, chain: Chain, glass: str) -> Power:
    """Power in every hour with sun."""
    light, nodes = light_of_default_year()
    normal = normal_of(tilt_deg, azimuth_deg)[None]
    planes = Planes(normal, (1.0 + normal[:, 2]) / 2.0, np.sin(np.radians([tilt_deg])), None)
    zero = np.zeros(1, np.intp)
    views = planes.sky_view[:, None], planes.horizon_view[:, None]
    strings = Strings(
        zero,
        zero,
        np.ones(1),
        np.ones((1, nodes)),
        *views,
        far_ground(normal, 0.2, nodes),
    )
    return plant_power(light, planes, strings, chain, glass_of(1.526, glass), 0.2)


def free_plane_kwh_kwp(tilt_deg: float, azimuth_deg: float, chain: Chain, glass: str) -> float:
    """Annual AC yield [kWh/kWp]."""
    return float(free_plane(tilt_deg, azimuth_deg, chain, glass).ac.sum())
