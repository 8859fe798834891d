"""Pictures of a study: what lies where, told apart by every eye, in both languages, the same bytes every time."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from oracles.houses import SOUTH, WEST, Box, write_town
from PIL import Image

from shadow.instants import Instants
from solar.site import Site
from twin.errors import TwinError
from twin.report import study_canvas as canvas
from twin.report import study_picture_words
from twin.report.animation import FRAME_PX, Film, frames, sheet_names, write_gif, write_mp4, write_sheets
from twin.report.city_map import Extent
from twin.report.figures import look
from twin.report.landing import landing_picture
from twin.report.picture import Picture
from twin.report.study_colours import BREAKS_H, ZERO, change_classes, classed, hour_classes
from twin.report.study_facades import elevations_of, facades_picture, tiles_of
from twin.report.study_maps import MOST_PIXELS, MapSheet, difference_picture, hours_picture, mask_colours, part_shown
from twin.report.study_pictures import map_sheets, pictures_of
from twin.report.study_scene import crop_of, extent_of_grid, surface_change
from twin.report.study_times import full_hours
from twin.report.sun_path import projected, sky_image, sun_path_picture
from twin.study.config import check_shadow_job
from twin.study.masks import difference, mask
from twin.study.outcome import ADDED, BESTAND, FREE, FREED, HIDDEN, IN_PLANUNG, Day, Fisheye, Grid, Outcome
from twin.study.run import run_study

BERLIN = ZoneInfo("Europe/Berlin")
TOWER = (WEST + 18.0, SOUTH - 25.0, 10.0, 8.0)
# Seen with all of red- or green-sensitive cones gone: Machado, Oliveira, Fernandes 2009, doi:10.1109/TVCG.2009.113,
# severity 1.0, on linear RGB.
PROTAN = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])
ALL_CONES = np.eye(3)
DEUTAN = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Four houses and, south of them, a tower in place of the fifth."""
    folder = tmp_path_factory.mktemp("study")
    houses = [Box(f"Haus {i}", WEST + 14 * i, SOUTH, 10, 10, 6 + 2 * i) for i in range(4)]
    city = write_town(folder / "town.city.json", [*houses, Box("Schuppen", WEST + 40, SOUTH - 20, 5, 5, 3)])
    west, south, width, depth = TOWER
    ring = shapely.get_coordinates(shapely.box(west, south, west + width, south + depth)).tolist()
    plan = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},
        "features": [
            {"type": "Feature", "properties": {"height": 25}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        ],
    }
    (folder / "turm.geojson").write_text(json.dumps(plan), encoding="utf-8")
    options = {
        "cities": [city],
        "out": folder / "out",
        "plans": [{"file": folder / "turm.geojson", "name": "Türmchen"}],
        "remove": [{"id": "Schuppen"}],
        "dates": ["2026-04-10"],
        "step_min": 60,
        "spacing_m": 2.0,
        "pixel_m": 2.0,
        "margin_m": 60.0,
        "energy": False,
    }
    return run_study(check_shadow_job(options), lambda stage, done, of: None)


@pytest.fixture(scope="module")
def pictures(outcome: Outcome) -> dict[str, Picture]:
    with_sky = replace(outcome, skies=(sky_of(Site(50.97, 7.07)),))
    return {picture.name: picture for picture in pictures_of(with_sky, "de")}


@pytest.fixture(scope="module")
def sheet(outcome: Outcome) -> MapSheet:
    return map_sheets(outcome, "de")[0]


def sky_of(site: Site) -> Fisheye:
    """Hidden below 20° in the east, a tower due south up to 40°, a gap that opens in the west below 10°."""
    azimuth, elevation = np.arange(0.0, 360.0, 2.0), np.arange(1.0, 90.0, 2.0)
    a, e = np.meshgrid(azimuth, elevation)
    kind = np.full(a.shape, FREE, np.uint8)
    kind[(np.abs(a - 90) < 30) & (e < 20)] = HIDDEN
    kind[(np.abs(a - 180) < 10) & (e < 40)] = ADDED
    kind[(np.abs(a - 270) < 10) & (e < 10)] = FREED
    return Fisheye("Garten Süd", site, azimuth, elevation, kind)


