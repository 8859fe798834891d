"""The store: a folder of numpy, Parquet and JSON that is readable without heliotwin.

::

    OUT/manifest.json            schema, configuration, input hashes, CRS, weather, attribution
    OUT/direction.npy            (D + K, 3) the sun grid's directions, then the sky's, as traced
    OUT/cells/<E>_<N>/*.npy      receivers and operators; a cell counts only once its done.json stands

Every file is written aside, flushed to disk and renamed into place: a killed job leaves whole files or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.cells import Cell, parse_cell
from twin.errors import TwinError
from twin.operators import CellData, Operators, Receivers, Reflectors, unknown

# Raised too when names of reflectors change (twin.reflection.keys): what a store keeps is looked up by them.
SCHEMA = 3
# What a job keeps of its surfaces: the albedo of each.
ALBEDO = "albedo.npy"
# The sky that a user gave, where the job has one.
SKY_MATRIX = "sky_matrix.npy"
# Written last; without it a folder answers no question.
FINISHED = "finished.json"
# Of a cell: what its reflectors get off each other, while the other cells still read the pass before.
NEXT_BACK = "next_reflector_back.npy"
# What questions need beside the cells.
KEPT = ("manifest.json", "direction.npy", ALBEDO, "weather.parquet", "surfaces.parquet")
# Everything a run may leave for people; removed when the next run into the same folder begins.
RESULTS = (
    "surfaces.parquet",
    "surfaces.gpkg",
    "buildings.parquet",
    "receivers.parquet",
    "ground.tif",
    "hourly.zarr",
    "report.json",
    "overview.png",
    "pv.png",
    "summary.html",
    "timing.json",
)


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(path: Path) -> str:
    """SHA-256 of an input; of a folder (a File Geodatabase) that of its files in the order of their names."""
    if path.is_file():
        return sha256_of(path)
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()} {sha256_of(file)}\n".encode())
    return digest.hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is whole or absent, whatever happens meanwhile."""
    aside = path.with_name(f".{path.name}.part")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def to_json(value: object) -> bytes:
    """Stable, readable JSON bytes."""
    return (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False) + "\n").encode("utf-8")


def plain_value(value: Any) -> Any:
    """A value of a table as JSON takes it: no scalar of NumPy, None for what is missing or not finite."""
    import pandas as pd

    plain = value.item() if isinstance(value, np.generic) else value
    return None if plain is pd.NA or (isinstance(plain, float) and not np.isfinite(plain)) else plain


