"""From what the user names to documents: files, folders with everything below them, patterns, zip archives.

A pattern such as ``*.gml`` is expanded here too, for Windows' command line hands it over as it is. Members of a zip are
read one by one out of the archive; others are counted. What cannot be listed is yielded as the error it is, so that the
rest goes on.
"""

from __future__ import annotations

import glob
import os
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from io_citygml.errors import CityModelError, NotACityModel
from io_citygml.repair import Defect, ReadReport
from io_citygml.source import Source, printable, unpacked_limit, unreadable

SUFFIXES = (".gml", ".xml", ".citygml", ".json", ".jsonl")
MEMBER_LIMIT = 100_000
"""Members of a zip: its list alone needs 300 bytes of memory each."""
_ZIP = ".zip"
_ENTRY_BYTES = 46
"""Of the fixed part of an entry in the list of members (PKWARE APPNOTE 4.3.12)."""


def documents(paths: Sequence[Path], report: ReadReport) -> Iterator[Source | CityModelError]:
    """Every document below the paths, in order; an archive stays open while its members are yielded."""
    for path in paths:
        try:
            files = list(_files(path))
        except OSError as error:  # a name that is too long, a folder that may not be entered
            files = [unreadable(error, str(path))]
        for source in files:
            if isinstance(source, Source) and _is_zip(source.path):
                yield from _members(source, report)
            else:
                yield source


def _files(path: Path) -> Iterator[Source | CityModelError]:
    """The files a path stands for."""
    if not _is_name(str(path)):
        yield _not_unicode(str(path))
    elif path.is_dir():
        yield from _folder(path)
    elif glob.has_magic(str(path)) and not path.exists():
        found = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207  pathlib refuses "a**"
        if not found:
            yield CityModelError("no file fits this pattern", file=str(path), remedy="Check the path")
        for item in map(Path, found):
            yield from _folder(item) if item.is_dir() else iter([Source(item)])
    else:
        yield Source(path)


def _folder(path: Path) -> Iterator[Source | CityModelError]:
    """City models and archives in a folder and all folders below it, sorted; links to folders are not followed."""
    empty = True
    errors: list[OSError] = []
    for folder, inside, names in os.walk(path, onerror=errors.append):
        inside.sort()
        for name in sorted(names):
            if not is_city_name(name) and not name.lower().endswith(_ZIP):
                continue
            empty = False
            item = Path(folder, name)
            yield Source(item, named=False) if _is_name(str(item)) else _not_unicode(str(item))
    yield from (unreadable(error, str(error.filename)) for error in errors)
    if empty and not errors:
        yield CityModelError(
            "the folder holds no .gml, .xml, .citygml, .json, .jsonl (plain or .gz) or .zip file",
            file=str(path),
            remedy="Give the folder that holds the files",
        )


def is_city_name(name: str) -> bool:
    """Whether a file of this name may be a city model; "._a.gml" is what macOS adds to a.gml."""
    return not name.startswith("._") and name.lower().removesuffix(".gz").endswith(SUFFIXES)


def _is_name(name: str) -> bool:
    """Whether reports and tables can hold the name: valid Unicode without a zero."""
    return not any("\ud800" <= c <= "\udfff" or c == "\0" for c in name)


def _not_unicode(name: str) -> CityModelError:
    return CityModelError("the file name is not valid UTF-8", file=printable(name), remedy="Rename the file")


def _is_zip(path: Path) -> bool:
    """Whether a file starts like a zip archive; False for what cannot be opened, which its reader will say."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
    except OSError:
        return False


def _members(source: Source, report: ReadReport) -> Iterator[Source | CityModelError]:
    """City models in an archive, in its order; counts the other members."""
    name = str(source.path)
    try:
        check_list(source.path)
        archive = zipfile.ZipFile(source.path)
    except CityModelError as error:
        yield error
        return
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as error:
        problem = f"the zip archive is damaged or cut off ({error})"
        yield CityModelError(problem, file=name, remedy="Download the file again")
        return
    except OSError as error:
        yield unreadable(error, name)
        return
    with archive:
        others: Counter[str] = Counter()
        empty = True
        # zipfile hands out no more of a member than its entry says, so this bounds them all together
        if sum(member.file_size for member in archive.infolist()) > unpacked_limit(source.path.stat().st_size):
            problem = f"unpacks to more than {unpacked_limit(source.path.stat().st_size):,} bytes (a zip bomb?)"
            yield CityModelError(problem, file=name, remedy="Unpack it first if it is to be trusted")
            return
        for member in archive.infolist():
            inside = PurePosixPath(member.filename)
            if member.is_dir():
                continue
            if member.filename.lower().endswith(_ZIP):
                shown = Source(source.path, False, archive, member).name
                problem = "a zip archive inside a zip archive is not opened"
                yield CityModelError(problem, file=shown, remedy="Unpack the outer one first")
            elif is_city_name(inside.name):
                empty = False
                yield Source(source.path, False, archive, member)
            else:
                others[printable(inside.suffix.lower()) or "without suffix"] += 1
    if empty:
        kind = CityModelError if source.named else NotACityModel
        yield kind("the zip archive holds no city model", file=name, remedy="Give CityGML or CityJSON files in it")
    elif others:
        listed = ", ".join(f"{count} {suffix}" for suffix, count in others.most_common(5))
        action = f"{others.total()} members left out: {listed}"
        report.add(Defect("not a city model", "", "", name, 0, 0.0, action))


def check_list(path: Path) -> None:
    """Raise CityModelError for an archive whose list of members alone would fill the memory."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65_557))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        return
    count, list_bytes = struct.unpack_from("<HL", tail, end + 10)
    locator = tail.rfind(b"PK\x06\x06", 0, end)
    if list_bytes == 0xFFFFFFFF and locator >= 0 and len(tail) >= locator + 56:
        count, list_bytes = struct.unpack_from("<QQ", tail, locator + 32)
    if max(count, min(list_bytes, size) // _ENTRY_BYTES // 4) > MEMBER_LIMIT:
        raise CityModelError(
            f"the zip archive lists more than {MEMBER_LIMIT:,} members", file=str(path), remedy="Unpack it first"
        )
