"""DNI from GHI and DHI, so that the horizontal plane gets back exactly the GHI that was measured.

The direct part of an interval is divided by the mean of sin h over its sun-up instants (ten minutes apart),
never by sin h at mid-interval: around sunrise that gave 2,530 W/m² in the default year. What would exceed
0.9 of the extraterrestrial beam is moved to DHI, so GHI is conserved whatever the input. Oracle: DNI · mean
sin h + DHI = GHI.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.sun import in_interval_sun

# No clear-sky beam at the ground exceeds 0.9 of the extraterrestrial one for long (high mountains, sun
# overhead: 0.85).
MAX_TRANSMISSION = 0.9


class ClosureReport(NamedTuple):
    """What the closure had to move from the direct to the diffuse part.

    limited: intervals over the 0.9 limit; sun_down: intervals with a direct part but no sun;
    diffuse_above_global: intervals whose DHI was cut down to GHI; moved_kwh_m2 [kWh/m²] horizontal energy
    moved from direct to diffuse.
    """

    limited: int
    sun_down: int
    diffuse_above_global: int
    moved_kwh_m2: float


class Closure(NamedTuple):
    """dni, dhi (H,) [W/m²] that close to GHI, and the report of what was moved."""

    dni: NDArray[np.float64]
    dhi: NDArray[np.float64]
    report: ClosureReport


class MeanSun(NamedTuple):
    """Per interval (H,): mean sin h over its sun-up instants (0 if none); mean extraterrestrial beam [W/m²].

    The beam's mean is over the whole interval: a third of the full beam where the sun is up for a third of it.
    """

    sin_elevation: NDArray[np.float64]
    dni_extra: NDArray[np.float64]


def mean_sun(start: NDArray[np.datetime64], step_s: float, latitude_deg: float, longitude_deg: float) -> MeanSun:
    """The sun of each interval of `step_s` [s] from `start` (H,) UTC at the place of the weather record."""
    elevation, _ = in_interval_sun(start, step_s, latitude_deg, longitude_deg)
    up = elevation > 0.0
    sine = np.where(up, np.sin(np.radians(elevation)), 0.0)
    mean = sine.sum(axis=1) / np.maximum(up.sum(axis=1), 1)
    return MeanSun(mean, extraterrestrial(start) * up.mean(axis=1))


def extraterrestrial(start: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Extraterrestrial beam (H,) [W/m²] on the day of each interval (Spencer 1971 through pvlib)."""
    import pvlib

    day_of_year = (start.astype("datetime64[D]") - start.astype("datetime64[Y]")).astype(np.int64) + 1
    return np.asarray(pvlib.irradiance.get_extra_radiation(day_of_year), np.float64)


def close_dni(ghi: NDArray[np.float64], dhi: NDArray[np.float64], sun: MeanSun, step_s: float) -> Closure:
    """DNI and DHI (H,) [W/m²] with DNI · mean sin h + DHI = GHI in every interval.

    `sun` is `mean_sun` of the same intervals, at the coordinates of the weather record. `dni` is the
    mean over the whole interval, as files state it: a plane's mean beam is DNI times its mean cos⁺ over the sun-up
    instants.
    """
    direct = np.maximum(ghi - dhi, 0.0)
    has_sun = sun.sin_elevation > 0.0
    wanted = np.divide(direct, sun.sin_elevation, out=np.zeros_like(direct), where=has_sun)
    dni = np.minimum(wanted, MAX_TRANSMISSION * sun.dni_extra)
    limited = wanted > dni
    cut = limited | ~has_sun
    closed_dhi = np.where(cut, ghi - dni * sun.sin_elevation, np.minimum(dhi, ghi))
    moved = np.sum(np.where(cut, direct - dni * sun.sin_elevation, 0.0)) * step_s / 3.6e6
    report = ClosureReport(
        limited=int(np.count_nonzero(limited)),
        sun_down=int(np.count_nonzero(~has_sun & (direct > 0.0))),
        diffuse_above_global=int(np.count_nonzero(dhi > ghi)),
        moved_kwh_m2=float(moved),
    )
    return Closure(dni, closed_dhi, report)
