"""A file that one process at a time holds; the system lets go of it when the process ends, however it ends."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)


def lock(held: IO[bytes]) -> None:
    """Lock an open file.

    Raises
    ------
    OSError
        BlockingIOError where somebody else has it; others where the file system knows no locks.
    """
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from error
    else:
        import fcntl

        fcntl.flock(held.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock file, which is there no longer than the block.

    Raises
    ------
    OSError
        As `lock`, and where the file cannot be made.
    """
    with path.open("wb") as held:
        lock(held)
        if not _is_there(path, held):
            raise BlockingIOError(f"{path}: somebody has just let go of it")
        try:
            yield
        finally:
            if sys.platform != "win32":
                path.unlink()  # while it is held: nobody can have taken it over
    if sys.platform == "win32":
        try:
            path.unlink()
        except PermissionError:
            log.info("%s: is another's already", path)


def _is_there(path: Path, held: IO[bytes]) -> bool:
    """Whether the path still names the file that is held: who had it before takes it away at the end."""
    if sys.platform == "win32":
        return True  # an open file keeps its name
    return path.exists() and os.path.samestat(path.stat(), os.fstat(held.fileno()))
