"""The .prj beside a terrain file that names no coordinate system: one line of well-known text, in its archive too."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import PurePosixPath

from twin.terrain.source import Source

LONGEST = 1 << 16
# What a .prj, or the archive that holds it, may raise while it is read.
UNREADABLE = (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def text_of(source: Source) -> str | None:
    """The text of the .prj beside a file, or beside a member of an archive in there; None where there is none.

    Raises
    ------
    Exception
        One of UNREADABLE.
    """
    if source.member is not None:
        return _of_member(source, source.member)
    plain = source.path.with_suffix("") if source.path.suffix.lower() == ".gz" else source.path
    path = plain.with_suffix(".prj")
    if not path.is_file():
        return None
    with path.open(encoding="latin-1") as stream:
        return stream.read(LONGEST).strip()


def _of_member(source: Source, member: str) -> str | None:
    """The same of a member of an archive, whose names may differ in case."""
    wanted = str(PurePosixPath(member).with_suffix(".prj")).lower()
    with zipfile.ZipFile(source.path) as archive:
        for name in archive.namelist():
            if name.lower() == wanted:
                with archive.open(name) as stream:
                    return stream.read(LONGEST).decode("latin-1").strip()
    return None


def name_of(source: Source) -> str:
    """What the .prj is called, without its folder: reports do not tell where someone's files lie."""
    name = source.path.name if source.member is None else PurePosixPath(source.member).name
    plain = name[:-3] if source.member is None and name.lower().endswith(".gz") else name
    return str(PurePosixPath(plain).with_suffix(".prj"))


def why(error: Exception) -> str:
    """In words what kept one from being read."""
    return str((error.strerror if isinstance(error, OSError) else None) or error)
