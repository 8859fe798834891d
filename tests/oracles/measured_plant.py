"""A plant that was never built: power of a stated model under a bundled year, as its logger would write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from solar.measured.instants import Instants, hour_means, instants_under, running
from solar.measured.plant_power import PlantModel, plant_power
from solar.measured.record import PlantRecord, span
from solar.measured.sky_at_instants import sky_of
from solar.pv.chain import Chain, Heat
from solar.pv.glass import glass_of
from solar.sun import sun_position
from solar.weather import Weather, bundled

HOUR = np.timedelta64(3600, "s")
CHAIN = Chain(-0.0035, 0.215, 0.1142, 1.0, 0.96, 0.9637, Heat("pvsyst", 20.0, 0.0))
MODEL = PlantModel(CHAIN, glass_of(1.526))
PLACE = (51.296, 6.7686, 40.0)


@cache
def year() -> tuple[Weather, PlantRecord, Instants, np.ndarray]:
    """Weather of Düsseldorf 2024, a plant without values, instants, and its power at them."""
    weather = bundled("duesseldorf-2024")
    start = np.arange(np.datetime64("2024-01-01", "s"), np.datetime64("2025-01-01", "s"), HOUR)
    nothing = np.zeros(len(start))
    record = PlantRecord("Testdach", *PLACE, 30.0, 190.0, 10.0, "roof", start, nothing, np.ones(len(start), bool))
    instants = instants_under(start, *PLACE[:2])
    return weather, record, instants, plant_power(sky_of(weather, instants), instants, record, MODEL).ac


def span_of(first: str, days: int, late_min: float = 0.0) -> tuple[PlantRecord, Weather]:
    """Some days of the plant, and the weather of these days with one on either side."""
    record = measured(late_min)
    rows = (record.start >= np.datetime64(first)) & (record.start < np.datetime64(first) + np.timedelta64(days, "D"))
    weather, day = year()[0], np.timedelta64(1, "D")
    kept = (weather.start >= np.datetime64(first) - day) & (weather.start < record.start[rows][-1] + day)
    parts = {name: getattr(weather, name)[kept] for name in ("start", "ghi", "dni", "dhi", "temp_air", "wind_speed")}
    return span(record, rows), replace(weather, **parts)


def measured(late_min: float | np.ndarray, seed: int = 1, gain: float = 0.93) -> PlantRecord:
    """The plant measured by a clock that runs late by minutes (one number, or one for each hour), with noise of 5 %."""
    _, record, instants, ac = year()
    sums = running(ac, instants)
    late = np.broadcast_to(np.asarray(late_min, np.float64), record.start.shape)
    values = np.zeros(len(record.start))
    for minutes in np.unique(late):
        rows = late == minutes
        values[rows] = hour_means(sums, record.start[rows], -minutes)
    noise = np.random.default_rng(seed).normal(1.0, 0.05, len(values))
    values = gain * np.nan_to_num(values) * noise
    return record._replace(measured=values, usable=np.ones(len(values), bool))


def quarter_hours(days: int = 150, first: str = "2024-03-01") -> tuple[np.ndarray, np.ndarray]:
    """Starts (N,) UTC of quarter hours from a first day and a simple plant's power [kW] of 10 kWp in them."""
    start = np.datetime64(first, "s") + np.arange(days * 96) * np.timedelta64(900, "s")
    elevation, _ = sun_position(start + np.timedelta64(450, "s"), *PLACE[:2])
    cloud = np.repeat(np.random.default_rng(3).uniform(0.2, 1.0, days * 24), 4)
    return start, 9.0 * np.sin(np.radians(np.maximum(elevation, 0.0))) * cloud


META = """name = "Testdach"
latitude_deg = 51.296
longitude_deg = 6.7686
tilt_deg = 30
azimuth_deg = 190
peak_power_kw = 10
zone = "UTC"
unit = "kW"
column = "P"
"""


def write(
    folder: Path,
    stamps: list[str],
    values: list[str],
    meta: str = META,
    head: str = "Zeit,P",
    separator: str = ",",
    change: Callable[[list[str]], list[str]] = list,
) -> tuple[Path, Path]:
    """`plant.csv` and `plant.toml` in a folder; ``change`` may spoil the rows."""
    rows = change([f"{stamp}{separator}{value}" for stamp, value in zip(stamps, values, strict=True)])
    csv, toml = folder / "plant.csv", folder / "plant.toml"
    csv.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    toml.write_text(meta, encoding="utf-8")
    return csv, toml
