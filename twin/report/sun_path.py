"""Stereographic sun-path diagram of a point: what hides the sky there before and after, and where the sun runs.

A direction at elevation h lies at tan((90° − h) / 2) from the middle (stereographic projection, unit circle = horizon);
north is up and east to the right, as on a map. Angles stay angles, so a building's edge keeps its shape.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from solar.site import Site
from solar.sun import sun_position
from twin.report.figures import look
from twin.report.picture import Picture
from twin.report.study_canvas import GREEN, GREY, INK, RED, SOFT, box, line, paper, picture_png
from twin.report.study_picture_words import StudyWords
from twin.study.clock import clock_text, day_times, legal, standard
from twin.study.outcome import ADDED, FREE, FREED, HIDDEN, Fisheye

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEP_MIN = 2
WIDTH_MM, HEIGHT_MM, SIDE_MM = 120.0, 137.0, 118.0
RIM = 1.17
# Paths whose highest points lie nearer to each other would cover one another.
BESIDE_DEG = 4.0
# Cells of the picture along one side: fine enough for print, nearest direction each.
CELLS = 700
SUN = "#c77700"
# Days beside the chosen ones: solstices and an equinox.
TURNING = ((6, 21), (3, 21), (12, 21))
Clock = Callable[[NDArray[np.datetime64], ZoneInfo], list[datetime.datetime]]


def projected(azimuth_deg: NDArray[np.float64], elevation_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places (..., 2) of directions on the diagram, the horizon on the unit circle."""
    radius = np.tan(np.radians(90.0 - elevation_deg) / 2.0)
    turn = np.radians(azimuth_deg)
    return np.stack([radius * np.sin(turn), radius * np.cos(turn)], axis=-1)


def sky_image(sky: Fisheye) -> NDArray[np.uint8]:
    """The sky's classes (CELLS, CELLS), north row first; 255 below the horizon."""
    at = (np.arange(CELLS) + 0.5) / CELLS * 2.0 - 1.0
    x, y = np.meshgrid(at, -at)
    radius = np.hypot(x, y)
    elevation = 90.0 - 2.0 * np.degrees(np.arctan(radius))
    azimuth = np.degrees(np.arctan2(x, y)) % 360.0
    step = 360.0 / len(sky.azimuth_deg)
    column = np.rint((azimuth - sky.azimuth_deg[0]) / step).astype(np.int64) % len(sky.azimuth_deg)
    rise = sky.elevation_deg[1] - sky.elevation_deg[0] if len(sky.elevation_deg) > 1 else 90.0
    row = np.clip(np.rint((elevation - sky.elevation_deg[0]) / rise).astype(np.int64), 0, len(sky.elevation_deg) - 1)
    return np.where(radius <= 1.0, sky.kind[row, column], 255).astype(np.uint8)


def sun_path_picture(sky: Fisheye, dates: Sequence[datetime.date], zone: ZoneInfo, language: str) -> Picture:
    """The diagram with the sun's way on the chosen dates and, for comparison, at solstices and equinox."""
    words = StudyWords(language)
    with look():
        figure = paper(WIDTH_MM, HEIGHT_MM)
        line(figure, 1, 3.8, words("path_title", sky.name), 8, "bold")
        axes = box(figure, (WIDTH_MM - SIDE_MM) / 2, 4.5, SIDE_MM, SIDE_MM)
        _draw_sky(axes, sky_image(sky))
        _draw_rose(axes, words)
        below = []
        for date, chosen in [*((date, False) for date in _turning(sky.site, dates, zone)), *((d, True) for d in dates)]:
            if not _draw_path(axes, sky.site, date, zone, words, chosen):
                below.append(words("path_below", words.day_of_year(date)))
        _draw_key(axes, sky, dates, words)
        line(figure, 1, HEIGHT_MM - 5.0, _sample(dates, zone, words), 6.5)
        line(figure, 1, HEIGHT_MM - 1.5, " · ".join(below), 6.5)
        png = picture_png(figure)
    caption = words("path_caption", sky.name, ", ".join(words.date(date) for date in dates))
    return Picture(f"sun_path:{sky.name}", png, WIDTH_MM, HEIGHT_MM, _alt(sky, words), caption)


