"""What a study says of itself: inputs with hashes, method, assumptions, limits; JSON for study.json and the report."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from io_citygml.model import SurfaceKind
from shadow.rules import Rule
from solar.weather import BUNDLED, Weather, distance_km
from twin import __version__
from twin.open_land import footprints
from twin.plan.notes import Note, casts_only, repaired, stands_in
from twin.provenance import city_attribution, scans_read, terrain_inputs, without_path
from twin.results import polygons_of
from twin.store import digest_of
from twin.study.clock import standard_offset_h
from twin.study.landscape import landscape_facts, landscape_notes, landscape_warnings
from twin.study.outcome import Scenario, Study
from twin.study.scenarios import City, buildings_of
from twin.study.spots import OPENING, Spots
from twin.terrain.words import facts_lines
from twin.vegetation.las_read import scans

if TYPE_CHECKING:
    import pandas as pd

# A plan that touches its neighbour, or is drawn over it by a hand's breadth, stands in nothing.
STANDS_IN_M2 = 5.0
NO_TERRAIN = "no terrain: ground is level at the buildings' base heights"
LEVEL_GROUND = "no terrain: ground is level at {:.2f} m"
NOTES = (
    "The sun is a point at its unrefracted position (NREL SPA); no clouds: hours are possible hours of sun.",
    "Ground under standing or planned buildings is no open land and is not measured.",
    "Each instant stands for one step about it.",
)
PV_NOTE = (
    "Photovoltaic yield is that of plausible plants laid out on the city as it stands, the same modules before and "
    "after."
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
        "inputs": inputs_of(city, weather),
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
        "scenarios": [scenario_facts(city, scenario) for scenario in city.scenarios],
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
        "reflections": job.reflections if job.energy else None,
        **landscape_facts(city.landscape),
        "notes": [*NOTES, *landscape_notes(city.landscape, job), *([PV_NOTE] if job.energy else [])],
        "warnings": [
            *(note.words for note in notes_of(city)),
            *landscape_warnings(city.landscape),
            *rule_warnings(city, rules),
            *warnings,
        ],
    }


def ground_words(city: City) -> str:
    """What open land stands on."""
    if city.scene.terrain is not None:
        return "; ".join(facts_lines(city.scene.terrain.facts))
    if city.job.ground_level_m is not None:
        return LEVEL_GROUND.format(city.job.ground_level_m)
    return NO_TERRAIN


def scenario_facts(city: City, scenario: Scenario) -> dict[str, Any]:
    """What a scenario is made of; ``own`` and ``gone`` are the buildings that it plans and takes away, in part too."""
    bestand = city.scenarios[0].present
    return {
        "name": scenario.name,
        "plans": [plan.name for plan in scenario.plans],
        "removed": list(scenario.removed),
        "own": _buildings(city, scenario.present & ~bestand),
        "gone": _buildings(city, bestand & ~scenario.present),
    }


def _buildings(city: City, objects: NDArray[np.bool_]) -> list[str]:
    return [city.model.objects[root].id for root in np.unique(buildings_of(city.model)[objects])]


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


def inputs_of(city: City, weather: Weather | None) -> list[dict[str, Any]]:
    """Every file that went in, with its hash."""
    job = city.job
    files = [("city", Path(f.archive or f.file)) for f in city.model.report.files]
    files += [("plan", plan.file) for plan in city.plans]
    files += [("areas", job.areas)] if job.areas else []
    files += [("trees", path) for path in scans(list(job.trees))] if job.energy else []
    files += [(role, path) for role in ("leaves", "surface_albedo") if (path := getattr(job, role)) is not None]
    files += [("far terrain", path) for path in (city.landscape.far.sources if city.landscape.far else ())]
    files += [("weather", Path(job.weather))] if weather is not None and Path(job.weather).is_file() else []
    known_years = resources.files("solar") / "data"
    bundled = [] if weather is None or job.weather not in BUNDLED else [known_years / BUNDLED[job.weather]]
    files += [("rule", Path(name)) for name in job.rules if name.lower().endswith(".toml")]
    known = [
        {"name": f.name, "sha256": digest_of(f), "bytes": f.stat().st_size, "role": role}
        for role, f in dict.fromkeys(files)
        if f.is_file()
    ]
    shipped = [
        {
            "name": f.name,
            "sha256": hashlib.sha256(f.read_bytes()).hexdigest(),
            "bytes": len(f.read_bytes()),
            "role": "weather",
        }
        for f in bundled
    ]
    return [*known, *shipped, *({**entry, "role": "terrain"} for entry in without_path(terrain_inputs(city.scene)))]


def attribution_of(city: City, weather: Weather | None) -> list[str]:
    """Licence lines of everything that went in."""
    files = list(dict.fromkeys(Path(f.archive or f.file).name for f in city.model.report.files))
    terrain, far = city.scene.terrain, city.landscape.far
    ground = [f.name for f in (*(terrain.used() if terrain else ()), *(far.sources if far else ()))]
    line = city_attribution(city.job.attribution, files, [*ground, *scans_read(city.landscape.grove)])
    return [line, *(weather.attribution if weather else ())]


def notes_of(city: City) -> list[Note]:
    """What must be known of the plans."""
    said = [note.about(plan.name) for plan in city.plans for note in plan.notes]
    said += [repaired(line).about(plan.name) for plan in city.plans for line in plan.facts["repairs"]]
    said += [casts_only(plan.facts["receives"]).about(plan.name) for plan in city.plans if not plan.receives]
    return said + _standing_in(city)


def _standing_in(city: City) -> list[Note]:
    """Plans that stand in a building which their scenario leaves standing: forgotten to be removed, most likely."""
    model, building = city.model, buildings_of(city.model)
    ground = np.flatnonzero((model.kind == SurfaceKind.GROUND) & (model.object < city.bestand_objects))
    out: list[Note] = []
    first = city.bestand_objects
    for plan in city.plans:
        own = np.flatnonzero((model.object >= first) & (model.object < first + len(plan.model.objects)))
        first += len(plan.model.objects)
        present = next(s.present for s in city.scenarios if s.name == plan.scenario)
        low, high = city.bounds.low[own, :2].min(axis=0), city.bounds.high[own, :2].max(axis=0)
        near = (city.bounds.low[ground, :2] < high).all(axis=1) & (city.bounds.high[ground, :2] > low).all(axis=1)
        rows = ground[near & present[model.object[ground]]]
        if not len(rows):
            continue
        feet = [shape.buffer(0) for shape in footprints(plan.model).polygon]
        body = shapely.union_all(feet)
        shared: dict[str, float] = {}
        for row, polygon in zip(rows, polygons_of(model, rows), strict=True):
            name = model.objects[building[model.object[row]]].id
            shared[name] = shared.get(name, 0.0) + shapely.force_2d(polygon).buffer(0).intersection(body).area
        out += [stands_in(name, area).about(plan.name) for name, area in shared.items() if area >= STANDS_IN_M2]
    return out


def rule_warnings(city: City, rules: Sequence[Rule]) -> list[str]:
    """Rules that speak only of buildings higher than any that is planned, or of areas where none were given."""
    tops = [plan.facts["top_m"] - plan.facts["ground_m"] for plan in city.plans]
    without = [
        f"{rule.id}: {criterion.title.en} is not judged, as no areas were given"
        for rule in rules
        for criterion in rule.criteria
        if criterion.subject == "area" and city.job.areas is None
    ]
    return without + [
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
