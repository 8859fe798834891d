"""Folders that a verb writes whole: whose files lie there, so that a later run takes away its own and nothing else."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from twin.errors import TwinError

AGAIN = "name another folder with -o"


class Owner(NamedTuple):
    """How a folder says whose it is."""

    head: str  # file with keys kind, schema and files
    kind: str
    schema: int
    what: str  # as an error calls it


def check_out(out: Path, owner: Owner) -> list[str]:
    """Files that an earlier run of the owner left, relative to the folder; none where there is none or it is empty.

    Raises
    ------
    TwinError
        Where the path is a file, or the folder holds something else, or was written by a newer release.
    """
    if out.exists() and not out.is_dir():
        raise TwinError(f"{out}: is a file", "name a folder with -o")
    if not out.is_dir():
        return []
    head = out / owner.head
    if not head.is_file():
        # Files that a system or a log leaves are nobody's data.
        if any(not path.name.startswith(".") and path.suffix != ".log" for path in out.iterdir()):
            raise TwinError(f"{out}: not empty and not {owner.what}", AGAIN)
        return []
    return files_of(out, owner)


def files_of(out: Path, owner: Owner) -> list[str]:
    """Files that the head of a folder lists.

    Raises
    ------
    TwinError
        Where the head is not the owner's, or of a newer release.
    """
    head = out / owner.head
    try:
        found = json.loads(head.read_text(encoding="utf-8"))
        kind, schema, files = found["kind"], found["schema"], found["files"]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise TwinError(f"{head}: not the head of {owner.what}", AGAIN) from error
    if kind != owner.kind or not isinstance(schema, int) or not isinstance(files, list):
        raise TwinError(f"{head}: not the head of {owner.what}", AGAIN)
    if schema > owner.schema:
        raise TwinError(f"{out}: schema {schema} is newer than this release knows ({owner.schema})", "update heliotwin")
    return [name for name in files if isinstance(name, str) and _inside(name)]


def _inside(name: str) -> bool:
    """Whether a name stays inside the folder it is relative to."""
    path = PurePosixPath(name)
    return (
        bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
    )
