"""Results back in the city's own files: CityGML keeps every byte, CityJSON every value, attributes are added.

What could not be attached is listed in ``write_back.json`` beside the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from io_citygml import cityjson_write as cityjson
from io_citygml.citygml_write import Attributes, write_attributes
from io_citygml.citygml_write_scan import Spots, scan
from io_citygml.cityjson_write_model import cityjson_of
from io_citygml.errors import CityModelError
from io_citygml.source import JSON, XML
from twin.errors import TwinError
from twin.export.city.attributes import Results
from twin.export.city.inputs import (
    REPORT,
    Document,
    Input,
    check_unchanged,
    find_inputs,
    open_inputs,
    told,
    written,
)
from twin.export.city.marks import Marked, Unlike, read_marked
from twin.export.city.places import Attached, needs_marks, object_names, place_results, report_of
from twin.export.source import Source
from twin.progress import OnProgress, silent
from twin.store import to_json, write_atomically

__all__ = ["REPORT", "find_inputs", "write_citygml", "write_cityjson"]

_AGAIN = "run `heliotwin solar` again with this release, then export"


def write_citygml(source: Source, inputs: list[Path], folder: Path, on_progress: OnProgress = silent) -> list[str]:
    """Write the CityGML files of a job with results as generic attributes; names of the files.

    Everything else is kept byte for byte: `io_citygml.citygml_write.strip_results` gives the original back. A .gz
    stays one, a member of an archive becomes a file.

    Parameters
    ----------
    inputs
        The city files of the job, as `twin.export.city.inputs.find_inputs` finds them.

    Raises
    ------
    TwinError
        Where no input is CityGML, or one is damaged.
    """
    results = Results(source)
    wanted: list[Document] = []
    scans: list[Spots] = []
    others: list[str] = []
    for entry in open_inputs(inputs):
        on_progress("scan", len(wanted), len(inputs))
        if entry.stream is None or entry.document.format != XML:
            others.append(f"{entry.document.label}: {entry.problem or 'not CityGML: export with --to cityjson'}")
            continue
        try:
            scans.append(scan(entry.stream, entry.document.name))
        except CityModelError as error:
            others.append(_left_out(entry, error))
            continue
        wanted.append(entry.document)
    if not wanted:
        raise TwinError(f"{source.root}: none of the job's city files is CityGML", "export with --to cityjson")
    placed, attached = place_results(scans, results)
    number = {document.name: place for place, document in enumerate(wanted)}
    if needs_marks(scans, results):
        on_progress("read", 0, 1)
        marked = read_marked(source, results, inputs, dict(zip(number, scans, strict=True)))
        if isinstance(marked, Unlike):
            others.append(f"boundary surfaces without gml:id: left empty, {marked.words}")
        for (name, spot), rows in () if isinstance(marked, Unlike) else marked.rows.items():
            if name in number and scans[number[name]].offset[spot] >= 0:
                placed[number[name]].rows[spot] = attached.enter(rows, results)
    for entry in open_inputs(inputs):
        place = number.get(entry.document.name)
        if place is None or entry.stream is None:
            continue
        check_unchanged(wanted[place], entry.document)
        on_progress("write", place, len(wanted))
        with written(folder / entry.document.target, entry.document.packed) as into:
            write_attributes(entry.stream, scans[place], placed[place].attributes, into)
    return [*(document.target for document in wanted), _write_report(results, attached, others, folder)]


def write_cityjson(source: Source, inputs: list[Path], folder: Path, on_progress: OnProgress = silent) -> list[str]:
    """Write a job's city files as CityJSON with results as attributes; names of the files.

    CityJSON keeps its version and every value, with attributes in its semantic surfaces and objects. CityGML becomes
    CityJSON 2.0 of what the job has read of it (`io_citygml.cityjson_write_model`), ``x.gml`` as ``x.city.json``.

    Parameters
    ----------
    inputs
        The city files of the job, as `twin.export.city.inputs.find_inputs` finds them.

    Raises
    ------
    TwinError
        Where an input is damaged, or reads otherwise than in the job.
    """
    results = Results(source)
    on_progress("read", 0, 1)
    marked = read_marked(source, results, inputs, {})
    if isinstance(marked, Unlike):
        raise TwinError(f"{source.root}: {marked.words}", _AGAIN)
    others = list(marked.left_out)
    of_json = [number for number, document in enumerate(marked.documents) if document.format == JSON]
    names = object_names([marked.keys[number] for number in of_json], {*results.object_id, *results.building_row})
    writer = _Rows(marked, dict(zip(of_json, names, strict=True)), results)
    number = {document.name: place for place, document in enumerate(marked.documents)}
    taken = {marked.documents[number].target.lower() for number in of_json}
    files: list[str] = []
    for entry in open_inputs(inputs):
        place = number.get(entry.document.name)
        if place is None or entry.stream is None:
            continue
        check_unchanged(marked.documents[place], entry.document)
        on_progress("write", place, len(number))
        if entry.document.format == JSON:
            files.append(_write_own(entry.document, entry.stream, place, writer, folder))
        else:
            name, left_out = _write_built(entry.document, place, source, writer, folder, taken)
            files.append(name)
            if left_out:
                others.append(f"{entry.document.label}: {left_out} faces without an area at a millimetre")
    return [*files, _write_report(results, writer.attached, others, folder)]


class _Rows:
    """Attributes of objects and surfaces of the documents of a marked model, and what has got some."""

    def __init__(self, marked: Marked, names: dict[int, list[str | None]], results: Results) -> None:
        self.marked = marked
        self.attached = Attached()
        self._names = names
        self._results = results
        self._row = {surface: row for row, surface in enumerate(results.surface_index)}

    def names(self, number: int) -> list[str | None]:
        """Names in the job of the objects of a CityJSON document, in its order."""
        return self._names[number]

    def building(self, name: str | None) -> Attributes | None:
        """Attributes of a building by its name in the job."""
        if name is None or name not in self._results.building_row:
            return None
        self.attached.buildings.add(name)
        return self._results.of_building(name)

    def semantic(self, document: str, number: int) -> Attributes | None:
        """Attributes of a semantic surface of a CityJSON document."""
        rows = self.marked.rows.get((document, number))
        return self._results.of_surfaces(self.attached.enter(rows, self._results)) if rows else None

    def object(self, index: int) -> Attributes | None:
        """Attributes of an object of the model."""
        return self.building(self.marked.model.objects[index].id)

    def surface(self, index: int) -> Attributes | None:
        """Attributes of a surface of the model."""
        row = self._row.get(index)
        return None if row is None else self._results.of_surfaces(self.attached.enter([row], self._results))


def _write_own(document: Document, stream: BinaryIO, number: int, rows: _Rows, folder: Path) -> str:
    """Write a CityJSON document or sequence as it is, with attributes; the file's name."""
    names = iter(rows.names(number))
    first = 0
    with written(folder / document.target, document.packed) as into:
        for part in cityjson.parts(stream, document.name):
            named = dict(zip(cityjson.objects(part), names, strict=False))
            first = cityjson.annotate(
                part,
                lambda key, named=named: rows.building(named[key]),  # type: ignore[misc]
                lambda place: rows.semantic(document.name, place),
                first,
            )
            into.write(cityjson.to_bytes(part))
    return document.target


