"""What a user must know of the layers before using a city report; shown on the screen and at the report's head."""

from __future__ import annotations

from twin.cityreport.facts import CityFacts
from twin.plain_text import printable
from twin.report.city_words import CityWords

# Names that are shown of a list.
SHOWN = 3


def warnings_of(facts: CityFacts, words: CityWords) -> list[str]:
    """Layers that were not read, districts without a name, and a layer that most of the city does not lie in."""
    read = facts.polygons
    out = []
    if read.other_layers:
        out.append(words("warn_layers", read.path.name, printable(read.layer), listed(read.other_layers)))
    if read.column is None:
        columns = listed(read.columns, len(read.columns)) or words("warn_no_columns")
        out.append(words("warn_no_names", read.path.name, columns))
    elif read.unnamed:
        out.append(words("warn_unnamed", read.path.name, words.number(len(read.unnamed)), listed(read.unnamed)))
    if facts.many_outside:
        numbers = (facts.buildings_outside, facts.city["buildings"])
        out.append(words("warn_outside", *map(words.number, numbers)))
    return out


def listed(names: tuple[str, ...], most: int = SHOWN) -> str:
    """The first names of a list."""
    return ", ".join(map(printable, names[:most])) + (" …" if len(names) > most else "")
