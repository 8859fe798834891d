"""One layer a step: for maps that know no time. A GeoJSON of each instant, and an index that says which is when."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twin.export.shadow_names import stamps
from twin.export.shadow_polygons import Shadow, shadow_geojson
from twin.export.vectors.study_shadows import open_shadows
from twin.progress import OnProgress, silent
from twin.store import to_json, write_atomically

FOLDER, INDEX = "steps", "index.json"


def write_geojson_steps(study_root: Path, folder: Path, on_progress: OnProgress = silent, title: str = "") -> list[str]:
    """``steps/<scenario>_<instant>.geojson`` (RFC 7946, WGS 84) and ``index.json``, ordered by scenario and time.

    Raises
    ------
    TwinError
        As `open_shadows`.
    """
    study = open_shadows(study_root, title)
    instants = study.groups(lambda row: (row.scenario, row.time_utc))
    (folder / FOLDER).mkdir(exist_ok=True)
    steps: list[dict[str, object]] = []
    for done, (word, of_instant) in enumerate(instants):
        on_progress("steps", done, len(instants))
        first = of_instant[0]
        when = stamps(np.array([first.time_utc.replace(tzinfo=None)], "datetime64[s]"), study.zone)[0]
        name = f"{FOLDER}/{word}_{when.file}.geojson"
        write_atomically(folder / name, shadow_geojson(of_instant, study.crs, study.origin))
        steps.append({"file": name, "scenario": first.scenario, "date": first.date, **when.words(), **_sun(of_instant)})
    on_progress("steps", len(instants), len(instants))
    head = {
        "title": study.title,
        "zone": study.zone.key,
        "step_min": study.step_min,
        "attribution": study.origin.get("attribution", []),
        "steps": steps,
    }
    write_atomically(folder / INDEX, to_json(head))
    return [*(str(step["file"]) for step in steps), INDEX]


def _sun(rows: list[Shadow]) -> dict[str, object]:
    """Where the sun stands at an instant, and how much lies in which shadow [m²]."""
    first = rows[0]
    return {
        "sun_elevation_deg": first.sun_elevation_deg,
        "sun_azimuth_deg": first.sun_azimuth_deg,
        "area_m2": {row.kind: row.area_m2 for row in rows},
    }
