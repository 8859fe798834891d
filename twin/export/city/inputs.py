"""The city files of a job: found again by their content, opened one document after the other, written beside."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from io_citygml.collect import documents
from io_citygml.errors import CityModelError
from io_citygml.repair import ReadReport
from io_citygml.source import open_city
from twin.errors import TwinError
from twin.package_data import demo_city
from twin.store import Store, sha256_of

REPORT = "write_back.json"
# Names that no city file takes in an export's folder.
RESERVED = (REPORT, "export.json")
_GZIP = b"\x1f\x8b"
_FORBIDDEN = '<>:"/\\|?*'
_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
_DEVICES |= {f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"}
# Bytes of a file's name, so that a number still fits into the 255 that most systems take, and of what ends it.
_LONGEST, _ENDING = 200, 40


def find_inputs(store: Store, given: Sequence[Path] = (), key: str = "inputs", option: str = "--city") -> list[Path]:
    """The city files of a job, in the order in which it read them: those whose content is still the same.

    Parameters
    ----------
    given
        Files, or folders that hold them; without, the paths in the manifest are tried, and the package's own demo.
    key
        List of the manifest: "inputs", or "terrain_inputs" of a job on terrain.
    option
        What the command line calls them, for messages.

    Raises
    ------
    TwinError
        Where a file is missing or has changed, or a file that was given is none of the job's.
    """
    wanted = store.manifest["inputs"] if key == "inputs" else store.manifest.get(key, [])  # flat land has no terrain
    sizes, digests = {int(entry["bytes"]) for entry in wanted}, {entry["sha256"] for entry in wanted}
    found: dict[str, Path] = {}
    seen: set[str] = set()
    for path in _candidates(given, option) if given else _noted(wanted):
        seen.add(path.name)
        digest = sha256_of(path) if path.stat().st_size in sizes else ""
        if digest in digests:
            found.setdefault(digest, path)
        elif path in given:
            raise TwinError(f"{path}: not read by the job in {store.root}", "leave it out, or give that job's files")
    missing = [entry["name"] for entry in wanted if entry["sha256"] not in found]
    if missing:
        shown = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        changed = sorted(seen & set(missing))
        why = f"{changed[0]} has changed since" if changed else "not found"
        what = "terrain" if key == "terrain_inputs" else "city"
        raise TwinError(
            f"{store.root}: the {what} files of this job are needed, and {len(missing)} of {len(wanted)} are missing "
            f"({shown}): {why}",
            f"name the files that the job has read, or their folder, with {option} FILE; if they have changed, run "
            "`heliotwin solar` again",
        )
    return [found[entry["sha256"]] for entry in wanted]


def _candidates(given: Sequence[Path], option: str) -> Iterator[Path]:
    """Files that were named, and those in folders that were."""
    for path in given:
        if not path.exists():
            raise TwinError(f"{path}: no such file", f"check the path after {option}")
        yield from [path] if path.is_file() else sorted(inner for inner in path.rglob("*") if inner.is_file())


def _noted(wanted: Sequence[dict[str, Any]]) -> Iterator[Path]:
    """Files where the manifest says that they lay, and the demo district of the package."""
    yield from (path for entry in wanted if entry.get("path") and (path := Path(entry["path"])).is_file())
    with demo_city() as demo:
        if any(entry["name"] == demo.name for entry in wanted):
            yield demo


class Document(NamedTuple):
    """One document of the inputs."""

    name: str
    """As messages to whoever runs the export show it: with its path."""
    label: str
    """As a published file names it: without folders of this machine."""
    format: str
    """XML or JSON of io_citygml.source."""
    packed: bool
    """A .gz becomes a .gz; a member of an archive becomes a plain file."""
    target: str
    """Name of the file that it becomes."""
    stamp: tuple[int, int] = (0, 0)
    """Bytes and time of change [ns] of the file that it lies in, so that a change between two looks is seen."""


class Input(NamedTuple):
    """A document, open at its start until the next one is asked for; or why it cannot be read."""

    document: Document
    stream: BinaryIO | None
    problem: str
    member: bool = True
    """Of an archive, rather than a file of its own."""


def open_inputs(inputs: Sequence[Path]) -> Iterator[Input]:
    """Every city model among the inputs, in the order in which the readers meet them.

    Raises
    ------
    TwinError
        Where an input is damaged. A member of an archive that is none is passed on with its problem: the job has
        left it out too.
    """
    taken = {name.lower() for name in RESERVED}
    for path in inputs:
        stamp = _stamp_of(path)
        for found in documents([path], ReadReport()):
            if isinstance(found, CityModelError):
                yield Input(Document(found.file, label_of(found.file, path), "", False, ""), None, found.problem)
                continue
            member = found.member
            target = _free(safe_name(path.name if member is None else member.filename), taken)
            packed = member is None and _is_gzip(path)
            document = Document(found.name, label_of(found.name, path), "", packed, target, stamp)
            try:
                with open_city(found) as opened:
                    yield Input(document._replace(format=opened.format), opened.stream, "", member is not None)
            except CityModelError as error:
                if member is None:
                    raise TwinError(str(error), "give the file that the job has read") from error
                yield Input(document, None, error.problem)


def check_unchanged(before: Document, now: Document) -> None:
    """Places in a document hold as long as it is the same.

    Raises
    ------
    TwinError
        Where its file has changed since it was looked at.
    """
    if now.stamp != before.stamp:
        raise TwinError(f"{now.name}: has changed while it was exported", "export again when nobody writes to it")


def _stamp_of(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def label_of(name: str, path: Path) -> str:
    """A document's name without the folder that its file lies in: "city.zip/a/t.gml"."""
    return path.name + name.removeprefix(str(path)).replace("\\", "/")


def told(label: str, error: CityModelError) -> str:
    """What is wrong with a document, for a published file."""
    return f"{label}{f', line {error.line}' if error.line else ''}: {error.problem}"


@contextmanager
def written(path: Path, packed: bool) -> Iterator[BinaryIO]:
    """A file to write into; packed without name and time, so that the same content gives the same bytes."""
    with path.open("wb") as raw:
        if packed:
            with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield raw


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as raw:
        return raw.read(2) == _GZIP


def safe_name(name: str) -> str:
    """The last part of a name from an archive, as every file system takes it.

    Windows forbids some characters and dots at the end, keeps the names of devices for itself whatever follows their
    first dot, and its separator splits names too
    (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    last = "".join("_" if c in _FORBIDDEN or not c.isprintable() else c for c in last).rstrip(" .")
    if last.partition(".")[0].rstrip().upper() in _DEVICES:
        last = f"_{last}"
    data = last.encode()
    if len(data) > _LONGEST:
        last = (data[: _LONGEST - _ENDING] + data[-_ENDING:]).decode(errors="ignore")
    return last


def _free(name: str, taken: set[str]) -> str:
    """A file's name, numbered where another file has it, whatever its case."""
    stem, dot, suffix = name.partition(".")
    number, free = 1, name
    while free.lower() in taken:
        number += 1
        free = f"{stem}~{number}{dot}{suffix}"
    taken.add(free.lower())
    return free
