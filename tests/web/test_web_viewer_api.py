"""Our viewer before a server under the test's hand: plans given up, refused, drawn; hours of part of a year."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from oracles.browser import Watched, a_page
from oracles.loopback import serving
from oracles.viewer_page import DESKTOP, PLACE, opened, show_tab, table_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

BUSY = {"state": "running", "ahead": 0, "progress": None, "result": None, "error": None}


@dataclass
class Api:
    """What `heliotwin serve` answers, as far as these tests go; ``jobs`` are as a test leaves them."""

    data: dict[str, Any]
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    other: dict[str, tuple[int, Any]] = field(default_factory=dict)  # by path: status and JSON
    waiting: dict[str, list[Route]] = field(default_factory=dict)  # by query: held back until the test answers

    def __call__(self, route: Route) -> None:
        """Answer one request."""
        url = urlsplit(route.request.url)
        path, method = url.path.rpartition("/api/")[2], route.request.method
        self.asked.append(f"{method} {path}")
        if url.query in self.waiting:
            self.waiting[url.query].append(route)
        elif f"{method} {path}" in self.other:
            status, body = self.other[f"{method} {path}"]
            route.fulfill(status=status, json=body)
        elif path == "info":
            years = {"job": "", "names": ["", "other"], "words": {}}
            plans = {"state": "ready", "reason": None, "queued": 0, "formats": []}
            route.fulfill(json={"weather": years, "plans": plans, "land_bounds": self.data["bbox"]})
        elif path == "plans":
            name = f"job{len(self.jobs)}"
            self.jobs[name] = {"id": name, **BUSY}
            route.fulfill(status=202, json=self.jobs[name])
        elif path.startswith("jobs/") and (name := path.split("/")[1]) in self.jobs:
            if method == "DELETE":
                self.jobs[name]["state"] = "cancelled"
            route.fulfill(json=self.jobs[name])
        else:
            route.fulfill(status=404)

    def done(self, name: str, **result: Any) -> None:
        """A job has ended; what it changes."""
        land = {"png": None, "bounds": None, "legend": [], "changed_m2": 0.0, "worst_delta_min": 0.0}
        shape = {"type": "FeatureCollection", "features": [self.courtyard()]}
        whole = {"date": "2026-03-21", "seconds": 1.0, "weather": "", "notes": [], "unchanged": 3, "left_out": 0}
        whole |= {"buildings": [], "surfaces": [], "land": land, "shape": shape, "body": None} | result
        self.jobs[name] |= {"state": "done", "result": whole}

    def courtyard(self, **properties: Any) -> dict[str, Any]:
        """A block of 60 m around a courtyard of 36 m, in the middle of the place."""
        west, south, east, north = self.data["bbox"]
        lon, lat = (west + east) / 2, (south + north) / 2
        rings = [
            [[lon + sign * half / 70_000, lat + side * half / 111_000] for sign, side in corners]
            for half, corners in ((30, TURN), (18, TURN[::-1]))
        ]
        level = self.data["land"]["ground_height_m"]
        heights = {
            "base_m": level - 48,
            "top_m": level,
            "base_ellipsoidal_m": level + 40,
            "top_ellipsoidal_m": level + 60,
        }
        geometry = {"type": "Polygon", "coordinates": rings}
        return {"type": "Feature", "properties": heights | properties, "geometry": geometry}


TURN = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]


@contextmanager
def before(browser: Browser, folder: Path) -> Iterator[tuple[Watched, Api]]:
    """The exported viewer, told that there is a server."""
    data = json.loads((folder / "data" / "viewer.json").read_text(encoding="utf-8"))
    with serving({PLACE: folder}) as server, a_page(browser, *DESKTOP) as watched:
        api = Api(data)
        watched.page.route("**/data/viewer.json", lambda route: route.fulfill(json=data | {"server": True}))
        watched.page.route("**/api/**", api)
        opened(watched, f"{server.url}{PLACE}index.html")
        yield watched, api


def uncaught(watched: Watched) -> list[str]:
    """What broke in the page, beyond the browser's own lines about requests that failed."""
    return [said for said in watched.errors if "Failed to load resource" not in said]


