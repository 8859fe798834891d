"""Visibility on an NVIDIA GPU: uploads the tree, feeds the kernel, fetches the bits.

Idea: the tree goes up once a call; points follow in packet order, so many at a time that a launch stays short
(a display's driver ends kernels that run for seconds). The bits are those of the CPU: the kernel makes the same
float32 and float64 operations in the same order (cuda_triangle.py), and no bit depends on the order of the walk.

This module imports without CUDA; numba-cuda is imported on the first question. Kernels are compiled in each process
that uses them, a few seconds.

Oracle: visible.py on the CPU, tests/raytrace/test_raytrace_cuda.py in Numba's CUDA simulator.
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import threading
import warnings
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import config

from raytrace.bvh import Bvh, scene_box
from raytrace.order import packet_order

logger = logging.getLogger(__name__)

WORD = 64
"""Directions a word of bits, and a thread of the kernel."""

BLOCK = 128
"""Points a thread block: four warps."""

PAIRS_A_LAUNCH = 2**26
"""Point-directions a launch. Windows ends a kernel on a display's GPU after 2 s, so any GPU beyond 34 million a
second is safe; the bits of a launch take 8 MB."""

ONE_CALLER = threading.Lock()
"""One tree on the device at a time; the simulator also runs one kernel at a time."""

Device = Literal["cpu", "cuda"]

SIMULATED = bool(config.ENABLE_CUDASIM)  # type: ignore[attr-defined]
"""Numba's CUDA simulator was asked for (NUMBA_ENABLE_CUDASIM=1 before Numba's import): for tests, ten thousand times
slower than the CPU."""

COMPILER = ("nvvm", "nvrtc", "nvJitLink")
"""Libraries with which numba-cuda compiles; a driver alone does not bring them."""


def choose(device: str) -> Device:
    """What ``device`` means on this machine.

    Args:
        device: "cpu", "cuda", or "auto": a GPU where there is one that can be used, else the CPU. Numba's CUDA
            simulator (NUMBA_ENABLE_CUDASIM=1) serves "cuda" and is never chosen by "auto".

    Raises:
        ValueError: another word.
        RuntimeError: "cuda" where there is no CUDA, with the reason and the remedy.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device: expected auto, cpu or cuda, got {device!r}")
    if device == "cpu" or (device == "auto" and SIMULATED):
        return "cpu"
    reason = available()
    if reason is None:
        return "cuda"
    if device == "cuda":
        raise RuntimeError(f"device cuda cannot be used: {reason}; or choose auto or cpu")
    logger.info("tracing on the CPU: %s", reason)
    return "cpu"


@functools.cache
def available() -> str | None:
    """None where CUDA can be used, else why not and what to do about it. Asked once a process."""
    if importlib.util.find_spec("numba_cuda") is None:
        return "the package numba-cuda is missing (install heliotwin[cuda])"
    if SIMULATED:
        return None
    from numba import cuda

    cuda.is_available()  # asks the driver
    if cuda.cuda_error():
        return f"no NVIDIA GPU answers (install or repair its driver): {' '.join(str(cuda.cuda_error()).split())}"
    missing = missing_compiler()
    if missing:
        return f"of the CUDA compiler {missing} is missing (install heliotwin[cuda])"
    return None


def missing_compiler() -> str | None:
    """Name of a library of COMPILER that cannot be loaded, None where all can."""
    from cuda.pathfinder import DynamicLibNotFoundError, load_nvidia_dynamic_lib

    for name in COMPILER:
        try:
            load_nvidia_dynamic_lib(name)
        except DynamicLibNotFoundError as error:
            logger.debug("%s", error)
            return name
    return None


def device_name(device: Device) -> str:
    """ "cpu", or "cuda" with the GPU's name, for reports."""
    if device == "cpu":
        return "cpu"
    if SIMULATED:
        return "cuda (simulator)"
    from numba import cuda

    name = cuda.get_current_device().name
    return f"cuda ({name.decode() if isinstance(name, bytes) else name})"


def visible(
    bvh: Bvh,
    point: npt.NDArray[np.float32],
    normal: npt.NDArray[np.float32],
    direction: npt.NDArray[np.float32],
    bits: npt.NDArray[np.uint64],
) -> None:
    """Trace every point along every direction on the current CUDA device.

    Args:
        bvh: the scene.
        point, normal: (P, 3) receivers [m] and their unit normals, checked, in any order.
        direction: (D, 3) unit vectors to the light, checked.
        bits: (P, ceil(D / 64)), overwritten with what raytrace.visible returns.

    Raises:
        numba.cuda.cudadrv.driver.CudaAPIError: the driver's own errors, for example a scene beyond the GPU's memory.
    """
    from numba import cuda

    from raytrace.cuda_kernel import Tree, trace

    if not bits.size:
        return
    order = packet_order(point, normal)
    n_words, n_points = launch_size(bits.shape[1])
    with ONE_CALLER, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*Grid size")  # few points leave a GPU idle, which is no fault
        tree = Tree(*map(cuda.to_device, arrays_of(bvh)))
        for word in range(0, bits.shape[1], n_words):
            toward = cuda.to_device(direction[WORD * word : WORD * (word + n_words)])
            words = bits[:, word : word + n_words]
            for begin in range(0, len(point), n_points):
                rows = order[begin : begin + n_points]
                answer = cuda.device_array((len(rows), words.shape[1]), np.uint64)
                grid = ((len(rows) + BLOCK - 1) // BLOCK, words.shape[1])
                trace[grid, (BLOCK, 1)](tree, cuda.to_device(point[rows]), cuda.to_device(normal[rows]), toward, answer)
                words[rows] = answer.copy_to_host()


def launch_size(n_words: int) -> tuple[int, int]:
    """(words of directions, points) a launch, for ``n_words`` words in all: at most PAIRS_A_LAUNCH point-directions.

    The words stand along the grid's y axis, which CUDA ends at 65,535: a block of points leaves room for 8,192.
    """
    words = min(n_words, max(1, PAIRS_A_LAUNCH // (WORD * BLOCK)))
    return words, max(BLOCK, PAIRS_A_LAUNCH // (WORD * words))


def arrays_of(bvh: Bvh) -> tuple[npt.NDArray, ...]:
    """The arrays that the kernel reads of a tree, in the order of cuda_kernel.Tree."""
    root = scene_box(bvh.node_box).reshape(1, 6)
    return bvh.node_box, bvh.child, bvh.quad, bvh.pair, bvh.size, bvh.triangle, bvh.one_sided, root
