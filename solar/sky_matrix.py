"""A user's own sky: the radiance of every patch in every interval, from .npy, CSV or Radiance's .mtx.

What a file is, its first bytes say, not its name. A .mtx is read as gendaymtx writes it (patches outside, intervals
inside, the ground first); its three colours become one number by the weights that Radiance calls brightness, which
undo gendaymtx's own sky colour (their plain mean is 2.7 % too much) and leave `-c 1 1 1` as it is. What another program
wrote or changed (rmtxop, gensdaymtx) is refused: nothing in it says that it is the sky alone, in W/m²/sr. Oracle: a
file of gendaymtx beside the same skies as a table (tests/data/sky).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.errors import WeatherError
from solar.sky import SUBDIVISION

NUMPY_MAGIC = b"\x93NUMPY"
RADIANCE_MAGIC = b"#?RADIANCE"
# Radiance's brightness of R, G, B; of its default sky colour 0.96, 1.004, 1.118 that is 0.9998.
BRIGHTNESS = (0.265, 0.670, 0.065)
MAX_HEADER = 64 << 10
BINARY = {"float": "f4", "double": "f8"}
# The blank line after a header.
END = re.compile(rb"\r?\n\r?\n")
OWN_RADIANCES = "Give what gendaymtx -O1 -s writes, or W/m²/sr of every patch of the sky as .npy or CSV"


class Header(NamedTuple):
    """What a .mtx says of itself: rows, columns, numbers a cell, format as its header has it, where the body begins.

    offset [bytes] and line (of the header's end, the blank one).
    """

    rows: int
    columns: int
    components: int
    form: str
    big_endian: bool
    offset: int
    line: int


def read_sky_matrix(path: Path, n_patches: int, n_hours: int) -> NDArray[np.float64]:
    """Radiance (H, K) [W/m²/sr] of n_patches patches, in the order of `sky.reinhart`, over n_hours intervals.

    A .npy holds (K, H) or (H, K) numbers; a CSV likewise, comma or semicolon (then with decimal commas too), lines
    that begin with # left out; a .mtx of gendaymtx (`-O1 -s`, ASCII, float or double) K + 1 rows, of which the ground
    is dropped. Raises WeatherError, with the line where there is one, for another size, a size that may be read two
    ways, what is no number, NaN, infinite or negative, and where there is no such file.
    """
    if not path.is_file():
        raise WeatherError("is no file", str(path), remedy="Check the path of the sky matrix")
    with path.open("rb") as file:
        magic = file.read(len(RADIANCE_MAGIC))
    if magic.startswith(NUMPY_MAGIC):
        values = _turned(_numpy(path), n_patches, n_hours, str(path))
    elif magic == RADIANCE_MAGIC:
        values = _radiance(path, n_patches, n_hours)
    else:
        values = _turned(_checked(_table(path), path), n_patches, n_hours, str(path))
    _refuse(values, str(path))
    return values


def _numpy(path: Path) -> NDArray[np.float64]:
    """The array of a .npy; WeatherError for what is damaged or holds no plain numbers."""
    try:
        values = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise WeatherError(f"is no readable .npy ({error})", str(path), remedy="Write it with numpy.save") from error
    if values.dtype.kind not in "fiu":
        raise WeatherError(f"holds {values.dtype}, not numbers", str(path), remedy="Write it as float64")
    return np.asarray(values, np.float64)


def _turned(values: NDArray[np.float64], n_patches: int, n_hours: int, file: str) -> NDArray[np.float64]:
    """(H, K) of (H, K) or (K, H); WeatherError for another shape, or where both are the same."""
    if n_patches == n_hours and values.shape == (n_hours, n_patches):
        raise WeatherError(
            f"{n_hours} intervals of as many patches: rows and columns cannot be told apart",
            file,
            remedy="Give a .mtx of gendaymtx, or weather of another length",
        )
    if values.shape == (n_hours, n_patches):
        return np.ascontiguousarray(values)
    if values.shape == (n_patches, n_hours):
        return np.ascontiguousarray(values.T)
    raise WeatherError(
        f"is {' × '.join(map(str, values.shape))}, not {n_hours} intervals × {n_patches} patches",
        file,
        remedy=_size_remedy(values.shape, n_patches, n_hours),
    )


def _size_remedy(shape: tuple[int, ...], n_patches: int, n_hours: int) -> str:
    """What to do about a table of the wrong shape."""
    if n_patches + 1 in shape:
        return "Leave the ground (the first patch) out"
    other = [size for size in shape if size in SUBDIVISION and size != n_patches]
    if other and n_hours in shape:
        return f"Choose the sky of {other[0]} patches"
    return "Give one number for every patch in every interval of the weather, in its order"


def _lines(path: Path, after: int = 0) -> Iterator[tuple[int, str]]:
    """Number and text of the lines after the given one that say something; WeatherError where it is no text."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                text = line.strip()
                if number > after and text and not text.startswith("#"):
                    yield number, text
    except UnicodeDecodeError as error:
        raise WeatherError(
            "is neither .npy nor .mtx nor text", str(path), remedy="Give a matrix of numpy, gendaymtx or CSV"
        ) from error


def _table(path: Path, after: int = 0, delimiter: str | None = "") -> NDArray[np.float64]:
    """The numbers of a text file, a row a line; delimiter "" is found in the first line, None is white space."""
    first = next(_lines(path, after), None)
    if first is None:
        raise WeatherError("holds no numbers", str(path), remedy="Give one number for every patch and interval")
    if delimiter == "":
        delimiter = ";" if ";" in first[1] else ","
    plain = (lambda text: text.replace(",", ".")) if delimiter == ";" else str
    texts = (plain(text).rstrip(delimiter) for _, text in _lines(path, after))
    try:
        return np.asarray(np.loadtxt(texts, delimiter=delimiter, comments=None, ndmin=2), np.float64)
    except ValueError as error:
        width = len(first[1].rstrip(delimiter).split(delimiter))
        for number, text in _lines(path, after):
            fields = plain(text).rstrip(delimiter).split(delimiter)
            if len(fields) != width:
                raise WeatherError(
                    f"has {len(fields)} numbers, the first line {width}", str(path), number, "Fill the gaps"
                ) from error
            for field in fields:
                _number(field, str(path), number)
        raise WeatherError(f"is no table of numbers ({error})", str(path)) from error


def _number(field: str, file: str, line: int) -> float:
    """The number that a field says; WeatherError where it says none."""
    try:
        return float(field)
    except ValueError as error:
        raise WeatherError(
            f"'{field.strip()[:40]}' is not a number", file, line, "Put # before headings; give W/m²/sr"
        ) from error


def _checked(values: NDArray[np.float64], path: Path) -> NDArray[np.float64]:
    """The rows of a CSV as they are; WeatherError names the line of the first number that no radiance can be."""
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0.0)).all(axis=1))
    if len(bad):
        line = next(number for row, (number, _) in enumerate(_lines(path)) if row == bad[0])
        _refuse(values[bad[0]], str(path), line)
    return values


