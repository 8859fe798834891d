"""Two Python threads call kernels at once on Numba's workqueue layer, which aborts without the lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import threading
import numpy as np
import raytrace

rng = np.random.default_rng(0)
corner = rng.uniform(-50.0, 50.0, (2000, 1, 3)) + rng.normal(0.0, 2.0, (2000, 3, 3))
bvh = raytrace.build(corner.reshape(-1, 3), np.arange(6000).reshape(-1, 3))
points = rng.uniform(-50.0, 50.0, (2000, 3))
normals = np.tile([0.0, 0.0, 1.0], (2000, 1))
directions = rng.normal(size=(64, 3))
directions /= np.linalg.norm(directions, axis=1, keepdims=True)
expected = raytrace.visible(bvh, points, normals, directions)
wrong = []

def work():
    for _ in range(5):
        bits = raytrace.visible(bvh, points, normals, directions)
        sums = raytrace.bits.weighted_sum(bits, 64, np.ones(2000), np.zeros(2000, int), 1)
        if not np.array_equal(bits, expected) or sums.sum() != np.bitwise_count(expected).sum():
            wrong.append(1)

threads = [threading.Thread(target=work) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
from numba import threading_layer
print(threading_layer(), len(wrong))
"""


def test_two_callers_on_workqueue() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "NUMBA_THREADING_LAYER": "workqueue", "NUMBA_NUM_THREADS": "2"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["workqueue", "0"]
