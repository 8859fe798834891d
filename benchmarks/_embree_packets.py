"""Embree 4 in C++ as the yardstick: 16-ray packets or single rays, robust mode, any number of threads.

embree_yardstick.cpp is compiled once by g++ -O3 -march=native against the Embree library inside the embreex wheel and
kept in the user's cache folder under a key made of source, compiler call, library and processor. Where there is no g++
or no embreex (or the wheel has its library elsewhere, as on Windows) ``library`` raises Unavailable with the reason.

Times are those of the C++ call alone: masking, sorting and copying rays is not charged to Embree.

Oracle: tests/test_benchmarks_yardstick.py.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.machine import machine

SOURCE = Path(__file__).with_name("embree_yardstick.cpp")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-shared", "-fPIC")
MEDIUM, HIGH = 1, 2
"""Build qualities: Embree's default, and with spatial splits. Measured on the relief city: HIGH traces as fast as
MEDIUM within 1 %, so the benchmarks build MEDIUM."""


class Unavailable(Exception):
    """The yardstick cannot be compiled here; the message is one line that says why."""


class Mode(NamedTuple):
    """How rays are handed to Embree."""

    packets: bool
    coherent: bool


SINGLE, PACKETS, COHERENT = Mode(False, False), Mode(True, False), Mode(True, True)


class Rays(NamedTuple):
    """Rays in the order in which they are traced.

    Attributes:
        origin: (R, 3) float32 [m].
        direction: (G, 3) float32, one a group; (R, 3), one a ray, where group_end is empty.
        group_end: (G,) int64, one past the last ray of each group.
    """

    origin: npt.NDArray[np.float32]
    direction: npt.NDArray[np.float32]
    group_end: npt.NDArray[np.int64]


class Facing(NamedTuple):
    """Rays, and the point (R,) and direction (R,) int32 of each."""

    rays: Rays
    point: npt.NDArray[np.int32]
    direction: npt.NDArray[np.int32]


class Scene(NamedTuple):
    """A built Embree scene and the seconds of its build (triangle copy included)."""

    handle: ctypes.c_void_p
    wall_s: float
    cpu_s: float


class Blocked(NamedTuple):
    """Any-hit answers (R,) bool and CPU seconds of the call."""

    blocked: npt.NDArray[np.bool_]
    cpu_s: float


class Met(NamedTuple):
    """Closest hits: distance (R,) float32 [m], inf for none; triangle (R,) int32, −1 for none; CPU seconds."""

    distance: npt.NDArray[np.float32]
    triangle: npt.NDArray[np.int32]
    cpu_s: float


def one_each(origin: npt.NDArray, direction: npt.NDArray) -> Rays:
    """Rays with a direction of their own: origin (R, 3) [m], direction (R, 3)."""
    return Rays(
        np.ascontiguousarray(origin, np.float32), np.ascontiguousarray(direction, np.float32), np.empty(0, np.int64)
    )


def facing_rays(points: npt.NDArray, normals: npt.NDArray, directions: npt.NDArray, by_point: bool) -> Facing:
    """Rays of the pairs with normal · direction > 0: points and normals (P, 3), directions (D, 3), all float32."""
    normal, direction = np.ascontiguousarray(normals, np.float32), np.ascontiguousarray(directions, np.float32)
    n_points, n_directions = len(normal), len(direction)
    # one entry more: the last pair looked at is written before it is known to face
    point_of, direction_of = (np.empty(n_points * n_directions + 1, np.int32) for _ in range(2))
    group_end = np.zeros(n_directions, np.int64)
    n = library().yardstick_facing(
        _at(normal), _at(direction), n_points, n_directions, by_point, _at(point_of), _at(direction_of), _at(group_end)
    )
    p, d = point_of[:n], direction_of[:n]
    origin = np.ascontiguousarray(points, np.float32)[p]
    return Facing(one_each(origin, direction[d]) if by_point else Rays(origin, direction, group_end), p, d)


def build(vertices: npt.NDArray, triangles: npt.NDArray, quality: int = MEDIUM, threads: int = 2) -> Scene:
    """Scene of vertices (V, 3) [m] and triangles (T, 3) in robust mode. Free it with ``release``.

    Raises:
        Unavailable: see the module.
        RuntimeError: Embree reports an error.
    """
    vertex, index = np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(triangles, np.uint32)
    loaded = library()
    began, cpu = time.perf_counter(), time.process_time()
    handle = loaded.yardstick_build(_at(vertex), len(vertex), _at(index), len(index), 1, quality, threads)
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    if not handle:
        raise RuntimeError("Embree could not build the scene")
    return Scene(ctypes.c_void_p(handle), wall_s, cpu_s)


def release(scene: Scene) -> None:
    """Frees a scene, which must not be used afterwards."""
    library().yardstick_release(scene.handle)


def occluded(scene: Scene, rays: Rays, mode: Mode, threads: int = 2) -> Blocked:
    """Is anything met at a distance > 0?"""
    blocked, trace = np.zeros(len(rays.origin), np.uint8), library().yardstick_occluded
    cpu = time.process_time()
    trace(scene.handle, *_ray_arguments(rays), mode.packets, mode.coherent, threads, _at(blocked))
    return Blocked(blocked.view(np.bool_), time.process_time() - cpu)


def closest(scene: Scene, rays: Rays, mode: Mode, threads: int = 2) -> Met:
    """What is met first at a distance > 0?"""
    distance, triangle = np.zeros(len(rays.origin), np.float32), np.zeros(len(rays.origin), np.int32)
    trace = library().yardstick_closest
    cpu = time.process_time()
    trace(scene.handle, *_ray_arguments(rays), mode.packets, mode.coherent, threads, _at(distance), _at(triangle))
    return Met(distance, triangle, time.process_time() - cpu)


@cache
def library() -> ctypes.CDLL:
    """The compiled yardstick, compiled on first use.

    Raises:
        Unavailable: no g++, no Embree library, or the compiler fails.
    """
    compiler, embree = shutil.which("g++"), embree_library()
    if compiler is None:
        raise Unavailable("no g++ to compile embree_yardstick.cpp")
    target = cache_folder(embree) / "embree_yardstick.so"
    if not target.is_file():
        _compile(compiler, embree, target)
    try:
        loaded = ctypes.CDLL(str(target))
    except OSError as error:
        raise Unavailable(f"the compiled yardstick does not load: {error}") from error
    pointer, count, number = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
    rays = [pointer, pointer, pointer, pointer, count, count, number, number, number]
    loaded.yardstick_build.restype = pointer
    loaded.yardstick_build.argtypes = [pointer, count, pointer, count, number, number, number]
    loaded.yardstick_release.argtypes = [pointer]
    loaded.yardstick_facing.restype = count
    loaded.yardstick_facing.argtypes = [pointer, pointer, count, count, number, pointer, pointer, pointer]
    loaded.yardstick_occluded.argtypes = [*rays, pointer]
    loaded.yardstick_closest.argtypes = [*rays, pointer, pointer]
    return loaded


def embree_library() -> Path:
    """The shared library of Embree 4 inside the embreex wheel.

    Raises:
        Unavailable: not installed, or not found beside the package.
    """
    found = importlib.util.find_spec("embreex")
    if found is None or found.origin is None:
        raise Unavailable("embreex is not installed; `python3 run.py test` installs it")
    package = Path(found.origin).parent
    for pattern in ("embreex.libs/libembree4*.so*", "embreex/.dylibs/libembree4*.dylib"):
        for path in sorted(package.parent.glob(pattern)):
            return path
    raise Unavailable("the embreex wheel of this system has no Embree 4 library to link with")


def cache_folder(embree: Path) -> Path:
    """Folder of the compiled yardstick: another source, call, library or processor means another folder."""
    key = hashlib.sha256(SOURCE.read_bytes())
    for word in (*FLAGS, str(embree), str(machine()["processor"])):
        key.update(word.encode() + b"\0")
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "heliotwin" / f"embree-yardstick-{key.hexdigest()[:16]}"


def _compile(compiler: str, embree: Path, target: Path) -> None:
    """Compiles aside and moves into place, so that two processes cannot meet a half-written file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as aside:
        made = Path(aside) / target.name
        done = subprocess.run(
            [compiler, *FLAGS, str(SOURCE), "-o", str(made), str(embree), f"-Wl,-rpath,{embree.parent}", "-lpthread"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise Unavailable("g++ fails: " + (done.stderr.strip().splitlines() or ["no message"])[-1])
        made.replace(target)


def _ray_arguments(rays: Rays) -> tuple[ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, int, int]:
    """(origin, direction, group_end, groups, rays) for C++."""
    return _at(rays.origin), _at(rays.direction), _at(rays.group_end), len(rays.group_end), len(rays.origin)


def _at(array: npt.NDArray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
