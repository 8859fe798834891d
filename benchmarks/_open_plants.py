"""The open measured plants beside the repository (../shared/data/pv) as records with physics beside them.

Four sites, nine plant years: Utrecht and Turin (roofs, power of PVGIS 5.3 SARAH3 beside the measurement, no weather),
NREL's system 50 (Golden, satellite weather) and Foulum's tilted and vertical bifacial arrays (station weather). What
is peculiar to each file stands here, with how it was found: docs/measured.md.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from solar.closure import ClosureReport
from solar.measured.plant_hours import PlantHours, hours_from_power, hours_from_weather
from solar.measured.plant_power import PlantModel, Rows
from solar.measured.record import Finding, PlantRecord, span
from solar.measured.sky_at_instants import GHI_ALONE, split_global
from solar.pv.chain import Chain, Heat
from solar.pv.glass import glass_of
from solar.weather_record import Weather

HOUR = np.timedelta64(3600, "s")
# As a city's plants have it (pv.toml).
GLASS = glass_of(1.526, "direct")
FAIMAN, ON_ROOF = Heat("faiman", 25.0, 6.84), Heat("pvsyst", 20.0, 0.0)
# PVWatts' reference efficiency; losses and inverters as each plant's source states them.
ETA_REF = 0.9637


class OpenPlant(NamedTuple):
    """One plant over all its years; power: PVGIS' own where there is no weather."""

    record: PlantRecord
    model: PlantModel
    weather: Weather | None
    power: np.ndarray | None
    instant_min: float
    licence: str
    # measured (H,) [kW/kWp] under the labels of the file, its clock not yet put right
    as_filed: np.ndarray

    def hours(self, year: int | None = None, shift_min: float | None = None) -> PlantHours:
        """The hours of one year, or of all; aligned by themselves, or moved by a shift that is known."""
        record, power = self.record, self.power
        if year is not None:
            rows = self.years() == year
            record = span(record, rows)
            power = None if power is None else power[rows]
        if self.weather is not None:
            return hours_from_weather(record, self.weather, self.model, shift_min)
        assert power is not None
        source = "PVGIS 5.3 SARAH3 power, no weather"
        return hours_from_power(record, power, self.instant_min, self.model, source, shift_min)

    def years(self) -> np.ndarray:
        """Calendar year of each hour (H,)."""
        return self.record.start.astype("datetime64[Y]").astype(int) + 1970


def open_plants(folder: Path) -> dict[str, OpenPlant]:
    """All five, by name: utrecht, turin, system50, foulum_tilted, foulum_vertical."""
    plants = {"utrecht": _pvgis_plant(folder, UTRECHT), "turin": _pvgis_plant(folder, TURIN)}
    plants["system50"] = system50(folder)
    plants["foulum_tilted"], plants["foulum_vertical"] = foulum(folder)
    return plants


class _Pvgis(NamedTuple):
    name: str
    file: str
    years: tuple[int, int]
    place: tuple[float, float, float]
    tilt_deg: float
    azimuth_deg: float
    peak_power_kw: float
    loss: float
    instant_min: float


# SARAH3 stands for instants, minutes after the label: clear days fit at +13 (Utrecht) and +6 (Turin), as satellites
# scan; ERA5 columns fit at +35 and +27.
UTRECHT = _Pvgis("Utrecht", "utrecht", (2014, 2015), (51.970, 5.329, 5.0), 30.0, 170.0, 1.90, 0.05, 13.0)
TURIN = _Pvgis("Turin", "turin", (2019, 2020), (45.065, 7.659, 240.0), 26.0, 206.0, 604.6, 0.10, 6.0)
MIT = "MIT, (c) 2024 Giulia Montanari Roseo; PVGIS (c) European Union"


