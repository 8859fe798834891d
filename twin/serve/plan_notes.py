"""What must be known of a dropped plan, as codes with values: a page words them in its reader's language.

The words go with them, in English and in German, without the names of options.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from twin.plan.notes import Note
from twin.report.study_phrases import german
from twin.serve.problem import in_words_of_the_api

_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


def noted(notes: Sequence[Note]) -> list[dict[str, Any]]:
    """Code, values and words in both languages of each remark, in their order."""
    return [
        {
            "code": note.code,
            "values": dict(note.values),
            "text": {"de": without_options(german(note.words)), "en": without_options(note.words)},
        }
        for note in notes
    ]


def without_options(text: str) -> str:
    """A message of the command line as the API says it: its options are fields."""
    return _OPTION.sub(lambda found: f"`{found[1].replace('-', '_')}`", in_words_of_the_api(text, {}))
