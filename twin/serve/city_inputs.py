"""The city behind a job as a shadow study that keeps it in memory, for plans."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import TwinError
from twin.export.city.inputs import find_inputs
from twin.export.published import hidden_ids
from twin.export.source import Source
from twin.plan.notes import Note, other, other_sky
from twin.serve.worker import CityAsked
from twin.store import Store, sha256_of
from twin.study.run import PATCHES
from twin.weather_choice import kept_weather

log = logging.getLogger(__name__)
# Only the days that are asked for matter; a city is kept with one.
FIRST_DAY = "2026-03-21"
SKY_MODEL = "perez1990"


@dataclass(frozen=True)
class CityFiles:
    """Where the job's city and terrain lie; empty: where the job read them. And the user's geoid grid, if any."""

    cities: Sequence[Path] = ()
    terrain: Sequence[Path] = ()
    geoid: Path | None = None


def city_for_plans(
    source: Source, zone: str, files: CityFiles, most_receivers: int, folder: Path
) -> tuple[CityAsked | None, str]:
    """The city for plans, or why there is none.

    Raises
    ------
    TwinError
        Where a file that was named is not the job's.
    """
    store, head = source.store, source.store.manifest
    found: list[list[Path]] = []
    named = ((files.cities, "inputs", "--city"), (files.terrain, "terrain_inputs", "--terrain"))
    for given, key, option in named:
        try:
            found.append(find_inputs(store, given, key, option))
        except TwinError as error:
            if given:
                raise
            log.info("%s", error.message)
            what = "the files of the city" if key == "inputs" else "the files of the terrain"
            return None, f"{what} are not where the job read them, and were not named ({option})"
    cities, terrain = found
    try:
        surroundings = surroundings_of(store)
    except TwinError as error:
        log.info("%s", error.message)
        return None, "files of trees, far terrain or albedo are not where the job read them"
    receivers = count_receivers(store)
    if receivers > most_receivers:
        return None, f"the job has {receivers:,} receivers, of which {most_receivers:,} are kept in memory"
    options = study_options(source, cities, terrain, zone) | surroundings
    read = [path for value in surroundings.values() for path in (value if isinstance(value, list) else [value])]
    named_files = [path for path in (*cities, *terrain, *read) if isinstance(path, Path)]
    shown_as = {str(path): path.name for path in named_files} | {str(folder): "plan"}
    weather = kept_weather(source.root, head["weather"])
    return CityAsked(options, hidden_ids(source), weather, notes_on(head), shown_as, source.crs, files.geoid), ""


def study_options(source: Source, cities: Sequence[Path], terrain: Sequence[Path], zone: str) -> dict[str, Any]:
    """A shadow study of a job's city, with the job's own receivers and ground (`check_shadow_job`)."""
    manifest, crs = source.store.manifest, source.crs
    identity = manifest["identity"]
    ground = identity["terrain"]
    heights = "" if crs.vertical is None else "+" + crs.vertical.removeprefix("EPSG:")
    return {
        "cities": list(cities),
        "terrain": list(terrain),
        **({"terrain_error_m": ground["error_m"]} if ground else {}),
        "out": "unused",
        "dates": [FIRST_DAY],
        "zone": zone,
        "spacing_m": identity["spacing_m"],
        "pixel_m": identity["ground_spacing_m"],
        "margin_m": identity["ground_margin_m"],
        "ground_level_m": identity["ground_level_m"],
        "halo_m": identity["halo_m"],
        "albedo": manifest["albedo"],
        "crs": crs.horizontal + heights,
    }


def surroundings_of(store: Store) -> dict[str, Any]:
    """Trees, far terrain and albedos as the job had them (options of `check_shadow_job`).

    Raises
    ------
    TwinError
        Where a file is missing or has changed.
    """
    manifest = store.manifest
    identity = manifest["identity"]
    own = {name: manifest[name] for name in ("surface_albedo", "leaves") if name in manifest}
    for name, entry in own.items():
        path = Path(entry["path"])
        if not path.is_file() or sha256_of(path) != entry["sha256"]:
            raise TwinError(f"{entry['name']}: not as the job read it ({name})", "put it back where it lay")
    return {
        "far_terrain": find_inputs(store, (), "far_terrain_inputs", "--far-terrain"),
        "trees": find_inputs(store, (), "tree_inputs", "--trees"),
        "trees_crs": identity["trees_crs"],
        "no_trees": identity["no_trees"],
        "reflections": manifest["reflections"],
        **{name: Path(entry["path"]) for name, entry in own.items()},
    }


def notes_on(manifest: dict[str, Any]) -> tuple[Note, ...]:
    """Where a plan's Bestand cannot equal the job's numbers."""
    patches, model = int(manifest["directions"]["sky_patches"]), manifest["sky_model"]
    notes: list[Note] = []
    if (patches, model) != (PATCHES, SKY_MODEL):
        notes.append(other_sky((PATCHES, SKY_MODEL), (patches, model)))
    if manifest.get("bounces", 1) != 1:
        notes.append(other(f"plans are compared with light off walls followed once, the job has {manifest['bounces']}"))
    return tuple(notes)


def count_receivers(store: Store) -> int:
    """Receivers of a job."""
    return sum(len(store.read_cell(cell).receivers.surface) for cell in store.cells())
