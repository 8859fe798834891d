"""Several files, folders, compression, tile borders, and the coordinate system they share."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.read import TILE, copies
from io_citygml.crs import to_geographic
from io_citygml.errors import CityModelError
from io_citygml.read import read_city

Write = Callable[..., Path]
ROOF = (
    '<bldg:boundedBy><bldg:RoofSurface gml:id="R"><bldg:lod2MultiSurface><gml:MultiSurface{srs}><gml:surfaceMember>'
    "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000 5700000 {z} 500001 5700000 {z} 500001 5700001 {z} "
    "500000 5700000 {z}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    "</gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy>"
)


def roof(z: int = 9, srs: str = "") -> str:
    return ROOF.format(z=z, srs=f' srsName="{srs}"' if srs else "")


def test_folder_of_mixed_formats(city_data: Path, tmp_path: Path) -> None:
    shutil.copy(city_data / "house_and_yard.city.json", tmp_path / "b.city.json")
    packed = gzip.compress((city_data / "house_and_garage.gml").read_bytes())
    (tmp_path / "a.xml.gz").write_bytes(packed)
    (tmp_path / "metadata.xml").write_text("<MD_Metadata/>", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a model", encoding="utf-8")
    model = read_city([tmp_path])
    assert [Path(name).name for name in model.files] == ["a.xml.gz", "b.city.json"]
    assert [entry.format for entry in model.report.files] == ["CityGML 1.0", "CityJSON 2.0"]
    assert model.report.files[0].bytes == len(packed)
    assert [item.file for item in model.objects] == [0, 0, 0, 1, 1, 1]
    assert model.report.defect_counts()["not a city model"] == 1 and model.n_surfaces == 14 + 7
    assert model.crs.vertical == "EPSG:7837"  # the more telling of two that agree


def test_content_decides_not_the_name(city_data: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "model.gml"
    shutil.copy(city_data / "house_and_yard.city.json", wrong)
    assert read_city([wrong]).report.files[0].format == "CityJSON 2.0"


def test_folder_without_models(tmp_path: Path) -> None:
    with pytest.raises(CityModelError, match="folder holds no"):
        read_city([tmp_path])


def test_building_on_two_tiles_counts_once(write_gml: Write) -> None:
    model = read_city([write_gml(roof(), name="a.gml"), write_gml(roof(), name="b.gml")])
    assert model.n_surfaces == 1 and len(model.objects) == 1
    assert model.report.defect_counts() == {"duplicate id": 1}
    assert model.report.skipped_polygons == {"DUPLICATE_OBJECT": 1}


def test_same_id_other_geometry_stays(write_gml: Write) -> None:
    model = read_city([write_gml(roof(9), name="a.gml"), write_gml(roof(8), name="b.gml")])
    assert [item.id for item in model.objects] == ["B", "B~2"] and model.surface_id == ("R", "R~2")
    assert model.report.defect_counts() == {"duplicate id": 1, "duplicate surface id": 1}
    assert model.object.tolist() == [0, 1]


def test_two_systems_in_one_file(write_gml: Write) -> None:
    with pytest.raises(CityModelError, match="the file names two coordinate systems"):
        read_city([write_gml(roof(srs="EPSG:25833"))])


@pytest.mark.parametrize("srs", ["", "#local-CRS-1"])
def test_system_must_be_known(write_gml: Write, srs: str) -> None:
    path = write_gml(roof(), srs=srs)
    with pytest.raises(CityModelError, match="--crs"):
        read_city([path])
    assert read_city([path], crs="EPSG:25832+7837").crs.vertical == "EPSG:7837"


def test_system_of_the_geometry_suffices(write_gml: Write) -> None:
    assert read_city([write_gml(roof(srs="EPSG:25832"), srs="")]).crs.horizontal == "EPSG:25832"


def test_impossible_place_is_said(write_gml: Write) -> None:
    model = read_city([write_gml(roof().replace("500", "90500"))])
    assert model.report.defect_counts() == {"outside the area of its CRS": 1}


def test_city_without_surfaces(write_gml: Write) -> None:
    model = read_city([write_gml("<bldg:roofType>1000</bldg:roofType>")])
    assert model.n_surfaces == 0 and len(model.objects) == 1 and model.coords.shape == (0, 3)


def test_file_of_the_benchmark_holds_its_tile_twice(tmp_path: Path) -> None:
    path = tmp_path / "copies.gml"
    with path.open("wb") as file:
        file.writelines(copies(TILE, 4_500_000))
    once, twice = read_city([TILE]), read_city([path])
    assert twice.n_surfaces == 2 * once.n_surfaces and twice.report.xlinks_unresolved == 0
    assert twice.report.area_read_m2 == pytest.approx(2 * once.report.area_read_m2, rel=1e-9)
    assert np.ptp(twice.coords[:, 0]) > 1000 and "duplicate id" not in twice.report.defect_counts()


def test_a_file_that_is_right_about_itself_is_not_moved_by_crs(write_gml: Write) -> None:
    """One that names no system needs --crs; its neighbours of other zones must not jump six degrees for that."""
    paths = [write_gml(roof(z), srs=f"EPSG:2583{zone}", name=f"{z}.gml") for z, zone in ((8, 1), (9, 3))]
    here = read_city(paths, crs="EPSG:25832")
    assert here.crs.horizontal == "EPSG:25832" and here.report.defect_counts()["coordinates transformed"] == 2
    for path, zone in zip(paths, (31, 33), strict=True):
        alone = read_city([path])
        x, y = alone.coords[:, 0], alone.coords[:, 1]
        moved = read_city([path], crs="EPSG:25832").coords
        np.testing.assert_allclose(to_geographic(here.crs, moved[:, 0], moved[:, 1]), to_geographic(alone.crs, x, y))
        assert alone.crs.horizontal == f"EPSG:258{zone}"


def test_crs_of_another_country_is_refused(write_gml: Write) -> None:
    with pytest.raises(
        CityModelError, match=r"lies in 'EPSG:25832', at latitude .* outside the area of --crs EPSG:28992"
    ):
        read_city([write_gml(roof(), srs="EPSG:25832")], crs="EPSG:28992")


def test_a_file_that_is_wrong_about_itself_is_overruled_by_crs(write_gml: Write) -> None:
    model = read_city([write_gml(roof(), srs="EPSG:2056")], crs="EPSG:25832")
    assert model.crs.horizontal == "EPSG:25832" and model.report.defect_counts() == {"coordinate system": 1}
    assert "EPSG:2056 overruled by EPSG:25832" in model.report.defects[0].action


def test_heights_of_the_file_survive_an_equal_system(write_gml: Write) -> None:
    path = write_gml(roof(), srs="urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016")
    assert read_city([path], crs="EPSG:25832").crs.vertical == "EPSG:7837"
    assert read_city([path], crs="EPSG:25832+5783").crs.vertical == "EPSG:5783"


def test_system_of_a_pos_list_is_heard(write_gml: Write) -> None:
    with pytest.raises(CityModelError, match="two coordinate systems"):
        read_city([write_gml(roof().replace("<gml:posList>", '<gml:posList srsName="EPSG:25833">'))])


def test_a_single_path_is_one_path_and_no_list_of_letters(write_gml: Write) -> None:
    path = write_gml(roof())
    assert read_city(path).n_surfaces == read_city(str(path)).n_surfaces == 1
