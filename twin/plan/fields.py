"""Values of attributes as files write them: numbers with commas and units, measures as JSON, names with umlauts."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from twin.errors import TwinError

METRE = ("m", "meter", "metre")
_REMEDY = "give metres, such as 12.5"


def number(value: Any, field: str, where: str) -> float | None:
    """A number of metres as files write it (12.5, "12,5", "12.5 m"); None where there is none.

    ``where`` names the file and the row in errors. Raises TwinError for text, and for what is infinite.
    """
    value = content(value, where)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = re.sub(r"\s*m$", "", value.strip()).replace(",", ".")
        if not value:
            return None
    try:
        found = float(value)
    except (TypeError, ValueError) as error:
        raise TwinError(f"{where}: {field} {str(value)[:40]!r} is no number", _REMEDY) from error
    if math.isinf(found):
        raise TwinError(f"{where}: {field} is infinite", _REMEDY)
    return None if math.isnan(found) else found


def content(value: Any, where: str) -> Any:
    """What stands inside a measure with its unit, as JSON services write it: {"_content_": "12.5", "uom": "m"}.

    Raises TwinError for another unit than metres.
    """
    if not isinstance(value, Mapping):
        return value
    unit = str(value.get("uom", "m"))
    if unit.rpartition(":")[2].lower() not in METRE:
        raise TwinError(f"{where}: a height in {unit[:40]}", "give it in metres")
    return next((value[key] for key in ("_content_", "value", "#text") if key in value), None)


def plain(name: str) -> str:
    """A field's name without capitals, umlauts and signs: "Höhe" → "hoehe", "roof:shape" → "roof_shape"."""
    name = name.strip().lower()
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        name = name.replace(umlaut, letters)
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[\s:.-]+", "_", name)
