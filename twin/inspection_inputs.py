"""What is what among the arguments of `heliotwin inspect`: city model, weather or terrain, told by content.

A file that is none of the three goes to the city reader, whose error says what it is; in a folder it is passed over.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from io_citygml.errors import CityModelError
from twin import inputs

CITY, WEATHER, TERRAIN = "city", "weather", "terrain"
_KINDS = {
    inputs.CITY: CITY,
    inputs.WEATHER: WEATHER,
    **dict.fromkeys((inputs.GEOTIFF, inputs.ASC, inputs.XYZ, inputs.LANDXML), TERRAIN),
}
# What opening a file that is not what its first bytes say may raise.
_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,
    CityModelError,
)


class Inputs(NamedTuple):
    """The arguments, sorted."""

    city: list[Path]
    weather: list[Path]
    terrain: list[Path]


def sorted_inputs(paths: list[Path]) -> Inputs:
    """Each path under what it holds; a folder of several kinds stands under each, for its readers take only theirs."""
    found = Inputs([], [], [])
    for path in paths:
        if not path.is_dir():
            getattr(found, kind_of(path) or CITY).append(path)
            continue
        inside = [(item, kind_of(item)) for item in _files_of(path)]
        kinds = {kind for _, kind in inside if kind}
        if TERRAIN in kinds:
            found.terrain.append(path)
        found.weather.extend(item for item, kind in inside if kind == WEATHER)
        if CITY in kinds or not kinds:
            found.city.append(path)
    return found


def _files_of(folder: Path) -> Iterator[Path]:
    for item in sorted(folder.rglob("*")):
        if (inputs.is_known(item.name) or item.name.lower().endswith(".zip")) and item.is_file():
            yield item


def kind_of(path: Path) -> str | None:
    """CITY, WEATHER or TERRAIN of a file, of an archive that of its first member that has one; None for all else."""
    if path.name.lower().removesuffix(".gz").endswith(inputs.CITY_SUFFIXES):
        return CITY
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        return None
    try:
        found = inputs.contents(path)
    except _UNREADABLE:
        return None
    return next((_KINDS[content.kind] for content in found if content.kind in _KINDS), None)
