"""A weather record as a picture: sums by month, and a carpet of every day by every hour.

Over the carpet lie sunrise, true noon and sunset of the record's own place: a clock that is shifted by an hour, or that
keeps daylight saving, is seen at a glance, because the light leaves those lines.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from solar.clock import daylight_utc_h
from solar.weather import Weather, month_index
from twin.report.charts import INK, ORIGIN_COLOURS, SOFT
from twin.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_IN = (11.0, 8.0)
DPI = 150
TOP_W_M2 = 1000.0
# key: (German, English)
WORDS = {
    "months": ("Globalstrahlung je Monat [kWh/m²]", "Global irradiation by month [kWh/m²]"),
    "direct": ("direkt (waagrecht)", "direct (horizontal)"),
    "diffuse": ("diffus", "diffuse"),
    "carpet": (
        "Globalstrahlung [W/m²] nach Tag und Uhrzeit (UTC{})",
        "Global irradiance [W/m²] by day and time (UTC{})",
    ),
    "rise": ("Sonnenauf- und -untergang", "sunrise and sunset"),
    "noon": ("wahrer Mittag", "true noon"),
    "sums": (
        "Global {} · normal direkt {} · diffus {} kWh/m² · {} Tage ab {}",
        "global {} · direct normal {} · diffuse {} kWh/m² · {} days from {}",
    ),
    "clock_right": ("Uhr: passt zur Sonne ({} min)", "clock: agrees with the sun ({} min)"),
    "clock_late": ("UHR FALSCH? Die Sonne läuft {} min nach", "CLOCK WRONG? The sun runs {} min late"),
    "clock_early": ("UHR FALSCH? Die Sonne läuft {} min vor", "CLOCK WRONG? The sun runs {} min early"),
    "clock_saving": ("UHR FALSCH? Sommerzeit ist nicht herausgerechnet", "CLOCK WRONG? Daylight saving is left in"),
    "clock_unknown": ("Uhr: zu wenige klare Tage für ein Urteil", "clock: too few clear days to tell"),
}


def draw(weather: Weather, png_path: Path, language: str = "de") -> None:
    """Write the picture of a record as PNG, in German or English."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    words = Words(language)
    column = 0 if language == "de" else 1
    figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    months = figure.add_axes((0.065, 0.60, 0.86, 0.23))
    carpet = figure.add_axes((0.065, 0.09, 0.86, 0.40))
    _head(figure, weather, words, column)
    _months(months, weather, words, column)
    _carpet(figure, carpet, weather, column)
    figure.savefig(png_path, metadata={"Title": weather.source, "Source": " · ".join(weather.attribution)})


