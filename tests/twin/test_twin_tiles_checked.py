"""Our own tilesets, in both forms and all colours: no issue of the independent checker, none of glTF-Validator."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from oracles.district import write_part
from oracles.gltf_validator import validate_gltf
from oracles.tile_features import features_of
from oracles.tiles3d import Check, run_check

from twin.config import check_job
from twin.deliver import write_files
from twin.export.source import Source, open_source
from twin.export.tiles.properties import HEAD
from twin.export.tiles.write import Colour, Profile, write_3dtiles
from twin.job import cells_of, run_solar
from twin.package_data import geoid_grid

# masterportal writes what vcmap writes
WAYS: list[tuple[Profile, Colour]] = [
    *(("cesium", colour) for colour in ("receivers", "surface", "none")),
    ("vcmap", "receivers"),
    ("vcmap", "none"),
]
SMALL_BLOCK = (364125, 5649980, 364250, 5650110)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A finished job over a block of the demo district."""
    folder = tmp_path_factory.mktemp("block")
    options = {
        "cities": [write_part(folder / "block.gml", SMALL_BLOCK)],
        "out": folder / "out",
        "sky": 145,
        "spacing_m": 4.0,
    }
    done = run_solar(check_job({**options, "ground_spacing_m": 25.0, "ground_margin_m": 10.0}), lambda *_: None)
    done.store.finish(cells_of(done.prepared), write_files(done))
    return open_source(done.store.root)


Checked = dict[tuple[str, str], tuple[Path, Check]]


@pytest.fixture(scope="module")
def checked(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Folder and findings of each profile and colour; the tiles are kept small so that there is a tree of them."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("twin.export.tiles.write.BUDGET_BYTES", 40_000)
        for profile, colour in WAYS:
            folder = tmp_path_factory.mktemp(f"{profile}_{colour}")
            names = write_3dtiles(source, profile, colour, folder)
            assert sorted(names) == sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
            found[profile, colour] = folder, run_check(folder / "tileset.json")
    return found


@pytest.mark.parametrize("way", WAYS)
def test_the_checker_has_nothing_to_say(checked: Checked, way: tuple[Profile, Colour]) -> None:
    folder, found = checked[way]
    assert [str(issue) for issue in found.issues] == []
    assert found.contents == len(list(folder.glob("tiles/*"))) > 3


def test_every_surface_is_one_feature_and_no_triangle_is_lost(checked: Checked, source: Source) -> None:
    """Tiles are refined by adding: nothing stands in two."""
    shapes = source.surfaces.geometry[~source.surfaces.geometry.is_empty]
    rings = [ring for shape in shapes for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    parts = int(shapely.get_num_geometries(shapes.to_numpy()).sum())
    # A polygon of n corners with h holes makes n + 2 h − 2 triangles.
    triangles = sum(len(ring.coords) - 1 for ring in rings) + 2 * (len(rings) - parts) - 2 * parts
    assert {(found.features, found.triangles) for _, found in checked.values()} == {(len(shapes), triangles)}


@pytest.mark.parametrize("way", [("cesium", "none"), ("cesium", "receivers"), ("vcmap", "none")])
def test_a_feature_has_the_values_and_the_shape_of_its_surface(
    checked: Checked, source: Source, way: tuple[Profile, Colour]
) -> None:
    """Every number of every feature out of the binary, by its id, against surfaces.parquet; corners against PROJ."""
    table = geopandas.read_parquet(source.root / "surfaces.parquet").set_index("surface_id")
    features = features_of(checked[way][0])
    assert set(features) == set(table.index[~table.geometry.is_empty])
    names = [*(one.name for one in HEAD if one.kind == "number"), "building_id", "kind"]
    in_table = {"solarArea": "exposed_area_m2"}
    to = pyproj.Transformer.from_crs("EPSG:4937", "EPSG:4936")
    for surface_id, feature in features.items():
        row = table.loc[surface_id]
        for name in names:
            wanted = row[in_table.get(name, name)]
            for values in (feature.flat, feature.nested) if feature.nested else (feature.flat,):
                assert values.get(name) == (None if pd.isna(wanted) else wanted), name
        months = [feature.flat[f"globalRadMonths_{month}"] for month in range(1, 13)]
        wanted = [row[f"irradiation_kwh_m2_{month:02d}"] * row["exposed_area_m2"] for month in range(1, 13)]
        if pd.isna(row["irradiation_kwh_m2"]):
            assert months == [None] * 12
        else:
            assert months == pytest.approx(wanted, rel=1e-4, abs=1e-3)
        sides = np.diff(feature.corners, axis=1)
        area_m2 = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1).sum() / 2.0
        # the projection's scale is 0.9996 at its centre
        assert area_m2 == pytest.approx(row["area_m2"], rel=2e-3, abs=1e-3)
        ring = shapely.get_coordinates(shapely.get_rings(row.geometry), include_z=True)
        place = np.stack(to.transform(*_geodetic(source, ring)), axis=1)
        apart = np.linalg.norm(feature.corners.reshape(-1, 1, 3) - place[None], axis=2).min(axis=1)
        assert apart.max() < 0.05


def _geodetic(source: Source, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Latitude, longitude [deg] and ellipsoidal height [m] of corners; heights by the grid, looked up by hand."""
    import rasterio

    latitude, longitude = pyproj.Transformer.from_crs("EPSG:25832", "EPSG:4258").transform(place[:, 0], place[:, 1])
    with geoid_grid() as path, rasterio.open(path) as grid:
        undulation = np.array([value[0] for value in grid.sample(np.stack([longitude, latitude], axis=1))])
    return latitude, longitude, place[:, 2] + undulation


def test_a_binary_column_in_the_wrong_place_is_found(checked: Checked, tmp_path: Path) -> None:
    """The checker itself: every number of 1.0 read from where the first one stands."""
    shutil.copytree(checked["vcmap", "none"][0], tmp_path / "tiles3d")
    path = tmp_path / "tiles3d" / "tiles" / "0.b3dm"
    content = path.read_bytes()
    shifted = re.sub(rb'"byteOffset":(\d+),"componentType":"DOUBLE"', _at_the_start, content)
    assert len(shifted) == len(content) and shifted != content
    path.write_bytes(shifted)
    found = {issue.rule for issue in run_check(tmp_path / "tiles3d" / "tileset.json").issues}
    assert "batch-values" in found


def _at_the_start(found: re.Match[bytes]) -> bytes:
    return b'"byteOffset":' + b"0".rjust(len(found[1])) + b',"componentType":"DOUBLE"'


def test_gltf_validator_has_nothing_to_say(checked: Checked) -> None:
    files = sorted(path for folder, _ in checked.values() for path in folder.glob("tiles/*"))
    report: dict[Path, dict[str, Any]] = validate_gltf(files)
    assert set(report) == set(files)
    told = {file: found["messages"] for file, found in report.items() if found["errors"] or found["warnings"]}
    assert told == {}
