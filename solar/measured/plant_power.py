"""Power of a measured plant at instants: one face or two, free rows or none, through the common chain.

What a bifacial plant takes up from behind is worth `bifaciality` of the front. A vertical one has two faces in full
sky; a tilted one's rear sees the ground between its rows (pvlib's infinite sheds). Beam of the row in front is lost in
proportion to the shaded area, the first row has none in front.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.measured.instants import Instants
from solar.measured.plane import OnPlane, Sky, on_plane
from solar.measured.record import PlantRecord
from solar.pv.chain import Chain, ac_of
from solar.pv.glass import Glass
from solar.pv.light import TEMP_AIR, WIND_SPEED

# Posts and cables behind a tilted module take this share of what comes from behind.
REAR_STRUCTURE = 0.05


class Rows(NamedTuple):
    """slant_m [m] height of the modules along their slope, pitch_m [m] from row to row, height_m [m] of their middle
    above the ground, n_rows.
    """

    slant_m: float
    pitch_m: float
    height_m: float
    n_rows: int


class PlantModel(NamedTuple):
    """What physics needs besides place and orientation. bifaciality 0: one face; rows None: nothing in front;
    technology None: no spectral factor.
    """

    chain: Chain
    glass: Glass
    albedo: float = 0.2
    bifaciality: float = 0.0
    rows: Rows | None = None
    technology: str | None = None


class Power(NamedTuple):
    """AC power ac [kW/kWp], beam with circumsolar and all irradiance poa_global [W/m²] on the front, at instants."""

    ac: NDArray[np.float64]
    beam: NDArray[np.float64]
    poa_global: NDArray[np.float64]


def plant_power(
    sky: Sky,
    instants: Instants,
    record: PlantRecord,
    plant: PlantModel,
    spectral: NDArray[np.float64] | None = None,
) -> Power:
    """Power at instants (N,), NaN where the sky is unknown; temperature and wind of `solar.pv.light` where these are.

    ``spectral`` (N,): factor on the irradiance for the sun's spectrum.
    """
    tilt, azimuth = record.tilt_deg, record.azimuth_deg
    front = _face(sky, instants, tilt, azimuth, plant)
    effective = front.effective
    beam, total = front.beam, front.beam + front.diffuse
    if plant.bifaciality > 0.0 and record.mounting == "vertical bifacial":
        back = _face(sky, instants, 180.0 - tilt, azimuth + 180.0, plant)
        effective = effective + plant.bifaciality * back.effective
        beam, total = beam + back.beam, total + back.beam + back.diffuse
    elif plant.bifaciality > 0.0 and plant.rows is not None:
        effective = effective + plant.bifaciality * _rear(sky, instants, record, plant)
    if spectral is not None:
        effective = effective * spectral
    air = np.where(np.isfinite(sky.temp_air), sky.temp_air, TEMP_AIR)
    wind = np.where(np.isfinite(sky.wind_speed), sky.wind_speed, WIND_SPEED)
    return Power(ac_of(effective, total, air, wind, plant.chain), beam, total)


def _face(sky: Sky, instants: Instants, tilt: float, azimuth: float, plant: PlantModel) -> OnPlane:
    shaded = None if plant.rows is None else _shaded(instants, tilt, azimuth, plant.rows)
    return on_plane(sky, instants, tilt, azimuth, plant.albedo, plant.glass, shaded)


def _shaded(instants: Instants, tilt: float, azimuth: float, rows: Rows) -> NDArray[np.float64]:
    """Share of all rows' area in the shade of the row in front (N,); the first row stands free."""
    from pvlib.shading import shaded_fraction1d

    share = shaded_fraction1d(
        90.0 - instants.elevation_deg,
        instants.azimuth_deg,
        azimuth - 90.0,
        tilt,
        collector_width=rows.slant_m,
        pitch=rows.pitch_m,
    )
    up = instants.elevation_deg > 0.0
    return np.where(up, np.nan_to_num(np.asarray(share, np.float64)), 0.0) * (rows.n_rows - 1) / rows.n_rows


def _rear(sky: Sky, instants: Instants, record: PlantRecord, plant: PlantModel) -> NDArray[np.float64]:
    """Irradiance on the back of tilted rows (N,) [W/m²]."""
    from pvlib.bifacial.infinite_sheds import get_irradiance_poa

    if plant.rows is None:
        return np.zeros(len(instants.time))
    zenith = 90.0 - instants.elevation_deg
    back = get_irradiance_poa(
        180.0 - record.tilt_deg,
        (record.azimuth_deg + 180.0) % 360.0,
        zenith,
        instants.azimuth_deg,
        plant.rows.slant_m / plant.rows.pitch_m,
        plant.rows.height_m,
        plant.rows.pitch_m,
        sky.ghi,
        sky.dhi,
        sky.dni,
        plant.albedo,
    )
    share = np.asarray(back["poa_global"], np.float64) * (1.0 - REAR_STRUCTURE)
    known = np.isfinite(sky.ghi)
    return np.where(known, np.where(instants.elevation_deg > 0.0, np.nan_to_num(share), 0.0), np.nan)
