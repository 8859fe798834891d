"""No value without its origin: what a result was made of, and what was found on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from io_citygml.model import CityModel
from raytrace import cuda
from solar.irradiance import Sources
from solar.site import Site
from solar.weather import Weather, distance_km
from twin.cells import CELL_M
from twin.config import SolarJob
from twin.directions import Directions
from twin.free_level import free_level_kwh_m2, patches_kwh_m2, recorded_kwh_m2, sky_warnings, sun_warnings
from twin.ground import Land
from twin.receivers import is_land, is_point
from twin.scene import Scene
from twin.store import Store, sha256_of
from twin.vegetation.crowns import LAS
from twin.vegetation.las_read import scans
from twin.weather_choice import part_of_year

if TYPE_CHECKING:
    import geopandas

    from twin.far_horizon.terrain import FarTerrain
    from twin.vegetation.grove import Grove

# Raised whenever sampling, covering or tracing gives other receivers or bits, so that no job mixes the two.
TRACE_VERSION = 8
# DWD's test reference regions are about this wide; weather from farther away is likely of another climate.
FAR_KM = 150


# Keys under which a city model's report names files.
NAMES = ("file", "archive")
# Lists of files that went in.
INPUTS = ("inputs", "terrain_inputs", "far_terrain_inputs", "tree_inputs")
# Files of the user's that change what light surfaces get, not what they see.
OWN_FILES = ("surface_albedo", "sky_matrix", "leaves")


def manifest(
    job: SolarJob,
    scene: Scene,
    model: CityModel,
    weather: Weather,
    directions: Directions,
    sent: Sources,
    far: FarTerrain | None = None,
    grove: Grove | None = None,
) -> dict[str, Any]:
    """Head of a store: its identity (what decides the traced bits), then everything else of its origin."""
    on_disk = dict.fromkeys(Path(file.archive or file.file) for file in model.report.files)
    inputs = [input_of(f) for f in on_disk]
    ground = terrain_inputs(scene)
    hills = [input_of(f) for f in far.sources] if far else []
    scanned = [input_of(f) for f in scans(list(job.trees))]
    own = {name: input_of(path) for name in OWN_FILES if (path := getattr(job, name)) is not None}
    if "sky_matrix" in own:
        own["sky_matrix"]["dhi_kwh_m2"] = round(patches_kwh_m2(sent) or 0.0, 1)
    return {
        "identity": {
            "trace_version": TRACE_VERSION,
            **job.geometry(),
            "inputs": [entry["sha256"] for entry in inputs],
            "receivers": sha256_of(job.receivers) if job.receivers else None,
            "terrain": terrain_identity(scene, ground),
            "far_terrain": [entry["sha256"] for entry in hills] or None,
            "trees": [entry["sha256"] for entry in scanned] or None,
            "crs": scene.crs.horizontal,
            "directions": hashlib.sha256(directions.direction.tobytes()).hexdigest(),
            "cell_m": CELL_M,
        },
        "inputs": inputs,
        **({"terrain_inputs": ground} if ground else {}),
        **({"far_terrain_inputs": hills} if hills else {}),
        **({"tree_inputs": scanned} if scanned else {}),
        **({"trees": grove.facts()} if grove else {}),
        **own,
        "crs": {"text": scene.crs.text, "horizontal": scene.crs.horizontal, "vertical": scene.crs.vertical},
        "site": scene.site._asdict(),
        "directions": {
            "sun_nodes": directions.n_sun,
            "hour_angle_step_deg": directions.grid.hour_angle_step_deg,
            "declination_step_deg": directions.grid.declination_step_deg,
            "sky_patches": len(directions.sky.direction),
        },
        "traced_on": cuda.device_name("cuda" if job.device == "cuda" else "cpu"),
        "sky_model": job.sky_model,
        **({"matrix_of": digest_of_record(weather)} if job.sky_matrix else {}),
        "reflections": job.reflections,
        "bounces": job.bounces,
        "albedo": job.albedo,
        "weather": weather_origin(weather, scene, sent),
        "attribution": [
            city_attribution(
                job.attribution,
                [Path(file).name for file in model.files],
                [*(entry["name"] for entry in [*ground, *hills]), *scans_read(grove)],
            ),
            *weather.attribution,
        ],
    }


def digest_of_record(weather: Weather) -> str:
    """SHA-256 of a weather's intervals and irradiance: what a sky of one's own belongs to."""
    digest = hashlib.sha256(weather.start.astype("datetime64[s]").astype(np.int64).tobytes())
    for part in (weather.ghi, weather.dni, weather.dhi):
        digest.update(np.round(np.asarray(part, np.float64), 3).tobytes())
    return digest.hexdigest()


def input_of(file: Path) -> dict[str, Any]:
    """A file that went in: name, hash, size, and where it lay, for a later export or server on the same machine."""
    return {
        "name": file.name,
        "sha256": sha256_of(file),
        "bytes": file.stat().st_size,
        "path": file.resolve().as_posix(),
    }


def without_path(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same for papers that are passed on: where files lie on this machine is nobody's business."""
    return [{key: value for key, value in entry.items() if key != "path"} for entry in entries]


