"""Rasters of a shadow study as cloud-optimised GeoTIFF: a mask for every instant, sums for every day.

A mask is one byte a pixel with a colour table. Of two states it says who shades: 0 nobody, 1 the Bestand alone, 2 the
scenario alone, 3 both; of the Bestand alone 0 or 1; 255 where there is no open land (in one of the two). When it
holds stands in its tags: UTC, legal and standard time, and the sun's elevation and azimuth.

Sums of a day: hours of sun, what a scenario changes [min], first and last sun, longest sun without a break. First and
last sun are the instants themselves [minutes after midnight], by the zone's standard clock (UTC+1 in Germany), which
has no jump; a pixel without any sun has none and is nodata, as is everything that is no open land.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from shadow.cast import first_last, longest_h
from twin.export.cog import NODATA, Frame, Raster, write_cog
from twin.export.shadow_names import Stamp
from twin.study import masks
from twin.study.outcome import BESTAND, IN_BESTAND, IN_BOTH, IN_PLANUNG, NO_LAND, NOT_SHADED, Day, Lit, Study

# As in the report's maps (twin.report.study_canvas).
WHITE, GREY, RED, GREEN = (255, 255, 255), (155, 153, 163), (181, 18, 43), (98, 210, 166)
COMPARED = {NOT_SHADED: WHITE, IN_BESTAND: GREEN, IN_PLANUNG: RED, IN_BOTH: GREY}
ALONE = {NOT_SHADED: WHITE, IN_BESTAND: GREY}
# Every reader of GeoTIFF knows deflate. A million pixels take 16 ms and 72 kB so; level 6 takes twice the time and
# saves a quarter, and overviews of the commonest value, which hardly differ, take half as much again.
MASK_OPTIONS = {"compress": "DEFLATE", "level": 4, "blocksize": 512, "overview_resampling": "nearest"}

# Receivers unpacked at a time: with 1,440 instants 94 MB.
ROWS = 65_536


class SunTimes(NamedTuple):
    """When the sun reaches receivers on one day; (P,) each, NaN where they are not there."""

    first_min: NDArray[np.float64]  # [min] since some instant; NaN where the sun never comes
    last_min: NDArray[np.float64]  # [min]
    longest_h: NDArray[np.float64]  # [h] without a break


class DaySum(NamedTuple):
    """One raster of a whole day."""

    name: str  # what its file's name begins with
    description: str
    unit: str
    value: NDArray[np.float32]  # (rows, columns), NaN where there is none


def frame_of(study: Study, description: str, unit: str, origin: Mapping[str, str]) -> Frame:
    """Place and meaning of a raster on the study's grid."""
    grid = study.grid
    crs = study.scene.crs.horizontal
    return Frame(grid.rows, grid.columns, grid.west, grid.north, grid.cell_m, crs, description, unit, dict(origin))


def mask_words(day: Day, scenario: str, instant: int, when: Stamp) -> dict[str, str]:
    """What the tags of a mask say beside its origin."""
    sun = day.instants
    values = f"0 not shaded, 1 shaded in {BESTAND}"
    if scenario != BESTAND:
        values += f" only, 2 shaded in {scenario} only, 3 shaded in both"
    return {
        "scenario": scenario,
        **when.words(),
        "step_s": f"{sun.step_s:.0f}",
        "sun_elevation_deg": f"{sun.elevation_deg[instant]:.3f}",
        "sun_azimuth_deg": f"{sun.azimuth_deg[instant]:.3f}",
        "values": f"{values}, {NO_LAND} no open land",
    }


def write_mask(value: NDArray[np.uint8], frame: Frame, colours: Mapping[int, tuple[int, int, int]], path: Path) -> None:
    """Write one mask (rows, columns) with its colour table; may run in several threads at once."""
    import rasterio
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy
    from rasterio.transform import from_origin

    aside = path.with_name(f"{path.stem}.part.tif")
    profile = {
        "driver": "GTiff",
        "height": frame.rows,
        "width": frame.columns,
        "count": 1,
        "dtype": "uint8",
        "crs": rasterio.CRS.from_user_input(frame.crs),
        "transform": from_origin(frame.west, frame.north, frame.cell_m, frame.cell_m),
        "nodata": NO_LAND,
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as band:
            band.write(value, 1)
            band.write_colormap(1, {key: (*colour, 255) for key, colour in colours.items()})
            band.set_band_description(1, frame.description)
            band.update_tags(**frame.origin)
        copy(memory.name, aside, driver="COG", BIGTIFF="IF_SAFER", **MASK_OPTIONS)
    aside.replace(path)


def sun_times(lit: Lit, day: Day, begin: np.datetime64) -> SunTimes:
    """First, last and longest sun of receivers (P,); see shadow.cast. ``begin`` is the instant counted from, UTC."""
    sun = day.instants
    found = SunTimes(*(np.full(len(lit.bits), np.nan) for _ in SunTimes._fields))
    for start in range(0, len(lit.bits), ROWS):
        rows = slice(start, start + ROWS)
        here = lit.there[rows]
        shone = bits.unpack(lit.bits[rows], len(sun.time))
        for out, instant in zip(found[:2], first_last(shone, sun.time), strict=True):
            out[rows] = np.where(here, _minutes_since(begin, instant), np.nan)
        found.longest_h[rows] = np.where(here, longest_h(shone, sun.time, sun.step_s), np.nan)
    return found


def _minutes_since(begin: np.datetime64, time: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Minutes from an instant to others (N,); NaN for NaT."""
    seconds = (time - begin).astype("timedelta64[s]")
    return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64) / 60.0)


def day_sums(study: Study, day: Day, scenario: str, clock: str, begin: np.datetime64) -> Iterator[DaySum]:
    """Every sum of one day in one scenario.

    ``begin`` is midnight (UTC) of the clock named ``clock`` ("UTC+1"), from which first and last sun are counted.
    """
    grid, where = study.grid, f"{scenario}, {day.date.isoformat()}"
    after = f"min after midnight {clock}"
    hours = masks.minutes(study, day, scenario) / np.float32(60.0)
    yield DaySum("hours", f"hours of sun, {where}", "h", hours)
    if scenario != BESTAND:
        change = masks.difference(study, day, scenario)
        yield DaySum("difference", f"change of sun against {BESTAND}, {where}", "min", change)
    times = sun_times(day.ground[scenario], day, begin)
    yield DaySum("first_sun", f"first sun, {where}", after, masks.on_grid(grid, times.first_min))
    yield DaySum("last_sun", f"last sun, {where}", after, masks.on_grid(grid, times.last_min))
    longest = masks.on_grid(grid, times.longest_h)
    yield DaySum("longest", f"longest sun without a break, {where}", "h", longest)


def write_sum(value: NDArray[np.float32], frame: Frame, path: Path) -> None:
    """Write one raster (rows, columns); NaN becomes nodata."""
    filled = np.where(np.isnan(value), np.float32(NODATA), value)
    write_cog(frame, [(0, 0, Raster(filled, frame.west, frame.north, frame.cell_m))], path)
