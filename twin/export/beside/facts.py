"""The one set of facts that every file beside an export is made of: a finished job's or a shadow study's."""

from __future__ import annotations

import datetime
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from io_citygml.crs import Crs, name_of, to_geographic
from twin.errors import TwinError
from twin.export.beside.publisher import Publisher, no_publisher

if TYPE_CHECKING:
    from twin.export.source import Source

# Ids of datasets are made from this name and what went in, so that the same job has the same id on every machine.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://heliotwin.invalid/dataset")
# A seventh decimal of a degree is a centimetre; boxes are rounded outwards to the sixth.
DEGREES = 1e6
EDGE_POINTS = 17


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
    identifier: str  # UUID of the dataset, the same in every format
    bbox: tuple[float, float, float, float]  # west, south, east, north [deg], WGS 84
    crs: str  # "EPSG:25832"
    crs_name: str
    vertical: str  # "EPSG:7837", "" where the city model does not say
    resolution_m: float  # spacing of receivers, or pixel
    period: tuple[datetime.date, datetime.date]
    time_step_s: int
    created: datetime.date
    software: str
    weather: str
    attribution: tuple[str, ...]
    inputs: tuple[Input, ...]
    method: dict[str, Any]  # of the manifest or of study.json
    ai: Ai | None
    suppressed: tuple[int, int]  # buildings, surfaces
    publisher: Publisher


def facts_of(source: Source, created: datetime.date, publisher: Publisher | None = None) -> Facts:
    """Facts of a finished job, with the objections that it was opened with."""
    head = source.store.manifest
    inputs = tuple(
        Input(entry["name"], entry["sha256"], role)
        for role, key in (("city", "inputs"), ("terrain", "terrain_inputs"))
        for entry in head.get(key, [])
    )
    weather = head["weather"]
    attribution = tuple(str(line) for line in _lines(source.origin["attribution"]))
    west, south, east, north = source.surfaces.total_bounds
    return Facts(
        kind="solar",
        title=source.title,
        identifier=identifier_of("solar", inputs, str(source.origin["weather"])),
        bbox=bbox_of(source.crs, (west, south, east, north)),
        crs=source.crs.horizontal,
        crs_name=name_of(source.crs.horizontal),
        vertical=source.crs.vertical or "",
        resolution_m=float(head["identity"]["spacing_m"]),
        period=period_of(weather["first_utc"], weather["last_utc"]),
        time_step_s=int(weather["step_s"]),
        created=created,
        software=str(source.origin["software"]),
        weather=str(source.origin["weather"]),
        attribution=attribution,
        inputs=inputs,
        method={key: head[key] for key in ("sky_model", "albedo", "directions", "traced_on") if key in head}
        | {"halo_m": head["identity"]["halo_m"], "terrain": bool(head.get("terrain_inputs"))},
        ai=ai_of(source),
        suppressed=(int(source.buildings["suppressed"].sum()), int(source.surfaces["suppressed"].sum())),
        publisher=publisher or no_publisher(),
    )


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


def facts_of_study(root: Path, created: datetime.date, publisher: Publisher | None = None) -> Facts:
    """Facts of a finished shadow study.

    Raises
    ------
    TwinError
        Where the folder holds no finished study.
    """
    head = _study_head(root)
    crs = Crs(head["crs"]["text"], head["crs"]["horizontal"], head["crs"]["vertical"])
    inputs = tuple(Input(entry["name"], entry["sha256"], entry["role"]) for entry in head["inputs"])
    title = head["title"] or root.resolve().name
    dates = [datetime.date.fromisoformat(text) for text in head["dates"]]
    kept = ("scenarios", "plans", "rules", "zone", "terrain", "notes", "halo_m", "step_min", "dates")
    return Facts(
        kind="shadow",
        title=title,
        identifier=identifier_of("shadow", inputs, " ".join(head["dates"])),
        bbox=bbox_of(crs, study_bounds(root)),
        crs=crs.horizontal,
        crs_name=name_of(crs.horizontal),
        vertical=crs.vertical or "",
        resolution_m=float(head["pixel_m"]),
        period=(min(dates), max(dates)),
        time_step_s=int(head["step_min"]) * 60,
        created=created,
        software=head["software"],
        weather=head["weather"] or "",
        attribution=tuple(head["attribution"]),
        inputs=inputs,
        method={key: head.get(key) for key in kept},
        ai=None,  # shadow and sun hours are never changed by a model
        suppressed=(0, 0),
        publisher=publisher or no_publisher(),
    )


def _study_head(root: Path) -> dict[str, Any]:
    path = root / "study.json"
    try:
        head: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise TwinError(f"{root}: holds no shadow study", "name the folder of `heliotwin shadow -o`") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TwinError(f"{path}: cannot be read ({error})", "compute the study again") from error
    if not head.get("finished"):
        raise TwinError(f"{root}: the study is not finished", "compute it again")
    return head


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


def identifier_of(kind: str, inputs: tuple[Input, ...], what: str) -> str:
    """UUID of a dataset: the same for the same inputs and weather (or dates), whatever its title and its objections.

    A catalogue then replaces the record that an objection made wrong instead of keeping both.
    """
    said = json.dumps([kind, [entry.sha256 for entry in inputs], what], ensure_ascii=False)
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
