"""What our viewer says, in its reader's language: weather, dates, charts, refusals; and one clock in two tabs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from oracles.viewer_page import DESKTOP, hosted, served, show_tab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DAY, INSTANTS = "2026-06-21", ("2026-06-21T06:00:00Z", "2026-06-21T11:30:00Z", "2026-06-21T17:00:00Z")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# What German readers shall not meet: names of files and of years, and words of the server.
RAW = re.compile(r"\.gz|try2015|duesseldorf|DWD TRY|station|footprint|measured", re.IGNORECASE)


def table_title(page: Page) -> str:
    """The caption of the neighbours that a plan changes."""
    return page.locator("#plan-buildings caption").inner_text()


@pytest.fixture(scope="module")
def with_study(viewer_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported viewer beside a study whose instants are none of the job's."""
    folder = tmp_path_factory.mktemp("study") / "viewer"
    shutil.copytree(viewer_folder, folder)
    head = folder / "data" / "viewer.json"
    data = json.loads(head.read_text(encoding="utf-8"))
    steps = [{"time_utc": time, "sun": [180.0, 40.0 + row], "land": None} for row, time in enumerate(INSTANTS)]
    state = {"shows_plan": False, "gone": [], "removed": [], "legend": [], "days": [{"date": DAY, "steps": steps}]}
    names = (("Bestand", "As it stands"), ("Planung", "Planned"))
    states = [{**state, "id": de, "label": {"de": de, "en": en}} for de, en in names]
    nothing = dict.fromkeys(("plan", "body", "table", "surfaces"))
    data["study"] = {"title": "Probe", "scenarios": states, "hours": [], "differences": [], **nothing}
    head.write_text(json.dumps(data), encoding="utf-8")
    return folder


def test_the_clock_of_one_tab_never_stands_in_the_other(browser: Browser, with_study: Path) -> None:
    """The tab of the sun shows the job's instant at once, not after a frame: until then the study's stood there."""
    look = """(tab) => { heliotwin.showTab(tab); return [document.getElementById("sun-clock").innerText,
        document.querySelector("#sun-controls output").innerText, heliotwin.state.sun.time.toISOString()]; }"""
    data = json.loads((with_study / "data" / "viewer.json").read_text(encoding="utf-8"))
    own = {step["time_utc"].replace("Z", ".000Z") for day in data["days"] for step in day["steps"]}
    with hosted(browser, with_study, DESKTOP) as (watched, _):
        page = watched.page
        said, slider, time = page.evaluate(look, "sun")
        assert time in own
        again, _, _ = page.evaluate(look, "study")
        assert "21. Juni 2026" in again and again != said
        # By every way back, with the sun on or off in between.
        for way in (["sun"], ["study", "search", "sun"], ["study", "colour", "sun"], ["study", "plan", "sun"]):
            assert [page.evaluate(look, tab) for tab in way][-1] == [said, slider, time], way
        assert not watched.errors


def test_a_german_page_has_german_words(browser: Browser, job: Any) -> None:
    """Weather, charts, a plan's result, its legend and a refusal; no file's name, no ISO date, no English."""
    with served(browser, job) as watched:
        page = watched.page
        header = page.locator("#weather")
        assert "Oberrhein" in header.inner_text() and not RAW.search(header.inner_text())

        page.evaluate("heliotwin.ids().then((ids) => heliotwin.pick(ids[0])).then(() => true)")
        details = page.locator("#details")
        years = details.get_by_label("Wetterjahr").locator("option")
        assert years.evaluate_all("all => all.map((one) => one.value)") == ["", "duesseldorf-2024", "try2015-region12"]
        assert not [said for said in years.all_inner_texts() if RAW.search(said)]
        details.get_by_label("Wetterjahr").select_option("duesseldorf-2024")
        details.get_by_role("button", name="Zeigen").click()
        details.locator("figure", has_text="Stunden einer Woche ab 15. Juni").wait_for()
        charts = details.locator("figure")
        titles = [charts.nth(row).locator("figcaption").inner_text() for row in range(charts.count())]
        assert len(titles) == 4 and all(title.endswith("m²]") for title in titles) and len(set(titles)) == 3
        assert not RAW.search(details.inner_text())
        page.keyboard.press("Escape")

        panel = show_tab(watched, "Planung")
        panel.locator("#plan-height").fill("60")
        panel.get_by_role("button", name="Berechnen", exact=True).click()
        table = page.locator("#plan-buildings")
        table.wait_for()
        assert "21. März 2026" in table_title(page)
        seen = panel.locator("#plan-result").inner_text()
        assert not ISO_DATE.search(seen) and not RAW.search(seen) and "Minuten weniger" in seen and "−" in seen
        # Nothing is cut off at the right: the last column is the percentage.
        cell, box = table.locator("tbody td").last.bounding_box(), panel.bounding_box()
        assert cell["x"] + cell["width"] <= box["x"] + box["width"]

        panel.get_by_label("Geogr. Länge [°]").fill("9.5")
        panel.get_by_role("button", name="Berechnen", exact=True).click()
        alarm = panel.locator("#plan-state .alarm")
        alarm.wait_for()
        assert "mehr als 2 km von der Stadt" in alarm.inner_text() and not RAW.search(alarm.inner_text())
        assert [said for said in watched.errors if "422" not in said] == []

        page.locator("[data-lang=en]").click()
        assert "Upper Rhine" in header.inner_text()
