"""A folder or archive that holds terrain and all else that lies about: what is no terrain is passed over and named."""

from __future__ import annotations

import gzip
import zipfile
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
from twin.inspection_inputs import TERRAIN, kind_of
from twin.inspection_run import Wanted, inspect_all
from twin.terrain import geotiff
from twin.terrain.ground import Terrain, build_terrain
from twin.terrain.inspection import inspect_terrain, lines
from twin.terrain.layout import columns_of_points
from twin.terrain.source import expand
from twin.terrain.words import facts_lines

CITY = parse_crs("EPSG:25832+7837")
Z = np.round(heights(60, 50, 1.0), 3)
PLACE = (GROUND_WEST, GROUND_SOUTH, 1.0)
LOW, HIGH = np.array([[GROUND_WEST, GROUND_SOUTH]]), np.array([[GROUND_WEST + 59, GROUND_SOUTH + 49]])
CITYGML = '<?xml version="1.0"?><!-- <LandXML> --><core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0"/>'
# What a delivery holds beside its tiles; none may end a job.
OTHERS = {
    "LoD2.gml": CITYGML,
    "LoD2.xml": CITYGML,
    "town.json": '{"type": "CityJSON", "version": "2.0", "CityObjects": {}, "vertices": []}',
    "plan.json": '{"type": "FeatureCollection"}',
    "meta.xml": "<gmd:MD_Metadata xmlns:gmd='http://www.isotc211.org/2005/gmd'/>",
    "index.csv": "dgm1_32_356_5655;1;2021;0.5;25832\ndgm1_32_357_5655;1;2021;0.5;25832\n",
    "index2.csv": "kachel;stand;lage\n356;2021;5655;1;7\n357;2021;5655;1;7\n",
    "weather.csv": "time,ghi,dhi\n2024-01-01T00:00,0,0\n2024-01-01T01:00,0,0\n",
    "Liesmich.txt": "Sehr geehrte Damen und Herren,\nanbei 3 Kacheln.\n",
    "line.xyz": "".join(f"{GROUND_WEST + i} {GROUND_SOUTH} 3\n" for i in range(9)),
    "three.xyz": f"{GROUND_WEST} {GROUND_SOUTH} -9999\n{GROUND_WEST + 1} {GROUND_SOUTH} 5\n",
}


def ground(path: Path) -> Terrain:
    return build_terrain([path], CITY, LOW, HIGH, 0.05)


def names(passed_over: list[str]) -> set[str]:
    return {name for name in (*OTHERS, "image.tif") if any(name in text for text in passed_over)}


def delivery(folder: Path) -> Path:
    import rasterio

    folder.mkdir()
    (folder / "tile.asc").write_text(asc_text(Z, *PLACE), encoding="utf-8")
    for name, content in OTHERS.items():
        (folder / name).write_text(content, encoding="utf-8")
    with rasterio.open(folder / "image.tif", "w", driver="GTiff", width=4, height=4, count=3, dtype="uint8") as image:
        image.write(np.zeros((3, 4, 4), np.uint8))
    return folder


def test_a_folder_holds_terrain_and_all_else(tmp_path: Path) -> None:
    built = ground(delivery(tmp_path / "d"))
    assert [entry["name"] for entry in built.facts["files"]] == ["tile.asc"]
    assert names(built.facts["passed_over"]) == {*OTHERS, "image.tif"} and str(tmp_path) not in str(built.facts)
    assert any(
        line.startswith("not terrain, passed over") and "and 9 more" in line for line in facts_lines(built.facts)
    )
    alone = ground(tmp_path / "d" / "tile.asc")
    np.testing.assert_array_equal(built.surface.vertex, alone.surface.vertex)


def test_an_archive_holds_terrain_and_all_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for file in sorted(delivery(tmp_path / "d").iterdir()):
            archive.write(file, f"Lieferung/{file.name}")
    for path in (tmp_path / "d.zip", tmp_path):
        built = ground(path)
        assert "d.zip: Lieferung/tile.asc" in [entry["name"] for entry in built.facts["files"]]
        assert names(built.facts["passed_over"]) == {*OTHERS, "image.tif"}
    (tmp_path / "d" / "tile.asc").unlink()
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("Liesmich.txt", OTHERS["Liesmich.txt"])
    with pytest.raises(TwinError, match="no terrain among its files"):
        ground(tmp_path / "e.zip")


@pytest.mark.parametrize("name", ["LoD2.gml", "index.csv", "weather.csv", "line.xyz", "meta.xml"])
def test_what_is_named_must_be_terrain(name: str, tmp_path: Path) -> None:
    path = delivery(tmp_path / "d") / name
    with pytest.raises(TwinError, match=name) as raised:
        ground(path)
    assert raised.value.remedy


def test_a_folder_without_any(tmp_path: Path) -> None:
    folder = delivery(tmp_path / "d")
    (folder / "tile.asc").unlink()
    with pytest.raises(TwinError, match=r"no terrain among the files .*passed over: .*Liesmich.txt.* and 9 more"):
        ground(folder)


