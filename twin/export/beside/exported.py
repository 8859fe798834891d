"""What an export wrote: its files, the one to name first, and the colours it was drawn with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from twin.export.beside.formats import FORMATS, Format, kind_of

# Where what lies beside the data goes, relative to the export's folder.
METADATA, LAYERS = "metadata", "layers"
# Formats whose files are of no use without one another.
WHOLE = ("3dtiles", "xyz", "viewer")
MOST_LISTED = 60
# What writers say of their own work, in suffixes that data have too.
REPORTS = ("write_back.json", "columns.csv")
# Files of an export that name all others, the best first.
MAINS = ("tileset.json", "index.html", "index.json", "WMTSCapabilities.xml", "tilejson.json")


class Exported(NamedTuple):
    """A finished export of one format."""

    name: str  # of the format, as `--to` has it
    profile: str  # of 3dtiles: cesium, vcmap or masterportal; else ""
    files: tuple[tuple[str, int], ...]  # path relative to the folder (posix), bytes; sorted
    main: str  # the file to name first
    legend: tuple[float, float]  # ends of the colour scale of annual irradiation [kWh/m²]
    coloured: bool  # whether the tiles carry colours of their own

    @property
    def format(self) -> Format:
        """What is said of its format."""
        return FORMATS[self.name]

    @property
    def version(self) -> str:
        """Of the format, as this export has it."""
        return "1.0" if self.name == "3dtiles" and self.profile in ("vcmap", "masterportal") else self.format.version

    def data(self) -> list[tuple[str, int]]:
        """Files that hold data."""
        if self.name in WHOLE:
            return list(self.files)
        wanted = data_of([path for path, _ in self.files], self.name)
        return [entry for entry in self.files if entry[0] in wanted] or list(self.files)

    def groups(self) -> list[list[tuple[str, int]]]:
        """Data files as a catalogue lists them, the main file's group first.

        A tileset, a pyramid and a web application are one thing; other files are one each, or one a media type where
        there are too many to list.
        """
        files = sorted(self.data(), key=lambda entry: (entry[0] != self.main, entry[0]))
        if self.name in WHOLE:
            return [files]
        if len(files) <= MOST_LISTED:
            return [[entry] for entry in files]
        found: dict[str, list[tuple[str, int]]] = {}
        for path, size in files:
            found.setdefault(kind_of(path, self.name).media_type, []).append((path, size))
        return list(found.values())


def exported_of(
    folder: Path,
    names: Iterable[str],
    name: str,
    profile: str = "",
    legend: tuple[float, float] = (0.0, 1200.0),
    coloured: bool = True,
) -> Exported:
    """An export by the names that its writer returned, with sizes and the main file found."""
    files = tuple(sorted((path, (folder / path).stat().st_size) for path in names))
    return Exported(name, profile, files, main_of([path for path, _ in files], name), legend, coloured)


def data_of(paths: list[str], name: str) -> list[str]:
    """Files of a format's own suffixes; reports of its writer are none."""
    suffixes = FORMATS[name].suffixes
    return [path for path in paths if path not in REPORTS and PurePosixPath(path).suffix.lower() in suffixes]


def main_of(paths: list[str], name: str) -> str:
    """The file that a reader opens first; "" of an empty export."""
    for wanted in ("index.html", *MAINS) if name == "viewer" else MAINS:
        named = [path for path in paths if PurePosixPath(path).name == wanted]
        if named:
            return min(named, key=lambda path: (path.count("/"), path))
    return min(data_of(paths, name) or paths, key=lambda path: (path.count("/"), path), default="")