def test_a_plan_that_is_discarded_is_given_up(browser: Browser, viewer_folder: Path) -> None:
    """One at a time; discarded, the server hears of it, and no late result comes back; a refusal to stop is said."""
    with before(browser, viewer_folder) as (watched, api):
        page, panel = watched.page, show_tab(watched, "Planung")
        send, place = panel.locator("#plan-send"), panel.locator("#plan-state")
        send.click()
        expect(place).to_contain_text("Wird berechnet")
        expect(send).to_be_disabled()
        expect(panel.locator("#plan-upload")).to_be_disabled()
        page.locator("[data-lang=en]").click()  # the same while the words change
        expect(place.get_by_role("button")).to_have_text("Cancel")
        expect(send).to_be_disabled()
        page.locator("[data-lang=de]").click()

        panel.get_by_role("button", name="Verwerfen").click()
        expect(send).to_be_enabled()
        expect(place).to_be_empty()
        send.click()
        expect(place).to_contain_text("Wird berechnet")
        assert "DELETE jobs/job0" in api.asked
        api.done("job0", unchanged=111)
        api.done("job1", unchanged=222)
        expect(panel.locator("#plan-result")).to_contain_text("Was die Planung ändert")
        assert len(api.jobs) == 2

        send.click()
        expect(place).to_contain_text("Wird berechnet")
        api.other["DELETE jobs/job2"] = (500, {"title": "no"})
        place.get_by_role("button", name="Abbrechen").click()
        expect(place).to_contain_text("nicht bestätigt, dass er aufhört")
        del api.other["DELETE jobs/job2"]
        place.get_by_role("button", name="Abbrechen").click()
        expect(place).to_contain_text("Abgebrochen")
        expect(send).to_be_enabled()
        assert uncaught(watched) == []


def test_the_picture_of_a_plan_stays_in_its_tab(browser: Browser, viewer_folder: Path) -> None:
    """The tab of the sun shows the sun's shadow; back again the plan's picture is there, or as hidden as it was."""
    picture = "api/jobs/job0/land.png"
    with before(browser, viewer_folder) as (watched, api):
        page, panel = watched.page, show_tab(watched, "Planung")
        land = lambda: page.evaluate("heliotwin.state.land?.url.split('/solar/').pop() ?? null")  # noqa: E731
        panel.locator("#plan-send").click()
        expect(panel.locator("#plan-state")).to_contain_text("Wird berechnet")
        # A result that comes while another tab is open waits for its own.
        show_tab(watched, "Sonne")
        legend = [{"colour": "#aa0000", "label": {"de": "weniger", "en": "less"}}]
        facts = {
            "png": picture,
            "bounds": api.data["bbox"],
            "legend": legend,
            "changed_m2": 9.0,
            "worst_delta_min": -60.0,
        }
        api.done("job0", land=facts)
        expect(page.locator("#announce")).to_contain_text("Berechnet")
        assert land() is None and page.evaluate("heliotwin.state.sun.on")

        panel = show_tab(watched, "Planung")
        assert land() == picture and not page.evaluate("heliotwin.state.sun.on")
        expect(page.locator("#legend")).to_contain_text("leer, nicht besonnt")  # there is no such picture here
        api.asked.clear()
        show_tab(watched, "Sonne")
        assert land() is None
        page.wait_for_timeout(200)
        assert "GET shadow/land.png" in api.asked
        show_tab(watched, "Farben")
        assert land() is None

        panel = show_tab(watched, "Planung")
        box = panel.get_by_label("Änderung auf offenem Land zeigen")
        box.uncheck()
        assert land() is None
        show_tab(watched, "Sonne")
        show_tab(watched, "Planung")
        page.locator("[data-lang=en]").click()
        expect(panel.get_by_role("checkbox")).not_to_be_checked()
        assert land() is None and uncaught(watched) == []


