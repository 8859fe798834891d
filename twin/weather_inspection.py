"""What `heliotwin inspect` finds in a weather file: format, place, period, sums, its clock against the sun, gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solar.weather import Weather, build_weather, month_index, read_record, recognises
from twin.weather_choice import part_of_year
from twin.weather_picture import draw

__all__ = ["draw", "inspect_weather", "lines"]


def inspect_weather(path: Path, shift_min: float = 0.0, place: tuple[float, float] | None = None) -> dict[str, Any]:
    """Format, place, period, sums [kWh/m²], label convention, clock fit [min], flags and gaps of a weather file.

    Raises
    ------
    solar.errors.WeatherError
        Where it cannot be used; the message names file, line and remedy.
    """
    latitude_deg, longitude_deg = place or (None, None)
    record = read_record(path, latitude_deg, longitude_deg)
    weather = build_weather(record, shift_min)
    stated = record.columns.dni
    return {
        "file": str(path),
        "format": recognises(path),
        "bytes": path.stat().st_size,
        **weather_facts(weather),
        # what stands in the file, before the beam was made to agree with the global
        "dni_in_file_kwh_m2": None if stated is None else _kwh(np.nan_to_num(stated), weather.step_s),
        "rows_in_file": len(record.columns.start),
    }


def weather_facts(weather: Weather) -> dict[str, Any]:
    """The findings on a record, ready for JSON: no NaN."""
    month = month_index(weather)
    ghi = np.bincount(month, weather.ghi, 12) * weather.step_s / 3.6e6
    clock = weather.clock
    return {
        "source": weather.source,
        "latitude_deg": weather.latitude_deg,
        "longitude_deg": weather.longitude_deg,
        "utc_offset_s": weather.utc_offset_s,
        "first_utc": str(weather.start[0]),
        "last_utc": str(weather.start[-1]),
        "rows": len(weather.start),
        "step_s": int(weather.step_s),
        "days": round(len(weather.start) * weather.step_s / 86400.0, 3),
        "ghi_kwh_m2": _kwh(weather.ghi, weather.step_s),
        "dni_kwh_m2": _kwh(weather.dni, weather.step_s),
        "dhi_kwh_m2": _kwh(weather.dhi, weather.step_s),
        "ghi_by_month_kwh_m2": [round(float(value), 4) for value in ghi],
        "ghi_max_w_m2": round(float(weather.ghi.max()), 1),
        "temp_air_mean": _mean(weather.temp_air),
        "wind_speed_mean": _mean(weather.wind_speed),
        "label_convention": weather.label_convention,
        "clock": {
            "late_min": _number(clock.late_min) if clock else None,
            "error_min": _number(clock.error_min) if clock else None,
            "clear_days": clock.days if clock else 0,
            "summer_late_min": _number(clock.summer_min) if clock else None,
            "winter_late_min": _number(clock.winter_min) if clock else None,
        },
        "filled_rows": int(np.count_nonzero(weather.filled)),
        "closure": weather.closure._asdict(),
        "flags": list(weather.flags),
        "warnings": [line for line in (*weather.warnings, part_of_year(weather)) if line],
        "attribution": list(weather.attribution),
    }


def lines(found: dict[str, Any]) -> list[str]:
    """The findings in words."""
    clock, closure = found["clock"], found["closure"]
    zone = found["utc_offset_s"] / 3600.0
    temp, wind = found["temp_air_mean"], found["wind_speed_mean"]
    if clock["late_min"] is None:
        fit = f"too few rows to tell ({clock['clear_days']} clear days)"
    else:
        side = "late" if clock["late_min"] >= 0 else "early"
        days = f"{clock['clear_days']} clear days"
        fit = f"sun {abs(clock['late_min']):.1f} min {side} (± {clock['error_min']:.1f}, {days})"
    out = [
        f"{found['file']}  {found['format']}, {found['bytes']:,} bytes",
        f"source      {found['source']}",
        f"place       {found['latitude_deg']:.4f}, {found['longitude_deg']:.4f}, clock UTC{zone:+g} h",
        f"period      {found['first_utc']} to {found['last_utc']} UTC, {found['rows']:,} rows of "
        f"{found['step_s'] / 60:g} min ({found['rows_in_file']:,} in the file), {found['days']:g} days",
        f"sums        GHI {found['ghi_kwh_m2']:.1f}, DNI {found['dni_kwh_m2']:.1f}"
        + (f" (in the file {found['dni_in_file_kwh_m2']:.1f})" if found["dni_in_file_kwh_m2"] is not None else "")
        + f", DHI {found['dhi_kwh_m2']:.1f} kWh/m², largest GHI {found['ghi_max_w_m2']:.0f} W/m²",
        "GHI         " + " ".join(f"{value:.1f}" for value in found["ghi_by_month_kwh_m2"]) + " kWh/m² by month",
        f"air         {'no temperature' if temp is None else f'{temp:.2f} °C'}, "
        f"{'no wind' if wind is None else f'{wind:.2f} m/s'} on average",
        f"labels      {found['label_convention']}",
        f"clock       {fit}",
        f"closure     {closure['moved_kwh_m2']:.1f} kWh/m² moved from direct to diffuse; intervals over the beam limit "
        f"{closure['limited']:,}, with beam and no sun {closure['sun_down']:,}, with diffuse above global "
        f"{closure['diffuse_above_global']:,}",
        f"filled      {found['filled_rows']:,} rows",
        "flags       " + (", ".join(found["flags"]) or "none"),
    ]
    return out + [f"warning     {warning}" for warning in found["warnings"]]


def _kwh(values: NDArray[np.float64], step_s: float) -> float:
    return round(float(values.sum()) * step_s / 3.6e6, 4)


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return round(float(known.mean()), 3) if len(known) else None


def _number(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None
