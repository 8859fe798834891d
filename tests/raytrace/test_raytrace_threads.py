"""Three Python threads call every parallel kernel at once on Numba's workqueue layer, which aborts without the lock."""

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
mesh = corner.reshape(-1, 3), np.arange(6000).reshape(-1, 3)
points = rng.uniform(-50.0, 50.0, (1500, 3))
normals = np.tile([0.0, 0.0, 1.0], (1500, 1))
directions = rng.normal(size=(64, 3))
directions /= np.linalg.norm(directions, axis=1, keepdims=True)
group = rng.integers(0, 7, 1500)

def whole_job(bvh):
    bits = raytrace.visible(bvh, points, normals, directions)
    hit = raytrace.closest(bvh, points, directions[np.arange(1500) % 64])
    sums = raytrace.bits.weighted_sum(bits, 64, np.ones(1500), group, 7)
    dots = raytrace.bits.dot(bits, np.ones((7, 64)), group)
    rows = raytrace.bits.row_dot(sums, np.ones((7, 3, 64)))
    return (*bvh, bits, *hit, sums, dots, rows)

expected = whole_job(raytrace.build(*mesh))
wrong, finished = [], []
together = threading.Barrier(3)

def work(turn):
    together.wait()
    bvh = raytrace.build(*mesh)
    for i in range(6):
        if i % 3 == turn:  # while the others trace
            bvh = raytrace.build(*mesh)
        found = whole_job(bvh)
        wrong.extend(k for k, pair in enumerate(zip(found, expected, strict=True)) if not np.array_equal(*pair))
    finished.append(turn)

threads = [threading.Thread(target=work, args=(turn,)) for turn in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
from numba import threading_layer
print(threading_layer(), len(finished), len(wrong))
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "NUMBA_THREADING_LAYER": "workqueue", "NUMBA_NUM_THREADS": "2"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_three_callers_on_workqueue() -> None:
    done = run(PROGRAM)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["workqueue", "3", "0"]


WITHOUT_A_LOCK = """
import contextlib, sys
import raytrace
for name, module in list(sys.modules.items()):
    if name.startswith("raytrace.") and hasattr(module, "PARALLEL_KERNELS"):
        module.PARALLEL_KERNELS = contextlib.nullcontext()
"""


def test_it_is_the_lock_that_saves_them() -> None:
    """The counterproof: with a lock that does not lock the same program ends in an abort."""
    done = run(WITHOUT_A_LOCK + PROGRAM)
    assert done.returncode != 0
    assert "concurrent access" in done.stderr.lower()
