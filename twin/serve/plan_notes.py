"""What must be known of a dropped plan, as codes with values: a page words them in its reader's language.

Readers of plans and studies word their warnings for whoever runs the command line. What a citizen meets has a code of
its own here; the rest keeps its words, in English and in German, without the names of options.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from twin.report.study_phrases import german
from twin.serve.problem import in_words_of_the_api

OTHER = "other"
_NUMBER = r"-?[\d.]+"
# Code → the sentence, as twin.study.facts, twin.plan and twin.serve.city_inputs say it; its groups are the values.
_SENTENCES: dict[str, re.Pattern[str]] = {
    "stands_in": re.compile(rf"^(?P<plan>.+): stands in (?P<building>\S+) by (?P<area_m2>{_NUMBER}) m²"),
    "hovers": re.compile(rf"^(?P<plan>.+): (?:.* )?hovers (?P<by_m>{_NUMBER}) m above the ground at its place"),
    "in_the_ground": re.compile(rf"^(?P<plan>.+): (?:.* )?reaches (?P<by_m>{_NUMBER}) m into the ground at its place"),
    "casts_only": re.compile(r"^(?P<plan>.+): casts shadow only, its own façades are not measured"),
    "repaired": re.compile(r"^(?P<plan>.+): found in the file: "),
    "no_roof_form": re.compile(r"^(?P<plan>.+): the roof's form is not said"),
    "other_sky": re.compile(r"^plans are compared under \d+ sky patches and \S+, the job has \d+ and \S+$"),
}
_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


def noted(warnings: Sequence[str]) -> list[dict[str, Any]]:
    """Code, values and words in both languages of each warning, in their order."""
    return [_note(text) for text in warnings]


def _note(text: str) -> dict[str, Any]:
    words = {language: without_options(said) for language, said in (("de", german(text)), ("en", text))}
    for code, sentence in _SENTENCES.items():
        found = sentence.search(text)
        if found:
            values = {name: _value(name, value) for name, value in found.groupdict().items()}
            return {"code": code, "values": values, "text": words}
    return {"code": OTHER, "values": {}, "text": words}


def _value(name: str, value: str) -> str | float:
    return float(value) if name.endswith(("_m", "_m2")) else value


def without_options(text: str) -> str:
    """A message of the command line as the API says it: its options are fields."""
    return _OPTION.sub(lambda found: f"`{found[1].replace('-', '_')}`", in_words_of_the_api(text, {}))
