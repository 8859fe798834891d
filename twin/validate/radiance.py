"""The peer: Radiance, asked for the same coefficients that the engine keeps as bits and weights.

Of each receiver Radiance's rcontrib says what it gets from each sun and from each patch of the sky (Reinhart's patches,
numbered as in `solar.sky`), straight and after exactly one reflection, and what it gets from the ground beyond the
model: daylight coefficients (Tregenza & Waters 1983, doi:10.1177/096032718301500201) by backward ray tracing (Ward
1994, doi:10.1145/192161.192286).

The three colours of Radiance are put to use. Every material is black in red and has its albedo in green: red is light
that came straight, green less red is light reflected once, from the very same rays, so that the noise of one does not
enter the other. Suns are points (0.01°) whose radiance makes one watt per square metre normal to them; shadow rays are
traced to all, none is left to chance.
"""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.processors import processors
from twin.progress import OnProgress, silent
from twin.validate.engine import Mesh

REMEDY = 'pip install "heliotwin[validate]", or leave this proof out with --only'
AGAIN = "install it anew: pip install --force-reinstall pyradiance; else report it with the city model"
SUN_DEG = 0.01
# Receivers of one call.
PART = 128
# Patches along either side of a Tregenza patch, as reinhart.cal counts them.
CUT = {145: 1, 577: 2, 2305: 4}
# -u+: rays by chance. The other way (-u-) is the same each time, but then half the rays that a level receiver owes the
# lowest row of patches go to the row above it (seen with 1,024 and with 4,096 rays).
EXACT = ["-dj", "0", "-dt", "0", "-dc", "1", "-dp", "0", "-ds", "0", "-u+"]


class Effort(NamedTuple):
    """Rays over a receiver's hemisphere for suns and for the sky; share of a receiver's light a ray may fall below."""

    sun_divisions: int
    sky_divisions: int
    limit_weight: float


class Coefficients(NamedTuple):
    """What receivers get, a row each.

    sun, sun_reflected (P, D) per unit normal to each sun; sky, sky_reflected (P, K) [sr] per unit radiance of each
    patch; far (P,) [sr] per unit radiance of all that lies below the horizon beyond the model.
    """

    sun: NDArray[np.float64]
    sun_reflected: NDArray[np.float64]
    sky: NDArray[np.float64]
    sky_reflected: NDArray[np.float64]
    far: NDArray[np.float64]


def require() -> Path:
    """Folder of Radiance's programs.

    Raises
    ------
    TwinError
        Where the extra is not installed.
    """
    try:
        from pyradiance.anci import BINPATH
    except ImportError as error:
        raise TwinError("comparing with Radiance needs pyradiance", REMEDY) from error
    return Path(BINPATH)


def version() -> str:
    """Radiance's own words about itself.

    Raises
    ------
    TwinError
        Where it is not installed, or does not run.
    """
    return called(require(), ["rtrace", "-version"]).decode("utf-8", "replace").strip()


def called(programs: Path, command: list[str], given: bytes = b"", folder: Path | None = None) -> bytes:
    """What one of Radiance's programs writes, run in a folder.

    Raises
    ------
    TwinError
        Where it cannot be started, or ends with an error: in its own words.
    """
    path = os.pathsep.join([".", str(programs.parent / "lib")])
    try:
        done = subprocess.run(
            [str(programs / command[0]), *command[1:]],
            input=given,
            capture_output=True,
            cwd=folder,
            env={**os.environ, "RAYPATH": path},
            check=False,
        )
    except OSError as error:
        raise TwinError(f"Radiance's {command[0]} cannot be run: {error}", AGAIN) from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise TwinError(f"Radiance's {command[0]} failed ({done.returncode}): {said}", AGAIN)
    return done.stdout


def scene_text(mesh: Mesh, albedo: NDArray[np.floating]) -> str:
    """A mesh as Radiance reads it, matt, with the albedo (T,) of each triangle in green and blue and none in red."""
    values, which = np.unique(np.asarray(albedo, np.float64).round(6), return_inverse=True)
    lines = [f"void plastic m{k} 0 0 5 0 {value:g} {value:g} 0 0" for k, value in enumerate(values)]
    corner = mesh.vertices[mesh.triangles].reshape(-1, 9)
    for number, (k, xyz) in enumerate(zip(which.reshape(-1), corner, strict=True)):
        lines.append(f"m{k} polygon t{number} 0 0 9 " + " ".join(f"{x:.6f}" for x in xyz))
    return "\n".join(lines) + "\n"


