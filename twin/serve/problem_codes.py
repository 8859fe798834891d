"""What who looks at the viewer may be refused, as codes with values: a page words them in its reader's language.

Refusals and failures keep their English words, which come from many places, most of them written for whoever runs the
command line. The usual ones have a code of their own here, as warnings have in `twin.serve.plan_notes`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

OTHER = "other"
_NUMBER = r"-?\d[\d,.]*"
# Code → how the sentence goes; its groups are the values. What follows a colon may begin with a file's or an id's name.
SENTENCES: dict[str, str] = {
    # a footprint that was drawn
    "far": rf"^the footprint lies more than (?P<km>{_NUMBER}) km from the city",
    "size": rf"^the footprint has (?P<area_m2>{_NUMBER}) m²",
    "crosses": r": not a simple polygon: ",
    # a file
    "far_file": rf": the plan lies (?P<km>{_NUMBER}) km from the city's buildings",
    "no_place": r": its coordinates have no place in (?P<crs>\S+)$",
    "crs_missing": r": the file does not say its coordinate system$",
    "unsaid": r": .+ does not say its (?:unit|upward axis|place)",
    "height_missing": r": no height \(its fields: ",
    "not_above": r"(?: is| are) not above the ground",
    "hovers_far": rf": the plan hovers: .* is (?P<by_m>{_NUMBER}) m above the ground",
    "buried": r": the plan lies in the ground: ",
    "too_wide": rf": the plan is (?P<wide_m>{_NUMBER}) m wide and (?P<tall_m>{_NUMBER}) m high",
    "tiny": rf": the plan is (?P<wide_mm>{_NUMBER}) mm wide and (?P<tall_mm>{_NUMBER}) mm high",
    "ending": r"^a file of the ending '(?P<ending>.*)' is not taken$",
    "content": r"^the content is no (?P<format>.+)$",
    "empty": r"^(?:.+: )?the file is empty$",
    "too_large": r"^the body is larger than (?P<most>.+)$",
    # what is asked of the day and the city
    "no_sun": r"^(?P<date>\d{4}-\d\d-\d\d): the sun does not rise",
    "unknown_building": r"^(?P<building>.+): no such object in ",
    "field": r"^(?P<field>date|footprint|height_m|height_field|heights|base_m|remove|name|crs|unit|origin|up"
    r"|rotation_deg)[.\w]*: ",
    # the server
    "off": r"^no plans can be dropped in here: ",
    "no_files": r"^the files of the (?:city|terrain) are not where the job read them",
    "many_receivers": rf"^the job has (?P<count>{_NUMBER}) receivers, of which ",
    "waiting": r"^too many are waiting$",
    "busy": r"^too many questions at a time$",
    "late": rf"^not done within (?P<seconds>{_NUMBER}) s$",
    "ended": r"^the process that computes ended",
    "memory": r"^(?:more than .+ GB of memory|too large for this server's memory)$",
    "gone": r"^no job of this id$",
    "token": r"^whatever is not reading needs the token",
    "cannot": r"^(?:it cannot be computed|the server could not answer)$",
}
_KNOWN = {code: re.compile(sentence) for code, sentence in SENTENCES.items()}
CODES = (*_KNOWN, OTHER)


class Coded(NamedTuple):
    """A code and the values in its sentence."""

    code: str
    values: dict[str, str | float]


def coded(detail: str) -> Coded:
    """The code of what a refusal says; `OTHER` where it is none of the usual ones."""
    for code, sentence in _KNOWN.items():
        found = sentence.search(detail)
        if found:
            return Coded(code, {name: _value(name, value) for name, value in found.groupdict().items()})
    return Coded(OTHER, {})


def _value(name: str, value: str) -> str | float:
    number = name in ("km", "seconds", "count") or name.endswith(("_m", "_mm", "_m2"))
    return float(value.replace(",", "").rstrip(".")) if number else value
