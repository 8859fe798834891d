"""Everything that the viewer shows of a job, as files: it needs no server to read them.

::

    FOLDER/viewer.json             what there is, docs/viewer.md; written last
    FOLDER/tiles/tileset.json      3D Tiles 1.1
    FOLDER/land/annual.png  terrain.glb
    FOLDER/shadow/<date>T<HHMM>.png  <date>.bin    open land and surfaces under the sun of an instant
    FOLDER/surfaces.json           ids in the order of the .bin files
    FOLDER/index.json              every building: where it stands, how high, what it is called
    FOLDER/study/                  of a shadow study, twin/serve/viewer_study.py
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from io_citygml.model import CLASS_NAME, SurfaceKind
from solar.weather import Weather, month_index
from solar.weather_names import weather_words
from twin.export.source import Source
from twin.export.tiles.properties import MATRIX
from twin.export.tiles.write import City, open_city, write_city
from twin.export.words import AI_LABEL, credit_of
from twin.irradiation import bins_of, open_land_kwh_m2
from twin.progress import OnProgress, silent
from twin.report.colours import colour_of, ticks_of
from twin.serve.daylight import daylight_of
from twin.serve.limits import Limits
from twin.serve.overlay import png_rgba
from twin.serve.served import Served, bbox_lonlat
from twin.serve.shadows import Land, Shadows
from twin.serve.viewer_days import Day, days_of
from twin.serve.viewer_ground import write_ground
from twin.serve.viewer_places import building_index, densest_box
from twin.serve.viewer_study import check_study, write_study
from twin.store import to_json, write_atomically

HEAD, INDEX = "viewer.json", "index.json"
SCHEMA = 1


def write_viewer_data(
    served: Served,
    folder: Path,
    geoid: Path | None = None,
    study: Path | None = None,
    on_progress: OnProgress = silent,
) -> list[str]:
    """Write what the viewer shows into an empty folder; names of the files, viewer.json last.

    Parameters
    ----------
    study
        Folder of a shadow study of the same place, shown beside the job.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        As `open_city`, and `check_study` where a study is given.
    """
    source = served.source
    on_progress("place", 0, 1)
    if study is not None:
        check_study(study, source)
    city = open_city(source, receivers=True, geoid=geoid)
    (folder / "tiles").mkdir()
    credit = credit_of(source.origin.get("attribution"))
    files = [f"tiles/{name}" for name in write_city(city, "1.1", "receivers", credit, folder / "tiles")]
    shadows = Shadows(served, Limits(receivers=sys.maxsize))  # nobody waits for a file
    land, written = _write_land(source, served, shadows, city, folder, geoid)
    files += written
    days, written = _write_days(served, shadows, folder, on_progress)
    files += written
    index = json.dumps(building_index(city, source.buildings), ensure_ascii=False, separators=(",", ":"))
    write_atomically(folder / INDEX, index.encode())
    head = {**_head(source, served, city), "land": land, "days": days}
    if study is not None:
        head["study"], written = write_study(study, source, folder, geoid, on_progress)
        files += written
        head["attribution"] = list(dict.fromkeys([*head["attribution"], *head["study"]["attribution"]]))
    write_atomically(folder / HEAD, to_json(head))
    return [*files, INDEX, HEAD]


def _head(source: Source, served: Served, city: City) -> dict[str, Any]:
    models = source.surfaces["ml_model_id"].dropna().unique().tolist() if "ml_model_id" in source.surfaces else []
    height = city.geographic[:, 2]
    return {
        "schema": SCHEMA,
        "title": source.title,
        "attribution": source.origin["attribution"],
        "software": source.origin["software"],
        "weather": source.origin["weather"],
        "weather_words": weather_words(str(source.origin["weather"])),
        "crs": source.crs.horizontal,
        "zone": served.zone,
        "bbox": bbox_lonlat(served),
        "view": _view(source, served),
        "height_m": [float(height.min()), float(height.max())],
        "scale": {
            "low": city.scale.low,
            "high": city.scale.high,
            "unit": "kWh/m²",
            "ticks": ticks_of(city.scale),
            "colours": ["#" + bytes(row).hex() for row in city.scale.table],
        },
        "tileset": "tiles/tileset.json",
        "surfaces": "surfaces.json",
        "index": INDEX,
        "series": {"months": True, "month_hour": any(one.property.name == MATRIX for one in city.columns)},
        "ai": {"model_id": models[0], "label": AI_LABEL} if models else None,
        "server": False,
        "study": None,
    }


def _view(source: Source, served: Served) -> list[float] | None:
    """What the viewer opens on, where that is not all there is."""
    roofs = (source.surfaces["kind"] == CLASS_NAME[SurfaceKind.ROOF]).to_numpy()
    area_m2 = source.surfaces["area_m2"].to_numpy(np.float64)[roofs]
    return densest_box(served.bounds[roofs], area_m2, source.crs)


def _write_land(
    source: Source, served: Served, shadows: Shadows, city: City, folder: Path, geoid: Path | None
) -> tuple[dict[str, Any] | None, list[str]]:
    """Annual irradiation of open land as a picture, and the ground that carries it."""
    land = shadows.land()
    if land is None:
        return None, []
    (folder / "land").mkdir()
    value = _annual(source, served, land)
    colour = colour_of(city.scale, value)
    opaque = np.where(np.isfinite(value), 255, 0).astype(np.uint8)
    write_atomically(folder / "land" / "annual.png", png_rgba(np.dstack([colour, opaque])))
    files = ["land/annual.png"]
    terrain = None
    if write_ground(source, land.overlay.bounds, geoid, folder / "land" / "terrain.glb"):
        terrain = "land/terrain.glb"
        files.append(terrain)
    foot = float(np.quantile(city.geographic[:, 2], 0.05))
    return {
        "bounds": list(land.overlay.bounds),
        "annual": "land/annual.png",
        "ground_height_m": foot,
        "terrain": terrain,
    }, files


def _annual(source: Source, served: Served, land: Land) -> np.ndarray:
    """Annual irradiation (rows, columns) [kWh/m²] of the picture's pixels; NaN where nothing was measured."""
    year = served.year(None)
    bins = bins_of(year.sent, month_index(year.weather), served.known.optics)
    parts = [open_land_kwh_m2(source.store.read_cell(cell), bins) for cell, _ in land.cells]
    value = np.concatenate(parts)
    return np.where(land.pixel >= 0, value[np.maximum(land.pixel, 0)], np.nan)