def suns_text(sun: NDArray[np.float64]) -> str:
    """Suns (D, 3) as sources that each send one unit normal to themselves."""
    radiance = 1.0 / (2.0 * np.pi * (1.0 - np.cos(np.radians(SUN_DEG / 2.0))))
    return "".join(
        f"void light s{k} 0 0 3 {radiance:.9g} {radiance:.9g} {radiance:.9g}\n"
        f"s{k} source d{k} 0 0 4 {x:.9f} {y:.9f} {z:.9f} {SUN_DEG}\n"
        for k, (x, y, z) in enumerate(sun)
    )


SKY_TEXT = (
    "void glow up 0 0 4 1 1 1 0\nup source sky 0 0 4 0 0 1 180\n"
    "void glow down 0 0 4 1 1 1 0\ndown source ground 0 0 4 0 0 -1 180\n"
)


class Peer:
    """A scene compiled for Radiance, in a folder of its own."""

    def __init__(self, folder: Path, mesh: Mesh, albedo: NDArray[np.floating], sun: NDArray[np.float64], patches: int):
        """``albedo`` (T,) of the triangles of ``mesh``; ``sun`` (D, 3) unit; ``patches`` of the sky."""
        self._programs = require()
        self._folder = folder
        self._n_sun, self._n_sky = len(sun), patches
        texts = {"scene.rad": scene_text(mesh, albedo), "suns.rad": suns_text(sun), "sky.rad": SKY_TEXT}
        texts["suns.txt"] = "".join(f"s{k}\n" for k in range(len(sun)))
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        for light in ("suns", "sky"):
            compiled = self._run(["oconv", "-w", "scene.rad", f"{light}.rad"], b"")
            (folder / f"{light}.oct").write_bytes(compiled)

    def coefficients(
        self,
        point: NDArray[np.floating],
        normal: NDArray[np.floating],
        effort: Effort,
        backwards: bool = False,
        on_progress: OnProgress = silent,
    ) -> Coefficients:
        """Coefficients of receivers (P, 3). Radiance takes its seed from the clock; asked ``backwards`` a second later
        or not, each receiver meets other random numbers."""
        rays = np.concatenate([point, normal], axis=1).astype("<f8")
        order = np.arange(len(rays))[::-1] if backwards else np.arange(len(rays))
        suns = [
            "-V+",
            "-ab",
            "1",
            "-ad",
            str(effort.sun_divisions),
            "-lw",
            f"{effort.limit_weight:g}",
            "-M",
            "suns.txt",
        ]
        sky = ["-V-", "-ab", "2", "-ad", str(effort.sky_divisions), "-lw", f"{effort.limit_weight:g}"]
        sky += ["-e", f"MF:{CUT[self._n_sky]}", "-f", "reinhart.cal", "-bn", "Nrbins", "-b", "rbin", "-m", "up"]
        sky += ["-bn", "1", "-b", "0", "-m", "down"]
        of_suns = self._contributions(rays[order], suns, "suns", self._n_sun, on_progress)
        # The first bin of the sky is what reinhart.cal takes for ground; the last one is the ground's own source.
        of_sky = self._contributions(rays[order], sky, "sky", self._n_sky + 2, on_progress)
        back = np.argsort(order)
        straight, once = of_suns[back, :, 0], of_suns[back, :, 1]
        straight_sky, once_sky = of_sky[back, :, 0], of_sky[back, :, 1]
        above = slice(1, self._n_sky + 1)
        return Coefficients(
            sun=straight,
            sun_reflected=once - straight,
            sky=straight_sky[:, above],
            sky_reflected=once_sky[:, above] - straight_sky[:, above],
            far=straight_sky[:, -1],
        )

    def _contributions(
        self, rays: NDArray[np.float64], options: list[str], light: str, columns: int, on_progress: OnProgress
    ) -> NDArray[np.float64]:
        """What rcontrib says of rays (P, 6), in red and green, (P, columns, 2)."""
        command = ["rcontrib", "-h", "-fdf", "-I+", *EXACT, *options, f"{light}.oct"]
        parts = [rays[first : first + PART] for first in range(0, len(rays), PART)]
        found: list[NDArray[np.float32]] = []
        with ThreadPoolExecutor(processors()) as pool:
            for one in pool.map(lambda part: self._run(command, part.tobytes()), parts):
                on_progress(f"radiance, {light}", len(found), len(parts))
                found.append(np.frombuffer(one, "<f4").reshape(-1, columns, 3)[:, :, :2])
        return np.concatenate(found).astype(np.float64)

    def _run(self, command: list[str], given: bytes) -> bytes:
        """One of Radiance's programs in the folder."""
        return called(self._programs, command, given, self._folder)