def _write_built(
    document: Document, number: int, source: Source, rows: _Rows, folder: Path, taken: set[str]
) -> tuple[str, int]:
    """Write CityJSON 2.0 of a CityGML document; the file's name, and how many faces are not in it.

    Parameters
    ----------
    taken
        Names in lower case that others have or will have; the file's is added.
    """
    heights = source.crs.vertical or "as in the source"
    title = f"{source.title}; {source.crs.horizontal}, heights: {heights}"
    built = cityjson_of(rows.marked.model, number, rows.object, rows.surface, title)
    stem = document.target.removesuffix(".gz").rpartition(".")[0] or document.target
    name, count = f"{stem}.city.json", 1
    while name.lower() in taken:
        count += 1
        name = f"{stem}~{count}.city.json"
    taken.add(name.lower())
    with written(folder / name, False) as into:
        into.write(cityjson.to_bytes(cityjson.Part(built.document, b"")))
    return name, built.left_out


def _left_out(entry: Input, error: CityModelError) -> str:
    """The line of a damaged member of an archive, which the job has left out as well.

    Raises TwinError for a damaged file.
    """
    if not entry.member:
        raise TwinError(str(error), "give the file that the job has read") from error
    return told(entry.document.label, error)


def _write_report(results: Results, attached: Attached, others: Sequence[str], folder: Path) -> str:
    write_atomically(folder / REPORT, to_json(report_of(results, attached, others)))
    return REPORT