def test_every_picture_has_its_name_size_and_words(pictures: dict[str, Picture]) -> None:
    day = "2026-04-10:Planung"
    names = ["landing", f"sheets:{day}:1", f"sheets:{day}:2", f"sun_hours:{day}", f"difference:{day}", f"facades:{day}"]
    assert list(pictures) == [*names, "sun_path:Garten Süd"]
    for picture in pictures.values():
        with Image.open(BytesIO(picture.png)) as image:
            expected = np.array([picture.width_mm, picture.height_mm]) / 25.4 * canvas.DPI
            assert np.abs(np.array(image.size) - expected).max() <= 1.5
            assert not image.info.get("Software")
        assert picture.width_mm <= 170 and picture.height_mm <= 225
        assert picture.alt.endswith((".", "Schuppen")) and picture.caption.endswith(".")
        assert "zulässig" not in picture.alt + picture.caption


def test_landing_says_where_and_how_high(pictures: dict[str, Picture]) -> None:
    west, south, width, depth = TOWER
    east, north = (
        f"{value:,.1f}".translate(str.maketrans(",.", ".,")) for value in (west + width / 2, south + depth / 2)
    )
    for text in ("Türmchen", f"Ost {east}", f"Nord {north}", "80 m²", "oben 125,00 m", "Schuppen"):
        assert text in pictures["landing"].alt


def test_same_study_same_bytes(outcome: Outcome, sheet: MapSheet, pictures: dict[str, Picture]) -> None:
    again = [
        landing_picture(outcome.study, "de"),
        hours_picture(sheet),
        difference_picture(sheet),
        facades_picture(sheet),
    ]
    assert all(picture is not None and picture.png == pictures[picture.name].png for picture in again)


def test_english_is_english(outcome: Outcome, pictures: dict[str, Picture]) -> None:
    english = {picture.name: picture for picture in pictures_of(outcome, "en")}
    assert [*english, "sun_path:Garten Süd"] == list(pictures)
    for name, picture in english.items():
        assert not re.search("[äöüß]", (picture.alt + picture.caption).replace("Türmchen", "")), picture
        assert picture.caption != pictures[name].caption


def test_alt_of_the_difference_counts_pixels(outcome: Outcome, pictures: dict[str, Picture]) -> None:
    change = difference(outcome.study, outcome.days[0], "Planung")
    lost, gained = int((change < 0).sum()) * 4, int((change > 0).sum()) * 4
    alt = pictures["difference:2026-04-10:Planung"].alt
    assert f"{lost:,} m² Freifläche verlieren".replace(",", ".") in alt
    assert f"{gained:,} m² gewinnen".replace(",", ".") in alt and lost > 0 and gained > 0


def test_bestand_alone_has_maps_and_nothing_to_compare(outcome: Outcome) -> None:
    alone = replace(outcome, study=replace(outcome.study, scenarios=outcome.study.scenarios[:1]))
    names = [picture.name.split(":")[0] for picture in pictures_of(alone, "en")]
    assert names == ["sheets", "sheets", "sun_hours"]
    assert map_sheets(alone, "en")[0].extent == extent_of_grid(outcome.study.grid)


def test_maps_show_the_plan_and_what_changes_much(outcome: Outcome, sheet: MapSheet) -> None:
    west, south, width, depth = TOWER
    assert sheet.extent.west < west and sheet.extent.east > west + width
    assert sheet.extent.south < south and sheet.extent.north > south + depth
    change = difference(outcome.study, outcome.days[0], "Planung")
    rows, columns, _ = crop_of(outcome.study.grid, sheet.extent)
    outside = change.copy()
    outside[rows, columns] = np.nan
    assert not (np.abs(outside) >= 60.0).any()
    outline = shapely.union_all(sheet.stands.planned)
    assert outline.symmetric_difference(shapely.box(west, south, west + width, south + depth)).area < 0.5


def test_every_pixel_of_a_frame_lies_where_its_mask_says(outcome: Outcome, sheet: MapSheet) -> None:
    """Middles of raster pixels, found in the frame from the map's corners alone, have their mask's colour."""
    grid, instant = outcome.study.grid, 3
    value = mask(outcome.study, outcome.days[0], "Planung", instant)
    with look():
        film = Film(sheet, (FRAME_PX[0] / canvas.DPI * canvas.MM, FRAME_PX[1] / canvas.DPI * canvas.MM), "")
        frame = next(iter(film.frames([instant])))
        drawn = np.asarray(film.turn_to(instant).canvas.buffer_rgba())
    assert frame.shape == (FRAME_PX[1], FRAME_PX[0], 3) == (*drawn.shape[:2], 3)
    left, low, right, high = film.image.axes.get_window_extent().extents
    houses = shapely.buffer(shapely.union_all([*shapely.force_2d(sheet.stands.kept), *sheet.stands.planned]), 2.0)
    seen = 0
    for row, column in np.argwhere(value == IN_PLANUNG):
        east, north = grid.west + (column + 0.5) * grid.cell_m, grid.north - (row + 0.5) * grid.cell_m
        x = left + (east - film.extent.west) / (film.extent.east - film.extent.west) * (right - left)
        y = FRAME_PX[1] - (low + (north - film.extent.south) / (film.extent.north - film.extent.south) * (high - low))
        inside = left + 70 < x < right - 70 and FRAME_PX[1] - high + 70 < y < FRAME_PX[1] - low - 70
        if inside and not houses.contains(shapely.Point(east, north)):
            assert frame[int(y), int(x)].tolist() == mask_colours(np.array(IN_PLANUNG, np.uint8), False).tolist()
            seen += 1
    assert seen > 20


