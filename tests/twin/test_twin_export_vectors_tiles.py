"""Vector tiles: GDAL reads every one of them back, nothing is lost, and every corner is where PROJ puts it."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from twin.export.objections import Objections
from twin.export.source import Source, open_source
from twin.export.vectors import tiling
from twin.export.vectors.map_tiles import SURFACE_COLUMNS, write_pmtiles
from twin.export.vectors.mvt import EXTENT, POLYGON, Feature, layer_of, tile_of, varint
from twin.export.vectors.plan_shapes import lying_and_standing, traces
from twin.export.vectors.pmtiles import Head, Tile, hilbert, packed, write_archive
from twin.export.vectors.tiling import HALF_M, Layer, tiles_of
from twin.job import Outcome

# A unit of a tile at zoom 16 [m of web mercator], and how far rounding may move a corner.
UNIT_M = 2 * HALF_M / 2**16 / EXTENT
ROUNDING_M = UNIT_M / np.sqrt(2) + 1e-6


@pytest.fixture(scope="module")
def source(outcome: Outcome) -> Source:
    return open_source(outcome.store.root, "Straße")


@pytest.fixture(scope="module")
def made(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pmtiles")
    assert sorted(write_pmtiles(source, folder)) == sorted(path.name for path in folder.iterdir())
    return folder


def read(path: Path, layer: str, zoom: int | None = None) -> geopandas.GeoDataFrame:
    more = {} if zoom is None else {"ZOOM_LEVEL": zoom}
    return pyogrio.read_dataframe(path, layer=layer, **more)


def tiles_in(path: Path) -> list[bytes]:
    """Every tile of a small archive, by the specification: the root directory alone, columns of varints."""
    content = path.read_bytes()
    assert content[:8] == b"PMTiles\x03"
    root, root_length, _, _, _, leaves, data, _, _, count, _ = struct.unpack_from("<11Q", content, 8)
    assert leaves == 0
    numbers = varints(gzip.decompress(content[root : root + root_length]))
    assert numbers[0] == count
    lengths, offsets = numbers[1 + 2 * count : 1 + 3 * count], numbers[1 + 3 * count :]
    out, end = [], 0
    for length, offset in zip(lengths, offsets, strict=True):
        start = end if offset == 0 else offset - 1
        end = start + length
        out.append(gzip.decompress(content[data + start : data + end]))
    return out


def varints(content: bytes) -> list[int]:
    out, number, shift = [], 0, 0
    for byte in content:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            out.append(number)
            number = shift = 0
    return out


def test_no_surface_is_lost_at_the_last_zoom(source: Source, made: Path) -> None:
    path = made / "surfaces.pmtiles"
    lying, standing = read(path, "surfaces"), read(path, "facades")
    assert set(lying["surface_id"]) | set(standing["surface_id"]) == set(source.surfaces["surface_id"])
    assert not set(lying["surface_id"]) & set(standing["surface_id"])
    assert set(read(path, "buildings")["building_id"]) == set(source.buildings["building_id"])
    assert lying.crs.to_epsg() == 3857
    assert lying.is_valid.all()


def test_corners_are_where_proj_puts_them(source: Source, made: Path) -> None:
    """Every corner in a tile is a corner of its surface, or on its outline where a tile's edge cut it."""
    to_mercator = pyproj.Transformer.from_crs(source.crs.horizontal, "EPSG:3857", always_xy=True)
    table = source.surfaces.set_index("surface_id")
    read_back = read(made / "surfaces.pmtiles", "surfaces")
    assert len(read_back)
    for surface_id, shape in zip(read_back["surface_id"], read_back.geometry, strict=True):
        flat = shapely.force_2d(table.loc[surface_id, "geometry"])
        true = shapely.transform(flat, lambda p: np.stack(to_mercator.transform(p[:, 0], p[:, 1]), axis=1))
        corners = shapely.points(shapely.get_coordinates(shape))
        assert shapely.distance(corners, true.boundary).max() < ROUNDING_M + UNIT_M  # of both ends of a cut edge
    whole = read_back.dissolve("surface_id").area
    flat = table.geometry.force_2d().to_crs("EPSG:3857").loc[whole.index]
    assert (np.abs(whole - flat.area) <= flat.length * ROUNDING_M + UNIT_M**2).all()


