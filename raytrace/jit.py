"""The one decorator of the package's kernels: ``numba.njit`` with a disk cache that is safe and optional.

What ``njit(cache=True)`` lacks is added here, for this package's functions only; nothing global is changed.

- Numba renews a cached function when its own file changes, but not when a function it calls from another
  file changes (Numba manual, "Caching"). Kernels here call each other across files, so an upgrade could
  leave old machine code in use. The stamp of every kernel is therefore the hash of the whole package's
  source.
- Numba looks for a writable cache folder: NUMBA_CACHE_DIR, then ``__pycache__`` beside the file, then the
  user's cache folder. A read-only install thus uses the last. Where there is none at all decorating raises
  RuntimeError; then the kernels are compiled anew in each process instead of failing at import.
- A cache that cannot be read or written (damaged, full disk, folder gone) would make the call fail. Here it
  costs time only, a warning says so, and a damaged cache is renewed.
- Compiling takes a while and Numba is silent about it: one line of the log tells, once a process, and only
  where something is compiled. Numba announces each compilation itself (``numba.core.event``), so code from
  the cache costs nothing.

Oracle: tests/raytrace/test_raytrace_jit.py.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from numba import njit
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

logger = logging.getLogger(__name__)

COMPILING = "Compiling ray kernels for this processor, once for each kind of call; this takes about 20 s"
COMPILING_EACH_TIME = (
    "Compiling the ray kernels, about 20 s in every process: no folder can be written that would keep them; "
    "set NUMBA_CACHE_DIR to one"
)


def package_stamp() -> str:
    """SHA-256 over the names and contents of the package's source files, in name order."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


_STAMP = package_stamp()

_dispatchers: weakref.WeakSet[Dispatcher] = weakref.WeakSet()
"""The package's own kernels, for the announcement."""


DAMAGE = (OSError, EOFError, ImportError, LookupError, TypeError, ValueError, AttributeError, pickle.PickleError)
"""What unpickling a damaged file raises, and reading or writing one."""


class KernelCache(FunctionCache):
    """Numba's cache of one function's machine code with the package's stamp; failing, it costs time only."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file._source_stamp = _STAMP

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Machine code of a signature; None where there is none or it cannot be read, and then the index is renewed."""
        try:
            return super().load_overload(sig, target_context)
        except DAMAGE as error:
            _warn_once(f"compiled kernels in {self.cache_path} cannot be read ({type(error).__name__}), compiling anew")
            self._try(self.flush)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the machine code of a signature, where that is possible."""
        self._try(super().save_overload, sig, data)

    def _try(self, write: Callable[..., None], *arguments: Any) -> None:
        try:
            write(*arguments)
        except DAMAGE as error:
            _warn_once(f"compiled kernels cannot be kept in {self.cache_path} ({type(error).__name__})")


@functools.cache
def _warn_once(message: str) -> None:
    """One line for the many kernels of a process."""
    logger.warning(message)


class _Announcement(event.Listener):
    """Says once a process that kernels are being compiled."""

    made = False

    def on_start(self, event: event.Event) -> None:
        dispatcher = event.data["dispatcher"]
        if not self.made and dispatcher in _dispatchers:
            self.made = True
            logger.warning(COMPILING if isinstance(dispatcher._cache, KernelCache) else COMPILING_EACH_TIME)

    def on_end(self, event: event.Event) -> None:
        """Nothing to say."""


event.register("numba:compile", _Announcement())


def kernel(
    parallel: bool = False,
    error_model: Literal["python", "numpy"] = "python",
    inline: bool = False,
    inner: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """Decorator that compiles a function, cached on disk where possible.

    Args:
        parallel: the function uses ``prange``; launch it under lock.PARALLEL_KERNELS.
        error_model: "numpy" where a division by zero must give inf instead of raising.
        inline: LLVM puts the body into every caller, and Python cannot call it; for functions of a few vector
            instructions or with one caller.
        inner: Python must not call it (the process would crash); for functions with many arguments, whose unpacking
            takes long to compile.
    """

    def compile_function(function: Callable[..., Any]) -> Any:
        dispatcher = njit(  # type: ignore[call-overload]  # Numba's stub leaves out the wrappers
            parallel=parallel,
            error_model=error_model,
            forceinline=inline,
            no_cpython_wrapper=inline or inner,
            no_cfunc_wrapper=True,
        )(function)
        if isinstance(dispatcher, Dispatcher):  # with NUMBA_DISABLE_JIT=1 it is the function itself
            _dispatchers.add(dispatcher)
            try:
                dispatcher._cache = KernelCache(function)  # type: ignore[attr-defined]
            except RuntimeError as error:
                logger.debug("no writable folder for compiled kernels: %s", error)
        return dispatcher

    return compile_function
