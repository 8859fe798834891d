"""Our tilesets in the viewers that geoportals run, in a real browser: the right numbers in the right place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from oracles.browser import WEB, Watched, a_page, bundle, node_modules
from oracles.district import corners
from oracles.earth_centred import earth_centred
from oracles.loopback import Loopback, serving
from oracles.targets import Target, targets
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICKS = 50
SIZE = 400, 300  # of the page: software rendering pays for every pixel
FORM = {"cesium": "1.1", "vcmap": "1.0"}
VIEWER_CESIUM = Path(__file__).parents[2] / "twin" / "serve" / "viewer" / "cesium"
# Steps back from a surface [m] until nothing stands between it and the camera.
DISTANCES = (1.5, 0.4, 4.0)
WITHIN_M = 0.05
# Single-precision properties; a result in surfaces.parquet has double.
FLOAT32 = 1e-6


@contextmanager
def cesium(browser: Browser, folder: Path) -> Iterator[tuple[Watched, Loopback]]:
    """The package's own CesiumJS with a tileset."""
    with ExitStack() as stack:
        served = {"/cesium/": VIEWER_CESIUM, "/pages/": WEB / "pages", "/tiles/": folder}
        server = stack.enter_context(serving(served))
        watched = stack.enter_context(a_page(browser, *SIZE))
        watched.page.goto(f"{server.url}/pages/cesium.html?tileset=/tiles/tileset.json")
        yield watched, server


@pytest.fixture(scope="module")
def vcmap_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The VC Map page's script in a folder."""
    folder = tmp_path_factory.mktemp("bundle")
    return bundle("vcmap.mjs", folder).parent


@contextmanager
def vcmap(browser: Browser, folder: Path, script: Path) -> Iterator[tuple[Watched, Loopback]]:
    """VC Map's core with the module that lies beside a tileset."""
    engine = node_modules() / "@vcmap-cesium" / "engine"
    folders = {"/engine/Assets/": engine / "Source" / "Assets", "/engine/": engine / "Build", "/bundle/": script}
    with ExitStack() as stack:
        server = stack.enter_context(serving({**folders, "/pages/": WEB / "pages", "/tiles/": folder}))
        watched = stack.enter_context(a_page(browser, *SIZE))
        watched.page.goto(f"{server.url}/pages/vcmap.html?module=/tiles/layers/vcmap.json&base=/tiles/")
        yield watched, server


def picked(watched: Watched, target: Target) -> dict[str, Any]:
    """What lies under a target; from nearer or farther where something stands between."""
    for distance in DISTANCES:
        found = watched.page.evaluate("([p, n, d]) => tried.pick(p, n, d)", [target.point, target.normal, distance])
        if found.get("id") == target.surface_id:
            return found
    return found


def assert_equal_to_the_table(properties: dict[str, Any], row: pd.Series) -> None:
    """A feature's flat properties say what surfaces.parquet says of the surface."""
    assert properties["id"] == row.name
    assert properties["building_id"] == row["building_id"] and properties["kind"] == row["kind"]
    assert properties["solarArea"] == pytest.approx(row["exposed_area_m2"], rel=FLOAT32)
    for name in ("irradiation_kwh_m2", "tilt_deg", "pv_kwp", "value_phys", "value_ml", "p10", "p50", "p90"):
        assert_same(properties.get(name), row[name], name)
    for month in range(1, 13):
        for name, column in (
            ("global", "irradiation_kwh_m2"),
            ("direct", "direct_kwh_m2"),
            ("diffuse", "diffuse_kwh_m2"),
        ):
            energy = properties[f"{name}RadMonths_{month}"]
            assert energy >= -1e-6
            if name == "global":
                expected = row[f"{column}_{month:02d}"] * row["exposed_area_m2"]
                assert energy == pytest.approx(expected, rel=1e-4, abs=1e-3)
    for name, column in (("global", "irradiation"), ("direct", "direct"), ("diffuse", "diffuse")):
        year = sum(properties[f"{name}RadMonths_{month}"] for month in range(1, 13))
        assert year == pytest.approx(row[f"{column}_kwh_m2"] * row["exposed_area_m2"], rel=1e-3, abs=1e-2)


def assert_same(value: Any, expected: Any, name: str) -> None:
    """Equal, or both without a value."""
    if pd.isna(expected):
        assert value is None or value == -9999.0, (name, value)
    else:
        assert value == pytest.approx(expected, rel=FLOAT32), name


def check_corners(watched: Watched, city: Path, ids: Sequence[str]) -> float:
    """Largest distance [m] of the city file's corners, as PROJ places them, from vertices as the page holds them."""
    given = corners(city)
    known = [one for one in ids if one in given]
    load_everything(watched)
    loaded = watched.page.evaluate("ids => tried.vertices(ids)", known)
    worst = 0.0
    for one in known:
        expected, found = earth_centred(given[one]), np.array(loaded[one])
        apart = np.linalg.norm(expected[:, None] - found[None], axis=2)
        worst = max(worst, apart.min(axis=0).max(), apart.min(axis=1).max())
    assert len(known) > 20
    return worst


@pytest.mark.parametrize("profile", ["cesium", "vcmap"])
def test_cesium_shows_what_the_table_says(browser: Browser, job: Any, tilesets: dict[str, Path], profile: str) -> None:
    table = pd.read_parquet(job.out / "surfaces.parquet").set_index("surface_id")
    with cesium(browser, tilesets[profile]) as (watched, _):
        assert watched.page.evaluate("window.ready") == FORM[profile]
        off = []
        for target in targets(job.out, PICKS):
            found = picked(watched, target)
            assert found.get("id") == target.surface_id, found
            assert_equal_to_the_table(found["properties"], table.loc[target.surface_id])
            off.append(np.linalg.norm(np.array(found["hit"]) - target.point))
        assert max(off) < WITHIN_M
        assert check_corners(watched, job.city, list(table.index)) < WITHIN_M
        assert not watched.errors and not watched.outside()


