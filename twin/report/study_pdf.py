"""The report of a shadow study as a tagged PDF (PDF/UA-1), set by typst from plain data.

No text is ever pasted into markup: the template study.typ reads data.json, so that an id with # or < comes out as it
is. Fonts are those that typst carries, and DejaVu Sans, which comes with matplotlib; nothing is fetched and no system
font is used. Same outcome, same pictures: same bytes.
"""

from __future__ import annotations

import datetime
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from twin.errors import TwinError
from twin.report.picture import Picture
from twin.report.study_blocks import Block
from twin.report.study_conclusion import conclusion
from twin.report.study_findings import findings
from twin.report.study_front import annex, cover, data, legal, limits, method, occasion, scenarios
from twin.report.study_words import StudyWords
from twin.store import to_json, write_atomically
from twin.study.outcome import Outcome

TEMPLATE = "study.typ"
FONT = "DejaVuSans.ttf"


def write_report(outcome: Outcome, pictures: Sequence[Picture], path: Path, language: Literal["de", "en"]) -> Path:
    """Write the report of a study to ``path`` and return it.

    It is PDF/UA-1, and PDF/A-2a as well where ``outcome.facts["created"]`` (ISO date) dates it.

    Raises
    ------
    TwinError
        Where typst is not installed, or the file cannot be written.
    """
    words = StudyWords(language)
    document, images = document_of(outcome, pictures, words)
    content = compiled(document, images, path)
    try:
        write_atomically(path, content)
    except OSError as error:
        raise TwinError(f"{path}: cannot be written ({error.strerror})", "name another file with --report") from error
    return path


def document_of(
    outcome: Outcome, pictures: Sequence[Picture], words: StudyWords
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The whole report as data for the template, and its pictures by file name."""
    facts = outcome.facts
    digest = hashlib.sha256(to_json(facts)).hexdigest()
    placed = {picture.name: (picture, f"{index}.png") for index, picture in enumerate(pictures)}
    blocks: list[Block] = [
        *occasion(outcome, words),
        *data(outcome, words),
        *legal(outcome, words),
        *method(outcome, words),
        *scenarios(outcome, placed, words),
        *findings(outcome, placed, words),
        *conclusion(outcome, words),
        *limits(outcome, words),
        *annex(outcome, digest, words),
    ]
    created = datetime.date.fromisoformat(facts["created"]) if facts.get("created") else None
    document = {
        "lang": words.language,
        "region": {"de": "DE", "en": "GB"}[words.language],
        "title": facts["title"] or words("kicker"),
        "author": facts["software"],
        "description": facts["occasion"] or words("kicker"),
        "keywords": [words("kicker"), *facts["dates"], *(one["name"] for one in facts["scenarios"])],
        "date": None if created is None else {"year": created.year, "month": created.month, "day": created.day},
        # A report without a title of its own is called by its kind, once.
        "kicker": words("kicker") if facts["title"] else "",
        "contents-word": words("contents"),
        "page-word": words("page"),
        "of-word": words("of"),
        "header": facts["title"] or words("kicker"),
        "header-right": words("kicker") if facts["title"] else "",
        "footer": words("footer", facts["software"], digest[:16]),
        "cover": cover(outcome, words),
        "blocks": blocks,
    }
    return document, {file: picture.png for picture, file in placed.values()}


def compiled(document: dict[str, Any], images: dict[str, bytes], path: Path) -> bytes:
    """The PDF of a document; ``path`` is only named in errors."""
    try:
        import typst
    except ImportError as error:
        raise TwinError(
            f"{path}: a PDF report needs typst, which is not installed", "pip install 'heliotwin[report]'"
        ) from error
    from matplotlib import get_data_path

    font = Path(get_data_path()) / "fonts" / "ttf" / FONT
    known = characters_of(font)
    standards: list[Any] = ["ua-1"] if document["date"] is None else ["ua-1", "a-2a"]
    with tempfile.TemporaryDirectory(prefix="heliotwin-report-") as name:
        folder = Path(name)
        (folder / "fonts").mkdir()
        shutil.copyfile(font, folder / "fonts" / FONT)
        for file, content in images.items():
            (folder / file).write_bytes(content)
        (folder / "data.json").write_bytes(to_json(printable(document, known)))
        (folder / TEMPLATE).write_bytes((files("twin") / "report" / TEMPLATE).read_bytes())
        try:
            made = typst.compile(
                folder / TEMPLATE,
                root=folder,
                font_paths=[folder / "fonts"],
                ignore_system_fonts=True,
                format="pdf",
                pdf_standards=standards,
            )
        except typst.TypstError as error:
            raise TwinError(
                f"{path}: the report could not be set ({error.message})",
                "leave --report out; all tables are in study.gpkg",
            ) from error
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
