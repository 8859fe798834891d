"""Our viewer where something does not come: that is said, nothing else is shown for it, and it is asked for again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from oracles.browser import Watched, a_page
from oracles.loopback import serving
from oracles.viewer_page import DESKTOP, PLACE, opened, show_tab
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SHADE, TABLE, HEAD = "**/data/shadow/*.png", "**/data/study/table.json", "**/data/viewer.json"
MISSING, BARE = "lässt sich nicht abrufen", "leer, nicht besonnt"


@contextmanager
def unopened(browser: Browser, folder: Path) -> Iterator[tuple[Watched, str]]:
    """A page and the address of the viewer, for routes that must stand before it is opened."""
    with serving({PLACE: folder}) as server, a_page(browser, *DESKTOP) as watched:
        yield watched, f"{server.url}{PLACE}index.html"


def answer(page: Page, where: str, status: int = 404, body: str | bytes = "") -> None:
    """From now on the server answers so."""
    page.unroute(where)
    page.route(where, lambda route: route.fulfill(status=status, body=body))


def uncaught(watched: Watched) -> list[str]:
    """What broke in the page, beyond the browser's own lines about requests that failed."""
    return [said for said in watched.errors if "Failed to load resource" not in said]


def step_on(page: Page) -> None:
    """The next instant of the day."""
    before = page.locator("#sun-clock").inner_text()
    page.locator("#sun-controls").get_by_role("slider").press("ArrowRight")
    expect(page.locator("#sun-clock")).not_to_have_text(before)


def test_a_shadow_that_does_not_come_is_no_sunshine(browser: Browser, viewer_folder: Path) -> None:
    """Neither a page of 600 bytes as shares nor an error as a picture is drawn; both are asked for again."""
    with unopened(browser, viewer_folder) as (watched, url):
        page = watched.page
        opened(watched, url)
        note, legend = page.locator("#sun-note"), page.locator("#legend")
        answer(page, "**/data/shadow/*.bin", 200, "x" * 600)
        show_tab(watched, "Sonne")
        expect(note).to_contain_text(MISSING)
        expect(note).to_contain_text("600 ≠")
        assert page.evaluate("heliotwin.state.lit") is None
        page.unroute("**/data/shadow/*.bin")
        step_on(page)
        page.wait_for_function("heliotwin.state.lit?.size > 0")
        expect(note).not_to_contain_text(MISSING)

        answer(page, SHADE, 500)
        step_on(page)
        expect(note).to_contain_text("HTTP 500")
        expect(legend).to_contain_text(BARE)
        answer(page, SHADE, 200, "no picture")
        step_on(page)
        expect(note).to_contain_text(MISSING)
        expect(note).not_to_contain_text("HTTP")
        expect(legend).to_contain_text(BARE)
        page.unroute(SHADE)
        step_on(page)
        expect(note).not_to_contain_text(MISSING)
        expect(legend).not_to_contain_text(BARE)
        assert uncaught(watched) == []


def test_tiles_that_do_not_come_are_no_empty_town(browser: Browser, viewer_folder: Path) -> None:
    """Without any building the map says so, and no longer that it is loading; where some are there, the legend."""
    with unopened(browser, viewer_folder) as (watched, url):
        page = watched.page
        answer(page, "**/data/tiles/**/*.glb")
        answer(page, "**/data/tiles/*.glb")
        page.goto(url)
        expect(page.locator("#failure")).to_contain_text("dort fehlen Gebäude", timeout=60_000)
        expect(page.locator("#loading")).to_be_hidden(timeout=30_000)
        page.locator("[data-lang=en]").click()
        expect(page.locator("#failure")).to_contain_text("buildings are missing")

        page.unroute("**/data/tiles/**/*.glb")
        page.unroute("**/data/tiles/*.glb")
        opened(watched, f"{url}?lang=de")
        expect(page.locator("#failure")).to_be_hidden()
        page.evaluate("heliotwin.tileset.tileFailed.raiseEvent({ url: '', message: '' })")  # of another tile
        expect(page.locator("#legend")).to_contain_text("Teile der Karte (1) ließen sich nicht laden")
        expect(page.locator("#failure")).to_be_hidden()
        assert uncaught(watched) == []


@pytest.mark.parametrize(
    ("where", "status", "said"),
    [("**/i18n/en.json", 500, "en.json: HTTP 500"), (HEAD, 404, "viewer.json: HTTP 404")],
    ids=["words", "data"],
)
def test_a_page_that_cannot_begin_says_why(
    browser: Browser, viewer_folder: Path, where: str, status: int, said: str
) -> None:
    """In words as long as there are any."""
    with unopened(browser, viewer_folder) as (watched, url):
        answer(watched.page, where, status)
        watched.page.goto(url)
        expect(watched.page.locator("#failure")).to_contain_text(said)


def test_the_zone_is_not_guessed(browser: Browser, viewer_folder: Path) -> None:
    """Data without one are refused: hours of Berlin would be wrong hours elsewhere."""
    with unopened(browser, viewer_folder) as (watched, url):
        changed(watched.page, viewer_folder, zone=None)
        watched.page.goto(url)
        expect(watched.page.locator("#failure")).to_contain_text("zone?")


