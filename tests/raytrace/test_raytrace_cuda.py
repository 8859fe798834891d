"""The CUDA kernel without a GPU: in Numba's simulator, and its PTX in an interpreter where its compiler is found."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from oracles.ptx import Launch, run

import raytrace
from benchmarks.synthetic_city import city, receivers, sky_directions
from raytrace import bits, cuda

ROOT = Path(__file__).parents[2]
COMPUTE_CAPABILITY = (7, 5)
F32 = numba.float32
REGISTER = re.compile(r"%[a-z]+\d+")


def test_kernel_in_the_simulator() -> None:
    pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
    cases = Path(__file__).with_name("cuda_in_simulator.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(cases)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout and "skipped" not in done.stdout


def test_importing_does_not_look_for_a_gpu() -> None:
    code = "import sys, raytrace.cuda; print(sorted(m for m in sys.modules if m.startswith(('numba_cuda', 'cuda.'))))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_auto_falls_back_and_cuda_says_why(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(cuda, "available", lambda: "no GPU in this test (buy one)")
    with caplog.at_level(logging.INFO, "raytrace.cuda"):
        assert cuda.choose("auto") == "cpu"
    assert caplog.messages == ["tracing on the CPU: no GPU in this test (buy one)"]
    with pytest.raises(RuntimeError, match=r"no GPU in this test \(buy one\); or choose auto or cpu"):
        cuda.choose("cuda")


def test_auto_takes_a_gpu_and_cpu_never_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "available", lambda: None)
    assert cuda.choose("auto") == cuda.choose("cuda") == "cuda"
    monkeypatch.setattr(cuda, "available", lambda: pytest.fail("asked for a GPU"))
    assert cuda.choose("cpu") == cuda.device_name("cpu") == "cpu"
    with pytest.raises(ValueError, match="auto, cpu or cuda, got 'gpu'"):
        cuda.choose("gpu")


def test_reason_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "install heliotwin[cuda]" in str(cuda.available.__wrapped__())


@pytest.mark.parametrize("n_words", [1, 2, 13, 8192, 8193, 100_000])
def test_no_launch_is_beyond_the_grid_or_too_long(n_words: int) -> None:
    words, points = cuda.launch_size(n_words)
    assert 1 <= words <= min(n_words, 65535) and points >= cuda.BLOCK
    assert cuda.PAIRS_A_LAUNCH / 2 < 64 * words * points <= cuda.PAIRS_A_LAUNCH


@pytest.fixture(scope="module")
def ptx() -> str:
    """The kernel as its compiler leaves it."""
    pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
    if cuda.missing_compiler():
        pytest.skip(f"{cuda.missing_compiler()} is not installed (heliotwin[cuda])")
    from raytrace.cuda_kernel import Tree, trace

    i32, u8 = numba.int32, numba.uint8
    fields = (F32[:, :, ::1], i32[:, ::1], F32[:, :, ::1], i32[:, :, ::1], i32[::1], F32[:, ::1], u8[::1], F32[:, ::1])
    rows = F32[:, ::1]
    return compiled(trace.py_func, (numba.types.NamedTuple(fields, Tree), rows, rows, rows, numba.uint64[:, ::1]))


def compiled(function: Callable[..., Any], signature: tuple[Any, ...], device: bool = False) -> str:
    """PTX of a function; no driver is needed for it."""
    from numba.cuda import compile_ptx, dispatcher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=COMPUTE_CAPABILITY))
        return compile_ptx(function, signature, device=device, cc=COMPUTE_CAPABILITY)[0]


def test_no_product_is_fused_into_a_sum(ptx: str) -> None:
    """In the PTX of the kernel no float32 fma stands, and no product that ptxas might still fuse feeds a sum."""
    fused = compiled(lambda x, y, z: x * y + z, (F32, F32, F32), device=True)
    assert fusible(fused), "the check would see nothing"
    assert "mul.rn.f32" in ptx and "ftz" not in ptx
    assert fusible(ptx) == []


@pytest.mark.parametrize("seed", range(3))
def test_compiled_kernel_gives_the_bits_of_the_cpu(ptx: str, seed: int) -> None:
    """The machine's own types and roundings, run in an interpreter: half city, half rays through its vertices."""
    rng = np.random.default_rng(seed)
    mesh = city(1, seed)
    sensors = receivers(mesh, 9.0)
    pick = rng.permutation(len(sensors.points))[:8]
    point, normal = (np.ascontiguousarray(rows[pick], np.float32) for rows in sensors)
    aim = mesh.vertices[rng.integers(0, len(mesh.vertices), 40)] - point[rng.integers(0, 8, 40)]
    toward = np.concatenate([sky_directions(30), aim / np.linalg.norm(aim, axis=1, keepdims=True)]).astype(np.float32)
    bvh = raytrace.build(*mesh, rng.random(len(mesh.triangles)) < 0.3)
    answer = np.full((8, 2), 2**64 - 1, np.uint64)
    threads = [Launch((p, 0), (0, word), (cuda.BLOCK, 1)) for p in range(8) for word in range(2)]
    seen = run(ptx, (*cuda.arrays_of(bvh), point, normal, toward, answer), threads)
    expected = raytrace.visible(bvh, point, normal, toward)
    assert 0.05 < bits.unpack(expected, 70).mean() < 0.95
    assert np.array_equal(seen, expected)


def fusible(ptx: str) -> list[str]:
    """Lines of fused float32 arithmetic, and sums of a product without its own rounding (PTX ISA, mul)."""
    products: set[str] = set()
    found = []
    for line in ptx.splitlines():
        operation, _, operands = line.strip().partition(" ")
        registers = REGISTER.findall(operands)
        if operation == "mul.f32" or (operation == "neg.f32" and registers[1] in products):
            products.add(registers[0])
        is_sum = re.fullmatch(r"(add|sub)(\.rn)?\.f32", operation) is not None
        if re.fullmatch(r"(fma|mad)\S*\.f32", operation) or (is_sum and products.intersection(registers[1:])):
            found.append(line)
    return found
