"""How far the depth of a quad seen along a direction may be off.

The bound E, in w: (2 · LEVEL_ERROR + 38ε D |normal| + 2 · sliver · |normal|) / normal · (su, sv, 1), with s, D and
LEVEL_ERROR from margins.py.

- LEVEL_ERROR is the distance from the plane within which a point counts as "on it" (times |normal|), seen along the
  direction: it covers the exact test's own hit and the plane as turned into the frame; once more for the fused sums
  that give the depth.
- A direction turned into the frame and divided points at most 10ε beside itself: what the division adds lies along the
  direction. The hit is at most 2D away, so that is 20ε D. The sum normal · (su, sv, 1) errs by 4ε(1 + s) |normal| and
  counts w times, and w (1 + s) is at most √3 · 2D: 14ε D.
- The float32 edge functions that weigh the corners' depths in the exact test err by up to 16ε L² in a triangle of
  extent L, so the weights move the hit by at most 48ε L³ / det; triangles like needles thus get a wide interval.

Oracle: ``first`` equals single rays bit for bit, tests/raytrace/test_raytrace_first.py.
"""

from __future__ import annotations

import numpy as np

from raytrace import simd
from raytrace.bvh import BIG
from raytrace.jit import kernel
from raytrace.simd import LANES, absolute, fma, load, maximum, minimum, spread, store, where
from raytrace.work import CAPACITY, GROWTH, LEVEL_ERROR, NORMAL, TWICE_ERROR

ZERO = np.float32(0.0)

SLIVER = np.float32(64.0 * 2.0**-24)
"""48ε and room for its own rounding."""

LEAST_AREA = np.float32(1.0e-20)
"""[m²] Below this a triangle is a line: its interval is everything."""


@kernel(inline=True)
def bound_errors(work, found, count):  # type: ignore[no-untyped-def]
    """Fills slack and begins of the candidates."""
    rows = work.candidate
    growth = work.bound[GROWTH]
    two, share = spread(np.float32(2.0)), spread(np.float32(0.6) / (growth * growth))
    for c in range(0, count, LANES):
        u, v, w = load(rows, c), load(rows, CAPACITY + c), load(rows, 2 * CAPACITY + c)
        u1, v1, w1 = _side(rows, 3 * CAPACITY + c, u, v, w)
        u2, v2, w2 = _side(rows, 6 * CAPACITY + c, u, v, w)
        u3, v3, w3 = _side(rows, 9 * CAPACITY + c, u, v, w)
        length = maximum(maximum(_length(u1, v1, w1), _length(u2, v2, w2)), _length(u3, v3, w3))
        length = maximum(length, _length(u3 - u1, v3 - v1, w3 - w1))
        one, other = _area(u1, v1, w1, u2, v2, w2), _area(u2, v2, w2, u3, v3, w3)
        zero = spread(ZERO)  # a single triangle has one area that is exactly zero
        area = where(one <= zero, other, where(other <= zero, one, minimum(one, other)))
        nu = load(rows, NORMAL * CAPACITY + c)
        size = _length(nu, load(rows, (NORMAL + 1) * CAPACITY + c), load(rows, (NORMAL + 2) * CAPACITY + c))
        sliver = spread(SLIVER) * length * (length * length) / maximum(area, spread(LEAST_AREA))
        twice_error = load(rows, TWICE_ERROR * CAPACITY + c)  # at least 64ε (1 + s)² D
        slack = fma(two, load(rows, LEVEL_ERROR * CAPACITY + c), fma(share, twice_error, two * sliver) * size)
        store(found.slack, c, minimum(where(area <= zero, spread(BIG), slack), spread(BIG)))
        begins = w + minimum(minimum(minimum(w1, w2), w3), zero)
        store(found.begins, c, begins - twice_error)


@kernel(inline=True)
def _side(rows, at, u, v, w):  # type: ignore[no-untyped-def]
    """Sixteen corners relative to the first one."""
    return load(rows, at) - u, load(rows, at + CAPACITY) - v, load(rows, at + 2 * CAPACITY) - w


@kernel(inline=True)
def _length(u, v, w):  # type: ignore[no-untyped-def]
    return absolute(u) + absolute(v) + absolute(w)


@kernel(inline=True)
def _area(a, b, c, d, e, f):  # type: ignore[no-untyped-def]
    """Length of the vector product of (a, b, c) and (d, e, f)."""
    x, y, z = b * f - c * e, c * d - a * f, a * e - b * d
    return simd.root(x * x + y * y + z * z)
