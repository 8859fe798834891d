"""Points on surfaces that light reaches, for looking at them: a job's own exposed receivers, on Earth by PROJ alone."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from oracles.earth_centred import direction, earth_centred

from twin.store import Store

SEED = 7


class Target(NamedTuple):
    """A point of a surface that light reaches, and where to look at it from."""

    surface_id: str
    point: list[float]  # Earth-centred [m], 1 cm off the surface
    normal: list[float]


def targets(out: Path, count: int, seed: int = SEED) -> list[Target]:
    """Random surfaces with a result, each with one of its exposed receivers."""
    store = Store.open_finished(out)
    table = pd.read_parquet(out / "surfaces.parquet", columns=["surface_id", "surface_index", "irradiation_kwh_m2"])
    of_index = table.dropna(subset="irradiation_kwh_m2").set_index("surface_index")["surface_id"]
    place, normal, surface = [], [], []
    for cell in store.cells():
        data = store.read_cell(cell)
        found = data.receivers
        use = np.isin(found.surface, of_index.index) & ~np.asarray(found.covered, bool)
        place.append((np.asarray(found.point, float) + data.origin)[use])
        normal.append(np.asarray(found.normal, float)[use])
        surface.append(np.asarray(found.surface)[use])
    places, normals, surfaces = np.concatenate(place), np.concatenate(normal), np.concatenate(surface)
    random = np.random.default_rng(seed)
    chosen = random.choice(np.unique(surfaces), count, replace=False)
    row = np.array([random.choice(np.flatnonzero(surfaces == one)) for one in chosen])
    points, directions = earth_centred(places[row]), direction(places[row], normals[row])
    return [
        Target(of_index[one], points[k].tolist(), directions[k].tolist())
        for k, one in enumerate(surfaces[row].tolist())
    ]
