"""Every plant of a job through the year: from what its strings see to kilowatt-hours.

Cell by cell the plants whose receivers are complete are computed in blocks of like mounting, on all processors. A
block is the same whatever else the job holds, and its results go to fixed rows: the numbers do not depend on the cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.far_horizon import above
from solar.irradiance import Reflection, Sources, reflected_fraction
from solar.pv.chain import Chain, Heat, system_loss
from solar.pv.glass import Glass, glass_of
from solar.pv.light import Light, light_of
from solar.pv.power import Planes, Power, Strings, plant_power
from solar.pv.rows import beam_shaded_fraction, sky_masking
from solar.site import Site
from solar.sky import sky_weights
from solar.weather_record import Weather
from twin import skylight
from twin.cells import Cell
from twin.irradiation import MONTHS, View
from twin.operators import CellData
from twin.optics import Optics
from twin.processors import processors
from twin.progress import OnProgress, silent
from twin.pv.config import PvConfig
from twin.pv.gather import whole_surfaces
from twin.pv.plants import Plants
from twin.pv.racks import Mounting
from twin.pv.strings import Seen, strings_seen

# Strings of a block: 24 × 6 suns × 4,700 hours × 4 bytes = 2.7 MB an array, which a processor's cache holds.
BLOCK = 24
MOUNTED_LIKE = {
    Mounting.ROOF: "roof",
    Mounting.EAST_WEST: "free",
    Mounting.SOUTH: "free",
    Mounting.FACADE: "facade",
}
RACKS = (Mounting.EAST_WEST, Mounting.SOUTH)


class Year(NamedTuple):
    """Everything of a job's year that does not depend on the plant."""

    light: Light
    month: NDArray[np.int64]  # (N,) 0 … 11 of each hour
    spectral: NDArray[np.float64] | None  # (N,)
    optics: Optics
    glass: Glass


class Yields(NamedTuple):
    """N plants; energies [kWh] of the first year at the meter."""

    modules: NDArray[np.int64]  # (N,) built
    kwp: NDArray[np.float64]  # (N,)
    month_kwh: NDArray[np.float64]  # (N, 12)
    without_mismatch_kwh: NDArray[np.float64]  # (N,) were every module at its own maximum
    unshaded_kwh: NDArray[np.float64]  # (N,) were nothing around
    month_ml_kwh: NDArray[np.float64]  # (N, 12) corrected, hours outside the model's domain as they were
    answered_kwh: NDArray[np.float64]  # (N,) kWh of physics in the hours that the model answers


class Hours(NamedTuple):
    """Hours of n plants as a correction looks at them."""

    power: Power
    kwp: NDArray[np.float64]  # (n,)


# Told of each block: its plants (n,), and their power [kW] in the hours with sun (n, N).
Keep = Callable[[NDArray[np.intp], NDArray[np.float64]], None]
# Corrected power (n, N) [kW/kWp] and which hours were answered (n, N).
Correct = Callable[[Hours], tuple[NDArray[np.float64], NDArray[np.bool_]]]


def year_of(sent: Sources, weather: Weather, optics: Optics, site: Site, config: PvConfig) -> Year:
    """The year of a job's weather at its site."""
    from solar.pv.spectrum import spectral_factor

    light = light_of(sent, weather)
    clock = light.hour + np.timedelta64(round(weather.utc_offset_s + light.length_h * 1800.0), "s")
    month = clock.astype("datetime64[M]").astype(np.int64) % MONTHS
    spectral = None
    if config.module.spectral:
        place = (site.latitude_deg, site.longitude_deg, site.altitude_m)
        spectral = spectral_factor(light, *place, config.module.technology)
    return Year(light, month, spectral, optics, glass_of(config.module.refraction_index, config.module.glass))


def over(year: Year, data: CellData) -> Year:
    """The same over one cell: suns that stand behind its far horizon are out of sight."""
    horizon = skylight.far_horizon(data)
    if horizon is None:
        return year
    lit = above(horizon, np.moveaxis(year.light.direction.astype(np.float64), 0, -1))
    return year._replace(light=year.light._replace(in_sight=lit.astype(np.float32)))


