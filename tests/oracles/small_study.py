"""A shadow study of two houses and a planned tower between them, three instants of one day."""

from __future__ import annotations

from pathlib import Path

import shapely
from oracles.houses import SOUTH, WEST, Box, write_town
from oracles.plans import write

from twin.study.config import check_shadow_job
from twin.study.deliver import shadow_job


def write_small_study(folder: Path) -> Path:
    """The study's folder, ``folder/out``."""
    houses = [Box("a", WEST, SOUTH, 10, 10, 6), Box("b", WEST + 30, SOUTH, 10, 10, 9)]
    city = write_town(folder / "town.city.json", houses)
    plan = write(folder / "plan.geojson", [shapely.box(WEST + 15, SOUTH, WEST + 25, SOUTH + 10)])
    options = {
        "cities": [city],
        "out": folder / "out",
        "dates": ["2026-03-21"],
        "plans": [{"file": plan, "height_m": 30.0}],
        "step_min": 60,
        "first": "11:00",
        "last": "13:00",
        "spacing_m": 4.0,
        "energy": False,
        "attribution": "Muster & Söhne",
    }
    shadow_job(check_shadow_job(options), "de", lambda stage, done, of: None)
    return folder / "out"
