"""Which layers a map shows of an export, read off the names of its files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from twin.export.beside.exported import LAYERS, Exported, data_of
from twin.export.beside.facts import Facts
from twin.export.beside.iso19139 import record_id
from twin.export.rasters import legends
from twin.export.rasters.cogs import MERCATOR_FOLDER
from twin.export.rasters.mercator import WEB_MERCATOR
from twin.export.words import MONTHS

# VC Solar's plug-ins look for the layer of this name.
SOLAR_LAYER = "SolarBuildings"
# Folder of instants of a shadow study (twin/export/study_files.py).
MASKS = "masks"
_TILE = re.compile(r"(?P<folder>(?:.*/)?)(?P<z>\d+)/\d+/\d+\.(?P<suffix>png|webp)")
# A month at the end of a name: land_03, roofs_month_03.
_MONTH = re.compile(r"(?<!\d)(0[1-9]|1[0-2])(?!\d)")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
WORDS = {
    "roofs": "Dächer",
    "land": "Freiland",
    "ground": "Freiland",
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
    legend: str = ""  # picture of its colours, relative to the export; "" where there is none

    @property
    def is_year(self) -> bool:
        """Whether it shows all of the irradiation, whose colours `Exported.legend` gives."""
        return self.legend == legend_file(legends.YEAR)


def key_of(facts: Facts, exported: Exported) -> str:
    """What tells the ids of one export from those of every other in a portal: its format and its dataset."""
    return f"{exported.name}-{record_id(facts, exported)[:8]}"


def layers_of(exported: Exported, title: str, crs: str) -> list[MapLayer]:
    """Layers in the order of their names; none for formats that a map client does not read from a folder."""
    paths = [path for path, _ in exported.files]
    if exported.name == "3dtiles":
        legend = f"{LAYERS}/legend_de.svg"
        return [MapLayer(SOLAR_LAYER, f"Solarpotenzial {title}", exported.main, "tileset", "", legend=legend)]
    if exported.name == "xyz":
        return _pyramids(paths)
    files = data_of(paths, exported.name)
    if exported.name == "cog":
        return [_raster(path, crs, _legend_of(path, paths)) for path in files]
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
            WEB_MERCATOR,
            suffix,
            (min(found), max(found)),
            _legend_of(folder, paths),
        )
        for (folder, suffix), found in sorted(zooms.items())
    ]


def _raster(path: str, crs: str, legend: str) -> MapLayer:
    folder, _, inside = path.partition("/")
    is_twin = folder == MERCATOR_FOLDER
    system = WEB_MERCATOR if is_twin else crs
    words = f"{words_of(path)} ({system})"
    # Both systems may stand in one portal: the twin of the city's own system has it in its name.
    name = name_of(inside if is_twin else path)
    return MapLayer(name, words, path, "raster", system, legend=legend)


def _legend_of(path: str, paths: list[str]) -> str:
    """The legend, of those that the writer left, whose colours a raster or pyramid has; "" where none is its own."""
    name = PurePosixPath(_stem(path))
    if _DATED.search(name.name):
        of_sums = {"hours": legends.HOURS, "difference": legends.DIFFERENCE}
        stem = legends.SHADOW if MASKS in name.parts else of_sums.get(name.name.partition("_")[0], "")
    else:
        stem = legends.BY_MONTH if _MONTH.search(name.name) else legends.YEAR
    found = legend_file(stem)
    return found if stem and found in paths else ""


def legend_file(stem: str) -> str:
    """The German picture of a legend."""
    return f"{stem}_de.png"


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
        text = _MONTH.sub(lambda found: MONTHS[int(found[0]) - 1][0], text)
    return re.sub(r"T(\d{2})(\d{2})\b", r" \1:\2", text.replace("_", " ")).strip()
