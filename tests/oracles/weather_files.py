"""Weather files of every format, written from one clear sky: what a reader must give back is known beforehand.

True solar time comes from the equation of time of NREL's SPA here, from Spencer's series in the package.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.sun import in_interval_sun

LATITUDE, LONGITUDE = 49.51667, 8.55  # 49°31'N 8°33'O, as the header of TRY 2011, region 12, writes it
MEZ_H = 1
PVGIS_OFFSET_H = 0.1761


class ClearYear(NamedTuple):
    """Intervals from ``start`` (H,) UTC and their means [W/m²]; ``label`` (H,) their END on the file's own clock."""

    start: NDArray[np.datetime64]
    label: NDArray[np.datetime64]
    step_s: int
    ghi: NDArray[np.float64]
    dhi: NDArray[np.float64]
    temp_air: NDArray[np.float64]

    @property
    def kwh_m2(self) -> float:
        return float(self.ghi.sum()) * self.step_s / 3.6e6


def seconds(value: float) -> np.timedelta64:
    return np.timedelta64(round(value), "s")


def true_solar_end_utc(woz: NDArray[np.datetime64], longitude_deg: float = LONGITUDE) -> NDArray[np.datetime64]:
    """UTC of true solar times, by SPA's equation of time."""
    import pandas as pd
    import pvlib

    mean = woz - seconds(longitude_deg * 240.0)
    index = pd.DatetimeIndex(mean.astype("datetime64[ns]"), tz="UTC")
    eot_min = pvlib.solarposition.spa_python(index, LATITUDE, longitude_deg)["equation_of_time"].to_numpy()
    return mean - np.rint(eot_min * 60.0).astype("timedelta64[s]")


def clear_year(
    step_s: int = 3600, days: int = 120, offset_h: float = 0.0, first: str = "2015-02-01", true_solar: bool = False
) -> ClearYear:
    """A cloudless record; labels on a clock ``offset_h`` ahead of UTC, or on that of the sun."""
    n = days * 86400 // step_s
    label = np.datetime64(first, "s") + np.arange(1, n + 1) * seconds(step_s)
    end = true_solar_end_utc(label) if true_solar else label - seconds(offset_h * 3600)
    start = end - seconds(step_s)
    elevation, _ = in_interval_sun(start, step_s, LATITUDE, LONGITUDE)
    ghi = np.mean(1000.0 * np.maximum(np.sin(np.radians(elevation)), 0.0) ** 1.2, axis=1)
    hour = (label - label.astype("datetime64[D]")) / np.timedelta64(1, "h")
    return ClearYear(start, label, step_s, ghi, 0.2 * ghi, 10.0 + 5.0 * np.sin((hour - 9.0) / 24.0 * 2 * np.pi))


def late(year: ClearYear, minutes: float) -> ClearYear:
    """The same record with labels that are late by minutes."""
    return year._replace(label=year.label + seconds(minutes * 60))


def month_day_hour(label: NDArray[np.datetime64]) -> list[tuple[int, int, int]]:
    """(MM, DD, HH) with HH = 1 … 24 of ends of hours."""
    begun = (label - seconds(3600)).astype("datetime64[s]").astype(object)
    return [(t.month, t.day, t.hour + 1) for t in begun]


def try2015(year: ClearYear) -> list[str]:
    head = ["Art des TRY         : mittleres Jahr", "Bezugszeitraum      : 1995-2012", ""]
    names = ["RW      HW      MM DD HH     t    p  WR   WG N    x  RF    B    D   A    E IL", "***"]
    # EPSG:3034 of 49.5167 N 8.55 E
    rows = [
        f"3894914 2532917 {m:2d} {d:2d} {h:2d} {t:5.1f} 1000 200  3.0 5  5.0  80 {g - b:7.2f} {b:7.2f} 300 -350  1"
        for (m, d, h), g, b, t in zip(month_day_hour(year.label), year.ghi, year.dhi, year.temp_air, strict=True)
    ]
    return head + names + rows


