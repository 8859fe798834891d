"""The report: a hand-made street of two houses goes in; its words, page and pictures are looked at."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import shapely
from matplotlib.image import imread

from io_citygml.crs import parse_crs
from solar.site import Site
from twin.export.cog import NODATA, Raster
from twin.mesh import Sealed, Solidity
from twin.report.charts import bins_of, round_half
from twin.report.city_map import round_length
from twin.report.city_sentences import SENTENCES as CITY_SENTENCES
from twin.report.city_words import TERMS as CITY_TERMS
from twin.report.colours import colour_of, scale_of, ticks_of
from twin.report.facts import (
    QUARTERS,
    BestRoof,
    Facts,
    Group,
    Months,
    Plan,
    bounds_of,
    part_of_year,
    without_gaps,
)
from twin.report.figures import Pictures, axes_at, draw_map, figure_of, look, png_of
from twin.report.inspection_words import TEXT
from twin.report.overview import HEIGHT, WIDTH, overview_png
from twin.report.provenance_page import assumptions
from twin.report.render import View, north_in_picture, render_city
from twin.report.sites_words import MESSAGES as SITES_MESSAGES
from twin.report.study_picture_words import TEXT as STUDY_TEXT
from twin.report.study_sentences import SENTENCES
from twin.report.study_words import TERMS
from twin.report.summary import SHOWN_DEFECTS, summary_html
from twin.report.words import LANGUAGES, MESSAGES, Words
from twin.scene import Scene

EVIL = '<script>alert("x")</script>&\'$'
ROOF, SOUTH, NORTH, EAST, WEST = range(5)
ORIGIN = np.array([460000.0, 5548000.0, 100.0])
SIZE_M = 10.0


def cube_scene(corner: tuple[float, float] = (20.0, 20.0)) -> Scene:
    """A cube of 10 m: surface 0 is its roof, 1 to 4 are its south, north, east and west walls."""
    x, y = corner
    place = np.array([[x + i * SIZE_M, y + j * SIZE_M, k * SIZE_M] for k in (0, 1) for j in (0, 1) for i in (0, 1)])
    faces = {ROOF: (4, 5, 7, 6), SOUTH: (0, 1, 5, 4), NORTH: (3, 2, 6, 7), EAST: (1, 3, 7, 5), WEST: (2, 0, 4, 6)}
    triangles = [t for a, b, c, d in faces.values() for t in ((a, b, c), (a, c, d))]
    normal = np.array([[0, 0, 1], [0, -1, 0], [0, 1, 0], [1, 0, 0], [-1, 0, 0]], float)
    return Scene(
        origin=ORIGIN,
        crs=parse_crs("EPSG:25832"),
        vertices=place,
        triangles=np.array(triangles, np.int32),
        surface=np.repeat(np.arange(5, dtype=np.int32), 2),
        object=np.zeros(10, np.int32),
        crown=np.zeros(10, bool),
        albedo=np.full(5, 0.2, np.float32),
        normal=normal,
        area_m2=np.full(5, SIZE_M**2),
        receives=np.ones(5, bool),
        solidity=Solidity(*(np.ones(1, bool) for _ in Solidity._fields[:-1]), volume_m3=np.array([1000.0])),
        sealed=Sealed(np.full(10, -1, np.int32), np.zeros((0, 3), np.int64), np.zeros(0, np.int64)),
        site=Site(50.1, 8.4, 100.0, -0.4),
        left_out={"LandUse": 3},
    )


def level(value: float, cells: int = 12) -> Raster:
    """Sixty metres of ground about the cube."""
    grid = np.full((cells, cells), value, np.float32)
    return Raster(grid, ORIGIN[0], ORIGIN[1] + 5.0 * cells, 5.0)


def report_of(defects: int) -> dict[str, Any]:
    """What provenance.report leaves, as far as the page reads it."""
    entry = {"kind": "non-planar", "object_id": EVIL, "surface_id": EVIL, "file": f"/a/b/{EVIL}".replace("</", "<")}
    entry |= {"line": 12, "area_m2": 1234.5, "action": "kept as it is"}
    return {
        "software": "heliotwin 0.1.0",
        "inputs": [{"name": f"city{EVIL}.gml", "sha256": "ab" * 32, "bytes": 4711}],
        "crs": {"text": EVIL, "horizontal": "EPSG:25832", "vertical": None},
        "site": {"latitude_deg": 50.1, "longitude_deg": 8.4, "altitude_m": 100.0, "convergence_deg": -0.46},
        "directions": {"sun_nodes": 810, "sky_patches": 577},
        "sky_model": "perez1990",
        "albedo": 0.2,
        "weather": {
            "source": EVIL,
            "distance_km": 12.3,
            "label_convention": EVIL,
            "first_utc": "2024-01-01T00:00:00",
            "last_utc": "2024-12-31T23:00:00",
            "step_s": 3600,
            "ghi_kwh_m2": 1095.4,
            "flags": ["dni_from_ghi_dhi", EVIL],
        },
        "attribution": [f"Datengrundlage: {EVIL}"],
        "scene": {"objects": 1, "closed": 1, "left_out": {EVIL: 3}, "halo_m": 2000.0, "beyond_halo_deg": 1.5},
        "receivers": {"on_surfaces": 500, "covered": 0, "open_land": 144, "user_points": 0, "cells": 1},
        "kinds": [
            {
                "kind": "RoofSurface",
                "surfaces": 1,
                "area_m2": 100.0,
                "exposed_area_m2": 100.0,
                "irradiation_mwh": 105.0,
                "irradiation_kwh_m2": 1050.0,
            },
            {
                "kind": EVIL,
                "surfaces": 1,
                "area_m2": 1.0,
                "exposed_area_m2": 0.0,
                "irradiation_mwh": 0.0,
                "irradiation_kwh_m2": None,
            },
        ],
        "open_land": {"area_m2": 3600.0, "spacing_m": 5.0, "irradiation_kwh_m2": 900.0},
        "terrain": {
            "files": [{"name": EVIL, "crs": "not named: taken as EPSG:25832"}],
            "triangles": 9,
            "largest_error_m": 0.1,
            "open_land_without_terrain_m2": 5.0,
            "buildings_with_buried_walls": 1,
            "buried_wall_m2": 2.0,
            "buildings_deep": 0,
            "deep_m": 1.0,
            "buildings_floating": 1,
            "floating_m": 0.5,
            "buildings_without_terrain": 1,
            "missing_m2": 40.0,
            "different_samples": 3,
            "largest_difference_m": 0.25,
        },
        "city_model": {
            "polygons": {"CLOSURE": 2, "ROOF": 1},
            "area_m2": {"CLOSURE": 20.0, "ROOF": 100.0},
            "skipped": {"FOOTPRINT": {"polygons": 1, "area_m2": 100.0}},
            "not_read": {EVIL: 4},
            "files": [{"file": "/a/b/good.gml"}],
            "failed": [{"file": "/a/b/broken.gml", "line": 7, "message": f"broken.gml, line 7: {EVIL}"}],
            "defects": [entry] * defects,
            "defect_counts": {entry["kind"]: defects},
        },
    }


def facts(defects: int = SHOWN_DEFECTS + 5) -> Facts:
    """The cube's report."""
    scene = cube_scene()
    value = np.array([1050.0, 700.0, 250.0, 500.0, 520.0])
    area = np.array([100.0])
    groups = [Group("roofs", value[:1], area)]
    groups += [
        Group(f"facades_{q}", value[[i]], area) for q, i in zip(QUARTERS, (NORTH, EAST, SOUTH, WEST), strict=True)
    ]
    groups.append(Group("open_land", np.full(144, 900.0), np.full(144, 25.0)))
    west, south, east, north = bounds_of(scene)
    square = shapely.box(west, south, east, north)
    plan = Plan(
        roof=np.array([square], object),
        roof_value=value[:1],
        outline=np.array([square], object),
        ground=level(900.0),
        focus=(west - 5, south - 5, east + 5, north + 5),
        bounds=(west, south, east, north),
        crs="EPSG:25832",
    )
    month = np.outer(np.linspace(20, 80, 12), [0.5, 0.4, 0.1])
    return Facts(
        scene=scene,
        surface_value=value,
        ground=level(900.0),
        terrain=level(100.0),
        scale=scale_of([(group.value, group.area_m2) for group in groups]),
        plan=plan,
        groups=tuple(groups),
        months=Months(month, month * 0.6),
        best=(BestRoof(EVIL, EVIL, 100.0, 0.0, float("nan"), 1050.0, 105.0),),
        buildings=1,
        report=report_of(defects),
    )


