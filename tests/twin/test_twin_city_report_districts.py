"""Which district a shape or a pixel belongs to, against the slow and obvious way."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from twin.cells import CELL_M, Cell
from twin.cityreport import land as module
from twin.cityreport.districts import assign, read_districts
from twin.cityreport.land import land_by_district
from twin.errors import TwinError
from twin.export.cog import NODATA, Frame, Raster, write_cog
from twin.operators import CellData, Operators, Receivers, no_horizon, no_reflectors
from twin.receivers import OPEN_LAND
from twin.store import SCHEMA, Store

CRS = "EPSG:25832"


def obvious(shapes: list[shapely.Geometry], districts: list[shapely.Geometry]) -> list[int]:
    """One shape after the other, every share cut out."""
    every = shapely.union_all(districts)
    out = []
    for shape in shapes:
        shares = [shape.intersection(district).area for district in districts]
        out.append(int(np.argmax([*shares, shape.difference(every).area])))
    return out


def test_shapes_go_where_their_largest_share_lies() -> None:
    """300 random boxes over districts that leave gaps and overlap."""
    rng = np.random.default_rng(6)
    corner = rng.uniform(-10, 110, (300, 2))
    size = rng.uniform(1, 25, (300, 2))
    shapes = [shapely.box(*low, *high) for low, high in zip(corner, corner + size, strict=True)]
    districts = [
        shapely.box(0, 0, 50, 50),
        shapely.Polygon([(50, 0), (100, 0), (100, 60), (40, 45)]),
        shapely.box(0, 55, 30, 100),
        shapely.MultiPolygon([shapely.box(60, 70, 80, 100), shapely.box(85, 70, 100, 100)]),
    ]
    found = assign(np.array(shapes, object), np.array(districts, object))
    assert found.tolist() == obvious(shapes, districts)
    assert set(found.tolist()) == {0, 1, 2, 3, 4}


def test_equal_shares_go_to_the_first_and_odd_shapes_somewhere() -> None:
    districts = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)], object)
    shapes = [
        shapely.box(9, 1, 11, 2),  # half and half
        shapely.box(-3, 1, 2, 2),  # three fifths outside
        shapely.LineString([(12, 3), (14, 3)]),  # no area
        shapely.Polygon(),
        shapely.box(2, 2, 3, 3),
        shapely.force_3d(shapely.box(15, 2, 16, 3), 7.0),
    ]
    assert assign(np.array(shapes, object), districts).tolist() == [0, 2, 1, 2, 0, 1]


def test_pixels_go_to_the_first_district_that_holds_their_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STRIP_ROWS", 7)
    rng = np.random.default_rng(3)
    value = rng.uniform(600, 1200, (40, 30)).astype(np.float32)
    value[5:9, 3:20] = NODATA
    frame = Frame(40, 30, 100.0, 500.0, 2.5, CRS, "x", "kWh/m2", {})
    write_cog(frame, [(0, 0, Raster(value, 100.0, 500.0, 2.5))], tmp_path / "ground.tif")
    districts = np.array(
        [shapely.Point(130, 460).buffer(21.3), shapely.box(120.3, 405.2, 180, 470.9), shapely.box(900, 0, 910, 10)],
        object,
    )
    found = land_by_district(tmp_path / "ground.tif", districts)
    east, north = np.meshgrid(100.0 + (np.arange(30) + 0.5) * 2.5, 500.0 - (np.arange(40) + 0.5) * 2.5)
    owner = np.full(value.shape, 3)
    for index in (1, 0):
        owner[shapely.contains_xy(districts[index], east, north)] = index
    for index in range(4):
        mine = (owner == index) & (value != NODATA)
        assert found.area_m2[index] == mine.sum() * 6.25
        assert found.energy_kwh[index] == pytest.approx(value[mine].astype(float).sum() * 6.25, rel=1e-12)
    assert found.area_m2.sum() == (value != NODATA).sum() * 6.25


def test_no_raster_is_no_open_land() -> None:
    found = land_by_district(None, np.array([shapely.box(0, 0, 1, 1)], object))
    assert found.area_m2.tolist() == [0.0, 0.0] and found.energy_kwh.tolist() == [0.0, 0.0]


def test_districts_of_one_name_are_one_and_come_into_the_citys_system(tmp_path: Path) -> None:
    corners = ((8.2, 50.1), (8.2, 50.0), (8.3, 50.1))
    frame = geopandas.GeoDataFrame(
        {"bezeichnung": ["Nord", "Süd", "Nord"]},
        geometry=[shapely.box(east, north, east + 0.01, north + 0.01) for east, north in corners],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "a.geojson")
    found, read = read_districts(tmp_path / "a.geojson", CRS, "{}")
    assert (
        found["district"].tolist() == ["Nord", "Süd"] and read.column == "bezeichnung" and found.crs.to_epsg() == 25832
    )
    assert found.geometry.iloc[0].geom_type == "MultiPolygon"
    assert found.area.iloc[0] == pytest.approx(2 * found.area.iloc[1], rel=0.01)


def test_a_layer_without_polygons_or_crs_is_refused(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"name": ["x"]}, geometry=[shapely.Point(1, 2)], crs=CRS)
    frame.to_file(tmp_path / "points.gpkg")
    with pytest.raises(TwinError, match="no polygon in it – give polygons with --districts"):
        read_districts(tmp_path / "points.gpkg", CRS, "{}")
    frame = geopandas.GeoDataFrame({"name": ["x"]}, geometry=[shapely.box(0, 0, 1, 1)])
    frame.to_file(tmp_path / "a.shp")
    with pytest.raises(TwinError, match="name no CRS – give it one, for example EPSG:25832"):
        read_districts(tmp_path / "a.shp", CRS, "{}")


def test_a_polygon_that_no_map_of_the_city_holds_is_refused(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"name": ["x"]}, geometry=[shapely.box(190, 91, 191, 92)], crs="EPSG:4326")
    frame.to_file(tmp_path / "a.gpkg")
    with pytest.raises(TwinError, match="a polygon lies outside the area that EPSG:25832 serves"):
        read_districts(tmp_path / "a.gpkg", CRS, "{}")


def write_slopes(root: Path, slope: np.ndarray, cell_m: float) -> Store:
    """A job's open land over two cells: one receiver a pixel, (columns, rows) from the origin north-east."""
    store = Store.create(root, {"schema": SCHEMA, "identity": {}, "crs": {}})
    columns, rows = np.indices(slope.shape)
    east = (columns.ravel() + 0.5) * cell_m + 450.0
    north = (rows.ravel() + 0.5) * cell_m
    for cell in (Cell(0, 0), Cell(500, 0)):
        held = np.flatnonzero((east >= cell.east) & (east < cell.east + CELL_M))
        count = len(held)
        origin = np.array([cell.east + 250.0, 250.0, 100.0])
        point = np.stack([east[held], north[held], np.full(count, 103.0)], axis=1) - origin
        receivers = Receivers(
            point=point.astype(np.float32),
            normal=np.tile(np.float32([0, 0, 1]), (count, 1)),
            area_m2=(cell_m**2 / np.cos(slope.ravel()[held])).astype(np.float32),
            surface=np.full(count, OPEN_LAND, np.int32),
            covered=np.zeros(count, bool),
        )
        nothing = Operators(*(np.zeros((count, 1), np.uint64),) * 2, *(np.zeros(0, np.int64),) * 6)
        store.write_cell(cell, CellData(receivers, nothing, origin, no_reflectors(2), no_horizon()))
    return store