def try2011(year: ClearYear, located: bool = True) -> list[str]:
    head = [
        "1988-2007",
        "TRY12   Oberrheingraben und unteres Neckartal (Klimaregion 12)",
        "Station: Mannheim                        WMO-Nummer: 10729",
    ]
    if located:
        head.append("Lage: 49°31'N <- B.   8°33'O <- L.    96 Meter über NN")
    names = ["RG IS MM DD HH  N  WR  WG    t      p   x  RF  W   B    D  IK  A    E IL", "***"]
    rows = [
        f"12 1 {m:2d} {d:2d} {h:2d} 5 200 3.0 {t:5.1f} 1000.0 5.0 80 0 {g - b:7.2f} {b:7.2f} 1 300 -350 1"
        for (m, d, h), g, b, t in zip(month_day_hour(year.label), year.ghi, year.dhi, year.temp_air, strict=True)
    ]
    return head + names + rows


def epw(year: ClearYear, offset_h: float = MEZ_H, hours_from_0: str = "") -> list[str]:
    """``hours_from_0``: 'start' or 'end' writes hours 0 … 23 that begin or end the interval."""
    per_hour = 3600 // year.step_s
    head = [
        f"LOCATION,Town,XX,DEU,test,1,{LATITUDE},{LONGITUDE},{offset_h},96",
        *["X"] * 6,
        f"DATA PERIODS,1,{per_hour},Data,Sunday, 1/ 1,12/31",
    ]
    begun = (year.label - seconds(year.step_s)).astype(object)
    named = (year.label if hours_from_0 == "end" else year.label - seconds(3600)).astype(object)
    rows = []
    for i, begin in enumerate(begun):
        t, hour, minute = begin, begin.hour + 1, 60
        if hours_from_0:
            t = named[i]
            hour, minute = t.hour, 0
        elif per_hour > 1:
            minute = begin.minute + 60 // per_hour
        g, d = year.ghi[i], year.dhi[i]
        rows.append(
            f"{t.year},{t.month},{t.day},{hour},{minute},?,{year.temp_air[i]:.1f},1,50,101300,0,0,300,{g:.2f},9999,{d:.2f},"
            "0,0,0,0,180,2.5,,,"
        )
    return head + rows


def pvgis_tmy_csv(year: ClearYear, offset_h: float | None = PVGIS_OFFSET_H) -> list[str]:
    head = [
        f"Latitude (decimal degrees): {LATITUDE}",
        f"Longitude (decimal degrees): {LONGITUDE}",
        "Elevation (m): 96.0",
    ]
    head += [] if offset_h is None else [f"Irradiance Time Offset (h): {offset_h}"]
    head += ["month,year", "1,2018", "2,2007", "time(UTC),T2m,RH,G(h),Gb(n),Gd(h),IR(h),WS10m,WD10m,SP"]
    rows = [
        f"{stamp},{t:.2f},80.0,{g:.2f},{b:.2f},{d:.2f},300,2.5,180.0,99000"
        for stamp, t, g, b, d in zip(
            pvgis_stamps(year, offset_h or 0.0), year.temp_air, year.ghi, beam(year), year.dhi, strict=True
        )
    ]
    return head + rows + ["", "T2m: 2-m air temperature (degree Celsius)", "", "PVGIS (c) European Union, 2001-2025"]


def pvgis_stamps(year: ClearYear, offset_h: float) -> list[str]:
    """Labels (UTC) before the middles of the intervals by ``offset_h``, to the minute."""
    label = year.label - seconds(year.step_s / 2 + offset_h * 3600)
    minute = (label + seconds(30)).astype("datetime64[m]").astype(object)
    return [f"{t:%Y%m%d:%H%M}" for t in minute]


def beam(year: ClearYear) -> NDArray[np.float64]:
    elevation, _ = in_interval_sun(year.start, year.step_s, LATITUDE, LONGITUDE)
    sine = np.mean(np.maximum(np.sin(np.radians(elevation)), 0.0), axis=1)
    return np.divide(year.ghi - year.dhi, sine, out=np.zeros_like(sine), where=sine > 0.02)


