"""hourly.zarr: hourly irradiance and PV power of every surface (surface × time), where it is asked for.

Hours are derived, not hoarded: `heliotwin query` gives any surface's series from bits; the cube is for those who
want all of them at once.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solar.hours import Hours, hourly_mean
from solar.irradiance import PlaneSeries
from twin.errors import TwinError

PARTS = ("direct", "diffuse", "reflected")
POWER = "pv_ac"
SURFACES_A_CHUNK = 64


def require_zarr() -> None:
    """Say before the work begins that the optional package is missing.

    Raises
    ------
    TwinError
        Where it is.
    """
    if importlib.util.find_spec("zarr") is None:
        raise TwinError("--hourly needs the package zarr", "pip install 'heliotwin[cubes]'")


def write_cube(
    path: Path,
    surface_id: list[str],
    hours: Hours,
    rows: Iterator[PlaneSeries],
    power: Iterator[NDArray[np.float64]] | None,
    attributes: dict[str, str],
) -> None:
    """Write direct, diffuse and reflected (S, H) float32 [W/m²], and PV ``power`` [kW], with their coordinates."""
    import zarr

    aside = path.with_name(f".{path.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    shape, chunk = (
        (len(surface_id), len(hours.start)),
        (min(SURFACES_A_CHUNK, max(1, len(surface_id))), len(hours.start)),
    )
    root = zarr.open_group(str(aside), mode="w", attributes={**attributes})
    units = dict.fromkeys(PARTS, "W m-2") | ({} if power is None else {POWER: "kW"})
    arrays = {
        part: root.create_array(
            part,
            shape=shape,
            chunks=chunk,
            dtype="float32",
            dimension_names=("surface", "time"),
            attributes={"units": unit},
        )
        for part, unit in units.items()
    }
    seconds = hours.start.astype("datetime64[s]").astype(np.int64)
    time = root.create_array("time", data=seconds, dimension_names=("time",))
    time.attrs.update(
        {"units": "seconds since 1970-01-01T00:00:00Z", "calendar": "standard", "label": "interval start"}
    )
    names = np.array(surface_id, dtype=np.dtypes.StringDType())
    root.create_array("surface", data=names, dimension_names=("surface",))
    block = {part: np.zeros(chunk, np.float32) for part in arrays}
    filled = first = 0
    for index, series in enumerate(rows):
        for part in PARTS:
            block[part][filled] = hourly_mean(getattr(series, part), hours)
        if power is not None:
            block[POWER][filled] = next(power)
        filled += 1
        if filled == chunk[0] or index == len(surface_id) - 1:
            for part in arrays:
                arrays[part][first : first + filled] = block[part][:filled]
            first, filled = first + filled, 0
    shutil.rmtree(path, ignore_errors=True)
    aside.replace(path)
