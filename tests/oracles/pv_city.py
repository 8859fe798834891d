"""A small city as a finished job with PV would leave it: tables written directly, every number known beforehand."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely

from twin.export.cog import Frame, Raster, write_cog
from twin.export.geoparquet import write_geoparquet
from twin.pv.cadastre import building_columns, surface_columns
from twin.pv.choice import REASON_WORDS
from twin.pv.config import read_pv
from twin.store import SCHEMA

CRS = "EPSG:25832"
WEST, SOUTH = 445_000.0, 5_548_000.0
# Houses on a grid of so many, one every STEP_M.
SIDE, STEP_M, HOUSE_M = 6, 40.0, 20.0
REASONS = [text for text in REASON_WORDS.values() if text]
MODEL = "test-model"


def house(column: int, row: int) -> shapely.Polygon:
    """Footprint of one house."""
    east, north = WEST + column * STEP_M, SOUTH + row * STEP_M
    return shapely.box(east, north, east + HOUSE_M, north + HOUSE_M)


def surfaces_of(corrected: bool, seed: int = 6) -> geopandas.GeoDataFrame:
    """Two roofs and two walls a house, a third of them without a plant."""
    rng = np.random.default_rng(seed)
    config = read_pv()
    rows = []
    for column in range(SIDE):
        for row in range(SIDE):
            west, south, east, north = house(column, row).bounds
            middle = (west + east) / 2
            shapes = (
                ("RoofSurface", shapely.box(west, south, middle, north), 35.0),
                ("RoofSurface", shapely.box(middle, south, east, north), 35.0),
                ("WallSurface", shapely.LineString([(west, south), (east, south)]).buffer(0.01), 90.0),
                ("WallSurface", shapely.LineString([(west, north), (east, north)]).buffer(0.01), 90.0),
            )
            for number, (kind, shape, tilt) in enumerate(shapes):
                name = f"H{column}{row}"
                rows.append(
                    {
                        "surface_id": f"{name}_{number}",
                        "object_id": name,
                        "building_id": name,
                        "boundary_id": f"{name}_{kind}",
                        "kind": kind,
                        "tilt_deg": tilt,
                        "azimuth_deg": 90.0 * number,
                        "geometry": shapely.force_3d(shape, 10.0),
                    }
                )
    frame = geopandas.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    count = len(frame)
    frame["area_m2"] = rng.uniform(50, 200, count)
    frame["exposed_area_m2"] = frame["area_m2"] * rng.choice([0.0, 0.7, 1.0], count, p=[0.1, 0.3, 0.6])
    frame["irradiation_kwh_m2"] = np.where(frame["exposed_area_m2"] > 0, rng.uniform(500, 1150, count), np.nan)
    frame["confidence"] = rng.choice([1.0, 0.6], count, p=[0.9, 0.1]).astype(np.float32)
    planted = (frame["exposed_area_m2"] > 0).to_numpy() & (rng.random(count) < 0.75)
    kwp = np.where(planted, frame["exposed_area_m2"] * 0.15, np.nan)
    phys = kwp * frame["irradiation_kwh_m2"] * 0.85
    frame["pv_kwp"] = kwp
    frame["pv_reason"] = np.where(planted, "", rng.choice(REASONS, count))
    frame["value_phys"] = phys
    used = planted & (rng.random(count) < 0.8)
    value = np.where(used, phys * rng.uniform(0.9, 1.1, count), phys)
    frame["value_ml"] = value if corrected else np.nan
    frame["delta_pct"] = 100 * (value / phys - 1) if corrected else np.nan
    for name, share in (("p10", 0.9), ("p50", 1.0), ("p90", 1.1)):
        frame[name] = phys * share
    frame["ml_model_id"] = np.where(planted, MODEL, None) if corrected else np.full(count, None, object)
    frame["ml_applied"] = used if corrected else False
    frame["out_of_domain"] = planted & ~used if corrected else False
    frame["ml_answered_pct"] = np.where(planted, 100.0 * used, np.nan) if corrected else np.nan
    return geopandas.GeoDataFrame(surface_columns(frame, config), geometry="geometry", crs=CRS)


def correction_of(surfaces: pd.DataFrame) -> dict[str, object]:
    """What the job reports of its correction."""
    planted = surfaces[surfaces["pv_kwp"] > 0]
    used, phys = planted["ml_applied"].astype(bool), planted["value_phys"]
    return {
        "model_id": MODEL,
        "plants_corrected": int(used.sum()),
        "plants_out_of_domain": int((~used).sum()),
        "answered_share_of_energy": float(phys[used].sum() / phys.sum()),
        "delta_pct": float(100 * (planted["value_ml"].sum() / phys.sum() - 1)),
    }


def write_city(root: Path, corrected: bool = True) -> Path:
    """A finished job in a new folder, its raster of open land 2 m wide with a hole of no data."""
    root.mkdir(parents=True)
    config = read_pv()
    surfaces = surfaces_of(corrected)
    names = sorted(set(surfaces["building_id"]))
    shapes = [house(int(name[1]), int(name[2])) for name in names]
    buildings = geopandas.GeoDataFrame({"building_id": names}, geometry=shapes, crs=CRS)
    buildings = geopandas.GeoDataFrame(building_columns(surfaces, buildings, config), geometry="geometry", crs=CRS)
    write_geoparquet(surfaces, root / "surfaces.parquet", {})
    write_geoparquet(buildings, root / "buildings.parquet", {})
    value = np.random.default_rng(1).uniform(700, 1100, (130, 130)).astype(np.float32)
    value[40:60, 10:50] = -9999.0
    frame = Frame(130, 130, WEST - 10, SOUTH + 250, 2.0, CRS, "annual irradiation", "kWh/m2", {})
    write_cog(frame, [(0, 0, Raster(value, WEST - 10, SOUTH + 250, 2.0))], root / "ground.tif")
    report = {
        "software": "heliotwin test",
        "inputs": [{"name": "stadt.gml", "sha256": "ab" * 32, "bytes": 1}],
        "crs": {"text": CRS, "horizontal": CRS, "vertical": None},
        "sky_model": "perez1990",
        "albedo": 0.2,
        "weather": {
            "source": "Testwetter",
            "distance_km": 12.0,
            "first_utc": "2015-01-01T00:00:00",
            "last_utc": "2015-12-31T23:00:00",
            "step_s": 3600,
            "warnings": ["over 150 km away: another climate is likely; give a nearer year with --weather"],
        },
        "attribution": ["Datengrundlage: Vermessung Musterstadt, dl-de/by-2-0, verändert"],
        "terrain": {"none": "no terrain"},
        "city_model": {
            "defect_counts": {"sliver": 3},
            "failed": [{"file": "/somewhere/kaputt.gml", "message": "cut short"}],
            "files": [{"file": "/somewhere/stadt.gml"}],
        },
        "pv": {
            "loss": 0.1142,
            "notes": ["air temperature 15 °C where the weather has none"],
            "correction": correction_of(surfaces) if corrected else None,
            "configuration": {"own": None, **config.model_dump(mode="json")},
        },
    }
    manifest = {"schema": SCHEMA, "identity": {}, "crs": report["crs"]}
    files = ["surfaces.parquet", "buildings.parquet", "ground.tif", "report.json"]
    for name, content in (
        ("report.json", report),
        ("manifest.json", manifest),
        ("finished.json", {"cells": [], "files": files}),
    ):
        (root / name).write_text(json.dumps(content), encoding="utf-8")
    return root


def write_districts(path: Path) -> Path:
    """Three districts: one cuts through houses, two overlap, one has two polygons; the north-east lies outside."""
    edge = 5.0
    far = SIDE * STEP_M + edge
    cut = 2 * STEP_M + 12.0  # takes 12 of 20 m of the third column's houses
    frame = geopandas.GeoDataFrame(
        {"name": ["Altstadt <Süd> & Höhe", "Äußere Neustadt", "Äußere Neustadt", "Überlappung"]},
        geometry=[
            shapely.box(WEST - edge, SOUTH - edge, WEST + cut, SOUTH + far),
            shapely.box(WEST + cut, SOUTH - edge, WEST + far, SOUTH + 70.0),
            shapely.box(WEST + cut, SOUTH + 70.0, WEST + far, SOUTH + 130.0),
            shapely.box(WEST + cut, SOUTH + 100.0, WEST + 3.5 * STEP_M, SOUTH + far),
        ],
        crs=CRS,
    )
    frame.to_file(path)
    return path


def write_sites(path: Path) -> Path:
    """Three ranked areas, one of them without a plant."""
    pieces = [
        shapely.box(WEST, SOUTH, WEST + 50, SOUTH + 50),
        shapely.box(WEST + 190, SOUTH + 190, WEST + 260, SOUTH + 260),
        None,
    ]
    frame = geopandas.GeoDataFrame(
        {
            "rank": pd.array([2, 1, None], "Int64"),
            "site_id": ["s1", "s2", "s3"],
            "name": ["Acker", None, "Wald"],
            "kind": ["fixed", "tracker", None],
            "kwp": [1500.0, 2500.0, np.nan],
            "mwh": [1512.5, 3001.5, np.nan],
            "kwh_kwp": [1008.3, 1200.5, np.nan],
            "lcoe_ct_low": [4.2, 4.4, np.nan],
            "lcoe_ct_high": [6.1, 6.6, np.nan],
        },
        geometry=pieces,
        crs=CRS,
    )
    frame.to_file(path, layer="sites")
    return path
