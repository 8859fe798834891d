"""What can be wrong with a measured plant once physics stands beside it: size, weather of another time, days of snow or
outage, shade.

Snow and outages are taken out of what is learnt and measured; shade is named with the sun positions at which it falls
and kept, as a mask, for whoever must not take it for physics.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.errors import PlantError
from solar.measured.align import check_even
from solar.measured.plant_hours import PlantHours
from solar.measured.record import Finding

# Measured over physics that a plant of the stated size can have.
GAINS = (0.45, 1.6)
# A day below this share of physics is snow or outage, where physics had at least so much for it [kWh/kWp].
LOST_DAY, LEAST_DAY = 0.3, 0.3
# Cells of sun positions [°] in which the ratio of measured to physics is looked at, in clear hours only.
AZIMUTH_DEG, ELEVATION_DEG = 15.0, 10.0
CLEAR, LEAST_POWER = 0.75, 0.12
LEAST_CELL_HOURS, LEAST_CELL_DAYS = 10, 6
# Below this share of the plant's own usual ratio a cell is shaded; less is weather, soiling and model.
SHADED = 0.75
FACTORS = {
    0.25: "quarter-hour kWh taken for kW",
    1.0 / 60.0: "minute kWh taken for kW",
    1.0 / 12.0: "five-minute kWh taken for kW",
    1.0 / 6.0: "ten-minute kWh taken for kW",
    4.0: "kW taken for quarter-hour kWh",
}


class Shade(NamedTuple):
    """rows (H,) hours whose sun stands where this plant is shaded; deficit, share of power lost there; finding."""

    rows: NDArray[np.bool_]
    deficit: float
    finding: Finding | None


def check_hours(hours: PlantHours, file: str) -> PlantHours:
    """The hours with snow and outage flagged, and what was found (shade too) in `findings`.

    Raises PlantError where size, weather or clock cannot belong to this plant, whoever gave its shift.
    """
    found = hours.alignment
    if found is not None and found.known:
        check_even(found, file)
        if not GAINS[0] <= found.gain <= GAINS[1]:
            raise PlantError(
                f"gives {found.gain:.2f} times what physics says of {hours.name}",
                file,
                remedy=f"Check unit, peak_power_kw, tilt_deg and azimuth_deg{_factor(found.gain)}",
            )
    hours = _lost_days(hours)
    shade = shaded_hours(hours)
    return hours if shade.finding is None else hours._replace(findings=(*hours.findings, shade.finding))


def _factor(gain: float) -> str:
    near = [text for factor, text in FACTORS.items() if abs(np.log(gain / factor)) < np.log(1.25)]
    return f" ({near[0]})" if near else ""


def _lost_days(hours: PlantHours) -> PlantHours:
    rows = hours.usable & np.isfinite(hours.value_phys)
    day, which = np.unique(hours.start.astype("datetime64[D]"), return_inverse=True)
    measured = np.bincount(which, np.where(rows, hours.measured, 0.0), len(day))
    physics = np.bincount(which, np.where(rows, hours.value_phys, 0.0), len(day))
    lost = (physics >= LEAST_DAY) & (measured < LOST_DAY * physics)
    if not np.any(lost):
        return hours
    first = day[int(np.argmax(lost))].astype("datetime64[s]")
    done = f"days below {LOST_DAY:g} of physics (snow or outage); left out"
    finding = Finding("lost day", int(lost.sum()), first, done)
    return hours._replace(usable=hours.usable & ~lost[which], findings=(*hours.findings, finding))


def shaded_hours(hours: PlantHours) -> Shade:
    """Sun positions at which the plant lags physics whenever the sky is clear.

    The ratio of measured to physics is taken in cells of 15° of azimuth and 10° of elevation, its median compared with
    the upper quartile of all cells: what the plant gives where nothing is in its way.
    """
    nothing = Shade(np.zeros(len(hours.start), bool), 0.0, None)
    up = hours.elevation_deg > 0.0
    cell = np.floor(hours.azimuth_deg / AZIMUTH_DEG).astype(np.int64) * 10
    cell += np.floor(np.maximum(hours.elevation_deg, 0.0) / ELEVATION_DEG).astype(np.int64)
    clear = hours.usable & up & (np.nan_to_num(hours.clear_sky_index) >= CLEAR) & (hours.value_phys >= LEAST_POWER)
    ratios: dict[int, float] = {}
    for number in np.unique(cell[clear]).tolist():
        rows = clear & (cell == number)
        days = np.unique(hours.start[rows].astype("datetime64[D]"))
        if rows.sum() >= LEAST_CELL_HOURS and len(days) >= LEAST_CELL_DAYS:
            ratios[number] = float(np.median(hours.measured[rows] / hours.value_phys[rows]))
    if len(ratios) < 4:
        return nothing
    usual = float(np.percentile(list(ratios.values()), 75))
    dark = [number for number, ratio in ratios.items() if ratio < SHADED * usual]
    if not dark:
        return nothing
    rows = up & np.isin(cell, dark)
    lit = rows & clear
    deficit = 1.0 - float(np.sum(hours.measured[lit])) / (usual * float(np.sum(hours.value_phys[lit])))
    first = hours.start[int(np.argmax(lit))]
    done = (
        f"at {_positions(dark)} it gives {100 * deficit:.0f} % less than elsewhere under a clear sky: shade of its own"
    )
    return Shade(rows, deficit, Finding("shaded", int(lit.sum()), first, done))


def _positions(cells: list[int]) -> str:
    """Ranges of azimuth and elevation in words, neighbouring azimuths as one."""
    by_azimuth: dict[int, list[int]] = {}
    for number in sorted(cells):
        by_azimuth.setdefault(number // 10, []).append(number % 10)
    groups: list[list[int]] = []
    for azimuth in by_azimuth:
        if groups and azimuth == groups[-1][-1] + 1:
            groups[-1].append(azimuth)
        else:
            groups.append([azimuth])
    texts = []
    for group in groups:
        heights = [height for azimuth in group for height in by_azimuth[azimuth]]
        left, right = group[0] * AZIMUTH_DEG, (group[-1] + 1) * AZIMUTH_DEG
        low, high = min(heights) * ELEVATION_DEG, (max(heights) + 1) * ELEVATION_DEG
        texts.append(f"azimuth {left:.0f}–{right:.0f}°, elevation {low:.0f}–{high:.0f}°")
    return "; ".join(texts)