def test_a_plan_is_drawn_as_the_server_read_it(browser: Browser, viewer_folder: Path) -> None:
    """Without a body: blocks over footprints and around courtyards, at their heights; or nothing, and that is said."""
    blocks = """async (shape) => {
      const { blocksOf, createBodies } = await import(new URL("js/bodies.js", document.baseURI).href);
      const found = blocksOf(shape);
      if (found.length) createBodies(heliotwin.viewer).show(found);
      return found.map(({ rings, base_m, top_m }) => [rings.length, base_m, top_m]);
    }"""
    above = """async ([lon, lat, height]) => {
      const { default: Cesium } = await import(new URL("js/cesium.js", document.baseURI).href);
      const { camera, scene, canvas } = heliotwin.viewer;
      const destination = Cesium.Cartesian3.fromDegrees(lon, lat, height + 200);
      camera.setView({ destination, orientation: { pitch: -Math.PI / 2 } });
      scene.render();
      const gl = canvas.getContext("webgl2");
      const at = (dx) => {
        const place = Cesium.Cartesian3.fromDegrees(lon + dx / 70000, lat, height + 60);
        const { x, y } = Cesium.SceneTransforms.worldToWindowCoordinates(scene, place);
        const pixel = new Uint8Array(4);
        gl.readPixels(x, canvas.height - y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
        return [...pixel];
      };
      return [at(0), at(24)];
    }"""
    with before(browser, viewer_folder) as (watched, api):
        page = watched.page
        level = api.data["land"]["ground_height_m"]
        foot = api.courtyard()
        assert page.evaluate(blocks, foot) == [[2, level + 40, level + 60]]
        lon, lat = (sum(foot["geometry"]["coordinates"][0][row][axis] for row in (0, 2)) / 2 for axis in (0, 1))
        court, wing = page.evaluate(above, [lon, lat, level])
        assert is_planned(wing) and not is_planned(court)
        assert page.evaluate(blocks, api.courtyard(base_ellipsoidal_m=None, top_ellipsoidal_m=None)) == []

        panel = show_tab(watched, "Planung")
        panel.locator("#plan-send").click()
        expect(panel.locator("#plan-state")).to_contain_text("Wird berechnet")
        unknown = api.courtyard(base_ellipsoidal_m=None, top_ellipsoidal_m=None)
        api.done("job0", shape={"type": "FeatureCollection", "features": [unknown]})
        expect(panel.locator("#plan-result")).to_contain_text("nicht gezeichnet")
        assert uncaught(watched) == []


def is_planned(pixel: list[int]) -> bool:
    """Whether a pixel is the blue of what is planned, in whatever light."""
    red, _, blue, _ = pixel
    return blue > red + 60


def hours_from(first: str, count: int) -> dict[str, Any]:
    """Hours of a surface whose every value is its number."""
    import pandas as pd

    times = pd.date_range(first, periods=count, freq="h", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ").tolist()
    return {
        "step_s": 3600,
        "time_utc": times,
        **{key: list(range(count)) for key in ("direct", "diffuse", "reflected")},
    }


def test_a_day_outside_the_record_is_no_first_week(browser: Browser, viewer_folder: Path) -> None:
    """Part of a year says how far it reaches; a week begins at the midnight of the place; the last question counts."""
    with before(browser, viewer_folder) as (watched, api):
        page = watched.page
        surface = page.evaluate("""heliotwin.ids().then((ids) => Promise.all(ids.map(heliotwin.values)))
            .then((rows) => rows.find((row) => row.irradiation_kwh_m2 > 0 && !/[^\\w-]/.test(row.id)).id)""")
        page.evaluate("id => heliotwin.pick(id).then(() => true)", surface)
        details = page.locator("#details")
        year, month = details.get_by_label("Wetterjahr"), dict.fromkeys(("direct", "diffuse", "reflected"), [0.0] * 12)
        api.other[f"GET surfaces/{surface}/monthly"] = (200, month)
        api.other[f"GET surfaces/{surface}/hourly"] = (200, hours_from("2023-05-01", 31 * 24))
        details.get_by_label("ab", exact=True).fill("2026-06-15")
        details.get_by_role("button", name="Zeigen").click()
        expect(details).to_contain_text("Die Wetterdaten reichen vom 1. Mai 2023 bis zum 1. Juni 2023")

        details.get_by_label("ab", exact=True).fill("2026-05-10")
        details.get_by_role("button", name="Zeigen").click()
        chart = details.locator("figure", has_text="Stunden einer Woche ab 10. Mai 2023")
        _, rows = table_of(chart)
        assert len(rows) == 7 * 24 and rows[0][0] == 8 * 24 + 22  # 22:00 UTC of the day before
        assert [one for one in chart.locator("svg text").all_text_contents() if ".5." in one] == [
            f"{day}.5." for day in range(10, 17)
        ]

        # The answer that is late belongs to a question that was taken back.
        api.waiting["weather=other"] = []
        year.select_option("other")
        details.get_by_role("button", name="Zeigen").click()
        expect(details).to_contain_text("Wird berechnet")
        year.select_option("")
        details.get_by_role("button", name="Zeigen").click()
        chart.wait_for()
        for route in api.waiting["weather=other"]:
            hourly = "/hourly" in route.request.url
            route.fulfill(json=hours_from("2019-01-01", 8760) if hourly else month)
        page.wait_for_timeout(300)
        expect(chart).to_be_visible()
        assert uncaught(watched) == []
