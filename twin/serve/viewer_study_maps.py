"""Pictures of a study's rasters over longitude and latitude: shadow of every instant, hours and changes of every day.

Colours are those of its report (twin.report.study_colours, twin.export.shadow_cog), told apart by lightness alone. A
picture has at most 1,536 pixels a side, so a large study is read from its overviews.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from twin.export.cog import NODATA
from twin.export.rasters.legends import classes_of_hours
from twin.export.rasters.study import StudyRasters, colours_of, scenario_and_day, scenario_and_time
from twin.export.shadow_cog import ALONE
from twin.export.shadow_names import file_words
from twin.progress import OnProgress, silent
from twin.serve.change_words import change_legend, class_of
from twin.serve.overlay import CLEAR, OPAQUE, Overlay, classes_png, overlay_of, png
from twin.store import write_atomically
from twin.study.outcome import BESTAND, IN_BESTAND, IN_BOTH, NO_LAND, NOT_SHADED

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

    from twin.report.study_colours import Classes

# Of a raster larger than this only an overview is read.
MOST_READ = 2048
# Where the colours of hours leap (twin.report.study_colours), and what else a legend names.
BREAKS_H, EVEN_H = (1.5, 3.0, 4.0), (6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0)


class Maps(NamedTuple):
    """Pictures of the instants."""

    bounds: tuple[float, float, float, float]  # west, south, east, north [deg]
    days: dict[str, dict[str, list[dict[str, Any]]]]  # scenario → date → steps
    files: list[str]


class Sums(NamedTuple):
    """Pictures of whole days."""

    entries: list[dict[str, Any]]
    files: list[str]


class Frame(NamedTuple):
    """Where a raster's pixels lie in a picture."""

    overlay: Overlay
    shape: tuple[int, int]  # rows, columns that are read
    pixel: NDArray[np.int64]  # (rows, columns) index of the pixel read; −1: outside


def frame_of(band: DatasetReader, crs: Crs) -> Frame:
    """The picture of a raster, whose pixels are taken as they are."""
    box = band.bounds
    coarser = max(band.width, band.height) / MOST_READ
    rows, columns = (int(np.ceil(count / max(coarser, 1.0))) for count in (band.height, band.width))
    cell_m = max(band.res) * max(coarser, 1.0)
    overlay = overlay_of(crs, (box.left, box.bottom, box.right, box.top), cell_m)
    column = np.floor((overlay.x - box.left) / (box.right - box.left) * columns).astype(np.int64)
    row = np.floor((box.top - overlay.y) / (box.top - box.bottom) * rows).astype(np.int64)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    return Frame(overlay, (rows, columns), np.where(inside, row * columns + column, -1))


def _read(band: DatasetReader, frame: Frame, outside: float) -> NDArray[Any]:
    """The raster's values on the picture's pixels."""
    value = band.read(1, out_shape=frame.shape).ravel()
    return np.where(frame.pixel >= 0, value[np.maximum(frame.pixel, 0)], value.dtype.type(outside))


