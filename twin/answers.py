"""What `heliotwin query` does with an answer: write it, and say in a few words what it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import raytrace
from solar.hours import HOUR_S, hours_of, single_steps
from solar.irradiance import Sources
from solar.weather import Weather, distance_km
from twin import query
from twin.errors import TwinError
from twin.export.series import write_table
from twin.provenance import origin_of, weather_warnings
from twin.results import PARTS
from twin.store import Store
from twin.weather_choice import WeatherAsked, choose_weather, kept_weather


class Question(NamedTuple):
    """A finished store opened under some weather; whatever is wrong with either was said before."""

    store: Store
    known: query.Kept
    weather: Weather
    sent: Sources
    warnings: list[str]
    began: float
    traced: int

    def origin(self) -> dict[str, Any]:
        """What every answer says of its weather."""
        return {
            "weather": self.weather.source,
            "weather_distance_km": round(distance_km(self.weather, self.known.site), 1),
            "warnings": self.warnings,
        }

    def cost(self, to: Path | None) -> dict[str, Any]:
        """What an answer took, and where it was written."""
        return {
            "rays_traced": raytrace.rays_traced() - self.traced,
            "seconds": round(time.perf_counter() - self.began, 3),
            "file": str(to) if to else None,
        }


def ask(out: Path, weather_name: str | WeatherAsked | None, albedo: float | None) -> Question:
    """Open a store under the job's weather or another.

    Raises
    ------
    TwinError
        Where the job did not end, or the weather cannot be used here; nothing is written then.
    """
    began, traced = time.perf_counter(), raytrace.rays_traced()
    store = Store.open_finished(out)
    known = query.kept(store, albedo)
    weather = choose_weather(weather_name) if weather_name else kept_weather(out, store.manifest["weather"])
    sent = query.sources_of(known, weather)
    return Question(store, known, weather, sent, weather_warnings(weather, known.site, sent), began, traced)


def answer_series(
    out: Path,
    surface: str | None,
    place: list[float] | None,
    weather_name: str | WeatherAsked | None,
    span: tuple[str | None, str | None],
    to: Path | None,
    albedo: float | None = None,
    every_step: bool = False,
) -> dict[str, Any]:
    """Series of one surface or place: written to a file where one is named, summed up in any case."""
    asked = ask(out, weather_name, albedo)
    if surface is not None:
        target = query.surface_target(asked.store, asked.known, surface)
    elif place is not None:
        target = query.place_target(asked.store, asked.known, place)
    else:
        raise TwinError("neither a surface nor a place was asked for", "give --surface or --point")
    start, step_s = asked.weather.start, asked.weather.step_s
    hours = single_steps(start) if every_step else hours_of(start, step_s)
    series = query.series_of(target, asked.sent)
    table = query.clip(query.series_table(series, hours), *span)
    if to is not None:
        write_table(table, to, f"{target.label} · {asked.weather.source}", origin_of(asked.store, asked.weather))
    row_s = step_s if every_step else max(step_s, HOUR_S)
    return {
        "target": target.label,
        **asked.origin(),
        "rows": len(table),
        "step_s": row_s,
        "first_utc": table["time_utc"].iloc[0].isoformat(),
        "last_utc": table["time_utc"].iloc[-1].isoformat(),
        "sky_view": target.sky_view,
        **{f"{part}_kwh_m2": float(table[f"{part}_w_m2"].sum() * row_s / 3.6e6) for part in (*PARTS, "total")},
        **asked.cost(to),
    }


def answer_all(
    out: Path, weather_name: str | WeatherAsked | None, to: Path | None, albedo: float | None = None
) -> dict[str, Any]:
    """Annual and monthly irradiation of every surface under a weather year."""
    asked = ask(out, weather_name, albedo)
    table = query.all_surfaces(asked.store, asked.known, asked.weather, asked.sent)
    if to is not None:
        write_table(table, to, "", origin_of(asked.store, asked.weather))
    energy = float((table["irradiation_kwh_m2"] * table["exposed_area_m2"]).sum())
    exposed = float(table["exposed_area_m2"].sum())
    return {
        **asked.origin(),
        "surfaces": len(table),
        "exposed_area_m2": exposed,
        "irradiation_mwh": energy / 1000,
        "irradiation_kwh_m2": energy / exposed if exposed else None,
        **asked.cost(to),
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
