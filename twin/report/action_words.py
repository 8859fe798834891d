"""Actions that name what they found (an id, an area), in German; English is what the readers wrote.

Each is a pattern of the readers' sentence and the German one, with the parts in their places. A sentence without a
pattern is shown as the reader wrote it.
"""

from __future__ import annotations

import re

_NUMBER = r"([\d.,]+)"
ACTION_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), german)
    for pattern, german in (
        (rf"kept; shares {_NUMBER} m² with (.+) of (.+)", "behalten; hat {0} m² gemeinsam mit {1} von {2}"),
        (r"named (.+)", "benannt als {0}"),
        (r"left out: (.+ is .+)", "weggelassen: {0}"),
        (r"zone (\d+) taken off the eastings", "Zone {0} von den Ostwerten genommen"),
        (
            r"kept; (.+) lies outside the area of (.+): check --crs",
            "behalten; {0} liegt außerhalb von {1}: --crs prüfen",
        ),
        (
            rf"left out: they give {_NUMBER} m², the geometry of the object itself {_NUMBER} m²",
            "weggelassen: sie ergeben {0} m², die Geometrie des Objekts selbst {1} m²",
        ),
        (
            rf"LoD(\d) left out: it gives {_NUMBER} m², LoD(\d) {_NUMBER} m²",
            "LoD{0} weggelassen: es ergibt {1} m², LoD{2} {3} m²",
        ),
        (r"(.+) overruled by (.+)", "{0} durch {1} ersetzt"),
        (r"from (.+) to (.+), to ([\d.e+-]+) m", "von {0} nach {1}, auf {2} m genau"),
        (r"(\d+) members left out: (.+)", "{0} Dateien des Archivs weggelassen: {1}"),
    )
)


def german_action(action: str) -> str:
    """An action in German where a pattern fits it."""
    for pattern, german in ACTION_PATTERNS:
        if found := pattern.fullmatch(action):
            return german.format(*found.groups())
    return action