def chain_of(config: PvConfig, mounting: str) -> Chain:
    """The chain of a configuration for a mounting: free, roof or facade."""
    heat = getattr(config.temperature, mounting)
    return Chain(
        gamma_pdc=config.module.gamma_pdc,
        efficiency=config.module.kwp_m2,
        loss=system_loss(config.losses.model_dump()),
        dc_ac_ratio=config.inverter.dc_ac_ratio,
        eta_nom=config.inverter.eta_nom,
        eta_ref=config.inverter.eta_ref,
        heat=Heat(heat.model, heat.u0, heat.u1),
    )


def yields_of(
    cells: Iterator[tuple[Cell, CellData]],
    plants: Plants,
    receivers: NDArray[np.int64],
    year: Year,
    config: PvConfig,
    correct: Correct | None = None,
    on_progress: OnProgress = silent,
    keep: Keep | None = None,
) -> Yields:
    """Yield of every plant; those none of whose modules can be built have none.

    Parameters
    ----------
    receivers : (S,)
        Receivers of every surface of the model, covered ones included.
    """
    count = len(plants.surface)
    by_month = (count, MONTHS)
    shapes = (count, by_month, count, count, by_month, count)
    out = Yields(np.zeros(count, np.int64), *(np.zeros(shape) for shape in shapes))
    wanted = np.zeros(len(receivers), bool)
    wanted[plants.surface] = True
    done = 0
    with ThreadPoolExecutor(processors()) as pool:
        for whole in whole_surfaces(cells, wanted, receivers, year.optics):
            on_progress("pv", done, count)
            seen = strings_seen(whole, plants, year.optics)
            block = partial(_compute, out, seen, plants, over(year, whole.last), config, correct)
            computed = pool.map(block, _blocks(seen, plants))
            for owner, power in computed:
                if keep is not None:
                    keep(owner, power)
            done += len(whole.surface)
    on_progress("pv", count, count)
    return out


def _blocks(seen: Seen, plants: Plants) -> list[NDArray[np.intp]]:
    """Rows of strings: whole plants of one mounting, about ``BLOCK`` strings in each."""
    out = []
    mounting = plants.mounting[seen.plant]
    for kind in np.unique(mounting):
        rows = np.flatnonzero(mounting == kind)
        first = np.flatnonzero(np.diff(seen.plant[rows], prepend=-1))
        block = first // BLOCK
        cut = first[np.flatnonzero(np.diff(block, prepend=-1))]
        out += np.split(rows, cut[1:])
    return out


