"""What a tileset is made of: tree, shapes, textures, properties, each against an oracle of its own.

That whole tilesets keep the specifications: test_twin_tiles_checked.py; that browsers show them: tests/web.
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from PIL import Image

from io_citygml.errors import CityModelError
from twin.errors import TwinError
from twin.export.objections import Objections
from twin.export.published import published
from twin.export.source import Source, open_source
from twin.export.tiles import b3dm, tree
from twin.export.tiles.properties import MATRIX_FULL_W_M2, NO_SHARE, columns_of
from twin.export.tiles.shapes import part_of, shapes_of
from twin.export.tiles.texture import BORDER, LONGEST, Measured, patch_of, shelves
from twin.export.tiles.write import open_city, write_3dtiles, year_of
from twin.job import Outcome
from twin.month_hour import mean_w_m2
from twin.report.colours import NO_VALUE


@pytest.fixture(scope="module")
def source(outcome: Outcome) -> Source:
    return open_source(outcome.store.root)


@pytest.fixture(scope="module")
def columns(source: Source) -> dict[str, np.ndarray]:
    year = year_of(source, receivers=False)
    return {c.property.name: c.value for c in columns_of(published(source).surfaces, year.found, year.bins)}


def test_row_17_of_the_standards(source: Source, columns: dict[str, np.ndarray]) -> None:
    months = [name for name in columns if "globalRadMonths" in name]
    assert months == [f"globalRadMonths_{n}" for n in range(1, 13)]
    exposed = source.surfaces["exposed_area_m2"].to_numpy()
    annual = source.surfaces["irradiation_kwh_m2"].to_numpy() * exposed
    np.testing.assert_allclose(sum(columns[name] for name in months), annual, rtol=1e-3)
    np.testing.assert_array_equal(columns["solarArea"], exposed)
    parts = [sum(columns[f"{part}RadMonths_{n}"] for n in range(1, 13)) for part in ("direct", "diffuse")]
    for got, name in zip(parts, ("direct_kwh_m2", "diffuse_kwh_m2"), strict=True):
        np.testing.assert_allclose(got, source.surfaces[name] * exposed, rtol=1e-6, atol=1e-9)


def test_the_matrix_keeps_a_hundredth_of_a_watt(source: Source, columns: dict[str, np.ndarray]) -> None:
    year = year_of(source, receivers=False)
    watts = mean_w_m2(year.found, year.bins, source.surfaces["surface_index"].to_numpy())
    known = ~np.isnan(watts)
    assert known.all(axis=1).any() and not known.all(axis=1).all()  # a party wall of the street has none
    unpacked = columns["month_hour_w_m2"] / 65535.0 * MATRIX_FULL_W_M2
    np.testing.assert_allclose(unpacked[known], watts[known].clip(0), atol=0.0116)
    assert (columns["month_hour_w_m2"][~known] == NO_SHARE).all()


def test_hours_without_a_record_are_no_number(source: Source) -> None:
    """3D Metadata says no value of a whole matrix alone: an hour that is missing would read as the full scale."""
    year = year_of(source, receivers=False)
    length_h = year.bins.length_h.copy()
    length_h[24 * 6 : 24 * 9] = 0.0
    for bins, is_there in ((year.bins, True), (year.bins._replace(length_h=length_h), False)):
        columns = columns_of(published(source).surfaces, year.found, bins)
        assert ("month_hour_w_m2" in {c.property.name for c in columns}) == is_there
        assert ("month_hour_w_m2" in b3dm.nested(columns)[0]) == is_there
        assert sum("globalRadMonths" in c.property.name for c in columns) == 12
        for c in columns:
            if c.property.kind == "matrix":  # a matrix has all of its values, or none
                assert set((c.value == NO_SHARE).sum(axis=1).tolist()) == {0, 288}


def test_nested_attributes_are_plain_numbers_without_gaps(source: Source) -> None:
    year = year_of(source, receivers=False)
    columns = columns_of(published(source).surfaces, year.found, year.bins)
    for attributes, (_, row) in zip(b3dm.nested(columns), source.surfaces.iterrows(), strict=True):
        assert "id" not in attributes and attributes["building_id"] == row["building_id"]
        assert None not in attributes.values() and attributes["solarArea"] == row["exposed_area_m2"]
        covered = not row["exposed_area_m2"] > 0
        assert ("month_hour_w_m2" not in attributes) == covered == ("irradiation_kwh_m2" not in attributes)
        assert covered or len(attributes["month_hour_w_m2"]) == 288
    assert json.dumps(b3dm.nested(columns), allow_nan=False)


def test_shapes_cover_their_polygons_and_face_outwards(source: Source) -> None:
    """Oracle: area and normal of shapely's polygons, triangle by triangle."""
    shapes = shapes_of(source.surfaces)
    everyone = np.arange(len(source.surfaces))
    part = part_of(shapes, shapes.rings.coords, everyone, np.eye(4))
    corner = part.position.astype(float)[part.triangle]
    vector = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]) / 2.0
    total = np.zeros((len(everyone), 3))
    np.add.at(total, part.feature[part.triangle[:, 0]], vector)
    np.testing.assert_allclose(np.linalg.norm(total, axis=1), source.surfaces["area_m2"], rtol=1e-4)
    tilt = np.degrees(np.arccos(total[:, 2] / np.linalg.norm(total, axis=1)))
    np.testing.assert_allclose(tilt, source.surfaces["tilt_deg"], atol=0.05)
    unit = total / np.linalg.norm(total, axis=1, keepdims=True)
    np.testing.assert_allclose(part.normal, unit[part.feature], atol=1e-3)


