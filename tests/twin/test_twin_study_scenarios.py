"""What must change nothing changes nothing; what a scenario is made of, and what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracles.scenario import cut_down

from io_citygml.model import SurfaceKind
from io_citygml.read import read_city
from twin.errors import TwinError
from twin.package_data import demo_city
from twin.study import masks
from twin.study.config import check_shadow_job
from twin.study.outcome import BESTAND, Outcome
from twin.study.run import run_study

TOWER = Path("tests/data/plans/tower.geojson")
TOWER_AT = (364150.0, 5650120.0)
HOUSE = "DENW37AL1000vMhR"


def study(folder: Path, **options: object) -> Outcome:
    """A coarse study of the demo district around the tower's place."""
    with demo_city() as city:
        job = {
            "cities": [city],
            "out": folder / "out",
            "dates": ["2026-03-21"],
            "step_min": 60,
            "spacing_m": 4.0,
            "pixel_m": 4.0,
            "margin_m": 30.0,
            "radius_m": 120.0,
            "energy": False,
            **options,
        }
        return run_study(check_shadow_job(job), lambda stage, done, of: None)


def house_as_plan(folder: Path, identifier: str, raised_m: float = 0.0, shrink: float = 1.0) -> Path:
    """A building of the demo district as OBJ in metres about a whole-metre origin; its origin beside it as text."""
    with demo_city() as city:
        model = read_city([city])
    number = [item.id for item in model.objects].index(identifier)
    own = np.array([i == number or item.parent == number for i, item in enumerate(model.objects)])
    part = cut_down(model, own)
    origin = np.floor(part.coords.mean(axis=0))
    middle = part.coords.mean(axis=0)
    lines, count = [], 0
    for s in range(len(part.kind)):
        if part.kind[s] == SurfaceKind.CLOSURE:
            continue
        r = part.surface_ring[s]
        ring = part.coords[part.ring_start[r] : part.ring_start[r + 1]]
        ring = middle + (ring - middle) * shrink - origin + [0.0, 0.0, raised_m]
        lines += [f"v {x:.9f} {y:.9f} {z:.9f}" for x, y, z in ring]
        lines.append("f " + " ".join(str(count + k + 1) for k in range(len(ring))))
        count += len(ring)
    path = folder / f"{identifier}.obj"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "origin.json").write_text(json.dumps(origin.tolist()), encoding="utf-8")
    return path


def no_difference(outcome: Outcome, scenario: str) -> None:
    """Masks hold only 0, 3 and what is no land; every table's change is exactly zero."""
    bestand, planung = outcome.days[0].ground[BESTAND], outcome.days[0].ground[scenario]
    assert np.array_equal(bestand.bits, planung.bits)
    assert np.array_equal(bestand.there, planung.there)
    values = {
        int(v)
        for i in range(len(outcome.days[0].instants.time))
        for v in np.unique(masks.mask(outcome.study, outcome.days[0], scenario, i))
    }
    assert values <= {0, 3, 255}
    assert {0, 3} <= values
    for name in ("storeys", "buildings"):
        table = outcome.tables[name]
        change = table[(table["scenario"] == scenario) & ~table["own"]]["delta_min"]
        assert len(change) > 10
        assert (change == 0.0).all()


def test_row_18_identical_input_gives_no_difference(tmp_path: Path) -> None:
    """A plan that is taken away again in its own scenario: Planung is the Bestand."""
    plans = [{"file": TOWER, "scenario": "Leer"}, {"file": TOWER, "scenario": "Planung"}]
    empty = study(tmp_path, plans=plans[:1], remove=[{"id": "tower_1", "scenario": "Leer"}])
    no_difference(empty, "Leer")


def test_demolition_and_rebuilding_give_the_bestand(tmp_path: Path) -> None:
    """A house is removed and planned again from its own coordinates: the same shadow on everyone else."""
    plan = house_as_plan(tmp_path, HOUSE)
    origin = json.loads((tmp_path / "origin.json").read_text(encoding="utf-8"))
    options = {"file": plan, "unit": "m", "up": "z", "origin": origin, "heights": "sea"}
    outcome = study(tmp_path, plans=[options], remove=[{"id": HOUSE}], points=[])
    day = outcome.days[0]
    bestand, planung = day.ground[BESTAND], day.ground["Planung"]
    assert np.array_equal(bestand.there, planung.there)
    # The OBJ's digits are not the file's: an edge may pass a pixel on the other side.
    differ = np.bitwise_count(bestand.bits ^ planung.bits).sum()
    assert differ <= 3
    table = outcome.tables["buildings"]
    others = table[(table["building_id"] != HOUSE) & ~table["own"]]
    assert others["delta_min"].abs().max() < 0.5


def test_a_plan_hidden_inside_a_building_changes_nothing(tmp_path: Path) -> None:
    plan = house_as_plan(tmp_path, HOUSE, shrink=0.8)
    origin = json.loads((tmp_path / "origin.json").read_text(encoding="utf-8"))
    options = {"file": plan, "unit": "m", "up": "z", "origin": origin, "heights": "sea"}
    no_difference(study(tmp_path, plans=[options]), "Planung")


def test_scenarios_in_the_order_asked(tmp_path: Path) -> None:
    plans = [{"file": TOWER, "scenario": "Nullfall"}, {"file": TOWER}]
    outcome = study(tmp_path, plans=plans, remove=[{"id": HOUSE}], objects=[HOUSE])
    assert [s.name for s in outcome.study.scenarios] == [BESTAND, "Nullfall", "Planung", f"ohne {HOUSE}"]
    lit = {name: int(np.bitwise_count(value.bits).sum()) for name, value in outcome.days[0].ground.items()}
    assert lit["Nullfall"] < lit["Planung"]  # the house is gone there
    assert lit[f"ohne {HOUSE}"] > lit[BESTAND] > lit["Nullfall"]


def test_unknown_object_names_near_ones(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match=r"DENW37AL1000vMhX: no such object.*DENW37AL1000vMhR"):
        study(tmp_path, remove=[{"id": "DENW37AL1000vMhX"}])


def test_bestand_is_no_name_for_a_plan(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="cannot be called Bestand"):
        study(tmp_path, plans=[{"file": TOWER, "scenario": "Bestand"}])
