"""Which instants of a day a plan sheet shows, and what a file of one is called."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from twin.study.clock import legal
from twin.study.outcome import Day

# Where no instant falls on a full hour, so many are spread over the day.
SPREAD = 12


def full_hours(day: Day, zone: ZoneInfo) -> list[int]:
    """Indices of the instants on full legal hours; where there is none, of some spread evenly over the day."""
    clock = legal(day.instants.time, zone)
    chosen = [index for index, moment in enumerate(clock) if moment.minute == 0 and moment.second == 0]
    if chosen or not clock:
        return chosen
    return sorted({round(place) for place in np.linspace(0, len(clock) - 1, min(SPREAD, len(clock))).tolist()})


def hour_and_minute(time: np.datetime64, zone: ZoneInfo) -> str:
    """13:00, by the legal clock."""
    return f"{legal(np.array([time]), zone)[0]:%H:%M}"
