"""The folder in the user's cache that a server's data lie in while it runs; what killed servers left is cleared away.

A server holds a lock on a file in its folder. The system lets go of it however the server ends, so a folder whose lock
can be had belongs to nobody; that is surer than a process number, which may be another's by now, or another machine's.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin.file_lock import lock

log = logging.getLogger(__name__)
PREFIX, LOCK = "serve-", "in-use"
# A server that has just made its folder may not hold its lock yet.
YOUNG_S = 60.0


@contextmanager
def own_folder() -> Iterator[Path]:
    """A new folder, gone at the end; those that ended servers left are cleared away first."""
    base = cache_folder()
    if base is not None:
        clear_left_behind(base)
    made = tempfile.TemporaryDirectory(prefix=PREFIX, dir=base, ignore_cleanup_errors=True)
    with made as folder, (Path(folder) / LOCK).open("wb") as held:
        lock(held)
        yield Path(folder)


def clear_left_behind(base: Path) -> int:
    """Remove the folders of servers that have ended; how many there were."""
    count = 0
    for folder in sorted(base.glob(f"{PREFIX}*")):
        if folder.is_symlink() or not _is_old(folder) or _is_in_use(folder / LOCK):
            continue
        log.info("%s: left by a server that was killed; removed", folder.name)
        shutil.rmtree(folder, ignore_errors=True)
        count += 1
    return count


def cache_folder() -> Path | None:
    """The user's folder for what can be made again; None: the system's own for temporary files."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
        if not base:
            return None
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "heliotwin"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _is_old(folder: Path) -> bool:
    try:
        return folder.is_dir() and time.time() - folder.stat().st_mtime > YOUNG_S
    except OSError:
        return False


def _is_in_use(path: Path) -> bool:
    """Whether a process holds the lock; a folder that has none is nobody's."""
    try:
        with path.open("r+b") as held:
            lock(held)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
