"""Sixteen lanes against numpy, lane by lane: every operator and function of raytrace/simd.py.

Operands are all pairs of awkward numbers (± 0, ± inf, NaN, denormals, the largest and the smallest) and random bit
patterns. Results must agree bit for bit, except that any NaN is as good as another and that ``fma`` may round once or
twice, in all lanes alike. The same tests run again in child processes that compile for other processors.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest

from raytrace import simd
from raytrace.simd import (
    absolute,
    compress,
    first_bit,
    fma,
    highest,
    inverted,
    join,
    load,
    lowest,
    mask_of,
    maximum,
    minimum,
    negative,
    pattern,
    pointer,
    root,
    set_bits,
    spread,
    spread_at,
    store,
    where,
)

ROOT = Path(__file__).parents[2]

PROCESSORS = {
    "AVX2": ("haswell", "+avx2,+fma", "avx2"),
    "AVX2 without FMA": ("haswell", "+avx2,-fma", "avx2"),
}
"""Name and features to compile for, and the feature that the host must have to run it."""

ONE_OF_SIXTEEN = (np.arange(65536)[:, None] >> np.arange(16)) & 1 == 1
"""Every mask (65536, 16), lane 0 in the lowest bit."""

jit_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="vectors exist in compiled code only")


def floats(rng: np.random.Generator, n_random: int = 512) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three float32 arrays of one length, a multiple of 16: all pairs of awkward numbers, then random ones."""
    info = np.finfo(np.float32)
    positive = [0.0, 1.0, 1.0 + info.eps, 0.1, np.pi, 1.0e-38, 1.0e-45, info.tiny, info.max, 2.0**24, np.inf, np.nan]
    awkward = np.array([*positive, *(-np.array(positive))], np.float32)
    a, b = (values.ravel() for values in np.meshgrid(awkward, awkward))
    c = awkward[rng.integers(0, len(awkward), len(a))]
    noise = rng.integers(0, 2**32, (3, n_random), dtype=np.uint32).view(np.float32)
    usual = rng.normal(size=(3, n_random)).astype(np.float32) * np.float32(100.0)
    usual[2, : n_random // 2] = -(usual[0] * usual[1])[: n_random // 2]  # what is left is the rounding of the product
    a, b, c = (np.concatenate(parts) for parts in zip((a, b, c), noise, usual, strict=True))
    whole = len(a) // 16 * 16
    return a[:whole], b[:whole], c[:whole]


def integers(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two int32 arrays: all pairs of awkward numbers, then random ones."""
    awkward = np.array([0, 1, -1, 2, 2**31 - 1, -(2**31), 2**31 - 2, 65536], np.int32)
    a, b = (values.ravel() for values in np.meshgrid(awkward, awkward))
    noise = rng.integers(-(2**31), 2**31, (2, 448), dtype=np.int32)
    return np.concatenate([a, noise[0]]), np.concatenate([b, noise[1]])


def same_floats(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Equal bits, so that −0 is not 0; NaN equals NaN."""
    assert ours.dtype == theirs.dtype == np.float32
    equal = (ours.view(np.uint32) == theirs.view(np.uint32)) | (np.isnan(ours) & np.isnan(theirs))
    return bool(equal.all())


def fused(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """a · b + c rounded to float32 once: the float64 sum is rounded to odd, so that its second rounding is harmless."""
    product, addend = a.astype(np.float64) * b.astype(np.float64), c.astype(np.float64)  # the product is exact
    total = product + addend
    part = total - product
    error = (product - (total - part)) + (addend - part)  # D. Knuth's two-sum: what the rounding took away
    even = total.view(np.uint64) & np.uint64(1) == 0
    off = np.isfinite(total) & (error != 0.0) & even
    total[off] = np.nextafter(total, np.where(error > 0.0, np.inf, -np.inf))[off]
    return total.astype(np.float32)


@numba.njit
def _arithmetic(a, b, c, out):  # type: ignore[no-untyped-def]
    n = len(a)
    for i in range(0, n, 16):
        x, y, z = load(a, i), load(b, i), load(c, i)
        store(out, i, x + y)
        store(out, n + i, x - y)
        store(out, 2 * n + i, x * y)
        store(out, 3 * n + i, x / y)
        store(out, 4 * n + i, minimum(x, y))
        store(out, 5 * n + i, maximum(x, y))
        store(out, 6 * n + i, absolute(x))
        store(out, 7 * n + i, root(x))
        store(out, 8 * n + i, negative(x))
        store(out, 9 * n + i, fma(x, y, z))
        z += x
        store(out, 10 * n + i, z)


@jit_only
def test_float_arithmetic() -> None:
    a, b, c = floats(np.random.default_rng(1))
    out = np.empty((11, len(a)), np.float32)
    _arithmetic(a, b, c, out.reshape(-1))
    with np.errstate(all="ignore"):
        once, twice = fused(a, b, c), a * b + c
        expected = [a + b, a - b, a * b, a / b, np.where(a < b, a, b), np.where(a > b, a, b), np.abs(a), np.sqrt(a)]
        expected += [-a, once if same_floats(out[9], once) else twice, c + a]
    for ours, theirs in zip(out, expected, strict=True):
        assert same_floats(ours, theirs)
    assert (once != twice).sum() > 200


@numba.njit
def _compare(a, b, i, j, words):  # type: ignore[no-untyped-def]
    for k in range(0, len(a), 16):
        x, y = load(a, k), load(b, k)
        row = words[k // 16]
        row[0], row[1] = pattern(x < y), pattern(x <= y)
        row[2], row[3] = pattern(x > y), pattern(x >= y)
        first, second = x < y, x > y
        row[4], row[5], row[6] = pattern(first & second), pattern(first | second), pattern(inverted(first))
        both = x <= y
        both &= x >= y
        row[7] = pattern(both)
    for k in range(0, len(i), 16):
        p, q = load(i, k), load(j, k)
        row = words[k // 16]
        row[8], row[9] = pattern(p < q), pattern(p == q)


def words_of(lanes: np.ndarray) -> np.ndarray:
    """(n,) bool → (n / 16,) int64, lane 0 in the lowest bit."""
    return (lanes.reshape(-1, 16).astype(np.int64) << np.arange(16)).sum(axis=1)


@jit_only
def test_comparisons_and_masks() -> None:
    """With a NaN every comparison is false; −0 equals 0; masks combine lane by lane; patterns stay in 0..65535."""
    rng = np.random.default_rng(2)
    (a, b, _), (i, j) = floats(rng), integers(rng)
    words = np.full((len(a) // 16, 10), -1, np.int64)
    _compare(a, b, i, j, words)
    expected = [a < b, a <= b, a > b, a >= b, np.zeros(len(a), bool), (a < b) | (a > b), ~(a < b), a == b]
    for ours, theirs in zip(words.T, expected, strict=False):
        assert np.array_equal(ours, words_of(theirs))
    assert np.array_equal(words[: len(i) // 16, 8], words_of(i < j))
    assert np.array_equal(words[: len(i) // 16, 9], words_of(i == j))


@numba.njit
def _select(a, b, i, j, out, out_whole):  # type: ignore[no-untyped-def]
    for word in range(65536):
        chosen = mask_of(word | 0x7FFF0000)  # bits above the lowest 16 do not matter
        store(out, 16 * word, where(chosen, load(a, 0), load(b, 0)))
        store(out_whole, 16 * word, where(chosen, load(i, 0), load(j, 0)))


@jit_only
def test_where_and_mask_of_for_every_mask() -> None:
    a, b = np.arange(16, dtype=np.float32), -1.0 - np.arange(16, dtype=np.float32)
    i, j = a.astype(np.int32) + 2**30, b.astype(np.int32) - 2**30
    out, whole = np.empty((65536, 16), np.float32), np.empty((65536, 16), np.int32)
    _select(a, b, i, j, out.reshape(-1), whole.reshape(-1))
    assert np.array_equal(out, np.where(ONE_OF_SIXTEEN, a, b))
    assert np.array_equal(whole, np.where(ONE_OF_SIXTEEN, i, j))


@numba.njit
def _compress(a, i, out, out_whole):  # type: ignore[no-untyped-def]
    for word in range(65536):
        compress(out, 18 * word + 1, load(a, 0), mask_of(word))
        compress(pointer(out_whole), 18 * word + 1, load(i, 0), mask_of(word))


@jit_only
def test_compress_for_every_mask() -> None:
    """The lanes of the mask side by side, in order; nothing before the offset or behind offset + 16 is touched."""
    a = np.array([0.0, -0.0, np.nan, np.inf, *range(4, 16)], np.float32)
    i = np.arange(16, dtype=np.int32) + np.int32(-(2**31))
    out, whole = np.full((65536, 18), 77.0, np.float32), np.full((65536, 18), 77, np.int32)
    _compress(a, i, out.reshape(-1), whole.reshape(-1))
    order = np.argsort(~ONE_OF_SIXTEEN, axis=1, kind="stable")
    used = np.arange(16) < ONE_OF_SIXTEEN.sum(axis=1)[:, None]
    assert np.array_equal(out.view(np.uint32)[:, 1:17][used], a.view(np.uint32)[order][used])
    assert np.array_equal(whole[:, 1:17][used], i[order][used])
    assert (out[:, [0, 17]] == 77.0).all() and (whole[:, [0, 17]] == 77).all()


@numba.njit
def _move(source, target, whole, target_whole):  # type: ignore[no-untyped-def]
    for k in range(17):  # offsets of any alignment
        store(target, 20 * k + k % 3, load(source, k))
        store(pointer(target_whole), 20 * k + k % 3, load(pointer(whole), k) + load(whole, 0))


@jit_only
def test_load_and_store_at_any_offset_through_arrays_and_addresses() -> None:
    rng = np.random.default_rng(3)
    source, whole = floats(rng)[0][:40], integers(rng)[0]
    target, target_whole = np.full(340, 5.0, np.float32), np.full(340, 5, np.int32)
    expected, expected_whole = target.copy(), target_whole.copy()
    for k in range(17):
        at = slice(20 * k + k % 3, 20 * k + k % 3 + 16)
        expected[at] = source[k : k + 16]
        expected_whole[at] = whole[k : k + 16] + whole[:16]  # wraps around, as int32 does
    _move(source, target, whole, target_whole)
    assert same_floats(target, expected)
    assert np.array_equal(target_whole, expected_whole)


@numba.njit
def _spread(values, at, small, large, out, out_whole):  # type: ignore[no-untyped-def]
    store(out, 0, spread(values[at]))
    store(out, 16, spread(large))
    store(out, 32, spread_at(values, at))
    store(out, 48, spread_at(pointer(values), at))
    store(out_whole, 0, spread(small))
    store(out_whole, 16, spread(at))
    address = pointer(values)
    address[at] = address[at - 1] + np.float32(1.0)


@jit_only
def test_spread_and_pointer() -> None:
    """A float of either size gives Floats, an integer of either size Ints; an address reads and writes elements."""
    values = np.array([1.5, -2.5, 3.5, np.inf], np.float32)
    out, whole = np.empty((4, 16), np.float32), np.empty((2, 16), np.int32)
    _spread(values, 2, np.int32(-7), 0.1, out.reshape(-1), whole.reshape(-1))
    assert (out == np.array([[3.5], [np.float32(0.1)], [3.5], [3.5]])).all()
    assert (whole == [[-7], [2]]).all()
    assert values.tolist() == [1.5, -2.5, -1.5, np.inf]


@numba.njit
def _across(a, words, out, joined):  # type: ignore[no-untyped-def]
    for i in range(0, len(a), 16):
        out[i // 16, 0], out[i // 16, 1] = lowest(load(a, i)), highest(load(a, i))
    for k in range(len(words)):
        w = words[k]
        joined[k] = join(mask_of(w[0]), mask_of(w[1]), mask_of(w[2]), mask_of(w[3]))


@jit_only
def test_lowest_highest_and_join() -> None:
    rng = np.random.default_rng(4)
    a = rng.normal(size=(300, 16)).astype(np.float32)
    a[:16] = np.where(np.eye(16) == 1.0, np.float32(-3.0e38), a[:16])  # the extreme stands in every lane once
    a[16:32] = np.where(np.eye(16) == 1.0, np.float32(np.inf), a[16:32])
    a[32] = -np.inf
    words = rng.integers(0, 65536, (200, 4))
    words[:4] = np.diag([65535] * 4)
    out, joined = np.empty((300, 2), np.float32), np.empty(200, np.uint64)
    _across(a.reshape(-1), words, out, joined)
    assert np.array_equal(out, np.stack([a.min(axis=1), a.max(axis=1)], axis=1))
    assert joined.tolist() == [sum(int(w) << 16 * k for k, w in enumerate(row)) for row in words]


@numba.njit
def _count(values, out):  # type: ignore[no-untyped-def]
    for k in range(len(values)):
        out[k, 0], out[k, 1] = set_bits(values[k]), first_bit(values[k])


@jit_only
@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_set_bits_and_first_bit(kind: type) -> None:
    """Of signed and unsigned numbers; the sign's bit counts like any other."""
    rng = np.random.default_rng(5)
    sparse = [int(v) << int(s) for v, s in zip(rng.integers(1, 2**32, 300), rng.integers(0, 33, 300), strict=True)]
    numbers = [1 << k for k in range(64)] + [2**64 - 1, 2**64 - 2, 2**63 + 1] + sparse
    values = np.array(numbers, np.uint64).view(kind)
    out = np.empty((len(values), 2), np.int64)
    _count(values, out)
    assert out.tolist() == [[n.bit_count(), (n & -n).bit_length() - 1] for n in numbers]


@numba.njit
def _mixed(a, i):  # type: ignore[no-untyped-def]
    store(a, 0, load(a, 0) + load(i, 0))


@jit_only
def test_vectors_of_two_kinds_do_not_mix() -> None:
    with pytest.raises(numba.TypingError):
        _mixed(np.zeros(16, np.float32), np.zeros(16, np.int32))


def child(arguments: list[str], **environment: str) -> str:
    """Standard output of a Python process that compiles for another processor."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


x86_only = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors")


@x86_only
@pytest.mark.skipif("NUMBA_CPU_NAME" in os.environ, reason="a child process already")
@pytest.mark.parametrize("name", PROCESSORS)
def test_lanes_on_another_processor(name: str) -> None:
    """All tests above, where LLVM makes two registers of a vector, and where it has no fused instruction."""
    processor, features, needed = PROCESSORS[name]
    if not llvm.get_host_cpu_features().get(needed):
        pytest.skip(f"this processor has no {needed}")
    options = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--deselect"]
    here = Path(__file__).relative_to(ROOT).as_posix()
    output = child([*options, f"{here}::test_available", here], NUMBA_CPU_NAME=processor, NUMBA_CPU_FEATURES=features)
    assert " passed" in output


@pytest.mark.parametrize(
    ("environment", "available"),
    [
        ({"NUMBA_DISABLE_JIT": "1"}, False),
        pytest.param({"NUMBA_ENABLE_AVX": "0"}, False, marks=x86_only),
        pytest.param({"NUMBA_CPU_NAME": "generic"}, False, marks=x86_only),
        pytest.param({"NUMBA_CPU_NAME": "nehalem", "NUMBA_CPU_FEATURES": "+sse4.2,+popcnt"}, False, marks=x86_only),
        pytest.param({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma"}, True, marks=x86_only),
    ],
)
def test_available(environment: dict[str, str], available: bool) -> None:
    """Whether ``visible`` takes the vector kernel; nothing is compiled to find out."""
    script = "from raytrace import simd; import sys; sys.stdout.write(str(simd.AVAILABLE))"
    assert child(["-c", script], **environment) == str(available)


def test_available_here() -> None:
    """On the processor at hand, unless the environment restricts it."""
    restricting = {"NUMBA_CPU_FEATURES", "NUMBA_CPU_NAME", "NUMBA_ENABLE_AVX"}
    if restricting.intersection(os.environ) or numba.config.DISABLE_JIT:
        pytest.skip("restricted by the environment")
    features = llvm.get_host_cpu_features()
    assert bool(features.get("avx2") or features.get("neon")) == simd.AVAILABLE
