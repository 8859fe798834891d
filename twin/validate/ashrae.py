"""Irradiation of case 600 of ASHRAE Standard 140-2020 beside six programs' published figures.

Five planes at Denver (TMY3 725650, ground reflectance 0.2), free of any obstruction, table B8-13. The planes go the way
of every receiver: the weather's reader, sun grid, sky patches, bits, sums. Ranges are those of BSIMAC, CSE, DeST,
EnergyPlus, ESP-r and TRNSYS; nothing is fitted to them. Oracle: the table, and the file's own global irradiance.
"""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np

from solar.weather import read_weather
from twin.validate.engine import free_planes, normal_of, year_at
from twin.validate.table import Asked, Row, Seconds, Table, between, close

NAME = "ashrae"
SOURCE = "ASHRAE 140-2020, table B8-13 (min to max of six programs)"
# Plane: tilt and azimuth [°], least and most of the six programs [kWh/m²].
PLANES = {
    "horizontal": (0.0, 180.0, 1663, 1670),
    "north": (90.0, 0.0, 399, 477),
    "east": (90.0, 90.0, 1017, 1068),
    "south": (90.0, 180.0, 1291, 1387),
    "west": (90.0, 270.0, 903, 997),
}
ALBEDO = 0.2
PATCHES = 577


def ashrae(asked: Asked) -> Table:
    """The five planes; a year is quick, whether the whole proof is asked for or a small one."""
    seconds = Seconds()
    with as_file(files("twin.validate") / "data" / "USA_CO_Denver.Intl.AP.725650_TMY3.epw.gz") as path:
        weather = read_weather(path)
    with seconds.spent("heliotwin"):
        year = year_at(weather, PATCHES, ALBEDO)
        energy = free_planes(year, np.array([normal_of(*plane[:2]) for plane in PLANES.values()]))
        total = (energy.direct + energy.diffuse + energy.reflected).sum(axis=1)
    rows: list[Row] = [
        between(name, round(float(found)), low, high, "kWh/m²", SOURCE)
        for found, (name, (_, _, low, high)) in zip(total, PLANES.items(), strict=True)
    ]
    ghi = float(weather.ghi.sum()) * weather.step_s / 3.6e6
    # Half a kilowatt-hour: whole kilowatt-hours are what the standard prints.
    rows.append(close("horizontal beside the file's GHI", float(total[0]), ghi, 0.5, "kWh/m²", "the weather file"))
    return Table(
        name=NAME,
        title="ASHRAE 140-2020, case 600: irradiation of five planes",
        rows=tuple(rows),
        notes=(
            "Denver TMY3 725650, albedo 0.2, sky model perez1990, 577 patches, rounded to whole kWh/m² as printed.",
            "Its time is mostly compiling in the first run on a machine (then kept: a later run takes about 1 s), "
            "since it is the first proof to call the kernels.",
        ),
        seconds=seconds.of,
    )
