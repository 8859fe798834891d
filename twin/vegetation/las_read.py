"""The laspy door: LAS and LAZ files, a million points at a time.

Sources: ASPRS LAS specification 1.4 R15 (classes: table 17); laspy (https://laspy.readthedocs.io).
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.vegetation.crowns import Floats
from twin.vegetation.las_place import Stated

if TYPE_CHECKING:
    import laspy

SUFFIXES = (".las", ".laz")
CHUNK = 1_000_000
# Bytes: heads of LAS 1.0 and 1.4, heads of records before and behind the points (LAS 1.4 R15, tables 3, 9, 15).
SHORTEST_HEAD, LONGEST_HEAD, RECORD_HEAD, LATE_RECORD_HEAD = 227, 375, 54, 60
_REMEDY = "download it again"


class Head(NamedTuple):
    """What the head of a file says."""

    low: Floats  # (3,) as the file counts
    high: Floats  # (3,)
    n_points: int
    stated: Stated


class Chunk(NamedTuple):
    """Points as the file counts."""

    point: Floats  # (N, 3)
    kind: NDArray[np.uint8]  # (N,) ASPRS class
    returns: NDArray[np.uint8]  # (N,) returns of the pulse
    dropped: NDArray[np.bool_]  # (N,) withheld by the producer


def scans(paths: Sequence[Path]) -> list[Path]:
    """The LAS and LAZ files of files and folders, by name; each once.

    Raises
    ------
    TwinError
        Where a path does not exist or holds no scan.
    """
    found: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise TwinError(f"{path}: no such file", "check the path of the laser scan")
        inside = [path] if path.is_file() else [p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES]
        if not inside:
            raise TwinError(f"{path}: the folder holds no .las or .laz file", "give the folder that holds them")
        found.update(inside)
    return sorted(found, key=lambda path: (path.name, str(path)))


def _as_detail(record: logging.LogRecord) -> bool:
    """laspy logs an error for each decompressor that fails and for missing points, then raises or hands over what it
    has: the error that the user sees is ours, and these lines are for the log file."""
    record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return True


@contextmanager
def _opened(path: Path) -> Iterator[laspy.LasReader]:
    import laspy
    from lazrs import LazrsError

    logging.getLogger("laspy.lasreader").addFilter(_as_detail)  # added once, however often
    try:
        _check_records(path)
        with laspy.open(path) as reader:
            yield reader
    except (  # what a damaged file makes laspy and its decompressor raise
        laspy.errors.LaspyException,
        LazrsError,
        ValueError,
        OSError,
        EOFError,
        OverflowError,
        MemoryError,
    ) as error:
        problem = f"{path}: cannot be read as LAS or LAZ ({type(error).__name__}: {error})"
        raise TwinError(problem, _REMEDY) from error


def _check_records(path: Path) -> None:
    """ValueError where a head names more records than a file can hold: laspy would look for four thousand million."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(LONGEST_HEAD)
    if len(head) < SHORTEST_HEAD or head[:4] != b"LASF":
        return  # laspy says what is wrong
    head_size, points_at, records = struct.unpack_from("<HII", head, 94)
    if records * RECORD_HEAD > max(min(points_at, size) - head_size, 0):
        raise ValueError(f"{records:,} records before its points, which begin at byte {points_at:,}")
    if head[25] >= 4 and len(head) == LONGEST_HEAD:
        first, records = struct.unpack_from("<QI", head, 235)
        if records * LATE_RECORD_HEAD > max(size - first, 0):
            raise ValueError(f"{records:,} records behind its points, from byte {first:,} of {size:,}")


def head_of(path: Path) -> Head:
    """Head of a file.

    Raises
    ------
    TwinError
        Where it is no LAS or LAZ file.
    """
    from laspy.vlrs.known import GeoKeyDirectoryVlr, WktCoordinateSystemVlr

    with _opened(path) as reader:
        header = reader.header
        wkt, keys = "", {}
        for record in (*header.vlrs, *(header.evlrs or ())):
            if isinstance(record, WktCoordinateSystemVlr):
                wkt = wkt or str(record.string).strip("\0 ")
            elif isinstance(record, GeoKeyDirectoryVlr):
                keys = {int(k.id): int(k.value_offset) for k in record.geo_keys if not k.tiff_tag_location}
        low, high = np.array(header.mins, float), np.array(header.maxs, float)
        return Head(low, high, int(header.point_count), Stated(wkt, keys))


def chunks(path: Path) -> Iterator[Chunk]:
    """The points of a file.

    Raises
    ------
    TwinError
        Where the file is damaged or ends early.
    """
    with _opened(path) as reader:
        count = 0
        for points in reader.chunk_iterator(CHUNK):
            kind = np.asarray(points.classification, np.uint8)
            count += len(kind)
            yield Chunk(
                point=np.stack([np.asarray(axis, float) for axis in (points.x, points.y, points.z)], axis=1),
                kind=kind,
                returns=np.asarray(points.number_of_returns, np.uint8),
                dropped=np.asarray(points.withheld, bool),
            )
        expected = int(reader.header.point_count)
    if count < expected:
        raise TwinError(f"{path}: cut off, {count:,} of {expected:,} points", _REMEDY)
