"""A weather file in its zip, as DWD's Climate Data Center and EPW collections hand them out, and what lies beside it.

An archive must hold one weather file; it is read in place, within the caller's limit, and nothing is unpacked to disk.
"""

from __future__ import annotations

import fnmatch
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from solar.errors import WeatherError

MAGIC = b"PK\x03\x04"
SUFFIXES = (".epw", ".dat", ".csv", ".txt", ".json")
# DWD names the series so; everything else in its archives describes it.
SERIES, DESCRIPTION = "produkt_*", "Metadaten_*"
MAX_MEMBERS = 10_000
# What the standard library raises, by compression and by the place of the damage.
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError, OSError)
REMEDY = "Unpack it and name the weather file itself"


def read_member(path: Path, limit: int) -> bytes:
    """The first ``limit`` bytes of the one weather file in an archive. Raises WeatherError where there is not one."""
    with _opened(path) as archive:
        names = [name for name in archive.namelist() if name and not name.endswith("/")]
        known = [name for name in names if PurePosixPath(name).suffix.lower() in SUFFIXES]
        known = [name for name in known if not _named(name, DESCRIPTION)]
        chosen = [name for name in known if _named(name, SERIES)] or known
        epw = [name for name in chosen if name.lower().endswith(".epw")]
        chosen = epw or chosen
        if len(chosen) != 1:
            said = f"holds {len(chosen)} files that could be weather" if chosen else "holds no weather file"
            raise WeatherError(f"is a zip archive (or a workbook) that {said}", str(path), remedy=REMEDY)
        with archive.open(chosen[0]) as member:
            return member.read(limit)


def read_beside(file: str, pattern: str, limit: int) -> Iterator[tuple[str, BinaryIO]]:
    """Name and content of the files beside a weather file whose names match, in its archive or its folder."""
    path = Path(file)
    with path.open("rb") as raw:
        packed = raw.read(4) == MAGIC
    if not packed:
        for neighbour in sorted(path.parent.glob(pattern)):
            with neighbour.open("rb") as raw:
                yield str(neighbour), io.BytesIO(raw.read(limit))
        return
    with _opened(path) as archive:
        for name in sorted(archive.namelist()):
            if _named(name, pattern):
                with archive.open(name) as member:
                    yield f"{file}/{name}", io.BytesIO(member.read(limit))


def _named(name: str, pattern: str) -> bool:
    return fnmatch.fnmatch(PurePosixPath(name).name, pattern)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive; whatever is wrong with it, found now or while a member is read, is one WeatherError."""
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MAX_MEMBERS:
                raise WeatherError(f"is a zip archive of more than {MAX_MEMBERS:,} files", str(path), remedy=REMEDY)
            yield archive
    except DAMAGED as error:
        raise WeatherError(f"is a damaged zip archive ({error})", str(path), remedy="Fetch the file again") from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted; packed by an unknown method
        raise WeatherError(f"is a zip archive that cannot be read ({error})", str(path), remedy=REMEDY) from error