def _write_days(
    served: Served, shadows: Shadows, folder: Path, on_progress: OnProgress
) -> tuple[list[dict[str, Any]], list[str]]:
    """Shadow of every step of the days that the store knows exactly."""
    (folder / "shadow").mkdir()
    ids = served.surfaces["surface_id"].iloc[shadows.rows()].tolist()
    write_atomically(folder / "surfaces.json", json.dumps(ids, ensure_ascii=False).encode())
    files, out = ["surfaces.json"], []
    days = days_of(served.known.site, served.known.grid, _year_of(served.year(None).weather))
    for done, day in enumerate(days):
        on_progress("sunlight", done, len(days))
        name = f"shadow/{day.date:%Y-%m-%d}.bin"
        light = daylight_of(shadows, [step.node for step in day.steps])
        write_atomically(folder / name, np.round(light.share * 255.0).astype(np.uint8).tobytes())
        pictures = [f"shadow/{step.time_utc:%Y-%m-%dT%H%M}Z.png" for step in day.steps] if light.land else []
        for picture, content in zip(pictures, light.land, strict=True):
            write_atomically(folder / picture, content)
        files += [name, *pictures]
        out.append(_day(day, name, pictures or [None] * len(day.steps)))
    on_progress("sunlight", len(days), len(days))
    return out, files


def _year_of(weather: Weather) -> int:
    """The year of the days that are shown: the weather's, so that the same job gives the same files in any year."""
    return int(str(weather.start[len(weather.start) // 2])[:4])


def _day(day: Day, lit: str, pictures: Sequence[str | None]) -> dict[str, Any]:
    return {
        "date": f"{day.date:%Y-%m-%d}",
        "lit": lit,
        "steps": [
            {
                "time_utc": f"{step.time_utc:%Y-%m-%dT%H:%M:%SZ}",
                "sun": [round(step.azimuth_deg, 3), round(step.elevation_deg, 3)],
                "off_deg": round(step.off_deg, 3),
                "land": picture,
            }
            for step, picture in zip(day.steps, pictures, strict=True)
        ],
    }
