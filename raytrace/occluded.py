"""Whether anything at all lies along each ray.

Idea: rays of their own direction each (samples of a hemisphere) share nothing worth collecting, so each walks the tree
alone and stops at the first triangle that is surely hit (search.py). The answer is that of ``closest``, whether its
distance is finite, bit for bit.

Oracle: closest.closest_plain, in tests/raytrace/test_raytrace_occluded.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import prange

from raytrace import check, counter, search, simd
from raytrace.bvh import Bvh
from raytrace.closest import closest
from raytrace.jit import kernel
from raytrace.lock import PARALLEL_KERNELS
from raytrace.simd import LANES

CHUNK = 1024
"""Rays a parallel work item: enough to pay for its work space, few enough to balance the threads."""


def occluded(bvh: Bvh, points: npt.ArrayLike, directions: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether each ray meets any triangle at a distance > 0, from either side.

    Args:
        bvh: the scene; whether a surface is closed makes no difference here.
        points: (N, 3) origins [m], local, rounded to float32.
        directions: (N, 3) unit vectors, one a point, rounded to float32.

    Returns:
        (N,) bool.

    Raises:
        TypeError, ValueError: see check.py.
    """
    if not simd.AVAILABLE:
        return np.isfinite(closest(bvh, points, directions).distance)
    point, direction = check.single_rays(points, directions)
    hit = np.zeros(len(point), np.bool_)
    if len(point) and len(bvh.child):
        with PARALLEL_KERNELS:
            counter.count(len(point))
            _occluded(bvh, point, direction, hit)
    return hit


@kernel(parallel=True)
def _occluded(bvh, point, direction, hit):  # type: ignore[no-untyped-def]
    n = len(point)
    for chunk in prange((n + CHUNK - 1) // CHUNK):
        space = search.workspace(bvh)
        _trace_rays(bvh, point, direction, hit, chunk * CHUNK, min(n, (chunk + 1) * CHUNK), space)


@kernel()
def _trace_rays(bvh, point, direction, hit, begin, end, space):  # type: ignore[no-untyped-def]
    """Rays begin:end of a work item. ``space`` belongs to the caller, so that its addresses stay good."""
    at = search.addresses(bvh, space)
    corners, box, shaft = bvh.triangle, space.box, space.shaft
    for first in range(begin, end, LANES):
        for lane in range(search.set_rays(at, point, direction, first)):
            hit[first + lane] = search.any_hit(at, lane, corners, box, shaft)
