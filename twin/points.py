"""The user's own sensor points: position and direction of each, from CSV or GeoPackage.

Columns ``x, y, z`` [m, the city's CRS] and ``nx, ny, nz`` (a direction of any length); a GeoPackage's point geometry
may stand for x, y and z. Every other column is carried through to the result.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import TwinError
from twin.receivers import OFFSET_M, Samples

if TYPE_CHECKING:
    import pandas as pd

POSITION = ("x", "y", "z")
DIRECTION = ("nx", "ny", "nz")
# Results use these names; a user's column of the same name would be ambiguous.
FIRST_POINT = -2


def read_points(path: Path) -> pd.DataFrame:
    """The user's table with numeric x, y, z, nx, ny, nz.

    Raises
    ------
    TwinError
        Naming the file, the line and the column that cannot be used.
    """
    import pandas as pd

    if not path.is_file():
        raise TwinError(f"{path}: no such file", "give a CSV or GeoPackage of points with --receivers")
    if path.suffix.lower() == ".gpkg":
        table = _read_geopackage(path)
    else:
        try:
            table = pd.read_csv(path, comment="#", skipinitialspace=True)
        except (ValueError, UnicodeDecodeError) as error:
            raise TwinError(f"{path}: not a CSV table ({error})", "its first line names the columns") from error
    missing = [name for name in (*POSITION, *DIRECTION) if name not in table.columns]
    if missing:
        raise TwinError(f"{path}: column {', '.join(missing)} missing", f"needs {','.join((*POSITION, *DIRECTION))}")
    if len(table) == 0:
        raise TwinError(f"{path}: no point in it", "give at least one row")
    for name in (*POSITION, *DIRECTION):
        number = pd.to_numeric(table[name], errors="coerce")
        bad = np.flatnonzero(~np.isfinite(number.to_numpy(float)))
        if len(bad):
            raise TwinError(f"{path}: row {bad[0] + 1}: {name} = {table[name].iloc[bad[0]]!r}", "give a number")
        table[name] = number.astype(float)
    length = np.linalg.norm(table[list(DIRECTION)].to_numpy(), axis=1)
    bad = np.flatnonzero(length < 1e-9)
    if len(bad):
        raise TwinError(f"{path}: row {bad[0] + 1}: direction 0,0,0", "give the direction that the sensor faces")
    return table


def _read_geopackage(path: Path) -> pd.DataFrame:
    import geopandas

    try:
        frame = geopandas.read_file(path)
    except (RuntimeError, ValueError) as error:
        raise TwinError(f"{path}: not readable as GeoPackage ({error})", "check the file") from error
    geometry = frame.geometry
    if "x" not in frame.columns and geometry is not None and (geometry.geom_type == "Point").all():
        for name, values in zip(POSITION, (geometry.x, geometry.y, geometry.z), strict=True):
            frame[name] = values
    return frame.drop(columns=geometry.name)


def samples_of(table: pd.DataFrame) -> Samples:
    """Receivers of the user's points, each moved 1 cm along its direction as every receiver is."""
    normal = table[list(DIRECTION)].to_numpy(float)
    normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    return Samples(
        point=table[list(POSITION)].to_numpy(float) + OFFSET_M * normal,
        normal=normal,
        area_m2=np.ones(len(table)),
        surface=(FIRST_POINT - np.arange(len(table))).astype(np.int32),
    )