def test_a_hole_stays_open_and_an_empty_polygon_has_no_triangle() -> None:
    import geopandas

    outer = [(0, 0, 5), (10, 0, 5), (10, 10, 5), (0, 10, 5)]
    hole = [(4, 4, 5), (4, 6, 5), (6, 6, 5), (6, 4, 5)]
    table = geopandas.GeoDataFrame(geometry=[shapely.Polygon(), shapely.Polygon(outer, [hole]), shapely.Polygon()])
    shapes = shapes_of(table)
    corner = shapes.rings.coords[shapes.triangle]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum() / 2
    assert area == pytest.approx(96.0)
    assert shapes.triangle_start.tolist() == [0, 0, len(shapes.triangle), len(shapes.triangle)]
    assert shapes.normal[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_every_building_stands_in_one_tile_and_errors_are_what_is_missing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 500
    centre, size = rng.uniform(0, 1000, (count, 2)), rng.lognormal(2.5, 0.6, count)
    weight = rng.uniform(1.0, 20.0, count)
    ground = size**2 / 3.0
    root = tree.plant(tree.Forest(centre, size, ground, weight), 100.0)
    nodes = root.every()
    assert sorted(np.concatenate([node.buildings for node in nodes]).tolist()) == list(range(count))
    assert len({node.name for node in nodes}) == len(nodes)
    for node in nodes:
        assert weight[node.buildings].sum() <= 100.0 or len(node.buildings) == 1
        missing = [np.concatenate([tile.buildings for tile in child.every()]) for child in node.children]
        below = [size[buildings].max() for buildings in missing]
        holes = [np.sqrt(ground[buildings].sum()) for buildings in missing]
        assert node.error_m == pytest.approx(max([*holes, *below]) if missing else 0.0)
        assert all(child.error_m <= node.error_m for child in node.children)
        if below:
            assert size[node.buildings].min() >= max(below)  # nothing larger is left to a lower tile


def test_a_city_is_seen_from_as_far_as_it_is_large() -> None:
    """At 16 pixels of error, on a screen of 720: something of 20,000 houses from 20 km, every house from 2 km."""
    rng = np.random.default_rng(0)
    count, side_m = 20_000, 4000.0
    forest = tree.Forest(
        rng.uniform(0, side_m, (count, 2)), rng.uniform(15, 25, count), rng.uniform(80, 250, count), np.full(count, 1e4)
    )
    root = tree.plant(forest, 1e6)
    drawn = []
    for distance_m in (2_000, 8_000, 20_000):
        bearable_m = 16 * distance_m / (720 / 2 / np.tan(np.radians(30)))
        waiting, houses = [root] if tree.hole_m(forest, root) > bearable_m else [], 0
        while waiting:
            node = waiting.pop()
            houses += len(node.buildings)
            waiting += node.children if node.error_m > bearable_m else []
        drawn.append(houses)
    assert drawn[0] == count and count / 3 < drawn[1] < count and 0 < drawn[2] < count / 4


def test_a_mast_is_missed_by_its_height() -> None:
    """Large halls fill the root; a slim mast below is 60 m of picture on 4 m² of ground."""
    size, ground = np.array([80.0, 60.0]), np.array([5000.0, 4.0])
    root = tree.plant(tree.Forest(np.array([[0.0, 0], [100, 100]]), size, ground, np.full(2, 80.0)), 100.0)
    assert root.buildings.tolist() == [0] and root.error_m == 60.0


def test_equal_places_and_a_giant_end_the_tree() -> None:
    at_one_place = tree.plant(tree.Forest(np.zeros((50, 2)), np.ones(50), np.ones(50), np.full(50, 10.0)), 100.0)
    assert sorted(np.concatenate([node.buildings for node in at_one_place.every()]).tolist()) == list(range(50))
    alone = tree.plant(tree.Forest(np.zeros((1, 2)), np.ones(1), np.ones(1), np.array([1e9])), 100.0)
    assert alone.buildings.tolist() == [0] and alone.error_m == 0.0


def test_a_patch_shows_each_receiver_where_it_stands() -> None:
    ring = np.array([(0.0, 0, 0), (8, 0, 0), (8, 0, 4), (0, 0, 4)])
    normal = np.array([0.0, -1.0, 0.0])
    x, z = np.meshgrid(np.arange(8) + 0.5, np.arange(4) + 0.5)
    point = np.stack([x.ravel(), np.full(32, -0.01), z.ravel()], axis=1)
    value = (100 * z + x).ravel().astype(np.float32)
    patch = patch_of(ring, normal, Measured(np.zeros(32, np.int32), point, value), 1.0)
    assert patch.kwh_m2.shape == (4, 8)
    axes = np.stack([patch.frame.u, patch.frame.v], axis=1)
    flat = (point - patch.frame.base - patch.frame.centre) @ axes
    column = ((flat[:, 0] - patch.left) / patch.step[0]).astype(int)
    row = ((flat[:, 1] - patch.low) / patch.step[1]).astype(int)
    np.testing.assert_array_equal(patch.kwh_m2[row, column], value)


def test_a_patch_without_a_receiver_in_a_texel_takes_the_nearest() -> None:
    ring = np.array([(0.0, 0, 0), (3, 0, 0), (3, 1, 0), (0, 1, 0)])
    of = Measured(np.zeros(2, np.int32), np.array([(0.5, 0.5, 0), (2.5, 0.5, 0)]), np.array([1, np.nan], np.float32))
    texel = patch_of(ring, np.array([0.0, 0, 1]), of, 1.0).kwh_m2
    assert texel.shape == (1, 3)
    assert np.isnan(texel).sum() in (1, 2) and (texel == 1).any()


def test_a_covered_receiver_hides_none_beside_it() -> None:
    """Where a surface is longer than the longest picture, several receivers share a texel."""
    ring = np.array([(0.0, 0, 0), (4 * LONGEST, 0, 0), (4 * LONGEST, 1, 0), (0, 1, 0)])
    point = np.stack([np.arange(4 * LONGEST) + 0.5, np.full(4 * LONGEST, 0.5), np.zeros(4 * LONGEST)], axis=1)
    value = np.where(np.arange(4 * LONGEST) % 4 == 1, 700.0, np.nan).astype(np.float32)
    free = np.flatnonzero(~np.isnan(value))
    order = np.concatenate([free, np.flatnonzero(np.isnan(value))])  # as `Measuring` gives them
    of = Measured(np.zeros(len(point), np.int32), point[order], value[order])
    texel = patch_of(ring, np.array([0.0, 0, 1]), of, 1.0).kwh_m2
    assert texel.shape == (1, LONGEST) and (texel == 700.0).all()


def test_shelves_do_not_overlap() -> None:
    rng = np.random.default_rng(0)
    shapes = [(int(rows), int(columns)) for rows, columns in rng.integers(1, 30, (200, 2))]
    corner, size = shelves(shapes)
    used = np.zeros(size, int)
    for (top, left), (rows, columns) in zip(corner, shapes, strict=True):
        used[top : top + rows + 2 * BORDER, left : left + columns + 2 * BORDER] += 1
    assert used.max() == 1 and used.sum() / used.size > 0.6


def test_an_objection_leaves_a_grey_shape_and_an_id(outcome: Outcome, tmp_path: Path) -> None:
    building = str(outcome.surfaces["building_id"].iloc[0])
    source = open_source(outcome.store.root, "", Objections("ids.csv", frozenset({building})))
    hidden = source.surfaces["suppressed"].to_numpy()
    assert 0 < hidden.sum() < len(hidden)
    year = year_of(source, receivers=False)
    for column in columns_of(published(source).surfaces, year.found, year.bins):
        name, value = column.property.name, column.value[hidden]
        if name in ("id", "building_id", "kind", "area_m2"):
            assert (value == source.surfaces.loc[hidden, {"id": "surface_id"}.get(name, name)]).all()
        elif name == "month_hour_w_m2":
            assert (value == NO_SHARE).all()
        elif column.property.kind in ("text", "flag"):
            assert not np.asarray(value, bool).any(), name
        else:
            assert np.isnan(value).all(), name
    assert "suppressed" not in {c.property.name for c in columns_of(published(source).surfaces, year.found, year.bins)}
    source = replace(source, crs=replace(source.crs, vertical="EPSG:7837"))
    write_3dtiles(source, "cesium", "receivers", tmp_path)
    content = (tmp_path / "tiles" / "0.glb").read_bytes()
    length = struct.unpack("<I", content[12:16])[0]
    document = json.loads(content[20 : 20 + length])
    view = document["bufferViews"][document["images"][0]["bufferView"]]
    begin = 28 + length + view.get("byteOffset", 0)
    picture = np.asarray(Image.open(io.BytesIO(content[begin : begin + view["byteLength"]])))
    uv, owner = [], []
    for primitive in document["meshes"][0]["primitives"]:
        for name, kind, into in (("TEXCOORD_0", np.float32, uv), ("_FEATURE_ID_0", np.uint16, owner)):
            accessor = document["accessors"][primitive["attributes"][name]]
            view = document["bufferViews"][accessor["bufferView"]]
            begin, width = 28 + length + view["byteOffset"], view["byteStride"] // np.dtype(kind).itemsize
            row = np.frombuffer(content, kind, accessor["count"] * width, begin).reshape(-1, width)
            into.append(row[:, : 2 if name == "TEXCOORD_0" else 1])
    uv, owner = np.concatenate(uv), hidden[np.concatenate(owner)[:, 0]]
    texel = np.clip((uv * picture.shape[1::-1]).astype(int), 0, np.array(picture.shape[1::-1]) - 1)
    grey = (picture[texel[:, 1], texel[:, 0]] == NO_VALUE).all(axis=1)
    assert grey[owner].all() and not grey[~owner].all()


@pytest.mark.parametrize("colour", ["receivers", "surface"])
@pytest.mark.parametrize("profile", ["cesium", "vcmap"])
def test_draco_gives_the_same_mesh_back(source: Source, tmp_path: Path, profile: str, colour: str) -> None:
    """Decoded triangles carry the same feature at the same place, a millimetre apart at most."""
    draco = pytest.importorskip("DracoPy")
    source = replace(source, crs=replace(source.crs, vertical="EPSG:7837"))
    found = {}
    for compressed in (False, True):
        folder = tmp_path / str(compressed)
        folder.mkdir()
        write_3dtiles(source, profile, colour, folder, compressed=compressed)  # type: ignore[arg-type]
        (path,) = (folder / "tiles").iterdir()
        content = path.read_bytes()
        content = content[content.index(b"glTF") :]
        length = struct.unpack("<I", content[12:16])[0]
        found[compressed] = json.loads(content[20 : 20 + length]), content[28 + length :]
    plain, packed = found[False][0], found[True][0]
    extension = packed["meshes"][0]["primitives"][0]["extensions"]["KHR_draco_mesh_compression"]
    assert packed["extensionsRequired"] == ["KHR_draco_mesh_compression"]
    view = packed["bufferViews"][extension["bufferView"]]
    begin = view["byteOffset"]
    mesh = draco.decode(found[True][1][begin : begin + view["byteLength"]])
    accessor = plain["accessors"][plain["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]
    plain_view = plain["bufferViews"][accessor["bufferView"]]
    position = np.frombuffer(found[False][1], np.float32, accessor["count"] * 3, plain_view["byteOffset"])
    index = plain["accessors"][plain["meshes"][0]["primitives"][0]["indices"]]
    index_view = plain["bufferViews"][index["bufferView"]]
    triangle = np.frombuffer(found[False][1], np.uint16, index["count"], index_view["byteOffset"]).reshape(-1, 3)
    assert len(mesh.faces) == len(triangle)
    middle = np.sort(mesh.points[mesh.faces].mean(axis=1), axis=0)
    np.testing.assert_allclose(middle, np.sort(position.reshape(-1, 3)[triangle].mean(axis=1), axis=0), atol=1e-3)
    kinds = {a["unique_id"]: a["data"].shape[1] for a in mesh.attributes}
    skin = {"receivers": ("TEXCOORD_0", 2), "surface": ("COLOR_0", 4)}[colour]
    assert {n: kinds[i] for n, i in extension["attributes"].items()} | dict([skin]) == {
        n: kinds[i] for n, i in extension["attributes"].items()
    }
    name = "_FEATURE_ID_0" if profile == "cesium" else "_BATCHID"
    number = next(a["data"] for a in mesh.attributes if a["unique_id"] == extension["attributes"][name])
    assert set(np.asarray(number).ravel().astype(int)) == set(range(len(source.surfaces)))


def test_heights_of_unknown_kind_give_no_tileset(source: Source, tmp_path: Path) -> None:
    """The hint is an option of the verbs that draw on a globe: the job that --crs would help is over."""
    with pytest.raises(CityModelError, match="unknown kind") as caught:
        write_3dtiles(replace(source, crs=replace(source.crs, vertical=None)), "cesium", "none", tmp_path)
    assert "--heights EPSG:7837" in caught.value.remedy and "--crs" not in caught.value.remedy
    assert not list(tmp_path.iterdir())


def test_nothing_to_show_is_said(source: Source) -> None:
    with pytest.raises(TwinError, match="no surface with a shape"):
        open_city(replace(source, surfaces=source.surfaces.iloc[:0]), receivers=False)