def _pvgis_plant(folder: Path, plant: _Pvgis) -> OpenPlant:
    import pandas as pd

    first, last = plant.years
    table = pd.read_csv(folder / f"{plant.file}_{first}_{last}_measured_and_pvgis.csv.gz")
    start = np.arange(np.datetime64(f"{first}-01-01", "s"), np.datetime64(f"{last + 1}-01-01", "s"), HOUR)
    measured, power = np.full(len(start), np.nan), np.full(len(start), np.nan)
    year = start.astype("datetime64[Y]").astype(int) + 1970
    # the files have no 29 February
    leap = (start.astype("datetime64[M]").astype(int) % 12 == 1) & (
        (start.astype("datetime64[D]") - start.astype("datetime64[M]")).astype(int) == 28
    )
    for y in plant.years:
        rows = (year == y) & ~leap
        measured[rows] = table[f"{plant.name}{y} PV-MEAS"]
        power[rows] = table[f"{plant.name}{y} PG3-SARAH3"]
    findings: tuple[Finding, ...] = ()
    as_filed = measured
    if plant is TURIN:
        measured, findings = _turin_clock(start, measured)
    record = PlantRecord(
        plant.name.lower(),
        *plant.place,
        plant.tilt_deg,
        plant.azimuth_deg,
        plant.peak_power_kw,
        "roof",
        start,
        measured,
        np.isfinite(measured),
        findings,
    )
    chain = Chain(-0.004, 0.18, plant.loss, 1.0, 0.97, ETA_REF, ON_ROOF)
    return OpenPlant(record, PlantModel(chain, GLASS), None, power, plant.instant_min, MIT, as_filed)


def _turin_clock(start: np.ndarray, measured: np.ndarray) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """Turin's rows run by UTC+1 from January to the last Sunday of October, by UTC after it, in both years: month by
    month the fit to PVGIS jumps from −55 to +15 min there, as rows of a wall clock do whose missing hour in March was
    not filled and whose second one in October was dropped.
    """
    early = np.zeros(len(start), bool)
    for sunday in (np.datetime64("2019-10-27T02", "s"), np.datetime64("2020-10-25T02", "s")):
        early |= (start < sunday) & (start >= sunday.astype("datetime64[Y]"))
    moved = np.full(len(measured), np.nan)
    moved[:-1] = np.where(early[:-1] & early[1:], measured[1:], moved[:-1])
    moved = np.where(early, moved, measured)
    return moved, (
        Finding("clock step", int(early.sum()), start[0], "hours before the end of summer time moved by −60 min"),
    )