def test_energy_of_sloping_land_is_that_of_its_slope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Value per m² of slope times the slope's area, pixel by pixel; areas stay those of the map."""
    monkeypatch.setattr(module, "STRIP_ROWS", 13)
    rng = np.random.default_rng(9)
    cell_m, slope = 2.5, rng.uniform(0.0, 0.6, (40, 30))
    store = write_slopes(tmp_path / "store", slope, cell_m)
    value = rng.uniform(600, 1200, (30, 40)).astype(np.float32)  # north up
    value[3:6, 7:30] = NODATA
    frame = Frame(30, 40, 450.0, 30 * cell_m, cell_m, CRS, "x", "kWh/m2", {})
    write_cog(frame, [(0, 0, Raster(value, 450.0, 30 * cell_m, cell_m))], tmp_path / "ground.tif")
    west = shapely.box(450, 0, 450 + 16 * cell_m, 75)
    found = land_by_district(tmp_path / "ground.tif", np.array([west], object), store)
    steep = slope.T[::-1]
    known = value != NODATA
    energy = np.where(known, value.astype(float) * cell_m**2 / np.cos(steep), 0.0)
    assert found.energy_kwh == pytest.approx([energy[:, :16].sum(), energy[:, 16:].sum()], rel=1e-7)
    assert found.area_m2.tolist() == [known[:, :16].sum() * 6.25, known[:, 16:].sum() * 6.25]
    level = land_by_district(tmp_path / "ground.tif", np.array([west], object))
    assert 1.02 < found.energy_kwh.sum() / level.energy_kwh.sum() < 1.1
