"""Gaps of a record: filled up to three hours, flagged and counted; longer ones refused with their list.

Global irradiance is not interpolated itself, that would cut the hump of a day: its clearness index is, against a clear
sky in which only the sun's height counts (extraterrestrial · exp(−0.059 / sin h), Haurwitz 1945 as pvlib has it), and
is multiplied by the clear sky of the missing interval; the beam likewise, the diffuse part keeps its share of the
global. Temperature and wind are interpolated linearly; where they are missing for longer they stay missing (NaN),
flagged, since no irradiation needs them. One gap is kept as it is: a 29 February that was dropped from a leap year.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.closure import MeanSun
from solar.errors import WeatherError
from solar.weather_columns import IRRADIANCE, VALUES, Columns, with_values

MAX_GAP_S = 3 * 3600
SHOWN = 5
# Below this irradiance of the clear sky [W/m²] a clearness index is noise over next to no energy.
MIN_CLEAR = 20.0
# The clear sky here is brighter than a real one by a quarter; broken cloud may exceed it for minutes.
MAX_INDEX = 1.2
HAURWITZ = 0.059
# Thermal offset of a pyranometer at night, at most [W/m²] (ISO 9060 class C: 30 in all, seen: −2 … −7).
NIGHT_OFFSET = -10.0
# Horizontal irradiance beyond the atmosphere with the sun 6° up [W/m²]: below, thick cloud leaves less than the offset.
DIM = 140.0
REMEDY_GAP = f"Up to {MAX_GAP_S // 3600} h are filled: fill the rest from another source, or cut the record there"


class Filled(NamedTuple):
    """Columns without gaps in irradiance, which rows (H,) were filled there, and the flags that say so."""

    columns: Columns
    rows: NDArray[np.bool_]
    flags: tuple[str, ...]


def with_missing_rows(columns: Columns, utc_offset_s: int, file: str) -> tuple[Columns, tuple[str, ...]]:
    """Put in the rows that a regular record lacks, values missing. WeatherError where too many lack at once."""
    label = columns.label.astype("datetime64[s]").astype(np.int64)
    step = round(columns.step_s)
    lacking = np.diff(label) // step - 1
    if not np.any(lacking):
        return columns, ()
    leap_day = _dropped_leap_day(columns, lacking, utc_offset_s)
    long = np.flatnonzero((lacking * step > MAX_GAP_S) & ~leap_day)
    if len(long):
        spans = [f"{columns.label[i]} to {columns.label[i + 1]} (line {columns.line[i + 1]})" for i in long[:SHOWN]]
        raise WeatherError(
            _said("rows are missing", spans, len(long)), file, int(columns.line[long[0] + 1]), REMEDY_GAP
        )
    place = np.concatenate([[0], np.cumsum(1 + np.where(leap_day, 0, lacking))])
    whole = np.arange(int(place[-1]) + 1)
    new_label = np.rint(np.interp(whole, place, label)).astype(np.int64).astype("datetime64[s]")
    shift = (columns.start - columns.label).astype("timedelta64[s]").astype(np.float64)
    new_shift = np.rint(np.interp(whole, place, shift)).astype("timedelta64[s]")

    def spread(values: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        if values is None:
            return None
        out = np.full(len(whole), np.nan)
        out[place] = values
        return out

    given = {name: spread(getattr(columns, name)) for name in VALUES}
    # a row that was put in answers for the line behind its gap
    line = columns.line[np.searchsorted(place, whole)]
    flags = ("leap_day_missing",) if np.any(leap_day) else ()
    placed = columns._replace(start=new_label + new_shift, label=new_label, line=line)
    return with_values(placed, given), flags


def _dropped_leap_day(columns: Columns, lacking: NDArray[np.int64], utc_offset_s: int) -> NDArray[np.bool_]:
    """Gaps (H − 1,) that are exactly one 29 February by the record's own clock."""
    day = lacking * columns.step_s == 86400.0
    noon = columns.start[:-1] + np.timedelta64(round(utc_offset_s + columns.step_s + 43200), "s")
    month = noon.astype("datetime64[M]")
    is_29th = noon.astype("datetime64[D]") == month.astype("datetime64[D]") + 28
    return np.asarray(day & is_29th & (month.astype(np.int64) % 12 == 1))