def _refuse(values: NDArray[np.float64], file: str, line: int | None = None) -> None:
    """Raise WeatherError where a radiance is NaN, infinite or negative."""
    finite = np.isfinite(values)
    if not finite.all():
        raise WeatherError(
            f"holds {np.count_nonzero(~finite)} values that are NaN or infinite", file, line, "Fill them, 0 at night"
        )
    if (values < 0.0).any():
        raise WeatherError(
            f"holds negative radiance (lowest {values.min():g})", file, line, "Radiance is 0 or more, W/m²/sr"
        )


def _radiance(path: Path, n_patches: int, n_hours: int) -> NDArray[np.float64]:
    """Radiance (H, K) of a .mtx; WeatherError where it is not what gendaymtx writes for this sky and weather."""
    head = _header(path)
    if (head.rows, head.columns) != (n_patches + 1, n_hours):
        raise WeatherError(
            f"holds {head.rows} patches (with the ground) × {head.columns} intervals, not {n_patches + 1} × {n_hours}",
            str(path),
            remedy=f"Run gendaymtx -m {SUBDIVISION.get(n_patches, '?')} on the weather of this job, without -A and -u",
        )
    cells = head.rows * head.columns
    if head.form == "ascii":
        body = _table(path, head.line, None)
        right = body.shape == (cells, head.components)
    else:
        with path.open("rb") as file:
            file.seek(head.offset)
            body = np.frombuffer(file.read(), np.uint8)
        kind = np.dtype(BINARY[head.form]).newbyteorder(">" if head.big_endian else "<")
        right = len(body) == cells * head.components * kind.itemsize
        body = body.view(kind) if right else body
    if not right:
        raise WeatherError("ends early or goes on after its last patch", str(path), remedy="Write it again")
    values = np.asarray(body, np.float64).reshape(head.rows, head.columns, head.components)[1:]
    _refuse(values, str(path))  # each colour, before brightness hides a negative one
    weights = BRIGHTNESS if head.components == 3 else (1.0,)
    bright = sum((weight * values[:, :, part] for part, weight in enumerate(weights)), np.zeros(values.shape[:2]))
    return np.ascontiguousarray(bright.T)


