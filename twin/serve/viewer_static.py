"""The viewer as a folder for any web server: its pages and the data that it shows, no server of ours behind it."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path

from twin.export.source import Source
from twin.progress import OnProgress, silent
from twin.serve.served import open_served
from twin.serve.viewer_data import write_viewer_data
from twin.study.clock import zone_named

DATA = "data"


def viewer_pages() -> AbstractContextManager[Path]:
    """The viewer's own files as a folder, for the length of a ``with`` block."""
    return as_file(files("twin.serve") / "viewer")


def write_viewer(
    source: Source,
    folder: Path,
    zone: str,
    geoid: Path | None = None,
    study: Path | None = None,
    on_progress: OnProgress = silent,
) -> list[str]:
    """Write viewer and data into an empty folder; names of the files, index.html first.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        As `write_viewer_data`; where there is no such time zone.
    """
    zone_named(zone)
    with viewer_pages() as pages:
        shutil.copytree(pages, folder, dirs_exist_ok=True)
    own = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    (folder / DATA).mkdir()
    data = write_viewer_data(open_served(source, zone), folder / DATA, geoid, study, on_progress)
    own.sort(key=lambda name: name != "index.html")
    return [*own, *(f"{DATA}/{name}" for name in data)]
