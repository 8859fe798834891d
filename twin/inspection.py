"""What `heliotwin inspect` finds in a city model before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from io_citygml import crs as crs_door
from io_citygml.model import CityModel, SurfaceKind
from io_citygml.polygon import triangulate
from io_citygml.read import read_city
from twin.mesh import solidity
from twin.scene import BUILT


def inspect_city(paths: list[Path], crs: str | None) -> dict[str, Any]:
    """Counts and areas per kind, extent, CRS, closedness by trimesh, defects."""
    model = read_city(paths, crs=crs)
    found: dict[str, Any] = {
        "crs": {"text": model.crs.text, "horizontal": model.crs.horizontal, "vertical": model.crs.vertical},
        "extent": extent_of(model),
        "solids_by_trimesh": solids_of(model),
        **model.report.to_dict(),
    }
    return found


def extent_of(model: CityModel) -> dict[str, Any] | None:
    """Bounding box in the CRS [m] and its middle on Earth; None for an empty model."""
    if not len(model.coords):
        return None
    low, high = model.coords.min(axis=0), model.coords.max(axis=0)
    middle = (low + high) / 2
    latitude, longitude = crs_door.to_geographic(model.crs, middle[:1], middle[1:2])
    return {
        "low_m": [round(v, 3) for v in low.tolist()],
        "high_m": [round(v, 3) for v in high.tolist()],
        "latitude_deg": round(float(latitude[0]), 6),
        "longitude_deg": round(float(longitude[0]), 6),
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
        "not_closed": unclosed[:20],
    }


def lines(found: dict[str, Any]) -> list[str]:
    """The findings in words."""
    out = [f"{entry['file']}  {entry['format']}, {entry['bytes']:,} bytes" for entry in found["files"]]
    crs, extent, solids = found["crs"], found["extent"], found["solids_by_trimesh"]
    out.append(f"CRS         {crs['text']} → {crs['horizontal']}, heights {crs['vertical'] or 'not named'}")
    if extent:
        low, high = extent["low_m"], extent["high_m"]
        out.append(f"extent      {low} to {high} m, around {extent['latitude_deg']}, {extent['longitude_deg']}")
    out.append("objects     " + ", ".join(f"{n:,} {kind}" for kind, n in found["objects"].items()))
    for kind, count in found["polygons"].items():
        out.append(f"  {kind:<18}{count:>9,} polygons {found['area_m2'][kind]:>16,.1f} m²")
    out.append(
        f"solids      {solids['objects']:,} objects: {solids['closed_as_read']:,} closed as read, "
        f"{solids['closed']:,} with T-vertices split, {solids['closed_and_oriented']:,} closed and oriented, "
        f"{solids['volume_m3']:,.0f} m³"
    )
    for name, skipped in found["skipped"].items():
        out.append(f"left out    {skipped['polygons']:,} polygons, {skipped['area_m2']:,.1f} m²: {name.lower()}")
    if found["not_read"]:
        out.append("not read    " + ", ".join(f"{n:,} {kind}" for kind, n in found["not_read"].items()))
    out.append("defects     " + (", ".join(f"{n:,} × {kind}" for kind, n in found["defect_counts"].items()) or "none"))
    for defect in found["defects"][:10]:
        out.append(
            f"  {defect['kind']}: {defect['surface_id'] or defect['object_id']} "
            f"({Path(defect['file']).name}{':' + str(defect['line']) if defect['line'] else ''}) {defect['action']}"
        )
    return out
