"""The user's own sensor points: position and direction of each, from CSV or GeoPackage.

Columns ``x, y, z`` [m, the city's CRS] and ``nx, ny, nz`` (a direction of any length); a GeoPackage's point geometry
may stand for x, y and z. Every other column is carried through to the result.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.receivers import FIRST_POINT, OFFSET_M, Samples
from twin.results import POINT_COLUMNS
from twin.scene import Bounds

if TYPE_CHECKING:
    import pandas as pd

POSITION = ("x", "y", "z")
DIRECTION = ("nx", "ny", "nz")
# A sensor stands among the buildings; 2 km leaves room for masts and hills around.
REACH_M = 2000.0


def read_points(path: Path, crs: str, bounds: Bounds) -> pd.DataFrame:
    """The user's table with numeric x, y, z, nx, ny, nz.

    Parameters
    ----------
    crs
        The city's CRS; points of a GeoPackage in another one are transformed.
    bounds
        Boxes of the city's surfaces; a point farther than `REACH_M` from all of them is in another CRS.

    Raises
    ------
    TwinError
        Naming the file, the row and the column that cannot be used.
    """
    import pandas as pd

    if not path.is_file():
        raise TwinError(f"{path}: no such file", "give a CSV or GeoPackage of points with --receivers")
    if path.suffix.lower() == ".gpkg":
        table = _read_geopackage(path, crs)
    else:
        try:
            table = pd.read_csv(path, comment="#", skipinitialspace=True)
        except (ValueError, UnicodeDecodeError) as error:
            raise TwinError(f"{path}: not a CSV table ({error})", "its first line names the columns") from error
    missing = [name for name in (*POSITION, *DIRECTION) if name not in table.columns]
    if missing:
        raise TwinError(f"{path}: column {', '.join(missing)} missing", f"needs {','.join((*POSITION, *DIRECTION))}")
    taken = [name for name in table.columns if name in POINT_COLUMNS]
    if taken:
        raise TwinError(f"{path}: column {', '.join(taken)} is the name of a result", "rename it")
    if len(table) == 0:
        raise TwinError(f"{path}: no point in it", "give at least one row")
    for name in (*POSITION, *DIRECTION):
        number = pd.to_numeric(table[name], errors="coerce")
        _refuse(path, ~np.isfinite(number.to_numpy(float)), f"{name} is no number", "give a number")
        table[name] = number.astype(float)
    length = np.linalg.norm(table[list(DIRECTION)].to_numpy(), axis=1)
    _refuse(path, length < 1e-9, "direction 0,0,0", "give the direction that the sensor faces")
    _refuse(
        path, _far(table[list(POSITION)].to_numpy(), bounds), "lies far from every building", f"give x,y,z in {crs}"
    )
    return table


def _refuse(path: Path, bad: NDArray[np.bool_], problem: str, remedy: str) -> None:
    if bad.any():
        raise TwinError(f"{path}: row {int(np.argmax(bad)) + 1}: {problem}", remedy)


def _far(place: NDArray[np.float64], bounds: Bounds) -> NDArray[np.bool_]:
    low, high = bounds.low.min(axis=0) - REACH_M, bounds.high.max(axis=0) + REACH_M
    return ((place < low) | (place > high)).any(axis=1)


def _read_geopackage(path: Path, crs: str) -> pd.DataFrame:
    import geopandas

    try:
        frame = geopandas.read_file(path)
    except (RuntimeError, ValueError) as error:
        raise TwinError(f"{path}: not readable as GeoPackage ({error})", "check the file") from error
    geometry = frame.geometry
    if "x" not in frame.columns and (geometry.geom_type == "Point").all():
        if frame.crs is None:
            raise TwinError(f"{path}: its points name no CRS", f"give it one, for example {crs}")
        geometry = geometry.to_crs(crs)
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
