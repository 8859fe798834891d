"""Folders that a verb writes whole: whose files lie there, so that a later run takes away its own and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from twin.errors import TwinError
from twin.file_lock import alone
from twin.store import to_json, write_atomically

AGAIN = "name another folder"


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
        raise TwinError(f"{out}: is a file", "name a folder")
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


@contextmanager
def folder_aside(out: Path, name: str) -> Iterator[Path]:
    """A hidden folder inside ``out`` to write into, for one run at a time, gone when the block ends.

    Raises
    ------
    TwinError
        Where it cannot be made, or another run is writing there.
    """
    aside = out / name
    made = not out.exists()
    with ExitStack() as stack:
        try:
            out.mkdir(parents=True, exist_ok=True)
            stack.callback(_remove_if_empty, out, made)
            stack.enter_context(alone(out / f"{name}.lock"))
            shutil.rmtree(aside, ignore_errors=True)  # of a run that was killed
            aside.mkdir()
        except BlockingIOError as error:
            raise TwinError(f"{out}: another run is writing there", f"wait for its end, or {AGAIN}") from error
        except OSError as error:
            raise TwinError(f"{out}: cannot be made ({error.strerror})", AGAIN) from error
        stack.callback(shutil.rmtree, aside, ignore_errors=True)
        yield aside


def _remove_if_empty(out: Path, made: bool) -> None:
    """Take away the folder that this run made and that nothing came of."""
    if made and out.is_dir() and not any(out.iterdir()):
        out.rmdir()


def settle(out: Path, owner: Owner, aside: Path, files: list[str], facts: Mapping[str, Any]) -> None:
    """Move finished files in the place of an earlier run's; the head says so first and last.

    Raises
    ------
    TwinError
        As `check_out`, and where two files have one name or one would replace what belongs to nobody.
    """
    earlier = check_out(out, owner) if (out / owner.head).is_file() else []
    if len(set(files)) < len(files):
        twice = sorted(name for name in set(files) if files.count(name) > 1)
        raise TwinError(f"{out / twice[0]}: two things of {owner.what} have this name", "give one another name")
    foreign = [name for name in files if name not in earlier and (out / name).exists()]
    if foreign:
        raise TwinError(f"{out / foreign[0]}: is there already and belongs to no earlier run", AGAIN)
    head = {"schema": owner.schema, "kind": owner.kind, "finished": False, "files": sorted({*earlier, *files})}
    write_atomically(out / owner.head, to_json(head))
    for name in earlier:
        if name not in files:
            (out / name).unlink(missing_ok=True)
            _remove_empty(out, (out / name).parent)
    # Writers name the file first that readers open first: it comes last, when all that it names is there.
    for name in reversed(files):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).replace(out / name)
    write_atomically(out / owner.head, to_json({**head, "finished": True, "files": files, **facts}))


def _remove_empty(out: Path, folder: Path) -> None:
    """Take away folders of an earlier run that hold nothing any more."""
    while folder != out and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _inside(name: str) -> bool:
    """Whether a name stays inside the folder it is relative to."""
    path = PurePosixPath(name)
    return (
        bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
    )
