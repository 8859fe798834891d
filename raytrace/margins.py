"""How far float32 can be off: the bounds beyond which the fast kernels may decide by themselves.

With ε = 2⁻²⁴, s the largest slope (|su| + |sv|) of the directions in the frame at hand and D the distance of a quad's
farthest corner from the packet's centre:

- A corner in the frame: subtracting the centre errs by εD, the rotation by 3εD, the slope of a direction by
  7ε(1 + s)², so a corner sheared into the plane w = 0 errs by less than 13ε(1 + s)²D.
- The exact test (triangle.py) shears in its own frame; it moves a corner by at most 5√2·εD, which in the plane w = 0
  is less than 7.1ε(1 + s)D. Its signs are right for the corners so moved.
- So both speak of corners that lie at most E = 21ε(1 + s)²D apart. Quads whose corners leave their plane by ``warp``
  behave like plane ones with corners moved by (1 + s)·warp.
- An edge function (twice the area of point, corner, corner) changes by at most E(|a| + |b|), where a and b are the
  corners seen from the point, when corners move by E; once more E for quads that stop being convex; its own rounding
  is below 9ε(1 + s)D(|a| + |b|). With EDGE·ε = 32ε in place of 21ε, twice E·(|a| + |b|) covers all of it.
- A point counts as behind a quad's plane when it is behind by more than 32εD + 2·warp + 9εL³/(2A): the hit found by
  the exact test lies on the triangle but up to 7.1εD beside the ray, its distance is rounded by 4εD, the plane's own
  evaluation by 8εD; and in a triangle of longest edge L and area A, near the point, the rounding of the three products
  that are summed to the distance tilts the plane, by much where the triangle is slim. Of a quad's two triangles the
  slimmer counts (bvh.Bvh.slim).

Oracles: each bound against long double in tests/raytrace/test_raytrace_margins.py; fast and plain kernels agree in
every bit, test_raytrace_visible.py.
"""

from __future__ import annotations

import numpy as np

EPSILON = np.float32(2.0**-24)
"""Half the spacing of float32 at 1."""

EDGE = np.float32(32.0 * 2.0**-24)
"""E / ((1 + s)² D), see above."""

PLANE = np.float32(32.0 * 2.0**-24)
"""Distance from a plane that counts as "on it", per metre of D."""

SLIM = np.float32(16.0 * 2.0**-24)
"""The last term of the plane's bound times |normal|, per cubic metre of bvh.Bvh.slim: 9ε with room."""

FACING = np.float32(2.0**-20)
"""normal · direction summed in float32 is off by less than 3.1ε; within 16ε of zero the float64 sum decides."""

BOX = np.float32(2.0**-18)
"""Margin of node boxes per metre of the largest coordinate M: 64ε. The exact test's shear moves a hit by up to 24.5εM
(no two places are farther apart than 3.5 M), the centre of a box errs by 5εM, its rotation by 10εM."""