def test_quick_frames_equal_full_drawings(sheet: MapSheet) -> None:
    with look():
        film = Film(sheet, (140.0, 120.0), "Fuß")
        quick = list(film.frames([2, 9]))
        for instant, frame in zip([2, 9], quick, strict=True):
            figure = film.turn_to(instant)
            figure.canvas.draw()
            whole = np.asarray(figure.canvas.buffer_rgba())[..., :3]
            assert (np.abs(whole.astype(int) - frame).max(axis=2) <= 8).mean() > 0.985


def test_gif_has_a_frame_an_instant(sheet: MapSheet, tmp_path: Path) -> None:
    count = len(sheet.day.instants.time)
    with Image.open(write_gif(sheet, tmp_path / "day.gif", "Datengrundlage: …")) as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (count, FRAME_PX, 0)
        film.seek(count // 2)
        colours = {colour for _, colour in film.convert("RGB").getcolors(1 << 20) or []}
    assert {tuple(int(name[i : i + 2], 16) for i in (1, 3, 5)) for name in (canvas.SUNNY, canvas.GREY, canvas.RED)} <= (
        colours
    )


def test_mp4_has_a_frame_an_instant(sheet: MapSheet, tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = write_mp4(sheet, tmp_path / "day.mp4", "")
    assert ffmpeg.count_frames_and_secs(str(path))[0] == len(sheet.day.instants.time)
    reader = ffmpeg.read_frames(str(path))
    assert next(reader)["size"] == FRAME_PX
    first = np.frombuffer(next(reader), np.uint8).reshape(FRAME_PX[1], FRAME_PX[0], 3)
    reader.close()
    assert np.abs(first.astype(int) - next(frames(sheet, ""))).mean() < 4.0
    assert [item.name for item in tmp_path.iterdir()] == ["day.mp4"]


def test_mp4_without_the_extra_says_what_to_install(
    sheet: MapSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(TwinError, match=r"day\.mp4.*pip install 'heliotwin\[video\]'"):
        write_mp4(sheet, tmp_path / "day.mp4", "")
    assert not list(tmp_path.iterdir())


def test_sheets_as_files_and_as_one_pdf(sheet: MapSheet, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    paths = write_sheets(sheet, tmp_path / "sheets", "", [0, 5])
    assert [path.name for path in paths] == ["Planung_2026-04-10T0700.png", "Planung_2026-04-10T1200.png"]
    with Image.open(paths[0]) as image:
        assert np.abs(np.array(image.size) - np.array([297, 210]) / 25.4 * canvas.DPI).max() <= 1
    (path,) = write_sheets(sheet, tmp_path / "sheets.pdf", "Datengrundlage", [0, 5])
    content = path.read_bytes()
    reader = pypdf.PdfReader(BytesIO(content))
    assert len(reader.pages) == 2
    assert "12:00 MESZ (11:00 UTC+1)" in reader.pages[1].extract_text()
    assert write_sheets(sheet, path, "Datengrundlage", [0, 5])[0].read_bytes() == content


def day_at(first: str, count: int, step_s: float) -> Day:
    """A day of instants without anything measured."""
    time = np.datetime64(first, "s") + np.arange(count) * np.timedelta64(int(step_s), "s")
    none = np.zeros(count)
    return Day(datetime.date(2026, 10, 25), Instants(time, step_s, none, none, np.zeros((count, 3))), {}, {})


def test_sheets_of_the_hour_that_comes_twice_have_names_of_their_own(outcome: Outcome, sheet: MapSheet) -> None:
    scenarios = tuple(scenario._replace(name="ohne A:B/C") for scenario in sheet.study.scenarios[:1])
    study = replace(sheet.study, scenarios=scenarios)
    long = sheet._replace(study=study, day=day_at("2026-10-24T22:00", 25, 3600.0), scenario="ohne A:B/C")
    names = sheet_names(long)
    assert len(set(names)) == 25
    assert "ohne-A-B-C_2026-10-25T0200+0200" in names and "ohne-A-B-C_2026-10-25T0200+0100" in names
    assert not [name for name in names if re.search(r'[:*?"<>|\\/ ]', name)]


def test_full_hours_are_those_of_the_legal_clock() -> None:
    day = day_at("2026-06-21T04:10", 30, 1200.0)
    chosen = full_hours(day, ZoneInfo("Asia/Kolkata"))  # UTC+5:30: its full hours are ours and a half
    assert [str(day.instants.time[d])[14:16] for d in chosen] == ["30"] * 10
    odd = day_at("2026-06-21T04:07", 40, 1200.0)
    assert len(full_hours(odd, BERLIN)) == 12 and full_hours(odd, BERLIN)[-1] == 39


def test_hours_leap_at_the_levels_of_the_norm() -> None:
    classes = hour_classes(16.4)
    assert set(BREAKS_H) <= set(classes.border.tolist()) and classes.border[-1] == 16.5
    lightness = lab(classes.colour)[:, 0]
    assert (np.diff(lightness) > 0).all()
    step = np.linalg.norm(np.diff(lab(classes.colour), axis=0), axis=1)
    at_break = np.isin(classes.border[1:-1], BREAKS_H)
    assert step[at_break].min() > 1.2 * step[~at_break].max()
    assert classed(classes, np.array([1.49, 1.5, np.nan])).tolist()[1] == classes.colour[3].tolist()


def test_change_is_classed_alike_on_both_sides_and_nothing_is_grey() -> None:
    classes = change_classes()
    value = np.array([0.0, -1.0, -14.0, -15.0, -180.0, -900.0, 1.0, 14.0, 15.0, 180.0, 900.0])
    index = [[c.tolist() for c in classes.colour].index(colour.tolist()) for colour in classed(classes, value)]
    assert index == [6, 5, 5, 4, 0, 0, 7, 7, 8, 12, 12]
    assert classes.colour[6].tolist() == [int(ZERO[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.ptp(classes.colour[6].astype(int)) < 10


@pytest.mark.parametrize("seen", [ALL_CONES, PROTAN, DEUTAN], ids=["all cones", "no red", "no green"])
def test_every_eye_tells_the_colours_apart(seen: NDArray[np.float64]) -> None:
    shadows = rgb(canvas.SUNNY, canvas.GREY, canvas.RED, canvas.GREEN)
    change = change_classes().colour
    for colours, least in ((shadows, 15.0), (change[[2, 6, 10]], 15.0), (change, 5.0)):
        found = lab(colours, seen)
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(found, 2)) > least
    # Printed grey, additional and vanishing shadow still differ from each other and from what stays.
    lightness = lab(shadows)[:, 0]
    assert min(abs(a - b) for a, b in itertools.combinations(lightness, 2)) > 10.0


def rgb(*names: str) -> NDArray[np.uint8]:
    return np.array([[int(name[i : i + 2], 16) for i in (1, 3, 5)] for name in names], np.uint8)


def lab(colours: NDArray[np.uint8], seen: NDArray[np.float64] = ALL_CONES) -> NDArray[np.float64]:
    """CIELAB (D65) of sRGB colours (N, 3) as an eye sees them."""
    value = colours / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ seen.T, 0.0, 1.0)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ matrix.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def test_tiles_share_out_a_wall() -> None:
    wall = shapely.Polygon([(0, 0), (6, 0), (6, 3), (3, 5), (0, 3)])
    place = np.array([[x, z] for x in (1.0, 3.0, 5.0) for z in (1.0, 2.5)] + [[3.0, 4.2]])
    tiles = tiles_of(wall, place)
    assert sum(tile.area for tile in tiles) == pytest.approx(wall.area)
    assert all(tile.contains(shapely.Point(p)) for tile, p in zip(tiles, place, strict=True))


def test_worst_facades_come_first_and_face_where_they_face(outcome: Outcome, sheet: MapSheet) -> None:
    change = surface_change(sheet.day, "Planung")
    elevations = elevations_of(sheet, change)
    assert 1 <= len(elevations) <= 4
    # The second house stands due north of the tower.
    assert elevations[0].building == "Haus 1"
    south = [f for f in elevations[0].facades if abs(f.azimuth_deg - 180.0) < 3.0]  # the grid is turned there
    assert len(south) == 1 and south[0].width_m == pytest.approx(10.0) and south[0].top_m == pytest.approx(8.0)
    receivers = outcome.study.receivers
    walls = np.isclose(receivers.normal[:, 2], 0.0)
    root = np.array([outcome.study.model.objects[o].id for o in outcome.study.model.object])[receivers.surface]
    lost = np.where(np.isfinite(change), np.minimum(change, 0.0), 0.0) * receivers.area_m2 * walls
    totals = {name: lost[root == name].sum() for name in np.unique(root)}
    assert elevations[0].building == min(totals, key=lambda name: totals[name])
    # From outside the east end of a south wall lies to the right.
    rows = south[0].receiver
    middle = [tile.get_extents().x0 + tile.get_extents().width / 2 for tile in south[0].tile]
    assert np.corrcoef(middle, receivers.point[rows, 0])[0, 1] > 0.999


def test_stereographic_places() -> None:
    place = projected(np.array([0.0, 90.0, 180.0, 0.0]), np.array([0.0, 0.0, 45.0, 90.0]))
    assert np.allclose(place, [[0, 1], [1, 0], [0, -np.tan(np.radians(22.5))], [0, 0]], atol=1e-12)
    image = sky_image(sky_of(Site(51.0, 7.0)))
    n = len(image)
    half, edge = n // 2, round(0.02 * n)
    assert image[0, 0] == 255
    assert (image[half, n - edge], image[half, edge], image[n - edge, half]) == (HIDDEN, FREED, ADDED)
    assert image[edge, half] == FREE == image[half, half]
    # 40° of elevation lie at tan 25° from the middle.
    south = image[half:, half]
    assert abs(np.flatnonzero(south == ADDED)[0] / half - np.tan(np.radians(25.0))) < 0.03


@pytest.mark.parametrize(
    ("site", "zone", "dates", "language"),
    [
        (Site(-33.87, 151.2), "Australia/Sydney", ["2026-12-21"], "en"),
        (Site(69.65, 18.96), "Europe/Oslo", ["2026-06-21", "2026-12-10"], "de"),
        (Site(71.3, -156.8), "America/Anchorage", ["2026-06-21"], "en"),
        (Site(1.3, 103.8), "Asia/Singapore", ["2028-02-29"], "de"),
        (Site(51.0, 7.0), "Europe/Berlin", ["2026-10-25"], "de"),
    ],
)
def test_sun_paths_everywhere(site: Site, zone: str, dates: list[str], language: str) -> None:
    days = [datetime.date.fromisoformat(date) for date in dates]
    picture = sun_path_picture(sky_of(site), days, ZoneInfo(zone), language)
    assert picture.name == "sun_path:Garten Süd" and picture.png.startswith(b"\x89PNG")
    # Shares of a half sphere between 0 and 20° over 58°, 0 and 40° over 18°, 0 and 10° over 18° of azimuth.
    numbers = [float(text.replace(",", ".")) for text in re.findall(r"(\d+[.,]\d) %", picture.alt)]
    hidden, added, freed = (100 * np.sin(np.radians(top)) * wide / 360 for top, wide in ((20, 58), (40, 18), (10, 18)))
    assert numbers == pytest.approx([hidden + freed, added, freed], abs=0.35)


def test_words_in_both_languages() -> None:
    package = Path(study_picture_words.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in package.glob("*.py") if "words" not in path.name)
    for key, (german, english) in study_picture_words.TEXT.items():
        assert sorted(re.findall(r"{\d?}", german)) == sorted(re.findall(r"{\d?}", english)) and german and english, key
        assert f'"{key}"' in source or key == "compass", key


def test_bestand_masks_are_grey(outcome: Outcome) -> None:
    value = mask(outcome.study, outcome.days[0], BESTAND, 0)
    grey = rgb(canvas.GREY)[0]
    assert np.array_equal(mask_colours(value, True)[value == 1], np.broadcast_to(grey, ((value == 1).sum(), 3)))


def test_a_wide_raster_is_thinned_to_what_paper_shows_and_stays_in_place() -> None:
    """10 km of 1 m pixels: every pixel drawn is one of the raster's own, and lies where it lay."""
    grid = Grid(1000.0, 9000.0, 1.0, 3, 10_000, np.zeros(0, np.int64))
    value = np.tile(np.arange(10_000), (3, 1))
    small, part = part_shown(grid, value, Extent(1000.0, 8997.0, 11_000.0, 9000.0))
    assert max(part.shape) <= MOST_PIXELS and small.cell_m == 5.0
    assert np.array_equal(part[0], np.arange(part.shape[1]) * 5) and (small.west, small.north) == (1000.0, 9000.0)
    small, part = part_shown(grid, value, Extent(1100.0, 8998.0, 1200.0, 9000.0))
    assert (small.west, small.cell_m, part.shape) == (1100.0, 1.0, (2, 100)) and part[0, 0] == 100
