"""A finished job over city files with made-up results, and what a written file holds of them, without our readers."""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from lxml import etree
from oracles import gml_documents as documents

from io_citygml.model import CLASS_NAME, SurfaceKind, root_objects
from io_citygml.polygon import surface_areas
from io_citygml.read import read_city
from twin.export.city.files import REPORT, find_inputs
from twin.export.source import Source
from twin.package_data import geoid_grid
from twin.store import Store, sha256_of

RECEIVING = ("RoofSurface", "WallSurface", "Window", "Door", "OuterCeilingSurface", "OuterFloorSurface")
ORIGIN: dict[str, object] = {
    "software": "heliotwin test",
    "weather": "a year",
    "attribution": ["Datengrundlage: Stadt Gera, verändert"],
}
PREFIX = "heliotwin_"
WEATHER = {"first_utc": "2025-01-01T00:00:00", "last_utc": "2025-12-31T23:00:00", "step_s": 3600}
LABEL = "value_ml_label"


def job_of(root: Path, paths: Sequence[Path], hidden: Sequence[str] = (), crs: str | None = None) -> Source:
    """A finished job over files, with made-up results."""
    with geoid_grid() as grid_file:
        model = read_city(list(paths), crs=crs, grid_file=grid_file, examine=True)
    rows = np.array([s for s in range(model.n_surfaces) if CLASS_NAME[SurfaceKind(int(model.kind[s]))] in RECEIVING])
    rng = np.random.default_rng(7)
    top = root_objects(model.objects)
    area = surface_areas(model)[rows] if len(rows) else np.zeros(0)
    planted = (np.arange(len(rows)) % 3 == 0) | (rng.random(len(rows)) < 0.3)
    phys = np.where(planted, rng.uniform(100, 9000, len(rows)), np.nan)
    used = planted & (rng.random(len(rows)) < 0.7)
    surfaces = geopandas.GeoDataFrame(
        {
            "surface_id": [model.surface_id[s] for s in rows],
            "object_id": [model.objects[model.object[s]].id for s in rows],
            "building_id": [model.objects[top[model.object[s]]].id for s in rows],
            "kind": [CLASS_NAME[SurfaceKind(int(model.kind[s]))] for s in rows],
            "area_m2": area,
            "exposed_area_m2": area * 0.9,
            "tilt_deg": rng.uniform(0, 90, len(rows)),
            "azimuth_deg": rng.uniform(0, 360, len(rows)),
            "sky_view": rng.random(len(rows)),
            **{name: rng.uniform(0, 1200, len(rows)) for name in ("irradiation_kwh_m2", "direct_kwh_m2")},
            "diffuse_kwh_m2": rng.uniform(0, 500, len(rows)),
            "reflected_kwh_m2": np.where(rng.random(len(rows)) < 0.2, np.nan, 3.5),
            **{f"irradiation_kwh_m2_{m:02d}": rng.uniform(0, 180, len(rows)) for m in range(1, 13)},
            "confidence": np.ones(len(rows), np.float32),
            "boundary_id": [model.boundary_id[s] for s in rows],
            "surface_index": rows.astype(np.int32),
            "pv_modules": pd.Series(np.where(planted, 7, np.nan)).astype("Int64"),
            "pv_area_m2": np.where(planted, 13.0, np.nan),
            "pv_kwp": np.where(planted, 3.0, np.nan),
            "pv_kwh_kwp": phys / 3.0,
            "pv_shade_pct": np.where(planted, 10.0, np.nan),
            **{f"pv_kwh_{m:02d}": phys / 12 for m in range(1, 13)},
            "value_phys": phys,
            "value_ml": np.where(used, phys * 0.9, phys),
            "delta_pct": np.where(used, -10.0, np.where(planted, 0.0, np.nan)),
            **{name: phys * factor for name, factor in (("p10", 0.8), ("p50", 0.9), ("p90", 1.0))},
            "ml_model_id": np.where(planted, np.array("model-1", object), np.array(None, object)),
            "ml_applied": used,
            "out_of_domain": planted & ~used,
            "pv_class": "geeignet",
            "suppressed": [False] * len(rows),
        },
        geometry=[shapely.Point(0, 0)] * len(rows),
        crs=model.crs.horizontal,
    )
    names = list(dict.fromkeys(surfaces["building_id"]))
    buildings = geopandas.GeoDataFrame(
        {
            "building_id": names,
            "roof_irradiation_kwh": rng.uniform(0, 1e5, len(names)),
            "roof_pv_kwp": np.float64(3),
            "co2_year": np.full(len(names), 2024, np.int32),
            "pv_class": "gut geeignet",
            "suppressed": [False] * len(names),
        },
        geometry=[shapely.Point(0, 0)] * len(names),
        crs=model.crs.horizontal,
    )
    of_surface = surfaces["surface_id"].isin(hidden)
    houses = {*hidden, *surfaces.loc[of_surface, "building_id"]}
    for table in (surfaces, buildings):
        table["suppressed"] = table["building_id"].isin(houses)
    inputs = [{"name": p.name, "sha256": sha256_of(p), "bytes": p.stat().st_size} for p in paths]
    root.mkdir(exist_ok=True)
    return Source(
        root, Store(root, {"inputs": inputs, "weather": WEATHER}), surfaces, buildings, model.crs, ORIGIN, "test"
    )


