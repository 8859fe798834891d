"""Which weather: a bundled year by its name, a file, or the one that a store keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from solar.weather import BUNDLED, ClosureReport, Weather, bundled, read_weather
from twin.errors import TwinError
from twin.export.geoparquet import write_parquet

FILE = "weather.parquet"
COLUMNS = ("ghi", "dni", "dhi", "temp_air", "wind_speed")


def choose_weather(name: str) -> Weather:
    """Read the bundled year of that name, or else the file.

    Raises
    ------
    TwinError
        Where it is neither.
    solar.errors.WeatherError
        Where the file cannot be used.
    """
    if name in BUNDLED:
        return bundled(name)
    path = Path(name)
    if not path.is_file():
        raise TwinError(
            f"{name}: no such weather file",
            f"give a TRY, EPW or CSV file, or one of {', '.join(sorted(BUNDLED))}",
        )
    return read_weather(path)


def keep_weather(root: Path, weather: Weather) -> None:
    """Keep a job's weather beside its results, so that questions need no file from outside."""
    import pandas as pd

    table = pd.DataFrame({"time_utc": pd.DatetimeIndex(weather.start.astype("datetime64[ns]")).tz_localize("UTC")})
    for name in COLUMNS:
        table[name] = getattr(weather, name)
    write_parquet(table, root / FILE, {"source": weather.source, "attribution": list(weather.attribution)})


def kept_weather(root: Path, origin: dict[str, Any]) -> Weather:
    """The weather of a job; ``origin`` is what its manifest says of it."""
    import pandas as pd

    table = pd.read_parquet(root / FILE)
    start = table["time_utc"].dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    values = {name: table[name].to_numpy(np.float64) for name in COLUMNS}
    return Weather(
        start=start,
        step_s=float(origin["step_s"]),
        latitude_deg=float(origin["latitude_deg"]),
        longitude_deg=float(origin["longitude_deg"]),
        source=str(origin["source"]),
        label_convention=str(origin["label_convention"]),
        attribution=tuple(origin["attribution"]),
        flags=tuple(origin["flags"]),
        closure=ClosureReport(**origin["closure"]),
        utc_offset_s=int(origin["utc_offset_s"]),
        **values,
    )
