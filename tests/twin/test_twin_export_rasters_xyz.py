"""`--to xyz`: a tile's pixel has the colour of the value at its centre; maps find the tiles and their legend.

Oracles: PROJ and the job's rasters read by rasterio, GDAL's own WMTS client over a loopback server, the schema of
TileJSON 3.0.0, the legend's text read from its SVG.
"""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import rasterio
from lxml import etree
from oracles.loopback import serving
from oracles.small_study import write_small_study
from PIL import Image

from twin.errors import TwinError
from twin.export.cog import NODATA
from twin.export.objections import Objections
from twin.export.rasters.paint import UNKNOWN, Amounts, Differences, Kinds, by_scale, halved
from twin.export.rasters.pyramid import encoded
from twin.export.rasters.scale import irradiation_scale
from twin.export.rasters.xyz import write_study_xyz, write_xyz
from twin.export.source import Source, open_source
from twin.job import Outcome
from twin.report.colours import NO_VALUE, Scale, colour_of, scale_of
from twin.report.facts import groups_of
from twin.report.study_colours import change_classes, classed

SIDE_M = 2 * np.pi * 6378137.0
NAMES = {
    "ows": "http://www.opengis.net/ows/1.1",
    "w": "http://www.opengis.net/wmts/1.0",
    "x": "http://www.w3.org/1999/xlink",
}


@pytest.fixture(scope="module")
def source(outcome: Outcome) -> Source:
    return open_source(outcome.store.root)


