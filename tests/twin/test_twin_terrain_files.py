"""Every format gives the same ground; every broken file is one clear error that names it."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from oracles.hills import (
    GROUND_SOUTH,
    GROUND_WEST,
    asc_text,
    heights,
    landxml_text,
    relief_text,
    write_geotiff,
    xyz_text,
)

from io_citygml.crs import parse_crs
from twin.errors import TwinError
from twin.terrain.grid import NODATA_REMEDY, Grid
from twin.terrain.ground import Terrain, build_terrain
from twin.terrain.inspection import inspect_terrain, lines
from twin.terrain.read import read_terrain
from twin.terrain.relief import terrain_beside
from twin.terrain.source import expand
from twin.terrain.tin import Tin
from twin.terrain.words import terrain_lines

CITY = parse_crs("EPSG:25832+7837")
Z = np.round(heights(60, 50, 1.0), 3)
PLACE = (GROUND_WEST, GROUND_SOUTH, 1.0)
LOW, HIGH = np.array([[GROUND_WEST, GROUND_SOUTH]]), np.array([[GROUND_WEST + 59, GROUND_SOUTH + 49]])


def mesh() -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(GROUND_WEST + np.arange(60), GROUND_SOUTH + np.arange(50))
    index = np.arange(3000).reshape(50, 60)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    triangle = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return np.column_stack([x.ravel(), y.ravel(), Z.ravel()]), triangle


def text(name: str, content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(content, encoding="utf-8")
        return folder / name

    return write


def packed(name: str, content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        if name.endswith(".gz"):
            (folder / name).write_bytes(gzip.compress(content.encode()))
        else:
            with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("Lieferung/kachel.xyz", content)
                archive.writestr("Lieferung/Liesmich.html", "<html></html>")
        return folder / name

    return write


def zipped_tiff(folder: Path) -> Path:
    write_geotiff(folder / "tile.tif", Z)
    with zipfile.ZipFile(folder / "t.zip", "w") as archive:
        archive.write(folder / "tile.tif", "in/tile.tif")
    return folder / "t.zip"


FORMATS: dict[str, Callable[[Path], Path]] = {
    "areas": lambda folder: write_geotiff(folder / "t.tif", Z),
    "points": lambda folder: write_geotiff(folder / "t.tif", Z, point=True),
    "compound": lambda folder: write_geotiff(folder / "t.tif", Z, crs="EPSG:25832+7837"),
    "zone tif": lambda folder: write_geotiff(folder / "t.tif", Z, west=32e6 + GROUND_WEST, crs="EPSG:4647"),
    "no crs": lambda folder: write_geotiff(folder / "t.tif", Z, crs=None),
    "tif in zip": zipped_tiff,
    "asc corner": text("t.asc", asc_text(Z, *PLACE)),
    "asc center": text("t.asc", asc_text(Z, *PLACE, center=True)),
    "asc comma": text("t.asc", asc_text(Z, *PLACE).replace(".", ",")),
    "asc gz": packed("t.asc.gz", asc_text(Z, *PLACE)),
    "xyz blank": text("t.xyz", xyz_text(Z, *PLACE)),
    "xyz tab": text("t.txt", xyz_text(Z, *PLACE, separator="\t")),
    "xyz comma": text("t.csv", "x,y,z\n" + xyz_text(Z, *PLACE, separator=",")),
    "xyz semicolon": text(
        "t.xyz", "# DGM1\nHochwert;Rechtswert;Höhe\n" + xyz_text(Z.T, *PLACE[1::-1], 1.0, separator=";")
    ),
    "xyz german": text("t.xyz", xyz_text(Z, *PLACE, separator="  ", decimal=",")),
    "xyz zone": text("t.xyz", xyz_text(Z, 32e6 + GROUND_WEST, GROUND_SOUTH, 1.0)),
    "xyz gz": packed("t.xyz.gz", xyz_text(Z, *PLACE)),
    "xyz zip": packed("t.zip", xyz_text(Z, *PLACE)),
}


def ground(path: Path, bound_m: float = 0.05) -> Terrain:
    return build_terrain([path], CITY, LOW, HIGH, bound_m)


@pytest.mark.parametrize("name", FORMATS)
def test_formats_agree(name: str, tmp_path: Path) -> None:
    found = read_terrain(expand([FORMATS[name](tmp_path)]), CITY, LOW, HIGH)
    (grid,) = found.grids
    assert isinstance(grid, Grid)
    np.testing.assert_allclose(grid.lattice[:4], (GROUND_WEST, GROUND_SOUTH, 1.0, 1.0), atol=1e-6)
    np.testing.assert_allclose(grid.read(0, 50, 0, 60), Z, atol=1e-4)
    np.testing.assert_allclose(grid.read(7, 2, 3, 5), Z[7:9, 3:8], atol=1e-4)
    assert ("zone 32" in found.files[0].note) == ("zone" in name)
    built = ground(found.files[0].source.path)
    x, y = np.meshgrid(GROUND_WEST + np.arange(60), GROUND_SOUTH + np.arange(50))
    off = built.surface.height(np.column_stack([x.ravel(), y.ravel()])) - Z.ravel()
    assert np.abs(off).max() <= 0.05 + 1e-4 and built.facts["largest_error_m"] <= 0.05


@pytest.mark.parametrize("unit", ["meter", "foot", "millimeter"])
def test_landxml(unit: str, tmp_path: Path) -> None:
    size = {"meter": 1.0, "foot": 0.3048, "millimeter": 0.001}[unit]
    vertex, triangle = mesh()
    path = tmp_path / "t.xml"
    path.write_text(landxml_text(vertex / size, triangle, unit, "25832"), encoding="utf-8")
    built = ground(path)
    assert built.facts["triangles"] == 5782 and built.facts["files"][0]["crs"] == "EPSG:25832"
    np.testing.assert_allclose(
        built.surface.height(vertex[:, :2] + [1e-3, 1e-3])[:-60:61], Z.ravel()[:-60:61], atol=0.02
    )


def test_citygml_relief(tmp_path: Path) -> None:
    vertex, triangle = mesh()
    path = tmp_path / "t.gml"
    path.write_text(relief_text(vertex, triangle[:400]), encoding="utf-8")
    built = ground(path)
    assert built.facts["triangles"] == 400 and built.facts["area_m2"] == pytest.approx(200.0)
    corner = vertex[triangle[:400]].mean(axis=1)
    np.testing.assert_allclose(built.surface.height(corner[:, :2]), corner[:, 2], atol=1e-6)
    path.write_text(relief_text(vertex, triangle[:400], crs="EPSG:25833"), encoding="utf-8")
    with pytest.raises(TwinError, match="no terrain within"):  # six degrees to the east
        ground(path)


def test_a_relief_of_another_zone_is_transformed(tmp_path: Path) -> None:
    import pyproj

    vertex, triangle = mesh()
    east, north = pyproj.Transformer.from_crs(25832, 25831).transform(vertex[:, 0], vertex[:, 1])
    path = tmp_path / "zone.gml"
    there = np.column_stack([east, north, vertex[:, 2]])
    path.write_text(relief_text(there, triangle[:400], crs="EPSG:25831"), encoding="utf-8")
    corner = vertex[triangle[:400]].mean(axis=1)
    np.testing.assert_allclose(ground(path).surface.height(corner[:, :2]), corner[:, 2], atol=0.005)


def test_scattered_points_are_triangulated(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    point = random.uniform(0, 50, (400, 2)) + [GROUND_WEST, GROUND_SOUTH]
    rows = "".join(f"{x:.3f} {y:.3f} {100 + 0.1 * (x - GROUND_WEST):.3f}\n" for x, y in point)
    path = text("t.xyz", rows)(tmp_path)
    found = read_terrain(expand([path]), CITY, LOW, HIGH)
    assert isinstance(found.tins[0], Tin)
    height = ground(path).surface.height(np.array([[GROUND_WEST + 25, GROUND_SOUTH + 25.0]]))
    assert height[0] == pytest.approx(102.5, abs=0.01)


def cut(folder: Path) -> Path:
    path = write_geotiff(folder / "t.tif", np.random.default_rng(0).normal(100, 9, (300, 300)))
    path.write_bytes(path.read_bytes()[:200_000])
    return path


def folder_of_junk(folder: Path) -> Path:
    (folder / "d").mkdir()
    (folder / "d" / "Liesmich.html").write_text("<html></html>", encoding="utf-8")
    return folder / "d"


def three_bands(folder: Path) -> Path:
    import rasterio

    with rasterio.open(folder / "t.tif", "w", driver="GTiff", width=4, height=4, count=3, dtype="uint8") as raster:
        raster.write(np.zeros((3, 4, 4), np.uint8))
    return folder / "t.tif"


def rotated(folder: Path) -> Path:
    import rasterio
    from affine import Affine

    transform = Affine(1.0, 0.5, GROUND_WEST, 0.5, -1.0, GROUND_SOUTH)
    profile = {"driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "float32", "transform": transform}
    with rasterio.open(folder / "t.tif", "w", **profile) as raster:
        raster.write(np.zeros((1, 4, 4), np.float32))
    return folder / "t.tif"


def broken_zip(folder: Path) -> Path:
    path = packed("t.zip", xyz_text(Z, *PLACE))(folder)
    path.write_bytes(path.read_bytes()[:-100])
    return path


def cut_gzip(folder: Path) -> Path:
    path = packed("t.xyz.gz", xyz_text(np.random.default_rng(0).normal(100, 9, (90, 90)), *PLACE))(folder)
    path.write_bytes(path.read_bytes()[:-100])
    return path


def with_prj(folder: Path) -> Path:
    from rasterio.crs import CRS

    (folder / "t.prj").write_text(CRS.from_epsg(25833).to_wkt(), encoding="utf-8")
    return text("t.asc", asc_text(Z, *PLACE))(folder)


def endless_line(folder: Path) -> Path:
    with gzip.open(folder / "t.xyz.gz", "wb") as file:
        file.write(b"364380 5650040 100\n")
        for _ in range(70):
            file.write(b" " * (1 << 20))
    path = folder / "t.xyz"  # unpacked, for packed it is a bomb before it is a line
    path.write_bytes(gzip.decompress((folder / "t.xyz.gz").read_bytes()))
    return path


BROKEN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "none.tif", "no such file"),
    "empty": (text("t.tif", ""), "empty"),
    "html": (text("t.tif", "<!DOCTYPE html><html><body>404</body></html>"), "HTML"),
    "cut tif": (cut, "damaged"),
    "tif magic only": (lambda f: (f / "t.tif").write_bytes(b"II*\x00abc") and f / "t.tif", "not a readable GeoTIFF"),
    "bands": (three_bands, "3 bands"),
    "rotated": (rotated, "rows do not run east"),
    "other crs": (lambda folder: write_geotiff(folder / "t.tif", Z, crs="EPSG:25833"), "gdalwarp -t_srs EPSG:25832"),
    "other heights": (lambda folder: write_geotiff(folder / "t.tif", Z, crs="EPSG:25832+5709"), "EPSG:5709"),
    "degrees": (
        lambda folder: write_geotiff(folder / "t.tif", Z, west=7, south=51, step=1e-5, crs="EPSG:4326"),
        "4326",
    ),
    "other zone": (text("t.xyz", xyz_text(Z, 33e6 + GROUND_WEST, GROUND_SOUTH, 1.0)), "eastings of zone 33"),
    "other prj": (with_prj, "EPSG:25833"),
    "elsewhere": (lambda folder: write_geotiff(folder / "t.tif", Z, west=700_000.0), "no terrain within"),
    "nothing but gaps": (lambda folder: write_geotiff(folder / "t.tif", np.full((9, 9), np.nan)), "nothing but nodata"),
    "asc of gaps": (text("t.asc", asc_text(np.full((50, 60), -9999.0), *PLACE)), "nothing but nodata"),
    "xyz of gaps": (text("t.xyz", xyz_text(np.full((50, 60), -9999.0), *PLACE)), "nothing but nodata"),
    "asc short": (text("t.asc", asc_text(Z, *PLACE)[:-400]), "of 3,000 heights"),
    "asc long": (text("t.asc", asc_text(Z, *PLACE) + "1 2 3"), "more heights"),
    "asc word": (text("t.asc", asc_text(Z, *PLACE).rsplit(" ", 1)[0] + " abc"), "'abc'"),
    "asc head": (text("t.asc", asc_text(Z, *PLACE).replace("ncols 60", "ncols many")), "ncols is 'many'"),
    "asc no place": (text("t.asc", asc_text(Z, *PLACE).replace("xllcorner", "XLL")), "neither xllcorner"),
    "asc huge": (text("t.asc", asc_text(Z, *PLACE).replace("ncols 60", "ncols 900000000")), "too many for text"),
    "xyz word": (text("t.xyz", xyz_text(Z, *PLACE) + "364400 5650100 tief\n"), "line 3001"),
    "xyz two": (text("t.xyz", xyz_text(Z, *PLACE) + "364400 5650100\n"), "line 3001"),
    "xyz nan": (text("t.xyz", xyz_text(Z, *PLACE) + "nan 5650100 3\n"), "line 3001"),
    "xyz line": (text("t.xyz", "".join(f"{GROUND_WEST + i} {GROUND_SOUTH} 3\n" for i in range(9))), "one line"),
    "letter": (text("t.txt", "Sehr geehrte Damen und Herren,\n"), "three numbers"),
    "binary": (
        lambda folder: (folder / "t.xyz").write_bytes(bytes(range(256))) and folder / "t.xyz",
        "neither an image",
    ),
    "junk folder": (folder_of_junk, "holds no terrain"),
    "zip": (broken_zip, "damaged"),
    "gzip": (cut_gzip, "damaged or cut off"),
    "bomb": (endless_line, "more than 64 MB"),
    "geojson": (text("t.json", '{"type": "FeatureCollection"}'), "JSON, not a terrain"),
    "xml": (text("t.xml", "<gpx></gpx>"), "XML of <gpx>"),
    "landxml cut": (text("t.xml", landxml_text(*mesh())[:-200]), "not well-formed"),
    "landxml word": (text("t.xml", landxml_text(*mesh()).replace('<P id="7">', '<P id="7">x ')), "point 7"),
    "landxml face": (text("t.xml", landxml_text(*mesh()).replace("<F>1 2", "<F>1 9999")), "three points"),
    "landxml unit": (text("t.xml", landxml_text(*mesh(), unit="furlong")), "furlong"),
    "landxml none": (text("t.xml", landxml_text(mesh()[0], mesh()[1][:0])), "no surface with faces"),
    "landxml doctype": (
        text("t.xml", "<!DOCTYPE LandXML [<!ENTITY a 'b'>]>" + landxml_text(*mesh()).split("?>")[1]),
        "DOCTYPE",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_one_clear_error(name: str, tmp_path: Path) -> None:
    write, words = BROKEN[name]
    path = write(tmp_path)
    with pytest.raises(TwinError) as raised:
        ground(path)
    message = str(raised.value)
    assert words in message and path.name in message and "\n" not in message
    assert raised.value.remedy


@pytest.mark.parametrize("name", ["nothing but gaps", "asc of gaps", "xyz of gaps"])
def test_what_lies_here_but_is_nodata_has_another_remedy_than_what_lies_elsewhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(TwinError) as raised:
        ground(BROKEN[name][0](tmp_path))
    assert raised.value.remedy == NODATA_REMEDY and "tiles of this place" not in raised.value.remedy
    with pytest.raises(TwinError, match="name the tiles of this place"):
        ground(write_geotiff(tmp_path / "far.tif", np.full((9, 9), np.nan), west=700_000.0))


def test_a_broken_tile_of_a_mosaic_is_named(tmp_path: Path) -> None:
    write_geotiff(tmp_path / "a.tif", Z)
    (tmp_path / "b.tif").write_bytes(b"II*\x00 nothing")
    with pytest.raises(TwinError, match=r"b\.tif"):
        ground(tmp_path)


def test_grids_and_tins_do_not_mix(tmp_path: Path) -> None:
    write_geotiff(tmp_path / "a.tif", Z)
    (tmp_path / "b.xml").write_text(landxml_text(*mesh()), encoding="utf-8")
    with pytest.raises(TwinError, match="either grids or TINs"):
        ground(tmp_path)


def test_inspection_says_what_is_there(tmp_path: Path) -> None:
    path = text("t.asc", asc_text(Z, *PLACE))(tmp_path)
    said = "\n".join(lines(inspect_terrain([path], None)))
    assert "ESRI ASCII grid" in said and "names no CRS" in said and "3,000 of 1 × 1 m" in said
    tif = write_geotiff(tmp_path / "t.tif", Z)
    assert inspect_terrain([tif], "EPSG:25832")["terrain_files"][0]["crs"] == "EPSG:25832"
    with pytest.raises(TwinError, match="25833"):
        inspect_terrain([tif], "EPSG:25833")


@pytest.mark.shared
def test_shared_terrains_are_what_the_manifest_says(shared_data: Path) -> None:
    small = shared_data / "terrain" / "small"
    xyz = inspect_terrain([small / "ElevationGrid.txt"], None)["terrain"]
    assert xyz["samples"] == 2040 and xyz["low_m"] == pytest.approx([679174, 5403179, 364.17])
    assert xyz["high_m"] == pytest.approx([679259, 5403225, 367.27])
    tin = inspect_terrain([small / "tin-example.gml"], None)["terrain"]
    assert tin["low_m"] == [659762.0, 191310.0, 469.229] and tin["high_m"] == [663110.0, 193916.0, 669.231]
    assert tin["triangles"] == 19  # of 20, one without area
    dgm = inspect_terrain([shared_data / "terrain" / "dgm1_munich" / "690_5335.tif"], None)["terrain"]
    assert dgm["samples"] == 1_000_000 and dgm["missing_m2"] == 0
    assert (dgm["lowest_m"], dgm["highest_m"]) == pytest.approx((510.34, 523.42), abs=0.005)
    land = build_terrain(
        [small / "DGM_LandXML.xml"], CITY, np.array([[685600.0, 5646500.0]]), np.array([[685700.0, 5646600.0]]), 0.15
    )
    assert land.facts["area_m2"] == pytest.approx(6806.0, abs=0.1)  # area2DSurf of the file itself


def test_folders_are_searched_to_the_bottom_and_patterns_expanded(tmp_path: Path) -> None:
    below = tmp_path / "Lieferung" / "Süd"
    below.mkdir(parents=True)
    grid = xyz_text(Z, *PLACE)
    for name in ("a.xyz", "b.xyz"):
        (below / name).write_text(grid, encoding="utf-8")
    (below / "info.pdf").write_bytes(b"%PDF-1.4")
    named = [below / "a.xyz", below / "b.xyz"]
    assert [source.path for source in expand([tmp_path]).sources] == named
    assert [source.path for source in expand([below / "*.xyz"]).sources] == named
    with pytest.raises(TwinError, match="no file fits this pattern"):
        expand([below / "*.asc"])


def test_an_xyz_with_fewer_columns_than_its_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.xyz"
    path.write_text("x;y;class;z\n" + "".join(f"691762;533600{i};500\n" for i in range(6)), encoding="utf-8")
    with pytest.raises(TwinError, match=r"short\.xyz"):
        read_terrain(expand([path]), CITY, LOW, HIGH)


def test_terrain_that_lies_unused_beside_the_city_is_named(tmp_path: Path) -> None:
    (tmp_path / "dgm").mkdir()
    (tmp_path / "dgm" / "1.XYZ.gz").write_bytes(gzip.compress(xyz_text(Z, *PLACE).encode()))
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "result" / "ground.tif").write_bytes(b"II*")
    assert terrain_beside([tmp_path, tmp_path / "dgm" / "1.XYZ.gz"]) == ["1.XYZ.gz"]
    said = terrain_lines({"none": "no terrain", "relief_in_city_files": 0, "beside_city_files": ["1.XYZ.gz"]})
    assert said == ["no terrain; 1.XYZ.gz in the city's folder: name the folder with --terrain too"]


@pytest.mark.parametrize("east", ["1e308", "-1e308", "1e30"])
def test_a_giant_coordinate_in_an_xyz_is_one_clear_error(tmp_path: Path, east: str) -> None:
    lines = xyz_text(Z, *PLACE).splitlines()
    lines[7] = " ".join([east, *lines[7].split()[1:]])
    path = tmp_path / "giant.xyz"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(TwinError, match=r"giant\.xyz"):
        read_terrain(expand([path]), CITY, LOW, HIGH)
