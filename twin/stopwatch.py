"""Seconds and peak memory of a job's stages. Kept apart from results, which must not differ between equal runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Collects wall and CPU seconds by stage."""

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, float | None]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block under a name; a name used twice adds up."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            spent = self.stages.setdefault(name, {"wall_s": 0.0, "cpu_s": 0.0, "peak_memory_mb": None})
            spent["wall_s"] = round((spent["wall_s"] or 0.0) + time.perf_counter() - wall, 3)
            spent["cpu_s"] = round((spent["cpu_s"] or 0.0) + time.process_time() - cpu, 3)
            spent["peak_memory_mb"] = peak_memory_mb()


def peak_memory_mb() -> float | None:
    """Largest resident size of this process so far [MB]; None where the system does not tell (Windows)."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
