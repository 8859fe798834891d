"""The city report as a tagged PDF (PDF/UA-1)."""

from __future__ import annotations

from pathlib import Path

from twin.report.city_report import CityReport
from twin.report.city_words import CityWords
from twin.report.typeset import typeset

TEMPLATES = ("city_report.typ", "report_style.typ")


def city_pdf(report: CityReport, words: CityWords, path: Path) -> bytes:
    """The PDF's bytes; ``path`` is only named in errors.

    Raises
    ------
    TwinError
        Where typst is not installed, or refuses.
    """
    document = {
        "lang": words.language,
        "region": {"de": "DE", "en": "GB"}[words.language],
        "title": report.title,
        "author": report.software,
        "description": words("kicker"),
        "keywords": [words("kicker")],
        "date": None,
        "kicker": report.subtitle,
        "contents-word": words("contents"),
        "page-word": words("page"),
        "of-word": words("of"),
        "header": report.title,
        "header-right": report.subtitle,
        "footer": words("footer", report.software, report.digest[:16]),
        "front": report.front,
        "blocks": report.blocks,
    }
    return typeset(document, report.images, TEMPLATES, path, "all numbers are in the tables of the job's folder")
