"""Two places with trees, carried through a job's own steps: a street with known crowns, and a piece of Delft.

The street is drawn: rows of houses, and in front of them crowns that are spheroids, as a city model would hold them.
Delft is scanned: AHN3's points over 3dfier's blocks, 130 m × 80 m of them in the package, or all of both where a folder
holds the sample files. Only receivers where crowns are known count: within the box of all crowns.
"""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.config import check_job
from twin.errors import TwinError
from twin.validate.district import Place, traced
from twin.validate.towns import BASE_M, Block, turned, write_town
from twin.vegetation.bodies import spheroid

# The street: as wide as a residential one with two rows of trees, aslant to the patches of the sky.
ACROSS_M, DEEP_M, LONG_M, HEIGHTS_M, STREET_DEG = 20.0, 10.0, 90.0, (12.0, 9.0), 65.0
MIDDLE = (364_250.0, 5_650_250.0)
# Crowns: diameter and depth, the height that they begin at, how far from the houses, how far from each other [m].
DIAMETER_M, DEPTH_M, CROWN_BASE_M, FROM_HOUSE_M, APART_M = 6.0, 7.0, 4.0, 5.0, 10.0
SPECIES = "Tilia cordata"
DELFT, DELFT_SCANS, DELFT_CRS = "delft.city.json.gz", ("ahn3_cropped_1.laz", "ahn3_cropped_2.laz"), "EPSG:7415"
CUT = "delft_trees.laz"


def street(folder: Path, spacing_m: float, no_trees: bool = False) -> Place:
    """Two rows of houses and two rows of trees, traced; ``no_trees`` traces the same without them."""
    name = "bare" if no_trees else "green"
    path = folder / f"{name}.city.json"
    write_town(path, _houses())
    _plant(path)
    options = {"cities": [path], "out": folder / name, "no_trees": no_trees, "ground_margin_m": 20.0}
    return _traced(options, spacing_m)


def middles() -> NDArray[np.float64]:
    """Middles (N, 3) of the street's crowns [m]."""
    angle = np.radians(STREET_DEG)
    along, across = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    side = ACROSS_M / 2 - FROM_HOUSE_M
    place = np.arange(-LONG_M / 2 + APART_M, LONG_M / 2 - APART_M / 2, APART_M)
    plan = [np.array(MIDDLE) + a * along + s * across for s in (-side, side) for a in place]
    height = BASE_M + CROWN_BASE_M + DEPTH_M / 2
    return np.array([[*one, height] for one in plan])


def delft(folder: Path, data: Path | None, spacing_m: float) -> Place:
    """The packaged piece of Delft, traced; where ``data`` is given all of it, from the sample files in that folder.

    Raises
    ------
    TwinError
        Where the folder lacks one of the files.
    """
    if data is not None:
        found = [_file(data, name) for name in (DELFT, *DELFT_SCANS)]
        return _delft(folder, found[0], found[1:], spacing_m)
    own = files("twin.validate") / "data"
    with as_file(own / DELFT) as city, as_file(own / CUT) as scan:
        return _delft(folder, city, [scan], spacing_m)


def _file(data: Path, name: str) -> Path:
    found = sorted(data.rglob(name))
    if not found:
        raise TwinError(f"{data}: no file {name} in this folder", "give the folder of the sample data, or leave --data")
    return found[0]


def _delft(folder: Path, city: Path, scans: list[Path], spacing_m: float) -> Place:
    options = {"cities": [city], "out": folder / "delft", "trees": scans, "trees_crs": DELFT_CRS}
    return _traced({**options, "ground_margin_m": 20.0}, spacing_m)


def _traced(options: dict[str, object], spacing_m: float) -> Place:
    spacing = {"spacing_m": spacing_m, "ground_spacing_m": spacing_m}
    # reflections: what is compared is the direct beam
    return traced(check_job({**options, **spacing, "no_pv": True, "device": "cpu", "reflections": "far"}))


def _houses() -> list[Block]:
    blocks = []
    for name, side, height in zip("ab", (-1.0, 1.0), HEIGHTS_M, strict=True):
        near, far = side * ACROSS_M / 2, side * (ACROSS_M / 2 + DEEP_M)
        low, high = (min(near, far), -LONG_M / 2), (max(near, far), LONG_M / 2)
        blocks.append(Block(name, turned(MIDDLE, low, high, STREET_DEG), height))
    return blocks


def _plant(path: Path) -> None:
    """Put the street's trees into its city model, as solids."""
    city: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for number, middle in enumerate(middles()):
        body, first = spheroid(middle, DIAMETER_M, DEPTH_M), len(city["vertices"])
        city["vertices"] += [[round(float(value) * 1000) for value in corner] for corner in body.vertices]
        shell = [[[first + int(corner) for corner in triangle]] for triangle in body.triangles]
        city["CityObjects"][f"tree_{number}"] = {
            "type": "SolitaryVegetationObject",
            "attributes": {"species": SPECIES},
            "geometry": [{"type": "Solid", "lod": "2", "boundaries": [shell]}],
        }
    path.write_text(json.dumps(city), encoding="utf-8")
