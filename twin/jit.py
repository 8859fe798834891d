"""``numba.njit`` for this package's kernels: cached on disk where a folder can be written, compiled anew elsewhere.

Numba renews a cached kernel when its own file changes, not when one that it calls does: kernels that call each other
stand in one file.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from numba import njit

log = logging.getLogger(__name__)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that lets other threads run; where no cache folder can be written, in each process anew."""
    return _compiled(function, parallel=False)


def parallel_kernel(function: Callable[..., Any]) -> Any:
    """The same of a function that uses ``prange``: launch it under raytrace.lock.PARALLEL_KERNELS."""
    return _compiled(function, parallel=True)


def _compiled(function: Callable[..., Any], parallel: bool) -> Any:
    try:
        return njit(cache=True, nogil=True, parallel=parallel)(function)
    except RuntimeError as error:
        log.info("no writable folder for compiled kernels, compiling in each process: %s", error)
        return njit(nogil=True, parallel=parallel)(function)
