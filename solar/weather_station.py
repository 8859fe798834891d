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
from solar.weather_record import Columns, Origin, Weather, build_weather
from solar.weather_text import Place, Text, calendar_time, number_column, regular_step, rows_after

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
# Step [s] → seconds from label to interval start, and the convention in words.
LABELS = {
    600: (-600, "label = end of 10 min, UTC"),
    900: (-450, "label = middle of 15 min, UTC"),
}
ATTRIBUTION = "Datengrundlage: Deutscher Wetterdienst (CC BY 4.0), verändert (auf festes Zeitraster gebracht)"


def recognises(text: Text) -> bool:
    """The first line names the location columns."""
    return bool(text.lines) and text.lines[0].replace(" ", "").lower() == FIRST_LINE


def read(text: Text, place: Place) -> Weather:
    """Read a station file. Raises WeatherError; the place given by the caller wins over the file's."""
    head = [field.strip() for field in text.lines[2].split(",")] if len(text.lines) > 2 else []
    if tuple(head) != COLUMNS:
        raise WeatherError("line 3 does not name the columns of a DWD station series", text.file, 3, ",".join(COLUMNS))
    name, *coordinates = [field.strip() for field in text.lines[1].split(",")]
    longitude, latitude = (
        float(number_column([coordinates], i, n, np.array([2]), text.file)[0])
        for i, n in enumerate(("longitude", "latitude"))
    )
    if place.latitude_deg is not None and place.longitude_deg is not None:
        latitude, longitude = place.latitude_deg, place.longitude_deg
    rows, line = rows_after(text, 3, ",")
    data = {n: number_column(rows, i, n, line, text.file) for i, n in enumerate(COLUMNS)}
    midnight = calendar_time(data["year"].astype(np.int64), data["month"], data["day"], line, text.file)
    seconds = (data["hour"] * 3600 + data["minute"] * 60).astype(np.int64)
    label = midnight + seconds.astype("timedelta64[s]")
    step = regular_step(label, line, text.file)
    if step not in LABELS:
        raise WeatherError(
            f"steps by {step} s; where in its step such a file puts the label is not known",
            text.file,
            int(line[1]),
            "Rewrite it as the plain CSV, which says so in its header",
        )
    shift_s, convention = LABELS[step]
    return build_weather(
        Columns(
            (label + np.timedelta64(shift_s, "s")).astype("datetime64[s]"),
            float(step),
            line,
            data["global_irradiance"],
            None,
            data["diffuse_irradiance"],
            data["temperature"],
            data["wind_speed"],
        ),
        Origin(
            text.file,
            latitude,
            longitude,
            0,
            f"DWD station {name}, measured ({Path(text.file).name})",
            convention,
            (ATTRIBUTION,),
            (),
        ),
    )
