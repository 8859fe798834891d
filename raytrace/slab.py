"""The conservative test of a ray, or of a packet of parallel rays, against an axis-aligned box.

Three promises make a ray's answer a function of the point, the direction and the SET of triangles alone,
whatever tree was built around them:

1. Never NaN: a zero direction component gets the finite inverse ±INVERSE_OF_ZERO, so 0 · inf cannot occur.
2. Never too tight: boxes grow by ``padding`` on every side, above the rounding error of the triangle test
   (5·2⁻²⁴ of the distances, Woop et al. 2013, appendix), and the exit is stretched by 1 + 2γ₃ against the
   rounding of the slab arithmetic itself (Ize 2013).
3. Monotone: every operation (−, ·inverse, min, max, ≤) is monotone in the box and in the padding, also
   after rounding. So when a triangle's own box is met, every box around it is met as well. The triangle
   test asks for the own box (triangle.py); therefore no tree can hide a triangle that another tree shows.

Sources: T. Ize (2013), Robust BVH ray traversal, JCGT 2(2), 12–27, http://jcgt.org/published/0002/02/02/;
S. Woop, C. Benthin, I. Wald (2013), Watertight ray/triangle intersection, JCGT 2(1), 65–82,
http://jcgt.org/published/0002/01/05/. Oracle: tests/raytrace/test_raytrace_invariance.py.
"""

from __future__ import annotations

import numpy as np

from raytrace.jit import kernel

INVERSE_OF_ZERO = np.float32(1.0e18)
"""A direction component below 1e-18 moves a ray by less than 1e-12 m over 1,000 km, far below any padding;
and 1e18 × 2e6 m stays finite in float32."""

PADDING_FACTOR = np.float32(2.0**-21)
"""8·2⁻²⁴ of the summed distances: Woop et al. need 5·2⁻²⁴; the rest covers rounding of the padding itself."""

EXIT_STRETCH = np.float32(1.0 + 2.0 * (3.0 * 2.0**-24 / (1.0 - 3.0 * 2.0**-24)))
"""1 + 2γ₃ with γ₃ = 3ε/(1−3ε), ε = 2⁻²⁴ (Ize 2013, equation for maxMult)."""

MISS = np.float32(np.inf)
"""Entry distance that stands for "the box is not met"."""


@kernel()
def inverse(component):  # type: ignore[no-untyped-def]
    """1 / component, finite for zero."""
    if abs(component) * INVERSE_OF_ZERO < np.float32(1.0):
        return INVERSE_OF_ZERO if component >= np.float32(0.0) else -INVERSE_OF_ZERO
    return np.float32(1.0) / component


@kernel()
def axis_reach(box_lower, box_upper, lower, upper):  # type: ignore[no-untyped-def]
    """Largest distance along one axis from points in lower..upper to the box, plus the largest coordinate.

    The coordinate counts because ``point + padding`` is rounded to the point's own resolution.
    """
    return max(box_upper - lower, upper - box_lower) + max(-lower, upper)


@kernel()
def padding(reach_x, reach_y, reach_z):  # type: ignore[no-untyped-def]
    """Padding [m] from the three axis_reach values."""
    return PADDING_FACTOR * (reach_x + reach_y + reach_z)


@kernel()
def entry(boxes, i, shaft, inverse_x, inverse_y, inverse_z):  # type: ignore[no-untyped-def]
    """Distance [m] at which rays from a shaft enter a box, at least 0; MISS where they do not.

    Args:
        boxes, i: (M, 6) lower and upper corners, and the row to test (a row view would cost reference
            counting).
        shaft: (6,) upper corner of the origins plus padding, lower corner of the origins minus padding. For a
            single ray both corners are its origin. Meeting the box is then the same as the ray from 0 meeting
            ``lower − shaft[:3] .. upper − shaft[3:]``.
        inverse_x, inverse_y, inverse_z: inverses of the common direction.
    """
    low, high = (boxes[i, 0] - shaft[0]) * inverse_x, (boxes[i, 3] - shaft[3]) * inverse_x
    near, far = min(low, high), max(low, high)
    low, high = (boxes[i, 1] - shaft[1]) * inverse_y, (boxes[i, 4] - shaft[4]) * inverse_y
    near, far = max(near, min(low, high)), min(far, max(low, high))
    low, high = (boxes[i, 2] - shaft[2]) * inverse_z, (boxes[i, 5] - shaft[5]) * inverse_z
    near, far = max(near, min(low, high)), min(far, max(low, high))
    near = max(near, np.float32(0.0))
    return near if near <= far * EXIT_STRETCH else MISS