def test_a_damaged_tile_of_a_folder_is_an_error(tmp_path: Path) -> None:
    folder = delivery(tmp_path / "d")
    torn = xyz_text(Z, *PLACE).splitlines()
    (folder / "torn.xyz").write_text(
        "\n".join([torn[0], f"{torn[1]} tief".replace(" ", "x"), *torn[2:]]), encoding="utf-8"
    )
    with pytest.raises(TwinError, match=r"torn\.xyz: line 2"):
        ground(folder)


def test_inspect_and_solar_tell_the_same(tmp_path: Path) -> None:
    folder = delivery(tmp_path / "d")
    terrain = {source.path.name for source in expand([folder]).sources if source.kind != "CityGML TIN"}
    assert terrain == {path.name for path in folder.iterdir() if kind_of(path) == TERRAIN}
    (folder / "wall.xyz").write_text(xyz_text(Z, *PLACE), encoding="utf-8")
    outcome = inspect_all([folder], "EPSG:25832", Wanted((), None, "en"))
    assert {Path(file["file"]).name for file in outcome.found["terrain_files"]} == {"tile.asc", "wall.xyz"}
    assert any("weather.csv" in problem for problem in outcome.failed)  # two rows are no year


def test_a_city_model_with_relief_in_a_folder_is_terrain(tmp_path: Path) -> None:
    vertex, triangle = mesh()
    relief = relief_text(vertex, triangle[:400])
    (tmp_path / "a.gml").write_text(relief, encoding="utf-8")
    with gzip.open(tmp_path / "b.gml.gz", "wt", encoding="utf-8") as file:
        file.write(CITYGML)
    built = ground(tmp_path)
    assert built.facts["triangles"] == 400 and [p.split(":")[0] for p in built.facts["passed_over"]] == ["b.gml.gz"]


