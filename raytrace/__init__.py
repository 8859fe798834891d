"""Ray tracing on plain arrays: which points see along which directions, and what a ray meets first.

Numpy and Numba only. The package never hears of buildings, angles, dates or files.

    bvh = raytrace.build(vertices, triangles)
    bits = raytrace.visible(bvh, points, normals, directions)
    hit = raytrace.closest(bvh, points, directions)
    blocked = raytrace.occluded(bvh, points, directions)
    hits = raytrace.first(bvh, points, directions, normals=normals)
    length = raytrace.chords(crowns, points, directions, normals=normals)
    raytrace.save(bvh, folder); bvh = raytrace.load(folder)
    sums = raytrace.bits.weighted_sum(bits, n_directions, weights, group, n_groups)
"""

from raytrace import bits
from raytrace.build import build
from raytrace.bvh import Bvh
from raytrace.chords import chords
from raytrace.closest import ClosestHit, closest
from raytrace.counter import rays_traced
from raytrace.first import FirstHits, first
from raytrace.mapped import load, save
from raytrace.occluded import occluded
from raytrace.visible import visible

__all__ = [
    "Bvh",
    "ClosestHit",
    "FirstHits",
    "bits",
    "build",
    "chords",
    "closest",
    "first",
    "load",
    "occluded",
    "rays_traced",
    "save",
    "visible",
]
