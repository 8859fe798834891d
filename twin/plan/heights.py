"""How high a footprint's building is and what roof it has, as its attributes or the user say.

Plain fields are metres above the ground; what XPlanung says besides is in ``twin.plan.xplanung``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from twin.errors import TwinError
from twin.plan.fields import content, number, plain
from twin.plan.notes import Note
from twin.plan.plan import PlanOptions
from twin.plan.xplanung import envelope_of, statements_of

# Names as twin.plan.fields.plain writes them: small letters, no umlauts, "_" for signs.
HEIGHT = ("height", "height_m", "hoehe", "hoehe_m", "gebaeudehoehe", "measuredheight", "measured_height")
EAVES = ("eaves", "eaves_m", "eaves_height", "traufe", "traufhoehe")
RIDGE = ("ridge", "ridge_m", "ridge_height", "first", "firsthoehe")
ROOF = ("roof", "rooftype", "roof_type", "roof_shape", "dachform")
# A field of these names holds heights above sea level.
SEA = ("height_nhn", "hoehe_nhn", "absolutehoehe", "absolute_height")

Roof = Literal["gable", "hip", "tent", "flat"]
# Numbers of CityGML's roofType, ALKIS and XPlanung's dachform (the same for these), German and OpenStreetMap's words.
ROOF_WORDS: dict[str, Roof] = {
    **dict.fromkeys(("3100", "gable", "gabled", "sattel", "satteldach", "sd"), "gable"),
    **dict.fromkeys(("3200", "hip", "hipped", "walm", "walmdach", "wd"), "hip"),
    **dict.fromkeys(("3500", "tent", "pyramidal", "zelt", "zeltdach", "zd"), "tent"),
    **dict.fromkeys(("1000", "flat", "flach", "flachdach", "fd"), "flat"),
}


class Heights(NamedTuple):
    """How high one building is [m]: all above its ground, or all above the sea."""

    top_m: float
    eaves_m: float | None
    sea: bool
    roof: str  # a Roof, "" where not said, else a form that is not drawn
    said: str  # where it comes from
    ground_m: float | None = None  # level of the ground above the sea, where the file fixes it
    notes: tuple[Note, ...] = ()


def heights_of(properties: Mapping[str, Any], options: PlanOptions, where: str) -> Heights:
    """What the attributes of one footprint, or else the options, say of its height.

    The first of these that is there: --plan-height-field, ridge, height, height above the sea, XPlanung, --plan-height.
    ``where`` names the file and the footprint in errors. Raises TwinError where nothing is there, for what is no
    number, for a height that is not above the ground and for eaves above the top.
    """
    fields = {plain(name): value for name, value in properties.items() if value is not None}
    heights = _heights(properties, fields, options, where)
    if not heights.sea and heights.top_m <= 0.0:
        raise TwinError(
            f"{where}: the height {heights.top_m:g} m ({heights.said}) is not above the ground",
            "give a height above 0, or say that heights count from the sea with --plan-heights sea",
        )
    if heights.eaves_m is not None and heights.eaves_m > heights.top_m:
        raise TwinError(
            f"{where}: its eaves ({heights.eaves_m:g} m) are higher than its top ({heights.top_m:g} m)",
            "correct the fields: both count from the same level",
        )
    if heights.eaves_m is not None and heights.eaves_m <= 0.0 and not heights.sea:
        raise TwinError(f"{where}: its eaves ({heights.eaves_m:g} m) are not above the ground", "correct the field")
    return heights


def _heights(properties: Mapping[str, Any], fields: Mapping[str, Any], options: PlanOptions, where: str) -> Heights:
    roof, sea = _roof(fields, where), options.heights == "sea"
    eaves = _first(fields, EAVES, where)[0]
    if options.height_field is not None:
        if options.height_field not in properties:
            known = ", ".join(properties) or "none"
            raise TwinError(f"{where}: no field {options.height_field!r} (its fields: {known})", "name one of these")
        top = number(properties[options.height_field], options.height_field, where)
        if top is not None:
            return Heights(top, eaves, sea, roof, f"field {options.height_field}")
    for names in (RIDGE, HEIGHT, SEA):
        top, name = _first(fields, names, where)
        if top is not None:
            return Heights(top, eaves, sea or names is SEA, roof, f"field {name}")
    statements = statements_of(properties, where)
    if statements:
        level = number(fields.get("bezugshoehe"), "bezugshoehe", where)
        found = envelope_of(statements, level, options.heights, where)
        eaves_m = eaves if found.eaves_m is None and not found.sea else found.eaves_m
        return Heights(found.top_m, eaves_m, found.sea, roof, found.said, found.ground_m, found.notes)
    if options.height_m is not None:
        return Heights(options.height_m, eaves, False, roof, "--plan-height")
    raise TwinError(
        f"{where}: no height (its fields: {', '.join(properties) or 'none'})",
        "give it with --plan-height METRES, name the field that holds it with --plan-height-field, or add a field "
        "height; a number of storeys is no height",
    )


def _roof(fields: Mapping[str, Any], where: str) -> str:
    for name in ROOF:
        word = plain(str(content(fields.get(name, ""), where)))
        if word:
            word = re.sub(r"_0$", "", word)  # a number that a table made a float
            return ROOF_WORDS.get(word, word)
    return ""


def _first(fields: Mapping[str, Any], names: tuple[str, ...], where: str) -> tuple[float | None, str]:
    """The first of the fields that holds a number, and its name."""
    for name in names:
        value = number(fields.get(name), name, where)
        if value is not None:
            return value, name
    return None, ""
