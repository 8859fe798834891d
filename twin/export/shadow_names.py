"""What instants and scenarios are called in the files of a shadow study.

An instant is named by the legal clock, as people ask for it: ``2026-03-21T1200``. In the hour that the clock goes
through twice when summer time ends, its offset from UTC follows: ``2026-10-25T0230+0200`` and ``2026-10-25T0230+0100``.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.study.clock import legal, standard

# Longer names are cut; file systems allow 255 bytes, and date and ending come on top.
LONGEST = 60


class Stamp(NamedTuple):
    """One instant in the ways it is written."""

    utc: datetime.datetime
    legal: datetime.datetime  # in the study's zone
    standard: datetime.datetime  # at the zone's standard offset, the same all year
    file: str  # part of a file's name

    def words(self) -> dict[str, str]:
        """ISO 8601: UTC, legal and standard time, the last two with their offsets."""
        return {
            "time_utc": f"{self.utc:%Y-%m-%dT%H:%M:%SZ}",
            "time_legal": self.legal.isoformat(timespec="minutes"),
            "time_standard": self.standard.isoformat(timespec="minutes"),
        }


def stamps(times: NDArray[np.datetime64], zone: ZoneInfo) -> list[Stamp]:
    """Instants (N,) UTC by all clocks."""
    both = zip(legal(times, zone), standard(times, zone), strict=True)
    return [Stamp(by_law.astimezone(datetime.UTC), by_law, by_sun, _file(by_law)) for by_law, by_sun in both]


def _file(by_law: datetime.datetime) -> str:
    twice = by_law.replace(fold=0).utcoffset() != by_law.replace(fold=1).utcoffset()
    seconds = "%S" if by_law.second else ""
    return by_law.strftime(f"%Y-%m-%dT%H%M{seconds}" + ("%z" if twice else ""))


def file_words(names: Iterable[str]) -> dict[str, str]:
    """A part of a file's name for each name: letters, digits and ``-``; no two alike, whatever the case."""
    out: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        word = wanted = re.sub(r"[^\w]+|_+", "-", name).strip("-")[:LONGEST] or "scenario"
        number = 2
        while word.casefold() in taken:
            word, number = f"{wanted}-{number}", number + 1
        taken.add(word.casefold())
        out[name] = word
    return out
