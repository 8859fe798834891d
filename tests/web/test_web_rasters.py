"""Map pictures and COGs of an export on VC Map's globe, as the layers of its module say, in a real browser."""

from __future__ import annotations

from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.browser import WEB, a_page, bundle, node_modules
from oracles.loopback import serving
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZE = 400, 300


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's script in a folder."""
    return bundle("vcmap_layers.mjs", tmp_path_factory.mktemp("bundle")).parent


def drawn(browser: Browser, folder: Path, script: Path) -> tuple[str, NDArray[np.uint8]]:
    """Class of the first layer of an export's module, and the picture (pixels, 3) that it makes."""
    engine = node_modules() / "@vcmap-cesium" / "engine"
    folders = {"/engine/Assets/": engine / "Source" / "Assets", "/engine/": engine / "Build", "/bundle/": script}
    with ExitStack() as stack:
        server = stack.enter_context(serving({**folders, "/pages/": WEB / "pages", "/solar/": folder}))
        watched = stack.enter_context(a_page(browser, *SIZE))
        watched.page.goto(f"{server.url}/pages/vcmap_layers.html?module=/solar/layers/vcmap.json&base=/solar/")
        kind = watched.page.evaluate("window.ready")
        picture = np.array(Image.open(BytesIO(watched.page.screenshot())).convert("RGB"))
        assert not watched.outside()
    return kind, picture.reshape(-1, 3)


def test_map_pictures_lie_on_the_globe(browser: Browser, pyramids: Path, script: Path) -> None:
    kind, picture = drawn(browser, pyramids, script)
    assert kind == "WMTSLayer"
    coloured = picture[np.ptp(picture.astype(int), axis=1) > 60]  # nothing else on this globe has a colour
    assert len(np.unique(coloured, axis=0)) > 20


def test_a_cog_is_grey_between_its_least_and_greatest_value(browser: Browser, cogs: Path, script: Path) -> None:
    kind, picture = drawn(browser, cogs, script)
    assert kind == "COGLayer"
    assert np.ptp(picture.astype(int), axis=1).max() <= 2
    assert picture.min() < 60 and len(np.unique(picture[:, 0])) > 50
