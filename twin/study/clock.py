"""The legal clock of a place: instants of a day, and how they are printed.

Inside everything is UTC. A day runs from local midnight to the next and has 23 or 25 hours where the clock is put
forward or back. Oracle: the European and American change rules written out in tests/twin/test_twin_clock.py.
"""

from __future__ import annotations

import datetime
import difflib
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError

ZONE = "Europe/Berlin"  # where nothing else is said
HOUR_MIN = 60
GERMAN = {"CET": "MEZ", "CEST": "MESZ"}


def zone_named(name: str) -> ZoneInfo:
    """The time zone of an IANA name, "Europe/Berlin".

    Raises
    ------
    TwinError
        There is none of this name; the remedy lists near ones.
    """
    known = available_timezones()
    if name in known:
        return ZoneInfo(name)
    wanted = name.strip().lower()
    # "Berlin" and "europe/berlin" are near, though most letters of the former's name are missing.
    same = sorted(zone for zone in known if wanted and wanted in (zone.lower(), zone.rpartition("/")[2].lower()))
    by_letters = {zone.lower(): zone for zone in sorted(known)}
    near = [by_letters[word] for word in difflib.get_close_matches(wanted, by_letters, n=3, cutoff=0.6)]
    shown = list(dict.fromkeys(same + near))[:3] or ["Europe/Berlin", "Asia/Tokyo", "America/Denver"]
    raise TwinError(f"time zone {name!r}: no such IANA name", f"give one like {', '.join(shown)}")


def day_times(
    date: datetime.date,
    zone: ZoneInfo,
    step_min: int,
    first: datetime.time | None = None,
    last: datetime.time | None = None,
) -> NDArray[np.datetime64]:
    """Instants (N,) datetime64[s] UTC of a legal day, ``step_min`` [min] apart, from local midnight on.

    The next midnight belongs to the next day. With ``first`` and ``last``, legal clock times, only the instants
    between them, both ends included; an hour that the clock runs through twice counts twice.

    Raises
    ------
    TwinError
        The step does not divide an hour, or ``first`` is later than ``last``.
    """
    if step_min < 1 or HOUR_MIN % step_min:
        raise TwinError(
            f"a time step of {step_min} min", "take one that divides an hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60"
        )
    if first is not None and last is not None and first > last:
        raise TwinError(f"the day ends at {last:%H:%M}, before it begins at {first:%H:%M}", "exchange the two")
    times = np.arange(_midnight(date, zone), _midnight(date + datetime.timedelta(days=1), zone), step_min * 60)
    instants = times.astype("datetime64[s]")
    if first is None and last is None:
        return instants
    clock = [moment.time() for moment in legal(instants, zone)]
    inside = [(first is None or first <= t) and (last is None or t <= last) for t in clock]
    return np.asarray(instants[np.array(inside, bool)])


def legal(time: NDArray[np.datetime64], zone: ZoneInfo) -> list[datetime.datetime]:
    """Legal time of UTC instants (N,), aware."""
    return [moment.astimezone(zone) for moment in _utc(time)]


def standard(time: NDArray[np.datetime64], zone: ZoneInfo) -> list[datetime.datetime]:
    """Standard ("winter") time of UTC instants (N,), aware: in Germany UTC+1 on every date."""
    return [moment.astimezone(_standard_zone(zone, moment.year)) for moment in _utc(time)]


def clock_hours(time: NDArray[np.datetime64], zone: ZoneInfo) -> NDArray[np.float64]:
    """What the legal clock shows at UTC instants (N,), in hours 0 … 24: 13.5 for half past one in the afternoon."""
    return np.array([m.hour + m.minute / 60.0 + m.second / 3600.0 for m in legal(time, zone)], np.float64)


def standard_offset_h(zone: ZoneInfo, year: int) -> float:
    """Distance [h] of a zone's standard time from UTC in a year: +1 in Germany, −7 in Denver."""
    offset = _standard_zone(zone, year).utcoffset(None)
    return offset.total_seconds() / 3600.0


def clock_text(time: np.datetime64, zone: ZoneInfo, language: str = "de") -> str:
    """A UTC instant as it is printed: "13:00 MESZ (12:00 UTC+1)", in English "13:00 CEST (12:00 UTC+1)"."""
    instant = np.array([time])
    by_law, winter = legal(instant, zone)[0], standard(instant, zone)[0]
    name = by_law.tzname() or ""
    if language == "de":
        name = GERMAN.get(name, name)
    # Zones without a name of their own are called "+03".
    label = name if name.isalpha() else _utc_name(by_law)
    other = {"de": ", Vortag", "en": ", day before"}[language] if winter.date() < by_law.date() else ""
    return f"{by_law:%H:%M} {label} ({winter:%H:%M} {_utc_name(winter)}{other})"


def _utc_name(moment: datetime.datetime) -> str:
    """Distance from UTC as printed: UTC+1, UTC−7, UTC+5:30, UTC."""
    minutes = round((moment.utcoffset() or datetime.timedelta()).total_seconds() / 60.0)
    if minutes == 0:
        return "UTC"
    whole, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{whole}" + (f":{rest:02d}" if rest else "")


def _standard_zone(zone: ZoneInfo, year: int) -> datetime.timezone:
    """The smaller of the offsets in January and July, in either hemisphere.

    Not `ZoneInfo.dst`: Irish law calls its summer time standard, and tables say so.
    """
    offsets = [datetime.datetime(year, month, 1, 12, tzinfo=zone).utcoffset() for month in (1, 7)]
    return datetime.timezone(min(offset or datetime.timedelta() for offset in offsets))


def _midnight(date: datetime.date, zone: ZoneInfo) -> int:
    """Seconds UTC since 1970 of the beginning of a legal day; where midnight is skipped, of the first moment after."""
    return round(datetime.datetime.combine(date, datetime.time(), tzinfo=zone).timestamp())


def _utc(time: NDArray[np.datetime64]) -> list[datetime.datetime]:
    seconds = np.asarray(time).astype("datetime64[s]").astype(np.int64)
    return [datetime.datetime.fromtimestamp(int(s), datetime.UTC) for s in seconds.reshape(-1)]
