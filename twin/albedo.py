"""How much light each surface sends back: by what it is, by its own attribute, or by the user's table.

Defaults are middles of the ranges in Oke 1987, Boundary Layer Climates, 2nd ed., table 8.1 (brick 0.20 – 0.40, concrete
0.10 – 0.35, tiles 0.10 – 0.35, tar and gravel 0.08 – 0.18, window glass 0.08 at steep to 0.5 at flat incidence). The
user's table names surfaces, objects or kinds; the most particular name counts, and what the city model itself says of a
surface counts before what a table says of its kind.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CLASS_NAME, CityModel, SurfaceKind
from twin.errors import TwinError

DEFAULT = {
    SurfaceKind.ROOF: 0.2,
    SurfaceKind.WALL: 0.3,
    SurfaceKind.GROUND: 0.2,
    SurfaceKind.OUTER_CEILING: 0.3,
    SurfaceKind.OUTER_FLOOR: 0.2,
    SurfaceKind.WINDOW: 0.15,
    SurfaceKind.DOOR: 0.3,
}
ELSE = 0.2
# A generic attribute of the object with this name (in any case) holds for all its surfaces.
ATTRIBUTE = "albedo"
REMEDY = (
    "write a CSV with the columns name and albedo; a name is a surface's or object's gml:id, or a kind like WallSurface"
)


def surface_albedo(model: CityModel, table: Path | None = None) -> NDArray[np.float32]:
    """Albedo (S,) of every surface of a model.

    Raises
    ------
    TwinError
        Where the table cannot be read, or names something that the model does not hold.
    """
    of_kind = np.full(int(max(SurfaceKind)) + 1, ELSE)
    for kind, value in DEFAULT.items():
        of_kind[kind] = value
    named = {} if table is None else read_table(table)
    unused = set(named)
    for kind in SurfaceKind:
        name = CLASS_NAME.get(kind)
        if name in named:
            of_kind[kind] = named[name]
            unused.discard(name)
    out = of_kind[model.kind]
    of_object = np.array([_own(model, index, named, unused) for index in range(len(model.objects))], float)
    if len(model.kind):
        own = of_object[model.object]
        out = np.where(np.isnan(own), out, own)
    for index, surface in enumerate(model.surface_id):
        if surface in named:
            out[index] = named[surface]
            unused.discard(surface)
    if unused and table is not None:
        raise TwinError(f"{table}: no surface, object or kind called {', '.join(sorted(unused)[:5])}", REMEDY)
    return out.astype(np.float32)


def _own(model: CityModel, index: int, named: dict[str, float], unused: set[str]) -> float:
    """What the table, or else the model, says of an object; NaN where neither does."""
    item = model.objects[index]
    if item.id in named:
        unused.discard(item.id)
        return named[item.id]
    for name, value in item.attributes.items():
        if name.lower() == ATTRIBUTE:
            return _fraction(str(value), f"{model.files[item.file]}:{item.line}: attribute {name} of {item.id}")
    return float("nan")


def read_table(path: Path) -> dict[str, float]:
    """Albedos by name.

    Raises
    ------
    TwinError
        Naming the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TwinError(f"{path}: not readable ({error})", REMEDY) from error
    rows = list(csv.reader(text.splitlines(), delimiter=";" if ";" in text.split("\n", 1)[0] else ","))
    if not rows or [cell.strip().lower() for cell in rows[0]] != ["name", "albedo"]:
        raise TwinError(f"{path}:1: the columns are not name and albedo", REMEDY)
    out: dict[str, float] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != 2:
            raise TwinError(f"{path}:{line}: {len(row)} columns instead of 2", REMEDY)
        out[row[0].strip()] = _fraction(row[1].replace(",", "."), f"{path}:{line}")
    return out


def _fraction(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 <= value <= 1.0:
        raise TwinError(f"{where}: albedo {text.strip()!r} is no number from 0 to 1", "correct it")
    return value
