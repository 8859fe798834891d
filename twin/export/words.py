"""Words that every export says alike: the AI label, months, and the line that names the sources."""

from __future__ import annotations

# Wherever a value that a model changed is shown, it says so.
AI_LABEL = "KI-korrigiert"
NO_VALUE_WORDS = {"de": "keine Angabe", "en": "no value"}
# German, English.
MONTHS = (
    ("Januar", "January"),
    ("Februar", "February"),
    ("März", "March"),
    ("April", "April"),
    ("Mai", "May"),
    ("Juni", "June"),
    ("Juli", "July"),
    ("August", "August"),
    ("September", "September"),
    ("Oktober", "October"),
    ("November", "November"),
    ("Dezember", "December"),
)


def credit_of(attribution: object) -> str:
    """The lines that name the sources as one, to be shown wherever the data are shown; "" of none."""
    if isinstance(attribution, list | tuple):
        return " · ".join(str(line) for line in attribution)
    return str(attribution or "")
