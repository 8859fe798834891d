"""Which layers a map shows of an export, read off the names of its files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from twin.export.beside.attributes import MONTHS_DE
from twin.export.beside.exported import Exported
from twin.export.beside.formats import FORMATS

# VC Solar's plug-ins look for the layer of this name.
SOLAR_LAYER = "SolarBuildings"
MERCATOR = "EPSG:3857"
_TILE = re.compile(r"(?P<folder>(?:.*/)?)(?P<z>\d+)/\d+/\d+\.(?P<suffix>png|webp)")
# A month at the end of a name: land_03, roofs_month_03.
_MONTH = re.compile(r"(?<!\d)(0[1-9]|1[0-2])(?!\d)")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
WORDS = {
    "roofs": "Dächer",
    "land": "Freiland",
    "ground": "Freiland",
    "annual": "Jahr",
    "hours": "Sonnenstunden",
    "difference": "Änderung der Sonnenstunden",
    "first_sun": "erste Sonne",
    "last_sun": "letzte Sonne",
    "longest": "längste Besonnung",
}


class MapLayer(NamedTuple):
    """One layer of a map."""

    name: str  # letters, digits, _ and -
    title: str  # German
    path: str  # of a file, or of the folder of a pyramid, relative to the export
    kind: Literal["tileset", "raster", "pyramid", "czml", "geojson"]
    crs: str  # of rasters and pyramids, "" where it does not matter
    suffix: str = ""
    zooms: tuple[int, int] = (0, 0)
    is_annual: bool = False  # annual irradiation, which the legend's colours fit


def layers_of(exported: Exported, title: str, crs: str) -> list[MapLayer]:
    """Layers in the order of their names; none for formats that a map client does not read from a folder."""
    paths = [path for path, _ in exported.files]
    if exported.name == "3dtiles":
        return [MapLayer(SOLAR_LAYER, f"Solarpotenzial {title}", exported.main, "tileset", "")]
    if exported.name == "xyz":
        return _pyramids(paths)
    wanted = FORMATS[exported.name].suffixes
    files = [path for path in paths if PurePosixPath(path).suffix.lower() in wanted]
    if exported.name == "cog":
        return [_raster(path, crs) for path in files]
    if exported.name in ("czml", "geojson"):
        kind: Literal["czml", "geojson"] = "czml" if exported.name == "czml" else "geojson"
        return [MapLayer(name_of(path), f"Schatten {words_of(path)}", path, kind, "") for path in files]
    return []


def _pyramids(paths: list[str]) -> list[MapLayer]:
    zooms: dict[tuple[str, str], set[int]] = {}
    for path in paths:
        if found := _TILE.fullmatch(path):
            zooms.setdefault((found["folder"].rstrip("/"), found["suffix"]), set()).add(int(found["z"]))
    return [
        MapLayer(
            name_of(folder or "karte"),
            words_of(folder or "karte"),
            folder,
            "pyramid",
            MERCATOR,
            suffix,
            (min(found), max(found)),
            _is_annual(folder),
        )
        for (folder, suffix), found in sorted(zooms.items())
    ]


def _raster(path: str, crs: str) -> MapLayer:
    system = MERCATOR if "3857" in path else crs
    words = f"{words_of(path)} ({system})"
    # Both systems may stand in one portal: the twin of the city's own system has it in its name.
    name = name_of(path.removeprefix("epsg3857/"))
    return MapLayer(name, words, path, "raster", system, is_annual=_is_annual(path))


def _is_annual(path: str) -> bool:
    """Whether a name is neither of a month nor of a day of a shadow study."""
    stem = PurePosixPath(_stem(path)).name
    return not _DATED.search(stem) and not _MONTH.search(stem)


def _stem(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix() if "." in path else path


def name_of(path: str) -> str:
    """A layer's name: the path without its ending, only letters, digits, _ and -."""
    return re.sub(r"[^0-9A-Za-z_-]+", "_", _stem(path)).strip("_") or "layer"


def words_of(path: str) -> str:
    """A title in German, from a file's or folder's name."""
    text = PurePosixPath(_stem(path)).name
    for name, word in sorted(WORDS.items(), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"(?<![A-Za-z]){name}(?![A-Za-z])", word, text)
    if not _DATED.search(text):
        text = _MONTH.sub(lambda found: MONTHS_DE[int(found[0]) - 1], text)
    return re.sub(r"T(\d{2})(\d{2})\b", r" \1:\2", text.replace("_", " ")).strip()
