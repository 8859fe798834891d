"""JSON bytes to a document, stricter than Python's parser: what that accepts without a word is counted or refused.

Python keeps the last of two equal keys, reads NaN and Infinity, and lets half a surrogate pair through, which no
later file could hold (RFC 8259, https://www.rfc-editor.org/rfc/rfc8259, §4, §6 and §8.2). Speed: with the garbage
collector off, as the caller has it, the standard parser is four times faster.
"""

from __future__ import annotations

import json
from typing import Any

from io_citygml.cityjson_place import JsonPlace
from io_citygml.errors import CityModelError, NotACityModel

_DOWNLOAD = "Correct it or download it again"


def load_object(data: bytes, place: JsonPlace) -> dict[str, Any]:
    """The JSON object of a document or of one line; repeated keys and NaN enter the report.

    Raises CityModelError with the line for what is not well-formed, not Unicode or nested too deeply, NotACityModel
    for JSON that is not an object.
    """
    repeated: list[str] = []
    constants: list[str] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) != len(pairs):
            seen: set[str] = set()
            repeated.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return built

    def constant(text: str) -> float:
        constants.append(text)
        return float(text)

    text = _decode(data, place)
    try:
        document = json.loads(text, object_pairs_hook=build, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise _malformed(error, place) from error
    except RecursionError as error:
        raise place.error("the JSON is nested too deeply", remedy=_DOWNLOAD) from error
    except ValueError as error:  # a number of thousands of digits
        raise place.error(f"the JSON holds a number that is too long ({error})", remedy=_DOWNLOAD) from error
    if not isinstance(document, dict):
        raise NotACityModel(
            "the JSON is not an object", file=place.file, line=place.line, remedy="Give CityJSON 1.0 to 2.0"
        )
    if "\\ud" in text or "\\uD" in text:
        _refuse_lone_surrogates(document, place)
    for key in repeated:
        place.defect("duplicate JSON key", key, "the last one counts")
    if constants:
        action = f"{len(constants)} × {', '.join(sorted(set(constants)))}: coordinates left out, attributes ignored"
        place.defect("number that JSON does not know", "", action)
    return document


def _decode(data: bytes, place: JsonPlace) -> str:
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        line = place.line or data.count(b"\n", 0, error.start) + 1
        problem = f"byte {error.start + 1} is not {error.encoding.upper()} ({error.reason})"
        raise CityModelError(problem, file=place.file, line=line, remedy="Save the file as UTF-8") from error


def _malformed(error: json.JSONDecodeError, place: JsonPlace) -> CityModelError:
    if error.msg == "Extra data":
        problem = "another JSON value follows the first"
        remedy = "A CityJSONSeq holds one object a line: join the lines of each"
    else:
        problem, remedy = f"the JSON is not well-formed ({error.msg}, column {error.colno})", _DOWNLOAD
    return CityModelError(problem, file=place.file, line=place.line or error.lineno, remedy=remedy)


def _refuse_lone_surrogates(document: dict[str, Any], place: JsonPlace) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise place.error("a text holds half of a surrogate pair (\\ud800 to \\udfff)", remedy=_DOWNLOAD) from error
    except RecursionError as error:
        raise place.error("the JSON is nested too deeply", remedy=_DOWNLOAD) from error