def mesh(shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(GROUND_WEST + shift + np.arange(60), GROUND_SOUTH + np.arange(50))
    index = np.arange(3000).reshape(50, 60)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    triangle = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return np.column_stack([x.ravel(), y.ravel(), Z.ravel()]), triangle


def test_grids_and_tins_are_inspected_apart(tmp_path: Path) -> None:
    write_geotiff(tmp_path / "a.tif", Z)
    (tmp_path / "b.xml").write_text(landxml_text(*mesh()), encoding="utf-8")
    found = inspect_terrain([tmp_path], None)
    assert found["terrain"]["samples"] == 3000 and found["terrain_tins"]["triangles"] == 5782
    said = "\n".join(lines(found))
    assert "either these or the grids" in said and "b.xml" in said
    with pytest.raises(TwinError, match="either grids or TINs"):
        ground(tmp_path)


@pytest.mark.shared
def test_the_shared_folder_of_three_formats(shared_data: Path) -> None:
    found = inspect_terrain([shared_data / "terrain" / "small"], None)
    assert [file["format"] for file in found["terrain_files"]] == ["LandXML", "XYZ", "CityGML TIN"]
    assert found["terrain"]["samples"] == 2040 and found["terrain_tins"]["triangles"] == 322 + 19


def two_surfaces(shift: float, reverse: bool = False) -> str:
    one, two = landxml_text(*mesh()), landxml_text(*mesh(shift))
    first, second = (text[text.index("<Surface ") : text.index("</Surface>") + 10] for text in (one, two))
    both = [first.replace("name=", "name='Bestand' old=", 1), second.replace("name=", "name='Planung' old=", 1)]
    return one.replace(first, "".join(both[::-1] if reverse else both))


@pytest.mark.parametrize("reverse", [False, True])
def test_surfaces_one_above_the_other_are_refused_by_name(reverse: bool, tmp_path: Path) -> None:
    (tmp_path / "plan.xml").write_text(two_surfaces(30.0, reverse), encoding="utf-8")
    with pytest.raises(TwinError, match=r"'Bestand'.*'Planung'|'Planung'.*'Bestand'") as raised:
        ground(tmp_path / "plan.xml")
    assert "only the one" in raised.value.remedy


def test_surfaces_side_by_side_are_one_ground(tmp_path: Path) -> None:
    (tmp_path / "plan.xml").write_text(two_surfaces(59.0), encoding="utf-8")
    built = ground(tmp_path / "plan.xml")
    assert built.facts["triangles"] == 2 * 5782 and built.facts["area_m2"] == pytest.approx(2 * 59 * 49)


def test_a_prj_that_is_not_understood_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.asc.gz").write_bytes(gzip.compress(asc_text(Z, *PLACE).encode()))
    (tmp_path / "t.prj").write_text("Projection  GAUSS-KRUEGER\nZone 3\n", encoding="utf-8")
    (entry,) = ground(tmp_path).facts["files"]
    assert entry["crs"].startswith("not named") and "t.prj beside it is not understood" in entry["note"]
    (tmp_path / "t.prj").write_text("EPSG:25833", encoding="utf-8")
    with pytest.raises(TwinError, match=r"25833.*gdalwarp"):
        ground(tmp_path)


def tile_in(folder: Path, kind: str) -> tuple[str, bytes]:
    """Name and content of a tile that names no system itself."""
    if kind == "tif":
        return "tiles/t.tif", write_geotiff(folder / "t.tif", Z, crs=None).read_bytes()
    text = asc_text(Z, *PLACE) if kind == "asc" else xyz_text(Z, *PLACE)
    return f"tiles/t.{kind}", text.encode()


@pytest.mark.parametrize("kind", ["asc", "xyz", "tif"])
@pytest.mark.parametrize("prj", ["tiles/t.prj", "tiles/T.PRJ"])
def test_a_prj_in_the_archive_counts_as_one_beside_a_plain_file(tmp_path: Path, kind: str, prj: str) -> None:
    tile, path = tile_in(tmp_path, kind), tmp_path / "dgm.zip"

    def packed(name: str, text: str) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(*tile)
            archive.writestr("t.prj", "EPSG:25831")  # of another folder
            archive.writestr(name, text)
        return path

    (entry,) = ground(packed(prj, "EPSG:25832")).facts["files"]
    assert entry["crs"] == "EPSG:25832" and "note" not in entry
    with pytest.raises(TwinError, match=r"dgm\.zip: tiles/t\..*25833"):
        ground(packed(prj, "EPSG:25833"))
    (entry,) = ground(packed(prj, "Projection  GAUSS-KRUEGER")).facts["files"]
    assert entry["crs"].startswith("not named") and entry["note"].startswith("t.prj beside it is not understood")
    (entry,) = ground(packed("tiles/other.prj", "EPSG:25833")).facts["files"]
    assert entry["crs"].startswith("not named") and "note" not in entry


@pytest.mark.parametrize("kind", ["asc", "xyz", "tif"])
def test_a_prj_beside_a_plain_file_that_names_none_counts(tmp_path: Path, kind: str) -> None:
    name, content = tile_in(tmp_path, kind)
    (tmp_path / Path(name).name).write_bytes(content)
    (tmp_path / "t.prj").write_text("EPSG:25832", encoding="utf-8")
    assert ground(tmp_path).facts["files"][0]["crs"] == "EPSG:25832"
    (tmp_path / "t.prj").write_text("EPSG:25833", encoding="utf-8")
    with pytest.raises(TwinError, match="25833"):
        ground(tmp_path)


def test_a_tin_of_another_system_is_not_warped(tmp_path: Path) -> None:
    (tmp_path / "t.xml").write_text(landxml_text(*mesh(), "meter", "25833"), encoding="utf-8")
    with pytest.raises(TwinError, match="25833") as raised:
        ground(tmp_path)
    assert "gdalwarp" not in raised.value.remedy and "EPSG:25832" in raised.value.remedy


def test_bombs_are_not_unpacked(tmp_path: Path) -> None:
    head = "".join(f"{GROUND_WEST + i} {GROUND_SOUTH} 100\n" for i in range(2000)).encode()
    bomb = head + b"999999 5999999 100\n" * 3_000_000
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xyz", bomb)
        archive.writestr("b.tif", b"II*\x00" + bytes(60 << 20))
    with pytest.raises(TwinError, match=r"a\.xyz: unpacks to more than"):
        ground(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.tif", b"II*\x00" + bytes(60 << 20))
    with pytest.raises(TwinError, match=r"b\.tif: unpacks to more than"):
        ground(tmp_path / "b.zip")
    (tmp_path / "a.xyz.gz").write_bytes(gzip.compress(bomb))
    with pytest.raises(TwinError, match=r"a\.xyz\.gz: unpacks to more than"):
        ground(tmp_path / "a.xyz.gz")


def test_a_strip_that_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import rasterio

    z = np.zeros((64, 512), np.float32)
    profile = {"width": 512, "height": 64, "count": 1, "dtype": "float32", "blockysize": 64, "compress": "deflate"}
    with rasterio.open(tmp_path / "t.tif", "w", driver="GTiff", **profile) as raster:
        raster.write(z, 1)
    monkeypatch.setattr(geotiff, "LARGEST_TILE", z.nbytes - 1)
    with pytest.raises(TwinError, match="strips or tiles") as raised:
        ground(tmp_path / "t.tif")
    assert "TILED=YES" in raised.value.remedy


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("1 2 3\n4 5 6\n", 3),
        ("x;y;z\n364380,5;5650040,5;100,2\n364381,5;5650040,5;100,3\n", 3),
        ("364380.0 5650040.0 100.2 17\n364381.0 5650040.0 100.3 17\n", 4),
        ("# a\n\n364380 5650040 100\n364381 5650040 100\n3643", 3),
        ("356 5655 2021 1\n357 5655 2021 1\n", 0),
        ("1 2 3\n", 0),
        ("1 2 3\n4 5 6 7\n", 0),
        ("dgm1_32_356_5655;1;2021;0.5;25832\n" * 3, 0),
        ("364380 5650040 100 Deckel\n364381 5650040 100 Deckel\n", 0),
        ("", 0),
    ],
)
def test_points_beyond_doubt(text: str, columns: int) -> None:
    assert columns_of_points(text) == columns
