"""The one set of facts that every file beside an export is made of: a finished job's or a shadow study's."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from io_citygml.crs import Crs, name_of, to_geographic
from twin.errors import TwinError
from twin.export.beside.publisher import Publisher, no_publisher
from twin.export.rasters.scale import GROUND
from twin.export.source import is_part_of_year
from twin.export.study_files import open_finished_study

if TYPE_CHECKING:
    from twin.export.source import Source

# What `twin.place_on_earth` takes where the user gives no grid.
BUNDLED = "GCG2016"
# Ids of datasets are made from this name and what went in, so that the same job has the same id on every machine.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://heliotwin.invalid/dataset")
# A seventh decimal of a degree is a centimetre; boxes are rounded outwards to the sixth.
DEGREES = 1e6
EDGE_POINTS = 17
# What decides a study's values beside its files.
OF_A_STUDY = (
    *("dates", "first", "last", "step_min", "zone", "pixel_m", "spacing_m", "storey_height_m", "window_width_m"),
    *("window_depth_m", "halo_m", "radius_m", "albedo", "casters", "terrain", "scenarios", "rules", "weather"),
)


class Input(NamedTuple):
    """One file that went in."""

    name: str
    sha256: str
    role: str  # city | terrain | plan | weather …


class Ai(NamedTuple):
    """What a learnt correction did."""

    models: tuple[str, ...]
    applied: int  # plants whose value it gave
    out_of_domain: int


class Facts(NamedTuple):
    """What is known of a dataset, whatever its format."""

    kind: Literal["solar", "shadow"]
    title: str
    identifier: str  # UUID of what was computed, the same in every format
    bbox: tuple[float, float, float, float]  # west, south, east, north [deg], WGS 84
    crs: str  # "EPSG:25832"
    crs_name: str
    vertical: str  # "EPSG:7837", "" where the city model does not say
    geoid: str  # name of the grid that leads from there to the ellipsoid, for formats with such heights
    resolution_m: float  # spacing of receivers, or pixel
    period: tuple[datetime.date, datetime.date] | None  # None where the weather stands for no dated time
    is_nominal: bool  # a test reference or typical year: its calendar year is set, not measured
    is_part_of_year: bool  # weather of less than a year: nothing may be called annual
    time_step_s: int
    created: datetime.date
    software: str
    weather: str
    attribution: tuple[str, ...]
    inputs: tuple[Input, ...]
    method: dict[str, Any]  # of the manifest or of study.json
    has_yield: bool  # of photovoltaics
    ai: Ai | None
    publisher: Publisher


def facts_of(
    source: Source, created: datetime.date, publisher: Publisher | None = None, geoid: Path | None = None
) -> Facts:
    """Facts of a finished job, with the objections that it was opened with.

    Parameters
    ----------
    geoid
        The user's grid file where the bundled one does not count.
    """
    head = source.store.manifest
    inputs = tuple(
        Input(entry["name"], entry["sha256"], role)
        for role, entries in (("city", head["inputs"]), ("terrain", head.get("terrain_inputs", [])))
        for entry in entries
    )
    weather = head["weather"]
    attribution = tuple(str(line) for line in _lines(source.origin["attribution"]))
    return Facts(
        kind="solar",
        title=source.title,
        identifier=identifier_of("solar", inputs, _method_of(source)),
        bbox=bbox_of(source.crs, job_bounds(source)),
        crs=source.crs.horizontal,
        crs_name=name_of(source.crs.horizontal),
        vertical=source.crs.vertical or "",
        geoid=BUNDLED if geoid is None else geoid.name,
        resolution_m=float(head["identity"]["spacing_m"]),
        period=reference_period(weather["source"])
        if _is_nominal(weather)
        else period_of(weather["first_utc"], weather["last_utc"]),
        is_nominal=_is_nominal(weather),
        is_part_of_year=is_part_of_year(source),
        time_step_s=int(weather["step_s"]),
        created=created,
        software=str(source.origin["software"]),
        weather=str(source.origin["weather"]),
        attribution=attribution,
        inputs=inputs,
        method={key: head[key] for key in ("sky_model", "albedo", "directions")}
        | {"halo_m": head["identity"]["halo_m"], "terrain": bool(head.get("terrain_inputs"))},
        has_yield="value_phys" in source.surfaces,
        ai=ai_of(source),
        publisher=publisher or no_publisher(),
    )


def job_bounds(source: Source) -> tuple[float, float, float, float]:
    """Where a job has results, in its own system [m]: surfaces, and open land, which reaches further."""
    boxes = [source.surfaces.total_bounds]
    if (source.root / GROUND).is_file():
        import rasterio

        with rasterio.open(source.root / GROUND) as land:
            boxes.append(np.array(land.bounds))
    west, south = np.fmin.reduce(boxes)[:2].tolist()
    east, north = np.fmax.reduce(boxes)[2:].tolist()
    return west, south, east, north


def _is_nominal(weather: dict[str, Any]) -> bool:
    """Whether a record's calendar year is set by its reader (`solar.weather.Weather.flags`)."""
    return any(str(flag).startswith("nominal_year_") for flag in weather["flags"])


def reference_period(weather: str) -> tuple[datetime.date, datetime.date] | None:
    """Years that a typical year was made of, where its source names them ("1995-2012"); None where it does not."""
    found = re.search(r"(?<!\d)((?:19|20)\d{2})-((?:19|20)\d{2})(?!\d)", weather.rpartition(" (")[0] or weather)
    if found is None or found[1] > found[2]:
        return None
    return datetime.date(int(found[1]), 1, 1), datetime.date(int(found[2]), 12, 31)


