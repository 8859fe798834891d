"""`--to cog`: valid, the job's own numbers, the same value at the same place in both systems.

Oracles: rio-cogeo (strict), GDAL's command line, PROJ, the job's report and tables, surfaces' polygons.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from oracles.small_study import write_small_study
from rio_cogeo.cogeo import cog_validate

from twin.errors import TwinError
from twin.export.cog import NODATA, Frame, filling
from twin.export.objections import Objections
from twin.export.rasters.cogs import write_cogs, write_mercator, write_study_cogs
from twin.export.source import Source, open_source
from twin.job import Outcome

MONTHS = [f"land_{month:02d}.tif" for month in range(1, 13)]
LEGENDS = {
    f"legend{part}_{language}.{kind}"
    for part in ("", "_months")
    for language in ("de", "en")
    for kind in ("png", "svg")
}


@pytest.fixture(scope="module")
def source(outcome: Outcome) -> Source:
    return open_source(outcome.store.root)


@pytest.fixture(scope="module")
def cogs(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cogs")
    told: list[str] = []
    files = write_cogs(source, folder, lambda stage, done, of: told.append(stage) if done <= of else None)
    assert sorted(files) == sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    expected = {f"{crs}/{name}" for crs in ("epsg25832", "epsg3857") for name in ("land.tif", "roofs.tif", *MONTHS)}
    styles = {f"irradiation{part}.{kind}" for part in ("", "_month") for kind in ("qml", "sld")}
    assert set(files) == expected | LEGENDS | styles
    assert {"land by month", "roofs", "web mercator"} <= set(told)
    return folder


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as band:
        return np.asarray(band.read(1))


def middles(band: rasterio.io.DatasetReader, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Easting and northing of the middles of pixels."""
    place = band.transform
    return place.c + (column + 0.5) * place.a, place.f + (row + 0.5) * place.e


def test_all_are_cloud_optimised_and_say_where_they_come_from(cogs: Path) -> None:
    for path in cogs.rglob("*.tif"):
        valid, errors, warned = cog_validate(path, strict=True)
        assert valid, (path, errors, warned)
        with rasterio.open(path) as band:
            assert band.nodata == NODATA and band.units[0] == "kWh/m2" and band.descriptions[0]
            assert "verändert" in band.tags()["attribution"] and band.tags()["software"].startswith("heliotwin")
            assert band.crs.to_epsg() == int(path.parent.name.removeprefix("epsg"))
            assert band.tags()["crs"] == f"EPSG:{band.crs.to_epsg()}"


@pytest.mark.skipif(shutil.which("gdalinfo") is None, reason="GDAL's command line is not installed")
def test_gdal_reads_them(cogs: Path) -> None:
    for name in ("epsg25832/land_06.tif", "epsg3857/roofs.tif"):
        done = subprocess.run(["gdalinfo", "-stats", cogs / name], capture_output=True, encoding="utf-8", check=True)
        assert "LAYOUT=COG" in done.stdout and "STATISTICS_MEAN" in done.stdout and "verändert" in done.stdout
    for path in cogs.rglob("*.aux.xml"):
        path.unlink()


def test_the_year_is_the_jobs_own_and_the_months_add_up_to_it(cogs: Path, outcome: Outcome) -> None:
    own = cogs / "epsg25832"
    assert (own / "land.tif").read_bytes() == (outcome.store.root / "ground.tif").read_bytes()
    year = read(own / "land.tif")
    months = np.stack([read(own / name) for name in MONTHS])
    known = year != NODATA
    assert np.all((months != NODATA) == known)
    assert np.abs(months[:, known].astype(float).sum(axis=0) - year[known]).max() < 13 * np.spacing(np.float32(200))
    assert months[5][known].mean() > 3 * months[11][known].mean()
    land = outcome.report["open_land"]
    area = known.sum() * land["spacing_m"] ** 2
    assert area == land["area_m2"]
    total = year[known].astype(float).sum() * land["spacing_m"] ** 2
    assert total == pytest.approx(land["irradiation_kwh_m2"] * land["area_m2"], rel=1e-5)


def test_a_value_is_the_same_at_the_same_place_in_both_systems(cogs: Path) -> None:
    way = pyproj.Transformer.from_crs("EPSG:3857", "EPSG:25832", always_xy=True)
    random = np.random.default_rng(5)
    for name in ("land.tif", "land_03.tif", "roofs.tif"):
        with rasterio.open(cogs / "epsg3857" / name) as there, rasterio.open(cogs / "epsg25832" / name) as here:
            value = there.read(1)
            row, column = np.nonzero(value != NODATA)
            chosen = random.choice(len(row), 400, replace=False)
            x, y = middles(there, row[chosen], column[chosen])
            place = np.stack(way.transform(x, y), axis=1)
            u = (place - [here.transform.c, here.transform.f]) / [here.transform.a, here.transform.e]
            clear = np.abs(u - np.round(u)).min(axis=1) > 1e-3
            found = np.array([v[0] for v in here.sample(place)])
            assert clear.sum() > 350
            assert np.array_equal(found[clear], value[row[chosen], column[chosen]][clear])


