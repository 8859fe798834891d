"""The sheet that `heliotwin inspect --picture` draws."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from oracles.houses import SOUTH, WEST, Box, street, write_town

from io_citygml import defects
from io_citygml.model import SurfaceKind
from io_citygml.read import read_city
from io_citygml.repair import SkipReason
from twin.errors import TwinError
from twin.export.mesh import KIND_COLOUR
from twin.inspection import inspect_city
from twin.report.inspection_picture import draw_city, height_scale, plan_of
from twin.report.inspection_stage import around, base_heights, guessed_ground, stage_of_model
from twin.report.inspection_words import TEXT, InspectionWords
from twin.report.words import MESSAGES


def image_of(path: Path) -> np.ndarray:
    from matplotlib.image import imread

    return np.round(imread(path)[..., :3] * 255).astype(int)


def near(image: np.ndarray, colour: tuple[int, int, int], within: int = 6) -> int:
    return int((np.abs(image - colour).max(axis=-1) <= within).sum())


def test_sheet_of_a_street(tmp_path: Path) -> None:
    found, model = inspect_city([write_town(tmp_path / "town.city.json", street())], None)
    first = draw_city(model, found, tmp_path / "a.png", "de").read_bytes()
    assert draw_city(model, found, tmp_path / "b" / "b.png", "de").read_bytes() == first
    image = image_of(tmp_path / "a.png")
    assert image.shape == (1500, 2400, 3)
    # flat lit roofs have exactly the roof's colour in the oblique view, right of the map
    assert near(image[220:910, 1240:2340], KIND_COLOUR[SurfaceKind.ROOF]) > 5000
    # the map holds the colours of low and high roofs
    scale = height_scale(plan_of(model).roof_value)
    low = tuple(int(v) for v in scale.table[int(5 / scale.high * 256)])
    assert near(image[220:1270, 110:1160], low) > 500


def test_defects_are_marked(tmp_path: Path) -> None:
    import json

    town = write_town(
        tmp_path / "t.city.json", [Box("flat", WEST, SOUTH, 8, 8, 5), Box("bent", WEST + 50, SOUTH, 8, 8, 5)]
    )
    city = json.loads(town.read_text(encoding="utf-8"))
    city["vertices"][-1][2] += 900
    town.write_text(json.dumps(city), encoding="utf-8")
    found, model = inspect_city([town], None)
    assert "non-planar" in {entry["kind"] for entry in found["defects"]}
    draw_city(model, found, tmp_path / "t.png", "en")
    image = image_of(tmp_path / "t.png")
    sign = (0xC2, 0x18, 0x5B)
    # on the map, right half (the bent house), and in the legend
    assert near(image[220:1270, 640:1160], sign) > 50 and near(image[960:1440, 1850:1900], sign) > 50


def test_roofs_by_height_over_their_house(tmp_path: Path) -> None:
    boxes = [Box("low", WEST, SOUTH, 8, 8, 4, base=100), Box("high", WEST + 20, SOUTH, 8, 8, 9, base=140)]
    model = read_city([write_town(tmp_path / "t.city.json", boxes)])
    plan = plan_of(model)
    assert plan.roof_value.tolist() == pytest.approx([4.0, 9.0]) and plan.focus is None
    assert base_heights(model).tolist() == pytest.approx([100.0, 140.0])
    ground = guessed_ground(model, around(model, None))
    assert ground.value.min() > 99 and ground.value.max() < 140
    rows, columns = ground.value.shape
    assert ground.west < WEST and ground.west + columns * ground.cell_m > WEST + 28
    assert ground.north > SOUTH + 8 and ground.north - rows * ground.cell_m < SOUTH


def test_a_scattered_town_shows_its_densest_part(tmp_path: Path) -> None:
    boxes = [Box(f"h{i}", WEST + 12 * i, SOUTH, 8, 8, 5) for i in range(6)] + [Box("far", WEST + 3000, SOUTH, 8, 8, 5)]
    plan = plan_of(read_city([write_town(tmp_path / "t.city.json", boxes)]))
    assert plan.focus is not None
    west, south, east, north = plan.focus
    assert west <= WEST and WEST + 68 <= east < WEST + 100 and south <= SOUTH and north >= SOUTH + 8


def test_houses_at_the_ends_of_the_earth(tmp_path: Path) -> None:
    """No grid over the whole extent, no ray tree beyond float32: what is far is left out of the view."""
    boxes = [Box("a", WEST, SOUTH, 8, 8, 5), Box("b", WEST + 9, SOUTH, 8, 8, 5), Box("far", 0, 0, 8, 8, 5)]
    model = read_city([write_town(tmp_path / "t.city.json", boxes)])
    plan = plan_of(model)
    assert plan.focus is not None and plan.focus[0] == pytest.approx(WEST - 5) and plan.focus[2] < WEST + 30
    stage = stage_of_model(model, plan.focus)
    assert stage is not None and stage.n_city == 2 * 6 * 4


def test_nothing_to_draw(tmp_path: Path) -> None:
    found, model = inspect_city([write_town(tmp_path / "none.city.json", [])], None)
    with pytest.raises(TwinError, match="no surface"):
        draw_city(model, found, tmp_path / "none.png", "de")
    assert not (tmp_path / "none.png").exists()


def test_words_in_both_languages() -> None:
    german, english = InspectionWords("de"), InspectionWords("en")
    source = Path(sys.modules[draw_city.__module__].__file__ or "").read_text(encoding="utf-8")
    assert {key for key in TEXT if not key.isupper() and not re.search(f"[\"']{key}[\"']", source)} == set()
    for key, (de, en) in TEXT.items():
        assert de.count("{}") == en.count("{}") and de and en, key
    assert {german.kind(kind.name) for kind in SurfaceKind} == {TEXT[kind.name][0] for kind in SurfaceKind}
    assert english("roofs") == "Roofs" and german("title") == "Stadtmodell"


def test_every_defect_has_words() -> None:
    """Whatever the readers can find or leave out is said in German too."""
    known = {meaning.kind for meaning in defects.MEANING.values() if meaning.kind}
    known |= {kind for kind, _ in defects.SKIPPED.values()} | set(defects.EXAMINED)
    known |= {defects.LOD1_FALLBACK, defects.HOLE_WINDING, defects.SPIKE}
    assert {f"defect_{kind}" for kind in known} <= set(MESSAGES)
    assert {f"reason_{reason.name}" for reason in SkipReason if reason} <= set(MESSAGES)
