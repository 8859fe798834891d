"""DWD test reference years of 2011 (.dat, named TRY2010_… and TRY2035_…): hourly, fifteen regions.

HH is printed as MEZ, and so t and WG are, but B and D are sums over hours of TRUE SOLAR TIME (WOZ) under the same HH:
in Mannheim true noon comes 26 minutes after noon MEZ, more or less by the equation of time, so that reading the
radiation as MEZ turns façades by a third of an hour. Intervals of the record are therefore the hours of true solar
time, dated in UTC; temperature and wind are brought to their middle. Source: DWD/BBSR, Handbuch Testreferenzjahre
(2011, 2014). Oracle: the sun (`solar.clock`), and the 2015 year written in this layout (tests/solar).

Its place stands in the header ("Lage: 49°31'N <- B.   8°33'O <- L."); where it was cut off, the region (column RG)
names the station that represents it.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from solar.clock import utc_of_true_solar
from solar.errors import WeatherError
from solar.weather_columns import Columns, Origin, Record
from solar.weather_text import Place, Text, need_place, number_column, regular_step, whole_column
from solar.weather_try import HEADER_LINES, MEZ_S, global_and_diffuse, header_names, hour_label, rows_of

FORMAT = "DWD TRY 2011"
COLUMNS = ("RG", "IS", "MM", "DD", "HH", "N", "WR", "WG", "t", "p", "x", "RF", "W", "B", "D", "IK", "A", "E", "IL")
NOMINAL_YEAR = 2010
ATTRIBUTION = "Datengrundlage: Testreferenzjahre (TRY) © Deutscher Wetterdienst / BBSR, 2011, verändert"
LOCATION = re.compile(r"Lage:?\s*(\d+)\s*°\s*(\d+)\s*'?\s*N.*?(\d+)\s*°\s*(\d+)\s*'?\s*[OE]")
# Region → station, latitude and longitude in degrees and minutes, as in the headers of the fifteen files.
REGIONS = {
    1: ("Bremerhaven", (53, 32), (8, 35)),
    2: ("Rostock", (54, 11), (12, 5)),
    3: ("Hamburg", (53, 38), (10, 0)),
    4: ("Potsdam", (52, 23), (13, 4)),
    5: ("Essen", (51, 24), (6, 58)),
    6: ("Bad Marienberg", (50, 40), (7, 58)),
    7: ("Kassel", (51, 18), (9, 27)),
    8: ("Braunlage", (51, 44), (10, 36)),
    9: ("Chemnitz", (50, 48), (12, 52)),
    10: ("Hof", (50, 19), (11, 53)),
    11: ("Fichtelberg", (50, 26), (12, 57)),
    12: ("Mannheim", (49, 31), (8, 33)),
    13: ("Mühldorf", (48, 17), (12, 30)),
    14: ("Stötten", (48, 40), (9, 52)),
    15: ("Garmisch-Partenkirchen", (47, 29), (11, 4)),
}


def recognises(text: Text) -> bool:
    """A test reference year whose columns begin with the region."""
    return header_names(text)[:2] == ("RG", "IS")


def read(text: Text, place: Place) -> Record:
    """Read a TRY of 2011. Raises WeatherError; the place given by the caller wins over the file's."""
    names = header_names(text)
    if names != COLUMNS:
        raise WeatherError(
            f"has the columns {' '.join(names)}, not those of TRY 2011",
            text.file,
            remedy=f"They are {' '.join(COLUMNS)}",
        )
    table = rows_of(text, names, ("RG", "MM", "DD", "HH", "WG", "t", "B", "D"))
    region = int(whole_column(table, "RG", 1, 15)[0])
    latitude, longitude, flags = _place(text, place, region)
    label = hour_label(table, NOMINAL_YEAR)
    step = regular_step(label, table.line, text.file)
    start = utc_of_true_solar(label - np.timedelta64(step, "s"), longitude)
    ghi, diffuse = global_and_diffuse(table)
    # t and WG are MEZ: brought from the middles of those hours to the middles of the record's own
    at = start.astype(np.int64)
    known = (label - np.timedelta64(step + MEZ_S, "s")).astype("datetime64[s]").astype(np.int64)
    return Record(
        Columns(
            start,
            float(step),
            label,
            table.line,
            ghi,
            None,
            diffuse,
            np.interp(at, known, number_column(table, "t")),
            np.interp(at, known, number_column(table, "WG")),
        ),
        Origin(
            text.file,
            latitude,
            longitude,
            MEZ_S,
            f"DWD TRY 2011, region {region} {REGIONS[region][0]} ({Path(text.file).name})",
            "label = end of hour, radiation in true solar time (WOZ); interval = that hour; temperature and wind MEZ",
            (ATTRIBUTION,),
            (f"nominal_year_{NOMINAL_YEAR}", *flags),
        ),
    )


def _place(text: Text, place: Place, region: int) -> tuple[float, float, tuple[str, ...]]:
    """The caller's place, else the header's, else that of the region's station (flagged)."""
    if place.latitude_deg is not None and place.longitude_deg is not None:
        return (*need_place(place, text.file, ""), ())
    for line in text.lines[:HEADER_LINES]:
        found = LOCATION.search(line)
        if found:
            degrees = [int(x) for x in found.groups()]
            return degrees[0] + degrees[1] / 60.0, degrees[2] + degrees[3] / 60.0, ()
    _, latitude, longitude = REGIONS[region]
    return latitude[0] + latitude[1] / 60.0, longitude[0] + longitude[1] / 60.0, (f"place_of_region_{region}",)
