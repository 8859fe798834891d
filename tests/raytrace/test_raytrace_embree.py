"""``visible`` against Embree in robust mode on a small synthetic city."""

from __future__ import annotations

from oracles import embree

import raytrace
from benchmarks.synthetic_city import city, directions, receivers
from raytrace import bits


def test_synthetic_city() -> None:
    mesh = city(2, seed=7)
    sensors = receivers(mesh, 3.0)
    to_light = directions(60, 40)
    bvh = raytrace.build(*mesh)
    ours = bits.unpack(raytrace.visible(bvh, sensors.points, sensors.normals, to_light), len(to_light))
    theirs = embree.visible(embree.scene(*mesh), sensors.points, sensors.normals, to_light)
    assert ours.size > 500_000
    assert 0.2 < ours.mean() < 0.8
    assert (ours != theirs).sum() <= ours.size * 1.0e-5
