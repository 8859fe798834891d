"""What the choice of a sky model does to free planes: stated, not held, to be told apart from transport.

Every model that the engine has, same year, same sun instants, same patches.
"""

from __future__ import annotations

import numpy as np

from solar.irradiance import MODELS as ALL
from solar.weather import bundled
from twin.validate.engine import free_planes, normal_of, year_at
from twin.validate.planes import ALBEDO, PATCHES, PLANES
from twin.validate.table import Asked, Seconds, Sheet, Table, stated

NAME = "skies"
MODELS = tuple(model for model in ALL if model != "matrix")  # a user's own is no model


def skies(asked: Asked) -> Table:
    """Twelve planes of the default year under every sky model; fewer patches where it is to be small."""
    patches, seconds = 145 if asked.smoke else PATCHES, Seconds()
    normal = np.array([normal_of(*plane) for plane in PLANES.values()])
    found = {}
    for number, model in enumerate(MODELS):
        asked.on_progress(NAME, number, len(MODELS))
        with seconds.spent("heliotwin"):
            energy = free_planes(year_at(bundled(), patches, ALBEDO, model=model), normal)
            found[model] = (energy.direct + energy.diffuse + energy.reflected).sum(axis=1)
    rows = [
        stated(f"{plane}, {model}", values[index], "kWh/m²", "solar.irradiance", found[MODELS[0]][index])
        for model, values in found.items()
        for index, plane in enumerate(PLANES)
    ]
    lines = tuple(
        (plane, f"{found[MODELS[0]][index]:.0f}")
        + tuple(f"{100.0 * (found[model][index] / found[MODELS[0]][index] - 1.0):+.1f} %" for model in MODELS[1:])
        for index, plane in enumerate(PLANES)
    )
    return Table(
        name=NAME,
        title="Spread of the sky models on free planes",
        rows=tuple(rows),
        notes=(
            f"TRY 2015 region 12, albedo {ALBEDO:g}, {patches} patches; kWh/m² under the first model, the others "
            "beside it. No gate.",
        ),
        seconds=seconds.of,
        sheets=(Sheet(("plane", f"{MODELS[0]} [kWh/m²]", *MODELS[1:]), lines),),
    )
