"""Files of footprints: which coordinate system they are in, and what is wrong with bad ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import shapely
from oracles.plans import CRS, DATA, X, Y, read, rectangle, write

from io_citygml.crs import to_geographic
from twin.errors import TwinError


def test_geojson_is_wgs_84(tmp_path: Path) -> None:
    place = np.asarray(rectangle().exterior.coords)
    latitude_deg, longitude_deg = to_geographic(CRS, place[:, 0], place[:, 1])
    outline = shapely.Polygon(np.column_stack([longitude_deg, latitude_deg]))
    plan = read(write(tmp_path / "wgs.geojson", [outline], [{"height": 10}], crs=None))
    assert plan.facts["crs"] == ("EPSG:4326 (WGS 84), as GeoJSON is (RFC 7946); transformed to EPSG:25832, to 1 m")
    assert (plan.facts["easting"], plan.facts["northing"]) == pytest.approx((X + 10.0, Y + 5.0), abs=0.01)
    assert plan.facts["footprint_m2"] == pytest.approx(200.0, abs=0.1)
    swapped = shapely.Polygon(np.column_stack([latitude_deg, longitude_deg]))
    with pytest.raises(TwinError, match=r"lies \d+\.\d km from the city's buildings.*order of its axes"):
        read(write(tmp_path / "swapped.geojson", [swapped], [{"height": 10}], crs=None))


def test_geojson_in_metres_without_crs_is_asked_for_it(tmp_path: Path) -> None:
    path = write(tmp_path / "metres.geojson", [rectangle()], [{"height": 10}], crs=None)
    with pytest.raises(TwinError, match=r"GeoJSON is in degrees \(RFC 7946\).*--plan-crs EPSG:25832"):
        read(path)
    assert read(path, crs="EPSG:25832").facts["crs"].endswith("named by --plan-crs")


def test_another_zone_is_transformed_and_another_datum_refused(tmp_path: Path) -> None:
    import geopandas

    moved = geopandas.GeoSeries([rectangle()], crs=25832).to_crs(25833)
    plan = read(write(tmp_path / "z33.geojson", list(moved), [{"height": 10}], crs=25833))
    assert (plan.facts["easting"], plan.facts["northing"]) == pytest.approx((X + 10.0, Y + 5.0), abs=0.01)
    with pytest.raises(TwinError, match=r"joined to 3 m only.*NTv2"):
        read(write(tmp_path / "gk.geojson", [rectangle()], [{"height": 10}], crs=31467))


def test_a_zone_before_the_easting_is_taken_off(tmp_path: Path) -> None:
    path = write(tmp_path / "z.geojson", [shapely.affinity.translate(rectangle(), 32e6)], [{"height": 10}], crs=4647)
    assert read(path).facts["easting"] == X + 10.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("{", "not readable as JSON"),
        ('{"type": "Topology"}', "JSON of the type 'Topology', no GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', r"no polygon in it \(no feature at all\)"),
        ('{"type": "Point", "coordinates": [7, 51]}', r"no polygon in it \(1 × Point, no polygon\)"),
        ('{"type": "Feature", "geometry": null, "properties": {}}', r"no polygon in it \(1 × without geometry\)"),
        ('{"type": "Polygon", "coordinates": [[[7, 51], [NaN, 51], [7, 52], [7, 51]]]}', "a coordinate is no number"),
        ('{"type": "Polygon", "coordinates": [[["a", 1]]]}', "feature 1 has no readable geometry"),
        ('{"type": "Polygon", "crs": null, "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}', "does not say its coordinate"),
        ("[1]", "no GeoJSON"),
    ],
)
def test_bad_geojson_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TwinError, match=words):
        read(path, height_m=10.0)


def test_wkt(tmp_path: Path) -> None:
    path = tmp_path / "plan.wkt"
    path.write_text(f"# two\n{rectangle().wkt}\n{shapely.affinity.translate(rectangle(), 50).wkt}\n", encoding="utf-8")
    plan = read(path, crs="EPSG:25832", height_m=8.0)
    assert len(plan.model.objects) == 2 and plan.facts["format"] == "WKT"
    with pytest.raises(TwinError, match="does not say its coordinate system – name it with --plan-crs"):
        read(path, height_m=8.0)
    path.write_text(f"SRID=25832;{rectangle().wkt}", encoding="utf-8")
    assert read(path, height_m=8.0).facts["crs"].endswith("named by the file")
    path.write_text("POLYGON ((1 2, 3", encoding="utf-8")
    with pytest.raises(TwinError, match="not readable as WKT"):
        read(path, height_m=8.0)


@pytest.mark.parametrize("name", ["tower.gpkg", "tower.shp", "tower_shp.zip", "tower.geojson"])
def test_tables_of_real_tools(name: str) -> None:
    plan = read(DATA / name)
    assert plan.facts["height_m"] == 45.0 and plan.facts["footprint_m2"] == pytest.approx(400.0)
    assert plan.facts["crs"] == "EPSG:25832 (ETRS89 / UTM zone 32N), named by the file"
    assert plan.facts["closed"]


def test_tables_that_leave_something_open(tmp_path: Path) -> None:
    import geopandas

    frame = geopandas.read_file(DATA / "tower.gpkg")
    several = tmp_path / "two.gpkg"
    frame.to_file(several, layer="one")
    frame.to_file(several, layer="two", mode="a")
    with pytest.raises(TwinError, match=r"several layers with polygons \(one, two\)"):
        read(several)
    shutil.copy(DATA / "tower.shp", tmp_path / "open.shp")
    with pytest.raises(TwinError, match=r"a Shapefile needs .shp, .shx, .dbf"):
        read(tmp_path / "open.shp")
    for suffix in ("shx", "dbf"):
        shutil.copy(DATA / f"tower.{suffix}", tmp_path / f"open.{suffix}")
    with pytest.raises(TwinError, match=r"open\.shp: the file does not say its coordinate system"):
        read(tmp_path / "open.shp")
    assert read(tmp_path / "open.shp", crs="EPSG:25832").facts["height_m"] == 45.0
    geopandas.GeoDataFrame(geometry=frame.centroid, crs=frame.crs).to_file(tmp_path / "points.gpkg")
    with pytest.raises(TwinError, match="no layer with polygons"):
        read(tmp_path / "points.gpkg")