def _header(path: Path) -> Header:
    """The header of a .mtx; WeatherError where it is incomplete, or says that the sky is not the sky alone."""
    file = str(path)
    with path.open("rb") as raw:
        head = raw.read(MAX_HEADER)
    end = END.search(head)  # of Windows' line ends too
    text = head[: end.start() if end else 0].decode("utf-8", errors="replace")
    fields = dict(re.findall(r"^([A-Za-z]+)=[ \t]*(\S+)", text, re.MULTILINE))
    try:
        rows, columns, components = (int(fields[name]) for name in ("NROWS", "NCOLS", "NCOMP"))
        form = fields["FORMAT"]
    except (KeyError, ValueError) as error:
        raise WeatherError("has no whole header", file, remedy="Run gendaymtx without -h") from error
    _check_commands(text.splitlines()[1:], file)
    if end is None or form not in ("ascii", *BINARY) or components not in (1, 3):
        raise WeatherError(
            f"has format {form} with {components} numbers a cell",
            file,
            remedy="Give ascii, float or double with 1 or 3",
        )
    big = fields.get("BigEndian") == "1"
    return Header(rows, columns, components, form, big, end.end(), text.count("\n") + 2)


def _check_commands(lines: list[str], file: str) -> None:
    """Refuse a header (without its first line) of another history than one run of gendaymtx for the sky alone.

    What is no "NAME= value" is a command, or what rmtxop notes of its work.
    """
    commands = [line.strip() for line in lines if line.strip() and not re.match(r"\s*[A-Za-z_]+=", line)]
    if not commands:
        raise WeatherError("does not say which program wrote it", file, remedy=OWN_RADIANCES)
    for command in commands:
        program, *options = _words(command)
        if PureWindowsPath(program).name.lower().removesuffix(".exe") != "gendaymtx":
            raise WeatherError(
                f"was written or changed by another program than gendaymtx ('{command[:60]}')",
                file,
                remedy=OWN_RADIANCES,
            )
        if "-s" not in options or [word for word in options if word.startswith("-O")][-1:] != ["-O1"]:
            raise WeatherError(
                "holds the sun too, or light instead of solar radiation",
                file,
                remedy="Run gendaymtx with -s (the sun is computed at its own place) and -O1",
            )


def _words(command: str) -> list[str]:
    """Words of a command, those in quotes whole; backslashes are Windows'."""
    return [word.strip("\"'") for word in re.findall(r"\"[^\"]*\"|'[^']*'|\S+", command)]
