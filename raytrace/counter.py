"""How many rays this process has traced: the proof that an answer was algebra on kept bits and no tracing.

Written under the lock of the parallel kernels alone.
"""

from __future__ import annotations

_traced = 0


def count(rays: int) -> None:
    """Add rays that a kernel is about to trace."""
    global _traced
    _traced += rays


def rays_traced() -> int:
    """Point-direction pairs and single rays traced by this process so far."""
    return _traced
