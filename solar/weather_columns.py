"""What a reader says of its file and nothing else: columns, times, origin; `weather_record` makes a `Weather` of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

IRRADIANCE = ("ghi", "dni", "dhi")
VALUES = (*IRRADIANCE, "temp_air", "wind_speed")


class Columns(NamedTuple):
    """What a file says: start (H,) datetime64[s] UTC of each interval, step_s [s], label (H,) datetime64[s] by which
    the rows are regular (the file's own clock), line (H,) of each row, the columns it has (None: none), missing
    values as NaN.
    """

    start: NDArray[np.datetime64]
    step_s: float
    label: NDArray[np.datetime64]
    line: NDArray[np.int64]
    ghi: NDArray[np.float64]
    dni: NDArray[np.float64] | None = None
    dhi: NDArray[np.float64] | None = None
    temp_air: NDArray[np.float64] | None = None
    wind_speed: NDArray[np.float64] | None = None


def with_values(columns: Columns, values: Mapping[str, NDArray[np.float64] | None]) -> Columns:
    """The same rows with other values in the columns named in ``values``."""
    ghi, dni, dhi, temp_air, wind_speed = (values.get(name, getattr(columns, name)) for name in VALUES)
    return columns._replace(ghi=ghi, dni=dni, dhi=dhi, temp_air=temp_air, wind_speed=wind_speed)


class Origin(NamedTuple):
    """Where a record comes from: fields as in `Weather`, `file` as shown in errors."""

    file: str
    latitude_deg: float
    longitude_deg: float
    utc_offset_s: int
    source: str
    label_convention: str
    attribution: tuple[str, ...]
    flags: tuple[str, ...]


class Record(NamedTuple):
    """A file as a reader hands it on."""

    columns: Columns
    origin: Origin
