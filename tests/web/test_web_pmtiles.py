"""Our vector tiles in MapLibre, with the style that lies beside them: fetched by ranges, drawn in the right colours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
from oracles.browser import WEB, Watched, a_page, bundle, node_modules
from oracles.loopback import Loopback, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOFS = 20
SEED = 7
ZOOM = 19.0


@contextmanager
def maplibre(browser: Browser, folder: Path, script: Path) -> Iterator[tuple[Watched, Loopback]]:
    """MapLibre with an export's style."""
    library = node_modules() / "maplibre-gl" / "dist"
    served = {"/maplibre/": library, "/bundle/": script, "/pages/": WEB / "pages", "/data/": folder}
    with ExitStack() as stack:
        server = stack.enter_context(serving(served))
        watched = stack.enter_context(a_page(browser, 400, 300))
        watched.page.goto(f"{server.url}/pages/maplibre.html?style=/data/style.json")
        yield watched, server


def step_colour(style: dict[str, Any], layer: str, value: float) -> list[int]:
    """The colour [r, g, b] of a value in a layer whose colour is a case around a step expression."""
    paint = next(one for one in style["layers"] if one["id"] == layer)["paint"]["fill-color"]
    found, rest = paint[2][2], paint[2][3:]
    for limit, colour in zip(rest[::2], rest[1::2], strict=True):
        found = colour if value >= limit else found
    return [int(found[i : i + 2], 16) for i in (1, 3, 5)]


def test_maplibre_draws_roofs_in_the_colours_of_the_table(
    browser: Browser, job: Any, map_tiles: Path, tmp_path: Path
) -> None:
    table = geopandas.read_parquet(job.out / "surfaces.parquet")
    roofs = table[(table["kind"] == "RoofSurface") & (table["area_m2"] > 20)].dropna(subset="irradiation_kwh_m2")
    # Alone on its place: where roofs overlap on the map, the one drawn last is seen.
    alone = [roofs.geometry.intersects(shape.representative_point()).sum() == 1 for shape in roofs.geometry]
    chosen = roofs[alone].sample(ROOFS, random_state=SEED)
    place = chosen.representative_point().to_crs(4326)
    style = json.loads((map_tiles / "style.json").read_text(encoding="utf-8"))
    with maplibre(browser, map_tiles, bundle("maplibre.mjs", tmp_path).parent) as (watched, server):
        assert "surfaces" in watched.page.evaluate("window.ready")
        for (_, row), point in zip(chosen.iterrows(), place, strict=True):
            at = [point.x, point.y]
            watched.page.evaluate("([place, zoom]) => tried.over(place, zoom)", [at, ZOOM])
            found = [one for one in watched.page.evaluate("place => tried.at(place)", at) if one["layer"] == "surfaces"]
            assert [one["properties"]["surface_id"] for one in found] == [row["surface_id"]]
            said = found[0]["properties"]
            assert said["irradiation_kwh_m2"] == pytest.approx(row["irradiation_kwh_m2"], abs=0.06)
            assert said["exposed_area_m2"] == pytest.approx(row["exposed_area_m2"], abs=0.006)
            seen = np.array(watched.page.evaluate("place => tried.pixel(place)", at)[:3])
            assert np.abs(seen - step_colour(style, "surfaces", said["irradiation_kwh_m2"])).max() <= 2
        assert "verändert" in watched.page.evaluate("tried.attribution()")
        assert watched.page.evaluate("tried.failed") == [] and not watched.errors and not watched.outside()
    asked = [one for one in server.asked if one.path.endswith(".pmtiles")]
    assert asked and all(one.status == 206 and one.byte_range for one in asked)
