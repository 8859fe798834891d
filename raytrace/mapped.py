"""Keep a hierarchy in a folder and map it back into memory without reading it.

Idea: one NumPy file a field, so that a process starts to trace at once, reads only the pages it needs, and shares
them with every other process that maps the same folder. The list of the files (HEAD) is removed first and
written last: where it stands, all of them are whole. It names format, type, shape and size of each, and loading
compares them: what was cut off, exchanged or written by somebody else is refused, not traced. (Contents are not
read through, which would cost what mapping saves; only numbers that lead from array to array are.)

Arrays are mapped copy-on-write and handed out as plain ndarrays: to Numba they are the arrays that ``build``
returns, so no kernel is compiled twice and the answers are the same bits.

Source: NumPy manual, numpy.lib.format. Oracle: tests/raytrace/test_raytrace_mapped.py.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from raytrace.bvh import EMPTY, MAX_LEVELS, WIDTH, Bvh

FORMAT = 1
"""Number of the layout. It grows with every change of the fields' meaning; other numbers are refused."""

HEAD = "bvh.json"

ROWS = ("nodes", "leaves", "triangles")

LAYOUT: dict[str, tuple[type[np.generic], str, tuple[int, ...]]] = {
    "node_box": (np.float32, "nodes", (6, WIDTH)),
    "child": (np.int32, "nodes", (WIDTH,)),
    "quad": (np.float32, "leaves", (12, WIDTH)),
    "normal": (np.float32, "leaves", (3, WIDTH)),
    "warp": (np.float32, "leaves", (WIDTH,)),
    "slim": (np.float32, "leaves", (WIDTH,)),
    "pair": (np.int32, "leaves", (2, WIDTH)),
    "closed": (np.int32, "leaves", ()),
    "size": (np.int32, "leaves", ()),
    "triangle": (np.float32, "triangles", (9,)),
    "one_sided": (np.uint8, "triangles", ()),
}
"""Type, what there is one row of, and shape of a row."""


def save(bvh: Bvh, folder: str | os.PathLike[str]) -> None:
    """Write a hierarchy to a folder, which is made if need be; a hierarchy that stands there is replaced.

    Args:
        bvh: the hierarchy.
        folder: where to. A hierarchy mapped from this very folder must not be saved into it.

    Raises:
        OSError: the folder cannot be written.
    """
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    (root / HEAD).unlink(missing_ok=True)
    files: dict[str, dict[str, Any]] = {}
    for name, array in bvh._asdict().items():
        path = _file(root, name)
        with _aside(path).open("wb") as stream:
            np.lib.format.write_array(stream, np.ascontiguousarray(array), allow_pickle=False)
            _to_disk(stream)
        _aside(path).replace(path)
        files[name] = {"dtype": array.dtype.str, "shape": list(array.shape), "bytes": path.stat().st_size}
    with _aside(root / HEAD).open("w", encoding="utf-8") as stream:
        json.dump({"format": FORMAT, "files": files}, stream, indent=1)
        _to_disk(stream)
    _aside(root / HEAD).replace(root / HEAD)


def load(folder: str | os.PathLike[str]) -> Bvh:
    """Map a hierarchy that ``save`` wrote.

    Args:
        folder: where it stands. Its files must stay as they are while the hierarchy is in use.

    Returns:
        The hierarchy; what is written into its arrays stays in this process.

    Raises:
        ValueError: no complete hierarchy of this layout stands there; the message names the file and what to do.
            Sizes and links between the arrays are checked, coordinates are not: who changes them changes the answers.
    """
    root = Path(folder)
    files = _read_head(root)
    rows = dict.fromkeys(ROWS, -1)
    arrays = {}
    for name, (dtype, unit, row_shape) in LAYOUT.items():
        array = _map(_file(root, name), files[name])
        if array.dtype != dtype or array.shape[1:] != row_shape or rows[unit] not in (-1, len(array)):
            raise _refusal(_file(root, name), f"has {array.dtype} {array.shape}, which does not fit the layout")
        rows[unit] = len(array)
        arrays[name] = array
    bvh = Bvh(**arrays)
    _check_links(root, bvh)
    return bvh


def _file(root: Path, name: str) -> Path:
    return root / f"{name}.npy"


def _aside(path: Path) -> Path:
    """Where a file grows before it takes its place."""
    return path.with_name(path.name + ".part")


def _to_disk(stream: Any) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _refusal(path: Path, what: str) -> ValueError:
    return ValueError(f"{path}: {what}; build the hierarchy again and save it to this folder")


def _read_head(root: Path) -> dict[str, dict[str, Any]]:
    """The list of files, checked."""
    path = root / HEAD
    if not path.is_file():
        raise _refusal(path, "is missing, so no complete hierarchy stands here")
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _refusal(path, f"is not JSON ({error})") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        found = head.get("format") if isinstance(head, dict) else None
        raise _refusal(path, f"has format {found!r}, this version reads {FORMAT}")
    files = head.get("files")
    if not isinstance(files, dict) or set(files) != set(LAYOUT):
        raise _refusal(path, f"does not list the files {', '.join(LAYOUT)}")
    return files


def _map(path: Path, expected: Any) -> npt.NDArray[Any]:
    """The array in a file of the expected size, type and shape, mapped."""
    if not path.is_file():
        raise _refusal(path, "is missing")
    n_bytes = path.stat().st_size
    if not isinstance(expected, dict) or n_bytes != expected.get("bytes"):
        raise _refusal(path, f"has {n_bytes} bytes, but {HEAD} says {expected}")
    try:
        array = np.asarray(np.lib.format.open_memmap(path, mode="c"))
    except ValueError as error:
        raise _refusal(path, f"is damaged or no NumPy file ({error})") from error
    found = {"dtype": array.dtype.str, "shape": list(array.shape), "bytes": n_bytes}
    if found != expected:
        raise _refusal(path, f"is {found}, but {HEAD} says {expected}")
    if not array.flags.c_contiguous or not array.flags.aligned:
        raise _refusal(path, "is not laid out row by row")
    return array


def _check_links(root: Path, bvh: Bvh) -> None:
    """Numbers that lead from one array into another stay inside: a kernel would not notice."""
    child = bvh.child
    own = np.arange(len(child))[:, None]
    inside = (
        (child == EMPTY)
        | ((child >= 0) & (child > own) & (child < len(child)))
        | ((child < 0) & (~child < len(bvh.quad)))
    )
    if not inside.all():
        raise _refusal(_file(root, "child"), "leads to nodes or leaves that do not exist")
    empty = child == EMPTY
    if (empty[:, :-1] & ~empty[:, 1:]).any() or _levels(child) > MAX_LEVELS:
        raise _refusal(_file(root, "child"), "is no hierarchy that build makes")
    if bvh.pair.size and (bvh.pair.min() < -1 or bvh.pair.max() >= len(bvh.triangle)):
        raise _refusal(_file(root, "pair"), "leads to triangles that do not exist")
    if bvh.size.size and (bvh.size.min() < 1 or bvh.size.max() > WIDTH):
        raise _refusal(_file(root, "size"), "counts quads that do not exist")


def _levels(child: npt.NDArray[np.int32]) -> int:
    """Levels of nodes; a child stands behind its parent, so one sweep finds them."""
    level = np.ones(len(child), np.int64)
    for node, row in enumerate(child):
        below = row[row >= 0]
        level[below] = np.maximum(level[below], level[node] + 1)
    return int(level.max(initial=0))
