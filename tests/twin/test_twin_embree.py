"""Visibility bits of the demo city against Embree in robust mode: over ten million point-direction pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from oracles import embree

import raytrace
from twin import cells
from twin.cells import Cell
from twin.config import check_job
from twin.job import Prepared, cells_of, prepare, receivers_of
from twin.operators import covered_receivers
from twin.package_data import demo_city
from twin.receivers import take
from twin.stopwatch import Stopwatch

PAIRS = 10_000_000


def test_demo_city_agrees_with_embree(tmp_path: Path) -> None:
    with demo_city() as city:
        prepared = prepare(check_job({"cities": [city], "out": tmp_path / "out"}), Stopwatch())
    direction = prepared.directions.direction
    differing = compared = 0
    for cell in cells_of(prepared):
        one, two = compare(prepared, cell, direction)
        differing += one
        compared += two
    assert compared >= PAIRS
    assert differing <= compared * 1e-5


def compare(prepared: Prepared, cell: Cell, direction: np.ndarray) -> tuple[int, int]:
    """Differing and compared pairs of a thin sample of one cell's receivers, with all its directions."""
    samples = take(receivers_of(prepared, cell), slice(None, None, 19))
    if not len(samples.surface):
        return 0, 0
    scene = prepared.scene
    origin = cells.origin_of(cell, samples)
    vertices = (scene.vertices + (scene.origin - origin)).astype(np.float32)
    bvh = raytrace.build(vertices, scene.triangles)
    point = (samples.point - origin).astype(np.float32)
    normal = samples.normal.astype(np.float32)
    free = ~covered_receivers(bvh, point, normal)
    ours = raytrace.bits.unpack(raytrace.visible(bvh, point[free], normal[free], direction), len(direction))
    theirs = embree.visible(embree.scene(vertices, scene.triangles), point[free], normal[free], direction)
    return int((ours != theirs).sum()), ours.size
