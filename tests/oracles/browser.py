"""Chromium as tests use it: the system's own, headless, software-rendered, unable to leave this machine.

Three things are needed and none is a dependency of the product: the Python package playwright, a Chromium, and the node
modules of `tests/web` (`npm ci` there). On a developer's machine a test skips without them and says what is missing;
with ``HELIOTWIN_WEB=required`` (continuous integration) it fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WEB = Path(__file__).parents[1] / "web"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # Whatever a page asks for elsewhere fails at once, even what no log shows.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
PATIENCE_MS = 60_000


def needed(missing: str) -> None:
    """Skip, or fail where the web tests are required."""
    if os.environ.get("HELIOTWIN_WEB") == "required":
        pytest.fail(missing)
    pytest.skip(missing)


def node_modules() -> Path:
    """The installed node modules of tests/web (or of HELIOTWIN_NODE_MODULES)."""
    folder = Path(os.environ.get("HELIOTWIN_NODE_MODULES", WEB / "node_modules"))
    if not folder.is_dir():
        needed("no node modules: run `npm ci` in tests/web (Node.js 18 or newer)")
    return folder


def chromium() -> str:
    """The system's Chromium (or HELIOTWIN_CHROMIUM)."""
    names = (os.environ.get("HELIOTWIN_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        needed("no Chromium: apt install chromium, or name one in HELIOTWIN_CHROMIUM")
    return str(found)


def bundle(entry: str, folder: Path, options: Sequence[str] = ()) -> Path:
    """A page's script of tests/web with all it imports, as one file in a folder (esbuild, with further options)."""
    modules = node_modules()
    binary = next(
        iter(sorted(modules.glob("@esbuild/*/bin/esbuild")) + sorted(modules.glob("@esbuild/*/esbuild.exe"))), None
    )
    if binary is None:
        needed("no esbuild: run `npm ci` in tests/web")
    made = folder / Path(entry).with_suffix(".js").name
    done = subprocess.run(
        [
            str(binary),
            str(WEB / "pages" / entry),
            "--bundle",
            "--format=esm",
            f"--outfile={made}",
            "--log-level=warning",
            *options,
        ],
        cwd=WEB,
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return made


@dataclass
class Watched:
    """A page and everything it asked for, said and failed at."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # uncaught in the page, or written to its console as an error

    def outside(self) -> list[str]:
        """Requests to anything but loopback and the page itself (data:, blob:)."""
        return [
            url
            for url in self.requests
            if urlsplit(url).hostname != "127.0.0.1" and not url.startswith(("data:", "blob:"))
        ]


@contextmanager
def a_browser() -> Iterator[Browser]:
    """One Chromium; start it once a module."""
    if find_spec("playwright") is None:
        needed("no playwright: pip install playwright (the package alone; no `playwright install`)")
    from playwright.sync_api import sync_playwright

    executable = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def a_page(browser: Browser, width: int = 640, height: int = 480, phone: bool = False) -> Iterator[Watched]:
    """A fresh page that remembers its requests and errors."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if phone else 1,
        is_mobile=phone,
        has_touch=phone,
        locale="de-DE",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        service_workers="block",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    watched = Watched(page)
    context.on("request", lambda request: watched.requests.append(request.url))
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.on("console", lambda said: watched.errors.append(said.text) if said.type == "error" else None)
    try:
        yield watched
    finally:
        context.close()