def pvgis_tmy_json(year: ClearYear) -> list[str]:
    rows = [line.split(",") for line in pvgis_tmy_csv(year)[7:-4]]
    names = rows[0]
    records = [{n: v if n == "time(UTC)" else float(v) for n, v in zip(names, row, strict=True)} for row in rows[1:]]
    location = {"latitude": LATITUDE, "longitude": LONGITUDE, "elevation": 96.0}
    content = {
        "inputs": {
            "location": location | {"irradiance_time_offset": PVGIS_OFFSET_H},
            "meteo_data": {"radiation_db": "PVGIS-SARAH3"},
        },
        "outputs": {"months_selected": [], "tmy_hourly": records},
    }
    return [json.dumps(content)]


def pvgis_hourly_csv(year: ClearYear, slope: str = "Slope: 0 deg.") -> list[str]:
    head = [
        f"Latitude (decimal degrees):\t{LATITUDE}",
        f"Longitude (decimal degrees):\t{LONGITUDE}",
        "Elevation (m):\t96",
    ]
    head += ["Radiation database:\tPVGIS-SARAH3", "", "", slope, "Azimuth: 0 deg.", ""]
    names = "time,Gb(i),Gd(i),Gr(i),H_sun,T2m,WS10m,Int"
    rows = [
        f"{stamp},{g - d:.2f},{d:.2f},0.0,0.0,{t:.2f},2.5,0.0"
        for stamp, g, d, t in zip(pvgis_stamps(year, 0.0), year.ghi, year.dhi, year.temp_air, strict=True)
    ]
    return [*head, names, *rows, "", "Gb(i): Beam", "", "PVGIS (c) European Union, 2001-2023"]


def pvgis_hourly_json(year: ClearYear, slope: float = 0.0) -> list[str]:
    records = [
        {
            "time": stamp,
            "Gb(i)": round(g - d, 2),
            "Gd(i)": round(d, 2),
            "Gr(i)": 0.0,
            "T2m": 1.0,
            "WS10m": 2.0,
            "Int": 0.0,
        }
        for stamp, g, d in zip(pvgis_stamps(year, 0.0), year.ghi, year.dhi, strict=True)
    ]
    content = {
        "inputs": {
            "location": {"latitude": LATITUDE, "longitude": LONGITUDE, "elevation": 96.0},
            "meteo_data": {"radiation_db": "PVGIS-SARAH3"},
            "mounting_system": {"fixed": {"slope": {"value": slope, "optimal": False}, "azimuth": {"value": 0}}},
        },
        "outputs": {"hourly": records},
    }
    return [json.dumps(content)]


def station(year: ClearYear) -> list[str]:
    """Ten minutes: labels end the step; fifteen: they stand in its middle."""
    label = year.label - seconds(0 if year.step_s == 600 else year.step_s / 2)
    head = ["location,longitude,latitude", f"Mannheim,{LONGITUDE},{LATITUDE}"]
    head.append(
        "year,month,day,hour,minute,temperature,pressure,wind_direction,wind_speed,diffuse_irradiance,global_irradiance"
    )
    return head + [
        f"{t.year},{t.month},{t.day},{t.hour},{t.minute},{c:.1f},1000,180,2.5,{d:.2f},{g:.2f}"
        for t, c, d, g in zip(label.astype(object), year.temp_air, year.dhi, year.ghi, strict=True)
    ]


def cdc_ten_minutes(year: ClearYear) -> list[str]:
    to_j = 600.0 / 1e4
    return ["STATIONS_ID;MESS_DATUM;  QN;DS_10;GS_10;SD_10;LS_10;eor"] + [
        f"       5906;{t:%Y%m%d%H%M};    3;{d * to_j:7.3f};{g * to_j:7.3f};   0.0; -999;eor"
        for t, d, g in zip(year.label.astype(object), year.dhi, year.ghi, strict=True)
    ]


