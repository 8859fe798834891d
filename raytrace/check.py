"""The only argument checking of the package: kernels never raise, so everything is settled here.

Each function returns the checked argument as the contiguous array the kernels expect, or raises TypeError
(wrong kind of number) or ValueError (wrong shape or value) with the argument's name and what to do.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MAX_COORDINATE_M = 1.0e6
"""float32 resolves 6 cm at 1,000 km. German UTM northings are 5.2 to 6.1 million metres, so coordinates whose
local origin was forgotten (9.6 % wrong answers) are caught, and any sane local scene passes."""

UNIT_TOLERANCE = 1.0e-3
"""Allowed deviation of a unit vector's length: float32 and two-decimal input pass, unnormalised input
fails."""

MAX_TRIANGLES = 2**30
"""Triangle indices are int32, and so are the builder's slots, two a triangle."""


def coordinates(name: str, value: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Rows of x, y, z (N, 3) [m] about a local origin, as float32.

    Raises:
        TypeError: not real numbers.
        ValueError: not (N, 3), not finite, or beyond MAX_COORDINATE_M.
    """
    array = _rows(name, value)
    if array.size and float(np.abs(array).max()) > MAX_COORDINATE_M:
        raise ValueError(
            f"{name}: coordinates beyond {MAX_COORDINATE_M:.0f} m; subtract a local origin in float64 first"
        )
    return np.ascontiguousarray(array, dtype=np.float32)


def unit_vectors(name: str, value: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Rows of unit vectors (N, 3), as float32.

    Raises:
        TypeError: not real numbers.
        ValueError: not (N, 3), not finite, or not of length 1 within UNIT_TOLERANCE.
    """
    array = _rows(name, value)
    length = np.sqrt(np.einsum("ij,ij->i", array, array, dtype=np.float64))
    wrong = np.flatnonzero(np.abs(length - 1.0) > UNIT_TOLERANCE)
    if wrong.size:
        raise ValueError(f"{name}: row {wrong[0]} has length {length[wrong[0]]:.6g}, expected unit vectors")
    return np.ascontiguousarray(array, dtype=np.float32)


def single_rays(
    points: npt.ArrayLike, directions: npt.ArrayLike
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Origins (N, 3) [m] and unit directions (N, 3), one a point.

    Raises:
        TypeError, ValueError: see ``coordinates``, ``unit_vectors`` and ``same_rows``.
    """
    point = coordinates("points", points)
    direction = unit_vectors("directions", directions)
    same_rows("points", point, "directions", direction)
    return point, direction


def all_pairs(
    points: npt.ArrayLike, directions: npt.ArrayLike, normals: npt.ArrayLike | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Points (P, 3) [m], each with all unit directions (D, 3), and the points' unit normals (P, 3), None for none.

    Raises:
        TypeError, ValueError: see ``coordinates``, ``unit_vectors`` and ``same_rows``.
    """
    point = coordinates("points", points)
    direction = unit_vectors("directions", directions)
    normal = None if normals is None else unit_vectors("normals", normals)
    if normal is not None:
        same_rows("points", point, "normals", normal)
    return point, direction, normal


def same_rows(name: str, value: npt.NDArray, other_name: str, other: npt.NDArray) -> None:
    """Raises ValueError unless both arrays have the same number of rows."""
    if len(value) != len(other):
        raise ValueError(f"{name} has {len(value)} rows but {other_name} has {len(other)}")


def triangle_indices(value: npt.ArrayLike, n_vertices: int) -> npt.NDArray[np.int64]:
    """Corner indices (T, 3) into the vertices, as int64.

    Raises:
        TypeError: not integers.
        ValueError: not (T, 3), out of range, or more than MAX_TRIANGLES rows.
    """
    array = np.asarray(value)
    if array.size == 0:
        array = array.reshape(0, 3).astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"triangles: expected integer indices, got {array.dtype}")
    if array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(f"triangles: expected shape (T, 3), got {array.shape}")
    if len(array) > MAX_TRIANGLES:
        raise ValueError(f"triangles: {len(array)} rows, at most {MAX_TRIANGLES} fit int32 indices")
    if array.size and (int(array.min()) < 0 or int(array.max()) >= n_vertices):
        raise ValueError(f"triangles: indices must lie in 0..{n_vertices - 1}")
    return np.ascontiguousarray(array, dtype=np.int64)


def flags(name: str, value: npt.ArrayLike | None, n_rows: int) -> npt.NDArray[np.uint8]:
    """Booleans (N,), as 0 and 1; None stands for all False.

    Raises:
        TypeError: not booleans.
        ValueError: not (n_rows,).
    """
    if value is None:
        return np.zeros(n_rows, np.uint8)
    array = np.asarray(value)
    if array.size == 0:
        array = array.astype(np.bool_)
    if array.dtype != np.bool_:
        raise TypeError(f"{name}: expected booleans, got {array.dtype}")
    if array.shape != (n_rows,):
        raise ValueError(f"{name}: expected shape ({n_rows},), got {array.shape}")
    return np.ascontiguousarray(array).astype(np.uint8)


def bit_rows(value: npt.ArrayLike, n_directions: int | None = None) -> npt.NDArray[np.uint64]:
    """Packed bits (P, W) uint64; with ``n_directions`` W must be ceil(n_directions / 64).

    Raises:
        TypeError: not uint64.
        ValueError: not two-dimensional, or the wrong number of words.
    """
    array = np.asarray(value)
    if array.dtype != np.uint64:
        raise TypeError(f"bits: expected uint64, got {array.dtype}")
    if array.ndim != 2:
        raise ValueError(f"bits: expected shape (P, words), got {array.shape}")
    if n_directions is not None and array.shape[1] != (n_directions + 63) // 64:
        needed = (n_directions + 63) // 64
        raise ValueError(f"bits: {array.shape[1]} words a row, but {n_directions} directions need {needed}")
    return np.ascontiguousarray(array)


def group_index(value: npt.ArrayLike, n_rows: int, n_groups: int) -> npt.NDArray[np.int64]:
    """Group of each row (P,), −1 for none, as int64.

    Raises:
        TypeError: not integers.
        ValueError: not (P,), or outside −1..n_groups−1.
    """
    array = np.asarray(value)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"group: expected integers, got {array.dtype}")
    if array.shape != (n_rows,):
        raise ValueError(f"group: expected shape ({n_rows},), got {array.shape}")
    if array.size and (int(array.min()) < -1 or int(array.max()) >= n_groups):
        raise ValueError(f"group: values must lie in -1..{n_groups - 1}")
    return np.ascontiguousarray(array, dtype=np.int64)


def finite(name: str, value: npt.ArrayLike, shape: tuple[int | None, ...]) -> npt.NDArray[np.float64]:
    """Finite real numbers of the given shape (None: any length), as float64.

    Raises:
        TypeError: not real numbers.
        ValueError: wrong shape or not finite.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name}: expected real numbers, got {array.dtype}")
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise ValueError(f"{name}: expected shape ({wanted}), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: values must be finite")
    return np.ascontiguousarray(array, dtype=np.float64)


def _rows(name: str, value: npt.ArrayLike) -> npt.NDArray:
    array = np.asarray(value)
    if array.size == 0:
        return np.empty((0, 3), dtype=np.float32)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name}: expected real numbers, got {array.dtype}")
    if array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(f"{name}: expected shape (N, 3), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: values must be finite")
    return array