def without_folders(found: dict[str, Any]) -> dict[str, Any]:
    """What was found in the city's files, each named without its folder."""
    return {key: [_named(one) for one in value] if isinstance(value, list) else value for key, value in found.items()}


def _named(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {key: Path(value).name if key in NAMES and value else value for key, value in entry.items()}


def terrain_inputs(scene: Scene) -> list[dict[str, Any]]:
    """The terrain files that reach into the job's area, in the order named."""
    files = scene.terrain.used() if scene.terrain else []
    return [input_of(f) for f in files]


def terrain_identity(scene: Scene, files: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What of the terrain decides the traced bits; None where there is none."""
    if scene.terrain is None:
        return None
    return {"inputs": [entry["sha256"] for entry in files], "error_m": scene.terrain.bound_m}


def scans_read(grove: Grove | None) -> list[str]:
    """Names of the laser scans that reach to the city: what lies elsewhere gave no point, and is credited nowhere."""
    return [] if grove is None else list(grove.crowns.report.get(LAS, {}).get("files", {}))


def city_attribution(attribution: str | None, files: Sequence[str], ground: Sequence[str]) -> str:
    """The line that names the sources of city, terrain and trees: the user's word, else their files.

    ``files`` are names of the city's, ``ground`` those of terrain, far terrain and laser scans.
    """
    named = attribution or "; ".join(_first_names(group) for group in (files, ground) if group)
    return f"Datengrundlage: {named}, verändert"


def _first_names(files: Sequence[str]) -> str:
    return ", ".join(files[:3]) + (" …" if len(files) > 3 else "")


def weather_origin(weather: Weather, scene: Scene, sent: Sources) -> dict[str, Any]:
    """Which weather, from where, how far away, and what a free level plane at the site gets of it."""
    ghi, dhi = recorded_kwh_m2(weather)
    return {
        "source": weather.source,
        "latitude_deg": weather.latitude_deg,
        "longitude_deg": weather.longitude_deg,
        "distance_km": round(distance_km(weather, scene.site), 1),
        "label_convention": weather.label_convention,
        "first_utc": str(weather.start[0]),
        "last_utc": str(weather.start[-1]),
        "step_s": int(weather.step_s),
        "ghi_kwh_m2": round(ghi, 1),
        "dhi_kwh_m2": round(dhi, 1),
        "free_level_kwh_m2": round(free_level_kwh_m2(sent), 1),
        "warnings": weather_warnings(weather, scene.site, sent),
        "flags": list(weather.flags),
        "attribution": list(weather.attribution),
        "utc_offset_s": weather.utc_offset_s,
        "closure": weather.closure._asdict(),
    }


def as_text(origin: dict[str, object]) -> dict[str, str]:
    """Origin for files whose metadata are plain text."""
    return {
        key: " · ".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in origin.items()
    }


def origin_of(store: Store, weather: Weather) -> dict[str, object]:
    """What every file says of its origin: the job's city, the weather used, the software."""
    city = store.manifest["attribution"][0]
    return {
        "software": store.manifest["software"],
        "attribution": [city, *weather.attribution],
        "weather": weather.source,
        "crs": store.manifest["crs"]["horizontal"],
    }


def weather_warnings(weather: Weather, site: Site, sent: Sources) -> list[str]:
    """What a user must know of weather recorded elsewhere, or of a sky of the user's own; empty where all fits.

    Raises
    ------
    TwinError
        Where the record does not fit the site's sun at all, or the sky not the record: `twin.free_level`.
    """
    out = list(weather.warnings)
    distance = distance_km(weather, site)
    if distance > FAR_KM:
        out.append(f"over {FAR_KM} km away: another climate is likely; give a nearer year with --weather")
    out += [*sun_warnings(weather, distance, sent), *sky_warnings(weather, sent)]
    if part := part_of_year(weather):
        out.append(part)
    return out


def report(
    head: dict[str, Any],
    model: CityModel,
    scene: Scene,
    surfaces: geopandas.GeoDataFrame,
    land: Land | None,
    store: Store,
) -> dict[str, Any]:
    """What a job found: areas, energy, defects, and what was left out."""
    counted = count_receivers(store)
    return {
        "software": store.manifest["software"],
        **{key: value for key, value in head.items() if key != "identity"},
        **{key: without_path(head[key]) for key in INPUTS if key in head},
        **{key: without_path([head[key]])[0] for key in OWN_FILES if key in head},
        "scene": {
            "triangles": len(scene.triangles),
            **solidity_counts(model, scene),
            "triangles_in_closed_shells": int((scene.sealed.shell >= 0).sum()),
            "slivers": len(scene.sealed.sliver),
            "left_out": scene.left_out,
            "halo_m": store.manifest["identity"]["halo_m"],
            "beyond_halo_deg": beyond_halo_deg(scene, float(store.manifest["identity"]["halo_m"])),
        },
        "receivers": counted,
        "kinds": [kind_summary(surfaces, scene, kind) for kind in sorted(surfaces["kind"].unique())],
        "open_land": land_summary(land, scene),
        "city_model": without_folders(model.report.to_dict()),
    }


def solidity_counts(model: CityModel, scene: Scene) -> dict[str, int]:
    """How many objects with geometry are closed, and closed and oriented."""
    own = np.unique(model.object[np.isin(model.object, np.unique(scene.object))])
    return {
        "objects": len(own),
        "closed_as_read": int(scene.solidity.closed_as_read[own].sum()),
        "closed": int(scene.solidity.closed[own].sum()),
        "closed_and_oriented": int(scene.solidity.oriented[own].sum()),
    }


def beyond_halo_deg(scene: Scene, halo_m: float) -> float | None:
    """Highest elevation at which a caster beyond the halo could stand; None where the scene is smaller."""
    extent = scene.vertices.max(axis=0) - scene.vertices.min(axis=0)
    if np.hypot(extent[0], extent[1]) <= halo_m:
        return None
    return round(float(np.degrees(np.arctan2(extent[2], halo_m))), 2)


def count_receivers(store: Store) -> dict[str, int]:
    """Receivers of every sort over all cells."""
    counted = {"on_surfaces": 0, "covered": 0, "open_land": 0, "user_points": 0, "cells": 0}
    for cell in store.cells():
        receivers = store.read_cell(cell).receivers
        surface, covered = np.asarray(receivers.surface), np.asarray(receivers.covered)
        counted["cells"] += 1
        counted["on_surfaces"] += int((surface >= 0).sum())
        counted["covered"] += int((covered & (surface >= 0)).sum())
        counted["open_land"] += int(is_land(surface).sum())
        counted["user_points"] += int(is_point(surface).sum())
    return counted


def kind_summary(surfaces: geopandas.GeoDataFrame, scene: Scene, kind: str) -> dict[str, Any]:
    """Areas, mean albedo by area, and energy of one kind of surface."""
    rows = surfaces[surfaces["kind"] == kind]
    exposed = float(rows["exposed_area_m2"].sum())
    area = rows["area_m2"].to_numpy()
    back = float((scene.albedo[rows["surface_index"].to_numpy()] * area).sum())
    energy = float((rows["irradiation_kwh_m2"] * rows["exposed_area_m2"]).sum())
    return {
        "kind": kind,
        "surfaces": len(rows),
        "area_m2": round(float(area.sum()), 2),
        "albedo": round(back / float(area.sum()), 3) if area.any() else None,
        "exposed_area_m2": round(exposed, 2),
        "irradiation_mwh": round(energy / 1000, 3),
        "irradiation_kwh_m2": round(energy / exposed, 2) if exposed else None,
    }


def land_summary(land: Land | None, scene: Scene) -> dict[str, Any] | None:
    """Area and irradiation of open land."""
    if land is None:
        return None
    return {
        "area_m2": land.area_m2,
        "spacing_m": land.spacing_m,
        "irradiation_kwh_m2": round(land.irradiation_kwh_m2, 2),
        "terrain": "none: level cells at the base height of the buildings around"
        if scene.terrain is None
        else "on the terrain: kWh per m² of its slope; area_m2 on the map",
    }
