"""Where in a CityJSON file the reader stands, and how it reports from there: a counted defect, or one clear error."""

from __future__ import annotations

from dataclasses import dataclass

from io_citygml.buffers import SurfaceBuffer
from io_citygml.errors import CityModelError
from io_citygml.repair import Defect

_CORRECT = "Correct the object in the file"
# Characters of an id: a file may hold one of megabytes.
_SHOWN = 200


@dataclass(slots=True)
class JsonPlace:
    """A file being read, and its current line."""

    buffer: SurfaceBuffer
    file: str
    line: int = 0
    """Line of the current CityJSONFeature; 0 in a document, whose objects' lines the JSON parser does not tell."""

    def defect(self, kind: str, object_id: str, action: str) -> None:
        """Enter a defect into the report."""
        self.buffer.report.add(Defect(kind, object_id, "", self.file, self.line, 0.0, action))

    def error(self, problem: str, object_id: str = "", remedy: str = _CORRECT) -> CityModelError:
        """An error for the caller to raise."""
        shown = object_id[:_SHOWN]
        return CityModelError(problem, file=self.file, line=self.line, gml_id=shown, remedy=remedy)
