"""What a search rests on: inputs with their hashes, assumptions with their sources, warnings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from solar.pv.park import TEMP_AIR, WIND_SPEED
from twin import __version__
from twin.provenance import terrain_inputs
from twin.report.study_phrases import german
from twin.sites.layers import is_car_park
from twin.sites.power import Year, spread_of
from twin.sites.scene import Inputs
from twin.sites.tables import Tables
from twin.sites.words import warning
from twin.store import digest_of


def facts_of(inputs: Inputs, tables: Tables, weather: dict[str, Any], year: Year, language: str) -> dict[str, Any]:
    """Everything but the tables themselves; numbers as JSON has them."""
    sites = tables.sites
    return {
        "software": f"heliotwin {__version__}",
        "attribution": [city_line(inputs), *inputs.weather.attribution],
        "crs": {"horizontal": inputs.scene.crs.horizontal, "vertical": inputs.scene.crs.vertical},
        "site": inputs.scene.site._asdict(),
        "weather": weather,
        "inputs": files_of(inputs),
        "terrain": inputs.terrain.facts,
        "areas": inputs.facts["areas"],
        "layers": inputs.facts["layers"],
        "rule": inputs.job.rule,
        "halo_m": inputs.job.halo_m,
        "albedo": inputs.job.albedo,
        "pv": {
            "date": inputs.pv.date.isoformat(),
            "kwp_m2": round(inputs.pv.module.kwp_m2, 4),
            "system_loss": round(year.chain.loss, 5),
            "park": inputs.pv.park.model_dump(mode="json"),
            "degradation": inputs.pv.degradation.per_year,
            "spread": round(spread_of(inputs.pv.spread), 4),
            "life_spread": round(spread_of(inputs.pv.spread, inputs.pv.park.years), 4),
            "assumed": assumed_of(inputs),
        },
        "strips_date": inputs.strips.date.isoformat(),
        "quantiles": "p10 ≤ p50 ≤ p90 are statistical: 10 % of outcomes lie below p10 (a bank's P90)",
        "totals": totals_of(tables),
        "warnings": warnings_of(inputs, tables, weather, language),
        "unusable": sites.loc[sites["rank"].isna(), "site_id"].tolist(),
    }


def assumed_of(inputs: Inputs) -> list[str]:
    """What the weather does not say and is taken instead."""
    out = []
    if np.isnan(inputs.weather.temp_air).any():
        out.append(f"air temperature {TEMP_AIR:g} °C where the weather has none")
    if np.isnan(inputs.weather.wind_speed).any():
        out.append(f"wind {WIND_SPEED:g} m/s where the weather has none")
    return out


def totals_of(tables: Tables) -> dict[str, float]:
    """Sums over all areas."""
    sites = tables.sites
    return {
        "areas": len(sites),
        "ranked": int(sites["rank"].notna().sum()),
        "area_m2": round(float(sites["area_m2"].sum()), 1),
        "usable_m2": round(float(sites["usable_m2"].sum()), 1),
        "excluded_m2": round(float(sites["excluded_m2"].sum()), 1),
        "mwp": round(float(np.nansum(sites["kwp"])) / 1000, 3),
        "mwh": round(float(np.nansum(sites["mwh"])), 1),
    }


def city_line(inputs: Inputs) -> str:
    """The line that names the sources of city, terrain and layers."""
    job = inputs.job
    if job.attribution:
        return f"Datengrundlage: {job.attribution}, verändert"
    layers = dict.fromkeys(layer.file.name for layer in [*inputs.excluding, *inputs.boosting])
    names = [Path(file).name for file in inputs.model.files] + [path.name for path in inputs.terrain.used()]
    shown = names[:5] + (["…"] if len(names) > 5 else []) + [job.areas.name, *layers]
    return f"Datengrundlage: {', '.join(shown)}, verändert"


def files_of(inputs: Inputs) -> list[dict[str, Any]]:
    """Every file that was read, with its role and hash."""
    job = inputs.job
    city = dict.fromkeys(Path(file.archive or file.file) for file in inputs.model.report.files)
    roles = [("city", path) for path in city]
    roles.append(("areas", job.areas))
    roles += [("exclude", option.file) for option in job.exclude] + [("boost", option.file) for option in job.boost]
    roles += [(role, path) for role, path in (("pv", job.pv), ("strips", job.strips)) if path is not None]
    if Path(job.weather).is_file():
        roles.append(("weather", Path(job.weather)))
    out = [{"role": role, "name": path.name, "sha256": digest_of(path)} for role, path in roles]
    return out + [{"role": "terrain", "name": e["name"], "sha256": e["sha256"]} for e in terrain_inputs(inputs.scene)]


def warnings_of(inputs: Inputs, tables: Tables, weather: dict[str, Any], language: str) -> list[str]:
    """What a user must know before using the tables; each said once."""

    def say(key: str, *values: object) -> str:
        return warning(key, language, *values)

    areas = inputs.facts["areas"]
    lines = weather["warnings"]
    out = [say("weather", german(line) if language == "de" else line) for line in lines]
    if areas["no_polygon"] or areas["without_geometry"]:
        out.append(say("left", areas["name"], areas["no_polygon"], areas["without_geometry"]))
    if areas["overlapping_m2"] > 1.0:
        out.append(say("overlap", areas["name"], f"{areas['overlapping_m2']:.0f}"))
    for read in (areas, *inputs.facts["layers"]):
        if read["repaired"]:
            out.append(say("repaired", read["name"], read["repaired"]))
    for layer in inputs.facts["layers"]:
        if layer["lines_or_points"] and layer["known"]:
            out.append(say("lines", layer["name"]))
        own = layer["own_distance_m"]
        if not layer["known"]:
            out.append(
                say(
                    f"own_{layer['does']}",
                    layer["name"],
                    layer["kind"],
                    f"{own or 0:g}",
                    ", ".join(layer["kinds_known"]),
                )
            )
        elif own is not None and any(own != distance for distance in layer["distances_m"]):
            table = ", ".join(f"{distance:g}" for distance in layer["distances_m"])
            out.append(say("own_distance", layer["name"], f"{own:g}", table))
        if layer["without_effect"]:
            out.append(say("without_effect", layer["name"], layer["without_effect"]))
    lost = tables.excluded.loc[tables.excluded["reason"] == "no_terrain", "area_m2"].sum()
    if lost > 0:
        out.append(say("outside", f"{lost:.0f}"))
    if car_parks := car_parks_said(inputs, language):
        out.append(say("car_parks", ", ".join(car_parks)))
    if (tables.sites["spaces_estimated"].fillna(False)).any():
        out.append(say("estimated"))
    return list(dict.fromkeys(out))


def car_parks_said(inputs: Inputs, language: str) -> list[str]:
    """Every area that is taken for a car park, and by what."""
    out = []
    for area in inputs.areas.to_dict("records"):
        if area["car_park"]:
            by_use = is_car_park(area["use"])
            said = area["use"] if by_use else f"{area['spaces']:.0f}"
            out.append(warning("by_use" if by_use else "by_spaces", language, area["name"], said))
    return out
