"""The report of a shadow study as a tagged PDF (PDF/UA-1), set by typst from plain data.

How it is set: twin.report.typeset. Same outcome, same pictures: same bytes.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from twin.errors import TwinError
from twin.report.picture import Picture
from twin.report.study_blocks import Block
from twin.report.study_conclusion import conclusion
from twin.report.study_findings import findings
from twin.report.study_front import annex, cover, data, legal, limits, method, occasion, scenarios
from twin.report.study_words import StudyWords
from twin.report.typeset import typeset
from twin.store import to_json, write_atomically
from twin.study.outcome import Outcome

TEMPLATES = ("study.typ", "report_style.typ")
OTHERWISE = "leave --report out; all tables are in study.gpkg"


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
    content = typeset(document, images, TEMPLATES, path, OTHERWISE)
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
