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

Where each idea stands:

    rule of truth   slab, triangle: whether a ray meets a triangle. Every bit and every triangle is theirs; exact: the
                    same for sixteen rays. crossing: where a line enters and leaves, for chords
    tree            build: weld, quads, sah, pack; bvh: its layout; mapped: a tree on disk
    all pairs       visible, first, chords: order and bundles group points and directions; walk, shear and fast find
                    what is in the way, but for the errors of margins; first_packet, depth, depth_error, found: which
                    is nearest; chord_packet: all of them
    single rays     closest, occluded: search walks the tree, ray tests sixteen boxes or quads
    plain loops     plain, packet, stack, closest: the rule alone, where no vector unit serves, and the oracle
    vector layer    simd: sixteen lanes in Numba; work: the memory of a packet and a bundle
    GPU             cuda, cuda_kernel, cuda_triangle: visible alone
    at the doors    check: arguments; bits: answers; jit, lock, counter: compiling, one caller at a time, rays traced
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
