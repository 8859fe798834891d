"""The folder of a Stadtbericht: files that an earlier report wrote are replaced, anybody else's are not.

Everything is written into a hidden folder inside and moved into place when all of it stands; the head, which lists the
report's files, says "finished": false until the last has moved.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.errors import TwinError
from twin.export.own_folder import AGAIN, Owner, files_of
from twin.store import to_json, write_atomically

HEAD = "stadtbericht.json"
OWNER = Owner(HEAD, "heliotwin report", 1, "a report")
ASIDE = ".stadtbericht.part"


def check_folder(folder: Path, names: Sequence[str], inputs: Sequence[Path]) -> list[str]:
    """Files of the report that lies in a folder; none where there is none.

    Parameters
    ----------
    names
        Files that are to be written.
    inputs
        What is read: none of it may be written over, under whatever name it was given.

    Raises
    ------
    TwinError
        Where the path is a file, or a file to be written is an input or was written by no report.
    """
    if folder.exists() and not folder.is_dir():
        raise TwinError(f"{folder}: is a file", AGAIN)
    for path in (folder, *(folder / name for name in (*names, HEAD))):
        if path.exists() and any(source.exists() and path.samefile(source) for source in inputs):
            raise TwinError(f"{path}: is read by this report and would be written over", AGAIN)
    earlier = files_of(folder, OWNER) if (folder / HEAD).exists() else []
    for name in names:
        if name not in earlier and (folder / name).exists():
            raise TwinError(f"{folder / name}: is there already and no earlier report wrote it", AGAIN)
    return earlier


def write_folder(
    folder: Path,
    files: Mapping[str, bytes | Callable[[Path], object]],
    facts: Mapping[str, Any],
    inputs: Sequence[Path],
) -> list[str]:
    """Write a report's files together; their names, the head last.

    Parameters
    ----------
    files
        Content by name, or what writes it under the path given.
    facts
        What the head says beside the names.

    Raises
    ------
    TwinError
        As `check_folder`, and where the folder cannot be written.
    """
    names = list(files)
    earlier = check_folder(folder, names, inputs)
    aside = folder / ASIDE
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for name, content in files.items():
            if isinstance(content, bytes):
                write_atomically(aside / name, content)
            else:
                content(aside / name)
        # While they were made, somebody may have put a file there.
        check_folder(folder, names, inputs)
        head = {"schema": OWNER.schema, "kind": OWNER.kind, "finished": False, "files": sorted({*earlier, *names})}
        write_atomically(folder / HEAD, to_json(head))
        for name in earlier:
            if name not in files:
                (folder / name).unlink(missing_ok=True)
        for name in names:
            (aside / name).replace(folder / name)
        write_atomically(folder / HEAD, to_json({**head, "finished": True, "files": names, **facts}))
    except OSError as error:
        raise TwinError(f"{folder}: cannot be written ({error.strerror or error})", AGAIN) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [*names, HEAD]
