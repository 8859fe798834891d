"""Exports of `heliotwin inspect`: what is written and loaded again is the model that was read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.houses import SOUTH, WEST, Box, street, write_town

from io_citygml.model import CityModel, SurfaceKind
from io_citygml.polygon import surface_areas, triangulate
from io_citygml.read import read_city
from twin.errors import TwinError
from twin.export.city.geopackage import column_names, write_city
from twin.export.geopackage import Layer, write_layers
from twin.export.mesh import KIND_COLOUR, origin_of, write_mesh

DATA = Path(__file__).resolve().parents[1] / "data" / "city"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CityModel:
    folder = tmp_path_factory.mktemp("towns")
    return read_city([write_town(folder / "town.city.json", street()), DATA / "house_and_garage.gml"])


def triangle_areas(model: CityModel) -> NDArray[np.float64]:
    corner = model.coords[triangulate(model, np.arange(model.n_surfaces)).triangle]
    return 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)


@pytest.mark.parametrize("suffix", ["glb", "obj", "ply", "stl"])
def test_mesh_round_trip(model: CityModel, tmp_path: Path, suffix: str) -> None:
    """trimesh's own readers find every triangle and the area, wherever the format keeps them."""
    import trimesh

    loaded = trimesh.load_scene(write_mesh(model, tmp_path / f"city.{suffix}"))
    meshes = list(loaded.geometry.values())
    expected = triangle_areas(model)
    assert sum(len(mesh.faces) for mesh in meshes) == len(expected)
    assert sum(mesh.area for mesh in meshes) == pytest.approx(expected.sum(), rel=1e-5)
    low, high = loaded.bounds
    size = np.ptp(model.coords, axis=0)
    up = 1 if suffix == "glb" else 2
    assert high[up] - low[up] == pytest.approx(size[2], abs=1e-3) and high[0] - low[0] == pytest.approx(
        size[0], rel=1e-5
    )


def test_gltf_keeps_names_colours_place(model: CityModel, tmp_path: Path) -> None:
    import trimesh

    scene = trimesh.load_scene(write_mesh(model, tmp_path / "city.glb"))
    assert scene.metadata["crs"] == "EPSG:25832+7837"
    origin = np.array(scene.metadata["origin_m"])
    assert np.array_equal(origin, origin_of(model)) and np.array_equal(origin, np.floor(origin))
    assert set(scene.geometry) == {model.objects[o].id for o in np.unique(model.object)}
    mesh = scene.geometry["left"]
    assert mesh.metadata["type"] == "Building"
    assert mesh.metadata["triangles"] == {"RoofSurface": 2, "WallSurface": 8, "GroundSurface": 2}
    # glTF's y is up and its z runs south
    x, y, z = mesh.vertices.T
    back = np.stack([x, -z, y], axis=1) + origin
    which = next(i for i, item in enumerate(model.objects) if item.id == "left")
    own = np.repeat(model.object == which, np.diff(model.ring_start[model.surface_ring]))
    assert back.min(axis=0) == pytest.approx(model.coords[own].min(axis=0), abs=1e-3)
    assert back.max(axis=0) == pytest.approx(model.coords[own].max(axis=0), abs=1e-3)
    # triangles come sorted by kind: roofs first, in the roof's colour as linear light
    colour = mesh.visual.vertex_colors[mesh.faces[0]][:, :3] / 255
    srgb = np.where(colour <= 0.0031308, colour * 12.92, 1.055 * colour ** (1 / 2.4) - 0.055)
    assert srgb * 255 == pytest.approx(np.tile(KIND_COLOUR[SurfaceKind.ROOF], (3, 1)), abs=3)
    normal = mesh.face_normals[:2]
    assert normal == pytest.approx(np.tile([0.0, 1.0, 0.0], (2, 1)), abs=1e-5)


def test_headers_name_the_place(model: CityModel, tmp_path: Path) -> None:
    for suffix in ("obj", "ply", "stl"):
        head = write_mesh(model, tmp_path / f"city.{suffix}").read_bytes()[:160]
        assert model.crs.horizontal.encode() in head and b"origin_m=[" in head


def test_mesh_is_refused_whole(model: CityModel, tmp_path: Path) -> None:
    with pytest.raises(TwinError, match=r"\.glb"):
        write_mesh(model, tmp_path / "city.dae")
    empty = read_city([write_town(tmp_path / "none.city.json", [])])
    with pytest.raises(TwinError, match="no surface"):
        write_mesh(empty, tmp_path / "none.glb")
    assert {path.name for path in tmp_path.iterdir()} == {"none.city.json"}


def test_names_with_blanks_stay_apart(tmp_path: Path) -> None:
    import trimesh

    town = write_town(
        tmp_path / "t.city.json", [Box("a b", WEST, SOUTH, 5, 5, 3), Box("a\nb", WEST + 9, SOUTH, 5, 5, 3)]
    )
    path = write_mesh(read_city([town]), tmp_path / "t.obj")
    names = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("o ")]
    assert names == ["o a_b", "o a_b_1"]
    assert sum(len(mesh.faces) for mesh in trimesh.load_scene(path).geometry.values()) == 24


