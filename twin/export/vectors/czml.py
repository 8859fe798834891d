"""A day's shadow as CZML, which Cesium and VC Map play with their clock: polygons draped over the terrain.

Each instant of a study stands for one step about it (docs/shadow.md), and so long its polygons are there. Source: CZML
Guide, https://github.com/AnalyticalGraphicsInc/czml-writer/wiki/CZML-Guide.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from io_citygml import crs as crs_door
from twin.export.shadow_polygons import DECIMALS, Shadow
from twin.export.vectors.classes import rgb, shadows
from twin.export.vectors.study_shadows import StudyShadows, open_shadows
from twin.export.words import credit_of
from twin.progress import OnProgress, silent
from twin.store import write_atomically

if TYPE_CHECKING:
    import shapely

ALPHA = 150
# Half an hour of the day passes in a second.
SPEED = 1800
# What a click shows of a row; scenario and day stand in the head.
SAID = ("time_legal", "kind", "area_m2")


def write_czml(study_root: Path, folder: Path, on_progress: OnProgress = silent, title: str = "") -> list[str]:
    """``shadow_<scenario>_<date>.czml`` for each scenario and day; names of the files.

    Raises
    ------
    TwinError
        As `open_shadows`.
    """
    study = open_shadows(study_root, title)
    days = study.groups(lambda row: (row.scenario, row.date))
    files = []
    for done, (word, of_day) in enumerate(days):
        on_progress("czml", done, len(days))
        name = f"shadow_{word}_{of_day[0].date}.czml"
        write_atomically(folder / name, _document(study, of_day))
        files.append(name)
    on_progress("czml", len(days), len(days))
    return files


def _document(study: StudyShadows, rows: Sequence[Shadow]) -> bytes:
    """The packets of a day, a line each."""
    half = datetime.timedelta(minutes=study.step_min / 2)
    first, last = rows[0], rows[-1]
    highest = max(rows, key=lambda row: row.sun_elevation_deg)
    head: list[dict[str, object]] = [
        {
            "id": "document",
            "name": f"{study.title}, {first.scenario}, {first.date}",
            "version": "1.0",
            "clock": {
                "interval": _interval(first.time_utc - half, last.time_utc + half),
                "currentTime": _utc(highest.time_utc),
                "multiplier": SPEED,
                "range": "LOOP_STOP",
                "step": "SYSTEM_CLOCK_MULTIPLIER",
            },
        },
        {
            "id": "origin",
            "name": credit_of(study.origin.get("attribution")),
            "description": "heliotwin",
            "properties": {key: value for key, value in study.origin.items() if isinstance(value, str)},
        },
    ]
    packets = [*head, *(packet for row in rows for packet in _packets(study, row, half))]
    body = ",\n".join(json.dumps(packet, ensure_ascii=False, separators=(",", ":")) for packet in packets)
    return f"[\n{body}\n]\n".encode()


def _packets(study: StudyShadows, row: Shadow, half: datetime.timedelta) -> Iterator[dict[str, object]]:
    """One packet for each polygon of a row: CZML knows no multipolygon."""
    import shapely

    kind = next(one for one in shadows() if one.value == row.kind)
    when = _interval(row.time_utc - half, row.time_utc + half)
    said = {"time_utc": _utc(row.time_utc), **{name: getattr(row, name) for name in SAID}}
    for number, polygon in enumerate(shapely.get_parts(row.geometry)):
        exterior, *holes = (_degrees(study, ring) for ring in shapely.get_rings(polygon))
        shape: dict[str, object] = {
            # without a height it lies on the ground
            "positions": {"cartographicDegrees": exterior},
            "classificationType": "TERRAIN",
            "material": {"solidColor": {"color": {"rgba": [*rgb(kind.colour), ALPHA]}}},
        }
        if holes:
            shape["holes"] = {"cartographicDegrees": holes}
        yield {
            "id": f"{row.scenario}/{_utc(row.time_utc)}/{row.kind}/{number}",
            "name": kind.label,
            "availability": when,
            "properties": said,
            "polygon": shape,
        }


def _degrees(study: StudyShadows, ring: shapely.LinearRing) -> list[float]:
    """Longitude, latitude and height 0 of a ring's corners, the first not repeated."""
    import shapely

    place = shapely.get_coordinates(ring)[:-1]
    latitude, longitude = crs_door.to_geographic(study.crs, place[:, 0], place[:, 1])
    degrees = np.stack([np.round(longitude, DECIMALS), np.round(latitude, DECIMALS)], axis=1)
    return [number for east, north in degrees.tolist() for number in (east, north, 0)]


def _utc(when: datetime.datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _interval(start: datetime.datetime, end: datetime.datetime) -> str:
    return f"{_utc(start)}/{_utc(end)}"