def test_a_facade_is_the_line_below_it(source: Source, made: Path) -> None:
    walls = read(made / "surfaces.pmtiles", "facades").dissolve("surface_id").geometry
    true = source.surfaces.set_index("surface_id").geometry.to_crs("EPSG:3857").loc[walls.index]
    corners, owner = shapely.get_coordinates(true.to_numpy(), return_index=True)
    assert shapely.distance(shapely.points(corners), walls.to_numpy()[owner]).max() < 2 * ROUNDING_M
    for line, wall in zip(walls, true, strict=True):
        west, south, east, north = wall.bounds
        assert abs(line.length - np.hypot(east - west, north - south)) < 2 * ROUNDING_M


def test_trace_of_a_leaning_wall() -> None:
    place = np.array([[0, 0], [10, 10], [9.9, 10.1], [-0.1, 0.1]])
    line = traces(np.array([shapely.Polygon(place)], object))[0]
    ends = shapely.get_coordinates(line)
    assert shapely.distance(shapely.points(place), line).max() < 0.1
    assert np.ptp(ends @ [1, 1]) == pytest.approx(20.0, abs=1e-3)


def test_a_click_shows_the_tables_values(source: Source, made: Path) -> None:
    table = source.surfaces.set_index("surface_id")
    for name in ("surfaces", "facades"):
        shown = read(made / "surfaces.pmtiles", name).drop_duplicates("surface_id").set_index("surface_id")
        for column, places in SURFACE_COLUMNS.items():
            if column not in shown or column == "surface_id":
                continue
            truth = table.loc[shown.index, column]
            if places is None:
                wanted = [None if value == "" or value != value else value for value in truth.astype(object)]
                found = [None if value != value else value for value in shown[column].astype(object)]
                assert wanted == found, column
            else:
                np.testing.assert_allclose(
                    shown[column].to_numpy(float), truth.to_numpy(float), atol=0.5001 * 10.0**-places
                )
        assert set(shown.columns) >= {"irradiation_kwh_m2", "irradiation_kwh_m2_07", "azimuth_deg"}
        assert "suppressed" not in shown


def test_small_zooms_say_less(made: Path) -> None:
    few = read(made / "surfaces.pmtiles", "surfaces", 14)
    assert few["irradiation_kwh_m2"].notna().any()
    assert few["irradiation_kwh_m2_07"].isna().all()
    assert len(read(made / "surfaces.pmtiles", "buildings", 13))
    assert not len(read(made / "surfaces.pmtiles", "facades", 14))


def test_an_objection_is_in_no_tile(outcome: Outcome, source: Source, tmp_path: Path) -> None:
    building = str(source.buildings["building_id"].iloc[0])
    hidden = open_source(outcome.store.root, "Straße", Objections("ids.csv", frozenset({building})))
    write_pmtiles(hidden, tmp_path)
    path = tmp_path / "surfaces.pmtiles"
    for name in ("surfaces", "facades", "buildings"):
        for zoom in range(13, 17):
            shown = read(path, name, zoom)
            if not len(shown):
                continue
            theirs = shown[shown["building_id"] == building]
            assert "suppressed" not in shown
            identity = ("mvt_id", "surface_id", "building_id", "kind", "area_m2", "geometry")
            more = ("function", "roof_type", "measured_height_m")
            assert theirs.drop(columns=[*identity, *more], errors="ignore").isna().all().all()
            assert "irradiation_kwh_m2" in shown
    # the same by search: no number of theirs stands in any tile as a double
    one = source.surfaces[source.surfaces["building_id"] == building]
    others = source.surfaces[source.surfaces["building_id"] != building]
    secret = set(one["irradiation_kwh_m2"].dropna().round(1)) - set(others["irradiation_kwh_m2"].dropna().round(1))
    tiles = b"".join(tiles_in(path))
    assert secret
    told = {value for value in secret if struct.pack("<d", value) in tiles and not value.is_integer()}
    same = {
        round(float(value), 1)
        for name in others.columns
        if name.endswith(tuple("0123456789m2"))
        for value in others[name]
        if isinstance(value, float)
    }
    assert told <= same


