"""DWD test reference years 2015 and 2045 (.dat): hourly, MEZ = UTC+1 all year, labelled by the hour's END.

B and D are direct and diffuse irradiance on the horizontal plane, so GHI = B + D. Coordinates are metres of
ETRS89-LCC Europe (EPSG:3034); the inverse projection is Snyder, Map Projections: A Working Manual (1987,
doi:10.3133/pp1395), eq. 15-5 ff. Oracles: pyproj for the projection; the sun's elevation for the label.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from solar.errors import WeatherError
from solar.weather_record import Columns, Origin, Weather, build_weather
from solar.weather_text import Place, Text, calendar_time, number_column, regular_step, rows_after

MEZ_S = 3600
# A test reference year has no year of its own and no leap day; 2015 is the reference year of the edition
# and common.
NOMINAL_YEAR = 2015
HEADER_END = "***"
COLUMNS = ("RW", "HW", "MM", "DD", "HH", "t", "p", "WR", "WG", "N", "x", "RF", "B", "D", "A", "E", "IL")
ATTRIBUTION = "Datengrundlage: Testreferenzjahre (TRY) © Deutscher Wetterdienst / BBSR, 2017, verändert"
# EPSG:3034: Lambert conformal conic, two standard parallels, GRS 1980.
SEMI_MAJOR_M, FLATTENING = 6378137.0, 1.0 / 298.257222101
PARALLELS_DEG, ORIGIN_DEG = (35.0, 65.0), (52.0, 10.0)
FALSE_EASTING_M, FALSE_NORTHING_M = 4_000_000.0, 2_800_000.0


def recognises(text: Text) -> bool:
    """A TRY 2015/2045 or TRY 2010 file: its header ends with '***' and names the columns before it."""
    head = text.lines[:80]
    return any(line.startswith(HEADER_END) for line in head) and any(" MM DD HH " in line for line in head)


def read(text: Text, place: Place) -> Weather:
    """Read a TRY 2015/2045. Raises WeatherError; the place given by the caller wins over the file's."""
    end = next(i for i, line in enumerate(text.lines) if line.startswith(HEADER_END))
    names = next((tuple(line.split()) for line in reversed(text.lines[:end]) if " MM DD HH " in line), ())
    if names != COLUMNS:
        raise WeatherError(
            f"has the columns {' '.join(names)}, not those of TRY 2015",
            text.file,
            end,
            "TRY 2010 keeps its radiation in true solar time and is not read: take the 2015 edition",
        )
    rows, line = rows_after(text, end + 1, None)

    def column(name: str) -> np.ndarray:
        return number_column(rows, COLUMNS.index(name), name, line, text.file)

    hour = column("HH")
    bad = np.flatnonzero((hour < 1) | (hour > 24))
    if len(bad):
        raise WeatherError(f"HH {hour[bad[0]]:g} is not 1 … 24", text.file, int(line[bad[0]]), "Correct the row")
    year = np.full(len(rows), NOMINAL_YEAR, np.int64)
    midnight = calendar_time(year, column("MM"), column("DD"), line, text.file)
    label = midnight + hour.astype(np.int64).astype("timedelta64[h]")
    step = regular_step(label, line, text.file)
    start = (label - np.timedelta64(step + MEZ_S, "s")).astype("datetime64[s]")
    direct, diffuse = column("B"), column("D")
    easting, northing = column("RW")[0], column("HW")[0]
    latitude, longitude = _place(text, place, float(easting), float(northing))
    kind = next((x.split(":", 1)[1].strip() for x in text.lines[:end] if x.startswith("Art des TRY")), "TRY")
    period = next((x.split(":", 1)[1].strip() for x in text.lines[:end] if x.startswith("Bezugszeitraum")), "")
    # B and D go in as they stand: a negative one must not hide in a plausible sum.
    _refuse_negative(direct, line, text.file)
    return build_weather(
        Columns(start, float(step), line, direct + diffuse, None, diffuse, column("t"), column("WG")),
        Origin(
            text.file,
            latitude,
            longitude,
            MEZ_S,
            f"DWD TRY, {kind}, {period} ({Path(text.file).name})",
            "label = end of hour, MEZ (UTC+1); interval = the hour before",
            (ATTRIBUTION,),
            (f"nominal_year_{NOMINAL_YEAR}",),
        ),
    )


def _refuse_negative(direct: np.ndarray, line: np.ndarray, file: str) -> None:
    bad = np.flatnonzero(~(direct >= 0.0))
    if len(bad):
        raise WeatherError(f"B {direct[bad[0]]:g} W/m² is negative", file, int(line[bad[0]]), "Correct the value")


def _place(text: Text, place: Place, easting_m: float, northing_m: float) -> tuple[float, float]:
    """The caller's place, else the file name's (TRY2015_494902084637_… = 49.4902 N 8.4637 E), else RW/HW."""
    if place.latitude_deg is not None and place.longitude_deg is not None:
        return float(place.latitude_deg), float(place.longitude_deg)
    named = re.match(r"TRY\d{4}_(\d{6})(\d{6})_", Path(text.file).name)
    if named:
        return int(named[1]) / 1e4, int(named[2]) / 1e4
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
