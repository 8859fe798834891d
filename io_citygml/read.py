"""``read_city``: files, folders and archives of city models, in any mix of formats, become one CityModel in one CRS."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from io_citygml.assemble import city_model
from io_citygml.buffers import SurfaceBuffer
from io_citygml.citygml import read_citygml
from io_citygml.cityjson import read_cityjson
from io_citygml.collect import documents
from io_citygml.errors import CityModelError, NotACityModel
from io_citygml.model import CityModel
from io_citygml.placing import Placing
from io_citygml.repair import Defect, FailedFile, FileReport
from io_citygml.source import XML, Source, open_city

_log = logging.getLogger(__name__)


def read_city(
    paths: Sequence[Path | str] | Path | str,
    crs: str | None = None,
    grid_file: Path | None = None,
    examine: bool = False,
    on_file: Callable[[str, float], None] | None = None,
) -> CityModel:
    """CityModel of files (CityGML, CityJSON, plain, .gz or in a .zip), folders with all below them, and patterns.

    ``crs`` is the system of the result, and that of files that name none or lie outside the one they name (which the
    report then says); other files are transformed to it. A height system in it overrules that of the files.
    ``grid_file`` is the quasigeoid that turns heights above the ellipsoid into DHHN2016 (``io_citygml.heights``).
    ``examine`` also looks for defects that only surfaces together show (docs/defects.md), and turns flipped ones.
    ``on_file`` is told of each file, read or not, and the seconds it took.

    Of several files a bad one is left out with everything in it and entered in ``report.failed``; a file in a folder
    or archive that is something else is counted. Raises CityModelError where no file can be read.
    """
    buffer = SurfaceBuffer()
    placing = Placing(crs, grid_file)
    failed: list[CityModelError] = []
    with _paused_collector():
        named = [paths] if isinstance(paths, str | Path) else paths  # the letters of a single name are no paths
        for source in documents([Path(path) for path in named], buffer.report):
            began = perf_counter()
            error = source if isinstance(source, CityModelError) else _try_file(source, buffer, placing)
            if on_file is not None and isinstance(source, Source):
                on_file(source.name, perf_counter() - began)
            if isinstance(error, NotACityModel) and not (isinstance(source, Source) and source.named):
                action = "file left out"
                buffer.report.add(Defect("not a city model", "", "", error.file, error.line, 0.0, action))
            elif error is not None:
                failed.append(error)
    _check_any(buffer, failed)
    for error in failed:
        _log.warning("left out: %s", error)
        buffer.report.failed.append(FailedFile(error.file, error.line, str(error)))
    model = city_model(buffer, placing.finish(buffer), examine)
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


def _try_file(source: Source, buffer: SurfaceBuffer, placing: Placing) -> CityModelError | None:
    """Read a file into the buffer; what is wrong with it, with the buffer as it was before."""
    before = buffer.mark()
    try:
        _read_file(source, buffer, placing)
        return None
    except CityModelError as error:
        _log.debug("%s", source.name, exc_info=True)
        file = error.file or source.name
        caught = type(error)(error.problem, file=file, line=error.line, gml_id=error.gml_id, remedy=error.remedy)
    # outside the block: as long as the error lives, so do the frames it came through and their views of the buffer
    buffer.roll_back(before)
    return caught


def _read_file(source: Source, buffer: SurfaceBuffer, placing: Placing) -> None:
    first_value = len(buffer.coords)
    with open_city(source) as opened:
        reader = read_citygml if opened.format == XML else read_cityjson
        buffer.files.append(source.name)
        file_format, references = reader(opened.stream, source.name, buffer)
    archive = "" if source.member is None else str(source.path)
    buffer.report.files.append(FileReport(source.name, opened.bytes, file_format, archive))
    placing.enter(source.name, references, buffer, first_value)


def _check_any(buffer: SurfaceBuffer, failed: list[CityModelError]) -> None:
    """Raise CityModelError where no file was read."""
    if buffer.files:
        return
    if not failed:
        raise CityModelError("no city model among the files", remedy="Give CityGML 1.0 to 3.0 or CityJSON 1.0 to 2.0")
    first = failed[0]
    if len(failed) == 1:
        raise first
    problem = f"{first.problem}; none of the {len(failed)} files could be read"
    raise CityModelError(problem, file=first.file, line=first.line, gml_id=first.gml_id, remedy=first.remedy)
