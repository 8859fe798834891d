"""DWD station series on a regular 10 or 15 min grid, as a csv with two location lines; UTC.

    location,longitude,latitude
    Duesseldorf,6.7686,51.296
    year,month,day,hour,minute,temperature,pressure,wind_direction,wind_speed,diffuse_irradiance,global_irradiance

DWD labels its 10 min values by their end; the 15 min files were interpolated from them, and their values
sit at the label. Both were found by fitting the sun's elevation to GHI: −4.9 min (10 min file), −2 … +2 min
(15 min file).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from solar.errors import WeatherError
from solar.weather_columns import Columns, Origin, Record
from solar.weather_text import Place, Text, calendar_time, number_column, regular_step, table_after, whole_column

FORMAT = "DWD station series"
FIRST_LINE = "location,longitude,latitude"
COLUMNS = (
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "temperature",
    "pressure",
    "wind_direction",
    "wind_speed",
    "diffuse_irradiance",
    "global_irradiance",
)
READ = tuple(name for name in COLUMNS if name not in ("pressure", "wind_direction"))
# Step [s] → seconds from label to interval start, and the convention in words.
LABELS = {
    600: (-600, "label = end of 10 min, UTC"),
    900: (-450, "label = middle of 15 min, UTC"),
}
ATTRIBUTION = "Datengrundlage: Deutscher Wetterdienst (CC BY 4.0), verändert (auf festes Zeitraster gebracht)"


def recognises(text: Text) -> bool:
    """The first line names the location columns."""
    return bool(text.lines) and text.lines[0].replace(" ", "").lower() == FIRST_LINE


def read(text: Text, place: Place) -> Record:
    """Read a station file. Raises WeatherError; the place given by the caller wins over the file's."""
    head = [field.strip() for field in text.lines[2].split(",")] if len(text.lines) > 2 else []
    if tuple(head) != COLUMNS:
        raise WeatherError("line 3 does not name the columns of a DWD station series", text.file, 3, ",".join(COLUMNS))
    located = table_after(Text(text.file, text.lines[:2]), 1, ",", {"name": 0, "longitude": 1, "latitude": 2})
    longitude, latitude = (float(number_column(located, name)[0]) for name in ("longitude", "latitude"))
    if place.latitude_deg is not None and place.longitude_deg is not None:
        latitude, longitude = place.latitude_deg, place.longitude_deg
    table = table_after(text, 3, ",", {name: COLUMNS.index(name) for name in READ})
    low_high = {"year": (1900, 2200), "month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59)}
    year, month, day, hour, minute = (whole_column(table, name, *limits) for name, limits in low_high.items())
    midnight = calendar_time(year, month, day, table.line, text.file)
    label = midnight + (hour * 3600 + minute * 60).astype("timedelta64[s]")
    step = regular_step(label, table.line, text.file)
    if step not in LABELS:
        raise WeatherError(
            f"steps by {step} s; where in its step such a file puts the label is not known",
            text.file,
            int(table.line[1]),
            "Rewrite it as the plain CSV, which says so in its header",
        )
    shift_s, convention = LABELS[step]
    return Record(
        Columns(
            (label + np.timedelta64(shift_s, "s")).astype("datetime64[s]"),
            float(step),
            label,
            table.line,
            number_column(table, "global_irradiance"),
            None,
            number_column(table, "diffuse_irradiance"),
            number_column(table, "temperature"),
            number_column(table, "wind_speed"),
        ),
        Origin(
            text.file,
            latitude,
            longitude,
            0,
            f"DWD station {located.columns['name'][0]}, measured ({Path(text.file).name})",
            convention,
            (ATTRIBUTION,),
            (),
        ),
    )
