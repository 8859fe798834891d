"""A job with a house of walls only and a surface without a polygon goes into every format."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from oracles import gml_documents as documents
from oracles.city_job import Gml

from twin.config import check_job
from twin.deliver import write_files
from twin.errors import TwinError
from twin.export.city.files import find_inputs, write_citygml, write_cityjson
from twin.export.rasters.cogs import write_cogs
from twin.export.rasters.xyz import write_xyz
from twin.export.source import Source, open_source
from twin.export.vectors.map_tiles import write_pmtiles
from twin.export.vectors.tables import write_csv_tables, write_geoparquet_tables, write_gpkg
from twin.job import cells_of, run_solar

Writer = Callable[[Source, Path], list[str]]


def walls(gml: Gml, gml_id: str, x: float) -> str:
    """Two walls that meet, and nothing else."""
    _, _, *faces = documents.box(x, 0.0, 50.0, (10.0, 8.0, 6.0))
    return gml.building(
        *(gml.surface("WallSurface", f"{gml_id}_{n}", documents.polygon(face)) for n, face in enumerate(faces[:2])),
        gml_id=gml_id,
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Three houses, C of walls only; the roof of A has an empty polygon, a wall of B none at all."""
    folder = tmp_path_factory.mktemp("shapeless")
    gml = Gml(folder)
    city = gml.write(gml.house("A"), gml.house("B", 30.0), walls(gml, "C", 60.0))
    options = {"cities": [city], "out": folder / "out", "sky": 145, "spacing_m": 2.0, "ground_spacing_m": 4.0}
    done = run_solar(check_job(options), lambda stage, done, of: None)
    done.store.finish(cells_of(done.prepared), write_files(done))
    found = open_source(folder / "out")
    surfaces = found.surfaces.copy()
    names = list(surfaces["surface_id"])
    roof = names.index("A_1")
    wall = next(n for n, kind in enumerate(surfaces["kind"]) if kind == "WallSurface" and names[n].startswith("B"))
    shapes = surfaces.geometry.to_numpy().copy()
    shapes[roof], shapes[wall] = shapely.Polygon(), None
    buildings = found.buildings.set_index("building_id").geometry
    assert buildings.is_empty["C"] or buildings.isna()["C"]
    return replace(found, surfaces=surfaces.set_geometry(geopandas.GeoSeries(shapes, crs=surfaces.crs)))


def citygml(source: Source, folder: Path) -> list[str]:
    return write_citygml(source, find_inputs(source.store), folder)


def cityjson(source: Source, folder: Path) -> list[str]:
    return write_cityjson(source, find_inputs(source.store), folder)


WRITERS: tuple[Writer, ...] = (
    *(write_gpkg, write_geoparquet_tables, write_csv_tables, write_pmtiles),
    *(write_cogs, write_xyz, citygml, cityjson),
)


@pytest.mark.parametrize("writer", WRITERS)
def test_every_format_is_written(
    source: Source, writer: Writer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = writer(source, tmp_path)
    assert "Warning" not in capfd.readouterr().err.replace("PendingDeprecationWarning", "")
    assert sorted(files) == sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))


def test_rows_without_a_shape_keep_their_values(source: Source, tmp_path: Path) -> None:
    write_gpkg(source, tmp_path)
    write_geoparquet_tables(source, tmp_path)
    truth = source.surfaces.set_index("surface_id")["irradiation_kwh_m2"]
    for table in (
        geopandas.read_file(tmp_path / "solar.gpkg", layer="surfaces"),
        geopandas.read_parquet(tmp_path / "surfaces.parquet"),
    ):
        rows = table.set_index("surface_id")
        assert rows.geometry["A_1"] is None and rows["irradiation_kwh_m2"]["A_1"] == truth["A_1"]
        assert rows.geometry.isna().sum() == 2
    assert pyogrio.read_info(tmp_path / "solar.gpkg", layer="buildings")["geometry_type"] == "Polygon"


def test_csv_leaves_the_place_empty(source: Source, tmp_path: Path) -> None:
    write_csv_tables(source, tmp_path)
    with (tmp_path / "buildings.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["building_id"]: row for row in csv.DictReader(file)}
    assert rows["C"]["longitude_deg"] == rows["C"]["latitude_deg"] == ""
    assert float(rows["A"]["longitude_deg"]) == pytest.approx(9.0, abs=1e-3)  # x 500000 m: the meridian of zone 32
    assert float(rows["C"]["facade_irradiation_kwh"]) > 0.0


def test_map_tiles_hold_all_that_has_a_shape(source: Source, tmp_path: Path) -> None:
    write_pmtiles(source, tmp_path)
    shown: set[str] = set()
    for layer in ("surfaces", "facades"):
        shown |= set(pyogrio.read_dataframe(tmp_path / "surfaces.pmtiles", layer=layer)["surface_id"])
    geometry = source.surfaces.set_index("surface_id").geometry
    there = ~(geometry.isna() | geometry.is_empty)
    assert shown == set(geometry.index[there]) and np.count_nonzero(~there) == 2
    houses = pyogrio.read_dataframe(tmp_path / "surfaces.pmtiles", layer="buildings")
    assert set(houses["building_id"]) == {"A", "B"}


def test_a_job_of_nothing_to_draw_is_refused(source: Source, tmp_path: Path) -> None:
    without = [
        table.set_geometry(geopandas.GeoSeries([None] * len(table), crs=table.crs))
        for table in (source.surfaces, source.buildings)
    ]
    with pytest.raises(TwinError, match="has a shape"):
        write_pmtiles(replace(source, surfaces=without[0], buildings=without[1]), tmp_path)
    assert not list(tmp_path.iterdir())
