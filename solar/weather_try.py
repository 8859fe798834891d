"""DWD test reference years 2015 and 2045 (.dat): hourly, MEZ = UTC+1 all year, labelled by the hour's END.

B and D are direct and diffuse irradiance on the horizontal plane, so GHI = B + D. Coordinates are metres of
ETRS89-LCC Europe (EPSG:3034); the inverse projection is Snyder, Map Projections: A Working Manual (1987,
doi:10.3133/pp1395), eq. 15-5 ff. Oracles: pyproj for the projection; the sun's elevation for the label.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solar.errors import WeatherError
from solar.weather_columns import Columns, Origin, Record
from solar.weather_text import (
    Place,
    Table,
    Text,
    calendar_time,
    number_column,
    regular_step,
    table_after,
    whole_column,
)

FORMAT = "DWD TRY 2015/2045"

MEZ_S = 3600
# A test reference year has no year of its own and no leap day; 2015 is the reference year of the edition
# and common.
NOMINAL_YEAR = 2015
HEADER_END = "***"
HEADER_LINES = 80
COLUMNS = ("RW", "HW", "MM", "DD", "HH", "t", "p", "WR", "WG", "N", "x", "RF", "B", "D", "A", "E", "IL")
ATTRIBUTION = "Datengrundlage: Testreferenzjahre (TRY) © Deutscher Wetterdienst / BBSR, 2017, verändert"
# EPSG:3034: Lambert conformal conic, two standard parallels, GRS 1980.
SEMI_MAJOR_M, FLATTENING = 6378137.0, 1.0 / 298.257222101
PARALLELS_DEG, ORIGIN_DEG = (35.0, 65.0), (52.0, 10.0)
FALSE_EASTING_M, FALSE_NORTHING_M = 4_000_000.0, 2_800_000.0


def recognises(text: Text) -> bool:
    """A TRY 2015/2045: its header ends with '***' and names its columns before it, RW and HW first."""
    return header_names(text)[:2] == ("RW", "HW")


def header_names(text: Text) -> tuple[str, ...]:
    """The column names of a test reference year of any edition; empty for any other file."""
    head = text.lines[:HEADER_LINES]
    end = next((i for i, line in enumerate(head) if line.startswith(HEADER_END)), 0)
    return next((tuple(line.split()) for line in reversed(head[:end]) if " MM DD HH " in line), ())


def rows_of(text: Text, names: tuple[str, ...], wanted: tuple[str, ...]) -> Table:
    """The wanted columns of the rows below the header."""
    end = next(i for i, line in enumerate(text.lines) if line.startswith(HEADER_END))
    return table_after(text, end + 1, None, {name: names.index(name) for name in wanted})


def hour_label(table: Table, year: int) -> NDArray[np.datetime64]:
    """Ends of hours (H,) as printed: MM, DD and HH = 1 … 24 of a year."""
    month, day = whole_column(table, "MM", 1, 12), whole_column(table, "DD", 1, 31)
    hour = whole_column(table, "HH", 1, 24)
    midnight = calendar_time(np.full(len(month), year, np.int64), month, day, table.line, table.file)
    return midnight + hour.astype("timedelta64[h]")


def global_and_diffuse(table: Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """GHI = B + D and DHI = D. Negative B is refused here: it must not hide in a plausible sum."""
    direct, diffuse = number_column(table, "B"), number_column(table, "D")
    bad = np.flatnonzero(~(direct >= 0.0))
    if len(bad):
        value = direct[bad[0]]
        raise WeatherError(f"B {value:g} W/m² is negative", table.file, int(table.line[bad[0]]), "Correct the value")
    return direct + diffuse, diffuse


def kind_of(text: Text) -> str:
    """What the header says of the kind of year and its period."""
    said: dict[str, str] = {}
    for line in text.lines[:HEADER_LINES]:
        key, colon, value = line.partition(":")
        if colon:
            said.setdefault(key.strip(), value.strip())
    return ", ".join(said[key] for key in ("Art des TRY", "Bezugszeitraum") if said.get(key)) or "TRY"


def read(text: Text, place: Place) -> Record:
    """Read a TRY 2015/2045. Raises WeatherError; the place given by the caller wins over the file's."""
    names = header_names(text)
    if names != COLUMNS:
        raise WeatherError(
            f"has the columns {' '.join(names)}, not those of TRY 2015",
            text.file,
            remedy=f"They are {' '.join(COLUMNS)}",
        )
    table = rows_of(text, names, ("RW", "HW", "MM", "DD", "HH", "t", "WG", "B", "D"))
    label = hour_label(table, NOMINAL_YEAR)
    step = regular_step(label, table.line, text.file)
    ghi, diffuse = global_and_diffuse(table)
    easting, northing = float(number_column(table, "RW")[0]), float(number_column(table, "HW")[0])
    latitude, longitude = _place(text, place, easting, northing)
    return Record(
        Columns(
            (label - np.timedelta64(step + MEZ_S, "s")).astype("datetime64[s]"),
            float(step),
            label,
            table.line,
            ghi,
            None,
            diffuse,
            number_column(table, "t"),
            number_column(table, "WG"),
        ),
        Origin(
            text.file,
            latitude,
            longitude,
            MEZ_S,
            f"DWD TRY, {kind_of(text)} ({Path(text.file).name})",
            "label = end of hour, MEZ (UTC+1); interval = the hour before",
            (ATTRIBUTION,),
            (f"nominal_year_{NOMINAL_YEAR}",),
        ),
    )


