"""Our own viewer end to end: without a server from any folder, and with `heliotwin serve` behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pytest
from oracles.browser import Watched
from oracles.targets import targets
from oracles.viewer_page import (
    DESKTOP,
    HARNESS,
    PHONE,
    TABLET,
    hosted,
    number,
    serious_findings,
    served,
    show_tab,
    table_of,
)
from pvlib.solarposition import get_solarposition

from twin.answers import answer_series

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The week as the clocks of the place have it begins two hours before that of UTC.
OTHER_YEAR, DAY, FIRST, DAYS = "duesseldorf-2024", "2024-06-15", "2024-06-14T22:00", ("2024-06-14", "2024-06-21")


def picture(watched: Watched) -> bytes:
    """What the map shows."""
    watched.page.evaluate("heliotwin.viewer.scene.render()")
    return watched.page.locator("#cesium").screenshot()


def test_the_exported_viewer_from_load_to_numbers(browser: Browser, job: Any, viewer_folder: Path) -> None:
    """Load, recolour, move the time, click a roof, read its months: no server, nothing asked of anyone else."""
    table = pd.read_parquet(job.out / "surfaces.parquet").set_index("surface_id")
    with hosted(browser, viewer_folder, DESKTOP) as (watched, server):
        page = watched.page
        before = picture(watched)
        show_tab(watched, "Farben").get_by_label("Einstrahlung im Monat").check()
        month = picture(watched)
        assert month != before and "Einstrahlung im" in page.locator("#legend").inner_text()

        panel = show_tab(watched, "Sonne")
        clock, slider = page.locator("#sun-clock"), panel.get_by_role("slider")
        slider.focus()
        noon, said = picture(watched), clock.inner_text()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("said => document.getElementById('sun-clock').innerText !== said", arg=said)
        assert picture(watched) != noon
        assert off_the_sun_deg(watched, viewer_folder) < 0.02
        show_tab(watched, "Farben").get_by_label("Einstrahlung im Jahr").check()

        page.evaluate(HARNESS, "/pages/picking.mjs")
        roofs = [one for one in targets(job.out, 40) if table.loc[one.surface_id, "kind"] == "RoofSurface"]
        for target in roofs[:3]:
            row = table.loc[target.surface_id]
            x, y = page.evaluate("([p, n]) => tried.aim(p, n, 12)", [target.point, target.normal])
            box = page.locator("#cesium").bounding_box()
            page.mouse.click(box["x"] + x, box["y"] + y)
            page.locator("#details", has_text=target.surface_id).wait_for()
            names, rows = table_of(page.locator("#details figure").first)
            assert names == ["direkt", "diffus", "reflektiert", "Summe"]
            sums = np.array([cells[-1] for cells in rows])
            months = np.array([row[f"irradiation_kwh_m2_{month:02d}"] for month in range(1, 13)])
            np.testing.assert_allclose(sums, months, atol=0.11)
        assert not watched.errors and not watched.outside()
        assert [one for one in server.asked if one.status >= 400] == []


def test_the_served_viewer_answers_as_query_does(browser: Browser, job: Any, tmp_path: Path) -> None:
    """Hours of a week under another weather year; then a planned building and what it takes from its neighbours."""
    table = pd.read_parquet(job.out / "surfaces.parquet").set_index("surface_id")
    surface_id = table[table["kind"] == "RoofSurface"]["irradiation_kwh_m2"].idxmax()
    answer_series(job.out, surface_id, None, OTHER_YEAR, DAYS, tmp_path / "week.csv")
    days = pd.read_csv(tmp_path / "week.csv", comment="#", parse_dates=["time_utc"])
    expected = days[days["time_utc"] >= pd.Timestamp(FIRST, tz="UTC")][: 7 * 24]
    with served(browser, job) as watched:
        page = watched.page
        show_tab(watched, "Suche").get_by_label("Kennung, Gebäude oder Adresse").fill(surface_id)
        page.locator("#panel-search").locator(f"[data-id='{surface_id}']").click()
        details = page.locator("#details", has_text=surface_id)
        details.get_by_label("ab", exact=True).fill(DAY)
        details.get_by_label("Wetterjahr").select_option(OTHER_YEAR)
        details.get_by_role("button", name="Zeigen").click()
        chart = details.locator("figure", has_text="Stunden einer Woche")
        chart.wait_for()
        names, rows = table_of(chart)
        assert names == ["direkt", "diffus", "reflektiert"]
        columns = ["direct_w_m2", "diffuse_w_m2", "reflected_w_m2"]
        np.testing.assert_allclose(rows, expected[columns].to_numpy(), atol=0.51)

        result = planned(watched, south_of(job.out, table.loc[surface_id, "building_id"]))
        shown = [
            [number(cell) for cell in row.locator("td").all_text_contents()]
            for row in page.locator("#plan-buildings tbody tr").all()
        ]
        losses = sorted((one["delta_kwh"], one["delta_min"]) for one in result["buildings"])
        assert losses[0][0] < -100
        assert len(shown) == min(len(losses), 30)
        for (kwh, minutes), cells in zip(losses, shown, strict=False):
            assert cells[:2] == pytest.approx([minutes, kwh], abs=0.51)
        assert not watched.errors and not watched.outside()


def planned(watched: Watched, place: tuple[float, float]) -> dict[str, Any]:
    """Put a tower at a place [longitude, latitude] by numbers and have it computed; the server's answer."""
    panel = show_tab(watched, "Planung")
    for label, value in zip(("Geogr. Länge [°]", "Geogr. Breite [°]"), place, strict=True):
        panel.get_by_label(label).fill(f"{value:.6f}")
    panel.locator("#plan-height").fill("60")
    done = lambda answer: "/jobs/" in answer.url and answer.json().get("state") == "done"  # noqa: E731
    with watched.page.expect_response(done) as answered:
        panel.get_by_role("button", name="Berechnen", exact=True).click()
    watched.page.locator("#plan-buildings").wait_for()
    return answered.value.json()["result"]


