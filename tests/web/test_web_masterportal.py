"""What an export gives Masterportal, read by Masterportal's own API in a real browser: layers, styles, values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from oracles.browser import WEB, Watched, a_page, bundle
from oracles.loopback import Loopback, serving
from oracles.targets import targets
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICKS = 15
SIZE = 400, 300
VIEWER_CESIUM = Path(__file__).parents[2] / "twin" / "serve" / "viewer" / "cesium"
FLOAT32 = 1e-6
# Masterportal's bundler does not ask for a package's exports; CesiumJS is the page's own; WFS is not asked.
BUNDLED = ["--alias:olcs/lib/olcs=./node_modules/olcs/lib/olcs", "--external:cesium", "--external:xml2js"]


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's script in a folder."""
    return bundle("masterportal.mjs", tmp_path_factory.mktemp("bundle"), BUNDLED).parent


@contextmanager
def masterportal(browser: Browser, folder: Path, script: Path) -> Iterator[tuple[Watched, Loopback]]:
    """Masterportal's API with the first layer that an export names."""
    served = {"/cesium/": VIEWER_CESIUM, "/bundle/": script, "/pages/": WEB / "pages", "/solar/": folder}
    with ExitStack() as stack:
        server = stack.enter_context(serving(served))
        watched = stack.enter_context(a_page(browser, *SIZE))
        watched.page.goto(f"{server.url}/pages/masterportal.html?layers=/solar/layers/&base=/solar/")
        yield watched, server


def style_colours(styles: Path) -> Callable[[float], list[int]]:
    """The colour [r, g, b] that the tileset's style gives a value: min < value ≤ max of the first rule that holds."""
    rules = json.loads(styles.read_text(encoding="utf-8"))[0]["rules"][:-1]
    steps = [(*rule["conditions"]["irradiation_kwh_m2"], rule["style"]["color"]) for rule in rules]

    def of_value(value: float) -> list[int]:
        colour = next(colour for low, high, colour in steps if low < value <= high)
        return [int(part) for part in re.findall(r"\d+", colour)[:3]]

    return of_value


def drawn_at(watched: Watched, place: list[float]) -> NDArray[np.int64]:
    """The colour [r, g, b] of the picture at a place [CSS pixels]."""
    spot = {"x": place[0], "y": place[1], "width": 1, "height": 1}
    picture = Image.open(BytesIO(watched.page.screenshot(clip=spot)))
    return np.array(picture.convert("RGB").getpixel((0, 0)))


def test_tiles_in_the_style_s_colours_and_their_values(
    browser: Browser, job: Any, tilesets: dict[str, Path], script: Path
) -> None:
    table = pd.read_parquet(job.out / "surfaces.parquet").set_index("surface_id")
    folder = tilesets["masterportal"]
    entry = json.loads((folder / "layers" / "masterportal-services.json").read_text(encoding="utf-8"))[0]
    colours = style_colours(folder / "layers" / "masterportal-style.json")
    with masterportal(browser, folder, script) as (watched, _):
        assert watched.page.evaluate("window.ready") == "1.0"
        assert watched.page.evaluate("tried.tileset.layerReferenceId") == entry["id"]
        for target in targets(job.out, PICKS):
            found = watched.page.evaluate("([p, n]) => tried.pick(p, n, 1.5)", [target.point, target.normal])
            assert found.get("id") == target.surface_id, found
            row = table.loc[target.surface_id]
            # What a click shows: the attributes that services.json names, flat.
            shown = {name: found["properties"].get(name) for name in entry["gfiAttributes"]}
            assert shown["irradiation_kwh_m2"] == pytest.approx(row["irradiation_kwh_m2"], rel=FLOAT32)
            assert shown["building_id"] == row["building_id"]
            seen = drawn_at(watched, found["window"])
            assert np.abs(seen - np.array(colours(row["irradiation_kwh_m2"]))).max() <= 2, (seen, row)
        assert not watched.outside()


def test_map_pictures_are_found_under_the_entry_s_addresses(browser: Browser, pyramids: Path, script: Path) -> None:
    """The first WMTS entry: every tile that was written is had where it is asked for, and the map shows its colours."""
    with masterportal(browser, pyramids, script) as (watched, server):
        assert watched.page.evaluate("window.ready") == "WMTS"
        tiles = {one.path.removeprefix("/solar/"): one.status for one in server.asked if one.path.endswith(".png")}
        written = {name: status for name, status in tiles.items() if (pyramids / name).is_file()}
        assert len(written) >= 2 and set(written.values()) == {200} and not watched.outside()
        picture = np.array(Image.open(BytesIO(watched.page.screenshot())).convert("RGB")).reshape(-1, 3)
        assert len(np.unique(picture, axis=0)) > 20
