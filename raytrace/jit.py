"""The one decorator of the package's kernels: ``numba.njit`` with a disk cache that is safe and optional.

Two gaps of ``njit(cache=True)`` are closed here, for this package's functions only; nothing global is set.

- Numba renews a cached function when its own file changes, but not when a function it calls from another
  file changes (Numba manual, "Caching"). Kernels here call each other across files, so an upgrade could
  leave old machine code in use. The stamp of every kernel is therefore the hash of the whole package's
  source.
- Numba looks for a writable cache folder: NUMBA_CACHE_DIR, then ``__pycache__`` beside the file, then the
  user's cache folder. Where there is none (read-only install, no home) decorating raises RuntimeError; then
  the kernel is compiled anew in each process (some ten seconds) instead of failing at import.

Oracle: tests/raytrace/test_raytrace_jit.py.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from numba import njit

logger = logging.getLogger(__name__)


def package_stamp() -> str:
    """SHA-256 over the names and contents of the package's source files, in name order."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


_STAMP = package_stamp()


def kernel(
    parallel: bool = False, error_model: Literal["python", "numpy"] = "python"
) -> Callable[[Callable[..., Any]], Any]:
    """Decorator that compiles a function, cached on disk where possible.

    Args:
        parallel: the function uses ``prange``; launch it under lock.PARALLEL_KERNELS.
        error_model: "numpy" where a division by zero must give inf instead of raising.
    """

    def compile_function(function: Callable[..., Any]) -> Any:
        try:
            dispatcher = njit(cache=True, parallel=parallel, error_model=error_model)(function)
        except RuntimeError as error:
            logger.info("no writable folder for compiled kernels, compiling in each process: %s", error)
            return njit(parallel=parallel, error_model=error_model)(function)
        cache = getattr(dispatcher, "_cache", None)  # absent with NUMBA_DISABLE_JIT=1
        if cache is not None:
            cache._cache_file._source_stamp = _STAMP
        return dispatcher

    return compile_function