class Gml:
    """Small CityGML 2.0 documents in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def surface(self, kind: str, gml_id: str, *polygons: str) -> str:
        geometry = f"<bldg:lod2MultiSurface>{documents.multi_surface(*polygons)}</bldg:lod2MultiSurface>"
        return f'<bldg:boundedBy><bldg:{kind} gml:id="{gml_id}">{geometry}</bldg:{kind}></bldg:boundedBy>'

    def triangle(self, x: float, size: float = 9.0) -> str:
        return documents.polygon(f"{x},0,9 {x + size},0,9 {x + size},{size},9")

    def building(self, *inside: str, gml_id: str = "B") -> str:
        return f'<bldg:Building gml:id="{gml_id}">{"".join(inside)}</bldg:Building>'

    def house(self, gml_id: str, x: float = 0.0) -> str:
        """A box with its faces as boundary surfaces "<gml:id>_0" …, the roof "<gml:id>_1"."""
        kinds = ("GroundSurface", "RoofSurface", *["WallSurface"] * 4)
        faces = enumerate(zip(kinds, documents.box(x, 0.0, 50.0, (10.0, 8.0, 6.0)), strict=True))
        inside = [self.surface(kind, f"{gml_id}_{n}", documents.polygon(points)) for n, (kind, points) in faces]
        return self.building(*inside, gml_id=gml_id)

    def write(self, *members: str, name: str = "city.gml") -> Path:
        path = self.folder / name
        path.write_text(documents.document("2.0", *members), encoding="utf-8")
        return path


class Export:
    """Makes up a job over files and writes it back into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, writer: Callable[..., list[str]], *paths: Path, hidden: Sequence[str] = (), crs: str | None = None
    ) -> tuple[Source, Path, list[str]]:
        """The job, the folder, and the names of its files."""
        job = job_of(self.folder / "job", paths, hidden, crs)
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        files = writer(job, find_inputs(job.store, paths), out)
        assert sorted(files) == sorted(p.name for p in out.iterdir())
        return job, out, files


def report_of(folder: Path) -> dict[str, Any]:
    """What an export says of itself."""
    report: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    return report


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def in_file(data: bytes) -> dict[str, dict[str, float | str]]:
    """Attributes of every element with a gml:id, by a walk of lxml that knows nothing of the writer."""
    out: dict[str, dict[str, float | str]] = {}
    for element in etree.fromstring(data).iter(etree.Element):
        name, value = element.get("name"), None
        holder = element.getparent()
        if etree.QName(element).localname in ("DoubleAttribute", "IntAttribute", "StringAttribute", "MeasureAttribute"):
            name, value = element[0].text, element[1].text
            holder = holder.getparent() if holder is not None else None
        elif name:
            value = element[0].text if len(element) else None
        if name and name.startswith(PREFIX) and holder is not None:
            key = next((v for k, v in holder.items() if k.endswith("}id")), "")
            kind = etree.QName(element).localname.lower()
            number = float(value or "nan") if kind.startswith(("double", "int", "measure")) else value or ""
            assert name not in out.setdefault(key, {}) or not key
            out[key][name.removeprefix(PREFIX)] = number
    return out


def check_values(job: Source, data: bytes) -> int:
    """Every boundary surface with one row of its own holds that row's values; how many were compared."""
    found = in_file(data)
    alone = Counter(job.surfaces["boundary_id"])
    checked = 0
    for _, row in job.surfaces.iterrows():
        if not row["boundary_id"] or alone[row["boundary_id"]] > 1 or row["suppressed"]:
            continue
        got = found[row["boundary_id"]]
        assert got["solarArea"] == pytest.approx(row["exposed_area_m2"], abs=5e-5)
        for name in (
            "irradiation_kwh_m2",
            "direct_kwh_m2",
            "irradiation_kwh_m2_07",
            "azimuth_deg",
            "value_phys",
            "p10",
        ):
            assert (name in got) == bool(np.isfinite(row[name]))
            assert name not in got or got[name] == pytest.approx(row[name], abs=5e-5)
        assert ("reflected_kwh_m2" in got) == bool(np.isfinite(row["reflected_kwh_m2"]))
        assert ("value_ml" in got) == (LABEL in got) == bool(np.isfinite(row["value_ml"]))
        if LABEL in got:
            assert (got[LABEL] == "KI-korrigiert") == bool(row["ml_applied"]) == bool(got["ml_applied"])
        checked += 1
    return checked