def _method_of(source: Source) -> dict[str, Any]:
    """What decides the values beside the files: geometry, sky, ground, weather, photovoltaics, model.

    Read from the job, not from the tables as opened: an objection must not give a new id.
    """
    import pandas as pd

    head = source.store.manifest
    out = {key: value for key, value in head["identity"].items() if key not in ("trace_version", "inputs")}
    out |= {key: head[key] for key in ("sky_model", "albedo")} | {"weather": str(source.origin["weather"])}
    if "value_phys" in source.surfaces:
        report = source.root / "report.json"
        pv = json.loads(report.read_text(encoding="utf-8")).get("pv") if report.is_file() else None
        asked = (pv or {}).get("configuration") or {}
        out["pv"] = {key: value for key, value in asked.items() if key != "own"}  # that is a path
    if "ml_model_id" in source.surfaces:
        column = pd.read_parquet(source.root / "surfaces.parquet", columns=["ml_model_id"])["ml_model_id"]
        out["models"] = sorted({str(name) for name in column.dropna()} - {""})
    return out


def ai_of(source: Source) -> Ai | None:
    """What a correction did on the surfaces that are shown; None where there was none."""
    table = source.surfaces
    if "ml_model_id" not in table:
        return None
    models = sorted({str(name) for name in table["ml_model_id"].dropna()} - {""})
    if not models:
        return None
    applied = int(table["ml_applied"].astype("boolean").fillna(False).sum())
    return Ai(tuple(models), applied, int(table["out_of_domain"].astype("boolean").fillna(False).sum()))


def facts_of_study(root: Path, created: datetime.date, publisher: Publisher | None = None, title: str = "") -> Facts:
    """Facts of a finished shadow study; without a ``title`` its own.

    Raises
    ------
    TwinError
        Where the folder holds no finished study.
    """
    head, _ = open_finished_study(root)
    crs = Crs(head["crs"]["text"], head["crs"]["horizontal"], head["crs"]["vertical"])
    inputs = tuple(Input(entry["name"], entry["sha256"], entry["role"]) for entry in head["inputs"])
    title = title or head["title"] or root.resolve().name
    dates = [datetime.date.fromisoformat(text) for text in head["dates"]]
    kept = ("scenarios", "plans", "rules", "zone", "terrain", "notes", "halo_m", "step_min", "dates")
    return Facts(
        kind="shadow",
        title=title,
        identifier=identifier_of("shadow", inputs, {key: head[key] for key in OF_A_STUDY}),
        bbox=bbox_of(crs, study_bounds(root)),
        crs=crs.horizontal,
        crs_name=name_of(crs.horizontal),
        vertical=crs.vertical or "",
        geoid="",  # shapes and rasters of shadow lie on the map
        resolution_m=float(head["pixel_m"]),
        period=(min(dates), max(dates)),
        is_nominal=False,
        is_part_of_year=False,
        time_step_s=int(head["step_min"]) * 60,
        created=created,
        software=head["software"],
        weather=head["weather"] or "",
        attribution=tuple(head["attribution"]),
        inputs=inputs,
        method={key: head[key] for key in kept},
        has_yield=False,
        ai=None,  # shadow and sun hours are never changed by a model
        publisher=publisher or no_publisher(),
    )


def study_bounds(root: Path) -> tuple[float, float, float, float]:
    """Where a study measured, in its own system [m]: its rasters, or its buildings where it has none."""
    rasters = sorted([*root.glob("rasters/*.tif"), *root.glob("masks/*.tif")])
    if rasters:
        import rasterio

        with rasterio.open(rasters[0]) as raster:
            west, south, east, north = raster.bounds
        return float(west), float(south), float(east), float(north)
    import geopandas

    for table in ("buildings", "storeys", "receivers"):
        path = root / "tables" / f"{table}.parquet"
        if path.is_file():
            bounds = geopandas.read_parquet(path).total_bounds
            if np.isfinite(bounds).all():
                west, south, east, north = (float(value) for value in bounds)
                return west, south, east, north
    raise TwinError(f"{root}: neither rasters nor tables say where the study lies", "compute it again")


def identifier_of(kind: str, inputs: tuple[Input, ...], method: dict[str, Any]) -> str:
    """UUID of what was computed: the same for the same inputs and method, whatever its title and its objections.

    A catalogue then replaces the record that an objection made wrong instead of keeping both.
    """
    said = json.dumps([kind, [entry.sha256 for entry in inputs], method], ensure_ascii=False, sort_keys=True)
    return str(uuid.uuid5(NAMESPACE, said))


def bbox_of(crs: Crs, bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """West, south, east, north [deg, WGS 84] of a box in projected coordinates [m], its edges bent as they are."""
    west, south, east, north = bounds
    x, y = np.linspace(west, east, EDGE_POINTS), np.linspace(south, north, EDGE_POINTS)
    along = np.concatenate([x, x, np.full(EDGE_POINTS, west), np.full(EDGE_POINTS, east)])
    across = np.concatenate([np.full(EDGE_POINTS, south), np.full(EDGE_POINTS, north), y, y])
    latitude, longitude = to_geographic(crs, along, across)
    low = [float(np.floor(part.min() * DEGREES) / DEGREES) for part in (longitude, latitude)]
    high = [float(np.ceil(part.max() * DEGREES) / DEGREES) for part in (longitude, latitude)]
    return low[0], low[1], high[0], high[1]


def period_of(first_utc: str, last_utc: str) -> tuple[datetime.date, datetime.date]:
    """Days that a record covers; a first interval that begins in the evening before belongs to the next day."""
    half_day = datetime.timedelta(hours=12)
    first, last = datetime.datetime.fromisoformat(first_utc), datetime.datetime.fromisoformat(last_utc)
    begin = (first + half_day).date()
    return begin, max(last.date(), begin)


def _lines(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]
