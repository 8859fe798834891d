"""Windows drawn with frame, panes, sides and back are one window each, as wide as all of it that looks outward."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracles.houses import SOUTH, WEST

from twin.stopwatch import Stopwatch
from twin.study.config import check_shadow_job
from twin.study.opened import Opened, open_study
from twin.study.spots import OPENING

Quad = list[list[float]]


def south(x: float, z: float, width: float, height: float, out: float = 0.0, turned: bool = False) -> Quad:
    """An upright quad that looks south, ``out`` metres in front of the wall; ``turned``: looks north."""
    quad = [[x, -out, z], [x + width, -out, z], [x + width, -out, z + height], [x, -out, z + height]]
    return quad[::-1] if turned else quad


def side(x: float, z: float, height: float, out: float) -> Quad:
    """A frame's side, which looks west."""
    return [[x, 0.0, z], [x, -out, z], [x, -out, z + height], [x, 0.0, z + height]]


WALLS = [
    south(0, 0, 10, 6),
    [[10, 0, 0], [10, 8, 0], [10, 8, 6], [10, 0, 6]],
    [[10, 8, 0], [0, 8, 0], [0, 8, 6], [10, 8, 6]],
    [[0, 8, 0], [0, 0, 0], [0, 0, 6], [0, 8, 6]],
]
# A pane in a frame of four pieces that stands out, with its back and a side; two sashes that touch; a pane that is
# drawn from within, its frame from without; a joint of 2 cm.
FRAMED = [
    south(1.1, 1.1, 1.0, 1.2),
    south(1.0, 1.0, 0.1, 1.4, 0.05),
    south(2.1, 1.0, 0.1, 1.4, 0.05),
    south(1.1, 1.0, 1.0, 0.1, 0.05),
    south(1.1, 2.3, 1.0, 0.1, 0.05),
    south(1.0, 1.0, 1.2, 1.4, 0.0, turned=True),
    side(1.0, 1.0, 1.4, 0.05),
]
SASHES = [south(4.0, 1.0, 0.6, 1.4), south(4.6, 1.0, 0.9, 1.4)]
TURNED = [south(6.5, 1.2, 0.8, 1.0, 0.0, turned=True), south(6.4, 1.0, 1.0, 1.4, 0.02)]
JOINT = [south(9.0, 1.0, 0.02, 1.4)]


def opened(folder: Path) -> Opened:
    """A house with these windows as CityJSON, whose windows have no ids of their own."""
    faces = [*WALLS, *FRAMED, *SASHES, *TURNED, *JOINT]
    floor = [[0, 8, 0], [10, 8, 0], [10, 0, 0], [0, 0, 0]]
    roof = [[0, 0, 6], [10, 0, 6], [10, 8, 6], [0, 8, 6]]
    faces += [floor, roof]
    kinds = [0] * len(WALLS) + [1] * (len(faces) - len(WALLS) - 2) + [2, 3]
    corner = [np.round(np.array(place) * 1000).astype(int).tolist() for face in faces for place in face]
    geometry = {
        "type": "MultiSurface",
        "lod": "3",
        "boundaries": [[list(range(4 * k, 4 * k + 4))] for k in range(len(faces))],
        "semantics": {
            "surfaces": [{"type": kind} for kind in ("WallSurface", "Window", "GroundSurface", "RoofSurface")],
            "values": kinds,
        },
    }
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [WEST, SOUTH, 100.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "CityObjects": {"house": {"type": "Building", "geometry": [geometry]}},
        "vertices": corner,
    }
    (folder / "house.city.json").write_text(json.dumps(city), encoding="utf-8")
    job = {"cities": [folder / "house.city.json"], "out": folder / "out", "dates": ["2026-03-21"], "energy": False}
    return open_study(check_shadow_job({**job, "spacing_m": 4.0, "pixel_m": 10.0}), Stopwatch())


def test_one_row_a_window(tmp_path: Path) -> None:
    found = opened(tmp_path)
    spots = found.spots
    windows = np.flatnonzero(spots.storey == OPENING)
    order = windows[np.argsort(spots.point[windows, 0])]
    assert len(order) == 3
    assert spots.length_m[order] == pytest.approx([1.2, 1.5, 1.0])
    assert spots.height_m[order] == pytest.approx([1.4, 1.4, 1.4])
    assert spots.normal[order] == pytest.approx(np.tile([0.0, -1.0, 0.0], (3, 1)))
    # In the middle of the width, 0.3 m above the sill, one centimetre before what stands out most.
    middle = np.array([[1.6, -0.06, 1.3], [4.75, -0.01, 1.3], [6.9, -0.03, 1.3]])
    assert spots.point[order] - [WEST, SOUTH, 100.0] == pytest.approx(middle, abs=1e-6)
    for view in found.views:
        assert view.change[0].there[-len(spots.surface) :].sum() >= 3


def test_windows_of_the_model_reach_the_table(tmp_path: Path) -> None:
    from twin.study.run import run_study

    outcome = run_study(opened(tmp_path).city.job, lambda stage, done, of: None)
    table = outcome.tables["openings"]
    assert len(table) == 3 == outcome.facts["receivers"]["openings"] and table["opening_id"].is_unique
    assert sorted(table["width_m"].round(3)) == [1.0, 1.2, 1.5]
    assert (table["azimuth_deg"].round() == 178).all()  # south in the grid, 1.5° off true
    assert (table["hours"] > 8).all()
