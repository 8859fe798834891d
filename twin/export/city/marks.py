"""A job's city files read once more, with ids of our own in the boundary surfaces that have none.

The readers give surfaces in the same order whatever they are called, so the row of ``surface_index`` i is surface i of
this model too, and its ``boundary_id`` says where in the file it stands. That it is the same model is checked.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from io_citygml import cityjson_write as cityjson
from io_citygml.citygml_write import write_marked
from io_citygml.citygml_write_scan import Spots
from io_citygml.errors import CityModelError
from io_citygml.model import CLASS_NAME, CityModel, SurfaceKind
from io_citygml.read import read_city
from io_citygml.source import JSON
from twin.export.city.attributes import Results
from twin.export.city.inputs import Document, open_inputs, told
from twin.export.source import Source
from twin.package_data import geoid_grid

_MARK = "heliotwin-mark-"


class Marked(NamedTuple):
    """A model read from marked files."""

    model: CityModel
    documents: list[Document]
    """Of ``model.files``, in their order."""
    keys: list[list[str]]
    """Of each document that is CityJSON the keys of its objects."""
    rows: dict[tuple[str, int], list[int]]
    """Rows of the table of surfaces by a document's name and the number of a marked place in it."""
    left_out: list[str]


class Unlike(NamedTuple):
    """Files that do not give the job's model."""

    why: str
    """What the reader said, for a published file; "" where it has read something else."""

    @property
    def words(self) -> str:
        """All of it in one clause."""
        return "the city files do not read as they did in the job" + (f" ({self.why})" if self.why else "")


def read_marked(
    source: Source, results: Results, inputs: Sequence[Path], scans: Mapping[str, Spots]
) -> Marked | Unlike:
    """Read the inputs again with marks.

    Parameters
    ----------
    scans
        Of CityGML documents by their names; without one a document gets no marks. CityJSON gets a mark in every
        semantic surface, numbered as `io_citygml.cityjson_write.annotate` numbers them.
    """
    found: dict[str, Document] = {}
    keys: dict[str, list[str]] = {}
    left_out: list[str] = []
    with tempfile.TemporaryDirectory(prefix="heliotwin-") as folder:
        for number, entry in enumerate(open_inputs(inputs)):
            if entry.stream is None:
                left_out.append(f"{entry.document.label}: {entry.problem}")
                continue
            # a folder of its own, so that messages show the document's name
            path = Path(folder, str(number), entry.document.target.removesuffix(".gz"))
            path.parent.mkdir()
            try:
                with path.open("wb") as into:
                    keys[str(path)] = _copy(entry.stream, entry.document, number, scans, into)
            except CityModelError as error:
                left_out.append(told(entry.document.label, error))
            else:
                found[str(path)] = entry.document
        try:
            with geoid_grid() as grid_file:
                model = read_city(list(map(Path, found)), crs=source.crs.text, grid_file=grid_file, examine=True)
        except CityModelError as error:
            return Unlike(_without_folders(error, found))
    numbers = {Path(path).parent.name: document.name for path, document in found.items()}
    rows = _rows(model, results, numbers)
    if rows is None:
        return Unlike("")
    left_out += [
        failed.message.replace(failed.file, found[failed.file].label)
        for failed in model.report.failed
        if failed.file in found
    ]
    return Marked(model, [found[path] for path in model.files], [keys[path] for path in model.files], rows, left_out)


def _without_folders(error: CityModelError, found: Mapping[str, Document]) -> str:
    """What is wrong, with the documents' own names in place of those of their marked copies."""
    label = found[error.file].label if error.file in found else ""
    said = told(label, error) if label else error.problem
    for path, document in found.items():
        said = said.replace(path, document.label)
    return said


def _copy(stream: BinaryIO, document: Document, number: int, scans: Mapping[str, Spots], into: BinaryIO) -> list[str]:
    """Copy a document with marks; the keys of its objects where it is CityJSON."""

    def mark_of(place: int) -> str:
        return f"{_MARK}{number}-{place}"

    keys: list[str] = []
    if document.format == JSON:
        first = 0
        for part in cityjson.parts(stream, document.name):
            first = cityjson.mark_semantics(part, mark_of, first)
            keys += cityjson.objects(part)
            into.write(cityjson.to_bytes(part))
    elif document.name in scans:
        write_marked(stream, scans[document.name], mark_of, into)
    else:
        shutil.copyfileobj(stream, into, 1 << 18)
    return keys


def _rows(model: CityModel, results: Results, names: Mapping[str, str]) -> dict[tuple[str, int], list[int]] | None:
    """Rows by marked place; None where some row is not the model's surface of its index."""
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row, surface in enumerate(results.surface_index):
        if (
            surface >= model.n_surfaces
            or model.objects[int(model.object[surface])].id != results.object_id[row]
            or CLASS_NAME[SurfaceKind(int(model.kind[surface]))] != results.kind[row]
        ):
            return None
        mark = model.boundary_id[surface]
        if mark.startswith(_MARK):
            number, _, place = mark.removeprefix(_MARK).partition("-")
            found[names[number], int(place)].append(row)
    return dict(found)