def test_every_feature_is_there_once_and_the_matrix_is_its_year(
    browser: Browser, job: Any, tilesets: dict[str, Path]
) -> None:
    table = pd.read_parquet(job.out / "surfaces.parquet").set_index("surface_id")
    with cesium(browser, tilesets["cesium"]) as (watched, _):
        features = all_features(watched)
    assert set(features) == set(table.index)
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    for surface_id, row in table.dropna(subset="irradiation_kwh_m2").iterrows():
        matrix = np.array(features[surface_id]["month_hour_w_m2"]).reshape(12, 24)
        assert (matrix.sum(axis=1) * days).sum() / 1000 == pytest.approx(row["irradiation_kwh_m2"], rel=2e-3, abs=0.2)


def test_vc_map_reads_roofs_as_vc_solar_does(
    browser: Browser, job: Any, tilesets: dict[str, Path], vcmap_bundle: Path
) -> None:
    """STANDARDS §8 row 17, through the clicks of @vcmap/core; and the colour is the one that the layer's style says."""
    table = pd.read_parquet(job.out / "surfaces.parquet").set_index("surface_id")
    colours = style_colours(tilesets["vcmap"] / "layers" / "vcmap.json")
    months = sorted(f"globalRadMonths_{month}" for month in range(1, 13))
    with vcmap(browser, tilesets["vcmap"], vcmap_bundle) as (watched, _):
        assert watched.page.evaluate("window.ready") == "1.0"
        for target in targets(job.out, PICKS):
            found, seen = clicked(watched, target)
            assert found["id"] == found["property"] == target.surface_id, found
            row = table.loc[target.surface_id]
            area, solar, balloon = row["exposed_area_m2"], found["solar"], found["balloon"]
            assert sorted(solar["names"]) == months
            assert solar["solarIrradiation"] == pytest.approx(row["irradiation_kwh_m2"] * area, rel=1e-3)
            assert solar["area"] == pytest.approx(area, rel=FLOAT32)
            for part in ("direct", "diffuse"):
                assert len(balloon[part]) == 12
                assert sum(balloon[part]) == pytest.approx(row[f"{part}_kwh_m2"] * area, rel=1e-3, abs=1e-2)
            assert np.abs(seen - np.array(colours(row["irradiation_kwh_m2"]))).max() <= 2
        assert check_corners(watched, job.city, list(table.index)) < WITHIN_M
        assert not watched.errors and not watched.outside()


@pytest.mark.parametrize("profile", ["cesium", "vcmap"])
def test_an_objection_leaves_a_shape_that_says_nothing(
    browser: Browser, objection: tuple[str, dict[str, Path]], vcmap_bundle: Path, profile: str
) -> None:
    building, folders = objection
    viewer = (
        cesium(browser, folders[profile]) if profile == "cesium" else vcmap(browser, folders[profile], vcmap_bundle)
    )
    with viewer as (watched, _):
        features = all_features(watched)
    hidden = [one for one in features.values() if one["building_id"] == building]
    assert hidden and len(hidden) < len(features)
    for one in hidden:
        nested = one.pop("attributes", {})
        for properties in (one, nested):
            assert not any(properties.pop("month_hour_w_m2", None) or [])
            told = {name for name, value in properties.items() if value not in (None, "", -9999, False)}
            assert told <= {"id", "building_id", "kind", "area_m2"}


def load_everything(watched: Watched) -> None:
    """Every tile in view, and as fine as it gets."""
    watched.page.evaluate("window.ready")
    watched.page.evaluate("tried.tileset.maximumScreenSpaceError = 0.01")
    watched.page.evaluate("tried.overview(null, tried.tileset.boundingSphere.radius * 3)")


def all_features(watched: Watched) -> dict[str, dict[str, Any]]:
    """Every feature of the tileset."""
    load_everything(watched)
    return watched.page.evaluate("tried.features()")


def style_colours(module: Path) -> Callable[[float], list[int]]:
    """The colour [r, g, b] that a VC Map layer's style gives a value: the first `< limit` that holds."""
    layer = json.loads(module.read_text(encoding="utf-8"))["layers"][0]
    steps = [
        (float(limit[1]) if (limit := re.search(r"irradiation_kwh_m2} < ([1-9][\d.]*)$", rule)) else np.inf, colour)
        for rule, colour in layer["style"]["declarativeStyle"]["color"]["conditions"]
        if "undefined" not in rule
    ]
    return lambda value: [
        int(next(colour for limit, colour in steps if value < limit)[8 + 2 * part :][:2], 16) for part in range(3)
    ]


def clicked(watched: Watched, target: Target) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """What VC Map's interactions are told when the mouse clicks on a target, and the colour [r, g, b] that is there."""
    for distance in DISTANCES:
        x, y = watched.page.evaluate("([p, n, d]) => tried.aim(p, n, d)", [target.point, target.normal, distance])
        watched.page.mouse.click(x, y)
        found = watched.page.evaluate("tried.clicked()")
        if found["id"] == target.surface_id:
            break
    picture = Image.open(BytesIO(watched.page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})))
    return found, np.array(picture.convert("RGB").getpixel((0, 0)))
