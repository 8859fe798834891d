"""How high XPlanung lets a building be: XP_Hoehenangabe, in columns or nested, as the height of one envelope.

It says what a height counts from (``hoehenbezug``) and what it is the height of (``bezugspunkt``). Both enumerations
are those of versions 5.2 to 6.0 (https://xleitstelle.de); of h, hMax, hMin, hZwingend the first one given counts, in
the order that VC Map's XPlanung plugin takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from twin.errors import TwinError
from twin.plan.fields import content, number, plain
from twin.plan.notes import Note, other

HEIGHTS = ("h", "hmax", "hmin", "hzwingend")
ABSOLUTE = {"1000": "absolutNHN", "1100": "absolutNN", "1200": "absolutDHHN"}
RELATIVE = {
    "2000": "relativGelaendeoberkante",
    "2500": "relativGehwegOberkante",
    "3000": "relativBezugshoehe",
    "3500": "relativStrasse",
    "4000": "relativEFH",
}
POINT = {
    "1000": "TH",
    "2000": "FH",
    "3000": "OK",
    "3500": "LH",
    "4000": "SH",
    "4500": "EFH",
    "5000": "HBA",
    "5500": "UK",
    "6000": "GBH",
    "6500": "WH",
    "6600": "GOK",
}
# Which statement gives the top: what bounds the whole building before what bounds its walls; "" names no point.
TOPS = ("", "GBH", "HBA", "OK", "FH", "TH", "WH")
WALLS = ("TH", "WH")
STREET = ("relativGehwegOberkante", "relativStrasse")


class Statement(NamedTuple):
    """One XP_Hoehenangabe."""

    value: float  # [m]
    field: str  # h, hmax …
    base: str  # name of its hoehenbezug, "" where not said
    point: str  # name of its bezugspunkt, "" where not said


class Envelope(NamedTuple):
    """What the statements on one footprint bound [m]."""

    top_m: float
    eaves_m: float | None
    sea: bool  # top and eaves count from the sea, else from the ground
    ground_m: float | None  # level of the ground above the sea, where the plan fixes it
    said: str
    notes: tuple[Note, ...]


def statements_of(properties: Mapping[str, Any], where: str) -> list[Statement]:
    """XPlanung's statements: columns h, hMax … of the footprint itself, and those nested in ``hoehenangabe``.

    ``where`` names file and footprint in errors. Raises TwinError for what is no number or none of XPlanung's codes.
    """
    nested = next((value for name, value in properties.items() if plain(name) == "hoehenangabe"), None)
    if isinstance(nested, str) and nested.strip()[:1] in ("{", "["):
        try:
            nested = json.loads(nested)
        except ValueError as error:
            raise TwinError(f"{where}: its hoehenangabe is no JSON ({error})", "correct it in the file") from error
    out = []
    for entry in [properties, *(nested if isinstance(nested, list) else [nested])]:
        if isinstance(entry, Mapping):
            inner = entry.get("XP_Hoehenangabe", entry)
            found = _statement(inner, where) if isinstance(inner, Mapping) else None
            out += [found] if found is not None else []
    return out


def _statement(entry: Mapping[str, Any], where: str) -> Statement | None:
    lower = {str(name).lower(): value for name, value in entry.items()}
    for field in HEIGHTS:
        value = number(lower.get(field), field, where)
        if value is not None:
            base = _code(lower.get("hoehenbezug"), {**ABSOLUTE, **RELATIVE}, "hoehenbezug", where)
            return Statement(value, field, base, _code(lower.get("bezugspunkt"), POINT, "bezugspunkt", where))
    return None


def _code(value: Any, names: Mapping[str, str], field: str, where: str) -> str:
    """The name of an enumeration's value, given as its number or its name; "" where there is none."""
    text = "" if value is None else re.sub(r"\.0$", "", str(content(value, where)).strip())
    if text in ("", "nan", "None"):
        return ""
    if text in names or text in names.values():
        return names.get(text, text)
    raise TwinError(f"{where}: {field} {text!r} is none of XPlanung's", f"known are {', '.join(names)}")


def envelope_of(
    statements: list[Statement], level_m: float | None, heights: Literal["ground", "sea"] | None, where: str
) -> Envelope:
    """The building that XPlanung's statements bound: an envelope, not a design.

    Parameters
    ----------
    statements
        At least one.
    level_m
        The plan's reference level (bezugshoehe of XP_Plan) [m above sea level], None where unknown.
    heights
        What the user says that heights count from; it counts where hoehenbezug says nothing.
    where
        Names the file and the footprint in errors.

    Raises
    ------
    TwinError
        Where none is the height of a building's top, or what it counts from is not known.
    """
    by_point: dict[str, Statement] = {}
    for statement in statements:
        by_point.setdefault(statement.point, statement)
    top = next((by_point[point] for point in TOPS if point in by_point), None)
    if top is None:
        raise TwinError(
            f"{where}: its heights are those of {', '.join(by_point)}, none is that of the building's top",
            "add a field height [m above ground]",
        )
    if not top.base and heights is None:
        raise TwinError(
            f"{where}: its hoehenangabe does not say what it counts from (hoehenbezug)",
            "say it with --plan-heights ground|sea",
        )
    sea, lift = _counted_from(top, by_point, level_m, heights, where)
    eaves, ground = by_point.get("TH"), by_point.get("GOK")
    roofed = eaves is not None and eaves is not top and eaves.base == top.base
    said = f"XPlanung {top.field}" + (f" of {top.point}" if top.point else "") + f", {top.base or heights}"
    return Envelope(
        top_m=top.value + lift,
        eaves_m=eaves.value + lift if roofed and eaves is not None else None,
        sea=sea,
        ground_m=ground.value if ground is not None and ground.base in ABSOLUTE.values() else None,
        said=said,
        notes=_notes(top, by_point),
    )


def _counted_from(
    top: Statement,
    by_point: Mapping[str, Statement],
    level_m: float | None,
    heights: Literal["ground", "sea"] | None,
    where: str,
) -> tuple[bool, float]:
    """Whether a statement counts from the sea, and what is to be added to it [m]."""
    if top.base == "relativBezugshoehe":
        if level_m is None:
            raise TwinError(
                f"{where}: its height counts from the plan's reference level (relativBezugshoehe), which is not in "
                "the file",
                "add it as a field bezugshoehe [m above sea level]",
            )
        return True, level_m
    if top.base == "relativEFH":
        floor = by_point.get("EFH")
        if floor is None or floor.base in ("relativEFH", "relativBezugshoehe", ""):
            raise TwinError(
                f"{where}: its height counts from the ground floor (relativEFH), whose level is not in the file",
                "add an hoehenangabe with bezugspunkt 4500 (EFH) that counts from the sea or the ground",
            )
        return floor.base in ABSOLUTE.values(), floor.value
    return top.base in ABSOLUTE.values() or (not top.base and heights == "sea"), 0.0


def _notes(top: Statement, by_point: Mapping[str, Statement]) -> tuple[Note, ...]:
    notes = []
    if top.point in WALLS:
        notes.append(f"only the height of its eaves or walls ({top.point}) is fixed: a roof above them is missing")
    if "UK" in by_point:
        notes.append("its underside (UK) is not modelled: the building reaches down to the ground")
    if top.base in STREET:
        notes.append(f"{top.base}: the street's level is not in the file; the ground at the building is taken")
    if top.base == "absolutNN":
        notes.append("absolutNN: heights of an older system, which may differ from the city's by decimetres")
    return tuple(other(words) for words in notes)
