"""How much of a city is closed as rays meet it, whether closed shells hold negative spaces, and what culling changes.

python docs/design/0007_closed_shells.py [CITY…]      (default: the demo district)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import raytrace
from twin import cells
from twin.config import check_job
from twin.job import Prepared, cells_of, prepare, receivers_of
from twin.mesh import sealed
from twin.operators import covered_receivers, mesh_near, tree_of
from twin.package_data import demo_city
from twin.scene import Scene
from twin.stopwatch import Stopwatch

PLACES = 4  # a face
EVERY = 4  # direction


def main() -> None:
    """Print the tables of the record."""
    if sys.argv[1:]:
        for name in sys.argv[1:]:
            look_at(Path(name))
        return
    with demo_city() as path:
        look_at(path)


def look_at(path: Path) -> None:
    """One line for each question about one file."""
    prepared = prepare(check_job({"cities": [path], "out": "unused", "spacing_m": 2.0}), Stopwatch())
    scene = prepared.scene
    alone = sealed(scene.vertices, scene.triangles, scene.object, scene.object)
    print(
        f"{path.name}: {len(np.unique(scene.object))} objects, {len(scene.triangles)} triangles, in closed shells "
        f"{(alone.shell >= 0).mean():.1%} by object, {(scene.sealed.shell >= 0).mean():.1%} with buildings as a whole; "
        f"{len(scene.sealed.sliver)} slivers"
    )
    shells, places, negative = negative_spaces(scene)
    print(
        f"  {shells} shells, {places} places 1 cm in front of their faces, {negative} of them wound less than 0 times"
    )
    pairs, changed = changed_bits(prepared)
    print(f"  {pairs} exposed points × directions, {changed} bits changed by testing exits alone")


def negative_spaces(scene: Scene) -> tuple[int, int, int]:
    """Closed shells, places in front of their faces, and how many of these a shell goes around less than 0 times."""
    found, rng = scene.sealed, np.random.default_rng(0)
    corner = scene.vertices[np.concatenate([scene.triangles, found.sliver])]
    shell = np.concatenate([found.shell, found.shell[found.source]])
    places = negative = 0
    numbers = np.unique(shell[shell >= 0])
    for number in numbers:
        face = corner[shell == number]
        across = np.cross(face[:, 1] - face[:, 0], face[:, 2] - face[:, 0])
        area = np.linalg.norm(across, axis=1)
        large = area > 0.01
        weight = rng.dirichlet((1.0, 1.0, 1.0), (int(large.sum()), PLACES))
        place = (
            np.einsum("fpk,fkx->fpx", weight, face[large]) + 0.01 * (across / area.clip(1e-12)[:, None])[large, None]
        )
        winding = winding_number(place.reshape(-1, 3), face)
        places += len(winding)
        negative += int((winding < 0).sum())
    return len(numbers), places, negative


def winding_number(point: NDArray[np.float64], corner: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of solid angles over 4 π (van Oosterom & Strackee 1983, doi:10.1109/TBME.1983.325207)."""
    a, b, c = (corner[None, :, k] - point[:, None] for k in range(3))
    la, lb, lc = (np.linalg.norm(side, axis=2) for side in (a, b, c))
    ab, bc, ca = (np.einsum("ptk,ptk->pt", p, q) for p, q in ((a, b), (b, c), (c, a)))
    triple = np.einsum("ptk,ptk->pt", a, np.cross(b, c))
    angle = np.arctan2(triple, la * lb * lc + ab * lc + bc * la + ca * lb)
    return np.asarray(np.round(angle.sum(axis=1) / (2.0 * np.pi)))


def changed_bits(prepared: Prepared) -> tuple[int, int]:
    """Pairs traced with and without the mark, and how many answers differ."""
    pairs = changed = 0
    direction = prepared.directions.direction[::EVERY]
    for cell in cells_of(prepared):
        samples = receivers_of(prepared, cell)
        origin = cells.origin_of(cell, samples)
        mesh = mesh_near(prepared.casters, cell, prepared.job.halo_m, origin)
        marked, plain = tree_of(mesh), tree_of(mesh._replace(closed=np.zeros(len(mesh.closed), bool)))
        point, normal = (samples.point - origin).astype(np.float32), samples.normal.astype(np.float32)
        exposed = ~covered_receivers(plain, point, normal)
        one, two = (raytrace.visible(tree, point[exposed], normal[exposed], direction) for tree in (marked, plain))
        pairs += int(exposed.sum()) * len(direction)
        changed += int(np.bitwise_count(one ^ two).sum())
    return pairs, changed


if __name__ == "__main__":
    main()
