"""The same bits whatever vector instructions the kernels are compiled for.

A child process compiles for another processor (NUMBA_CPU_NAME, NUMBA_CPU_FEATURES) and prints a hash of what it
traces; scene, points and directions come from one file. A slice of a city at real size, two awkward soups and slivers.
Trees are built there too, but where the instructions that are left out serve none of the building.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest
from oracles import soups

import raytrace
from benchmarks.synthetic_city import city, receivers, sky_directions, sun_directions
from raytrace.bvh import Bvh

ROOT = Path(__file__).parents[2]

PROCESSORS = {
    "AVX-512": ("skylake-avx512", "+avx512f,+avx512dq,+avx512cd,+avx512bw,+avx512vl,+avx2,+fma", "avx512vl"),
    "AVX2": ("haswell", "+avx2,+fma", "avx2"),
    "AVX2 without FMA": ("haswell", "+avx2,-fma", "avx2"),
    "baseline": ("generic", "", ""),
}
"""Name and features to compile for, and the feature that the host must have to run it."""


def own_instructions() -> str:
    """Which of these the kernels of this very process are compiled for."""
    host = llvm.get_host_cpu_features()
    if host.get("avx512vl"):
        return "AVX-512"
    return "AVX2" if host.get("avx2") and host.get("fma") else "baseline"


BUILT_HERE = {"AVX2 without FMA"}
"""Only rays ask for fused operations: the same trees are built without, as they are for the baseline."""


def traced(arrays: dict[str, np.ndarray], trees: Iterator[Bvh] | None = None) -> tuple[str, list[Bvh]]:
    """SHA-256 over the bits of each scene and over some of its nearest hits; and the trees, built here if not given."""
    digest = hashlib.sha256()
    used = []
    for name in sorted({key.split(".")[0] for key in arrays}):
        vertices, triangles, points, normals, directions = (arrays[f"{name}.{field}"] for field in soups.Soup._fields)
        for closed in (None, np.arange(len(triangles)) % 3 > 0):  # any marks will do to compare
            bvh = raytrace.build(vertices, triangles, closed=closed) if trees is None else next(trees)
            used.append(bvh)
            digest.update(raytrace.visible(bvh, points, normals, directions).tobytes())
        hit = raytrace.closest(bvh, points, directions[np.arange(len(points)) % len(directions)])
        for column in hit:
            digest.update(column.tobytes())
    return digest.hexdigest(), used


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """City of 7 × 7 blocks, 3,000 of its receivers around the middle × about 300 directions; soups."""
    mesh = city(7, seed=5)
    sampled = receivers(mesh, 2.0)
    middle = mesh.vertices.mean(axis=0)
    nearest = np.argsort(np.linalg.norm((sampled.points - middle)[:, :2], axis=1))[:3000]
    directions = np.concatenate([sun_directions(170), sky_directions(130)])
    slice_of_city = soups.Soup(*mesh, sampled.points[nearest], sampled.normals[nearest], directions)
    named = {
        "city": slice_of_city,
        "soup0": soups.soup(0),
        "soup3": soups.soup(3),
        "slivers": soups.slivers(1, 40.0, 0.5),
    }
    path = tmp_path_factory.mktemp("features") / "scenes.npz"
    np.savez(
        path, **{f"{name}.{field}": getattr(scene, field) for name, scene in named.items() for field in scene._fields}
    )
    return path


@pytest.fixture(scope="module")
def expected(scenes: Path) -> str:
    with np.load(scenes) as arrays:
        found, trees = traced(dict(arrays))
    scenes.with_suffix(".trees").write_bytes(pickle.dumps(trees))
    return found


@pytest.mark.parametrize("name", PROCESSORS)
def test_other_vector_instructions(scenes: Path, expected: str, name: str) -> None:
    processor, features, needed = PROCESSORS[name]
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("names of x86 processors; other kinds compile for their own baseline")
    if needed and not llvm.get_host_cpu_features().get(needed):
        pytest.skip(f"this processor has no {needed}")
    if name == own_instructions():
        pytest.skip("what the others are compared with is compiled for these")
    done = subprocess.run(
        [sys.executable, __file__, str(scenes), *([str(scenes.with_suffix(".trees"))] if name in BUILT_HERE else [])],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "NUMBA_CPU_NAME": processor,
            "NUMBA_CPU_FEATURES": features,
        },
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [processor, expected]


if __name__ == "__main__":
    from numba import config

    given = iter(pickle.loads(Path(sys.argv[2]).read_bytes())) if sys.argv[2:] else None
    with np.load(sys.argv[1]) as loaded:
        sys.stdout.write(f"{config.CPU_NAME} {traced(dict(loaded), given)[0]}\n")
