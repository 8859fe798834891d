"""A finished job in the server's memory: its tables, its sun grid, and the weather years that it is asked under."""

from __future__ import annotations

import difflib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from solar.irradiance import Sources
from solar.weather import BUNDLED, Weather
from twin import query
from twin.errors import TwinError
from twin.export.source import Source
from twin.place_on_earth import box_lonlat
from twin.provenance import weather_warnings
from twin.serve.problem import Refused
from twin.store import plain_value
from twin.weather_choice import choose_weather, kept_weather

if TYPE_CHECKING:
    import pandas as pd

Value = TypeVar("Value")
JOB_WEATHER = "job"
# Looking for ids that are written alike takes a second for every 20,000.
MOST_ALIKE = 20_000
TARGETS = 256
# Columns that no answer holds: the shape is in the tiles, and that somebody objected is nobody's business.
HIDDEN = ("geometry", "surface_index", "suppressed")


class Lately(Generic[Value]):
    """The last answers that were asked for, by key; safe among threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: OrderedDict[Any, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], Value]) -> Value:
        """The answer held under a key, or else made now."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self.most:
                self._held.popitem(last=False)
        return made


class Year(NamedTuple):
    """A weather year at the job's site."""

    weather: Weather
    sent: Sources
    warnings: list[str]


@dataclass
class Served:
    """A job, open for questions. Everything in it stays as it is; what was asked lately is remembered."""

    source: Source
    known: query.Kept
    zone: str
    surface_row: dict[str, int]
    building_row: dict[str, int]
    bounds: NDArray[np.float64]  # (S, 4) [m] west, south, east, north of each surface in the CRS
    targets: Lately[query.Target] = field(default_factory=lambda: Lately(TARGETS))
    years: Lately[Year] = field(default_factory=lambda: Lately(len(BUNDLED) + 1))

    @property
    def surfaces(self) -> pd.DataFrame:
        """Table of the surfaces."""
        return self.source.surfaces

    @property
    def buildings(self) -> pd.DataFrame:
        """Table of the buildings."""
        return self.source.buildings

    @property
    def attribution(self) -> list[str]:
        """Licence lines that go with every picture and value."""
        lines = self.source.origin["attribution"]
        return [str(line) for line in lines] if isinstance(lines, list) else [str(lines)]

    def surface(self, surface_id: str) -> pd.Series:
        """A surface's row; 404 where there is none of this id."""
        return self.surfaces.iloc[_found(self.surface_row, surface_id, "surface")]

    def building(self, building_id: str) -> pd.Series:
        """A building's row; 404 where there is none of this id."""
        return self.buildings.iloc[_found(self.building_row, building_id, "building")]

    def weather_names(self) -> list[str]:
        """What `weather` may be: the job's own, or a bundled year."""
        return [JOB_WEATHER, *sorted(BUNDLED)]

    def year(self, weather: str | None) -> Year:
        """A weather year at the site; never a file that a request names.

        Raises
        ------
        Refused
            422, for another name, or a year that does not fit the place.
        """
        name = weather or JOB_WEATHER
        if name not in self.weather_names():
            raise Refused(422, f"weather: no year {name[:60]!r}", f"take one of {', '.join(self.weather_names())}")
        return self.years.get(name, lambda: self._year(name))

    def _year(self, name: str) -> Year:
        store = self.source.store
        weather = kept_weather(store.root, store.manifest["weather"]) if name == JOB_WEATHER else choose_weather(name)
        try:
            sent = query.sources_of(self.known, weather)
            return Year(weather, sent, weather_warnings(weather, self.known.site, sent))
        except TwinError as error:
            raise Refused(422, f"weather: {error.message}", "take the job's own") from error

    def is_silent(self, surface_id: str) -> bool:
        """Whether there is nothing to tell of a surface: it is covered, or its owner objected; nobody is told which."""
        return not self.surface(surface_id)["exposed_area_m2"] > 0

    def target(self, surface_id: str) -> query.Target:
        """What a surface sees that is not silent."""
        return self.targets.get(surface_id, lambda: query.surface_target(self.source.store, self.known, surface_id))


def open_served(source: Source, zone: str) -> Served:
    """A job, opened for export, made ready for questions."""
    import shapely

    surfaces, buildings = source.surfaces, source.buildings
    return Served(
        source=source,
        known=query.kept(source.store),
        zone=zone,
        surface_row={name: row for row, name in enumerate(surfaces["surface_id"].tolist())},
        building_row={name: row for row, name in enumerate(buildings["building_id"].tolist())},
        bounds=shapely.bounds(surfaces.geometry.to_numpy()).reshape(-1, 4),
    )


def plain_row(row: pd.Series) -> dict[str, Any]:
    """A row as JSON takes it, without its shape and what only the store needs."""
    return {str(name): plain_value(value) for name, value in row.items() if name not in HIDDEN}


def bbox_lonlat(served: Served) -> list[float]:
    """West, south, east, north [°, WGS 84] of the job's surfaces."""
    low, high = np.nanmin(served.bounds[:, :2], axis=0), np.nanmax(served.bounds[:, 2:], axis=0)
    return list(box_lonlat(served.source.crs, (*low.tolist(), *high.tolist())))


def _found(rows: dict[str, int], name: str, what: str) -> int:
    row = rows.get(name)
    if row is None:
        near = difflib.get_close_matches(name, rows, n=3, cutoff=0.4) if len(rows) <= MOST_ALIKE else []
        raise Refused(
            404, f"no {what} of this id", f"nearest: {', '.join(near)}" if near else "take an id of the tiles"
        )
    return row