def write_shadows(study: StudyRasters, crs: Crs, folder: Path, on_progress: OnProgress = silent) -> Maps:
    """A picture of every instant and state; the Bestand's own are taken from the masks of the first comparison."""
    import rasterio

    words = file_words([BESTAND, *(entry["name"] for entry in study.facts["scenarios"] if entry["name"] != BESTAND)])
    days: dict[str, dict[str, list[dict[str, Any]]]] = {entry["name"]: {} for entry in study.facts["scenarios"]}
    frame, files, known = None, list[str](), set[datetime.datetime]()
    for done, name in enumerate(study.masks):
        on_progress("study", done, len(study.masks))
        with rasterio.open(study.root / name) as band:
            frame = frame or frame_of(band, crs)
            value = _read(band, frame, NO_LAND)
            (scenario, when), said, colours = scenario_and_time(band), band.tags(), colours_of(band)
        states = {scenario: (value, colours)}
        if when not in known and scenario != BESTAND:
            shaded = np.isin(value, (IN_BESTAND, IN_BOTH))
            states[BESTAND] = (
                np.where(value == NO_LAND, NO_LAND, np.where(shaded, IN_BESTAND, NOT_SHADED)),
                dict(ALONE),
            )
        known.add(when)
        for state, (classes, table) in states.items():
            picture = f"shadow_{words[state]}_{said['time_utc'].replace(':', '').replace('-', '')}.png"
            write_atomically(folder / picture, _classes_png(classes, table))
            files.append(picture)
            days[state].setdefault(f"{when:%Y-%m-%d}", []).append(_step(said, picture))
    on_progress("study", len(study.masks), len(study.masks))
    for by_date in days.values():
        for steps in by_date.values():
            steps.sort(key=lambda step: step["time_utc"])
    bounds = (0.0, 0.0, 0.0, 0.0) if frame is None else frame.overlay.bounds
    return Maps(bounds, {state: dict(sorted(by_date.items())) for state, by_date in days.items()}, files)


def _step(said: Mapping[str, str], picture: str) -> dict[str, Any]:
    return {
        "time_utc": said["time_utc"],
        "sun": [float(said["sun_azimuth_deg"]), float(said["sun_elevation_deg"])],
        "land": picture,
    }


def _classes_png(value: NDArray[Any], colours: Mapping[int, tuple[int, int, int]]) -> bytes:
    """Classes with a colour each; land without shadow and what is no open land let the map through."""
    table = np.tile(np.array(CLEAR, np.uint8), (256, 1))
    for kind, colour in colours.items():
        table[kind] = CLEAR if kind == NOT_SHADED else (*colour, OPAQUE)
    return png(value.astype(np.uint8), table)


def write_sums(study: StudyRasters, crs: Crs, folder: Path) -> Sums:
    """Hours of sun of every state and their change, a picture a day."""
    from twin.report.study_colours import change_classes

    out = Sums([], [])
    hours = study.sums_of("hours")
    kinds = [("hours", hours, classes_of_hours(study) if hours else None)]
    kinds.append(("change", study.sums_of("difference"), change_classes()))
    for kind, names, classes in kinds:
        for name in names:
            if classes is not None:
                _write_sum(study, name, kind, classes, crs, folder, out)
    return out


def _write_sum(study: StudyRasters, name: str, kind: str, classes: Classes, crs: Crs, folder: Path, out: Sums) -> None:
    import rasterio

    with rasterio.open(study.root / name) as band:
        frame = frame_of(band, crs)
        value = _read(band, frame, NODATA)
        scenario, date = scenario_and_day(band)
    picture = f"{kind}_{Path(name).stem.partition('_')[2]}.png"
    known = value != NODATA
    kind_of = class_of(classes, np.where(known, value, 0.0))
    write_atomically(folder / picture, classes_png(kind_of, known, classes.colour))
    out.files.append(picture)
    out.entries.append(
        {
            "id": f"{kind} {scenario} {date:%Y-%m-%d}",
            "kind": kind,
            "scenario": scenario,
            "date": f"{date:%Y-%m-%d}",
            "land": picture,
            "bounds": list(frame.overlay.bounds),
            **(
                {"legend": change_legend(classes, set(np.unique(kind_of[known]).tolist()))}
                if kind == "change"
                else {"scale": hour_scale(classes)}
            ),
        }
    )


def hour_scale(classes: Classes) -> dict[str, Any]:
    """The classes of hours as viewer.json has a scale; their breaks are ticks."""
    top = float(classes.border[-1])
    return {
        "low": 0.0,
        "high": top,
        "unit": "h",
        "ticks": [0.0, *BREAKS_H, *(hour for hour in EVEN_H if hour <= top)],
        "colours": [f"#{bytes(colour).hex()}" for colour in classes.colour],
    }
