"""A finished shadow study for the viewer: its states of the city, what differs, and from whom it is taken.

::

    FOLDER/study/shadow_<state>_<time>.png     open land under the true sun of an instant
    FOLDER/study/hours_<state>_<day>.png       hours of sun of a day
    FOLDER/study/change_<state>_<day>.png      minutes of sun gained or lost
    FOLDER/study/table.json  plan.geojson  body.geojson  surfaces.json

All of it is read from the study's own folder; nothing is computed anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twin.errors import TwinError
from twin.export.published import hidden_ids
from twin.export.rasters.legends import shadow_entries
from twin.export.rasters.study import StudyRasters, open_study
from twin.export.source import Source
from twin.progress import OnProgress, silent
from twin.serve.viewer_study_maps import Maps, write_shadows, write_sums
from twin.serve.viewer_study_tables import write_plan, write_surfaces, write_table
from twin.study.outcome import BESTAND

FOLDER = "study"
LABELS = {
    BESTAND: {"de": "Bestand (vorher)", "en": "As it stands (before)"},
    "Planung": {"de": "Planung (nachher)", "en": "Planned (after)"},
}


def check_study(root: Path, source: Source) -> StudyRasters:
    """A finished study of a job's place.

    Raises
    ------
    TwinError
        Where the folder holds none, or one of another place or in another system.
    """
    import rasterio

    study = open_study(root)
    if study.horizontal != source.crs.horizontal:
        raise TwinError(
            f"{root}: the study is in {study.horizontal}, the job in {source.crs.horizontal}",
            f"run `heliotwin shadow` with --crs {source.crs.horizontal}",
        )
    with rasterio.open(root / (study.masks or study.sums)[0]) as band:
        found = band.bounds
    west, south, east, north = source.surfaces.total_bounds.tolist()
    if found.left >= east or found.right <= west or found.bottom >= north or found.top <= south:
        raise TwinError(
            f"{root}: the study is of another place: its open land reaches from {found.left:.0f}, {found.bottom:.0f} "
            f"to {found.right:.0f}, {found.top:.0f}, the job from {west:.0f}, {south:.0f} to {east:.0f}, {north:.0f}",
            "give a study of the job's city",
        )
    return study


def write_study(
    root: Path, source: Source, folder: Path, geoid: Path | None = None, on_progress: OnProgress = silent
) -> tuple[dict[str, Any], list[str]]:
    """Write what the viewer shows of a study below a folder; the ``study`` of viewer.json, and names of the files.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        As `check_study`; where a file of the study cannot be read, or nothing leads from its heights to the ellipsoid.
    """
    study = check_study(root, source)
    (folder / FOLDER).mkdir()
    hidden = hidden_ids(source)
    maps = write_shadows(study, source.crs, folder / FOLDER, on_progress)
    sums = write_sums(study, source.crs, folder / FOLDER)
    table, changed = write_table(root, hidden, folder / FOLDER), write_surfaces(root, hidden, folder / FOLDER)
    plan = write_plan(study, source.crs, geoid, folder / FOLDER)
    files = [*maps.files, *sums.files, *table, *changed, *plan.files]
    head = {
        "title": study.title,
        "attribution": study.attribution,
        "scenarios": [_scenario(study, maps, facts, plan.drawn) for facts in study.facts["scenarios"]],
        "hours": [{**entry, "land": _in(entry["land"])} for entry in sums.entries if entry["kind"] == "hours"],
        "differences": [{**entry, "land": _in(entry["land"])} for entry in sums.entries if entry["kind"] == "change"],
        "plan": _in(plan.footprints),
        "body": _in(plan.body),
        "without_shape": plan.without,
        "table": _in(table[0] if table else None),
        "surfaces": _in(changed[0] if changed else None),
    }
    return head, [f"{FOLDER}/{name}" for name in files]


def _in(name: str | None) -> str | None:
    return None if name is None else f"{FOLDER}/{name}"


def _scenario(study: StudyRasters, maps: Maps, facts: dict[str, Any], drawn: list[str]) -> dict[str, Any]:
    """One state of the city as viewer.json has it."""
    name = facts["name"]
    colours = [(colour, words) for colour, words in shadow_entries(study) if colour is not None]
    return {
        "id": name,
        "label": LABELS.get(name, {"de": name, "en": name}),
        "shows_plan": bool(facts["plans"]) and name in drawn,
        "gone": facts["gone"],
        "removed": facts["removed"],
        "bounds": list(maps.bounds),
        "legend": [
            {"colour": f"#{bytes(colour).hex()}", "label": words}
            for colour, words in (colours[:1] if name == BESTAND else colours)
        ],
        "days": [
            {"date": date, "steps": [{**step, "land": _in(step["land"])} for step in steps]}
            for date, steps in maps.days.get(name, {}).items()
        ],
    }
