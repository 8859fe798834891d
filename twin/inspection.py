"""What `heliotwin inspect` finds in files before anything is computed: a city model's content, place and defects.

Everything is bounded, whatever the model holds: names, examples and places are cut at stated numbers, and what was cut
is counted. Areas, counts and the balance come from the readers' own report (`io_citygml.repair`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from io_citygml import crs as crs_door
from io_citygml import heights
from io_citygml.model import CityModel, CityObject, SurfaceKind
from io_citygml.polygon import surface_areas, surface_normals, triangulate
from io_citygml.read import read_city
from twin.mesh import solidity
from twin.package_data import geoid_grid
from twin.plain_text import one_line
from twin.scene import BUILT

# What is shown of a long list; the rest is counted.
MOST_ATTRIBUTES = 200
MOST_EXAMPLES = 3
EXAMPLE_CHARACTERS = 60
MOST_NAMES = 100
MOST_PLACES = 20
MOST_NOT_CLOSED = 20
# A surface below this confidence deserves a look.
DOUBTFUL = 0.8
# docs/defects.md: the readers' areas add up to this, relative.
BALANCE = 1e-6


def inspect_city(
    paths: list[Path], crs: str | None, on_file: Callable[[str], None] = lambda name: None
) -> tuple[dict[str, Any], CityModel]:
    """Findings, ready for JSON, and the model they are of; ``on_file`` is told of each file that has been read.

    Raises CityModelError as `read_city` does.
    """
    began = perf_counter()
    taken: dict[str, float] = {}

    def note(name: str, seconds: float) -> None:
        taken[name] = seconds
        on_file(name)

    with geoid_grid() as grid_file:
        model = read_city(paths, crs=crs, grid_file=grid_file, examine=True, on_file=note)
    found = findings(model)
    files = [entry | {"seconds": round(taken[entry["file"]], 3)} for entry in found["files"]]
    return {**found, "files": files, "seconds": round(perf_counter() - began, 3)}, model


def findings(model: CityModel) -> dict[str, Any]:
    """Everything about a model: what it holds, where it lies, what is wrong with it."""
    report = model.report.to_dict()
    for name in ("objects", "not_read", "boundary_surfaces", "roof_types"):
        report[name] = most_of(report[name])
    return {
        **report,
        "crs": crs_of(model),
        "extent": extent_of(model),
        "attributes": attributes_of(model.objects),
        "known_attributes": known_attributes_of(model.objects),
        "functions": most_of(Counter(o.function for o in model.objects if o.function)),
        "solids_by_trimesh": solids_of(model),
        "confidence": confidence_of(model),
        "area_balance": balance_of(report),
        "relief": relief_of(model),
        "defects": defects_of(model),
    }


def most_of(numbers: Mapping[str, int]) -> dict[str, int]:
    """The most frequent names with their numbers; the others together under "…"."""
    chosen = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    out: Counter[str] = Counter()
    for index, (name, number) in enumerate(chosen):
        out[shortened(name) if index < MOST_NAMES else "…"] += number
    return dict(out)


def crs_of(model: CityModel) -> dict[str, Any]:
    """The coordinate system as written and as used."""
    crs = model.crs
    return {"text": crs.text, "horizontal": crs.horizontal, "vertical": crs.vertical}


def extent_of(model: CityModel) -> dict[str, Any] | None:
    """Bounding box in the CRS [m], its middle on Earth, its heights above the ellipsoid; None for an empty model."""
    if not len(model.coords):
        return None
    low, high = model.coords.min(axis=0), model.coords.max(axis=0)
    middle = (low + high) / 2
    latitude, longitude = crs_door.to_geographic(model.crs, middle[:1], middle[1:2])
    known = bool(np.isfinite(latitude[0]) and np.isfinite(longitude[0]))
    return {
        "low_m": [round(v, 3) for v in low.tolist()],
        "high_m": [round(v, 3) for v in high.tolist()],
        "latitude_deg": round(float(latitude[0]), 6) if known else None,
        "longitude_deg": round(float(longitude[0]), 6) if known else None,
        "ellipsoidal": ellipsoidal_of(model, low, high),
    }


def ellipsoidal_of(model: CityModel, low: Any, high: Any) -> dict[str, Any]:
    """Lowest and highest point of the extent above the GRS 80 ellipsoid [m], or why that cannot be said."""
    middle = (low + high) / 2
    x, y = np.repeat(middle[0], 2), np.repeat(middle[1], 2)
    with geoid_grid() as grid:
        found = heights.ellipsoidal_or_reason(model.crs, x, y, np.array([low[2], high[2]]), grid)
    if found.height_m is None:
        return {"reason": found.reason}
    z = found.height_m
    return {"low_m": round(float(z[0]), 3), "high_m": round(float(z[1]), 3), "grid": grid.name}


def attributes_of(objects: tuple[CityObject, ...]) -> dict[str, Any]:
    """How often each attribute stands, of which types, with a few values; the most frequent first."""
    count: Counter[str] = Counter()
    types: dict[str, Counter[str]] = {}
    examples: dict[str, dict[str, None]] = {}
    for item in objects:
        for name, value in item.attributes.items():
            count[name] += 1
            types.setdefault(name, Counter())[TYPE_NAME.get(type(value), type(value).__name__)] += 1
            seen = examples.setdefault(name, {})
            if len(seen) < MOST_EXAMPLES:
                seen[shortened(str(value))] = None
    named: dict[str, dict[str, Any]] = {}
    for name, n in count.most_common(MOST_ATTRIBUTES):
        key = shortened(name)
        # Long names may begin alike.
        key = f"{key} ({len(named)})" if key in named else key
        named[key] = {"count": n, "types": dict(types[name].most_common()), "examples": list(examples[name])}
    return {"names": named, "more_names": max(len(count) - MOST_ATTRIBUTES, 0)}


TYPE_NAME: dict[type, str] = {str: "text", int: "integer", float: "number"}


def shortened(text: str) -> str:
    """A text as an example or a name."""
    return one_line(text, EXAMPLE_CHARACTERS)


def known_attributes_of(objects: tuple[CityObject, ...]) -> dict[str, int]:
    """How many objects have the attributes that the model names itself."""
    return {
        name: sum(getattr(item, name) is not None for item in objects)
        for name in ("function", "roof_type", "measured_height_m", "storeys_above_ground")
    }


def solids_of(model: CityModel) -> dict[str, Any]:
    """Closed and oriented objects among the built ones that bound something."""
    built = np.array([o.type in BUILT for o in model.objects], bool)[model.object]
    rows = np.flatnonzero(built & (model.kind != SurfaceKind.OTHER))
    faces = triangulate(model, rows)
    owner = model.object[faces.surface]
    checked = solidity(model.coords, faces.triangle, owner, len(model.objects))
    own = np.unique(owner)
    unclosed = [model.objects[o].id for o in own if not checked.closed[o]]
    return {
        "objects": len(own),
        "closed_as_read": int(checked.closed_as_read[own].sum()),
        "closed": int(checked.closed[own].sum()),
        "closed_and_oriented": int(checked.oriented[own].sum()),
        "volume_m3": round(float(checked.volume_m3[own].sum()), 1),
        "not_closed": unclosed[:MOST_NOT_CLOSED],
    }


def confidence_of(model: CityModel) -> dict[str, dict[str, float]]:
    """Mean and lowest confidence of each kind, and the share of its surfaces below DOUBTFUL."""
    confidence = np.asarray(model.confidence, np.float64)
    out: dict[str, dict[str, float]] = {}
    for kind in SurfaceKind:
        chosen = confidence[model.kind == kind]
        if len(chosen):
            out[kind.name] = {
                "mean": round(float(chosen.mean()), 4),
                "min": round(float(chosen.min()), 4),
                "share_below_0.8": round(float((chosen < DOUBTFUL - 1e-6).mean()), 4),
            }
    return out


def balance_of(report: dict[str, Any]) -> dict[str, Any]:
    """Σ area in = Σ area out + Σ area in the report [m²]."""
    kept = float(sum(report["area_m2"].values()))
    left_out = {name: entry["area_m2"] for name, entry in report["skipped"].items()}
    repaired = dict(report.get("area_repaired_m2", {}))
    rest = report["area_read_m2"] - kept - sum(left_out.values()) + sum(repaired.values())
    return {
        "read_m2": report["area_read_m2"],
        "kept_m2": kept,
        "left_out_m2": left_out,
        "repaired_m2": repaired,
        "unexplained_m2": rest if abs(rest) > BALANCE * max(report["area_read_m2"], 1.0) else 0.0,
    }


def relief_of(model: CityModel) -> dict[str, Any] | None:
    """Terrain that the city files carry themselves; None where there is none."""
    relief = np.array([item.type == "TINRelief" for item in model.objects], bool)
    if not relief.any():
        return None
    rows = np.flatnonzero(relief[model.object])
    used = np.repeat(relief[model.object], np.diff(model.ring_start[model.surface_ring]))
    height = model.coords[used, 2]
    return {
        "objects": int(relief.sum()),
        "triangles": len(rows),
        "plan_area_m2": round(float((surface_areas(model) * np.abs(surface_normals(model)[:, 2]))[rows].sum()), 1),
        "lowest_m": round(float(height.min()), 3) if len(height) else None,
        "highest_m": round(float(height.max()), 3) if len(height) else None,
    }


def defects_of(model: CityModel) -> list[dict[str, Any]]:
    """Every kind of defect with its number and its first places."""
    places: dict[str, list[dict[str, Any]]] = {}
    for defect in model.report.defects:
        known = places.setdefault(defect.kind, [])
        if len(known) < MOST_PLACES:
            known.append({name: value for name, value in defect._asdict().items() if name != "kind"})
    return [
        {"kind": kind, "count": count, "places": places.get(kind, [])}
        for kind, count in sorted(model.report.defect_counts().items(), key=lambda item: (-item[1], item[0]))
    ]
