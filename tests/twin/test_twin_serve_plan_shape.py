"""The shape of what is dropped in: heights above the ellipsoid by the bundled grid, the user's, or none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from oracles.houses import street, write_town

from io_citygml.crs import Crs
from io_citygml.read import read_city
from twin.export.source import open_source
from twin.job import Outcome
from twin.package_data import geoid_grid
from twin.serve.city_inputs import CityFiles, city_for_plans
from twin.serve.plan_shape import shape_of

UNSAID = Crs("EPSG:25832", "EPSG:25832", None)
DHHN2016 = Crs("EPSG:25832+7837", "EPSG:25832", "EPSG:7837")
QUASIGEOID_M = 46.67  # here


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Any:
    model = read_city([write_town(tmp_path_factory.mktemp("plan") / "town.city.json", street()[:2])])
    return (SimpleNamespace(model=model),)


def levels(feet: dict[str, Any]) -> list[tuple[float, float | None]]:
    said = [one["properties"] for one in feet["features"]]
    return [(one["top_m"], one["top_ellipsoidal_m"]) for one in said]


def test_heights_of_an_unknown_kind_lead_nowhere(plans: Any) -> None:
    feet, body = shape_of(plans, UNSAID, None)
    assert levels(feet) and all(above is None for _, above in levels(feet)) and body is None


@pytest.mark.parametrize("own", [False, True])
def test_a_plan_stands_above_the_ellipsoid(plans: Any, own: bool) -> None:
    """By the bundled grid where heights are its own; whatever they are, by the grid of `serve --geoid`."""
    with geoid_grid() as grid:
        feet, body = shape_of(plans, UNSAID if own else DHHN2016, grid if own else None)
    assert levels(feet) and all(above == pytest.approx(top + QUASIGEOID_M, abs=0.05) for top, above in levels(feet))
    assert body is not None
    height = np.concatenate([np.array(one["geometry"]["coordinates"][0])[:, 2] for one in body["features"]])
    assert height.max() == pytest.approx(max(above or 0.0 for _, above in levels(feet)), abs=0.01)


def test_plans_have_the_heights_and_the_grid_of_the_server(outcome: Outcome, town: Path, tmp_path: Path) -> None:
    source = open_source(outcome.store.root, heights="EPSG:7837")
    asked, why = city_for_plans(source, "Europe/Berlin", CityFiles([town], geoid=tmp_path / "own.tif"), 10**9, tmp_path)
    assert asked is not None, why
    assert asked.geoid == tmp_path / "own.tif" and asked.crs.vertical == "EPSG:7837"