def decoded(png: bytes, folder: Path) -> np.ndarray:
    """Pixels (H, W, 3) u8 of a PNG."""
    path = folder / "picture.png"
    path.write_bytes(png)
    return np.round(imread(path)[:, :, :3] * 255).astype(np.uint8)


def luminance(colour: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB colours (WCAG 2.1)."""
    part = colour / 255.0
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def test_colours_grow_lighter_with_irradiation() -> None:
    scale = facts().scale
    assert (np.diff(luminance(scale.table.astype(float))) > -2e-3).all()
    assert luminance(scale.table[-1].astype(float)) - luminance(scale.table[0].astype(float)) > 0.6


def test_scale_holds_every_group_and_ends_on_round_values() -> None:
    rng = np.random.default_rng(7)
    roofs, walls = rng.uniform(700, 1111, 500), rng.uniform(137, 600, 500)
    scale = scale_of([(roofs, np.full(500, 1.0)), (walls, np.full(500, 1.0)), (np.array([np.nan]), np.array([9.0]))])
    assert (scale.low, scale.high) == (100.0, 1150.0)
    ticks = ticks_of(scale)
    assert ticks[0] == scale.low and ticks[-1] == scale.high and 5 <= len(ticks) <= 9
    assert np.diff(ticks).min() > 0
    assert (colour_of(scale, [-5.0, 5000.0]) == scale.table[[0, -1]]).all()


def test_scale_of_equal_or_no_values_still_has_a_range() -> None:
    flat = scale_of([(np.full(3, 900.0), np.ones(3))])
    assert flat.low <= 900 < flat.high
    empty = scale_of([])
    assert empty.low < empty.high


def test_histogram_keeps_all_area() -> None:
    scale = facts().scale
    group = Group("roofs", np.array([-50.0, 333.0, 4000.0]), np.array([1.0, 2.0, 4.0]))
    edge, area = bins_of(group, scale)
    assert area.sum() == 7.0 and area[0] >= 1.0 and area[-1] == 4.0
    assert edge[0] == scale.low and edge[-1] + 50.0 == scale.high


@pytest.mark.parametrize(("limit", "expected"), [(250.0, 200.0), (99.0, 50.0), (0.3, 0.2), (1000.0, 1000.0)])
def test_round_length(limit: float, expected: float) -> None:
    assert round_length(limit) == pytest.approx(expected)
    assert round_half(limit) <= limit


def test_words_are_complete_in_both_languages() -> None:
    for key, both in MESSAGES.items():
        assert len(both) == len(LANGUAGES), key
        assert all(message.strip() for message in both), key
        fields = [sum(name is not None for _, name, _, _ in string.Formatter().parse(m)) for m in both]
        assert fields[0] == fields[1], key
    for language in LANGUAGES:
        assert len(Words(language)("month_names").split()) == 12


def test_every_word_asked_for_stands_in_the_table_and_none_is_idle() -> None:
    folder = Path(sys.modules["twin.report"].__path__[0])
    source = "\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")) if path.name != "words.py")
    named = set(re.findall(r'["\']([a-z][a-z_]*)["\']', source))
    asked = set(re.findall(r'words\(\s*["\']([^"\']+)["\']', source))
    tables = (MESSAGES, TEXT, STUDY_TEXT, TERMS, SENTENCES, CITY_TERMS, CITY_SENTENCES, SITES_MESSAGES)
    assert asked <= set().union(*tables)
    families = ("facades_", "flag_", "reason_", "defect_", "action_", "pv_reason_", "pv_mounting_")
    idle = {k for k in MESSAGES if k not in named and not k.startswith(families) and not k[0].isupper()}
    assert not idle


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="de, en"):
        Words("fr")


def test_numbers_in_both_languages() -> None:
    assert Words("de").number(-1234.56, 1) == "−1.234,6"
    assert Words("en").number(1234.56, 1) == "1,234.6"
    assert Words("de").number(-0.001, 1) == "0,0"
    assert Words("de").number(None) == Words("de").number(float("nan")) == "–"


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_escapes_foreign_text_and_asks_for_nothing(language: str) -> None:
    words, given = Words(language), facts()
    image = np.zeros((10, 16, 3), np.uint8)
    page = summary_html(given, Pictures(given, image, words), words)
    assert "<script" not in page and "&lt;script&gt;" in page
    assert f'<html lang="{language}">' in page
    assert not re.search(r'(src|href)="(?!data:)', page) and "url(" not in page and "@import" not in page
    assert page.count("<table>") == page.count("<caption>") > 5
    assert all('scope="' in head for head in re.findall(r"<th[ >][^>]*", page))
    alternatives = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alternatives) == 4 and all(alternatives)
    assert words("defects_more", 5) in page and "ab" * 32 in page
    assert ("1.234,5" if language == "de" else "1,234.5") in page
    assert "/a/b/" not in page
    assert words("failed_caption", 1, 2) in page and "broken.gml" in page


def test_actions_with_what_they_found_are_said_in_german() -> None:
    shared = "kept; shares 30.00 m² with over2/1 of over2"
    assert Words("de").action(shared) == "behalten; hat 30.00 m² gemeinsam mit over2/1 von over2"
    assert Words("en").action(shared) == shared
    assert Words("de").action("closed") == "geschlossen"
    assert Words("de").action("strange") == "strange"


def test_page_says_where_there_are_no_defects() -> None:
    words, given = Words("en"), facts(defects=0)
    page = summary_html(given, Pictures(given, np.zeros((10, 16, 3), np.uint8), words), words)
    assert words("defects_none") in page


def test_weather_from_far_away_is_told() -> None:
    words, report = Words("de"), report_of(0)
    assert "anderes Klima" not in assumptions(report, words)
    report["weather"]["distance_km"] = 402.0
    assert words("limit_far_weather", 402) in assumptions(report, words)


def test_part_of_a_year_is_told() -> None:
    year = report_of(0)["weather"]
    assert part_of_year(year) is None
    assert part_of_year(year | {"last_utc": "2024-01-10T23:00:00"}) == pytest.approx(10.0)


def test_pictures_are_equal_bytes_each_time(tmp_path: Path) -> None:
    words, given = Words("de"), facts()
    view = View(None, 160, 100)
    images = [
        render_city(given.scene, given.surface_value, given.ground, given.terrain, given.scale, view) for _ in "ab"
    ]
    assert (images[0] == images[1]).all()
    sheets = []
    for size in (5, 20):
        with matplotlib.rc_context({"font.size": size, "axes.facecolor": "red"}):
            sheets.append(overview_png(given, images[0], words))
    assert sheets[0] == sheets[1]
    assert b"tEXt" not in sheets[0] and b"tIME" not in sheets[0]
    assert decoded(sheets[0], tmp_path).shape == (HEIGHT, WIDTH, 3)


def test_nothing_on_the_sheet_reaches_its_edge(tmp_path: Path) -> None:
    for language in LANGUAGES:
        sheet = decoded(overview_png(facts(), np.full((10, 16, 3), 255, np.uint8), Words(language)), tmp_path)
        for edge in (sheet[:8], sheet[-8:], sheet[:, :8], sheet[:, -8:]):
            assert (edge == 255).all()


def near(picture: np.ndarray, colour: np.ndarray, tolerance: int = 3) -> np.ndarray:
    """Pixels of a colour."""
    return (np.abs(picture.astype(int) - colour.astype(int)) <= tolerance).all(axis=-1)


def test_lit_roof_and_ground_show_the_colours_of_the_legend() -> None:
    given = facts()
    view = View(None, 320, 200)
    picture = render_city(given.scene, given.surface_value, given.ground, given.terrain, given.scale, view)
    roof, land = colour_of(given.scale, [1050.0, 900.0])
    assert near(picture, roof).sum() > 200
    assert near(picture, land).sum() > 2000


def test_a_wall_keeps_its_colour_but_for_shade() -> None:
    given = facts()
    view = View(None, 320, 200)
    pictures = []
    for wall in (60.0, 1100.0):
        value = np.where(np.arange(5) == SOUTH, wall, given.surface_value)
        pictures.append(render_city(given.scene, value, None, given.terrain, given.scale, view).astype(int))
    changed = np.abs(pictures[0] - pictures[1]).max(axis=-1) > 20
    row, _ = np.nonzero(changed)
    assert changed.sum() > 200
    roof = np.nonzero(near(pictures[0], colour_of(given.scale, 1050.0)))[0]
    assert roof.mean() < row.mean()  # the south wall lies below the roof in a view from the south
    assert luminance(pictures[0][changed]).mean() < luminance(pictures[1][changed]).mean()


def test_surface_without_value_is_grey() -> None:
    given = facts()
    view = View(None, 160, 100)
    value = np.full(5, np.nan)
    picture = render_city(given.scene, value, None, given.terrain, given.scale, view).astype(int)
    assert np.ptp(picture, axis=-1).max() < 40


def test_north_points_up_and_the_city_fills_the_picture() -> None:
    right, up = north_in_picture()
    assert up > 0.7 and np.hypot(right, up) == pytest.approx(1.0)
    given = facts()
    shown = []
    west, south, east, north = bounds_of(given.scene)
    for focus in ((west - 20, south - 20, east + 20, north + 20), None):
        view = View(focus, 160, 100)
        picture = render_city(given.scene, given.surface_value, given.ground, given.terrain, given.scale, view)
        shown.append(int(near(picture, colour_of(given.scale, 1050.0)).sum()))
    assert shown[1] > 3 * shown[0]


def test_a_building_in_the_north_east_is_drawn_up_and_right_on_the_map(tmp_path: Path) -> None:
    given = facts()
    x, y = ORIGIN[0] + 45.0, ORIGIN[1] + 45.0
    square = np.array([shapely.box(x, y, x + 6, y + 6)], object)
    plan = given.plan._replace(roof=square, outline=square, focus=None)
    with look():
        figure = figure_of(600, 600)
        draw_map(axes_at(figure, 80, 20, 500, 500), plan, given.scale, Words("de"))
        picture = decoded(png_of(figure), tmp_path)
    row, column = np.nonzero(near(picture, colour_of(given.scale, 1050.0)))
    assert len(row) > 100
    assert row.mean() < 270 and column.mean() > 330


def test_gaps_beside_buildings_close_for_the_picture_only() -> None:
    raster = level(900.0)
    raster.value[4:6, 4:6] = NODATA
    raster.value[9:, 9:] = NODATA
    closed = without_gaps(raster)
    assert (closed.value[4:6, 4:6] == 900.0).all()
    assert closed.value[11, 11] == NODATA and raster.value[4, 4] == NODATA


def test_importing_the_report_is_cheap() -> None:
    code = "import sys, twin.report; sys.exit('matplotlib' in sys.modules)"
    root = Path(sys.modules["twin"].__path__[0]).parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_part_of_a_year_is_never_called_annual(language: str) -> None:
    whole, part = Words(language), Words(language, part_of_year=True)
    assert whole("unit") == "kWh/(m²·a)" and part("unit") == "kWh/m²"
    for key in ("title", "legend", "key_area", "per_area", "energy", "best_caption", "best_note", "histograms_note"):
        if key in MESSAGES:
            said = part(key, *(["1"] * MESSAGES[key][0].count("{}")))
            assert not re.search(r"·a\)|/a\b|Jahr|nnual|year", said), said
    days = part_of_year({"first_utc": "2026-06-21T00:00:00", "last_utc": "2026-06-21T23:00:00", "step_s": 3600})
    assert days == pytest.approx(1.0)
    assert "1" in part("limit_part_year", 1) and "Jahreswerte" not in part("limit_part_year", 1)