def without_night_offsets(columns: Columns, sun: MeanSun) -> tuple[Columns, tuple[str, ...]]:
    """Small negative values of night, dawn and dusk to zero, counted; those by day are left to be refused."""
    dim = sun.sin_elevation * sun.dni_extra < DIM
    changed: dict[str, NDArray[np.float64]] = {}
    count = 0
    for name in IRRADIANCE:
        values = getattr(columns, name)
        if values is None:
            continue
        low = dim & (values < 0.0) & (values >= NIGHT_OFFSET)
        if np.any(low):
            changed[name] = np.where(low, 0.0, values)
            count += int(np.count_nonzero(low))
    return with_values(columns, changed), (f"night_offsets_zeroed_{count}",) if count else ()


def fill(columns: Columns, sun: MeanSun, file: str) -> Filled:
    """Fill missing values. Raises WeatherError for gaps of irradiance beyond three hours, naming the first five."""
    rows = np.zeros(len(columns.start), bool)
    changed: dict[str, NDArray[np.float64]] = {}
    flags: tuple[str, ...] = ()
    beam = sun.dni_extra * np.exp(-HAURWITZ / np.maximum(sun.sin_elevation, 0.01))
    level = beam * sun.sin_elevation
    given_ghi = columns.ghi
    for name in IRRADIANCE:
        values = getattr(columns, name)
        # beside global and diffuse the beam says nothing more: it is closed to them
        if values is None or not np.any(np.isnan(values)) or (name == "dni" and columns.dhi is not None):
            continue
        missing = np.isnan(values)
        _refuse_long(missing, name, columns, file)
        whole = {"ghi": level, "dni": beam, "dhi": changed.get("ghi", given_ghi)}[name]
        changed[name] = _by_index(values, whole, 1.0 if name == "dhi" else MAX_INDEX)
        rows |= missing
    if np.any(rows):
        flags += (f"filled_rows_{int(np.count_nonzero(rows))}",)
    for name in ("temp_air", "wind_speed"):
        values = getattr(columns, name)
        if values is None or not np.any(np.isnan(values)) or np.all(np.isnan(values)):
            continue
        changed[name], left = _linear(values, columns)
        flags += (f"{name}_filled_{int(np.count_nonzero(np.isnan(values))) - left}",)
        flags += (f"{name}_missing_in_{left}_rows",) if left else ()
    return Filled(with_values(columns, changed), rows, flags)


def _by_index(values: NDArray[np.float64], whole: NDArray[np.float64], highest: float) -> NDArray[np.float64]:
    """Missing values as interpolated share of ``whole``: the share is known where there is enough of it."""
    known = ~np.isnan(values) & (whole >= MIN_CLEAR)
    missing = np.flatnonzero(np.isnan(values))
    out = values.copy()
    if not np.any(known):  # a record of a single night
        out[missing] = 0.0
        return out
    at = np.flatnonzero(known)
    share = np.clip(np.interp(missing, at, values[at] / whole[at]), 0.0, highest)
    out[missing] = share * whole[missing]
    return out


def _linear(values: NDArray[np.float64], columns: Columns) -> tuple[NDArray[np.float64], int]:
    """Linear where at most three hours are missing; how many rows stay missing."""
    out = values.copy()
    known = np.flatnonzero(~np.isnan(values))
    left = 0
    for first, end in _runs(np.isnan(values)):
        if (end - first) * columns.step_s > MAX_GAP_S:
            left += end - first
        else:
            out[first:end] = np.interp(np.arange(first, end), known, values[known])
    return out, left


def _runs(missing: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first, behind the last) of every run of missing rows."""
    edges = np.diff(np.concatenate([[0], missing.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _refuse_long(missing: NDArray[np.bool_], name: str, columns: Columns, file: str) -> None:
    long = [(a, b) for a, b in _runs(missing) if (b - a) * columns.step_s > MAX_GAP_S]
    if long:
        spans = [
            f"{columns.label[a]} to {columns.label[b - 1]} (lines {columns.line[a]} to {columns.line[b - 1]})"
            for a, b in long[:SHOWN]
        ]
        raise WeatherError(
            _said(f"{name} is missing", spans, len(long)), file, int(columns.line[long[0][0]]), REMEDY_GAP
        )


def _said(what: str, spans: list[str], count: int) -> str:
    more = f" and {count - len(spans)} more" if count > len(spans) else ""
    return f"{what} for over {MAX_GAP_S // 3600} h in {count} place{'s' * (count > 1)}: {'; '.join(spans)}{more}"
