"""What turns a cell's bits into light, the same for all cells of a job: directions, sky patches, albedos."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.canopy import Seasons, season_index
from solar.irradiance import Sources, in_seasons
from solar.sky import Sky
from solar.weather_record import Weather

# Sky models that give radiances of patches.
BY_PATCH = ("perez1993", "matrix")


# One season, no class of crowns.
NO_TREES = np.zeros((1, 0))
WHOLE_YEAR = np.ones(1)


class Optics(NamedTuple):
    """Directions that bits stand for, and what surfaces send back."""

    sun: NDArray[np.float64]  # (D, 3) unit, to the sun at each node, grid axes
    sky: Sky
    albedo: float  # of the ground
    surface_albedo: NDArray[np.float32]  # (S,) of each surface of the model
    by_patch: bool = False  # whether the sky model gives radiances of patches
    extinction: NDArray[np.float64] = NO_TREES  # (S, C) [1/m] of each class of crowns in each season
    season_share: NDArray[np.float64] = WHOLE_YEAR  # (S,) of the year

    @property
    def n_sun(self) -> int:
        """Number of sun nodes D."""
        return len(self.sun)

    @property
    def n_sky(self) -> int:
        """Number of sky patches K."""
        return len(self.sky.direction)

    @property
    def n_seasons(self) -> int:
        """Number of seasons S; one where there are no trees."""
        return len(self.extinction)


def seasonal(sent: Sources, weather: Weather, seasons: Seasons | None) -> Sources:
    """What sun and sky send, in the seasons of a job's trees."""
    if seasons is None or len(seasons.start) == 1:
        return sent
    return in_seasons(sent, season_index(weather.start, weather.step_s, seasons), len(seasons.start))


def shares_of_year(seasons: Seasons) -> NDArray[np.float64]:
    """Share (S,) of a year's days that each season holds."""
    days = np.arange(np.datetime64("2025-01-01"), np.datetime64("2026-01-01"))
    found = np.bincount(season_index(days, 86400.0, seasons), minlength=len(seasons.start))
    return np.asarray(found / len(days))