def system50(folder: Path) -> OpenPlant:
    """NREL PVDAQ system 50: a wall clock with daylight saving though labelled −07:00; satellite weather in UTC−7."""
    import pandas as pd

    table = pd.read_parquet(folder / "system_50_ac_power_2_full_DST.parquet")
    wall = (
        table["measured_on"].dt.tz_localize(None).dt.tz_localize("America/Denver", ambiguous="NaT", nonexistent="NaT")
    )
    utc = wall.dt.tz_convert("UTC").dt.tz_localize(None)
    series = pd.Series(table["ac_power_2"].to_numpy(np.float64), index=utc)[utc.notna().to_numpy()]
    grouped = series.resample("1h")
    hourly = grouped.mean().where(grouped.count() == 4)
    hourly = hourly[hourly.index < "2014-01-01"]
    start = hourly.index.to_numpy().astype("datetime64[s]")
    peak = SYSTEM50_KW
    measured = hourly.to_numpy(np.float64) / 1000.0 / peak
    label = table["measured_on"].dt.tz_convert("UTC").dt.tz_localize(None)
    filed = pd.Series(table["ac_power_2"].to_numpy(np.float64), index=label).resample("1h").mean().reindex(hourly.index)
    as_filed = filed.to_numpy(np.float64) / 1000.0 / peak
    record = PlantRecord(
        "system50", 39.742, -105.1727, 1830.0, 45.0, 158.0, peak, "free", start, measured, np.isfinite(measured)
    )
    sky = pd.read_parquet(folder / "system_50_ac_power_2_full_DST_psm3.parquet")
    stamp = sky["index"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    # instants at full and half hours stand for the half hour around them
    weather = _ghi_weather(
        stamp - np.timedelta64(900, "s"), 1800.0, _columns(sky), (39.742, -105.1727), "NSRDB PSM3, 30 min"
    )
    chain = Chain(-0.0045, 0.13, 0.1142, 1.0, 0.95, ETA_REF, FAIMAN)
    return OpenPlant(record, PlantModel(chain, GLASS), weather, None, 0.0, "OEDI 4568; NSRDB (NREL)", as_filed)


# Not published; with 11.42 % of losses this fits 2011 and 2012 without days of snow and outage (2013 took no part).
SYSTEM50_KW = 3.34


def foulum(folder: Path) -> tuple[OpenPlant, OpenPlant]:
    """The agrivoltaic plant at Foulum: tilted and vertical bifacial, station weather at 2 m wind; flagged hours off."""
    import pandas as pd

    with gzip.open(folder / "foulum_2023_2024_hourly.csv.gz", "rt", encoding="utf-8") as lines:
        table = pd.read_csv(lines)
    stamp = pd.to_datetime(table["time_utc"], utc=True).dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    start = np.arange(stamp[0], stamp[-1] + 1, HOUR)
    place = np.searchsorted(start, stamp)

    def column(name: str, fill: float = np.nan) -> np.ndarray:
        out = np.full(len(start), fill)
        out[place] = table[name].to_numpy(np.float64)
        return out

    where = (56.4966, 9.5843)
    data = {"ghi": column("ghi"), "temp_air": column("temp_air"), "wind_speed": column("wind_2m")}
    weather = _ghi_weather(start, 3600.0, data, where, "DMI station 6069 Foulum, hourly")
    # 5 % of DC losses; the inverter's DC limit by its 40 kW
    chain = Chain(-0.0032, 0.215, 0.05, 44.4 / 40.0 * 0.984, 0.984, ETA_REF, FAIMAN)
    tilted = PlantModel(chain, GLASS, bifaciality=0.80, rows=Rows(2.28, 12.0, 1.3, 4))
    # The data sheet's 0.80 is not delivered by the rear of the vertical array: 0.35 as measured in 2023.
    vertical = PlantModel(chain, GLASS, bifaciality=0.35, rows=Rows(2.46, 11.0, 2.0, 4))
    plants = []
    for name, key, tilt, azimuth, model in (
        ("foulum_tilted", "tbf", 25.0, 184.0, tilted),
        ("foulum_vertical", "vbf", 90.0, 276.0, vertical),
    ):
        measured = column(f"{key}_ac_cnt")
        usable = np.isfinite(measured) & (column(f"{key}_flag", 1.0) == 0.0)
        flagged = np.isfinite(measured) & ~usable
        finding = Finding("flagged", int(flagged.sum()), start[int(np.argmax(flagged))], "not used (flags of the file)")
        mounting: Any = "vertical bifacial" if tilt == 90.0 else "free"
        record = PlantRecord(name, *where, 39.0, tilt, azimuth, 44.4, mounting, start, measured, usable, (finding,))
        plants.append(
            OpenPlant(record, model, weather, None, 0.0, "GPL-3.0, Victoria et al., Aarhus University", measured)
        )
    return plants[0], plants[1]


def _columns(table: Any) -> dict[str, np.ndarray]:
    values = {name: table[name].to_numpy(np.float64) for name in ("ghi", "temp_air")}
    return values | {"wind_speed": np.full(len(table), np.nan)}


def _ghi_weather(
    start: np.ndarray, step_s: float, data: dict[str, np.ndarray], where: tuple[float, float], source: str
) -> Weather:
    """A weather record of GHI alone, gaps kept (a weather file with gaps would be refused)."""
    dni, dhi = split_global(data["ghi"], start, step_s, *where, "dirint")
    return Weather(
        start,
        step_s,
        data["ghi"],
        dni,
        dhi,
        data["temp_air"],
        data["wind_speed"],
        *where,
        source,
        "",
        (),
        (GHI_ALONE,),
        ClosureReport(0, 0, 0, 0.0),
    )
