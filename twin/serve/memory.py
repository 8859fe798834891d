"""How much memory a process holds and a worker may, and how much it has written."""

from __future__ import annotations

import os
from pathlib import Path

# A worker that takes more leaves too little for the server and everything else on the machine.
SHARE = 0.75


def resident_bytes(process_id: int | None) -> int | None:
    """Resident memory of a process; None where it has ended, or the system has no /proc (macOS, Windows)."""
    try:
        pages = Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def memory_limit(most: int) -> int:
    """The lesser of ``most`` bytes and a share of the machine's memory."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return most
    return min(most, int(SHARE * whole))


def written_bytes(folder: Path) -> int:
    """Size of all files below a folder that others are writing into; one that vanishes meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).stat().st_size
            except OSError:
                continue
    return total