def carpet_of(weather: Weather) -> tuple[NDArray[np.float64], NDArray[np.datetime64]]:
    """GHI (slots of a day, days) [W/m²] by the record's own standard clock, NaN where nothing is, and the days."""
    local = weather.start + np.timedelta64(round(weather.utc_offset_s + weather.step_s / 2), "s")
    day = local.astype("datetime64[D]")
    slot = ((local - day).astype("timedelta64[s]").astype(np.int64) // round(weather.step_s)).astype(np.intp)
    index = (day - day[0]).astype(np.intp)
    slots = max(1, round(86400 / weather.step_s))
    out = np.full((slots, int(index[-1]) + 1), np.nan)
    out[np.minimum(slot, slots - 1), index] = weather.ghi
    return out, day[0] + np.arange(out.shape[1])


def _head(figure: Figure, weather: Weather, words: Words, column: int) -> None:
    def kwh(values: NDArray[np.float64]) -> str:
        return words.number(float(values.sum()) * weather.step_s / 3.6e6)

    days = words.number(len(weather.start) * weather.step_s / 86400.0)
    # the record's own clock: a year in MEZ does not begin on the last day of the year before
    first = (weather.start[0] + np.timedelta64(round(weather.utc_offset_s), "s")).astype("datetime64[D]")
    sums = WORDS["sums"][column].format(
        kwh(weather.ghi), kwh(weather.dni), kwh(weather.dhi), days, _date(first, column)
    )
    north, east = weather.latitude_deg, weather.longitude_deg
    place = f"{words.number(abs(north), 3)}° {'NS'[north < 0]}  "
    place += f"{words.number(abs(east), 3)}° {'W' if east < 0 else 'O' if column == 0 else 'E'}"
    size = min(13.0, 1150.0 / max(len(weather.source), 1))  # a long name is set smaller, not cut
    figure.text(0.065, 0.955, weather.source, fontsize=size, color=INK, weight="bold")
    figure.text(0.065, 0.925, f"{place}  ·  {sums}", fontsize=9, color=INK)
    said, wrong = _clock_words(weather, words, column)
    said = " · ".join([said, *(words.flag(flag) for flag in weather.flags if flag.startswith("clock_shifted"))])
    figure.text(
        0.065, 0.895, said, fontsize=9, color="#b3261e" if wrong else SOFT, weight="bold" if wrong else "normal"
    )
    figure.text(0.065, 0.015, " · ".join(weather.attribution), fontsize=6.5, color=SOFT)


def _date(day: np.datetime64, column: int) -> str:
    """2026-11-24 in English, 24.11.2026 in German."""
    year, month, date = str(day).split("-")
    return f"{date}.{month}.{year}" if column == 0 else str(day)


def _clock_words(weather: Weather, words: Words, column: int) -> tuple[str, bool]:
    clock = weather.clock
    if clock is None or not clock.known:
        return WORDS["clock_unknown"][column], False
    if "clock_daylight_saving" in weather.flags:
        return WORDS["clock_saving"][column], True
    if not weather.warnings:
        return WORDS["clock_right"][column].format(words.number(clock.late_min, 1)), False
    side = "clock_late" if clock.late_min > 0 else "clock_early"
    return WORDS[side][column].format(words.number(abs(clock.late_min))), True


def _months(axes: Axes, weather: Weather, words: Words, column: int) -> None:
    month = month_index(weather)
    to_kwh = weather.step_s / 3.6e6
    diffuse = np.bincount(month, weather.dhi, 12) * to_kwh
    direct = np.bincount(month, weather.ghi - weather.dhi, 12) * to_kwh
    place = np.arange(12)
    axes.bar(place, direct, width=0.72, color=ORIGIN_COLOURS["direct"], label=WORDS["direct"][column])
    axes.bar(place, diffuse, width=0.72, bottom=direct, color=ORIGIN_COLOURS["diffuse"], label=WORDS["diffuse"][column])
    top = float((direct + diffuse).max())
    for i, value in enumerate(direct + diffuse):
        if value > 0:
            axes.text(i, value + 0.02 * top, words.number(value, 1), ha="center", fontsize=7.5, color=INK)
    axes.set_xticks(place, words("month_names").split(), fontsize=8)
    axes.set_ylim(0, max(1.0, top * 1.15))
    axes.tick_params(axis="y", labelsize=7.5, length=2.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y", color="#e3e1dc", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(fontsize=7.5, frameon=False, loc="upper right", ncols=2)
    axes.set_title(WORDS["months"][column], loc="left", fontsize=9, color=INK)


def _carpet(figure: Figure, axes: Axes, weather: Weather, column: int) -> None:
    import matplotlib
    import matplotlib.dates as dates

    values, days = carpet_of(weather)
    first = float(dates.date2num(days[0]))
    colours = matplotlib.colormaps["inferno"].with_extremes(bad="#d9d7d2")
    image = axes.imshow(
        values,
        origin="lower",
        aspect="auto",
        extent=(first, first + len(days), 0.0, 24.0),
        vmin=0.0,
        vmax=TOP_W_M2,
        cmap=colours,
        interpolation="nearest",
    )
    # evaluated at each day's own midnight by the record's clock; the lines wrap where the zone is far from the place
    zone_h = weather.utc_offset_s / 3600.0
    rise, noon, fall = daylight_utc_h(days, weather.latitude_deg, weather.longitude_deg)
    at = first + 0.5 + np.arange(len(days))
    for hours, style, label in ((rise, "-", "rise"), (fall, "-", ""), (noon, "--", "noon")):
        clock = (hours + zone_h) % 24.0
        clock = np.where(np.abs(np.diff(clock, prepend=clock[:1])) > 12.0, np.nan, clock)
        axes.plot(at, clock, style, color="#7fd4ff", linewidth=1.0, label=WORDS[label][column] if label else None)
    axes.set_xlim(first, first + len(days))
    axes.set_ylim(0.0, 24.0)
    axes.set_yticks(range(0, 25, 3))
    axes.xaxis.set_major_locator(dates.AutoDateLocator(minticks=3, maxticks=13))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%d.%m." if column == 0 else "%d %b"))
    axes.tick_params(labelsize=7.5, length=2.5)
    axes.set_title(WORDS["carpet"][column].format(f"{zone_h:+g}"), loc="left", fontsize=9, color=INK)
    legend = axes.legend(fontsize=7.5, loc="upper right", facecolor="#2a2633", edgecolor="none")
    for text in legend.get_texts():
        text.set_color("white")
    bar = figure.colorbar(image, ax=axes, fraction=0.02, pad=0.01, extend="max")
    bar.ax.tick_params(labelsize=7.5)
