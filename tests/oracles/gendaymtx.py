"""Skies of Radiance's gendaymtx as tables; `python tests/oracles/gendaymtx.py GENDAYMTX` writes them anew.

GENDAYMTX is the program itself (pyradiance brings it along in bin/). `tests/data/sky/README.md` says with which version
the tables there were made.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parents[1] / "data" / "sky"
# Hours are of true solar time up to gendaymtx's own equation of time; the sun's direction is taken from its output.
WEA_HEAD = "place Test\nlatitude 50.0\nlongitude -8.0\ntime_zone -15\nsite_elevation 100\nweather_data_file_units 1\n"
TIMES = (
    (1, 15, 9.0), (1, 20, 12.0), (3, 21, 7.5), (3, 25, 10.0), (4, 30, 17.0), (6, 21, 5.0), (6, 22, 8.0),
    (6, 23, 12.5), (7, 14, 18.5), (9, 1, 14.0), (10, 12, 16.0), (12, 21, 11.0), (12, 22, 15.0),
)  # fmt: skip
# DNI and DHI [W/m²] from overcast to very clear.
BEAMS = (
    (0, 20), (0, 150), (5, 120), (15, 200), (40, 180), (80, 250), (150, 220), (250, 200), (400, 150), (600, 120),
    (800, 90), (900, 60), (950, 45),
)  # fmt: skip


class References(NamedTuple):
    """sun (N, 3) unit; dni, dhi, dni_extra (N,) [W/m²]; radiance (N, K) [W/m²/sr]."""

    sun: NDArray[np.float64]
    dni: NDArray[np.float64]
    dhi: NDArray[np.float64]
    dni_extra: NDArray[np.float64]
    radiance: NDArray[np.float64]


def references(n_patches: int) -> References:
    """The table of 145 or 577 patches under tests/data/sky."""
    rows = np.loadtxt(FOLDER / f"gendaymtx_{n_patches}.csv", delimiter=",", skiprows=1, encoding="utf-8")
    return References(rows[:, :3], rows[:, 3], rows[:, 4], rows[:, 5], rows[:, 6:])


def extraterrestrial(day_of_year: NDArray[np.integer]) -> NDArray[np.float64]:
    """What gendaymtx takes for the beam above the air [W/m²]: 1367 W/m² and the orbit as Şen 2008 has it."""
    angle = (day_of_year - 1) * 2.0 * np.pi / 365.0
    orbit = 1.00011 + 0.034221 * np.cos(angle) + 0.00128 * np.sin(angle)
    return 1367.0 * (orbit + 0.000719 * np.cos(2.0 * angle) + 0.000077 * np.sin(2.0 * angle))


def conditions() -> list[tuple[int, int, float, int, int]]:
    """Month, day, hour, DNI, DHI: 50 of the pairs of a time and a beam, spread over both."""
    return [(*time, *beam) for i, time in enumerate(TIMES) for j, beam in enumerate(BEAMS) if (i * 5 + j * 3) % 10 < 3][
        :50
    ]


def write(gendaymtx: Path) -> None:
    """Run gendaymtx on all conditions (145 patches) and on every sixth (577), and write both tables."""
    for cut, n_patches, every in ((1, 145, 1), (2, 577, 6)):
        asked = conditions()[::every]
        lines = "".join(f"{month} {day} {hour:.2f} {dni} {dhi}\n" for month, day, hour, dni, dhi in asked)
        with tempfile.TemporaryDirectory() as folder:
            suns = Path(folder) / "suns.rad"
            options = f"-m {cut} -O1 -s -c 1 1 1 -g 0 0 0 -of -D".split()
            done = subprocess.run(
                [gendaymtx, *options, suns], input=(WEA_HEAD + lines).encode(), capture_output=True, check=True
            )
            sources = re.findall(r"^4 (\S+) (\S+) (\S+) \S+$", suns.read_text(encoding="utf-8"), re.MULTILINE)
        _, _, body = done.stdout.partition(b"\n\n")
        radiance = np.frombuffer(body, np.float32).reshape(n_patches + 1, len(asked), 3)[1:, :, 0].T
        with (FOLDER / f"gendaymtx_{n_patches}.csv").open("w", encoding="utf-8", newline="\n") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["sun_x", "sun_y", "sun_z", "dni", "dhi", "dni_extra", *range(n_patches)])
            for (month, day, _, dni, dhi), sun, sky in zip(asked, sources, radiance, strict=True):
                date = np.datetime64(f"2015-{month:02d}-{day:02d}")
                number = (date - np.datetime64("2015-01-01")).astype(int) + 1
                extra = float(extraterrestrial(np.array(number)))
                table.writerow([*sun, dni, dhi, f"{extra:.2f}", *(f"{value:.6g}" for value in sky)])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
