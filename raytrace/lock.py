"""One process-wide lock around every parallel kernel.

Idea: Numba's `workqueue` threading layer (the one that is always there) aborts the process when two Python
threads enter parallel kernels at the same time. Whoever launches a kernel compiled with ``parallel=True``
holds this lock; kernels use all cores anyway, so nothing is lost by queueing.

Source: Numba manual, "The Threading Layers". Oracle: tests/raytrace/test_raytrace_threads.py.
"""

from __future__ import annotations

import threading

PARALLEL_KERNELS = threading.Lock()
"""Hold it (``with PARALLEL_KERNELS:``) while a parallel kernel runs. Not re-entrant: take it at the launch
only."""