def south_of(out: Path, building_id: str) -> tuple[float, float]:
    """A place [longitude, latitude] 25 m south of a building's south side."""
    buildings = geopandas.read_parquet(out / "buildings.parquet").set_index("building_id")
    west, south, east, _ = buildings.geometry[building_id].bounds
    point = geopandas.GeoSeries.from_xy([(west + east) / 2], [south - 25], crs=buildings.crs).to_crs(4326).iloc[0]
    return point.x, point.y


@pytest.mark.parametrize("size", [DESKTOP, TABLET, PHONE], ids=["desktop", "tablet", "phone"])
def test_nobody_is_kept_out(browser: Browser, job: Any, viewer_folder: Path, size: tuple[int, int]) -> None:
    """axe-core finds nothing serious in any tab, with values shown, with help, in either language, on any screen."""
    table = pd.read_parquet(job.out / "surfaces.parquet").set_index("surface_id")
    surface_id = table["value_phys"].idxmax()
    with hosted(browser, viewer_folder, size) as (watched, _):
        page = watched.page
        for name in ("Farben", "Sonne", "Suche", "Planung"):
            show_tab(watched, name)
            assert serious_findings(watched) == [], name
        page.locator("[data-lang=en]").click()
        page.evaluate("id => heliotwin.pick(id)", surface_id)
        details = page.locator("#details")
        details.wait_for()
        box = details.bounding_box()
        assert box["x"] >= 0 and box["width"] > 250 and box["x"] + box["width"] <= size[0] + 1
        assert building_in_sight(watched) == table.loc[surface_id, "building_id"]
        # The physical value comes first, the corrected one beside it under its label.
        text = details.inner_text()
        assert text.index("physical") < text.index("AI-corrected")
        assert serious_findings(watched) == []
        page.keyboard.press("Escape")
        details.wait_for(state="hidden")
        page.locator("#help-open").click()
        assert serious_findings(watched) == []
        assert not watched.errors and not watched.outside()


def building_in_sight(watched: Watched) -> str | None:
    """The building in the middle of that part of the map which no panel covers."""
    watched.page.evaluate("() => heliotwin.ready.then((scene) => scene.whenLoaded)")
    return watched.page.evaluate(
        """() => {
          const [map, panel] = ["map", "details"].map((id) => document.getElementById(id).getBoundingClientRect());
          const beside = panel.left > map.left + 1;
          const seen = { x: map.width / 2, y: (beside ? map.height : panel.top - map.top) / 2 };
          heliotwin.viewer.scene.render();
          return heliotwin.viewer.scene.pick(seen)?.getProperty?.("building_id") ?? null;
        }"""
    )


def off_the_sun_deg(watched: Watched, folder: Path) -> float:
    """How far [deg] the viewer's sun stands from NREL's, beyond what the day's file says of its own instants."""
    data = json.loads((folder / "data" / "viewer.json").read_text(encoding="utf-8"))
    west, south, east, north = data["bbox"]
    shown = watched.page.evaluate("({...heliotwin.state.sun, time: heliotwin.state.sun.time.toISOString()})")
    steps = {step["time_utc"]: step for day in data["days"] for step in day["steps"]}
    step = steps[shown["time"].replace(".000Z", "Z")]
    true = get_solarposition(pd.Timestamp(shown["time"]), (south + north) / 2, (west + east) / 2).iloc[0]
    one, two = (
        np.array([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])
        for a, e in np.radians([[shown["azimuth_deg"], shown["elevation_deg"]], [true["azimuth"], true["elevation"]]])
    )
    return float(np.degrees(np.arccos(np.clip(one @ two, -1, 1)))) - step["off_deg"]