def test_geopackage_layers(model: CityModel, tmp_path: Path) -> None:
    import pyogrio

    path = write_city(model, tmp_path / "city.gpkg")
    assert [path.name for path in tmp_path.iterdir()] == ["city.gpkg"]
    types = dict(pyogrio.list_layers(path))
    assert types == {"surfaces": "Polygon Z", "objects": None, "defects": "Point Z"}
    surfaces = pyogrio.read_dataframe(path, layer="surfaces")
    assert surfaces["surface_id"].tolist() == list(model.surface_id)
    assert surfaces["area_m2"].to_numpy() == pytest.approx(surface_areas(model))
    assert surfaces.crs.to_epsg() == 25832 and surfaces.geometry.has_z.all()
    roof = surfaces[surfaces["kind"] == "RoofSurface"]
    # plan area of shapely's polygons against the tilt: an oracle that knows no Newell normal
    assert roof.geometry.area.to_numpy() == pytest.approx(
        roof["area_m2"] * np.cos(np.radians(roof["tilt_deg"])), rel=1e-6
    )
    assert surfaces["confidence"].between(0, 1).all()
    objects = pyogrio.read_dataframe(path, layer="objects")
    assert objects["object_id"].tolist() == [item.id for item in model.objects]
    assert objects["area_m2"].sum() == pytest.approx(surfaces["area_m2"].sum())
    named = {name for item in model.objects for name in item.attributes}
    assert named and named <= set(objects.columns)
    defects = pyogrio.read_dataframe(path, layer="defects")
    assert len(defects) == len(model.report.defects)


def test_defects_lie_on_their_surface(tmp_path: Path) -> None:
    """A house whose roof is bent: the sign of the defect stands over that roof."""
    import json

    import pyogrio

    town = write_town(
        tmp_path / "t.city.json", [Box("flat", WEST, SOUTH, 8, 8, 5), Box("bent", WEST + 50, SOUTH, 8, 8, 5)]
    )
    city = json.loads(town.read_text(encoding="utf-8"))
    city["vertices"][-1][2] += 900
    town.write_text(json.dumps(city), encoding="utf-8")
    defects = pyogrio.read_dataframe(write_city(read_city([town]), tmp_path / "t.gpkg"), layer="defects")
    bent = defects[defects["kind"] == "non-planar"]
    assert set(bent["object_id"]) == {"bent"} and len(bent) >= 1
    assert (abs(bent.geometry.x - (WEST + 54)) <= 4.01).all() and (abs(bent.geometry.y - (SOUTH + 4)) <= 4.01).all()


def test_columns_that_sqlite_takes_for_one() -> None:
    named = column_names(["Name", "name", "NAME", "fid", "type", ""], {"type": None})
    assert named == {
        "Name": "Name",
        "name": "name_2",
        "NAME": "NAME_3",
        "fid": "fid_2",
        "type": "type_2",
        "": "unnamed",
    }


def test_control_characters_do_no_harm(tmp_path: Path) -> None:
    """A NUL would end a text in SQLite, an escape sequence repaint the terminal; both are seen as what they are."""
    import json

    import pyogrio

    from twin.inspection import inspect_city
    from twin.inspection_text import lines

    town = write_town(tmp_path / "t.city.json", [Box("a", WEST, SOUTH, 5, 5, 3)])
    city = json.loads(town.read_text(encoding="utf-8"))
    city["CityObjects"]["a\0\x1b[31mb"] = city["CityObjects"].pop("a")
    city["CityObjects"]["a\0\x1b[31mb"]["attributes"] = {"n\0": "v\0w", "two": "x\ny", "x" * 300: 1, "x" * 299: 2}
    town.write_text(json.dumps(city), encoding="utf-8")
    model = read_city([town])
    row = pyogrio.read_dataframe(write_city(model, tmp_path / "t.gpkg"), layer="objects").iloc[0]
    assert row["object_id"] == "a\\x00\\x1b[31mb" and row["n\\x00"] == "v\\x00w" and row["two"] == "x\ny"
    assert sorted(row[name] for name in row.index if name.startswith("xxx")) == [1, 2]
    obj = write_mesh(model, tmp_path / "t.obj").read_text(encoding="utf-8")
    assert "o a\\x00\\x1b[31mb\n" in obj
    assert all(line.isprintable() for line in lines(inspect_city([town], None)[0]))


def test_a_failed_geopackage_leaves_the_old_one(tmp_path: Path) -> None:
    import geopandas
    import shapely

    path = tmp_path / "city.gpkg"
    path.write_bytes(b"the old one")
    good = geopandas.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0, 0)], crs="EPSG:25832")
    bad = geopandas.GeoDataFrame({"a": [object()]}, geometry=[shapely.Point(0, 0, 0)], crs="EPSG:25832")
    with pytest.raises(Exception, match=r".+"):
        write_layers([Layer("good", good, "Point Z"), Layer("bad", bad, "Line String Z")], path, {})
    assert path.read_bytes() == b"the old one" and [item.name for item in tmp_path.iterdir()] == ["city.gpkg"]