def _turning(site: Site, dates: Sequence[datetime.date], zone: ZoneInfo) -> list[datetime.date]:
    """Solstices and an equinox, those left out whose path would run beside a chosen day's."""

    def highest(date: datetime.date) -> float:
        return float(sun_position(day_times(date, zone, 10), site.latitude_deg, site.longitude_deg)[0].max())

    chosen = [highest(date) for date in dates]
    turning = [datetime.date(dates[0].year, month, day) for month, day in TURNING]
    return [date for date in turning if all(abs(highest(date) - other) > BESIDE_DEG for other in chosen)]


def _sample(dates: Sequence[datetime.date], zone: ZoneInfo, words: StudyWords) -> str:
    """How to read the numbers along a path; a day of summer time explains both."""
    said = []
    for date in dates:
        times = day_times(date, zone, 60)
        noon = times[len(times) // 2]
        by_law, by_sun = (_hour(noon, zone, clock) for clock in (legal, standard))
        key = "path_sample" if by_law == by_sun else "path_sample_both"
        said.append((by_law == by_sun, words(key, by_law, clock_text(noon, zone, words.language), by_sun)))
    return min(said)[1]


def _hour(time: np.datetime64, zone: ZoneInfo, clock: Clock) -> str:
    return str(clock(np.array([time]), zone)[0].hour)


def _draw_sky(axes: Axes, image: NDArray[np.uint8]) -> None:
    from matplotlib.colors import to_rgb

    table = np.full((256, 3), 255, np.uint8)
    for kind, name in ((FREE, "#e9f1f8"), (HIDDEN, GREY), (ADDED, RED), (FREED, GREEN)):
        table[kind] = np.round(np.array(to_rgb(name)) * 255)
    axes.imshow(table[image], extent=(-1.0, 1.0, -1.0, 1.0), interpolation="nearest", zorder=1)
    axes.set_xlim(-RIM, RIM)
    axes.set_ylim(-RIM, RIM)
    axes.set_axis_off()


def _draw_rose(axes: Axes, words: StudyWords) -> None:
    """Horizon, rings of elevation, directions."""
    from matplotlib.patches import Circle

    for elevation in (0, 15, 30, 45, 60, 75):
        radius = float(np.tan(np.radians(90 - elevation) / 2))
        axes.add_patch(
            Circle((0, 0), radius, fc="none", ec=SOFT, lw=1.0 if elevation == 0 else 0.35, zorder=3, alpha=0.9)
        )
        if elevation:
            place = projected(np.array(22.5), np.array(float(elevation)))
            axes.text(
                float(place[0]),
                float(place[1]),
                f"{elevation}°",
                fontsize=5.5,
                color=SOFT,
                ha="center",
                va="center",
                zorder=4,
            )
    for azimuth in range(0, 360, 15):
        way = projected(np.full(2, float(azimuth)), np.array([0.0, 88.0 if azimuth % 45 == 0 else 2.5]))
        axes.plot(way[:, 0], way[:, 1], color=SOFT, linewidth=0.35, zorder=3, alpha=0.9)
        outside = projected(np.array(float(azimuth)), np.array(-4.0))
        main = azimuth % 45 == 0
        text = words.compass(azimuth) if main else f"{azimuth}°"
        axes.text(
            float(outside[0]),
            float(outside[1]),
            text,
            fontsize=8 if main else 5.5,
            fontweight="bold" if main else "normal",
            color=INK if main else SOFT,
            ha="center",
            va="center",
            zorder=4,
        )


def _draw_path(axes: Axes, site: Site, date: datetime.date, zone: ZoneInfo, words: StudyWords, chosen: bool) -> bool:
    """One day's way of the sun with its hours; False where it stays below the horizon."""
    time = day_times(date, zone, STEP_MIN)
    elevation, azimuth = sun_position(time, site.latitude_deg, site.longitude_deg)
    up = elevation > 0
    if not up.any():
        return False
    place = np.where(up[:, None], projected(azimuth, np.maximum(elevation, 0.0)), np.nan)
    colour = SUN if chosen else INK
    halo = _halo()
    axes.plot(
        place[:, 0],
        place[:, 1],
        color=colour,
        linewidth=2.0 if chosen else 0.9,
        zorder=6,
        linestyle="-" if chosen else (0, (4, 2)),
        path_effects=halo if chosen else None,
    )
    if not chosen:
        axes.annotate(
            words.day_of_year(date),
            place[int(np.argmax(elevation))],
            fontsize=6.3,
            ha="center",
            va="center",
            color=colour,
            zorder=9,
            path_effects=halo,
        )
    clock = legal(time, zone)
    hours = np.array([moment.minute == 0 for moment in clock]) & up
    axes.plot(
        place[hours, 0],
        place[hours, 1],
        linestyle="none",
        marker="o",
        markersize=3.2 if chosen else 1.8,
        color=colour,
        markeredgecolor="white",
        markeredgewidth=0.4,
        zorder=7,
    )
    if chosen:
        _write_hours(axes, time, place, np.flatnonzero(hours), zone)
    return True


def _write_hours(
    axes: Axes, time: NDArray[np.datetime64], place: NDArray[np.float64], rows: NDArray[np.intp], zone: ZoneInfo
) -> None:
    """Hours beside a path: outside by the clock, inside without summer time where that is another."""
    along = np.gradient(place, axis=0)
    across = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.maximum(np.hypot(*along.T), 1e-12)[:, None]
    known = np.isfinite(across).all(axis=1)
    if (across[known] * place[known]).sum() < 0:
        across = -across
    for row in rows[known[rows]]:
        by_law, by_sun = (_hour(time[row], zone, clock) for clock in (legal, standard))
        for text, side, colour in ((by_law, 1.0, INK), (by_sun if by_sun != by_law else "", -1.0, SUN)):
            axes.annotate(
                text,
                place[row],
                xytext=tuple(across[row] * side * 6.5),
                textcoords="offset points",
                fontsize=6,
                ha="center",
                va="center",
                color=colour,
                zorder=9,
                path_effects=_halo(),
            )


def _halo() -> list[object]:
    """White around lines and letters, so that they are read on any ground."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.2, foreground="white")]


def _draw_key(axes: Axes, sky: Fisheye, dates: Sequence[datetime.date], words: StudyWords) -> None:
    """Legend of the chosen days' path and of the sky's classes that occur."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    named = ((HIDDEN, GREY, "horizon_bestand"), (ADDED, RED, "horizon_added"), (FREED, GREEN, "horizon_freed"))
    days = ", ".join(words.date(date) for date in dates)
    handles = [
        Line2D([], [], color=SUN, linewidth=2.0, label=days),
        *(Patch(fc=colour, label=words(key)) for kind, colour, key in named if (sky.kind == kind).any()),
    ]
    axes.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.02),
        ncols=4 if len(dates) == 1 else 2,
        frameon=False,
        fontsize=6.5,
        handlelength=1.5,
        columnspacing=1.4,
        borderaxespad=0.0,
    )


def _alt(sky: Fisheye, words: StudyWords) -> str:
    """Shares of the sky by solid angle."""
    weight = np.cos(np.radians(sky.elevation_deg))[:, None] * np.ones(len(sky.azimuth_deg))
    share = [100.0 * float(weight[sky.kind == kind].sum() / weight.sum()) for kind in (HIDDEN, ADDED, FREED)]
    before = share[0] + share[2]
    return words("path_alt", *(words.number(value, 1) for value in (before, share[1], share[2])))
