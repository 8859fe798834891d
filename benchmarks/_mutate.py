"""Seeded mutations of an input: bytes flipped, cut and doubled; numbers, words and tags exchanged; two inputs spliced.

Token-level changes get past a parser's first line, byte-level ones find what nobody thinks of. The same random state
gives the same input again, on every machine.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_TOKEN = re.compile(rb"[-+]?\d[\d.eE+-]*|[A-Za-z_][\w:.-]*|\"[^\"\n]{0,80}\"|</?[^<>\n]{0,120}>|[^\sA-Za-z0-9]")
_NUMBER = re.compile(rb"[-+]?\d[\d.eE+-]*")
# What parsers of numbers stumble over.
_VALUES = (
    b"0 -1 1 -0.0 NaN nan INF -inf 1e308 -1e308 1e400 1e-320 9999999999 18446744073709551616 4294967296 -2147483649 "
    b"0x10 1_000 1,5 1e 1.2.3 -- + . 123456789012345678901234567890 32445623.7 90 180 -180.5 true null [] {} 1e8 1e9"
).split() + [b"", b" ", b"\xd9\xa3", b"9" * 400, b"\xe2\x88\x92" + b"5"]
_BYTES = (b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"<", b">", b"&", b"&amp;", b"&x;", b'"', b"'")
_BYTES += (b"]]>", b"<!--", b"<![CDATA[", b"<?x?>", b"{", b"}", b"[", b"]", b",", b":", b";", b"\t")
_BYTES += (b"\\ud800", b"\\u0000")
_OPEN = re.compile(rb"<([A-Za-z][\w:.-]*)[^<>]*>|[\[{]")
_ATTRIBUTE = re.compile(rb"\"[^\"\n<>]{0,80}\"")
_LONGEST = 200_000
"""Doubling must not let inputs grow without end."""


def mutated(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """One to four mutations of an input."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        data = chance.choice(MUTATIONS)(data, others, chance)
    return data[:_LONGEST]


def _span(data: bytes, chance: random.Random) -> tuple[int, int]:
    """A stretch of the input, most often a short one."""
    begin = chance.randrange(len(data) + 1)
    return begin, min(len(data), begin + int(chance.expovariate(1 / 12)) + 1)


def flip(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """One bit."""
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def delete(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A stretch gone."""
    begin, end = _span(data, chance)
    return data[:begin] + data[end:]


def duplicate(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A stretch twice or many times."""
    begin, end = _span(data, chance)
    return data[:end] + data[begin:end] * chance.choice((1, 1, 2, 50)) + data[end:]


def insert(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Bytes that mean something to a parser."""
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(_BYTES) + data[place:]


def truncate(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The end gone."""
    return data[: chance.randrange(len(data) + 1)]


def splice(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The beginning of this input and the end of another."""
    other = chance.choice(others)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def number(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A number becomes a strange one."""
    return _replaced(data, _NUMBER, lambda _: chance.choice(_VALUES), chance)


def nudge(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A digit becomes another: still a number, perhaps of another place."""
    return _replaced(data, _NUMBER, lambda token: _other_digit(token, chance), chance)


def _other_digit(token: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(token))
    return token[:place] + b"%d" % chance.randrange(10) + token[place + 1 :]


def _replaced(data: bytes, kind: re.Pattern[bytes], by: Callable[[bytes], bytes], chance: random.Random) -> bytes:
    """The next token of a kind from somewhere on, replaced."""
    found = kind.search(data, chance.randrange(len(data) + 1)) or kind.search(data)
    return data if found is None else data[: found.start()] + by(found[0]) + data[found.end() :]


def token(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A token takes the place of another, from here or from another input."""
    source = chance.choice((data, data, chance.choice(others)))
    found = _TOKEN.search(source, chance.randrange(len(source) + 1))
    return data if found is None else _replaced(data, _TOKEN, lambda _: found[0], chance)


def drop(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A token gone."""
    return _replaced(data, _TOKEN, lambda _: b"", chance)


def swap(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Two numbers in each other's place."""
    first = _NUMBER.search(data, chance.randrange(len(data) + 1))
    second = first and _NUMBER.search(data, first.end() + chance.randrange(200) if first.end() < len(data) else 0)
    if first is None or second is None or second.start() < first.end():
        return data
    return data[: first.start()] + second[0] + data[first.end() : second.start()] + first[0] + data[second.end() :]


def line(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A line gone, twice, or moved."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    place, how = chance.randrange(len(lines)), chance.randrange(3)
    taken = lines[place]
    if how == 0:
        del lines[place]
    elif how == 1:
        lines.insert(place, taken)
    else:
        lines.insert(chance.randrange(len(lines)), lines.pop(place))
    return b"".join(lines)


def nested(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A whole element, object or list gone, twice, empty, or in another's place: still well-formed."""
    first = _nested_span(data, chance)
    second = _nested_span(data, chance)
    if first is None or second is None:
        return data
    (begin, end), how = first, chance.randrange(4)
    if how == 0:
        return data[:begin] + data[end:].lstrip(b",")
    if how == 1:
        comma = b"," if data[begin : begin + 1] in (b"{", b"[") else b""
        return data[:end] + comma + data[begin:end] + data[end:]
    if how == 2:
        return data[:begin] + chance.choice((b"{}", b"[]", b"null", b"0", b"<a/>", b"")) + data[end:]
    return data[:begin] + data[second[0] : second[1]] + data[end:]


def _nested_span(data: bytes, chance: random.Random) -> tuple[int, int] | None:
    found = _OPEN.search(data, chance.randrange(len(data) + 1))
    if found is None:
        return None
    if found[1] is not None:
        close = b"</" + found[1] + b">"
        end = data.find(close, found.end())
        return None if end < 0 else (found.start(), end + len(close))
    depth, partner = 0, {b"{": b"}", b"[": b"]"}[found[0]]
    for place in range(found.start(), min(len(data), found.start() + 4000)):
        byte = data[place : place + 1]
        depth += (byte == found[0]) - (byte == partner)
        if depth == 0:
            return found.start(), place + 1
    return None


def attribute(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A quoted text takes the place of another."""
    source = chance.choice((data, data, chance.choice(others)))
    found = _ATTRIBUTE.search(source, chance.randrange(len(source) + 1))
    return data if found is None else _replaced(data, _ATTRIBUTE, lambda _: found[0], chance)


_ROUGH = (flip, delete, duplicate, insert, truncate, splice, token, drop)
# Most inputs should get past the parser's first line.
MUTATIONS = (*_ROUGH, *3 * (number, nudge, swap, line, nested, attribute))
