"""What a study says of itself: inputs with hashes, method, assumptions, limits; JSON for study.json and the report."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shadow.rules import Rule
from solar.weather import Weather, distance_km
from twin import __version__
from twin.provenance import terrain_inputs
from twin.store import sha256_of
from twin.study.clock import standard_offset_h
from twin.study.outcome import Study
from twin.study.scenarios import City
from twin.study.spots import OPENING, Spots
from twin.terrain.words import facts_lines

if TYPE_CHECKING:
    import pandas as pd

NO_TERRAIN = "no terrain: ground is level at the buildings' base heights"
LEVEL_GROUND = "no terrain: ground is level at {:.2f} m"
NOTES = (
    "The sun is a point at its unrefracted position (NREL SPA); no clouds: hours are possible hours of sun.",
    "Trees neither shade nor receive; the far horizon beyond the casters' halo does not shade.",
    "Ground under standing or planned buildings is no open land and is not measured.",
    "Each instant stands for one step about it.",
)
PV_NOTE = (
    "Photovoltaic yield is an estimate for comparison: 20 % module efficiency, performance ratio 0.85, whole surfaces."
)


def facts_of(
    city: City, spots: Spots, study: Study, rules: Sequence[Rule], weather: Weather | None, warnings: Sequence[str]
) -> dict[str, Any]:
    """Everything but the results; ``warnings`` are of the weather."""
    job, scene = city.job, city.scene
    return {
        "software": f"heliotwin {__version__}",
        "created": datetime.date.today().isoformat(),
        "title": job.title or "",
        "occasion": job.occasion or "",
        "inputs": inputs_of(city),
        "crs": {"text": scene.crs.text, "horizontal": scene.crs.horizontal, "vertical": scene.crs.vertical},
        "site": scene.site._asdict(),
        "zone": job.zone,
        "standard_offset_h": standard_offset_h(study.zone, job.dates[0].year),
        "dates": [date.isoformat() for date in job.dates],
        "first": None if job.first is None else f"{job.first:%H:%M}",
        "last": None if job.last is None else f"{job.last:%H:%M}",
        "step_min": job.step_min,
        "pixel_m": job.pixel_m,
        "spacing_m": job.spacing_m,
        "storey_height_m": job.storey_height_m,
        "window_width_m": job.window_width_m,
        "window_depth_m": job.window_depth_m,
        "halo_m": job.halo_m,
        "radius_m": job.radius_m,
        "albedo": job.albedo,
        "casters": job.casters,
        "terrain": ground_words(city),
        "attribution": attribution_of(city, weather),
        "scenarios": [
            {"name": s.name, "plans": [plan.name for plan in s.plans], "removed": list(s.removed)}
            for s in city.scenarios
        ],
        "plans": [{"name": plan.name, **plan.facts} for plan in city.plans],
        "receivers": {
            "ground": len(study.grid.pixel),
            "surfaces": len(study.receivers.surface),
            "storey_points": int((spots.storey >= 0).sum()),
            "openings": int((spots.storey == OPENING).sum()),
        },
        "rules": [rule_facts(rule) for rule in rules],
        "weather": None if weather is None else weather.source,
        "weather_distance_km": None if weather is None else round(distance_km(weather, scene.site), 1),
        "notes": [*NOTES, PV_NOTE] if job.energy else list(NOTES),
        "warnings": [*warnings_of(city), *rule_warnings(city, rules), *warnings],
    }


def ground_words(city: City) -> str:
    """What open land stands on."""
    if city.scene.terrain is not None:
        return "; ".join(facts_lines(city.scene.terrain.facts))
    if city.job.ground_level_m is not None:
        return LEVEL_GROUND.format(city.job.ground_level_m)
    return NO_TERRAIN


def rule_facts(rule: Rule) -> dict[str, Any]:
    """What a report says of a rule, in both languages."""
    return {
        "id": rule.id,
        "title": rule.title.de,
        "title_en": rule.title.en,
        "source": rule.source,
        "status": rule.status.de,
        "status_en": rule.status.en,
        "criteria": [{"id": c.id, "title": c.title.de, "title_en": c.title.en} for c in rule.criteria],
        "caveats": [text.de for text in rule.caveats],
        "caveats_en": [text.en for text in rule.caveats],
        "unverified": [figure.what.de for figure in rule.unverified],
        "unverified_en": [figure.what.en for figure in rule.unverified],
        "caster_above_m": rule.caster_above_m,
    }


def inputs_of(city: City) -> list[dict[str, Any]]:
    """Every file that went in, with its hash."""
    job = city.job
    files = [("city", Path(f.archive or f.file)) for f in city.model.report.files]
    files += [("plan", plan.file) for plan in city.plans]
    files += [("areas", job.areas)] if job.areas else []
    files += [("weather", Path(job.weather))] if job.energy and Path(job.weather).is_file() else []
    known = [
        {"name": f.name, "sha256": sha256_of(f), "bytes": f.stat().st_size, "role": role}
        for role, f in dict.fromkeys(files)
        if f.is_file()
    ]
    return known + [{**entry, "role": "terrain"} for entry in terrain_inputs(city.scene)]


def attribution_of(city: City, weather: Weather | None) -> list[str]:
    """Licence lines of everything that went in."""
    files = [Path(f.archive or f.file).name for f in city.model.report.files]
    named = city.job.attribution or ", ".join(dict.fromkeys(files[:3])) + (" …" if len(files) > 3 else "")
    return [f"Datengrundlage: {named}, verändert", *(weather.attribution if weather else ())]


def warnings_of(city: City) -> list[str]:
    """What a reader must know of the plans."""
    said = [f"{plan.name}: {line}" for plan in city.plans for line in plan.facts.get("warnings", [])]
    said += [f"{plan.name}: found in the file: {line}" for plan in city.plans for line in plan.facts["repairs"]]
    return said + [
        f"{plan.name}: casts shadow only, its own façades are not measured ({plan.facts['receives']})"
        for plan in city.plans
        if not plan.receives
    ]


def rule_warnings(city: City, rules: Sequence[Rule]) -> list[str]:
    """Rules that speak only of buildings higher than any that is planned."""
    tops = [plan.facts["top_m"] - plan.facts["ground_m"] for plan in city.plans]
    return [
        f"{rule.id} concerns buildings above {rule.caster_above_m:g} m; the highest planned one has {max(tops):.1f} m"
        for rule in rules
        if rule.caster_above_m is not None and tops and max(tops) <= rule.caster_above_m
    ]


def landed_table(city: City) -> pd.DataFrame:
    """Where each plan landed, and how that was decided."""
    import pandas as pd

    columns = (
        "format",
        "crs",
        "unit",
        "heights",
        "ground_m",
        "base_m",
        "top_m",
        "height_m",
        "footprint_m2",
        "volume_m3",
        "closed",
        "easting",
        "northing",
    )
    rows = [
        {
            "plan": plan.name,
            "scenario": plan.scenario,
            "file": plan.file.name,
            **{name: plan.facts.get(name, np.nan) for name in columns},
        }
        for plan in city.plans
    ]
    return pd.DataFrame(rows, columns=["plan", "scenario", "file", *columns])
