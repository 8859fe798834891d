"""The daylight of a weather year as PV needs it: where the sun stands in each hour, and hourly means.

Instants of an hour that share a node of the sun grid become one, at the mean direction of their light: a plane's
irradiance is linear in it. Hours in which the sun never rises are left out: what little light they hold no inverter
starts on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.hours import hourly_mean, hours_of
from solar.irradiance import Sources
from solar.sun import sun_direction
from solar.weather_record import Weather

HOUR_S = 3600.0
TRACE = 1e-9  # W/m²
# Where the weather has no temperature or wind: means of the default year, and said in the report.
TEMP_AIR = 12.0
WIND_SPEED = 2.5


class Light(NamedTuple):
    """N hours with sun, or longer steps of the weather; up to M suns in each, the last ones of strength 0 if fewer."""

    hour: NDArray[np.datetime64]  # (N,) UTC, beginning
    length_h: float  # of a row
    node: NDArray[np.int32]  # (M, N) of the sun grid
    direction: NDArray[np.float32]  # (3, M, N) unit, grid axes
    strength: NDArray[np.float32]  # (M, N) W/m²: beam and circumsolar light, as it adds to the hour's mean
    suns: NDArray[np.int64]  # (N,) how many
    direct_share: NDArray[np.float64]  # (N,) of the hour's strength that is beam, the rest circumsolar
    elevation_deg: NDArray[np.float64]  # (N,) of the hour's mean sun
    azimuth_deg: NDArray[np.float64]  # (N,) true
    isotropic: NDArray[np.float64]  # (N,) W/m²
    horizon: NDArray[np.float64]  # (N,) W/m²
    ghi: NDArray[np.float64]  # (N,) W/m²
    radiance: NDArray[np.float64]  # (N, K or 0) W/m²/sr of the sky's patches
    season: NDArray[np.int64]  # (N,) of tree crowns
    temp_air: NDArray[np.float64]  # (N,) °C
    wind_speed: NDArray[np.float64]  # (N,) m/s
    assumed: tuple[str, ...]  # what the weather does not say
    in_sight: NDArray[np.float32] | None = None  # (M, N) 0 where far hills stand before a sun; None: nowhere


def light_of(sources: Sources, weather: Weather) -> Light:
    """Daylight of a weather record with what sun and sky send at the site."""
    hours = hours_of(weather.start, weather.step_s)
    of_hour = np.repeat(np.arange(len(hours.start)), hours.steps)
    path, up = sources.path, sources.path.node >= 0
    hour_of_instant = np.repeat(of_hour, up.shape[1]).reshape(up.shape)[up]
    lit, hour_row = np.unique(hour_of_instant, return_inverse=True)
    suns, which = np.unique(hour_row.reshape(-1) * path.n_nodes + path.node[up], return_inverse=True)
    row = suns // path.n_nodes
    first = np.flatnonzero(np.diff(row, prepend=-1))
    place = np.arange(len(row)) - first[row]
    shape = (int(place.max()) + 1, len(lit))

    def padded(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (J,) of suns as (M, N)."""
        out = np.zeros(shape)
        out[place, row] = values
        return out

    sent = (sources.direct + sources.circumsolar)[up] / hours.steps[hour_of_instant]
    direction = np.ascontiguousarray(path.direction[up])
    # A trace of weight places the sun of an hour without direct light.
    vector = _sums(direction * (sent + TRACE)[:, None], which, len(suns))
    direction_of_sun = vector / np.linalg.norm(vector, axis=1, keepdims=True)
    beam = np.bincount(hour_row.reshape(-1), sources.direct[up] / hours.steps[hour_of_instant], len(lit))
    whole = np.bincount(hour_row.reshape(-1), sent, len(lit))
    middle = _sums(sun_direction(path.elevation_deg[up], path.azimuth_deg[up]), hour_row, len(lit))
    assumed = []
    temp_air, wind_speed = weather.temp_air, weather.wind_speed
    if np.isnan(temp_air).any():
        assumed.append(f"air temperature {TEMP_AIR:g} °C where the weather has none")
        temp_air = np.where(np.isnan(temp_air), TEMP_AIR, temp_air)
    if np.isnan(wind_speed).any():
        assumed.append(f"wind {WIND_SPEED:g} m/s where the weather has none")
        wind_speed = np.where(np.isnan(wind_speed), WIND_SPEED, wind_speed)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return hourly_mean(values, hours)[lit]

    return Light(
        hour=hours.start[lit],
        length_h=max(weather.step_s, HOUR_S) / HOUR_S,
        node=padded((suns % path.n_nodes).astype(np.float64)).astype(np.int32),
        direction=np.stack([padded(part) for part in direction_of_sun.T]).astype(np.float32),
        strength=padded(np.linalg.norm(vector, axis=1)).astype(np.float32),
        suns=np.bincount(row, minlength=len(lit)),
        direct_share=np.divide(beam, whole, out=np.zeros(len(lit)), where=whole > 0),
        elevation_deg=np.degrees(np.arctan2(middle[:, 2], np.hypot(middle[:, 0], middle[:, 1]))),
        azimuth_deg=np.degrees(np.arctan2(middle[:, 0], middle[:, 1])) % 360.0,
        isotropic=mean(sources.isotropic),
        horizon=mean(sources.horizon),
        ghi=mean(sources.ghi),
        radiance=hourly_mean(sources.radiance, hours)[lit],
        season=sources.season[hours.first][lit],
        temp_air=mean(temp_air),
        wind_speed=mean(wind_speed),
        assumed=tuple(assumed),
    )


def _sums(vector: NDArray[np.float64], group: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Sums (G, 3) of vectors (·, 3) by group."""
    return np.stack([np.bincount(group.reshape(-1), part, count) for part in vector.T], axis=1)
