"""A report as a tagged PDF (PDF/UA-1), set by typst from plain data.

No text is ever pasted into markup: a template reads data.json, so that an id with # or < comes out as it is. Fonts are
those that typst carries, and DejaVu Sans, which comes with matplotlib; nothing is fetched and no system font is used.
Same data, same pictures: same bytes.
"""

from __future__ import annotations

import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from twin.errors import TwinError
from twin.store import to_json

FONT = "DejaVuSans.ttf"


def typeset(
    document: dict[str, Any], images: dict[str, bytes], templates: tuple[str, ...], path: Path, otherwise: str
) -> bytes:
    """The PDF of a document.

    Parameters
    ----------
    document
        What the templates read; its ``date`` decides whether the PDF is PDF/A-2a as well.
    templates
        Files of this package, the main one first.
    path, otherwise
        Named in errors: the file to be, and what to do instead.

    Raises
    ------
    TwinError
        Where typst is not installed, or refuses.
    """
    try:
        import typst
    except ImportError as error:
        raise TwinError(
            f"{path}: a PDF report needs typst, which is not installed", "pip install 'heliotwin[report]'"
        ) from error
    from matplotlib import get_data_path

    font = Path(get_data_path()) / "fonts" / "ttf" / FONT
    standards: list[Any] = ["ua-1"] if document["date"] is None else ["ua-1", "a-2a"]
    with tempfile.TemporaryDirectory(prefix="heliotwin-report-") as name:
        folder = Path(name)
        (folder / "fonts").mkdir()
        shutil.copyfile(font, folder / "fonts" / FONT)
        for file, content in images.items():
            (folder / file).write_bytes(content)
        (folder / "data.json").write_bytes(to_json(printable(document, characters_of(font))))
        for template in templates:
            (folder / template).write_bytes((files("twin") / "report" / template).read_bytes())
        try:
            made = typst.compile(
                folder / templates[0],
                root=folder,
                font_paths=[folder / "fonts"],
                ignore_system_fonts=True,
                format="pdf",
                pdf_standards=standards,
            )
        except typst.TypstError as error:
            raise TwinError(f"{path}: the report could not be set ({error.message})", otherwise) from error
    return bytes(made)


def characters_of(font: Path) -> frozenset[int]:
    """Code points that a font has a glyph for."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(font)).get_charmap())


def printable(value: Any, known: frozenset[int]) -> Any:
    """A JSON value with every character that has no glyph written as its number, e.g. U+4E2D.

    PDF/UA forbids missing glyphs, and typst refuses the whole report over one.
    """
    if isinstance(value, str):
        shown = (one if ord(one) in known or one == "\n" else f"[U+{ord(one):04X}]" for one in value)
        return value if all(ord(one) in known for one in value) else "".join(shown)
    if isinstance(value, dict):
        return {key: printable(part, known) for key, part in value.items()}
    return [printable(part, known) for part in value] if isinstance(value, list) else value
