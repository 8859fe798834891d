"""Physics beside measurement, hour by hour: what a plant gave, what physics says it should have given, and under which
sun and sky.

Two clocks are put right before anything is compared: that of the weather against the sun (`clock.fit_clock`) and that
of the plant against physics (`align`). Both are found, said and applied; an hour's mistake is refused.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.clear_sky import clear_sky_index
from solar.measured.align import Alignment, align, check_clock
from solar.measured.instants import Instants, hour_means, instants_under, running
from solar.measured.plane import cos_incidence_of
from solar.measured.plant_power import PlantModel, Power, plant_power
from solar.measured.record import Finding, PlantRecord
from solar.measured.sky_at_instants import clear_sky, on_the_sun, sky_of
from solar.pv.spectrum import factor_of
from solar.weather_record import Weather

# Clear-sky power [kW/kWp] below which an index is noise over next to nothing.
MIN_CLEAR_POWER = 0.02
# No cloud edge keeps power between an instant of PVGIS and the next above this multiple of a clear sky's.
MAX_INDEX = 1.6
# Instants of power further apart than this are not interpolated.
MAX_BETWEEN_S = 3.5 * 3600


class PlantHours(NamedTuple):
    """H hours of one plant, labelled as its own clock has them.

    start (H,) datetime64[s] UTC; measured (H,) [kW/kWp], NaN where missing; usable (H,) measured, not flagged, and
    physics known; value_phys (H,) [kW/kWp] of our chain, or of the file's own PVGIS power (`source` says which), NaN
    where unknown; elevation_deg, azimuth_deg (H,) [°] mean direction of the sun over the part of the hour in which it
    is up, at the aligned time (of the whole hour where it is down throughout); clear_sky_index (H,) as
    `solar.clear_sky` defines it, of PVGIS hours power over clear-sky power, NaN where the clear sky gives next to
    nothing;
    beam_share (H,) of plane-of-array irradiance, NaN where unknown; cos_incidence (H,) mean over the same part of the
    hour, 0 … 1; temp_air (H,) [°C], NaN where unknown; shift_min [min] by which labels were moved towards the sun
    before physics was computed; source in words; name of the plant; alignment: how that shift was found;
    weather_shift_min [min] by which the weather's labels were moved to fit the sun; findings: of the record and of what
    physics showed.
    """

    start: NDArray[np.datetime64]
    measured: NDArray[np.float64]
    usable: NDArray[np.bool_]
    value_phys: NDArray[np.float64]
    elevation_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    clear_sky_index: NDArray[np.float64]
    beam_share: NDArray[np.float64]
    cos_incidence: NDArray[np.float64]
    temp_air: NDArray[np.float64]
    shift_min: float
    source: str
    name: str = ""
    alignment: Alignment | None = None
    weather_shift_min: float = 0.0
    findings: tuple[Finding, ...] = ()


def hours_from_weather(
    record: PlantRecord,
    weather: Weather,
    plant: PlantModel,
    shift_min: float | None = None,
    weather_shift_min: float | None = None,
) -> PlantHours:
    """A plant beside our own chain, under weather of the same time.

    ``shift_min``, ``weather_shift_min`` [min]: by how much the labels of plant and weather are moved where the user
    knows it; None: it is found. The fit of a wrong clock of the plant raises PlantError, that of a known shift still
    where it jumps or keeps daylight saving.
    """
    instants = instants_under(record.start, record.latitude_deg, record.longitude_deg)
    weather, moved_min = on_the_sun(weather, weather_shift_min)
    sky = sky_of(weather, instants)
    clear = clear_sky(instants, record.latitude_deg, record.longitude_deg, record.altitude_m)
    spectral = None
    if plant.technology is not None:
        index = clear_sky_index(sky.ghi, clear.ghi)
        spectral = factor_of(instants.elevation_deg, index, record.altitude_m, plant.technology)
    power = plant_power(sky, instants, record, plant, spectral)
    source = f"own chain, weather: {weather.source}"
    hours = _hours(record, instants, power, shift_min, source)
    ghi, clear_ghi = (hour_means(running(of.ghi, instants), record.start, hours.shift_min) for of in (sky, clear))
    return hours._replace(
        clear_sky_index=clear_sky_index(ghi, clear_ghi),
        beam_share=_ratio(power.beam, power.poa_global, instants, record.start, hours.shift_min, 1.0),
        temp_air=hour_means(running(sky.temp_air, instants), record.start, hours.shift_min),
        weather_shift_min=moved_min,
    )


def hours_from_power(
    record: PlantRecord,
    power: NDArray[np.float64],
    instant_min: float,
    plant: PlantModel,
    source: str,
    shift_min: float | None = None,
) -> PlantHours:
    """A plant beside a computed power (H,) [kW/kWp] that stands for instants ``instant_min`` [min] after each label.

    Between instants it is interpolated by its ratio to the power under a clear sky, so that an hour has its mean as
    the measurement does; no weather is known, so beam share and temperature are NaN.
    """
    instants = instants_under(record.start, record.latitude_deg, record.longitude_deg)
    sky = clear_sky(instants, record.latitude_deg, record.longitude_deg, record.altitude_m)
    clear = plant_power(sky, instants, record, plant)
    between = _interpolated(record.start + np.timedelta64(round(instant_min * 60), "s"), power, clear.ac, instants)
    unknown = np.full(len(between), np.nan)
    hours = _hours(record, instants, Power(between, unknown, unknown), shift_min, source)
    index = _ratio(between, clear.ac, instants, record.start, hours.shift_min, MIN_CLEAR_POWER)
    nothing = np.full(len(record.start), np.nan)
    return hours._replace(clear_sky_index=index, beam_share=nothing, temp_air=nothing)


def _hours(record: PlantRecord, instants: Instants, power: Power, shift_min: float | None, source: str) -> PlantHours:
    """Clock, physics and sun of each hour; what weather says is left to the caller."""
    sums = running(power.ac, instants)
    found = align(record.start, record.measured, record.usable, sums, shift_min or 0.0)
    check_clock(found, record.name, shift_min)
    shift_min = found.shift_min if shift_min is None else shift_min
    phys = hour_means(sums, record.start, shift_min)
    elevation, azimuth, cosine = _sun(record, instants, shift_min)
    nothing = np.full(len(phys), np.nan)
    return PlantHours(
        start=record.start,
        measured=record.measured,
        usable=record.usable & np.isfinite(phys),
        value_phys=phys,
        elevation_deg=elevation,
        azimuth_deg=azimuth,
        clear_sky_index=nothing,
        beam_share=nothing,
        cos_incidence=cosine,
        temp_air=nothing,
        shift_min=shift_min,
        source=source,
        name=record.name,
        alignment=found,
        findings=record.findings,
    )


def _sun(
    record: PlantRecord, instants: Instants, shift_min: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Elevation, azimuth [°] and cosine of incidence (H,), means over the instants at which the sun is up."""
    up = instants.elevation_deg > 0.0

    def mean(values: NDArray[np.float64], rows: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        chosen = values if rows is None else np.where(rows, values, 0.0)
        return hour_means(running(chosen, instants), record.start, shift_min)

    share = mean(up.astype(np.float64))
    lit = share > 0.0
    below = np.maximum(share, 1e-9)
    elevation = np.where(lit, mean(instants.elevation_deg, up) / below, mean(instants.elevation_deg))
    east, north = np.sin(np.radians(instants.azimuth_deg)), np.cos(np.radians(instants.azimuth_deg))
    rows = np.where(lit, mean(east, up), mean(east)), np.where(lit, mean(north, up), mean(north))
    azimuth = np.degrees(np.arctan2(*rows)) % 360.0
    cosine = mean(cos_incidence_of(instants, record.tilt_deg, record.azimuth_deg), up) / below
    return elevation, azimuth, np.clip(cosine, 0.0, 1.0)


def _ratio(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    instants: Instants,
    start: NDArray[np.datetime64],
    shift_min: float,
    least: float,
) -> NDArray[np.float64]:
    """Ratio (H,) of two hourly means of series at instants; NaN where the lower one is under ``least``."""
    top = hour_means(running(above, instants), start, shift_min)
    bottom = hour_means(running(below, instants), start, shift_min)
    return np.where(bottom >= least, top / np.maximum(bottom, 1e-9), np.nan)


def _interpolated(
    at: NDArray[np.datetime64], power: NDArray[np.float64], clear: NDArray[np.float64], instants: Instants
) -> NDArray[np.float64]:
    """Power at all instants from power at some, by its ratio to the clear sky's; NaN far from any."""
    seconds = (instants.time - instants.begin).astype(np.float64)
    place = (at - instants.begin).astype(np.float64)
    here = np.interp(place, seconds, clear)
    known = np.isfinite(power) & (here > MIN_CLEAR_POWER)
    index = np.minimum(power[known] / here[known], MAX_INDEX)
    ratio = np.interp(seconds, place[known], index)
    given = place[np.isfinite(power)]
    nearest = np.searchsorted(given, seconds)
    gap = given[np.minimum(nearest, len(given) - 1)] - given[np.maximum(nearest - 1, 0)]
    return np.where((gap <= MAX_BETWEEN_S) | (clear <= 0.0), ratio * clear, np.nan)