def cdc_hours(year: ClearYear) -> list[str]:
    """Of a record in true solar time; labels in UTC to the minute."""
    woz, utc = year.label, true_solar_end_utc(year.label)
    to_j = 3600.0 / 1e4
    return ["STATIONS_ID;MESS_DATUM;QN_592;ATMO_LBERG;FD_LBERG;FG_LBERG;SD_LBERG;ZENIT;MESS_DATUM_WOZ;eor"] + [
        f"       5906;{u:%Y%m%d%H:%M};    1;   -999;{d * to_j:6.2f};{g * to_j:6.2f};   0;  90.00;{w:%Y%m%d%H:%M};eor"
        for u, w, d, g in zip((utc + seconds(30)).astype(object), woz.astype(object), year.dhi, year.ghi, strict=True)
    ]


def cams(year: ClearYear) -> list[str]:
    head = [
        "# Coding: utf-8",
        f"# Latitude (positive North, ISO 19115): {LATITUDE}",
        f"# Longitude (positive East, ISO 19115): {LONGITUDE}",
        "# Time reference: Universal time (UT)",
        "# Observation period;TOA;Clear sky GHI;Clear sky BHI;Clear sky DHI;Clear sky BNI;GHI;BHI;DHI;BNI;Reliability",
    ]
    to_wh = year.step_s / 3600.0
    begin, end = (year.label - seconds(year.step_s)).astype(str), year.label.astype(str)
    return head + [
        f"{a}.0/{b}.0;0;0;0;0;0;{g * to_wh:.4f};{(g - d) * to_wh:.4f};{d * to_wh:.4f};{n * to_wh:.4f};1.0"
        for a, b, g, d, n in zip(begin, end, year.ghi, year.dhi, beam(year), strict=True)
    ]


def plain(year: ClearYear, offset: str = "+00:00") -> list[str]:
    head = [f"# latitude: {LATITUDE}", f"# longitude: {LONGITUDE}", f"# utc_offset: {offset}", "# label: end"]
    return (
        head
        + ["time,ghi,dhi"]
        + [f"{t},{g:.2f},{d:.2f}" for t, g, d in zip(year.label, year.ghi, year.dhi, strict=True)]
    )


class Format(NamedTuple):
    """A format's name here and in the package, its clock, step and writer."""

    name: str
    said: str
    step_s: int
    offset_h: float
    true_solar: bool
    write: Callable[[ClearYear], list[str]]


FORMATS = (
    Format("try2015", "DWD TRY 2015/2045", 3600, MEZ_H, False, try2015),
    Format("try2011", "DWD TRY 2011", 3600, 0, True, try2011),
    Format("epw", "EPW", 3600, MEZ_H, False, epw),
    Format("epw_30min", "EPW", 1800, MEZ_H, False, epw),
    Format("epw_15min", "EPW", 900, MEZ_H, False, epw),
    Format("epw_10min", "EPW", 600, MEZ_H, False, epw),
    Format("pvgis_tmy_csv", "PVGIS", 3600, 0, False, pvgis_tmy_csv),
    Format("pvgis_tmy_json", "PVGIS", 3600, 0, False, pvgis_tmy_json),
    Format("pvgis_hourly_csv", "PVGIS", 3600, 0, False, pvgis_hourly_csv),
    Format("pvgis_hourly_json", "PVGIS", 3600, 0, False, pvgis_hourly_json),
    Format("station_10min", "DWD station series", 600, 0, False, station),
    Format("station_15min", "DWD station series", 900, 0, False, station),
    Format("cdc_10min", "DWD CDC station series", 600, 0, False, cdc_ten_minutes),
    Format("cdc_hours", "DWD CDC station series", 3600, 0, True, cdc_hours),
    Format("cams", "CAMS radiation / McClear", 900, 0, False, cams),
    Format("plain", "plain CSV", 3600, 0, False, plain),
)
