"""Time stamps of a measured plant, as loggers and spreadsheets write them, in UTC and in order.

ISO (2024-06-01T12:15, a space for the T, seconds, an offset or Z) and German (01.06.2024 12:15). A clock with daylight
saving shows one hour of autumn twice and skips one in spring: what it says there cannot be told and is left out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.errors import PlantError
from solar.measured.record import Finding

STAMP = re.compile(
    r"(?:(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})|(?P<d2>\d{2})\.(?P<m2>\d{2})\.(?P<y2>\d{4}))"
    r"[T ](?P<clock>\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s?(?P<offset>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
OFFSET = re.compile(r"(?:UTC)?([+-])(\d{2}):?(\d{2})", re.ASCII)
MIN_STEP_S, MAX_STEP_S = 60, 3600
MAX_YEARS = 12


class Times(NamedTuple):
    """utc (N,) datetime64[s] in order, none twice; row (N,) of the file that each is; its line (N,); step_s [s];
    findings.
    """

    utc: NDArray[np.datetime64]
    row: NDArray[np.intp]
    line: NDArray[np.int64]
    step_s: int
    findings: tuple[Finding, ...]


def utc_times(stamps: list[str], line: NDArray[np.int64], zone: str, file: str, meta_file: str) -> Times:
    """Times of all rows that can be told. Raises PlantError naming the line."""
    local, offset_s = _parsed(stamps, line, file)
    own = np.isfinite(offset_s)
    utc = np.full(len(local), np.datetime64("NaT", "s"))
    utc[own] = local[own] - offset_s[own].astype("timedelta64[s]")
    utc[~own] = _from_zone(local[~own], zone, meta_file)
    findings: list[Finding] = []
    untold = np.isnat(utc)
    if np.any(untold):
        first = int(np.argmax(untold))
        findings.append(
            Finding(
                "daylight saving",
                int(untold.sum()),
                local[first],
                "rows of the hour that the clock shows twice or skips: left out (first time: local)",
                int(line[first]),
            )
        )
    row = np.flatnonzero(~untold)
    if len(row) < 2:
        raise PlantError(
            "has no time that can be told", file, int(line[0]), "Write times with an offset, or their zone"
        )
    row, more = _in_order(utc, row, line)
    step_s = _step(utc[row], line[row], file)
    return Times(utc[row], row, line[row], step_s, (*findings, *more))


def _parsed(
    stamps: list[str], line: NDArray[np.int64], file: str
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Local times (N,) and their own offsets [s], NaN where they have none."""
    texts: list[str] = []
    offsets = np.full(len(stamps), np.nan)
    for i, stamp in enumerate(stamps):
        found = STAMP.fullmatch(stamp)
        if found is None:
            raise PlantError(
                f"'{stamp[:40]}' is no time", file, int(line[i]), "Write 2024-06-01T12:15 or 01.06.2024 12:15"
            )
        part = found.groupdict()
        date = "-".join((part["y"] or part["y2"], part["m"] or part["m2"], part["d"] or part["d2"]))
        texts.append(f"{date}T{part['clock']}")
        if part["offset"]:
            offsets[i] = _offset_s(part["offset"])
    try:
        return np.array(texts, "datetime64[s]"), offsets
    except ValueError:
        for i, text in enumerate(texts):
            try:
                np.datetime64(text, "s")
            except ValueError as error:
                raise PlantError(
                    f"'{stamps[i]}' is not a time that exists", file, int(line[i]), "Correct it"
                ) from error
        raise


def _offset_s(text: str) -> float:
    if text == "Z":
        return 0.0
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return float(-seconds if text[0] == "-" else seconds)


def _from_zone(local: NDArray[np.datetime64], zone: str, file: str) -> NDArray[np.datetime64]:
    """UTC of what a clock of a zone shows; NaT where it shows a time twice or never."""
    fixed = OFFSET.fullmatch(zone)
    if fixed:
        return np.asarray(local - np.timedelta64(round(_offset_s("".join(fixed.groups()))), "s"))
    import zoneinfo

    import pandas as pd

    try:
        clock = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PlantError(
            f"zone is '{zone}'", file, remedy='Write an IANA name such as "Europe/Berlin", "UTC" or "+01:00"'
        ) from error
    index = pd.DatetimeIndex(local.astype("datetime64[ns]"))
    aware = index.tz_localize(clock, ambiguous="NaT", nonexistent="NaT").tz_convert("UTC").tz_localize(None)
    return aware.to_numpy().astype("datetime64[s]")


def _in_order(
    utc: NDArray[np.datetime64], row: NDArray[np.intp], line: NDArray[np.int64]
) -> tuple[NDArray[np.intp], list[Finding]]:
    """Rows by time, each time once (the first row of it), and what had to be done for that."""
    findings: list[Finding] = []
    back = np.flatnonzero(np.diff(utc[row].astype(np.int64)) < 0)
    if len(back):
        i = int(row[back[0] + 1])
        findings.append(Finding("order", len(back), utc[i], "rows sorted by time", int(line[i])))
    row = row[np.argsort(utc[row], kind="stable")]
    again = np.flatnonzero(np.diff(utc[row].astype(np.int64)) == 0) + 1
    if len(again):
        i = int(row[again[0]])
        findings.append(Finding("twice", len(again), utc[i], "the first row of each time was kept", int(line[i])))
    return np.delete(row, again), findings


def _step(utc: NDArray[np.datetime64], line: NDArray[np.int64], file: str) -> int:
    """The commonest step [s], which most rows must keep."""
    steps = np.asarray(np.diff(utc.astype(np.int64)), np.int64)
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[np.argmax(counts)])
    if not MIN_STEP_S <= step <= MAX_STEP_S or 3600 % step:
        raise PlantError(
            f"time steps by {step} s", file, int(line[1]), "Steps of 1 to 60 minutes that divide the hour are read"
        )
    odd = np.flatnonzero(steps % step != 0)
    if len(odd) > 0.01 * len(steps):
        i = int(odd[0])
        raise PlantError(
            f"time steps by {steps[i]} s, elsewhere by {step} s ({len(odd)} such places)",
            file,
            int(line[i + 1]),
            "Give rows of one step; values of single events must be averaged first",
        )
    if (utc[-1] - utc[0]) / np.timedelta64(31557600, "s") > MAX_YEARS:
        raise PlantError(
            f"reaches from {utc[0]} to {utc[-1]}",
            file,
            int(line[-1]),
            f"Give at most {MAX_YEARS} years; check the dates",
        )
    return step