def _compute(
    out: Yields,
    seen: Seen,
    plants: Plants,
    year: Year,
    config: PvConfig,
    correct: Correct | None,
    rows: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Compute a block and put its results into their rows; its plants and their power [kW]."""
    owner, plant = np.unique(seen.plant[rows], return_inverse=True)
    plant = plant.reshape(-1)
    mounting = Mounting(int(plants.mounting[owner[0]]))
    planes, plane = _planes(seen, rows, plants, year, mounting)
    whole = seen.view
    back = Reflection(*(part[rows] for part in whole.reflection))
    view = View(whole.group[rows], whole.normal[rows], whole.area_m2[rows], whole.sun[rows], whole.sky[rows], back)
    sky = skylight.seen_of(view.sky, view.normal, year.optics)
    masking = _masking(planes.normal, plants.gcr[seen.plant[rows]], plane)
    kwp = seen.modules[rows].astype(np.float64) * (config.module.power_w / 1000)
    if mounting in RACKS:  # what modules see that stand up from the roof is the roof itself, beside what the roof sees
        roof = year.optics.surface_albedo[plants.surface[seen.plant[rows]]]
        back = back._replace(ghi=back.ghi + (roof * reflected_fraction(planes.normal)[plane])[:, None])
    patch = sky.patch * masking[:, None] if year.optics.by_patch else None
    strings = Strings(
        plane, plant, kwp, view.sun, sky.factor * masking[:, None], sky.horizon * masking[:, None], back, patch
    )
    chain = chain_of(config, MOUNTED_LIKE[mounting])
    power = plant_power(
        year.light,
        planes,
        strings,
        chain,
        year.glass,
        year.optics.albedo,
        year.spectral,
        config.layout.optimisers,
    )
    out.modules[owner] = np.bincount(plant, seen.modules[rows])
    of_plant: NDArray[np.float64] = np.bincount(plant, kwp).astype(np.float64)
    out.kwp[owner] = of_plant
    to_kwh = of_plant * year.light.length_h
    out.month_kwh[owner] = _by_month(power.ac, year) * to_kwh[:, None]
    out.without_mismatch_kwh[owner] = _by_month(power.without_mismatch, year).sum(axis=1) * to_kwh
    out.unshaded_kwh[owner] = _by_month(power.unshaded, year).sum(axis=1) * to_kwh
    if correct is not None:
        value, answered = correct(Hours(power, of_plant))
        out.month_ml_kwh[owner] = _by_month(value, year) * to_kwh[:, None]
        out.answered_kwh[owner] = _by_month(np.where(answered, power.ac, 0.0), year).sum(axis=1) * to_kwh
    return owner, power.ac * of_plant[:, None]


def _by_month(power: NDArray[np.float64], year: Year) -> NDArray[np.float64]:
    """Sums (n, 12) of hours (n, N), each plant's in the order of its hours: the same in any block."""
    return np.stack([np.bincount(year.month, hours, MONTHS) for hours in power])


def _planes(
    seen: Seen, rows: NDArray[np.intp], plants: Plants, year: Year, mounting: Mounting
) -> tuple[Planes, NDArray[np.intp]]:
    """Planes of a block and the plane of each of its strings."""
    key, plane = np.unique(seen.plant[rows] * 2 + seen.facing[rows], return_inverse=True)
    owner, facing = key // 2, key % 2
    normal = plants.normal[owner, facing]
    tilt = np.arccos(np.clip(normal[:, 2], -1.0, 1.0))
    kept = _masking(normal, plants.gcr[owner], np.arange(len(owner)))
    shade = None
    if mounting in RACKS:
        sun = _sun_deg(year.light)
        shade = np.stack([_row_shade(sun, n, float(g)) for n, g in zip(normal, plants.gcr[owner], strict=True)])
    patch = sky_weights(year.optics.sky, normal) * kept[:, None] if year.optics.by_patch else None
    planes = Planes(normal, (1.0 + normal[:, 2]) / 2.0 * kept, np.sin(tilt) * kept, shade, patch)
    return planes, plane.reshape(-1)


def _masking(normal: NDArray[np.float64], gcr: NDArray[np.float64], plane: NDArray[np.intp]) -> NDArray[np.float64]:
    """Share (T,) of the sky's light that the rows before and behind leave to strings of planes (Q, 3)."""
    tilt_deg = np.degrees(np.arccos(np.clip(normal[plane, 2], -1.0, 1.0)))
    out = np.ones(len(plane))
    for ratio in np.unique(gcr[gcr > 0]):
        same = gcr == ratio
        out[same] = sky_masking(tilt_deg[same], float(ratio))
    return out


def _sun_deg(light: Light) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Elevation and azimuth (M, N) [°] of every sun of the year in grid axes, as planes' normals are."""
    x, y, z = light.direction.astype(np.float64)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(x, y))


def _row_shade(
    sun_deg: tuple[NDArray[np.float64], NDArray[np.float64]], normal: NDArray[np.float64], gcr: float
) -> NDArray[np.float32]:
    """Share (M, N) of tilted modules in the shade of the row before, at every sun of the year."""
    elevation_deg, azimuth_deg = sun_deg
    if gcr <= 0:
        return np.zeros(elevation_deg.shape, np.float32)
    tilt_deg = float(np.degrees(np.arccos(min(normal[2], 1.0))))
    row_azimuth_deg = float(np.degrees(np.arctan2(normal[0], normal[1])))
    return beam_shaded_fraction(elevation_deg, azimuth_deg, tilt_deg, row_azimuth_deg, gcr).astype(np.float32)
