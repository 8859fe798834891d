"""Tables of the city report with a row for each district, what lies outside, and the city."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twin.cityreport.facts import CityFacts
from twin.report.city_words import CityWords
from twin.report.study_blocks import Block, Column, row, table

if TYPE_CHECKING:
    import pandas as pd

# A column and how a row of the districts fills it.
Filled = tuple[Column, "Callable[[pd.Series], str]"]


def district_table(facts: CityFacts, title: str, columns: list[Filled], words: CityWords) -> Block:
    """A table with a row for each district, what lies outside, and the city; columns say how a row fills them."""
    rows = []
    for number, (_, one) in enumerate(facts.rows.iterrows(), start=1):
        outside = number == len(facts.rows)
        label = "" if outside else str(number)
        rows.append(row(label, str(one["district"]), *(fill(one) for _, fill in columns)))
    rows.append(row("", words("city"), *(fill(facts.city) for _, fill in columns), strong=True))
    heads = [Column(words("no"), "right", "auto"), Column(words("district"), "left", 1.0)]
    return table(title, [*heads, *(column for column, _ in columns)], rows)


def amounts(words: CityWords, *wanted: tuple[str, str]) -> list[Filled]:
    """Columns of numbers by heading and column of the rows; energies [kWh] are shown in MWh, masses [kg] in t."""

    def shown(column: str) -> Callable[[pd.Series], str]:
        if column.endswith(("_kwh", "_kwh_ml", "_kg", "value_phys")):
            return lambda one: words.mega(one[column])
        decimals = 1 if column.endswith(("_kwp", "_mw", "_years")) and not column.endswith("_kwh_kwp") else 0
        return lambda one: words.number(one[column], decimals)

    return [(Column(head, "right", "auto"), shown(column)) for head, column in wanted]


def yields(facts: CityFacts, part: str, words: CityWords) -> list[Filled]:
    """Power, physical yield, the corrected one beside it where one was asked for, its band, and yield by power."""
    band = Column(words("band"), "right", "auto")
    corrected = [(words("mwh_ml"), f"{part}_kwh_ml")] if facts.corrected else []
    return [
        *amounts(words, (words("kwp"), f"{part}_kwp"), (words("mwh"), f"{part}_kwh"), *corrected),
        (band, lambda one: words.span(one[f"{part}_p10_kwh"] / 1000, one[f"{part}_p90_kwh"] / 1000)),
        *amounts(words, (words("kwh_kwp"), f"{part}_kwh_kwp")),
    ]