@pytest.fixture(scope="module")
def tiles(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiles")
    files = write_xyz(source, folder, months=True)
    assert sorted(files) == sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_study(tmp_path_factory.mktemp("study"))


def pictures(layer: Path, zoom: int, suffix: str = "png") -> dict[tuple[int, int], np.ndarray]:
    """Pictures (256, 256, 4) of a zoom by column and row."""
    found = {}
    for path in (layer / str(zoom)).glob(f"*/*.{suffix}"):
        found[int(path.parent.name), int(path.stem)] = np.asarray(Image.open(path).convert("RGBA"))
    return found


def described(layer: Path) -> dict[str, Any]:
    return dict(json.loads((layer / "tilejson.json").read_text(encoding="utf-8")))


def compare(layer: Path, raster: Path, colours: Any, suffix: str = "png") -> int:
    """Pixels of the last zoom against the raster under their centres; how many have a value."""
    way = pyproj.Transformer.from_crs("EPSG:3857", "EPSG:25832", always_xy=True)
    zoom, checked = described(layer)["maxzoom"], 0
    pixel = SIDE_M / 2**zoom / 256
    with rasterio.open(raster) as band:
        value = band.read(1)
        for (column, row), picture in pictures(layer, zoom, suffix).items():
            middle = (np.arange(256) + 0.5) * pixel
            x, y = way.transform(
                *np.meshgrid(column * 256 * pixel - SIDE_M / 2 + middle, SIDE_M / 2 - row * 256 * pixel - middle)
            )
            u, v = (x - band.transform.c) / band.transform.a, (y - band.transform.f) / band.transform.e
            clear = np.minimum(np.abs(u - np.round(u)), np.abs(v - np.round(v))) > 1e-3
            inside = (u >= 0) & (u < band.width) & (v >= 0) & (v < band.height)
            under = np.full(u.shape, band.nodata, np.float64)
            under[inside] = value[v[inside].astype(int), u[inside].astype(int)]
            known = under != band.nodata
            expected, shown = colours(np.where(known, under, np.nan))
            shown = shown & known
            assert np.array_equal(picture[..., 3][clear] > 0, shown[clear])
            assert np.array_equal(picture[clear & shown][:, :3], expected[clear & shown])
            checked += int((clear & shown).sum())
    return checked


def test_a_pixel_has_the_colour_of_the_value_at_its_centre(tiles: Path, source: Source) -> None:
    scale = irradiation_scale(source)
    found = compare(
        tiles / "land", source.root / "ground.tif", lambda value: (colour_of(scale, value), np.isfinite(value))
    )
    assert found > 2000


def test_the_scale_is_the_reports(source: Source, outcome: Outcome) -> None:
    assert outcome.land is not None
    groups = groups_of(outcome.surfaces, outcome.land.raster)
    theirs = scale_of([(group.value, group.area_m2) for group in groups])
    mine = irradiation_scale(source)
    assert (mine.low, mine.high) == (theirs.low, theirs.high) and np.array_equal(mine.table, theirs.table)


def test_roofs_hold_their_own_colours_and_are_transparent_beside(tiles: Path, source: Source) -> None:
    roofs = source.surfaces[source.surfaces["kind"] == "RoofSurface"]
    allowed = {tuple(c) for c in colour_of(irradiation_scale(source), roofs["irradiation_kwh_m2"].to_numpy()).tolist()}
    last = described(tiles / "roofs")["maxzoom"]
    shown = np.concatenate([p[p[..., 3] > 0][:, :3] for p in pictures(tiles / "roofs", last).values()])
    assert {tuple(c) for c in shown.tolist()} == allowed
    ground_m = SIDE_M / 2**last / 256 * np.cos(np.radians(50.99))
    assert len(shown) * ground_m**2 == pytest.approx(roofs["area_m2"].sum(), rel=0.02)
    alpha = {int(a) for p in pictures(tiles / "roofs", last - 2).values() for a in np.unique(p[..., 3])}
    assert alpha == {0, 255}


def test_every_zoom_shows_the_same_place_and_nothing_is_empty(tiles: Path) -> None:
    for name in ("roofs", "land", "land_07"):
        facts = described(tiles / name)
        zooms = sorted(int(path.name) for path in (tiles / name).iterdir() if path.is_dir())
        assert zooms == list(range(facts["minzoom"], facts["maxzoom"] + 1))
        for zoom in zooms[:-1]:
            below = {(column // 2, row // 2) for column, row in pictures(tiles / name, zoom + 1)}
            above = pictures(tiles / name, zoom)
            assert set(above) <= below and all(picture[..., 3].any() for picture in above.values())
        assert len(pictures(tiles / name, zooms[0])) <= 4


def test_an_owner_who_objects_is_grey(outcome: Outcome, tmp_path: Path) -> None:
    hidden = open_source(outcome.store.root, objections=Objections("ids.csv", frozenset({"row3"})))
    write_xyz(hidden, tmp_path)
    last = described(tmp_path / "roofs")["maxzoom"]
    grey = sum(
        int((np.all(picture[..., :3] == NO_VALUE, axis=-1) & (picture[..., 3] > 0)).sum())
        for picture in pictures(tmp_path / "roofs", last).values()
    )
    ground_m = SIDE_M / 2**last / 256 * np.cos(np.radians(50.99))
    assert grey * ground_m**2 == pytest.approx(100.0, rel=0.05)


def test_webp_is_lossless_and_the_same_run_gives_the_same_bytes(tiles: Path, source: Source, tmp_path: Path) -> None:
    for name, image in (("one", "webp"), ("two", "webp"), ("three", "png")):
        (tmp_path / name).mkdir()
        write_xyz(source, tmp_path / name, "webp" if image == "webp" else "png")
    one = {p.relative_to(tmp_path / "one"): p.read_bytes() for p in (tmp_path / "one").rglob("*") if p.is_file()}
    assert one == {
        p.relative_to(tmp_path / "two"): p.read_bytes() for p in (tmp_path / "two").rglob("*") if p.is_file()
    }
    for path in (tmp_path / "three").rglob("*/*.png"):
        assert path.read_bytes() == (tiles / path.relative_to(tmp_path / "three")).read_bytes()
    last = described(tiles / "roofs")["maxzoom"]
    theirs = pictures(tmp_path / "one/roofs", last, "webp")
    for place, picture in pictures(tiles / "roofs", last).items():
        assert np.array_equal(theirs[place][picture[..., 3] > 0], picture[picture[..., 3] > 0])
        assert np.array_equal(theirs[place][..., 3], picture[..., 3])


def test_tilejson_says_where_and_whose(tiles: Path, source: Source) -> None:
    way = pyproj.Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)
    facts = described(tiles / "land")
    # What https://github.com/mapbox/tilejson-spec/blob/master/3.0.0/schema.json asks for.
    assert facts["tilejson"] == "3.0.0" and facts["vector_layers"] == [] and facts["scheme"] == "xyz"
    assert facts["tiles"] == ["{z}/{x}/{y}.png"] and facts["name"].startswith("Einstrahlung der Freiflächen")
    assert "verändert" in facts["attribution"] and facts["description"].startswith("Annual irradiation of open land")
    with rasterio.open(source.root / "ground.tif") as band:
        west, south, east, north = band.bounds
    x, y = way.transform([west, east, west, east], [south, south, north, north])
    assert facts["bounds"] == pytest.approx([min(x), min(y), max(x), max(y)], abs=2e-6)
    for language in ("de", "en"):
        assert (tiles / "land" / facts["legend_url"][language]).resolve().is_file()


def test_gdal_finds_the_tiles_through_the_capabilities(source: Source, tmp_path: Path) -> None:
    with serving({"/": tmp_path}) as server:
        write_xyz(source, tmp_path, base_url=server.url)
        with rasterio.open(f"WMTS:{server.url}/WMTSCapabilities.xml,layer=roofs") as band:
            assert band.crs.to_epsg() == 3857 and band.count == 4
            whole, transform, bounds = band.read(), band.transform, band.bounds
    facts = described(tmp_path / "roofs")
    assert facts["tiles"] == [f"{server.url}/roofs/{{z}}/{{x}}/{{y}}.png"]
    assert transform.a == pytest.approx(SIDE_M / 2 ** facts["maxzoom"] / 256, rel=1e-9)
    degrees = pyproj.Transformer.from_crs(3857, 4326, always_xy=True).transform_bounds(*bounds)
    assert degrees == pytest.approx(facts["bounds"], abs=1e-5)
    mine = pictures(tmp_path / "roofs", facts["maxzoom"])
    drawn = sum(int((picture[..., 3] > 0).sum()) for picture in mine.values())
    assert (whole[3] > 0).sum() == pytest.approx(drawn, rel=0.02)
    assert {tuple(c) for c in whole[:3, whole[3] > 0].T.tolist()} == {
        tuple(c) for picture in mine.values() for c in picture[picture[..., 3] > 0][:, :3].tolist()
    }


def test_capabilities_are_complete(tiles: Path) -> None:
    root = etree.parse(tiles / "WMTSCapabilities.xml").getroot()
    layers = root.findall(".//w:Layer", NAMES)
    assert [layer.findtext("ows:Identifier", None, NAMES) for layer in layers] == [
        "roofs",
        "land",
        *(f"land_{month:02d}" for month in range(1, 13)),
    ]
    for layer in layers:
        name = layer.findtext("ows:Identifier", "", NAMES)
        titles = {
            title.get("{http://www.w3.org/XML/1998/namespace}lang") for title in layer.findall("ows:Title", NAMES)
        }
        assert titles == {"de", "en"} and "verändert" in layer.findtext("ows:Abstract", "", NAMES)
        for legend in layer.findall("w:Style/w:LegendURL", NAMES):
            assert (tiles / str(legend.get(f"{{{NAMES['x']}}}href"))).is_file()
        template = str(layer.find("w:ResourceURL", NAMES).get("template"))
        for limits in layer.findall(".//w:TileMatrixLimits", NAMES):
            zoom, top, bottom, left, right = (int(str(node.text)) for node in limits)
            held = pictures(tiles / name, zoom)
            assert held and all(left <= column <= right and top <= row <= bottom for column, row in held)
            column, row = next(iter(held))
            place = template.replace("{TileMatrix}", str(zoom)).replace("{TileCol}", str(column))
            assert (tiles / place.replace("{TileRow}", str(row))).is_file()
    for matrix in root.findall("w:Contents/w:TileMatrixSet/w:TileMatrix", NAMES):
        zoom = int(matrix.findtext("ows:Identifier", "", NAMES))
        # WMTS 1.0.0, table E.4
        scale = float(matrix.findtext("w:ScaleDenominator", "", NAMES))
        assert scale == pytest.approx(559082264.0287178 / 2**zoom, rel=1e-12)


def test_legends_in_both_languages(tiles: Path) -> None:
    words = {"de": ("Einstrahlung im Jahr", "keine Angabe", "1.000"), "en": ("Annual irradiation", "no value", "1,000")}
    for language, wanted in words.items():
        text = " ".join(etree.parse(tiles / f"legend_{language}.svg").getroot().itertext())
        assert all(word in text for word in wanted) and "verändert" in text
        assert Image.open(tiles / f"legend_{language}.png").size[0] == 1000
    assert "Irradiation in the month" in (tiles / "legend_months_en.svg").read_text(encoding="utf-8")
    assert "Einstrahlung im Monat" in (tiles / "legend_months_de.svg").read_text(encoding="utf-8")


def test_a_studys_instants_and_sums(study: Path, tmp_path: Path) -> None:
    files = write_study_xyz(study, tmp_path)
    masks, change = sorted(study.glob("masks/*.tif")), next(study.glob("rasters/difference_*.tif"))
    table = np.array([(0, 0, 0), (98, 210, 166), (181, 18, 43), (155, 153, 163)], np.uint8)

    def shadow(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return table[np.nan_to_num(value).astype(int)], value > 0

    assert sum(compare(tmp_path / "masks" / path.stem, path, shadow) for path in masks) > 1000
    classes = change_classes()
    found = compare(
        tmp_path / "rasters" / change.stem, change, lambda value: (classed(classes, value), np.isfinite(value))
    )
    assert found > 10_000
    noon = next(path for path in masks if path.stem.endswith("T1200"))
    facts = described(tmp_path / "masks" / noon.stem)
    assert facts["name"].startswith("Schatten, Planung, 21.03.2026 12:00") and "Muster & Söhne" in facts["attribution"]
    assert facts["description"].startswith("Shadow, Planung, 21 March 2026 12:00")
    assert (tmp_path / "masks" / noon.stem / facts["legend_url"]["en"]).resolve().is_file()
    text = " ".join(etree.parse(tmp_path / "legend_shadow_de.svg").getroot().itertext())
    assert "zusätzlicher Schatten" in text and "durchsichtig" in text
    assert {f"legend_{kind}_{language}.svg" for kind in ("hours", "difference") for language in ("de", "en")} <= set(
        files
    )
    assert len(etree.parse(tmp_path / "WMTSCapabilities.xml").findall(".//w:Layer", NAMES)) == len(masks) + 3


def test_means_go_down_the_pyramid_and_not_colours() -> None:
    value = np.array([[100.0, 300.0, NODATA, NODATA], [NODATA, NODATA, NODATA, NODATA]] * 2, np.float32)
    value[2, 2:] = UNKNOWN
    scale = Scale(0.0, 400.0, np.stack([np.arange(256)] * 3, axis=1).astype(np.uint8))
    picture = by_scale(scale).colours(halved(by_scale(scale).split(value)))
    assert picture[0, 0].tolist() == [128, 128, 128, 255]  # 200 of 400, from half a pixel
    assert picture[0, 1].tolist() == [0, 0, 0, 0]
    assert picture[1, 1].tolist() == [*NO_VALUE, 255]
    kinds = Kinds({0: None, 1: (1, 2, 3), 2: (4, 5, 6)})
    seen = kinds.colours(halved(kinds.split(np.array([[2, 2, 0, 0], [1, 255, 0, 1]], np.uint8))))
    assert seen.tolist() == [[[4, 5, 6, 255], [0, 0, 0, 0]]]


def test_more_colours_than_a_palette_holds() -> None:
    random = np.random.default_rng(1).integers(0, 256, (256, 256, 4)).astype(np.uint8)
    random[..., 3] = 255
    read = Image.open(io.BytesIO(encoded(random, "png")))
    assert np.array_equal(np.asarray(read.convert("RGBA")), random)


def test_negative_amounts_are_not_mistaken_for_unknown_ones() -> None:
    classes = change_classes()
    paint = Differences(lambda value: classed(classes, value))
    lost = paint.colours(paint.split(np.full((2, 2), UNKNOWN, np.float32)))
    assert lost[0, 0, :3].tolist() == classed(classes, np.array(-1.0)).tolist()
    assert (
        Amounts(paint.colour).colours(Amounts(paint.colour).split(np.full((2, 2), UNKNOWN, np.float32)))[0, 0, 0]
        == NO_VALUE[0]
    )


def test_a_job_without_rasters_is_refused(outcome: Outcome, tmp_path: Path) -> None:
    bare = shutil.copytree(outcome.store.root, tmp_path / "bare")
    source = open_source(bare)
    (bare / "ground.tif").unlink()
    source = Source(**{**source.__dict__, "surfaces": source.surfaces[source.surfaces["kind"] == "WallSurface"]})
    (tmp_path / "out").mkdir()
    with pytest.raises(TwinError, match="no raster"):
        write_xyz(source, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
