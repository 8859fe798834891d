"""What `heliotwin query` does with an answer: write it, and say in a few words what it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

import raytrace
from solar.hours import HOUR_S, Hours, hours_of
from solar.weather import distance_km
from twin import query
from twin.errors import TwinError
from twin.export.series import write_table
from twin.provenance import origin_of, weather_warnings
from twin.store import Store
from twin.weather_choice import choose_weather, kept_weather


def answer_series(
    out: Path,
    surface: str | None,
    place: list[float] | None,
    weather_name: str | None,
    span: tuple[str | None, str | None],
    to: Path | None,
    albedo: float | None = None,
    every_step: bool = False,
) -> dict[str, Any]:
    """Series of one surface or place: written to a file where one is named, summed up in any case."""
    began, traced = time.perf_counter(), raytrace.rays_traced()
    store = Store.open_finished(out)
    known = query.kept(store, albedo)
    weather = choose_weather(weather_name) if weather_name else kept_weather(out, store.manifest["weather"])
    if surface is not None:
        target = query.surface_target(store, known, surface)
    elif place is not None:
        target = query.place_target(store, known, place)
    else:
        raise TwinError("neither a surface nor a place was asked for", "give --surface or --point")
    sent = query.sources_of(known, weather)
    if every_step:
        hours = Hours(weather.start, np.arange(len(weather.start)), np.ones(len(weather.start), np.int64))
    else:
        hours = hours_of(weather.start, weather.step_s)
    series = query.series_of(target, sent, known.albedo)
    table = query.clip(query.series_table(series, hours), *span)
    if to is not None:
        write_table(table, to, f"{target.label} · {weather.source}", origin_of(store, weather))
    step_s = weather.step_s if every_step else max(weather.step_s, HOUR_S)
    to_kwh = step_s / 3.6e6
    return {
        "target": target.label,
        "weather": weather.source,
        "weather_distance_km": round(distance_km(weather, known.site), 1),
        "warnings": weather_warnings(weather, known.site, sent),
        "rows": len(table),
        "step_s": step_s,
        "first_utc": table["time_utc"].iloc[0].isoformat(),
        "last_utc": table["time_utc"].iloc[-1].isoformat(),
        "sky_view": target.sky_view,
        **{
            f"{part}_kwh_m2": float(table[f"{part}_w_m2"].sum() * to_kwh)
            for part in ("direct", "diffuse", "reflected", "total")
        },
        "rays_traced": raytrace.rays_traced() - traced,
        "seconds": round(time.perf_counter() - began, 3),
        "file": str(to) if to else None,
    }


def answer_all(out: Path, weather_name: str | None, to: Path | None, albedo: float | None = None) -> dict[str, Any]:
    """Annual and monthly irradiation of every surface under a weather year."""
    began, traced = time.perf_counter(), raytrace.rays_traced()
    store = Store.open_finished(out)
    known = query.kept(store, albedo)
    weather = choose_weather(weather_name) if weather_name else kept_weather(out, store.manifest["weather"])
    sent = query.sources_of(known, weather)
    table = query.all_surfaces(store, known, weather, sent)
    if to is not None:
        write_table(table, to, "", origin_of(store, weather))
    energy = (table["irradiation_kwh_m2"] * table["exposed_area_m2"]).fillna(0.0)
    return {
        "weather": weather.source,
        "weather_distance_km": round(distance_km(weather, known.site), 1),
        "warnings": weather_warnings(weather, known.site, sent),
        "surfaces": len(table),
        "exposed_area_m2": float(table["exposed_area_m2"].sum()),
        "irradiation_mwh": float(energy.sum() / 1000),
        "irradiation_kwh_m2": float(energy.sum() / max(table["exposed_area_m2"].sum(), np.finfo(float).tiny)),
        "rays_traced": raytrace.rays_traced() - traced,
        "seconds": round(time.perf_counter() - began, 3),
        "file": str(to) if to else None,
    }


def lines(summary: dict[str, Any]) -> list[str]:
    """An answer in words."""
    out = []
    for key, value in summary.items():
        if key == "warnings":
            out += [f"{'warning':<20}{warning}" for warning in value]
        elif value is not None:
            out.append(f"{key:<20}{value:.4g}" if isinstance(value, float) else f"{key:<20}{value}")
    return out