class Store:
    """A job's folder on disk."""

    def __init__(self, root: Path, manifest: dict[str, Any]) -> None:
        self.root = root
        self.manifest = manifest

    @classmethod
    def open(cls, root: Path) -> Store:
        """Open the store of an earlier job.

        Raises
        ------
        TwinError
            Where the folder is no store, is broken, or was written by a newer release.
        """
        path = root / "manifest.json"
        if not path.is_file():
            raise TwinError(f"{root}: no manifest.json, so no result of `heliotwin solar`", "give its output folder")
        manifest = _read_json(path)
        schema = manifest.get("schema")
        if not isinstance(schema, int) or not isinstance(manifest.get("identity"), dict):
            raise TwinError(f"{path}: no manifest of a store", "run `heliotwin solar` into a new folder")
        if schema < SCHEMA:
            raise TwinError(
                f"{root}: schema {schema}, from a release before this one, whose physics was another",
                "run `heliotwin solar` again into a new folder",
            )
        if schema > SCHEMA:
            raise TwinError(f"{root}: schema {schema} is newer than this release reads ({SCHEMA})", "update heliotwin")
        return cls(root, manifest)

    @classmethod
    def open_finished(cls, root: Path) -> Store:
        """Open the store of a job that ran to its end, with all its cells.

        Raises
        ------
        TwinError
            As `open`, and where the job did not end or something of it is missing.
        """
        store = cls.open(root)
        again = "run the same `heliotwin solar` again; it goes on where it stopped"
        if not (root / FINISHED).is_file():
            raise TwinError(f"{root}: the job is not finished", again)
        mark = _read_json(root / FINISHED)
        missing = [name for name in mark["files"] if not (root / name).exists()]
        missing += [name for name in mark["cells"] if not (root / "cells" / name / "done.json").is_file()]
        if missing:
            raise TwinError(f"{root}: {', '.join(missing[:3])} missing", again)
        return store

    @classmethod
    def create(cls, root: Path, manifest: dict[str, Any]) -> Store:
        """Start a store, or take up the one that a job with the same identity left.

        Results of an earlier run are removed: until this run ends, the folder answers no question.

        Raises
        ------
        TwinError
            Where the folder holds something else, or another job's cells.
        """
        if root.exists() and not root.is_dir():
            raise TwinError(f"{root}: is a file", "name a folder with -o")
        if (root / "manifest.json").is_file():
            earlier = cls.open(root).manifest
            changed = _differences(
                {**earlier["identity"], "schema": earlier["schema"]}, {**manifest["identity"], "schema": SCHEMA}
            )
            if changed:
                raise TwinError(
                    f"{root}: holds another job's cells (different: {', '.join(changed)})",
                    "name another folder with -o, or delete this one",
                )
        elif root.is_dir() and any(not _is_bystander(path) for path in root.iterdir()):
            raise TwinError(f"{root}: not empty and not a store", "name another folder with -o")
        try:
            (root / "cells").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TwinError(f"{root}: cannot be made ({error.strerror})", "name another folder with -o") from error
        for name in (FINISHED, SKY_MATRIX, *RESULTS):
            _remove(root / name)
        write_atomically(root / "manifest.json", to_json(manifest))
        return cls(root, manifest)

    def finish(self, cells: list[Cell], files: list[str]) -> None:
        """Say that the job has ended: from now on the folder answers questions."""
        mark = {"cells": [cell.name for cell in cells], "files": sorted({*KEPT, *files})}
        write_atomically(self.root / FINISHED, to_json(mark))

    def write_direction(self, direction: NDArray[np.float64]) -> None:
        """Keep the directions that bits refer to."""
        _save(self.root / "direction.npy", direction)

    def direction(self) -> NDArray[np.float64]:
        """Directions (D + K, 3) as traced, sun grid first."""
        return np.asarray(np.load(self.root / "direction.npy"))

    def write_albedo(self, albedo: NDArray[np.float32]) -> None:
        """Keep the albedo (S,) of every surface of the model."""
        _save(self.root / ALBEDO, albedo)

    def albedo(self) -> NDArray[np.float32]:
        """Albedo (S,) of every surface of the model."""
        return np.asarray(np.load(self.root / ALBEDO))

    def write_sky_matrix(self, matrix: NDArray[np.float32]) -> None:
        """Keep the user's own radiances (H, K) [W/m²/sr] of the sky's patches."""
        _save(self.root / SKY_MATRIX, matrix)

    def sky_matrix(self) -> NDArray[np.float32]:
        """The user's own radiances (H, K) [W/m²/sr] of the sky's patches."""
        return np.load(self.root / SKY_MATRIX, mmap_mode="r")

    def done(self, cell: Cell) -> bool:
        """Whether a cell stands complete and unharmed."""
        folder = self.root / "cells" / cell.name
        mark = folder / "done.json"
        if not mark.is_file():
            return False
        try:
            recorded: dict[str, str] = json.loads(mark.read_text(encoding="utf-8"))["sha256"]
        except (ValueError, KeyError, TypeError):  # cut short or damaged: then the cell is traced again
            return False
        if not all((folder / f"reflector_{name}.npy").is_file() for name in Reflectors._fields):
            return False
        return all(
            (folder / name).is_file() and sha256_of(folder / name) == digest for name, digest in recorded.items()
        )

    def write_cell(self, cell: Cell, data: CellData) -> None:
        """Write a cell's arrays, its done.json last."""
        folder = self.root / "cells" / cell.name
        folder.mkdir(exist_ok=True)
        (folder / "done.json").unlink(missing_ok=True)
        digests: dict[str, str] = {}
        for name, array in _columns(data):
            path = folder / f"{name}.npy"
            _save(path, array)
            digests[path.name] = sha256_of(path)
        self.write_reflectors(cell, data.reflectors)
        digests["reflector_key.npy"] = sha256_of(folder / "reflector_key.npy")
        mark = {"receivers": len(data.receivers.surface), "sha256": digests}
        write_atomically(folder / "done.json", to_json(mark))

    def write_reflectors(self, cell: Cell, reflectors: Reflectors) -> None:
        """Write what a cell's reflectors see, which is known only when the cells around it are traced."""
        folder = self.root / "cells" / cell.name
        (folder / NEXT_BACK).unlink(missing_ok=True)
        for name, array in reflectors._asdict().items():
            _save(folder / f"reflector_{name}.npy", array)

    def write_next_back(self, cell: Cell, back: NDArray[np.float16]) -> None:
        """Write what a cell's reflectors get off others, beside what they got by the pass before."""
        _save(self.root / "cells" / cell.name / NEXT_BACK, back)

    def take_next_back(self, cell: Cell) -> None:
        """Put it in place, when no cell reads the pass before any more."""
        folder = self.root / "cells" / cell.name
        (folder / NEXT_BACK).replace(folder / "reflector_back.npy")

    def read_cell(self, cell: Cell) -> CellData:
        """A cell's arrays, mapped from disk."""
        folder = self.root / "cells" / cell.name

        def load(group: type[Receivers] | type[Operators] | type[Reflectors], before: str = "") -> list[NDArray[Any]]:
            return [np.load(folder / f"{before}{name}.npy", mmap_mode="r") for name in group._fields]

        reflectors = Reflectors(*load(Reflectors, "reflector_"))
        horizon = np.load(folder / "horizon_deg.npy")
        return CellData(
            Receivers(*load(Receivers)),
            Operators(*load(Operators)),
            np.load(folder / "origin.npy"),
            reflectors,
            horizon,
        )

    def reflector_key(self, cell: Cell) -> NDArray[np.int64]:
        """Names of a cell's reflectors; no map of the file stays open."""
        return np.asarray(np.load(self.root / "cells" / cell.name / "reflector_key.npy"))

    def read_looked(self, cell: Cell) -> CellData:
        """A cell's receivers and what they see, mapped from disk, without its reflectors, which may be replaced."""
        folder = self.root / "cells" / cell.name
        receivers = Receivers(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in Receivers._fields))
        operators = Operators(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in Operators._fields))
        origin, horizon = np.load(folder / "origin.npy"), np.load(folder / "horizon_deg.npy")
        return CellData(receivers, operators, origin, unknown(np.zeros(0, np.int64)), horizon)

    def cells(self) -> Iterator[Cell]:
        """Complete cells, in order of east, then north."""
        names = [p.parent.name for p in (self.root / "cells").glob("*/done.json")]
        yield from sorted(parse_cell(name) for name in names)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise TwinError(f"{path}: not readable ({error})", "run `heliotwin solar` into a new folder") from error
    if not isinstance(found, dict):
        raise TwinError(f"{path}: not a JSON object", "run `heliotwin solar` into a new folder")
    return found


def _is_bystander(path: Path) -> bool:
    """Files that a system or a log leaves in a folder and that are nobody's data."""
    return path.name.startswith(".") or path.suffix == ".log"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _columns(data: CellData) -> Iterator[tuple[str, NDArray[Any]]]:
    yield "origin", data.origin
    yield "horizon_deg", data.horizon_deg
    yield from data.receivers._asdict().items()
    yield from data.operators._asdict().items()


def _save(path: Path, array: NDArray[Any]) -> None:
    aside = path.with_name(f".{path.name}.part")
    with aside.open("wb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _differences(earlier: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return sorted(key for key in {*earlier, *now} if earlier.get(key) != now.get(key))
