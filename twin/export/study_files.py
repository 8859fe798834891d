"""The folder of a shadow study.

::

    OUT/study.json                          facts, and every file of the study; written last
    OUT/study.gpkg                          a layer for each table
    OUT/tables/<table>.parquet .csv         the same, one file a table
    OUT/shadows.gpkg                        layer shadows: polygons of every instant
    OUT/masks/<scenario>_<instant>.tif      who shades which pixel
    OUT/rasters/<sum>_<scenario>_<day>.tif  hours, difference, first_sun, last_sun, longest
    OUT/shadows/<scenario>_<instant>.geojson  on request

Everything is written into a hidden folder inside OUT and moved into place when all of it stands. A study that lay there
before goes then, file by file; what else lies in the folder is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twin.errors import TwinError
from twin.export import shadow_cog, shadow_polygons
from twin.export.own_folder import Owner, check_out, files_of, folder_aside, settle
from twin.export.shadow_names import Stamp, file_words, stamps
from twin.export.shadow_polygons import Shadow, Sky
from twin.export.study_tables import write_tables
from twin.progress import OnProgress, silent
from twin.provenance import as_text
from twin.study import masks
from twin.study.clock import standard_offset_h
from twin.study.outcome import BESTAND, Day, Outcome, Study

SCHEMA = 1
KIND = "heliotwin shadow study"
HEAD = "study.json"
AGAIN = "run `heliotwin shadow` into it again"
OWNER = Owner(HEAD, KIND, SCHEMA, "a shadow study")
ASIDE = ".study.part"
MASKS, RASTERS, SHADOWS = "masks", "rasters", "shadows"
# Rasters being written at a time; a mask of 25 km² at 1 m has 25 MB.
THREADS = 2

# Writes more files into the folder it is given, and says their names relative to it.
More = Callable[[Path], list[str]]


class Wishes(NamedTuple):
    """Which files a study leaves beside study.json, study.gpkg and the tables as Parquet."""

    masks: bool = True
    sums: bool = True
    polygons: bool = True
    geojson: bool = False
    csv: bool = True


class Moment(NamedTuple):
    """One instant of one scenario on its way into files."""

    day: Day
    scenario: str
    instant: int
    when: Stamp
    name: str  # of its files, without ending


def no_more(folder: Path) -> list[str]:
    """Nothing beside the study's own files."""
    return []


def write_study(
    outcome: Outcome, out: Path, wishes: Wishes, more: More = no_more, on_progress: OnProgress = silent
) -> list[str]:
    """Write a study's folder; names of its files, relative to it.

    Parameters
    ----------
    more
        Writes pictures, report and the like, so that they come and go with the study.

    Raises
    ------
    TwinError
        As `check_out`, and where a file of the study would replace one that belongs to nobody's study.
    """
    check_out(out, OWNER)
    with folder_aside(out, ASIDE) as aside:
        origin = origin_of(outcome.facts)
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                begun = _begin_days(pool, outcome, aside, wishes, origin)
                files = write_tables(outcome.tables, aside, origin, wishes.csv) + more(aside)
                files = sorted([*files, *_end_days(begun, outcome, aside, wishes, origin, on_progress)])
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        settle(out, OWNER, aside, files, outcome.facts)
    return [*files, HEAD]


class FinishedStudy(NamedTuple):
    """What the head of a study's folder says."""

    facts: dict[str, Any]
    files: list[str]


def open_finished_study(root: Path) -> FinishedStudy:
    """The facts and files of a finished study.

    Raises
    ------
    TwinError
        Where the folder holds none, or one that is not finished.
    """
    if not (root / HEAD).is_file():
        raise TwinError(f"{root}: no {HEAD}, so it holds no shadow study", "name the folder of `heliotwin shadow -o`")
    files = files_of(root, OWNER)
    facts: dict[str, Any] = json.loads((root / HEAD).read_text(encoding="utf-8"))
    if not facts["finished"]:
        raise TwinError(f"{root}: the study is not finished", AGAIN)
    return FinishedStudy(facts, files)


def origin_of(facts: dict[str, Any]) -> dict[str, object]:
    """What every file of a study says of its origin."""
    inputs = [f"{entry['name']} sha256:{entry['sha256']}" for entry in facts.get("inputs", [])]
    origin = {
        "software": facts.get("software"),
        "title": facts.get("title"),
        "attribution": facts.get("attribution"),
        "inputs": inputs,
        "crs": facts.get("crs", {}).get("horizontal"),
        "weather": facts.get("weather"),
    }
    return {key: value for key, value in origin.items() if value}


class Begun(NamedTuple):
    """What threads are writing while tables and pictures are made."""

    rasters: list[Future[list[str]]]  # names of the files
    shadows: list[Future[list[Shadow]]]  # of each moment, in order
    geojson: list[str]  # files that the shadows' threads write


