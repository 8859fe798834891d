"""Our viewer as a person uses it: by its labels and the mouse; by hooks only to know where things are drawn."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oracles.browser import WEB, Watched, a_page, node_modules
from oracles.loopback import Loopback, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

DESKTOP, TABLET, PHONE = (1280, 720), (820, 700), (390, 844)
# Somewhere deep in another site: every reference of the viewer must be relative.
PLACE = "/geo/portal/solar/"
MINUS = "\N{MINUS SIGN}"
SERIOUS = ("serious", "critical")
# Cesium stands in the page as the viewer loaded it; harness: see tests/web/pages/picking.mjs.
HARNESS = """async (url) => {
  const { default: Cesium } = await import(new URL("js/cesium.js", document.baseURI).href);
  const { harness } = await import(url);
  await (await heliotwin.ready).whenLoaded;
  window.tried = harness(Cesium, heliotwin.viewer.scene, heliotwin.tileset);
}"""


def opened(watched: Watched, url: str) -> None:
    """Open the viewer and wait until its tiles are there."""
    watched.page.goto(url)
    watched.page.evaluate("heliotwin.ready.then((scene) => scene.whenLoaded).then(() => true)")
    watched.page.locator("#loading").wait_for(state="hidden")


@contextmanager
def hosted(browser: Browser, folder: Path, size: tuple[int, int]) -> Iterator[tuple[Watched, Loopback]]:
    """The exported viewer as files on any web server."""
    with ExitStack() as stack:
        server = stack.enter_context(serving({PLACE: folder, "/pages/": WEB / "pages"}))
        watched = stack.enter_context(a_page(browser, *size, phone=size == PHONE))
        opened(watched, f"{server.url}{PLACE}index.html")
        yield watched, server


@contextmanager
def served(browser: Browser, job: Any) -> Iterator[Watched]:
    """The viewer as `heliotwin serve` gives it, on a free port, with the city's file for plans."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "twin.cli.main",
        "serve",
        str(job.out),
        "--city",
        str(job.city),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[0]
            with a_page(browser, *DESKTOP) as watched:
                opened(watched, url)
                yield watched
        finally:
            server.terminate()


def show_tab(watched: Watched, name: str) -> Locator:
    """Open a tab by its German name; its panel."""
    tab = watched.page.get_by_role("tab", name=name)
    tab.click()
    return watched.page.locator(f"#{tab.get_attribute('aria-controls')}")


def number(text: str) -> float:
    """A number as German readers see it: 1.234,5 with a typographic minus."""
    plain = re.sub(r"[^\d,.+-]", "", text.replace(MINUS, "-"))
    return float(plain.replace(".", "").replace(",", ".")) if plain else float("nan")


def table_of(figure: Locator) -> tuple[list[str], list[list[float]]]:
    """Column names and numbers of a chart's table, whether or not it is folded."""
    names = figure.locator("thead th").all_text_contents()[1:]
    rows = [
        [number(cell) for cell in row.locator("td").all_text_contents()] for row in figure.locator("tbody tr").all()
    ]
    return names, rows


def serious_findings(watched: Watched) -> list[str]:
    """What axe-core finds that keeps people out."""
    watched.page.evaluate((node_modules() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = watched.page.evaluate("axe.run({ resultTypes: ['violations'] })")
    barring = [one for one in found["violations"] if one["impact"] in SERIOUS]
    return [f"{one['id']}: {node['html'][:120]}" for one in barring for node in one["nodes"]]
