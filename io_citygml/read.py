"""``read_city``: files and folders of city models, in any mix of formats, become one CityModel in one CRS."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from io_citygml.assemble import city_model
from io_citygml.buffers import SurfaceBuffer
from io_citygml.citygml import read_citygml
from io_citygml.cityjson import read_cityjson
from io_citygml.crs import Crs, inside_area_of_use, parse_crs, same
from io_citygml.errors import CityModelError, NotACityModel
from io_citygml.model import CityModel
from io_citygml.repair import Defect, FileReport
from io_citygml.source import XML, open_city

_log = logging.getLogger(__name__)
_SUFFIXES = (".gml", ".xml", ".citygml", ".json")
_NO_CRS = "Name it with --crs, for example --crs EPSG:25832"


def read_city(paths: Sequence[Path | str], crs: str | None = None) -> CityModel:
    """CityModel of files (CityGML, CityJSON, plain or .gz) and folders (their files of these kinds, sorted).

    ``crs`` names the coordinate system where the files do not, or overrules them (which the report then says).
    Raises CityModelError for a file that cannot be read, and where the files disagree about the coordinate system.
    """
    given = None if crs is None else parse_crs(crs)
    buffer = SurfaceBuffer()
    found: list[tuple[Crs, str]] = []
    files = _expand([Path(path) for path in paths])
    with _paused_collector():
        for path, from_folder in files:
            _read_file(path, from_folder, buffer, found, given)
    if not buffer.files:
        raise CityModelError("no city model among the files", remedy="Give CityGML 1.0/2.0 or CityJSON 1.1/2.0")
    model = city_model(buffer, _agree(found, given, buffer))
    _check_place(model)
    counts = model.report.defect_counts()
    _log.info("%d files, %d polygons, defects: %s", len(buffer.files), model.n_surfaces, counts or "none")
    return model


@contextmanager
def _paused_collector() -> Iterator[None]:
    """Garbage collection off: the readers build millions of objects and no cycles, and searching them makes the load
    of CityJSON four times slower, that of CityGML a twentieth."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _expand(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    """Every file, and whether it was found in a folder rather than named."""
    files: list[tuple[Path, bool]] = []
    for path in paths:
        if not path.is_dir():
            files.append((path, False))
            continue
        inside = [item for item in sorted(path.iterdir()) if item.is_file() and _is_city_name(item.name)]
        if not inside:
            raise CityModelError(
                "the folder holds no .gml, .xml, .citygml or .json file (plain or .gz)",
                file=str(path),
                remedy="Give the folder that holds the files themselves",
            )
        files += [(item, True) for item in inside]
    return files


def _is_city_name(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(_SUFFIXES)


def _read_file(
    path: Path, from_folder: bool, buffer: SurfaceBuffer, found: list[tuple[Crs, str]], given: Crs | None
) -> None:
    name = str(path)
    with open_city(path) as (stream, kind):
        reader = read_citygml if kind == XML else read_cityjson
        buffer.files.append(name)
        try:
            file_format, srs_names = reader(stream, name, buffer)
        except NotACityModel as error:
            if not from_folder:
                raise
            buffer.files.pop()
            buffer.report.add(Defect("not a city model", "", "", name, error.line, 0.0, "file left out"))
            return
    buffer.report.files.append(FileReport(name, path.stat().st_size, file_format))
    own: Crs | None = None
    for text, line in srs_names.items():
        try:
            own = _merge(own, parse_crs(text), name, name)
        except CityModelError as error:
            if given is None:
                raise CityModelError(error.problem, file=name, line=line, remedy=error.remedy) from error
            action = f"{error.problem}; overruled by {given.text}"
            buffer.report.add(Defect("coordinate system", "", "", name, line, 0.0, action))
    if own is not None:
        found.append((own, name))
    elif given is None:
        raise CityModelError("the file does not say its coordinate system", file=name, remedy=_NO_CRS)


def _merge(known: Crs | None, new: Crs, known_file: str, new_file: str) -> Crs:
    """The more telling of two systems that agree; raises CityModelError where they do not."""
    if known is None:
        return new
    if not same(known, new):
        where = "the file names" if known_file == new_file else f"{known_file} and {new_file} are in"
        raise CityModelError(
            f"{where} two coordinate systems, {known.text!r} and {new.text!r}",
            file=new_file,
            remedy="Transform the files to one system, or overrule them with --crs",
        )
    return new if known.vertical is None else known


def _agree(found: list[tuple[Crs, str]], given: Crs | None, buffer: SurfaceBuffer) -> Crs:
    """The one system of all files."""
    common: Crs | None = None
    origin = ""
    for own, name in found:
        if given is None:
            common = _merge(common, own, origin, name)
            origin = origin or name
        elif same(own, given):
            # the heights the file names are worth keeping where the user names none
            given = replace(given, vertical=given.vertical or own.vertical)
        else:
            action = f"{own.text} overruled by {given.text}"
            buffer.report.add(Defect("coordinate system", "", "", name, 0, 0.0, action))
    if given is not None:
        return given
    if common is None:
        raise CityModelError("no file says its coordinate system", remedy=_NO_CRS)
    return common


def _check_place(model: CityModel) -> None:
    """Enter a defect where the coordinates cannot lie in their coordinate system (a wrong or truncated srsName)."""
    if not len(model.coords):
        return
    centre = 0.5 * (model.coords.min(axis=0) + model.coords.max(axis=0))
    if inside_area_of_use(model.crs, float(centre[0]), float(centre[1])):
        return
    action = f"kept; {centre[0]:.7g}, {centre[1]:.7g} lies outside the area of {model.crs.text}: check --crs"
    model.report.add(Defect("outside the area of its CRS", "", "", model.files[0], 0, 0.0, action))
    _log.warning("%s: %s", model.files[0], action)