def test_an_instant_of_another_year_is_found(browser: Browser, viewer_folder: Path) -> None:
    """The days of the data are of the weather's year: the next day comes first, then the time of day."""
    with unopened(browser, viewer_folder) as (watched, url):
        page = watched.page
        opened(watched, url)
        for month_day, hour in (("06-20", 9), ("12-22", 13)):
            page.evaluate("time => heliotwin.setTime(time).then(() => true)", f"2031-{month_day}T{hour:02d}:00Z")
            shown = page.evaluate("heliotwin.state.sun.time.toISOString()")
            assert shown[5:7] == month_day[:2] and abs(int(shown[11:13]) + int(shown[14:16]) / 60 - hour) < 1
        assert uncaught(watched) == []


def changed(page: Page, folder: Path, **fields: Any) -> dict[str, Any]:
    """The viewer reads other data; what it reads."""
    data: dict[str, Any] = json.loads((folder / "data" / "viewer.json").read_text(encoding="utf-8")) | fields
    page.route(HEAD, lambda route: route.fulfill(json=data))
    return data


def test_an_index_that_does_not_come_is_asked_for_again(browser: Browser, viewer_folder: Path) -> None:
    """The search says that it knows loaded surfaces alone; the next visit finds the index."""
    with unopened(browser, viewer_folder) as (watched, url):
        page = watched.page
        page.route("**/data/index.json", lambda route: route.abort())
        opened(watched, url)
        panel = show_tab(watched, "Suche")
        expect(panel).to_contain_text("Verzeichnis der Gebäude")
        page.unroute("**/data/index.json")
        show_tab(watched, "Farben")
        show_tab(watched, "Suche")
        expect(panel).not_to_contain_text("Verzeichnis der Gebäude")
        assert uncaught(watched) == []


def study_of(data: dict[str, Any]) -> dict[str, Any]:
    """A study at the job's own instants: one state as it stands, two that are planned."""
    days = [{"date": day["date"], "steps": day["steps"]} for day in data["days"][:1]]
    state = {"gone": [], "removed": [], "legend": [], "days": days, "bounds": data["bbox"]}
    names = ("Bestand", "A", "B")
    states = [{**state, "id": name, "label": name, "shows_plan": name != "Bestand"} for name in names]
    files = {"plan": None, "body": None, "table": "study/table.json", "surfaces": None}
    return {"title": "Probe", "scenarios": states, "hours": [], "differences": [], **files}


def rows_of(date: str, count: int) -> dict[str, Any]:
    """The table of a study in which B takes sun from more than it lists, and A from nobody."""
    columns = [{"key": key, "label": key, "unit": "", "digits": 0} for key in ("building_id", "delta_min")]
    rows = [{"building_id": f"nowhere-{row}", "scenario": "B", "date": date, "delta_min": -9.0} for row in range(count)]
    left_out = {"Bestand": {date: 0}, "A": {date: 0}, "B": {date: 7}}
    return {"title": "Nachbarn", "columns": columns, "rows": rows, "left_out": left_out}


def test_a_study_says_what_it_leaves_out(browser: Browser, viewer_folder: Path) -> None:
    """A table that does not come, rows that were cut, a neighbour who is not on the map."""
    with unopened(browser, viewer_folder) as (watched, url):
        page = watched.page
        data = changed(page, viewer_folder)
        data["study"] = study_of(data)
        answer(page, TABLE, 503)
        opened(watched, url)
        panel = show_tab(watched, "Studie")
        expect(panel).to_contain_text("table.json: HTTP 503")
        table = rows_of(data["days"][0]["date"], 41)
        answer(page, TABLE, 200, json.dumps(table))
        show_tab(watched, "Farben")
        show_tab(watched, "Studie")
        expect(panel).to_contain_text("8 weitere")  # one more than fits, and seven that the study cut
        expect(panel).not_to_contain_text("HTTP")
        panel.get_by_role("button", name="nowhere-0", exact=True).click()
        expect(page.locator("#announce")).to_have_text("Das Gebäude nowhere-0 steht nicht in dieser Karte.")
        panel.get_by_label("A", exact=True).check()
        expect(panel).to_contain_text("verliert kein Gebäude Sonne")
        assert uncaught(watched) == []


def test_no_physical_yield_under_the_label_of_the_model(browser: Browser, viewer_folder: Path) -> None:
    """Where the model does not answer its column repeats physics: no such value is coloured as a corrected one."""
    look = """async (corrected) => {
      const { cssOf } = await import(new URL("js/tiles.js", document.baseURI).href);
      const { NO_VALUE } = await import(new URL("js/colours.js", document.baseURI).href);
      Object.assign(heliotwin.state, { mode: "pv", corrected });
      const row = { irradiation_kwh_m2: 900, value_phys: 800, value_ml: 800, pv_kwp: 1 };
      return [true, false].map((out_of_domain) =>
        cssOf({ getProperty: (name) => ({ ...row, out_of_domain })[name] }) === NO_VALUE);
    }"""
    with unopened(browser, viewer_folder) as (watched, url):
        opened(watched, url)
        assert watched.page.evaluate(look, True) == [True, False]
        assert watched.page.evaluate(look, False) == [False, False]