def _place(text: Text, place: Place, easting_m: float, northing_m: float) -> tuple[float, float]:
    """The caller's place, else the file name's (TRY2015_494902084637_… = 49.4902 N 8.4637 E), else RW/HW."""
    if place.latitude_deg is not None and place.longitude_deg is not None:
        return float(place.latitude_deg), float(place.longitude_deg)
    named = re.match(r"TRY\d{4}_(\d{6})(\d{6})_", Path(text.file).name)
    if named:
        return int(named[1]) / 1e4, int(named[2]) / 1e4
    if not (0.0 < easting_m < 8e6 and 0.0 < northing_m < 8e6):
        raise WeatherError(
            f"RW {easting_m:g}, HW {northing_m:g} is no place in EPSG:3034",
            text.file,
            remedy="Give latitude and longitude (--weather-place LAT,LON)",
        )
    return lcc_to_geographic(easting_m, northing_m)


def lcc_to_geographic(easting_m: float, northing_m: float) -> tuple[float, float]:
    """Latitude and longitude [°] of a point [m] in EPSG:3034 (ETRS89-LCC Europe)."""
    e = np.sqrt(FLATTENING * (2.0 - FLATTENING))

    def isometric(latitude: float) -> float:
        s = e * np.sin(latitude)
        return float(np.tan(np.pi / 4.0 - latitude / 2.0) / ((1.0 - s) / (1.0 + s)) ** (e / 2.0))

    def parallel(latitude: float) -> float:
        return float(np.cos(latitude) / np.sqrt(1.0 - (e * np.sin(latitude)) ** 2))

    first, second = np.radians(PARALLELS_DEG)
    cone = (np.log(parallel(first)) - np.log(parallel(second))) / (np.log(isometric(first)) - np.log(isometric(second)))
    scale = SEMI_MAJOR_M * parallel(first) / (cone * isometric(first) ** cone)
    rho_origin = scale * isometric(np.radians(ORIGIN_DEG[0])) ** cone
    x, y = easting_m - FALSE_EASTING_M, rho_origin - (northing_m - FALSE_NORTHING_M)
    t = (np.hypot(x, y) / scale) ** (1.0 / cone)
    latitude = np.pi / 2.0 - 2.0 * np.arctan(t)
    for _ in range(6):  # converges by e² = 0.0067 a round: 1e-13 rad after six
        s = e * np.sin(latitude)
        latitude = np.pi / 2.0 - 2.0 * np.arctan(t * ((1.0 - s) / (1.0 + s)) ** (e / 2.0))
    return float(np.degrees(latitude)), float(ORIGIN_DEG[1] + np.degrees(np.arctan2(x, y) / cone))
