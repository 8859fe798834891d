"""One command for all that a job is fed: each argument is inspected by what it holds, one after the other.

What cannot be read is said at the end and the rest goes on; where nothing at all can be read, the error ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from solar.errors import WeatherError
from twin.errors import TwinError
from twin.inspection_inputs import Inputs, sorted_inputs

MESHES = (".glb", ".obj", ".ply", ".stl")
EXPORTS = (*MESHES, ".gpkg")
UNREADABLE = (CityModelError, WeatherError, TwinError, OSError)


class Wanted(NamedTuple):
    """What is to be written beside the findings, who is told of progress (stage, done, of), and how weather is read."""

    export: tuple[Path, ...]
    picture: Path | None
    language: str
    on_progress: Callable[[str, int, int], None] = lambda stage, done, of: None
    weather_shift_min: float = 0.0
    """Labels are moved by this many minutes."""
    weather_place: tuple[float, float] | None = None
    """Latitude and longitude [°] of weather whose file names none."""


class Outcome(NamedTuple):
    """Findings for machines, the same in words, and a line for everything that could not be read."""

    found: dict[str, Any]
    lines: list[str]
    failed: list[str]


def inspect_all(paths: Sequence[Path], crs: str | None, wanted: Wanted) -> Outcome:
    """Inspect every argument and write what is wanted.

    The findings of a city model stand at the top level, those of weather under ``weather`` (a list), of terrain under
    ``terrain_files`` and ``terrain``, what failed under ``errors``. Raises the error of an argument where it is the
    only one, TwinError where a file is wanted of what is not there.
    """
    inputs = sorted_inputs(list(paths))
    _check_wanted(inputs, wanted)
    outcome = Outcome({}, [], [])
    alone = sum(map(bool, inputs)) == 1 and len(inputs.weather) <= 1
    for inspect, chosen in ((_city, inputs.city), (_terrain, inputs.terrain), (_weather, inputs.weather)):
        if not chosen:
            continue
        try:
            inspect(chosen, crs, wanted, outcome)
        except UNREADABLE as error:
            if alone:
                raise
            outcome.failed.append(str(error))
    if not outcome.found:
        more = f" (and {len(outcome.failed) - 1} more)" if len(outcome.failed) > 1 else ""
        raise TwinError(outcome.failed[0] + more)
    if outcome.failed:
        outcome.found["errors"] = list(outcome.failed)
    return outcome


def _check_wanted(inputs: Inputs, wanted: Wanted) -> None:
    if wanted.export and not inputs.city:
        raise TwinError("--export writes a city model, and none is among the files")
    if wanted.picture and not inputs.city and len(inputs.weather) != 1:
        raise TwinError("--picture draws a city model or one weather file, and neither is among the files")


def _city(paths: list[Path], crs: str | None, wanted: Wanted, outcome: Outcome) -> None:
    from twin.inspection import inspect_city
    from twin.inspection_text import lines

    read: list[str] = []

    def on_file(name: str) -> None:
        read.append(name)
        wanted.on_progress("read", len(read), max(len(read), len(paths)))

    found, model = inspect_city(paths, crs, on_file)
    outcome.found.update(found)
    outcome.lines.extend(lines(found))
    failed = found.get("failed", [])
    if failed:
        many = f"{len(failed)} of {len(failed) + len(found['files'])} files could not be read"
        outcome.failed.append(f"{many}: {', '.join(Path(entry['file']).name for entry in failed[:5])}")
    for index, path in enumerate(_files_wanted(wanted)):
        wanted.on_progress("pictures" if path == wanted.picture else "write", index, len(wanted.export) + 1)
        try:
            _write(model, found, path, wanted.language)
            outcome.lines.append(f"written     {path}")
        except (TwinError, OSError) as error:  # the findings are worth printing all the same
            outcome.failed.append(str(error))


def _files_wanted(wanted: Wanted) -> tuple[Path, ...]:
    return (*wanted.export, wanted.picture) if wanted.picture else wanted.export


def _write(model: CityModel, found: dict[str, Any], path: Path, language: str) -> None:
    if path.suffix.lower() == ".png":
        from twin.report.inspection_picture import draw_city

        draw_city(model, found, path, language)
    elif path.suffix.lower() in MESHES:
        from twin.export.mesh import write_mesh

        write_mesh(model, path)
    else:
        from twin.export.city.geopackage import write_city

        write_city(model, path)


def _terrain(paths: list[Path], crs: str | None, wanted: Wanted, outcome: Outcome) -> None:
    from twin.terrain.inspection import inspect_terrain, lines

    found = inspect_terrain(paths, crs)
    outcome.found.update(found)
    outcome.lines.extend([*([""] if outcome.lines else []), *lines(found)])


def _weather(paths: list[Path], crs: str | None, wanted: Wanted, outcome: Outcome) -> None:
    from twin.weather_inspection import inspect_weather, lines

    for path in paths:
        try:
            found = inspect_weather(path, wanted.weather_shift_min, wanted.weather_place)
        except (WeatherError, OSError) as error:
            if len(paths) == 1:
                raise
            outcome.failed.append(str(error))
            continue
        outcome.found.setdefault("weather", []).append(found)
        outcome.lines.extend([*([""] if outcome.lines else []), *lines(found)])
        if wanted.picture and "files" not in outcome.found:
            from twin.weather_choice import WeatherAsked, choose_weather
            from twin.weather_inspection import draw

            asked = WeatherAsked(str(path), wanted.weather_shift_min, wanted.weather_place)
            draw(choose_weather(asked), wanted.picture, wanted.language)
            outcome.lines.append(f"written     {wanted.picture}")