def test_what_vanishes_between_grid_points_is_kept_at_the_last_zoom() -> None:
    """Specks of a millimetre, needles and a line of no length, some on the edge of a tile."""
    side = 2 * HALF_M / 2**16
    corner = np.array([side * 1000, side * 500])
    specks = [shapely.box(*(corner + off), *(corner + off + 1e-3)) for off in (0.0, 7.3, -1e-3, 101.0)]
    needle = shapely.Polygon([corner, corner + [50, 1e-4], corner + [50, 0]])
    shapes = np.array([*specks, needle], object)
    layer = Layer("specks", shapes, np.arange(5), {"name": np.array(list("abcde"), object)}, 0, ())
    lines = np.array([shapely.LineString([corner, corner + 1e-4])], object)
    more = Layer("lines", lines, np.arange(1), {"name": np.array(["line"], object)}, 0, ())
    made = tiles_of([layer, more], 15, 16)
    last = b"".join(gzip.decompress(tile.content) for tile in made.tiles if tile.zoom == 16)
    assert all(b"\x0a\x01" + name in last for name in (b"a", b"b", b"c", b"d", b"e"))
    assert b"\x0a\x04line" in last
    assert made.left_out == {15: 6}


def test_a_crowded_tile_is_thinned_but_never_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "LARGEST", 900)
    random = np.random.default_rng(7)
    west, south = random.uniform(0, 2 * HALF_M / 2**12, (2, 600)) + 1e5
    size = random.uniform(20, 60, 600)
    shapes = shapely.box(west, south, west + size, south + size)
    names = [f"{number:04}-{random.integers(1 << 40):x}" for number in range(600)]
    layer = Layer("boxes", shapes, np.arange(600), {"name": np.array(names, object)}, 0, ("name",))
    made = tiles_of([layer], 12, 14)
    last = [tile for tile in made.tiles if tile.zoom == made.zooms[1]]
    assert made.zooms[1] > 14  # zooms were added
    for tile in made.tiles:
        assert len(tile.content) <= 900 or tile.zoom == made.zooms[1]
    content = b"".join(gzip.decompress(tile.content) for tile in last)
    assert all(name.encode() in content for name in names)
    kept = b"".join(gzip.decompress(tile.content) for tile in made.tiles if tile.zoom == 12)
    there = np.array([name.encode() in kept for name in names])
    assert 0 < there.sum() < 600
    assert size[there].mean() > size[~there].mean()


def test_hilbert_by_its_definition() -> None:
    """Neighbours on the curve are neighbours on the map, a zoom follows the one before; and the published example."""
    assert [hilbert(0, 0, 0), hilbert(1, 0, 0), hilbert(1, 0, 1), hilbert(1, 1, 1), hilbert(1, 1, 0)] == [0, 1, 2, 3, 4]
    assert hilbert(12, 3423, 1763) == 19078479
    places = {hilbert(5, x, y): (x, y) for x in range(32) for y in range(32)}
    first = sum(4**zoom for zoom in range(5))
    assert sorted(places) == list(range(first, first + 1024))
    walk = np.array([places[number] for number in sorted(places)])
    assert (np.abs(np.diff(walk, axis=0)).sum(axis=1) == 1).all()


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 8191, 8192, 2**31, 2**53])
def test_varint_is_read_back(number: int) -> None:
    assert varints(varint(number)) == [number]


def test_values_of_every_sort_are_read_back(tmp_path: Path) -> None:
    """True is not 1, 6.1 is 6.1, what is missing is missing."""
    square = [(0, 0), (EXTENT, 0), (EXTENT, EXTENT), (0, EXTENT)]
    values = [("größe", True, 1, 6.1), ("b", False, -7, -0.25), (None, None, 2**40, 1e-9)]
    features = [Feature(number, row, POLYGON, [square]) for number, row in enumerate(values)]
    content = packed(tile_of([layer_of("a", ["text", "flag", "whole", "real"], features)]))
    write_archive(
        tmp_path / "a.pmtiles",
        [Tile(0, 0, 0, content)],
        Head((-180.0, -85.0, 180.0, 85.0), layer_a(text="String", flag="Boolean", whole="Number", real="Number")),
    )
    found = read(tmp_path / "a.pmtiles", "a").sort_values("mvt_id")
    assert found["text"].tolist()[:2] == ["größe", "b"]
    assert [value if value is None else bool(value) for value in found["flag"].astype(object)][:2] == [True, False]
    assert found["whole"].tolist() == [1, -7, 2**40]
    assert found["real"].tolist() == [6.1, -0.25, 1e-9]
    assert found.geometry.area.iloc[0] == pytest.approx((2 * HALF_M) ** 2)