def _begin_days(
    pool: ThreadPoolExecutor, outcome: Outcome, folder: Path, wishes: Wishes, origin: dict[str, object]
) -> Begun:
    """Start masks, polygons and sums of every day; none of them where there is no open land."""
    begun = Begun([], [], [])
    if not len(outcome.study.grid.pixel):
        return begun
    words = file_words(scenario.name for scenario in outcome.study.scenarios)
    moments = list(_moments(outcome, words))
    said = as_text(origin)
    if wishes.masks and moments:
        (folder / MASKS).mkdir()
        begun.rasters.extend(pool.submit(_write_mask, outcome.study, moment, folder, said) for moment in moments)
    if wishes.sums:
        (folder / RASTERS).mkdir()
        begun.rasters.extend(
            pool.submit(_write_sums, outcome.study, day, scenario.name, words[scenario.name], folder, said)
            for day in outcome.days
            for scenario in outcome.study.scenarios
        )
    if (wishes.polygons or wishes.geojson) and moments:
        if wishes.geojson:
            (folder / SHADOWS).mkdir()
            begun.geojson.extend(f"{SHADOWS}/{moment.name}.geojson" for moment in moments)
        begun.shadows.extend(
            pool.submit(_shadows_of, outcome.study, moment, folder if wishes.geojson else None, origin)
            for moment in moments
        )
    return begun


def _end_days(
    begun: Begun, outcome: Outcome, folder: Path, wishes: Wishes, origin: dict[str, object], on_progress: OnProgress
) -> list[str]:
    """Wait for what was begun; names of the files."""
    files: list[str] = []
    for done, future in enumerate(begun.rasters):
        on_progress("rasters", done, len(begun.rasters))
        files += future.result()
    shadows: list[Shadow] = []
    for done, found in enumerate(begun.shadows):
        on_progress("polygons", done, len(begun.shadows))
        shadows += found.result()
    if begun.shadows and wishes.polygons:
        crs = outcome.study.scene.crs
        shadow_polygons.write_shadows(shadows, crs.horizontal, folder / f"{SHADOWS}.gpkg", origin)
        files.append(f"{SHADOWS}.gpkg")
    return files + begun.geojson


def _moments(outcome: Outcome, words: dict[str, str]) -> Iterator[Moment]:
    """Every instant of every scenario; of the Bestand only where there is no other."""
    names = [scenario.name for scenario in outcome.study.scenarios]
    for day in outcome.days:
        clock = stamps(day.instants.time, outcome.study.zone)
        for scenario in names[1:] or names:
            for instant, when in enumerate(clock):
                yield Moment(day, scenario, instant, when, f"{words[scenario]}_{when.file}")


def _write_mask(study: Study, moment: Moment, folder: Path, origin: dict[str, str]) -> list[str]:
    """The mask of one instant of one scenario."""
    value = masks.mask(study, moment.day, moment.scenario, moment.instant)
    said = shadow_cog.mask_words(moment.day, moment.scenario, moment.instant, moment.when)
    title = f"shadow, {moment.scenario}, {said['time_legal']}"
    frame = shadow_cog.frame_of(study, title, "", {**origin, **said})
    colours = shadow_cog.ALONE if moment.scenario == BESTAND else shadow_cog.COMPARED
    name = f"{MASKS}/{moment.name}.tif"
    shadow_cog.write_mask(value, frame, colours, folder / name)
    return [name]


def _write_sums(study: Study, day: Day, scenario: str, word: str, folder: Path, origin: dict[str, str]) -> list[str]:
    """Rasters of a whole day in one scenario."""
    offset_h = standard_offset_h(study.zone, day.date.year)
    begin = np.datetime64(day.date.isoformat(), "s") - np.timedelta64(round(offset_h * 3600), "s")
    said = {"scenario": scenario, "date": day.date.isoformat(), "step_s": f"{day.instants.step_s:.0f}"}
    files: list[str] = []
    for total in shadow_cog.day_sums(study, day, scenario, f"UTC{offset_h:+g}", begin):
        name = f"{RASTERS}/{total.name}_{word}_{day.date.isoformat()}.tif"
        frame = shadow_cog.frame_of(study, total.description, total.unit, {**origin, **said})
        shadow_cog.write_sum(total.value, frame, folder / name)
        files.append(name)
    return files


def _shadows_of(study: Study, moment: Moment, folder: Path | None, origin: dict[str, object]) -> list[Shadow]:
    """Polygons of one instant of one scenario; written as GeoJSON too where a folder is given."""
    value = masks.mask(study, moment.day, moment.scenario, moment.instant)
    found = shadow_polygons.shadows_of(value, study.grid, moment.scenario, _sky(moment))
    if folder is not None:
        content = shadow_polygons.shadow_geojson(found, study.scene.crs, origin)
        (folder / f"{SHADOWS}/{moment.name}.geojson").write_bytes(content)
    return found


def _sky(moment: Moment) -> Sky:
    sun = moment.day.instants
    elevation, azimuth = sun.elevation_deg[moment.instant], sun.azimuth_deg[moment.instant]
    return Sky(moment.day.date, moment.when, float(elevation), float(azimuth))