def test_roofs_have_their_surfaces_values_and_areas(cogs: Path, source: Source) -> None:
    roofs = source.surfaces[source.surfaces["kind"] == "RoofSurface"]
    flat = shapely.force_2d(roofs.geometry.to_numpy())
    with rasterio.open(cogs / "epsg25832/roofs.tif") as band:
        value = band.read(1)
        middle = shapely.get_coordinates(shapely.point_on_surface(flat))
        found = [v[0] for v in band.sample(middle)]
    assert np.array_equal(found, roofs["irradiation_kwh_m2"].to_numpy(np.float32))
    # Boxes on whole metres: the pixels are exactly their area.
    assert (value != NODATA).sum() * 0.25 == pytest.approx(shapely.union_all(flat).area, rel=1e-9)


def test_a_suppressed_roof_is_nodata_and_land_stays(outcome: Outcome, tmp_path: Path) -> None:
    hidden = open_source(outcome.store.root, objections=Objections("ids.csv", frozenset({"row3"})))
    assert hidden.surfaces["suppressed"].any()
    write_cogs(hidden, tmp_path)
    whole = open_source(outcome.store.root)
    shape = whole.surfaces.loc[(whole.surfaces["building_id"] == "row3") & (whole.surfaces["kind"] == "RoofSurface")]
    place = shapely.get_coordinates(shape.geometry.iloc[0].centroid)
    for crs in ("EPSG:25832", "EPSG:3857"):
        there = np.stack(pyproj.Transformer.from_crs("EPSG:25832", crs, always_xy=True).transform(*place.T), axis=1)
        with rasterio.open(tmp_path / crs.lower().replace(":", "") / "roofs.tif") as band:
            assert next(iter(band.sample(there)))[0] == NODATA
    assert (tmp_path / "epsg25832/land.tif").read_bytes() == (outcome.store.root / "ground.tif").read_bytes()


def test_nothing_is_drawn_of_roofs_that_have_no_value(outcome: Outcome, tmp_path: Path) -> None:
    """Everybody objected: no raster of roofs in either system, and none at all where there is no open land."""
    everybody = frozenset(open_source(outcome.store.root).buildings["building_id"])
    hidden = open_source(outcome.store.root, objections=Objections("ids.csv", everybody))
    (tmp_path / "whole").mkdir()
    files = write_cogs(hidden, tmp_path / "whole")
    assert not [name for name in files if "roofs" in name] and "epsg3857/land.tif" in files
    assert not list((tmp_path / "whole").rglob("roofs.tif"))


def test_a_raster_of_nothing_has_no_twin(tmp_path: Path) -> None:
    frame = Frame(64, 64, 364400.0, 5650200.0, 0.5, "EPSG:25832", "", "", {})
    with filling(frame, tmp_path / "none.tif"):
        pass
    with rasterio.open(tmp_path / "none.tif") as band:
        assert not write_mercator(band, "EPSG:25832", tmp_path / "twin.tif")
    assert not (tmp_path / "twin.tif").exists()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_study(tmp_path_factory.mktemp("study"))


def test_a_studys_rasters_keep_their_meaning(study: Path, tmp_path: Path) -> None:
    files = write_study_cogs(study, tmp_path)
    rasters = sorted(path.relative_to(study).as_posix() for path in study.rglob("*.tif"))
    assert {f"{crs}/{name}" for crs in ("epsg25832", "epsg3857") for name in rasters} <= set(files)
    assert {f"legend_{kind}_de.png" for kind in ("shadow", "hours", "difference")} <= set(files)
    way = pyproj.Transformer.from_crs("EPSG:3857", "EPSG:25832", always_xy=True)
    for name in rasters:
        assert (tmp_path / "epsg25832" / name).read_bytes() == (study / name).read_bytes()
        valid, errors, warned = cog_validate(tmp_path / "epsg3857" / name, strict=True)
        assert valid, (name, errors, warned)
        with rasterio.open(tmp_path / "epsg3857" / name) as there, rasterio.open(study / name) as here:
            own = there.tags()
            assert {key: own[key] for key in here.tags() if key != "crs"} == {
                k: v for k, v in here.tags().items() if k != "crs"
            }
            assert there.dtypes == here.dtypes and there.nodata == here.nodata and there.units == here.units
            value = there.read(1)
            assert set(np.unique(value)) <= set(np.unique(here.read(1))) | {here.nodata}
            if name.startswith("masks/"):
                assert all(there.colormap(1)[key] == here.colormap(1)[key] for key in range(4))
            row, column = np.nonzero(value != there.nodata)
            x, y = middles(there, row[::97], column[::97])
            place = np.stack(way.transform(x, y), axis=1)
            clear = np.abs(place - np.round(place)).min(axis=1) > 1e-3
            found = np.array([v[0] for v in here.sample(place)])
            assert np.array_equal(found[clear], value[row[::97], column[::97]][clear])


def test_what_is_no_study_is_refused(study: Path, outcome: Outcome, tmp_path: Path) -> None:
    with pytest.raises(TwinError, match=r"study\.json"):
        write_study_cogs(outcome.store.root, tmp_path)
    broken = shutil.copytree(study, tmp_path / "broken")
    next(broken.glob("masks/*.tif")).unlink()
    with pytest.raises(TwinError, match="missing"):
        write_study_cogs(broken, tmp_path)