def layer_a(**fields: str) -> dict[str, object]:
    """Metadata of a layer ``a``, without which GDAL does not look into a tile."""
    return {"vector_layers": [{"id": "a", "fields": fields}]}


def test_a_large_archive_has_leaves(tmp_path: Path) -> None:
    """GDAL finds tiles through leaf directories; equal tiles are kept once."""
    square = [(0, 0), (EXTENT, 0), (EXTENT, EXTENT), (0, EXTENT)]
    random, zoom, count, different = np.random.default_rng(3), 8, 9000, 1000
    words = ["x" * length for length in random.integers(1, 2000, different)]
    contents = [
        tile_of([layer_of("a", ["n", "word"], [Feature(n, (n, word), POLYGON, [square])])])
        for n, word in enumerate(words)
    ]
    chosen = sorted(hilbert(zoom, *divmod(int(place), 256)) for place in random.permutation(1 << 16)[:count])
    place_of = {hilbert(zoom, x, y): (x, y) for x in range(256) for y in range(256)}
    which = random.integers(0, different, count).tolist()
    tiles = [Tile(zoom, *place_of[one], packed(contents[n])) for one, n in zip(chosen, which, strict=True)]
    path = tmp_path / "a.pmtiles"
    write_archive(path, tiles, Head((-180.0, -85.0, 180.0, 85.0), layer_a(n="Number", word="String")))
    header = struct.unpack_from("<11Q", path.read_bytes(), 8)
    assert header[1] <= 16384 - 127
    assert header[5] > 0  # leaves
    assert (header[8], header[10]) == (count, len(set(which)))
    found = pyogrio.read_dataframe(path, layer="a", columns=["n"], read_geometry=False)
    assert sorted(found["n"]) == sorted(which)


def test_archive_says_what_it_is(source: Source, made: Path) -> None:
    content = (made / "surfaces.pmtiles").read_bytes()
    _, _, start, length, *_ = struct.unpack_from("<11Q", content, 8)
    metadata = json.loads(gzip.decompress(content[start : start + length]))
    assert "Datengrundlage" in metadata["attribution"]
    assert [layer["id"] for layer in metadata["vector_layers"]] == ["buildings", "surfaces", "facades"]
    fields = metadata["vector_layers"][1]["fields"]
    assert (fields["irradiation_kwh_m2"], fields["kind"]) == ("Number", "String")
    assert "suppressed" not in json.dumps(metadata)
    assert metadata["columns"]["irradiation_kwh_m2"] == "Einstrahlung im Jahr [kWh/m²] / irradiation of the year"
    first, last = struct.unpack_from("<6B", content, 96)[4:]
    assert 10 <= first <= 13  # a street is too small for the smallest zooms
    assert last == 16
    west, south, east, north = (edge / 1e7 for edge in struct.unpack_from("<4i", content, 102))
    box = source.surfaces.to_crs("EPSG:4326").total_bounds
    assert np.abs(np.array([west, south, east, north]) - box).max() < 1e-6


def test_style_names_what_the_tiles_have(made: Path) -> None:
    style = json.loads((made / "style.json").read_text(encoding="utf-8"))
    assert style["version"] == 8
    (name, tiles), *others = style["sources"].items()
    assert not others
    assert tiles["url"] == "pmtiles://surfaces.pmtiles"
    assert "http" not in json.dumps(style)
    drawn = [layer for layer in style["layers"] if layer["type"] != "background"]
    assert {layer["source-layer"] for layer in drawn} == {"buildings", "surfaces", "facades"}
    assert {layer["source"] for layer in drawn} == {name}
    step = drawn[1]["paint"]["fill-color"][2]
    assert step[0] == "step"
    assert step[3::2] == sorted(step[3::2])


def test_same_source_same_bytes(source: Source, made: Path, tmp_path: Path) -> None:
    for name in write_pmtiles(source, tmp_path):
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


def test_lying_and_standing_is_by_shape_not_by_name(source: Source) -> None:
    lying, standing = lying_and_standing(source.surfaces, source.crs.horizontal)
    assert set(source.surfaces["kind"].iloc[lying.row]) == {"RoofSurface"}
    assert (source.surfaces["tilt_deg"].iloc[standing.row] > 75).all()
    rows = np.concatenate([lying.row, standing.row])
    assert set(rows) == set(range(len(source.surfaces)))
