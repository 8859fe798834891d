"""The door: from a job's outcome to the files that people look at."""

from __future__ import annotations

from pathlib import Path

from twin.job import Outcome
from twin.report.facts import facts_of, part_of_year
from twin.report.figures import Pictures
from twin.report.overview import overview_png
from twin.report.pv_map import pv_png
from twin.report.render import View, render_city
from twin.report.summary import summary_html
from twin.report.words import Words
from twin.store import write_atomically

# Wide enough for a screen; the sheet shows the same picture smaller.
PICTURE_WIDTH, PICTURE_HEIGHT = 1600, 1000


def write_pictures(outcome: Outcome, folder: Path, language: str) -> list[Path]:
    """Write overview.png, summary.html and, with photovoltaics, pv.png; the same outcome gives the same bytes.

    Parameters
    ----------
    language
        "de" or "en".

    Raises
    ------
    ValueError
        For another language.
    """
    facts = facts_of(outcome)
    words = Words(language, part_of_year(facts.report["weather"]) is not None)
    view = View(facts.focus, PICTURE_WIDTH, PICTURE_HEIGHT)
    image = render_city(facts.scene, facts.surface_value, facts.ground, facts.terrain, facts.scale, view)
    sheet = b"" if facts.pv is None else pv_png(facts, facts.pv, words)
    page = summary_html(facts, Pictures(facts, image, words), words, sheet)
    files = {
        folder / "overview.png": overview_png(facts, image, words),
        folder / "summary.html": page.encode("utf-8"),
    }
    if sheet:
        files[folder / "pv.png"] = sheet
    for path, content in files.items():
        write_atomically(path, content)
    return list(files)
