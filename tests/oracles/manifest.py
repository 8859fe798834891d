"""What another program measured in the sample data: the "Measured:" lines of MANIFEST.md as figures.

The figures are those of the file as it lies: polygons of every LoD and area in the file's own units, each polygon once.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

# Class names of CityGML 2.0, 3.0 and CityJSON, and the kind of surface they are.
CLASSES = {
    "RoofSurface": "ROOF",
    "WallSurface": "WALL",
    "GroundSurface": "GROUND",
    "ClosureSurface": "CLOSURE",
    "OuterCeilingSurface": "OUTER_CEILING",
    "OuterFloorSurface": "OUTER_FLOOR",
    "Window": "WINDOW",
    "WindowSurface": "WINDOW",
    "Door": "DOOR",
    "DoorSurface": "DOOR",
}
COUNTED = ("Building", "BuildingPart", "BuildingInstallation", "ReliefFeature", "TINRelief")
# Relative; areas are printed to 0.1 m².
TOLERANCE = 1e-3
ROUNDING_M2 = 0.05


class Entry(NamedTuple):
    """One file of the manifest."""

    path: Path
    folder: str
    line: str
    """Behind "Measured: "."""


class Measured(NamedTuple):
    """The figures of a city model."""

    format: str
    objects: dict[str, int]
    polygons: int
    area_m2: dict[str, float]
    """Per class and LoD: "RoofSurface/lod2", "direct:Building/lod1", "none/lod1"."""
    zero_area: int | None
    downward: int | None
    bounds: list[float]
    geographic: bool
    """Less than 0.1 wide: coordinates in degrees, whose areas mean nothing."""


def entries(shared_data: Path) -> list[Entry]:
    """Every file that the manifest measures, in its order."""
    text = (shared_data / "MANIFEST.md").read_text(encoding="utf-8")
    out: list[Entry] = []
    for section in re.split(r"\n### ", text)[1:]:
        folder = section.split("\n", 1)[0].strip()
        for name, line in re.findall(r"\*\*`([^`]+)`\*\*[^\n]*\n(?:(?!\*\*`)[^\n]*\n)*?Measured: ([^\n]*)", section):
            out.append(Entry(shared_data / folder / name, folder, line.strip()))
    return out


def measured(line: str) -> Measured | None:
    """The figures of a "Measured:" line; None where it is of no city model."""
    if line.startswith("CityGML"):
        return _citygml(line)
    return _cityjson(line) if line.startswith("CityJSON") else None


def number(line: str, before: str) -> int:
    """The number behind a word, 0 where it does not stand there."""
    found = re.search(rf"\b{before} (\d+)", line)
    return int(found[1]) if found else 0


def _citygml(line: str) -> Measured:
    head = re.match(r"CityGML [\d.]+", line)
    first = {name: int(count) for count, name in re.findall(r"(\d+) (Building|BuildingPart)\b", line.split("Roof")[0])}
    objects = first | {name: number(line, name) for name in COUNTED if name not in first}
    area = re.search(r"area m²: ([^;]*)", line)
    pairs = re.findall(r"([\w:]+/lod[\d?.]+) ([\d.]+)", area[1] if area else "")
    bounds = _bounds(line)
    return Measured(
        head[0] if head else "",
        {name: count for name, count in objects.items() if count},
        number(line, "polygons"),
        {label: float(value) for label, value in pairs},
        number(line, "zero-area"),
        number(line, "downward-facing roof polygons"),
        bounds,
        bool(bounds) and bounds[3] - bounds[0] < 0.1,
    )


def _cityjson(line: str) -> Measured:
    objects, _, _, semantics, area = (
        ast.literal_eval(text) for text in re.findall(r"\b(?:obj|geo|lod|sem|area) (\{.*?\})", line)
    )
    head = re.match(r"CityJSON [\d.]+", line)
    return Measured(
        head[0] if head else "", objects, sum(semantics.values()), area, None, None, _bounds(line), geographic=False
    )


def _bounds(line: str) -> list[float]:
    found = re.search(r"bbox (\[[^\]]*\])", line)
    return ast.literal_eval(found[1]) if found else []


def thematic(area_m2: dict[str, float]) -> dict[str, float]:
    """Area per kind of surface [m²] of the classes that have one."""
    out: dict[str, float] = {}
    for label, value in area_m2.items():
        kind = CLASSES.get(label.split("/")[0])
        if kind:
            out[kind] = out.get(kind, 0.0) + value
    return out


def rest(area_m2: dict[str, float]) -> float:
    """Area of everything without such a class [m²]."""
    return sum(value for label, value in area_m2.items() if label.split("/")[0] not in CLASSES)


def agrees(ours: float, theirs: float, parts: int = 1) -> bool:
    """Whether two areas are equal within TOLERANCE or the rounding of so many printed parts."""
    return abs(ours - theirs) <= max(TOLERANCE * abs(theirs), ROUNDING_M2 * parts + 1e-6)
